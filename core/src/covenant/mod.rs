//! What an agent may do: grants, review gates, budgets.
//!
//! - [`Budget`]: named counters with a ceiling. What a side effect will cost is reserved before it and settled after;
//!   a [`Lease`] takes a share out of a budget for a while.

pub mod budget;

pub use budget::{Amount, Balance, Budget, BudgetError, BudgetState, Counter, Lease, Reservation, Unsettled};
