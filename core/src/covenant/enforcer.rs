//! The one check before every operation.

use alloc::string::String;
use alloc::vec::Vec;

use super::budget::{Amount, Budget, BudgetError};
use super::decision::{Decision, DenyReason, Outcome};
use super::gate::{Fallback, ReviewGate};
use super::grant::{Grant, GrantError, GrantState, check_name};
#[cfg(feature = "permission-index")]
use super::index::Index;
use super::pattern::{MAX_RESOURCE_BYTES, check_resource};
use super::registry::GrantRegistry;
use super::review::{Review, ReviewError, ReviewState};
#[cfg(not(feature = "permission-index"))]
use super::walk::Walk as Index;

/// Reviews that are kept, at most: those that have been decided and nobody came back for make room.
const MAX_REVIEWS: usize = 128;

/// What a gate has seen.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// Operations since the last approval.
    count: u32,
    /// Nobody decided in time: so many operations still pass.
    limited: Option<u32>,
}

/// Answers for one grant what may be done: allow, deny and why, or review and at which gate.
///
/// Checks happen in this order, and the first that fails decides: the grant is active, the resource is one, a permission
/// allows it, the budget has what it costs, and no gate wants a review. What is allowed has been paid for.
///
/// Time is in milliseconds. It is noted by every question, also one that is refused. A clock that runs backwards stands
/// still here: the latest time that was seen goes on counting, so nothing that has ended begins again because a clock was set back.
///
/// ```
/// use interlock_core::covenant::{Enforcer, Grant, Outcome, Permission, ReviewGate, Terms};
///
/// let deletes = ReviewGate { timeout_ms: 60_000, ..ReviewGate::new("deletes", Permission::new("fs", "delete/**")?) };
/// let permissions = vec![Permission::new("fs", "read/**")?, Permission::new("fs", "delete/tmp/*")?];
/// let terms = Terms { permissions, gates: vec![deletes], ..Terms::default() };
/// let mut grant = Grant::propose("assistant", terms, "ada", 0)?;
/// grant.grant("grace", 0)?;
///
/// let mut enforcer = Enforcer::new(grant)?;
/// assert!(enforcer.check("fs", "read/a/b", &[], 1).outcome.is_allowed());
/// assert!(matches!(enforcer.check("fs", "delete/etc", &[], 2).outcome, Outcome::Deny(_)));
/// let Outcome::Review { review, .. } = enforcer.check("fs", "delete/tmp/x", &[], 3).outcome else { panic!() };
/// enforcer.approve(review, "grace", 4)?;
/// assert!(enforcer.resume(review, 5)?.is_allowed());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Enforcer {
    grant: Grant,
    index: Index,
    budget: Budget,
    seen: Vec<Seen>,
    reviews: Vec<Review>,
    next_review: u64,
    now_ms: u64,
}

impl Enforcer {
    /// The enforcer of a grant, with a budget of its ceilings.
    ///
    /// # Errors
    /// [`BudgetError`] when its ceilings are no budget.
    pub fn new(grant: Grant) -> Result<Self, BudgetError> {
        let ceilings: Vec<(&str, u64)> =
            grant.terms().ceilings.iter().map(|ceiling| (ceiling.counter.as_str(), ceiling.units)).collect();
        let budget = Budget::new(&ceilings)?;
        Ok(Self::with_budget(grant, budget))
    }

    /// The enforcer of a grant that spends from a given budget: a share, or one that was stored.
    #[must_use]
    pub fn with_budget(grant: Grant, budget: Budget) -> Self {
        let index = Index::new(&grant.terms().permissions);
        let seen = grant.terms().gates.iter().map(|_| Seen::default()).collect();
        Self { grant, index, budget, seen, reviews: Vec::new(), next_review: 0, now_ms: 0 }
    }

    /// The grant.
    #[must_use]
    pub const fn grant(&self) -> &Grant {
        &self.grant
    }

    /// The budget.
    #[must_use]
    pub const fn budget(&self) -> &Budget {
        &self.budget
    }

    /// The budget, to reserve and settle what is not known beforehand.
    pub const fn budget_mut(&mut self) -> &mut Budget {
        &mut self.budget
    }

    /// Takes the grant back: nothing is allowed from now on.
    ///
    /// # Errors
    /// As [`Grant::revoke`], but never for the clock.
    pub fn revoke(&mut self, by: &str, now_ms: u64) -> Result<(), GrantError> {
        let now_ms = self.latest(now_ms);
        self.grant.revoke(by, now_ms)?;
        self.now_ms = now_ms;
        Ok(())
    }

