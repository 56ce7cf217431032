//! The components in wasmtime, every object in an instance of its own.

use std::path::Path;

use interlock_core::dialect::DialectKind;
use interlock_core::guard::compile::Artifact;
use interlock_core::halt::{
    BatchVerdict, Halt, HaltConfig, MonitorState, Observation, SafetyOutcome, StreamRecord, Summary, Verdict,
};
use interlock_core::policy::{Policy, PolicyError};
use interlock_core::session::Segment;
use interlock_host::embed::{
    GuardedPolicy, HostError, Interlock, LedgerEvent, SafetyKernel, Session, StreamMonitor, StreamingKernel, advanced,
};

use super::advanced::Advanced;
use super::backend::{Answer, Backend, Drained, Guarded, Kernel, Monitor, Refused, Safety, Stream, kernel_state_name};

/// A component for each world that the fixtures need.
#[derive(Debug, Default)]
pub(crate) struct Wasmtime {
    interlock: Option<Interlock>,
    advanced: Option<advanced::Advanced>,
}

/// What is in a component of the advanced runtime, and in no other.
const ADVANCED: &[u8] = b"interlock:kernel/physics@";

impl Wasmtime {
    /// Compiles the component in a file, beside or in place of another one.
    ///
    /// # Errors
    /// It cannot be read, or is no component of Interlock.
    pub(crate) fn add_file(&mut self, path: &Path) -> Result<(), HostError> {
        let bytes = std::fs::read(path).map_err(|source| HostError::File { path: path.to_owned(), source })?;
        if bytes.windows(ADVANCED.len()).any(|window| window == ADVANCED) {
            self.advanced = Some(advanced::Advanced::new(&bytes)?);
        } else {
            self.interlock = Some(Interlock::new(&bytes)?);
        }
        Ok(())
    }

    /// The component of the default world.
    pub(crate) fn interlock(&self) -> Answer<&Interlock> {
        self.interlock.as_ref().ok_or_else(|| Refused(String::from("failure no component of the default world")))
    }
}

impl From<HostError> for Refused {
    fn from(error: HostError) -> Self {
        match error {
            HostError::Syntax { path, .. } => Self(format!("config {path}")),
            HostError::Config(error) => Self(format!("config {}", error.field)),
            HostError::StreamEnded(error) => error.into(),
            HostError::Kernel(error) => error.into(),
            HostError::Entropy(error) => error.into(),
            HostError::Policy(error) => error.into(),
            HostError::Session(error) => error.into(),
            HostError::Input(_) => Self(String::from("input")),
            HostError::Review(error) => error.into(),
            HostError::Refused(it) => Self::of(&it.code, &it.subject, it.value, it.bound),
            // No case expects one: it shows where it happened.
            other => Self(format!("failure {other}")),
        }
    }
}

impl Backend for Wasmtime {
    fn name(&self) -> &'static str {
        "wasmtime"
    }

    fn advanced(&self) -> Result<&dyn Advanced, String> {
        match &self.advanced {
            Some(advanced) => Ok(advanced),
            None => Err(String::from("the suite needs a component of the advanced runtime, too: --component FILE")),
        }
    }

    fn monitor(&self, config: &HaltConfig) -> Answer<Box<dyn Monitor>> {
        Ok(Box::new(self.interlock()?.stream_monitor(config)?))
    }

    fn kernel(&self, config: &HaltConfig) -> Answer<Box<dyn Kernel>> {
        Ok(Box::new(self.interlock()?.streaming_kernel(config)?))
    }

    fn safety_kernel(&self, hard_limit: f64) -> Answer<Box<dyn Safety>> {
        Ok(Box::new(self.interlock()?.safety_kernel(hard_limit)?))
    }

    fn logit_entropy(&self, log_probabilities: &[f64]) -> Answer<f64> {
        Ok(self.interlock()?.instantiate()?.logit_entropy(log_probabilities)?)
    }

    fn session(&self, policy: &str, dialect: DialectKind) -> Answer<Box<dyn Stream>> {
        Ok(Box::new(self.interlock()?.session_from_json(policy, dialect)?))
    }

    fn guarded_session(&self, policy: &str, dialect: DialectKind, tables: Vec<Artifact>) -> Answer<Box<dyn Stream>> {
        let policy = linked(policy, tables)?;
        Ok(Box::new(self.interlock()?.guarded_session(&policy, dialect)?))
    }

    fn guard_text(&self, policy: &str, text: &str, score: &mut dyn FnMut(&Segment) -> Observation) -> Answer<Guarded> {
        let guarded = self.interlock()?.instantiate()?.guard_text_json(policy, text, score)?;
        Ok(Guarded { text: guarded.text, events: guarded.events, record: guarded.record.to_json() })
    }
}

