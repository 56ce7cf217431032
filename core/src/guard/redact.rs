//! The leftmost redactions that do not overlap, while the text is still coming.
//!
//! Which match is replaced is clear only when every older thread has ended: an older one that matches after all covers
//! what lies in it. Until then one finished match is remembered, the leftmost. What was left out on the way (a thread of
//! the same state as an older one, a finished match behind another) can matter again only behind a replaced match, and
//! there the text is read once more. The place of the last start left out says whether that is needed.

use alloc::vec::Vec;

use super::held::Text;
use super::tables::{Action, GuardTables, Hit, StateFlags, Surrounding};
use super::thread::{Thread, merge};
use super::trigger::TriggerState;

/// The search for redactions.
#[derive(Clone, Debug, Default)]
pub(super) struct Redactions {
    /// Where the search stands: no match starts before.
    from: u64,
    threads: Vec<Thread>,
    /// The leftmost match whose thread has ended.
    found: Option<Hit>,
    /// The place behind the last start that was left out.
    left_out: u64,
    /// What is replaced, in order, until it is given out.
    replaced: Vec<Hit>,
    places: Vec<u32>,
}

/// How far redactions let the text go.
#[derive(Clone, Copy, Debug)]
pub(super) struct RedactionCut {
    /// Everything before is decided.
    pub(super) cut: u64,
    /// A match that is sure, ends at the cut or behind it, and may grow.
    pub(super) growing: Option<Hit>,
}

/// Whether `a` is replaced rather than `b`.
fn is_preferred(a: &Hit, b: &Hit) -> bool {
    (a.start, b.end, a.pattern) < (b.start, a.end, b.pattern)
}

impl Redactions {
    /// No thread, and nothing found.
    pub(super) fn is_idle(&self) -> bool {
        self.threads.is_empty() && self.found.is_none()
    }

    /// What is replaced and was not given out.
    pub(super) const fn replaced(&mut self) -> &mut Vec<Hit> {
        &mut self.replaced
    }

    /// Reads the byte that makes `now` bytes read, which brought the trigger to `state`.
    pub(super) fn read(&mut self, tables: &GuardTables, state: u16, byte: u8, now: u64, text: &Text<'_>) {
        if !self.step(tables, state, byte, now, text) {
            self.read_again(tables, now, text);
        }
    }

    /// Reads from where the search stands to `now`, with no thread at first.
    #[inline(never)]
    fn read_again(&mut self, tables: &GuardTables, now: u64, text: &Text<'_>) {
        let root = |from: u64| {
            let before = from.checked_sub(1).and_then(|at| text.byte(at));
            tables.trigger.root(Surrounding::of(before))
        };
        self.forget();
        let mut at = self.from;
        let mut state = root(at);
        while at < now {
            let Some(byte) = text.byte(at) else { return };
            at = at.saturating_add(1);
            state = tables.trigger.next(state, byte);
            if !self.step(tables, state, byte, at, text) {
                // A match was replaced, so the search stands further on than it did.
                self.forget();
                at = self.from;
                state = root(at);
            }
        }
    }

    fn forget(&mut self) {
        self.threads.clear();
        self.found = None;
        self.left_out = 0;
    }

    /// One byte. False when the text must be read again from where the search now stands.
    #[inline]
    fn step(&mut self, tables: &GuardTables, state: u16, byte: u8, now: u64, text: &Text<'_>) -> bool {
        let Self { from, threads, found, left_out, places, .. } = self;
        let mut offer = |hit: Option<Hit>| {
            if let Some(hit) = hit {
                keep_preferred(found, left_out, hit);
            }
        };
        threads.retain_mut(|thread| {
            let flags = thread.step(tables, byte);
            thread.report(tables, flags, now, text, false);
            let live = flags.has(StateFlags::LIVE);
            if !live {
                offer(thread.hit());
            }
            live
        });
        for spawn in tables.trigger.spawns(state) {
            let mut thread = Thread::spawned(*spawn, now);
            let is_ours = tables.pattern(spawn.pattern).is_some_and(|pattern| pattern.action == Action::Redact);
            if !is_ours || thread.start < *from {
                continue;
            }
            let flags = thread.flags(tables);
            thread.report(tables, flags, now, text, false);
            if flags.has(StateFlags::LIVE) {
                threads.push(thread);
            } else {
                offer(thread.hit());
            }
        }
        merge(threads, places, tables, |thread| {
            *left_out = (*left_out).max(thread.start.saturating_add(1));
            // If it grew, so would the older one, over it.
            if let Some(hit) = thread.hit() {
                keep_preferred(found, left_out, hit);
            }
        });
        self.settle(tables, state, now)
    }

    /// Replaces what no older thread is in the way of. False when the text must be read again.
    fn settle(&mut self, tables: &GuardTables, state: u16, now: u64) -> bool {
        if let Some(hit) = self.found {
            if self.oldest(tables, state, now).is_some_and(|oldest| oldest <= hit.start) {
                return true;
            }
            self.replace(hit);
            if self.left_out > self.from {
                return false;
            }
            let from = self.from;
            self.threads.retain(|thread| thread.start >= from);
        }
        true
    }

    fn replace(&mut self, hit: Hit) {
        self.replaced.push(hit);
        self.from = hit.end;
        self.found = None;
    }

    fn oldest(&self, tables: &GuardTables, state: u16, now: u64) -> Option<u64> {
        self.oldest_with(tables.trigger.says(state), now)
    }

    fn oldest_with(&self, in_trigger: TriggerState, now: u64) -> Option<u64> {
        let in_trigger = in_trigger.oldest_redaction(self.from, now);
        self.threads.iter().map(|thread| thread.start).chain(in_trigger).min()
    }

    /// How far the text may go.
    pub(super) fn cut(&self, in_trigger: TriggerState, now: u64) -> RedactionCut {
        let Some(oldest) = self.oldest_with(in_trigger, now) else { return RedactionCut { cut: now, growing: None } };
        let live = self.threads.iter().filter_map(Thread::hit);
        let growing = live
            .chain(self.found)
            .filter(|hit| hit.start == oldest)
            .reduce(|best, hit| if is_preferred(&hit, &best) { hit } else { best });
        RedactionCut { cut: growing.map_or(oldest, |hit| hit.end), growing }
    }

    /// Drops the threads that a sure match covers; they can never be replaced.
    pub(super) fn drop_covered(&mut self, growing: Hit) {
        self.threads.retain(|thread| thread.start <= growing.start || thread.start >= growing.end);
    }

    /// The text ends: what has matched is replaced.
    pub(super) fn finish(&mut self, tables: &GuardTables, now: u64, text: &Text<'_>) {
        loop {
            let Self { threads, found, left_out, .. } = self;
            for thread in threads.iter_mut() {
                thread.report_end(tables, now, text);
                if let Some(hit) = thread.hit() {
                    keep_preferred(found, left_out, hit);
                }
            }
            threads.clear();
            let Some(hit) = self.found else { return };
            self.replace(hit);
            if self.left_out <= self.from {
                return;
            }
            self.read_again(tables, now, text);
        }
    }
}

fn keep_preferred(found: &mut Option<Hit>, left_out: &mut u64, hit: Hit) {
    let other = match found {
        None => {
            *found = Some(hit);
            return;
        }
        Some(found) if is_preferred(&hit, found) => core::mem::replace(found, hit),
        Some(_) => hit,
    };
    *left_out = (*left_out).max(other.start.saturating_add(1));
}
