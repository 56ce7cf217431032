//! The WIT interface `halt`.

use std::cell::RefCell;

use interlock_core::halt as core;

use crate::Component;
use crate::bindings::exports::interlock::kernel::halt as wit;

impl wit::Guest for Component {
    type StreamMonitor = StreamMonitor;
    type StreamingKernel = StreamingKernel;
    type SafetyKernel = SafetyKernel;

    fn default_config() -> wit::HaltConfig {
        (&core::HaltConfig::default()).into()
    }

    fn config_from_json(json: String) -> Result<wit::HaltConfig, wit::ConfigParseError> {
        Ok((&core::HaltConfig::from_json(&json)?).into())
    }

    fn validate_config(config: wit::HaltConfig) -> Result<(), wit::ConfigError> {
        Ok(core::HaltConfig::from(config).validate()?)
    }

    fn logit_entropy(log_probabilities: Vec<f64>) -> Result<f64, wit::EntropyError> {
        Ok(core::logit_entropy(&log_probabilities)?)
    }
}

pub(crate) struct StreamMonitor(RefCell<core::StreamMonitor>);

impl wit::GuestStreamMonitor for StreamMonitor {
    fn new(config: wit::HaltConfig) -> Result<wit::StreamMonitor, wit::ConfigError> {
        let monitor = core::StreamMonitor::new(&config.into())?;
        Ok(wit::StreamMonitor::new(Self(RefCell::new(monitor))))
    }

    fn push(&self, score: f64) -> Result<wit::Verdict, wit::StreamEnded> {
        Ok(self.0.borrow_mut().push(score)?.into())
    }

    fn push_observation(&self, observation: wit::Observation) -> Result<wit::Verdict, wit::StreamEnded> {
        Ok(self.0.borrow_mut().push_observation(observation.into())?.into())
    }

    fn push_many(&self, scores: Vec<f64>) -> Result<wit::BatchVerdict, wit::StreamEnded> {
        Ok(self.0.borrow_mut().push_many(&scores)?.into())
    }

    fn push_observations(&self, observations: Vec<wit::Observation>) -> Result<wit::BatchVerdict, wit::StreamEnded> {
        let mut monitor = self.0.borrow_mut();
        // Nothing is judged here; after the end it is the error that every call gives.
        let mut batch = monitor.push_many(&[])?;
        for observation in observations {
            let verdict = monitor.push_observation(observation.into())?;
            batch.consumed = batch.consumed.wrapping_add(1);
            match verdict {
                core::Verdict::Pass => {}
                core::Verdict::Warn(_) => batch.warnings = batch.warnings.wrapping_add(1),
                core::Verdict::Halt(halt) => {
                    batch.halt = Some(halt);
                    break;
                }
            }
        }
        Ok(batch.into())
    }

    fn stop(&self, halt: wit::Halt) -> Result<wit::Verdict, wit::StreamEnded> {
        Ok(self.0.borrow_mut().stop(halt.into())?.into())
    }

    fn finish(&self) -> Result<wit::Summary, wit::StreamEnded> {
        Ok(self.0.borrow_mut().finish()?.into())
    }

    fn state(&self) -> wit::MonitorState {
        self.0.borrow().state().into()
    }

    fn last_score(&self) -> Option<f64> {
        self.0.borrow().last_score()
    }

    fn summary(&self) -> wit::Summary {
        self.0.borrow().summary().into()
    }
}

pub(crate) struct StreamingKernel(RefCell<core::StreamingKernel>);

impl wit::GuestStreamingKernel for StreamingKernel {
    fn new(config: wit::HaltConfig) -> Result<wit::StreamingKernel, wit::ConfigError> {
        let kernel = core::StreamingKernel::new(config.into())?;
        Ok(wit::StreamingKernel::new(Self(RefCell::new(kernel))))
    }

    fn begin(&self) -> Result<(), wit::KernelError> {
        Ok(self.0.borrow_mut().begin()?)
    }

    fn push(&self, token: String, observation: wit::Observation) -> Result<wit::Verdict, wit::KernelError> {
        Ok(self.0.borrow_mut().push(&token, observation.into())?.into())
    }

    fn end(&self) -> Result<wit::StreamRecord, wit::KernelError> {
        Ok(self.0.borrow_mut().end()?.into())
    }

