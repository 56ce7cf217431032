//! How guarded streams end: halts, broken upstreams, and what the end says.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc
)]
#![cfg(feature = "session")]

use interlock_core::dialect::DialectKind;
use interlock_core::halt::{HaltReason, Observation};
use interlock_core::policy::Policy;
use interlock_core::session::{Session, SessionState};

mod session_support;
use session_support::{content, policy, run, stream, text_of};

#[test]
fn a_halt_ends_the_protocol_and_nothing_follows() {
    let wire = stream(&["The ", "sky ", "is ", "green", " and red."]);
    let policy = policy(r#"{"scorer": {"kind": "host"}, "ending": {"message": "[\"stop\"]"}}"#);
    let (out, record) =
        run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |s| if s.text == "green" { 0.1 } else { 0.9 });
    let passed = format!("{}{}{}", content("The "), content("sky "), content("is "));
    let out = String::from_utf8(out).unwrap();
    let ending = out.strip_prefix(&passed).unwrap();
    assert_eq!(
        ending,
        "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"[\\\"stop\\\"]\"},\"logprobs\":null,\"finish_reason\":\"content_filter\"}]}\n\ndata: [DONE]\n\n"
    );
    assert_eq!(record.state, SessionState::Halted);
    assert_eq!(record.halt.unwrap().reason, HaltReason::HardLimit);
    assert_eq!(record.halted_at.unwrap().start, 11);
    assert_eq!(record.channels[0].released, 11);
}

#[test]
fn usage_is_kept_in_the_ending() {
    let mut wire = content("good");
    wire.push_str(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"bad\"}}],\"usage\":{\"total_tokens\":12}}\n\n",
    );
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    let (out, record) =
        run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |s| if s.text == "bad" { 0.0 } else { 1.0 });
    assert!(String::from_utf8(out).unwrap().contains("\"usage\":{\"total_tokens\":12}}\n\ndata: [DONE]"));
    assert_eq!(record.usage.unwrap().get(), "{\"total_tokens\":12}");
}

#[test]
fn answers_in_any_order_are_applied_in_the_order_of_the_text() {
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    let mut session = Session::new(&policy, DialectKind::OpenaiChat).unwrap();
    session.feed(stream(&["a", "b", "c"]).as_bytes()).unwrap();
    let segments: Vec<_> = std::iter::from_fn(|| session.next_segment()).collect();
    session.answer(2, Observation::score(0.0)).unwrap();
    session.answer(1, Observation::score(0.9)).unwrap();
    assert_eq!(
        session.answer(1, Observation::score(0.9)).unwrap_err().to_string(),
        "segment 1 does not wait for an answer"
    );
    assert!(session.take_output().is_empty());
    session.answer(segments[0].id, Observation::score(0.9)).unwrap();
    assert_eq!(session.state(), SessionState::Halted);
    let out = session.take_output();
    assert!(text_of(&out).starts_with("ab["));
    let verdicts: Vec<_> = std::iter::from_fn(|| session.next_event()).map(|event| event.text).collect();
    assert_eq!(verdicts, ["a", "b", "c"]);
}

#[test]
fn a_connection_lost_after_the_end_is_no_failure() {
    let wire = stream(&["whole"]);
    let mut session = Session::new(&Policy::default(), DialectKind::OpenaiChat).unwrap();
    session.feed(wire.as_bytes()).unwrap();
    assert!(!session.wants_input());
    session.fail("connection reset").unwrap();
    assert_eq!(session.state(), SessionState::Completed);
    assert_eq!(session.take_output(), wire.as_bytes());
}

#[test]
fn a_broken_upstream_fails_after_what_came_before() {
    let cases: [(&str, &str); 8] = [
        ("data: {\"choices\":[\n\n", "expected a JSON value"),
        ("data: [1]\n\n", "expected a JSON object"),
        ("data: hello\n\n", "expected a JSON value"),
        ("data: {\"choices\":[{\"delta\":{\"content\":\"x", "unterminated string"),
        ("", "the stream ended before its last event"),
        ("data: {} x\n\n", "unexpected text after the JSON value"),
        ("data: {\"a\":1,}\n\n", "expected a string"),
        (": ping\n\n", "the stream ended before its last event"),
    ];
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    for (broken, message) in cases {
        let wire = format!("{}{broken}", content("good"));
        let (out, record) = run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |_| 0.9);
        assert_eq!(record.state, SessionState::Failed, "{broken}");
        let error = record.error.unwrap();
        assert_eq!(error.message, message, "{broken}");
        assert!(error.offset >= content("good").len() as u64 && error.offset <= wire.len() as u64);
        let out = String::from_utf8(out).unwrap();
        let rest = out.strip_prefix(&content("good")).unwrap().trim_start_matches(": ping\n\n");
        let event: serde_json::Value = serde_json::from_str(rest.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(event["error"]["message"], message);
    }
}

#[test]
fn what_is_no_stream_is_refused_at_its_first_byte() {
    let policy = Policy::default();
    for body in ["<html>\n\nSecret\n\n</html>", "{\"error\": {\"message\": \"quota\"}}", "hello"] {
        let (out, record) = run(&policy, DialectKind::OpenaiChat, &[body.as_bytes()], |_| 0.9);
        assert_eq!(record.state, SessionState::Failed);
        assert_eq!(record.error.unwrap().offset, 0);
        assert!(!String::from_utf8(out).unwrap().contains("ecret"));
    }
}

#[test]
fn an_upstream_error_event_is_passed_and_ends_the_stream() {
    let wire = format!("{}data: {{\"error\":{{\"message\":\"overloaded\"}}}}\n\n", content("good"));
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    let (out, record) = run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |_| 0.9);
    assert_eq!(String::from_utf8(out).unwrap(), wire);
    assert_eq!(record.state, SessionState::Failed);
}

#[test]
fn an_event_without_end_is_not_held_for_ever() {
    let policy = policy(r#"{"limits": {"held_bytes": 4096}}"#);
    let mut wire = content("good");
    let start = wire.len();
    wire.push_str("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"");
    wire.push_str(&"x".repeat(100_000));
    let (out, record) = run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |_| 0.9);
    assert_eq!(record.halt.unwrap().reason, HaltReason::HeldLimit);
    let out = String::from_utf8(out).unwrap();
    assert!(out.starts_with(&wire[..start]) && out.ends_with("data: [DONE]\n\n") && !out.contains("xxx"));
}

#[test]
fn a_choice_that_has_finished_is_not_finished_again() {
    let wire = "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    let (out, _) = run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |s| if s.text == "a" { 0.0 } else { 1.0 });
    let out = String::from_utf8(out).unwrap();
    let last = out.split("\n\n").nth(1).unwrap().strip_prefix("data: ").unwrap();
    let ending: serde_json::Value = serde_json::from_str(last).unwrap();
    assert_eq!(ending["choices"].as_array().unwrap().len(), 1);
    assert_eq!(ending["choices"][0]["index"], 0);
}
