//! Lets the edges in, one after the other.

use alloc::vec::Vec;

use super::Bar;
use super::chain::{Chain, Kind, Packed};
use super::cloud::{Edge, Edges, room};
use super::loops::Loops;

/// What is done with what a sweep finds.
pub(super) trait Watch {
    /// Two components join at a length.
    fn join(&mut self, length: f64);
    /// A loop of positive length has been filled.
    fn bar(&mut self, bar: Bar);
    /// Whether bars born at a length or later are of no interest any more.
    fn is_done(&self, birth: f64) -> bool;
}

/// How often it is asked whether the sweep may end, in edges.
const ASK: usize = 64;

/// Scratch of a sweep.
#[derive(Clone, Debug, Default)]
pub(super) struct Sweep {
    /// Words of a bit row.
    words: u32,
    /// Of each point, the points that an edge joins it with so far.
    rows: Vec<u64>,
    /// Corners of the present edge that have not been reached.
    rest: Vec<u64>,
    /// Corners that have been reached and not been looked from.
    front: Vec<u64>,
    /// What the edges so far are, by rank.
    kinds: Vec<Packed>,
    /// Ranks of the edges so far, by the index of their ends in the combinatorial number system.
    ranks: Vec<u32>,
    /// Of each point, one of its component.
    parents: Vec<u32>,
    chain: Chain,
}

/// Index of a pair of points in the combinatorial number system.
#[allow(clippy::arithmetic_side_effects, reason = "points are at most 4,096")]
const fn pair(a: u32, b: u32) -> usize {
    let (low, high) = if a < b { (a as usize, b as usize) } else { (b as usize, a as usize) };
    high * (high - 1) / 2 + low
}

#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "ends of edges are points of the cloud, and the scratch has been made for their number"
)]
impl Sweep {
    /// Room for clouds of a size.
    pub(super) fn reserve(&mut self, points: usize) {
        let words = points.div_ceil(64);
        let edges = points.saturating_mul(points.saturating_sub(1)) / 2;
        room(&mut self.rows, points.saturating_mul(words));
        room(&mut self.rest, words);
        room(&mut self.front, words);
        room(&mut self.kinds, edges);
        room(&mut self.ranks, edges);
        room(&mut self.parents, points);
        self.chain.reserve(edges);
    }

    fn reset(&mut self, points: u32, edges: usize) {
        let count = points as usize;
        self.words = points.div_ceil(64);
        let words = self.words as usize;
        self.rows.clear();
        self.rows.resize(count * words, 0);
        self.rest.clear();
        self.rest.resize(words, 0);
        self.front.clear();
        self.front.resize(words, 0);
        self.kinds.clear();
        self.ranks.clear();
        self.ranks.resize(count * count.saturating_sub(1) / 2, 0);
        self.parents.clear();
        self.parents.extend(0..points);
        self.chain.reset(edges);
    }

    /// Lets the edges of a cloud in and tells what it finds.
    pub(super) fn run(&mut self, points: u32, edges: &Edges, loops: &mut Loops, watch: &mut impl Watch) {
        self.reset(points, edges.list.len());
        loops.reset();
        for (rank, &edge) in edges.list.iter().enumerate() {
            if rank % ASK == 0 && watch.is_done(loops.oldest().unwrap_or(edge).length()) {
                return;
            }
            let (low, high) = edge.ends();
            let kind = if self.find_lune(low, high) {
                let corner = take_first(&mut self.rest).unwrap_or(0);
                if loops.alive() > 0 {
                    self.close_loops(&edges.list, rank, corner, loops, watch);
                }
                Kind::Apparent(corner)
            } else if self.join(low, high) {
                watch.join(edge.length());
                Kind::Tree
            } else {
                Kind::Critical(loops.open(edge))
            };
            self.ranks[pair(low, high)] = u32::try_from(rank).unwrap_or(u32::MAX);
            self.kinds.push(Packed::new(kind));
            self.rows[(low * self.words + high / 64) as usize] |= 1 << (high % 64);
            self.rows[(high * self.words + low / 64) as usize] |= 1 << (low % 64);
        }
    }

