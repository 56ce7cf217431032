//! The laws of operads, and their verification for any operad.

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::error::OperadError;

/// A symmetric coloured operad, by its partial compositions.
///
/// What is equal is what behaves alike: [`Operad::difference`] decides, not the shape of what represents an operation.
pub trait Operad {
    /// An operation.
    type Operation: Clone;
    /// What a slot takes and an operation makes.
    type Color: Clone + PartialEq;
    /// What shows that two operations differ.
    type Witness;

    /// How many slots an operation has.
    fn arity(&self, operation: &Self::Operation) -> u32;

    /// What a slot takes. Asked only for slots that are there.
    fn input(&self, operation: &Self::Operation, slot: u32) -> Self::Color;

    /// What an operation makes.
    fn output(&self, operation: &Self::Operation) -> Self::Color;

    /// The identity on a colour: one slot, and nothing done.
    ///
    /// # Errors
    /// [`OperadError::Undefined`] when there is none: the laws of identities are then not checked for it.
    fn identity(&self, color: &Self::Color) -> Result<Self::Operation, OperadError>;

    /// Partial composition: `inner` in a slot of `outer`. The slots before it keep their numbers, those of `inner` take its
    /// place, those behind it move up.
    ///
    /// # Errors
    /// [`OperadError::Undefined`] when this operad ends there: a law that would need it is then not checked.
    fn compose(
        &self,
        outer: &Self::Operation,
        slot: u32,
        inner: &Self::Operation,
    ) -> Result<Self::Operation, OperadError>;

    /// The symmetric action: what was slot `i` is now slot `permutation[i]`.
    ///
    /// # Errors
    /// [`OperadError::Undefined`], the default, for operads without symmetries: equivariance is then not checked.
    fn permute(&self, operation: &Self::Operation, permutation: &[u32]) -> Result<Self::Operation, OperadError> {
        let _ = (operation, permutation);
        Err(OperadError::Undefined)
    }

    /// What tells two operations apart, if something does.
    ///
    /// # Errors
    /// They could not be compared.
    fn difference(&self, left: &Self::Operation, right: &Self::Operation)
    -> Result<Option<Self::Witness>, OperadError>;
}

/// A law of operads. `a ∘i b` is `b` in slot `i` of `a`; slots count from 0, `b` has `m` of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Law {
    /// A composition has the slots and colours that its parts give it.
    Signature,
    /// `id ∘0 a = a`.
    LeftIdentity,
    /// `a ∘i id = a`.
    RightIdentity,
    /// `(a ∘i b) ∘i+j c = a ∘i (b ∘j c)`.
    SequentialAssociativity,
    /// `(a ∘i b) ∘k+m-1 c = (a ∘k c) ∘i b` for `i < k`.
    ParallelAssociativity,
    /// `(a·σ) ∘σ(i) b = (a ∘i b)·σ'`, where `σ'` moves the slots of `b` as one.
    OuterEquivariance,
    /// `a ∘i (b·τ) = (a ∘i b)·τ'`, where `τ'` moves the slots of `b` alone.
    InnerEquivariance,
}

impl Law {
    /// The name used in every language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Signature => "signature",
            Self::LeftIdentity => "left-identity",
            Self::RightIdentity => "right-identity",
            Self::SequentialAssociativity => "sequential-associativity",
            Self::ParallelAssociativity => "parallel-associativity",
            Self::OuterEquivariance => "outer-equivariance",
            Self::InnerEquivariance => "inner-equivariance",
        }
    }
}

/// A law that does not hold, with the first operations that show it: none of the operations before the last of them in
/// the list show it by themselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample<O, W> {
    /// The law.
    pub law: Law,
    /// The operations `a`, `b`, `c` of the law, as many as it has.
    pub operations: Vec<O>,
    /// The slots `i` and then `j` or `k` of the law, as many as it has.
    pub slots: Vec<u32>,
    /// What tells the two sides apart; none when their slots or colours differ already.
    pub witness: Option<W>,
}

/// Why a verification did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LawError<C> {
    /// A law is broken.
    Broken(Box<C>),
    /// The operad refused what its laws need.
    Refused(OperadError),
}

