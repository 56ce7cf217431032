//! The trigger: the first bytes of all patterns in one automaton.
//!
//! This runs in wasm modules too, and is written for few instructions: a state is a sorted list of numbers, and nothing is
//! generic.

use alloc::vec;
use alloc::vec::Vec;

use super::super::trigger::{MAX_DEPTH, Spawn, Trigger, TriggerState};
use super::super::{Action, PatternTable, StateFlags, Surrounding};
use crate::sort::sort_distinct;

/// With how many bytes a pattern may go on while its threads live in the trigger.
const MOST_NEXT_BYTES: u32 = 8;

/// Cells of the trigger, which are counted in 16 bits; with more, threads leave it earlier.
pub(in crate::guard) const MOST_CELLS: usize = 65_535;

/// Builds the trigger. Threads stay in it as long as it does not become too large. None when it is too large even
/// without any.
pub(in crate::guard) fn build(patterns: &[PatternTable]) -> Option<Trigger> {
    let mut stays: Vec<Vec<bool>> = Vec::new();
    for pattern in patterns {
        let mut states = Vec::new();
        for state in 0..short(pattern.states()) {
            states.push(may_stay(pattern, state));
        }
        stays.push(states);
    }
    let mut builder = Builder { patterns, depth: MAX_DEPTH, stays };
    loop {
        match builder.build() {
            None if builder.depth > 1 => {
                builder.depth = builder.depth.wrapping_sub((builder.depth / 4).max(1));
            }
            trigger => return trigger,
        }
    }
}

/// Whether a thread in a state only waits: it reports nothing, and few bytes keep it alive.
fn may_stay(pattern: &PatternTable, state: u16) -> bool {
    let mut live = 0_u32;
    for byte in 0..=u8::MAX {
        live = live.wrapping_add(u32::from(pattern.flags(pattern.next(state, byte)).bits() != 0));
    }
    pattern.flags(state).bits() == StateFlags::LIVE && live <= MOST_NEXT_BYTES
}

pub(super) fn short(number: usize) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

/// A state: what stands before, by its number; the threads in it, which are [`STAYS`], the pattern, the pattern's state
/// and how many bytes were read; those that leave it, which are [`LEAVES`], the pattern, how few bytes were read and the
/// pattern's state. So what leaves is in the order of the patterns, the oldest first.
type Key = Vec<u64>;

const STAYS: u64 = 1 << 48;
const LEAVES: u64 = 1 << 49;

#[allow(clippy::cast_possible_truncation, reason = "a field of a packed number")]
const fn field(item: u64, shift: u32) -> u16 {
    (item >> shift) as u16
}

#[allow(clippy::cast_possible_truncation, reason = "a field of a packed number")]
const fn byte_of(item: u64, shift: u32) -> u8 {
    (item >> shift) as u8
}

/// Lists in which a state is looked for.
const LISTS: u64 = 1024;

/// The states, each once.
struct Keys {
    list: Vec<Key>,
    /// The latest state of each list, and the one before each state, counted from 1; 0 is none.
    latest: Vec<usize>,
    before: Vec<usize>,
}

impl Keys {
    #[inline(never)]
    fn index(&mut self, key: Key) -> usize {
        let mut hash = 0_u64;
        for word in &key {
            hash = (hash ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        }
        let list = usize::from(field(hash % LISTS, 0));
        let Some(latest) = self.latest.get_mut(list) else { return 0 };
        let mut at = *latest;
        while at > 0 {
            let index = at.wrapping_sub(1);
            if self.list.get(index) == Some(&key) {
                return index;
            }
            at = self.before.get(index).copied().unwrap_or(0);
        }
        self.before.push(*latest);
        self.list.push(key);
        *latest = self.list.len();
        self.list.len().wrapping_sub(1)
    }
}

struct Builder<'a> {
    patterns: &'a [PatternTable],
    depth: u8,
    /// For each pattern and state, whether threads may stay.
    stays: Vec<Vec<bool>>,
}

