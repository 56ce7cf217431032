//! Terms: composition trees over the five operations.

use alloc::vec::Vec;

use super::error::OperadError;
use super::wire::Wires;

/// The most nodes in a term.
pub const MAX_NODES: u32 = 4096;
/// The most slots of a term.
pub const MAX_SLOTS: u32 = 256;

/// A node of a term. Its children follow it, in the order in which they are named here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// A place for an agent that is not there yet.
    Slot(u32),
    /// An agent of the signature. Every occurrence is an agent of its own, with its own state.
    Agent(u32),
    /// Gives what it takes.
    Identity(Wires),
    /// The first child, and the second on what it gave.
    Seq,
    /// Both children side by side, the first one first.
    Par,
    /// The first child decides: yes is the second one's turn, no the third one's. The other keeps its state.
    Branch,
    /// While the first child says yes, the second one's turn on its own output, at most so many times.
    Fix(u32),
    /// The child; then what it took and gave is recorded under a label.
    Trace(u32),
}

impl Node {
    /// How many children it has.
    #[must_use]
    pub const fn children(self) -> u32 {
        match self {
            Self::Slot(_) | Self::Agent(_) | Self::Identity(_) => 0,
            Self::Trace(_) => 1,
            Self::Seq | Self::Par | Self::Fix(_) => 2,
            Self::Branch => 3,
        }
    }
}

/// A composition tree, as its nodes in prefix order.
///
/// There is no pointer and no recursion in it: a term may be as deep as it has nodes, and nothing that is done with
/// one needs more of the stack for it.
///
/// ```
/// use interlock_core::operad::{OperadError, Term};
///
/// let twice = Term::slot(0).then(&Term::slot(1))?;
/// let thrice = twice.compose(1, &twice)?;
/// assert_eq!(thrice.to_text(), "seq(0, seq(1, 2))");
/// assert_eq!(twice.compose(2, &twice), Err(OperadError::UnknownSlot { slot: 2, arity: 2 }));
/// # Ok::<(), OperadError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Term {
    nodes: Vec<Node>,
}

impl Term {
    /// The term with these nodes in prefix order.
    ///
    /// # Errors
    /// [`OperadError::NotOneTree`] or [`OperadError::TooLarge`].
    pub fn from_nodes(nodes: &[Node]) -> Result<Self, OperadError> {
        Self::checked(nodes.to_vec())
    }

    pub(super) fn checked(nodes: Vec<Node>) -> Result<Self, OperadError> {
        bounded("nodes", nodes.len() as u64, u64::from(MAX_NODES))?;
        let mut open = 1_u32;
        for (at, node) in (0_u32..).zip(&nodes) {
            if open == 0 {
                return Err(OperadError::NotOneTree { node: at });
            }
            open = open.saturating_add(node.children()).saturating_sub(1);
            if let Node::Slot(slot) = node {
                bounded("slots", u64::from(*slot).saturating_add(1), u64::from(MAX_SLOTS))?;
            }
        }
        if open > 0 {
            return Err(OperadError::NotOneTree { node: u32::try_from(nodes.len()).unwrap_or(u32::MAX) });
        }
        Ok(Self { nodes })
    }

    /// The term of nodes that are one tree by construction.
    pub(super) const fn of_tree(nodes: Vec<Node>) -> Self {
        Self { nodes }
    }

    /// A slot. Above [`MAX_SLOTS`] it is the last one.
    #[must_use]
    pub fn slot(slot: u32) -> Self {
        Self::of_tree([Node::Slot(slot.min(MAX_SLOTS.saturating_sub(1)))].to_vec())
    }

    /// An agent of the signature.
    #[must_use]
    pub fn agent(agent: u32) -> Self {
        Self::of_tree([Node::Agent(agent)].to_vec())
    }

    /// What gives what it takes.
    #[must_use]
    pub fn identity(wires: Wires) -> Self {
        Self::of_tree([Node::Identity(wires)].to_vec())
    }

    fn over(node: Node, children: &[&Self]) -> Result<Self, OperadError> {
        let size = children.iter().fold(1_usize, |size, child| size.saturating_add(child.nodes.len()));
        bounded("nodes", size as u64, u64::from(MAX_NODES))?;
        let mut nodes = Vec::with_capacity(size);
        nodes.push(node);
        for child in children {
            nodes.extend_from_slice(&child.nodes);
        }
        Ok(Self { nodes })
    }

    /// `seq`: this and then `next`.
    ///
    /// # Errors
    /// [`OperadError::TooLarge`]; so do all that put terms together.
    pub fn then(&self, next: &Self) -> Result<Self, OperadError> {
        Self::over(Node::Seq, &[self, next])
    }

    /// `par`: this beside `other`.
    ///
    /// # Errors
    /// [`OperadError::TooLarge`].
    pub fn beside(&self, other: &Self) -> Result<Self, OperadError> {
        Self::over(Node::Par, &[self, other])
    }

