//! All ways to fill the slots of two programs side by side, a bit of a word for each run.
//!
//! A column is a bit of each run: what a wire carries, one bit of a state. An agent's step is then a few operations on
//! whole words, whoever is in the slot in which run. What is found here is only that all is alike; if it is not, or cannot be
//! looked at in this way, runs that are made one after the other say what the smallest difference is.

use alloc::vec::Vec;

use super::behaviour::MAX_PAIRS;
use super::circuit::{Circuit, Gate};
use super::machine::Machine;
use super::program::Leaf;

/// Runs side by side.
const LANES: u32 = u64::BITS;
/// Bits of state and input that choose an entry of a machine's table.
const MAX_SELECTORS: usize = 4;
/// Bits of the states of both programs together.
const MAX_STATE: usize = 64;

/// What each of the wires that come in carries, in runs on one word of input after the other.
const WORDS: [u64; 6] = [
    0xaaaa_aaaa_aaaa_aaaa,
    0xcccc_cccc_cccc_cccc,
    0xf0f0_f0f0_f0f0_f0f0,
    0xff00_ff00_ff00_ff00,
    0xffff_0000_ffff_0000,
    0xffff_ffff_0000_0000,
];

/// Who steps at a leaf.
#[derive(Clone, Copy, Debug)]
struct Who {
    /// Where its columns begin: for each wire that goes out, then for each bit of state, as many quads as its table needs.
    columns: u32,
    quads: u32,
    inputs: u32,
    outputs: u32,
    /// Bits of state.
    bits: u32,
}

/// A pair of states that was reached.
#[derive(Clone, Copy, Debug)]
struct Reached {
    states: u64,
    /// The next one with the same filling; 0 is none.
    next: u32,
}

/// Columns of four entries of a table.
type Quad = [u64; 4];

/// Memory of a comparison, kept from one to the next.
#[derive(Debug, Default)]
pub(super) struct Abreast {
    who: Vec<Who>,
    columns: Vec<Quad>,
    registers: Vec<u64>,
    /// The bits of the states of each cell: before a step, and after it.
    before: Vec<u64>,
    after: Vec<u64>,
    reached: Vec<Reached>,
    /// For each slot the number of ways to fill those before it, and how many machines fit.
    choices: Vec<(u32, u32)>,
}

/// What is compared.
pub(super) struct Fillings<'a, F> {
    pub(super) circuit: &'a Circuit,
    pub(super) agents: &'a [Machine],
    pub(super) slots: u32,
    /// The machines that may be in a slot.
    pub(super) fits: F,
}

impl Abreast {
    /// Whether both programs of a circuit do the same with every filling: how many there are; none when they do not, or
    /// when it cannot be said.
    pub(super) fn alike<'a, I: Iterator<Item = &'a Machine> + Clone>(
        &mut self,
        fillings: &Fillings<'a, impl Fn(u32) -> I>,
    ) -> Option<u64> {
        let circuit = fillings.circuit;
        let group = LANES.checked_shr(circuit.inputs).filter(|group| *group > 0)?;
        self.choices.clear();
        let mut number = 1_u32;
        for slot in 0..fillings.slots {
            let machines = u32::try_from((fillings.fits)(slot).count()).ok()?;
            self.choices.push((number, machines));
            number = number.checked_mul(machines).filter(|number| *number > 0)?;
        }
        let mut first = 0_u32;
        while first < number {
            let here = group.min(number.saturating_sub(first));
            let bits = self.fill(fillings, first, here)?;
            self.explore(circuit, here, bits)?;
            first = first.saturating_add(here);
        }
        Some(u64::from(number))
    }

