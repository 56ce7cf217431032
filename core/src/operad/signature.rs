//! Signatures: the sorts and agents that terms speak of, and the typing of terms.

use alloc::vec::Vec;

use super::error::OperadError;
use super::term::{MAX_SLOTS, Node, Term, bounded};
use super::wire::{Interface, Wires};

/// The most agent steps that one step of a term may take.
pub const MAX_STEPS: u64 = 1 << 20;

/// What `par` is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theory {
    /// Agents with wires of their own: `par` puts the wires side by side.
    #[default]
    Agents,
    /// Checks on one shared piece: `par` gives the piece to both and joins their findings, which is commutative and
    /// idempotent. Every interface is the same, the predicate of a `branch` included.
    Checks,
}

/// What an agent may do beside giving its output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Nothing: the output is a function of the input.
    Pure,
    /// It remembers.
    Stateful,
    /// It acts on the world: it charges a budget, it appends to a ledger. No law may drop or merge it.
    External,
}

/// An agent that terms may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgentType {
    /// What it takes and gives.
    pub interface: Interface,
    /// What else it may do.
    pub effect: Effect,
}

/// The sorts and agents that terms may name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Signature {
    theory: Theory,
    /// How many symbols each sort has, less one; sort 1 first.
    sorts: Vec<u8>,
    agents: Vec<AgentType>,
}

impl Signature {
    /// A signature with the sort [`Wires::BOOL`] and no agent.
    #[must_use]
    pub fn new(theory: Theory) -> Self {
        Self { theory, sorts: [1].to_vec(), agents: Vec::new() }
    }

    /// What `par` is.
    #[must_use]
    pub const fn theory(&self) -> Theory {
        self.theory
    }

    /// Another sort, with this many symbols, 1 to 256, as a wire of it.
    ///
    /// # Errors
    /// [`OperadError::TooLarge`] at the 256th sort; [`OperadError::BadTable`] for another number of symbols.
    pub fn add_sort(&mut self, symbols: u32) -> Result<Wires, OperadError> {
        let out_of_range = OperadError::BadTable { entry: u64::from(symbols), bound: 257 };
        let last = symbols.checked_sub(1).and_then(|last| u8::try_from(last).ok()).ok_or(out_of_range)?;
        let sort = self.sorts.len().saturating_add(1) as u64;
        let number = u8::try_from(sort).ok().ok_or(OperadError::TooLarge { what: "sorts", value: sort, bound: 255 })?;
        self.sorts.push(last);
        Ok(Wires::of(number))
    }

    /// Another agent; its number.
    ///
    /// # Errors
    /// [`OperadError::UnknownSort`] when it has a wire of a sort that is not there.
    pub fn add_agent(&mut self, agent: AgentType) -> Result<u32, OperadError> {
        self.check_wires(agent.interface.input)?;
        self.check_wires(agent.interface.output)?;
        let number = u32::try_from(self.agents.len()).unwrap_or(u32::MAX);
        self.agents.push(agent);
        Ok(number)
    }

    /// An agent.
    ///
    /// # Errors
    /// [`OperadError::UnknownAgent`].
    pub fn agent(&self, agent: u32) -> Result<AgentType, OperadError> {
        let agents = u32::try_from(self.agents.len()).unwrap_or(u32::MAX);
        let found = usize::try_from(agent).ok().and_then(|at| self.agents.get(at));
        found.copied().ok_or(OperadError::UnknownAgent { agent, agents })
    }

    /// How many words of symbols the wires can carry; none when they are more than 2^32 - 1.
    pub(super) fn words_of(&self, wires: Wires) -> Option<u32> {
        wires.sorts().try_fold(1_u32, |words, sort| words.checked_mul(self.symbols(sort)))
    }

    /// How many symbols a sort has; 0 when there is no such sort.
    pub(super) fn symbols(&self, sort: u8) -> u32 {
        let last = usize::from(sort).checked_sub(1).and_then(|at| self.sorts.get(at));
        last.map_or(0, |last| u32::from(*last).saturating_add(1))
    }

    fn check_wires(&self, wires: Wires) -> Result<(), OperadError> {
        let sorts = u32::try_from(self.sorts.len()).unwrap_or(u32::MAX);
        match wires.sorts().find(|sort| self.symbols(*sort) == 0) {
            Some(sort) => Err(OperadError::UnknownSort { sort: u32::from(sort), sorts }),
            None => Ok(()),
        }
    }

