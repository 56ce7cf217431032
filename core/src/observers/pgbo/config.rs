//! What a PGBO engine is set to.

use crate::Fidelity;
use crate::error::{FINITE, InputError, Range, check};

/// Ranges of `alpha` and `kappa`.
const GAIN: Range = Range { lo: 0.0, hi: PgboConfig::GAIN_MAX, words: "a finite number in [0, 5]" };
const CAP: Range = Range { lo: f64::MIN_POSITIVE, hi: f64::INFINITY, words: "above 0; infinite for no cap" };

/// Settings of a PGBO engine. All are plain numbers; none has a unit but `u_cap`, a speed in rad/s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PgboConfig {
    /// Weight of the boundary potential, in [0, 5].
    pub alpha: f64,
    /// Gain of the tensor, in [0, 5].
    pub kappa: f64,
    /// What the length of `u` stays below, in rad/s, above 0; infinite for no cap.
    pub u_cap: f64,
    /// Whether the trace is taken off the diagonal.
    pub traceless: bool,
}

impl Default for PgboConfig {
    fn default() -> Self {
        Self { alpha: 0.5, kappa: 0.3, u_cap: 10.0, traceless: false }
    }
}

impl PgboConfig {
    /// Upper end of the ranges of `alpha` and `kappa`.
    pub const GAIN_MAX: f64 = 5.0;

    /// Checks every field. Published settings may be any finite number.
    ///
    /// # Errors
    /// The first field that is out of its range.
    pub fn check(&self, fidelity: Fidelity) -> Result<(), InputError> {
        let published = fidelity.is_published();
        let gain = if published { FINITE } else { GAIN };
        check("alpha", self.alpha, gain)?;
        check("kappa", self.kappa, gain)?;
        if published && self.u_cap.is_finite() { Ok(()) } else { check("u_cap", self.u_cap, CAP) }
    }
}
