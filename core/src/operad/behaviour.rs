//! Whether two programs behave alike over machines, and the shortest input that tells them apart.

use alloc::vec::Vec;

use super::abreast::{self, Abreast, CELLS, LANES, States, Values};
use super::machine::{Machine, MachineAlgebra, Trace};
use super::program::{Program, Stack};
use super::signature::Signature;
use super::wire::Wires;
use crate::Fidelity;
use crate::numeric::Xorshift64;

/// Pairs of states that are looked at before the comparison turns to sampling.
pub const MAX_PAIRS: usize = 1024;
/// Words of input that are tried in each pair of states; with more, the comparison samples.
const MAX_WORDS: u32 = 4096;
/// Runs of a sampled comparison, and steps of each.
const SAMPLES: u32 = 256;
const SAMPLE_STEPS: usize = 32;

/// An input on which two programs do not do the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The inputs, one a step, a byte a wire. The last one shows the difference. No shorter run does if the comparison
    /// was exhaustive; after sampling, none that leaves out some of these.
    pub inputs: Vec<u64>,
    /// What the first program gave in the last step.
    pub left: u64,
    /// What the second one gave. When the outputs are the same, the records differ.
    pub right: u64,
    /// Whether every run was looked at up to this length.
    pub exhaustive: bool,
}

/// How the records of two programs must compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Records {
    /// The same ones in the same order.
    Same,
    /// The first program has one more at the end, under this label, of its own input and output.
    OneMore(u32),
}

/// What a search has found.
enum Searched {
    Alike,
    Differ(Difference),
    /// There are more pairs of states than may be looked at.
    TooMany,
}

/// Compares programs, and keeps its memory from one comparison to the next.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    stack: Stack<u64>,
    cells: Vec<u8>,
    left: Vec<Trace>,
    right: Vec<Trace>,
    /// Pairs of states that were reached, one after the other, and how.
    reached: Vec<[u8; BLOCK]>,
    from: Vec<(u32, u64)>,
    /// Every word of input on these wires.
    words: Vec<u64>,
    words_of: Option<Wires>,
    /// Of steps side by side.
    abreast: AbreastMemory,
}

#[derive(Debug, Default)]
struct AbreastMemory {
    stack: Stack<Values>,
    cells: States,
    left: Vec<abreast::Records>,
    right: Vec<abreast::Records>,
}

/// What is compared.
pub(super) struct Sides<'a> {
    pub(super) signature: &'a Signature,
    pub(super) left: &'a Program,
    pub(super) right: &'a Program,
    pub(super) agents: &'a [Machine],
    pub(super) slots: &'a [&'a Machine],
    pub(super) records: Records,
}

impl Comparison {
    /// The shortest difference there is, or what sampling finds.
    pub(super) fn difference(&mut self, sides: &Sides<'_>, seed: u64) -> Option<Difference> {
        let wires = sides.left.interface().input;
        let words = sides.signature.words_of(wires).filter(|words| *words <= MAX_WORDS);
        match words.map_or(Searched::TooMany, |words| self.search(sides, wires, words)) {
            Searched::Alike => None,
            Searched::Differ(difference) => Some(difference),
            Searched::TooMany => self.sample(sides, wires, seed),
        }
    }

    /// One step of both sides from the states in `cells`: the outputs, if something differs.
    #[inline]
    fn step(&mut self, sides: &Sides<'_>, input: u64) -> Option<(u64, u64)> {
        let at = (sides.left.cells() as usize).min(self.cells.len());
        let (left_cells, right_cells) = self.cells.split_at_mut(at);
        self.left.clear();
        self.right.clear();
        let (agents, slots) = (sides.agents, sides.slots);
        let mut algebra = MachineAlgebra { agents, slots, cells: left_cells, traces: &mut self.left };
        let left = sides.left.run(&mut algebra, &mut self.stack, input);
        let mut algebra = MachineAlgebra { agents, slots, cells: right_cells, traces: &mut self.right };
        let right = sides.right.run(&mut algebra, &mut self.stack, input);
        if let Records::OneMore(label) = sides.records {
            self.right.push(Trace { label, input, output: left });
        }
        (left != right || self.left != self.right).then_some((left, right))
    }

