//! Operads of finitely many operations, as tables whose laws are checked when they are compiled.

use super::error::OperadError;
use super::law::Operad;

/// An operation of a finite operad: what its slots take and what it makes. Colours are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FiniteOperation {
    /// Its name.
    pub name: &'static str,
    /// The colour of each slot.
    pub inputs: &'static [u8],
    /// The colour of what it makes.
    pub output: u8,
}

/// An operad as a table: its operations, its identities, and for each composition that fits what comes of it.
///
/// Operations are named by their positions. A finite operad ends where a composition would have more slots than
/// `most_slots`; up to there every composition that fits must be in the table, once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FiniteOperad {
    /// The operations, the simplest first.
    pub operations: &'static [FiniteOperation],
    /// The identity of each colour, by the colour's number.
    pub identities: &'static [u8],
    /// Compositions: outer, slot, inner, result.
    pub compositions: &'static [[u8; 4]],
    /// The most slots that an operation has.
    pub most_slots: u8,
}

/// What is wrong with a finite operad. The numbers are operations, then slots, in the law's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FiniteLaw {
    /// More than 255 operations, or an operation of more than 16 slots.
    TooLarge,
    /// A colour has no identity, or it is no operation from the colour to itself.
    NoIdentity(u8),
    /// An entry of the table does not fit, has another signature than its parts give it, or stands twice.
    BadEntry([u8; 4]),
    /// A composition that fits is not in the table: outer, slot, inner.
    Missing([u8; 3]),
    /// `id ∘0 a` is not `a`.
    LeftIdentity(u8),
    /// `a ∘i id` is not `a`: operation, slot.
    RightIdentity([u8; 2]),
    /// `(a ∘i b) ∘i+j c` is not `a ∘i (b ∘j c)`: a, b, c, i, j.
    SequentialAssociativity([u8; 5]),
    /// `(a ∘i b) ∘k+m-1 c` is not `(a ∘k c) ∘i b`: a, b, c, i, k.
    ParallelAssociativity([u8; 5]),
}

#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "runs at compile time, where what is out of range is a compile error; at run time behind `Operad`'s bounds"
)]
impl FiniteOperad {
    const fn operation(&self, at: u8) -> Option<&FiniteOperation> {
        if (at as usize) < self.operations.len() { Some(&self.operations[at as usize]) } else { None }
    }

    const fn fits(&self, outer: u8, slot: u8, inner: u8) -> bool {
        match (self.operation(outer), self.operation(inner)) {
            (Some(a), Some(b)) => (slot as usize) < a.inputs.len() && a.inputs[slot as usize] == b.output,
            _ => false,
        }
    }

    const fn arity(&self, at: u8) -> u8 {
        match self.operation(at) {
            Some(operation) => operation.inputs.len() as u8,
            None => 0,
        }
    }

    const fn is_within(&self, outer: u8, inner: u8) -> bool {
        self.arity(outer) as u32 + self.arity(inner) as u32 <= self.most_slots as u32 + 1
    }

    /// What comes of a composition, if it is in the table.
    #[must_use]
    pub const fn composition(&self, outer: u8, slot: u8, inner: u8) -> Option<u8> {
        let mut at = 0;
        while at < self.compositions.len() {
            let [a, i, b, result] = self.compositions[at];
            if a == outer && i == slot && b == inner {
                return Some(result);
            }
            at += 1;
        }
        None
    }

    /// Whether an entry has the signature that its parts give it.
    const fn entry_holds(&self, [a, slot, b, result]: [u8; 4]) -> bool {
        let Some(operation) = self.operation(result) else { return false };
        if !self.fits(a, slot, b) || operation.inputs.len() + 1 != self.arity(a) as usize + self.arity(b) as usize {
            return false;
        }
        let (Some(outer), Some(inner)) = (self.operation(a), self.operation(b)) else { return false };
        let mut at = 0;
        while at < operation.inputs.len() {
            let slot = slot as usize;
            let color = if at < slot {
                outer.inputs[at]
            } else if at < slot + inner.inputs.len() {
                inner.inputs[at - slot]
            } else {
                outer.inputs[at + 1 - inner.inputs.len()]
            };
            if operation.inputs[at] != color {
                return false;
            }
            at += 1;
        }
        operation.output == outer.output
    }

