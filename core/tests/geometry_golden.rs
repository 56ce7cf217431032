//! The geometry engine against the published vectors, where they are at hand.
#![cfg(feature = "geometry")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use serde_json::{Value, json};

#[path = "../../tests/support/golden_audio.rs"]
mod golden_audio;
#[path = "../../tests/support/golden_costs.rs"]
mod golden_costs;
#[path = "../../tests/support/golden_decoder.rs"]
mod golden_decoder;
#[path = "../../tests/support/golden_fields.rs"]
mod golden_fields;
#[path = "../../tests/support/golden_geometry_better.rs"]
mod golden_geometry_better;
#[path = "../../tests/support/golden_micro.rs"]
mod golden_micro;
#[path = "../../tests/support/golden_report.rs"]
#[allow(dead_code, reason = "nothing deviates here")]
mod golden_report;
#[path = "../../tests/support/golden_spectral.rs"]
mod golden_spectral;
#[path = "../../tests/support/golden_ssgf.rs"]
mod golden_ssgf;

use golden_report::GoldenReport;

fn published(name: &str) -> Option<Value> {
    let path = format!("{}/../../shared/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: ../shared/golden/{name} is not there");
        return None;
    };
    Some(serde_json::from_str(&text).expect("a golden file is JSON"))
}

fn better(file: &Value) -> GoldenReport {
    golden_geometry_better::check(file, &|name| published(name))
}

/// Every vector holds; how many there are is said.
fn all_hold(file: &str, check: fn(&Value) -> GoldenReport, at_least: u64) {
    let Some(vectors) = published(file) else { return };
    let report = check(&vectors);
    for failure in report.failures.iter().take(20) {
        println!("{}: {}: expected {}, got {}", failure.vector, failure.field, failure.expected, failure.got);
    }
    println!("{file}: {} hold, {} fail, {:e}", report.holds, report.failures.len(), report.largest_deviation);
    assert!(report.failures.is_empty());
    assert!(report.deviates.is_empty() && report.notes.is_empty());
    assert!(report.holds >= at_least);
}

/// A checker that accepts anything checks nothing: numbers that are expected are changed, and must be missed.
fn changes_are_found(file: &str, check: impl Fn(&Value) -> GoldenReport, pointers: &[&str]) {
    let Some(vectors) = published(file) else { return };
    for pointer in pointers {
        let mut changed = vectors.clone();
        let place = changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{file} has no {pointer}"));
        let wrong = match &*place {
            Value::Number(number) => json!(number.as_f64().unwrap() * 1.001 + 1e-4),
            Value::Bool(flag) => json!(!flag),
            Value::Array(list) => json!(list.iter().skip(1).cloned().collect::<Vec<_>>()),
            other => json!(format!("{other} not")),
        };
        *place = wrong;
        assert!(!check(&changed).failures.is_empty(), "{file}: a changed {pointer} was not found");
    }
}

/// The first vectors of a section only: large cases and whole runs take long, and say no more about the checkers.
fn without(file: &Value, section: &str, kept: usize) -> Value {
    let mut file = file.clone();
    file[section].as_array_mut().unwrap().truncate(kept);
    file
}

#[test]
fn decoders_and_gradients_hold() {
    all_hold("f_decoder.json", golden_decoder::check, 22);
}

#[test]
fn spectra_hold() {
    all_hold("f_spectral.json", golden_spectral::check, 23);
}

#[test]
fn costs_hold() {
    all_hold("f_costs.json", golden_costs::check, 9);
}

#[test]
fn micro_cycles_hold() {
    all_hold("f_micro.json", golden_micro::check, 4);
}

#[test]
fn audio_mappings_hold() {
    all_hold("f_audio.json", golden_audio::check, 8);
}

#[test]
fn engine_runs_hold() {
    all_hold("f_ssgf_seed_42.json", golden_ssgf::check, 21);
    all_hold("f_ssgf_seed_7.json", golden_ssgf::check, 21);
}

#[test]
fn corrected_forms_hold() {
    all_hold("k_better.json", better, 16);
}

