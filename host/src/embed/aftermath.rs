//! What is left of a session whose instance trapped.

use std::collections::VecDeque;

use interlock_core::dialect::DialectKind;
use interlock_core::policy::{ChannelAction, ChannelPolicy, Mode, Policy, ScorerKind};
use interlock_core::session::{END_KIND, LedgerEvent, Session, SessionRecord};

use super::monitor::TRAPPED;

/// Keeps the little that a session's host must know to end the stream well without its instance, and does so.
///
/// The ending is written by a session of the core itself: the same code, and nothing that a trap could have touched. All
/// it reads is the beginning of what was given out, from which the ending has the response's id and model.
#[derive(Debug)]
pub(super) struct Aftermath {
    policy: Policy,
    dialect: DialectKind,
    bytes_in: u64,
    bytes_out: u64,
    /// The first bytes that were given out, at most [`HEAD_BYTES`].
    head: Vec<u8>,
    /// The last bytes that were given out, at most four.
    tail: Vec<u8>,
    ending: Option<Ending>,
    /// The ledger has been told that the stream is over.
    end_told: bool,
}

/// Room for the first event of a response, whatever comments and fields stand around it.
const HEAD_BYTES: usize = 4096;

#[derive(Debug)]
struct Ending {
    output: Vec<u8>,
    record: SessionRecord,
    /// What the ledger is told of it: the halt and the end.
    events: VecDeque<LedgerEvent>,
}

impl Aftermath {
    /// `policy`: JSON that the component accepted.
    pub(super) fn new(policy: &str, dialect: DialectKind) -> Self {
        // A component of another version may accept what this one does not; the defaults enforce.
        let policy = Policy::from_json(policy).unwrap_or_default();
        Self {
            policy,
            dialect,
            bytes_in: 0,
            bytes_out: 0,
            head: Vec::new(),
            tail: Vec::new(),
            ending: None,
            end_told: false,
        }
    }

    pub(super) const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The session keeps to another policy, which has been read.
    pub(super) fn adopted(&mut self, policy: &str) {
        if let Ok(policy) = Policy::from_json(policy) {
            self.policy = policy;
        }
    }

    /// Bytes were taken in.
    pub(super) const fn fed(&mut self, bytes: usize) {
        self.bytes_in = self.bytes_in.saturating_add(bytes as u64);
    }

    /// Bytes were given out.
    pub(super) fn gave(&mut self, bytes: &[u8]) {
        self.bytes_out = self.bytes_out.saturating_add(bytes.len() as u64);
        let room = HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        let last = bytes.get(bytes.len().saturating_sub(4)..).unwrap_or_default();
        self.tail.extend_from_slice(last);
        let surplus = self.tail.len().saturating_sub(4);
        self.tail.drain(..surplus);
    }

    /// The instance trapped: the stream halts here.
    pub(super) fn trapped(&mut self) {
        if self.ending.is_none() {
            self.ending = self.end();
        }
    }

    fn end(&self) -> Option<Ending> {
        // Nothing is read here that could be searched for patterns.
        let policy = Policy { guard: None, ..self.policy.clone() };
        let mut session = Session::with_policy(policy, self.dialect).ok()?;
        session.stop(TRAPPED).ok()?;
        let mut output = Vec::new();
        if self.dialect == DialectKind::OpenaiChat && self.is_within_event() {
            output.extend_from_slice(b"\n\n");
        }
        output.extend_from_slice(&self.ending_after_head().unwrap_or_else(|| session.take_output()));
        let bytes_out = self.bytes_out.saturating_add(output.len() as u64);
        let record = SessionRecord { bytes_in: self.bytes_in, bytes_out, ..session.record() };
        let events =
            if self.end_told { None } else { session.next_ledger_event().zip(Some(LedgerEvent::end(&record))) };
        let events = events.map(<[_; 2]>::from).into_iter().flatten().collect();
        Some(Ending { output, record, events })
    }

    /// The ledger has been told something.
    pub(super) fn told(&mut self, event: &super::session::LedgerEvent) {
        self.end_told |= event.kind == END_KIND;
    }

    /// The next event for the ledger of a stream that was halted by a trap: that, and its end, unless it was over.
    pub(super) fn next_ledger_event(&mut self) -> Option<LedgerEvent> {
        self.ending.as_mut()?.events.pop_front()
    }

    /// The ending of a stream that begins as this one did; none if it did not begin, or all of it is in the head.
    fn ending_after_head(&self) -> Option<Vec<u8>> {
        if self.dialect != DialectKind::OpenaiChat {
            return None;
        }
        // What was given out had passed.
        let (mut policy, pass) = (self.policy.clone(), ChannelAction::Pass);
        policy.mode = Mode::Enforce;
        policy.scorer.kind = ScorerKind::None;
        policy.guard = None;
        policy.channels = ChannelPolicy {
            content: pass,
            reasoning: pass,
            refusal: pass,
            tool_name: pass,
            tool_arguments: pass,
            other: pass,
        };
        let mut session = Session::new(&policy, self.dialect).ok()?;
        session.feed(&self.head).ok()?;
        drop(session.take_output());
        session.stop(TRAPPED).ok()?;
        Some(session.take_output())
    }

    /// Whether an event of the stream was given out in part: only what is observed passes in pieces.
    fn is_within_event(&self) -> bool {
        let closed = [b"\n\n".as_slice(), b"\r\n\r\n", b"\r\r"];
        !self.tail.is_empty() && !closed.iter().any(|end| self.tail.ends_with(end))
    }

    /// Takes the bytes that end the stream.
    pub(super) fn take_output(&mut self) -> Vec<u8> {
        self.ending.as_mut().map(|ending| std::mem::take(&mut ending.output)).unwrap_or_default()
    }

    /// The account of a stream that was halted by a trap.
    pub(super) fn record(&mut self) -> SessionRecord {
        self.trapped();
        match &self.ending {
            Some(ending) => ending.record.clone(),
            // Out of reach: a session of an accepted policy can be made and stopped.
            None => SessionRecord {
                dialect: self.dialect,
                mode: self.policy.mode,
                state: interlock_core::session::SessionState::Halted,
                halt: Some(TRAPPED),
                halted_at: None,
                error: None,
                bytes_in: self.bytes_in,
                bytes_out: self.bytes_out,
                events_in: 0,
                segments: 0,
                warnings: 0,
                usage: None,
                choices: Vec::new(),
                channels: Vec::new(),
                covenant: None,
                guard: None,
            },
        }
    }
}
