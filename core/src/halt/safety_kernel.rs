//! The one-shot kernel: all of the tokens or none.

use alloc::string::String;
use core::fmt;

use super::config::ConfigError;
use super::verdict::{Halt, HaltReason};

/// What a run of the safety kernel gives.
#[derive(Clone, Debug, PartialEq)]
pub enum SafetyOutcome {
    /// Every token passed; their text, joined.
    Passed(String),
    /// A token failed, or the kernel was inactive; nothing of the run is given out.
    Interrupted {
        /// Position of the token that failed, from 0.
        index: u64,
        /// Why.
        halt: Halt,
    },
}

impl fmt::Display for SafetyOutcome {
    /// The text of a run that passed; else a fixed notice that holds nothing of the tokens.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed(text) => f.write_str(text),
            Self::Interrupted { .. } => f.write_str("[KERNEL INTERRUPT: COHERENCE LIMIT EXCEEDED]"),
        }
    }
}

/// Runs tokens against a hard limit and gives all of their text or none of it. A halt leaves it
/// inactive until [`SafetyKernel::reactivate`].
///
/// ```
/// use interlock_core::halt::{SafetyKernel, SafetyOutcome};
///
/// let mut kernel = SafetyKernel::new(0.5)?;
/// assert_eq!(kernel.run(["Hello ", "world"], |_| 0.9).to_string(), "Hello world");
/// assert!(matches!(kernel.run(["no"], |_| 0.1), SafetyOutcome::Interrupted { .. }));
/// assert!(!kernel.is_active());
/// # Ok::<(), interlock_core::halt::ConfigError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SafetyKernel {
    hard_limit: f64,
    active: bool,
}

impl SafetyKernel {
    /// A kernel with a hard limit in [0, 1].
    ///
    /// # Errors
    /// [`ConfigError`] when the limit is not a number in [0, 1].
    pub fn new(hard_limit: f64) -> Result<Self, ConfigError> {
        let config = super::HaltConfig { hard_limit, ..super::HaltConfig::default() };
        config.validate()?;
        Ok(Self { hard_limit, active: true })
    }

    /// Asks for the score of each token in turn, which is clamped to [0, 1]. One equal to the limit passes; one
    /// that is not finite never does. An inactive kernel asks nothing and gives nothing out.
    pub fn run<T: AsRef<str>>(
        &mut self,
        tokens: impl IntoIterator<Item = T>,
        mut score: impl FnMut(&str) -> f64,
    ) -> SafetyOutcome {
        let mut text = String::new();
        for (index, token) in (0_u64..).zip(tokens) {
            if !self.active {
                return SafetyOutcome::Interrupted { index, halt: Halt::because(HaltReason::Inactive) };
            }
            let token = token.as_ref();
            let raw = score(token);
            // The addition turns -0.0 into 0.0.
            let value = raw.clamp(0.0, 1.0) + 0.0;
            let halt = if !raw.is_finite() {
                Halt::because(HaltReason::NonFiniteScore)
            } else if value < self.hard_limit {
                Halt::measured(HaltReason::HardLimit, value, self.hard_limit)
            } else {
                text.push_str(token);
                continue;
            };
            self.active = false;
            return SafetyOutcome::Interrupted { index, halt };
        }
        SafetyOutcome::Passed(text)
    }

    /// Whether it takes tokens.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.active
    }

    /// Makes it refuse every token until it is reactivated.
    pub fn emergency_stop(&mut self) {
        self.active = false;
    }

    /// Makes it take tokens again.
    pub fn reactivate(&mut self) {
        self.active = true;
    }
}
