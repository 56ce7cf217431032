//! The suite `covenant` on the component.

use std::cell::RefCell;
use std::rc::Rc;

use interlock_core::covenant::{Amount, Balance, Counter, Permission, Reservation, Unsettled};
use interlock_host::embed::{
    Budget, Covenant, Decision, Enforcer, Grant, GrantAccount, GrantRegistry, GrantStep, HostError, Interlock,
    ReviewAccount,
};
use serde_json::{Value, json};

use super::super::backend::{Answer, Refused};
use super::super::component::Wasmtime;
use super::backend::{
    Budgeting, Covenants, Enforcing, Granting, Registering, balances, known, optional, outcome, review_text, summary,
};
use super::grants::transition;
use super::{Amounts, TermsText};

impl Covenants for Wasmtime {
    fn budget(&self, ceilings: &Amounts) -> Answer<Box<dyn Budgeting>> {
        let pairs: Vec<(&str, u64)> = ceilings.iter().map(|(name, units)| (name.as_str(), *units)).collect();
        Ok(Box::new(Stored { interlock: self.interlock()?.clone(), budget: self.interlock()?.budget(&pairs)? }))
    }

    fn propose(&self, id: &str, terms: &TermsText, by: &str, now_ms: u64) -> Answer<Box<dyn Granting>> {
        let mut covenant = self.interlock()?.covenant()?;
        let grant = covenant.propose(id, &terms.terms()?, by, now_ms)?;
        Ok(Box::new(Granted { covenant: Rc::new(RefCell::new(covenant)), grant }))
    }

    fn issue(&self, id: &str, version: u32, terms: &TermsText, by: &str, now_ms: u64) -> Answer<Box<dyn Granting>> {
        let mut covenant = self.interlock()?.covenant()?;
        let grant = covenant.issued(id, version, &terms.terms()?, by, now_ms)?;
        Ok(Box::new(Granted { covenant: Rc::new(RefCell::new(covenant)), grant }))
    }

    fn registry(&self) -> Answer<Box<dyn Registering>> {
        let mut covenant = self.interlock()?.covenant()?;
        let registry = covenant.registry()?;
        Ok(Box::new(Registered { covenant, registry, grants: Vec::new(), enforcers: Vec::new() }))
    }

    fn enforcer(&self, grant: &str, terms: &TermsText) -> Answer<Box<dyn Enforcing>> {
        let mut covenant = self.interlock()?.covenant()?;
        let grant = covenant.propose(grant, &terms.terms()?, "ada", 0)?;
        covenant.step(grant, GrantStep::Grant, "grace", 0)?;
        Ok(Box::new(covenant.enforcer(grant)?))
    }

    fn check_permission(&self, capability: &str, pattern: &str) -> Answer<()> {
        Ok(self.interlock()?.instantiate()?.check_permission(capability, pattern)?)
    }

    fn check_resource(&self, resource: &str) -> Answer<()> {
        Ok(self.interlock()?.instantiate()?.check_resource(resource)?)
    }

    fn matches(&self, pattern: &str, resource: &str) -> Answer<bool> {
        Ok(self.interlock()?.instantiate()?.matches(pattern, resource)?)
    }

    fn is_within(&self, pattern: &str, wider: &str) -> Answer<bool> {
        let (permission, other) = (Permission::new("c", pattern)?, Permission::new("c", wider)?);
        Ok(self.interlock()?.instantiate()?.is_within(&permission, &other)?)
    }
}

/// A budget, and where another one comes from when it is restored.
struct Stored {
    interlock: Interlock,
    budget: Budget,
}

impl Stored {
    fn counter(&mut self, name: &str) -> Result<Counter, HostError> {
        let count = u32::try_from(self.budget.balances()?.len()).unwrap_or(u32::MAX);
        Ok(self.budget.counter(name)?.unwrap_or(Counter::from_position(count)))
    }

