//! What is refused, and why.

use alloc::string::String;
use core::fmt;

use super::wire::Wires;
use crate::numeric::digits;

/// Why a term, an operation or a composition is refused. Nothing has changed.
///
/// `node` is the position of a node in the term's prefix order, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperadError {
    /// No such slot.
    UnknownSlot {
        /// The slot that was named.
        slot: u32,
        /// How many there are.
        arity: u32,
    },
    /// An operation uses each of its slots once, and this one another number of times.
    SlotUses {
        /// The slot.
        slot: u32,
        /// How often it occurs.
        uses: u32,
    },
    /// The wires that meet do not fit.
    WiresDiffer {
        /// Where.
        node: u32,
        /// The wires that are there.
        found: Wires,
        /// The wires that must be there.
        expected: Wires,
    },
    /// No such agent in the signature.
    UnknownAgent {
        /// The agent that was named.
        agent: u32,
        /// How many there are.
        agents: u32,
    },
    /// No such sort in the signature.
    UnknownSort {
        /// The sort that was named, from 1.
        sort: u32,
        /// How many there are.
        sorts: u32,
    },
    /// Something is larger than it may be.
    TooLarge {
        /// What: `nodes`, `slots`, `wires`, `steps`, `states` or `table`.
        what: &'static str,
        /// How much there is; counting stops at the largest number.
        value: u64,
        /// The most there may be.
        bound: u64,
    },
    /// The nodes of a term are not one tree.
    NotOneTree {
        /// The node at which the tree ends too early, or that is missing.
        node: u32,
    },
    /// A list that says where slots go is no permutation of them.
    NotAPermutation {
        /// The first entry that is out of range or stands twice.
        entry: u32,
        /// How many slots there are.
        arity: u32,
    },
    /// A machine's table has an entry that its states or wires do not allow, or not as many entries as it must have.
    BadTable {
        /// The entry, or the number of entries.
        entry: u64,
        /// What it must be below, or the number of entries there must be.
        bound: u64,
    },
    /// No sample has the interface of a slot.
    NoSample {
        /// The slot.
        slot: u32,
    },
    /// The operad does not have what was asked for: it has no such composition, or no symmetric action.
    Undefined,
}

impl OperadError {
    /// What is wrong, in words, with the value and the bound.
    #[must_use]
    #[cold]
    pub fn message(&self) -> String {
        let number = |value: u32| digits(u64::from(value));
        match *self {
            Self::UnknownSlot { slot, arity } => ["no slot ", &number(slot), ", there are ", &number(arity)].concat(),
            Self::SlotUses { slot, uses } => {
                ["slot ", &number(slot), " occurs ", &number(uses), " times, must occur once"].concat()
            }
            Self::WiresDiffer { node, found, expected } => {
                ["node ", &number(node), ": the wires are ", &found.words(), ", must be ", &expected.words()].concat()
            }
            Self::UnknownAgent { agent, agents } => {
                ["no agent ", &number(agent), ", there are ", &number(agents)].concat()
            }
            Self::UnknownSort { sort, sorts } => {
                ["no sort ", &number(sort), ", there are 1 to ", &number(sorts)].concat()
            }
            Self::TooLarge { what, value, bound } => {
                [what, ": ", &digits(value), ", must be at most ", &digits(bound)].concat()
            }
            Self::NotOneTree { node } => ["not one tree at node ", &number(node)].concat(),
            Self::NotAPermutation { entry, arity } => {
                ["entry ", &number(entry), " is wrong in a permutation of ", &number(arity), " slots"].concat()
            }
            Self::BadTable { entry, bound } => {
                ["table: ", &digits(entry), " does not fit the bound ", &digits(bound)].concat()
            }
            Self::NoSample { slot } => ["no sample fits slot ", &number(slot)].concat(),
            Self::Undefined => String::from("the operad does not define this"),
        }
    }
}

impl fmt::Display for OperadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for OperadError {}
