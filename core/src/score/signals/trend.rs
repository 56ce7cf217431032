//! The trend of a series.

use crate::error::{FINITE, InputError, Range, check, check_all};
use crate::score::text::real;

/// Squared spread of positions below which a series has no slope.
const NO_SPREAD: f64 = 1e-12;

/// How far the least-squares line through `values`, taken at equal distances, falls from the first to the
/// last: positive means falling. 0 for fewer than two values.
///
/// # Errors
/// [`InputError`] for a value that is not finite, or so large that the sums leave the range of a double.
///
/// ```
/// use interlock_core::score::signals::trend_drop;
/// assert_eq!(trend_drop(&[0.9, 0.7, 0.5, 0.3, 0.1]).unwrap(), 0.8);
/// assert!(trend_drop(&[0.9, f64::NAN]).is_err());
/// ```
pub fn trend_drop(values: &[f64]) -> Result<f64, InputError> {
    check_all("values", values, FINITE)?;
    if values.len() < 2 {
        return Ok(0.0);
    }
    let count = real(values.len());
    let last = count - 1.0;
    let middle = last / 2.0;
    let mean = values.iter().fold(0.0, |sum, value| sum + value) / count;
    let (mut shared, mut spread, mut x) = (0.0, 0.0, 0.0);
    for value in values {
        shared += (x - middle) * (value - mean);
        spread += (x - middle) * (x - middle);
        x += 1.0;
    }
    let slope = if spread < NO_SPREAD { 0.0 } else { shared / spread };
    // Adding zero turns -0.0 into 0.0.
    let drop = -slope * last + 0.0;
    check("drop", drop, Range { words: "finite: the values are too large for their sums", ..FINITE })?;
    Ok(drop)
}