    fn amounts(&mut self, named: &Amounts) -> Result<Vec<Amount>, HostError> {
        named.iter().map(|(name, units)| Ok(Amount { counter: self.counter(name)?, units: *units })).collect()
    }
}

impl Budgeting for Stored {
    fn reserve(&mut self, name: &str, units: u64) -> Answer<u64> {
        let counter = self.counter(name)?;
        Ok(self.budget.reserve(counter, units)?.to_bits())
    }

    fn extend(&mut self, reservation: u64, units: u64) -> Answer<()> {
        Ok(self.budget.extend(Reservation::from_bits(reservation), units)?)
    }

    fn commit(&mut self, reservation: u64, units: u64) -> Answer<u64> {
        Ok(self.budget.commit(Reservation::from_bits(reservation), units)?)
    }

    fn refund(&mut self, reservation: u64) -> Answer<u64> {
        Ok(self.budget.refund(Reservation::from_bits(reservation))?)
    }

    fn spend(&mut self, named: &Amounts) -> Answer<()> {
        let amounts = self.amounts(named)?;
        Ok(self.budget.spend(&amounts)?)
    }

    fn lease(&mut self, named: &Amounts, now_ms: u64, duration_ms: u64, unsettled: Unsettled) -> Answer<(u64, u64)> {
        let amounts = self.amounts(named)?;
        let lease = self.budget.lease(&amounts, now_ms, duration_ms, unsettled)?;
        Ok((lease.id, lease.expires_at_ms))
    }

    fn top_up(&mut self, lease: u64, named: &Amounts, now_ms: u64) -> Answer<()> {
        let amounts = self.amounts(named)?;
        self.budget.top_up(lease, &amounts, now_ms)?;
        Ok(())
    }

    fn renew(&mut self, lease: u64, now_ms: u64, duration_ms: u64) -> Answer<u64> {
        Ok(self.budget.renew(lease, now_ms, duration_ms)?)
    }

    fn settle(&mut self, lease: u64, spent: &Amounts) -> Answer<()> {
        let spent = self.amounts(spent)?;
        Ok(self.budget.settle(lease, &spent)?)
    }

    fn reclaim(&mut self, now_ms: u64) -> Answer<Vec<u64>> {
        Ok(self.budget.reclaim(now_ms)?.iter().map(|lease| lease.id).collect())
    }

    fn set_ceiling(&mut self, name: &str, ceiling: u64) -> Answer<()> {
        let counter = self.counter(name)?;
        Ok(self.budget.set_ceiling(counter, ceiling)?)
    }

    fn restore(&mut self) -> Answer<()> {
        let state = self.budget.state()?;
        self.budget = Budget::restore(self.interlock.instantiate()?, &state)?;
        Ok(())
    }

    fn balances(&mut self) -> Answer<String> {
        let next = self.budget.next_expiry_ms()?;
        Ok(named(&self.budget.balances()?, next))
    }
}

fn named(counters: &[(String, Balance)], next_expiry_ms: Option<u64>) -> String {
    balances(counters.iter().map(|(name, balance)| (name.as_str(), *balance)), next_expiry_ms)
}

/// A grant among those that were derived from it.
struct Granted {
    covenant: Rc<RefCell<Covenant>>,
    grant: Grant,
}

impl Granted {
    fn derived(&self, grant: Grant) -> Box<dyn Granting> {
        Box::new(Self { covenant: Rc::clone(&self.covenant), grant })
    }
}

impl Granting for Granted {
    fn step(&mut self, operation: &str, by: &str, now_ms: u64) -> Answer<String> {
        let step = match operation {
            "negotiate" => GrantStep::Negotiate,
            "grant" => GrantStep::Grant,
            "revoke" => GrantStep::Revoke,
            "expire" => GrantStep::Expire,
            other => return Err(Refused(format!("no operation {other}"))),
        };
        let transition = self.covenant.borrow_mut().step(self.grant, step, by, now_ms)?;
        Ok(String::from(transition.to.as_str()))
    }

