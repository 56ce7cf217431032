//! The WIT interface `covenant`.

use std::cell::RefCell;

use interlock_core::covenant as core;
use interlock_core::covenant::budget::{BudgetState, CounterState, LeaseState};

use crate::Component;
use crate::bindings::exports::interlock::kernel::covenant as wit;
use crate::convert::refused;

impl wit::Guest for Component {
    type Budget = Budget;
    type Grant = Grant;
    type Enforcer = Enforcer;

    fn check_permission(permission: wit::Permission) -> Result<(), wit::Refusal> {
        permission.read().map(|_| ())
    }

    fn check_resource(resource: String) -> Result<(), wit::Refusal> {
        refused(core::check_resource(&resource))
    }

    fn matches(pattern: String, resource: String) -> Result<bool, wit::Refusal> {
        Ok(refused(core::Pattern::new(&pattern))?.matches(&resource))
    }

    fn is_within(permission: wit::Permission, other: wit::Permission) -> Result<bool, wit::Refusal> {
        Ok(permission.read()?.is_within(&other.read()?))
    }
}

pub(crate) struct Budget(RefCell<core::Budget>);

impl wit::GuestBudget for Budget {
    fn new(ceilings: Vec<wit::Ceiling>) -> Result<wit::Budget, wit::Refusal> {
        let ceilings: Vec<(&str, u64)> = ceilings.iter().map(|it| (it.counter.as_str(), it.units)).collect();
        Ok(wit::Budget::new(Self(RefCell::new(refused(core::Budget::new(&ceilings))?))))
    }

    fn restore(state: wit::BudgetState) -> Result<wit::Budget, wit::Refusal> {
        Ok(wit::Budget::new(Self(RefCell::new(refused(core::Budget::restore(&state.into()))?))))
    }

    fn state(&self) -> wit::BudgetState {
        self.0.borrow().state().into()
    }

    fn counter(&self, name: String) -> Option<u32> {
        self.0.borrow().counter(&name).map(core::Counter::position)
    }

    fn balances(&self) -> Vec<(String, wit::Balance)> {
        balances(&self.0.borrow())
    }

    fn balance(&self, counter: u32) -> Option<wit::Balance> {
        self.0.borrow().balance(core::Counter::from_position(counter)).map(Into::into)
    }

    fn reserve(&self, counter: u32, units: u64) -> Result<u64, wit::Refusal> {
        reserve(&mut self.0.borrow_mut(), counter, units)
    }

    fn extend(&self, reservation: u64, units: u64) -> Result<(), wit::Refusal> {
        refused(self.0.borrow_mut().extend(core::Reservation::from_bits(reservation), units))
    }

    fn commit(&self, reservation: u64, units: u64) -> Result<u64, wit::Refusal> {
        refused(self.0.borrow_mut().commit(core::Reservation::from_bits(reservation), units))
    }

    fn refund(&self, reservation: u64) -> Result<u64, wit::Refusal> {
        refused(self.0.borrow_mut().refund(core::Reservation::from_bits(reservation)))
    }

    fn spend(&self, amounts: Vec<wit::Amount>) -> Result<(), wit::Refusal> {
        refused(self.0.borrow_mut().spend(&read_amounts(&amounts)))
    }

    fn set_ceiling(&self, counter: u32, ceiling: u64) -> Result<(), wit::Refusal> {
        refused(self.0.borrow_mut().set_ceiling(core::Counter::from_position(counter), ceiling))
    }

    fn lease(
        &self,
        amounts: Vec<wit::Amount>,
        now_ms: u64,
        duration_ms: u64,
        unsettled: wit::Unsettled,
    ) -> Result<wit::Lease, wit::Refusal> {
        let amounts = read_amounts(&amounts);
        Ok(refused(self.0.borrow_mut().lease(&amounts, now_ms, duration_ms, unsettled.into()))?.into())
    }

    fn top_up(&self, lease: u64, amounts: Vec<wit::Amount>, now_ms: u64) -> Result<wit::Lease, wit::Refusal> {
        Ok(refused(self.0.borrow_mut().top_up(lease, &read_amounts(&amounts), now_ms))?.into())
    }

    fn renew(&self, lease: u64, now_ms: u64, duration_ms: u64) -> Result<u64, wit::Refusal> {
        refused(self.0.borrow_mut().renew(lease, now_ms, duration_ms))
    }

    fn settle(&self, lease: u64, spent: Vec<wit::Amount>) -> Result<(), wit::Refusal> {
        refused(self.0.borrow_mut().settle(lease, &read_amounts(&spent)))
    }

