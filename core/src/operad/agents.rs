//! The operad of agents: its five operations, what they mean, and the laws they obey.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::abreast::{Abreast, Fillings};
use super::behaviour::{Comparison, Difference, Records, Sides};
use super::circuit::Circuit;
use super::error::OperadError;
use super::law::{LawError, Operad};
use super::machine::Machine;
use super::program::Program;
use super::signature::{AgentType, Effect, Operation, Signature, Theory};
use super::term::{Node, Term};
use super::wire::{Interface, Wires};

/// A yes or no that comes in, and one that goes out.
const BIT: Interface = Interface::new(Wires::BOOL, Wires::BOOL);
/// Label of the record that the law of `trace` makes.
const LABEL: u32 = 7;
/// The agent that swaps two bits: agent 0 of every operad of agents.
const SWAP: Node = Node::Agent(0);

const S0: Node = Node::Slot(0);
const S1: Node = Node::Slot(1);
const S2: Node = Node::Slot(2);
const S3: Node = Node::Slot(3);
const SEQ: Node = Node::Seq;
const PAR: Node = Node::Par;
const BRANCH: Node = Node::Branch;
const ID: Node = Node::Identity(Wires::BOOL);
const NOTHING: Node = Node::Identity(Wires::NONE);

/// An equation between terms. Slots are variables: a variable may occur more than once, and each occurrence is an agent
/// of its own; so such a law holds only for agents without memory, and `pure` lists them.
struct Equation {
    name: &'static str,
    left: &'static [Node],
    right: &'static [Node],
    slots: usize,
    /// A bit for each slot that only agents without memory may fill.
    pure: u8,
}

const fn law(name: &'static str, left: &'static [Node], right: &'static [Node], slots: usize, pure: u8) -> Equation {
    Equation { name, left, right, slots, pure }
}

/// The laws of the five operations, those of fewest variables first.
const EQUATIONS: &[Equation] = &[
    law("seq-left-identity", &[SEQ, ID, S0], &[S0], 1, 0),
    law("seq-right-identity", &[SEQ, S0, ID], &[S0], 1, 0),
    law("par-left-unit", &[PAR, NOTHING, S0], &[S0], 1, 0),
    law("par-right-unit", &[PAR, S0, NOTHING], &[S0], 1, 0),
    law("trace-transparency", &[Node::Trace(LABEL), S0], &[S0], 1, 0),
    law("par-symmetry", &[SEQ, PAR, S0, S1, SWAP], &[SEQ, SWAP, PAR, S1, S0], 2, 0),
    // These four together are the interchange law, seq(par(f, g), par(h, k)) = par(seq(f, h), seq(g, k)).
    law("par-in-sequence", &[PAR, S0, S1], &[SEQ, PAR, S0, ID, PAR, ID, S1], 2, 0),
    law("par-interchange", &[SEQ, PAR, S0, ID, PAR, ID, S1], &[SEQ, PAR, ID, S1, PAR, S0, ID], 2, 0),
    law("par-left-functoriality", &[SEQ, PAR, S0, ID, PAR, S1, ID], &[PAR, SEQ, S0, S1, ID], 2, 0),
    law("par-right-functoriality", &[SEQ, PAR, ID, S0, PAR, ID, S1], &[PAR, ID, SEQ, S0, S1], 2, 0),
    law("fix-zero", &[Node::Fix(0), S0, S1], &[ID], 2, 0),
    law("fix-one", &[Node::Fix(1), S0, S1], &[BRANCH, S0, S1, ID], 2, 0),
    law("fix-unfolding", &[Node::Fix(3), S0, S1], &[BRANCH, S0, SEQ, S1, Node::Fix(2), S0, S1, ID], 2, 0b11),
    law("branch-idempotence", &[BRANCH, S0, S1, S1], &[S1], 2, 0b10),
    law("seq-associativity", &[SEQ, SEQ, S0, S1, S2], &[SEQ, S0, SEQ, S1, S2], 3, 0),
    law("par-associativity", &[PAR, PAR, S0, S1, S2], &[PAR, S0, PAR, S1, S2], 3, 0),
    law(
        "branch-right-distributivity",
        &[SEQ, BRANCH, S0, S1, S2, S3],
        &[BRANCH, S0, SEQ, S1, S3, SEQ, S2, S3],
        4,
        0b1000,
    ),
    law(
        "branch-left-distributivity",
        &[SEQ, S3, BRANCH, S0, S1, S2],
        &[BRANCH, SEQ, S3, S0, SEQ, S3, S1, SEQ, S3, S2],
        4,
        0b1000,
    ),
];

