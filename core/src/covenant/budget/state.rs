//! A budget as it is stored.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Amount, Budget, BudgetError, Lease, Unsettled};

/// A counter as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CounterState {
    /// Its name.
    pub name: String,
    /// All of its units.
    pub ceiling: u64,
    /// Those that are spent.
    pub spent: u64,
}

/// A lease as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeaseState {
    /// Its number.
    pub id: u64,
    /// Position of a counter, and how many of its units.
    pub amounts: Vec<(u32, u64)>,
    /// When it ends, in ms.
    pub expires_at_ms: u64,
    /// What becomes of it then.
    pub unsettled: Unsettled,
}

/// A budget as it is stored: what survives whoever holds it.
///
/// Reservations do not. Whether their side effects happened is not known, so what they hold counts as spent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BudgetState {
    /// The counters.
    pub counters: Vec<CounterState>,
    /// The leases, in the order of their numbers.
    pub leases: Vec<LeaseState>,
    /// The number of the next lease.
    pub next_lease: u64,
    /// The latest time that was seen, in ms.
    pub now_ms: u64,
}

impl Budget {
    /// The budget as it is stored.
    #[must_use]
    pub fn state(&self) -> BudgetState {
        let mut counters = Vec::new();
        for (counter, name) in self.counters() {
            let leased = self.leases.iter().flat_map(|lease| &lease.amounts).filter(|own| own.counter == counter);
            let leased = leased.fold(0_u64, |sum, own| sum.saturating_add(own.units));
            let Some(balance) = self.balance(counter) else { continue };
            let spent = balance.spent.saturating_add(balance.reserved).saturating_sub(leased);
            counters.push(CounterState { name: String::from(name), ceiling: balance.ceiling, spent });
        }
        let leases = self.leases.iter().map(|lease| LeaseState {
            id: lease.id,
            amounts: lease.amounts.iter().map(|own| (own.counter.0, own.units)).collect(),
            expires_at_ms: lease.expires_at_ms,
            unsettled: lease.unsettled,
        });
        BudgetState { counters, leases: leases.collect(), next_lease: self.next_lease, now_ms: self.now_ms }
    }

    /// The budget that was stored.
    ///
    /// # Errors
    /// [`BudgetError`] when no budget can have been in that state.
    pub fn restore(state: &BudgetState) -> Result<Self, BudgetError> {
        let broken = |what| Err(BudgetError::State { what });
        let ceilings: Vec<(&str, u64)> = state.counters.iter().map(|it| (it.name.as_str(), it.ceiling)).collect();
        let mut budget = Self::new(&ceilings)?;
        for (account, stored) in budget.accounts.iter_mut().zip(&state.counters) {
            if stored.spent > stored.ceiling {
                return broken("more is spent than the ceiling");
            }
            account.spent = stored.spent;
        }
        let mut next = 0_u64;
        for stored in &state.leases {
            if stored.id < next || stored.id >= state.next_lease {
                return broken("leases are not in the order of their numbers");
            }
            next = stored.id.saturating_add(1);
            let mut amounts = Vec::new();
            for (position, units) in &stored.amounts {
                amounts.push(Amount { counter: super::Counter(*position), units: *units });
            }
            budget.afford(&amounts)?;
            for amount in &amounts {
                budget.account(amount.counter)?.set_aside(amount.units);
            }
            let (expires_at_ms, unsettled) = (stored.expires_at_ms, stored.unsettled);
            budget.leases.push(Lease { id: stored.id, amounts, expires_at_ms, unsettled });
        }
        budget.next_lease = state.next_lease;
        budget.now_ms = state.now_ms;
        Ok(budget)
    }
}
