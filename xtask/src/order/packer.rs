//! What a function would cost when packed behind those before it: a model of gzip for bytes that change.
//!
//! `cost` knows the bytes beforehand and asks for their order. Here the order is given, and what is tried is how the next
//! function is written. Matches are put off as gzip puts them off, where one that starts a byte later is longer.

use super::cost::{Counts, Prices};
use super::matches::{LONGEST, NONE, SHORTEST, longest};

/// How many of the last places with the same beginning are tried.
const TRIES: u32 = 12;
const SLOTS: u32 = 16;

/// The functions so far, as gzip knows them.
pub(super) struct Packer {
    bytes: Vec<u8>,
    /// By the hash of a beginning: the last place that has it.
    last: Vec<u32>,
    /// By place: the one before with the same hash.
    before: Vec<u32>,
    /// Slots of `last` that were written since bytes were kept, and what they were.
    written: Vec<(usize, u32)>,
    prices: Prices,
}

impl Packer {
    /// With the prices of these functions in this order.
    pub(super) fn new<'a>(bodies: &(impl Iterator<Item = &'a [u8]> + Clone)) -> Self {
        let mut packer = Self {
            bytes: Vec::new(),
            last: vec![NONE; 1 << SLOTS],
            before: Vec::new(),
            written: Vec::new(),
            prices: Prices::usual(),
        };
        for _ in 0..3 {
            let mut counts = Counts::none();
            for body in bodies.clone() {
                packer.append(body, u64::MAX, Some(&mut counts));
                packer.written.clear();
            }
            packer.prices = counts.prices();
            packer.bytes.clear();
            packer.last.fill(NONE);
        }
        packer
    }

    /// What a function costs if it comes next; anything from `limit` on where it is not below.
    pub(super) fn cost(&mut self, body: &[u8], limit: u64) -> u64 {
        let end = self.bytes.len();
        let cost = self.append(body, limit, None);
        self.bytes.truncate(end);
        while let Some((slot, last)) = self.written.pop() {
            self.last[slot] = last;
        }
        cost
    }

    /// It comes next.
    pub(super) fn keep(&mut self, body: &[u8]) {
        self.append(body, u64::MAX, None);
        self.written.clear();
    }

    fn append(&mut self, body: &[u8], limit: u64, mut counts: Option<&mut Counts>) -> u64 {
        let mut at = self.bytes.len();
        self.bytes.extend_from_slice(body);
        self.before.resize(self.bytes.len(), NONE);
        let mut cost = 0;
        let mut here = self.enter(at);
        while at < self.bytes.len() && cost < limit {
            let (length, distance) = here;
            let next = self.enter(at + 1);
            if length == 0 || next.0 > length {
                let byte = usize::from(self.bytes[at]);
                cost += u64::from(self.prices.literals[byte]);
                if let Some(counts) = &mut counts {
                    counts.literals[byte] += 1;
                }
                (at, here) = (at + 1, next);
                continue;
            }
            let distance = distance.ilog2() as usize;
            cost += u64::from(self.prices.matches[length]) + u64::from(self.prices.distances[distance]);
            if let Some(counts) = &mut counts {
                counts.matches[length] += 1;
                counts.distances[distance] += 1;
            }
            for inside in at + 2..at + length {
                self.put(inside);
            }
            at += length;
            here = self.enter(at);
        }
        cost
    }

    /// Makes a place known to those behind it, and gives the one before with the same hash.
    fn put(&mut self, place: usize) -> u32 {
        let Some(beginning) = self.bytes.get(place..place + SHORTEST) else { return NONE };
        let number = beginning.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        let slot = (number.wrapping_mul(0x9E37_79B1) >> (32 - SLOTS)) as usize;
        let before = std::mem::replace(&mut self.last[slot], u32::try_from(place).unwrap_or(NONE));
        self.written.push((slot, before));
        self.before[place] = before;
        before
    }

    /// The same, and the longest of the last matches there: how long it is, 0 where there is none, and how far back.
    fn enter(&mut self, at: usize) -> (usize, usize) {
        let candidate = self.put(at);
        let end = self.bytes.len().min(at + LONGEST);
        longest(&self.bytes[..end], &self.before, at, candidate, TRIES)
    }
}
