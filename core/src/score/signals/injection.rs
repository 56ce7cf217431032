//! Verdicts on claims that may come from injected instructions.

use alloc::vec::Vec;

use crate::error::{FINITE, InputError, UNIT, check, check_all};
use crate::score::text::real;

/// Below this traceability a diverging claim is injected, from it on it has drifted.
const DRIFT_TRACE: f64 = 0.3;
/// Below this overlap of names a claim speaks of something else altogether.
const FOREIGN_NAMES: f64 = 0.3;
/// Confidence in an injected claim that does share names with the intent.
const SHARED_NAMES_CONFIDENCE: f64 = 0.7;
/// What a drifted claim adds to the risk; an injected one adds 1.
const DRIFT_RISK: f64 = 0.4;
/// A combined risk this close below its threshold reaches it: the weights are decimal fractions, and the
/// rounding of their products must not decide.
const ROUNDING: f64 = 1e-12;

/// Limits of [`judge_injection`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct InjectionSettings {
    /// Combined risk from which an injection is reported, in [0, 1].
    pub injection_threshold: f64,
    /// Calibrated divergence from which a claim is no longer grounded.
    pub drift_threshold: f64,
    /// Calibrated divergence from which confidence follows the divergence.
    pub injection_claim_threshold: f64,
    /// Traceability below which a claim is injected whatever its divergence, in [0, 1].
    pub traceability_floor: f64,
    /// Weight of the sanitizer in the combined risk, in [0, 1]; the claims have the rest.
    pub stage1_weight: f64,
}

impl Default for InjectionSettings {
    fn default() -> Self {
        Self {
            injection_threshold: 0.7,
            drift_threshold: 0.6,
            injection_claim_threshold: 0.75,
            traceability_floor: 0.15,
            stage1_weight: 0.3,
        }
    }
}

impl InjectionSettings {
    pub(crate) fn validate(&self) -> Result<(), InputError> {
        check("injection_threshold", self.injection_threshold, UNIT)?;
        check("drift_threshold", self.drift_threshold, FINITE)?;
        check("injection_claim_threshold", self.injection_claim_threshold, FINITE)?;
        check("traceability_floor", self.traceability_floor, UNIT)?;
        check("stage1_weight", self.stage1_weight, UNIT)
    }
}

/// What a claim is, in rising order of risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClaimVerdict {
    /// It follows from the intent.
    Grounded,
    /// It is about the intent but leads away from it.
    Drifted,
    /// It does not come from the intent.
    Injected,
}

/// The verdict on one claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClaimJudgement {
    /// What the claim is.
    pub verdict: ClaimVerdict,
    /// How sure that is, in [0, 1].
    pub confidence: f64,
}

/// The verdicts on all claims and their sum.
#[derive(Clone, Debug, PartialEq)]
pub struct InjectionReport {
    /// One for each claim.
    pub claims: Vec<ClaimJudgement>,
    /// Mean risk of the claims, in [0, 1]; 0 without claims.
    pub risk: f64,
    /// Weighted mean of sanitizer score and risk, in [0, 1].
    pub combined: f64,
    /// Whether the combined risk reaches the threshold.
    pub detected: bool,
}

/// Judges each claim by its calibrated divergence, traceability and overlap of names (as
/// [`bidirectional_divergence`](super::bidirectional_divergence) gives them), and combines them with the
/// sanitizer's score of the text.
///
/// Per claim, the first that holds:
/// 1. traceability below the floor: injected, more surely the further below;
/// 2. a divergence of at least the injection-claim threshold and traceability below 0.3: injected, surely
///    if it shares no names, else with a confidence that follows the divergence;
/// 3. a divergence of at least the drift threshold: drifted, or injected if traceability is below 0.3;
/// 4. grounded.
///
/// The three lists describe the same claims; surplus entries of a longer one are ignored.
///
/// # Errors
/// [`InputError`] for a number that is not finite, a share outside [0, 1] or a setting out of bounds.
///
/// ```
/// use interlock_core::score::signals::{ClaimVerdict, InjectionSettings, judge_injection};
/// let settings = InjectionSettings::default();
/// let report = judge_injection(&[0.1, 0.9], &[0.8, 0.05], &[0.9, 0.0], 0.5, &settings).unwrap();
/// assert_eq!(report.claims[0].verdict, ClaimVerdict::Grounded);
/// assert_eq!(report.claims[1].verdict, ClaimVerdict::Injected);
/// assert_eq!(report.risk, 0.5);
/// ```
pub fn judge_injection(
    calibrated: &[f64],
    traceability: &[f64],
    entity_overlap: &[f64],
    sanitizer: f64,
    settings: &InjectionSettings,
) -> Result<InjectionReport, InputError> {
    settings.validate()?;
    check_all("calibrated", calibrated, FINITE)?;
    check_all("traceability", traceability, UNIT)?;
    check_all("entity_overlap", entity_overlap, UNIT)?;
    check("sanitizer", sanitizer, UNIT)?;
    let claims = calibrated
        .iter()
        .zip(traceability.iter().zip(entity_overlap))
        .map(|(&calibrated, (&trace, &names))| judge(calibrated, trace, names, settings))
        .collect();
    Ok(InjectionReport::of(claims, sanitizer, settings, ROUNDING))
}

impl InjectionReport {
    /// Adds up what the claims are, with the sanitizer's score. A combined risk below its threshold by `rounding` reaches it.
    pub(crate) fn of(claims: Vec<ClaimJudgement>, sanitizer: f64, settings: &InjectionSettings, rounding: f64) -> Self {
        let total = claims.iter().fold(0.0, |sum, claim| {
            sum + match claim.verdict {
                ClaimVerdict::Grounded => 0.0,
                ClaimVerdict::Drifted => DRIFT_RISK,
                ClaimVerdict::Injected => 1.0,
            }
        });
        let risk = if claims.is_empty() { 0.0 } else { total / real(claims.len()) };
        let weight = settings.stage1_weight;
        let combined = weight * sanitizer + (1.0 - weight) * risk;
        let detected = combined >= settings.injection_threshold - rounding;
        Self { claims, risk, combined, detected }
    }
}

fn judge(calibrated: f64, trace: f64, names: f64, settings: &InjectionSettings) -> ClaimJudgement {
    let injected = |confidence| ClaimJudgement { verdict: ClaimVerdict::Injected, confidence };
    let floor = settings.traceability_floor;
    if trace < floor {
        return injected(((floor - trace) / floor + 0.5).min(1.0));
    }
    let foreign = names < FOREIGN_NAMES;
    if calibrated >= settings.injection_claim_threshold && trace < DRIFT_TRACE {
        // Never less sure than the rule below, which asks for less.
        return injected(if foreign { 1.0 } else { calibrated.clamp(SHARED_NAMES_CONFIDENCE, 1.0) });
    }
    if calibrated >= settings.drift_threshold {
        return if trace >= DRIFT_TRACE {
            ClaimJudgement { verdict: ClaimVerdict::Drifted, confidence: calibrated.clamp(0.0, 1.0) }
        } else {
            injected(if foreign { 1.0 } else { SHARED_NAMES_CONFIDENCE })
        };
    }
    ClaimJudgement { verdict: ClaimVerdict::Grounded, confidence: (1.0 - calibrated).clamp(0.0, 1.0) }
}
