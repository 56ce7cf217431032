//! A session is fed any bytes at any splits and answered in any order.
#![no_main]

#[allow(dead_code)]
mod common;

use std::collections::BTreeMap;

use common::Input;
use interlock_core::dialect::DialectKind;
use interlock_core::halt::{HaltReason, Observation};
use interlock_core::policy::{Policy, ScorerKind};
use interlock_core::session::{Session, SessionRecord, SessionState};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const POLICIES: [&str; 8] = [
    r#"{"scorer": {"kind": "host"}, "limits": {"held_bytes": 4096, "channels": 8}}"#,
    r#"{"scorer": {"kind": "host"}, "segments": {"unit": "sentence", "max_bytes": 32}}"#,
    r#"{"scorer": {"kind": "host"}, "segments": {"unit": "bytes", "max_bytes": 16}, "channels": {"reasoning": "withhold", "tool_arguments": "withhold"}}"#,
    r#"{"mode": "observe", "scorer": {"kind": "host"}, "limits": {"held_bytes": 1024}}"#,
    r#"{"channels": {"content": "withhold"}}"#,
    r#"{"scorer": {"kind": "host"}, "covenant": {"permissions": [{"resource": "a*"}, {"resource": "f/b"}], "tools": [{"name": "f", "argument": "x"}], "budgets": [{"counter": "tokens", "ceiling": 200}]}}"#,
    r#"{"covenant": {"permissions": [{"resource": "*"}], "budgets": [{"counter": "tokens", "ceiling": 90, "lease": 3, "low_water": 2}, {"counter": "calls", "ceiling": 4, "lease": 0}]}}"#,
    r#"{"scorer": {"kind": "builtin", "prompt": "sky?", "facts": [{"key": "sky", "value": "blue"}]}}"#,
];

/// What a part of a message repeats: it is no text.
const PASSED: [&str; 20] = [
    "id", "type", "role", "object", "item_id", "call_id", "toolCallId", "messageId", "sourceId", "approvalId", "mediaType",
    "providerMetadata", "signature", "thoughtSignature", "modelVersion", "responseId", "createTime", "safetyRatings",
    "model", "container",
];

/// The bytes of the stream, whole, with the score of every segment given by its text.
fn run(policy: &Policy, dialect: DialectKind, pieces: &[&[u8]]) -> (Vec<u8>, SessionRecord) {
    let mut session = Session::new(policy, dialect).expect("a valid policy");
    let mut output = Vec::new();
    let mut over = false;
    for piece in pieces {
        assert_eq!(session.feed(piece).is_ok(), !over);
        over |= drain(&mut session, &mut output);
        // A terminal session refuses; one whose protocol has ended takes bytes without text.
        over = over || session.state() == SessionState::Ending;
    }
    assert_eq!(session.end().is_ok(), !over);
    drain(&mut session, &mut output);
    assert!(session.state().is_terminal(), "{:?}", session.state());
    assert_eq!(session.record().bytes_out, output.len() as u64);
    (output, session.record())
}

fn drain(session: &mut Session, output: &mut Vec<u8>) -> bool {
    while let Some(segment) = session.next_segment() {
        let low = segment.text.bytes().fold(0_u8, u8::wrapping_add) % 13 == 0;
        let score = if low { 0.2 } else { 0.9 };
        if session.answer(segment.id, Observation::score(score)).is_err() {
            assert!(session.state().is_terminal());
        }
    }
    while session.next_event().is_some() {}
    // The same answer each time: what leaves does not depend on when it was asked for.
    while let Some(request) = session.next_top_up() {
        assert!(session.top_up(&request.counter, 5).is_ok());
    }
    assert!(!session.awaits_top_up());
    output.extend(session.take_output());
    session.state().is_terminal()
}

/// The strings of every message, by the message's type and their place, joined over all messages.
fn texts(output: &[u8]) -> BTreeMap<String, String> {
    let mut texts = BTreeMap::new();
    for line in output.split(|byte| matches!(byte, b'\n' | b'\r')) {
        let data = line.strip_prefix(b"data:").unwrap_or(line);
        let Ok(chunk) = serde_json::from_slice::<Value>(data) else { continue };
        if let Some(choices) = chunk.get("choices").and_then(Value::as_array) {
            for choice in choices {
                let index = choice.get("index").map(Value::to_string).unwrap_or_default();
                collect(choice, &index, &mut texts);
            }
        } else if chunk.get("sequence_number").is_none() {
            // What ends a response says how many messages left, and a message may leave in parts.
            let kind = chunk.get("type").map(Value::to_string).unwrap_or_default();
            collect(&chunk, &kind, &mut texts);
        }
    }
    texts.retain(|_, text| !text.is_empty());
    texts
}

fn collect(value: &Value, place: &str, texts: &mut BTreeMap<String, String>) {
    match value {
        Value::String(text) => texts.entry(String::from(place)).or_default().push_str(text),
        Value::Array(items) => items.iter().for_each(|item| collect(item, place, texts)),
        Value::Object(members) => {
            for (key, member) in members {
                // A part of a chunk repeats what is no text.
                if !PASSED.contains(&key.as_str()) {
                    collect(member, &format!("{place}/{key}"), texts);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let policy = Policy::from_json(POLICIES[usize::from(input.byte()) % POLICIES.len()]).expect("a policy");
    let dialect = DialectKind::ALL[usize::from(input.byte()) % DialectKind::ALL.len()];
    let size = usize::from(input.byte()).max(1);
    let bytes = input.0;

    // Cut into single bytes and into pieces: the same texts out. How they are framed depends on when the host asked for
    // output.
    let pieces: Vec<&[u8]> = bytes.chunks(size).collect();
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    let (output, record) = run(&policy, dialect, &pieces);
    // Plain text has no messages: there the upstream's pieces are the segments.
    if dialect != DialectKind::Text {
        let (other, other_record) = run(&policy, dialect, &single);
        // What is held while scores are out depends on when they come.
        let held = |record: &SessionRecord| {
            policy.scorer.kind == ScorerKind::Host
                && record.halt.is_some_and(|halt| halt.reason == HaltReason::HeldLimit)
        };
        // Half a surrogate pair is nothing that serde_json reads back.
        let halves = |output: &[u8]| output.windows(3).any(|bytes| matches!(bytes, [b'\\', b'u', b'd' | b'D']));
        if !held(&record) && !held(&other_record) && !halves(&output) && !halves(&other) {
            assert_eq!(record.state, other_record.state);
            assert_eq!(record.halt, other_record.halt);
            assert_eq!(record.usage, other_record.usage);
            assert_eq!(texts(&other), texts(&output), "{}", String::from_utf8_lossy(&output));
        }
    }
    // Whatever comes, the same bytes come the second time.
    assert_eq!(run(&policy, dialect, &pieces).0, output);
});