    /// Follows what a registry says of the grant: when it or one that it comes from is not active there, or it is not
    /// known there, nothing is allowed from now on. Whether the grant is active.
    ///
    /// # Errors
    /// [`GrantError::Name`].
    pub fn follow(&mut self, registry: &GrantRegistry, by: &str, now_ms: u64) -> Result<bool, GrantError> {
        check_name(by)?;
        let now_ms = self.latest(now_ms);
        let is_active = registry.is_active(self.grant.id(), self.grant.version(), now_ms);
        if !is_active && self.grant.is_active(now_ms) {
            self.grant.revoke(by, now_ms)?;
        }
        self.now_ms = now_ms;
        Ok(is_active && self.grant.is_active(now_ms))
    }

    /// The latest time that was seen, also in the grant's life.
    fn latest(&self, now_ms: u64) -> u64 {
        let last = self.grant.history().last().map_or(0, |last| last.at_ms);
        self.now_ms.max(now_ms).max(last)
    }

    /// Grants it again.
    ///
    /// # Errors
    /// As [`Grant::grant`], but never for the clock.
    pub fn regrant(&mut self, by: &str, now_ms: u64) -> Result<(), GrantError> {
        let now_ms = self.latest(now_ms);
        self.grant.grant(by, now_ms)?;
        self.now_ms = now_ms;
        Ok(())
    }

