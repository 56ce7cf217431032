//! One guarded text.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::check::MAX_CHECKED_BYTES;
use super::held::{Held, Text};
use super::redact::{RedactionCut, Redactions};
use super::tables::{Action, GuardTables, Hit, StateFlags, Surrounding};
use super::thread::{Thread, merge};
use crate::halt::HaltReason;

/// The least bound on held bytes: what lives in the trigger stays below it.
pub const MIN_HELD_LIMIT: u32 = 64;

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
    /// Where the last match of each flag ended; a flag has its place when it has matched.
    flagged: Vec<(u16, u64)>,
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
        if self.machine.state != GuardState::Open {
            return Err(GuardEnded);
        }
        self.machine.push(&self.tables, chunk, sink);
        Ok(self.machine.state)
    }

    /// The text ends: everything is decided.
    ///
    /// # Errors
    /// [`GuardEnded`] when the text has ended already; nothing has changed.
    pub fn finish(&mut self, sink: &mut dyn GuardSink) -> Result<GuardState, GuardEnded> {
        if self.machine.state != GuardState::Open {
            return Err(GuardEnded);
        }
        self.machine.finish(&self.tables, sink);
        Ok(self.machine.state)
    }
}

impl Machine {
    fn push(&mut self, tables: &GuardTables, chunk: &[u8], sink: &mut dyn GuardSink) {
        let mut held = core::mem::take(&mut self.held);
        let text = held.with(chunk);
        let mut rest = chunk;
        while !rest.is_empty() {
            let is_idle = self.is_idle();
            let taken = if is_idle {
                tables.trigger.run(&mut self.trigger, rest)
            } else {
                self.trigger = tables.trigger.next(self.trigger, rest.first().copied().unwrap_or(0));
                1
            };
            let (last, next) = (rest.get(taken.wrapping_sub(1)), rest.get(taken..));
            let (Some(last), Some(next)) = (last, next) else { break };
            rest = next;
            self.read = self.read.wrapping_add(taken as u64);
            let spawns = self.trigger >= tables.trigger.first_spawning;
            if (spawns || !is_idle) && !self.read_byte(tables, *last, &text, sink) {
                break;
            }
        }
        let needed = self.release(tables, &text, sink);
        if self.state == GuardState::Open {
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
        self.report_flags(sink, |thread| thread.report_end(tables, now, &text));
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

    /// Lets every thread read the byte that was read last. Whether the text goes on.
    fn read_byte(&mut self, tables: &GuardTables, byte: u8, text: &Text<'_>, sink: &mut dyn GuardSink) -> bool {
        let now = self.read;
        self.redactions.read(tables, self.trigger, byte, now, text);
        if !self.flags.is_empty() || self.trigger >= tables.trigger.first_spawning {
            self.read_flags(tables, byte, text, sink);
        }
        if let Some(hit) = self.read_halts(tables, byte, text) {
            self.state = GuardState::Halted(GuardHalt::Pattern(hit));
            return false;
        }
        if now.saturating_sub(self.cut) > u64::from(self.held_limit) {
            self.find_cut(tables);
            let held = now.saturating_sub(self.cut);
            if held > u64::from(self.held_limit) {
                self.state = GuardState::Halted(GuardHalt::HeldLimit { held, limit: self.held_limit });
                return false;
            }
        }
        true
    }

    /// The match that halts, if one is complete. Its thread and all others stay: they say what may not leave.
    fn read_halts(&mut self, tables: &GuardTables, byte: u8, text: &Text<'_>) -> Option<Hit> {
        let now = self.read;
        let mut hit = None;
        self.halts.retain_mut(|thread| {
            let flags = thread.step(tables, byte);
            let complete = thread.report(tables, flags, now, text, true);
            if complete {
                hit = first_complete(hit, thread.hit());
            }
            complete || flags.has(StateFlags::LIVE)
        });
        for spawn in tables.trigger.spawns(self.trigger) {
            if tables.pattern(spawn.pattern).is_some_and(|pattern| pattern.action == Action::Halt) {
                let mut thread = Thread::spawned(*spawn, now);
                let flags = thread.flags(tables);
                let complete = thread.report(tables, flags, now, text, true);
                if complete {
                    hit = first_complete(hit, thread.hit());
                }
                if complete || flags.has(StateFlags::LIVE) {
                    self.halts.push(thread);
                }
            }
        }
        merge(&mut self.halts, &mut self.places, tables, |_| {});
        hit
    }

    fn read_flags(&mut self, tables: &GuardTables, byte: u8, text: &Text<'_>, sink: &mut dyn GuardSink) {
        let now = self.read;
        let mut flags = core::mem::take(&mut self.flags);
        let before = flags.len();
        for spawn in tables.trigger.spawns(self.trigger) {
            let is_ours = tables.pattern(spawn.pattern).is_some_and(|pattern| pattern.action == Action::Flag);
            let thread = Thread::spawned(*spawn, now);
            if is_ours && thread.start >= self.flagged_to(spawn.pattern) {
                flags.push(thread);
            }
        }
        self.flags = flags;
        let mut index = 0_usize;
        self.report_flags(sink, |thread| {
            let flags = if index < before { thread.step(tables, byte) } else { thread.flags(tables) };
            index = index.wrapping_add(1);
            thread.report(tables, flags, now, text, true)
        });
        self.flags.retain(|thread| thread.flags(tables).has(StateFlags::LIVE));
        merge(&mut self.flags, &mut self.places, tables, |_| {});
    }

    /// Where the search for a flag stands.
    fn flagged_to(&self, pattern: u16) -> u64 {
        self.flagged.iter().find(|(flag, _)| *flag == pattern).map_or(0, |(_, end)| *end)
    }

    /// Reports the flags whose threads `complete` says have matched, of each pattern the leftmost, and drops the
    /// threads that it overlaps.
    fn report_flags(&mut self, sink: &mut dyn GuardSink, mut complete: impl FnMut(&mut Thread) -> bool) {
        let mut hits: Vec<Hit> = Vec::new();
        for thread in &mut self.flags {
            if !complete(thread) {
                continue;
            }
            let Some(hit) = thread.hit() else { continue };
            match hits.iter_mut().find(|other| other.pattern == hit.pattern) {
                Some(other) if hit.start < other.start => *other = hit,
                Some(_) => {}
                None => hits.push(hit),
            }
        }
        for hit in hits {
            self.flags.retain(|thread| thread.pattern != hit.pattern || thread.start >= hit.end);
            match self.flagged.iter_mut().find(|(flag, _)| *flag == hit.pattern) {
                Some((_, end)) => *end = hit.end,
                None => self.flagged.push((hit.pattern, hit.end)),
            }
            sink.flag(hit);
        }
    }

    /// Moves the cut to where it belongs.
    fn find_cut(&mut self, tables: &GuardTables) -> RedactionCut {
        let in_trigger = tables.trigger.says(self.trigger);
        let RedactionCut { mut cut, growing } = self.redactions.cut(in_trigger, self.read);
        if let Some(growing) = growing {
            self.redactions.drop_covered(growing);
        }
        for start in self.halts.iter().map(|thread| thread.start) {
            cut = cut.min(start);
        }
        if let Some(start) = in_trigger.oldest_halt(self.read) {
            cut = cut.min(start);
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
            let whole = hit.end <= cut;
            if !whole && !(is_halted && hit.start < cut) {
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
            None if self.state == GuardState::Finished => cut,
            None => text.character_edge(self.released, cut),
        };
        give_text(text, self.released, end, sink);
        self.released = self.released.max(end);
        // The byte before the cut says what stands before it.
        let needed = if next.is_some_and(|next| next < cut) { cut } else { end };
        let needed = needed.min(cut.saturating_sub(1));
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

/// Of matches that are complete at the same byte, the one that started first, and of those the first pattern.
fn first_complete(so_far: Option<Hit>, hit: Option<Hit>) -> Option<Hit> {
    match (so_far, hit) {
        (Some(so_far), Some(hit)) if (hit.start, hit.pattern) < (so_far.start, so_far.pattern) => Some(hit),
        (None, hit) => hit,
        _ => so_far,
    }
}
