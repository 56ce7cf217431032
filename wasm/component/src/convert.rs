//! The types of the WIT interface `types`, to and from those of the core.

use interlock_core::halt as core;
use interlock_core::refusal::Refusal;

use crate::bindings::exports::interlock::kernel::types as wit;

impl From<core::HaltReason> for wit::HaltReason {
    fn from(reason: core::HaltReason) -> Self {
        use core::HaltReason as From;
        match reason {
            From::HardLimit => Self::HardLimit,
            From::WindowAverage => Self::WindowAverage,
            From::DownwardTrend => Self::DownwardTrend,
            From::LogitEntropy => Self::LogitEntropy,
            From::Deadline => Self::Deadline,
            From::NonFiniteScore => Self::NonFiniteScore,
            From::Inactive => Self::Inactive,
            From::Pattern => Self::Pattern,
            From::HeldLimit => Self::HeldLimit,
            From::Denied => Self::Denied,
            From::ReviewPending => Self::ReviewPending,
            From::Budget => Self::Budget,
            From::PolicyUnverified => Self::PolicyUnverified,
            From::EmergencyStop => Self::EmergencyStop,
            From::UpstreamError => Self::UpstreamError,
            From::Trap => Self::Trap,
        }
    }
}

impl From<wit::HaltReason> for core::HaltReason {
    fn from(reason: wit::HaltReason) -> Self {
        use wit::HaltReason as From;
        match reason {
            From::HardLimit => Self::HardLimit,
            From::WindowAverage => Self::WindowAverage,
            From::DownwardTrend => Self::DownwardTrend,
            From::LogitEntropy => Self::LogitEntropy,
            From::Deadline => Self::Deadline,
            From::NonFiniteScore => Self::NonFiniteScore,
            From::Inactive => Self::Inactive,
            From::Pattern => Self::Pattern,
            From::HeldLimit => Self::HeldLimit,
            From::Denied => Self::Denied,
            From::ReviewPending => Self::ReviewPending,
            From::Budget => Self::Budget,
            From::PolicyUnverified => Self::PolicyUnverified,
            From::EmergencyStop => Self::EmergencyStop,
            From::UpstreamError => Self::UpstreamError,
            From::Trap => Self::Trap,
        }
    }
}

impl From<core::Halt> for wit::Halt {
    fn from(halt: core::Halt) -> Self {
        Self { reason: halt.reason.into(), observed: halt.observed, bound: halt.bound }
    }
}

impl From<wit::Halt> for core::Halt {
    fn from(halt: wit::Halt) -> Self {
        Self { reason: halt.reason.into(), observed: halt.observed, bound: halt.bound }
    }
}

impl From<core::Warning> for wit::Warning {
    fn from(warning: core::Warning) -> Self {
        let kind = match warning.kind {
            core::WarningKind::SoftLimit => wit::WarningKind::SoftLimit,
            core::WarningKind::MissingScore => wit::WarningKind::MissingScore,
        };
        Self { kind, observed: warning.observed, bound: warning.bound }
    }
}

impl From<core::Verdict> for wit::Verdict {
    fn from(verdict: core::Verdict) -> Self {
        match verdict {
            core::Verdict::Pass => Self::Pass,
            core::Verdict::Warn(warning) => Self::Warn(warning.into()),
            core::Verdict::Halt(halt) => Self::Halt(halt.into()),
        }
    }
}

impl From<core::BatchVerdict> for wit::BatchVerdict {
    fn from(batch: core::BatchVerdict) -> Self {
        Self { consumed: batch.consumed, warnings: batch.warnings, halt: batch.halt.map(Into::into) }
    }
}

impl From<wit::Observation> for core::Observation {
    fn from(observation: wit::Observation) -> Self {
        Self { score: observation.score, elapsed_ms: observation.elapsed_ms, logit_entropy: observation.logit_entropy }
    }
}

impl From<wit::HaltConfig> for core::HaltConfig {
    fn from(config: wit::HaltConfig) -> Self {
        Self {
            coherence_threshold: config.coherence_threshold,
            hard_limit: config.hard_limit,
            soft_limit: config.soft_limit,
            w_logic: config.w_logic,
            w_fact: config.w_fact,
            window_size: config.window_size,
            window_threshold: config.window_threshold,
            trend_window: config.trend_window,
            trend_threshold: config.trend_threshold,
            history_window: config.history_window,
            deadline_ms: config.deadline_ms,
            logit_entropy_limit: config.logit_entropy_limit,
            missing_score: match config.missing_score {
                wit::MissingScore::Halt => core::MissingScore::Halt,
                wit::MissingScore::Skip => core::MissingScore::Skip,
            },
        }
    }
}

impl From<&core::HaltConfig> for wit::HaltConfig {
    fn from(config: &core::HaltConfig) -> Self {
        Self {
            coherence_threshold: config.coherence_threshold,
            hard_limit: config.hard_limit,
            soft_limit: config.soft_limit,
            w_logic: config.w_logic,
            w_fact: config.w_fact,
            window_size: config.window_size,
            window_threshold: config.window_threshold,
            trend_window: config.trend_window,
            trend_threshold: config.trend_threshold,
            history_window: config.history_window,
            deadline_ms: config.deadline_ms,
            logit_entropy_limit: config.logit_entropy_limit,
            missing_score: match config.missing_score {
                core::MissingScore::Halt => wit::MissingScore::Halt,
                core::MissingScore::Skip => wit::MissingScore::Skip,
            },
        }
    }
}

impl From<core::ConfigError> for wit::ConfigError {
    fn from(error: core::ConfigError) -> Self {
        Self { field: error.field.into(), value: error.value, bound: error.bound.into() }
    }
}

impl From<core::Summary> for wit::Summary {
    fn from(summary: core::Summary) -> Self {
        Self {
            tokens: summary.tokens,
            scores: summary.scores,
            warnings: summary.warnings,
            average: summary.average,
            minimum: summary.minimum,
            halt_index: summary.halt_index,
            halt: summary.halt.map(Into::into),
        }
    }
}

impl From<interlock_core::score::InputError> for wit::InputError {
    fn from(error: interlock_core::score::InputError) -> Self {
        Self { what: error.what.into(), index: error.index, value: error.value, bound: error.bound.into() }
    }
}

impl<E> From<&E> for wit::Refusal
where
    for<'a> Refusal: From<&'a E>,
{
    fn from(error: &E) -> Self {
        let Refusal { code, subject, value, bound, message } = error.into();
        Self { code: code.to_owned(), subject, value, bound, message }
    }
}

/// What was done, or why it was refused in the one form of a refusal.
pub(crate) fn refused<T, E>(result: Result<T, E>) -> Result<T, wit::Refusal>
where
    for<'a> Refusal: From<&'a E>,
{
    result.map_err(|error| (&error).into())
}

/// A list of bytes that has to be of a length, or a multiple of it.
pub(crate) fn length(what: &'static str, found: usize, bound: i64) -> wit::Refusal {
    wit::Refusal {
        code: String::from("bytes-length"),
        subject: String::from(what),
        value: i64::try_from(found).ok(),
        bound: Some(bound),
        message: format!("{what} has {found} bytes, must be of {bound}"),
    }
}
