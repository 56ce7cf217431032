//! Running terms: a term becomes a flat program, and an algebra says what its steps do.

use alloc::vec::Vec;
use core::slice;

use super::error::OperadError;
use super::signature::Signature;
use super::term::{Node, Term};
use super::wire::Interface;

/// A leaf of a term: who is to step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaf {
    /// An agent of the signature.
    Agent(u32),
    /// Whoever is in the slot.
    Slot(u32),
}

/// What the operations mean: what goes over wires, how agents step, where records go.
///
/// `seq`, `branch` and `fix` are control and the same for every algebra; what differs is the values.
pub trait Algebra {
    /// What wires carry.
    type Value: Clone;

    /// Lets an agent step. `cell` numbers its occurrence in the term, from 0: each occurrence has its own state.
    fn step(&mut self, leaf: Leaf, cell: u32, input: Self::Value) -> Self::Value;

    /// What the two sides of `par` are given; the left one has `wires` wires.
    fn split(&mut self, value: Self::Value, wires: u32) -> (Self::Value, Self::Value);

    /// What the two sides of `par` gave, as one; the left one has `wires` wires.
    fn join(&mut self, left: Self::Value, right: Self::Value, wires: u32) -> Self::Value;

    /// Whether a predicate says yes.
    fn holds(&mut self, value: &Self::Value) -> bool;

    /// Takes a record of `trace`.
    fn record(&mut self, label: u32, input: Self::Value, output: &Self::Value);
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Instruction {
    /// An agent of the signature steps, in a cell.
    Agent(u32, u32),
    /// Whoever is in the slot steps, in a cell.
    Slot(u32, u32),
    /// Keeps the right half of the value for later.
    Split(u32),
    /// The value is done; the one that was kept has its turn.
    Swap,
    Join(u32),
    /// Keeps a copy.
    Copy,
    /// Takes the copy back; jumps when the value said no.
    Unless(u32),
    Jump(u32),
    /// Begins to count.
    Enter(u32),
    /// Counts down; jumps when there is nothing left.
    Again(u32),
    Leave,
    Record(u32),
}

/// What is still to be written while a term is compiled.
enum Job {
    Node,
    Write(Instruction),
    /// `branch` after its predicate.
    Decide,
    /// `branch` between its two sides; where the jump to the second one stands.
    Otherwise(u32),
    /// The jump that stands there leads here.
    Land(u32),
    /// `fix` after its predicate; where its loop starts.
    Body(u32),
    /// `fix` after its body: where its loop starts and where the predicate's jump out stands.
    Close(u32, u32),
}

/// A term that is ready to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    code: Vec<Instruction>,
    interface: Interface,
    cells: u32,
}

/// Memory of a run, kept from one to the next.
#[derive(Clone, Debug)]
pub struct Stack<V> {
    values: Vec<V>,
    counts: Vec<u32>,
}

impl<V> Default for Stack<V> {
    fn default() -> Self {
        Self { values: Vec::new(), counts: Vec::new() }
    }
}

impl Program {
    /// Compiles a term.
    ///
    /// # Errors
    /// What [`Signature::typing`] refuses.
    pub fn new(signature: &Signature, term: &Term, slots: &[Interface]) -> Result<Self, OperadError> {
        let types = signature.typing(term, slots)?;
        let interface = types.first().copied().unwrap_or_default();
        let code = Vec::with_capacity(types.len().saturating_mul(3));
        let mut program = Self { code, interface, cells: 0 };
        let mut jobs = Vec::with_capacity(16);
        jobs.push(Job::Node);
        let mut at = 0_usize;
        while let Some(job) = jobs.pop() {
            match job {
                Job::Node => {
                    if let Some(node) = term.nodes().get(at) {
                        at = at.saturating_add(1);
                        // A child that follows its parent at once is its left one.
                        let left = types.get(at).copied().unwrap_or_default();
                        program.open(*node, left, &mut jobs);
                    }
                }
                Job::Write(instruction) => program.write(instruction),
                Job::Decide => {
                    let jump = program.here();
                    program.write(Instruction::Unless(0));
                    jobs.extend([Job::Otherwise(jump), Job::Node]);
                }
                Job::Otherwise(jump) => {
                    let past = program.here();
                    program.write(Instruction::Jump(0));
                    program.land(jump);
                    jobs.extend([Job::Land(past), Job::Node]);
                }
                Job::Land(jump) => program.land(jump),
                Job::Body(start) => {
                    let jump = program.here();
                    program.write(Instruction::Unless(0));
                    jobs.extend([Job::Close(start, jump), Job::Node]);
                }
                Job::Close(start, jump) => {
                    program.write(Instruction::Jump(start));
                    program.land(start);
                    program.land(jump);
                    program.write(Instruction::Leave);
                }
            }
        }
        Ok(program)
    }

