//! What the ledger keeps of a stream.
//!
//! A session tells what it decided as [`LedgerEvent`]s, in order, to a host that asks: every decision on a tool call, the
//! halt, and at the end the summary. They are written when they are asked for, so a host that keeps no ledger pays nothing.
//! They say what was checked, under which grant and with which verdict; of the model's text they say where and how long.
//!
//! A halt can be asked for as soon as it has fallen. A host that appends it before it gives out the session's output
//! has recorded every halt before its ending is sent.

use alloc::vec::Vec;

use super::machine::Session;
use super::record::{Checked, HaltedAt, SessionRecord};
use crate::covenant::DECISION_KIND;
use crate::dialect::{Channel, DialectKind};
use crate::halt::Halt;
use crate::json::escape_into;
use crate::numeric::digits;
use crate::policy::Mode;

/// What halts are called among the kinds of the ledger.
pub const HALT_KIND: &str = "session.halt";
/// What matches of the guard are called among the kinds of the ledger.
pub const GUARD_KIND: &str = "session.guard";
/// What ends of streams are called among the kinds of the ledger.
pub const END_KIND: &str = "session.end";
/// How a stream ends whose client has left before it was over.
pub const ABANDONED: &str = "abandoned";

/// Something that the ledger should keep: the host adds an id, the stream as origin and its clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LedgerEvent {
    /// [`HALT_KIND`], [`GUARD_KIND`], [`END_KIND`], or of a decision on a tool call [`DECISION_KIND`](crate::covenant::DECISION_KIND).
    pub kind: &'static str,
    /// What it comes to, to be found by: the outcome of a decision, the reason of a halt, the action of a match; of an end
    /// `completed`, `halted` or `failed`, or [`ABANDONED`].
    pub tag: &'static str,
    /// One JSON object without white space. What is the same is always the same bytes.
    pub payload: Vec<u8>,
}

/// A halt that has not been told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Untold {
    /// How many decisions came before it.
    decisions: usize,
    /// How many matches did.
    matches: u64,
    halt: Halt,
    /// The text that it fell on, and its length in bytes.
    at: Option<(HaltedAt, u64)>,
}

impl Session {
    /// The next event for the ledger. Decisions are given here whether [`Session::next_decision`] gives them or not.
    pub fn next_ledger_event(&mut self) -> Option<LedgerEvent> {
        let told = self.covenant.as_ref().map_or(0, |covenant| covenant.told);
        let is_told = |untold: &Untold| untold.decisions <= told && untold.matches <= self.matches().1;
        if self.untold.first().is_some_and(is_told) {
            let untold = self.untold.remove(0);
            return Some(self.halt_event(untold));
        }
        #[cfg(feature = "guard")]
        if let Some(event) = self.guards.as_mut().and_then(super::guard::Guards::tell) {
            return Some(self.match_event(&event));
        }
        if let Some(covenant) = &mut self.covenant
            && let Some(decision) = covenant.decisions.get(told)
        {
            covenant.told = told.saturating_add(1);
            let payload = decision.record.clone().into_bytes();
            return Some(LedgerEvent { kind: DECISION_KIND, tag: decision.outcome.as_str(), payload });
        }
        let is_over = self.ended.is_some() || self.is_abandoned;
        if !is_over || core::mem::replace(&mut self.end_told, true) {
            return None;
        }
        Some(LedgerEvent::end(&self.record()))
    }

    /// The client is gone, and nothing more is read: the ledger's last event says so ([`ABANDONED`]), and how far it came.
    /// A stream that is over stays as it is.
    pub fn abandon(&mut self) {
        self.is_abandoned = true;
    }

    /// Keeps a halt for the ledger.
    pub(super) fn tell_halt(&mut self, halt: Halt, at: Option<(HaltedAt, u64)>) {
        let decisions = self.covenant.as_ref().map_or(0, |covenant| covenant.decisions.len());
        self.untold.push(Untold { decisions, matches: self.matches().0, halt, at });
    }

    /// How many matches of the guard there are to tell, and how many were told.
    #[allow(clippy::missing_const_for_fn, reason = "not with the guard")]
    fn matches(&self) -> (u64, u64) {
        #[cfg(feature = "guard")]
        return self.guards.as_ref().map_or((0, 0), super::guard::Guards::told);
        #[cfg(not(feature = "guard"))]
        (0, 0)
    }

    #[cfg(feature = "guard")]
    fn match_event(&self, event: &super::GuardEvent) -> LedgerEvent {
        let grant = self.covenant.as_ref().map(|covenant| covenant.enforcer.grant());
        let mut out = head(self.kind, self.policy.mode, grant.map(|grant| (grant.id(), grant.version())));
        name(",\"action\":\"", event.action.as_str(), &mut out);
        name(",\"pattern\":\"", &event.pattern, &mut out);
        out.push(b',');
        channel(event.channel, &mut out);
        number(",\"start\":", event.start, &mut out);
        number(",\"length\":", event.length, &mut out);
        out.push(b'}');
        LedgerEvent { kind: GUARD_KIND, tag: event.action.as_str(), payload: out }
    }

