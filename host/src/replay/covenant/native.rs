//! The suite `covenant` on the core itself.

use interlock_core::covenant::{
    Amount, Budget, Counter, Enforcer, Grant, GrantRegistry, Pattern, Permission, Reservation, Unsettled,
    check_resource,
};
use serde_json::Value;

use super::super::backend::{Answer, Refused};
use super::super::native::Native;
use super::backend::{
    Budgeting, Covenants, Enforcing, Granting, Registering, balances, known, optional, outcome, review, summary,
};
use super::grants::account;
use super::{Amounts, TermsText};

fn counter(budget: &Budget, name: &str) -> Counter {
    let count = u32::try_from(budget.counters().count()).unwrap_or(u32::MAX);
    budget.counter(name).unwrap_or(Counter::from_position(count))
}

fn amounts(budget: &Budget, named: &Amounts) -> Vec<Amount> {
    named.iter().map(|(name, units)| Amount { counter: counter(budget, name), units: *units }).collect()
}

fn balances_of(budget: &Budget) -> String {
    let counters = budget.counters().filter_map(|(counter, name)| Some((name, budget.balance(counter)?)));
    balances(counters, budget.next_expiry_ms())
}

impl Covenants for Native {
    fn budget(&self, ceilings: &Amounts) -> Answer<Box<dyn Budgeting>> {
        let ceilings: Vec<(&str, u64)> = ceilings.iter().map(|(name, units)| (name.as_str(), *units)).collect();
        Ok(Box::new(Budget::new(&ceilings)?))
    }

    fn propose(&self, id: &str, terms: &TermsText, by: &str, now_ms: u64) -> Answer<Box<dyn Granting>> {
        Ok(Box::new(Grant::propose(id, terms.terms()?, by, now_ms)?))
    }

    fn issue(&self, id: &str, version: u32, terms: &TermsText, by: &str, now_ms: u64) -> Answer<Box<dyn Granting>> {
        Ok(Box::new(Grant::issued(id, version, terms.terms()?, by, now_ms)?))
    }

    fn registry(&self) -> Answer<Box<dyn Registering>> {
        Ok(Box::<Registered>::default())
    }

    fn enforcer(&self, grant: &str, terms: &TermsText) -> Answer<Box<dyn Enforcing>> {
        let mut grant = Grant::propose(grant, terms.terms()?, "ada", 0)?;
        grant.grant("grace", 0)?;
        Ok(Box::new(Enforcer::new(grant)?))
    }

    fn check_permission(&self, capability: &str, pattern: &str) -> Answer<()> {
        Permission::new(capability, pattern)?;
        Ok(())
    }

    fn check_resource(&self, resource: &str) -> Answer<()> {
        Ok(check_resource(resource)?)
    }

    fn matches(&self, pattern: &str, resource: &str) -> Answer<bool> {
        Ok(Pattern::new(pattern)?.matches(resource))
    }

    fn is_within(&self, pattern: &str, wider: &str) -> Answer<bool> {
        Ok(Permission::new("c", pattern)?.is_within(&Permission::new("c", wider)?))
    }
}

impl Budgeting for Budget {
    fn reserve(&mut self, name: &str, units: u64) -> Answer<u64> {
        let counter = counter(self, name);
        Ok(Self::reserve(self, counter, units)?.to_bits())
    }

    fn extend(&mut self, reservation: u64, units: u64) -> Answer<()> {
        Ok(Self::extend(self, Reservation::from_bits(reservation), units)?)
    }

    fn commit(&mut self, reservation: u64, units: u64) -> Answer<u64> {
        Ok(Self::commit(self, Reservation::from_bits(reservation), units)?)
    }

    fn refund(&mut self, reservation: u64) -> Answer<u64> {
        Ok(Self::refund(self, Reservation::from_bits(reservation))?)
    }

