//! What is to be decided, in its turn.

use alloc::string::String;

use super::call::CallState;
use super::{ReviewRequest, SessionDecision};
use crate::covenant::{DenyReason, Outcome};
use crate::covenant::{ReviewError, ReviewState};
use crate::halt::{Halt, HaltReason};
use crate::session::machine::{Session, SessionError};

/// Something that takes its turn when every segment before it has been judged, and before any other is.
#[derive(Clone, Copy, Debug)]
pub(super) enum Due {
    /// A call.
    Call {
        call: u32,
        /// The first segment behind it.
        before: u64,
        /// The review that it waits for.
        review: Option<u64>,
    },
    /// Text that cannot be paid for.
    Tokens {
        /// The first segment of it.
        before: u64,
        /// The message.
        message: u64,
        /// How many tokens the text takes with it.
        needed: u64,
    },
}

impl Session {
    /// Decides what is due. Whether the segments behind it may be judged.
    pub(in crate::session) fn decide_due(&mut self) -> bool {
        if self.covenant.as_ref().is_some_and(|covenant| covenant.owes_time()) {
            return false;
        }
        loop {
            let Some(covenant) = &self.covenant else { return true };
            let Some(due) = covenant.due.get(0).copied() else { return true };
            match due {
                Due::Call { before, .. } | Due::Tokens { before, .. } if before > self.first_waiting => return true,
                Due::Tokens { needed, .. } if covenant.has_paid(needed) => self.drop_due(),
                Due::Tokens { .. } if covenant.awaits_tokens() => return false,
                Due::Tokens { message, needed, .. } => {
                    let bound = covenant.affordable_tokens();
                    self.drop_due();
                    #[allow(clippy::cast_precision_loss, reason = "a number of tokens, for people")]
                    let halt = Halt::measured(HaltReason::Budget, needed as f64, bound as f64);
                    if self.halt_due(halt, message.saturating_sub(1)) {
                        return false;
                    }
                }
                Due::Call { call, review, .. } => {
                    if !self.decide_call(call, review) {
                        return false;
                    }
                }
            }
        }
    }

    fn drop_due(&mut self) {
        if let Some(covenant) = &mut self.covenant {
            covenant.due.pop();
        }
    }

    /// Halts as of a message, with what passed before; observed, that is noted. Whether the stream is over.
    fn halt_due(&mut self, halt: Halt, last: u64) -> bool {
        if self.is_observing() {
            self.note_halt(halt, None);
            return false;
        }
        self.let_leave(last);
        self.halt_stream(halt, None, last);
        true
    }

    /// Decides a call, if it is whole and nobody has to look at it any more. Whether it has been decided and the
    /// stream goes on.
    fn decide_call(&mut self, index: u32, review: Option<u64>) -> bool {
        let Some(covenant) = &self.covenant else { return true };
        let Some(call) = covenant.calls.get(index as usize) else { return true };
        let message = call.message;
        if call.state == CallState::Open {
            return false;
        }
        let outcome = match review {
            Some(review) => self.resume_call(index, review),
            None => self.check_call(index),
        };
        let Some(outcome) = outcome else { return false };
        let observing = self.is_observing();
        let Some(covenant) = &mut self.covenant else { return true };
        let Some(call) = covenant.calls.get_mut(index as usize) else { return true };
        match outcome {
            Outcome::Allow { .. } => {
                covenant.allowed = covenant.allowed.saturating_add(1);
                call.decide(CallState::Allowed);
                covenant.due.pop();
                true
            }
            Outcome::Deny(reason) => {
                covenant.denied = covenant.denied.saturating_add(1);
                call.decide(CallState::Denied);
                if observing {
                    covenant.due.pop();
                }
                let reason = match reason {
                    DenyReason::Budget(_) => HaltReason::Budget,
                    DenyReason::ReviewTimedOut | DenyReason::ReviewLimit => HaltReason::ReviewPending,
                    _ => HaltReason::Denied,
                };
                !self.halt_due(Halt::because(reason), message)
            }
            Outcome::Review { review, .. } => {
                covenant.reviewed = covenant.reviewed.saturating_add(1);
                if observing {
                    covenant.due.pop();
                    self.note_halt(Halt::because(HaltReason::ReviewPending), None);
                    return true;
                }
                self.request(index, review);
                false
            }
        }
    }