/// A law of the agent operad that does not hold, with the smallest case that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentCounterexample {
    /// The law's name.
    pub law: &'static str,
    /// Its sides.
    pub sides: [Term; 2],
    /// Who is in the slots: positions among the samples.
    pub samples: Vec<u32>,
    /// The shortest input that tells the sides apart.
    pub difference: Difference,
}

/// What an operation is replaced by. Left alone, it means itself.
///
/// In a replacement, slots are the operation's children; [`Wires::NONE`] stands for the identity's wires, bound 0 for the
/// bound of `fix`, and label 0 for the label of `trace`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// Of the identity.
    pub identity: Option<Term>,
    /// Of `seq`.
    pub seq: Option<Term>,
    /// Of `par`.
    pub par: Option<Term>,
    /// Of `branch`.
    pub branch: Option<Term>,
    /// Of `fix`.
    pub fix: Option<Term>,
    /// Of `trace`.
    pub trace: Option<Term>,
}

impl Meaning {
    fn of(&self, node: Node) -> Option<&Term> {
        match node {
            Node::Slot(_) | Node::Agent(_) => None,
            Node::Identity(_) => self.identity.as_ref(),
            Node::Seq => self.seq.as_ref(),
            Node::Par => self.par.as_ref(),
            Node::Branch => self.branch.as_ref(),
            Node::Fix(_) => self.fix.as_ref(),
            Node::Trace(_) => self.trace.as_ref(),
        }
    }

    fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// A term with every operation replaced by what it means.
    ///
    /// # Errors
    /// [`OperadError::TooLarge`]; [`OperadError::UnknownSlot`] when a replacement has a slot that is no child.
    pub fn expand(&self, term: Term) -> Result<Term, OperadError> {
        if self.is_plain() {
            return Ok(term);
        }
        let mut stack: Vec<Term> = Vec::new();
        for node in term.nodes().iter().rev() {
            let arity = node.children();
            let children = stack.split_off(stack.len().saturating_sub(arity as usize));
            let mut nodes = Vec::new();
            match self.of(*node) {
                Some(meaning) => {
                    for own in meaning.nodes() {
                        match (*own, *node) {
                            (Node::Slot(slot), _) => {
                                // The first child lies on top.
                                let child = arity.checked_sub(slot.saturating_add(1));
                                let child = child.and_then(|child| children.get(child as usize));
                                nodes.extend_from_slice(child.ok_or(OperadError::UnknownSlot { slot, arity })?.nodes());
                            }
                            (Node::Identity(Wires::NONE), Node::Identity(_))
                            | (Node::Fix(0), Node::Fix(_))
                            | (Node::Trace(0), Node::Trace(_)) => nodes.push(*node),
                            _ => nodes.push(*own),
                        }
                        super::term::bounded("nodes", nodes.len() as u64, u64::from(super::MAX_NODES))?;
                    }
                }
                None => {
                    nodes.push(*node);
                    for child in children.iter().rev() {
                        nodes.extend_from_slice(child.nodes());
                    }
                }
            }
            stack.push(Term::checked(nodes)?);
        }
        stack.pop().ok_or(OperadError::NotOneTree { node: 0 })
    }
}

/// The operad of agents over machines: a signature, its agents, and sample machines for slots.
#[derive(Clone, Debug)]
pub struct AgentOperad {
    signature: Signature,
    agents: Vec<Machine>,
    samples: Vec<Machine>,
    meaning: Meaning,
    /// The laws, ready to run: those before the first that the meaning makes no sense of.
    laws: Vec<Compiled>,
}

/// Two terms that should behave alike, and what runs them.
#[derive(Clone, Debug)]
struct Compiled {
    terms: [Term; 2],
    programs: [Program; 2],
    records: Records,
    /// Both of them for many runs at once, if they can be had so.
    circuit: Option<Circuit>,
}

/// Memory of comparisons, kept from one to the next.
#[derive(Debug, Default)]
struct Memory {
    abreast: Abreast,
    comparison: Comparison,
}

impl Compiled {
    fn new(
        signature: &Signature,
        terms: [Term; 2],
        [slots, right_slots]: [&[Interface]; 2],
        records: Records,
    ) -> Result<Self, OperadError> {
        let [left, right] = &terms;
        let programs = [Program::new(signature, left, slots)?, Program::new(signature, right, right_slots)?];
        let circuit = if slots == right_slots { Circuit::new(signature, slots, &programs, records) } else { None };
        Ok(Self { terms, programs, records, circuit })
    }
}

impl AgentOperad {
    /// The operad with [`standard_samples`].
    ///
    /// # Errors
    /// None occurs.
    pub fn new() -> Result<Self, OperadError> {
        let mut operad = Self {
            signature: Signature::new(Theory::Agents),
            agents: Vec::new(),
            samples: Vec::new(),
            meaning: Meaning::default(),
            laws: Vec::new(),
        };
        let two = Wires::BOOL.beside(Wires::BOOL)?;
        let swap =
            Machine::new(&operad.signature, Interface::new(two, two), 1, &[(0, 0), (0, 1), (0, 0x100), (0, 0x101)])?;
        operad.add_agent(swap)?;
        operad.samples = standard_samples(&operad.signature)?;
        operad.set_meaning(Meaning::default());
        Ok(operad)
    }

