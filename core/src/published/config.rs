//! The twelve fields.

use serde::{Deserialize, Serialize};

use crate::Fidelity;
use crate::halt::{ConfigError, HaltConfig, MissingScore};

/// The limits of kernels and scorer, with counts as wide as published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KernelConfig {
    /// A reviewed text is approved at or above this score, in [0, 1].
    pub coherence_threshold: f64,
    /// A score below this halts at once, in [0, 1].
    pub hard_limit: f64,
    /// An approved text below this score has a warning; any number.
    pub soft_limit: f64,
    /// Weight of the logical divergence, in [0, 1]; with `w_fact` it sums to one within 1e-9.
    pub w_logic: f64,
    /// Weight of the factual divergence, in [0, 1].
    pub w_fact: f64,
    /// How many scores the window average is taken over, at least 1.
    pub window_size: u64,
    /// A full window whose average is below this halts; any number.
    pub window_threshold: f64,
    /// How many scores the downward trend is taken over, at least 2.
    pub trend_window: u64,
    /// A drop over the trend window that is greater than this halts; above 0.
    pub trend_threshold: f64,
    /// How many approved texts a scorer remembers.
    pub history_window: u64,
    /// A score that took longer than this many milliseconds is late, at least 1. Corrected only.
    pub deadline_ms: u64,
    /// An entropy of the next-token distribution above this many bits halts. Nothing here measures one.
    pub logit_entropy_limit: f64,
}

impl Default for KernelConfig {
    fn default() -> Self {
        Self {
            coherence_threshold: 0.6,
            hard_limit: 0.5,
            soft_limit: 0.7,
            w_logic: 0.6,
            w_fact: 0.4,
            window_size: 10,
            window_threshold: 0.55,
            trend_window: 5,
            trend_threshold: 0.15,
            history_window: 5,
            deadline_ms: 50,
            logit_entropy_limit: 1.2,
        }
    }
}

impl KernelConfig {
    /// Checks every field and reports the first that fails, in the published order; then what the published check
    /// lets through: numbers that are none, and weights below 0, with which every text would be approved.
    ///
    /// # Errors
    /// [`ConfigError`] with the field's name, its value and what is allowed.
    pub fn validate(&self, fidelity: Fidelity) -> Result<(), ConfigError> {
        if !fidelity.is_published() {
            return self.to_halt_config().map(|_| ());
        }
        let unit = |x: f64| (0.0..=1.0).contains(&x);
        let sum = self.w_logic + self.w_fact;
        let number = |x: f64| !x.is_nan();
        let any = "a number";
        let share = "a finite number in [0, 1]";
        let checks = [
            ("coherence_threshold", self.coherence_threshold, unit(self.coherence_threshold), share),
            ("hard_limit", self.hard_limit, unit(self.hard_limit), share),
            ("w_logic", sum, (sum - 1.0).abs() <= 1e-9, "such that w_logic + w_fact is one within 1e-9"),
            ("window_size", real(self.window_size), self.window_size >= 1, "a whole number of at least 1"),
            ("trend_window", real(self.trend_window), self.trend_window >= 2, "a whole number of at least 2"),
            ("trend_threshold", self.trend_threshold, self.trend_threshold > 0.0, "a number above 0"),
            ("deadline_ms", real(self.deadline_ms), self.deadline_ms >= 1, "a whole number of at least 1"),
            ("soft_limit", self.soft_limit, number(self.soft_limit), any),
            ("w_logic", self.w_logic, unit(self.w_logic), share),
            ("w_fact", self.w_fact, unit(self.w_fact), share),
            ("window_threshold", self.window_threshold, number(self.window_threshold), any),
            ("logit_entropy_limit", self.logit_entropy_limit, number(self.logit_entropy_limit), any),
        ];
        for (field, value, holds, bound) in checks {
            if !holds {
                return Err(ConfigError { field, value, bound });
            }
        }
        Ok(())
    }

    /// The same limits for this crate's own monitor and scorer.
    ///
    /// # Errors
    /// [`ConfigError`] for the first field that they refuse.
    pub fn to_halt_config(&self) -> Result<HaltConfig, ConfigError> {
        let count = |field, value: u64| {
            u32::try_from(value).map_err(|_| ConfigError { field, value: real(value), bound: "below 2^32" })
        };
        let config = HaltConfig {
            coherence_threshold: self.coherence_threshold,
            hard_limit: self.hard_limit,
            soft_limit: self.soft_limit,
            w_logic: self.w_logic,
            w_fact: self.w_fact,
            window_size: count("window_size", self.window_size)?,
            window_threshold: self.window_threshold,
            trend_window: count("trend_window", self.trend_window)?,
            trend_threshold: self.trend_threshold,
            history_window: count("history_window", self.history_window)?,
            deadline_ms: count("deadline_ms", self.deadline_ms)?,
            logit_entropy_limit: Some(self.logit_entropy_limit),
            missing_score: MissingScore::Halt,
        };
        config.validate()?;
        Ok(config)
    }

    /// Reads the published JSON form, an object with all twelve keys or an array of their values, and validates it.
    /// Corrected, it is an object whose missing keys take their defaults and whose unknown ones are refused.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn from_json(json: &str, fidelity: Fidelity) -> Result<Self, alloc::string::String> {
        use alloc::string::ToString;
        if !fidelity.is_published() {
            let read = HaltConfig::from_json(json).map_err(|error| error.to_string())?;
            return Ok(Self::from(&read));
        }
        let config: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        config.validate(fidelity).map_err(|error| error.to_string())?;
        Ok(config)
    }
}

impl From<&HaltConfig> for KernelConfig {
    fn from(config: &HaltConfig) -> Self {
        Self {
            coherence_threshold: config.coherence_threshold,
            hard_limit: config.hard_limit,
            soft_limit: config.soft_limit,
            w_logic: config.w_logic,
            w_fact: config.w_fact,
            window_size: config.window_size.into(),
            window_threshold: config.window_threshold,
            trend_window: config.trend_window.into(),
            trend_threshold: config.trend_threshold,
            history_window: config.history_window.into(),
            deadline_ms: config.deadline_ms.into(),
            logit_entropy_limit: config.logit_entropy_limit.unwrap_or(Self::default().logit_entropy_limit),
        }
    }
}

/// A count as a number in a message.
#[allow(clippy::cast_precision_loss, reason = "shown, not computed with")]
fn real(count: u64) -> f64 {
    count as f64
}
