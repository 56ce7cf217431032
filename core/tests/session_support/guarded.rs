//! Streams under a guard, and what came out of them.

use std::sync::{Arc, Mutex};

use interlock_core::dialect::DialectKind;
use interlock_core::halt::Observation;
use interlock_core::policy::{GuardPolicy, Policy};
use interlock_core::session::{ChannelGuards, GuardEvent, Session, SessionEvent, SessionRecord};

use super::chunk;

pub const KEY: &str = "AKIAIOSFODNN7EXAMPLE";

/// What came out of a stream.
pub struct Out {
    pub wire: Vec<u8>,
    pub record: SessionRecord,
    pub events: Vec<SessionEvent>,
    pub matches: Vec<GuardEvent>,
}

/// The tables of a policy, compiled once.
pub fn guards_of(policy: &Policy) -> Arc<ChannelGuards> {
    static COMPILED: Mutex<Vec<(GuardPolicy, Arc<ChannelGuards>)>> = Mutex::new(Vec::new());
    let guard = policy.guard.as_ref().unwrap();
    let mut compiled = COMPILED.lock().unwrap();
    if let Some((_, guards)) = compiled.iter().find(|(known, _)| known == guard) {
        return Arc::clone(guards);
    }
    let guards = Arc::new(ChannelGuards::compile(guard).unwrap());
    compiled.push((guard.clone(), Arc::clone(&guards)));
    guards
}

pub fn run(policy: &Policy, guards: &Arc<ChannelGuards>, dialect: DialectKind, chunks: &[&[u8]]) -> Out {
    run_scored(policy, guards, dialect, chunks, |_| 1.0)
}

pub fn run_scored(
    policy: &Policy,
    guards: &Arc<ChannelGuards>,
    dialect: DialectKind,
    chunks: &[&[u8]],
    score: impl Fn(&str) -> f64,
) -> Out {
    let mut session = Session::with_guards(policy.clone(), dialect, Arc::clone(guards)).unwrap();
    let mut wire = Vec::new();
    let drive = |session: &mut Session, wire: &mut Vec<u8>| {
        while let Some(segment) = session.next_segment() {
            session.answer(segment.id, Observation::score(score(&segment.text))).unwrap();
        }
        wire.extend(session.take_output());
    };
    for chunk in chunks {
        if session.feed(chunk).is_err() {
            break;
        }
        drive(&mut session, &mut wire);
    }
    if session.end().is_ok() {
        drive(&mut session, &mut wire);
    }
    assert!(session.state().is_terminal(), "{:?}", session.state());
    let events = std::iter::from_fn(|| session.next_event()).collect();
    let matches = std::iter::from_fn(|| session.next_guard_event()).collect();
    Out { wire, record: session.record(), events, matches }
}

/// Every cut in two, and pieces of every size up to 7.
pub fn cuts(bytes: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut all: Vec<Vec<&[u8]>> = (0..=bytes.len())
        .map(|at| {
            let (head, tail) = bytes.split_at(at);
            vec![head, tail]
        })
        .collect();
    all.extend((1..8).map(|size| bytes.chunks(size).collect()));
    all
}

/// The events of a guarded stream, each read by a JSON parser.
pub fn events_of(wire: &[u8]) -> Vec<serde_json::Value> {
    let wire = std::str::from_utf8(wire).unwrap();
    wire.lines()
        .filter_map(|line| line.strip_prefix("data: "))
        .filter(|data| *data != "[DONE]")
        .map(|data| serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {data}")))
        .collect()
}

pub fn arguments_of(wire: &[u8]) -> String {
    let text = |event: serde_json::Value| {
        let text = &event["choices"][0]["delta"]["tool_calls"][0]["function"]["arguments"];
        text.as_str().map(String::from)
    };
    events_of(wire).into_iter().filter_map(text).collect()
}

pub fn call(arguments: &str) -> String {
    chunk(&serde_json::json!({ "tool_calls": [{ "index": 0, "function": { "arguments": arguments } }] }).to_string())
}

pub const REDACT: &str = r#"{"guard": {"rules": [{"sets": ["api-keys", "email", "cards"], "action": "redact"}]}}"#;
pub const HALT: &str = r#"{"guard": {"rules": [{"sets": ["api-keys"]}]}, "ending": {"message": "[stopped]"}}"#;