    /// The sorts and agents. Agent 0 swaps two bits.
    #[must_use]
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The agents, by their numbers.
    #[must_use]
    pub fn agents(&self) -> &[Machine] {
        &self.agents
    }

    /// The machines that slots are filled with, the simplest first.
    #[must_use]
    pub fn samples(&self) -> &[Machine] {
        &self.samples
    }

    /// Another sort of wires: see [`Signature::add_sort`].
    ///
    /// # Errors
    /// As there.
    pub fn add_sort(&mut self, symbols: u32) -> Result<Wires, OperadError> {
        self.signature.add_sort(symbols)
    }

    /// Another agent; its number.
    ///
    /// # Errors
    /// As [`Signature::add_agent`].
    pub fn add_agent(&mut self, machine: Machine) -> Result<u32, OperadError> {
        let agent = AgentType { interface: machine.interface(), effect: machine.effect() };
        let number = self.signature.add_agent(agent)?;
        self.agents.push(machine);
        Ok(number)
    }

    /// Fills slots with these machines instead, the simplest first.
    pub fn set_samples(&mut self, samples: Vec<Machine>) {
        self.samples = samples;
    }

    /// Gives the operations another meaning, whose laws can then be verified.
    pub fn set_meaning(&mut self, meaning: Meaning) {
        self.meaning = meaning;
        self.laws = EQUATIONS.iter().map_while(|equation| self.compile(equation).ok()).collect();
    }

    /// Both sides of a law as they are meant.
    fn compile(&self, equation: &Equation) -> Result<Compiled, OperadError> {
        let interfaces = [BIT; 4];
        let interfaces = interfaces.get(..equation.slots).unwrap_or_default();
        let mean = |nodes: &[Node]| self.meaning.expand(Term::from_nodes(nodes)?);
        let records = match equation.left {
            [Node::Trace(label), ..] => Records::OneMore(*label),
            _ => Records::Same,
        };
        let terms = [mean(equation.left)?, mean(equation.right)?];
        Compiled::new(&self.signature, terms, [interfaces; 2], records)
    }

    /// The operation of a term whose slots have these interfaces.
    ///
    /// # Errors
    /// As [`Operation::new`].
    pub fn operation(&self, term: Term, slots: &[Interface]) -> Result<Operation, OperadError> {
        Operation::new(&self.signature, term, slots)
    }

    /// Verifies the laws of the five operations on every way to fill the slots with samples on one bit, and every run of
    /// them where there are few enough. Gives the number of cases.
    ///
    /// # Errors
    /// [`LawError::Broken`] with a minimal counterexample, [`LawError::Refused`].
    pub fn verify_laws(&self) -> Result<u64, LawError<AgentCounterexample>> {
        let bits: Vec<(u32, &Machine)> =
            (0_u32..).zip(&self.samples).filter(|(_, machine)| machine.interface() == BIT).collect();
        let mut memory = Memory::default();
        let mut cases = 0_u64;
        for (number, equation) in EQUATIONS.iter().enumerate() {
            // What was refused then may make sense by now, of an agent that has been added.
            let late;
            let law = match self.laws.get(number) {
                Some(compiled) => compiled,
                None => {
                    late = self.compile(equation)?;
                    &late
                }
            };
            same_interface(&law.programs)?;
            let fills = |slot: u32, machine: &Machine| {
                equation.pure.checked_shr(slot).unwrap_or(0) & 1 == 0 || machine.effect() == Effect::Pure
            };
            match self.every_filling(equation.slots, &bits, &fills, law, &mut memory)? {
                Ok(more) => cases = cases.saturating_add(more),
                Err((samples, difference)) => {
                    let sides = law.terms.clone();
                    let found = AgentCounterexample { law: equation.name, sides, samples, difference };
                    return Err(LawError::Broken(Box::new(found)));
                }
            }
        }
        Ok(cases)
    }