    fn reclaim(&self, now_ms: u64) -> Vec<wit::Lease> {
        self.0.borrow_mut().reclaim(now_ms).into_iter().map(Into::into).collect()
    }

    fn leases(&self) -> Vec<wit::Lease> {
        self.0.borrow().leases().iter().cloned().map(Into::into).collect()
    }

    fn next_expiry_ms(&self) -> Option<u64> {
        self.0.borrow().next_expiry_ms()
    }
}

fn reserve(budget: &mut core::Budget, counter: u32, units: u64) -> Result<u64, wit::Refusal> {
    Ok(refused(budget.reserve(core::Counter::from_position(counter), units))?.to_bits())
}

fn balances(budget: &core::Budget) -> Vec<(String, wit::Balance)> {
    budget.counters().filter_map(|(counter, name)| Some((name.to_owned(), budget.balance(counter)?.into()))).collect()
}

fn read_amounts(amounts: &[wit::Amount]) -> Vec<core::Amount> {
    let read = |it: &wit::Amount| core::Amount { counter: core::Counter::from_position(it.counter), units: it.units };
    amounts.iter().map(read).collect()
}

fn write_amounts(amounts: &[core::Amount]) -> Vec<wit::Amount> {
    amounts.iter().map(|it| wit::Amount { counter: it.counter.position(), units: it.units }).collect()
}

pub(crate) struct Grant(RefCell<core::Grant>);

impl Grant {
    fn made(grant: Result<core::Grant, core::GrantError>) -> Result<wit::Grant, wit::Refusal> {
        Ok(wit::Grant::new(Self(RefCell::new(refused(grant)?))))
    }

    fn step(
        &self,
        step: impl FnOnce(&mut core::Grant) -> Result<&core::Transition, core::GrantError>,
    ) -> Result<wit::Transition, wit::Refusal> {
        Ok(refused(step(&mut self.0.borrow_mut()))?.into())
    }
}

impl wit::GuestGrant for Grant {
    fn propose(id: String, terms: wit::Terms, by: String, now_ms: u64) -> Result<wit::Grant, wit::Refusal> {
        Self::made(core::Grant::propose(&id, terms.read()?, &by, now_ms))
    }

    fn issued(
        id: String,
        version: u32,
        terms: wit::Terms,
        by: String,
        now_ms: u64,
    ) -> Result<wit::Grant, wit::Refusal> {
        Self::made(core::Grant::issued(&id, version, terms.read()?, &by, now_ms))
    }

    fn id(&self) -> String {
        self.0.borrow().id().to_owned()
    }

    fn version(&self) -> u32 {
        self.0.borrow().version()
    }

    fn state(&self) -> wit::GrantState {
        self.0.borrow().state().into()
    }

    fn terms(&self) -> wit::Terms {
        self.0.borrow().terms().into()
    }

    fn parent(&self) -> Option<wit::Parent> {
        let grant = self.0.borrow();
        grant.parent().map(|it| wit::Parent { grant: it.grant.clone(), version: it.version })
    }

    fn history(&self) -> Vec<wit::Transition> {
        self.0.borrow().history().iter().map(Into::into).collect()
    }

    fn is_active(&self, now_ms: u64) -> bool {
        self.0.borrow().is_active(now_ms)
    }

    fn negotiate(&self, by: String, now_ms: u64) -> Result<wit::Transition, wit::Refusal> {
        self.step(|grant| grant.negotiate(&by, now_ms))
    }

    fn activate(&self, by: String, now_ms: u64) -> Result<wit::Transition, wit::Refusal> {
        self.step(|grant| grant.grant(&by, now_ms))
    }

    fn revoke(&self, by: String, now_ms: u64) -> Result<wit::Transition, wit::Refusal> {
        self.step(|grant| grant.revoke(&by, now_ms))
    }

    fn expire(&self, by: String, now_ms: u64) -> Result<wit::Transition, wit::Refusal> {
        self.step(|grant| grant.expire(&by, now_ms))
    }

    fn amend(&self, terms: wit::Terms, by: String, now_ms: u64) -> Result<wit::Grant, wit::Refusal> {
        Self::made(self.0.borrow().amend(terms.read()?, &by, now_ms))
    }

    fn attenuate(&self, id: String, terms: wit::Terms, by: String, now_ms: u64) -> Result<wit::Grant, wit::Refusal> {
        Self::made(self.0.borrow().attenuate(&id, terms.read()?, &by, now_ms))
    }
}

