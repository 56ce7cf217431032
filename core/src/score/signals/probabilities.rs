//! From the outputs of a classifier to divergence and confidence.
//!
//! All three take a matrix as one list, row after row of `cols` numbers. No columns or no numbers: no rows.

use alloc::vec::Vec;

use crate::error::{FINITE, InputError, Range, UNIT, check, check_all};
use crate::score::text::real;
use crate::score::{exp, ln};

/// Probabilities at or below this add nothing to an entropy.
const NEGLIGIBLE: f64 = 1e-12;

/// Softmax of each row: positive numbers that sum to one, larger for larger inputs.
///
/// Minus infinity is a probability of 0. Numbers after the last whole row come back as 0.
///
/// # Errors
/// [`InputError`] for NaN, plus infinity, and the first number of a row of nothing but minus infinity.
///
/// ```
/// use interlock_core::score::signals::softmax;
/// assert_eq!(softmax(&[3.0, 3.0], 2).unwrap(), [0.5, 0.5]);
/// ```
pub fn softmax(values: &[f64], cols: u32) -> Result<Vec<f64>, InputError> {
    check_all("values", values, Range { lo: f64::NEG_INFINITY, words: "a number below infinity", ..FINITE })?;
    let width = width(cols);
    let mut out = Vec::with_capacity(values.len());
    for (number, row) in (0_u32..).zip(values.chunks_exact(width)) {
        let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if max == f64::NEG_INFINITY {
            let bound = "above minus infinity somewhere in its row";
            let index = Some(number.saturating_mul(cols));
            return Err(InputError { what: "values", index, value: max, bound });
        }
        let start = out.len();
        out.extend(row.iter().map(|value| exp(value - max)));
        let powers = out.get_mut(start..).unwrap_or_default();
        // At least one: the largest value contributes exp(0).
        let sum = powers.iter().fold(0.0, |sum, power| sum + *power);
        for power in powers {
            *power /= sum;
        }
    }
    let whole = if cols == 0 { 0 } else { values.len() };
    out.resize(whole, 0.0);
    Ok(out)
}

/// Divergence of each row of class probabilities: that of contradiction plus half that of neutral, in
/// [0, 1]. Rows of two columns are (contradiction, entailment) and the indices are not used.
///
/// # Errors
/// [`InputError`] for a probability outside [0, 1] or an index outside the row.
///
/// ```
/// use interlock_core::score::signals::probs_to_divergence;
/// assert_eq!(probs_to_divergence(&[0.5, 0.25, 0.25], 3, 2, 1).unwrap(), [0.375]);
/// assert!(probs_to_divergence(&[0.5, 0.25, 0.25], 3, 0, 9).is_err());
/// ```
pub fn probs_to_divergence(probs: &[f64], cols: u32, contradiction: u32, neutral: u32) -> Result<Vec<f64>, InputError> {
    check_all("probs", probs, UNIT)?;
    check_columns(cols, contradiction, neutral)?;
    Ok(divergences(probs, cols, contradiction, neutral).map(|divergence| divergence.min(1.0)).collect())
}

/// Refuses an index outside of a row. Rows of two columns need none.
pub(crate) fn check_columns(cols: u32, contradiction: u32, neutral: u32) -> Result<(), InputError> {
    if cols != 0 && cols != 2 {
        let inside = Range { lo: 0.0, hi: f64::from(cols) - 1.0, words: "an index inside the row" };
        check("contradiction", f64::from(contradiction), inside)?;
        check("neutral", f64::from(neutral), inside)?;
    }
    Ok(())
}

/// The divergence of each row, at most 1 where its numbers are probabilities that sum to 1.
pub(crate) fn divergences(probs: &[f64], cols: u32, contradiction: u32, neutral: u32) -> impl Iterator<Item = f64> {
    let place = |index: u32| usize::try_from(index).unwrap_or(usize::MAX);
    let (contradiction, neutral) = (place(contradiction), place(neutral));
    probs.chunks_exact(width(cols)).map(move |row| match row {
        [_, entailment] => 1.0 - entailment,
        _ => {
            let p = |index| row.get(index).copied().unwrap_or(0.0);
            p(contradiction) + 0.5 * p(neutral)
        }
    })
}

/// How decided each row of class probabilities is: 1 (one class has it all) down to 0 (all alike), one
/// minus the entropy over its maximum. 1 for a single column.
///
/// # Errors
/// [`InputError`] for a probability outside [0, 1].
///
/// ```
/// use interlock_core::score::signals::probs_to_confidence;
/// assert_eq!(probs_to_confidence(&[1.0, 0.0, 0.5, 0.5], 2).unwrap(), [1.0, 0.0]);
/// ```
pub fn probs_to_confidence(probs: &[f64], cols: u32) -> Result<Vec<f64>, InputError> {
    check_all("probs", probs, UNIT)?;
    Ok(confidences(probs, cols))
}

/// The confidence of each row. What is negligible or negative adds nothing.
pub(crate) fn confidences(probs: &[f64], cols: u32) -> Vec<f64> {
    let width = width(cols);
    let most = ln(real(width));
    let confidence = |row: &[f64]| {
        if width == 1 {
            return 1.0;
        }
        let spread = row.iter().filter(|&&p| p > NEGLIGIBLE).fold(0.0, |sum, &p| sum - p * ln(p));
        (1.0 - spread / most).clamp(0.0, 1.0)
    };
    probs.chunks_exact(width).map(confidence).collect()
}

/// Columns as a chunk length: none makes a row longer than any list.
fn width(cols: u32) -> usize {
    if cols == 0 { usize::MAX } else { usize::try_from(cols).unwrap_or(usize::MAX) }
}
