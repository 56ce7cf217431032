//! Several runs of one program side by side: what has no choices does the same in each of them.

use alloc::vec::Vec;

use super::machine::Machine;
use super::program::{Algebra, Leaf};
use super::wire::{join, split};

/// Runs side by side.
pub(super) const LANES: usize = 8;

/// A value in each run.
pub(super) type Values = [u64; LANES];

/// Occurrences whose states a run keeps.
pub(super) const CELLS: usize = 16;

/// The states of each occurrence, run by run.
pub(super) type States = [[u8; CELLS]; LANES];

/// A record in each run: label, what was taken, what was given.
pub(super) type Records = (u32, Values, Values);

/// The algebra of machines, in several runs. What is packed in a word is as in
/// [`MachineAlgebra`](super::MachineAlgebra).
pub(super) struct Abreast<'a> {
    pub(super) agents: &'a [Machine],
    pub(super) slots: &'a [&'a Machine],
    pub(super) cells: &'a mut States,
    /// The first of its cells among those.
    pub(super) first: u32,
    pub(super) records: &'a mut Vec<Records>,
    /// How many runs there are. What the lanes behind them have is nobody's.
    pub(super) runs: usize,
    /// Whether the runs had to choose: then each has to be run by itself.
    pub(super) chose: bool,
}

impl Algebra for Abreast<'_> {
    type Value = Values;

    #[inline(always)]
    #[allow(
        clippy::inline_always,
        reason = "a call would take the values through memory, and there are more calls than work"
    )]
    fn step(&mut self, leaf: Leaf, cell: u32, mut input: Values) -> Values {
        let machine = match leaf {
            Leaf::Agent(agent) => self.agents.get(agent as usize),
            Leaf::Slot(slot) => self.slots.get(slot as usize).copied(),
        };
        let Some(machine) = machine else { return input };
        let at = (self.first.wrapping_add(cell) as usize).min(CELLS.wrapping_sub(1));
        let runs = self.cells.iter_mut().zip(&mut input).take(self.runs);
        machine.step_each(runs.filter_map(|(cells, value)| Some((cells.get_mut(at)?, value))));
        input
    }

    #[inline]
    fn split(&mut self, value: Values, wires: u32) -> (Values, Values) {
        (value.map(|value| split(value, wires).0), value.map(|value| split(value, wires).1))
    }

    #[inline]
    fn join(&mut self, mut left: Values, right: Values, wires: u32) -> Values {
        for (left, right) in left.iter_mut().zip(right) {
            *left = join(*left, right, wires);
        }
        left
    }

    fn holds(&mut self, _: &Values) -> bool {
        self.chose = true;
        false
    }

    fn record(&mut self, label: u32, input: Values, output: &Values) {
        self.records.push((label, input, *output));
    }
}
