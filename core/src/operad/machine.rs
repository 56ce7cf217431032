//! Deterministic agents as finite tables, and the algebra that runs terms over them.

use alloc::vec::Vec;

use super::error::OperadError;
use super::program::{Algebra, Leaf};
use super::signature::{Effect, Signature};
use super::term::bounded;
use super::wire::{Interface, join, split};

/// The most entries in a machine's table.
pub const MAX_ENTRIES: u64 = 1 << 16;

/// A deterministic agent: a Mealy machine, as a table of what it does in each state on each input.
///
/// Symbols on several wires are packed a byte a wire, the first wire lowest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    interface: Interface,
    states: u8,
    /// The last word of input, counted from 0.
    last: u64,
    /// Symbols of the wires that come in, last one first, where there is more than one.
    symbols: Vec<u32>,
    /// By state, then by input: the next state and the output.
    table: Vec<(u8, u64)>,
}

impl Machine {
    /// A machine with this many states, 1 to 255, that starts in state 0.
    ///
    /// The table has an entry for each state and, within it, for each word of input symbols, counted with the last wire
    /// fastest: the next state and the output.
    ///
    /// # Errors
    /// [`OperadError::BadTable`], [`OperadError::TooLarge`].
    pub fn new(
        signature: &Signature,
        interface: Interface,
        states: u8,
        table: &[(u8, u64)],
    ) -> Result<Self, OperadError> {
        let inputs = signature.words_of(interface.input).unwrap_or(u32::MAX);
        let entries = u64::from(inputs).saturating_mul(u64::from(states));
        bounded("table", entries, MAX_ENTRIES)?;
        if table.len() as u64 != entries || entries == 0 {
            return Err(OperadError::BadTable { entry: table.len() as u64, bound: entries });
        }
        for (next, output) in table {
            if *next >= states {
                return Err(OperadError::BadTable { entry: u64::from(*next), bound: u64::from(states) });
            }
            let mut rest = *output;
            for sort in interface.output.sorts() {
                let symbols = signature.symbols(sort);
                if rest & 0xff >= u64::from(symbols) {
                    return Err(OperadError::BadTable { entry: rest & 0xff, bound: u64::from(symbols) });
                }
                rest >>= 8;
            }
            if rest != 0 {
                return Err(OperadError::BadTable { entry: *output, bound: 0 });
            }
        }
        let mut symbols: Vec<u32> = interface.input.sorts().map(|sort| signature.symbols(sort)).collect();
        if symbols.len() == 1 {
            symbols.clear();
        }
        let last = u64::from(inputs).saturating_sub(1);
        Ok(Self { interface, states, last, symbols, table: table.to_vec() })
    }

    /// What it takes and gives.
    #[must_use]
    pub const fn interface(&self) -> Interface {
        self.interface
    }

    /// How many states it has.
    #[must_use]
    pub const fn states(&self) -> u8 {
        self.states
    }

    /// Whether it remembers anything: an agent that is [`Effect::Pure`] may not.
    #[must_use]
    pub const fn effect(&self) -> Effect {
        if self.states == 1 { Effect::Pure } else { Effect::Stateful }
    }

    /// What it does in a state. An input that its wires cannot carry is taken as the last one.
    #[inline]
    #[must_use]
    pub fn step(&self, state: u8, input: u64) -> (u8, u64) {
        let index = if self.symbols.is_empty() { input } else { self.index(input) };
        let index = index.min(self.last);
        let at = u64::from(state).wrapping_mul(self.last.wrapping_add(1)).wrapping_add(index);
        usize::try_from(at).ok().and_then(|at| self.table.get(at)).copied().unwrap_or((state, 0))
    }

    /// What it does, by state, then by input.
    pub(super) fn table(&self) -> &[(u8, u64)] {
        &self.table
    }

    /// How many bits number its states.
    pub(super) fn state_bits(&self) -> u32 {
        u8::BITS.saturating_sub(self.states.saturating_sub(1).leading_zeros())
    }

    fn index(&self, input: u64) -> u64 {
        let mut rest = input;
        self.symbols.iter().fold(0_u64, |index, symbols| {
            let symbol = rest & 0xff;
            rest >>= 8;
            index.saturating_mul(u64::from(*symbols)).saturating_add(symbol)
        })
    }
}

/// A record of `trace`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trace {
    /// Its label.
    pub label: u32,
    /// What was taken, a byte a wire.
    pub input: u64,
    /// What was given, a byte a wire.
    pub output: u64,
}

/// The algebra of machines: values are packed symbols.
#[derive(Debug)]
pub struct MachineAlgebra<'a> {
    /// The agents, by their numbers in the signature.
    pub agents: &'a [Machine],
    /// Who is in the slots.
    pub slots: &'a [&'a Machine],
    /// The state of each occurrence; all 0 at the start. One that is missing counts as 0 and is not kept.
    pub cells: &'a mut [u8],
    /// What was recorded, in order.
    pub traces: &'a mut Vec<Trace>,
}

impl Algebra for MachineAlgebra<'_> {
    type Value = u64;

    #[inline]
    fn step(&mut self, leaf: Leaf, cell: u32, input: u64) -> u64 {
        let machine = match leaf {
            Leaf::Agent(agent) => self.agents.get(agent as usize),
            Leaf::Slot(slot) => self.slots.get(slot as usize).copied(),
        };
        let Some(machine) = machine else { return input };
        let mut none = 0;
        let state = self.cells.get_mut(cell as usize).unwrap_or(&mut none);
        let (next, output) = machine.step(*state, input);
        *state = next;
        output
    }

    #[inline]
    fn split(&mut self, value: u64, wires: u32) -> (u64, u64) {
        split(value, wires)
    }

    #[inline]
    fn join(&mut self, left: u64, right: u64, wires: u32) -> u64 {
        join(left, right, wires)
    }

    #[inline]
    fn holds(&mut self, value: &u64) -> bool {
        *value != 0
    }

    fn record(&mut self, label: u32, input: u64, output: &u64) {
        self.traces.push(Trace { label, input, output: *output });
    }
}
