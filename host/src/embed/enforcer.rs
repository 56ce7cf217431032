//! Enforcers, in the instance of their grants.

use interlock_core::covenant::{Amount, Balance, Decision as CoreDecision, DenyReason, Outcome, Review, ReviewState};
use wasmtime::component::ResourceAny;

use super::bindings::exports::interlock::kernel::covenant as wit;
use super::covenant::{Covenant, Grant, GrantAccount};
use super::covenant_convert::{amounts, balances};
use super::error::{HostError, Trap};
use super::grant_registry::GrantRegistry;
use super::shared::SharedInstance;

impl Covenant {
    /// The enforcer of a grant as it is now, in this instance.
    ///
    /// # Errors
    /// [`HostError::Refused`] when its ceilings are no budget; a trap.
    pub fn enforcer(&mut self, grant: Grant) -> Result<Enforcer, HostError> {
        let GrantAccount { id, version, .. } = self.account(grant)?;
        let enforcer = self.instance.covenant(0, |store, guest| guest.enforcer().call_new(store, grant.0))??;
        Ok(Enforcer { instance: self.instance.clone(), enforcer, id, version })
    }
}

/// A decision on an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What becomes of it.
    pub outcome: Outcome,
    /// What decided: the pattern that allows it, the gate's name, the counter's; empty where nothing did.
    pub subject: String,
    /// The decision as the ledger keeps it.
    pub json: String,
}

impl From<wit::Decision> for Decision {
    fn from(decision: wit::Decision) -> Self {
        Self { outcome: decision.outcome.into(), subject: decision.subject, json: decision.json }
    }
}

/// Answers for one grant what may be done: [`interlock_core::covenant::Enforcer`] inside an instance.
///
/// A trap reads as a denial: [`Enforcer::check`] then says [`DenyReason::NotGranted`], with the subject `trap`, for that
/// operation and all that follow, and so do the other enforcers of its [`Covenant`].
#[derive(Debug)]
#[allow(clippy::struct_field_names, reason = "the name of the resource")]
pub struct Enforcer {
    instance: SharedInstance,
    enforcer: ResourceAny,
    id: String,
    version: u32,
}

impl Enforcer {
    /// Decides an operation that costs so much.
    pub fn check(&mut self, capability: &str, resource: &str, costs: &[Amount], now_ms: u64) -> Decision {
        let (it, costs) = (self.enforcer, amounts(costs));
        let decided = self.instance.covenant(resource.len(), |store, guest| {
            guest.enforcer().call_check(store, it, capability, resource, &costs, now_ms)
        });
        decided.map_or_else(|_| self.trapped(capability, resource, now_ms), Into::into)
    }

    /// Decides operations one after the other, in one crossing: capability, resource and costs of each.
    pub fn check_many(&mut self, operations: &[(&str, &str, &[Amount])], now_ms: u64) -> Vec<Decision> {
        let it = self.enforcer;
        let asked: Vec<wit::Operation> = operations
            .iter()
            .map(|(capability, resource, costs)| wit::Operation {
                capability: (*capability).to_owned(),
                resource: (*resource).to_owned(),
                costs: amounts(costs),
            })
            .collect();
        let bytes = asked.iter().map(|it| it.resource.len()).sum();
        let decided =
            self.instance.covenant(bytes, |store, guest| guest.enforcer().call_check_many(store, it, &asked, now_ms));
        match decided {
            Ok(decisions) => decisions.into_iter().map(Into::into).collect(),
            Err(_) => {
                operations.iter().map(|(capability, resource, _)| self.trapped(capability, resource, now_ms)).collect()
            }
        }
    }

    /// What becomes of an operation, without the decision's record.
    pub fn decide(&mut self, capability: &str, resource: &str, costs: &[Amount], now_ms: u64) -> Outcome {
        let (it, costs) = (self.enforcer, amounts(costs));
        let decided = self.instance.covenant(resource.len(), |store, guest| {
            guest.enforcer().call_decide(store, it, capability, resource, &costs, now_ms)
        });
        decided.map_or(Outcome::Deny(DenyReason::NotGranted), Into::into)
    }

    fn trapped(&self, capability: &str, resource: &str, now_ms: u64) -> Decision {
        let outcome = Outcome::Deny(DenyReason::NotGranted);
        let (grant, version, subject) = (self.id.as_str(), self.version, "trap");
        let decision = CoreDecision { grant, version, at_ms: now_ms, capability, resource, outcome, subject };
        Decision { outcome, subject: subject.to_owned(), json: decision.to_json() }
    }

