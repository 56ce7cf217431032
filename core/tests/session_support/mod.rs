//! Streams of the protocol, and a host that scores them at once.
#![allow(dead_code, missing_docs, unreachable_pub)]

#[cfg(feature = "guard-compiler")]
pub mod guarded;

use interlock_core::dialect::DialectKind;
use interlock_core::halt::Observation;
use interlock_core::policy::Policy;
use interlock_core::session::{Segment, Session, SessionRecord, SessionState};

pub fn policy(json: &str) -> Policy {
    Policy::from_json(json).unwrap()
}

/// A chunk of the protocol with text for the first choice.
pub fn chunk(delta: &str) -> String {
    format!(
        "data: {{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":null}}]}}\n\n"
    )
}

pub fn content(text: &str) -> String {
    chunk(&serde_json::json!({ "content": text }).to_string())
}

pub const FINISH: &str =
    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

pub fn stream(texts: &[&str]) -> String {
    let mut wire: String = texts.iter().map(|text| content(text)).collect();
    wire.push_str(FINISH);
    wire
}

/// Feeds chunks, scores at once, and gives what came out.
pub fn run(
    policy: &Policy,
    dialect: DialectKind,
    chunks: &[&[u8]],
    mut score: impl FnMut(&Segment) -> f64,
) -> (Vec<u8>, SessionRecord) {
    let mut session = Session::new(policy, dialect).unwrap();
    let mut out = Vec::new();
    let mut drive = |session: &mut Session| {
        while let Some(segment) = session.next_segment() {
            let value = score(&segment);
            session.answer(segment.id, Observation::score(value)).unwrap();
        }
        out.extend(session.take_output());
    };
    for chunk in chunks {
        if session.feed(chunk).is_err() {
            break;
        }
        drive(&mut session);
    }
    if session.end().is_ok() {
        drive(&mut session);
    }
    assert!(session.state().is_terminal(), "{:?}", session.state());
    assert!(session.feed(b"x").is_err());
    (out, session.record())
}

/// The text of the first choice's content in a guarded stream.
pub fn text_of(wire: &[u8]) -> String {
    let wire = std::str::from_utf8(wire).unwrap();
    let mut text = String::new();
    for line in wire.lines() {
        let Some(data) = line.strip_prefix("data: ").filter(|data| *data != "[DONE]") else { continue };
        let event: serde_json::Value = serde_json::from_str(data).unwrap();
        text.push_str(event["choices"][0]["delta"]["content"].as_str().unwrap_or_default());
    }
    text
}

/// Feeds chunks with every segment scored 1, and gives what came out.
pub fn pass(policy: &Policy, chunks: &[&[u8]]) -> Vec<u8> {
    let mut session = Session::new(policy, DialectKind::OpenaiChat).unwrap();
    let mut out = Vec::new();
    for chunk in chunks {
        session.feed(chunk).unwrap();
        while let Some(segment) = session.next_segment() {
            session.answer(segment.id, Observation::score(1.0)).unwrap();
        }
        while session.next_event().is_some() {}
        out.extend_from_slice(session.output());
        session.clear_output();
    }
    session.end().unwrap();
    assert_eq!(session.state(), SessionState::Completed);
    out
}