    fn spend(&mut self, named: &Amounts) -> Answer<()> {
        let amounts = amounts(self, named);
        Ok(Self::spend(self, &amounts)?)
    }

    fn lease(&mut self, named: &Amounts, now_ms: u64, duration_ms: u64, unsettled: Unsettled) -> Answer<(u64, u64)> {
        let amounts = amounts(self, named);
        let lease = Self::lease(self, &amounts, now_ms, duration_ms, unsettled)?;
        Ok((lease.id, lease.expires_at_ms))
    }

    fn top_up(&mut self, lease: u64, named: &Amounts, now_ms: u64) -> Answer<()> {
        let amounts = amounts(self, named);
        Self::top_up(self, lease, &amounts, now_ms)?;
        Ok(())
    }

    fn renew(&mut self, lease: u64, now_ms: u64, duration_ms: u64) -> Answer<u64> {
        Ok(Self::renew(self, lease, now_ms, duration_ms)?)
    }

    fn settle(&mut self, lease: u64, spent: &Amounts) -> Answer<()> {
        let spent = amounts(self, spent);
        Ok(Self::settle(self, lease, &spent)?)
    }

    fn reclaim(&mut self, now_ms: u64) -> Answer<Vec<u64>> {
        Ok(Self::reclaim(self, now_ms).iter().map(|lease| lease.id).collect())
    }

    fn set_ceiling(&mut self, name: &str, ceiling: u64) -> Answer<()> {
        let counter = counter(self, name);
        Ok(Self::set_ceiling(self, counter, ceiling)?)
    }

    fn restore(&mut self) -> Answer<()> {
        *self = Self::restore(&self.state())?;
        Ok(())
    }

    fn balances(&mut self) -> Answer<String> {
        Ok(balances_of(self))
    }
}

impl Granting for Grant {
    fn step(&mut self, operation: &str, by: &str, now_ms: u64) -> Answer<String> {
        let transition = match operation {
            "negotiate" => self.negotiate(by, now_ms)?,
            "grant" => self.grant(by, now_ms)?,
            "revoke" => self.revoke(by, now_ms)?,
            "expire" => self.expire(by, now_ms)?,
            other => return Err(Refused(format!("no operation {other}"))),
        };
        Ok(String::from(transition.to.as_str()))
    }

    fn amend(&mut self, terms: &TermsText, by: &str, now_ms: u64) -> Answer<Box<dyn Granting>> {
        Ok(Box::new(Self::amend(self, terms.terms()?, by, now_ms)?))
    }

    fn attenuate(&mut self, id: &str, terms: &TermsText, by: &str, now_ms: u64) -> Answer<Box<dyn Granting>> {
        Ok(Box::new(Self::attenuate(self, id, terms.terms()?, by, now_ms)?))
    }

    fn is_active(&mut self, now_ms: u64) -> Answer<bool> {
        Ok(Self::is_active(self, now_ms))
    }

    fn account(&mut self) -> Answer<Value> {
        Ok(account(self))
    }
}

/// A registry and what is beside it.
#[derive(Default)]
struct Registered {
    registry: GrantRegistry,
    grants: Vec<Grant>,
    enforcers: Vec<Enforcer>,
}

fn summary_of(grant: &Grant) -> String {
    summary(grant.id(), grant.version(), grant.state(), grant.history())
}

impl Registering for Registered {
    fn issue(&mut self, id: &str, version: u32, terms: &TermsText, by: &str, now_ms: u64) -> Answer<()> {
        self.grants.push(Grant::issued(id, version, terms.terms()?, by, now_ms)?);
        Ok(())
    }

    fn derive(&mut self, number: usize, id: &str, terms: &TermsText, by: &str, now_ms: u64) -> Answer<()> {
        let grant = Grant::attenuate(known(&mut self.grants, number)?, id, terms.terms()?, by, now_ms)?;
        self.grants.push(grant);
        Ok(())
    }

