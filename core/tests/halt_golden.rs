//! The halt kernels against the published vectors, where they are at hand.
#![cfg(feature = "score")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unreadable_literal,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

#[path = "../../tests/support/golden_h_streams.rs"]
mod golden_h_streams;
#[path = "../../tests/support/golden_report.rs"]
mod golden_report;

use golden_h_streams::{Kernel, PublishedConfig, check};
use golden_report::GoldenReport;

fn published() -> Option<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/golden/h_streams.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        println!("skipped: ../shared/golden/h_streams.json is not there");
        return None;
    };
    Some(serde_json::from_str(&text).expect("h_streams.json is JSON"))
}

fn reasons(report: &GoldenReport) -> Vec<(&str, &str)> {
    report.deviates.iter().map(|deviation| (deviation.vector.as_str(), deviation.reason.as_str())).collect()
}

#[test]
fn every_vector_holds_or_deviates_by_a_rule() {
    let Some(file) = published() else { return };
    let report = check(&file);
    for failure in &report.failures {
        println!("{}: {}: expected {}, got {}", failure.vector, failure.field, failure.expected, failure.got);
    }
    assert!(report.failures.is_empty());
    assert!(report.largest_deviation < 1e-14, "{}", report.largest_deviation);
}

#[test]
fn streams_decide_otherwise_than_published_in_seven_cases() {
    let Some(file) = published() else { return };
    let report = check(&json!({"default_config": file["default_config"], "streams": file["streams"]}));
    println!("{:#?}\n{:#?}", reasons(&report), report.notes);
    assert_eq!(report.deviates.len(), 7);
}

