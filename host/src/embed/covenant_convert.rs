//! The types of the WIT interface `covenant`, to and from those of the core.

use interlock_core::covenant as core;
use interlock_core::covenant::budget::{BudgetState, CounterState, LeaseState};
use interlock_core::refusal::Refusal as CoreRefusal;

use super::bindings::exports::interlock::kernel::{covenant as wit, types};
use super::enforcer::ReviewAccount;
use super::error::{HostError, Refusal};

impl From<types::Refusal> for HostError {
    fn from(refusal: types::Refusal) -> Self {
        let types::Refusal { code, subject, value, bound, message } = refusal;
        Self::Refused(Refusal { code, subject, value, bound, message })
    }
}

impl From<CoreRefusal> for HostError {
    fn from(refusal: CoreRefusal) -> Self {
        let CoreRefusal { code, subject, value, bound, message } = refusal;
        Self::Refused(Refusal { code: code.to_owned(), subject, value, bound, message })
    }
}

pub(super) fn amounts(amounts: &[core::Amount]) -> Vec<wit::Amount> {
    amounts.iter().map(|it| wit::Amount { counter: it.counter.position(), units: it.units }).collect()
}

fn read_amounts(amounts: &[wit::Amount]) -> Vec<core::Amount> {
    let read = |it: &wit::Amount| core::Amount { counter: core::Counter::from_position(it.counter), units: it.units };
    amounts.iter().map(read).collect()
}

pub(super) fn balances(balances: Vec<(String, wit::Balance)>) -> Vec<(String, core::Balance)> {
    let read = |(name, it): (String, wit::Balance)| {
        let wit::Balance { ceiling, spent, reserved, free } = it;
        (name, core::Balance { ceiling, spent, reserved, free })
    };
    balances.into_iter().map(read).collect()
}

impl From<&core::Permission> for wit::Permission {
    fn from(permission: &core::Permission) -> Self {
        Self { capability: permission.capability().to_owned(), resource: permission.resource().as_str().to_owned() }
    }
}

impl From<&core::Terms> for wit::Terms {
    fn from(terms: &core::Terms) -> Self {
        let gate = |gate: &core::ReviewGate| wit::ReviewGate {
            name: gate.name.clone(),
            operations: (&gate.operations).into(),
            threshold: gate.threshold,
            approvals: gate.approvals,
            approvers: gate.approvers.clone(),
            timeout_ms: gate.timeout_ms,
            fallback: match gate.fallback {
                core::Fallback::Deny => wit::Fallback::Deny,
                core::Fallback::AllowLimited => wit::Fallback::AllowLimited,
                core::Fallback::Escalate => wit::Fallback::Escalate,
            },
            limit: gate.limit,
            escalation: gate.escalation.clone(),
        };
        let ceiling = |it: &core::Ceiling| wit::Ceiling { counter: it.counter.clone(), units: it.units };
        Self {
            permissions: terms.permissions.iter().map(Into::into).collect(),
            gates: terms.gates.iter().map(gate).collect(),
            ceilings: terms.ceilings.iter().map(ceiling).collect(),
            expires_at_ms: terms.expires_at_ms,
        }
    }
}

fn read_permission(permission: &wit::Permission) -> Result<core::Permission, HostError> {
    core::Permission::new(&permission.capability, &permission.resource)
        .map_err(|error| CoreRefusal::from(&error).into())
}

/// Terms that the component has accepted.
pub(super) fn read_terms(terms: wit::Terms) -> Result<core::Terms, HostError> {
    let gate = |gate: wit::ReviewGate| -> Result<core::ReviewGate, HostError> {
        Ok(core::ReviewGate {
            operations: read_permission(&gate.operations)?,
            name: gate.name,
            threshold: gate.threshold,
            approvals: gate.approvals,
            approvers: gate.approvers,
            timeout_ms: gate.timeout_ms,
            fallback: match gate.fallback {
                wit::Fallback::Deny => core::Fallback::Deny,
                wit::Fallback::AllowLimited => core::Fallback::AllowLimited,
                wit::Fallback::Escalate => core::Fallback::Escalate,
            },
            limit: gate.limit,
            escalation: gate.escalation,
        })
    };
    let permissions: Result<_, _> = terms.permissions.iter().map(read_permission).collect();
    let gates: Result<_, _> = terms.gates.into_iter().map(gate).collect();
    let ceiling = |it: wit::Ceiling| core::Ceiling { counter: it.counter, units: it.units };
    Ok(core::Terms {
        permissions: permissions?,
        gates: gates?,
        ceilings: terms.ceilings.into_iter().map(ceiling).collect(),
        expires_at_ms: terms.expires_at_ms,
    })
}