pub(crate) struct Enforcer(RefCell<core::Enforcer>);

impl wit::GuestEnforcer for Enforcer {
    fn new(grant: wit::GrantBorrow<'_>) -> Result<wit::Enforcer, wit::Refusal> {
        let enforcer = refused(core::Enforcer::new(grant.get::<Grant>().0.borrow().clone()))?;
        Ok(wit::Enforcer::new(Self(RefCell::new(enforcer))))
    }

    fn with_budget(grant: wit::GrantBorrow<'_>, budget: wit::Budget) -> wit::Enforcer {
        let grant = grant.get::<Grant>().0.borrow().clone();
        let budget = budget.into_inner::<Budget>().0.into_inner();
        wit::Enforcer::new(Self(RefCell::new(core::Enforcer::with_budget(grant, budget))))
    }

    fn check(&self, capability: String, resource: String, costs: Vec<wit::Amount>, now_ms: u64) -> wit::Decision {
        self.0.borrow_mut().check(&capability, &resource, &read_amounts(&costs), now_ms).into()
    }

    fn check_many(&self, operations: Vec<wit::Operation>, now_ms: u64) -> Vec<wit::Decision> {
        let mut enforcer = self.0.borrow_mut();
        let check =
            |it: wit::Operation| enforcer.check(&it.capability, &it.resource, &read_amounts(&it.costs), now_ms).into();
        operations.into_iter().map(check).collect()
    }

    fn decide(&self, capability: String, resource: String, costs: Vec<wit::Amount>, now_ms: u64) -> wit::Outcome {
        self.0.borrow_mut().check(&capability, &resource, &read_amounts(&costs), now_ms).outcome.into()
    }

    fn approve(&self, review: u64, approver: String, now_ms: u64) -> Result<wit::ReviewState, wit::Refusal> {
        Ok(refused(self.0.borrow_mut().approve(review, &approver, now_ms))?.into())
    }

    fn reject(&self, review: u64, approver: String, now_ms: u64) -> Result<wit::ReviewState, wit::Refusal> {
        Ok(refused(self.0.borrow_mut().reject(review, &approver, now_ms))?.into())
    }

    fn resume(&self, review: u64, now_ms: u64) -> Result<wit::Outcome, wit::Refusal> {
        Ok(refused(self.0.borrow_mut().resume(review, now_ms))?.into())
    }

    fn advance(&self, now_ms: u64) {
        self.0.borrow_mut().advance(now_ms);
    }

    fn next_deadline_ms(&self) -> Option<u64> {
        self.0.borrow().next_deadline_ms()
    }

    fn reviews(&self) -> Vec<wit::Review> {
        self.0.borrow().reviews().iter().map(Into::into).collect()
    }

    fn revoke(&self, by: String, now_ms: u64) -> Result<(), wit::Refusal> {
        refused(self.0.borrow_mut().revoke(&by, now_ms))
    }

    fn regrant(&self, by: String, now_ms: u64) -> Result<(), wit::Refusal> {
        refused(self.0.borrow_mut().regrant(&by, now_ms))
    }

    fn grant_state(&self) -> wit::GrantState {
        self.0.borrow().grant().state().into()
    }

    fn balances(&self) -> Vec<(String, wit::Balance)> {
        balances(self.0.borrow().budget())
    }

    fn reserve(&self, counter: u32, units: u64) -> Result<u64, wit::Refusal> {
        reserve(self.0.borrow_mut().budget_mut(), counter, units)
    }

    fn extend(&self, reservation: u64, units: u64) -> Result<(), wit::Refusal> {
        refused(self.0.borrow_mut().budget_mut().extend(core::Reservation::from_bits(reservation), units))
    }

    fn commit(&self, reservation: u64, units: u64) -> Result<u64, wit::Refusal> {
        refused(self.0.borrow_mut().budget_mut().commit(core::Reservation::from_bits(reservation), units))
    }
}

impl wit::Permission {
    fn read(&self) -> Result<core::Permission, wit::Refusal> {
        refused(core::Permission::new(&self.capability, &self.resource))
    }
}

impl From<&core::Permission> for wit::Permission {
    fn from(permission: &core::Permission) -> Self {
        Self { capability: permission.capability().to_owned(), resource: permission.resource().as_str().to_owned() }
    }
}

impl wit::Terms {
    fn read(self) -> Result<core::Terms, wit::Refusal> {
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
    fn read(self) -> Result<core::ReviewGate, wit::Refusal> {
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
