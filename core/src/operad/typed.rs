//! Operations whose slots and wires are types: what does not fit does not compile.
//!
//! A sort is a type that implements [`Wire`]; a bundle of wires is a tuple of them. [`Typed`] is an operation whose slots
//! are a list of interfaces, [`Slot<In, Out, Rest>`](Slot). A slot is named by a value of its own type, [`FIRST`], [`SECOND`],
//! [`THIRD`].
//!
//! ```
//! use interlock_core::operad::typed::{self, FIRST, SECOND};
//! let twice = typed::seq::<bool, bool, bool>();
//! let thrice = twice.compose(SECOND, &twice)?.compose(FIRST, &typed::identity())?;
//! assert_eq!(thrice.term().to_text(), "seq(0, seq(1, 2))");
//! # Ok::<(), interlock_core::operad::OperadError>(())
//! ```
//!
//! `seq` has two slots:
//!
//! ```compile_fail,E0277
//! use interlock_core::operad::typed::{self, THIRD};
//! let twice = typed::seq::<bool, bool, bool>();
//! let _ = twice.compose(THIRD, &twice);
//! ```
//!
//! The predicate of a `branch` says yes or no, which `par` does not:
//!
//! ```compile_fail,E0308
//! use interlock_core::operad::typed::{self, FIRST};
//! let decide = typed::branch::<(bool, bool), bool>();
//! let _ = decide.compose(FIRST, &typed::par::<bool, bool, bool, bool>());
//! ```

use alloc::vec::Vec;
use core::marker::PhantomData;

use super::error::OperadError;
use super::signature::{Operation, Signature};
use super::term::{Node, Term};
use super::wire::{Interface, Wires};

/// Wires that a type stands for.
pub trait Wire {
    /// The wires, or that they are too many.
    const WIRES: Result<Wires, OperadError>;
}

impl Wire for bool {
    const WIRES: Result<Wires, OperadError> = Ok(Wires::BOOL);
}

impl Wire for () {
    const WIRES: Result<Wires, OperadError> = Ok(Wires::NONE);
}

impl<A: Wire, B: Wire> Wire for (A, B) {
    const WIRES: Result<Wires, OperadError> = match (A::WIRES, B::WIRES) {
        (Ok(a), Ok(b)) => a.beside(b),
        (Err(error), _) | (_, Err(error)) => Err(error),
    };
}

/// No slots.
#[derive(Clone, Copy, Debug)]
pub struct Nil;
/// A slot, and the slots behind it.
#[derive(Clone, Copy, Debug)]
pub struct Cons<Slot, Rest>(PhantomData<(Slot, Rest)>);

/// The first slot.
#[derive(Clone, Copy, Debug)]
pub struct First;
/// The slot behind another one.
#[derive(Clone, Copy, Debug)]
pub struct After<Place>(PhantomData<Place>);
/// The second slot.
pub type Second = After<First>;
/// The third slot.
pub type Third = After<Second>;

/// Names the first slot.
pub const FIRST: First = First;
/// Names the second slot.
pub const SECOND: Second = After(PhantomData);
/// Names the third slot.
pub const THIRD: Third = After(PhantomData);

/// A list of slots.
pub trait Slots {
    /// How many.
    const ARITY: u32;
    /// Adds what they take.
    ///
    /// # Errors
    /// Too many wires side by side.
    fn interfaces(out: &mut Vec<Interface>) -> Result<(), OperadError>;
}

impl Slots for Nil {
    const ARITY: u32 = 0;
    fn interfaces(_: &mut Vec<Interface>) -> Result<(), OperadError> {
        Ok(())
    }
}

impl<In: Wire, Out: Wire, Rest: Slots> Slots for Cons<(In, Out), Rest> {
    const ARITY: u32 = Rest::ARITY.saturating_add(1);
    fn interfaces(out: &mut Vec<Interface>) -> Result<(), OperadError> {
        out.push(Interface::new(In::WIRES?, Out::WIRES?));
        Rest::interfaces(out)
    }
}

/// Slots before others.
pub trait Before<Rest> {
    /// All of them.
    type All: Slots;
}

impl<Rest: Slots> Before<Rest> for Nil {
    type All = Rest;
}

impl<In: Wire, Out: Wire, More: Before<Rest>, Rest> Before<Rest> for Cons<(In, Out), More> {
    type All = Cons<(In, Out), More::All>;
}

