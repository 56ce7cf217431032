//! From a lifetime to a probability, and back.

use crate::numeric::{exp, ln};

/// What an exponent is kept within.
const EXPONENT_MAX: f64 = 500.0;
/// How near to 0 and to 1 a wanted probability may be.
const EDGE: f64 = 1e-12;

/// The logistic function `1 / (1 + exp(-beta (s - s0)))`, in (0, 1], for finite numbers; `beta` is in 1 over the
/// unit of `s`. Section 6.1 of the specification.
#[must_use]
pub fn squash(s: f64, s0: f64, beta: f64) -> f64 {
    1.0 / (1.0 + exp((-beta * (s - s0)).clamp(-EXPONENT_MAX, EXPONENT_MAX)))
}

/// The `s0` with which [`squash`] gives the probability `p` at `s_tau`: `s_tau - ln(p / (1 - p)) / beta`, for
/// finite numbers and `beta` other than 0. `p` is kept within 1e-12 of 0 and of 1.
///
/// ```
/// use interlock_core::observers::{s0_for, squash};
/// let s0 = s0_for(0.5, 0.72, 8.0);
/// assert!((squash(0.5, s0, 8.0) - 0.72).abs() < 1e-15);
/// ```
#[must_use]
pub fn s0_for(s_tau: f64, p: f64, beta: f64) -> f64 {
    let p = p.clamp(EDGE, 1.0 - EDGE);
    s_tau - ln(p / (1.0 - p)) / beta
}
