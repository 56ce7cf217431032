//! One guarded text.

// The modules for the web are compiled for size, where nothing is inlined by itself: without this each byte of a text
// would cost a call.
#![allow(clippy::inline_always)]

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::check::MAX_CHECKED_BYTES;
use super::held::{Held, Text};
use super::redact::{Only, RedactionCut, Redactions};
use super::tables::{Action, GuardTables, Hit, StateFlags, Surrounding};
use super::thread::{Step, Thread, advance, merge};
use crate::halt::HaltReason;

/// The least bound on held bytes: what lives in the trigger stays below it.
pub const MIN_HELD_LIMIT: u32 = 64;

/// Bytes that are read once more when they are not passed on as they are.
const MOST_PASSED: usize = 64;

/// What came of the short way.
enum Passed {
    /// All of the chunk may leave as it is, and counts as given out.
    All,
    /// Nothing has changed, but no thread has come through in the chunk: so stands the trigger behind it.
    Seen(u16),
    /// Nothing has changed.
    Nothing,
}

/// Takes what a [`Guard`] gives out, in the order of the text.
pub trait GuardSink {
    /// Bytes that may leave as they are. `start` is where they stand in the text.
    fn text(&mut self, start: u64, bytes: &[u8]);
    /// In place of these bytes the replacement of the pattern leaves.
    fn redaction(&mut self, hit: Hit);
    /// A flag has matched. Comes when the match is complete, in no order with the rest.
    fn flag(&mut self, hit: Hit);
}

/// Why a text was ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardHalt {
    /// A halt pattern has matched.
    Pattern(Hit),
    /// More bytes would have to be held than the bound allows.
    HeldLimit {
        /// Bytes that would be held.
        held: u64,
        /// The bound.
        limit: u32,
    },
}

impl GuardHalt {
    /// The reason in verdicts.
    #[must_use]
    pub const fn reason(self) -> HaltReason {
        match self {
            Self::Pattern(_) => HaltReason::Pattern,
            Self::HeldLimit { .. } => HaltReason::HeldLimit,
        }
    }
}

/// Where a guarded text is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GuardState {
    /// It takes more text.
    Open,
    /// All was read and released.
    Finished,
    /// It was ended, and nothing more is released.
    Halted(GuardHalt),
}

impl GuardState {
    /// Why it was ended, if it was.
    #[must_use]
    pub const fn halt(self) -> Option<GuardHalt> {
        match self {
            Self::Halted(halt) => Some(halt),
            Self::Open | Self::Finished => None,
        }
    }
}

/// Text was given to a guard that is finished or halted. Nothing has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardEnded;

impl fmt::Display for GuardEnded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the guarded text has ended")
    }
}

impl core::error::Error for GuardEnded {}

/// One guarded text, read in pieces.
#[derive(Clone, Debug)]
pub struct Guard {
    tables: Arc<GuardTables>,
    machine: Machine,
}

/// What of a guard changes.
#[derive(Clone, Debug)]
struct Machine {
    held_limit: u32,
    state: GuardState,
    /// Bytes read.
    read: u64,
    /// Bytes given out, as they are or replaced.
    released: u64,
    /// The cut when it was last looked for. It never goes back.
    cut: u64,
    trigger: u16,
    halts: Vec<Thread>,
    flags: Vec<Thread>,
    /// Where the last match of each pattern that is a flag ended.
    flagged: Vec<u64>,
    redactions: Redactions,
    held: Held,
    places: Vec<u32>,
}

impl Guard {
    /// A guard at the start of a text. More than `held_limit` bytes that wait end it; less than [`MIN_HELD_LIMIT`]
    /// counts as that.
    #[must_use]
    pub fn new(tables: Arc<GuardTables>, held_limit: u32) -> Self {
        let machine = Machine {
            held_limit: held_limit.max(MIN_HELD_LIMIT),
            state: GuardState::Open,
            read: 0,
            released: 0,
            cut: 0,
            trigger: tables.trigger.root(Surrounding::Start),
            halts: Vec::new(),
            flags: Vec::new(),
            flagged: Vec::new(),
            redactions: Redactions::default(),
            held: Held::default(),
            places: Vec::new(),
        };
        Self { tables, machine }
    }

    /// The patterns.
    #[must_use]
    pub const fn tables(&self) -> &Arc<GuardTables> {
        &self.tables
    }

    /// Where the text is in its life.
    #[must_use]
    pub const fn state(&self) -> GuardState {
        self.machine.state
    }

