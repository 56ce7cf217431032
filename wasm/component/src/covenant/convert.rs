//! Records of the WIT interface `covenant`, to and from the core's types.

use interlock_core::covenant as core;
use interlock_core::covenant::budget::{BudgetState, CounterState, LeaseState};

use crate::bindings::exports::interlock::kernel::covenant as wit;
use crate::convert::refused;

pub(super) fn read_amounts(amounts: &[wit::Amount]) -> Vec<core::Amount> {
    let read = |it: &wit::Amount| core::Amount { counter: core::Counter::from_position(it.counter), units: it.units };
    amounts.iter().map(read).collect()
}

fn write_amounts(amounts: &[core::Amount]) -> Vec<wit::Amount> {
    amounts.iter().map(|it| wit::Amount { counter: it.counter.position(), units: it.units }).collect()
}

impl wit::Permission {
    pub(super) fn read(&self) -> Result<core::Permission, wit::Refusal> {
        refused(core::Permission::new(&self.capability, &self.resource))
    }
}

impl From<&core::Permission> for wit::Permission {
    fn from(permission: &core::Permission) -> Self {
        Self { capability: permission.capability().to_owned(), resource: permission.resource().as_str().to_owned() }
    }
}

impl wit::Terms {
    pub(super) fn read(self) -> Result<core::Terms, wit::Refusal> {
        let permissions: Result<_, _> = self.permissions.iter().map(wit::Permission::read).collect();
        let gates: Result<_, _> = self.gates.into_iter().map(wit::ReviewGate::read).collect();
        let ceilings = self.ceilings.into_iter();
        Ok(core::Terms {
            permissions: permissions?,
            gates: gates?,
            ceilings: ceilings.map(|it| core::Ceiling { counter: it.counter, units: it.units }).collect(),
            expires_at_ms: self.expires_at_ms,
        })
    }
}

impl From<&core::Terms> for wit::Terms {
    fn from(terms: &core::Terms) -> Self {
        let ceilings = terms.ceilings.iter();
        Self {
            permissions: terms.permissions.iter().map(Into::into).collect(),
            gates: terms.gates.iter().map(Into::into).collect(),
            ceilings: ceilings.map(|it| wit::Ceiling { counter: it.counter.clone(), units: it.units }).collect(),
            expires_at_ms: terms.expires_at_ms,
        }
    }
}

impl wit::ReviewGate {
    pub(super) fn read(self) -> Result<core::ReviewGate, wit::Refusal> {
        Ok(core::ReviewGate {
            operations: self.operations.read()?,
            name: self.name,
            threshold: self.threshold,
            approvals: self.approvals,
            approvers: self.approvers,
            timeout_ms: self.timeout_ms,
            fallback: match self.fallback {
                wit::Fallback::Deny => core::Fallback::Deny,
                wit::Fallback::AllowLimited => core::Fallback::AllowLimited,
                wit::Fallback::Escalate => core::Fallback::Escalate,
            },
            limit: self.limit,
            escalation: self.escalation,
        })
    }
}

impl From<&core::ReviewGate> for wit::ReviewGate {
    fn from(gate: &core::ReviewGate) -> Self {
        Self {
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
        }
    }
}

impl From<core::GrantState> for wit::GrantState {
    fn from(state: core::GrantState) -> Self {
        match state {
            core::GrantState::Proposed => Self::Proposed,
            core::GrantState::Negotiating => Self::Negotiating,
            core::GrantState::Granted => Self::Granted,
            core::GrantState::Revoked => Self::Revoked,
            core::GrantState::Expired => Self::Expired,
        }
    }
}

impl From<&core::Transition> for wit::Transition {
    fn from(it: &core::Transition) -> Self {
        let from = it.from.map(Into::into);
        Self { version: it.version, from, to: it.to.into(), at_ms: it.at_ms, by: it.by.clone() }
    }
}

impl From<core::Balance> for wit::Balance {
    fn from(balance: core::Balance) -> Self {
        let core::Balance { ceiling, spent, reserved, free } = balance;
        Self { ceiling, spent, reserved, free }
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

impl From<core::Unsettled> for wit::Unsettled {
    fn from(unsettled: core::Unsettled) -> Self {
        match unsettled {
            core::Unsettled::Refund => Self::Refund,
            core::Unsettled::Spend => Self::Spend,
        }
    }
}

impl From<core::Lease> for wit::Lease {
    fn from(lease: core::Lease) -> Self {
        Self {
            id: lease.id,
            amounts: write_amounts(&lease.amounts),
            expires_at_ms: lease.expires_at_ms,
            unsettled: lease.unsettled.into(),
        }
    }
}

impl From<BudgetState> for wit::BudgetState {
    fn from(state: BudgetState) -> Self {
        let counter = |it: CounterState| wit::CounterState { name: it.name, ceiling: it.ceiling, spent: it.spent };
        let lease = |it: LeaseState| wit::Lease {
            id: it.id,
            amounts: it.amounts.iter().map(|&(counter, units)| wit::Amount { counter, units }).collect(),
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

impl From<core::Outcome> for wit::Outcome {
    fn from(outcome: core::Outcome) -> Self {
        match outcome {
            core::Outcome::Allow { permission } => Self::Allow(permission),
            core::Outcome::Deny(reason) => Self::Deny(reason.into()),
            core::Outcome::Review { gate, review } => Self::Review(wit::Waiting { gate, review }),
        }
    }
}

impl From<core::DenyReason> for wit::DenyReason {
    fn from(reason: core::DenyReason) -> Self {
        match reason {
            core::DenyReason::NotGranted => Self::NotGranted,
            core::DenyReason::Expired => Self::Expired,
            core::DenyReason::MalformedResource => Self::MalformedResource,
            core::DenyReason::MalformedCall => Self::MalformedCall,
            core::DenyReason::NoPermission => Self::NoPermission,
            core::DenyReason::ReviewRejected => Self::ReviewRejected,
            core::DenyReason::ReviewTimedOut => Self::ReviewTimedOut,
            core::DenyReason::ReviewLimit => Self::ReviewLimit,
            core::DenyReason::Budget(counter) => Self::Budget(counter.position()),
        }
    }
}

impl From<core::Decision<'_>> for wit::Decision {
    fn from(decision: core::Decision<'_>) -> Self {
        Self { outcome: decision.outcome.into(), subject: decision.subject.to_owned(), json: decision.to_json() }
    }
}

impl From<core::ReviewState> for wit::ReviewState {
    fn from(state: core::ReviewState) -> Self {
        match state {
            core::ReviewState::Pending => Self::Pending,
            core::ReviewState::Approved => Self::Approved,
            core::ReviewState::Rejected => Self::Rejected,
            core::ReviewState::TimedOut => Self::TimedOut,
            core::ReviewState::Limited => Self::Limited,
        }
    }
}

impl From<&core::Review> for wit::Review {
    fn from(review: &core::Review) -> Self {
        let operation = wit::Operation {
            capability: review.capability.clone(),
            resource: review.resource.clone(),
            costs: write_amounts(&review.costs),
        };
        Self {
            id: review.id,
            gate: review.gate,
            operation,
            opened_ms: review.opened_ms,
            deadline_ms: review.deadline_ms,
            is_escalated: review.is_escalated,
            approvals: review.approvals.clone(),
            state: review.state.into(),
        }
    }
}