    /// Checks the table and every law on every operation; runs at compile time.
    ///
    /// # Errors
    /// The first [`FiniteLaw`] that does not hold.
    pub const fn check(&self) -> Result<(), FiniteLaw> {
        if let Err(law) = self.check_table() {
            return Err(law);
        }
        let count = self.operations.len() as u8;
        let mut a = 0;
        while a < count {
            if let Err(law) = self.check_identities(a) {
                return Err(law);
            }
            let mut b = 0;
            while b < count {
                let mut c = 0;
                while c < count {
                    if let Err(law) = self.check_associativity(a, b, c) {
                        return Err(law);
                    }
                    c += 1;
                }
                b += 1;
            }
            a += 1;
        }
        Ok(())
    }

    const fn check_table(&self) -> Result<(), FiniteLaw> {
        if self.operations.len() > 255 {
            return Err(FiniteLaw::TooLarge);
        }
        let count = self.operations.len() as u8;
        let mut a = 0;
        while a < count {
            if self.operations[a as usize].inputs.len() > 16 {
                return Err(FiniteLaw::TooLarge);
            }
            a += 1;
        }
        let mut at = 0;
        while at < self.compositions.len() {
            let entry = self.compositions[at];
            let mut before = 0;
            while before < at {
                let [a, i, b, _] = self.compositions[before];
                if a == entry[0] && i == entry[1] && b == entry[2] {
                    return Err(FiniteLaw::BadEntry(entry));
                }
                before += 1;
            }
            if !self.entry_holds(entry) {
                return Err(FiniteLaw::BadEntry(entry));
            }
            at += 1;
        }
        let mut a = 0;
        while a < count {
            // The output and every slot's colour have an identity.
            let mut slot = 0;
            while slot <= self.arity(a) {
                let operation = &self.operations[a as usize];
                let color = if slot < self.arity(a) { operation.inputs[slot as usize] } else { operation.output };
                let is_identity = (color as usize) < self.identities.len()
                    && match self.operation(self.identities[color as usize]) {
                        Some(id) => id.inputs.len() == 1 && id.inputs[0] == color && id.output == color,
                        None => false,
                    };
                if !is_identity {
                    return Err(FiniteLaw::NoIdentity(color));
                }
                let mut b = 0;
                while b < count {
                    let wanted = self.fits(a, slot, b) && self.is_within(a, b);
                    if wanted && self.composition(a, slot, b).is_none() {
                        return Err(FiniteLaw::Missing([a, slot, b]));
                    }
                    b += 1;
                }
                slot += 1;
            }
            a += 1;
        }
        Ok(())
    }

    const fn check_identities(&self, a: u8) -> Result<(), FiniteLaw> {
        let operation = &self.operations[a as usize];
        if !same(self.composition(self.identities[operation.output as usize], 0, a), Some(a)) {
            return Err(FiniteLaw::LeftIdentity(a));
        }
        let mut slot = 0;
        while slot < self.arity(a) {
            let identity = self.identities[operation.inputs[slot as usize] as usize];
            if !same(self.composition(a, slot, identity), Some(a)) {
                return Err(FiniteLaw::RightIdentity([a, slot]));
            }
            slot += 1;
        }
        Ok(())
    }

    const fn check_associativity(&self, a: u8, b: u8, c: u8) -> Result<(), FiniteLaw> {
        let mut i = 0;
        while i < self.arity(a) {
            if let Some(ab) = self.composition(a, i, b) {
                let mut j = 0;
                while j < self.arity(b) {
                    if let Some(bc) = self.composition(b, j, c) {
                        let (left, right) = (self.composition(ab, i + j, c), self.composition(a, i, bc));
                        if left.is_some() && right.is_some() && !same(left, right) {
                            return Err(FiniteLaw::SequentialAssociativity([a, b, c, i, j]));
                        }
                    }
                    j += 1;
                }
                let mut k = i + 1;
                while k < self.arity(a) {
                    if let Some(ac) = self.composition(a, k, c) {
                        let later = k + self.arity(b) - 1;
                        let (left, right) = (self.composition(ab, later, c), self.composition(ac, i, b));
                        if left.is_some() && right.is_some() && !same(left, right) {
                            return Err(FiniteLaw::ParallelAssociativity([a, b, c, i, k]));
                        }
                    }
                    k += 1;
                }
            }
            i += 1;
        }
        Ok(())
    }
}

const fn same(one: Option<u8>, other: Option<u8>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => one == other,
        (None, None) => true,
        _ => false,
    }
}

impl Operad for FiniteOperad {
    type Operation = u8;
    type Color = u8;
    /// The two operations themselves.
    type Witness = [u8; 2];

    fn arity(&self, operation: &u8) -> u32 {
        u32::from(Self::arity(self, *operation))
    }

