//! What a module's functions would cost when packed in a given order: a model of gzip, fast enough to ask ten thousand
//! times.
//!
//! Like gzip it goes through the bytes from left to right, takes the longest of the last few matches in the 32 KB before, and
//! pays for how far back that lies. Unlike it, it has one table of prices for the whole module, and a match ends where a
//! function ends: so what a function costs depends on the 32 KB before it alone, and little is counted anew when one moves.

use super::matches::{LONGEST, NONE, SHORTEST, WINDOW, longest};
use std::collections::HashMap;

/// How many of the last places with the same beginning are tried.
const TRIES: u32 = 8;
/// Prices are in such parts of a bit.
const PARTS: f64 = 16.0;

/// A function's bytes, and for each place a number for the [`SHORTEST`] bytes from there.
struct Body {
    bytes: Vec<u8>,
    beginnings: Vec<u32>,
}

/// How often each thing was written, and from that what it costs.
pub(super) struct Prices {
    pub(super) literals: [u32; 256],
    /// By length.
    pub(super) matches: [u32; LONGEST + 1],
    /// By the distance's logarithm.
    pub(super) distances: [u32; 16],
}

pub(super) struct Cost {
    bodies: Vec<Body>,
    prices: Prices,
    /// By the number of a beginning: the last place that has it.
    last: Vec<u32>,
    // What the order in question puts behind one another.
    bytes: Vec<u8>,
    beginnings: Vec<u32>,
    /// By place: the one before with the same beginning.
    before: Vec<u32>,
    /// Where each function of the order begins; one more at the end.
    starts: Vec<usize>,
}

/// The counts of one pass.
pub(super) struct Counts {
    pub(super) literals: [u32; 256],
    pub(super) matches: [u32; LONGEST + 1],
    pub(super) distances: [u32; 16],
}

impl Prices {
    /// About what they are, to begin with.
    pub(super) const fn usual() -> Self {
        Self { literals: [96; 256], matches: [80; LONGEST + 1], distances: [150; 16] }
    }
}

impl Cost {
    pub(super) fn new(bodies: &[Vec<u8>]) -> Self {
        let mut seen: HashMap<&[u8], u32> = HashMap::new();
        for window in bodies.iter().flat_map(|body| body.windows(SHORTEST)) {
            *seen.entry(window).or_default() += 1;
        }
        let mut next = 0;
        let mut numbers: HashMap<&[u8], u32> = HashMap::new();
        let mut number = |window| match seen.get(window) {
            Some(1) | None => NONE,
            _ => *numbers.entry(window).or_insert_with(|| {
                next += 1;
                next - 1
            }),
        };
        let numbered = bodies.iter().map(|body| {
            let mut beginnings: Vec<u32> = body.windows(SHORTEST).map(&mut number).collect();
            beginnings.resize(body.len(), NONE);
            Body { bytes: body.clone(), beginnings }
        });
        let bodies: Vec<Body> = numbered.collect();
        let total = bodies.iter().map(|body| body.bytes.len()).sum();
        Self {
            starts: Vec::with_capacity(bodies.len() + 1),
            bodies,
            prices: Prices::usual(),
            last: vec![NONE; usize::try_from(next).unwrap_or(0)],
            bytes: Vec::with_capacity(total),
            beginnings: Vec::with_capacity(total),
            before: vec![NONE; total],
        }
    }

    /// Takes the prices from what an order needs.
    pub(super) fn learn(&mut self, order: &[usize]) {
        for _ in 0..3 {
            let mut counts = Counts::none();
            self.lay_out(order);
            self.last.fill(NONE);
            for place in 0..order.len() {
                self.function(place, Some(&mut counts));
            }
            self.prices = counts.prices();
        }
    }

    /// Writes into `costs`, by place in the order, what each function costs.
    pub(super) fn count(&mut self, order: &[usize], costs: &mut [u64]) {
        self.lay_out(order);
        self.count_anew((0, order.len()), costs);
    }

    /// The same after so many functions have moved within these places of the order: to the first of them, or else to the
    /// last. The costs of those in between have moved with them; what is counted anew is what may be other than it was.
    pub(super) fn count_moved(
        &mut self,
        order: &[usize],
        (first, end): (usize, usize),
        count: usize,
        to_first: bool,
        costs: &mut [u64],
    ) {
        self.lay_out_between(order, first, end);
        let (near, far) = if to_first { (first + count, end) } else { (first, end - count) };
        if self.starts[far] <= self.starts[near] + WINDOW {
            self.count_anew((first, end), costs);
        } else {
            self.count_anew((first, near), costs);
            self.count_anew((far, end), costs);
        }
    }

