//! The leftmost redactions that do not overlap, while the text is still coming.
//!
//! Which match is replaced is clear only when every older thread has ended: an older one that matches after all covers
//! what lies in it. Nothing is read twice for that, because of one thing: whatever a live thread finds from here on ends
//! at the place reached or behind it. So what is known is one chain, and only its tail is ever rewritten:
//!
//! - **Pending** are the matches that would be replaced if every live thread failed now: disjoint, in order.
//! - A thread that starts strictly inside a pending match is dropped, and none is started there. The match it starts in is
//!   given up only for one that an older thread, or one of the same start, finds later; that one reaches from there to
//!   the place reached and covers the thread as well. Threads start behind a pending match as if it were sure.
//! - Of two threads in the same state the younger one is dropped. Both will find the same ends; and what covers the older
//!   one is found later than both have started, so it covers both.
//! - A match found at `start` takes away the pending ones from `start` on, which it covers.
//! - The first pending match is replaced when no live thread starts where it does or before.
//!
//! So of a pattern there are never more threads than it has states, a match becomes pending once and is taken away once,
//! and the time is linear in the text.

use alloc::vec::Vec;

use super::held::Text;
use super::tables::{Action, GuardTables, Hit};
use super::thread::{Step, Thread, advance, merge};
use super::trigger::TriggerState;

/// The search for redactions.
#[derive(Clone, Debug, Default)]
pub(super) struct Redactions {
    /// Where the last replaced match ends: no match starts before.
    from: u64,
    /// Those that start in no pending match.
    threads: Vec<Thread>,
    /// What would be replaced if no live thread found anything more.
    pending: Pending,
    /// What is replaced, in order, until it is given out.
    replaced: Vec<Hit>,
    /// What was found at a byte.
    found: Vec<Hit>,
    places: Vec<u32>,
}

/// How many threads there are.
pub(super) enum Only<'a> {
    None,
    One(&'a mut Thread),
    More,
}

/// How far redactions let the text go.
#[derive(Clone, Copy, Debug)]
pub(super) struct RedactionCut {
    /// Everything before is decided.
    pub(super) cut: u64,
    /// A match that is sure, ends at the cut or behind it, and may grow.
    pub(super) growing: Option<Hit>,
}

/// Matches that are disjoint and in order.
#[derive(Clone, Debug, Default)]
struct Pending(Vec<Hit>);

impl Pending {
    /// Whether one of them starts before a place and ends behind it.
    fn covers(&self, place: u64) -> bool {
        self.0.iter().rev().find(|hit| hit.start < place).is_some_and(|hit| hit.end > place)
    }

    /// Takes in what was found at the byte that was read last, which makes `now` bytes.
    fn take(&mut self, found: &[Hit], now: u64) {
        // First what ends before the byte, and then what ends behind it: a match of the byte alone stands behind the
        // former and is covered by the latter. Of those that end alike the first start stays, in whatever order they come.
        for ends_now in [false, true] {
            for hit in found.iter().filter(|hit| (hit.end == now) == ends_now) {
                self.take_one(*hit);
            }
        }
    }

    fn take_one(&mut self, hit: Hit) {
        if self.covers(hit.start) {
            return;
        }
        while let Some(last) = self.0.last().filter(|last| last.start >= hit.start) {
            // Where both start the longer one stays, and of those as long the first pattern.
            if last.start == hit.start && (last.end, hit.pattern) >= (hit.end, last.pattern) {
                return;
            }
            self.0.pop();
        }
        self.0.push(hit);
    }

    /// Whether what was found at the last byte covers a place: it is at the end, one match that ends before the byte and
    /// one that ends behind it at most.
    fn newly_covers(&self, place: u64) -> bool {
        self.0.iter().rev().take(2).any(|hit| hit.start < place && hit.end > place)
    }
}

impl Redactions {
    /// No thread, and nothing found.
    pub(super) const fn is_idle(&self) -> bool {
        self.threads.is_empty()
    }

    /// The one thread, if there is one and it is what pending matches wait for.
    pub(super) fn only(&mut self) -> Only<'_> {
        match (self.threads.as_mut_slice(), self.pending.0.first()) {
            ([], None) => Only::None,
            ([thread], first) if first.is_none_or(|first| thread.start <= first.start) => Only::One(thread),
            _ => Only::More,
        }
    }

    /// What is replaced and was not given out.
    pub(super) const fn replaced(&mut self) -> &mut Vec<Hit> {
        &mut self.replaced
    }

    /// Reads a byte.
    pub(super) fn read(&mut self, step: &Step<'_>) {
        let Self { from, threads, pending, found, places, .. } = self;
        let starts = |start: u64| start >= *from && !pending.covers(start);
        found.clear();
        advance(threads, step, Action::Redact, &starts, false, &mut |thread| found.extend(thread.hit()));
        if !found.is_empty() {
            pending.take(found, step.now);
            threads.retain(|thread| !pending.newly_covers(thread.start));
        }
        merge(threads, places, step.tables);
        if !self.pending.0.is_empty() {
            self.settle(step.tables.trigger.says(step.trigger), step.now);
        }
    }

    /// Replaces what no thread that is older, or as old, can take away. Gives the start of the oldest thread.
    fn settle(&mut self, in_trigger: TriggerState, now: u64) -> Option<u64> {
        // In modules made for size, a chain of iterators is a call for each thread. None starts at the last number there is.
        let mut in_threads = u64::MAX;
        for thread in &self.threads {
            in_threads = in_threads.min(thread.start);
        }
        let mut settled = 0_usize;
        // A thread in the trigger that starts in a pending match is still there, but whatever keeps that match from being
        // replaced is older.
        let oldest = loop {
            let in_trigger = in_trigger.oldest_redaction(self.from, now);
            let oldest = in_trigger.unwrap_or(u64::MAX).min(in_threads);
            match self.pending.0.get(settled) {
                Some(hit) if oldest > hit.start => {
                    self.replaced.push(*hit);
                    self.from = hit.end;
                    settled = settled.wrapping_add(1);
                }
                _ => break oldest,
            }
        };
        if settled > 0 {
            // What is left moves at most once for every thread that lived when it was found.
            self.pending.0.drain(..settled);
            #[cfg(test)]
            super::work::count(self.pending.0.len());
        }
        (oldest < u64::MAX).then_some(oldest)
    }

    /// How far the text may go.
    pub(super) fn cut(&mut self, in_trigger: TriggerState, now: u64) -> RedactionCut {
        let Some(oldest) = self.settle(in_trigger, now) else { return RedactionCut { cut: now, growing: None } };
        let growing = self.pending.0.first().copied().filter(|hit| hit.start == oldest);
        RedactionCut { cut: growing.map_or(oldest, |hit| hit.end), growing }
    }

    /// The text ends: what has matched is replaced.
    pub(super) fn finish(&mut self, tables: &GuardTables, now: u64, text: &Text<'_>) {
        let Self { threads, pending, found, .. } = self;
        found.clear();
        for mut thread in threads.drain(..) {
            if thread.report_end(tables, now, text) {
                found.extend(thread.hit());
            }
        }
        pending.take(found, now);
        self.settle(TriggerState::default(), now);
    }
}