    /// Both sides in their first states; how many blocks of cells they have.
    fn start(&mut self, sides: &Sides<'_>) -> usize {
        let cells = sides.left.cells().saturating_add(sides.right.cells()) as usize;
        let blocks = cells.div_ceil(BLOCK).max(1);
        self.cells.clear();
        self.cells.resize(blocks.saturating_mul(BLOCK), 0);
        blocks
    }

    /// Looks at every reachable pair of states, nearest first.
    fn search(&mut self, sides: &Sides<'_>, wires: Wires, words: u32) -> Searched {
        let blocks = self.begin(sides, wires, words);
        let found = if blocks == 1 && sides.left.is_straight() && sides.right.is_straight() {
            self.search_abreast(sides)
        } else {
            None
        };
        found.unwrap_or_else(|| self.search_by_one(sides, blocks))
    }

    /// Begins a search: the pair of first states is reached. How many blocks of cells a pair has.
    fn begin(&mut self, sides: &Sides<'_>, wires: Wires, words: u32) -> usize {
        let blocks = self.start(sides);
        if self.words_of != Some(wires) || self.words.len() as u64 != u64::from(words) {
            self.words.clear();
            let mut word = [0_u8; 8];
            for _ in 0..words {
                self.words.push(u64::from_le_bytes(word));
                next_word(sides.signature, wires, &mut word);
            }
            self.words_of = Some(wires);
        }
        self.reached.clear();
        self.reached.resize(blocks, [0; BLOCK]);
        self.from.clear();
        self.from.push((0, 0));
        blocks
    }

    /// Looks at the pairs that are reached, a step at a time.
    fn search_by_one(&mut self, sides: &Sides<'_>, blocks: usize) -> Searched {
        let mut at = 0_usize;
        while at < self.from.len() {
            let start = at.saturating_mul(blocks);
            for word in 0..self.words.len() {
                for (cells, kept) in
                    self.cells.as_chunks_mut::<BLOCK>().0.iter_mut().zip(self.reached.iter().skip(start))
                {
                    *cells = *kept;
                }
                let input = self.words.get(word).copied().unwrap_or(0);
                if let Some((left, right)) = self.step(sides, input) {
                    let inputs = self.path(at, input);
                    return Searched::Differ(Difference { inputs, left, right, exhaustive: true });
                }
                if !self.is_known(blocks) {
                    if self.from.len() >= MAX_PAIRS {
                        return Searched::TooMany;
                    }
                    self.reached.extend_from_slice(self.cells.as_chunks().0);
                    self.from.push((u32::try_from(at).unwrap_or(u32::MAX), input));
                }
            }
            at = at.saturating_add(1);
        }
        Searched::Alike
    }

    /// The same in the same order, of pairs of one block, with several steps side by side. None if they had to choose.
    fn search_abreast(&mut self, sides: &Sides<'_>) -> Option<Searched> {
        let (mut next, mut word) = (0_usize, 0_usize);
        loop {
            let mut steps = [(0_usize, 0_u64); LANES];
            let mut runs = 0_usize;
            for step in &mut steps {
                if word >= self.words.len() {
                    (next, word) = (next.saturating_add(1), 0);
                }
                let Some(input) = self.words.get(word).filter(|_| next < self.from.len()) else { break };
                *step = (next, *input);
                (word, runs) = (word.saturating_add(1), runs.saturating_add(1));
            }
            if runs == 0 {
                return Some(Searched::Alike);
            }
            let [left, right] = self.step_abreast(sides, &steps, runs)?;
            let cells = self.abreast.cells;
            let outputs = left.into_iter().zip(right).zip(&cells);
            for (lane, ((at, input), ((left, right), cells))) in steps.into_iter().zip(outputs).take(runs).enumerate() {
                if left != right || self.abreast.differs(lane) {
                    let inputs = self.path(at, input);
                    return Some(Searched::Differ(Difference { inputs, left, right, exhaustive: true }));
                }
                if !self.reached.contains(cells) {
                    if self.from.len() >= MAX_PAIRS {
                        return Some(Searched::TooMany);
                    }
                    self.reached.push(*cells);
                    self.from.push((u32::try_from(at).unwrap_or(u32::MAX), input));
                }
            }
        }
    }

