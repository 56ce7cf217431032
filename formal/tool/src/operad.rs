//! The five operations over deterministic agents: random terms over random machines.
//!
//! The lines are those of `formal/oracle/operad.ml`.

use crate::Subsystem;
use crate::random::Random;
use anyhow::{Context, Result, bail, ensure};
use interlock_core::operad::{
    AgentType, Interface, Machine, MachineAlgebra, OperadError, Program, Signature, Stack, Term, Theory, Wires,
};
use std::fmt::Write as _;

/// Terms of the agent operad, run over machines.
pub const SUBSYSTEM: Subsystem = Subsystem { name: "operad", request, answer, requests: 60_000 };

/// A term that is being made up, and the agents that it needs.
struct Maker<'a> {
    random: &'a mut Random,
    agents: Vec<String>,
    /// Who is in the slots.
    slots: Vec<String>,
}

impl Maker<'_> {
    fn agent(&mut self, inputs: u64, outputs: u64) -> String {
        let states = self.random.below(3).wrapping_add(1);
        let words = 1_u64.wrapping_shl(u32::try_from(inputs).unwrap_or(0));
        let mut text = format!("{inputs}:{outputs}:");
        for entry in 0..states.wrapping_mul(words) {
            let _ = write!(text, "{}{}.", if entry == 0 { "" } else { "," }, self.random.below(states));
            for _ in 0..outputs {
                let _ = write!(text, "{}", self.random.below(2));
            }
        }
        let is_slot = self.random.percent(25);
        let (all, letter) = if is_slot { (&mut self.slots, "") } else { (&mut self.agents, "a") };
        all.push(text);
        format!("{letter}{}", all.len().wrapping_sub(1))
    }

    fn wires(&mut self, most: u64) -> u64 {
        self.random.below(most).wrapping_add(1)
    }

    fn term(&mut self, inputs: u64, outputs: u64, depth: u32) -> String {
        let same = inputs == outputs;
        let below = depth.saturating_sub(1);
        match if depth == 0 { 0 } else { self.random.below(10) } {
            0 | 1 if same && self.random.percent(40) => {
                let wires = vec!["1"; usize::try_from(inputs).unwrap_or(1)].join("_");
                format!("id({wires})")
            }
            2..=4 => {
                let between = self.wires(3);
                let first = self.term(inputs, between, below);
                format!("seq({first},{})", self.term(between, outputs, below))
            }
            5 | 6 if inputs > 1 && outputs > 1 => {
                let (left, given) = (self.wires(inputs.wrapping_sub(1)), self.wires(outputs.wrapping_sub(1)));
                let one = self.term(left, given, below);
                format!("par({one},{})", self.term(inputs.wrapping_sub(left), outputs.wrapping_sub(given), below))
            }
            7 => {
                let predicate = self.term(inputs, 1, below);
                let yes = self.term(inputs, outputs, below);
                format!("branch({predicate},{yes},{})", self.term(inputs, outputs, below))
            }
            8 if same => {
                let bound = self.random.below(4);
                let predicate = self.term(inputs, 1, below);
                format!("fix({bound},{predicate},{})", self.term(inputs, inputs, below))
            }
            // A record does not say how wide its words are: the label does.
            9 => format!("trace({inputs}{outputs},{})", self.term(inputs, outputs, below)),
            _ => self.agent(inputs, outputs),
        }
    }
}

/// A term of any shape, whose slots are mostly the first few: wires do not matter where it is only put together.
fn shape(random: &mut Random, depth: u32) -> String {
    let mut part = || shape(random, depth.saturating_sub(1));
    let (one, two, three) = if depth == 0 { Default::default() } else { (part(), part(), part()) };
    match if depth == 0 { random.below(3) } else { random.below(9) } {
        0 | 1 => random.below(4).to_string(),
        2 => random.pick(&["id(1)", "a0", "a7", "9"]).to_owned(),
        3 | 4 => format!("seq({one},{two})"),
        5 => format!("par({one},{two})"),
        6 => format!("branch({one},{two},{three})"),
        7 => format!("fix({},{one},{two})", random.below(3)),
        _ => format!("trace({},{one})", random.below(3)),
    }
}

fn rearrangement(random: &mut Random) -> String {
    let depth = u32::try_from(random.below(4)).unwrap_or(0);
    let term = shape(random, depth);
    if random.percent(60) {
        let inner = shape(random, 2);
        return format!("compose {term} {} {inner}", random.below(5));
    }
    // An order of its slots, mostly.
    let arity = Term::from_text(&term).map_or(0, |term| term.arity());
    let mut order: Vec<u64> = (0..u64::from(arity)).collect();
    for at in (1..order.len()).rev() {
        let other = usize::try_from(random.below((at as u64).saturating_add(1))).unwrap_or(0);
        order.swap(at, other);
    }
    if random.percent(20) {
        let number = random.below(u64::from(arity).saturating_add(2));
        match random.below(3) {
            0 => order.push(number),
            1 => drop(order.pop()),
            _ => order.iter_mut().take(1).for_each(|first| *first = number),
        }
    }
    let order: Vec<String> = order.iter().map(u64::to_string).collect();
    format!("permute {term} {}", if order.is_empty() { "-".to_owned() } else { order.join(",") })
}

