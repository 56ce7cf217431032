//! Entropy of a next-token distribution.

use core::fmt;

use crate::numeric;

/// Why log-probabilities have no entropy.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EntropyError {
    /// There are none.
    Empty,
    /// One is NaN or above 0.
    NotALogProbability {
        /// Its position.
        index: u32,
        /// The value.
        value: f64,
    },
}

impl fmt::Display for EntropyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("no log-probabilities"),
            Self::NotALogProbability { index, value } => {
                write!(f, "log-probability {index} is {}, must be a number of at most 0", numeric::Decimal(*value))
            }
        }
    }
}

impl core::error::Error for EntropyError {}

/// Entropy in bits of the distribution given by natural-log top-k probabilities: -sum p log2 p, with
/// the mass they leave over counted as one more outcome.
///
/// Minus infinity is a probability of zero. Providers report values a rounding above 0; up to 1e-6
/// they count as 0.
///
/// # Errors
/// [`EntropyError`] when there are none, or one is not a log-probability.
///
/// ```
/// let half = 0.5_f64.ln();
/// assert!((interlock_core::halt::logit_entropy(&[half, half])? - 1.0).abs() < 1e-12);
/// # Ok::<(), interlock_core::halt::EntropyError>(())
/// ```
pub fn logit_entropy(log_probabilities: &[f64]) -> Result<f64, EntropyError> {
    if log_probabilities.is_empty() {
        return Err(EntropyError::Empty);
    }
    let mut mass = 0.0;
    let mut bits = 0.0;
    for (index, &value) in (0_u32..).zip(log_probabilities) {
        if value.is_nan() || value > 1e-6 {
            return Err(EntropyError::NotALogProbability { index, value });
        }
        let p = numeric::exp(value.min(0.0));
        mass += p;
        bits += surprise(p);
    }
    let rest = 1.0 - mass;
    Ok((bits + surprise(rest)).max(0.0))
}

/// -p log2 p, 0 for p <= 0.
fn surprise(p: f64) -> f64 {
    if p > 0.0 { -(p * numeric::log2(p)) } else { 0.0 }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn certain_is_zero_bits() {
        assert_eq!(logit_entropy(&[0.0]).unwrap().to_bits(), 0.0_f64.to_bits());
        assert_eq!(logit_entropy(&[0.0, f64::NEG_INFINITY]).unwrap().to_bits(), 0.0_f64.to_bits());
    }

    #[test]
    fn left_over_mass_is_an_outcome() {
        let quarter = numeric::ln(0.25);
        let bits = logit_entropy(&[quarter, quarter]).unwrap();
        assert!((bits - 1.5).abs() < 1e-12, "{bits}");
    }

    #[test]
    fn refuses_what_is_none() {
        assert_eq!(logit_entropy(&[]), Err(EntropyError::Empty));
        assert!(logit_entropy(&[0.1]).is_err());
        assert!(logit_entropy(&[-1.0, f64::NAN]).is_err());
    }
}
