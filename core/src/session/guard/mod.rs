//! The guard at work: the text of every channel is searched for patterns before anything else is done with it.
//!
//! - `tables`: the patterns of a policy, for each kind of channel; `artifact`: the same as a policy artifact has them.
//! - `channel`: the guard of one channel. What it lets go is cut into segments; what it replaces, segments and clients get
//!   replaced.
//! - `strings`: tool arguments are JSON, and are guarded as they are written and as the strings in them are decoded. Texts
//!   that a dialect does not know are guarded as one and each by itself.
//! - `edits`: what leaves in place of which bytes.
//!
//! A match of a halt pattern takes its turn: the text before it goes on through the later steps first, so it is carried out
//! when every segment before it has been judged. The response ends as of the message that completed it, and nothing is
//! read behind that.
//!
//! Text that comes for a channel behind its end is a failure of the upstream: it would not have been seen together with
//! what it follows.

#[cfg(feature = "policy-artifact")]
mod artifact;
mod channel;
mod edits;
mod strings;
mod tables;

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use serde::Serialize;

use super::fifo::Fifo;
use super::machine::Session;
use super::record::HaltedAt;
use crate::dialect::{Channel, ChannelKind, DialectKind};
use crate::guard::{Action, GuardHalt, Hit};
use crate::halt::Halt;
use crate::policy::{ChannelAction, Policy, PolicyError};

#[cfg(feature = "policy-artifact")]
pub(crate) use artifact::Places;
pub(super) use channel::ChannelGuard;
pub(super) use edits::Edit;
use strings::Strings;
pub use tables::ChannelGuards;

/// Matches that wait to be taken; of more, only the count is kept.
const MOST_EVENTS: usize = 4096;

/// A match. Where and how long, never what was matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardEvent {
    /// Its channel.
    pub channel: Channel,
    /// Id of the pattern.
    pub pattern: String,
    /// What happened, or would have.
    pub action: Action,
    /// Byte of the channel's text at which it starts.
    pub start: u64,
    /// Bytes of it.
    pub length: u64,
    /// Bytes given out before it was found: what it replaced stands there in the output, or behind.
    pub position: u64,
}

/// How often a pattern matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PatternRecord {
    /// Its id.
    pub pattern: String,
    /// What happened where it matched, or would have.
    pub action: Action,
    /// How often.
    pub matches: u64,
}

/// The account of a guard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct GuardRecord {
    /// The pattern whose match ended the response, or would have.
    pub halted_by: Option<String>,
    /// Every pattern that matched, in the order of the first match.
    pub patterns: Vec<PatternRecord>,
}

/// A halt whose turn comes when every segment before it has been judged.
#[derive(Clone, Debug)]
struct DueHalt {
    before: u64,
    message: u64,
    halt: Halt,
    at: HaltedAt,
    length: u64,
    pattern: Option<String>,
}

/// Matches that the ledger has not been told of.
#[cfg(feature = "covenant")]
#[derive(Debug, Default)]
struct Untold {
    events: Fifo<GuardEvent>,
    /// How many there were, and how many of them were told.
    kept: u64,
    told: u64,
}

/// What the guard knows of a stream.
#[derive(Debug)]
pub(super) struct Guards {
    tables: Arc<ChannelGuards>,
    due: Option<DueHalt>,
    record: GuardRecord,
    /// Matches that were not taken.
    events: Fifo<GuardEvent>,
    #[cfg(feature = "covenant")]
    ledger: Untold,
}

impl Guards {
    fn new(tables: Arc<ChannelGuards>) -> Self {
        Self {
            tables,
            due: None,
            record: GuardRecord::default(),
            events: Fifo::default(),
            #[cfg(feature = "covenant")]
            ledger: Untold::default(),
        }
    }

    /// The guards of a policy that is valid, if it asks for any.
    pub(super) fn of(policy: &Policy) -> Result<Option<Self>, PolicyError> {
        match &policy.guard {
            None => Ok(None),
            #[cfg(feature = "guard-compiler")]
            Some(guard) => Ok(Some(Self::new(Arc::new(ChannelGuards::compile(guard)?)))),
            #[cfg(not(feature = "guard-compiler"))]
            Some(_) => {
                let message = "a session with a guard is made with its tables";
                Err(PolicyError::new(String::from("guard"), String::from(message)))
            }
        }
    }

    /// The guard of a new channel, if it has one.
    pub(super) fn channel(&self, kind: ChannelKind, policy: &Policy, action: ChannelAction) -> Option<ChannelGuard> {
        let tables = self.tables.tables(kind).filter(|_| action != ChannelAction::Withhold)?;
        let is_enforced = policy.mode == crate::policy::Mode::Enforce;
        let strings = match kind {
            ChannelKind::ToolArguments => Some(Strings::of_json()),
            ChannelKind::Other => Some(Strings::of_pieces()),
            _ => None,
        };
        Some(ChannelGuard::new(tables, policy.limits.held_bytes, strings, is_enforced))
    }

    #[cfg(feature = "adopt")]
    pub(super) fn tables(&self) -> &ChannelGuards {
        &self.tables
    }

    pub(super) fn record(&self) -> GuardRecord {
        self.record.clone()
    }

    /// The pattern that ended the response.
    #[cfg(feature = "covenant")]
    pub(super) fn halted_by(&self) -> Option<&str> {
        self.record.halted_by.as_deref()
    }

    /// How many matches there are for the ledger so far, and how many of them it has been told of.
    #[cfg(feature = "covenant")]
    pub(super) const fn told(&self) -> (u64, u64) {
        (self.ledger.kept, self.ledger.told)
    }