    /// Counts the functions between two places of the order, and those behind them that see them.
    fn count_anew(&mut self, (from, to): (usize, usize), costs: &mut [u64]) {
        self.last.fill(NONE);
        let seen = self.starts[from].saturating_sub(WINDOW);
        for place in seen..self.starts[from] {
            self.enter(place);
        }
        let end = self.starts[to] + WINDOW;
        for (place, cost) in costs.iter_mut().enumerate().skip(from) {
            if self.starts[place] >= end {
                break;
            }
            *cost = self.function(place, None);
        }
    }

    fn lay_out(&mut self, order: &[usize]) {
        self.bytes.clear();
        self.beginnings.clear();
        self.starts.clear();
        for &function in order {
            self.starts.push(self.bytes.len());
            self.bytes.extend_from_slice(&self.bodies[function].bytes);
            self.beginnings.extend_from_slice(&self.bodies[function].beginnings);
        }
        self.starts.push(self.bytes.len());
    }

    /// Lays out anew what lies between two places of the order; the rest lies as it did.
    pub(super) fn lay_out_between(&mut self, order: &[usize], from: usize, to: usize) {
        if self.starts.len() != order.len() + 1 {
            return self.lay_out(order);
        }
        let mut at = self.starts[from];
        for (place, &function) in order.iter().enumerate().take(to).skip(from) {
            let Body { bytes, beginnings } = &self.bodies[function];
            self.starts[place] = at;
            self.bytes[at..at + bytes.len()].copy_from_slice(bytes);
            self.beginnings[at..at + bytes.len()].copy_from_slice(beginnings);
            at += bytes.len();
        }
    }

    /// Makes a place known to those behind it.
    fn enter(&mut self, place: usize) -> u32 {
        match self.last.get_mut(self.beginnings[place] as usize) {
            Some(last) => {
                let before = std::mem::replace(last, u32::try_from(place).unwrap_or(NONE));
                self.before[place] = before;
                before
            }
            None => NONE,
        }
    }

    fn function(&mut self, place: usize, mut counts: Option<&mut Counts>) -> u64 {
        let (mut at, end) = (self.starts[place], self.starts[place + 1]);
        let mut cost = 0_u64;
        while at < end {
            let candidate = self.enter(at);
            let end_of_match = end.min(at + LONGEST);
            let (length, distance) = longest(&self.bytes[..end_of_match], &self.before, at, candidate, TRIES);
            if length == 0 {
                let byte = usize::from(self.bytes[at]);
                cost += u64::from(self.prices.literals[byte]);
                if let Some(counts) = &mut counts {
                    counts.literals[byte] += 1;
                }
                at += 1;
                continue;
            }
            let distance = distance.ilog2() as usize;
            cost += u64::from(self.prices.matches[length]) + u64::from(self.prices.distances[distance]);
            if let Some(counts) = &mut counts {
                counts.matches[length] += 1;
                counts.distances[distance] += 1;
            }
            for inside in at + 1..at + length {
                self.enter(inside);
            }
            at += length;
        }
        cost
    }
}

impl Counts {
    /// Nothing was written; but nothing costs without end.
    pub(super) const fn none() -> Self {
        Self { literals: [1; 256], matches: [1; LONGEST + 1], distances: [1; 16] }
    }

    /// A thing's price is the logarithm of how rare it is, and what stands behind it in full.
    pub(super) fn prices(&self) -> Prices {
        let written: u32 = self.literals.iter().chain(&self.matches).sum();
        let far: u32 = self.distances.iter().sum();
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred")]
        let price = |count: u32, of: u32| ((f64::from(of) / f64::from(count)).log2() * PARTS) as u32;
        let mut prices = Prices { literals: [0; 256], matches: [0; LONGEST + 1], distances: [0; 16] };
        prices.literals = self.literals.map(|count| price(count, written));
        // gzip gives lengths from 11 on in groups of two, four and so on.
        let group = |length: usize| match length.saturating_sub(3) {
            0..=7 => (length, 0),
            more => (more.ilog2() as usize * 4 + (more >> (more.ilog2() - 2)) % 4, more.ilog2() - 2),
        };
        for length in SHORTEST..=LONGEST {
            let same =
                (SHORTEST..=LONGEST).filter(|other| (*other > 10) == (length > 10) && group(*other) == group(length));
            let count = same.map(|other| self.matches[other]).sum();
            prices.matches[length] = price(count, written) + 16 * group(length).1;
        }
        for (logarithm, bits) in (0_u32..).take(16).enumerate() {
            prices.distances[logarithm] = price(self.distances[logarithm], far) + 16 * bits;
        }
        prices
    }
}