    /// Decides an operation that costs so much.
    // Compiled here and not where it is called: there, what it calls in turn could not become a part of it.
    #[inline(never)]
    pub fn check<'a>(
        &'a mut self,
        capability: &'a str,
        resource: &'a str,
        costs: &[Amount],
        now_ms: u64,
    ) -> Decision<'a> {
        self.now_ms = self.now_ms.max(now_ms);
        if !HAS_SHORT_WAY {
            let outcome = self.outcome(capability, resource, costs, 0);
            return self.decision(capability, resource, outcome);
        }
        match self.permitted(capability, resource) {
            // Written as a whole: put together of the outcomes that there are, a decision would wait for its own memory.
            Ok(permission) if self.is_free(costs) => {
                let found = self.grant.terms().permissions.get(permission as usize);
                Decision {
                    grant: self.grant.id(),
                    version: self.grant.version(),
                    at_ms: self.now_ms,
                    capability,
                    resource,
                    outcome: Outcome::Allow { permission },
                    subject: found.map_or("", |permission| permission.resource().as_str()),
                }
            }
            Ok(permission) => {
                let outcome = self.pay(capability, resource, costs, 0, permission);
                self.decision(capability, resource, outcome)
            }
            Err(reason) => self.decision(capability, resource, Outcome::Deny(reason)),
        }
    }

    /// Whether what is permitted is allowed: it costs nothing, and there are no gates.
    #[inline]
    fn is_free(&self, costs: &[Amount]) -> bool {
        self.seen.is_empty() && costs.is_empty()
    }

    /// The record of an outcome: of a review that was resumed, or of what the caller has found for itself.
    #[inline]
    #[must_use]
    pub fn decision<'a>(&'a self, capability: &'a str, resource: &'a str, outcome: Outcome) -> Decision<'a> {
        Decision {
            grant: self.grant.id(),
            version: self.grant.version(),
            at_ms: self.now_ms,
            capability,
            resource,
            outcome,
            subject: self.subject(outcome),
        }
    }

    #[inline]
    fn subject(&self, outcome: Outcome) -> &str {
        let found = match outcome {
            Outcome::Allow { permission } => {
                let permission = self.grant.terms().permissions.get(permission as usize);
                permission.map(|permission| permission.resource().as_str())
            }
            Outcome::Deny(DenyReason::Budget(counter)) => self.budget.name(counter),
            Outcome::Deny(_) => None,
            Outcome::Review { gate, .. } => self.gate(gate).map(|gate| gate.name.as_str()),
        };
        found.unwrap_or_default()
    }

    /// What becomes of an operation that some gates, a bit each, have let pass.
    #[cfg_attr(any(not(target_arch = "wasm32"), feature = "permission-index"), inline(never))]
    fn outcome(&mut self, capability: &str, resource: &str, costs: &[Amount], cleared: u64) -> Outcome {
        match self.permitted(capability, resource) {
            Ok(permission) if self.is_free(costs) => Outcome::Allow { permission },
            Ok(permission) => self.pay(capability, resource, costs, cleared, permission),
            Err(reason) => Outcome::Deny(reason),
        }
    }

    /// The permission that allows an operation, by its position, or why none does.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "a function of its own saves and hands over as much as it does")]
    fn permitted(&self, capability: &str, resource: &str) -> Result<u32, DenyReason> {
        if !self.grant.is_active(self.now_ms) {
            let is_granted = self.grant.state() == GrantState::Granted;
            return Err(if is_granted { DenyReason::Expired } else { DenyReason::NotGranted });
        }
        let permissions = &self.grant.terms().permissions;
        let is_short = (1..=MAX_RESOURCE_BYTES as usize).contains(&resource.len());
        let found = if is_short { self.index.find(permissions, capability, resource) } else { None };
        let Some(permission) = found else {
            let is_resource = check_resource(resource).is_ok();
            return Err(if is_resource { DenyReason::NoPermission } else { DenyReason::MalformedResource });
        };
        // What is not a resource comes before what is not permitted.
        if !permissions.get(permission as usize).is_some_and(|it| it.resource().is_resource(resource)) {
            return Err(DenyReason::MalformedResource);
        }
        Ok(permission)
    }

    /// What becomes of an operation that is permitted.
    #[inline(never)]
    fn pay(&mut self, capability: &str, resource: &str, costs: &[Amount], cleared: u64, permission: u32) -> Outcome {
        for cost in costs {
            if !self.budget.affords(*cost) {
                return Outcome::Deny(DenyReason::Budget(cost.counter));
            }
        }
        if let Err(outcome) = self.pass_gates(capability, resource, costs, cleared) {
            return outcome;
        }
        // A counter that is named twice is refused here.
        if let (false, Some(cost)) = (self.budget.take(costs), costs.first()) {
            return Outcome::Deny(DenyReason::Budget(cost.counter));
        }
        self.count(capability, resource, cleared);
        Outcome::Allow { permission }
    }

    fn gate(&self, gate: u32) -> Option<&ReviewGate> {
        self.grant.terms().gates.get(gate as usize)
    }

    /// Looks for a gate that holds an operation.
    fn pass_gates(&mut self, capability: &str, resource: &str, costs: &[Amount], cleared: u64) -> Result<(), Outcome> {
        self.advance(self.now_ms);
        let mut index = u32::MAX;
        for (gate, seen) in self.grant.terms().gates.iter().zip(&mut self.seen) {
            index = index.wrapping_add(1);
            if cleared & bit(index) != 0 || !is_of(gate, capability, resource) {
                continue;
            }
            if seen.limited.is_none() && seen.count.saturating_add(1) < gate.threshold {
                continue;
            }
            if seen.limited.is_none() && gate.timeout_ms == 0 {
                if gate.fallback != Fallback::AllowLimited {
                    return Err(Outcome::Deny(DenyReason::ReviewTimedOut));
                }
                seen.limited = Some(gate.limit);
            }
            match seen.limited {
                Some(0) => return Err(Outcome::Deny(DenyReason::ReviewLimit)),
                Some(_) => {}
                None => return Err(self.ask(index, capability, resource, costs, cleared)),
            }
        }
        Ok(())
    }

    /// The review that an operation waits for at a gate: the one that is pending there, or a new one.
    fn ask(&mut self, gate: u32, capability: &str, resource: &str, costs: &[Amount], cleared: u64) -> Outcome {
        let pending = self.reviews.iter().find(|review| review.gate == gate && review.state == ReviewState::Pending);
        if let Some(pending) = pending {
            return Outcome::Review { gate, review: pending.id };
        }
        if self.reviews.len() >= MAX_REVIEWS {
            // Of at most 64 gates each has one that is open, so one is not.
            if let Some(closed) = self.reviews.iter().position(|review| !review.state.is_open()) {
                self.reviews.remove(closed);
            }
        }
        let timeout_ms = self.gate(gate).map_or(0, |gate| gate.timeout_ms);
        let review = self.next_review;
        self.next_review = review.saturating_add(1);
        self.reviews.push(Review {
            id: review,
            gate,
            capability: String::from(capability),
            resource: String::from(resource),
            costs: costs.to_vec(),
            opened_ms: self.now_ms,
            deadline_ms: self.now_ms.saturating_add(timeout_ms),
            is_escalated: false,
            approvals: Vec::new(),
            state: ReviewState::Pending,
            cleared,
        });
        Outcome::Review { gate, review }
    }

    /// Counts an operation that is done at the gates that did not hold it.
    fn count(&mut self, capability: &str, resource: &str, cleared: u64) {
        let mut index = u32::MAX;
        for (gate, seen) in self.grant.terms().gates.iter().zip(&mut self.seen) {
            index = index.wrapping_add(1);
            if cleared & bit(index) != 0 || !is_of(gate, capability, resource) {
                continue;
            }
            match &mut seen.limited {
                Some(left) => *left = left.saturating_sub(1),
                None => seen.count = seen.count.saturating_add(1),
            }
        }
    }

    /// Notes the time: reviews whose time is over take the fallback of their gates.
    pub fn advance(&mut self, now_ms: u64) {
        self.now_ms = self.now_ms.max(now_ms);
        let gates = &self.grant.terms().gates;
        for review in &mut self.reviews {
            let Some(gate) = gates.get(review.gate as usize) else { continue };
            if review.advance(gate, self.now_ms)
                && let Some(seen) = self.seen.get_mut(review.gate as usize)
            {
                seen.limited = Some(gate.limit);
            }
        }
    }

    /// When the next review takes its gate's fallback, for a host that sets a timer.
    #[must_use]
    pub fn next_deadline_ms(&self) -> Option<u64> {
        let pending = self.reviews.iter().filter(|review| review.state == ReviewState::Pending);
        pending.map(|review| review.deadline_ms).min()
    }

    /// Reviews that have not been decided, or whose operation nobody came back for.
    #[must_use]
    pub fn reviews(&self) -> &[Review] {
        &self.reviews
    }

    fn position(&self, review: u64) -> Result<usize, ReviewError> {
        self.reviews.iter().position(|it| it.id == review).ok_or(ReviewError::Unknown { review })
    }

    /// Somebody who is asked approves a review. With the last approval that its gate asks for, its operation may be
    /// done ([`Enforcer::resume`]), and the gate's count begins again at 0.
    ///
    /// # Errors
    /// [`ReviewError`] when it has been decided or its time is over, or it is not for them to decide.
    pub fn approve(&mut self, review: u64, approver: &str, now_ms: u64) -> Result<ReviewState, ReviewError> {
        self.decide(review, approver, now_ms, true)
    }

    /// Somebody who is asked rejects a review: its operation is denied.
    ///
    /// # Errors
    /// As [`Enforcer::approve`].
    pub fn reject(&mut self, review: u64, approver: &str, now_ms: u64) -> Result<ReviewState, ReviewError> {
        self.decide(review, approver, now_ms, false)
    }

    fn decide(&mut self, review: u64, approver: &str, now_ms: u64, approves: bool) -> Result<ReviewState, ReviewError> {
        self.advance(now_ms);
        let unknown = ReviewError::Unknown { review };
        let position = self.position(review)?;
        let Some(entry) = self.reviews.get_mut(position) else { return Err(unknown) };
        let gate = self.grant.terms().gates.get(entry.gate as usize).ok_or(unknown)?;
        entry.check_approver(gate, approver)?;
        if approves {
            entry.approvals.push(String::from(approver));
            if entry.approvals.len() < gate.approvals as usize {
                return Ok(entry.state);
            }
            entry.state = ReviewState::Approved;
        } else {
            entry.state = ReviewState::Rejected;
        }
        let state = entry.state;
        if let Some(seen) = self.seen.get_mut(entry.gate as usize) {
            seen.limited = None;
            if approves {
                seen.count = 0;
            }
        }
        Ok(state)
    }

    /// Decides the operation of a review again, and exactly that one: with its review approved it passes that gate
    /// once. What else must hold is checked anew.
    ///
    /// # Errors
    /// [`ReviewError::Unknown`] when there is no such review, or its operation has been decided.
    pub fn resume(&mut self, review: u64, now_ms: u64) -> Result<Outcome, ReviewError> {
        self.advance(now_ms);
        let position = self.position(review)?;
        let Some(entry) = self.reviews.get(position) else { return Err(ReviewError::Unknown { review }) };
        let gate = entry.gate;
        let cleared = match entry.state {
            ReviewState::Pending => return Ok(Outcome::Review { gate, review }),
            ReviewState::Approved => entry.cleared | bit(gate),
            ReviewState::Limited => entry.cleared,
            state @ (ReviewState::Rejected | ReviewState::TimedOut) => {
                self.reviews.remove(position);
                let is_rejected = state == ReviewState::Rejected;
                let reason = if is_rejected { DenyReason::ReviewRejected } else { DenyReason::ReviewTimedOut };
                return Ok(Outcome::Deny(reason));
            }
        };
        // A review that can still be decided stays: somebody may end the limit.
        let entry = if entry.state.is_open() { entry.clone() } else { self.reviews.remove(position) };
        Ok(self.outcome(&entry.capability, &entry.resource, &entry.costs, cleared))
    }
}

/// Whether what is allowed and costs nothing has a way of its own: not in modules that are small first.
const HAS_SHORT_WAY: bool = cfg!(any(not(target_arch = "wasm32"), feature = "permission-index"));

#[inline]
const fn bit(gate: u32) -> u64 {
    1_u64.wrapping_shl(gate)
}

fn is_of(gate: &ReviewGate, capability: &str, resource: &str) -> bool {
    gate.operations.capability() == capability && gate.operations.resource().matches(resource)
}
