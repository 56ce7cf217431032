//! A lease of a larger budget is topped up in mid-stream.
//!
//! The session says what it lacks ([`Session::next_top_up`]), and holds what it cannot pay for. The host answers with
//! units or a refusal ([`Session::top_up`]). Behind a refusal the lease is a budget as any other: what it cannot pay for halts
//! the stream with the reason `budget`.
//!
//! One request of a counter is out at a time, so the same answers in the same order are the same budget, whenever they
//! come and however the stream was cut: what leaves is what that budget pays for.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::Covenant;
use crate::covenant::{Amount, Budget, Counter};
use crate::halt::{Halt, HaltReason};
use crate::policy::CovenantPolicy;
use crate::session::machine::{Session, SessionState};

/// A session's budget runs out of something, and may get more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUpRequest {
    /// Name of the counter.
    pub counter: String,
    /// How many units are missing, at least, for what is held; 0 when nothing is: the lease runs low.
    pub missing: u64,
    /// How many units are left.
    pub free: u64,
    /// How many more units the policy's ceiling allows. What is given beyond is not taken.
    pub most: u64,
}

/// Units that a session cannot take. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TopUpError {
    /// The stream is over: the units are as good as unspent.
    Ended {
        /// Where it is in its life.
        state: SessionState,
    },
    /// The session has no lease of such a counter.
    NoLease {
        /// Its name.
        counter: String,
    },
}

impl TopUpError {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Ended { state } => ["the session takes no units: it is ", state.as_str()].concat(),
            Self::NoLease { counter } => ["there is no lease of the counter ", counter].concat(),
        }
    }
}

impl fmt::Display for TopUpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for TopUpError {}

/// A counter that may be topped up.
#[derive(Debug)]
pub(super) struct Lease {
    counter: Counter,
    /// The most that its ceiling may be.
    ceiling: u64,
    low_water: u64,
    /// A request is out.
    is_asked: bool,
    /// There is no more.
    is_refused: bool,
}

impl Lease {
    /// The leases of a policy, in its order.
    pub(super) fn of(policy: &CovenantPolicy, budget: &Budget) -> Vec<Self> {
        let mut leases = Vec::new();
        for item in &policy.budgets {
            if item.lease.is_some()
                && let Some(counter) = budget.counter(&item.counter)
            {
                let (ceiling, low_water) = (item.ceiling, item.low_water);
                leases.push(Self { counter, ceiling, low_water, is_asked: false, is_refused: false });
            }
        }
        leases
    }
}

impl Covenant {
    /// How many units of a counter are left.
    pub(super) fn free(&self, counter: Counter) -> u64 {
        self.enforcer.budget().balance(counter).map_or(0, |balance| balance.free)
    }

    /// Whether a counter may get more.
    pub(super) fn may_be_topped_up(&self, counter: Counter) -> bool {
        let ceiling = self.enforcer.budget().balance(counter).map_or(u64::MAX, |balance| balance.ceiling);
        self.leases.iter().any(|lease| lease.counter == counter && !lease.is_refused && ceiling < lease.ceiling)
    }

    /// The first of these costs that there is not enough of, where there may be more of each such.
    pub(super) fn lacking_of(&self, costs: &[Amount]) -> Option<Amount> {
        let mut lacking = costs.iter().copied().filter(|cost| cost.units > self.free(cost.counter));
        let first = lacking.next()?;
        let all = self.may_be_topped_up(first.counter) && lacking.all(|cost| self.may_be_topped_up(cost.counter));
        all.then_some(first)
    }

    /// Whether time has passed that cannot be paid for yet: nothing leaves meanwhile.
    pub(super) fn owes_time(&self) -> bool {
        self.elapsed_ms > self.paid_ms && self.wall_time.is_some_and(|counter| self.may_be_topped_up(counter))
    }

    /// Whether something waits for units.
    fn awaits(&self) -> bool {
        let unpaid = self.unread.bytes > 0 || self.unpaid.is_some();
        (unpaid && self.awaits_tokens()) || self.lacking.is_some() || self.owes_time()
    }

    /// How many units of a counter are missing for what is held.
    fn missing(&self, counter: Counter) -> u64 {
        if self.tokens == Some(counter) {
            return self.wanted_tokens().saturating_sub(self.affordable_tokens());
        }
        if self.wall_time == Some(counter) {
            return self.elapsed_ms.saturating_sub(self.paid_ms);
        }
        self.lacking.filter(|it| it.counter == counter).map_or(0, |it| it.units.saturating_sub(self.free(counter)))
    }

