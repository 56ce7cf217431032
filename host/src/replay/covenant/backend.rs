//! What the suite `covenant` asks of a build of the core.

use interlock_core::covenant::{Balance, GrantState, Outcome, Review, Transition, Unsettled};
use interlock_host::embed::ReviewAccount;

use super::super::backend::{Answer, Refused};
use super::{Amounts, TermsText};

/// The part of a build that grants. Refusals: see the suite.
pub(crate) trait Covenants {
    fn budget(&self, ceilings: &Amounts) -> Answer<Box<dyn Budgeting>>;
    fn propose(&self, id: &str, terms: &TermsText, by: &str, now_ms: u64) -> Answer<Box<dyn Granting>>;
    fn issue(&self, id: &str, version: u32, terms: &TermsText, by: &str, now_ms: u64) -> Answer<Box<dyn Granting>>;
    /// A registry of grants.
    fn registry(&self) -> Answer<Box<dyn Registering>>;
    /// The enforcer of a grant that was proposed and granted at 0.
    fn enforcer(&self, grant: &str, terms: &TermsText) -> Answer<Box<dyn Enforcing>>;
    fn check_permission(&self, capability: &str, pattern: &str) -> Answer<()>;
    fn check_resource(&self, resource: &str) -> Answer<()>;
    /// Whether a pattern matches a resource.
    fn matches(&self, pattern: &str, resource: &str) -> Answer<bool>;
    /// Whether a permission of the first pattern lies within one of the second.
    fn is_within(&self, pattern: &str, wider: &str) -> Answer<bool>;
}

/// A budget.
pub(crate) trait Budgeting {
    fn reserve(&mut self, counter: &str, units: u64) -> Answer<u64>;
    fn extend(&mut self, reservation: u64, units: u64) -> Answer<()>;
    fn commit(&mut self, reservation: u64, units: u64) -> Answer<u64>;
    fn refund(&mut self, reservation: u64) -> Answer<u64>;
    fn spend(&mut self, amounts: &Amounts) -> Answer<()>;
    /// The lease's number and its end.
    fn lease(&mut self, amounts: &Amounts, now_ms: u64, duration_ms: u64, unsettled: Unsettled) -> Answer<(u64, u64)>;
    fn top_up(&mut self, lease: u64, amounts: &Amounts, now_ms: u64) -> Answer<()>;
    fn renew(&mut self, lease: u64, now_ms: u64, duration_ms: u64) -> Answer<u64>;
    fn settle(&mut self, lease: u64, spent: &Amounts) -> Answer<()>;
    fn reclaim(&mut self, now_ms: u64) -> Answer<Vec<u64>>;
    fn set_ceiling(&mut self, counter: &str, ceiling: u64) -> Answer<()>;
    fn restore(&mut self) -> Answer<()>;
    /// [`balances`], and the end of the next lease.
    fn balances(&mut self) -> Answer<String>;
}

/// A grant.
pub(crate) trait Granting {
    /// One of `negotiate`, `grant`, `revoke` and `expire`. Gives the state.
    fn step(&mut self, operation: &str, by: &str, now_ms: u64) -> Answer<String>;
    fn amend(&mut self, terms: &TermsText, by: &str, now_ms: u64) -> Answer<Box<dyn Granting>>;
    fn attenuate(&mut self, id: &str, terms: &TermsText, by: &str, now_ms: u64) -> Answer<Box<dyn Granting>>;
    fn is_active(&mut self, now_ms: u64) -> Answer<bool>;
    fn account(&mut self) -> Answer<serde_json::Value>;
}

