//! The check before every operation.

use alloc::rc::Rc;
use alloc::string::String;
use alloc::vec::Vec;
use core::cell::RefCell;

use interlock_core::covenant::{self, Counter, Decision, DenyReason, Outcome, Review};
use interlock_core::read::Source;
use wasm_bindgen::prelude::wasm_bindgen;

use super::amounts::{read_amounts, write_amounts};
use super::budget::{Budget, Place};
use super::grant::Grant;
use super::grant_registry::GrantRegistry;
use super::room;
use super::terms::write_names;
use super::written;
use crate::details;
use crate::refusal::{Fault, given, made, read};
use crate::tree::Tree;

/// The reasons, in the order of `REASONS` in `js/src/covenant/enforcer.ts`. What comes last is the budget's.
const REASONS: [DenyReason; 8] = [
    DenyReason::NotGranted,
    DenyReason::Expired,
    DenyReason::MalformedResource,
    DenyReason::MalformedCall,
    DenyReason::NoPermission,
    DenyReason::ReviewRejected,
    DenyReason::ReviewTimedOut,
    DenyReason::ReviewLimit,
];

/// Answers for one grant what may be done.
#[wasm_bindgen]
pub struct Enforcer(Rc<RefCell<covenant::Enforcer>>);

/// What an outcome is in numbers: 0 allow, 1 deny, 2 review; the permission, the reason or the gate; the review.
fn numbers(outcome: Outcome) -> [u64; 3] {
    match outcome {
        Outcome::Allow { permission } => [0, permission.into(), 0],
        Outcome::Deny(reason) => {
            let code = REASONS.iter().position(|known| *known == reason).unwrap_or(REASONS.len());
            [1, code as u64, 0]
        }
        Outcome::Review { gate, review } => [2, gate.into(), review],
    }
}

/// The bytes of a text, of a number by its bits.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a conversion that saturates")]
const fn length(bits: u64) -> usize {
    f64::from_bits(bits) as usize
}

/// Leaves a decision in the slots: the three numbers of its outcome, version, time, and address and length of the
/// subject, which are good until the next call.
#[allow(clippy::cast_precision_loss, reason = "reviews and times of people stay below 2^53")]
fn leave(decision: Decision<'_>) {
    let [kind, what, review] = numbers(decision.outcome).map(|number| number as f64);
    let subject = decision.subject.as_bytes();
    let address = subject.as_ptr().addr() as f64;
    details::set(&[
        kind,
        what,
        review,
        f64::from(decision.version),
        decision.at_ms as f64,
        address,
        subject.len() as f64,
    ]);
}

#[wasm_bindgen]
impl Enforcer {
    /// The enforcer of a grant, as it is now.
    ///
    /// # Errors
    /// The grant's ceilings are no budget.
    pub fn create(grant: &Grant) -> Option<Enforcer> {
        made(covenant::Enforcer::new(grant.0.clone())).map(|enforcer| Self(Rc::new(RefCell::new(enforcer))))
    }

    /// The enforcer of a grant, as it is now, with a budget, which is the enforcer's from then on; its handle stays good.
    /// None if it is another enforcer's.
    #[wasm_bindgen(js_name = withBudget)]
    pub fn with_budget(grant: &Grant, budget: &Budget) -> Option<Enforcer> {
        let mut place = budget.0.borrow_mut();
        let Place::Here(inner) = &mut *place else { return None };
        let budget = inner.clone();
        let enforcer = Rc::new(RefCell::new(covenant::Enforcer::with_budget(grant.0.clone(), budget)));
        *place = Place::In(Rc::clone(&enforcer));
        Some(Self(enforcer))
    }

    /// Its budget: another handle to it with every call.
    pub fn budget(&self) -> Budget {
        Budget(RefCell::new(Place::In(Rc::clone(&self.0))))
    }

    /// Its grant, as it is now.
    pub fn grant(&self) -> Grant {
        Grant(self.0.borrow().grant().clone())
    }

    /// Decides an operation. Slots: see [`leave`].
    ///
    /// # Errors
    /// The costs are none.
    pub fn check(&self, capability: &str, resource: &str, costs: Option<Vec<u8>>, now_ms: u64) {
        let mut enforcer = self.0.borrow_mut();
        let budget = enforcer.budget();
        let amounts = costs.map_or_else(|| Ok(Vec::new()), |costs| read(&costs, |source| read_amounts(source, budget)));
        if let Some(amounts) = made(amounts) {
            leave(enforcer.check(capability, resource, &amounts, now_ms));
        }
    }

    /// Decides an operation that costs nothing, whose capability and resource JavaScript has [written](super::written), so
    /// long each. Whether it was decided: not, where they are no texts. Slots: see [`leave`].
    #[wasm_bindgen(js_name = checkWritten)]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a conversion that saturates")]
    pub fn check_written(&self, capability: u32, resource: u32, now_ms: f64) -> bool {
        let mut enforcer = self.0.borrow_mut();
        let decided = written::with(capability, resource, |capability, resource| {
            leave(enforcer.check(capability, resource, &[], now_ms as u64));
        });
        made(decided.ok_or(Fault::Broken)).is_some()
    }

    /// Decides operations of one capability that cost nothing, each of a resource. In the [room](super::room) stands the
    /// capability, of so many bytes, and behind it one resource after the other, all ASCII, and as numbers the bytes of
    /// each. In their place comes the position of the permission that allows it, or -1.
    ///
    /// # Errors
    /// They are no such texts.
    pub fn allowed(&self, capability: u32, now_ms: u64) {
        let mut enforcer = self.0.borrow_mut();
        let decided = room::with(|numbers, bytes| {
            let text = core::str::from_utf8(bytes).ok()?;
            let (capability, mut rest) = text.split_at_checked(usize::try_from(capability).ok()?)?;
            for number in numbers {
                let (resource, behind) = rest.split_at_checked(length(*number))?;
                rest = behind;
                let permission = match enforcer.check(capability, resource, &[], now_ms).outcome {
                    Outcome::Allow { permission } => f64::from(permission),
                    Outcome::Deny(_) | Outcome::Review { .. } => -1.0,
                };
                *number = permission.to_bits();
            }
            Some(())
        });
        given(decided.ok_or(Fault::Broken));
    }

