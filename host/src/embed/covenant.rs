//! Grants, budgets and enforcers in instances of their own.

use interlock_core::covenant::budget::BudgetState;
use interlock_core::covenant::{
    Amount, Balance, Counter, GrantState, Lease, Parent, Permission, Reservation, Terms, Transition, Unsettled,
};
use wasmtime::component::ResourceAny;

use super::bindings::exports::interlock::kernel::covenant as wit;
use super::covenant_convert::{amounts, balances, read_terms};
use super::engine::Interlock;
use super::error::HostError;
use super::instance::Instance;
use super::shared::SharedInstance;

impl Interlock {
    /// A place for grants, in a fresh instance.
    ///
    /// # Errors
    /// No instance could be made.
    pub fn covenant(&self) -> Result<Covenant, HostError> {
        Ok(Covenant::new(self.instantiate()?))
    }

    /// A budget, in a fresh instance.
    ///
    /// # Errors
    /// Those of [`Budget::new`]; no instance could be made.
    pub fn budget(&self, ceilings: &[(&str, u64)]) -> Result<Budget, HostError> {
        Budget::new(self.instantiate()?, ceilings)
    }
}

/// An instance with grants: one is derived from another within it. Its [`GrantRegistry`](super::GrantRegistry)s and
/// [`Enforcer`](super::Enforcer)s share the instance, so a trap in one of them ends all.
#[derive(Debug)]
pub struct Covenant {
    pub(super) instance: SharedInstance,
}

/// A grant of a [`Covenant`], and of no other.
#[derive(Clone, Copy, Debug)]
pub struct Grant(pub(super) ResourceAny);

/// All that a grant is: what [`interlock_core::covenant::Grant`] says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantAccount {
    /// Its name.
    pub id: String,
    /// Its version, from 1.
    pub version: u32,
    /// Where it is in its life.
    pub state: GrantState,
    /// What it allows.
    pub terms: Terms,
    /// Where it comes from, when it was derived.
    pub parent: Option<Parent>,
    /// Every transition of this version, in order.
    pub history: Vec<Transition>,
}

/// A step in a grant's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantStep {
    /// Begins to discuss its terms.
    Negotiate,
    /// Lets it allow what it says.
    Grant,
    /// Takes it back.
    Revoke,
    /// Notes that its time is over.
    Expire,
}

impl Covenant {
    /// No grants yet, in this instance.
    #[must_use]
    pub fn new(instance: Instance) -> Self {
        Self { instance: SharedInstance::new(instance) }
    }

    /// A proposal, of version 1.
    ///
    /// # Errors
    /// [`HostError::Refused`] as [`interlock_core::covenant::Grant::propose`]; a trap.
    pub fn propose(&mut self, id: &str, terms: &Terms, by: &str, now_ms: u64) -> Result<Grant, HostError> {
        let terms = terms.into();
        Ok(Grant(
            self.instance
                .covenant(id.len(), |store, guest| guest.grant().call_propose(store, id, &terms, by, now_ms))??,
        ))
    }

    /// A version that others have decided about: granted from the start.
    ///
    /// # Errors
    /// [`HostError::Refused`] as [`interlock_core::covenant::Grant::issued`]; a trap.
    pub fn issued(&mut self, id: &str, version: u32, terms: &Terms, by: &str, now_ms: u64) -> Result<Grant, HostError> {
        let terms = terms.into();
        Ok(Grant(
            self.instance.covenant(id.len(), |store, guest| {
                guest.grant().call_issued(store, id, version, &terms, by, now_ms)
            })??,
        ))
    }

    /// Takes a step in a grant's life.
    ///
    /// # Errors
    /// [`HostError::Refused`] in the wrong state or at the wrong time; a trap.
    pub fn step(&mut self, grant: Grant, step: GrantStep, by: &str, now_ms: u64) -> Result<Transition, HostError> {
        let Grant(it) = grant;
        let transition = self.instance.covenant(by.len(), |store, guest| match step {
            GrantStep::Negotiate => guest.grant().call_negotiate(store, it, by, now_ms),
            GrantStep::Grant => guest.grant().call_activate(store, it, by, now_ms),
            GrantStep::Revoke => guest.grant().call_revoke(store, it, by, now_ms),
            GrantStep::Expire => guest.grant().call_expire(store, it, by, now_ms),
        })??;
        Ok(transition.into())
    }

    /// A proposal of the next version with other terms.
    ///
    /// # Errors
    /// [`HostError::Refused`] as [`interlock_core::covenant::Grant::amend`]; a trap.
    pub fn amend(&mut self, grant: Grant, terms: &Terms, by: &str, now_ms: u64) -> Result<Grant, HostError> {
        let terms = terms.into();
        Ok(Grant(
            self.instance
                .covenant(by.len(), |store, guest| guest.grant().call_amend(store, grant.0, &terms, by, now_ms))??,
        ))
    }