    /// The next match that the ledger has not been told of.
    #[cfg(feature = "covenant")]
    pub(super) fn tell(&mut self) -> Option<GuardEvent> {
        let event = self.ledger.events.pop()?;
        self.ledger.told = self.ledger.told.saturating_add(1);
        Some(event)
    }

    fn note(&mut self, event: GuardEvent) {
        let records = &mut self.record.patterns;
        match records.iter_mut().find(|record| record.pattern == event.pattern && record.action == event.action) {
            Some(record) => record.matches = record.matches.saturating_add(1),
            None => {
                records.push(PatternRecord { pattern: event.pattern.clone(), action: event.action, matches: 1 });
            }
        }
        #[cfg(feature = "covenant")]
        if self.ledger.events.len() < MOST_EVENTS {
            self.ledger.events.push(event.clone());
            self.ledger.kept = self.ledger.kept.saturating_add(1);
        }
        if self.events.len() < MOST_EVENTS {
            self.events.push(event);
        }
    }

    /// The match that ended the response. The ledger is told of the halt itself.
    fn note_halt(&mut self, event: GuardEvent) {
        let pattern = event.pattern.clone();
        self.record.halted_by = Some(pattern.clone());
        self.record.patterns.push(PatternRecord { pattern, action: event.action, matches: 1 });
        if self.events.len() < MOST_EVENTS {
            self.events.push(event);
        }
    }
}

impl Session {
    /// A session for one stream, under a policy that it keeps and the tables that were made for its guard.
    ///
    /// # Errors
    /// [`PolicyError`] when the policy is not valid.
    pub fn with_guards(policy: Policy, dialect: DialectKind, guards: Arc<ChannelGuards>) -> Result<Self, PolicyError> {
        policy.validate()?;
        let covenant = super::covenant::Covenant::of(&policy)?;
        let guards = policy.guard.is_some().then(|| Guards::new(guards));
        Self::made(policy, dialect, covenant, guards)
    }

    /// The next match. Take them as they fall: they are kept until they are taken, at most 4096 of them.
    pub fn next_guard_event(&mut self) -> Option<GuardEvent> {
        self.guards.as_mut()?.events.pop()
    }

    /// Takes note of what the guard of a channel has found.
    pub(super) fn note_guard(&mut self, index: usize) {
        let (position, message) = (self.bytes_out(), self.events_in);
        let Some(state) = self.channels.get_mut(index) else { return };
        let channel = state.channel;
        let Some(guard) = &mut state.guard else { return };
        let Some(guards) = &mut self.guards else { return };
        let tables = Arc::clone(guard.tables());
        let name = |hit: Hit| tables.pattern(hit.pattern).map_or_else(String::new, |it| String::from(it.id()));
        for found in guard.take_hits() {
            let strings::Found { hit, action } = found;
            guards.note(GuardEvent {
                channel,
                pattern: name(hit),
                action,
                start: hit.start,
                length: hit.len(),
                position,
            });
        }
        let Some(halt) = guard.halt() else { return };
        let start = guard.released();
        if guards.due.is_some() {
            return;
        }
        // What was let go before it is judged first.
        self.cut_rest(index);
        let before = self.next_segment_id();
        let observing = self.is_observing();
        if observing {
            self.channels.iter_mut().for_each(super::channel::ChannelState::stop_guard);
        }
        let (halt, start, length, pattern) = match halt {
            GuardHalt::Pattern(hit) => {
                (Halt::because(crate::halt::HaltReason::Pattern), hit.start, hit.len(), Some(name(hit)))
            }
            GuardHalt::HeldLimit { held, limit } => {
                #[allow(clippy::cast_precision_loss, reason = "a number of bytes, for people")]
                let halt = Halt::measured(crate::halt::HaltReason::HeldLimit, held as f64, f64::from(limit));
                (halt, start, held, None)
            }
        };
        let at = HaltedAt { segment: before, channel, start };
        if let Some(guards) = &mut self.guards {
            guards.due = Some(DueHalt { before, message, halt, at, length, pattern });
        }
    }

    /// Whether a halt waits for its turn.
    pub(super) fn has_due_halt(&self) -> bool {
        self.guards.as_ref().is_some_and(|guards| guards.due.is_some())
    }

    /// Carries a halt out whose turn has come. Whether the stream is over.
    pub(super) fn halt_guarded(&mut self) -> bool {
        let first = self.first_waiting;
        let Some(guards) = &mut self.guards else { return false };
        let Some(due) = guards.due.take_if(|due| due.before <= first) else { return false };
        if self.halt.is_some() {
            // Observed only: another would have been before it.
            return false;
        }
        let position = self.output_taken.saturating_add(self.output.len() as u64);
        let DueHalt { message, halt, at, length, pattern, .. } = due;
        if let Some(pattern) = pattern {
            let (channel, start) = (at.channel, at.start);
            guards.note_halt(GuardEvent { channel, pattern, action: Action::Halt, start, length, position });
        }
        if self.is_observing() {
            self.note_halt(halt, Some((at, length)));
            self.stop_scoring();
            return false;
        }
        self.let_leave(message);
        self.halt_stream(halt, Some((at, length)), message);
        true
    }

    /// Text came for a channel behind its end.
    pub(super) fn has_text_behind_end(&self, index: usize) -> bool {
        self.channels.get(index).and_then(|state| state.guard.as_ref()).is_some_and(|guard| guard.has_more())
    }
}
