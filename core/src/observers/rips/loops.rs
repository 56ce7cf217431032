//! The loops that opened, and the boundaries that closed them.

use alloc::vec::Vec;

use super::cloud::{Edge, room};

/// No boundary: the loop is still open.
const OPEN: u32 = u32::MAX;

/// The edges that opened a loop, in order, each with the sum of edges that closed it.
#[derive(Clone, Debug, Default)]
pub(super) struct Loops {
    edges: Vec<Edge>,
    /// Where a loop's boundary begins in `boundaries`, or [`OPEN`].
    starts: Vec<u32>,
    /// Of each boundary its size, then the ranks of its critical edges but the one that opened the loop.
    boundaries: Vec<u32>,
    /// Loops before this one are closed.
    oldest: u32,
    alive: u32,
}

#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "loops are numbered as they are opened, and boundaries begin where they were written"
)]
impl Loops {
    /// Room for so many loops, and for boundaries of so many edges in all.
    pub(super) fn reserve(&mut self, loops: usize, edges: usize) {
        room(&mut self.edges, loops);
        room(&mut self.starts, loops);
        room(&mut self.boundaries, edges);
    }

    /// No loops.
    pub(super) fn reset(&mut self) {
        self.edges.clear();
        self.starts.clear();
        self.boundaries.clear();
        self.oldest = 0;
        self.alive = 0;
    }

    /// An edge opens a loop; the loop's number.
    pub(super) fn open(&mut self, edge: Edge) -> u32 {
        self.edges.push(edge);
        self.starts.push(OPEN);
        self.alive += 1;
        u32::try_from(self.starts.len() - 1).unwrap_or(OPEN)
    }

    /// The edge that opened a loop.
    pub(super) fn edge(&self, number: u32) -> Edge {
        self.edges[number as usize]
    }

    /// Number of open loops.
    pub(super) const fn alive(&self) -> u32 {
        self.alive
    }

    /// The edge of the open loop that opened first.
    pub(super) fn oldest(&mut self) -> Option<Edge> {
        while *self.starts.get(self.oldest as usize)? != OPEN {
            self.oldest += 1;
        }
        self.edges.get(self.oldest as usize).copied()
    }

    /// What stands for the edge of a closed loop: the other critical edges of its boundary, by rank.
    pub(super) fn boundary(&self, number: u32) -> Option<&[u32]> {
        let start = self.starts[number as usize] as usize;
        let (&size, rest) = self.boundaries.get(start..)?.split_first()?;
        rest.get(..size as usize)
    }

    /// Closes a loop; what follows is its boundary.
    pub(super) fn close(&mut self, number: u32) {
        self.starts[number as usize] = u32::try_from(self.boundaries.len()).unwrap_or(OPEN);
        self.boundaries.push(0);
        self.alive -= 1;
    }

    /// Adds an edge to the boundary of the loop that was closed last.
    pub(super) fn extend(&mut self, number: u32, rank: u32) {
        self.boundaries.push(rank);
        self.boundaries[self.starts[number as usize] as usize] += 1;
    }
}
