//! The guard and texts that are made of strings: tool arguments, and what no dialect knows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc
)]
#![cfg(feature = "guard-compiler")]

use interlock_core::dialect::DialectKind;
use interlock_core::halt::HaltReason;
use interlock_core::session::{Session, SessionState};

mod session_support;
use session_support::guarded::{HALT, KEY, REDACT, arguments_of, call, cuts, guards_of, run};
use session_support::{FINISH, chunk, policy};

#[test]
fn escapes_hide_nothing_in_arguments() {
    let policy = policy(REDACT);
    let guards = guards_of(&policy);
    let token = "[redacted:api-keys/aws-access-key]";
    for (arguments, expected) in [
        (format!(r#"{{"key":"{KEY}"}}"#), format!(r#"{{"key":"{token}"}}"#)),
        (String::from(r#"{"key":"\u0041KIAIOSFODNN7EXAMPLE"}"#), format!(r#"{{"key":"{token}"}}"#)),
        (String::from(r#"{"k":"\nAKIAIOSFODNN7\u0045XAMPLE\n"}"#), format!(r#"{{"k":"\n{token}\n"}}"#)),
        (String::from(r#"{"a":["\ud83d\ude00AKIAIOSFODNN7EXAMPLE"]}"#), format!(r#"{{"a":["\ud83d\ude00{token}"]}}"#)),
        (String::from(r#"{"\u0041KIAIOSFODNN7EXAMPLE":1}"#), format!(r#"{{"{token}":1}}"#)),
        (String::from(r#"{"card":4111111111111111}"#), String::from(r#"{"card":0}"#)),
        (
            String::from(r#"{"a":"AKIAIOSF","b":"ODNN7EXAMPLE"}"#),
            String::from(r#"{"a":"AKIAIOSF","b":"ODNN7EXAMPLE"}"#),
        ),
        (format!("no JSON {KEY}."), format!("no JSON {token}.")),
    ] {
        for pieces in cuts(arguments.as_bytes()) {
            let pieces: Vec<&str> = pieces.iter().filter_map(|piece| std::str::from_utf8(piece).ok()).collect();
            let wire = [pieces.iter().map(|piece| call(piece)).collect(), String::from(FINISH)].concat();
            let out = run(&policy, &guards, DialectKind::OpenaiChat, &[wire.as_bytes()]);
            assert_eq!(arguments_of(&out.wire), expected, "{pieces:?}");
            assert_eq!(out.record.state, SessionState::Completed);
            // What is found as it is written and as it is decoded is one match.
            let matches = usize::from(arguments != expected);
            assert_eq!(out.matches.len(), matches, "{:?}", out.matches);
        }
    }
}

#[test]
fn a_halt_in_arguments_falls_on_the_decoded_string() {
    let policy = policy(HALT);
    let guards = guards_of(&policy);
    let arguments = r#"{"q":1,"key":"\u0041KIAIOSFODNN7EXAMPLE"}"#;
    for pieces in cuts(arguments.as_bytes()) {
        let wire: String = pieces.iter().map(|piece| call(std::str::from_utf8(piece).unwrap())).collect();
        let wire = [wire, String::from(FINISH)].concat();
        let out = run(&policy, &guards, DialectKind::OpenaiChat, &[wire.as_bytes()]);
        assert_eq!(arguments_of(&out.wire), r#"{"q":1,"key":""#, "{pieces:?}");
        assert_eq!(out.record.halt.unwrap().reason, HaltReason::Pattern);
        assert_eq!(out.record.halted_at.unwrap().start, 14);
    }
}

#[test]
fn a_redaction_that_would_break_the_arguments_halts() {
    let policy = policy(
        r#"{"guard": {"rules": [{"patterns": [{"id": "p", "pattern": "\"password\":\"[^\"]*\""}], "action": "redact"}]}}"#,
    );
    let guards = guards_of(&policy);
    let wire = [call(r#"{"a":1,"password":"x"}"#), String::from(FINISH)].concat();
    for chunks in cuts(wire.as_bytes()) {
        let out = run(&policy, &guards, DialectKind::OpenaiChat, &chunks);
        assert_eq!(arguments_of(&out.wire), r#"{"a":1,"#);
        assert_eq!(out.record.guard.unwrap().halted_by.unwrap(), "p");
    }
}

#[test]
fn a_call_is_checked_and_shown_as_it_leaves() {
    let policy = |permission: &str, gates: &str| {
        policy(&format!(
            r#"{{"guard": {{"rules": [{{"patterns": [{{"id": "z", "pattern": "Z+", "replacement": ""}}], "action": "redact"}}]}},
                "covenant": {{"permissions": [{{"resource": "{permission}"}}], "tools": [{{"name": "read", "argument": "path"}}]{gates}}}}}"#
        ))
    };
    let wire = |path: &str| {
        let arguments = serde_json::json!({ "path": path }).to_string();
        let name = serde_json::json!({ "tool_calls": [{ "index": 0, "id": "c", "function": { "name": "reZad", "arguments": "" } }] });
        [chunk(&name.to_string()), call(&arguments), String::from(FINISH)].concat()
    };
    for (permission, path, is_allowed) in [
        ("read/seZ*", "seZcret", false),
        ("reZad/se*", "seZcret", false),
        ("read/sec*", "seZZcret", true),
        ("read/\u{e9}se*", "\u{e9}seZ", true),
    ] {
        let policy = policy(permission, "");
        let guards = guards_of(&policy);
        let out = run(&policy, &guards, DialectKind::OpenaiChat, &[wire(path).as_bytes()]);
        let left = String::from_utf8(out.wire).unwrap();
        assert_eq!(out.record.state == SessionState::Completed, is_allowed, "{permission} {path} {left}");
        assert_eq!(left.contains("path"), is_allowed, "{left}");
        assert!(!left.contains('Z'), "{left}");
    }
    let policy = policy("read/**", r#", "gates": [{"name": "look", "resource": "read/**", "timeout_ms": 1000}]"#);
    let mut session = Session::with_guards(policy.clone(), DialectKind::OpenaiChat, guards_of(&policy)).unwrap();
    session.advance(5).unwrap();
    session.feed(wire("a/ZZb").as_bytes()).unwrap();
    let request = session.next_review().unwrap();
    assert_eq!((&*request.tool, &*request.arguments, &*request.resource), ("read", r#"{"path":"a/b"}"#, "read/a/b"));
}

/// Texts of fields that no dialect knows, a chunk of the protocol for each list.
fn unknown(chunks: &[&[&str]]) -> String {
    let mut wire = String::new();
    for texts in chunks {
        let fields: serde_json::Map<_, _> = texts
            .iter()
            .enumerate()
            .map(|(at, text)| (format!("new-{at}"), serde_json::json!({ "deep": [text] })))
            .collect();
        wire.push_str(&chunk(&serde_json::Value::Object(fields).to_string()));
    }
    wire.push_str(FINISH);
    wire
}

#[test]
fn what_stands_beside_a_text_that_no_dialect_knows_hides_nothing_in_it() {
    let (redact, halt) = (policy(REDACT), policy(HALT));
    let (redacting, halting) = (guards_of(&redact), guards_of(&halt));
    for chunks in [
        &[&["x", KEY][..]][..],
        &[&[KEY, "x"]],
        &[&["x", KEY, "x"]],
        &[&["x"], &[KEY], &["x"]],
        &[&["x"], &[KEY, "x"], &[KEY]],
        // As pieces of one text it is found, too.
        &[&["so AKIAIOSF", "ODNN7EXAMPLE so"]],
        &[&["so AKIAIOSF"], &["ODNN7EXAMPLE so"]],
    ] {
        let wire = unknown(chunks);
        for pieces in cuts(wire.as_bytes()) {
            let out = run(&redact, &redacting, DialectKind::OpenaiChat, &pieces);
            let left = String::from_utf8(out.wire).unwrap();
            assert!(!left.contains("IOSF") && !left.contains("EXAMPLE"), "{chunks:?} {left}");
            assert_eq!(out.record.state, SessionState::Completed);
            assert_eq!(out.matches.len(), wire.matches("ODNN7").count(), "{chunks:?}");
            let out = run(&halt, &halting, DialectKind::OpenaiChat, &pieces);
            let left = String::from_utf8(out.wire).unwrap();
            assert!(!left.contains("IOSF") && !left.contains("EXAMPLE"), "{chunks:?} {left}");
            assert_eq!(out.record.halt.unwrap().reason, HaltReason::Pattern);
        }
    }
}