    /// Writes the columns of who steps at the leaves in some of the fillings. How many bits of state a cell has.
    fn fill<'a, I: Iterator<Item = &'a Machine> + Clone>(
        &mut self,
        fillings: &Fillings<'a, impl Fn(u32) -> I>,
        first: u32,
        here: u32,
    ) -> Option<u32> {
        self.who.clear();
        self.columns.clear();
        let last = first.saturating_add(here);
        let lane = |filling: u32| filling.saturating_sub(first).wrapping_shl(fillings.circuit.inputs);
        let mut widest = 0;
        for (leaf, interface) in &fillings.circuit.leaves {
            let mut who = Who {
                columns: u32::try_from(self.columns.len()).ok()?,
                quads: 0,
                inputs: interface.input.count(),
                outputs: interface.output.count(),
                bits: 0,
            };
            match *leaf {
                Leaf::Agent(agent) => {
                    let machine = fillings.agents.get(agent as usize)?;
                    self.open(&mut who, machine.state_bits())?;
                    self.write(who, machine, u64::MAX);
                }
                Leaf::Slot(slot) => {
                    let machines = (fillings.fits)(slot);
                    self.open(&mut who, machines.clone().map(Machine::state_bits).max()?)?;
                    let (stride, count) = *self.choices.get(slot as usize)?;
                    for (at, machine) in (0_u32..).zip(machines) {
                        // As many fillings in a row have it as the slots before have choices.
                        let round = stride.saturating_mul(count);
                        let mut from =
                            first.checked_div(round)?.saturating_mul(round).saturating_add(at.saturating_mul(stride));
                        let mut lanes = 0;
                        while from < last {
                            let to = from.saturating_add(stride).min(last);
                            lanes |= lanes_between(lane(from), lane(to));
                            from = from.saturating_add(round);
                        }
                        self.write(who, machine, lanes);
                    }
                }
            }
            widest = widest.max(who.bits);
            self.who.push(who);
        }
        Some(widest)
    }

    /// Empty columns of who steps at a leaf, with so many bits of state.
    fn open(&mut self, who: &mut Who, bits: u32) -> Option<()> {
        who.bits = bits;
        who.quads = match who.inputs.saturating_add(bits) {
            0..=2 => 1,
            3..=4 => 4,
            _ => return None,
        };
        let columns = who.quads.saturating_mul(who.outputs.saturating_add(bits));
        self.columns.resize(self.columns.len().saturating_add(columns as usize), [0; 4]);
        Some(())
    }

    /// Writes what a machine does in some lanes.
    fn write(&mut self, who: Who, machine: &Machine, lanes: u64) {
        let own = self.columns.get_mut(who.columns as usize..).unwrap_or_default();
        let mut columns = own.chunks_exact_mut(who.quads as usize).map(<[Quad]>::as_flattened_mut);
        let table = machine.table();
        for (wire, column) in (0..who.outputs).zip(&mut columns) {
            for (entry, (_, output)) in column.iter_mut().zip(table) {
                *entry |= lanes & 0_u64.wrapping_sub(output.wrapping_shr(wire.wrapping_mul(8)) & 1);
            }
        }
        for (bit, column) in (0..who.bits).zip(columns) {
            for (entry, (next, _)) in column.iter_mut().zip(table) {
                *entry |= lanes & 0_u64.wrapping_sub(u64::from(next.wrapping_shr(bit) & 1));
            }
        }
    }

    /// Steps from every pair of states that can be reached, on every word of input, in so many fillings at once.
    fn explore(&mut self, circuit: &Circuit, here: u32, bits: u32) -> Option<()> {
        let width = circuit.cells.saturating_mul(bits) as usize;
        if width > MAX_STATE {
            return None;
        }
        self.reached.clear();
        self.reached.resize(here as usize, Reached { states: 0, next: 0 });
        self.before.clear();
        self.before.resize(width, 0);
        // Where each filling is: first in its first pair of states.
        let mut now = [0_u32; LANES as usize];
        for (filling, now) in (0..here).zip(&mut now) {
            *now = filling;
        }
        let words = 1_u32.wrapping_shl(circuit.inputs);
        let mut live = lanes_between(0, here.saturating_mul(words));
        while live != 0 {
            self.after.clear();
            self.after.extend_from_slice(&self.before);
            self.run(circuit, live, bits as usize)?;
            let mut moved = 0;
            for (before, after) in self.before.iter_mut().zip(&self.after) {
                moved |= *before ^ after;
                *before = 0;
            }
            while moved != 0 {
                let lane = moved.trailing_zeros();
                moved &= moved.wrapping_sub(1);
                let bits = self.after.iter().rev().map(|column| column.wrapping_shr(lane) & 1);
                let states = bits.fold(0, |states, bit| states << 1 | bit);
                self.reach(lane.wrapping_shr(circuit.inputs), states)?;
            }
            let mut lanes = lanes_between(0, words);
            for now in now.iter_mut().take(here as usize) {
                if live & lanes != 0 {
                    *now = self.reached.get(*now as usize)?.next;
                    if *now == 0 {
                        live &= !lanes;
                    }
                    let mut states = self.reached.get(*now as usize)?.states;
                    while states != 0 {
                        *self.before.get_mut(states.trailing_zeros() as usize)? |= lanes;
                        states &= states.wrapping_sub(1);
                    }
                }
                lanes = lanes.wrapping_shl(words);
            }
        }
        Some(())
    }

