//! Lexical signals.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;

use interlock_core::score::signals::{self, ClaimVerdict, InjectionSettings, SanitizerFinding};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::details;
use crate::failure::{given, made};

/// Words that both texts have over all words, in [0, 1].
#[wasm_bindgen(js_name = wordOverlap)]
pub fn word_overlap(a: &str, b: &str) -> f64 {
    signals::word_overlap(a, b)
}

/// Names that both texts have over all names, in [0, 1].
#[wasm_bindgen(js_name = entityOverlap)]
pub fn entity_overlap(a: &str, b: &str) -> f64 {
    signals::entity_overlap(a, b)
}

/// Whether the numbers of both texts agree; none where one has no numbers.
#[wasm_bindgen(js_name = numericalConsistency)]
pub fn numerical_consistency(a: &str, b: &str) -> Option<bool> {
    signals::numerical_consistency(a, b)
}

/// Whether one text denies what the other says.
#[wasm_bindgen(js_name = negationFlip)]
pub fn negation_flip(claim: &str, source: &str) -> bool {
    signals::negation_flip(claim, source)
}

/// Share of the claim's content words that the source has.
#[wasm_bindgen]
pub fn traceability(claim: &str, source: &str) -> f64 {
    signals::traceability(claim, source)
}

/// A divergence of two texts from their surface, in [0, 1].
#[wasm_bindgen(js_name = liteScore)]
pub fn lite_score(premise: &str, hypothesis: &str) -> f64 {
    signals::lite_score(premise, hypothesis)
}

/// Whether a text holds characters that do not show.
#[wasm_bindgen(js_name = hasSuspiciousUnicode)]
pub fn has_suspicious_unicode(text: &str) -> bool {
    signals::has_suspicious_unicode(text)
}

/// Marks of prompt injection: one bit a finding, in the order of [`SanitizerFinding::ALL`]. Slot: the score.
#[wasm_bindgen]
pub fn sanitize(text: &str) -> u32 {
    let report = signals::sanitize(text);
    details::set(&[report.score]);
    let bits = SanitizerFinding::ALL.iter().rev();
    bits.fold(0, |found, finding| found << 1 | u32::from(report.findings.contains(finding)))
}

/// How far values fall along their least-squares line.
///
/// # Errors
/// One is not finite.
#[wasm_bindgen(js_name = trendDrop)]
pub fn trend_drop(values: &[f64]) -> f64 {
    given(signals::trend_drop(values))
}

/// Softmax of each row.
///
/// # Errors
/// A number is refused.
#[wasm_bindgen]
pub fn softmax(values: &[f64], cols: u32) -> Vec<f64> {
    given(signals::softmax(values, cols))
}

/// Divergence of each row of class probabilities.
///
/// # Errors
/// A probability or an index is refused.
#[wasm_bindgen(js_name = probsToDivergence)]
pub fn probs_to_divergence(probs: &[f64], cols: u32, contradiction: u32, neutral: u32) -> Vec<f64> {
    given(signals::probs_to_divergence(probs, cols, contradiction, neutral))
}

/// How decided each row of class probabilities is.
///
/// # Errors
/// A probability is refused.
#[wasm_bindgen(js_name = probsToConfidence)]
pub fn probs_to_confidence(probs: &[f64], cols: u32) -> Vec<f64> {
    given(signals::probs_to_confidence(probs, cols))
}

/// Divergence of claims from an intent: traceability, overlap of names and calibrated divergence of each.
///
/// # Errors
/// A number is not finite.
#[wasm_bindgen(js_name = bidirectionalDivergence)]
#[allow(clippy::needless_pass_by_value, reason = "a list of texts crosses by value")]
pub fn bidirectional_divergence(
    claims: Vec<String>,
    intent: &str,
    forward: &[f64],
    reverse: &[f64],
    baseline: f64,
) -> Vec<f64> {
    let claims: Vec<&str> = claims.iter().map(String::as_str).collect();
    let rows = given(signals::bidirectional_divergence(&claims, intent, forward, reverse, baseline));
    rows.iter().flat_map(|row| [row.traceability, row.entity_overlap, row.calibrated]).collect()
}

/// Verdicts on claims that may come from injected instructions: risk, combined risk and 1 if an injection is
/// detected, then the verdict (0 grounded, 1 drifted, 2 injected) and confidence of each claim. NaN for a
/// setting is its default.
///
/// # Errors
/// A number is refused.
#[wasm_bindgen(js_name = judgeInjection)]
pub fn judge_injection(
    calibrated: &[f64],
    traceability: &[f64],
    entity_overlap: &[f64],
    sanitizer: f64,
    settings: &[f64],
) -> Vec<f64> {
    let mut used = InjectionSettings::default();
    let fields = [
        &mut used.injection_threshold,
        &mut used.drift_threshold,
        &mut used.injection_claim_threshold,
        &mut used.traceability_floor,
        &mut used.stage1_weight,
    ];
    for (field, value) in fields.into_iter().zip(settings) {
        if !value.is_nan() {
            *field = *value;
        }
    }
    let report = signals::judge_injection(calibrated, traceability, entity_overlap, sanitizer, &used);
    let Some(report) = made(report) else { return Vec::new() };
    let mut out = vec![report.risk, report.combined, f64::from(u8::from(report.detected))];
    for claim in &report.claims {
        let verdict = match claim.verdict {
            ClaimVerdict::Grounded => 0.0,
            ClaimVerdict::Drifted => 1.0,
            ClaimVerdict::Injected => 2.0,
        };
        out.extend([verdict, claim.confidence]);
    }
    out
}