impl<C> From<OperadError> for LawError<C> {
    fn from(error: OperadError) -> Self {
        Self::Refused(error)
    }
}

type Broken<O> = LawError<Counterexample<<O as Operad>::Operation, <O as Operad>::Witness>>;

/// Verifies the laws of an operad on some of its operations, the simplest ones first: identities, associativity in
/// sequence and in parallel, and equivariance under the transpositions of neighbours, which generate all
/// permutations. Gives the number of equations that were compared.
///
/// # Errors
/// [`LawError::Broken`] with a minimal counterexample, [`LawError::Refused`].
pub fn verify_laws<O: Operad>(operad: &O, operations: &[O::Operation]) -> Result<u64, Broken<O>> {
    let mut check = Check { operad, compared: 0 };
    for (last, a) in operations.iter().enumerate() {
        check.identities(a)?;
        let known = operations.get(..=last).unwrap_or_default();
        for (at, b) in known.iter().enumerate() {
            check.pair(a, b)?;
            if at < last {
                check.pair(b, a)?;
            }
        }
        // Every triple whose last operation in the list is this one.
        for (i, a) in known.iter().enumerate() {
            for (j, b) in known.iter().enumerate() {
                for (k, c) in known.iter().enumerate() {
                    if i.max(j).max(k) == last {
                        check.triple(a, b, c)?;
                    }
                }
            }
        }
    }
    Ok(check.compared)
}

struct Check<'a, O: Operad> {
    operad: &'a O,
    compared: u64,
}

/// A composition, or none where the operad ends.
fn defined<T, C>(composed: Result<T, OperadError>) -> Result<Option<T>, LawError<C>> {
    match composed {
        Ok(composed) => Ok(Some(composed)),
        Err(OperadError::Undefined) => Ok(None),
        Err(error) => Err(LawError::Refused(error)),
    }
}

#[cold]
fn broken<O: Operad>(law: Law, operations: &[&O::Operation], slots: &[u32], witness: Option<O::Witness>) -> Broken<O> {
    let operations = operations.iter().map(|operation| (*operation).clone()).collect();
    LawError::Broken(Box::new(Counterexample { law, operations, slots: slots.to_vec(), witness }))
}

