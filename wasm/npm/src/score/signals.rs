//! Lexical signals.

use interlock_core::score::signals::{self, ClaimVerdict, InjectionSettings};
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::failure::{Failure, FailureKind};
use crate::wire::{self, WireError};

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

#[derive(Serialize)]
struct Sanitized {
    score: f64,
    findings: Vec<&'static str>,
}

/// Marks of prompt injection: a tree of `wire`.
///
/// # Errors
/// The report does not fit a tree; none does not.
#[wasm_bindgen]
pub fn sanitize(text: &str) -> Result<Vec<u8>, Failure> {
    let report = signals::sanitize(text);
    let findings = report.findings.iter().map(|finding| finding.name()).collect();
    Ok(wire::write(&Sanitized { score: report.score, findings })?)
}

/// How far values fall along their least-squares line.
///
/// # Errors
/// One is not finite.
#[wasm_bindgen(js_name = trendDrop)]
pub fn trend_drop(values: &[f64]) -> Result<f64, Failure> {
    Ok(signals::trend_drop(values)?)
}

/// Softmax of each row.
///
/// # Errors
/// A number is refused.
#[wasm_bindgen]
pub fn softmax(values: &[f64], cols: u32) -> Result<Vec<f64>, Failure> {
    Ok(signals::softmax(values, cols)?)
}

/// Divergence of each row of class probabilities.
///
/// # Errors
/// A probability or an index is refused.
#[wasm_bindgen(js_name = probsToDivergence)]
pub fn probs_to_divergence(probs: &[f64], cols: u32, contradiction: u32, neutral: u32) -> Result<Vec<f64>, Failure> {
    Ok(signals::probs_to_divergence(probs, cols, contradiction, neutral)?)
}

/// How decided each row of class probabilities is.
///
/// # Errors
/// A probability is refused.
#[wasm_bindgen(js_name = probsToConfidence)]
pub fn probs_to_confidence(probs: &[f64], cols: u32) -> Result<Vec<f64>, Failure> {
    Ok(signals::probs_to_confidence(probs, cols)?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Claims<'a> {
    #[serde(borrow, rename = "claims")]
    texts: Vec<&'a str>,
    intent: &'a str,
    forward: Vec<f64>,
    reverse: Vec<f64>,
    baseline: f64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Divergence {
    traceability: f64,
    entity_overlap: f64,
    calibrated: f64,
}

/// Divergence of claims from an intent. Trees of `wire` in and out.
///
/// # Errors
/// A number is not finite.
#[wasm_bindgen(js_name = bidirectionalDivergence)]
pub fn bidirectional_divergence(claims: &[u8]) -> Result<Vec<u8>, Failure> {
    let Claims { texts, intent, forward, reverse, baseline } = wire::read(claims).map_err(argument)?;
    let rows = signals::bidirectional_divergence(&texts, intent, &forward, &reverse, baseline)?;
    let row = |row: &signals::ClaimDivergence| Divergence {
        traceability: row.traceability,
        entity_overlap: row.entity_overlap,
        calibrated: row.calibrated,
    };
    Ok(wire::write(&rows.iter().map(row).collect::<Vec<_>>())?)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Judged {
    calibrated: Vec<f64>,
    traceability: Vec<f64>,
    entity_overlap: Vec<f64>,
    sanitizer: f64,
    #[serde(default)]
    settings: Settings,
}

#[derive(Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "camelCase")]
struct Settings {
    injection_threshold: f64,
    drift_threshold: f64,
    injection_claim_threshold: f64,
    traceability_floor: f64,
    stage1_weight: f64,
}

impl Default for Settings {
    fn default() -> Self {
        let settings = InjectionSettings::default();
        Self {
            injection_threshold: settings.injection_threshold,
            drift_threshold: settings.drift_threshold,
            injection_claim_threshold: settings.injection_claim_threshold,
            traceability_floor: settings.traceability_floor,
            stage1_weight: settings.stage1_weight,
        }
    }
}

#[derive(Serialize)]
struct Report {
    claims: Vec<Claim>,
    risk: f64,
    combined: f64,
    detected: bool,
}

#[derive(Serialize)]
struct Claim {
    verdict: &'static str,
    confidence: f64,
}

/// Verdicts on claims that may come from injected instructions. Trees of `wire` in and out.
///
/// # Errors
/// A number is refused.
#[wasm_bindgen(js_name = judgeInjection)]
pub fn judge_injection(claims: &[u8]) -> Result<Vec<u8>, Failure> {
    let Judged { calibrated, traceability, entity_overlap, sanitizer, settings } =
        wire::read(claims).map_err(argument)?;
    let settings = InjectionSettings {
        injection_threshold: settings.injection_threshold,
        drift_threshold: settings.drift_threshold,
        injection_claim_threshold: settings.injection_claim_threshold,
        traceability_floor: settings.traceability_floor,
        stage1_weight: settings.stage1_weight,
    };
    let report = signals::judge_injection(&calibrated, &traceability, &entity_overlap, sanitizer, &settings)?;
    let claim = |claim: &signals::ClaimJudgement| Claim {
        verdict: match claim.verdict {
            ClaimVerdict::Grounded => "grounded",
            ClaimVerdict::Drifted => "drifted",
            ClaimVerdict::Injected => "injected",
        },
        confidence: claim.confidence,
    };
    let claims = report.claims.iter().map(claim).collect();
    Ok(wire::write(&Report { claims, risk: report.risk, combined: report.combined, detected: report.detected })?)
}

fn argument(error: WireError) -> Failure {
    Failure::from(error).of_kind(FailureKind::Argument)
}