    /// Somebody who is asked approves a review, or rejects it.
    ///
    /// # Errors
    /// [`HostError::Refused`] when it is decided or not theirs to decide; a trap.
    pub fn answer(
        &mut self,
        review: u64,
        approver: &str,
        approves: bool,
        now_ms: u64,
    ) -> Result<ReviewState, HostError> {
        let it = self.enforcer;
        let state = self.instance.covenant(approver.len(), |store, guest| {
            if approves {
                guest.enforcer().call_approve(store, it, review, approver, now_ms)
            } else {
                guest.enforcer().call_reject(store, it, review, approver, now_ms)
            }
        })??;
        Ok(state.into())
    }

    /// Decides the operation of a review again.
    ///
    /// # Errors
    /// [`HostError::Refused`] when there is no such review; a trap, and the operation may not be done then.
    pub fn resume(&mut self, review: u64, now_ms: u64) -> Result<Outcome, HostError> {
        let it = self.enforcer;
        let outcome =
            self.instance.covenant(0, |store, guest| guest.enforcer().call_resume(store, it, review, now_ms))??;
        Ok(outcome.into())
    }

    /// Notes the time.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn advance(&mut self, now_ms: u64) -> Result<(), HostError> {
        let it = self.enforcer;
        self.instance.covenant(0, |store, guest| guest.enforcer().call_advance(store, it, now_ms))
    }

    /// When the next review takes its gate's fallback.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn next_deadline_ms(&mut self) -> Result<Option<u64>, HostError> {
        let it = self.enforcer;
        self.instance.covenant(0, |store, guest| guest.enforcer().call_next_deadline_ms(store, it))
    }

    /// Reviews that have not been decided, or whose operation nobody came back for.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn reviews(&mut self) -> Result<Vec<ReviewAccount>, HostError> {
        let it = self.enforcer;
        let reviews = self.instance.covenant(0, |store, guest| guest.enforcer().call_reviews(store, it))?;
        Ok(reviews.into_iter().map(Into::into).collect())
    }

    /// Takes the grant back, or grants it again.
    ///
    /// # Errors
    /// [`HostError::Refused`] in the wrong state; a trap.
    pub fn set_granted(&mut self, granted: bool, by: &str, now_ms: u64) -> Result<(), HostError> {
        let it = self.enforcer;
        Ok(self.instance.covenant(by.len(), |store, guest| {
            if granted {
                guest.enforcer().call_regrant(store, it, by, now_ms)
            } else {
                guest.enforcer().call_revoke(store, it, by, now_ms)
            }
        })??)
    }

    /// Follows what a registry of the same covenant says of the grant: when it or one that it comes from is not active
    /// there, or it is not known there, nothing is allowed from now on. Whether the grant is active.
    ///
    /// # Errors
    /// [`HostError::OtherInstance`] when the registry is another covenant's; [`HostError::Refused`] when the name is none;
    /// a trap, and nothing is allowed then.
    pub fn follow(&mut self, registry: &GrantRegistry, by: &str, now_ms: u64) -> Result<bool, HostError> {
        if !self.instance.is(&registry.instance) {
            return Err(HostError::OtherInstance);
        }
        let (it, registry) = (self.enforcer, registry.registry);
        Ok(self
            .instance
            .covenant(by.len(), |store, guest| guest.enforcer().call_follow(store, it, registry, by, now_ms))??)
    }

    /// Every counter's name and balance, by position.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn balances(&mut self) -> Result<Vec<(String, Balance)>, HostError> {
        let it = self.enforcer;
        Ok(balances(self.instance.covenant(0, |store, guest| guest.enforcer().call_balances(store, it))?))
    }

    /// The trap that ended it.
    #[must_use]
    pub fn trap(&self) -> Option<Trap> {
        self.instance.trap()
    }
}

impl Drop for Enforcer {
    /// The instance may go on with others.
    fn drop(&mut self) {
        // After a trap there is nothing to give back.
        drop(self.instance.release(self.enforcer));
    }
}

/// What [`Review`] says, without what only an enforcer needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewAccount {
    /// Its number.
    pub id: u64,
    /// Position of its gate.
    pub gate: u32,
    /// What is to be done.
    pub capability: String,
    /// With what.
    pub resource: String,
    /// What that costs.
    pub costs: Vec<Amount>,
    /// When it was asked for, in ms.
    pub opened_ms: u64,
    /// When the gate's fallback applies.
    pub deadline_ms: u64,
    /// Those of the gate's `escalation` are asked.
    pub is_escalated: bool,
    /// Who has approved so far.
    pub approvals: Vec<String>,
    /// What has become of it.
    pub state: ReviewState,
}

impl From<&Review> for ReviewAccount {
    fn from(review: &Review) -> Self {
        Self {
            id: review.id,
            gate: review.gate,
            capability: review.capability.clone(),
            resource: review.resource.clone(),
            costs: review.costs.clone(),
            opened_ms: review.opened_ms,
            deadline_ms: review.deadline_ms,
            is_escalated: review.is_escalated,
            approvals: review.approvals.clone(),
            state: review.state,
        }
    }
}
