//! The normal form: terms that the laws make equal become the same term.
//!
//! The laws are these, and no others:
//!
//! - `seq` is associative, and identities are its units.
//! - `par` is associative. Over agents, identities on wires side by side are one identity, and no wire is its unit. Over
//!   checks, it is commutative, the identity is its unit, and what neither records nor acts on the world is said once.
//! - What comes after a `branch` may be in each of its sides, if it is pure: the common pure ends of the sides
//!   come out. A `branch` whose sides do nothing is nothing, unless its predicate records or acts on the world.
//! - `fix` with bound 0 is nothing; with bound 1 it is a `branch`.
//!
//! Why equal terms meet: the normal forms are themselves an algebra of the operations (lists that are joined, ends that
//! are cut off), that algebra satisfies each law above, and every term is equal to its form. So a term's form depends on
//! nothing but what the laws say.

use alloc::vec::Vec;

use super::error::OperadError;
use super::signature::{Effect, Signature, Theory};
use super::term::{MAX_NODES, Node, Term, bounded};
use super::wire::{Interface, Wires};

/// A normal form under way: what is done one after the other. Nothing is the identity on the wires.
struct Form {
    input: Wires,
    steps: Vec<Vec<Node>>,
}

impl Form {
    fn nothing(input: Wires) -> Self {
        Self { input, steps: Vec::new() }
    }

    fn one(input: Wires, step: Vec<Node>) -> Self {
        Self { input, steps: [step].to_vec() }
    }

    /// As nodes, right-nested.
    fn write(&self, out: &mut Vec<Node>) {
        if self.steps.is_empty() {
            out.push(Node::Identity(self.input));
        }
        write_chain(&self.steps, Node::Seq, out);
    }
}

/// Several trees as one, right-nested.
fn write_chain(trees: &[Vec<Node>], node: Node, out: &mut Vec<Node>) {
    for (at, tree) in (1_usize..).zip(trees) {
        if at < trees.len() {
            out.push(node);
        }
        out.extend_from_slice(tree);
    }
}

/// The trees of a right-nested chain.
fn read_chain(nodes: &[Node], node: Node) -> Vec<Vec<Node>> {
    let mut trees = Vec::new();
    let mut rest = nodes;
    while rest.first() == Some(&node) {
        let end = Term::end_of(rest, 1);
        trees.push(rest.get(1..end).unwrap_or_default().to_vec());
        rest = rest.get(end..).unwrap_or_default();
    }
    trees.push(rest.to_vec());
    trees
}

impl Signature {
    /// The normal form of a term whose slots have these interfaces. Slots count as agents that act on the world.
    ///
    /// # Errors
    /// What [`Signature::typing`] refuses.
    pub fn normal_form(&self, term: &Term, slots: &[Interface]) -> Result<Term, OperadError> {
        let types = self.typing(term, slots)?;
        let mut stack: Vec<Form> = Vec::new();
        for (at, (node, interface)) in term.nodes().iter().zip(&types).enumerate().rev() {
            let mut child = || stack.pop().ok_or(OperadError::NotOneTree { node: u32::try_from(at).unwrap_or(0) });
            let input = interface.input;
            let form = match *node {
                Node::Identity(_) => Form::nothing(input),
                Node::Slot(_) | Node::Agent(_) => Form::one(input, [*node].to_vec()),
                Node::Seq => {
                    let (mut first, second) = (child()?, child()?);
                    first.steps.extend(second.steps);
                    first
                }
                Node::Par => {
                    let (left, right) = (child()?, child()?);
                    self.beside(input, &[left, right])
                }
                Node::Branch => {
                    let (decision, yes, no) = (child()?, child()?, child()?);
                    self.branch(&decision, yes, no)
                }
                Node::Fix(bound) => {
                    let (decision, body) = (child()?, child()?);
                    match bound {
                        0 => Form::nothing(input),
                        1 => self.branch(&decision, body, Form::nothing(input)),
                        _ => {
                            let mut step = [*node].to_vec();
                            decision.write(&mut step);
                            body.write(&mut step);
                            Form::one(input, step)
                        }
                    }
                }
                Node::Trace(_) => {
                    let mut step = [*node].to_vec();
                    child()?.write(&mut step);
                    Form::one(input, step)
                }
            };
            stack.push(form);
        }
        let mut nodes = Vec::new();
        stack.pop().ok_or(OperadError::NotOneTree { node: 0 })?.write(&mut nodes);
        // An identity that was dropped may have to be said again: the form may be longer than the term.
        bounded("nodes", nodes.len() as u64, u64::from(MAX_NODES))?;
        Term::checked(nodes)
    }

