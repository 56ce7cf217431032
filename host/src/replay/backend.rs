//! What a fixture is replayed on: the core itself, or the component in wasmtime.
//!
//! The traits say what every host offers, in the core's types. A refusal is already the canonical text
//! of its error, since hosts carry errors in types of their own.

use interlock_core::dialect::DialectKind;
use interlock_core::guard::compile::Artifact;
use interlock_core::halt::{
    BatchVerdict, Halt, HaltConfig, KernelState, MonitorState, Observation, StreamRecord, Summary, Verdict,
};
use interlock_core::session::{GuardEvent, ReviewRequest, Segment, SessionEvent, TopUpRequest};
use interlock_host::embed::LedgerEvent;

use super::advanced::Advanced;
use super::covenant::Covenants;
use super::ledger::Ledgers;
use super::operad::Operads;
pub(crate) use super::refused::{Answer, Refused};
use super::rules::Rules;
use super::score_backend::Scoring;

/// A build of the core.
pub(crate) trait Backend: Scoring + Covenants + Ledgers + Operads + Rules {
    /// Its name in reports.
    fn name(&self) -> &'static str;

    /// The advanced runtime.
    ///
    /// # Errors
    /// There is none.
    fn advanced(&self) -> Result<&dyn Advanced, String>;

    /// `config FIELD` when the configuration is refused.
    fn monitor(&self, config: &HaltConfig) -> Answer<Box<dyn Monitor>>;
    /// `config FIELD` when the configuration is refused.
    fn kernel(&self, config: &HaltConfig) -> Answer<Box<dyn Kernel>>;
    /// `config FIELD` when the limit is refused.
    fn safety_kernel(&self, hard_limit: f64) -> Answer<Box<dyn Safety>>;
    /// `entropy` when there are no log-probabilities, or one is none.
    fn logit_entropy(&self, log_probabilities: &[f64]) -> Answer<f64>;

    /// `policy PATH` when the policy is refused.
    fn session(&self, policy: &str, dialect: DialectKind) -> Answer<Box<dyn Stream>>;
    /// `policy PATH` when the policy is refused, or the tables lack a set of its guard.
    fn guarded_session(&self, policy: &str, dialect: DialectKind, tables: Vec<Artifact>) -> Answer<Box<dyn Stream>>;
    /// `policy PATH` when the policy is refused. Asks for the score of each segment.
    fn guard_text(&self, policy: &str, text: &str, score: &mut dyn FnMut(&Segment) -> Observation) -> Answer<Guarded>;
}

/// A stream monitor. Refusals: `ended STATE`.
pub(crate) trait Monitor {
    fn push(&mut self, score: f64) -> Answer<Verdict>;
    fn push_observation(&mut self, observation: Observation) -> Answer<Verdict>;
    fn push_many(&mut self, scores: &[f64]) -> Answer<BatchVerdict>;
    fn stop(&mut self, halt: Halt) -> Answer<Verdict>;
    fn finish(&mut self) -> Answer<Summary>;
    fn state(&mut self) -> Answer<MonitorState>;
    fn summary(&mut self) -> Answer<Summary>;
}

/// A streaming kernel. Refusals: `kernel streaming|not-streaming|halted`.
pub(crate) trait Kernel {
    fn begin(&mut self) -> Answer<()>;
    fn push(&mut self, token: &str, observation: Observation) -> Answer<Verdict>;
    fn end(&mut self) -> Answer<StreamRecord>;
    fn run(&mut self, tokens: &[(String, f64)]) -> Answer<StreamRecord>;
    fn emergency_stop(&mut self) -> Answer<()>;
    fn reactivate(&mut self) -> Answer<()>;
    fn is_active(&mut self) -> Answer<bool>;
    /// `idle`, `streaming` or `halted`.
    fn state(&mut self) -> Answer<&'static str>;
}

/// A safety kernel.
pub(crate) trait Safety {
    /// The joined text, or where and why it was interrupted.
    fn run(&mut self, tokens: &[(String, f64)]) -> Answer<Result<String, (u64, Halt)>>;
    fn emergency_stop(&mut self) -> Answer<()>;
    fn reactivate(&mut self) -> Answer<()>;
    fn is_active(&mut self) -> Answer<bool>;
}

/// A session. Refusals: `ended STATE`, `unknown-segment ID`, `review`, `input` for a counter that is no lease; of a policy to
/// adopt `policy PATH`, `in-segment`, `fixed PATH`.
pub(crate) trait Stream {
    fn feed(&mut self, bytes: &[u8]) -> Answer<()>;
    fn end(&mut self) -> Answer<()>;
    fn fail(&mut self, message: &str) -> Answer<()>;
    fn answer(&mut self, segment: u64, answer: Observation) -> Answer<()>;
    fn stop(&mut self, halt: Halt) -> Answer<()>;
    fn emergency_stop(&mut self) -> Answer<()>;
    fn advance(&mut self, now_ms: u64) -> Answer<()>;
    fn answer_review(&mut self, review: u64, approver: &str, approves: bool, now_ms: u64) -> Answer<()>;
    fn top_up(&mut self, counter: &str, units: u64) -> Answer<()>;
    fn awaits_top_up(&mut self) -> bool;
    fn is_between_segments(&mut self) -> bool;
    fn check_adopt(&mut self, policy: &str, tables: Vec<Artifact>) -> Answer<()>;
    fn adopt(&mut self, policy: &str, tables: Vec<Artifact>) -> Answer<()>;
    fn abandon(&mut self);
    fn next_ledger_event(&mut self) -> Option<LedgerEvent>;
    /// Takes everything that waits.
    fn drain(&mut self) -> Answer<Drained>;
    /// The account as JSON.
    fn record_json(&mut self) -> Answer<String>;
}

/// What a session had to give.
#[derive(Debug, Default)]
pub(crate) struct Drained {
    pub(crate) segments: Vec<Segment>,
    pub(crate) events: Vec<SessionEvent>,
    pub(crate) matches: Vec<GuardEvent>,
    pub(crate) reviews: Vec<ReviewRequest>,
    pub(crate) top_ups: Vec<TopUpRequest>,
    pub(crate) bytes: Vec<u8>,
    /// `open`, `ending`, `completed`, `halted` or `failed`.
    pub(crate) state: &'static str,
    pub(crate) wants_input: bool,
}

/// A text after it was guarded.
#[derive(Debug)]
pub(crate) struct Guarded {
    pub(crate) text: String,
    pub(crate) events: Vec<SessionEvent>,
    /// The account as JSON.
    pub(crate) record: String,
}

/// The name of a kernel's state.
pub(crate) const fn kernel_state_name(state: KernelState) -> &'static str {
    match state {
        KernelState::Idle => "idle",
        KernelState::Streaming => "streaming",
        KernelState::Halted => "halted",
    }
}

/// The name of a monitor's state.
pub(crate) const fn state_name(state: MonitorState) -> &'static str {
    match state {
        MonitorState::Open => "open",
        MonitorState::Halted => "halted",
        MonitorState::Finished => "finished",
    }
}
