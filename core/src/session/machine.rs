//! The session: its state, what goes in and what comes out.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::Serialize;

use super::builtin::BuiltinScorer;
use super::channel::ChannelState;
use super::covenant::Covenant;
use super::fifo::Fifo;
use super::frame::{Frame, Piece};
use super::guard::Guards;
#[cfg(feature = "covenant")]
use super::ledger::Untold;
use super::record::{ChannelRecord, ChoiceRecord, HaltedAt, SessionFailure, SessionRecord};
use crate::dialect::sse::Boundary;
use crate::dialect::{Alike, Channel, Dialect, DialectKind, Found, Framing};
use crate::halt::{Halt, HaltReason, Observation, StreamMonitor, Verdict};
use crate::json::JsonText;
use crate::policy::{Mode, Policy, PolicyError, ScorerKind};

/// Where a stream is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SessionState {
    /// Bytes are taken.
    Open,
    /// The input is over; scores are still out.
    Ending,
    /// Over: everything has left.
    Completed,
    /// Over: a check failed and the protocol was ended.
    Halted,
    /// Over: the upstream broke.
    Failed,
}

impl SessionState {
    /// The name used in records and every other language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ending => "ending",
            Self::Completed => "completed",
            Self::Halted => "halted",
            Self::Failed => "failed",
        }
    }

    /// Whether the stream is over.
    #[must_use]
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Completed | Self::Halted | Self::Failed)
    }
}

/// An operation that the session's state does not allow. Nothing changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionError {
    /// The stream is over, or its input is.
    Ended {
        /// Where it is in its life.
        state: SessionState,
    },
    /// No such segment waits for an answer: it was never handed out, or it has been answered.
    UnknownSegment {
        /// The segment.
        segment: u64,
    },
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended { state } => write!(f, "the session takes no more: it is {}", state.as_str()),
            Self::UnknownSegment { segment } => write!(f, "segment {segment} does not wait for an answer"),
        }
    }
}

impl core::error::Error for SessionError {}

/// A piece of text that wants one score.
#[derive(Clone, Debug, PartialEq)]
pub struct Segment {
    /// Its number, from 0, in the order in which segments are judged.
    pub id: u64,
    /// Its channel.
    pub channel: Channel,
    /// Byte of the channel's text at which it starts.
    pub start: u64,
    /// Its text.
    pub text: String,
    /// The largest entropy of the next-token distributions in it, in bits, where the upstream sent
    /// log-probabilities.
    pub logit_entropy: Option<f64>,
}

/// A verdict on a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct SessionEvent {
    /// The segment.
    pub segment: u64,
    /// Its channel.
    pub channel: Channel,
    /// Byte of the channel's text at which it starts.
    pub start: u64,
    /// Its text.
    pub text: String,
    /// Its score as recorded, in [0, 1]; none when it was skipped.
    pub score: Option<f64>,
    /// The verdict.
    pub verdict: Verdict,
    /// Bytes given out before this verdict: what it released stands there in the output.
    pub position: u64,
}

/// A segment from its cut to its verdict.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) channel: usize,
    pub(super) start: u64,
    pub(super) end: u64,
    /// The message that completed it: how many had been read.
    pub(super) message: u64,
    pub(super) text: String,
    pub(super) logit_entropy: Option<f64>,
    pub(super) answer: Option<Observation>,
}

/// One of the alternative answers.
#[derive(Debug)]
pub(super) struct Choice {
    pub(super) index: u32,
    /// The message in which it first had text: how many had been read.
    pub(super) message: u64,
    pub(super) monitor: StreamMonitor,
    /// The channel that text came for last.
    pub(super) last_channel: Option<usize>,
    /// The client has been given its finish reason.
    pub(super) finish_sent: bool,
}

/// Whether bytes are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Input {
    Open,
    /// The protocol's own end has come; only bytes without text may follow.
    Done,
    Closed,
}