#[test]
fn changed_vectors_are_found() {
    changes_are_found(
        "f_decoder.json",
        |file| golden_decoder::check(&without(file, "cases", 3)),
        &[
            "/softplus/4/1",
            "/softplus/4/2",
            "/cases/1/results/0/w/0/1",
            "/cases/2/results/1/analytic_default_weights/3",
            "/cases/2/results/0/analytic_c9_only_weight_1/8",
            "/cases/2/results/0/fd_default_weights/1",
            "/cases/0/results/1/fd_default_weights_but_c7_0/2",
            "/cases/1/theta",
            "/cases/1/z/0",
        ],
    );
    changes_are_found(
        "f_spectral.json",
        golden_spectral::check,
        &[
            "/cases/0/w/0/1",
            "/cases/0/laplacian/0/1",
            "/cases/1/eigvals/2",
            "/cases/1/eigvecs_first_call/0/3",
            "/cases/1/eigvecs_without_any_sign_fix/0/3",
            "/cases/2/fiedler_value",
            "/cases/2/spectral_gap",
            "/gauge_sequence/5/eigvecs/1/2",
        ],
    );
    changes_are_found(
        "f_costs.json",
        golden_costs::check,
        &[
            "/cases/0/costs/c_micro",
            "/cases/0/costs/c8_phase",
            "/cases/0/costs/u_total",
            "/cases/0/h_munu/0/0",
            "/cases/0/protected_mask/1",
            "/cases/0/eigvecs/0/1",
            "/cases/0/phi_target/0/1",
            "/cases/0/weights/c7",
            "/c9_with_probes/c9",
        ],
    );
    changes_are_found(
        "f_micro.json",
        golden_micro::check,
        &[
            "/cases/1/theta_after_each_step/24/3",
            "/cases/1/r_after_each_step/3",
            "/cases/1/plv_first_last/3",
            "/cases/1/h_munu/0/1",
            "/cases/2/rng_seed",
            "/cases/2/theta_after_each_step/0",
            "/cases/2/r_after_each_step",
        ],
    );
    changes_are_found(
        "f_audio.json",
        golden_audio::check,
        &["/cases/0/audio/beat_hz", "/cases/0/audio/brainwave_band", "/cases/0/audio/theurgic_mode", "/cases/0/p_h1"],
    );
}

#[test]
fn changed_runs_are_found() {
    let ssgf = [
        "/runs/0/log/u_total/10",
        "/runs/0/log/gate_open/3",
        "/runs/0/log/step/3",
        "/runs/0/snapshots/2/z/3",
        "/runs/0/snapshots/2/theta/3",
        "/runs/0/snapshots/2/eigvals/3",
        "/runs/0/snapshots/0/audio/pulse_hz",
        "/runs/0/config/lr_z",
        "/runs/12/protected_mask/0",
        "/runs/12/tcbo_p_h1_set_before_each_step/1",
    ];
    changes_are_found(
        "f_ssgf_seed_42.json",
        |file| {
            // Two of the runs are enough to see that changes are found.
            let some = file["runs"].as_array().unwrap().iter().enumerate().filter(|(i, _)| [0, 12].contains(i));
            golden_ssgf::check(&json!({"runs": some.map(|(_, run)| run).collect::<Vec<_>>()}))
        },
        &ssgf,
    );
    changes_are_found(
        "k_better.json",
        |file| better(&without(&without(file, "gradients", 0), "engine_runs_fd_signs_aligned", 1)),
        &["/engine_runs_fd_signs_aligned/0/log/u_total/1"],
    );
    changes_are_found(
        "k_better.json",
        |file| better(&without(&without(file, "gradients", 3), "engine_runs_fd_signs_aligned", 0)),
        &[
            "/gradients/1/results/0/fd_default_weights_signs_aligned_to_base/1",
            "/gradients/2/results/0/analytic_default_weights_c9_counted_once/15",
            "/micro_noise/0/theta_after_each_step_noise_times_sqrt_dt_only/3/1",
            "/spectral_sign_ties/1/eigvecs_first_call_smallest_index_among_ties/0/1",
        ],
    );
}
