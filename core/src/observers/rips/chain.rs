//! Sums of edges over Z/2, written in the basis of the critical edges.

use alloc::vec::Vec;

use super::cloud::room;

/// What became of an edge when it entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// It joined two components.
    Tree,
    /// It closed a loop; its number among those that did.
    Critical(u32),
    /// It came with a triangle whose other edges were there: the third corner.
    Apparent(u32),
}

/// A [`Kind`] in 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed(u32);

const CRITICAL: u32 = 1 << 31;

impl Packed {
    pub(super) const fn new(kind: Kind) -> Self {
        match kind {
            Kind::Tree => Self(u32::MAX),
            Kind::Critical(number) => Self(CRITICAL | number),
            Kind::Apparent(corner) => Self(corner),
        }
    }

    pub(super) const fn kind(self) -> Kind {
        match self.0 {
            u32::MAX => Kind::Tree,
            packed if packed >= CRITICAL => Kind::Critical(packed & !CRITICAL),
            corner => Kind::Apparent(corner),
        }
    }
}

/// A set of edges by their ranks, from which the last one is taken; a second level of bits says which words
/// have any.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    words: Vec<u64>,
    summary: Vec<u64>,
    /// No word of the summary beyond this one has a bit.
    top: usize,
}

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "ranks are below the size it was made for")]
impl Chain {
    pub(super) fn reserve(&mut self, edges: usize) {
        room(&mut self.words, edges / 64 + 1);
        room(&mut self.summary, edges / 4096 + 1);
    }

    /// Empty, for ranks below `edges`.
    pub(super) fn reset(&mut self, edges: usize) {
        self.words.clear();
        self.words.resize(edges / 64 + 1, 0);
        self.summary.clear();
        self.summary.resize(edges / 4096 + 1, 0);
        self.top = 0;
    }

    /// Adds an edge over Z/2: an edge that is there goes.
    pub(super) fn toggle(&mut self, rank: u32) {
        let word = rank as usize / 64;
        self.words[word] ^= 1 << (rank % 64);
        self.summary[word / 64] |= 1 << (word % 64);
        if word / 64 > self.top {
            self.top = word / 64;
        }
    }

    /// Takes out the edge of the highest rank.
    pub(super) fn pop(&mut self) -> Option<u32> {
        loop {
            let above = self.summary[self.top];
            let Some(bit) = highest(above) else {
                if self.top == 0 {
                    return None;
                }
                self.top -= 1;
                continue;
            };
            let index = self.top * 64 + bit as usize;
            let word = self.words[index];
            let Some(rank) = highest(word) else {
                self.summary[self.top] = above ^ (1 << bit);
                continue;
            };
            self.words[index] = word ^ (1 << rank);
            return u32::try_from(index * 64 + rank as usize).ok();
        }
    }
}

/// Position of the highest bit.
const fn highest(word: u64) -> Option<u32> {
    word.checked_ilog2()
}

/// The boundaries of the triangles that closed a loop, in the basis of the critical edges, each known by its
/// last one.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    /// Of each critical edge, where its column begins in `words`; the column has the words up to its own.
    start: Vec<u32>,
    words: Vec<u64>,
    /// The sum that is reduced.
    work: Vec<u64>,
    /// Critical edges below this one are dead.
    oldest: u32,
    alive: u32,
}

/// No column: the loop is still open.
const OPEN: u32 = u32::MAX;

#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "numbers of critical edges are below their count, by which the lists grow"
)]
impl Columns {
    pub(super) fn reserve(&mut self, critical: usize, words: usize) {
        room(&mut self.start, critical);
        room(&mut self.words, words);
        room(&mut self.work, critical / 64 + 1);
    }

    pub(super) fn reset(&mut self) {
        self.start.clear();
        self.words.clear();
        self.work.clear();
        self.oldest = 0;
        self.alive = 0;
    }

    /// A loop opens; the number of its edge.
    pub(super) fn open(&mut self) -> u32 {
        let number = u32::try_from(self.start.len()).unwrap_or(OPEN);
        self.start.push(OPEN);
        self.work.resize(self.start.len().div_ceil(64), 0);
        self.alive += 1;
        number
    }

    /// Number of open loops.
    pub(super) const fn alive(&self) -> u32 {
        self.alive
    }

    /// The open loop that opened first.
    pub(super) fn oldest(&mut self) -> Option<u32> {
        while *self.start.get(self.oldest as usize)? != OPEN {
            self.oldest += 1;
        }
        Some(self.oldest)
    }

    /// Adds a critical edge to the sum that is to be reduced.
    pub(super) fn toggle(&mut self, number: u32) {
        self.work[number as usize / 64] ^= 1 << (number % 64);
    }

    /// Reduces the sum and forgets it: the open loop that it closes, if it closes one.
    pub(super) fn reduce(&mut self) -> Option<u32> {
        let mut top = self.work.len();
        while top > 0 {
            let Some(bit) = highest(self.work[top - 1]) else {
                top -= 1;
                continue;
            };
            let number = (top - 1) * 64 + bit as usize;
            let start = self.start[number];
            if start == OPEN {
                self.start[number] = u32::try_from(self.words.len()).unwrap_or(OPEN);
                self.words.extend_from_slice(&self.work[..top]);
                self.work[..top].fill(0);
                self.alive -= 1;
                return u32::try_from(number).ok();
            }
            let column = &self.words[start as usize..][..top];
            for (work, column) in self.work.iter_mut().zip(column) {
                *work ^= column;
            }
        }
        None
    }
}
