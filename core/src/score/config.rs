//! What a scorer is set to.

use crate::error::{InputError, Range, UNIT, check};
use crate::halt::HaltConfig;

/// What the weights may sum to.
const WEIGHTS: Range = Range { lo: 1.0 - 1e-9, hi: 1.0 + 1e-9, words: "such that w_logic + w_fact is one within 1e-9" };
const AT_LEAST_ONE: Range = Range { lo: 1.0, hi: f64::MAX, words: "a whole number of at least 1" };

/// The part of the halt configuration that a scorer reads.
///
/// ```
/// use interlock_core::halt::HaltConfig;
/// use interlock_core::score::ScorerConfig;
/// assert_eq!(ScorerConfig::from(&HaltConfig::default()), ScorerConfig::default());
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScorerConfig {
    /// A text is approved at or above this score, in [0, 1].
    pub coherence_threshold: f64,
    /// An approved text below this score has a warning, in [0, 1].
    pub soft_limit: f64,
    /// Weight of the logical divergence, in [0, 1]; with `w_fact` it sums to one within 1e-9.
    pub w_logic: f64,
    /// Weight of the factual divergence, in [0, 1].
    pub w_fact: f64,
    /// How many approved texts are remembered, at least 1.
    pub history_window: u32,
}

impl Default for ScorerConfig {
    fn default() -> Self {
        Self { coherence_threshold: 0.6, soft_limit: 0.7, w_logic: 0.6, w_fact: 0.4, history_window: 5 }
    }
}

impl From<&HaltConfig> for ScorerConfig {
    fn from(config: &HaltConfig) -> Self {
        Self {
            coherence_threshold: config.coherence_threshold,
            soft_limit: config.soft_limit,
            w_logic: config.w_logic,
            w_fact: config.w_fact,
            history_window: config.history_window,
        }
    }
}

impl ScorerConfig {
    /// Checks every field and reports the first that fails.
    ///
    /// # Errors
    /// [`InputError`] with the field's name, its value and what is allowed.
    pub fn validate(&self) -> Result<(), InputError> {
        check("coherence_threshold", self.coherence_threshold, UNIT)?;
        check("soft_limit", self.soft_limit, UNIT)?;
        check("w_logic", self.w_logic, UNIT)?;
        check("w_fact", self.w_fact, UNIT)?;
        check("w_logic", self.w_logic + self.w_fact, WEIGHTS)?;
        check("history_window", f64::from(self.history_window), AT_LEAST_ONE)
    }
}
