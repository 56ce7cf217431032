//! A proportional-integral element.

use crate::Fidelity;
use crate::error::{FINITE, InputError, NOT_NEGATIVE, Range, check};

/// A PI element: e = setpoint - measured, integral += e dt, output = kp e + ki integral, both within bounds.
///
/// The bound on the integral is all there is against winding up.
#[derive(Clone, Debug, PartialEq)]
pub struct PiElement {
    setpoint: f64,
    kp: f64,
    ki: f64,
    integral_bounds: [f64; 2],
    output_bounds: [f64; 2],
    integral: f64,
    last_error: f64,
}

impl PiElement {
    /// Bounds of the integral unless others are set.
    pub const INTEGRAL_BOUNDS: [f64; 2] = [-10.0, 10.0];
    /// Bounds of the output unless others are set.
    pub const OUTPUT_BOUNDS: [f64; 2] = [0.01, 10.0];

    /// An element with these gains.
    ///
    /// # Errors
    /// A number is not finite.
    pub fn new(setpoint: f64, kp: f64, ki: f64) -> Result<Self, InputError> {
        check("setpoint", setpoint, FINITE)?;
        check("kp", kp, FINITE)?;
        check("ki", ki, FINITE)?;
        Ok(Self::of_checked(setpoint, kp, ki))
    }

    pub(super) const fn of_checked(setpoint: f64, kp: f64, ki: f64) -> Self {
        let (integral_bounds, output_bounds) = (Self::INTEGRAL_BOUNDS, Self::OUTPUT_BOUNDS);
        Self { setpoint, kp, ki, integral_bounds, output_bounds, integral: 0.0, last_error: 0.0 }
    }

    /// The same element with other bounds, lower one first.
    ///
    /// # Errors
    /// A bound is not finite, or the lower one is above the upper one.
    pub fn with_bounds(self, integral_bounds: [f64; 2], output_bounds: [f64; 2]) -> Result<Self, InputError> {
        for (what, [lo, hi]) in [("integral_bounds", integral_bounds), ("output_bounds", output_bounds)] {
            check(what, hi, FINITE)?;
            check(what, lo, Range { lo: f64::MIN, hi, words: "a finite number, at most the upper bound" })?;
        }
        Ok(Self { integral_bounds, output_bounds, integral: bounded(self.integral, integral_bounds), ..self })
    }

    /// Takes a measurement and the time since the last one, s; gives the output.
    ///
    /// # Errors
    /// Under `Corrected`, the measurement is not finite, which would stay in the integral for good, or the time is
    /// negative or not finite. Nothing has changed.
    pub fn step(&mut self, measured: f64, dt: f64, fidelity: Fidelity) -> Result<f64, InputError> {
        // Branch: the published element takes any number.
        if !fidelity.is_published() {
            check("measured", measured, FINITE)?;
            check("dt", dt, NOT_NEGATIVE)?;
            check("error", self.setpoint - measured, FINITE)?;
        }
        Ok(self.advance(measured, dt))
    }

    /// [`step`](Self::step) for checked numbers.
    pub(super) fn advance(&mut self, measured: f64, dt: f64) -> f64 {
        let error = self.setpoint - measured;
        self.integral = bounded(self.integral + error * dt, self.integral_bounds);
        self.last_error = error;
        bounded(self.kp * error + self.ki * self.integral, self.output_bounds)
    }

    /// The wanted value.
    #[must_use]
    pub fn setpoint(&self) -> f64 {
        self.setpoint
    }

    /// Sum of error x time so far, within its bounds.
    #[must_use]
    pub fn integral(&self) -> f64 {
        self.integral
    }

    /// Error of the last step; 0 before the first.
    #[must_use]
    pub fn last_error(&self) -> f64 {
        self.last_error
    }

    /// Forgets what was measured.
    pub fn reset(&mut self) {
        (self.integral, self.last_error) = (0.0, 0.0);
    }
}

impl Default for PiElement {
    fn default() -> Self {
        Self::of_checked(0.0, 0.5, 0.05)
    }
}

/// Within bounds; NaN stays NaN.
fn bounded(x: f64, [lo, hi]: [f64; 2]) -> f64 {
    let x = if x < lo { lo } else { x };
    if x > hi { hi } else { x }
}