    /// Puts the corners that both ends are joined with into `rest`; whether there are any.
    fn find_lune(&mut self, low: u32, high: u32) -> bool {
        let row = |point: u32| &self.rows[(point * self.words) as usize..][..self.words as usize];
        let mut any = 0;
        for (rest, (a, b)) in self.rest.iter_mut().zip(row(low).iter().zip(row(high))) {
            *rest = a & b;
            any |= *rest;
        }
        any != 0
    }

    /// Walks through the lune from its first corner; what is not reached from there begins another part, whose
    /// triangle may close a loop.
    fn close_loops(&mut self, edges: &[Edge], rank: usize, first: u32, loops: &mut Loops, watch: &mut impl Watch) {
        let mut next = Some(first);
        while let Some(from) = next {
            if !self.reach(from) {
                return;
            }
            next = take_first(&mut self.front);
            if next.is_none() {
                next = take_first(&mut self.rest);
                if let Some(corner) = next {
                    self.close(edges, rank, [first, corner], loops, watch);
                }
            }
        }
    }

    /// Moves the neighbours of a point from `rest` to `front`; whether any are left.
    fn reach(&mut self, point: u32) -> bool {
        let row = &self.rows[(point * self.words) as usize..][..self.words as usize];
        let mut any = 0;
        for ((rest, front), row) in self.rest.iter_mut().zip(&mut self.front).zip(row) {
            let reached = *rest & row;
            *rest ^= reached;
            *front |= reached;
            any |= *rest;
        }
        if any == 0 {
            self.front.fill(0);
        }
        any != 0
    }

    /// Reduces the boundary of the triangle over an edge and a second corner; the triangle over the first one stands
    /// for the edge. The last edge that nothing stands for has opened the loop that the triangle closes.
    fn close(&mut self, edges: &[Edge], rank: usize, corners: [u32; 2], loops: &mut Loops, watch: &mut impl Watch) {
        let edge = edges[rank];
        for corner in corners {
            self.toggle_sides(edge, corner);
        }
        let mut closed = None;
        while let Some(rank) = self.chain.pop() {
            match self.kinds[rank as usize].kind() {
                Kind::Tree => {}
                Kind::Apparent(corner) => self.toggle_sides(edges[rank as usize], corner),
                Kind::Critical(number) => match (closed, loops.boundary(number)) {
                    (Some(closed), _) => loops.extend(closed, rank),
                    (None, Some(boundary)) => boundary.iter().for_each(|&rank| self.chain.toggle(rank)),
                    (None, None) => {
                        loops.close(number);
                        closed = Some(number);
                    }
                },
            }
        }
        if let Some(number) = closed {
            let bar = Bar { birth: loops.edge(number).length(), death: edge.length() };
            if bar.birth < bar.death {
                watch.bar(bar);
            }
        }
    }

    /// Adds the edges from both ends of an edge to a corner.
    fn toggle_sides(&mut self, edge: Edge, corner: u32) {
        let (low, high) = edge.ends();
        self.chain.toggle(self.ranks[pair(low, corner)]);
        self.chain.toggle(self.ranks[pair(high, corner)]);
    }

    /// Puts two points into one component; whether they were in two.
    fn join(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.root(a), self.root(b));
        self.parents[a as usize] = b;
        a != b
    }

    fn root(&mut self, mut point: u32) -> u32 {
        while self.parents[point as usize] != point {
            let above = self.parents[self.parents[point as usize] as usize];
            self.parents[point as usize] = above;
            point = above;
        }
        point
    }
}

/// Takes the lowest bit out of a row.
#[allow(clippy::arithmetic_side_effects, reason = "positions are below 64 times the words of a row")]
fn take_first(row: &mut [u64]) -> Option<u32> {
    for (base, word) in (0..).step_by(64).zip(row) {
        if *word != 0 {
            let bit = word.trailing_zeros();
            *word &= *word - 1;
            return Some(base + bit);
        }
    }
    None
}
