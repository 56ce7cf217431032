//! Nodes in the order of time.

use alloc::vec::Vec;
use core::ops::Range;

use super::arena::index;

/// Numbers of nodes, ascending by timestamp and then by number, in blocks: a node that comes late moves half a block
/// at most, one that comes in order is pushed.
#[derive(Clone, Debug, Default)]
pub(super) struct TimeList {
    blocks: Vec<Block>,
    /// The highest timestamp, if there is a node.
    last: i64,
}

/// A place in a list: block, and place in the block. Places of one list are ordered as what lies there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    block: usize,
    at: usize,
}

/// Numbers of nodes, at least one. While each is the one after the last, as in the list of all nodes and wherever one
/// origin writes alone, the first and how many there are say it.
#[derive(Clone, Debug)]
struct Block {
    first: u32,
    len: u32,
    /// Empty, or all of them.
    list: Vec<u32>,
}

const BLOCK: usize = 512;

impl Block {
    const fn new(number: u32) -> Self {
        Self { first: number, len: 1, list: Vec::new() }
    }

    fn len(&self) -> usize {
        if self.list.is_empty() { index(self.len) } else { self.list.len() }
    }

    #[inline]
    fn get(&self, at: usize) -> Option<u32> {
        if self.list.is_empty() {
            u32::try_from(at).ok().filter(|at| *at < self.len).map(|at| self.first.wrapping_add(at))
        } else {
            self.list.get(at).copied()
        }
    }

    fn last(&self) -> Option<u32> {
        self.get(self.len().wrapping_sub(1))
    }

    /// Adds a number at the end. A list is made with room for so many.
    #[inline]
    fn push(&mut self, number: u32, room: usize) {
        if self.list.is_empty() && self.first.wrapping_add(self.len) == number {
            self.len = self.len.wrapping_add(1);
        } else {
            self.as_list(room).push(number);
        }
    }

    /// Appends those of a range of places that are there.
    fn copy(&self, places: Range<usize>, out: &mut Vec<u32>) {
        let end = places.end.min(self.len());
        if self.list.is_empty() {
            out.extend((places.start..end).filter_map(|at| self.get(at)));
        } else {
            out.extend_from_slice(self.list.get(places.start..end).unwrap_or_default());
        }
    }

    /// How many numbers, which ascend by what is asked of them, it holds of at the start.
    fn partition_point(&self, holds: impl Fn(u32) -> bool) -> usize {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.get(middle).is_some_and(&holds) {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        low
    }

    #[inline]
    fn as_list(&mut self, room: usize) -> &mut Vec<u32> {
        if self.list.is_empty() {
            self.write_out(room);
        }
        &mut self.list
    }

    #[inline(never)]
    fn write_out(&mut self, room: usize) {
        let mut list = Vec::with_capacity(room);
        self.copy(0..self.len(), &mut list);
        self.list = list;
    }
}

impl TimeList {
    /// Adds a node whose number is higher than all that are here. `time` tells timestamps.
    #[inline]
    pub(super) fn insert(&mut self, number: u32, timestamp: i64, time: impl Fn(u32) -> i64) {
        // Of the lists of most names, the first block is the only one and remains short.
        let room = if self.blocks.len() > 1 { BLOCK } else { 0 };
        match self.blocks.last_mut() {
            Some(_) if timestamp < self.last => return self.insert_late(number, timestamp, &time),
            Some(block) if block.len() < BLOCK => block.push(number, room),
            _ => self.blocks.push(Block::new(number)),
        }
        self.last = timestamp;
    }

    #[inline(never)]
    fn insert_late(&mut self, number: u32, timestamp: i64, time: &dyn Fn(u32) -> i64) {
        let Spot { block, at } = match self.after(timestamp, time) {
            // Between two blocks it goes to the end of the first.
            Spot { block, at: 0 } if block > 0 => {
                let block = block.wrapping_sub(1);
                Spot { block, at: self.blocks.get(block).map_or(0, Block::len) }
            }
            spot => spot,
        };
        let Some(found) = self.blocks.get_mut(block).map(|block| block.as_list(0)) else { return };
        found.insert(at.min(found.len()), number);
        if found.len() > BLOCK {
            let list = found.split_off(BLOCK / 2);
            self.blocks.insert(block.wrapping_add(1), Block { first: 0, len: 0, list });
        }
    }

    /// The first spot whose timestamp is greater.
    fn after(&self, timestamp: i64, time: &dyn Fn(u32) -> i64) -> Spot {
        let block = self.blocks.partition_point(|block| block.last().is_some_and(|last| time(last) <= timestamp));
        let at = self.blocks.get(block).map_or(0, |found| found.partition_point(|number| time(number) <= timestamp));
        Spot { block, at }
    }