    /// `branch`: `yes` or `no`, as this one says.
    ///
    /// # Errors
    /// [`OperadError::TooLarge`].
    pub fn branch(&self, yes: &Self, no: &Self) -> Result<Self, OperadError> {
        Self::over(Node::Branch, &[self, yes, no])
    }

    /// `fix`: `body` again and again while this one says yes, at most `bound` times.
    ///
    /// # Errors
    /// [`OperadError::TooLarge`].
    pub fn fix(&self, bound: u32, body: &Self) -> Result<Self, OperadError> {
        Self::over(Node::Fix(bound), &[self, body])
    }

    /// `trace`: this, recorded under a label.
    ///
    /// # Errors
    /// [`OperadError::TooLarge`].
    pub fn traced(&self, label: u32) -> Result<Self, OperadError> {
        Self::over(Node::Trace(label), &[self])
    }

    /// The nodes, in prefix order.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// How many slots there are: one more than the highest in use.
    #[must_use]
    pub fn arity(&self) -> u32 {
        let slots = self.nodes.iter().map(|node| if let Node::Slot(slot) = node { slot.saturating_add(1) } else { 0 });
        slots.max().unwrap_or(0)
    }

    /// Partial composition: `inner` in the slot. Slots before it keep their numbers, those of `inner` come in its place,
    /// those behind it move up. A slot that occurs more than once is filled wherever it occurs.
    ///
    /// # Errors
    /// [`OperadError::UnknownSlot`], [`OperadError::TooLarge`].
    pub fn compose(&self, slot: u32, inner: &Self) -> Result<Self, OperadError> {
        let mut nodes = Vec::new();
        self.compose_into(slot, inner, &mut nodes)?;
        Ok(Self { nodes })
    }

    fn compose_into(&self, slot: u32, inner: &Self, out: &mut Vec<Node>) -> Result<(), OperadError> {
        let arity = self.arity();
        if slot >= arity {
            return Err(OperadError::UnknownSlot { slot, arity });
        }
        let more = inner.arity();
        bounded("slots", u64::from(arity).saturating_add(u64::from(more)).saturating_sub(1), u64::from(MAX_SLOTS))?;
        let filled = self.nodes.iter().filter(|node| **node == Node::Slot(slot)).count();
        let size = filled.saturating_mul(inner.nodes.len().saturating_sub(1)).saturating_add(self.nodes.len());
        bounded("nodes", size as u64, u64::from(MAX_NODES))?;
        out.clear();
        out.reserve(size);
        for node in &self.nodes {
            match *node {
                Node::Slot(at) if at == slot => out.extend(inner.nodes.iter().map(|node| match *node {
                    Node::Slot(own) => Node::Slot(own.saturating_add(slot)),
                    other => other,
                })),
                Node::Slot(at) if at > slot => out.push(Node::Slot(at.saturating_add(more).saturating_sub(1))),
                other => out.push(other),
            }
        }
        Ok(())
    }

    /// The symmetric action: what was slot `i` is now slot `permutation[i]`.
    ///
    /// # Errors
    /// [`OperadError::NotAPermutation`] unless it is one of as many slots as there are.
    pub fn permute(&self, permutation: &[u32]) -> Result<Self, OperadError> {
        check_permutation(permutation, self.arity())?;
        let mut nodes = self.nodes.clone();
        for node in &mut nodes {
            if let Node::Slot(slot) = node {
                let to = usize::try_from(*slot).ok().and_then(|slot| permutation.get(slot));
                *slot = to.copied().unwrap_or(*slot);
            }
        }
        Ok(Self { nodes })
    }

    /// The end of the tree that starts at a node.
    pub(super) fn end_of(nodes: &[Node], start: usize) -> usize {
        let mut open = 1_u32;
        let mut at = start;
        while let Some(node) = nodes.get(at).filter(|_| open > 0) {
            open = open.saturating_add(node.children()).saturating_sub(1);
            at = at.saturating_add(1);
        }
        at
    }
}

/// Refuses a value above a bound.
pub(super) const fn bounded(what: &'static str, value: u64, bound: u64) -> Result<(), OperadError> {
    if value <= bound { Ok(()) } else { Err(OperadError::TooLarge { what, value, bound }) }
}

/// Refuses what is no permutation of `arity` slots.
pub(super) fn check_permutation(permutation: &[u32], arity: u32) -> Result<(), OperadError> {
    for (at, entry) in permutation.iter().enumerate() {
        if *entry >= arity || permutation.get(..at).is_some_and(|before| before.contains(entry)) {
            return Err(OperadError::NotAPermutation { entry: *entry, arity });
        }
    }
    if permutation.len() as u64 != u64::from(arity) {
        let entry = u32::try_from(permutation.len()).unwrap_or(u32::MAX);
        return Err(OperadError::NotAPermutation { entry, arity });
    }
    Ok(())
}
