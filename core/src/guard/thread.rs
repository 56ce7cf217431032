//! Live threads of patterns.

use alloc::vec::Vec;

use super::Check;
use super::held::Text;
use super::tables::{GuardTables, Hit, StateFlags};
use super::trigger::Spawn;

/// A place where a pattern may match, and how far it has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct Thread {
    pub(super) start: u64,
    /// The end of the longest match so far; 0 when there is none.
    pub(super) end: u64,
    pub(super) pattern: u16,
    pub(super) state: u16,
}

impl Thread {
    pub(super) fn spawned(spawn: Spawn, now: u64) -> Self {
        let start = now.saturating_sub(u64::from(spawn.back));
        Self { start, end: 0, pattern: spawn.pattern, state: spawn.state }
    }

    pub(super) const fn hit(&self) -> Option<Hit> {
        if self.end == 0 {
            return None;
        }
        Some(Hit { pattern: self.pattern, start: self.start, end: self.end })
    }

    /// Reads a byte.
    #[inline]
    pub(super) fn step(&mut self, tables: &GuardTables, byte: u8) -> StateFlags {
        let Some(pattern) = tables.pattern(self.pattern) else { return StateFlags::default() };
        self.state = pattern.next(self.state, byte);
        pattern.flags(self.state)
    }

    pub(super) fn flags(&self, tables: &GuardTables) -> StateFlags {
        tables.pattern(self.pattern).map(|pattern| pattern.flags(self.state)).unwrap_or_default()
    }

    /// Takes the ends that its state reports, now that `now` bytes have been read: the longest, or the `first`. Whether
    /// there was one.
    #[inline]
    pub(super) fn report(
        &mut self,
        tables: &GuardTables,
        flags: StateFlags,
        now: u64,
        text: &Text<'_>,
        first: bool,
    ) -> bool {
        if flags.is_silent() {
            return false;
        }
        let before = flags.has(StateFlags::BEFORE) && self.ends_at(tables, now.saturating_sub(1), text);
        if before && first {
            return true;
        }
        before | (flags.has(StateFlags::NOW) && self.ends_at(tables, now, text))
    }

    /// Takes the end that the end of the text makes. Whether there is one.
    pub(super) fn report_end(&mut self, tables: &GuardTables, now: u64, text: &Text<'_>) -> bool {
        self.flags(tables).has(StateFlags::AT_END) && self.ends_at(tables, now, text)
    }

    fn ends_at(&mut self, tables: &GuardTables, end: u64, text: &Text<'_>) -> bool {
        let check = tables.pattern(self.pattern).map_or(Check::None, |pattern| pattern.check);
        let ends = end > self.start && text.passes(check, self.start, end);
        if ends {
            self.end = end;
        }
        ends
    }
}

/// Leaves one thread of each state of a pattern, the one with the oldest start, and hands the others to `dropped`.
/// Threads of a pattern with a check all stay: the same state with another start may end otherwise.
pub(super) fn merge(
    threads: &mut Vec<Thread>,
    places: &mut Vec<u32>,
    tables: &GuardTables,
    mut dropped: impl FnMut(&Thread),
) {
    if threads.len() < 2 {
        return;
    }
    // Where the thread of a state is, by a hash of the state; 0 is nowhere.
    let size = threads.len().wrapping_mul(2).next_power_of_two();
    places.clear();
    places.resize(size, 0);
    let mask = size.wrapping_sub(1);
    let mut kept = 0_usize;
    for index in 0..threads.len() {
        let Some(thread) = threads.get(index).copied() else { break };
        if tables.pattern(thread.pattern).is_some_and(|pattern| pattern.check == Check::None) {
            let mut place = usize::from(thread.pattern).wrapping_mul(31).wrapping_add(usize::from(thread.state)) & mask;
            let older = loop {
                // Half of the places are free, so one is found.
                let Some(slot) = places.get_mut(place) else { break None };
                if *slot == 0 {
                    *slot = u32::try_from(kept.wrapping_add(1)).unwrap_or(0);
                    break None;
                }
                let found = usize::try_from(*slot).unwrap_or(0).wrapping_sub(1);
                match threads.get_mut(found) {
                    Some(other) if other.pattern == thread.pattern && other.state == thread.state => break Some(other),
                    _ => place = place.wrapping_add(1) & mask,
                }
            };
            if let Some(other) = older {
                if other.start <= thread.start {
                    dropped(&thread);
                } else {
                    dropped(other);
                    *other = thread;
                }
                continue;
            }
        }
        if let Some(slot) = threads.get_mut(kept) {
            *slot = thread;
        }
        kept = kept.wrapping_add(1);
    }
    threads.truncate(kept);
}
