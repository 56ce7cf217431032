//! The WIT interface `session`.

mod convert;

use std::cell::RefCell;
use std::sync::Arc;

use interlock_core::dialect::DialectKind;
use interlock_core::guard::GuardLibrary;
use interlock_core::policy::{Policy, PolicyError};
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

/// A policy with the tables of its guard.
fn linked(policy: &str, tables: &[wit::GuardArtifact]) -> Result<(Policy, core::ChannelGuards), PolicyError> {
    let policy = Policy::from_json(policy)?;
    let wrong = |message: String| PolicyError::new("guard".to_owned(), message);
    let mut library = GuardLibrary::new();
    for artifact in tables {
        let hash = artifact.sha256.as_slice().try_into();
        let hash = hash.map_err(|_| wrong("a SHA-256 has 32 bytes".to_owned()))?;
        library.add(&artifact.bytes, hash).map_err(|error| wrong(error.to_string()))?;
    }
    let guards = match &policy.guard {
        Some(guard) => core::ChannelGuards::link(guard, &mut library)?,
        None => core::ChannelGuards::default(),
    };
    Ok((policy, guards))
}

/// A session with the tables of its guard.
fn guarded(policy: &str, dialect: DialectKind, tables: &[wit::GuardArtifact]) -> Result<core::Session, PolicyError> {
    let (policy, guards) = linked(policy, tables)?;
    core::Session::with_guards(policy, dialect, Arc::new(guards))
}

pub(crate) struct Session(RefCell<core::Session>);

impl wit::GuestSession for Session {
    fn new(policy: String, dialect: wit::DialectKind) -> Result<wit::Session, wit::PolicyError> {
        let session = core::Session::new(&Policy::from_json(&policy)?, dialect.into())?;
        Ok(wit::Session::new(Self(RefCell::new(session))))
    }

    fn new_guarded(
        policy: String,
        dialect: wit::DialectKind,
        tables: Vec<wit::GuardArtifact>,
    ) -> Result<wit::Session, wit::PolicyError> {
        Ok(wit::Session::new(Self(RefCell::new(guarded(&policy, dialect.into(), &tables)?))))
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

    fn next_guard_event(&self) -> Option<wit::GuardEvent> {
        self.0.borrow_mut().next_guard_event().map(Into::into)
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

    fn is_between_segments(&self) -> bool {
        self.0.borrow().is_between_segments()
    }

    fn check_adopt(&self, policy: String, tables: Vec<wit::GuardArtifact>) -> Result<(), wit::Refusal> {
        let linked = linked(&policy, &tables).map_err(core::AdoptError::Policy);
        refused(linked.and_then(|(policy, guards)| self.0.borrow().check_adopt(&policy, &guards)))
    }

    fn adopt(&self, policy: String, tables: Vec<wit::GuardArtifact>) -> Result<(), wit::Refusal> {
        let linked = linked(&policy, &tables).map_err(core::AdoptError::Policy);
        refused(linked.and_then(|(policy, guards)| self.0.borrow_mut().adopt(&policy, &guards)))
    }

    fn drain(&self) -> wit::SessionOutput {
        let mut session = self.0.borrow_mut();
        wit::SessionOutput {
            segments: std::iter::from_fn(|| session.next_segment().map(Into::into)).collect(),
            events: std::iter::from_fn(|| session.next_event().map(Into::into)).collect(),
            reviews: std::iter::from_fn(|| session.next_review().map(Into::into)).collect(),
            decisions: std::iter::from_fn(|| session.next_decision().map(Into::into)).collect(),
            matches: std::iter::from_fn(|| session.next_guard_event().map(Into::into)).collect(),
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

fn begun(mut session: core::Session, text: &str) -> wit::TextGuard {
    session.refuse_top_ups();
    // A fresh session takes input; a halt that needs no answer makes the end an error, and is in the record.
    let _ = session.feed(text.as_bytes()).and_then(|()| session.end());
    wit::TextGuard::new(TextGuard(RefCell::new(session)))
}

impl wit::GuestTextGuard for TextGuard {
    fn new(policy: String, text: String) -> Result<wit::TextGuard, wit::PolicyError> {
        Ok(begun(core::Session::new(&Policy::from_json(&policy)?, DialectKind::Text)?, &text))
    }

    fn new_guarded(
        policy: String,
        text: String,
        tables: Vec<wit::GuardArtifact>,
    ) -> Result<wit::TextGuard, wit::PolicyError> {
        Ok(begun(guarded(&policy, DialectKind::Text, &tables)?, &text))
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
