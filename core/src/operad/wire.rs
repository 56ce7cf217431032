//! What goes over wires: words of at most eight sorts, and words of as many symbols.
//!
//! Both are packed a byte each, the first wire lowest, so that joining two bundles of wires is a shift and the way in
//! which bundles were joined leaves no trace: `par` is associative without any rearrangement.

use alloc::string::String;

use super::error::OperadError;
use crate::numeric::digits;

/// A bundle of wires side by side: a word of at most eight sorts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wires(u64);

impl Wires {
    /// No wire.
    pub const NONE: Self = Self(0);
    /// One wire that says yes (1) or no (0). Every signature has this sort first.
    pub const BOOL: Self = Self(1);
    /// The most wires in a bundle.
    pub const MOST: u32 = 8;

    /// One wire of a sort, from 1; sort 0 is no wire.
    #[must_use]
    pub const fn of(sort: u8) -> Self {
        Self(sort as u64)
    }

    /// A wire of each of these sorts, first wire first.
    ///
    /// # Errors
    /// [`OperadError::UnknownSort`] for the sort 0, [`OperadError::TooLarge`] above [`Wires::MOST`].
    pub fn from_sorts(sorts: &[u8]) -> Result<Self, OperadError> {
        sorts.iter().try_fold(Self::NONE, |wires, sort| match sort {
            0 => Err(OperadError::UnknownSort { sort: 0, sorts: 255 }),
            sort => wires.beside(Self::of(*sort)),
        })
    }

    /// How many wires.
    #[must_use]
    pub const fn count(self) -> u32 {
        u64::BITS.saturating_sub(self.0.leading_zeros()).div_ceil(8)
    }

    /// The sorts, first wire first.
    pub fn sorts(self) -> impl Iterator<Item = u8> {
        self.0.to_le_bytes().into_iter().take_while(|sort| *sort != 0)
    }

    /// These wires and then those.
    ///
    /// # Errors
    /// [`OperadError::TooLarge`] when they are more than [`Wires::MOST`].
    pub const fn beside(self, other: Self) -> Result<Self, OperadError> {
        let count = self.count().saturating_add(other.count());
        if count > Self::MOST {
            return Err(OperadError::TooLarge { what: "wires", value: count as u64, bound: Self::MOST as u64 });
        }
        Ok(Self(join(self.0, other.0, self.count())))
    }

    /// The sorts' numbers, for messages.
    pub(super) fn words(self) -> String {
        let mut words = String::from("(");
        for sort in self.sorts() {
            if words.len() > 1 {
                words.push(' ');
            }
            words.push_str(&digits(u64::from(sort)));
        }
        words.push(')');
        words
    }
}

/// The symbols on `count` wires and then others.
pub(super) const fn join(left: u64, right: u64, count: u32) -> u64 {
    // No wires are left for the right side behind eight.
    if count < Wires::MOST { left | right.wrapping_shl(count.wrapping_mul(8)) } else { left }
}

/// The symbols on the first `count` wires, and those on the rest.
pub(super) const fn split(value: u64, count: u32) -> (u64, u64) {
    if count < Wires::MOST {
        let shift = count.wrapping_mul(8);
        let rest = u64::MAX.wrapping_shl(shift);
        (value & !rest, (value & rest).wrapping_shr(shift))
    } else {
        (value, 0)
    }
}

/// What an agent takes and gives: its colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interface {
    /// The wires that come in.
    pub input: Wires,
    /// The wires that go out.
    pub output: Wires,
}

impl Interface {
    /// An interface.
    #[must_use]
    pub const fn new(input: Wires, output: Wires) -> Self {
        Self { input, output }
    }
}