    fn run(&self, tokens: Vec<wit::ScoredToken>) -> Result<wit::StreamRecord, wit::KernelError> {
        let mut scores = tokens.iter().map(|token| token.score);
        let texts = tokens.iter().map(|token| &token.text);
        // Asked once a token, in order.
        Ok(self.0.borrow_mut().run(texts, |_| scores.next().unwrap_or(f64::NAN))?.into())
    }

    fn is_active(&self) -> bool {
        self.0.borrow().is_active()
    }

    fn state(&self) -> wit::KernelState {
        match self.0.borrow().state() {
            core::KernelState::Idle => wit::KernelState::Idle,
            core::KernelState::Streaming => wit::KernelState::Streaming,
            core::KernelState::Halted => wit::KernelState::Halted,
        }
    }

    fn config(&self) -> wit::HaltConfig {
        self.0.borrow().config().into()
    }

    fn emergency_stop(&self) {
        self.0.borrow_mut().emergency_stop();
    }

    fn reactivate(&self) {
        self.0.borrow_mut().reactivate();
    }
}

pub(crate) struct SafetyKernel(RefCell<core::SafetyKernel>);

impl wit::GuestSafetyKernel for SafetyKernel {
    fn new(hard_limit: f64) -> Result<wit::SafetyKernel, wit::ConfigError> {
        let kernel = core::SafetyKernel::new(hard_limit)?;
        Ok(wit::SafetyKernel::new(Self(RefCell::new(kernel))))
    }

    fn run(&self, tokens: Vec<wit::ScoredToken>) -> wit::SafetyOutcome {
        let mut scores = tokens.iter().map(|token| token.score);
        let texts = tokens.iter().map(|token| &token.text);
        // Asked once a token, in order.
        match self.0.borrow_mut().run(texts, |_| scores.next().unwrap_or(f64::NAN)) {
            core::SafetyOutcome::Passed(text) => wit::SafetyOutcome::Passed(text),
            core::SafetyOutcome::Interrupted { index, halt } => {
                wit::SafetyOutcome::Interrupted(wit::Interruption { index, halt: halt.into() })
            }
        }
    }

    fn is_active(&self) -> bool {
        self.0.borrow().is_active()
    }

    fn emergency_stop(&self) {
        self.0.borrow_mut().emergency_stop();
    }

    fn reactivate(&self) {
        self.0.borrow_mut().reactivate();
    }
}

impl From<core::ConfigParseError> for wit::ConfigParseError {
    fn from(error: core::ConfigParseError) -> Self {
        match error {
            core::ConfigParseError::Syntax { path, message } => Self::Syntax(wit::SyntaxError { path, message }),
            core::ConfigParseError::Invalid(error) => Self::Invalid(error.into()),
        }
    }
}

impl From<core::EntropyError> for wit::EntropyError {
    fn from(error: core::EntropyError) -> Self {
        match error {
            core::EntropyError::Empty => Self::Empty,
            core::EntropyError::NotALogProbability { index, value } => {
                Self::NotALogProbability(wit::NotALogProbability { index, value })
            }
        }
    }
}

impl From<core::MonitorState> for wit::MonitorState {
    fn from(state: core::MonitorState) -> Self {
        match state {
            core::MonitorState::Open => Self::Open,
            core::MonitorState::Halted => Self::Halted,
            core::MonitorState::Finished => Self::Finished,
        }
    }
}

impl From<core::StreamEnded> for wit::StreamEnded {
    fn from(error: core::StreamEnded) -> Self {
        Self { state: error.state.into() }
    }
}

impl From<core::KernelError> for wit::KernelError {
    fn from(error: core::KernelError) -> Self {
        match error {
            core::KernelError::Streaming => Self::Streaming,
            core::KernelError::NotStreaming => Self::NotStreaming,
            core::KernelError::Halted => Self::Halted,
        }
    }
}

impl From<core::StreamRecord> for wit::StreamRecord {
    fn from(record: core::StreamRecord) -> Self {
        let output = record.output();
        let tokens = record
            .tokens
            .into_iter()
            .map(|token| wit::RecordedToken { text: token.text, score: token.score, verdict: token.verdict.into() })
            .collect();
        Self { tokens, output, summary: record.summary.into() }
    }
}