    /// Decides operations at one time: `[[capability, resource, costs]…]`. Gives a list of
    /// `[kind, what, review, version, atMs, subject]`.
    ///
    /// # Errors
    /// It is no such list; then none was decided.
    #[wasm_bindgen(js_name = checkMany)]
    pub fn check_many(&self, operations: &[u8], now_ms: u64) -> Vec<u8> {
        let mut enforcer = self.0.borrow_mut();
        let operations = read(operations, |source| {
            let mut operations = Vec::new();
            source.each(|source| -> Result<(), Fault> {
                source.begin_list()?;
                let (capability, resource) = (source.string()?, source.string()?);
                operations.push((capability, resource, read_amounts(source, enforcer.budget())?));
                if source.next_item()? { Err(Fault::Broken) } else { Ok(()) }
            })?;
            Ok(operations)
        });
        let mut tree = Tree::default();
        tree.list();
        for (capability, resource, costs) in given(operations) {
            let decision = enforcer.check(capability, resource, &costs, now_ms);
            tree.list();
            for number in numbers(decision.outcome) {
                tree.whole(number);
            }
            tree.whole(decision.version.into());
            tree.whole(decision.at_ms);
            tree.text(decision.subject);
            tree.end();
        }
        tree.end();
        tree.into_bytes()
    }

    /// Decides the operation of a review again. Slots: see [`leave`].
    ///
    /// # Errors
    /// There is no such review.
    pub fn resume(&self, review: u64, now_ms: u64) {
        let mut enforcer = self.0.borrow_mut();
        if let Some(outcome) = made(enforcer.resume(review, now_ms)) {
            leave(enforcer.decision("", "", outcome));
        }
    }

    /// Somebody decides a review. Gives its state.
    ///
    /// # Errors
    /// It is not theirs to decide, or has been decided.
    pub fn decide(&self, review: u64, approver: &str, now_ms: u64, approves: bool) -> String {
        let mut enforcer = self.0.borrow_mut();
        let state = if approves {
            enforcer.approve(review, approver, now_ms)
        } else {
            enforcer.reject(review, approver, now_ms)
        };
        made(state).map_or_else(String::new, |state| state.as_str().into())
    }

    /// Notes the time.
    pub fn advance(&self, now_ms: u64) {
        self.0.borrow_mut().advance(now_ms);
    }

    /// When the next review takes its gate's fallback.
    #[wasm_bindgen(js_name = nextDeadlineMs)]
    pub fn next_deadline_ms(&self) -> Option<u64> {
        self.0.borrow().next_deadline_ms()
    }

    /// Takes the grant back, or, with `again`, grants it again.
    ///
    /// # Errors
    /// Its state or its time do not allow it.
    pub fn revoke(&self, by: &str, now_ms: u64, again: bool) {
        let mut enforcer = self.0.borrow_mut();
        given(if again { enforcer.regrant(by, now_ms) } else { enforcer.revoke(by, now_ms) });
    }

    /// Follows what a registry says of its grant. Gives whether that is active.
    ///
    /// # Errors
    /// The name is none.
    pub fn follow(&self, registry: &GrantRegistry, by: &str, now_ms: u64) -> bool {
        given(self.0.borrow_mut().follow(&registry.0, by, now_ms))
    }

    /// Reviews that have not been decided, or whose operation nobody came back for: a list.
    pub fn reviews(&self) -> Vec<u8> {
        let enforcer = self.0.borrow();
        let mut tree = Tree::default();
        tree.list();
        for review in enforcer.reviews() {
            write_review(&mut tree, enforcer.budget(), review);
        }
        tree.end();
        tree.into_bytes()
    }
}

fn write_review(tree: &mut Tree, budget: &covenant::Budget, review: &Review) {
    tree.object();
    tree.key("id").whole(review.id);
    tree.key("gate").whole(review.gate.into());
    tree.key("capability").text(&review.capability);
    tree.key("resource").text(&review.resource);
    tree.key("costs");
    write_amounts(tree, budget, &review.costs);
    tree.key("openedMs").whole(review.opened_ms);
    tree.key("deadlineMs").whole(review.deadline_ms);
    tree.key("isEscalated").flag(review.is_escalated);
    tree.key("approvals");
    write_names(tree, &review.approvals);
    tree.key("state").text(review.state.as_str());
    tree.end();
}

/// A decision as the ledger keeps it, from its parts.
#[wasm_bindgen(js_name = decisionRecord)]
#[allow(clippy::too_many_arguments, reason = "the fields of a decision")]
pub fn decision_record(
    grant: &str,
    version: u32,
    at_ms: u64,
    capability: &str,
    resource: &str,
    kind: u8,
    what: u32,
    review: u64,
    subject: &str,
) -> String {
    let outcome = match kind {
        0 => Outcome::Allow { permission: what },
        1 => {
            let reason = usize::try_from(what).ok().and_then(|what| REASONS.get(what)).copied();
            // Which counter it was is the subject.
            Outcome::Deny(reason.unwrap_or(DenyReason::Budget(Counter::from_position(0))))
        }
        _ => Outcome::Review { gate: what, review },
    };
    Decision { grant, version, at_ms, capability, resource, outcome, subject }.to_json()
}
