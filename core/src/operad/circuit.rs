//! Two programs as one circuit: gates over bits, in which nothing is left of how their terms were put together but what
//! steps when.

use alloc::vec::Vec;

use super::behaviour::Records;
use super::program::{Instruction, Leaf, Program};
use super::signature::Signature;
use super::wire::{Interface, Wires, join, split};

/// The register that says of each run whether there is one.
pub(super) const LIVE: u8 = 0;
/// The most gates; there are fewer registers.
const MAX_GATES: usize = 1024;

/// What makes new registers out of those before it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Gate {
    /// One of the leaves steps in a cell, where `active` says so, on these registers. Those behind are what it gives.
    Step { leaf: u8, cell: u32, input: u64, active: u8 },
    /// The one and the other.
    And(u8, u8),
    /// The one and not the other.
    AndNot(u8, u8),
    /// Where the first says so the second, else the third.
    Choose(u8, u8, u8),
}

/// What two programs do on the same input. [`LIVE`] comes first of the registers, the wires of the input follow it.
#[derive(Clone, Debug, Default)]
pub(super) struct Circuit {
    /// Who steps.
    pub(super) leaves: Vec<(Leaf, Interface)>,
    pub(super) gates: Vec<Gate>,
    /// Registers that have the same if the programs do: what they give, and what they record.
    pub(super) same: Vec<[u8; 2]>,
    /// How many wires come in.
    pub(super) inputs: u32,
    /// How many cells both have; those of the first program come first.
    pub(super) cells: u32,
}

/// Some wires' registers, packed as the symbols that they carry.
#[derive(Clone, Copy)]
struct Bundle {
    registers: u64,
    wires: u32,
}

/// A choice of which not all is drawn.
struct Choice {
    /// What it was made on.
    kept: Bundle,
    predicate: u8,
    /// Who made it, and who of them said yes.
    active: u8,
    yes: u8,
    /// What those have, and where the others will have it too.
    done: Option<(Bundle, u32)>,
}

struct Drawing<'a> {
    signature: &'a Signature,
    slots: &'a [Interface],
    circuit: Circuit,
    /// How many registers there are.
    registers: u32,
    records: Vec<(u32, Bundle, Bundle)>,
}

impl Circuit {
    /// The circuit of two programs whose slots have these interfaces. None when a wire carries more than a bit, when it
    /// takes a choice whether something is recorded, when the programs record differently, or when there would be too
    /// many gates.
    pub(super) fn new(
        signature: &Signature,
        slots: &[Interface],
        [left, right]: &[Program; 2],
        records: Records,
    ) -> Option<Self> {
        let wires = left.interface().input;
        let mut drawing = Drawing { signature, slots, circuit: Self::default(), registers: 1, records: Vec::new() };
        let input = drawing.bits(wires)?;
        let given = drawing.draw(left, input, 0)?;
        let left_records = core::mem::take(&mut drawing.records);
        let right_given = drawing.draw(right, input, left.cells())?;
        if let Records::OneMore(label) = records {
            drawing.records.push((label, input, given));
        }
        let Drawing { mut circuit, records, .. } = drawing;
        if left_records.len() != records.len() {
            return None;
        }
        circuit.compare(given, right_given)?;
        for (left, right) in left_records.iter().zip(&records) {
            if left.0 != right.0 {
                return None;
            }
            circuit.compare(left.1, right.1)?;
            circuit.compare(left.2, right.2)?;
        }
        circuit.inputs = wires.count();
        circuit.cells = left.cells().saturating_add(right.cells());
        Some(circuit)
    }

    fn compare(&mut self, left: Bundle, right: Bundle) -> Option<()> {
        if left.wires != right.wires {
            return None;
        }
        let pairs = left.registers.to_le_bytes().into_iter().zip(right.registers.to_le_bytes());
        self.same.extend(pairs.filter(|(left, right)| left != right).map(|(left, right)| [left, right]));
        Some(())
    }
}

