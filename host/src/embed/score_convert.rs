//! The types of the WIT interface `score`, to and from those of the core.

use interlock_core::score::{CoherenceScore, ReviewError, ReviewStage, ScorerConfig};

use super::bindings::exports::interlock::kernel::{score as wit, types};
use super::error::{HostError, InputError};

impl From<&ScorerConfig> for wit::ScorerConfig {
    fn from(config: &ScorerConfig) -> Self {
        Self {
            coherence_threshold: config.coherence_threshold,
            soft_limit: config.soft_limit,
            w_logic: config.w_logic,
            w_fact: config.w_fact,
            history_window: config.history_window,
        }
    }
}

impl From<wit::ScorerConfig> for ScorerConfig {
    fn from(config: wit::ScorerConfig) -> Self {
        Self {
            coherence_threshold: config.coherence_threshold,
            soft_limit: config.soft_limit,
            w_logic: config.w_logic,
            w_fact: config.w_fact,
            history_window: config.history_window,
        }
    }
}

impl From<wit::CoherenceScore> for CoherenceScore {
    fn from(score: wit::CoherenceScore) -> Self {
        // Every score is below infinity and none is below NaN: the warning as it was given.
        let soft_limit = if score.warning { f64::INFINITY } else { f64::NAN };
        Self::new(score.score, score.h_logical, score.h_factual, score.approved).with_soft_limit(soft_limit)
    }
}

impl From<wit::ReviewStage> for ReviewStage {
    fn from(stage: wit::ReviewStage) -> Self {
        match stage {
            wit::ReviewStage::Context => Self::Context,
            wit::ReviewStage::Nli => Self::Nli,
            wit::ReviewStage::Done => Self::Done,
            wit::ReviewStage::Recorded => Self::Recorded,
        }
    }
}

impl From<wit::ReviewError> for HostError {
    fn from(error: wit::ReviewError) -> Self {
        Self::Review(match error {
            wit::ReviewError::ContextNotNeeded(stage) => ReviewError::ContextNotNeeded(stage.into()),
            wit::ReviewError::NliNotNeeded(stage) => ReviewError::NliNotNeeded(stage.into()),
            wit::ReviewError::NotDone(stage) => ReviewError::NotDone(stage.into()),
            wit::ReviewError::AlreadyRecorded => ReviewError::AlreadyRecorded,
        })
    }
}

impl From<types::InputError> for HostError {
    fn from(error: types::InputError) -> Self {
        Self::Input(InputError { what: error.what, index: error.index, value: error.value, bound: error.bound })
    }
}
