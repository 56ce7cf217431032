//! A guard inside a session: any bytes of any protocol, and any text as the deltas of a chat, cut anywhere.
#![no_main]

#[allow(dead_code)]
mod common;

use std::sync::OnceLock;

use common::Input;
use interlock_core::dialect::DialectKind;
use interlock_core::halt::{HaltReason, Observation};
use interlock_core::policy::Policy;
use interlock_core::rules::PolicyArtifact;
use interlock_core::session::{Session, SessionRecord, guard_text_with};
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

const POLICIES: [&str; 5] = [
    r#"{"guard": {"rules": [{"patterns": [{"id": "a", "pattern": "a+b"}, {"id": "q", "pattern": "\"x[^\"]*\""}], "action": "redact"}]}}"#,
    r#"{"guard": {"rules": [{"patterns": [{"id": "key", "pattern": "\\bsk-[a-z]{3,}"}, {"id": "two", "pattern": "ab"}]}]}}"#,
    r#"{"segments": {"unit": "bytes", "max_bytes": 16}, "limits": {"held_bytes": 1024}, "guard": {"rules": [
        {"patterns": [{"id": "long", "pattern": "<[^>]*>"}], "action": "redact"},
        {"patterns": [{"id": "card", "pattern": "[0-9]{4,12}", "check": "luhn"}], "action": "flag"}]}}"#,
    r#"{"mode": "observe", "guard": {"rules": [{"patterns": [{"id": "a", "pattern": "a+b"}], "action": "redact"},
        {"patterns": [{"id": "end", "pattern": "\u00e9$"}]}]}}"#,
    r#"{"guard": {"rules": [{"patterns": [{"id": "s", "pattern": "sk-[a-z]+", "replacement": "\"\\\u0001"}], "action": "redact",
        "channels": ["tool-arguments", "content"]}, {"patterns": [{"id": "n", "pattern": "\\n\\n"}], "action": "flag"}]}}"#,
];

fn artifact(which: u8) -> &'static PolicyArtifact {
    static ALL: OnceLock<Vec<PolicyArtifact>> = OnceLock::new();
    let compile = |json| PolicyArtifact::compile(Policy::from_json(json).expect("a policy")).expect("compiles");
    let all = ALL.get_or_init(|| POLICIES.into_iter().map(compile).collect());
    &all[usize::from(which) % all.len()]
}

/// What leaves, and the record.
fn run(mut session: Session, pieces: &[&[u8]]) -> (Vec<u8>, SessionRecord) {
    let mut output = Vec::new();
    for piece in pieces {
        if session.wants_input() {
            session.feed(piece).expect("it wants input");
        }
        output.extend(session.take_output());
    }
    let _ = session.end();
    output.extend(session.take_output());
    assert!(session.state().is_terminal());
    while let Some(event) = session.next_guard_event() {
        assert!(event.length > 0);
    }
    (output, session.record())
}

fn is_held_limit(record: &SessionRecord) -> bool {
    record.halt.is_some_and(|halt| halt.reason == HaltReason::HeldLimit)
}

/// A text as the deltas of a chat: their contents.
fn chat(text: &str, cuts: &[u8]) -> Vec<u8> {
    let mut rest = text;
    let mut stream = Vec::new();
    let mut cuts = cuts.iter().cycle();
    while !rest.is_empty() {
        let mut at = usize::from(cuts.next().copied().unwrap_or(7) % 16).clamp(1, rest.len());
        while !rest.is_char_boundary(at) {
            at += 1;
        }
        let (delta, after) = rest.split_at(at);
        rest = after;
        let chunk = json!({"choices": [{"index": 0, "delta": {"content": delta}}]});
        stream.extend(format!("data: {chunk}\n\n").bytes());
    }
    stream.extend(b"data: [DONE]\n\n");
    stream
}

/// The contents of a chat's deltas.
fn contents(output: &[u8]) -> String {
    let output = String::from_utf8_lossy(output);
    let data = output.lines().filter_map(|line| line.strip_prefix("data: "));
    let chunks = data.filter_map(|data| serde_json::from_str::<Value>(data).ok());
    chunks.filter_map(|chunk| Some(String::from(chunk["choices"][0]["delta"]["content"].as_str()?))).collect()
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let artifact = artifact(input.byte());
    let dialect = DialectKind::ALL[usize::from(input.byte()) % DialectKind::ALL.len()];
    let size = usize::from(input.byte()).max(1);
    let cuts = input.take(4);
    let bytes = input.0;
    let session = |dialect| artifact.session(dialect).expect("an artifact makes a session");

    // Any bytes: how they are cut changes nothing of what the guard finds.
    let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    let ((output, record), (other_output, other)) = (run(session(dialect), &pieces), run(session(dialect), &single));
    if !is_held_limit(&record) && !is_held_limit(&other) {
        assert_eq!((&record.guard, record.halt, record.state), (&other.guard, other.halt, other.state));
        if dialect == DialectKind::Text {
            assert_eq!(output, other_output);
        }
    }

    // A text that the deltas of a chat are, or the bytes of no protocol: what the guard lets go is that of the whole text.
    let text = String::from_utf8_lossy(bytes);
    let whole = guard_text_with(artifact.policy(), artifact.guards(), &text, |_| Observation::default()).expect("valid");
    let stream = chat(&text, cuts);
    let (output, record) = run(session(DialectKind::OpenaiChat), &stream.chunks(size).collect::<Vec<_>>());
    if !is_held_limit(&record) && !is_held_limit(&whole.record) {
        assert_eq!(contents(&output), whole.text);
        assert_eq!((&record.guard, record.halt), (&whole.record.guard, whole.record.halt));
    }
});
