//! The types of the WIT interfaces `types` and `halt`, to and from those of the core.

use interlock_core::halt as core;

use super::bindings::exports::interlock::kernel::{halt, types as wit};
use super::error::{ConfigError, HostError};

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

impl From<wit::Halt> for core::Halt {
    fn from(halt: wit::Halt) -> Self {
        Self { reason: halt.reason.into(), observed: halt.observed, bound: halt.bound }
    }
}

impl From<core::Halt> for wit::Halt {
    fn from(halt: core::Halt) -> Self {
        Self { reason: halt.reason.into(), observed: halt.observed, bound: halt.bound }
    }
}

impl From<wit::Warning> for core::Warning {
    fn from(warning: wit::Warning) -> Self {
        let kind = match warning.kind {
            wit::WarningKind::SoftLimit => core::WarningKind::SoftLimit,
            wit::WarningKind::MissingScore => core::WarningKind::MissingScore,
        };
        Self { kind, observed: warning.observed, bound: warning.bound }
    }
}

impl From<wit::Verdict> for core::Verdict {
    fn from(verdict: wit::Verdict) -> Self {
        match verdict {
            wit::Verdict::Pass => Self::Pass,
            wit::Verdict::Warn(warning) => Self::Warn(warning.into()),
            wit::Verdict::Halt(halt) => Self::Halt(halt.into()),
        }
    }
}

impl From<wit::BatchVerdict> for core::BatchVerdict {
    fn from(batch: wit::BatchVerdict) -> Self {
        Self { consumed: batch.consumed, warnings: batch.warnings, halt: batch.halt.map(Into::into) }
    }
}

impl From<core::Observation> for wit::Observation {
    fn from(observation: core::Observation) -> Self {
        Self { score: observation.score, elapsed_ms: observation.elapsed_ms, logit_entropy: observation.logit_entropy }
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

impl From<wit::Summary> for core::Summary {
    fn from(summary: wit::Summary) -> Self {
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

impl From<halt::MonitorState> for core::MonitorState {
    fn from(state: halt::MonitorState) -> Self {
        match state {
            halt::MonitorState::Open => Self::Open,
            halt::MonitorState::Halted => Self::Halted,
            halt::MonitorState::Finished => Self::Finished,
        }
    }
}

impl From<halt::StreamRecord> for core::StreamRecord {
    fn from(record: halt::StreamRecord) -> Self {
        let token = |token: halt::RecordedToken| core::RecordedToken {
            text: token.text,
            score: token.score,
            verdict: token.verdict.into(),
        };
        Self { tokens: record.tokens.into_iter().map(token).collect(), summary: record.summary.into() }
    }
}

impl From<wit::ConfigError> for HostError {
    fn from(error: wit::ConfigError) -> Self {
        Self::Config(ConfigError { field: error.field, value: error.value, bound: error.bound })
    }
}

impl From<halt::ConfigParseError> for HostError {
    fn from(error: halt::ConfigParseError) -> Self {
        match error {
            halt::ConfigParseError::Syntax(error) => Self::Syntax { path: error.path, message: error.message },
            halt::ConfigParseError::Invalid(error) => error.into(),
        }
    }
}

impl From<halt::EntropyError> for HostError {
    fn from(error: halt::EntropyError) -> Self {
        Self::Entropy(match error {
            halt::EntropyError::Empty => core::EntropyError::Empty,
            halt::EntropyError::NotALogProbability(error) => {
                core::EntropyError::NotALogProbability { index: error.index, value: error.value }
            }
        })
    }
}

impl From<halt::StreamEnded> for HostError {
    fn from(error: halt::StreamEnded) -> Self {
        Self::StreamEnded(core::StreamEnded { state: error.state.into() })
    }
}

impl From<halt::KernelError> for HostError {
    fn from(error: halt::KernelError) -> Self {
        Self::Kernel(match error {
            halt::KernelError::Streaming => core::KernelError::Streaming,
            halt::KernelError::NotStreaming => core::KernelError::NotStreaming,
            halt::KernelError::Halted => core::KernelError::Halted,
        })
    }
}