    /// Keeps a pair of states, if it is new to its filling. None when that has too many.
    fn reach(&mut self, filling: u32, states: u64) -> Option<()> {
        let new = u32::try_from(self.reached.len()).ok()?;
        let mut at = filling;
        for _ in 0..MAX_PAIRS {
            let known = self.reached.get_mut(at as usize)?;
            if known.states == states {
                return Some(());
            }
            at = known.next;
            if at == 0 {
                known.next = new;
                self.reached.push(Reached { states, next: 0 });
                return Some(());
            }
        }
        None
    }

    /// One step of both programs in the lanes that are live; none when they do not do the same in one of them.
    fn run(&mut self, circuit: &Circuit, live: u64, bits: usize) -> Option<()> {
        let registers = &mut self.registers;
        registers.clear();
        registers.push(live);
        registers.extend_from_slice(WORDS.get(..circuit.inputs as usize)?);
        for gate in &circuit.gates {
            let of = |register: u8| registers.get(usize::from(register)).copied().unwrap_or(0);
            let made = match *gate {
                Gate::And(one, other) => of(one) & of(other),
                Gate::AndNot(one, other) => of(one) & !of(other),
                Gate::Choose(mask, yes, no) => choose(of(mask), of(yes), of(no)),
                Gate::Step { leaf, cell, input, active } => {
                    let who = self.who.get(usize::from(leaf))?;
                    let states = self.after.get_mut((cell as usize).wrapping_mul(bits)..)?;
                    step(who, self.columns.get(who.columns as usize..)?, registers, states, input, of(active));
                    continue;
                }
            };
            registers.push(made);
        }
        let of = |register: u8| registers.get(usize::from(register)).copied().unwrap_or(0);
        let differ = circuit.same.iter().fold(0, |differ, [left, right]| differ | (of(*left) ^ of(*right)));
        (differ & live == 0).then_some(())
    }
}

/// Lets who is at a leaf step in the active lanes: their states take the next ones' place, what they give comes in new
/// registers.
fn step(who: &Who, columns: &[Quad], registers: &mut Vec<u64>, states: &mut [u64], input: u64, active: u64) {
    // What chooses the entry of the table, the lowest bit first: the last wire counts fastest.
    let mut by = [0_u64; MAX_SELECTORS];
    let wires = (0..who.inputs).rev().map(|wire| {
        let [register, ..] = input.wrapping_shr(wire.wrapping_mul(8)).to_le_bytes();
        registers.get(usize::from(register)).copied().unwrap_or(0)
    });
    let bits = states.iter().take(who.bits as usize).copied();
    for (by, bit) in by.iter_mut().zip(wires.chain(bits)) {
        *by = bit;
    }
    let mut columns = columns.chunks_exact(who.quads as usize);
    for column in columns.by_ref().take(who.outputs as usize) {
        registers.push(entry(column, by));
    }
    for (state, column) in states.iter_mut().take(who.bits as usize).zip(columns) {
        *state = choose(active, entry(column, by), *state);
    }
}

/// In each lane the entry of a table that its bits choose.
#[inline]
fn entry(column: &[Quad], [low, high, lower, upper]: [u64; MAX_SELECTORS]) -> u64 {
    let of = |quad: &Quad, low, high| {
        let [a, b, c, d] = *quad;
        choose(high, choose(low, d, c), choose(low, b, a))
    };
    match column {
        [quad] => of(quad, low, high),
        [a, b, c, d] => of(&[of(a, low, high), of(b, low, high), of(c, low, high), of(d, low, high)], lower, upper),
        _ => 0,
    }
}

/// Where the first says so the second, else the third.
const fn choose(first: u64, yes: u64, no: u64) -> u64 {
    no ^ (first & (yes ^ no))
}