    /// Bytes read. A halt leaves what follows it unread.
    #[must_use]
    pub const fn read(&self) -> u64 {
        self.machine.read
    }

    /// Bytes of the text given out, as they are or replaced.
    #[must_use]
    pub const fn released(&self) -> u64 {
        self.machine.released
    }

    /// The cut: how many bytes of the text are decided.
    #[must_use]
    pub const fn cut(&self) -> u64 {
        self.machine.cut
    }

    /// Reads a piece of the text and gives out what may leave.
    ///
    /// # Errors
    /// [`GuardEnded`] when the text has ended; nothing has changed.
    pub fn push(&mut self, chunk: &[u8], sink: &mut dyn GuardSink) -> Result<GuardState, GuardEnded> {
        if !matches!(self.machine.state, GuardState::Open) {
            return Err(GuardEnded);
        }
        // The rest of a character may be in the next chunk.
        let is_whole = chunk.last().is_some_and(u8::is_ascii);
        if self.machine.search(&self.tables, chunk, is_whole, sink) {
            sink.text(self.machine.read.wrapping_sub(chunk.len() as u64), chunk);
        }
        Ok(self.machine.state)
    }

    /// Reads whole characters. Whether nothing waits and all of them may leave as they are: then the sink was told nothing,
    /// and the caller gives them out. Of a text that has ended nothing is read.
    #[cfg(feature = "session")]
    pub(crate) fn search(&mut self, text: &str, sink: &mut dyn GuardSink) -> bool {
        let is_open = matches!(self.machine.state, GuardState::Open);
        is_open && self.machine.search(&self.tables, text.as_bytes(), true, sink)
    }

    /// The text ends: everything is decided.
    ///
    /// # Errors
    /// [`GuardEnded`] when the text has ended already; nothing has changed.
    pub fn finish(&mut self, sink: &mut dyn GuardSink) -> Result<GuardState, GuardEnded> {
        if !matches!(self.machine.state, GuardState::Open) {
            return Err(GuardEnded);
        }
        self.machine.finish(&self.tables, sink);
        Ok(self.machine.state)
    }
}

impl Machine {
    /// Reads a chunk, the short way where it consists of whole characters. Whether that was enough: then the sink was told
    /// nothing.
    #[inline(always)]
    fn search(&mut self, tables: &GuardTables, chunk: &[u8], is_whole: bool, sink: &mut dyn GuardSink) -> bool {
        let seen = match if is_whole { self.pass(tables, chunk) } else { Passed::Nothing } {
            Passed::All => return true,
            Passed::Seen(trigger) => Some(trigger),
            Passed::Nothing => None,
        };
        self.push(tables, chunk, seen, sink);
        false
    }

    /// The common case, in short: nothing waits, and a few characters come in which nothing starts.
    #[inline(always)]
    fn pass(&mut self, tables: &GuardTables, chunk: &[u8]) -> Passed {
        // Threads of halts and redactions make what they have read wait; those of flags do not, and a check of a flag
        // looks back at what has left.
        let is_clear = self.released == self.read && self.flags.is_empty() && !tables.checks_flags;
        if !is_clear || chunk.len() > MOST_PASSED {
            return Passed::Nothing;
        }
        let mut trigger = self.trigger;
        tables.trigger.run_alone(&mut trigger, chunk);
        if trigger >= tables.trigger.first_spawning {
            return Passed::Nothing;
        }
        if !tables.trigger.is_root(trigger) {
            return Passed::Seen(trigger);
        }
        self.trigger = trigger;
        self.read = self.read.wrapping_add(chunk.len() as u64);
        self.released = self.read;
        self.cut = self.read;
        self.held.pass(self.read);
        Passed::All
    }

    /// Reads a chunk, in which nothing has come through where the trigger was `seen` to stand behind it.
    fn push(&mut self, tables: &GuardTables, chunk: &[u8], seen: Option<u16>, sink: &mut dyn GuardSink) {
        let mut held = core::mem::take(&mut self.held);
        let text = held.with(chunk);
        let mut rest = chunk;
        if let Some(trigger) = seen {
            self.trigger = trigger;
            self.read = self.read.wrapping_add(chunk.len() as u64);
            rest = &[];
        }
        while !rest.is_empty() {
            let is_idle = self.is_idle();
            let taken = if is_idle {
                tables.trigger.run(&mut self.trigger, rest)
            } else {
                let silent = self.run_one(tables, rest);
                if silent > 0 {
                    self.read = self.read.wrapping_add(silent as u64);
                    rest = rest.get(silent..).unwrap_or_default();
                    continue;
                }
                self.trigger = tables.trigger.next(self.trigger, rest.first().copied().unwrap_or(0));
                1
            };
            let (last, next) = (rest.get(taken.wrapping_sub(1)), rest.get(taken..));
            let (Some(last), Some(next)) = (last, next) else { break };
            rest = next;
            self.read = self.read.wrapping_add(taken as u64);
            let step = Step::new(tables, self.trigger, *last, self.read, text);
            let has_work = !is_idle || !step.is_quiet();
            if has_work && !self.read_byte(&step, sink) {
                break;
            }
        }
        let needed = self.release(tables, &text, sink);
        if matches!(self.state, GuardState::Open) {
            held.keep(needed, chunk);
            self.held = held;
        }
    }