    /// A proposal for somebody who gets a part of a grant, and never more.
    ///
    /// # Errors
    /// [`HostError::Refused`] as [`interlock_core::covenant::Grant::attenuate`]; a trap.
    pub fn attenuate(
        &mut self,
        grant: Grant,
        id: &str,
        terms: &Terms,
        by: &str,
        now_ms: u64,
    ) -> Result<Grant, HostError> {
        let terms = terms.into();
        Ok(Grant(self.instance.covenant(id.len(), |store, guest| {
            guest.grant().call_attenuate(store, grant.0, id, &terms, by, now_ms)
        })??))
    }

    /// Whether a grant allows what it says. After a trap it does not.
    pub fn is_active(&mut self, grant: Grant, now_ms: u64) -> bool {
        let active = self.instance.covenant(0, |store, guest| guest.grant().call_is_active(store, grant.0, now_ms));
        active.unwrap_or(false)
    }

    /// All that a grant is.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn account(&mut self, Grant(it): Grant) -> Result<GrantAccount, HostError> {
        account(&self.instance, it)
    }

    /// Forgets a grant.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn release(&mut self, Grant(it): Grant) -> Result<(), HostError> {
        self.instance.release(it)
    }
}

/// All that a grant of an instance is.
pub(super) fn account(instance: &SharedInstance, it: ResourceAny) -> Result<GrantAccount, HostError> {
    let terms = instance.covenant(0, |store, guest| guest.grant().call_terms(store, it))?;
    let parent = instance.covenant(0, |store, guest| guest.grant().call_parent(store, it))?;
    let history = instance.covenant(0, |store, guest| guest.grant().call_history(store, it))?;
    Ok(GrantAccount {
        id: instance.covenant(0, |store, guest| guest.grant().call_id(store, it))?,
        version: instance.covenant(0, |store, guest| guest.grant().call_version(store, it))?,
        state: instance.covenant(0, |store, guest| guest.grant().call_state(store, it))?.into(),
        terms: read_terms(terms)?,
        parent: parent.map(|it| Parent { grant: it.grant, version: it.version }),
        history: history.into_iter().map(Into::into).collect(),
    })
}

impl Instance {
    /// Checks that a text is a resource.
    ///
    /// # Errors
    /// [`HostError::Refused`] says where it is none; a trap.
    pub fn check_resource(&mut self, resource: &str) -> Result<(), HostError> {
        Ok(self.covenant(resource.len(), |store, guest| guest.call_check_resource(store, resource))??)
    }

    /// Checks that a capability and a pattern are a permission.
    ///
    /// # Errors
    /// [`HostError::Refused`] says what is wrong; a trap.
    pub fn check_permission(&mut self, capability: &str, resource: &str) -> Result<(), HostError> {
        let permission = wit::Permission { capability: capability.to_owned(), resource: resource.to_owned() };
        Ok(self.covenant(resource.len(), |store, guest| guest.call_check_permission(store, &permission))??)
    }

    /// Whether a pattern matches a resource.
    ///
    /// # Errors
    /// [`HostError::Refused`] when it is none; a trap.
    pub fn matches(&mut self, pattern: &str, resource: &str) -> Result<bool, HostError> {
        Ok(self.covenant(resource.len(), |store, guest| guest.call_matches(store, pattern, resource))??)
    }

    /// Whether whatever a permission allows, another one allows, too.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn is_within(&mut self, permission: &Permission, other: &Permission) -> Result<bool, HostError> {
        let (permission, other) = (permission.into(), other.into());
        Ok(self.covenant(0, |store, guest| guest.call_is_within(store, &permission, &other))??)
    }
}

/// Named counters with ceilings: [`interlock_core::covenant::Budget`] inside an instance.
#[derive(Debug)]
pub struct Budget {
    instance: Instance,
    budget: ResourceAny,
}

impl Budget {
    /// A budget of counters with their ceilings, in this instance.
    ///
    /// # Errors
    /// [`HostError::Refused`] when they are none; a trap.
    pub fn new(mut instance: Instance, ceilings: &[(&str, u64)]) -> Result<Self, HostError> {
        let ceilings: Vec<wit::Ceiling> = ceilings
            .iter()
            .map(|(counter, units)| wit::Ceiling { counter: (*counter).to_owned(), units: *units })
            .collect();
        let budget = instance.covenant(0, |store, guest| guest.budget().call_new(store, &ceilings))??;
        Ok(Self { instance, budget })
    }

    /// The budget that was stored, in this instance.
    ///
    /// # Errors
    /// [`HostError::Refused`] when no budget can have been in that state; a trap.
    pub fn restore(mut instance: Instance, state: &BudgetState) -> Result<Self, HostError> {
        let state = state.into();
        let budget = instance.covenant(0, |store, guest| guest.budget().call_restore(store, &state))??;
        Ok(Self { instance, budget })
    }

