//! The trigger: the first bytes of all patterns in one automaton.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

use super::super::trigger::{MAX_DEPTH, Spawn, Trigger, TriggerState};
use super::super::{Action, PatternTable, StateFlags, Surrounding};

/// With how many bytes a pattern may go on while its threads live in the trigger.
const MOST_NEXT_BYTES: usize = 8;

/// Cells of the trigger, which are counted in 16 bits; with more, threads leave it earlier.
pub(super) const MOST_CELLS: usize = 65_535;

/// A thread in the trigger: its pattern, the pattern's state, and how many bytes it has read.
type Item = (u16, u16, u8);

/// A state: what stands before, the threads in it, and those that leave it.
type Key = (Surrounding, BTreeSet<Item>, Vec<Spawn>);

/// Builds the trigger. Threads stay in it as long as it does not become too large. None when it is too large even
/// without any.
pub(super) fn build(patterns: &[PatternTable]) -> Option<Trigger> {
    let mut depth = MAX_DEPTH;
    while depth > 1 {
        if let Some(trigger) = build_to(patterns, depth) {
            return Some(trigger);
        }
        depth -= (depth / 4).max(1);
    }
    build_to(patterns, 1)
}

struct Builder<'a> {
    patterns: &'a [PatternTable],
    depth: u8,
    /// For each pattern and state, whether threads may stay.
    stays: Vec<Vec<bool>>,
}

impl Builder<'_> {
    /// The states after a byte.
    fn next(&self, from: &Key, byte: u8) -> Key {
        let (before, items, _) = from;
        let mut to = BTreeSet::new();
        let mut spawns = Vec::new();
        let started = self.patterns.iter().zip(0_u16..).map(|(pattern, index)| (index, pattern.start(*before), 0));
        for (index, state, read) in items.iter().copied().chain(started) {
            let pattern = &self.patterns[usize::from(index)];
            let state = pattern.next(state, byte);
            let back = read + 1;
            if pattern.flags(state).bits() == 0 {
                continue;
            }
            if back < self.depth && self.stays[usize::from(index)][usize::from(state)] {
                to.insert((index, state, back));
            } else {
                spawns.push(Spawn { pattern: index, state, back });
            }
        }
        spawns.sort_unstable_by_key(|spawn| (spawn.pattern, core::cmp::Reverse(spawn.back), spawn.state));
        (Surrounding::of(Some(byte)), to, spawns)
    }

    fn says(&self, key: &Key) -> TriggerState {
        let mut state = TriggerState::default();
        for (index, _, back) in &key.1 {
            match self.patterns[usize::from(*index)].action {
                Action::Halt => state.halt = state.halt.max(*back),
                Action::Redact => state.redact |= 1 << (back - 1),
                Action::Flag => {}
            }
        }
        state
    }
}

/// Whether a thread in a state only waits: it reports nothing, and few bytes keep it alive.
fn may_stay(pattern: &PatternTable, state: u16) -> bool {
    let live =
        (0..=255_u8).filter(|byte| pattern.flags(pattern.next(state, *byte)).bits() != 0).take(MOST_NEXT_BYTES + 1);
    pattern.flags(state).bits() == StateFlags::LIVE && live.count() <= MOST_NEXT_BYTES
}

fn build_to(patterns: &[PatternTable], depth: u8) -> Option<Trigger> {
    let stays = patterns.iter().map(|pattern| {
        (0..pattern.states()).map(|state| may_stay(pattern, u16::try_from(state).unwrap_or(0))).collect()
    });
    let builder = Builder { patterns, depth, stays: stays.collect() };
    let (classes, representatives) = classes(&builder);
    let mut ids: BTreeMap<Key, usize> = BTreeMap::new();
    let mut keys: Vec<Key> = Vec::new();
    let mut index = |keys: &mut Vec<Key>, key: Key| {
        *ids.entry(key).or_insert_with_key(|key| {
            keys.push(key.clone());
            keys.len() - 1
        })
    };
    let roots = Surrounding::ALL.map(|before| index(&mut keys, (before, BTreeSet::new(), Vec::new())));
    let mut rows: Vec<Vec<usize>> = Vec::new();
    while let Some(key) = keys.get(rows.len()).cloned() {
        let row = representatives.iter().map(|byte| index(&mut keys, builder.next(&key, *byte))).collect();
        rows.push(row);
        if keys.len() * representatives.len() > MOST_CELLS {
            return None;
        }
    }
    // Those that spawn come last.
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by_key(|at| !keys[*at].2.is_empty());
    let stride = representatives.len();
    let mut place = alloc::vec![0; keys.len()];
    for (number, at) in order.iter().enumerate() {
        place[*at] = u16::try_from(number * stride).unwrap_or(0);
    }
    let quiet = keys.iter().filter(|key| key.2.is_empty()).count();
    let mut spawns = Vec::new();
    let states = order.iter().map(|at| {
        spawns.extend_from_slice(&keys[*at].2);
        TriggerState { spawns_end: u32::try_from(spawns.len()).unwrap_or(u32::MAX), ..builder.says(&keys[*at]) }
    });
    let states = states.collect();
    Some(Trigger {
        classes,
        stride: u16::try_from(stride).unwrap_or(u16::MAX),
        cells: order.iter().flat_map(|at| rows[*at].iter().map(|to| place[*to])).collect(),
        states,
        spawns,
        first_spawning: u16::try_from(quiet * stride).unwrap_or(u16::MAX),
        roots: roots.map(|root| place[root]),
    })
}

/// Bytes that no thread in the trigger tells apart are one class.
fn classes(builder: &Builder<'_>) -> ([u8; 256], Vec<u8>) {
    let mut rows: BTreeSet<(u16, u16)> = BTreeSet::new();
    for (pattern, index) in builder.patterns.iter().zip(0_u16..) {
        let mut open: Vec<(u16, u8)> = pattern.starts.iter().map(|start| (*start, 0)).collect();
        while let Some((state, read)) = open.pop() {
            let stays = read == 0 || read < builder.depth && builder.stays[usize::from(index)][usize::from(state)];
            if stays && rows.insert((index, state)) {
                open.extend((0..=255_u8).map(|byte| (pattern.next(state, byte), read + 1)));
            }
        }
    }
    let mut columns: BTreeMap<(Surrounding, Vec<u16>), u8> = BTreeMap::new();
    let mut representatives = Vec::new();
    let mut classes = [0_u8; 256];
    for (byte, slot) in (0..=255_u8).zip(classes.iter_mut()) {
        let column = rows.iter().map(|(index, state)| builder.patterns[usize::from(*index)].next(*state, byte));
        let id = u8::try_from(columns.len()).unwrap_or(u8::MAX);
        *slot = *columns.entry((Surrounding::of(Some(byte)), column.collect())).or_insert_with(|| {
            representatives.push(byte);
            id
        });
    }
    (classes, representatives)
}
