//! The WIT interface `covenant`. `convert` translates its records.

mod convert;

use std::cell::RefCell;

use interlock_core::covenant as core;

use crate::Component;
use crate::bindings::exports::interlock::kernel::covenant as wit;
use crate::convert::refused;
use convert::read_amounts;

impl wit::Guest for Component {
    type Budget = Budget;
    type Grant = Grant;
    type GrantRegistry = GrantRegistry;
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

pub(crate) struct GrantRegistry(RefCell<core::GrantRegistry>);

fn copy(grant: &core::Grant) -> wit::Grant {
    wit::Grant::new(Grant(RefCell::new(grant.clone())))
}

impl wit::GuestGrantRegistry for GrantRegistry {
    fn new() -> Self {
        Self(RefCell::default())
    }

    fn insert(&self, grant: wit::GrantBorrow<'_>) -> Result<(), wit::Refusal> {
        refused(self.0.borrow_mut().insert(grant.get::<Grant>().0.borrow().clone()))
    }

    fn get(&self, id: String, version: u32) -> Option<wit::Grant> {
        self.0.borrow().get(&id, version).map(copy)
    }

    fn grants(&self) -> Vec<wit::Grant> {
        self.0.borrow().grants().map(copy).collect()
    }

    fn is_active(&self, id: String, version: u32, now_ms: u64) -> bool {
        self.0.borrow().is_active(&id, version, now_ms)
    }

    fn attenuate(
        &self,
        id: String,
        version: u32,
        derived: String,
        terms: wit::Terms,
        by: String,
        now_ms: u64,
    ) -> Result<wit::Grant, wit::Refusal> {
        Ok(copy(refused(self.0.borrow_mut().attenuate(&id, version, &derived, terms.read()?, &by, now_ms))?))
    }

    fn grant(&self, id: String, version: u32, by: String, now_ms: u64) -> Result<wit::Grant, wit::Refusal> {
        Ok(copy(refused(self.0.borrow_mut().grant(&id, version, &by, now_ms))?))
    }

    fn revoke(&self, id: String, version: u32, by: String, now_ms: u64) -> Result<Vec<wit::Grant>, wit::Refusal> {
        Ok(refused(self.0.borrow_mut().revoke(&id, version, &by, now_ms))?.into_iter().map(copy).collect())
    }

    fn expire(&self, id: String, version: u32, by: String, now_ms: u64) -> Result<wit::Grant, wit::Refusal> {
        Ok(copy(refused(self.0.borrow_mut().expire(&id, version, &by, now_ms))?))
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

    fn follow(&self, registry: wit::GrantRegistryBorrow<'_>, by: String, now_ms: u64) -> Result<bool, wit::Refusal> {
        refused(self.0.borrow_mut().follow(&registry.get::<GrantRegistry>().0.borrow(), &by, now_ms))
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
