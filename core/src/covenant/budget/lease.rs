//! Shares of a budget that somebody elsewhere spends, for a while.

use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::{Amount, Budget, BudgetError, MAX_OPEN};

/// What becomes of a lease that nobody settled in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unsettled {
    /// It is free again: for holders that stop when their lease ends and report what they spent.
    #[default]
    Refund,
    /// It counts as spent: for holders that may vanish after they spent it.
    Spend,
}

/// Units set aside for a holder until a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Its number, which the budget gives out once.
    pub id: u64,
    /// What it holds, each counter once.
    pub amounts: Vec<Amount>,
    /// When it ends, in ms on the clock of whoever gave it.
    pub expires_at_ms: u64,
    /// What becomes of it when it ends.
    pub unsettled: Unsettled,
}

/// Leases and the clock.
///
/// Time is in milliseconds from whatever start the caller has. A clock that runs backwards stands still here: the latest
/// time that was seen goes on counting, so no lease lives longer because a clock was set back.
impl Budget {
    /// Notes the time, and gives the time that counts.
    pub(super) fn advance(&mut self, now_ms: u64) -> u64 {
        self.now_ms = self.now_ms.max(now_ms);
        self.now_ms
    }

    /// Takes back what has ended by now, then sets every amount aside for a holder, or none, until `duration_ms`
    /// from now.
    ///
    /// # Errors
    /// As [`Budget::afford`]; [`BudgetError::LeaseTime`] for a duration of 0 or beyond the end of the clock,
    /// [`BudgetError::TooMany`] above [`MAX_OPEN`] leases. The time is noted and ended leases are taken back also then.
    pub fn lease(
        &mut self,
        amounts: &[Amount],
        now_ms: u64,
        duration_ms: u64,
        unsettled: Unsettled,
    ) -> Result<Lease, BudgetError> {
        self.reclaim(now_ms);
        let expires_at_ms = self.expiry(now_ms, duration_ms)?;
        let next_lease = self.next_lease.checked_add(1).filter(|_| self.leases.len() < MAX_OPEN as usize);
        let Some(next_lease) = next_lease else {
            return Err(BudgetError::TooMany { what: "leases", bound: MAX_OPEN });
        };
        self.afford(amounts)?;
        for amount in amounts {
            self.account(amount.counter)?.set_aside(amount.units);
        }
        let lease = Lease { id: self.next_lease, amounts: amounts.to_vec(), expires_at_ms, unsettled };
        self.next_lease = next_lease;
        self.leases.push(lease.clone());
        Ok(lease)
    }

    fn expiry(&mut self, now_ms: u64, duration_ms: u64) -> Result<u64, BudgetError> {
        let expiry = self.advance(now_ms).checked_add(duration_ms).filter(|_| duration_ms > 0);
        expiry.ok_or(BudgetError::LeaseTime { duration_ms })
    }

    fn position_of(&self, lease: u64) -> Result<usize, BudgetError> {
        self.leases.binary_search_by_key(&lease, |entry| entry.id).map_err(|_| BudgetError::UnknownLease { lease })
    }

    /// Takes back what has ended by now, then sets every amount aside for the holder of a lease, too, or none. The lease
    /// ends when it would have.
    ///
    /// # Errors
    /// As [`Budget::afford`]; [`BudgetError::UnknownLease`] when it was settled or has ended. The time is noted and ended
    /// leases are taken back also then.
    pub fn top_up(&mut self, lease: u64, amounts: &[Amount], now_ms: u64) -> Result<Lease, BudgetError> {
        self.reclaim(now_ms);
        let position = self.position_of(lease)?;
        self.afford(amounts)?;
        for amount in amounts {
            self.account(amount.counter)?.set_aside(amount.units);
        }
        let Some(entry) = self.leases.get_mut(position) else { return Err(BudgetError::UnknownLease { lease }) };
        for amount in amounts {
            match entry.amounts.iter_mut().find(|own| own.counter == amount.counter) {
                Some(own) => own.units = own.units.saturating_add(amount.units),
                None => entry.amounts.push(*amount),
            }
        }
        Ok(entry.clone())
    }

    /// Lets a lease end `duration_ms` from now, if that is later than it would.
    ///
    /// # Errors
    /// [`BudgetError::UnknownLease`] when it was settled or has ended, [`BudgetError::LeaseTime`].
    pub fn renew(&mut self, lease: u64, now_ms: u64, duration_ms: u64) -> Result<u64, BudgetError> {
        self.reclaim(now_ms);
        let position = self.position_of(lease)?;
        let expires_at_ms = self.expiry(now_ms, duration_ms)?;
        let Some(entry) = self.leases.get_mut(position) else { return Err(BudgetError::UnknownLease { lease }) };
        entry.expires_at_ms = entry.expires_at_ms.max(expires_at_ms);
        Ok(entry.expires_at_ms)
    }

    /// Ends a lease: what its holder spent is spent, the rest is free again. One that has ended and was not taken back
    /// is settled as any other: its units are still set aside.
    ///
    /// # Errors
    /// [`BudgetError::UnknownLease`] when it was settled or taken back, [`BudgetError::MoreThanReserved`] when it
    /// holds less of a counter, [`BudgetError::Twice`] when a counter is named twice, [`BudgetError::UnknownCounter`].
    pub fn settle(&mut self, lease: u64, spent: &[Amount]) -> Result<(), BudgetError> {
        let position = self.position_of(lease)?;
        let held = self.leases.get(position).map(|entry| entry.amounts.clone()).unwrap_or_default();
        for (index, amount) in spent.iter().enumerate() {
            let reserved = held.iter().find(|own| own.counter == amount.counter).map_or(0, |own| own.units);
            let account = self.account(amount.counter)?;
            if spent.iter().skip(index.saturating_add(1)).any(|other| other.counter == amount.counter) {
                return Err(BudgetError::Twice { counter: account.name.clone() });
            }
            if amount.units > reserved {
                return Err(BudgetError::MoreThanReserved { requested: amount.units, reserved });
            }
        }
        self.leases.remove(position);
        for own in held {
            let units = spent.iter().find(|amount| amount.counter == own.counter).map_or(0, |amount| amount.units);
            self.account(own.counter)?.settle(own.units, units);
        }
        Ok(())
    }

    /// Takes back every lease that has ended by now, and gives them, in the order in which they were given out.
    pub fn reclaim(&mut self, now_ms: u64) -> Vec<Lease> {
        let now_ms = self.advance(now_ms);
        let mut ended = Vec::new();
        if self.next_expiry_ms().is_none_or(|expiry| expiry > now_ms) {
            return ended;
        }
        for lease in core::mem::take(&mut self.leases) {
            if lease.expires_at_ms > now_ms {
                self.leases.push(lease);
                continue;
            }
            for own in &lease.amounts {
                let spent = if lease.unsettled == Unsettled::Spend { own.units } else { 0 };
                if let Ok(account) = self.account(own.counter) {
                    account.settle(own.units, spent);
                }
            }
            ended.push(lease);
        }
        ended
    }

    /// When the next lease ends, for a host that sets an alarm.
    #[must_use]
    pub fn next_expiry_ms(&self) -> Option<u64> {
        self.leases.iter().map(|lease| lease.expires_at_ms).min()
    }

    /// The leases that are open, in the order in which they were given out.
    #[must_use]
    pub fn leases(&self) -> &[Lease] {
        &self.leases
    }
}