    fn call<T>(
        &mut self,
        call: impl FnOnce(
            &mut wasmtime::Store<super::limits::Limiter>,
            wit::GuestBudget<'_>,
            ResourceAny,
        ) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        let budget = self.budget;
        self.instance.covenant(0, |store, guest| call(store, guest.budget(), budget))
    }

    /// The budget as it is stored.
    ///
    /// # Errors
    /// A trap, now or earlier; so of all below.
    pub fn state(&mut self) -> Result<BudgetState, HostError> {
        Ok(self.call(|store, guest, it| guest.call_state(store, it))?.into())
    }

    /// The counter of a name.
    ///
    /// # Errors
    /// A trap.
    pub fn counter(&mut self, name: &str) -> Result<Option<Counter>, HostError> {
        let position = self.call(|store, guest, it| guest.call_counter(store, it, name))?;
        Ok(position.map(Counter::from_position))
    }

    /// Every counter's name and balance, by position.
    ///
    /// # Errors
    /// A trap.
    pub fn balances(&mut self) -> Result<Vec<(String, Balance)>, HostError> {
        Ok(balances(self.call(|store, guest, it| guest.call_balances(store, it))?))
    }

    /// Sets units aside.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap, and nothing may be spent then.
    pub fn reserve(&mut self, counter: Counter, units: u64) -> Result<Reservation, HostError> {
        let bits = self.call(|store, guest, it| guest.call_reserve(store, it, counter.position(), units))??;
        Ok(Reservation::from_bits(bits))
    }

    /// Sets more units aside for a reservation.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn extend(&mut self, reservation: Reservation, units: u64) -> Result<(), HostError> {
        Ok(self.call(|store, guest, it| guest.call_extend(store, it, reservation.to_bits(), units))??)
    }

    /// Settles a reservation; gives what is free again.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn commit(&mut self, reservation: Reservation, units: u64) -> Result<u64, HostError> {
        Ok(self.call(|store, guest, it| guest.call_commit(store, it, reservation.to_bits(), units))??)
    }

    /// Gives all of a reservation back.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn refund(&mut self, reservation: Reservation) -> Result<u64, HostError> {
        Ok(self.call(|store, guest, it| guest.call_refund(store, it, reservation.to_bits()))??)
    }

    /// Spends every amount, or none.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn spend(&mut self, spent: &[Amount]) -> Result<(), HostError> {
        let spent = amounts(spent);
        Ok(self.call(|store, guest, it| guest.call_spend(store, it, &spent))??)
    }

    /// Changes a counter's ceiling.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn set_ceiling(&mut self, counter: Counter, ceiling: u64) -> Result<(), HostError> {
        Ok(self.call(|store, guest, it| guest.call_set_ceiling(store, it, counter.position(), ceiling))??)
    }

    /// Sets every amount aside for a holder, or none, until `duration_ms` from now.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn lease(
        &mut self,
        held: &[Amount],
        now_ms: u64,
        duration_ms: u64,
        unsettled: Unsettled,
    ) -> Result<Lease, HostError> {
        let held = amounts(held);
        let lease =
            self.call(|store, guest, it| guest.call_lease(store, it, &held, now_ms, duration_ms, unsettled.into()))??;
        Ok(lease.into())
    }

    /// Sets every amount aside for the holder of a lease, too, or none.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn top_up(&mut self, lease: u64, more: &[Amount], now_ms: u64) -> Result<Lease, HostError> {
        let more = amounts(more);
        Ok(self.call(|store, guest, it| guest.call_top_up(store, it, lease, &more, now_ms))??.into())
    }

    /// Lets a lease end later; gives when.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn renew(&mut self, lease: u64, now_ms: u64, duration_ms: u64) -> Result<u64, HostError> {
        Ok(self.call(|store, guest, it| guest.call_renew(store, it, lease, now_ms, duration_ms))??)
    }

    /// Ends a lease.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn settle(&mut self, lease: u64, spent: &[Amount]) -> Result<(), HostError> {
        let spent = amounts(spent);
        Ok(self.call(|store, guest, it| guest.call_settle(store, it, lease, &spent))??)
    }

    /// Takes back every lease that has ended by now.
    ///
    /// # Errors
    /// A trap.
    pub fn reclaim(&mut self, now_ms: u64) -> Result<Vec<Lease>, HostError> {
        let ended = self.call(|store, guest, it| guest.call_reclaim(store, it, now_ms))?;
        Ok(ended.into_iter().map(Into::into).collect())
    }

    /// When the next lease ends.
    ///
    /// # Errors
    /// A trap.
    pub fn next_expiry_ms(&mut self) -> Result<Option<u64>, HostError> {
        self.call(|store, guest, it| guest.call_next_expiry_ms(store, it))
    }

    /// The instance that it lives in.
    #[must_use]
    pub const fn instance(&self) -> &Instance {
        &self.instance
    }
}