impl From<wit::GrantState> for core::GrantState {
    fn from(state: wit::GrantState) -> Self {
        match state {
            wit::GrantState::Proposed => Self::Proposed,
            wit::GrantState::Negotiating => Self::Negotiating,
            wit::GrantState::Granted => Self::Granted,
            wit::GrantState::Revoked => Self::Revoked,
            wit::GrantState::Expired => Self::Expired,
        }
    }
}

impl From<wit::Transition> for core::Transition {
    fn from(it: wit::Transition) -> Self {
        let from = it.from.map(Into::into);
        Self { version: it.version, from, to: it.to.into(), at_ms: it.at_ms, by: it.by }
    }
}

impl From<core::Unsettled> for wit::Unsettled {
    fn from(unsettled: core::Unsettled) -> Self {
        match unsettled {
            core::Unsettled::Refund => Self::Refund,
            core::Unsettled::Spend => Self::Spend,
        }
    }
}

impl From<wit::Unsettled> for core::Unsettled {
    fn from(unsettled: wit::Unsettled) -> Self {
        match unsettled {
            wit::Unsettled::Refund => Self::Refund,
            wit::Unsettled::Spend => Self::Spend,
        }
    }
}

impl From<wit::Lease> for core::Lease {
    fn from(lease: wit::Lease) -> Self {
        Self {
            id: lease.id,
            amounts: read_amounts(&lease.amounts),
            expires_at_ms: lease.expires_at_ms,
            unsettled: lease.unsettled.into(),
        }
    }
}

impl From<&BudgetState> for wit::BudgetState {
    fn from(state: &BudgetState) -> Self {
        let counter =
            |it: &CounterState| wit::CounterState { name: it.name.clone(), ceiling: it.ceiling, spent: it.spent };
        let lease = |it: &LeaseState| wit::Lease {
            id: it.id,
            amounts: it.amounts.iter().map(|&(counter, units)| wit::Amount { counter, units }).collect(),
            expires_at_ms: it.expires_at_ms,
            unsettled: it.unsettled.into(),
        };
        Self {
            counters: state.counters.iter().map(counter).collect(),
            leases: state.leases.iter().map(lease).collect(),
            next_lease: state.next_lease,
            now_ms: state.now_ms,
        }
    }
}

impl From<wit::BudgetState> for BudgetState {
    fn from(state: wit::BudgetState) -> Self {
        let counter = |it: wit::CounterState| CounterState { name: it.name, ceiling: it.ceiling, spent: it.spent };
        let lease = |it: wit::Lease| LeaseState {
            id: it.id,
            amounts: it.amounts.iter().map(|amount| (amount.counter, amount.units)).collect(),
            expires_at_ms: it.expires_at_ms,
            unsettled: it.unsettled.into(),
        };
        Self {
            counters: state.counters.into_iter().map(counter).collect(),
            leases: state.leases.into_iter().map(lease).collect(),
            next_lease: state.next_lease,
            now_ms: state.now_ms,
        }
    }
}

impl From<wit::Outcome> for core::Outcome {
    fn from(outcome: wit::Outcome) -> Self {
        use core::DenyReason as Reason;
        match outcome {
            wit::Outcome::Allow(permission) => Self::Allow { permission },
            wit::Outcome::Deny(reason) => Self::Deny(match reason {
                wit::DenyReason::NotGranted => Reason::NotGranted,
                wit::DenyReason::Expired => Reason::Expired,
                wit::DenyReason::MalformedResource => Reason::MalformedResource,
                wit::DenyReason::MalformedCall => Reason::MalformedCall,
                wit::DenyReason::NoPermission => Reason::NoPermission,
                wit::DenyReason::ReviewRejected => Reason::ReviewRejected,
                wit::DenyReason::ReviewTimedOut => Reason::ReviewTimedOut,
                wit::DenyReason::ReviewLimit => Reason::ReviewLimit,
                wit::DenyReason::Budget(position) => Reason::Budget(core::Counter::from_position(position)),
            }),
            wit::Outcome::Review(waiting) => Self::Review { gate: waiting.gate, review: waiting.review },
        }
    }
}

impl From<wit::ReviewState> for core::ReviewState {
    fn from(state: wit::ReviewState) -> Self {
        match state {
            wit::ReviewState::Pending => Self::Pending,
            wit::ReviewState::Approved => Self::Approved,
            wit::ReviewState::Rejected => Self::Rejected,
            wit::ReviewState::TimedOut => Self::TimedOut,
            wit::ReviewState::Limited => Self::Limited,
        }
    }
}

impl From<wit::Review> for ReviewAccount {
    fn from(review: wit::Review) -> Self {
        Self {
            id: review.id,
            gate: review.gate,
            capability: review.operation.capability,
            resource: review.operation.resource,
            costs: read_amounts(&review.operation.costs),
            opened_ms: review.opened_ms,
            deadline_ms: review.deadline_ms,
            is_escalated: review.is_escalated,
            approvals: review.approvals,
            state: review.state.into(),
        }
    }
}
