//! One divergence of many: of every chunk of a hypothesis by every chunk of a premise.
//!
//! Scores come as one list, row after row: for each premise, one of each hypothesis. Numbers after the last row do not
//! count, and of rows that are missing at the end the others are taken.

use alloc::vec::Vec;

use super::NEUTRAL;
use crate::error::{FINITE, InputError, check_all};
use crate::score::text::real;

/// Confidences must sum to more than this to weigh anything.
const NO_WEIGHT: f64 = 1e-9;

/// How the scores that premises give one hypothesis become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inner {
    /// The largest.
    Max,
    /// The smallest.
    Min,
    /// The mean.
    Mean,
}

impl Inner {
    /// By its published name; every other name is the largest.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "min" => Self::Min,
            "mean" => Self::Mean,
            _ => Self::Max,
        }
    }

    fn of(self, scores: &[f64]) -> f64 {
        match self {
            Self::Max => scores.iter().copied().fold(f64::NEG_INFINITY, f64::max),
            Self::Min => scores.iter().copied().fold(f64::INFINITY, f64::min),
            Self::Mean => mean(scores),
        }
    }
}

/// How the scores of hypotheses become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outer {
    /// The largest.
    Max,
    /// The mean of all but the largest quarter, rounded up.
    TrimmedMean,
    /// The mean.
    Mean,
}

impl Outer {
    /// By its published name; every other name is the mean.
    #[must_use]
    pub fn named(name: &str) -> Self {
        match name {
            "max" => Self::Max,
            "trimmed_mean" => Self::TrimmedMean,
            _ => Self::Mean,
        }
    }

    fn of(self, scores: &[f64]) -> f64 {
        match self {
            Self::Max => Inner::Max.of(scores),
            Self::Mean => mean(scores),
            Self::TrimmedMean => {
                let mut sorted = scores.to_vec();
                sorted.sort_unstable_by(f64::total_cmp);
                let kept = sorted.len().saturating_sub(sorted.len().div_ceil(4)).max(1);
                mean(sorted.get(..kept).unwrap_or_default())
            }
        }
    }
}

/// The divergence of all hypotheses, and that of each.
///
/// Without scores, premises or hypotheses: 0.5, and 0.5 as the only one.
///
/// # Errors
/// [`InputError`] for a score that is not finite, and where a hypothesis has none.
///
/// ```
/// use interlock_core::published::functions::{Inner, Outer, aggregate_chunks};
/// let (all, each) = aggregate_chunks(&[0.1, 0.9, 0.4, 0.6], 2, 2, Inner::Max, Outer::Mean).unwrap();
/// assert_eq!((all, each), (0.65, vec![0.4, 0.9]));
/// ```
pub fn aggregate_chunks(
    scores: &[f64],
    premises: u32,
    hypotheses: u32,
    inner: Inner,
    outer: Outer,
) -> Result<(f64, Vec<f64>), InputError> {
    check_all("flat_scores", scores, FINITE)?;
    if scores.is_empty() || premises == 0 || hypotheses == 0 {
        return Ok((NEUTRAL, Vec::from([NEUTRAL])));
    }
    let each = columns(scores, premises, hypotheses, |column| inner.of(column))?;
    Ok((outer.of(&each), each))
}

/// As [`aggregate_chunks`], where each hypothesis counts by its confidence: the mean of those in its scores.
///
/// Where all confidences sum to next to nothing, each counts alike. Scores and confidences that have no counterpart do
/// not count.
///
/// # Errors
/// [`InputError`] for a number that is not finite, and where a hypothesis has no score with a confidence.
///
/// ```
/// use interlock_core::published::functions::{Inner, aggregate_chunks_by_confidence};
/// let (all, _) = aggregate_chunks_by_confidence(&[0.0, 1.0], &[0.75, 0.25], 1, 2, Inner::Max).unwrap();
/// assert_eq!(all, 0.25);
/// ```
pub fn aggregate_chunks_by_confidence(
    scores: &[f64],
    confidences: &[f64],
    premises: u32,
    hypotheses: u32,
    inner: Inner,
) -> Result<(f64, Vec<f64>), InputError> {
    check_all("flat_scores", scores, FINITE)?;
    check_all("flat_confidences", confidences, FINITE)?;
    if scores.is_empty() || premises == 0 || hypotheses == 0 {
        return Ok((NEUTRAL, Vec::from([NEUTRAL])));
    }
    let both = scores.len().min(confidences.len());
    let (scores, confidences) = (scores.get(..both).unwrap_or_default(), confidences.get(..both).unwrap_or_default());
    let each = columns(scores, premises, hypotheses, |column| inner.of(column))?;
    let weights = columns(confidences, premises, hypotheses, mean)?;
    let weight = weights.iter().fold(0.0, |sum, weight| sum + weight);
    if weight > NO_WEIGHT {
        let sum = each.iter().zip(&weights).fold(0.0, |sum, (score, weight)| sum + score * weight);
        return Ok((sum / weight, each));
    }
    Ok((mean(&each), each))
}

/// What `measure` says of each column of a matrix of so many rows and columns.
fn columns(values: &[f64], rows: u32, columns: u32, measure: impl Fn(&[f64]) -> f64) -> Result<Vec<f64>, InputError> {
    let [rows, width] = [rows, columns].map(|count| usize::try_from(count).unwrap_or(usize::MAX));
    if width > values.len() {
        let bound = "at most as many as there are scores";
        return Err(InputError { what: "n_hyp", index: None, value: f64::from(columns), bound });
    }
    let mut column = Vec::new();
    let each = (0..width).map(|place| {
        column.clear();
        column.extend(values.iter().skip(place).step_by(width).take(rows));
        measure(&column)
    });
    Ok(each.collect())
}

fn mean(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |sum, value| sum + value) / real(values.len())
}