    /// What becomes of a call whose review has been decided; none as long as it has not.
    fn resume_call(&mut self, index: u32, review: u64) -> Option<Outcome> {
        let covenant = self.covenant.as_mut()?;
        let now_ms = covenant.now_ms;
        let entry = covenant.enforcer.reviews().iter().find(|it| it.id == review)?;
        let resource = entry.resource.clone();
        // What was approved and cannot be paid for yet keeps its approval.
        let may_pass = matches!(entry.state, ReviewState::Approved | ReviewState::Limited);
        covenant.lacking = if may_pass { covenant.lacking_of(&entry.costs) } else { None };
        if covenant.lacking.is_some() {
            return None;
        }
        let outcome = covenant.enforcer.resume(review, now_ms).ok()?;
        if matches!(outcome, Outcome::Review { review: same, .. } if same == review) {
            return None;
        }
        let decision = covenant.enforcer.decision(crate::policy::TOOL_CALL, &resource, outcome);
        let (at_ms, record) = (decision.at_ms, decision.to_json());
        let call = covenant.calls.get(index as usize)?;
        let (choice, block) = (call.choice, call.block);
        covenant.decisions.push(SessionDecision { choice, block, outcome, at_ms, record });
        Some(outcome)
    }

    /// Hands out a call that waits for a review.
    fn request(&mut self, index: u32, review: u64) {
        let Some(covenant) = &mut self.covenant else { return };
        let Some(call) = covenant.calls.get(index as usize) else { return };
        let Some(entry) = covenant.enforcer.reviews().iter().find(|entry| entry.id == review) else { return };
        let Some(gate) = covenant.enforcer.grant().terms().gates.get(entry.gate as usize) else { return };
        covenant.requests.push(ReviewRequest {
            review,
            gate: gate.name.clone(),
            choice: call.choice,
            block: call.block,
            tool: String::from(call.name()),
            arguments: String::from(call.arguments()),
            resource: entry.resource.clone(),
            approvals: gate.approvals,
            deadline_ms: entry.deadline_ms,
        });
        if let Some(Due::Call { review: slot, .. }) = covenant.due.get_mut(0) {
            *slot = Some(review);
        }
    }

    /// The next tool call that waits for somebody to look at it: handed out once, answered by
    /// [`Session::answer_review`]. Nothing behind the call leaves until then, or until the gate's fallback applies
    /// ([`Session::advance`]).
    pub fn next_review(&mut self) -> Option<ReviewRequest> {
        self.covenant.as_mut()?.requests.pop()
    }

    /// The next decision on a tool call, for the ledger. Take them as they fall: they are kept until they are taken.
    pub fn next_decision(&mut self) -> Option<SessionDecision> {
        let covenant = self.covenant.as_mut()?;
        let decision = covenant.decisions.get(covenant.handed)?.clone();
        covenant.handed = covenant.handed.saturating_add(1);
        Some(decision)
    }

    /// Somebody approves or rejects a tool call that waits. Gives what has become of the review: it is pending as long
    /// as others have to approve, too.
    ///
    /// # Errors
    /// [`ReviewError`] when there is no such review, as when the stream is over, it has been decided, or it is not theirs to
    /// decide.
    pub fn answer_review(
        &mut self,
        review: u64,
        approver: &str,
        approves: bool,
        now_ms: u64,
    ) -> Result<ReviewState, ReviewError> {
        let is_over = self.ended.is_some();
        let Some(covenant) = self.covenant.as_mut().filter(|_| !is_over) else {
            return Err(ReviewError::Unknown { review });
        };
        covenant.now_ms = covenant.now_ms.max(now_ms);
        let enforcer = &mut covenant.enforcer;
        let decided = if approves {
            enforcer.approve(review, approver, now_ms)
        } else {
            enforcer.reject(review, approver, now_ms)
        };
        // A review whose time was over meanwhile has changed, too.
        self.score_builtin();
        decided
    }

    /// Notes the time, in ms on a clock of the host's choice that does not run backwards; one that does stands still.
    /// Time is paid for from the counter `wall-time`, and reviews whose time is over take the fallback of their gates.
    ///
    /// # Errors
    /// [`SessionError::Ended`] when the stream is over.
    pub fn advance(&mut self, now_ms: u64) -> Result<(), SessionError> {
        self.require_running()?;
        let Some(covenant) = &mut self.covenant else { return Ok(()) };
        covenant.now_ms = covenant.now_ms.max(now_ms);
        let now_ms = covenant.now_ms;
        covenant.enforcer.advance(now_ms);
        let started_ms = *covenant.started_ms.get_or_insert(now_ms);
        covenant.elapsed_ms = now_ms.saturating_sub(started_ms);
        self.pay_for_time();
        if self.ended.is_some() {
            return Ok(());
        }
        self.score_builtin();
        Ok(())
    }

    /// When the next review takes its gate's fallback, for a host that sets a timer.
    #[must_use]
    pub fn next_deadline_ms(&self) -> Option<u64> {
        self.covenant.as_ref().and_then(|covenant| covenant.enforcer.next_deadline_ms())
    }

    /// The enforcer of the policy's covenant, with what is left of its budget.
    #[must_use]
    pub fn enforcer(&self) -> Option<&crate::covenant::Enforcer> {
        self.covenant.as_ref().map(|covenant| &covenant.enforcer)
    }
}
