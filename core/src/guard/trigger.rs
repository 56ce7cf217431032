//! The automaton over all patterns that says where a thread starts.
//!
//! The first bytes of most patterns are literal: `sk-`, `ghp_`, `-----BEGIN`. As long as a pattern may only go on with
//! few bytes its threads live here, all of them together in one state; when one has come through, the state spawns it.
//! A pattern that starts with a class spawns at its first byte. This changes nothing about which threads there are, only
//! where they are kept.

// The modules for the web are compiled for size, where nothing is inlined by itself: without this each byte of a text
// would cost a call.
#![allow(clippy::inline_always)]

use alloc::vec::Vec;

use super::tables::Surrounding;

/// How many bytes a thread may live in the trigger.
pub(super) const MAX_DEPTH: u8 = 32;

/// Places that are read at a time, how long each must be at least, and how many bytes are read before.
const LANES: usize = 4;
const LEAST_LANE: usize = 128;
const ALONE: usize = 128;

/// A thread that has come through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spawn {
    /// Its pattern.
    pub(super) pattern: u16,
    /// The state of the pattern it is in.
    pub(super) state: u16,
    /// How many bytes ago it started.
    pub(super) back: u8,
}

/// What a state of the trigger says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct TriggerState {
    /// How many bytes ago the oldest halt thread in it started; 0 without one.
    pub(super) halt: u8,
    /// How many bytes ago redaction threads in it started: bit `n` for `n + 1`.
    pub(super) redact: u32,
    /// Where its spawns end; they start where those of the state before it do.
    pub(super) spawns_end: u32,
}

impl TriggerState {
    /// The oldest start of a redaction thread, of those from `from` on, now that `now` bytes have been read.
    pub(super) fn oldest_redaction(self, from: u64, now: u64) -> Option<u64> {
        let reach = u32::try_from(now.saturating_sub(from)).unwrap_or(u32::MAX).min(u32::BITS);
        let threads = self.redact & u32::MAX.checked_shr(u32::BITS.wrapping_sub(reach)).unwrap_or(0);
        threads.checked_ilog2().map(|bit| now.saturating_sub(u64::from(bit)).saturating_sub(1))
    }

    /// The oldest start of a halt thread.
    pub(super) fn oldest_halt(self, now: u64) -> Option<u64> {
        (self.halt > 0).then(|| now.saturating_sub(u64::from(self.halt)))
    }
}

/// The automaton.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trigger {
    pub(super) classes: [u8; 256],
    pub(super) stride: u16,
    /// The next state by state and class. States are given as the place of their row.
    pub(super) cells: Vec<u16>,
    pub(super) states: Vec<TriggerState>,
    pub(super) spawns: Vec<Spawn>,
    /// States from this row on spawn.
    pub(super) first_spawning: u16,
    /// The states in which there is no thread.
    pub(super) roots: [u16; 5],
}

impl Trigger {
    /// The state in which no thread has started.
    pub(super) fn root(&self, before: Surrounding) -> u16 {
        self.roots.get(before as usize).copied().unwrap_or(0)
    }

    #[inline(always)]
    pub(super) fn next(&self, state: u16, byte: u8) -> u16 {
        let class = self.classes.get(usize::from(byte)).copied().unwrap_or(0);
        // Every row and class of a decoded table is in range.
        self.cells.get(usize::from(state).wrapping_add(usize::from(class))).copied().unwrap_or(0)
    }

    /// Reads on until a state spawns, and says how many bytes that were.
    #[inline]
    pub(super) fn run(&self, state: &mut u16, bytes: &[u8]) -> usize {
        if bytes.len() < ALONE + LANES * LEAST_LANE {
            return self.run_alone(state, bytes);
        }
        self.run_long(state, bytes)
    }

    /// The same for what is short, byte by byte.
    #[inline(never)]
    pub(super) fn run_alone(&self, state: &mut u16, bytes: &[u8]) -> usize {
        let mut at = *state;
        for (index, byte) in bytes.iter().enumerate() {
            at = self.next(at, *byte);
            if at >= self.first_spawning {
                *state = at;
                return index.wrapping_add(1);
            }
        }
        *state = at;
        bytes.len()
    }

    /// The same where there is much to read. Where the text spawns again and again the lanes would not pay, so they come
    /// behind some bytes in which it did not.
    #[inline(never)]
    fn run_long(&self, state: &mut u16, bytes: &[u8]) -> usize {
        let (head, rest) = bytes.split_at_checked(ALONE).unwrap_or((bytes, &[]));
        let mut read = self.run_alone(state, head);
        if *state < self.first_spawning {
            read = read.wrapping_add(self.run_lanes(state, rest));
            read = read.wrapping_add(self.run_alone(state, bytes.get(read..).unwrap_or_default()));
        }
        read
    }

    /// Reads on in four places at a time, for one look-up waits for the one before. Stops before a state that spawns, in
    /// the first place or any of the others, and says how many bytes of the first place were read, or of all.
    ///
    /// What the state is depends on no more than [`MAX_DEPTH`] bytes and what stands before them, as a thread leaves the
    /// trigger when it has read as many. So the other places start that much earlier.
    fn run_lanes(&self, state: &mut u16, bytes: &[u8]) -> usize {
        let length = bytes.len() / LANES;
        let lane = |number: usize, early: usize| {
            let from = length.wrapping_mul(number);
            bytes.get(from.wrapping_sub(early)..from.wrapping_add(length)).unwrap_or_default()
        };
        let warm = usize::from(MAX_DEPTH);
        let warmed = |number: usize| {
            let before = lane(number, warm.wrapping_add(1));
            let root = self.root(Surrounding::of(before.first().copied()));
            before.iter().skip(1).take(warm).fold(root, |state, byte| self.next(state, *byte))
        };
        let (mut a, mut b, mut c, mut d) = (*state, warmed(1), warmed(2), warmed(3));
        let others = lane(1, 0).iter().zip(lane(2, 0)).zip(lane(3, 0));
        for (index, (first, ((second, third), fourth))) in lane(0, 0).iter().zip(others).enumerate() {
            *state = a;
            a = self.next(a, *first);
            b = self.next(b, *second);
            c = self.next(c, *third);
            d = self.next(d, *fourth);
            if a.max(b).max(c.max(d)) >= self.first_spawning {
                return index;
            }
        }
        *state = d;
        length.wrapping_mul(LANES)
    }

    /// Whether there is no thread in a state that spawns none.
    #[inline(always)]
    pub(super) fn is_root(&self, state: u16) -> bool {
        self.roots.contains(&state) && state < self.first_spawning
    }

    pub(super) fn says(&self, state: u16) -> TriggerState {
        self.states.get(self.index(state)).copied().unwrap_or_default()
    }

    fn index(&self, state: u16) -> usize {
        usize::from(state.checked_div(self.stride).unwrap_or(0))
    }

    /// What a state spawns.
    #[inline]
    pub(super) fn spawns(&self, state: u16) -> &[Spawn] {
        if state < self.first_spawning {
            return &[];
        }
        let index = self.index(state);
        let end_of = |index: usize| self.states.get(index).map_or(0, |state| state.spawns_end);
        let [from, to] =
            [index.checked_sub(1).map_or(0, end_of), end_of(index)].map(|end| usize::try_from(end).unwrap_or(0));
        self.spawns.get(from..to).unwrap_or_default()
    }
}