/// One guarded stream.
///
/// ```
/// use interlock_core::dialect::DialectKind;
/// use interlock_core::halt::Observation;
/// use interlock_core::policy::Policy;
/// use interlock_core::session::{Session, SessionState};
///
/// let policy = Policy::from_json(r#"{"scorer": {"kind": "host"}}"#)?;
/// let mut session = Session::new(&policy, DialectKind::Text)?;
/// session.feed(b"The sky is ")?;
/// let segment = session.next_segment().unwrap();
/// session.answer(segment.id, Observation::score(0.9))?;
/// assert_eq!(session.take_output(), b"The sky is ");
///
/// session.feed(b"green")?;
/// let segment = session.next_segment().unwrap();
/// session.answer(segment.id, Observation::score(0.1))?;
/// assert_eq!(session.state(), SessionState::Halted);
/// assert_eq!(session.take_output(), policy.ending.message.as_bytes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Session {
    pub(super) policy: Policy,
    pub(super) kind: DialectKind,
    pub(super) dialect: Box<dyn Dialect + Send>,
    pub(super) framing: Framing,
    /// The protocol tells texts again.
    pub(super) repeats: bool,
    pub(super) scorer: Option<BuiltinScorer>,
    pub(super) covenant: Option<Box<Covenant>>,
    pub(super) guards: Option<Guards>,

    pub(super) input: Input,
    /// The bytes that are being taken are the last.
    pub(super) last_bytes: bool,
    pub(super) boundary: Boundary,
    /// The first bytes, until they tell whether they are the start of an event stream.
    pub(super) prologue: Option<Vec<u8>>,
    /// The message that is not whole yet.
    pub(super) partial: Vec<u8>,
    /// Observed only: the message that is not whole is longer than may be held, and passes unread.
    pub(super) unread: bool,
    /// Byte of the input at which the next message starts.
    pub(super) position: u64,
    pub(super) found: Found,
    pub(super) alike: Alike,
    /// Memory for the pieces of a message that leaves at once.
    pub(super) spare_pieces: Vec<Piece>,

    pub(super) channels: Vec<ChannelState>,
    pub(super) choices: Vec<Choice>,
    pub(super) waiting: Fifo<Waiting>,
    /// Number of the first segment in `waiting`.
    pub(super) first_waiting: u64,
    /// How many of `waiting` have been handed out.
    pub(super) handed_out: usize,

    pub(super) queue: Fifo<Frame>,
    pub(super) queue_bytes: u64,
    pub(super) output: Vec<u8>,
    /// Bytes of output that were taken.
    pub(super) output_taken: u64,
    pub(super) events: Fifo<SessionEvent>,

    /// The terminal state.
    pub(super) ended: Option<SessionState>,
    pub(super) halt: Option<Halt>,
    pub(super) halted_at: Option<HaltedAt>,
    /// Halts that the ledger has not been told of.
    #[cfg(feature = "covenant")]
    pub(super) untold: Vec<Untold>,
    #[cfg(feature = "covenant")]
    pub(super) end_told: bool,
    #[cfg(feature = "covenant")]
    pub(super) is_abandoned: bool,
    pub(super) failure: Option<SessionFailure>,
    /// The client has been told of a failure: the stream ends in it.
    pub(super) broken: bool,
    /// The last account of usage in a message that has left.
    pub(super) usage: Vec<u8>,
    /// The number that the next message gets, where the protocol counts them.
    pub(super) next_count: u32,
    pub(super) bytes_in: u64,
    pub(super) events_in: u64,
    pub(super) warnings: u64,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("dialect", &self.kind).field("state", &self.state()).finish_non_exhaustive()
    }
}

impl Session {
    /// A session for one stream.
    ///
    /// # Errors
    /// [`PolicyError`] when the policy is not valid.
    pub fn new(policy: &Policy, dialect: DialectKind) -> Result<Self, PolicyError> {
        Self::with_policy(policy.clone(), dialect)
    }

    /// A session for one stream, under a policy that it keeps.
    ///
    /// # Errors
    /// [`PolicyError`] when the policy is not valid.
    pub fn with_policy(policy: Policy, dialect: DialectKind) -> Result<Self, PolicyError> {
        policy.validate()?;
        let covenant = Covenant::of(&policy)?;
        let guards = Guards::of(&policy)?;
        Self::made(policy, dialect, covenant, guards)
    }

