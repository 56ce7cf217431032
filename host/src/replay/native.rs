//! The core itself, compiled for this machine.

use std::sync::Arc;

use interlock_core::dialect::DialectKind;
use interlock_core::guard::GuardLibrary;
use interlock_core::guard::compile::Artifact;
use interlock_core::halt::{
    BatchVerdict, ConfigError, EntropyError, Halt, HaltConfig, KernelError, MonitorState, Observation, SafetyKernel,
    SafetyOutcome, StreamEnded, StreamMonitor, StreamRecord, StreamingKernel, Summary, Verdict, logit_entropy,
};
use interlock_core::policy::{Policy, PolicyError};
use interlock_core::session::{AdoptError, ChannelGuards, Segment, Session, SessionError, TopUpError, guard_text};
use interlock_host::embed::LedgerEvent;

use super::advanced::{Advanced, NativeAdvanced};
use super::backend::{
    Answer, Backend, Drained, Guarded, Kernel, Monitor, Refused, Safety, Stream, kernel_state_name, state_name,
};

/// The native build.
#[derive(Debug)]
pub(crate) struct Native;

impl Backend for Native {
    fn name(&self) -> &'static str {
        "native"
    }

    fn advanced(&self) -> Result<&dyn Advanced, String> {
        Ok(&NativeAdvanced)
    }

    fn monitor(&self, config: &HaltConfig) -> Answer<Box<dyn Monitor>> {
        Ok(Box::new(StreamMonitor::new(config)?))
    }

    fn kernel(&self, config: &HaltConfig) -> Answer<Box<dyn Kernel>> {
        Ok(Box::new(StreamingKernel::new(config.clone())?))
    }

    fn safety_kernel(&self, hard_limit: f64) -> Answer<Box<dyn Safety>> {
        Ok(Box::new(SafetyKernel::new(hard_limit)?))
    }

    fn logit_entropy(&self, log_probabilities: &[f64]) -> Answer<f64> {
        Ok(logit_entropy(log_probabilities)?)
    }

    fn session(&self, policy: &str, dialect: DialectKind) -> Answer<Box<dyn Stream>> {
        Ok(Box::new(Session::new(&Policy::from_json(policy)?, dialect)?))
    }

    fn guarded_session(&self, policy: &str, dialect: DialectKind, tables: Vec<Artifact>) -> Answer<Box<dyn Stream>> {
        let (policy, guards) = linked(policy, tables)?;
        Ok(Box::new(Session::with_guards(policy, dialect, Arc::new(guards))?))
    }

    fn guard_text(&self, policy: &str, text: &str, score: &mut dyn FnMut(&Segment) -> Observation) -> Answer<Guarded> {
        let guarded = guard_text(&Policy::from_json(policy)?, text, score)?;
        Ok(Guarded { text: guarded.text, events: guarded.events, record: guarded.record.to_json() })
    }
}

/// A policy and what the tables have of its guard.
fn linked(policy: &str, tables: Vec<Artifact>) -> Answer<(Policy, ChannelGuards)> {
    let policy = Policy::from_json(policy)?;
    let mut library = GuardLibrary::new();
    for artifact in tables {
        library.add(&artifact.bytes, &artifact.hash).map_err(|_| Refused(String::from("policy guard")))?;
    }
    let guards = ChannelGuards::link(&policy.guard.clone().unwrap_or_default(), &mut library)?;
    Ok((policy, guards))
}

impl From<AdoptError> for Refused {
    fn from(error: AdoptError) -> Self {
        match error {
            AdoptError::Ended { state } => SessionError::Ended { state }.into(),
            AdoptError::InSegment => Self(String::from("in-segment")),
            AdoptError::Fixed { path } => Self(format!("fixed {path}")),
            AdoptError::Policy(error) => error.into(),
        }
    }
}

impl From<ConfigError> for Refused {
    fn from(error: ConfigError) -> Self {
        Self(format!("config {}", error.field))
    }
}

impl From<EntropyError> for Refused {
    fn from(_: EntropyError) -> Self {
        Self(String::from("entropy"))
    }
}

impl From<PolicyError> for Refused {
    fn from(error: PolicyError) -> Self {
        // Up to a list: not every reader of a policy counts the items.
        Self(format!("policy {}", error.path.split('[').next().unwrap_or_default()))
    }
}

impl From<StreamEnded> for Refused {
    fn from(error: StreamEnded) -> Self {
        Self(format!("ended {}", state_name(error.state)))
    }
}

impl From<KernelError> for Refused {
    fn from(error: KernelError) -> Self {
        Self(String::from(match error {
            KernelError::Streaming => "kernel streaming",
            KernelError::NotStreaming => "kernel not-streaming",
            KernelError::Halted => "kernel halted",
        }))
    }
}

impl From<SessionError> for Refused {
    fn from(error: SessionError) -> Self {
        Self(match error {
            SessionError::Ended { state } => format!("ended {}", state.as_str()),
            SessionError::UnknownSegment { segment } => format!("unknown-segment {segment}"),
        })
    }
}

impl Monitor for StreamMonitor {
    fn push(&mut self, score: f64) -> Answer<Verdict> {
        Ok(Self::push(self, score)?)
    }

    fn push_observation(&mut self, observation: Observation) -> Answer<Verdict> {
        Ok(Self::push_observation(self, observation)?)
    }

    fn push_many(&mut self, scores: &[f64]) -> Answer<BatchVerdict> {
        Ok(Self::push_many(self, scores)?)
    }

