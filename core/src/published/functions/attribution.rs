//! Claims and what speaks for them.

use alloc::vec::Vec;

use super::traceability;
use crate::error::{FINITE, InputError, check, check_all};
use crate::score::signals::{ClaimDivergence, calibrate, entity_overlap};
use crate::score::text::real;

/// How many claims are supported.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Coverage {
    /// Their share of all claims, in [0, 1]; 0 where there are none.
    pub share: f64,
    /// How many they are.
    pub supported: u32,
}

/// Counts the claims whose divergence is below a threshold.
///
/// # Errors
/// [`InputError`] for a number that is not finite.
///
/// ```
/// use interlock_core::published::functions::coverage;
/// assert_eq!(coverage(&[0.1, 0.5, 0.9, 0.7], 0.5).unwrap().share, 0.25);
/// ```
pub fn coverage(divergences: &[f64], threshold: f64) -> Result<Coverage, InputError> {
    check_all("divergences", divergences, FINITE)?;
    check("support_threshold", threshold, FINITE)?;
    let supported = divergences.iter().filter(|&&divergence| divergence < threshold).count();
    let share = if divergences.is_empty() { 0.0 } else { real(supported) / real(divergences.len()) };
    Ok(Coverage { share, supported: u32::try_from(supported).unwrap_or(u32::MAX) })
}

/// The source that speaks most for a claim.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Attribution {
    /// The claim's divergence from it, the smallest of all.
    pub divergence: f64,
    /// Its place among the sources, from 0: the first of those that are alike.
    pub source: u32,
}

/// For each claim the source from which it diverges least, of divergences row after row, a row being a claim's.
///
/// # Errors
/// [`InputError`] for no claims, no sources, a list of another length, and a divergence that is not finite.
///
/// ```
/// use interlock_core::published::functions::attribute_claims;
/// let found = attribute_claims(&[0.9, 0.1, 0.3, 0.3], 2, 2).unwrap();
/// assert_eq!([found[0].source, found[1].source], [1, 0]);
/// assert!(attribute_claims(&[0.9], 2, 2).is_err());
/// ```
pub fn attribute_claims(divergences: &[f64], claims: u32, sources: u32) -> Result<Vec<Attribution>, InputError> {
    for (what, count) in [("n_claims", claims), ("n_src", sources)] {
        if count == 0 {
            return Err(InputError { what, index: None, value: 0.0, bound: "1 or more" });
        }
    }
    if u64::try_from(divergences.len()) != Ok(u64::from(claims).saturating_mul(u64::from(sources))) {
        let bound = "n_claims times n_src";
        return Err(InputError {
            what: "length of flat_divergences",
            index: None,
            value: real(divergences.len()),
            bound,
        });
    }
    check_all("flat_divergences", divergences, FINITE)?;
    let rows = divergences.chunks_exact(usize::try_from(sources).unwrap_or(usize::MAX));
    let least = |row: &[f64]| {
        let start = Attribution { divergence: f64::INFINITY, source: 0 };
        (0_u32..).zip(row).fold(start, |best, (source, &divergence)| {
            if divergence < best.divergence { Attribution { divergence, source } } else { best }
        })
    };
    Ok(rows.map(least).collect())
}

/// As [`crate::score::signals::bidirectional_divergence`], by the published [`traceability`].
///
/// # Errors
/// [`InputError`] for a number that is not finite.
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