    /// What is to be asked for next, which is noted as asked. Whether more may come that wants units.
    fn ask(&mut self, more_may_come: bool) -> Option<TopUpRequest> {
        for index in 0..self.leases.len() {
            let Some(lease) = self.leases.get(index).filter(|lease| !lease.is_asked && !lease.is_refused) else {
                continue;
            };
            let Some(balance) = self.enforcer.budget().balance(lease.counter) else { continue };
            let most = lease.ceiling.saturating_sub(balance.ceiling);
            let missing = self.missing(lease.counter);
            let runs_low = more_may_come && balance.free < lease.low_water;
            if most == 0 || (missing == 0 && !runs_low) {
                continue;
            }
            let counter = String::from(self.enforcer.budget().name(lease.counter).unwrap_or_default());
            if let Some(lease) = self.leases.get_mut(index) {
                lease.is_asked = true;
            }
            return Some(TopUpRequest { counter, missing, free: balance.free, most });
        }
        None
    }

    /// Takes units, or that there are none. Whether there is such a lease.
    fn take_units(&mut self, name: &str, units: u64) -> bool {
        let budget = self.enforcer.budget_mut();
        let Some(counter) = budget.counter(name) else { return false };
        let Some(lease) = self.leases.iter_mut().find(|lease| lease.counter == counter) else { return false };
        lease.is_asked = false;
        lease.is_refused |= units == 0;
        let ceiling = budget.balance(counter).map_or(0, |balance| balance.ceiling);
        budget.raise(counter, ceiling.saturating_add(units).min(lease.ceiling));
        if self.tokens == Some(counter) {
            self.pay_for_messages();
        }
        true
    }

    pub(super) fn refuse_top_ups(&mut self) {
        for lease in &mut self.leases {
            lease.is_refused = true;
        }
    }
}

impl Session {
    /// The next counter of a lease that runs out: handed out once, answered by [`Session::top_up`]. What cannot be paid
    /// for is held until then. There is at most one request of a counter at a time.
    pub fn next_top_up(&mut self) -> Option<TopUpRequest> {
        if self.ended.is_some() {
            return None;
        }
        let more_may_come = self.wants_input();
        self.covenant.as_mut()?.ask(more_may_come)
    }

    /// The host tops a lease up, asked or not, with so many units; with 0 it refuses for good: the session asks no
    /// more, and what cannot be paid for halts the stream. Beyond the policy's ceiling nothing is taken.
    ///
    /// # Errors
    /// [`TopUpError::Ended`] when the stream is over, [`TopUpError::NoLease`] when the policy has no lease of the counter.
    pub fn top_up(&mut self, counter: &str, units: u64) -> Result<(), TopUpError> {
        if let Some(state) = self.ended {
            return Err(TopUpError::Ended { state });
        }
        if !self.covenant.as_mut().is_some_and(|covenant| covenant.take_units(counter, units)) {
            return Err(TopUpError::NoLease { counter: String::from(counter) });
        }
        self.go_on();
        Ok(())
    }

    /// Nobody tops leases up: what they hold is all there is.
    pub fn refuse_top_ups(&mut self) {
        if let Some(covenant) = self.covenant.as_mut().filter(|_| self.ended.is_none()) {
            covenant.refuse_top_ups();
            self.go_on();
        }
    }

    /// Whether something that was read waits for units: a host need not read on meanwhile.
    #[must_use]
    pub fn awaits_top_up(&self) -> bool {
        self.ended.is_none() && self.covenant.as_ref().is_some_and(|covenant| covenant.awaits())
    }

    /// Goes on with what can be paid for now, or will never be.
    fn go_on(&mut self) {
        self.pay_for_time();
        if self.ended.is_none() {
            self.read_unread();
            self.score_builtin();
        }
    }

    /// Pays for the time that has passed. What is left is spent also when it is not enough: the time has passed.
    pub(super) fn pay_for_time(&mut self) {
        let Some(covenant) = &mut self.covenant else { return };
        let Some(counter) = covenant.wall_time else { return };
        let owed = covenant.elapsed_ms.saturating_sub(covenant.paid_ms);
        if owed == 0 {
            return;
        }
        let units = owed.min(covenant.free(counter));
        covenant.enforcer.budget_mut().take(&[Amount { counter, units }]);
        covenant.paid_ms = covenant.paid_ms.saturating_add(units);
        if units == owed {
            covenant.owing_since = None;
            return;
        }
        // What comes in time that is never paid for does not leave.
        let last = *covenant.owing_since.get_or_insert(self.events_in);
        if covenant.may_be_topped_up(counter) {
            return;
        }
        #[allow(clippy::cast_precision_loss, reason = "milliseconds, for people")]
        let halt = Halt::measured(HaltReason::Budget, covenant.elapsed_ms as f64, covenant.paid_ms as f64);
        if self.is_observing() {
            self.note_halt(halt, None);
        } else {
            self.halt_stream(halt, None, last);
        }
    }
}