    /// A session under a policy that is valid.
    pub(super) fn made(
        policy: Policy,
        dialect: DialectKind,
        covenant: Option<Box<Covenant>>,
        guards: Option<Guards>,
    ) -> Result<Self, PolicyError> {
        let scorer = match policy.scorer.kind {
            ScorerKind::Builtin => Some(BuiltinScorer::new(&policy)?),
            ScorerKind::None | ScorerKind::Host => None,
        };
        let kind = dialect;
        let dialect = kind.instantiate();
        let framing = dialect.framing();
        let repeats = cfg!(feature = "dialects") && dialect.repeats();
        Ok(Self {
            policy,
            kind,
            dialect,
            framing,
            repeats,
            scorer,
            covenant,
            guards,
            input: Input::Open,
            last_bytes: false,
            boundary: Boundary::default(),
            prologue: (framing == Framing::Sse).then(Vec::new),
            partial: Vec::new(),
            unread: false,
            position: 0,
            found: Found::default(),
            alike: Alike::default(),
            spare_pieces: Vec::new(),
            channels: Vec::new(),
            choices: Vec::new(),
            waiting: Fifo::default(),
            first_waiting: 0,
            handed_out: 0,
            queue: Fifo::default(),
            queue_bytes: 0,
            output: Vec::new(),
            output_taken: 0,
            events: Fifo::default(),
            ended: None,
            halt: None,
            halted_at: None,
            #[cfg(feature = "covenant")]
            untold: Vec::new(),
            #[cfg(feature = "covenant")]
            end_told: false,
            #[cfg(feature = "covenant")]
            is_abandoned: false,
            failure: None,
            broken: false,
            usage: Vec::new(),
            next_count: 0,
            bytes_in: 0,
            events_in: 0,
            warnings: 0,
        })
    }