    fn open(&mut self, node: Node, left: Interface, jobs: &mut Vec<Job>) {
        match node {
            Node::Slot(slot) => self.leaf(Instruction::Slot(slot, self.cells)),
            Node::Agent(agent) => self.leaf(Instruction::Agent(agent, self.cells)),
            Node::Identity(_) => {}
            Node::Seq => jobs.extend([Job::Node, Job::Node]),
            Node::Par => {
                self.write(Instruction::Split(left.input.count()));
                let join = Job::Write(Instruction::Join(left.output.count()));
                jobs.extend([join, Job::Node, Job::Write(Instruction::Swap), Job::Node]);
            }
            Node::Branch => {
                self.write(Instruction::Copy);
                jobs.extend([Job::Decide, Job::Node]);
            }
            Node::Fix(bound) => {
                self.write(Instruction::Enter(bound));
                let start = self.here();
                self.write(Instruction::Again(0));
                self.write(Instruction::Copy);
                jobs.extend([Job::Body(start), Job::Node]);
            }
            Node::Trace(label) => {
                self.write(Instruction::Copy);
                jobs.extend([Job::Write(Instruction::Record(label)), Job::Node]);
            }
        }
    }

    fn here(&self) -> u32 {
        u32::try_from(self.code.len()).unwrap_or(u32::MAX)
    }

    fn write(&mut self, instruction: Instruction) {
        self.code.push(instruction);
    }

    fn leaf(&mut self, leaf: Instruction) {
        self.write(leaf);
        self.cells = self.cells.saturating_add(1);
    }

    fn land(&mut self, jump: u32) {
        let here = self.here();
        let jump = usize::try_from(jump).ok().and_then(|jump| self.code.get_mut(jump));
        if let Some(Instruction::Unless(to) | Instruction::Jump(to) | Instruction::Again(to)) = jump {
            *to = here;
        }
    }

    /// What it takes and gives.
    #[must_use]
    pub const fn interface(&self) -> Interface {
        self.interface
    }

    /// How many agents step in it: cells are numbered below this.
    #[must_use]
    pub const fn cells(&self) -> u32 {
        self.cells
    }

    /// An instruction; none behind the last one.
    pub(super) fn instruction(&self, at: u32) -> Option<Instruction> {
        self.code.get(at as usize).copied()
    }

    /// Who steps in each cell.
    pub fn leaves(&self) -> impl Iterator<Item = Leaf> {
        self.code.iter().filter_map(|step| match step {
            Instruction::Agent(agent, _) => Some(Leaf::Agent(*agent)),
            Instruction::Slot(slot, _) => Some(Leaf::Slot(*slot)),
            _ => None,
        })
    }

    /// The instructions from one on.
    #[inline]
    fn from(&self, at: u32) -> slice::Iter<'_, Instruction> {
        self.code.get(at as usize..).unwrap_or_default().iter()
    }

    /// One step of the whole: at most [`MAX_STEPS`](super::MAX_STEPS) steps of agents.
    pub fn run<A: Algebra>(&self, algebra: &mut A, stack: &mut Stack<A::Value>, input: A::Value) -> A::Value {
        // Both are empty again at the end of a program, however it went.
        let mut value = input;
        let mut steps = self.code.iter();
        while let Some(instruction) = steps.next() {
            match *instruction {
                Instruction::Agent(agent, cell) => value = algebra.step(Leaf::Agent(agent), cell, value),
                Instruction::Slot(slot, cell) => value = algebra.step(Leaf::Slot(slot), cell, value),
                Instruction::Split(wires) => {
                    let (left, right) = algebra.split(value, wires);
                    stack.values.push(right);
                    value = left;
                }
                Instruction::Swap => {
                    if let Some(kept) = stack.values.last_mut() {
                        core::mem::swap(kept, &mut value);
                    }
                }
                Instruction::Join(wires) => {
                    if let Some(left) = stack.values.pop() {
                        value = algebra.join(left, value, wires);
                    }
                }
                Instruction::Copy => stack.values.push(value.clone()),
                Instruction::Unless(to) => {
                    if !algebra.holds(&value) {
                        steps = self.from(to);
                    }
                    if let Some(kept) = stack.values.pop() {
                        value = kept;
                    }
                }
                Instruction::Jump(to) => steps = self.from(to),
                Instruction::Enter(bound) => stack.counts.push(bound),
                Instruction::Again(to) => match stack.counts.last_mut() {
                    Some(count) if *count > 0 => *count = count.saturating_sub(1),
                    _ => steps = self.from(to),
                },
                Instruction::Leave => {
                    stack.counts.pop();
                }
                Instruction::Record(label) => {
                    if let Some(input) = stack.values.pop() {
                        algebra.record(label, input, &value);
                    }
                }
            }
        }
        value
    }
}
