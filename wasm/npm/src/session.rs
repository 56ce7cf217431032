//! One guarded stream.

use alloc::vec::Vec;

use interlock_core::dialect::{Channel, ChannelKind, DialectKind};
use interlock_core::halt::Observation;
use interlock_core::policy::{Policy, PolicyError, PolicyFault};
use interlock_core::session::{self, Segment, SessionError, SessionEvent, SessionState};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::code;
use crate::details::{self, count, optional};
use crate::failure::{Failure, FailureKind, made};
use crate::tree::{self, TreeSource};

/// More bytes of the wire can change something. Added to a status.
const WANTS_INPUT: u32 = 8;
/// The operation was refused since the session's state does not allow it. Added to a status.
const REFUSED: u32 = 16;
/// The operation was refused since the segment does not wait for an answer. Added to a status.
const UNKNOWN_SEGMENT: u32 = 32;

/// What may leave is what was fed, byte for byte, and has been taken. Added to a status.
const SAME: u32 = 64;

/// What was read waits for units. Added to a status.
#[cfg(feature = "session-covenant")]
const AWAITS_TOP_UP: u32 = 128;

/// A state machine for one stream. Operations give a status: the state (0 open, 1 ending, 2 completed,
/// 3 halted, 4 failed) and the flags above.
#[wasm_bindgen]
pub struct Session {
    pub(crate) inner: session::Session,
    /// What the slots speak of.
    segment: Option<Segment>,
    event: Option<SessionEvent>,
    #[cfg(feature = "session-covenant")]
    pub(crate) ledger_event: Option<interlock_core::session::LedgerEvent>,
}

#[wasm_bindgen]
impl Session {
    /// A session under a policy, a tree of `tree.rs`, and a dialect by name.
    ///
    /// # Errors
    /// The policy is refused, or there is no such dialect.
    #[cfg(not(feature = "session-guard"))]
    pub fn create(policy: &[u8], dialect: &str) -> Option<Session> {
        let (policy, dialect) = read(policy, dialect)?;
        Some(Self::of(made(session::Session::with_policy(policy, dialect))?))
    }

    /// Takes bytes of the wire, cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) -> u32 {
        let result = self.inner.feed(bytes);
        self.status(result)
    }

    /// Takes bytes of the wire, and gives them back without a copy where they may leave as they are. The
    /// output must have been taken before.
    #[wasm_bindgen(js_name = feedThrough)]
    pub fn feed_through(&mut self, bytes: &[u8]) -> u32 {
        let result = self.inner.feed(bytes);
        let same = !bytes.is_empty() && self.inner.output() == bytes;
        if same {
            self.inner.clear_output();
        }
        self.status(result) | if same { SAME } else { 0 }
    }

    /// The upstream came to a clean end.
    pub fn end(&mut self) -> u32 {
        let result = self.inner.end();
        self.status(result)
    }

    /// The upstream failed.
    pub fn fail(&mut self, message: &str) -> u32 {
        let result = self.inner.fail(message);
        self.status(result)
    }

    /// Answers a segment.
    pub fn answer(
        &mut self,
        segment: f64,
        score: Option<f64>,
        elapsed_ms: Option<f64>,
        logit_entropy: Option<f64>,
    ) -> u32 {
        let result = self.inner.answer(number(segment), Observation { score, elapsed_ms, logit_entropy });
        self.status(result)
    }

    /// Halts the stream where it stands.
    pub fn stop(&mut self, reason: u8, observed: Option<f64>, bound: Option<f64>) -> u32 {
        let result = self.inner.stop(code::halt_of(reason, observed, bound));
        self.status(result)
    }

    /// Takes the next segment that wants a score. Slots: id, choice, kind, block, start, entropy, and
    /// address and length of the text, which stay good until the next call.
    #[wasm_bindgen(js_name = nextSegment)]
    pub fn next_segment(&mut self) -> bool {
        self.segment = self.inner.next_segment();
        let Some(segment) = &self.segment else { return false };
        let [choice, kind, block] = numbers(segment.channel);
        let [address, length] = place(segment.text.as_bytes());
        let entropy = optional(segment.logit_entropy);
        details::set(&[count(segment.id), choice, kind, block, count(segment.start), entropy, address, length]);
        true
    }

    /// Takes the next verdict. Slots: observed, bound, the verdict's code, segment, choice, kind, block,
    /// start, score, position, and address and length of the text, which stay good until the next call.
    #[wasm_bindgen(js_name = nextEvent)]
    pub fn next_event(&mut self) -> bool {
        self.event = self.inner.next_event();
        let Some(event) = &self.event else { return false };
        let verdict = f64::from(code::verdict(event.verdict));
        let [observed, bound] = details::first();
        let [choice, kind, block] = numbers(event.channel);
        let [address, length] = place(event.text.as_bytes());
        let (segment, start, position) = (count(event.segment), count(event.start), count(event.position));
        let score = optional(event.score);
        details::set(&[
            observed, bound, verdict, segment, choice, kind, block, start, score, position, address, length,
        ]);
        true
    }

    /// Drops the verdicts that wait.
    #[wasm_bindgen(js_name = clearEvents)]
    pub fn clear_events(&mut self) {
        while self.inner.next_event().is_some() {}
    }

    /// How many bytes may leave. Slot: their address, good until the next call.
    pub fn output(&mut self) -> u32 {
        let output = self.inner.output();
        let [address, _] = place(output);
        details::set(&[address]);
        u32::try_from(output.len()).unwrap_or(u32::MAX)
    }

    /// Forgets the bytes that may leave, which have been copied.
    #[wasm_bindgen(js_name = clearOutput)]
    pub fn clear_output(&mut self) {
        self.inner.clear_output();
    }

    /// The status, changing nothing.
    #[wasm_bindgen(js_name = status)]
    pub fn current_status(&self) -> u32 {
        self.status(Ok(()))
    }

    /// Milliseconds after which a score is late.
    #[wasm_bindgen(js_name = deadlineMs)]
    pub fn deadline_ms(&self) -> u32 {
        self.inner.policy().halt.deadline_ms
    }

    /// The account so far, a tree of `tree.rs`.
    pub fn record(&self) -> Vec<u8> {
        tree::session_record(&self.inner.record())
    }
}

