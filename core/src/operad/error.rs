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
        // Words, a number between each two of them.
        let (words, numbers): ([&str; 3], [u64; 2]) = match *self {
            Self::UnknownSlot { slot, arity } => (["no slot ", ", there are ", ""], [slot.into(), arity.into()]),
            Self::SlotUses { slot, uses } => {
                (["slot ", " must occur once, and the number of times is ", ""], [slot.into(), uses.into()])
            }
            Self::WiresDiffer { node, found, expected } => {
                let node = digits(u64::from(node));
                return ["node ", &node, ": the wires are ", &found.words(), ", must be ", &expected.words()].concat();
            }
            Self::UnknownAgent { agent, agents } => (["no agent ", ", there are ", ""], [agent.into(), agents.into()]),
            Self::UnknownSort { sort, sorts } => (["no sort ", ", they are 1 to ", ""], [sort.into(), sorts.into()]),
            Self::TooLarge { what, value, bound } => ([what, "", ""], [value, bound]),
            Self::NotOneTree { node } => (["not one tree at node ", "", ""], [node.into(), 0]),
            Self::NotAPermutation { entry, arity } => {
                (["entry ", " is wrong in a permutation of ", " slots"], [entry.into(), arity.into()])
            }
            Self::BadTable { entry, bound } => (["table: ", " does not fit the bound ", ""], [entry, bound]),
            Self::NoSample { slot } => (["no sample fits slot ", "", ""], [slot.into(), 0]),
            Self::Undefined => return String::from("the operad does not define this"),
        };
        let [before, between, after] = words;
        let [first, second] = numbers.map(digits);
        match *self {
            Self::TooLarge { .. } => [before, ": ", &first, ", must be at most ", &second].concat(),
            _ if between.is_empty() => [before, &first].concat(),
            _ => [before, &first, between, &second, after].concat(),
        }
    }
}

impl fmt::Display for OperadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for OperadError {}
