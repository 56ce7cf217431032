//! The long-lived kernel: stream after stream under one configuration.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::config::{ConfigError, HaltConfig};
use super::monitor::{MonitorState, Observation, StreamMonitor};
use super::record::{RecordedToken, StreamRecord};
use super::verdict::{Halt, HaltReason, Verdict};

/// Where a kernel is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelState {
    /// It waits for a stream.
    Idle,
    /// A stream is running.
    Streaming,
    /// The stream that is running has halted and waits to be ended.
    Halted,
}

/// An operation that the kernel's state does not allow. Nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelError {
    /// A stream is running: end it first.
    Streaming,
    /// No stream is running: begin one first.
    NotStreaming,
    /// The stream has halted: end it.
    Halted,
}

impl KernelError {
    /// What is wrong and what to do about it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Streaming => "a stream is running: end it first",
            Self::NotStreaming => "no stream is running: begin one first",
            Self::Halted => "the stream has halted: end it",
        }
    }
}

impl fmt::Display for KernelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl core::error::Error for KernelError {}

/// Why the kernel takes no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inactive {
    AfterHalt,
    EmergencyStop,
}

#[derive(Clone, Debug)]
struct Stream {
    monitor: StreamMonitor,
    tokens: Vec<RecordedToken>,
}

/// Runs one stream after the other. Every halt leaves it inactive, and it refuses every token until
/// [`StreamingKernel::reactivate`]; no window is carried from one stream into the next. It keeps the
/// full record of the running stream; who wants constant memory takes a [`StreamMonitor`].
///
/// ```
/// use interlock_core::halt::{HaltConfig, HaltReason, StreamingKernel};
///
/// let mut kernel = StreamingKernel::new(HaltConfig::default())?;
/// let record = kernel.run(["The ", "sky ", "is ", "green"], |token| if token == "green" { 0.1 } else { 0.9 })?;
/// assert_eq!(record.output(), "The sky is ");
/// assert_eq!(record.summary.halt_index, Some(3));
///
/// let refused = kernel.run(["More"], |_| 0.9)?;
/// assert_eq!(refused.summary.halt.unwrap().reason, HaltReason::Inactive);
/// kernel.reactivate();
/// assert_eq!(kernel.run(["More"], |_| 0.9)?.output(), "More");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct StreamingKernel {
    config: HaltConfig,
    /// What every stream starts from.
    fresh: StreamMonitor,
    inactive: Option<Inactive>,
    stream: Option<Stream>,
}

impl StreamingKernel {
    /// An active kernel.
    ///
    /// # Errors
    /// [`ConfigError`] when the configuration is not valid.
    pub fn new(config: HaltConfig) -> Result<Self, ConfigError> {
        let fresh = StreamMonitor::new(&config)?;
        Ok(Self { config, fresh, inactive: None, stream: None })
    }

    /// Begins a stream. An inactive kernel begins one too: it halts at its first token.
    ///
    /// # Errors
    /// [`KernelError::Streaming`] when one is running.
    pub fn begin(&mut self) -> Result<(), KernelError> {
        if self.stream.is_some() {
            return Err(KernelError::Streaming);
        }
        self.stream = Some(Stream { monitor: self.fresh.clone(), tokens: Vec::new() });
        Ok(())
    }

    /// Judges the next token of the running stream. On an inactive kernel that is a halt, and the token
    /// is not recorded.
    ///
    /// # Errors
    /// [`KernelError`] when no stream is running or it has halted.
    pub fn push(&mut self, token: &str, observation: Observation) -> Result<Verdict, KernelError> {
        self.push_with(token, || observation)
    }

    /// As [`StreamingKernel::push`], and asks for the score only when the kernel is active.
    ///
    /// # Errors
    /// [`KernelError`] when no stream is running or it has halted.
    pub fn push_with(&mut self, token: &str, observe: impl FnOnce() -> Observation) -> Result<Verdict, KernelError> {
        let stream = self.stream.as_mut().ok_or(KernelError::NotStreaming)?;
        if let Some(inactive) = self.inactive {
            // Stopped while it ran, or begun on a kernel that was already inactive.
            let stopped_here = inactive == Inactive::EmergencyStop && !stream.tokens.is_empty();
            let reason = if stopped_here { HaltReason::EmergencyStop } else { HaltReason::Inactive };
            return stream.monitor.stop(Halt::because(reason)).map_err(|_| KernelError::Halted);
        }
        if stream.monitor.state() != MonitorState::Open {
            return Err(KernelError::Halted);
        }
        let observation = observe();
        let verdict = stream.monitor.push_observation(observation).map_err(|_| KernelError::Halted)?;
        let score = stream.monitor.last_score();
        stream.tokens.push(RecordedToken { text: String::from(token), score, verdict });
        if verdict.is_halt() {
            self.inactive = Some(Inactive::AfterHalt);
        }
        Ok(verdict)
    }

    /// Ends the running stream and gives its record.
    ///
    /// # Errors
    /// [`KernelError::NotStreaming`] when none is running.
    pub fn end(&mut self) -> Result<StreamRecord, KernelError> {
        let stream = self.stream.take().ok_or(KernelError::NotStreaming)?;
        Ok(StreamRecord { summary: stream.monitor.summary(), tokens: stream.tokens })
    }

    /// Runs a whole stream. The score of a token is asked for only when it is that token's turn; none
    /// is asked for after a halt. A scorer that fails returns NaN.
    ///
    /// # Errors
    /// [`KernelError::Streaming`] when a stream is running.
    pub fn run<T: AsRef<str>>(
        &mut self,
        tokens: impl IntoIterator<Item = T>,
        mut score: impl FnMut(&str) -> f64,
    ) -> Result<StreamRecord, KernelError> {
        self.begin()?;
        for token in tokens {
            let token = token.as_ref();
            if self.push_with(token, || Observation::score(score(token)))?.is_halt() {
                break;
            }
        }
        self.end()
    }

    /// Whether it takes tokens.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.inactive.is_none()
    }

    /// Where it is in its life.
    #[must_use]
    pub fn state(&self) -> KernelState {
        match &self.stream {
            None => KernelState::Idle,
            Some(stream) if stream.monitor.state() == MonitorState::Open => KernelState::Streaming,
            Some(_) => KernelState::Halted,
        }
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &HaltConfig {
        &self.config
    }

    /// Makes it refuse every token until it is reactivated. A running stream halts at its next token
    /// with the reason `emergency-stop`.
    pub fn emergency_stop(&mut self) {
        self.inactive = Some(Inactive::EmergencyStop);
    }

    /// Makes it take tokens again. A stream that has halted stays halted.
    pub fn reactivate(&mut self) {
        self.inactive = None;
    }
}