    /// Steps of both sides, each from a pair that was reached: their outputs, none if they had to choose.
    fn step_abreast(&mut self, sides: &Sides<'_>, steps: &[(usize, u64); LANES], runs: usize) -> Option<[Values; 2]> {
        let AbreastMemory { stack, cells, left: left_records, right: right_records } = &mut self.abreast;
        for (cells, (at, _)) in cells.iter_mut().zip(steps).take(runs) {
            *cells = *self.reached.get(*at)?;
        }
        let input = steps.map(|(_, input)| input);
        let (agents, slots) = (sides.agents, sides.slots);
        left_records.clear();
        right_records.clear();
        let mut algebra = Abreast { agents, slots, cells, first: 0, records: left_records, runs, chose: false };
        let left = sides.left.run(&mut algebra, stack, input);
        let (first, chose) = (sides.left.cells(), algebra.chose);
        let mut algebra = Abreast { agents, slots, cells, first, records: right_records, runs, chose };
        let right = sides.right.run(&mut algebra, stack, input);
        if algebra.chose {
            return None;
        }
        if let Records::OneMore(label) = sides.records {
            right_records.push((label, input, left));
        }
        Some([left, right])
    }

    /// Whether the states in `cells` have been reached before.
    fn is_known(&self, blocks: usize) -> bool {
        let cells = self.cells.as_chunks::<BLOCK>().0;
        match cells {
            [only] => self.reached.contains(only),
            _ => self.reached.chunks(blocks).any(|pair| pair == cells),
        }
    }

    fn path(&self, at: usize, last: u64) -> Vec<u64> {
        let mut inputs = [last].to_vec();
        let mut at = at;
        while let Some((from, input)) = self.from.get(at).filter(|_| at > 0) {
            inputs.push(*input);
            at = *from as usize;
        }
        inputs.reverse();
        inputs
    }

    /// Runs on inputs drawn from a seed, and what is found made smaller.
    fn sample(&mut self, sides: &Sides<'_>, wires: Wires, seed: u64) -> Option<Difference> {
        let mut chance = Xorshift64::new(seed, Fidelity::Corrected);
        for _ in 0..SAMPLES {
            let inputs: Vec<u64> = (0..SAMPLE_STEPS).map(|_| draw_word(sides.signature, wires, &mut chance)).collect();
            if let Some(found) = self.replay(sides, &inputs) {
                return Some(self.shrink(sides, wires, found));
            }
        }
        None
    }

    fn replay(&mut self, sides: &Sides<'_>, inputs: &[u64]) -> Option<Difference> {
        self.start(sides);
        inputs.iter().zip(1_usize..).find_map(|(input, steps)| {
            let (left, right) = self.step(sides, *input)?;
            let inputs = inputs.get(..steps).unwrap_or_default().to_vec();
            Some(Difference { inputs, left, right, exhaustive: false })
        })
    }

    /// Leaves steps out and takes smaller symbols as long as a difference remains.
    fn shrink(&mut self, sides: &Sides<'_>, wires: Wires, found: Difference) -> Difference {
        let mut best = found;
        loop {
            let length = best.inputs.len();
            let shorter = (0..length).find_map(|leave_out| {
                let mut inputs = best.inputs.clone();
                inputs.remove(leave_out);
                self.replay(sides, &inputs)
            });
            let smaller = || {
                (0..length).find_map(|at| {
                    (0..wires.count()).find_map(|wire| {
                        let mut inputs = best.inputs.clone();
                        let symbol = inputs.get_mut(at)?;
                        let one = 1_u64.checked_shl(wire.saturating_mul(8))?;
                        if *symbol & one.saturating_mul(0xff) == 0 {
                            return None;
                        }
                        *symbol = symbol.saturating_sub(one);
                        self.replay(sides, &inputs)
                    })
                })
            };
            match shorter.or_else(smaller) {
                Some(better) => best = better,
                None => return best,
            }
        }
    }
}

impl AbreastMemory {
    /// Whether the records of a run differ.
    fn differs(&self, lane: usize) -> bool {
        let same = |(left, right): (&abreast::Records, &abreast::Records)| {
            left.0 == right.0 && left.1.get(lane) == right.1.get(lane) && left.2.get(lane) == right.2.get(lane)
        };
        self.left.len() != self.right.len() || !self.left.iter().zip(&self.right).all(same)
    }
}

