//! Inputs of the suite `session`.

mod adopt;
mod covenant;
mod dialects;
mod faults;
mod guarded;
mod others;
mod streams;

use interlock_core::dialect::DialectKind;
use interlock_core::halt::Observation;
use serde_json::{Value, json};

use super::wire::Wire;
use super::{Case, Cases, Random};
use crate::replay::session::{Input, Step};
use crate::replay::text::Seen;

type Made = Result<(), serde_json::Error>;

pub(super) fn cases(mut random: Random) -> Result<Vec<Case>, serde_json::Error> {
    let mut cases = Cases::default();
    streams::passing(&mut cases)?;
    streams::halting(&mut cases)?;
    streams::channels(&mut cases)?;
    streams::segments(&mut cases)?;
    streams::escapes(&mut cases)?;
    faults::malformed(&mut cases)?;
    faults::limits(&mut cases)?;
    faults::answers(&mut cases)?;
    others::entropies(&mut cases)?;
    faults::lives(&mut cases)?;
    others::observed(&mut cases)?;
    others::builtin(&mut cases)?;
    others::bodies(&mut cases)?;
    others::plain(&mut cases)?;
    others::texts(&mut cases)?;
    faults::policies(&mut cases)?;
    dialects::streams(&mut cases)?;
    dialects::documents(&mut cases)?;
    others::anything(&mut cases, &mut random)?;
    guarded::guarded(&mut cases)?;
    covenant::calls(&mut cases)?;
    covenant::reviews(&mut cases)?;
    covenant::top_ups(&mut cases)?;
    covenant::ledgers(&mut cases)?;
    adopt::adopted(&mut cases)?;
    Ok(cases.0)
}

const HELLO: [&str; 6] = ["The", " sky", " is", " very", " blue", "."];

fn scored() -> Value {
    json!({ "scorer": { "kind": "host" } })
}

/// `value` with members put in, whole objects at once.
fn with(mut value: Value, members: &Value) -> Value {
    if let (Some(object), Some(members)) = (value.as_object_mut(), members.as_object()) {
        for (key, member) in members {
            object.insert(key.clone(), member.clone());
        }
    }
    value
}

#[allow(clippy::unnecessary_wraps, reason = "the answers of an input are optional")]
fn seen(scores: &[f64]) -> Option<Vec<Seen>> {
    Some(scores.iter().map(|score| Seen(Observation::score(*score))).collect())
}

fn stream(policy: &Value, answers: Option<Vec<Seen>>, steps: Vec<Step>) -> Input {
    Input::Stream { policy: policy.to_string(), dialect: DialectKind::OpenaiChat, answers, ledger: false, steps }
}

/// A stream fed at once and ended.
fn whole(policy: &Value, scores: &[f64], wire: Wire) -> Input {
    stream(policy, seen(scores), vec![Step::Feed(wire.text), Step::End])
}

/// A stream fed in pieces of so many bytes and ended.
fn pieces(policy: &Value, scores: &[f64], size: u32, wire: Wire) -> Input {
    stream(policy, seen(scores), vec![Step::FeedPieces(size, wire.text), Step::End])
}

fn hello() -> Wire {
    Wire::new().delta(0, &json!({ "role": "assistant", "content": "" })).contents(&HELLO).close()
}

fn tools() -> Wire {
    let call = |index: u32, function: Value| json!({ "tool_calls": [{ "index": index, "function": function }] });
    Wire::new()
        .delta(0, &json!({ "reasoning_content": "Think" }))
        .delta(0, &json!({ "reasoning": " more.", "reasoning_details": [{ "type": "reasoning.text", "text": "why" }] }))
        .delta(0, &json!({ "content": "Let me look." }))
        .delta(
            0,
            &json!({ "tool_calls": [
            { "index": 0, "id": "call_1", "type": "function", "function": { "name": "get_weather", "arguments": "" } },
        ] }),
        )
        .delta(0, &call(0, json!({ "arguments": "{\"city\": " })))
        .delta(0, &call(0, json!({ "arguments": "\"Paris\"}" })))
        .delta(0, &call(1, json!({ "name": "stop", "arguments": "{}" })))
        .delta(0, &json!({ "refusal": "I cannot." }))
        .delta(0, &json!({ "audio": { "transcript": "spoken" }, "annotations": [{ "type": "url", "title": "t" }] }))
        .finish(0, "tool_calls")
        .done()
}
