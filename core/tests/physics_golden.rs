//! Phase dynamics against the published vectors, where they are at hand.
#![cfg(feature = "physics")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

use serde_json::{Value, json};

#[path = "../../tests/support/golden_l16.rs"]
mod golden_l16;
#[path = "../../tests/support/golden_numbers.rs"]
mod golden_numbers;
#[path = "../../tests/support/golden_params.rs"]
mod golden_params;
#[path = "../../tests/support/golden_report.rs"]
#[allow(dead_code, reason = "no vector here deviates")]
mod golden_report;
#[path = "../../tests/support/golden_rng.rs"]
mod golden_rng;
#[path = "../../tests/support/golden_sec.rs"]
mod golden_sec;
#[path = "../../tests/support/golden_upde.rs"]
mod golden_upde;

use golden_report::GoldenReport;

fn published(file: &str) -> Option<Value> {
    let path = format!("{}/../../shared/golden/{file}", env!("CARGO_MANIFEST_DIR"));
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: ../shared/golden/{file} is not there");
        return None;
    };
    Some(serde_json::from_str(&text).expect("golden files are JSON"))
}

#[track_caller]
fn assert_holds(report: &GoldenReport, vectors: u64) {
    for failure in report.failures.iter().take(20) {
        println!("{}: {}: expected {}, got {}", failure.vector, failure.field, failure.expected, failure.got);
    }
    println!("{}: {} hold, largest difference {:e}", report.file, report.holds, report.largest_deviation);
    assert!(report.failures.is_empty());
    assert_eq!((report.holds, report.deviates.len()), (vectors, 0));
}

/// A format: its file, what checks it and how many vectors the published file has.
type Format = (&'static str, fn(&Value) -> GoldenReport, u64);

const FORMATS: [Format; 5] = [
    (golden_params::FILE, golden_params::check, 5),
    (golden_rng::FILE, golden_rng::check, 8),
    (golden_upde::FILE, golden_upde::check, 38),
    (golden_sec::FILE, golden_sec::check, 38),
    (golden_l16::FILE, golden_l16::check, 31),
];

#[test]
fn every_vector_holds() {
    for (file, check, vectors) in FORMATS {
        if let Some(published) = published(file) {
            assert_holds(&check(&published), vectors);
        }
    }
}

#[test]
fn corrected_vectors_hold() {
    let (Some(better), Some(published)) = (published("k_better.json"), published(golden_sec::FILE)) else { return };
    let mut report = GoldenReport::new("k_better.json");
    golden_sec::check_better(&mut report, &better, &published);
    assert_holds(&report, 4);
}

#[test]
fn a_file_without_sections_has_no_vectors() {
    for (_, check, _) in FORMATS {
        let report = check(&json!({"what": "nothing"}));
        assert_eq!((report.holds, report.failures.len()), (0, 0));
    }
    for (sections, check) in [
        (golden_params::SECTIONS, golden_params::check as fn(&Value) -> GoldenReport),
        (golden_rng::SECTIONS, golden_rng::check),
        (golden_upde::SECTIONS, golden_upde::check),
        (golden_sec::SECTIONS, golden_sec::check),
        (golden_l16::SECTIONS, golden_l16::check),
    ] {
        for section in sections {
            assert!(!check(&json!({*section: 5})).failures.is_empty(), "{section}");
        }
    }
}

/// A checker that accepts anything checks nothing: every number of a vector that is moved, and every answer that is
/// turned round, must be found.
#[test]
fn a_wrong_vector_is_a_failure() {
    for (file, check, vectors) in FORMATS {
        let Some(good) = published(file) else { return };
        let mut pointers = Vec::new();
        results(&good, &mut String::new(), false, &mut pointers);
        assert!(pointers.len() > usize::try_from(vectors).unwrap(), "{file}");
        let step = pointers.len() / 60 + 1;
        for pointer in pointers.iter().step_by(step) {
            let mut wrong = good.clone();
            let place = wrong.pointer_mut(pointer).unwrap();
            *place = changed(place);
            let (before, after) = (good.pointer(pointer).unwrap(), wrong.pointer(pointer).unwrap());
            assert!(!check(&wrong).failures.is_empty(), "{file}: {pointer} = {after} for {before} was not found");
        }
    }
}

/// Names of what an implementation gives; all below them is checked.
const RESULTS: [&str; 33] = [
    "knm",
    "row_sums",
    "total",
    "v_max",
    "u64",
    "uniform",
    "normal",
    "u64_after_1000",
    "r_global0",
    "states",
    "error",
    "r",
    "critical_coupling",
    "result",
    "entropy_term_lambda_1",
    "outputs",
    "h_rec_history_len_at_end",
    "plv_buffer_at_end",
    "h_rec",
    "output",
    "integral",
    "last_error",
    "slope_per_s",
    "refusal",
    "lr_z_scale",
    "d_theta_scale",
    "tau_d_scale",
    "theta",
    "dtheta_dt",
    "t",
    "r_global",
    "v_frequency_original",
    "v_frequency_wrapped_difference",
];
/// Names of lists of vectors, whose own inputs are no results.
const LISTS: [&str; 2] = ["states", "h_rec"];

fn results(value: &Value, path: &mut String, within: bool, found: &mut Vec<String>) {
    let length = path.len();
    match value {
        Value::Object(fields) => {
            for (name, field) in fields {
                // In a list of vectors only the named fields are results.
                let named = RESULTS.contains(&name.as_str()) && !(name == "knm" && field.is_string());
                let input = ["step_count", "what", "name"].contains(&name.as_str());
                path.push('/');
                path.push_str(name);
                let list = LISTS.contains(&name.as_str()) && field.get(0).is_some_and(Value::is_object);
                results(field, path, (within || named) && !list && !input, found);
                path.truncate(length);
            }
        }
        Value::Array(entries) => {
            for (index, entry) in entries.iter().enumerate() {
                path.push('/');
                path.push_str(&index.to_string());
                results(entry, path, within, found);
                path.truncate(length);
            }
        }
        // An angle is only compared at states; inputs are called theta elsewhere.
        _ if within && (!path.contains("/theta") || path.contains("/states")) => found.push(path.clone()),
        _ => {}
    }
}

fn changed(value: &Value) -> Value {
    match value {
        Value::Bool(answer) => json!(!answer),
        Value::Number(number) => {
            let number = number.as_f64().unwrap();
            json!(number + 1e-6 * number.abs().max(1.0))
        }
        Value::String(text) if text.starts_with("0x") => json!("0x1"),
        Value::String(text) if text == "NaN" => json!(0.5),
        _ => json!("another"),
    }
}
