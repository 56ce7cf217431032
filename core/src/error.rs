//! Numbers that are refused, with what they must be.

use core::fmt;

/// A number that was refused: what it is, its value and what is allowed. Nothing has changed.
#[derive(Clone, Debug, PartialEq)]
pub struct InputError {
    /// Name of the argument or field.
    pub what: &'static str,
    /// Position in a list, counted from 0, where the number stands in one.
    pub index: Option<u32>,
    /// The refused value.
    pub value: f64,
    /// What it must be.
    pub bound: &'static str,
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.what)?;
        if let Some(index) = self.index {
            write!(f, "[{index}]")?;
        }
        write!(f, " is {}, must be {}", crate::numeric::Decimal(self.value), self.bound)
    }
}

impl core::error::Error for InputError {}

/// Every finite number.
pub(crate) const FINITE: Range = Range { lo: f64::MIN, hi: f64::MAX, words: "a finite number" };
/// A share, a probability, a score.
pub(crate) const UNIT: Range = Range { lo: 0.0, hi: 1.0, words: "a finite number in [0, 1]" };

/// A length in time, a rate, a scale.
#[cfg(feature = "physics")]
pub(crate) const POSITIVE: Range = Range { lo: f64::MIN_POSITIVE, hi: f64::MAX, words: "a finite number above 0" };
/// A strength, a weight.
#[cfg(feature = "physics")]
pub(crate) const NOT_NEGATIVE: Range = Range { lo: 0.0, hi: f64::MAX, words: "a finite number, 0 or more" };

/// What a number may be, both ends included, and in words.
#[derive(Clone, Copy)]
pub(crate) struct Range {
    pub(crate) lo: f64,
    pub(crate) hi: f64,
    pub(crate) words: &'static str,
}

/// Refuses a value outside of a range, NaN included.
#[inline(never)]
pub(crate) fn check(what: &'static str, value: f64, range: Range) -> Result<(), InputError> {
    if value >= range.lo && value <= range.hi {
        return Ok(());
    }
    Err(InputError { what, index: None, value, bound: range.words })
}

/// Refuses the first value of a list outside of a range.
#[inline(never)]
pub(crate) fn check_all(what: &'static str, values: &[f64], range: Range) -> Result<(), InputError> {
    for (index, &value) in (0u32..).zip(values) {
        if let Err(error) = check(what, value, range) {
            return Err(InputError { index: Some(index), ..error });
        }
    }
    Ok(())
}

/// Refuses a list of another length than wanted; `bound` says in words which one that is.
#[cfg(feature = "physics")]
pub(crate) fn check_length(
    what: &'static str,
    found: usize,
    wanted: usize,
    bound: &'static str,
) -> Result<(), InputError> {
    if found == wanted {
        return Ok(());
    }
    Err(InputError { what, index: None, value: count(found), bound })
}

/// A length as a number; beyond 2^32 - 1 that number.
#[cfg(feature = "physics")]
pub(crate) fn count(length: usize) -> f64 {
    f64::from(u32::try_from(length).unwrap_or(u32::MAX))
}
