//! Whether two programs behave alike over machines, and the shortest input that tells them apart.

use alloc::vec::Vec;

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

    /// Whether both sides do the same in every run; none when there are too many pairs of states to say so.
    #[cfg(test)]
    pub(super) fn alike(&mut self, sides: &Sides<'_>) -> Option<bool> {
        let wires = sides.left.interface().input;
        match self.search(sides, wires, sides.signature.words_of(wires)?) {
            Searched::Alike => Some(true),
            Searched::Differ(_) => Some(false),
            Searched::TooMany => None,
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

    /// Looks at every reachable pair of states, nearest first.
    fn search(&mut self, sides: &Sides<'_>, wires: Wires, words: u32) -> Searched {
        let blocks = self.begin(sides, wires, words);
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

/// Cells that are compared at a time.
const BLOCK: usize = 16;

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
