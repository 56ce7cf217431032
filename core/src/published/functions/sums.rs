//! Sums of a list, in its order.

use crate::error::{FINITE, InputError, check_all};
use crate::score::text::real;

/// The sum of some numbers; 0 of none.
///
/// # Errors
/// [`InputError`] for a number that is not finite.
pub fn sum(values: &[f64]) -> Result<f64, InputError> {
    check_all("values", values, FINITE)?;
    Ok(values.iter().fold(0.0, |sum, value| sum + value))
}

/// The sum of some integers; 0 of none. Beyond 64 bits it goes on from the other end, as published.
///
/// ```
/// use interlock_core::published::functions::sum_of_integers;
/// assert_eq!(sum_of_integers(&[1, 2]), 3);
/// assert_eq!(sum_of_integers(&[i64::MAX, 1]), i64::MIN);
/// ```
#[must_use]
pub fn sum_of_integers(values: &[i64]) -> i64 {
    values.iter().fold(0, |sum, value| sum.wrapping_add(*value))
}

/// The mean of some numbers.
///
/// # Errors
/// [`InputError`] for no numbers and for one that is not finite.
///
/// ```
/// use interlock_core::published::functions::mean;
/// assert_eq!(mean(&[1.0, 2.0]).unwrap(), 1.5);
/// assert!(mean(&[]).is_err());
/// ```
pub fn mean(values: &[f64]) -> Result<f64, InputError> {
    if values.is_empty() {
        return Err(InputError { what: "length of values", index: None, value: 0.0, bound: "1 or more" });
    }
    Ok(sum(values)? / real(values.len()))
}