    fn finish(&mut self, tables: &GuardTables, sink: &mut dyn GuardSink) {
        let held = core::mem::take(&mut self.held);
        let text = held.with(&[]);
        let now = self.read;
        let mut hit = None;
        for thread in &mut self.halts {
            if thread.report_end(tables, now, &text) {
                hit = first_complete(hit, thread.hit());
            }
        }
        let Self { flags, flagged, .. } = self;
        let mut hits: Vec<Hit> = Vec::new();
        for thread in flags.iter_mut() {
            if thread.report_end(tables, now, &text) {
                hits.extend(thread.hit());
            }
        }
        report_flags(flags, flagged, &hits, sink);
        if let Some(hit) = hit {
            self.state = GuardState::Halted(GuardHalt::Pattern(hit));
        } else {
            self.halts.clear();
            self.redactions.finish(tables, now, &text);
            self.trigger = tables.trigger.root(Surrounding::Start);
            self.state = GuardState::Finished;
        }
        self.release(tables, &text, sink);
    }

    fn is_idle(&self) -> bool {
        self.halts.is_empty() && self.flags.is_empty() && self.redactions.is_idle()
    }

    /// Where there is one live thread: lets it read on as long as it reports nothing and goes on, no other one starts and
    /// no bound is reached. Says how many bytes that were.
    #[inline(never)]
    fn run_one(&mut self, tables: &GuardTables, bytes: &[u8]) -> usize {
        let allowed = self.cut.saturating_add(u64::from(self.held_limit)).saturating_sub(self.read);
        let bytes = bytes.get(..usize::try_from(allowed).unwrap_or(usize::MAX)).unwrap_or(bytes);
        let lists = (self.redactions.only(), self.halts.as_mut_slice(), self.flags.as_mut_slice());
        let ((Only::One(only), [], []) | (Only::None, [only], []) | (Only::None, [], [only])) = lists else { return 0 };
        let Some(pattern) = tables.pattern(only.pattern) else { return 0 };
        let (mut trigger, mut state) = (self.trigger, only.state);
        let mut count = 0_usize;
        for byte in bytes {
            let next = (tables.trigger.next(trigger, *byte), pattern.next(state, *byte));
            if next.0 >= tables.trigger.first_spawning || pattern.flags(next.1).bits() != StateFlags::LIVE {
                break;
            }
            (trigger, state) = next;
            count = count.wrapping_add(1);
        }
        #[cfg(test)]
        super::work::count(count);
        only.state = state;
        self.trigger = trigger;
        count
    }

    /// Lets every thread read the byte that was read last. Whether the text goes on.
    fn read_byte(&mut self, step: &Step<'_>, sink: &mut dyn GuardSink) -> bool {
        let [halts, redacts, flags] = step.tables.actions;
        if redacts && !(self.redactions.is_idle() && step.is_quiet()) {
            self.redactions.read(step);
        }
        if flags && !(self.flags.is_empty() && step.is_quiet()) {
            self.read_flags(step, sink);
        }
        if halts && !(self.halts.is_empty() && step.is_quiet()) {
            self.read_halts(step);
        }
        let limit = u64::from(self.held_limit);
        if step.now.saturating_sub(self.cut) > limit {
            self.find_cut(step.tables);
            let held = step.now.saturating_sub(self.cut);
            if held > limit && matches!(self.state, GuardState::Open) {
                self.state = GuardState::Halted(GuardHalt::HeldLimit { held, limit: self.held_limit });
            }
        }
        matches!(self.state, GuardState::Open)
    }

    fn read_halts(&mut self, step: &Step<'_>) {
        let mut hit = None;
        advance(&mut self.halts, step, Action::Halt, &|_| true, true, &mut |thread| {
            hit = first_complete(hit, thread.hit());
        });
        merge(&mut self.halts, &mut self.places, step.tables);
        if let Some(hit) = hit {
            self.state = GuardState::Halted(GuardHalt::Pattern(hit));
        }
    }

