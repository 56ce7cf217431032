//! Divergence of claims from an intent, read in both directions.

use alloc::vec::Vec;

use super::{entity_overlap, traceability};
use crate::error::{FINITE, InputError, check, check_all};

/// The largest baseline that still leaves a range above it.
const MAX_BASELINE: f64 = 0.999;

/// What is known of one claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClaimDivergence {
    /// Share of the claim's content words that the intent has, in [0, 1].
    pub traceability: f64,
    /// Shared names over all names of claim and intent, in [0, 1].
    pub entity_overlap: f64,
    /// The smaller of both divergences with the baseline taken off: 0 at the baseline, 1 at 1. As given
    /// where there is no baseline.
    pub calibrated: f64,
}

/// Traces each claim to `intent` and calibrates its divergence against a baseline, the divergence that
/// unrelated harmless claims have. The baseline is clamped to [0, 0.999].
///
/// One row for each claim that has a forward and a reverse divergence.
///
/// # Errors
/// [`InputError`] for a number that is not finite.
///
/// ```
/// use interlock_core::score::signals::bidirectional_divergence;
/// let rows = bidirectional_divergence(&["one"], "one", &[0.7], &[0.9], 0.4).unwrap();
/// assert_eq!(rows[0].traceability, 1.0);
/// assert!((rows[0].calibrated - 0.5).abs() < 1e-15);
/// ```
pub fn bidirectional_divergence(
    claims: &[&str],
    intent: &str,
    forward: &[f64],
    reverse: &[f64],
    baseline: f64,
) -> Result<Vec<ClaimDivergence>, InputError> {
    let calibrated = calibrate(forward, reverse, baseline)?;
    let rows = claims.iter().zip(calibrated).map(|(claim, calibrated)| ClaimDivergence {
        traceability: traceability(claim, intent),
        entity_overlap: entity_overlap(claim, intent),
        calibrated,
    });
    Ok(rows.collect())
}

/// [`ClaimDivergence::calibrated`] of each pair of divergences.
///
/// # Errors
/// [`InputError`] for a number that is not finite.
pub(crate) fn calibrate(
    forward: &[f64],
    reverse: &[f64],
    baseline: f64,
) -> Result<impl Iterator<Item = f64>, InputError> {
    check_all("forward", forward, FINITE)?;
    check_all("reverse", reverse, FINITE)?;
    check("baseline", baseline, FINITE)?;
    let baseline = baseline.clamp(0.0, MAX_BASELINE);
    Ok(forward.iter().zip(reverse).map(move |(forward, reverse)| {
        let smaller = forward.min(*reverse);
        let calibrated = if baseline > 0.0 { ((smaller - baseline) / (1.0 - baseline)).max(0.0) } else { smaller };
        // Adding zero turns -0.0 into 0.0.
        calibrated + 0.0
    }))
}