/// The lanes from one on, up to another.
const fn lanes_between(from: u32, to: u32) -> u64 {
    match to.saturating_sub(from) {
        0 => 0,
        lanes => u64::MAX.wrapping_shr(LANES.saturating_sub(lanes)).wrapping_shl(from),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use super::super::behaviour::{Comparison, Records, Sides};
    use super::super::program::Program;
    use super::super::signature::{AgentType, Effect, Signature, Theory};
    use super::super::term::Term;
    use super::super::wire::{Interface, Wires};
    use super::*;
    use alloc::borrow::ToOwned;
    use alloc::format;
    use proptest::prelude::*;

    /// Each with something that is equal or nearly so.
    const PAIRS: [[&str; 2]; 19] = [
        ["seq(seq(0, 1), 2)", "seq(0, seq(1, 2))"],
        ["seq(0, seq(1, 2))", "seq(0, seq(2, 1))"],
        ["par(par(0, 1), 2)", "par(0, par(1, 2))"],
        ["par(par(0, 1), 2)", "par(0, par(2, 1))"],
        ["seq(par(0, 1), a0)", "seq(a0, par(1, 0))"],
        ["seq(par(0, 1), a0)", "seq(a0, par(0, 1))"],
        ["seq(par(0, 1), par(2, 0))", "par(seq(0, 2), seq(1, 0))"],
        ["par(branch(0, 1, 2), id())", "branch(0, par(id(), 1), 2)"],
        ["branch(0, 1, 2)", "branch(0, 2, 1)"],
        ["branch(0, 1, 1)", "1"],
        ["seq(branch(0, 1, 2), 2)", "branch(0, seq(1, 2), seq(2, 2))"],
        ["branch(0, branch(1, 0, 2), branch(2, 1, 0))", "branch(0, branch(1, 0, 2), branch(2, 0, 1))"],
        ["fix(2, 0, 1)", "branch(0, seq(1, fix(1, 0, 1)), id(1))"],
        ["fix(1, 0, 1)", "branch(0, 1, id(1))"],
        ["fix(3, fix(1, 0, 1), seq(2, 1))", "fix(3, fix(1, 0, 1), seq(1, 2))"],
        ["fix(2, branch(0, 1, 2), fix(2, 1, 0))", "fix(2, branch(0, 1, 2), fix(2, 1, 0))"],
        ["trace(1, seq(0, trace(2, 1)))", "trace(1, seq(0, trace(2, 1)))"],
        ["trace(1, seq(0, trace(2, 1)))", "trace(1, seq(trace(2, 0), 1))"],
        ["trace(1, seq(0, trace(2, 1)))", "trace(2, trace(1, seq(0, 1)))"],
    ];
    const BIT: Interface = Interface::new(Wires::BOOL, Wires::BOOL);

    /// A signature whose agent 0 swaps two bits.
    fn swapping() -> (Signature, Machine) {
        let mut signature = Signature::new(Theory::Agents);
        let two = Wires::BOOL.beside(Wires::BOOL).unwrap();
        let interface = Interface::new(two, two);
        signature.add_agent(AgentType { interface, effect: Effect::Pure }).unwrap();
        let swap = Machine::new(&signature, interface, 1, &[(0, 0), (0, 1), (0, 0x100), (0, 0x101)]).unwrap();
        (signature, swap)
    }

    fn programs(signature: &Signature, pair: [&str; 2], slots: &[Interface]) -> [Program; 2] {
        pair.map(|text| Program::new(signature, &Term::from_text(text).unwrap(), slots).unwrap())
    }

    proptest! {
        /// Side by side, runs are alike exactly if they are one after the other.
        #[test]
        fn runs_side_by_side_are_runs(
            pair in prop::sample::select(PAIRS.as_slice()),
            tables in prop::collection::vec((1_u8..=4, prop::collection::vec((0_u8..4, 0_u64..2), 8)), 1..5),
            leave_out in 0_usize..4,
            label in prop::option::weighted(0.2, 1_u32..4),
        ) {
            let (signature, swap) = swapping();
            let machines: Vec<Machine> = tables
                .into_iter()
                .map(|(states, table)| {
                    let rows = table.into_iter().take(usize::from(states) * 2);
                    let table: Vec<(u8, u64)> = rows.map(|(next, output)| (next.min(states - 1), output)).collect();
                    Machine::new(&signature, BIT, states, &table).unwrap()
                })
                .collect();
            let programs = programs(&signature, pair, &[BIT; 3]);
            let records = label.map_or(Records::Same, Records::OneMore);
            let agents = [swap];
            // One of the slots takes fewer.
            let fits = |slot: u32| machines.iter().skip(usize::from(slot as usize == leave_out && machines.len() > 1));
            let mut one_by_one = 0_u64;
            let mut comparison = Comparison::default();
            let [left, right] = &programs;
            let (mut all, mut is_known) = (true, true);
            for zero in fits(0) {
                for one in fits(1) {
                    for two in fits(2) {
                        one_by_one += 1;
                        let slots = &[zero, one, two];
                        let sides = Sides { signature: &signature, left, right, agents: &agents, slots, records };
                        match comparison.alike(&sides) {
                            Some(alike) => all = all && alike,
                            None => is_known = false,
                        }
                    }
                }
            }
            let circuit = Circuit::new(&signature, &[BIT; 3], &programs, records);
            // What records differently has none.
            let found = circuit.as_ref().and_then(|circuit| {
                Abreast::default().alike(&Fillings { circuit, agents: &agents, slots: 3, fits })
            });
            if is_known || !all {
                prop_assert_eq!(found, all.then_some(one_by_one));
            }
        }
    }

    #[test]
    fn every_lane_has_the_machines_of_its_filling() {
        let (signature, _) = swapping();
        // Not, nothing, and yes; fillings of three slots by eight words fill some words of lanes, none of them in whole rounds.
        let gives = [[1_u64, 0], [0, 1], [1, 1]];
        let machines = gives.map(|[no, yes]| Machine::new(&signature, BIT, 1, &[(0, no), (0, yes)]).unwrap());
        let programs = programs(&signature, ["par(par(0, 1), 2)", "par(0, par(1, 2))"], &[BIT; 3]);
        let circuit = Circuit::new(&signature, &[BIT; 3], &programs, Records::Same).unwrap();
        let fillings = Fillings { circuit: &circuit, agents: &[], slots: 3, fits: |_| machines.iter() };
        let mut abreast = Abreast::default();
        assert_eq!(abreast.alike(&fillings), Some(27));
        for first in (0..27_u32).step_by(8) {
            let here = (27 - first).min(8);
            assert_eq!(abreast.fill(&fillings, first, here), Some(0));
            for (filling, slot, lane, entry) in (0..here).flat_map(|filling| {
                (0..3_u32).flat_map(move |slot| {
                    (0..8).flat_map(move |lane| (0..2_usize).map(move |entry| (filling, slot, lane, entry)))
                })
            }) {
                let machine = (first + filling) / 3_u32.pow(slot) % 3;
                let column = abreast.who.get(slot as usize).unwrap().columns;
                let quad = abreast.columns.get(column as usize).unwrap();
                let bit = quad.get(entry).unwrap() >> (filling * 8 + lane) & 1;
                assert_eq!(&bit, gives.get(machine as usize).unwrap().get(entry).unwrap(), "{filling} {slot}");
            }
        }
    }

    #[test]
    fn what_is_not_of_bits_or_too_much_is_left_to_single_runs() {
        let (mut signature, _) = swapping();
        let circuit = |signature: &Signature, pair: [&str; 2], slots: &[Interface]| {
            Circuit::new(signature, slots, &programs(signature, pair, slots), Records::Same)
        };
        let three = signature.add_sort(3).unwrap();
        let wide = Interface::new(three, three);
        assert!(circuit(&signature, ["seq(0, 1)", "seq(1, 0)"], &[BIT; 2]).is_some());
        assert!(circuit(&signature, ["seq(0, 1)", "seq(1, 0)"], &[wide; 2]).is_none());
        assert!(
            circuit(
                &signature,
                ["0", "seq(1, 2)"],
                &[BIT, Interface::new(Wires::BOOL, three), Interface::new(three, Wires::BOOL)]
            )
            .is_none()
        );
        // Whether it is recorded is a choice; what is recorded is not.
        assert!(circuit(&signature, ["trace(1, branch(0, 1, 1))", "trace(1, 1)"], &[BIT; 2]).is_some());
        assert!(circuit(&signature, ["branch(0, trace(1, 1), 1)", "1"], &[BIT; 2]).is_none());
        // More registers, and more gates, than there may be.
        assert!(circuit(&signature, ["fix(9, 0, 1)", "fix(9, 0, 1)"], &[BIT; 2]).is_some());
        assert!(circuit(&signature, ["fix(99, 0, 1)", "fix(99, 0, 1)"], &[BIT; 2]).is_none());
        let nothing = Interface::new(Wires::NONE, Wires::NONE);
        let beside = |times| (0..times).fold("id(1)".to_owned(), |term, _| format!("par(0, {term})"));
        assert!(circuit(&signature, [&beside(1000), "id(1)"], &[nothing]).is_some());
        assert!(circuit(&signature, [&beside(1100), "id(1)"], &[nothing]).is_none());
    }
}