    /// Compares two programs with every filling of their slots; the first ones are the simplest.
    fn every_filling(
        &self,
        slots: usize,
        samples: &[(u32, &Machine)],
        fills: &dyn Fn(u32, &Machine) -> bool,
        law: &Compiled,
        memory: &mut Memory,
    ) -> Result<Result<u64, (Vec<u32>, Difference)>, OperadError> {
        let Memory { abreast, comparison } = memory;
        if let Some(circuit) = &law.circuit {
            let slots = u32::try_from(slots).unwrap_or(u32::MAX);
            let fits = |slot: u32| {
                let samples = samples.iter().filter(move |(_, machine)| fills(slot, machine));
                samples.map(|(_, machine)| *machine)
            };
            if let Some(cases) = abreast.alike(&Fillings { circuit, agents: &self.agents, slots, fits }) {
                return Ok(Ok(cases));
            }
        }
        let mut choice: Vec<usize> = Vec::new();
        let mut filled: Vec<&Machine> = Vec::new();
        let mut cases = 0_u64;
        let mut from = 0_usize;
        loop {
            // Fills the slots that are open, the first one with samples from `from` on.
            while choice.len() < slots {
                let slot = u32::try_from(choice.len()).unwrap_or(u32::MAX);
                let rest = samples.iter().enumerate().skip(from);
                match rest.clone().find(|(_, (_, machine))| fills(slot, machine)) {
                    Some((at, (_, machine))) => {
                        choice.push(at);
                        filled.push(machine);
                        from = 0;
                    }
                    None if from == 0 => return Err(OperadError::NoSample { slot }),
                    None => match choice.pop() {
                        Some(last) => {
                            filled.pop();
                            from = last.saturating_add(1);
                        }
                        None => return Ok(Ok(cases)),
                    },
                }
            }
            let [left, right] = &law.programs;
            let (signature, records) = (&self.signature, law.records);
            let sides = Sides { signature, left, right, agents: &self.agents, slots: &filled, records };
            cases = cases.saturating_add(1);
            if let Some(difference) = comparison.difference(&sides, cases) {
                let at = choice.iter().filter_map(|at| samples.get(*at));
                return Ok(Err((at.map(|(number, _)| *number).collect(), difference)));
            }
            match choice.pop() {
                Some(last) => {
                    filled.pop();
                    from = last.saturating_add(1);
                }
                None => return Ok(Ok(cases)),
            }
        }
    }
}

fn same_interface([left, right]: &[Program; 2]) -> Result<(), OperadError> {
    let (left, right) = (left.interface(), right.interface());
    for (found, expected) in [(left.input, right.input), (left.output, right.output)] {
        if found != expected {
            return Err(OperadError::WiresDiffer { node: 0, found, expected });
        }
    }
    Ok(())
}

impl Operad for AgentOperad {
    type Operation = Operation;
    type Color = Interface;
    type Witness = (Vec<u32>, Difference);

    fn arity(&self, operation: &Operation) -> u32 {
        u32::try_from(operation.slots().len()).unwrap_or(u32::MAX)
    }

    fn input(&self, operation: &Operation, slot: u32) -> Interface {
        operation.slots().get(slot as usize).copied().unwrap_or_default()
    }

    fn output(&self, operation: &Operation) -> Interface {
        operation.output()
    }

    fn identity(&self, color: &Interface) -> Result<Operation, OperadError> {
        Operation::new(&self.signature, Term::slot(0), &[*color])
    }

    fn compose(&self, outer: &Operation, slot: u32, inner: &Operation) -> Result<Operation, OperadError> {
        outer.compose(slot, inner)
    }

    fn permute(&self, operation: &Operation, permutation: &[u32]) -> Result<Operation, OperadError> {
        operation.permute(permutation)
    }

    /// The same tree runs the same; other trees are compared with every filling of their slots by samples.
    fn difference(&self, left: &Operation, right: &Operation) -> Result<Option<Self::Witness>, OperadError> {
        if left.term() == right.term() {
            return Ok(None);
        }
        let mean = |operation: &Operation| self.meaning.expand(operation.term().clone());
        let sides = [mean(left)?, mean(right)?];
        let law = Compiled::new(&self.signature, sides, [left.slots(), right.slots()], Records::Same)?;
        same_interface(&law.programs)?;
        let samples: Vec<(u32, &Machine)> = (0_u32..).zip(&self.samples).collect();
        let interfaces = left.slots();
        let fills = |slot: u32, machine: &Machine| interfaces.get(slot as usize) == Some(&machine.interface());
        let slots = interfaces.len();
        Ok(self.every_filling(slots, &samples, &fills, &law, &mut Memory::default())?.err())
    }
}

/// The machines on one bit that slots are filled with where no others are given: one without memory, *not*, and
/// one with, *latch*, which says yes once it has been told yes. They do not commute, neither is the identity, and the one's
/// state shows in what it gives.
///
/// # Errors
/// None occurs.
pub fn standard_samples(signature: &Signature) -> Result<Vec<Machine>, OperadError> {
    let not = Machine::new(signature, BIT, 1, &[(0, 1), (0, 0)])?;
    let latch = Machine::new(signature, BIT, 2, &[(0, 0), (1, 1), (1, 1), (1, 1)])?;
    Ok([not, latch].to_vec())
}