    /// Takes bytes of the wire, cut anywhere. What is wrong with them is no error of the call: the
    /// session ends in [`SessionState::Failed`] once everything before it has been judged.
    ///
    /// Feed what the network gives, up to some 64 KiB at a time, and answer segments in between: what
    /// waits for its score counts towards `limits.held_bytes`.
    ///
    /// # Errors
    /// [`SessionError::Ended`] when the stream or its input is over.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        self.require_input()?;
        self.take_in(bytes);
        Ok(())
    }

    /// Takes the last bytes of the wire: as [`Session::feed`] and [`Session::end`] in one, and a text that
    /// ends here is known to be complete when it is judged.
    ///
    /// # Errors
    /// [`SessionError::Ended`] when the stream or its input is over.
    pub fn feed_last(&mut self, bytes: &[u8]) -> Result<(), SessionError> {
        self.require_input()?;
        self.last_bytes = true;
        self.take_in(bytes);
        if self.ended.is_none() && self.input != Input::Closed {
            self.end_input();
        }
        Ok(())
    }

    /// The upstream came to a clean end.
    ///
    /// # Errors
    /// [`SessionError::Ended`] when the stream or its input is over.
    pub fn end(&mut self) -> Result<(), SessionError> {
        self.require_input()?;
        self.end_input();
        Ok(())
    }

    /// The upstream failed in a way that its bytes do not show: a connection was lost.
    ///
    /// # Errors
    /// [`SessionError::Ended`] when the stream or its input is over.
    pub fn fail(&mut self, message: &str) -> Result<(), SessionError> {
        self.require_input()?;
        self.fail_input(message);
        Ok(())
    }

    /// Answers a segment. Answers may come in any order; they are applied in the order of the text.
    /// The answer's own `logit_entropy` goes before the segment's.
    ///
    /// # Errors
    /// [`SessionError::UnknownSegment`] when it does not wait for one, [`SessionError::Ended`] when the
    /// stream is over.
    pub fn answer(&mut self, segment: u64, answer: Observation) -> Result<(), SessionError> {
        self.require_running()?;
        let unknown = SessionError::UnknownSegment { segment };
        let index = segment.checked_sub(self.first_waiting).ok_or(unknown)?;
        let index = usize::try_from(index).ok().filter(|index| *index < self.handed_out).ok_or(unknown)?;
        let waiting = self.waiting.get_mut(index).filter(|waiting| waiting.answer.is_none()).ok_or(unknown)?;
        waiting.answer = Some(answer);
        self.judge_answered();
        Ok(())
    }

    /// Halts the stream now, whatever waits.
    ///
    /// # Errors
    /// [`SessionError::Ended`] when the stream is over.
    pub fn emergency_stop(&mut self) -> Result<(), SessionError> {
        self.stop(Halt::because(HaltReason::EmergencyStop))
    }

    /// Halts the stream now, for a reason that the session cannot see: a denied operation, a spent
    /// budget, a trap. Also in [`Mode::Observe`].
    ///
    /// # Errors
    /// [`SessionError::Ended`] when the stream is over.
    pub fn stop(&mut self, halt: Halt) -> Result<(), SessionError> {
        self.require_running()?;
        self.halt_stream(halt, None, self.events_in);
        Ok(())
    }

    pub(super) fn require_running(&self) -> Result<(), SessionError> {
        match self.ended {
            Some(state) => Err(SessionError::Ended { state }),
            None => Ok(()),
        }
    }

    fn require_input(&self) -> Result<(), SessionError> {
        self.require_running()?;
        if self.input == Input::Closed { Err(SessionError::Ended { state: SessionState::Ending }) } else { Ok(()) }
    }

    /// The next segment that wants a score, in the order of the text. With the scorer kind `host` only.
    pub fn next_segment(&mut self) -> Option<Segment> {
        let waiting = self.waiting.get(self.handed_out)?;
        let channel = self.channels.get(waiting.channel)?.channel;
        let id = self.first_waiting.saturating_add(self.handed_out as u64);
        let segment = Segment {
            id,
            channel,
            start: waiting.start,
            text: waiting.text.clone(),
            logit_entropy: waiting.logit_entropy,
        };
        self.handed_out = self.handed_out.saturating_add(1);
        Some(segment)
    }

    /// The next verdict. Take them as they fall: they are kept until they are taken.
    pub fn next_event(&mut self) -> Option<SessionEvent> {
        self.events.pop()
    }

    /// Bytes that may leave and have not been taken.
    #[must_use]
    pub fn output(&mut self) -> &[u8] {
        self.write_released();
        &self.output
    }

    /// Takes the bytes that may leave.
    #[must_use]
    pub fn take_output(&mut self) -> Vec<u8> {
        self.write_released();
        self.output_taken = self.bytes_out();
        core::mem::take(&mut self.output)
    }

    /// Forgets the bytes that may leave, which the caller has copied from [`Session::output`], and keeps
    /// their memory.
    pub fn clear_output(&mut self) {
        self.output_taken = self.bytes_out();
        self.output.clear();
    }

    /// Bytes given out so far, waiting ones included.
    pub(super) fn bytes_out(&self) -> u64 {
        self.output_taken.saturating_add(self.output.len() as u64)
    }

    /// Where the stream is in its life.
    #[must_use]
    pub fn state(&self) -> SessionState {
        match (self.ended, self.input) {
            (Some(state), _) => state,
            (None, Input::Closed) => SessionState::Ending,
            (None, Input::Open | Input::Done) => SessionState::Open,
        }
    }

    /// Whether more bytes of the wire can change anything. False after the protocol's own end: the host
    /// may stop reading, and calls [`Session::end`].
    #[must_use]
    pub fn wants_input(&self) -> bool {
        self.ended.is_none() && self.input == Input::Open
    }

    /// The policy that the session keeps to.
    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The account so far.
    #[must_use]
    pub fn record(&self) -> SessionRecord {
        let waiting_usage = self.queue.iter().rev().find_map(Frame::usage);
        let usage = waiting_usage.unwrap_or(&self.usage);
        let mut channels = Vec::new();
        for state in &self.channels {
            channels.push(ChannelRecord {
                channel: state.channel,
                action: state.action,
                checked: state.checked(),
                guarded: state.is_guarded,
                bytes: state.decoded(),
                released: state.released_bytes(),
            });
        }
        let mut choices = Vec::new();
        for choice in &self.choices {
            let summary = choice.monitor.summary();
            if summary.tokens > 0 {
                choices.push(ChoiceRecord { choice: choice.index, summary });
            }
        }
        SessionRecord {
            dialect: self.kind,
            mode: self.policy.mode,
            state: self.state(),
            halt: self.halt,
            halted_at: self.halted_at,
            error: self.failure.clone(),
            bytes_in: self.bytes_in,
            bytes_out: self.bytes_out(),
            events_in: self.events_in,
            segments: self.next_segment_id(),
            warnings: self.warnings,
            usage: JsonText::seen(usage),
            choices,
            channels,
            #[cfg(feature = "covenant")]
            covenant: self.covenant.as_ref().map(|covenant| covenant.record()),
            #[cfg(feature = "guard")]
            guard: self.guards.as_ref().map(Guards::record),
        }
    }

    /// Segments that were cut so far.
    #[cfg(feature = "policy-artifact")]
    pub(crate) fn segments(&self) -> u64 {
        self.next_segment_id()
    }

    /// The number that the next segment gets.
    pub(super) fn next_segment_id(&self) -> u64 {
        self.first_waiting.saturating_add(self.waiting.len() as u64)
    }

    pub(super) const fn is_observing(&self) -> bool {
        matches!(self.policy.mode, Mode::Observe)
    }
}
