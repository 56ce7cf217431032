//! The WIT interface `session`.

mod convert;

use std::cell::RefCell;

use interlock_core::policy::Policy;
use interlock_core::session as core;

use crate::Component;
use crate::bindings::exports::interlock::kernel::session as wit;
use crate::convert::refused;

impl wit::Guest for Component {
    type Session = Session;
    type TextGuard = TextGuard;

    fn policy_from_json(json: String) -> Result<String, wit::PolicyError> {
        Ok(to_json(&Policy::from_json(&json)?))
    }
}

/// A valid policy holds finite numbers, names and strings only: nothing in it can fail to be written.
fn to_json(policy: &Policy) -> String {
    serde_json::to_string(policy).unwrap_or_default()
}

pub(crate) struct Session(RefCell<core::Session>);

impl wit::GuestSession for Session {
    fn new(policy: String, dialect: wit::DialectKind) -> Result<wit::Session, wit::PolicyError> {
        let session = core::Session::new(&Policy::from_json(&policy)?, dialect.into())?;
        Ok(wit::Session::new(Self(RefCell::new(session))))
    }

    fn feed(&self, bytes: Vec<u8>) -> Result<(), wit::SessionError> {
        Ok(self.0.borrow_mut().feed(&bytes)?)
    }

    fn end(&self) -> Result<(), wit::SessionError> {
        Ok(self.0.borrow_mut().end()?)
    }

    fn fail(&self, message: String) -> Result<(), wit::SessionError> {
        Ok(self.0.borrow_mut().fail(&message)?)
    }

    fn answer(&self, segment: u64, answer: wit::Observation) -> Result<(), wit::SessionError> {
        Ok(self.0.borrow_mut().answer(segment, answer.into())?)
    }

    fn answer_many(&self, answers: Vec<wit::SegmentAnswer>) -> wit::Answered {
        let mut session = self.0.borrow_mut();
        let mut applied = 0_u32;
        let refused = answers.into_iter().find_map(|answer| {
            let refused = session.answer(answer.segment, answer.observation.into()).err();
            applied = applied.wrapping_add(u32::from(refused.is_none()));
            refused
        });
        wit::Answered { applied, refused: refused.map(Into::into) }
    }

    fn emergency_stop(&self) -> Result<(), wit::SessionError> {
        Ok(self.0.borrow_mut().emergency_stop()?)
    }

    fn stop(&self, halt: wit::Halt) -> Result<(), wit::SessionError> {
        Ok(self.0.borrow_mut().stop(halt.into())?)
    }

    fn next_segment(&self) -> Option<wit::Segment> {
        self.0.borrow_mut().next_segment().map(Into::into)
    }

    fn next_event(&self) -> Option<wit::SessionEvent> {
        self.0.borrow_mut().next_event().map(Into::into)
    }

    fn take_output(&self) -> Vec<u8> {
        self.0.borrow_mut().take_output()
    }

    fn next_review(&self) -> Option<wit::ReviewRequest> {
        self.0.borrow_mut().next_review().map(Into::into)
    }

    fn next_decision(&self) -> Option<wit::SessionDecision> {
        self.0.borrow_mut().next_decision().map(Into::into)
    }

    fn next_ledger_event(&self) -> Option<wit::LedgerEvent> {
        self.0.borrow_mut().next_ledger_event().map(Into::into)
    }

    fn abandon(&self) {
        self.0.borrow_mut().abandon();
    }

    fn next_top_up(&self) -> Option<wit::TopUpRequest> {
        self.0.borrow_mut().next_top_up().map(Into::into)
    }

    fn top_up(&self, counter: String, units: u64) -> Result<(), wit::Refusal> {
        refused(self.0.borrow_mut().top_up(&counter, units))
    }

    fn awaits_top_up(&self) -> bool {
        self.0.borrow().awaits_top_up()
    }

    fn answer_review(
        &self,
        review: u64,
        approver: String,
        approves: bool,
        now_ms: u64,
    ) -> Result<wit::ReviewState, wit::Refusal> {
        Ok(refused(self.0.borrow_mut().answer_review(review, &approver, approves, now_ms))?.into())
    }

    fn advance(&self, now_ms: u64) -> Result<(), wit::SessionError> {
        Ok(self.0.borrow_mut().advance(now_ms)?)
    }

    fn next_deadline_ms(&self) -> Option<u64> {
        self.0.borrow().next_deadline_ms()
    }

    fn drain(&self) -> wit::SessionOutput {
        let mut session = self.0.borrow_mut();
        wit::SessionOutput {
            segments: std::iter::from_fn(|| session.next_segment().map(Into::into)).collect(),
            events: std::iter::from_fn(|| session.next_event().map(Into::into)).collect(),
            reviews: std::iter::from_fn(|| session.next_review().map(Into::into)).collect(),
            decisions: std::iter::from_fn(|| session.next_decision().map(Into::into)).collect(),
            top_ups: std::iter::from_fn(|| session.next_top_up().map(Into::into)).collect(),
            bytes: session.take_output(),
            state: session.state().into(),
            wants_input: session.wants_input(),
        }
    }

    fn state(&self) -> wit::SessionState {
        self.0.borrow().state().into()
    }

    fn wants_input(&self) -> bool {
        self.0.borrow().wants_input()
    }

    fn policy(&self) -> String {
        to_json(self.0.borrow().policy())
    }

    fn record(&self) -> wit::SessionRecord {
        self.0.borrow().record().into()
    }

    fn record_json(&self) -> String {
        self.0.borrow().record().to_json()
    }
}

/// `guard_text` asks for its scores through a closure; a component is asked and answered, so the same
/// steps are taken one by one here.
pub(crate) struct TextGuard(RefCell<core::Session>);

impl wit::GuestTextGuard for TextGuard {
    fn new(policy: String, text: String) -> Result<wit::TextGuard, wit::PolicyError> {
        let mut session = core::Session::new(&Policy::from_json(&policy)?, wit::DialectKind::Text.into())?;
        session.refuse_top_ups();
        // A fresh session takes input; a halt by the built-in scorer makes the end an error, and is in the record.
        let _ = session.feed(text.as_bytes()).and_then(|()| session.end());
        Ok(wit::TextGuard::new(Self(RefCell::new(session))))
    }

    fn next_segment(&self) -> Option<wit::Segment> {
        self.0.borrow_mut().next_segment().map(Into::into)
    }

    fn answer(&self, segment: u64, answer: wit::Observation) -> Result<(), wit::SessionError> {
        Ok(self.0.borrow_mut().answer(segment, answer.into())?)
    }

    fn finish(&self) -> Result<wit::GuardedText, wit::SessionError> {
        let mut session = self.0.borrow_mut();
        let state = session.state();
        if !state.is_terminal() {
            return Err(core::SessionError::Ended { state }.into());
        }
        Ok(wit::GuardedText {
            text: String::from_utf8_lossy(&session.take_output()).into_owned(),
            events: std::iter::from_fn(|| session.next_event().map(Into::into)).collect(),
            record: session.record().into(),
        })
    }
}