    fn halt_event(&self, untold: Untold) -> LedgerEvent {
        let Untold { halt, at, .. } = untold;
        let grant = self.covenant.as_ref().map(|covenant| covenant.enforcer.grant());
        let mut out = head(self.kind, self.policy.mode, grant.map(|grant| (grant.id(), grant.version())));
        name(",\"reason\":\"", halt.reason.as_str(), &mut out);
        for (key, value) in [(",\"observed\":", halt.observed), (",\"bound\":", halt.bound)] {
            if let Some(value) = value {
                decimal(key, value, &mut out);
            }
        }
        #[cfg(feature = "guard")]
        if let Some(pattern) = self.guards.as_ref().and_then(super::guard::Guards::halted_by)
            && halt.reason == crate::halt::HaltReason::Pattern
        {
            name(",\"pattern\":\"", pattern, &mut out);
        }
        if let Some((at, length)) = at {
            number(",\"segment\":", at.segment, &mut out);
            out.push(b',');
            channel(at.channel, &mut out);
            number(",\"start\":", at.start, &mut out);
            number(",\"length\":", length, &mut out);
        }
        out.push(b'}');
        LedgerEvent { kind: HALT_KIND, tag: halt.reason.as_str(), payload: out }
    }
}

impl LedgerEvent {
    /// The summary of a stream, from its record: what it was in force under, how it ended, what was checked and what was
    /// spent. Of a stream that is not over it says that its client has left.
    #[must_use]
    pub fn end(record: &SessionRecord) -> Self {
        let state = if record.state.is_terminal() { record.state.as_str() } else { ABANDONED };
        let grant = record.covenant.as_ref().map(|covenant| (covenant.grant.as_str(), covenant.version));
        let mut out = head(record.dialect, record.mode, grant);
        name(",\"state\":\"", state, &mut out);
        if let Some(halt) = record.halt {
            name(",\"halt\":\"", halt.reason.as_str(), &mut out);
        }
        if let Some(error) = &record.error {
            number(",\"error_at\":", error.offset, &mut out);
        }
        number(",\"bytes_in\":", record.bytes_in, &mut out);
        number(",\"bytes_out\":", record.bytes_out, &mut out);
        number(",\"events_in\":", record.events_in, &mut out);
        number(",\"segments\":", record.segments, &mut out);
        number(",\"warnings\":", record.warnings, &mut out);
        out.extend_from_slice(b",\"channels\":[");
        for (index, entry) in record.channels.iter().enumerate() {
            out.extend_from_slice(if index == 0 { b"{" } else { b",{" });
            channel(entry.channel, &mut out);
            let checked = match entry.checked {
                Checked::Scored => "scored",
                Checked::Unscored => "unscored",
                Checked::Withheld => "withheld",
            };
            name(",\"checked\":\"", checked, &mut out);
            if entry.guarded {
                out.extend_from_slice(b",\"guarded\":true");
            }
            number(",\"bytes\":", entry.bytes, &mut out);
            number(",\"released\":", entry.released, &mut out);
            out.push(b'}');
        }
        out.extend_from_slice(b"],\"choices\":[");
        for (index, entry) in record.choices.iter().enumerate() {
            number(if index == 0 { "{\"choice\":" } else { ",{\"choice\":" }, u64::from(entry.choice), &mut out);
            number(",\"scores\":", entry.summary.scores, &mut out);
            decimal(",\"average\":", entry.summary.average, &mut out);
            decimal(",\"minimum\":", entry.summary.minimum, &mut out);
            out.push(b'}');
        }
        out.push(b']');
        if let Some(covenant) = &record.covenant {
            out.extend_from_slice(b",\"counters\":[");
            for (index, entry) in covenant.counters.iter().enumerate() {
                out.extend_from_slice(if index == 0 { b"{\"counter\":\"" } else { b",{\"counter\":\"" });
                escape_into(&entry.counter, &mut out);
                number("\",\"ceiling\":", entry.ceiling, &mut out);
                number(",\"spent\":", entry.spent, &mut out);
                number(",\"reserved\":", entry.reserved, &mut out);
                out.push(b'}');
            }
            out.push(b']');
        }
        out.push(b'}');
        Self { kind: END_KIND, tag: state, payload: out }
    }
}

/// What was in force: the start of a halt's and of the end's event.
fn head(dialect: DialectKind, mode: Mode, grant: Option<(&str, u32)>) -> Vec<u8> {
    let mut out = Vec::new();
    name("{\"dialect\":\"", dialect.as_str(), &mut out);
    let mode = match mode {
        Mode::Enforce => "enforce",
        Mode::Observe => "observe",
    };
    name(",\"mode\":\"", mode, &mut out);
    if let Some((grant, version)) = grant {
        name(",\"grant\":\"", grant, &mut out);
        number(",\"version\":", u64::from(version), &mut out);
    }
    out
}

fn channel(channel: Channel, out: &mut Vec<u8>) {
    number("\"choice\":", u64::from(channel.choice), out);
    name(",\"channel\":\"", channel.kind.as_str(), out);
    number(",\"block\":", u64::from(channel.block), out);
}

/// A text behind its key and opening quote.
fn name(key: &str, value: &str, out: &mut Vec<u8>) {
    out.extend_from_slice(key.as_bytes());
    escape_into(value, out);
    out.push(b'"');
}

fn number(key: &str, value: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(digits(value).as_bytes());
}

/// A number with six decimals, which is what people and queries want of a score; its bits are in the session's record.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it saturates")]
fn decimal(key: &str, value: f64, out: &mut Vec<u8>) {
    let millionths = (value.abs() * 1e6 + 0.5) as u64;
    out.extend_from_slice(key.as_bytes());
    number(if value < 0.0 && millionths > 0 { "-" } else { "" }, millionths / 1_000_000, out);
    // The 1 keeps the zeros.
    let fraction = digits((millionths % 1_000_000).saturating_add(1_000_000));
    out.push(b'.');
    out.extend_from_slice(fraction.get(1..).unwrap_or_default().as_bytes());
}