impl Builder<'_> {
    fn may_stay(&self, index: usize, state: u16, read: u8) -> bool {
        read < self.depth && self.stays.get(index).and_then(|it| it.get(usize::from(state))).copied().unwrap_or(false)
    }

    /// Reads a byte in a state of a pattern, and puts the thread to where it goes.
    #[inline(never)]
    fn read(&self, index: u16, state: u16, read: u8, byte: u8, to: &mut Key) {
        let Some(pattern) = self.patterns.get(usize::from(index)) else { return };
        let (state, back) = (pattern.next(state, byte), read.wrapping_add(1));
        if pattern.flags(state).bits() == 0 {
            return;
        }
        let pattern = u64::from(index) << 24;
        to.push(if self.may_stay(usize::from(index), state, back) {
            STAYS | pattern | u64::from(state) << 8 | u64::from(back)
        } else {
            LEAVES | pattern | u64::from(u8::MAX.wrapping_sub(back)) << 16 | u64::from(state)
        });
    }

    fn build(&self) -> Option<Trigger> {
        let (classes, bytes) = self.classes();
        let stride = bytes.len();
        let mut states = Keys { list: Vec::new(), latest: vec![0; 1024], before: Vec::new() };
        let mut trigger = Trigger {
            classes,
            stride: short(stride),
            cells: Vec::new(),
            states: Vec::new(),
            spawns: Vec::new(),
            first_spawning: 0,
            roots: [0; 5],
        };
        // What each byte starts, by what stands before.
        let mut started: Vec<Key> = Vec::new();
        for before in Surrounding::ALL {
            states.index(vec![before as u64]);
            for byte in &bytes {
                let mut key = vec![Surrounding::of(Some(*byte)) as u64];
                for (index, pattern) in self.patterns.iter().enumerate() {
                    self.read(short(index), pattern.start(before), 0, *byte, &mut key);
                }
                started.push(key);
            }
        }
        // The next state by state and class.
        let mut next: Vec<usize> = Vec::new();
        let mut at = 0_usize;
        while let Some(from) = states.list.get(at).cloned() {
            let row = usize::from(field(from.first().copied().unwrap_or(0), 0)).wrapping_mul(stride);
            for (byte, started) in bytes.iter().zip(started.get(row..).unwrap_or_default()) {
                let mut key = started.clone();
                for item in from.iter().filter(|item| **item & STAYS > 0) {
                    self.read(field(*item, 24), field(*item, 8), byte_of(*item, 0), *byte, &mut key);
                }
                sort_distinct(&mut key);
                next.push(states.index(key));
            }
            if states.list.len().wrapping_mul(stride) > MOST_CELLS {
                return None;
            }
            at = at.wrapping_add(1);
        }
        // Those that spawn come last. The largest item is one that leaves, if there is any.
        let spawns = |key: &Key| key.last().is_some_and(|item| *item >= LEAVES);
        let mut place = vec![0; states.list.len()];
        let mut row = 0_usize;
        for spawning in [false, true] {
            if spawning {
                trigger.first_spawning = short(row);
            }
            for (slot, key) in place.iter_mut().zip(&states.list) {
                if spawns(key) == spawning {
                    *slot = short(row);
                    row = row.wrapping_add(stride);
                }
            }
        }
        let place_of = |state: usize| place.get(state).copied().unwrap_or(0);
        for (state, root) in trigger.roots.iter_mut().enumerate() {
            *root = place_of(state);
        }
        for spawning in [false, true] {
            for (key, row) in states.list.iter().zip(next.chunks(stride.max(1))) {
                if spawns(key) == spawning {
                    self.write(key, &mut trigger);
                    for to in row {
                        trigger.cells.push(place_of(*to));
                    }
                }
            }
        }
        Some(trigger)
    }

    /// Appends what a state says.
    fn write(&self, key: &Key, trigger: &mut Trigger) {
        let mut says = TriggerState::default();
        for item in key {
            let pattern = field(*item, 24);
            if *item >= LEAVES {
                let back = u8::MAX.wrapping_sub(byte_of(*item, 16));
                trigger.spawns.push(Spawn { pattern, state: field(*item, 0), back });
            } else if *item >= STAYS {
                let back = byte_of(*item, 0);
                match self.patterns.get(usize::from(pattern)).map(|pattern| pattern.action) {
                    Some(Action::Halt) => says.halt = says.halt.max(back),
                    Some(Action::Redact) => says.redact |= 1_u32.wrapping_shl(u32::from(back).wrapping_sub(1)),
                    Some(Action::Flag) | None => {}
                }
            }
        }
        says.spawns_end = u32::try_from(trigger.spawns.len()).unwrap_or(u32::MAX);
        trigger.states.push(says);
    }

    /// Bytes that no thread in the trigger tells apart are one class. Gives a byte of each.
    fn classes(&self) -> ([u8; 256], Vec<u8>) {
        // The states that threads are in when a byte comes.
        let mut rows: Vec<(&PatternTable, u16)> = Vec::new();
        for (index, pattern) in self.patterns.iter().enumerate() {
            let mut seen = vec![false; pattern.states()];
            let mut open: Vec<(u16, u8)> = Vec::new();
            for start in pattern.starts {
                open.push((start, 0));
            }
            while let Some((state, read)) = open.pop() {
                let Some(seen) = seen.get_mut(usize::from(state)) else { continue };
                if *seen || !(read == 0 || self.may_stay(index, state, read)) {
                    continue;
                }
                *seen = true;
                rows.push((pattern, state));
                for byte in 0..=u8::MAX {
                    open.push((pattern.next(state, byte), read.wrapping_add(1)));
                }
            }
        }
        let mut bytes: Vec<u8> = Vec::new();
        let mut classes = [0_u8; 256];
        for (byte, slot) in (0..=u8::MAX).zip(&mut classes) {
            let before = Surrounding::of(Some(byte));
            let mut class = 0_u8;
            for other in &bytes {
                let is_same = Surrounding::of(Some(*other)) == before
                    && rows.iter().all(|(pattern, state)| pattern.next(*state, *other) == pattern.next(*state, byte));
                if is_same {
                    break;
                }
                class = class.wrapping_add(1);
            }
            if usize::from(class) == bytes.len() {
                bytes.push(byte);
            }
            *slot = class;
        }
        (classes, bytes)
    }
}
