//! Of `i_text.json` the signals that judge claims by numbers: trends, divergence in both directions, verdicts on injections,
//! probabilities.

use interlock_core::score::signals::{
    ClaimVerdict, InjectionSettings, bidirectional_divergence, judge_injection, probs_to_confidence,
    probs_to_divergence, softmax, trend_drop,
};
use serde_json::Value;

use super::published_text::{self as published, Injection};
use super::{CONTRACTIONS, GoldenReport, REFUSED, TOLERANCE, close, judge_number, number, numbers, strings, text};

const REACH: &str = "a stronger divergence never gives less confidence";
const TIE: &str = "a rounding below the threshold reaches it";

pub(super) fn check_trend(report: &mut GoldenReport, name: &str, vector: &Value) {
    let Some(values) = numbers(vector.get("values")) else {
        return report.fail(name, "values", "a list of numbers", vector);
    };
    match trend_drop(&values) {
        Ok(got) => judge_number(report, name, vector.get("drop"), got, published::trend_drop(&values), None),
        Err(_) if values.iter().any(|value| !value.is_finite()) => report.deviate(name, REFUSED),
        Err(error) => report.fail(name, "drop", vector, error),
    }
}

pub(super) fn check_bidirectional(report: &mut GoldenReport, name: &str, vector: &Value) {
    let Some(input) = vector.get("in") else { return report.fail(name, "in", "claims", vector) };
    let (Some(claims), Some(forward), Some(reverse), Some(baseline)) = (
        strings(input.get("claims")),
        numbers(input.get("forward")),
        numbers(input.get("reverse")),
        input.get("baseline").and_then(number),
    ) else {
        return report.fail(name, "in", "claims, forward, reverse, baseline", input);
    };
    let rows: Option<Vec<Vec<f64>>> = vector
        .get("rows_trace_entity_calibrated")
        .and_then(Value::as_array)
        .and_then(|rows| rows.iter().map(|row| numbers(Some(row))).collect());
    let intent = text(input, "intent");
    let Ok(got) = bidirectional_divergence(&claims, intent, &forward, &reverse, baseline) else {
        let finite = forward.iter().chain(&reverse).chain([&baseline]).all(|value| value.is_finite());
        return if finite { report.fail(name, "rows", vector, "refused") } else { report.deviate(name, REFUSED) };
    };
    let got: Vec<[f64; 3]> = got.iter().map(|row| [row.traceability, row.entity_overlap, row.calibrated]).collect();
    let mut is = |other: &[[f64; 3]]| {
        rows.as_ref().is_some_and(|rows| {
            rows.len() == other.len()
                && rows.iter().zip(other).all(|(row, other)| {
                    row.len() == 3 && row.iter().zip(other).all(|(a, b)| report.agrees(*a, *b, TOLERANCE))
                })
        })
    };
    if is(&got) {
        return report.hold();
    }
    let [plain, ruled] =
        [false, true].map(|rule| published::bidirectional(&claims, intent, &forward, &reverse, baseline, rule));
    let explained = ruled.iter().flatten().zip(got.iter().flatten()).all(|(a, b)| close(*a, *b));
    if is(&plain) && explained && ruled.len() == got.len() {
        report.deviate(name, CONTRACTIONS);
    } else {
        report.fail(name, "rows", format!("{rows:?}"), format!("{got:?}"));
    }
}

/// Verdicts with their confidence, risk, combined, detected.
type Judged = (Vec<(u8, f64)>, f64, f64, bool);