/// A policy, a tree of `tree.rs`.
pub(crate) fn read_policy(policy: &[u8]) -> Option<Policy> {
    made(Policy::read(&mut TreeSource::new(policy)))
}

/// The policy and the dialect of a session.
pub(crate) fn read(policy: &[u8], dialect: &str) -> Option<(Policy, DialectKind)> {
    let unknown = |_| Failure::new(FailureKind::Argument, "dialect".into(), "there is no such dialect".into());
    let dialect = made(dialect.parse::<DialectKind>().map_err(unknown))?;
    Some((read_policy(policy)?, dialect))
}

impl Session {
    pub(crate) const fn of(inner: session::Session) -> Self {
        Self {
            inner,
            segment: None,
            event: None,
            #[cfg(feature = "session-covenant")]
            ledger_event: None,
        }
    }

    pub(crate) fn status(&self, result: Result<(), SessionError>) -> u32 {
        let state = match self.inner.state() {
            SessionState::Open => 0,
            SessionState::Ending => 1,
            SessionState::Completed => 2,
            SessionState::Halted => 3,
            SessionState::Failed => 4,
        };
        let wants = if self.inner.wants_input() { WANTS_INPUT } else { 0 };
        let refused = match result {
            Ok(()) => 0,
            Err(SessionError::Ended { .. }) => REFUSED,
            Err(SessionError::UnknownSegment { .. }) => UNKNOWN_SEGMENT,
        };
        #[cfg(feature = "session-covenant")]
        let awaits = if self.inner.awaits_top_up() { AWAITS_TOP_UP } else { 0 };
        #[cfg(not(feature = "session-covenant"))]
        let awaits = 0;
        state | wants | refused | awaits
    }
}

/// A channel in numbers: the choice, the position of the kind in [`ChannelKind::ALL`], the block.
fn numbers(channel: Channel) -> [f64; 3] {
    let kind = ChannelKind::ALL.iter().zip(0_u32..).find(|(kind, _)| **kind == channel.kind);
    let kind = kind.map_or(5, |(_, position)| position);
    [f64::from(channel.choice), f64::from(kind), f64::from(channel.block)]
}

/// Address and length of bytes in the module's memory.
pub(crate) fn place(bytes: &[u8]) -> [f64; 2] {
    [count(bytes.as_ptr().addr() as u64), count(bytes.len() as u64)]
}

/// A segment's number; one that is none is no segment's.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range of u64")]
pub(crate) fn number(segment: f64) -> u64 {
    if (0.0..=9_007_199_254_740_991.0).contains(&segment) && segment % 1.0 == 0.0 { segment as u64 } else { u64::MAX }
}

impl From<PolicyError> for Failure {
    fn from(error: PolicyError) -> Self {
        match error.fault {
            PolicyFault::Value { value, bound } => Self::of_value(FailureKind::Policy, error.path, value, bound),
            PolicyFault::Text(message) => Self::new(FailureKind::Policy, error.path, message),
        }
    }
}
