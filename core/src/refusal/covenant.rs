//! Refusals of the covenant.

use alloc::string::String;
use alloc::vec::Vec;

use super::Refusal;
use crate::covenant::{
    BudgetError, GateError, GrantError, MAX_NAME_BYTES, PatternError, PermissionError, ReviewError, Widening,
};
#[cfg(feature = "session")]
use crate::session::TopUpError;

impl From<&BudgetError> for Refusal {
    fn from(error: &BudgetError) -> Self {
        let new = |code| Self::new(code, error.message());
        match error {
            BudgetError::Name { name } => new("budget-name").about(name),
            BudgetError::TooMany { what, bound } => new("budget-too-many").about(what).bound(*bound),
            BudgetError::UnknownCounter { position } => new("budget-unknown-counter").value(*position),
            BudgetError::Twice { counter } => new("budget-twice").about(counter),
            BudgetError::Exhausted { counter, requested, free } => {
                new("budget-exhausted").about(counter).value(*requested).bound(*free)
            }
            BudgetError::MoreThanReserved { requested, reserved } => {
                new("budget-more-than-reserved").value(*requested).bound(*reserved)
            }
            // The number means something to the budget alone.
            BudgetError::UnknownReservation { .. } => new("budget-unknown-reservation"),
            BudgetError::UnknownLease { lease } => new("budget-unknown-lease").value(*lease),
            BudgetError::LeaseTime { duration_ms } => new("budget-lease-time").value(*duration_ms),
            BudgetError::Ceiling { counter, ceiling, taken } => {
                new("budget-ceiling").about(counter).value(*ceiling).bound(*taken)
            }
            BudgetError::State { what } => new("budget-state").about(what),
        }
    }
}

impl From<&GateError> for Refusal {
    fn from(error: &GateError) -> Self {
        let new = |code| Self::new(code, error.message());
        match error {
            GateError::Value { field, value, .. } => new("gate-value").about(field).value(*value),
            GateError::Approvers { field } => new("gate-approvers").about(field),
        }
    }
}

impl From<&GrantError> for Refusal {
    fn from(error: &GrantError) -> Self {
        let new = |code| Self::new(code, error.message());
        match error {
            GrantError::State { state, .. } => new("grant-state").about(state.as_str()),
            GrantError::Clock { now_ms, last_ms } => new("grant-clock").value(*now_ms).bound(*last_ms),
            GrantError::Over { expires_at_ms, now_ms } => new("grant-over").value(*now_ms).bound(*expires_at_ms),
            GrantError::NotOver { expires_at_ms, now_ms } => new("grant-not-over").value(*now_ms).bound(*expires_at_ms),
            GrantError::Name { bytes } => new("grant-name").value(*bytes).bound(MAX_NAME_BYTES),
            GrantError::Twice { name } => new("grant-twice").about(name),
            GrantError::Terms { what, count, bound } => new("grant-terms").about(what).value(*count).bound(*bound),
            GrantError::Gate { name: _, error: gate } => Self { message: error.message(), ..gate.into() },
            GrantError::Widens { widens } => {
                let all: Vec<String> = widens.iter().map(subject).collect();
                new("grant-widens").about(&all.join(", "))
            }
            GrantError::Derived => new("grant-derived"),
            GrantError::Inactive { state } => new("grant-inactive").about(state.as_str()),
            GrantError::Versions => new("grant-versions"),
            GrantError::Unknown { id } => new("grant-unknown").about(id),
            GrantError::Exists { id } => new("grant-exists").about(id),
        }
    }
}

#[cfg(feature = "session")]
impl From<&TopUpError> for Refusal {
    fn from(error: &TopUpError) -> Self {
        let new = |code| Self::new(code, error.message());
        match error {
            TopUpError::Ended { state } => new("session-ended").about(state.as_str()),
            TopUpError::NoLease { counter } => new("session-no-lease").about(counter),
        }
    }
}

/// What would be more: a permission's two parts, `expires-at-ms`, or a counter.
fn subject(widening: &Widening) -> String {
    match widening {
        Widening::Permission(permission) => [permission.capability(), " ", permission.resource().as_str()].concat(),
        Widening::Expiry { .. } => String::from("expires-at-ms"),
        Widening::Ceiling { counter, .. } => counter.clone(),
    }
}

impl From<&ReviewError> for Refusal {
    fn from(error: &ReviewError) -> Self {
        let new = |code| Self::new(code, error.message());
        match error {
            ReviewError::Unknown { review } => new("review-unknown").value(*review),
            ReviewError::Closed { review, state } => new("review-closed").about(state.as_str()).value(*review),
            ReviewError::NotAnApprover { approver } => new("review-not-an-approver").about(approver),
            ReviewError::SameApprover { approver } => new("review-same-approver").about(approver),
        }
    }
}

impl From<&PermissionError> for Refusal {
    fn from(error: &PermissionError) -> Self {
        match error {
            PermissionError::Capability { offset } => {
                Self::new("permission-capability", error.message()).value(*offset)
            }
            PermissionError::Resource(error) => error.into(),
        }
    }
}

impl From<&PatternError> for Refusal {
    fn from(error: &PatternError) -> Self {
        let new = |code| Self::new(code, error.message());
        match error {
            PatternError::Length { bytes, bound } => new("pattern-length").value(*bytes).bound(*bound),
            PatternError::Control { offset } => new("pattern-control").value(*offset),
            PatternError::DotSegment { offset } => new("pattern-dot-segment").value(*offset),
            PatternError::Stars { offset } => new("pattern-stars").value(*offset),
        }
    }
}