    fn input(&self, operation: &u8, slot: u32) -> u8 {
        let operation = self.operation(*operation);
        operation.and_then(|operation| operation.inputs.get(slot as usize)).copied().unwrap_or(u8::MAX)
    }

    fn output(&self, operation: &u8) -> u8 {
        self.operation(*operation).map_or(u8::MAX, |operation| operation.output)
    }

    fn identity(&self, color: &u8) -> Result<u8, OperadError> {
        self.identities.get(usize::from(*color)).copied().ok_or(OperadError::Undefined)
    }

    fn compose(&self, outer: &u8, slot: u32, inner: &u8) -> Result<u8, OperadError> {
        let slot = u8::try_from(slot).ok();
        slot.and_then(|slot| self.composition(*outer, slot, *inner)).ok_or(OperadError::Undefined)
    }

    fn difference(&self, left: &u8, right: &u8) -> Result<Option<[u8; 2]>, OperadError> {
        Ok((left != right).then_some([*left, *right]))
    }
}

/// A [`FiniteOperad`] whose laws are checked when it is compiled: one that is broken does not compile.
///
/// The modules over a monoid of two elements, `flip` and the identity, with a point that `flip` moves:
///
/// ```
/// interlock_core::finite_operad! {
///     /// What can be done to a switch.
///     pub const SWITCH: up to 1 slots;
///     operations { keep(0) -> 0, flip(0) -> 0, off() -> 0, on() -> 0 }
///     identities { keep }
///     compositions {
///         keep[0] keep = keep, keep[0] flip = flip, keep[0] off = off, keep[0] on = on,
///         flip[0] keep = flip, flip[0] flip = keep, flip[0] off = on, flip[0] on = off,
///     }
/// }
/// assert_eq!(SWITCH.composition(1, 0, 2), Some(3));
/// ```
///
/// That `flip` after `flip` is `flip` cannot be: then `off` would be `on`.
///
/// ```compile_fail,E0080
/// interlock_core::finite_operad! {
///     /// What can be done to a switch.
///     pub const SWITCH: up to 1 slots;
///     operations { keep(0) -> 0, flip(0) -> 0, off() -> 0, on() -> 0 }
///     identities { keep }
///     compositions {
///         keep[0] keep = keep, keep[0] flip = flip, keep[0] off = off, keep[0] on = on,
///         flip[0] keep = flip, flip[0] flip = flip, flip[0] off = on, flip[0] on = off,
///     }
/// }
/// ```
#[macro_export]
macro_rules! finite_operad {
    (
        $(#[$attribute:meta])*
        $visibility:vis const $name:ident: up to $most:literal slots;
        operations { $($operation:ident($($input:literal),*) -> $output:literal),+ $(,)? }
        identities { $($identity:ident),+ $(,)? }
        compositions { $($outer:ident[$slot:literal] $inner:ident = $result:ident),* $(,)? }
    ) => {
        $(#[$attribute])*
        $visibility const $name: $crate::operad::FiniteOperad = {
            #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
            #[derive(Clone, Copy)]
            enum Operations { $($operation),+ }
            $crate::operad::FiniteOperad {
                operations: &[$($crate::operad::FiniteOperation {
                    name: stringify!($operation),
                    inputs: &[$($input),*],
                    output: $output,
                }),+],
                identities: &[$(Operations::$identity as u8),+],
                compositions: &[$([
                    Operations::$outer as u8,
                    $slot,
                    Operations::$inner as u8,
                    Operations::$result as u8,
                ]),*],
                most_slots: $most,
            }
        };
        const _: () = match $name.check() {
            Ok(()) => (),
            Err($crate::operad::FiniteLaw::TooLarge) => panic!("too many operations or slots"),
            Err($crate::operad::FiniteLaw::NoIdentity(_)) => panic!("a colour has no identity"),
            Err($crate::operad::FiniteLaw::BadEntry(_)) => panic!("a composition does not fit or stands twice"),
            Err($crate::operad::FiniteLaw::Missing(_)) => panic!("a composition is missing"),
            Err($crate::operad::FiniteLaw::LeftIdentity(_)) => panic!("the left identity law is broken"),
            Err($crate::operad::FiniteLaw::RightIdentity(_)) => panic!("the right identity law is broken"),
            Err($crate::operad::FiniteLaw::SequentialAssociativity(_)) => {
                panic!("associativity in sequence is broken")
            }
            Err($crate::operad::FiniteLaw::ParallelAssociativity(_)) => {
                panic!("associativity in parallel is broken")
            }
        };
    };
}
