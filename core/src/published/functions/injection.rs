//! The published verdicts on claims that may come from injected instructions.

use crate::error::{FINITE, InputError, check, check_all};
use crate::score::signals::{ClaimJudgement, ClaimVerdict, InjectionReport, InjectionSettings};

/// From this traceability on a diverging claim has drifted, below it it is injected.
const DRIFT_TRACE: f64 = 0.3;
/// Below this traceability a claim that diverges far is injected whatever else holds.
const FAR_TRACE: f64 = 0.2;
/// Below this overlap of names a claim speaks of something else altogether.
const FOREIGN_NAMES: f64 = 0.3;

/// As [`crate::score::signals::judge_injection`], with the published limits between its rules: far divergence asks for
/// traceability below 0.2, and a combined risk that reaches its threshold but for rounding does not.
///
/// # Errors
/// [`InputError`] for a number that is not finite or a setting out of bounds.
///
/// ```
/// use interlock_core::published::functions::judge_injection;
/// use interlock_core::score::signals::{ClaimVerdict, InjectionSettings};
/// let report = judge_injection(&[0.9], &[0.18], &[0.5], 0.0, &InjectionSettings::default()).unwrap();
/// assert_eq!((report.claims[0].verdict, report.claims[0].confidence), (ClaimVerdict::Injected, 0.6));
/// ```
pub fn judge_injection(
    calibrated: &[f64],
    traceability: &[f64],
    entity_overlap: &[f64],
    sanitizer: f64,
    settings: &InjectionSettings,
) -> Result<InjectionReport, InputError> {
    settings.validate()?;
    check_all("calibrated_divs", calibrated, FINITE)?;
    check_all("traceabilities", traceability, FINITE)?;
    check_all("entity_matches", entity_overlap, FINITE)?;
    check("sanitizer_score", sanitizer, FINITE)?;
    let rows = calibrated.iter().zip(traceability.iter().zip(entity_overlap));
    let claims = rows.map(|(&calibrated, (&trace, &names))| judge(calibrated, trace, names, settings)).collect();
    Ok(InjectionReport::of(claims, sanitizer, settings, 0.0))
}

fn judge(calibrated: f64, trace: f64, names: f64, settings: &InjectionSettings) -> ClaimJudgement {
    let injected = |confidence| ClaimJudgement { verdict: ClaimVerdict::Injected, confidence };
    let floor = settings.traceability_floor;
    let foreign = names < FOREIGN_NAMES;
    if trace < floor {
        return injected(((floor - trace) / floor + 0.5).min(1.0));
    }
    if calibrated >= settings.injection_claim_threshold && trace < FAR_TRACE {
        return injected(if foreign { 1.0 } else { 0.6 });
    }
    if calibrated < settings.drift_threshold {
        return ClaimJudgement { verdict: ClaimVerdict::Grounded, confidence: (1.0 - calibrated).min(1.0) };
    }
    if trace >= DRIFT_TRACE {
        return ClaimJudgement { verdict: ClaimVerdict::Drifted, confidence: calibrated.min(1.0) };
    }
    injected(if foreign { 1.0 } else { 0.7 })
}
