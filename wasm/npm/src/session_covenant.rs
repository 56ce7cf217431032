//! The tool calls of a guarded stream, reviews that are asked for and answered, decisions; and what a ledger keeps of it.

use alloc::string::String;
use alloc::vec::Vec;

use interlock_core::covenant::Outcome;
use interlock_core::session::{SessionError, TopUpError};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::details::{self, count};
use crate::failure::{Failure, FailureKind, made};
use crate::session::{Session, number, place};
use crate::tree;

#[wasm_bindgen]
impl Session {
    /// Notes the time, in ms.
    pub fn advance(&mut self, now_ms: f64) -> u32 {
        let result = self.inner.advance(number(now_ms));
        self.status(result)
    }

    /// When the next review takes its gate's fallback.
    #[wasm_bindgen(js_name = nextDeadlineMs)]
    pub fn next_deadline_ms(&self) -> Option<f64> {
        self.inner.next_deadline_ms().map(count)
    }

    /// Takes the next tool call that waits for somebody to look at it, a tree of `tree.rs`; empty for none.
    #[wasm_bindgen(js_name = nextReview)]
    pub fn next_review(&mut self) -> Vec<u8> {
        self.inner.next_review().map_or_else(Vec::new, |request| tree::review_request(&request))
    }

    /// Somebody approves or rejects a tool call that waits. Whether others have to, too.
    ///
    /// # Errors
    /// There is no such review, it has been decided, or it is not theirs to decide.
    #[wasm_bindgen(js_name = answerReview)]
    pub fn answer_review(&mut self, review: f64, approver: &str, approves: bool, now_ms: f64) -> u32 {
        let result = self.inner.answer_review(number(review), approver, approves, number(now_ms));
        made(result.map_err(|error| Failure::new(FailureKind::Review, String::new(), error.message())));
        self.status(Ok(()))
    }

    /// Takes the next decision on a tool call: its record; empty for none. Slots: choice, block, outcome (0 allow, 1 deny,
    /// 2 review), time.
    #[wasm_bindgen(js_name = nextDecision)]
    pub fn next_decision(&mut self) -> String {
        let Some(decision) = self.inner.next_decision() else { return String::new() };
        let outcome = match decision.outcome {
            Outcome::Allow { .. } => 0.0,
            Outcome::Deny(_) => 1.0,
            Outcome::Review { .. } => 2.0,
        };
        details::set(&[decision.choice.into(), decision.block.into(), outcome, count(decision.at_ms)]);
        decision.record
    }

    /// Takes the next counter of a lease that runs out: its name; empty for none. Slots: units that are missing, that are
    /// left, and that the policy's ceiling still allows.
    #[wasm_bindgen(js_name = nextTopUp)]
    pub fn next_top_up(&mut self) -> String {
        let Some(request) = self.inner.next_top_up() else { return String::new() };
        details::set(&[request.missing, request.free, request.most].map(count));
        request.counter
    }

    /// Tops a lease up, or refuses to with 0.
    ///
    /// # Errors
    /// There is no lease of the counter.
    #[wasm_bindgen(js_name = topUp)]
    pub fn top_up(&mut self, counter: &str, units: f64) -> u32 {
        let result = match self.inner.top_up(counter, number(units)) {
            Err(TopUpError::Ended { state }) => Err(SessionError::Ended { state }),
            Err(TopUpError::NoLease { .. }) => {
                let message = "the policy has no lease of it".into();
                made(Err::<(), _>(Failure::new(FailureKind::Argument, "counter".into(), message)));
                Ok(())
            }
            Ok(()) => Ok(()),
        };
        self.status(result)
    }

    /// Takes the next event for the ledger. Slots: addresses and lengths of its kind, its tag and its payload, which stay
    /// good until the next call.
    #[wasm_bindgen(js_name = nextLedgerEvent)]
    pub fn next_ledger_event(&mut self) -> bool {
        self.ledger_event = self.inner.next_ledger_event();
        let Some(event) = &self.ledger_event else { return false };
        let [kind, tag] = [event.kind, event.tag].map(|name| place(name.as_bytes()));
        let payload = place(&event.payload);
        details::set([kind, tag, payload].as_flattened());
        true
    }

    /// The client is gone: the ledger's last event tells how far it came.
    pub fn abandon(&mut self) {
        self.inner.abandon();
    }
}
