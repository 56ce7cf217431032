//! Sums of edges over Z/2.

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
    top: u32,
}

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "ranks are below the size it was made for")]
impl Chain {
    /// Room for ranks below `edges`.
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
        let word = rank / 64;
        self.words[word as usize] ^= 1 << (rank % 64);
        self.summary[word as usize / 64] |= 1 << (word % 64);
        self.top = self.top.max(word / 64);
    }

    /// Takes out the edge of the highest rank.
    pub(super) fn pop(&mut self) -> Option<u32> {
        loop {
            let above = self.summary[self.top as usize];
            let Some(bit) = highest(above) else {
                if self.top == 0 {
                    return None;
                }
                self.top -= 1;
                continue;
            };
            let index = self.top * 64 + bit;
            let word = self.words[index as usize];
            let Some(rank) = highest(word) else {
                self.summary[self.top as usize] = above ^ (1 << bit);
                continue;
            };
            self.words[index as usize] = word ^ (1 << rank);
            return Some(index * 64 + rank);
        }
    }
}

/// Position of the highest bit.
const fn highest(word: u64) -> Option<u32> {
    word.checked_ilog2()
}
