//! The controller that moves a coupling gain until the observer's gate opens.

use alloc::collections::VecDeque;

use crate::Fidelity;
use crate::error::{FINITE, InputError, Range, UNIT, check};

const STEP: Range = Range { lo: f64::MIN_POSITIVE, hi: f64::MAX, words: "a finite number above 0" };
const HISTORY: Range = Range { lo: 0.0, hi: 1_048_576.0, words: "in [0, 1048576]" };
const ANY: Range = Range { lo: f64::NEG_INFINITY, hi: f64::INFINITY, words: "a number" };

/// Settings of a TCBO controller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TcboControllerConfig {
    /// The probability that is wanted, in [0, 1].
    pub tau_h1: f64,
    /// Gain of the error.
    pub kp: f64,
    /// Gain of its integral over time, in 1/s.
    pub ki: f64,
    /// Lower end of the integral, in s.
    pub integral_min: f64,
    /// Upper end of the integral, in s.
    pub integral_max: f64,
    /// Lower end of kappa.
    pub kappa_min: f64,
    /// Upper end of kappa.
    pub kappa_max: f64,
    /// How many steps are remembered.
    pub history_len: u32,
}

impl Default for TcboControllerConfig {
    fn default() -> Self {
        Self {
            tau_h1: 0.72,
            kp: 0.8,
            ki: 0.2,
            integral_min: -5.0,
            integral_max: 5.0,
            kappa_min: 0.0,
            kappa_max: 5.0,
            history_len: 100,
        }
    }
}

impl TcboControllerConfig {
    /// Checks every field.
    ///
    /// # Errors
    /// The first field that is not finite or out of its range, or an upper end below its lower one.
    pub fn check(&self, fidelity: Fidelity) -> Result<(), InputError> {
        check("tau_h1", self.tau_h1, if fidelity.is_published() { FINITE } else { UNIT })?;
        check("kp", self.kp, FINITE)?;
        check("ki", self.ki, FINITE)?;
        check("integral_min", self.integral_min, FINITE)?;
        let above = |lo, words| Range { lo, hi: f64::MAX, words };
        check("integral_max", self.integral_max, above(self.integral_min, "finite and at least integral_min"))?;
        check("kappa_min", self.kappa_min, FINITE)?;
        check("kappa_max", self.kappa_max, above(self.kappa_min, "finite and at least kappa_min"))?;
        check("history_len", f64::from(self.history_len), HISTORY)
    }
}

/// One step of a controller.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TcboControl {
    /// The probability that was measured.
    pub p_h1: f64,
    /// The new gain.
    pub kappa: f64,
    /// The error that it was made from: what the probability lacks to `tau_h1`, negative above it; as published
    /// never negative, so that the gain can only grow.
    pub error: f64,
}

/// A PI controller in incremental form: `kappa + kp e + ki I`, kept in its range. Section 6.3 of the specification.
///
/// ```
/// use interlock_core::Fidelity;
/// use interlock_core::observers::{TcboController, TcboControllerConfig};
/// let mut controller = TcboController::new(TcboControllerConfig::default(), Fidelity::Corrected)?;
/// assert!(controller.step(0.2, 1.0, 0.01)?.kappa > 1.0);
/// assert!(controller.step(0.9, 1.0, 0.01)?.kappa < 1.0);
/// # Ok::<(), interlock_core::error::InputError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TcboController {
    config: TcboControllerConfig,
    fidelity: Fidelity,
    integral: f64,
    history: VecDeque<TcboControl>,
}

impl TcboController {
    /// A controller with an integral of 0.
    ///
    /// # Errors
    /// A setting out of its range ([`TcboControllerConfig::check`]).
    pub fn new(config: TcboControllerConfig, fidelity: Fidelity) -> Result<Self, InputError> {
        config.check(fidelity)?;
        let history = VecDeque::with_capacity(usize::try_from(config.history_len).unwrap_or(0));
        Ok(Self { config, fidelity, integral: 0.0, history })
    }

    /// Takes the probability that was measured and the present gain; `dt` in seconds is the time since the last
    /// step.
    ///
    /// # Errors
    /// Corrected: a probability outside of [0, 1], a gain that is not finite, a time that is not above 0. As
    /// published: what is no number. Nothing has changed then.
    pub fn step(&mut self, p_h1: f64, kappa: f64, dt: f64) -> Result<TcboControl, InputError> {
        let published = self.fidelity.is_published();
        let pick = |range| if published { ANY } else { range };
        check("p_h1", p_h1, pick(UNIT))?;
        check("kappa", kappa, pick(FINITE))?;
        check("dt", dt, pick(STEP))?;
        let config = &self.config;
        let lack = config.tau_h1 - p_h1;
        let error = if published { lack.max(0.0) } else { lack };
        let integral = (self.integral + error * dt).clamp(config.integral_min, config.integral_max);
        let kappa = (kappa + config.kp * error + config.ki * integral).clamp(config.kappa_min, config.kappa_max);
        // Gains and times beyond all reason can still make one infinity of each sign.
        check("kappa", kappa, FINITE)?;
        self.integral = integral;
        let control = TcboControl { p_h1, kappa, error };
        if self.history.len() >= usize::try_from(config.history_len).unwrap_or(0) {
            self.history.pop_front();
        }
        if config.history_len > 0 {
            self.history.push_back(control);
        }
        Ok(control)
    }

    /// Whether a probability is above `tau_h1`: the given one, or that of the last step, or 0.
    #[must_use]
    pub fn is_gate_open(&self, p_h1: Option<f64>) -> bool {
        let last = || self.history.back().map_or(0.0, |control| control.p_h1);
        p_h1.unwrap_or_else(last) > self.config.tau_h1
    }

    /// The last steps, the oldest first, as many as are remembered.
    pub fn history(&self) -> impl ExactSizeIterator<Item = &TcboControl> {
        self.history.iter()
    }

    /// The integral of the error over time, in s.
    #[must_use]
    pub const fn integral(&self) -> f64 {
        self.integral
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &TcboControllerConfig {
        &self.config
    }

    /// As after construction.
    pub fn reset(&mut self) {
        self.integral = 0.0;
        self.history.clear();
    }
}