/// A checker that accepts anything checks nothing: every change of a vector must be found.
#[test]
fn a_wrong_vector_is_a_failure() {
    let good = json!({
        "streams": [{
            "name": "s", "config_overrides": {"window_size": 3}, "scores": [0.9, 0.52, 0.3],
            "result": {
                "halted": true, "halt_index": 2, "halt_reason": "hard_limit (0.3000 < 0.5)", "n_tokens": 3,
                "coherence_history": [0.9, 0.52, 0.3], "avg_coherence": 0.5733333333333334, "min_coherence": 0.3,
                "output": "t0_t1_", "callback_calls": 3, "kernel_active_after": false,
                "safety_kernel": {
                    "output": "[KERNEL INTERRUPT: COHERENCE LIMIT EXCEEDED]", "active_after": false, "callback_calls": 3,
                },
            },
            "canon": {"halted": true, "halt_index": 2, "reason": "hard-limit"},
        }],
        "chains_on_one_kernel": [{
            "name": "c", "config_overrides": {}, "runs": [
                {"scores": [0.1], "result": {"halted": true, "halt_index": 0, "kernel_active_after": false}},
                {"scores": [0.9], "result": {"halted": true, "halt_index": 0, "halt_reason": "kernel_inactive"}},
            ],
        }],
        "safety_kernel_after_stop": {
            "hard_limit": 0.5, "first_scores": [0.2], "first_output": "[KERNEL INTERRUPT: COHERENCE LIMIT EXCEEDED]",
            "active_after_first": false, "second_scores": [], "second_output": "", "active_after_second": false,
        },
        "config_validation": [{"name": "v", "config_overrides": {"hard_limit": 2.0}, "first_field_refused": "hard_limit"}],
        "config_from_json": [{"json": "{invalid}", "parses": false, "validates": null}],
        "coherence_score": [{
            "in": {"score": 0.65, "approved": true, "h_logical": "NaN", "h_factual": 7, "soft_limit": 0.7},
            "score": 0.65, "approved": true, "h_logical": 0.0, "h_factual": 1.0, "warning": true,
        }],
        "clamp_value_lo_hi_result": [["NaN", 0.2, 0.8, 0.2]],
    });
    let report = check(&good);
    assert_eq!(report.failures, []);
    assert_eq!((report.holds, report.deviates.len()), (7, 0));
    for (pointer, wrong) in [
        ("/streams/0/canon/halted", json!(false)),
        ("/streams/0/canon/halt_index", json!(1)),
        ("/streams/0/canon/halt_index", json!(null)),
        ("/streams/0/canon/reason", json!("window-average")),
        ("/streams/0/canon", json!({"config": "refused"})),
        ("/streams/0/result/halted", json!(false)),
        ("/streams/0/result/halt_index", json!(0)),
        ("/streams/0/result/halt_reason", json!("hard_limit (0.3 < 0.5)")),
        ("/streams/0/result/n_tokens", json!(2)),
        ("/streams/0/result/coherence_history", json!([0.9, 0.52, 0.31])),
        ("/streams/0/result/avg_coherence", json!(0.5733333333)),
        ("/streams/0/result/min_coherence", json!("NaN")),
        ("/streams/0/result/output", json!("t0_")),
        ("/streams/0/result/callback_calls", json!(4)),
        ("/streams/0/result/kernel_active_after", json!(true)),
        ("/streams/0/result/safety_kernel/output", json!("t0_t1_")),
        ("/streams/0/result/safety_kernel/callback_calls", json!(2)),
        ("/streams/0/scores", json!([0.9, "what"])),
        ("/streams/0/scores", json!(null)),
        ("/streams/0/config_overrides", json!({"windows": 3})),
        ("/streams/0/config_overrides", json!({"window_size": 3.5})),
        ("/streams/0/config_overrides", json!({"window_size": 1, "window_threshold": 0.6})),
        ("/chains_on_one_kernel/0/runs/0/scores", json!([0.9])),
        ("/chains_on_one_kernel/0/runs/1/result/halted", json!(false)),
        ("/safety_kernel_after_stop/second_output", json!("a")),
        ("/safety_kernel_after_stop/hard_limit", json!("high")),
        ("/config_validation/0/first_field_refused", json!(null)),
        ("/config_validation/0/first_field_refused", json!("window_size")),
        ("/config_from_json/0/parses", json!(true)),
        ("/coherence_score/0/score", json!(0.66)),
        ("/coherence_score/0/warning", json!(false)),
        ("/coherence_score/0/approved", json!(null)),
        ("/coherence_score/0/in/h_factual", json!(0.9)),
        ("/clamp_value_lo_hi_result/0/3", json!(0.0)),
        ("/clamp_value_lo_hi_result/0/0", json!(0.9)),
        ("/clamp_value_lo_hi_result/0", json!([1, 2])),
        ("/config_from_json/0/json", json!("{}x")),
    ] {
        let mut file = good.clone();
        *file.pointer_mut(pointer).expect(pointer) = wrong.clone();
        let report = check(&file);
        if pointer.ends_with("0/json") {
            assert_eq!(report.failures, [], "another text that is no configuration");
        } else {
            assert!(!report.failures.is_empty(), "{pointer} = {wrong} was not found");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Any other file of the format, written by the published semantics, is explained without a failure.
    #[test]
    fn other_vectors_of_the_format_are_explained(
        overrides in prop::collection::btree_map(select(FIELDS.to_vec()), wild(), 0..4),
        counts in prop::collection::btree_map(select(COUNTS.to_vec()), prop_oneof![1_u64..20, any::<u64>()], 0..3),
        runs in vec((any::<bool>(), vec(prop_oneof![4 => 0.3_f64..1.0, 1 => wild()], 0..30)), 1..4),
    ) {
        let text = |x: f64| if x.is_finite() { json!(x) } else { json!(if x.is_nan() { "NaN" }
            else if x > 0.0 { "Infinity" } else { "-Infinity" }) };
        let mut changes = serde_json::Map::new();
        changes.extend(overrides.into_iter().map(|(field, value)| (String::from(field), text(value))));
        changes.extend(counts.into_iter().map(|(field, value)| (String::from(field), json!(value))));
        let config = PublishedConfig::DEFAULT.with(&changes).unwrap();
        prop_assume!(config.trend_window > 0);
        let mut kernel = Kernel::new(&config, &[]).unwrap();
        let mut written = Vec::new();
        for (reactivate, scores) in runs {
            kernel.active |= reactivate;
            let run = kernel.run(&scores);
            written.push(json!({
                "reactivate_before": reactivate,
                "scores": scores.into_iter().map(text).collect::<Vec<_>>(),
                "result": {
                    "halted": run.stop.is_some(), "halt_index": run.stop.map_or(0, |stop| stop.index),
                    "coherence_history": run.history, "kernel_active_after": run.active_after,
                    "output": run.output(), "callback_calls": run.callbacks,
                },
            }));
        }
        let first = &written[0];
        let report = check(&json!({
            "streams": [{"config_overrides": changes, "scores": first["scores"], "result": first["result"]}],
            "chains_on_one_kernel": [{"config_overrides": changes, "runs": written}],
            "config_validation": [{"config_overrides": changes, "first_field_refused": config.published_refuses()}],
        }));
        prop_assert_eq!(&report.failures, &[]);
        prop_assert_eq!(report.holds, 3 - report.deviates.len() as u64);
        prop_assert!(report.deviates.iter().chain(&report.notes).all(|deviation| !deviation.reason.is_empty()));
    }
}

const FIELDS: [&str; 6] =
    ["hard_limit", "window_threshold", "trend_threshold", "soft_limit", "coherence_threshold", "logit_entropy_limit"];
const COUNTS: [&str; 4] = ["window_size", "trend_window", "history_window", "deadline_ms"];

/// A finite number that JSON keeps, around [0, 1], or one that is not finite.
fn wild() -> impl Strategy<Value = f64> {
    let special = vec![f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, 1.0, -1.0, 1e300, -1e300, 5e-324];
    prop_oneof![6 => 0.0_f64..=1.0, 1 => -1.0_f64..2.0, 1 => select(special)]
}
