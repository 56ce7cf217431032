//! The leftmost redactions that do not overlap, while the text is still coming.
//!
//! Which match is replaced is clear only when every older thread has ended: an older one that matches after all covers
//! what lies in it. Until then one finished match is remembered, the leftmost. What was left out on the way (a thread of
//! the same state as an older one, a finished match behind another) can matter again only behind a replaced match, and
//! there the text is read once more. The place of the last start left out says whether that is needed.

use alloc::vec::Vec;

use super::held::Text;
use super::tables::{Action, GuardTables, Hit, Surrounding};
use super::thread::{Step, Thread, advance, merge};
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
    /// Bytes read again.
    again: u64,
    /// More would have to be read again than is allowed; behind `from` nothing is known.
    is_exhausted: bool,
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

/// Whether `a` is replaced rather than `b`.
fn is_preferred(a: &Hit, b: &Hit) -> bool {
    (a.start, b.end, a.pattern) < (b.start, a.end, b.pattern)
}

impl Redactions {
    /// How many bytes were read again, if that was too many.
    pub(super) fn exhausted(&self) -> Option<u64> {
        self.is_exhausted.then_some(self.again)
    }

    /// No thread, and nothing found.
    pub(super) fn is_idle(&self) -> bool {
        self.threads.is_empty() && self.found.is_none()
    }

    /// The one thread, if nothing else is under way.
    pub(super) fn only(&mut self) -> Only<'_> {
        match (self.threads.as_mut_slice(), self.found) {
            ([], None) => Only::None,
            ([thread], None) => Only::One(thread),
            _ => Only::More,
        }
    }

    /// What is replaced and was not given out.
    pub(super) const fn replaced(&mut self) -> &mut Vec<Hit> {
        &mut self.replaced
    }

    /// Reads a byte.
    pub(super) fn read(&mut self, step: &Step<'_>) {
        let has_work = !self.is_idle() || !step.is_quiet();
        if has_work && !self.step(step) {
            self.read_again(step.tables, step.now, &step.text);
        }
    }

    /// Reads from where the search stands to `now`, with no thread at first.
    #[inline(never)]
    fn read_again(&mut self, tables: &GuardTables, to: u64, text: &Text<'_>) {
        let mut now = to;
        let mut trigger = 0;
        let mut is_fresh = false;
        loop {
            if !is_fresh {
                // A match was replaced, so the search stands further on than it did.
                self.threads.clear();
                self.found = None;
                self.left_out = 0;
                now = self.from;
                let before = now.checked_sub(1).and_then(|at| text.byte(at));
                trigger = tables.trigger.root(Surrounding::of(before));
            }
            if now >= to {
                return;
            }
            let Some(byte) = text.byte(now) else { return };
            self.again = self.again.saturating_add(1);
            self.is_exhausted = self.again > most_read_again(to);
            if self.is_exhausted {
                return;
            }
            now = now.saturating_add(1);
            trigger = tables.trigger.next(trigger, byte);
            is_fresh = self.step(&Step::new(tables, trigger, byte, now, *text));
        }
    }

    /// One byte. False when the text must be read again from where the search now stands.
    fn step(&mut self, step: &Step<'_>) -> bool {
        let Self { from, threads, found, left_out, places, .. } = self;
        advance(threads, step, Action::Redact, *from, false, &mut |thread, told| {
            // While it lives it keeps its match.
            if !told.live {
                keep_preferred(found, left_out, thread.hit());
            }
        });
        merge(threads, places, step.tables, &mut |thread| {
            *left_out = (*left_out).max(thread.start.saturating_add(1));
            // If its match grew, so would that of the older one, over it.
            keep_preferred(found, left_out, thread.hit());
        });
        match self.found {
            Some(hit) => self.settle(hit, step.tables.trigger.says(step.trigger), step.now),
            None => true,
        }
    }

    /// Replaces what was found if no older thread is in the way. False when the text must be read again.
    #[inline(never)]
    fn settle(&mut self, hit: Hit, in_trigger: TriggerState, now: u64) -> bool {
        if self.oldest(in_trigger, now).is_some_and(|oldest| oldest <= hit.start) {
            return true;
        }
        self.replace(hit);
        self.threads.retain(|thread| thread.start >= hit.end);
        self.left_out <= self.from
    }

    fn replace(&mut self, hit: Hit) {
        self.replaced.push(hit);
        self.from = hit.end;
        self.found = None;
    }

    fn oldest(&self, in_trigger: TriggerState, now: u64) -> Option<u64> {
        let in_trigger = in_trigger.oldest_redaction(self.from, now);
        self.threads.iter().map(|thread| thread.start).chain(in_trigger).min()
    }

    /// How far the text may go.
    pub(super) fn cut(&self, in_trigger: TriggerState, now: u64) -> RedactionCut {
        if self.is_exhausted {
            return RedactionCut { cut: self.from, growing: None };
        }
        let Some(oldest) = self.oldest(in_trigger, now) else { return RedactionCut { cut: now, growing: None } };
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
                keep_preferred(found, left_out, thread.hit());
            }
            threads.clear();
            let Some(hit) = self.found else { return };
            self.replace(hit);
            if self.left_out <= self.from {
                return;
            }
            self.read_again(tables, now, text);
            if self.is_exhausted {
                return;
            }
        }
    }
}

/// Of a text of so many bytes, how many may be read again. A text that needs more is made to need it: where matches lie
/// in doubt behind each other over and over.
pub(super) const fn most_read_again(read: u64) -> u64 {
    read.saturating_mul(16).saturating_add(1 << 16)
}

#[inline(never)]
fn keep_preferred(found: &mut Option<Hit>, left_out: &mut u64, hit: Option<Hit>) {
    let Some(hit) = hit else { return };
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