    fn amend(&mut self, terms: &TermsText, by: &str, now_ms: u64) -> Answer<Box<dyn Granting>> {
        let grant = self.covenant.borrow_mut().amend(self.grant, &terms.terms()?, by, now_ms)?;
        Ok(self.derived(grant))
    }

    fn attenuate(&mut self, id: &str, terms: &TermsText, by: &str, now_ms: u64) -> Answer<Box<dyn Granting>> {
        let grant = self.covenant.borrow_mut().attenuate(self.grant, id, &terms.terms()?, by, now_ms)?;
        Ok(self.derived(grant))
    }

    fn is_active(&mut self, now_ms: u64) -> Answer<bool> {
        Ok(self.covenant.borrow_mut().is_active(self.grant, now_ms))
    }

    fn account(&mut self) -> Answer<Value> {
        Ok(account_text(self.covenant.borrow_mut().account(self.grant)?))
    }
}

/// A grant as a fixture shows it.
fn account_text(account: GrantAccount) -> Value {
    let GrantAccount { id, version, state, terms, parent, history } = account;
    json!({
        "id": id,
        "version": version,
        "state": state.as_str(),
        "parent": parent.map(|parent| format!("{} {}", parent.grant, parent.version)),
        "terms": TermsText::of(&terms),
        "history": history.iter().map(transition).collect::<Vec<_>>(),
    })
}

/// A registry, what is beside it, and where all of that is.
struct Registered {
    covenant: Covenant,
    registry: GrantRegistry,
    grants: Vec<Grant>,
    enforcers: Vec<Enforcer>,
}

fn summary_of(grant: &GrantAccount) -> String {
    summary(&grant.id, grant.version, grant.state, &grant.history)
}

impl Registering for Registered {
    fn issue(&mut self, id: &str, version: u32, terms: &TermsText, by: &str, now_ms: u64) -> Answer<()> {
        self.grants.push(self.covenant.issued(id, version, &terms.terms()?, by, now_ms)?);
        Ok(())
    }

    fn derive(&mut self, number: usize, id: &str, terms: &TermsText, by: &str, now_ms: u64) -> Answer<()> {
        let from = *known(&mut self.grants, number)?;
        self.grants.push(self.covenant.attenuate(from, id, &terms.terms()?, by, now_ms)?);
        Ok(())
    }

    fn activate(&mut self, number: usize, by: &str, now_ms: u64) -> Answer<()> {
        self.covenant.step(*known(&mut self.grants, number)?, GrantStep::Grant, by, now_ms)?;
        Ok(())
    }

    fn insert(&mut self, number: usize) -> Answer<()> {
        Ok(self.registry.insert(*known(&mut self.grants, number)?)?)
    }

    fn get(&mut self, id: &str, version: u32) -> Answer<Value> {
        let Some(grant) = self.registry.get(id, version)? else { return Ok(Value::Null) };
        let account = self.covenant.account(grant)?;
        self.covenant.release(grant)?;
        Ok(account_text(account))
    }

    fn grants(&mut self) -> Answer<Vec<String>> {
        Ok(self.registry.grants()?.iter().map(summary_of).collect())
    }

    fn is_active(&mut self, id: &str, version: u32, now_ms: u64) -> Answer<bool> {
        Ok(self.registry.is_active(id, version, now_ms))
    }

    fn attenuate(
        &mut self,
        id: &str,
        version: u32,
        derived: &str,
        terms: &TermsText,
        by: &str,
        now_ms: u64,
    ) -> Answer<String> {
        Ok(summary_of(&self.registry.attenuate(id, version, derived, &terms.terms()?, by, now_ms)?))
    }

    fn grant(&mut self, id: &str, version: u32, by: &str, now_ms: u64) -> Answer<String> {
        Ok(summary_of(&self.registry.grant(id, version, by, now_ms)?))
    }