    fn read_flags(&mut self, step: &Step<'_>, sink: &mut dyn GuardSink) {
        let Self { flags, flagged, places, .. } = self;
        flagged.resize(step.tables.patterns.len(), 0);
        let mut hits: Vec<Hit> = Vec::new();
        advance(flags, step, Action::Flag, &|_| true, true, &mut |thread| hits.extend(thread.hit()));
        report_flags(flags, flagged, &hits, sink);
        merge(flags, places, step.tables);
    }

    /// Moves the cut to where it belongs.
    fn find_cut(&mut self, tables: &GuardTables) -> RedactionCut {
        let in_trigger = tables.trigger.says(self.trigger);
        let RedactionCut { mut cut, growing } = self.redactions.cut(in_trigger, self.read);
        let mut wait = |start: u64| cut = cut.min(start);
        self.halts.iter().for_each(|thread| wait(thread.start));
        in_trigger.oldest_halt(self.read).into_iter().for_each(&mut wait);
        if let GuardState::Halted(GuardHalt::Pattern(hit)) = self.state {
            wait(hit.start);
        }
        self.cut = cut;
        RedactionCut { cut, growing }
    }

    /// Gives out what may leave. Says from where on the text is still needed.
    fn release(&mut self, tables: &GuardTables, text: &Text<'_>, sink: &mut dyn GuardSink) -> u64 {
        let RedactionCut { cut, growing } = self.find_cut(tables);
        let is_halted = matches!(self.state, GuardState::Halted(_));
        let replaced = self.redactions.replaced();
        // After a halt a match that would still have grown is as long as it is.
        replaced.extend(growing.filter(|_| is_halted));
        let mut out = 0_usize;
        let mut next = growing.map(|hit| hit.start);
        for hit in replaced.iter() {
            let may_leave = hit.end <= cut || is_halted && hit.start < cut;
            if !may_leave {
                next = Some(hit.start);
                break;
            }
            let hit = Hit { end: hit.end.min(cut), ..*hit };
            give_text(text, self.released, hit.start, sink);
            sink.redaction(hit);
            self.released = hit.end;
            out = out.wrapping_add(1);
        }
        replaced.drain(..out);
        let end = match next.filter(|next| *next < cut) {
            // Behind the start of a match nothing is given out before its end is known.
            Some(start) => start.max(self.released),
            None if matches!(self.state, GuardState::Finished) => cut,
            None => text.character_edge(self.released, cut),
        };
        give_text(text, self.released, end, sink);
        self.released = self.released.max(end);
        let needed = if next.is_some_and(|next| next < cut) { cut } else { end };
        // A match that is checked may have started before the cut: a flag, or a redaction that grows.
        let checked = tables.checks_flags || growing.is_some() && tables.checks_redactions;
        let reach = if checked { MAX_CHECKED_BYTES as u64 } else { 0 };
        needed.min(self.read.saturating_sub(reach))
    }
}

fn give_text(text: &Text<'_>, start: u64, end: u64, sink: &mut dyn GuardSink) {
    let mut at = start;
    for bytes in text.span(start, end.max(start)) {
        if !bytes.is_empty() {
            sink.text(at, bytes);
            at = at.saturating_add(bytes.len() as u64);
        }
    }
}

/// Gives out the flags that have matched, of each pattern the leftmost, and drops the threads that it overlaps.
/// `flagged` says where the last match of each pattern ended.
#[inline(never)]
fn report_flags(flags: &mut Vec<Thread>, flagged: &mut [u64], hits: &[Hit], sink: &mut dyn GuardSink) {
    for hit in hits {
        let is_before = |other: &Hit| other.pattern == hit.pattern && other.start < hit.start && other.end > hit.start;
        let Some(end) = flagged.get_mut(usize::from(hit.pattern)) else { return };
        if hit.start >= *end && !hits.iter().any(is_before) {
            sink.flag(*hit);
            *end = hit.end;
        }
    }
    flags.retain(|thread| flagged.get(usize::from(thread.pattern)).is_some_and(|end| thread.start >= *end));
}

/// Of matches that are complete at the same byte, the one that started first, and of those the first pattern.
fn first_complete(so_far: Option<Hit>, hit: Option<Hit>) -> Option<Hit> {
    match (so_far, hit) {
        (Some(so_far), Some(hit)) if (hit.start, hit.pattern) < (so_far.start, so_far.pattern) => Some(hit),
        (None, hit) => hit,
        _ => so_far,
    }
}