fn request(random: &mut Random) -> (String, u64) {
    if random.percent(30) {
        return (rearrangement(random), 1);
    }
    let mut maker = Maker { random, agents: Vec::new(), slots: Vec::new() };
    let (inputs, outputs) = (maker.wires(3), maker.wires(3));
    let term = maker.term(inputs, outputs, 4);
    let [agents, slots] = [maker.agents.join(" "), maker.slots.join(" ")];
    let mut line = format!("operad {agents} | {slots} | {term} |");
    let words = random.below(8);
    for _ in 0..words {
        line.push(' ');
        for _ in 0..inputs {
            let _ = write!(line, "{}", random.below(2));
        }
    }
    (line, words)
}

/// Wires that carry yes or no.
fn wires(count: usize) -> Result<Wires> {
    let mut all = Wires::NONE;
    for _ in 0..count {
        all = all.beside(Wires::BOOL)?;
    }
    Ok(all)
}

/// Symbols as the core packs them: a byte a wire, the first lowest.
fn pack(word: &str) -> Result<u64> {
    let mut packed = 0;
    for (at, symbol) in word.chars().enumerate() {
        packed |= u64::from(symbol.to_digit(2).context("not a symbol")?) << at.saturating_mul(8);
    }
    Ok(packed)
}

fn unpack(packed: u64, wires: u32) -> String {
    packed.to_le_bytes().iter().take(wires as usize).map(|symbol| if *symbol == 0 { '0' } else { '1' }).collect()
}

fn machine(signature: &Signature, text: &str) -> Result<Machine> {
    let parts: Vec<&str> = text.split(':').collect();
    let [inputs, outputs, entries] = parts[..] else { bail!("not an agent: {text}") };
    let interface = Interface::new(wires(inputs.parse()?)?, wires(outputs.parse()?)?);
    let table: Vec<(u8, u64)> = entries
        .split(',')
        .map(|entry| {
            let (next, out) = entry.split_once('.').context("not an entry")?;
            Ok((next.parse()?, pack(out)?))
        })
        .collect::<Result<_>>()?;
    let states = table.len() >> inputs.parse::<u32>()?;
    Ok(Machine::new(signature, interface, u8::try_from(states)?, &table)?)
}

fn machines_of(signature: &Signature, text: &str) -> Result<Vec<Machine>> {
    text.split_whitespace().map(|text| machine(signature, text)).collect()
}

fn term(text: &str) -> Result<Term> {
    Term::from_text(&text.trim().replace('_', " ")).map_err(|error| anyhow::anyhow!(error.message()))
}

/// What became of a term, as text: nothing where the core says that there is no such slot or order.
fn rearranged(done: Result<Term, OperadError>) -> Result<String> {
    match done {
        Ok(term) => Ok(term.to_text().replace(' ', "")),
        Err(OperadError::UnknownSlot { .. } | OperadError::NotAPermutation { .. }) => Ok("-".to_owned()),
        Err(error) => bail!(error.message()),
    }
}

fn answer(line: &str) -> Result<String> {
    match line.split(' ').collect::<Vec<_>>()[..] {
        ["compose", outer, slot, inner] => return rearranged(term(outer)?.compose(slot.parse()?, &term(inner)?)),
        ["permute", shape, order] => {
            let numbers = order.split(',').filter(|number| *number != "-");
            let order = numbers.map(str::parse).collect::<Result<Vec<u32>, _>>()?;
            return rearranged(term(shape)?.permute(&order));
        }
        _ => {}
    }
    let parts: Vec<&str> = line.split('|').collect();
    let [agents, slots, text, words] = parts[..] else { bail!("not a line of the operad") };
    let agents = agents.trim().strip_prefix("operad").context("not a line of the operad")?;
    let mut signature = Signature::new(Theory::Agents);
    let (machines, slots) = (machines_of(&signature, agents)?, machines_of(&signature, slots)?);
    for machine in &machines {
        signature.add_agent(AgentType { interface: machine.interface(), effect: machine.effect() })?;
    }
    let interfaces: Vec<Interface> = slots.iter().map(Machine::interface).collect();
    let slots: Vec<&Machine> = slots.iter().collect();
    let term = term(text)?;
    let program = Program::new(&signature, &term, &interfaces)?;
    let interface = program.interface();
    let mut cells = vec![0_u8; program.cells() as usize];
    let mut stack = Stack::default();
    let mut said = Vec::new();
    for word in words.split_whitespace() {
        ensure!(word.len() == interface.input.count() as usize, "a word of another width");
        let mut traces = Vec::new();
        let mut algebra = MachineAlgebra { agents: &machines, slots: &slots, cells: &mut cells, traces: &mut traces };
        let value = program.run(&mut algebra, &mut stack, pack(word)?);
        let mut text = unpack(value, interface.output.count());
        for trace in traces {
            let (taken, given) = (unpack(trace.input, trace.label / 10), unpack(trace.output, trace.label % 10));
            let _ = write!(text, "[{}<{taken}>{given}]", trace.label);
        }
        said.push(text);
    }
    Ok(said.join(" "))
}