    fn revoke(&mut self, id: &str, version: u32, by: &str, now_ms: u64) -> Answer<Vec<String>> {
        Ok(self.registry.revoke(id, version, by, now_ms)?.iter().map(summary_of).collect())
    }

    fn expire(&mut self, id: &str, version: u32, by: &str, now_ms: u64) -> Answer<String> {
        Ok(summary_of(&self.registry.expire(id, version, by, now_ms)?))
    }

    fn enforce(&mut self, id: &str, version: u32) -> Answer<()> {
        let grant = self.registry.get(id, version)?.ok_or_else(|| Refused(String::from("no such grant")))?;
        self.enforcers.push(self.covenant.enforcer(grant)?);
        Ok(self.covenant.release(grant)?)
    }

    fn follow(&mut self, number: usize, by: &str, now_ms: u64) -> Answer<bool> {
        Ok(known(&mut self.enforcers, number)?.follow(&self.registry, by, now_ms)?)
    }

    fn check(&mut self, number: usize, capability: &str, resource: &str, now_ms: u64) -> Answer<String> {
        Ok(outcome(known(&mut self.enforcers, number)?.decide(capability, resource, &[], now_ms)))
    }
}

/// Costs by the positions of the enforcer's counters.
fn costs(enforcer: &mut Enforcer, named: &Amounts) -> Result<Vec<Amount>, HostError> {
    let counters = enforcer.balances()?;
    let position = |name: &str| {
        let at = counters.iter().position(|(counter, _)| counter == name).unwrap_or(counters.len());
        Counter::from_position(u32::try_from(at).unwrap_or(u32::MAX))
    };
    Ok(named.iter().map(|(name, units)| Amount { counter: position(name), units: *units }).collect())
}

impl Enforcing for Enforcer {
    fn check(&mut self, capability: &str, resource: &str, named: &Amounts, now_ms: u64) -> Answer<String> {
        let costs = costs(self, named)?;
        Ok(Self::check(self, capability, resource, &costs, now_ms).json)
    }

    fn check_many(&mut self, operations: &[(String, String, Amounts)], now_ms: u64) -> Answer<Vec<String>> {
        let mut all = Vec::new();
        for (_, _, named) in operations {
            all.push(costs(self, named)?);
        }
        let asked: Vec<(&str, &str, &[Amount])> = operations
            .iter()
            .zip(&all)
            .map(|((capability, resource, _), costs)| (capability.as_str(), resource.as_str(), costs.as_slice()))
            .collect();
        let json = |decision: Decision| decision.json;
        Ok(Self::check_many(self, &asked, now_ms).into_iter().map(json).collect())
    }

    fn decide(&mut self, review: u64, who: &str, approves: bool, now_ms: u64) -> Answer<String> {
        Ok(String::from(self.answer(review, who, approves, now_ms)?.as_str()))
    }

    fn resume(&mut self, review: u64, now_ms: u64) -> Answer<String> {
        Ok(outcome(Self::resume(self, review, now_ms)?))
    }

    fn advance(&mut self, now_ms: u64) -> Answer<()> {
        Ok(Self::advance(self, now_ms)?)
    }

    fn revoke(&mut self, by: &str, now_ms: u64) -> Answer<()> {
        Ok(self.set_granted(false, by, now_ms)?)
    }

    fn regrant(&mut self, by: &str, now_ms: u64) -> Answer<()> {
        Ok(self.set_granted(true, by, now_ms)?)
    }

    fn reviews(&mut self) -> Answer<Vec<String>> {
        let mut lines: Vec<String> = Self::reviews(self)?.iter().map(|it: &ReviewAccount| review_text(it)).collect();
        lines.push(optional(self.next_deadline_ms()?));
        Ok(lines)
    }

    fn balances(&mut self) -> Answer<String> {
        Ok(named(&Self::balances(self)?, None))
    }
}