pub(super) fn check_injection(report: &mut GoldenReport, name: &str, vector: &Value) {
    let list = |key: &str| numbers(vector.pointer(&format!("/in/{key}")));
    let setting = |key: &str| vector.pointer(&format!("/in/cfg/{key}")).and_then(number);
    let (Some(calibrated), Some(trace), Some(names), Some(sanitizer)) =
        (list("cal"), list("trace"), list("entity"), vector.pointer("/in/sanitizer").and_then(number))
    else {
        return report.fail(name, "in", "cal, trace, entity, sanitizer", vector);
    };
    let default = InjectionSettings::default();
    let settings = InjectionSettings {
        injection_threshold: setting("injection_threshold").unwrap_or(default.injection_threshold),
        drift_threshold: setting("drift_threshold").unwrap_or(default.drift_threshold),
        injection_claim_threshold: setting("injection_claim_threshold").unwrap_or(default.injection_claim_threshold),
        traceability_floor: setting("traceability_floor").unwrap_or(default.traceability_floor),
        stage1_weight: setting("stage1_weight").unwrap_or(default.stage1_weight),
    };
    let Ok(got) = judge_injection(&calibrated, &trace, &names, sanitizer, &settings) else {
        let share = |value: &f64| (0.0..=1.0).contains(value);
        let valid = calibrated.iter().all(|value| value.is_finite())
            && trace.iter().chain(&names).chain([&sanitizer]).all(share)
            && [settings.injection_threshold, settings.traceability_floor, settings.stage1_weight].iter().all(share)
            && settings.drift_threshold.is_finite()
            && settings.injection_claim_threshold.is_finite();
        return if valid { report.fail(name, "verdicts", vector, "refused") } else { report.deviate(name, REFUSED) };
    };
    let code = |verdict: ClaimVerdict| match verdict {
        ClaimVerdict::Grounded => 0,
        ClaimVerdict::Drifted => 1,
        ClaimVerdict::Injected => 2,
    };
    let verdicts: Vec<(u8, f64)> = got.claims.iter().map(|claim| (code(claim.verdict), claim.confidence)).collect();
    let ours = (verdicts, got.risk, got.combined, got.detected);
    let rows: Vec<[f64; 3]> = calibrated.iter().zip(trace.iter().zip(&names)).map(|(c, (t, e))| [*c, *t, *e]).collect();
    let plain = Injection {
        threshold: settings.injection_threshold,
        drift: settings.drift_threshold,
        claim: settings.injection_claim_threshold,
        floor: settings.traceability_floor,
        weight: settings.stage1_weight,
    };
    let reference = |reach, tie| published::injection(plain, &rows, sanitizer, reach, tie);
    let same = |a: &Judged, b: &Judged| {
        a.0.len() == b.0.len()
            && a.0.iter().zip(&b.0).all(|(a, b)| a.0 == b.0 && close(a.1, b.1))
            && close(a.1, b.1)
            && close(a.2, b.2)
            && a.3 == b.3
    };
    let expected: Option<Judged> = (|| {
        let row = |row: &Value| Some((u8::try_from(row.get(0)?.as_u64()?).ok()?, number(row.get(1)?)?));
        let verdicts: Option<Vec<_>> =
            vector.get("verdicts_0grounded_1drifted_2injected")?.as_array()?.iter().map(row).collect();
        let value = |key: &str| vector.get(key).and_then(number);
        Some((verdicts?, value("risk")?, value("combined")?, vector.get("detected")?.as_bool()?))
    })();
    let Some(expected) = expected else { return report.fail(name, "verdicts", "verdicts and sums", vector) };
    if same(&expected, &ours) {
        report.hold();
    } else if same(&expected, &reference(false, false)) && same(&ours, &reference(true, true)) {
        let tie = expected.3 != ours.3;
        report.deviate(name, if tie { TIE } else { REACH });
    } else {
        report.fail(name, "verdicts", format!("{expected:?}"), format!("{ours:?}"));
    }
}

pub(super) fn check_probabilities(report: &mut GoldenReport, name: &str, vector: &Value) {
    let (Some(logits), Some(cols)) = (numbers(vector.get("logits")), vector.get("cols").and_then(Value::as_u64)) else {
        return report.fail(name, "logits, cols", "numbers and their columns", vector);
    };
    let (width, cols) = (usize::try_from(cols).unwrap_or(usize::MAX), u32::try_from(cols).unwrap_or(u32::MAX));
    let plain = published::softmax(&logits, width);
    let same = |report: &mut GoldenReport, expected: &[f64], got: &[f64]| {
        expected.len() == got.len() && expected.iter().zip(got).all(|(a, b)| report.agrees(*a, *b, TOLERANCE))
    };
    // A refusal is by design if the published code let something through that is no probability or no column.
    let mut judge = |key: &str, got: Option<Vec<f64>>, plain: &[f64], refusable: bool| {
        let at = format!("{name}/{key}");
        let expected = numbers(vector.get(key)).unwrap_or_default();
        match got {
            Some(got) if same(report, &expected, &got) => report.hold(),
            None if refusable && same(report, &expected, plain) => report.deviate(&at, REFUSED),
            got => report.fail(&at, "rows", format!("{expected:?}"), format!("{got:?}")),
        }
    };
    let odd = plain.iter().any(|p| !(0.0..=1.0).contains(p));
    let unusual = logits.iter().any(|logit| logit.is_nan() || *logit == f64::INFINITY) || odd;
    judge("softmax", softmax(&logits, cols).ok(), &plain, unusual);
    let indexed = vector.as_object().into_iter().flatten().filter_map(|(key, _)| {
        let rest = key.strip_prefix("divergence_contradiction_idx_")?;
        let (contradiction, neutral) = rest.split_once("_neutral_idx_")?;
        Some((key.as_str(), contradiction.parse::<u32>().ok()?, neutral.parse::<u32>().ok()?))
    });
    for (key, contradiction, neutral) in indexed {
        let place = |index: u32| usize::try_from(index).unwrap_or(usize::MAX);
        let outside = cols != 2 && cols != 0 && (contradiction >= cols || neutral >= cols);
        let got = probs_to_divergence(&plain, cols, contradiction, neutral).ok();
        judge(key, got, &published::divergence(&plain, width, place(contradiction), place(neutral)), odd || outside);
    }
    judge("confidence", probs_to_confidence(&plain, cols).ok(), &published::confidence(&plain, width), odd);
}
