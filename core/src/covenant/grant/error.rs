//! What a grant refuses.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::super::gate::GateError;
use super::super::permission::Permission;
use super::GrantState;
use crate::numeric::digits;

/// Something that a derived grant would have more of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Widening {
    /// A permission that lies within none.
    Permission(Permission),
    /// A later end.
    Expiry {
        /// The end asked for, in ms.
        requested: u64,
        /// The end there is.
        bound: u64,
    },
    /// A higher ceiling.
    Ceiling {
        /// The counter.
        counter: String,
        /// The units asked for.
        requested: u64,
        /// The units there are.
        bound: u64,
    },
}

/// Why an operation on a grant was refused. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GrantError {
    /// Its state does not allow it.
    State {
        /// What was wanted.
        operation: &'static str,
        /// Its state.
        state: GrantState,
    },
    /// The time given lies before its last transition.
    Clock {
        /// The time given, in ms.
        now_ms: u64,
        /// The time of the last transition.
        last_ms: u64,
    },
    /// Its time is over.
    Over {
        /// When it ended, in ms.
        expires_at_ms: u64,
        /// The time given.
        now_ms: u64,
    },
    /// Its time is not over.
    NotOver {
        /// When it ends, in ms; the end of time where it does not.
        expires_at_ms: u64,
        /// The time given.
        now_ms: u64,
    },
    /// A name of 0 or more than 256 bytes.
    Name {
        /// Its bytes.
        bytes: u64,
    },
    /// A name that is given twice in its terms.
    Twice {
        /// The name.
        name: String,
    },
    /// More of something than terms may have.
    Terms {
        /// Of what.
        what: &'static str,
        /// How many.
        count: u64,
        /// How many there may be.
        bound: u32,
    },
    /// A gate that is none.
    Gate {
        /// Its name.
        name: String,
        /// What is wrong with it.
        error: GateError,
    },
    /// The derived grant would have more.
    Widens {
        /// Everything that it would have more of.
        widens: Vec<Widening>,
    },
    /// It was derived, and is derived again instead of being amended.
    Derived,
    /// Nothing can be derived from it: it is not granted or its time is over.
    Inactive {
        /// Its state.
        state: GrantState,
    },
    /// There is no version after this.
    Versions,
    /// There is no such grant.
    Unknown {
        /// Its name.
        id: String,
    },
    /// There is a grant of that name.
    Exists {
        /// Its name.
        id: String,
    },
}

impl Widening {
    /// What would be more, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Permission(permission) => {
                [permission.capability(), " on ", permission.resource().as_str(), " lies within no permission"].concat()
            }
            Self::Expiry { requested, bound } => {
                ["the end ", &digits(*requested), " ms is later than ", &digits(*bound), " ms"].concat()
            }
            Self::Ceiling { counter, requested, bound } => {
                [counter, ": the ceiling ", &digits(*requested), " is above ", &digits(*bound)].concat()
            }
        }
    }
}

impl GrantError {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::State { operation, state } => ["cannot ", operation, ": the grant is ", state.as_str()].concat(),
            Self::Clock { now_ms, last_ms } => {
                ["the clock ran back: ", &digits(*now_ms), " ms is before ", &digits(*last_ms), " ms"].concat()
            }
            Self::Over { expires_at_ms, now_ms } => {
                ["the grant ended at ", &digits(*expires_at_ms), " ms, it is ", &digits(*now_ms), " ms"].concat()
            }
            Self::NotOver { expires_at_ms, now_ms } => {
                ["the grant ends at ", &digits(*expires_at_ms), " ms, it is ", &digits(*now_ms), " ms"].concat()
            }
            Self::Name { bytes } => ["a name of ", &digits(*bytes), " bytes is not in 1..=256"].concat(),
            Self::Twice { name } => [name, " is given twice"].concat(),
            Self::Terms { what, count, bound } => {
                [&digits(*count), " ", what, " are more than ", &digits(u64::from(*bound))].concat()
            }
            Self::Gate { name, error } => ["gate ", name, ": ", &error.message()].concat(),
            Self::Widens { widens } => {
                let all: Vec<String> = widens.iter().map(Widening::message).collect();
                ["the derived grant would be wider: ", &all.join("; ")].concat()
            }
            Self::Derived => String::from("a derived grant is not amended but derived again"),
            Self::Inactive { state } => ["the grant is not active: it is ", state.as_str()].concat(),
            Self::Versions => String::from("there is no version after this one"),
            Self::Unknown { id } => ["there is no grant ", id].concat(),
            Self::Exists { id } => ["there is a grant ", id].concat(),
        }
    }
}

impl fmt::Display for GrantError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for GrantError {}