impl<O: Operad> Check<'_, O> {
    fn same_signature(&self, a: &O::Operation, b: &O::Operation) -> bool {
        let arity = self.operad.arity(a);
        arity == self.operad.arity(b)
            && self.operad.output(a) == self.operad.output(b)
            && (0..arity).all(|slot| self.operad.input(a, slot) == self.operad.input(b, slot))
    }

    /// Compares the sides of a law, if the operad has both.
    fn equal(
        &mut self,
        law: Law,
        sides: [Result<O::Operation, OperadError>; 2],
        operations: &[&O::Operation],
        slots: &[u32],
    ) -> Result<(), Broken<O>> {
        let [left, right] = sides;
        let (Some(left), Some(right)) = (defined(left)?, defined(right)?) else { return Ok(()) };
        self.compared = self.compared.saturating_add(1);
        let witness = if self.same_signature(&left, &right) {
            match self.operad.difference(&left, &right)? {
                None => return Ok(()),
                witness => witness,
            }
        } else {
            None
        };
        Err(broken::<O>(law, operations, slots, witness))
    }

    fn identities(&mut self, a: &O::Operation) -> Result<(), Broken<O>> {
        let operad = self.operad;
        if let Some(identity) = defined(operad.identity(&operad.output(a)))? {
            self.equal(Law::LeftIdentity, [operad.compose(&identity, 0, a), Ok(a.clone())], &[a], &[])?;
        }
        for slot in 0..operad.arity(a) {
            if let Some(identity) = defined(operad.identity(&operad.input(a, slot)))? {
                self.equal(Law::RightIdentity, [operad.compose(a, slot, &identity), Ok(a.clone())], &[a], &[slot])?;
            }
        }
        Ok(())
    }

    /// Laws of one composition: its signature, and equivariance.
    fn pair(&mut self, a: &O::Operation, b: &O::Operation) -> Result<(), Broken<O>> {
        let operad = self.operad;
        let (arity, inner) = (operad.arity(a), operad.arity(b));
        for slot in (0..arity).filter(|slot| fits(operad, a, *slot, b)) {
            let Some(composed) = defined(operad.compose(a, slot, b))? else { continue };
            let whole = arity.saturating_add(inner).saturating_sub(1);
            let colors_hold = operad.output(&composed) == operad.output(a)
                && operad.arity(&composed) == whole
                && (0..whole).all(|at| {
                    let color = if at < slot {
                        operad.input(a, at)
                    } else if at < slot.saturating_add(inner) {
                        operad.input(b, at.saturating_sub(slot))
                    } else {
                        operad.input(a, at.saturating_add(1).saturating_sub(inner))
                    };
                    operad.input(&composed, at) == color
                });
            self.compared = self.compared.saturating_add(1);
            if !colors_hold {
                return Err(broken::<O>(Law::Signature, &[a, b], &[slot], None));
            }
            for low in 0..arity.saturating_sub(1) {
                let sigma = transposition(arity, low);
                let Some(turned) = defined(operad.permute(a, &sigma))? else { break };
                let place = image(&sigma, slot);
                let moved = |outer: u32| {
                    let to = image(&sigma, outer);
                    if to < place { to } else { to.saturating_add(inner).saturating_sub(1) }
                };
                let block: Vec<u32> = (0..slot)
                    .map(&moved)
                    .chain((0..inner).map(|own| place.saturating_add(own)))
                    .chain((slot.saturating_add(1)..arity).map(&moved))
                    .collect();
                let sides = [operad.compose(&turned, place, b), operad.permute(&composed, &block)];
                self.equal(Law::OuterEquivariance, sides, &[a, b], &[slot, low])?;
            }
            for low in 0..inner.saturating_sub(1) {
                let tau = transposition(inner, low);
                let Some(turned) = defined(operad.permute(b, &tau))? else { break };
                let wide = transposition(whole, slot.saturating_add(low));
                let sides = [operad.compose(a, slot, &turned), operad.permute(&composed, &wide)];
                self.equal(Law::InnerEquivariance, sides, &[a, b], &[slot, low])?;
            }
        }
        Ok(())
    }

    /// Laws of two compositions.
    fn triple(&mut self, a: &O::Operation, b: &O::Operation, c: &O::Operation) -> Result<(), Broken<O>> {
        let operad = self.operad;
        let (arity, inner) = (operad.arity(a), operad.arity(b));
        for i in (0..arity).filter(|i| fits(operad, a, *i, b)) {
            let Some(ab) = defined(operad.compose(a, i, b))? else { continue };
            for j in (0..inner).filter(|j| fits(operad, b, *j, c)) {
                let Some(bc) = defined(operad.compose(b, j, c))? else { continue };
                let sides = [operad.compose(&ab, i.saturating_add(j), c), operad.compose(a, i, &bc)];
                self.equal(Law::SequentialAssociativity, sides, &[a, b, c], &[i, j])?;
            }
            for k in (i.saturating_add(1)..arity).filter(|k| fits(operad, a, *k, c)) {
                let Some(ac) = defined(operad.compose(a, k, c))? else { continue };
                let later = k.saturating_add(inner).saturating_sub(1);
                let sides = [operad.compose(&ab, later, c), operad.compose(&ac, i, b)];
                self.equal(Law::ParallelAssociativity, sides, &[a, b, c], &[i, k])?;
            }
        }
        Ok(())
    }
}

fn fits<O: Operad>(operad: &O, outer: &O::Operation, slot: u32, inner: &O::Operation) -> bool {
    operad.input(outer, slot) == operad.output(inner)
}

/// Swaps `low` and the slot behind it.
fn transposition(arity: u32, low: u32) -> Vec<u32> {
    let high = low.saturating_add(1);
    (0..arity)
        .map(|slot| {
            if slot == low {
                high
            } else if slot == high {
                low
            } else {
                slot
            }
        })
        .collect()
}

fn image(permutation: &[u32], slot: u32) -> u32 {
    permutation.get(slot as usize).copied().unwrap_or(slot)
}