    fn activate(&mut self, number: usize, by: &str, now_ms: u64) -> Answer<()> {
        known(&mut self.grants, number)?.grant(by, now_ms)?;
        Ok(())
    }

    fn insert(&mut self, number: usize) -> Answer<()> {
        Ok(self.registry.insert(known(&mut self.grants, number)?.clone())?)
    }

    fn get(&mut self, id: &str, version: u32) -> Answer<Value> {
        Ok(self.registry.get(id, version).map_or(Value::Null, account))
    }

    fn grants(&mut self) -> Answer<Vec<String>> {
        Ok(self.registry.grants().map(summary_of).collect())
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
        Ok(summary_of(self.registry.attenuate(id, version, derived, terms.terms()?, by, now_ms)?))
    }

    fn grant(&mut self, id: &str, version: u32, by: &str, now_ms: u64) -> Answer<String> {
        Ok(summary_of(self.registry.grant(id, version, by, now_ms)?))
    }

    fn revoke(&mut self, id: &str, version: u32, by: &str, now_ms: u64) -> Answer<Vec<String>> {
        Ok(self.registry.revoke(id, version, by, now_ms)?.into_iter().map(summary_of).collect())
    }

    fn expire(&mut self, id: &str, version: u32, by: &str, now_ms: u64) -> Answer<String> {
        Ok(summary_of(self.registry.expire(id, version, by, now_ms)?))
    }

    fn enforce(&mut self, id: &str, version: u32) -> Answer<()> {
        let grant = self.registry.get(id, version).ok_or_else(|| Refused(String::from("no such grant")))?;
        self.enforcers.push(Enforcer::new(grant.clone())?);
        Ok(())
    }

    fn follow(&mut self, number: usize, by: &str, now_ms: u64) -> Answer<bool> {
        Ok(known(&mut self.enforcers, number)?.follow(&self.registry, by, now_ms)?)
    }

    fn check(&mut self, number: usize, capability: &str, resource: &str, now_ms: u64) -> Answer<String> {
        Ok(outcome(known(&mut self.enforcers, number)?.check(capability, resource, &[], now_ms).outcome))
    }
}

impl Enforcing for Enforcer {
    fn check(&mut self, capability: &str, resource: &str, costs: &Amounts, now_ms: u64) -> Answer<String> {
        let costs = amounts(self.budget(), costs);
        Ok(Self::check(self, capability, resource, &costs, now_ms).to_json())
    }

    fn check_many(&mut self, operations: &[(String, String, Amounts)], now_ms: u64) -> Answer<Vec<String>> {
        operations
            .iter()
            .map(|(capability, resource, costs)| Enforcing::check(self, capability, resource, costs, now_ms))
            .collect()
    }

    fn decide(&mut self, review: u64, who: &str, approves: bool, now_ms: u64) -> Answer<String> {
        let state = if approves { self.approve(review, who, now_ms)? } else { self.reject(review, who, now_ms)? };
        Ok(String::from(state.as_str()))
    }

    fn resume(&mut self, review: u64, now_ms: u64) -> Answer<String> {
        Ok(outcome(Self::resume(self, review, now_ms)?))
    }

    fn advance(&mut self, now_ms: u64) -> Answer<()> {
        Self::advance(self, now_ms);
        Ok(())
    }

    fn revoke(&mut self, by: &str, now_ms: u64) -> Answer<()> {
        Ok(Self::revoke(self, by, now_ms)?)
    }

    fn regrant(&mut self, by: &str, now_ms: u64) -> Answer<()> {
        Ok(Self::regrant(self, by, now_ms)?)
    }

    fn reviews(&mut self) -> Answer<Vec<String>> {
        let mut lines: Vec<String> = Self::reviews(self).iter().map(review).collect();
        lines.push(optional(self.next_deadline_ms()));
        Ok(lines)
    }

    fn balances(&mut self) -> Answer<String> {
        Ok(balances_of(self.budget()))
    }
}
