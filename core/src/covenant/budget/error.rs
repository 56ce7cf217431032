//! What a budget refuses.

use alloc::string::String;
use core::fmt;

use super::Reservation;
use crate::numeric::digits;

/// Why an operation on a budget was refused. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BudgetError {
    /// A name that is empty, longer than 64 bytes or given twice.
    Name {
        /// The name.
        name: String,
    },
    /// More of something than a budget holds.
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        bound: u32,
    },
    /// The budget has no such counter.
    UnknownCounter {
        /// The counter's position.
        position: u32,
    },
    /// A list of amounts names a counter twice.
    Twice {
        /// The counter.
        counter: String,
    },
    /// More was asked for than is free.
    Exhausted {
        /// The counter.
        counter: String,
        /// Units asked for.
        requested: u64,
        /// Units that are free.
        free: u64,
    },
    /// More was spent than had been set aside.
    MoreThanReserved {
        /// Units to be spent.
        requested: u64,
        /// Units set aside.
        reserved: u64,
    },
    /// The reservation was settled, or is of another budget.
    UnknownReservation {
        /// The reservation.
        reservation: Reservation,
    },
    /// The lease was settled or taken back, or is of another budget.
    UnknownLease {
        /// Its number.
        lease: u64,
    },
    /// A lease that would end when it begins, or after the end of time.
    LeaseTime {
        /// How long it was to last, in milliseconds.
        duration_ms: u64,
    },
    /// A ceiling below what is spent and reserved.
    Ceiling {
        /// The counter.
        counter: String,
        /// The refused ceiling.
        ceiling: u64,
        /// Units spent and reserved.
        taken: u64,
    },
    /// A state that no budget can have been in.
    State {
        /// What is wrong with it.
        what: &'static str,
    },
}

impl BudgetError {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Name { name } => {
                ["a counter's name has 1 to 64 bytes and is given once: \"", name, "\" is refused"].concat()
            }
            Self::TooMany { what, bound } => ["more ", what, " than ", &digits(u64::from(*bound))].concat(),
            Self::UnknownCounter { position } => ["there is no counter ", &digits(u64::from(*position))].concat(),
            Self::Twice { counter } => ["the counter ", counter, " is named twice"].concat(),
            Self::Exhausted { counter, requested, free } => {
                [counter, ": ", &digits(*requested), " requested, ", &digits(*free), " free"].concat()
            }
            Self::MoreThanReserved { requested, reserved } => {
                [&digits(*requested), " to be spent, ", &digits(*reserved), " reserved"].concat()
            }
            Self::UnknownReservation { reservation } => {
                ["reservation ", &digits(reservation.to_bits()), " is not open"].concat()
            }
            Self::UnknownLease { lease } => ["lease ", &digits(*lease), " is not open"].concat(),
            Self::LeaseTime { duration_ms } => ["a lease cannot last ", &digits(*duration_ms), " ms from now"].concat(),
            Self::Ceiling { counter, ceiling, taken } => {
                [counter, ": ", &digits(*taken), " spent and reserved, above the ceiling ", &digits(*ceiling)].concat()
            }
            Self::State { what } => ["not the state of a budget: ", what].concat(),
        }
    }
}

impl fmt::Display for BudgetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for BudgetError {}