/// Slots that have one at a place which takes an interface, and what they become when slots come in its stead.
pub trait Fill<Place, Slot, Inner> {
    /// The number of the place.
    const PLACE: u32;
    /// The slots then.
    type Filled: Slots;
}

impl<In: Wire, Out: Wire, Rest: Slots, Inner: Before<Rest>> Fill<First, (In, Out), Inner> for Cons<(In, Out), Rest> {
    const PLACE: u32 = 0;
    type Filled = Inner::All;
}

impl<In: Wire, Out: Wire, Slot, Rest: Fill<Place, Slot, Inner>, Place, Inner> Fill<After<Place>, Slot, Inner>
    for Cons<(In, Out), Rest>
{
    const PLACE: u32 = Rest::PLACE.saturating_add(1);
    type Filled = Cons<(In, Out), Rest::Filled>;
}

/// An operation that makes an agent from `In` to `Out` of the agents in its slots `S`.
#[derive(Clone, Debug)]
pub struct Typed<S, In, Out> {
    term: Term,
    types: PhantomData<(S, In, Out)>,
}

impl<S: Slots, In: Wire, Out: Wire> Typed<S, In, Out> {
    /// A node over slots, as many as it has children.
    fn of(node: Node) -> Self {
        let mut nodes = [node].to_vec();
        nodes.extend((0..node.children()).map(Node::Slot));
        Self { term: Term::of_tree(nodes), types: PhantomData }
    }

    /// How many slots it has.
    pub const ARITY: u32 = S::ARITY;

    /// Partial composition. What has no such slot, or does not make what it takes, does not compile.
    ///
    /// # Errors
    /// [`OperadError::TooLarge`]: the one thing that types do not say.
    #[allow(clippy::type_complexity, reason = "the type says what is composed")]
    pub fn compose<Place, T, J, P>(
        &self,
        _place: Place,
        inner: &Typed<T, J, P>,
    ) -> Result<Typed<<S as Fill<Place, (J, P), T>>::Filled, In, Out>, OperadError>
    where
        S: Fill<Place, (J, P), T>,
    {
        let term = self.term.compose(S::PLACE, &inner.term)?;
        Ok(Typed { term, types: PhantomData })
    }

    /// Its tree.
    #[must_use]
    pub const fn term(&self) -> &Term {
        &self.term
    }

    /// The operation with its types as values.
    ///
    /// # Errors
    /// [`OperadError::UnknownSort`] when the signature lacks one, [`OperadError::TooLarge`].
    pub fn operation(&self, signature: &Signature) -> Result<Operation, OperadError> {
        let mut slots = Vec::new();
        S::interfaces(&mut slots)?;
        Operation::new(signature, self.term.clone(), &slots)
    }
}

/// One slot that takes an agent from `A` to `B`, and other slots.
pub type Slot<A, B, Rest = Nil> = Cons<(A, B), Rest>;

/// The identity operation: what is in its slot.
#[must_use]
pub fn identity<A: Wire, B: Wire>() -> Typed<Slot<A, B>, A, B> {
    Typed { term: Term::slot(0), types: PhantomData }
}

/// `seq`: one and then the other.
#[must_use]
pub fn seq<A: Wire, B: Wire, C: Wire>() -> Typed<Slot<A, B, Slot<B, C>>, A, C> {
    Typed::of(Node::Seq)
}

/// `par`: both side by side.
#[must_use]
#[allow(clippy::type_complexity, reason = "the type says what the slots take")]
pub fn par<A: Wire, B: Wire, C: Wire, D: Wire>() -> Typed<Slot<A, B, Slot<C, D>>, (A, C), (B, D)> {
    Typed::of(Node::Par)
}

/// `branch`: the first one decides between the other two.
#[must_use]
#[allow(clippy::type_complexity, reason = "the type says what the slots take")]
pub fn branch<A: Wire, B: Wire>() -> Typed<Slot<A, bool, Slot<A, B, Slot<A, B>>>, A, B> {
    Typed::of(Node::Branch)
}

/// `fix`: while the first one says yes, the second, at most `BOUND` times.
#[must_use]
pub fn fix<const BOUND: u32, A: Wire>() -> Typed<Slot<A, bool, Slot<A, A>>, A, A> {
    Typed::of(Node::Fix(BOUND))
}

/// `trace`: recorded under a label.
#[must_use]
pub fn trace<const LABEL: u32, A: Wire, B: Wire>() -> Typed<Slot<A, B>, A, B> {
    Typed::of(Node::Trace(LABEL))
}