/// A registry of grants, with grants beside it and enforcers, which are numbered. For what a grant is see [`summary`].
pub(crate) trait Registering {
    fn issue(&mut self, id: &str, version: u32, terms: &TermsText, by: &str, now_ms: u64) -> Answer<()>;
    fn derive(&mut self, number: usize, id: &str, terms: &TermsText, by: &str, now_ms: u64) -> Answer<()>;
    fn activate(&mut self, number: usize, by: &str, now_ms: u64) -> Answer<()>;
    fn insert(&mut self, number: usize) -> Answer<()>;
    fn get(&mut self, id: &str, version: u32) -> Answer<serde_json::Value>;
    fn grants(&mut self) -> Answer<Vec<String>>;
    fn is_active(&mut self, id: &str, version: u32, now_ms: u64) -> Answer<bool>;
    fn attenuate(
        &mut self,
        id: &str,
        version: u32,
        derived: &str,
        terms: &TermsText,
        by: &str,
        now_ms: u64,
    ) -> Answer<String>;
    fn grant(&mut self, id: &str, version: u32, by: &str, now_ms: u64) -> Answer<String>;
    fn revoke(&mut self, id: &str, version: u32, by: &str, now_ms: u64) -> Answer<Vec<String>>;
    fn expire(&mut self, id: &str, version: u32, by: &str, now_ms: u64) -> Answer<String>;
    fn enforce(&mut self, id: &str, version: u32) -> Answer<()>;
    fn follow(&mut self, number: usize, by: &str, now_ms: u64) -> Answer<bool>;
    /// [`outcome`].
    fn check(&mut self, number: usize, capability: &str, resource: &str, now_ms: u64) -> Answer<String>;
}

/// An enforcer.
pub(crate) trait Enforcing {
    /// The decision as the ledger keeps it.
    fn check(&mut self, capability: &str, resource: &str, costs: &Amounts, now_ms: u64) -> Answer<String>;
    fn check_many(&mut self, operations: &[(String, String, Amounts)], now_ms: u64) -> Answer<Vec<String>>;
    /// The review's state.
    fn decide(&mut self, review: u64, who: &str, approves: bool, now_ms: u64) -> Answer<String>;
    /// [`outcome`].
    fn resume(&mut self, review: u64, now_ms: u64) -> Answer<String>;
    fn advance(&mut self, now_ms: u64) -> Answer<()>;
    fn revoke(&mut self, by: &str, now_ms: u64) -> Answer<()>;
    fn regrant(&mut self, by: &str, now_ms: u64) -> Answer<()>;
    /// [`review`] of each, and the next deadline.
    fn reviews(&mut self) -> Answer<Vec<String>>;
    fn balances(&mut self) -> Answer<String>;
}

/// `COUNTER CEILING SPENT RESERVED FREE` for each counter, `; ` between, and the end of the next lease or `-`.
pub(super) fn balances<'a>(counters: impl Iterator<Item = (&'a str, Balance)>, next_expiry_ms: Option<u64>) -> String {
    let mut parts: Vec<String> = counters
        .map(|(name, Balance { ceiling, spent, reserved, free })| format!("{name} {ceiling} {spent} {reserved} {free}"))
        .collect();
    parts.push(optional(next_expiry_ms));
    parts.join("; ")
}

pub(super) fn optional(number: Option<u64>) -> String {
    number.map_or_else(|| String::from("-"), |number| number.to_string())
}

/// `ID VERSION STATE AT BY`: a grant as it is since its last transition.
pub(super) fn summary(id: &str, version: u32, state: GrantState, history: &[Transition]) -> String {
    let last = history.last().map(|last| format!("{} {}", last.at_ms, last.by));
    format!("{id} {version} {} {}", state.as_str(), last.unwrap_or_default())
}

/// What a number stands for in a case.
pub(super) fn known<T>(given: &mut [T], number: usize) -> Answer<&mut T> {
    given.get_mut(number).ok_or_else(|| Refused(String::from("no such number in this case")))
}

/// `allow PERMISSION`, `deny REASON` or `review GATE REVIEW`.
pub(super) fn outcome(outcome: Outcome) -> String {
    match outcome {
        Outcome::Allow { permission } => format!("allow {permission}"),
        Outcome::Deny(reason) => format!("deny {}", reason.as_str()),
        Outcome::Review { gate, review } => format!("review {gate} {review}"),
    }
}

/// `ID GATE STATE OPENED DEADLINE escalated|- CAPABILITY RESOURCE [APPROVALS] [COUNTER:UNITS]`.
pub(super) fn review(it: &Review) -> String {
    review_text(&it.into())
}

pub(super) fn review_text(review: &ReviewAccount) -> String {
    let costs: Vec<String> =
        review.costs.iter().map(|cost| format!("{}:{}", cost.counter.position(), cost.units)).collect();
    format!(
        "{} {} {} {} {} {} {} {} [{}] [{}]",
        review.id,
        review.gate,
        review.state.as_str(),
        review.opened_ms,
        review.deadline_ms,
        if review.is_escalated { "escalated" } else { "-" },
        review.capability,
        review.resource,
        review.approvals.join(" "),
        costs.join(" "),
    )
}
