//! Sessions: what they do through the component, and what they refuse.

use interlock_core::dialect::{ChannelKind, DialectKind};
use interlock_core::halt::{Halt, HaltReason, Observation};
use interlock_core::policy::Policy;
use interlock_core::session::{SessionError, SessionState, guard_text};
use interlock_host::embed::{HostError, Session};

use crate::support::interlock;

const HOST: &str = r#"{"scorer": {"kind": "host"}, "ending": {"message": "[stopped]"}}"#;

fn session(policy: &str, dialect: DialectKind) -> Session {
    interlock().session_from_json(policy, dialect).unwrap()
}

#[test]
fn refused_policies_name_the_place() {
    for (policy, path) in [
        (r#"{"halt": {"hard_limit": 4}}"#, "halt.hard_limit"),
        (r#"{"hold_limit": 1}"#, "hold_limit"),
        (r#"{"limits": {"channels": 0}}"#, "limits.channels"),
        ("[]", ""),
        ("{", ""),
    ] {
        let refused = interlock().session_from_json(policy, DialectKind::Text);
        let Err(HostError::Policy(error)) = refused else { panic!("{policy}: {refused:?}") };
        let native = Policy::from_json(policy).unwrap_err();
        assert_eq!(error, native);
        assert!(error.path.contains(path), "{error}");
    }
    // Numbers that JSON cannot carry are refused as what they are.
    let mut policy = Policy::default();
    policy.halt.hard_limit = f64::NAN;
    let refused = interlock().session(&policy, DialectKind::Text);
    assert!(matches!(refused, Err(HostError::Policy(error)) if error.path == "halt.hard_limit"));
}

#[test]
fn a_policy_comes_back_with_every_default() {
    let mut instance = interlock().instantiate().unwrap();
    let json = instance.policy_from_json(HOST).unwrap();
    assert_eq!(Policy::from_json(&json).unwrap(), Policy::from_json(HOST).unwrap());
    assert!(json.contains("held_bytes"));
    assert!(matches!(instance.policy_from_json("1"), Err(HostError::Policy(_))));
    assert_eq!(session(HOST, DialectKind::Text).policy(), &Policy::from_json(HOST).unwrap());
}

#[test]
fn what_nothing_scores_passes() {
    let mut session = session("{}", DialectKind::Text);
    session.feed("größer".as_bytes()).unwrap();
    assert!(session.next_segment().is_none());
    session.end().unwrap();
    let output = session.drain();
    assert_eq!((output.bytes.as_slice(), output.state), ("größer".as_bytes(), SessionState::Completed));
    assert!(!output.wants_input);
    let record = session.record();
    assert_eq!((record.bytes_in, record.bytes_out, record.state), (8, 8, SessionState::Completed));
}

#[test]
fn segments_are_answered_in_any_order_and_at_once() {
    let mut session = session(HOST, DialectKind::Text);
    let mut ids = Vec::new();
    for text in ["one ", "two ", "three "] {
        session.feed(text.as_bytes()).unwrap();
        let segment = session.next_segment().unwrap();
        assert_eq!((segment.text.as_str(), segment.channel.kind), (text, ChannelKind::Content));
        ids.push(segment.id);
    }
    session.answer(ids[2], Observation::score(0.9)).unwrap();
    assert!(session.take_output().is_empty() && session.next_event().is_none());
    assert_eq!(
        session.answer_many(&[(ids[1], Observation::score(0.8)), (ids[0], Observation::score(0.9))]).unwrap(),
        2
    );
    assert_eq!(session.take_output(), b"one two three ");
    let events: Vec<_> = std::iter::from_fn(|| session.next_event()).collect();
    assert_eq!(events.iter().map(|event| event.text.as_str()).collect::<Vec<_>>(), ["one ", "two ", "three "]);
    assert_eq!(events[1].score, Some(0.8));
}

#[test]
fn wrong_answers_are_refused_and_change_nothing() {
    let mut session = session(HOST, DialectKind::Text);
    session.feed(b"text").unwrap();
    let unknown = |result: Result<(), HostError>, id: u64| {
        let expected = SessionError::UnknownSegment { segment: id };
        assert!(matches!(result, Err(HostError::Session(error)) if error == expected));
    };
    // Not handed out yet.
    unknown(session.answer(0, Observation::score(0.9)), 0);
    let id = session.next_segment().unwrap().id;
    unknown(session.answer(id + 7, Observation::score(0.9)), id + 7);
    let refused = session.answer_many(&[(99, Observation::score(0.9)), (id, Observation::score(0.9))]);
    assert!(matches!(refused, Err(HostError::Session(SessionError::UnknownSegment { segment: 99 }))));
    assert!(session.take_output().is_empty());
    session.answer(id, Observation::score(0.9)).unwrap();
    unknown(session.answer(id, Observation::score(0.9)), id);
    assert_eq!(session.take_output(), b"text");
}

#[test]
fn a_halt_in_a_batch_of_answers_refuses_the_rest() {
    let mut session = session(HOST, DialectKind::Text);
    let mut answers = Vec::new();
    for score in [0.9, 0.1, 0.9] {
        session.feed(b"text ").unwrap();
        answers.push((session.next_segment().unwrap().id, Observation::score(score)));
    }
    assert_eq!(session.answer_many(&answers).unwrap(), 2);
    assert_eq!(session.state(), SessionState::Halted);
    assert_eq!(session.take_output(), b"text [stopped]");
    let ended = SessionError::Ended { state: SessionState::Halted };
    let refused = session.answer_many(&answers[2..]);
    assert!(matches!(refused, Err(HostError::Session(error)) if error == ended));
}

#[test]
fn calls_after_the_end_are_errors() {
    let mut session = session("{}", DialectKind::Text);
    session.end().unwrap();
    let ended = SessionError::Ended { state: SessionState::Completed };
    for result in [
        session.feed(b"x"),
        session.end(),
        session.fail("x"),
        session.answer(0, Observation::score(0.9)),
        session.stop(Halt::because(HaltReason::Budget)),
        session.emergency_stop(),
    ] {
        assert!(matches!(result, Err(HostError::Session(error)) if error == ended));
    }
    assert!(session.trap().is_none());
}

#[test]
fn a_stop_from_outside_ends_the_protocol() {
    for (dialect, end) in [(DialectKind::OpenaiChat, "data: [DONE]\n\n"), (DialectKind::Text, "[stopped]")] {
        let mut session = session(HOST, dialect);
        session.stop(Halt::measured(HaltReason::Budget, 7.0, 5.0)).unwrap();
        let output = session.drain();
        assert_eq!(output.state, SessionState::Halted);
        assert!(String::from_utf8(output.bytes).unwrap().ends_with(end));
        assert_eq!(session.record().halt, Some(Halt::measured(HaltReason::Budget, 7.0, 5.0)));
    }
    let mut session = session(HOST, DialectKind::OpenaiChatBody);
    session.emergency_stop().unwrap();
    assert_eq!(session.record().halt.unwrap().reason, HaltReason::EmergencyStop);
}

#[test]
fn a_lost_upstream_fails() {
    let mut session = session(HOST, DialectKind::OpenaiChat);
    session.feed(b"data: {\"choices\":").unwrap();
    session.fail("connection reset").unwrap();
    let output = session.drain();
    assert_eq!(output.state, SessionState::Failed);
    assert!(String::from_utf8(output.bytes).unwrap().contains("error"));
    assert!(session.record().error.unwrap().message.contains("connection reset"));
}

#[test]
fn an_instance_serves_one_session_after_the_other() {
    let mut instance = interlock().instantiate().unwrap();
    for _ in 0..50 {
        let mut session = Session::from_json(instance, HOST, DialectKind::Text).unwrap();
        session.feed(b"text").unwrap();
        assert_eq!(session.next_segment().unwrap().id, 0);
        instance = session.into_instance().unwrap();
    }
}

#[test]
fn a_whole_text_is_guarded_as_by_the_core() {
    let mut instance = interlock().instantiate().unwrap();
    let mut policy = Policy::from_json(HOST).unwrap();
    policy.segments.unit = interlock_core::policy::SegmentUnit::Sentence;
    let text = "Grass is soft. The sky is green. Water is wet.";
    for bad in ["nothing", "soft", "green", "wet"] {
        let score = |text: &str| Observation::score(if text.contains(bad) { 0.1 } else { 0.9 });
        let native = guard_text(&policy, text, |segment| score(&segment.text)).unwrap();
        let guarded = instance.guard_text(&policy, text, |segment| score(&segment.text)).unwrap();
        assert_eq!(guarded.text, native.text);
        assert_eq!(guarded.events, native.events);
        assert_eq!(guarded.record.to_json(), native.record.to_json());
    }
    assert!(matches!(instance.guard_text_json("{", text, |_| Observation::score(0.9)), Err(HostError::Policy(_))));
}