    /// The first spot whose timestamp is not below.
    pub(super) fn from(&self, timestamp: i64, time: &dyn Fn(u32) -> i64) -> Spot {
        timestamp.checked_sub(1).map_or_else(Spot::default, |before| self.after(before, time))
    }

    /// Behind the last.
    pub(super) fn end(&self) -> Spot {
        Spot { block: self.blocks.len(), at: 0 }
    }

    /// The highest timestamp.
    pub(super) fn last(&self) -> Option<i64> {
        (!self.blocks.is_empty()).then_some(self.last)
    }

    /// The node at a spot, and the next spot.
    #[inline]
    pub(super) fn step(&self, spot: Spot) -> Option<(u32, Spot)> {
        let block = self.blocks.get(spot.block)?;
        match block.get(spot.at) {
            Some(number) => Some((number, Spot { at: spot.at.wrapping_add(1), ..spot })),
            None => {
                let block = spot.block.wrapping_add(1);
                let number = self.blocks.get(block)?.get(0)?;
                Some((number, Spot { block, at: 1 }))
            }
        }
    }

    /// The spot so many nodes further on, without touching them.
    pub(super) fn skip(&self, mut spot: Spot, mut count: u64) -> Spot {
        while let Some(block) = self.blocks.get(spot.block) {
            let here = block.len().saturating_sub(spot.at);
            match usize::try_from(count) {
                Ok(count) if count < here => return Spot { at: spot.at.saturating_add(count), ..spot },
                _ => count = count.saturating_sub(here as u64),
            }
            spot = Spot { block: spot.block.wrapping_add(1), at: 0 };
        }
        spot
    }

    /// Appends the nodes between two spots to a list, at most so many.
    pub(super) fn copy(&self, from: Spot, to: Spot, most: u64, out: &mut Vec<u32>) {
        let (mut spot, mut left) = (from, usize::try_from(most).unwrap_or(usize::MAX));
        while left > 0
            && let Some(block) = self.blocks.get(spot.block).filter(|_| spot < to)
        {
            let end = if spot.block == to.block { to.at } else { block.len() };
            let before = out.len();
            block.copy(spot.at..end.min(spot.at.saturating_add(left)), out);
            left = left.saturating_sub(out.len().saturating_sub(before));
            spot = Spot { block: spot.block.wrapping_add(1), at: 0 };
        }
    }

    /// About how many nodes lie between two spots.
    pub(super) fn distance(from: Spot, to: Spot) -> usize {
        to.block.saturating_sub(from.block).saturating_mul(BLOCK).saturating_add(to.at).saturating_sub(from.at)
    }
}

/// The timestamp of a node in a column.
pub(super) fn time_in(column: &[i64]) -> impl Fn(u32) -> i64 {
    |number| column.get(index(number)).copied().unwrap_or(i64::MAX)
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn is_a_sorted_list(times in prop::collection::vec(-20_i64..20, 0..3000), mostly in any::<bool>(), from in -25_i64..25, skip in 0_u64..3000) {
            // Mostly in order, or in no order at all.
            let times: Vec<i64> = (0_i64..).zip(times).map(|(n, t)| if mostly { t + n / 8 } else { t }).collect();
            let mut list = TimeList::default();
            for (number, &time) in times.iter().enumerate() {
                list.insert(u32::try_from(number).unwrap(), time, time_in(&times));
            }
            let mut sorted: Vec<(i64, u32)> = times.iter().zip(0_u32..).map(|(t, n)| (*t, n)).collect();
            sorted.sort_unstable();
            let walk = |mut spot| {
                let mut found = Vec::new();
                while let Some((number, next)) = list.step(spot) {
                    assert!(next > spot);
                    found.push((times[number as usize], number));
                    spot = next;
                }
                found
            };
            prop_assert_eq!(walk(Spot::default()), sorted.clone());
            prop_assert_eq!(list.last(), sorted.last().map(|last| last.0));
            let time = time_in(&times);
            let start = list.from(from, &time);
            let expected: Vec<_> = sorted.iter().copied().filter(|(t, _)| *t >= from).collect();
            prop_assert_eq!(walk(start), expected.clone());
            let skipped: Vec<_> = expected.into_iter().skip(usize::try_from(skip).unwrap()).collect();
            prop_assert_eq!(walk(list.skip(start, skip)), skipped);
            prop_assert!(list.from(i64::MIN, &time) == Spot::default());
            for (to, upper) in [(list.end(), i64::MAX), (list.from(from / 2, &time), from / 2)] {
                let mut copied = Vec::new();
                list.copy(start, to, skip, &mut copied);
                let between = sorted.iter().filter(|(t, _)| *t >= from && *t < upper).map(|(_, number)| *number);
                prop_assert_eq!(copied, between.take(usize::try_from(skip).unwrap()).collect::<Vec<u32>>());
            }
        }
    }
}