    fn stop(&mut self, halt: Halt) -> Answer<Verdict> {
        Ok(Self::stop(self, halt)?)
    }

    fn finish(&mut self) -> Answer<Summary> {
        Ok(Self::finish(self)?)
    }

    fn state(&mut self) -> Answer<MonitorState> {
        Ok(Self::state(self))
    }

    fn summary(&mut self) -> Answer<Summary> {
        Ok(Self::summary(self))
    }
}

impl Kernel for StreamingKernel {
    fn begin(&mut self) -> Answer<()> {
        Ok(Self::begin(self)?)
    }

    fn push(&mut self, token: &str, observation: Observation) -> Answer<Verdict> {
        Ok(Self::push(self, token, observation)?)
    }

    fn end(&mut self) -> Answer<StreamRecord> {
        Ok(Self::end(self)?)
    }

    fn run(&mut self, tokens: &[(String, f64)]) -> Answer<StreamRecord> {
        let mut scores = tokens.iter().map(|(_, score)| *score);
        let texts = tokens.iter().map(|(text, _)| text);
        Ok(Self::run(self, texts, |_| scores.next().unwrap_or(f64::NAN))?)
    }

    fn emergency_stop(&mut self) -> Answer<()> {
        Self::emergency_stop(self);
        Ok(())
    }

    fn reactivate(&mut self) -> Answer<()> {
        Self::reactivate(self);
        Ok(())
    }

    fn is_active(&mut self) -> Answer<bool> {
        Ok(Self::is_active(self))
    }

    fn state(&mut self) -> Answer<&'static str> {
        Ok(kernel_state_name(Self::state(self)))
    }
}

impl Safety for SafetyKernel {
    fn run(&mut self, tokens: &[(String, f64)]) -> Answer<Result<String, (u64, Halt)>> {
        let mut scores = tokens.iter().map(|(_, score)| *score);
        let texts = tokens.iter().map(|(text, _)| text);
        Ok(match Self::run(self, texts, |_| scores.next().unwrap_or(f64::NAN)) {
            SafetyOutcome::Passed(text) => Ok(text),
            SafetyOutcome::Interrupted { index, halt } => Err((index, halt)),
        })
    }

    fn emergency_stop(&mut self) -> Answer<()> {
        Self::emergency_stop(self);
        Ok(())
    }

    fn reactivate(&mut self) -> Answer<()> {
        Self::reactivate(self);
        Ok(())
    }

    fn is_active(&mut self) -> Answer<bool> {
        Ok(Self::is_active(self))
    }
}

impl Stream for Session {
    fn feed(&mut self, bytes: &[u8]) -> Answer<()> {
        Ok(Self::feed(self, bytes)?)
    }

    fn end(&mut self) -> Answer<()> {
        Ok(Self::end(self)?)
    }

    fn fail(&mut self, message: &str) -> Answer<()> {
        Ok(Self::fail(self, message)?)
    }

    fn answer(&mut self, segment: u64, answer: Observation) -> Answer<()> {
        Ok(Self::answer(self, segment, answer)?)
    }

    fn stop(&mut self, halt: Halt) -> Answer<()> {
        Ok(Self::stop(self, halt)?)
    }

    fn emergency_stop(&mut self) -> Answer<()> {
        Ok(Self::emergency_stop(self)?)
    }

    fn advance(&mut self, now_ms: u64) -> Answer<()> {
        Ok(Self::advance(self, now_ms)?)
    }

    fn answer_review(&mut self, review: u64, approver: &str, approves: bool, now_ms: u64) -> Answer<()> {
        let answered = Self::answer_review(self, review, approver, approves, now_ms);
        answered.map(|_| ()).map_err(|_| Refused(String::from("review")))
    }

    fn top_up(&mut self, counter: &str, units: u64) -> Answer<()> {
        Self::top_up(self, counter, units).map_err(|error| match error {
            TopUpError::Ended { state } => SessionError::Ended { state }.into(),
            TopUpError::NoLease { .. } => Refused(String::from("input")),
        })
    }

    fn awaits_top_up(&mut self) -> bool {
        Self::awaits_top_up(self)
    }

    fn is_between_segments(&mut self) -> bool {
        Self::is_between_segments(self)
    }

    fn check_adopt(&mut self, policy: &str, tables: Vec<Artifact>) -> Answer<()> {
        let (policy, guards) = linked(policy, tables)?;
        Ok(Self::check_adopt(self, &policy, &guards)?)
    }

    fn adopt(&mut self, policy: &str, tables: Vec<Artifact>) -> Answer<()> {
        let (policy, guards) = linked(policy, tables)?;
        Ok(Self::adopt(self, &policy, &guards)?)
    }

    fn abandon(&mut self) {
        Self::abandon(self);
    }

    fn next_ledger_event(&mut self) -> Option<LedgerEvent> {
        Self::next_ledger_event(self).map(Into::into)
    }

    fn drain(&mut self) -> Answer<Drained> {
        Ok(Drained {
            segments: std::iter::from_fn(|| self.next_segment()).collect(),
            events: std::iter::from_fn(|| self.next_event()).collect(),
            matches: std::iter::from_fn(|| self.next_guard_event()).collect(),
            reviews: std::iter::from_fn(|| self.next_review()).collect(),
            top_ups: std::iter::from_fn(|| self.next_top_up()).collect(),
            bytes: self.take_output(),
            state: self.state().as_str(),
            wants_input: self.wants_input(),
        })
    }

    fn record_json(&mut self) -> Answer<String> {
        Ok(self.record().to_json())
    }
}
