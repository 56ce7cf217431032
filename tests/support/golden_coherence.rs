//! The sections of `h_streams.json` on single scores: `coherence_score` and `clamp_value_lo_hi_result`.

use interlock_core::score::{CoherenceScore, clamp_score};
use serde_json::Value;

use super::{GoldenReport, number};

/// The published clamp: NaN becomes the lower bound.
fn published_clamp(value: f64, low: f64, high: f64) -> f64 {
    if value.is_nan() || value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}

/// Score, logical and factual divergence, approved, warning.
type Parts = ([f64; 3], bool, bool);

/// A coherence score from its parts.
pub(crate) fn coherence_score(report: &mut GoldenReport, name: &str, vector: &Value) {
    let input = |key: &str| vector.get("in").and_then(|input| input.get(key));
    let real = |key: &str| input(key).and_then(number);
    let parts = (real("score"), real("h_logical"), real("h_factual"), real("soft_limit"));
    let approved = input("approved").and_then(Value::as_bool);
    let ((Some(score), Some(h_logical), Some(h_factual), Some(soft_limit)), Some(approved)) = (parts, approved) else {
        return report.fail(name, "in", "score, h_logical, h_factual, soft_limit, approved", vector);
    };
    let clamp = |value| published_clamp(value, 0.0, 1.0);
    let published: Parts = {
        let score = clamp(score);
        ([score, clamp(h_logical), clamp(h_factual)], approved, approved && score < soft_limit)
    };
    let out = |key: &str| vector.get(key).and_then(number);
    let flag = |key: &str| vector.get(key).and_then(Value::as_bool);
    let parts = [out("score"), out("h_logical"), out("h_factual")];
    let ([Some(score_out), Some(logical_out), Some(factual_out)], Some(approved_out), Some(warning_out)) =
        (parts, flag("approved"), flag("warning"))
    else {
        return report.fail(name, "result", "score, h_logical, h_factual, approved, warning", vector);
    };
    let expected: Parts = ([score_out, logical_out, factual_out], approved_out, warning_out);
    if published != expected {
        return report.fail(name, "published semantics", format!("{expected:?}"), format!("{published:?}"));
    }
    let got = CoherenceScore::new(score, h_logical, h_factual, approved).with_soft_limit(soft_limit);
    let got: Parts = ([got.score, got.h_logical, got.h_factual], got.approved, got.warning);
    // The canon: a score that is not finite is a failed check.
    let canon: Parts =
        if score.is_finite() { published } else { ([0.0, clamp(h_logical), clamp(h_factual)], false, false) };
    if got != canon {
        report.fail(name, "score", format!("{canon:?}"), format!("{got:?}"));
    } else if got == published {
        report.hold();
        minus_zero(report, name, expected.0.iter().zip(got.0).any(|(a, b)| a.to_bits() != b.to_bits()));
    } else {
        report.deviate(name, "a score that is not finite is 0 and not approved");
    }
}

/// `[value, low, high, result]`.
pub(crate) fn clamp(report: &mut GoldenReport, name: &str, vector: &Value) {
    let numbers: Option<Vec<f64>> = vector.as_array().and_then(|list| list.iter().map(number).collect());
    let Some([value, low, high, expected]) = numbers.as_deref().and_then(|list| <[f64; 4]>::try_from(list).ok()) else {
        return report.fail(name, "vector", "value, low, high, result", vector);
    };
    let got = clamp_score(value, low, high);
    let published = published_clamp(value, low, high);
    if published != expected {
        report.fail(name, "published semantics", expected, published);
    } else if got != expected {
        report.fail(name, "result", expected, got);
    } else {
        report.hold();
        minus_zero(report, name, got.to_bits() != expected.to_bits());
    }
}

fn minus_zero(report: &mut GoldenReport, name: &str, differs: bool) {
    if differs {
        report.note(name, "-0.0 becomes 0.0");
    }
}
