//! From the outputs of a classifier to divergence and confidence, of whatever numbers they are.
//!
//! Both take a matrix as one list, row after row of `cols` numbers; numbers after the last whole row do not count.

use alloc::vec::Vec;

use crate::error::{FINITE, InputError, check_all};
use crate::score::signals::{check_columns, confidences, divergences};

/// Divergence of each row: the number of contradiction plus half that of neutral. Rows of two columns are
/// (contradiction, entailment): 1 less the second, and the indices are not used.
///
/// # Errors
/// [`InputError`] for a number that is not finite or an index outside the row.
///
/// ```
/// use interlock_core::published::functions::probs_to_divergence;
/// assert_eq!(probs_to_divergence(&[1.0, 2.0, 3.0], 3, 1, 2).unwrap(), [3.5]);
/// ```
pub fn probs_to_divergence(probs: &[f64], cols: u32, contradiction: u32, neutral: u32) -> Result<Vec<f64>, InputError> {
    check_all("probs", probs, FINITE)?;
    check_columns(cols, contradiction, neutral)?;
    Ok(divergences(probs, cols, contradiction, neutral).collect())
}

/// How decided each row is: 1 less its entropy over the largest possible one, in [0, 1]; 1 for a single column.
///
/// # Errors
/// [`InputError`] for a number that is not finite.
///
/// ```
/// use interlock_core::published::functions::probs_to_confidence;
/// assert_eq!(probs_to_confidence(&[5.0, -1.0, 0.5, 0.5], 2).unwrap(), [1.0, 0.0]);
/// ```
pub fn probs_to_confidence(probs: &[f64], cols: u32) -> Result<Vec<f64>, InputError> {
    check_all("probs", probs, FINITE)?;
    Ok(confidences(probs, cols))
}