    fn beside(&self, input: Wires, sides: &[Form]) -> Form {
        let mut trees: Vec<Vec<Node>> = Vec::new();
        for side in sides {
            let mut nodes = Vec::new();
            side.write(&mut nodes);
            for tree in read_chain(&nodes, Node::Par) {
                match (tree.first(), trees.last().and_then(|last| last.first())) {
                    (Some(Node::Identity(_)), _) if self.theory() == Theory::Checks => {}
                    (Some(Node::Identity(Wires::NONE)), _) => {}
                    (Some(&Node::Identity(more)), Some(&Node::Identity(before))) => {
                        if let (Ok(both), Some(last)) = (before.beside(more), trees.last_mut()) {
                            *last = [Node::Identity(both)].to_vec();
                        }
                    }
                    _ => self.add(tree, &mut trees),
                }
            }
        }
        match trees.as_slice() {
            [] => Form::nothing(input),
            [only] => match only.first() {
                Some(Node::Identity(_)) => Form::nothing(input),
                _ => Form { input, steps: read_chain(only, Node::Seq) },
            },
            _ => {
                let mut step = Vec::new();
                write_chain(&trees, Node::Par, &mut step);
                Form::one(input, step)
            }
        }
    }

    /// Adds a side of `par`: over checks in its place, once if nothing tells that it ran.
    fn add(&self, tree: Vec<Node>, trees: &mut Vec<Vec<Node>>) {
        if self.theory() == Theory::Agents {
            trees.push(tree);
            return;
        }
        // From the end, for what is added is mostly in order.
        let before = trees.iter().rposition(|other| *other <= tree);
        let is_there = before.and_then(|at| trees.get(at)).is_some_and(|other| *other == tree);
        if !(is_there && self.is_silent(&tree)) {
            trees.insert(before.map_or(0, |at| at.saturating_add(1)), tree);
        }
    }

    fn branch(&self, decision: &Form, mut yes: Form, mut no: Form) -> Form {
        let mut after = Vec::new();
        while let (Some(a), Some(b)) = (yes.steps.last(), no.steps.last()) {
            if a != b || !self.is_pure(a) {
                break;
            }
            after.extend(yes.steps.pop());
            no.steps.pop();
        }
        // What the sides give now need not be what they take: then they are not nothing.
        let nothing = yes.steps.is_empty() && no.steps.is_empty();
        let mut form = Form::nothing(yes.input);
        if !(nothing && decision.steps.iter().all(|step| self.is_silent(step))) {
            let mut step = [Node::Branch].to_vec();
            decision.write(&mut step);
            yes.write(&mut step);
            no.write(&mut step);
            form.steps.push(step);
        }
        form.steps.extend(after.into_iter().rev());
        form
    }

    fn effects<'a>(&'a self, tree: &'a [Node]) -> impl Iterator<Item = Effect> + 'a {
        tree.iter().filter_map(|node| match node {
            Node::Slot(_) => Some(Effect::External),
            Node::Agent(agent) => Some(self.agent(*agent).map_or(Effect::External, |agent| agent.effect)),
            _ => None,
        })
    }

    /// Whether a tree is a function of its input, its records aside.
    fn is_pure(&self, tree: &[Node]) -> bool {
        self.effects(tree).all(|effect| effect == Effect::Pure)
    }

    /// Whether nothing but its output tells that a tree has run.
    fn is_silent(&self, tree: &[Node]) -> bool {
        self.effects(tree).all(|effect| effect != Effect::External)
            && !tree.iter().any(|node| matches!(node, Node::Trace(_)))
    }
}