impl Drawing<'_> {
    /// New registers for wires, if each carries a bit.
    fn bits(&mut self, wires: Wires) -> Option<Bundle> {
        let mut bundle = Bundle { registers: 0, wires: 0 };
        for sort in wires.sorts() {
            if self.signature.symbols(sort) != 2 {
                return None;
            }
            let register = self.register()?;
            bundle.registers = join(bundle.registers, u64::from(register), bundle.wires);
            bundle.wires = bundle.wires.saturating_add(1);
        }
        Some(bundle)
    }

    fn register(&mut self) -> Option<u8> {
        let register = u8::try_from(self.registers).ok()?;
        self.registers = self.registers.saturating_add(1);
        Some(register)
    }

    /// A gate that makes one register.
    fn gate(&mut self, gate: Gate) -> Option<u8> {
        self.circuit.gates.push(gate);
        self.register()
    }

    fn step(&mut self, leaf: Leaf, cell: u32, input: u64, active: u8) -> Option<Bundle> {
        let known = self.circuit.leaves.iter().position(|(other, _)| *other == leaf);
        let at = known.unwrap_or(self.circuit.leaves.len());
        if known.is_none() {
            let interface = match leaf {
                Leaf::Agent(agent) => self.signature.agent(agent).ok()?.interface,
                Leaf::Slot(slot) => *self.slots.get(slot as usize)?,
            };
            self.circuit.leaves.push((leaf, interface));
        }
        let (_, interface) = *self.circuit.leaves.get(at)?;
        if self.circuit.gates.len() >= MAX_GATES {
            return None;
        }
        self.circuit.gates.push(Gate::Step { leaf: u8::try_from(at).ok()?, cell, input, active });
        self.bits(interface.output)
    }

    /// What those have who said yes, and the others.
    fn choose(&mut self, mask: u8, yes: Bundle, no: Bundle) -> Option<Bundle> {
        let mut chosen = Bundle { registers: 0, wires: yes.wires };
        let pairs = yes.registers.to_le_bytes().into_iter().zip(no.registers.to_le_bytes());
        for ((yes, no), wire) in pairs.zip(0..yes.wires) {
            let register = self.gate(Gate::Choose(mask, yes, no))?;
            chosen.registers = join(chosen.registers, u64::from(register), wire);
        }
        Some(chosen)
    }

    /// Draws a program whose cells are counted from `first`: both sides of a choice, each where it is taken, and every
    /// round of a loop.
    fn draw(&mut self, program: &Program, input: Bundle, first: u32) -> Option<Bundle> {
        let (mut value, mut active) = (input, LIVE);
        let (mut values, mut counts, mut choices) = (Vec::new(), Vec::new(), Vec::<Choice>::new());
        let mut at = 0_u32;
        loop {
            while let Some((yes, _)) = choices.last().and_then(|choice| choice.done).filter(|(_, past)| *past == at) {
                let choice = choices.pop()?;
                value = self.choose(choice.yes, yes, value)?;
                active = choice.active;
            }
            let Some(instruction) = program.instruction(at) else { return Some(value) };
            at = at.saturating_add(1);
            match instruction {
                Instruction::Agent(agent, cell) => {
                    value = self.step(Leaf::Agent(agent), first.saturating_add(cell), value.registers, active)?;
                }
                Instruction::Slot(slot, cell) => {
                    value = self.step(Leaf::Slot(slot), first.saturating_add(cell), value.registers, active)?;
                }
                Instruction::Split(wires) => {
                    let (left, right) = split(value.registers, wires);
                    values.push(Bundle { registers: right, wires: value.wires.saturating_sub(wires) });
                    value = Bundle { registers: left, wires };
                }
                Instruction::Swap => core::mem::swap(values.last_mut()?, &mut value),
                Instruction::Join(wires) => {
                    let left = values.pop()?;
                    value.registers = join(left.registers, value.registers, wires);
                    value.wires = value.wires.saturating_add(wires);
                }
                Instruction::Copy => values.push(value),
                Instruction::Unless(_) => {
                    let [predicate, ..] = value.registers.to_le_bytes();
                    let yes = self.gate(Gate::And(active, predicate))?;
                    let kept = values.pop()?;
                    choices.push(Choice { kept, predicate, active, yes, done: None });
                    (value, active) = (kept, yes);
                }
                Instruction::Jump(to) if to >= at => {
                    // A branch, between its sides.
                    let choice = choices.last_mut()?;
                    choice.done = Some((value, to));
                    value = choice.kept;
                    let no = Gate::AndNot(choice.active, choice.predicate);
                    active = self.gate(no)?;
                }
                Instruction::Jump(to) => {
                    // A loop, after a round; those who left it have what they had.
                    let choice = choices.pop()?;
                    value = self.choose(choice.yes, value, choice.kept)?;
                    at = to;
                }
                Instruction::Enter(bound) => counts.push((bound, active)),
                Instruction::Again(to) => match counts.last_mut()? {
                    (0, _) => at = to,
                    (count, _) => *count = count.saturating_sub(1),
                },
                Instruction::Leave => (_, active) = counts.pop()?,
                Instruction::Record(label) => {
                    let taken = values.pop()?;
                    if active != LIVE {
                        return None;
                    }
                    self.records.push((label, taken, value));
                }
            }
        }
    }
}
