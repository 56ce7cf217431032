//! The observers against the published vectors, where they are at hand.
#![cfg(feature = "observers")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use serde_json::{Value, json};

#[path = "../../tests/support/golden_fields.rs"]
#[allow(dead_code, reason = "not every format has every kind of field")]
mod golden_fields;
#[path = "../../tests/support/golden_pgbo.rs"]
mod golden_pgbo;
#[path = "../../tests/support/golden_report.rs"]
#[allow(dead_code, reason = "nothing deviates here")]
mod golden_report;
#[path = "../../tests/support/golden_rips_h1.rs"]
mod golden_rips_h1;
#[path = "../../tests/support/golden_tcbo.rs"]
mod golden_tcbo;

use golden_report::GoldenReport;

fn published(name: &str) -> Option<Value> {
    let path = format!("{}/../../shared/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: ../shared/golden/{name} is not there");
        return None;
    };
    Some(serde_json::from_str(&text).expect("a golden file is JSON"))
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
    assert!(report.deviates.is_empty());
    assert!(report.holds >= at_least);
}

/// A checker that accepts anything checks nothing: every number that is expected is changed, and must be missed.
fn changes_are_found(file: &str, check: fn(&Value) -> GoldenReport, expected: &[&str]) {
    let Some(vectors) = published(file) else { return };
    for pointer in expected {
        let mut changed = vectors.clone();
        let place = changed.pointer_mut(pointer).unwrap_or_else(|| panic!("{file} has no {pointer}"));
        *place = match place {
            Value::Number(number) => json!(number.as_f64().unwrap() + 1e-6),
            Value::Bool(flag) => json!(!*flag),
            Value::Array(list) => json!(list.iter().skip(1).cloned().collect::<Vec<_>>()),
            other => panic!("{pointer} is {other}"),
        };
        assert!(!check(&changed).failures.is_empty(), "{file}{pointer} was changed and not missed");
        *changed.pointer_mut(pointer).unwrap() = json!("what");
        assert!(!check(&changed).failures.is_empty(), "{file}{pointer} is no number and not missed");
    }
}

#[test]
fn pgbo_holds() {
    all_hold(golden_pgbo::FILE, golden_pgbo::check, 20);
}

#[test]
fn changed_pgbo_vectors_are_found() {
    changes_are_found(
        golden_pgbo::FILE,
        golden_pgbo::check,
        &[
            "/runs/0/steps/3/u_mu/2",
            "/runs/0/steps/3/u_mu",
            "/runs/0/steps/4/u_norm",
            "/runs/1/steps/7/h_trace",
            "/runs/2/steps/7/h_frob",
            "/runs/2/steps/9/h_munu/1/1",
            "/runs/2/steps/9/h_munu/1",
            "/runs/2/steps/9/h_munu",
            "/runs/1/a_mu_set_before_step_5/1",
            "/runs/1/dt",
            "/runs/1/steps/7/theta/0",
            "/wrap_dt1_nocap/5/wrapped",
            "/standalone/0/u_mu/4",
            "/standalone/1/h_munu/0/0",
            "/standalone/1/kappa",
        ],
    );
}

#[test]
fn diagrams_hold() {
    all_hold(golden_rips_h1::FILE, golden_rips_h1::check, 19);
}

#[test]
fn changed_diagrams_are_found() {
    changes_are_found(
        golden_rips_h1::FILE,
        golden_rips_h1::check,
        &[
            "/clouds/0/points/3/1",
            "/clouds/0/max_h1_lifetime_binary64",
            "/clouds/1/max_distance",
            "/clouds/1/n_points",
            "/clouds/1/dim",
            "/clouds/2/distance_check_row_0/7",
            "/clouds/5/h1_bars_binary64_longer_than_1e-6_max_distance/0/0",
            "/clouds/5/h1_bars_binary64_longer_than_1e-6_max_distance/3/1",
            "/clouds/5/h1_bars_binary64_longer_than_1e-6_max_distance/3",
            "/clouds/5/h1_bars_binary64_longer_than_1e-6_max_distance",
            "/clouds/5/h1_birth_death_sorted_by_lifetime_desc",
            "/clouds/4/h0_finite_deaths_sorted",
            "/clouds/4/h0_bars",
        ],
    );
}

#[test]
fn tcbo_holds() {
    all_hold(golden_tcbo::FILE, golden_tcbo::check, 69);
}

#[test]
fn changed_tcbo_vectors_are_found() {
    changes_are_found(
        golden_tcbo::FILE,
        golden_tcbo::check,
        &[
            "/squash/0/3",
            "/squash/4/2",
            "/s0_for_threshold/0/3",
            "/s0_for_threshold/0/4",
            "/embed/3/rows/2/1",
            "/embed/3/rows/2",
            "/embed/3/rows",
            "/embed_signal/3",
            "/embed_multi/0/rows/0/4",
            "/embed_multi/0/rows",
            "/observer_spread/0/p_h1/70",
            "/observer_spread/0/p_h1",
            "/observer_spread/1/s_h1_spread_fallback/79",
            "/observer_spread/1/h1_error/0",
            "/observer_spread/1/is_conscious/79",
            "/observer_spread/2/buffer_size/3",
            "/observer_spread/3/forced_compute_at_end",
            "/observer_spread/3/theta/79/0",
            "/controller/0/kappa/9",
            "/controller/0/gate_open/2",
            "/controller/1/dt",
        ],
    );
}