    /// The interface of every node of a term whose slots have these interfaces.
    ///
    /// # Errors
    /// Wires that do not fit, unknown slots, agents and sorts, or a term whose step could take more than [`MAX_STEPS`].
    pub fn typing(&self, term: &Term, slots: &[Interface]) -> Result<Vec<Interface>, OperadError> {
        let nodes = term.nodes();
        let mut types = Vec::new();
        types.resize(nodes.len(), Interface::default());
        // From the last node to the first, so that the children of a node lie on top, first child uppermost.
        let mut stack: Vec<(Interface, u64)> = Vec::with_capacity(nodes.len().min(16));
        for (at, (node, own)) in nodes.iter().zip(types.iter_mut()).enumerate().rev() {
            let node_at = u32::try_from(at).unwrap_or(u32::MAX);
            let mut child = || stack.pop().ok_or(OperadError::NotOneTree { node: node_at });
            let must = |found: Wires, expected: Wires| -> Result<(), OperadError> {
                if found == expected {
                    Ok(())
                } else {
                    Err(OperadError::WiresDiffer { node: node_at, found, expected })
                }
            };
            let decides =
                |of: Interface| -> Wires { if self.theory == Theory::Checks { of.input } else { Wires::BOOL } };
            let (interface, steps) = match *node {
                Node::Slot(slot) => {
                    let arity = u32::try_from(slots.len()).unwrap_or(MAX_SLOTS);
                    let found = usize::try_from(slot).ok().and_then(|slot| slots.get(slot));
                    (*found.ok_or(OperadError::UnknownSlot { slot, arity })?, 1)
                }
                Node::Agent(agent) => (self.agent(agent)?.interface, 1),
                Node::Identity(wires) => {
                    self.check_wires(wires)?;
                    (Interface::new(wires, wires), 0)
                }
                Node::Seq => {
                    let ((first, a), (second, b)) = (child()?, child()?);
                    must(second.input, first.output)?;
                    (Interface::new(first.input, second.output), a.saturating_add(b))
                }
                Node::Par => {
                    let ((left, a), (right, b)) = (child()?, child()?);
                    let interface = if self.theory == Theory::Checks {
                        must(right.input, left.input)?;
                        must(right.output, left.output)?;
                        left
                    } else {
                        Interface::new(left.input.beside(right.input)?, left.output.beside(right.output)?)
                    };
                    (interface, a.saturating_add(b))
                }
                Node::Branch => {
                    let ((decision, a), (yes, b), (no, c)) = (child()?, child()?, child()?);
                    must(decision.output, decides(decision))?;
                    must(yes.input, decision.input)?;
                    must(no.input, decision.input)?;
                    must(no.output, yes.output)?;
                    (yes, a.saturating_add(b.max(c)))
                }
                Node::Fix(bound) => {
                    let ((decision, a), (body, b)) = (child()?, child()?);
                    must(decision.output, decides(decision))?;
                    must(body.input, decision.input)?;
                    must(body.output, body.input)?;
                    (body, u64::from(bound).saturating_mul(a.saturating_add(b).saturating_add(1)))
                }
                Node::Trace(_) => {
                    let (of, steps) = child()?;
                    (of, steps.saturating_add(1))
                }
            };
            bounded("steps", steps, MAX_STEPS)?;
            *own = interface;
            stack.push((interface, steps));
        }
        Ok(types)
    }
}

/// A typed operation of the operad: a term that uses each of its slots once, and what they take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    term: Term,
    slots: Vec<Interface>,
    output: Interface,
}

impl Operation {
    /// The operation of a term.
    ///
    /// # Errors
    /// What [`Signature::typing`] refuses, and [`OperadError::SlotUses`] unless every slot occurs once.
    pub fn new(signature: &Signature, term: Term, slots: &[Interface]) -> Result<Self, OperadError> {
        for (slot, _) in (0_u32..).zip(slots) {
            let uses = term.nodes().iter().filter(|node| **node == Node::Slot(slot)).count();
            if uses != 1 {
                return Err(OperadError::SlotUses { slot, uses: u32::try_from(uses).unwrap_or(u32::MAX) });
            }
        }
        let types = signature.typing(&term, slots)?;
        let output = types.first().copied().ok_or(OperadError::NotOneTree { node: 0 })?;
        Ok(Self { term, slots: slots.to_vec(), output })
    }

    /// Its tree.
    #[must_use]
    pub const fn term(&self) -> &Term {
        &self.term
    }

    /// What its slots take, slot 0 first.
    #[must_use]
    pub fn slots(&self) -> &[Interface] {
        &self.slots
    }

    /// What it makes of them.
    #[must_use]
    pub const fn output(&self) -> Interface {
        self.output
    }

    /// Partial composition. That a step of what comes of it is within [`MAX_STEPS`] is seen when it is typed for a run.
    ///
    /// # Errors
    /// [`OperadError::UnknownSlot`], [`OperadError::WiresDiffer`] unless `inner` makes what the slot takes,
    /// [`OperadError::TooLarge`].
    pub fn compose(&self, slot: u32, inner: &Self) -> Result<Self, OperadError> {
        let arity = u32::try_from(self.slots.len()).unwrap_or(MAX_SLOTS);
        let at = usize::try_from(slot).unwrap_or(usize::MAX);
        let place = self.slots.get(at).ok_or(OperadError::UnknownSlot { slot, arity })?;
        for (found, expected) in [(inner.output.input, place.input), (inner.output.output, place.output)] {
            if found != expected {
                return Err(OperadError::WiresDiffer { node: 0, found, expected });
            }
        }
        let term = self.term.compose(slot, &inner.term)?;
        let mut slots = Vec::with_capacity(self.slots.len().saturating_add(inner.slots.len()));
        slots.extend_from_slice(self.slots.get(..at).unwrap_or_default());
        slots.extend_from_slice(&inner.slots);
        slots.extend_from_slice(self.slots.get(at.saturating_add(1)..).unwrap_or_default());
        Ok(Self { term, slots, output: self.output })
    }

    /// The symmetric action: what was slot `i` is now slot `permutation[i]`.
    ///
    /// # Errors
    /// [`OperadError::NotAPermutation`].
    pub fn permute(&self, permutation: &[u32]) -> Result<Self, OperadError> {
        let term = self.term.permute(permutation)?;
        let mut slots = self.slots.clone();
        for (slot, to) in self.slots.iter().zip(permutation) {
            if let Some(place) = usize::try_from(*to).ok().and_then(|to| slots.get_mut(to)) {
                *place = *slot;
            }
        }
        Ok(Self { term, slots, output: self.output })
    }
}