/// A policy and the tables of its guard.
fn linked(policy: &str, tables: Vec<Artifact>) -> Answer<GuardedPolicy> {
    Ok(GuardedPolicy::with_tables(&Policy::from_json(policy)?, tables)?)
}

/// What came of a policy to adopt.
fn adopted(answer: Result<(), HostError>) -> Answer<()> {
    answer.map_err(|error| match error {
        HostError::Refused(it) => match it.code.as_str() {
            "session-ended" => Refused(format!("ended {}", it.subject)),
            "session-in-segment" => Refused(String::from("in-segment")),
            "session-fixed" => Refused(format!("fixed {}", it.subject)),
            "policy-invalid" => PolicyError::new(it.subject, it.message).into(),
            _ => HostError::Refused(it).into(),
        },
        other => other.into(),
    })
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
        Ok(Self::summary(self)?)
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
        Ok(Self::run(self, tokens.iter().map(|(text, score)| (text, *score)))?)
    }

    fn emergency_stop(&mut self) -> Answer<()> {
        Self::emergency_stop(self);
        Ok(())
    }

    fn reactivate(&mut self) -> Answer<()> {
        Ok(Self::reactivate(self)?)
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
        let outcome = Self::run(self, tokens.iter().map(|(text, score)| (text, *score)))?;
        Ok(match outcome {
            SafetyOutcome::Passed(text) => Ok(text),
            SafetyOutcome::Interrupted { index, halt } => Err((index, halt)),
        })
    }

    fn emergency_stop(&mut self) -> Answer<()> {
        Self::emergency_stop(self);
        Ok(())
    }

    fn reactivate(&mut self) -> Answer<()> {
        Ok(Self::reactivate(self)?)
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
        answered.map(|_| ()).map_err(|error| match error {
            HostError::Refused(_) => Refused(String::from("review")),
            other => other.into(),
        })
    }

    fn top_up(&mut self, counter: &str, units: u64) -> Answer<()> {
        Self::top_up(self, counter, units).map_err(|error| match error {
            HostError::Refused(it) if it.code == "session-ended" => Refused(format!("ended {}", it.subject)),
            HostError::Refused(_) => Refused(String::from("input")),
            other => other.into(),
        })
    }

    fn awaits_top_up(&mut self) -> bool {
        Self::awaits_top_up(self)
    }

    fn is_between_segments(&mut self) -> bool {
        Self::is_between_segments(self)
    }

    fn check_adopt(&mut self, policy: &str, tables: Vec<Artifact>) -> Answer<()> {
        adopted(Self::check_adopt(self, &linked(policy, tables)?))
    }

    fn adopt(&mut self, policy: &str, tables: Vec<Artifact>) -> Answer<()> {
        adopted(Self::adopt(self, &linked(policy, tables)?))
    }

    fn abandon(&mut self) {
        Self::abandon(self);
    }

    fn next_ledger_event(&mut self) -> Option<LedgerEvent> {
        Self::next_ledger_event(self)
    }

    fn drain(&mut self) -> Answer<Drained> {
        let output = Self::drain(self);
        Ok(Drained {
            segments: output.segments,
            events: output.events,
            matches: output.matches,
            reviews: output.reviews,
            top_ups: output.top_ups,
            bytes: output.bytes,
            state: output.state.as_str(),
            wants_input: output.wants_input,
        })
    }

    fn record_json(&mut self) -> Answer<String> {
        Ok(Self::record_json(self))
    }
}
