//! Live threads of patterns.

use alloc::vec::Vec;

use super::Check;
use super::held::Text;
use super::tables::{Action, GuardTables, Hit, StateFlags};
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

/// What is told of a thread.
#[derive(Clone, Copy)]
pub(super) struct Told {
    /// It has come to a match now.
    pub(super) found: bool,
    /// It goes on.
    pub(super) live: bool,
}

/// A byte of the text that was just read.
pub(super) struct Step<'a> {
    pub(super) tables: &'a GuardTables,
    /// The state that it brought the trigger to.
    pub(super) trigger: u16,
    /// What that state spawns.
    pub(super) spawns: &'a [Spawn],
    pub(super) byte: u8,
    /// Bytes read, this one included.
    pub(super) now: u64,
    pub(super) text: Text<'a>,
}

impl<'a> Step<'a> {
    pub(super) fn new(tables: &'a GuardTables, trigger: u16, byte: u8, now: u64, text: Text<'a>) -> Self {
        Self { tables, trigger, spawns: tables.trigger.spawns(trigger), byte, now, text }
    }

    /// No thread comes through the trigger.
    pub(super) const fn is_quiet(&self) -> bool {
        self.spawns.is_empty()
    }
}

impl Thread {
    pub(super) const fn hit(&self) -> Option<Hit> {
        if self.end == 0 {
            return None;
        }
        Some(Hit { pattern: self.pattern, start: self.start, end: self.end })
    }

    /// Takes the ends that its state reports: the longest that passes the check, or the `first`. Whether there is one.
    #[inline(never)]
    fn report(&mut self, flags: StateFlags, step: &Step<'_>, first: bool) -> bool {
        let mut found = false;
        for (flag, end) in [(StateFlags::BEFORE, step.now.saturating_sub(1)), (StateFlags::NOW, step.now)] {
            if flags.has(flag) && !(found && first) && self.ends_at(step.tables, end, &step.text) {
                found = true;
            }
        }
        found
    }

    /// Takes the end that the end of the text makes. Whether there is one.
    pub(super) fn report_end(&mut self, tables: &GuardTables, now: u64, text: &Text<'_>) -> bool {
        let flags = tables.pattern(self.pattern).map(|pattern| pattern.flags(self.state)).unwrap_or_default();
        flags.has(StateFlags::AT_END) && self.ends_at(tables, now, text)
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

/// Lets threads read a byte, and those of an action start that it brings through the trigger, unless they start before
/// `from`. Leaves the live ones. `tell` is told of every thread that has come to a match now (its `first`
/// is enough, or the longest) or has ended, and which of both: [`Told`].
pub(super) fn advance(
    threads: &mut Vec<Thread>,
    step: &Step<'_>,
    action: Action,
    from: u64,
    first: bool,
    tell: &mut dyn FnMut(&Thread, Told),
) {
    let Step { tables, spawns, byte, now, .. } = *step;
    let before = threads.len();
    for spawn in spawns {
        let start = now.saturating_sub(u64::from(spawn.back));
        if start >= from && tables.pattern(spawn.pattern).is_some_and(|pattern| pattern.action == action) {
            threads.push(Thread { start, end: 0, pattern: spawn.pattern, state: spawn.state });
        }
    }
    let mut index = 0_usize;
    #[cfg(test)]
    super::work::count(threads.len());
    threads.retain_mut(|thread| {
        let Some(pattern) = tables.pattern(thread.pattern) else { return false };
        // Those that have just come are in the state they came with.
        if index < before {
            thread.state = pattern.next(thread.state, byte);
        }
        index = index.wrapping_add(1);
        let flags = pattern.flags(thread.state);
        if flags.bits() == StateFlags::LIVE {
            return true;
        }
        let found = thread.report(flags, step, first);
        let live = flags.has(StateFlags::LIVE);
        if found || !live {
            tell(thread, Told { found, live });
        }
        live
    });
}

/// Leaves one thread of each state of a pattern, the one with the oldest start, and hands the others to `dropped`.
/// Threads of a pattern with a check all stay: the same state with another start may end otherwise.
pub(super) fn merge(
    threads: &mut Vec<Thread>,
    places: &mut Vec<u32>,
    tables: &GuardTables,
    dropped: &mut dyn FnMut(&Thread),
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
