//! What an agent may do: grants, review gates, budgets.
//!
//! - [`Grant`]: the [`Terms`] under which somebody acts, from proposal to end. A [`Permission`] is a capability with a
//!   [`Pattern`] of resources; what is derived from a grant can only do less. A [`GrantRegistry`] keeps grants with those
//!   that they come from, and takes back with one what was derived from it.
//! - [`ReviewGate`]: operations that somebody must look at first.
//! - [`Budget`]: named counters with a ceiling. What a side effect will cost is reserved before it and settled after;
//!   a [`Lease`] takes a share out of a budget for a while.
//! - [`Enforcer`]: the one check before every operation. It answers with a [`Decision`]: allow, deny and why, or review
//!   and at which gate; [`Decision::write`] is what the ledger keeps of it.
//!
//! Everything is denied that nothing allows: without a grant that is active at that time, a permission that covers the
//! resource, a review where a gate asks for one and the means where it costs something, an operation is not done.

pub mod budget;
mod decision;
mod enforcer;
mod gate;
mod grant;
#[cfg(feature = "permission-index")]
mod hash;
#[cfg(feature = "permission-index")]
mod index;
mod pattern;
mod permission;
mod registry;
mod review;
#[cfg(feature = "permission-index")]
mod shape;
#[cfg(any(test, not(feature = "permission-index")))]
mod walk;
mod words;

pub use budget::{Amount, Balance, Budget, BudgetError, BudgetState, Counter, Lease, Reservation, Unsettled};
pub use decision::{DECISION_KIND, Decision, DenyReason, Outcome, TRANSITION_KIND};
pub use enforcer::Enforcer;
pub use gate::{Fallback, GateError, ReviewGate};
pub use grant::{
    Ceiling, Grant, GrantError, GrantState, MAX_GATES, MAX_NAME_BYTES, MAX_PERMISSIONS, Parent, Terms, Transition,
    Widening,
};
pub use pattern::{MAX_PATTERN_BYTES, MAX_RESOURCE_BYTES, Pattern, PatternError, check_resource};
pub use permission::{MAX_CAPABILITY_BYTES, Permission, PermissionError};
pub use registry::{GrantRegistry, MAX_DERIVATIONS};
pub use review::{Review, ReviewError, ReviewState};