/// Cells that are compared at a time.
const BLOCK: usize = CELLS;

/// The word of symbols that follows; after the last one the first.
fn next_word(signature: &Signature, wires: Wires, word: &mut [u8; 8]) {
    for (byte, sort) in word.iter_mut().zip(wires.sorts()) {
        if u32::from(*byte).saturating_add(1) < signature.symbols(sort) {
            *byte = byte.saturating_add(1);
            return;
        }
        *byte = 0;
    }
}

fn draw_word(signature: &Signature, wires: Wires, chance: &mut Xorshift64) -> u64 {
    let mut bytes = [0_u8; 8];
    for (byte, sort) in bytes.iter_mut().zip(wires.sorts()) {
        let symbols = u64::from(signature.symbols(sort)).max(1);
        *byte = u8::try_from((chance.next_u64() >> 32).checked_rem(symbols).unwrap_or(0)).unwrap_or(0);
    }
    u64::from_le_bytes(bytes)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::signature::Theory;
    use super::super::term::Term;
    use super::super::wire::Interface;
    use super::*;
    use proptest::prelude::*;

    /// What has no choices, each with something that is equal or nearly so.
    const PAIRS: [[&str; 2]; 8] = [
        ["seq(seq(0, 1), 2)", "seq(0, seq(1, 2))"],
        ["seq(0, seq(1, 2))", "seq(0, seq(2, 1))"],
        ["par(par(0, 1), 2)", "par(0, par(1, 2))"],
        ["par(par(0, 1), 2)", "par(0, par(2, 1))"],
        ["seq(par(0, 1), par(2, 0))", "par(seq(0, 2), seq(1, 0))"],
        ["trace(1, seq(0, trace(2, 1)))", "trace(1, seq(0, trace(2, 1)))"],
        ["trace(1, seq(0, trace(2, 1)))", "trace(1, seq(0, trace(3, 1)))"],
        ["trace(1, seq(0, trace(2, 1)))", "trace(2, trace(1, seq(0, 1)))"],
    ];
    const BIT: Interface = Interface::new(Wires::BOOL, Wires::BOOL);

    proptest! {
        /// Side by side, a search finds what it finds by one, by the same inputs.
        #[test]
        fn steps_side_by_side_are_steps(
            pair in prop::sample::select(PAIRS.as_slice()),
            tables in prop::collection::vec((1_u8..4, prop::collection::vec((0_u8..4, 0_u64..2), 6)), 3),
            label in prop::option::of(1_u32..4),
        ) {
            let signature = Signature::new(Theory::Agents);
            let machines: Vec<Machine> = tables
                .into_iter()
                .map(|(states, table)| {
                    let rows = table.into_iter().take(usize::from(states).saturating_mul(2));
                    let table: Vec<(u8, u64)> = rows.map(|(next, output)| (next.min(states.saturating_sub(1)), output)).collect();
                    Machine::new(&signature, BIT, states, &table).unwrap()
                })
                .collect();
            let slots: Vec<&Machine> = machines.iter().collect();
            let [left, right] =
                pair.map(|text| Program::new(&signature, &Term::from_text(text).unwrap(), &[BIT; 3]).unwrap());
            let records = label.map_or(Records::Same, Records::OneMore);
            let sides = Sides { signature: &signature, left: &left, right: &right, agents: &[], slots: &slots, records };
            let wires = left.interface().input;
            let words = signature.words_of(wires).unwrap();
            let found = |is_abreast: bool| {
                let mut comparison = Comparison::default();
                let blocks = comparison.begin(&sides, wires, words);
                let found = if is_abreast {
                    comparison.search_abreast(&sides).unwrap()
                } else {
                    comparison.search_by_one(&sides, blocks)
                };
                match found {
                    Searched::Alike => (comparison.reached, None),
                    Searched::Differ(difference) => (comparison.reached, Some(difference)),
                    Searched::TooMany => unreachable!("few states"),
                }
            };
            prop_assert_eq!(found(true), found(false));
        }
    }
}
