//! The suite `session`: bytes of the wire in, bytes, segments, verdicts and the account out.

use std::collections::VecDeque;

use interlock_core::dialect::{Channel, DialectKind};
use interlock_core::guard::compile::Artifact;
use interlock_core::guard::content_hash;
use interlock_core::halt::Observation;
use interlock_core::session::{GuardEvent, ReviewRequest, Segment, SessionEvent, TopUpRequest};
use interlock_host::embed::LedgerEvent;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::backend::{Answer, Backend, Drained, Refused, Stream};
use super::text::{self, HaltText, Seen};

/// An input of the suite.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Input {
    /// A session and what is done to it.
    Stream {
        /// The policy as JSON text.
        policy: String,
        dialect: DialectKind,
        /// Answers to segments, in the order in which they are handed out, the last one for all that
        /// follow. Without it segments are answered by steps.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<Vec<Seen>>,
        /// Whether events for the ledger are asked for, after each step.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        ledger: bool,
        steps: Vec<Step>,
    },
    /// A session with the tables of its guard.
    Guarded {
        policy: String,
        dialect: DialectKind,
        /// Artifacts in hexadecimal.
        tables: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        answers: Option<Vec<Seen>>,
        steps: Vec<Step>,
    },
    /// A text that is not a stream.
    Text {
        policy: String,
        text: String,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        answers: Vec<Seen>,
    },
}

/// Something done to a session.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// Bytes that are UTF-8.
    Feed(String),
    /// Bytes in hexadecimal.
    FeedHex(String),
    /// The bytes of a text in pieces of so many bytes.
    FeedPieces(u32, String),
    /// The upstream's clean end.
    End,
    /// The upstream's failure.
    Fail(String),
    /// A segment's answer.
    Answer(u64, Seen),
    Stop(HaltText),
    EmergencyStop,
    /// The time, in ms.
    Advance(u64),
    /// The review, who, whether they approve, and the time.
    AnswerReview(u64, String, bool, u64),
    /// A counter and units, 0 for a refusal.
    TopUp(String, u64),
    /// Whether another policy would be taken: its JSON text, and which of the input's tables it has.
    CheckAdopt(String, Vec<u32>),
    /// Another policy, in the same way.
    Adopt(String, Vec<u32>),
    /// The client leaves.
    Abandon,
}

/// What comes of an input.
///
/// # Errors
/// The input is not one.
pub(crate) fn run(backend: &dyn Backend, input: Input) -> Result<Value, String> {
    let result = match input {
        Input::Stream { policy, dialect, answers, ledger, steps } => {
            let steps = steps.iter().map(|step| Ready::new(step, &[])).collect::<Result<Vec<_>, _>>()?;
            let played = Played { answers: answers.map(Answers::new), keeps_ledger: ledger, output: Vec::new() };
            backend.session(&policy, dialect).and_then(|session| stream(session, played, &steps))
        }
        Input::Guarded { policy, dialect, tables, answers, steps } => {
            let artifact = |digits: &String| {
                let bytes = text::read_hex(digits)?;
                Ok::<_, String>(Artifact { hash: content_hash(&bytes), bytes })
            };
            let tables = tables.iter().map(artifact).collect::<Result<Vec<_>, _>>()?;
            let steps = steps.iter().map(|step| Ready::new(step, &tables)).collect::<Result<Vec<_>, _>>()?;
            let played = Played { answers: answers.map(Answers::new), keeps_ledger: true, output: Vec::new() };
            let session = backend.guarded_session(&policy, dialect, tables);
            session.and_then(|session| stream(session, played, &steps))
        }
        Input::Text { policy, text, answers } => guarded(backend, &policy, &text, answers),
    };
    Ok(result.unwrap_or_else(|Refused(error)| json!({ "refused": error })))
}

/// A step with what it needs.
struct Ready<'a> {
    step: &'a Step,
    /// The pieces that it feeds.
    pieces: Vec<Vec<u8>>,
    /// The tables of the policy that it adopts.
    tables: Vec<Artifact>,
}

impl<'a> Ready<'a> {
    fn new(step: &'a Step, tables: &[Artifact]) -> Result<Self, String> {
        Ok(Self { step, pieces: bytes_of(step)?, tables: tables_of(step, tables)? })
    }
}

/// The pieces that a step feeds.
fn bytes_of(step: &Step) -> Result<Vec<Vec<u8>>, String> {
    Ok(match step {
        Step::Feed(text) => vec![text.as_bytes().to_vec()],
        Step::FeedHex(digits) => vec![text::read_hex(digits)?],
        Step::FeedPieces(size, text) => {
            let size = usize::try_from(*size).ok().filter(|size| *size > 0).ok_or("pieces of 0 bytes")?;
            text.as_bytes().chunks(size).map(<[u8]>::to_vec).collect()
        }
        Step::End
        | Step::Fail(_)
        | Step::Answer(..)
        | Step::Stop(_)
        | Step::EmergencyStop
        | Step::Advance(_)
        | Step::AnswerReview(..)
        | Step::TopUp(..)
        | Step::CheckAdopt(..)
        | Step::Adopt(..)
        | Step::Abandon => Vec::new(),
    })
}

/// Those of the input's tables that a step names.
fn tables_of(step: &Step, tables: &[Artifact]) -> Result<Vec<Artifact>, String> {
    let (Step::CheckAdopt(_, indices) | Step::Adopt(_, indices)) = step else { return Ok(Vec::new()) };
    let table = |&index: &u32| {
        let table = usize::try_from(index).ok().and_then(|index| tables.get(index));
        table.cloned().ok_or_else(|| format!("table {index} of {}", tables.len()))
    };
    indices.iter().map(table).collect()
}

/// Scores in the order in which segments come; the last is kept.
struct Answers(VecDeque<Observation>);

impl Answers {
    fn new(answers: Vec<Seen>) -> Self {
        Self(answers.into_iter().map(|seen| seen.0).collect())
    }

    fn next(&mut self) -> Observation {
        if self.0.len() > 1 {
            return self.0.pop_front().unwrap_or_default();
        }
        self.0.front().copied().unwrap_or_default()
    }
}

/// A stream on its way through a session.
struct Played {
    /// Answers to segments; none where steps answer them.
    answers: Option<Answers>,
    keeps_ledger: bool,
    /// What has left.
    output: Vec<u8>,
}

fn stream(mut session: Box<dyn Stream>, mut played: Played, steps: &[Ready<'_>]) -> Answer<Value> {
    let mut done = Vec::new();
    for Ready { step, pieces, tables } in steps {
        let mut said = Vec::new();
        let before = played.output.len();
        if pieces.is_empty() {
            if let Step::CheckAdopt(..) = step {
                said.push(json!(["between-segments", session.is_between_segments()]));
            }
            say(&mut said, one(session.as_mut(), step, tables));
            played.take(session.as_mut(), &mut said)?;
        }
        for piece in pieces {
            let fed = session.feed(piece);
            let over = fed.is_err();
            say(&mut said, fed);
            played.take(session.as_mut(), &mut said)?;
            if over {
                break;
            }
        }
        let last = session.drain()?;
        said.push(json!(["out", played.output.len().saturating_sub(before)]));
        let wants = if session.awaits_top_up() {
            "awaits-top-up"
        } else if last.wants_input {
            "wants-input"
        } else {
            "wants-none"
        };
        said.push(json!([last.state, wants]));
        done.push(Value::Array(said));
    }
    let output = played.output;
    let input = steps.iter().flat_map(|step| &step.pieces).flatten();
    // Most streams pass unchanged: said in a word, their fixtures are half as long.
    let output = if input.eq(&output) { json!({ "as_input": output.len() }) } else { bytes_value(&output) };
    Ok(json!({ "steps": done, "output": output, "record": account(&session.record_json()?) }))
}

fn one(session: &mut dyn Stream, step: &Step, tables: &[Artifact]) -> Answer<()> {
    match step {
        Step::End => session.end(),
        Step::Fail(message) => session.fail(message),
        Step::Answer(segment, seen) => session.answer(*segment, seen.0),
        Step::Stop(halt) => session.stop(halt.0),
        Step::EmergencyStop => session.emergency_stop(),
        Step::Advance(now_ms) => session.advance(*now_ms),
        Step::AnswerReview(review, approver, approves, now_ms) => {
            session.answer_review(*review, approver, *approves, *now_ms)
        }
        Step::TopUp(counter, units) => session.top_up(counter, *units),
        Step::CheckAdopt(policy, _) => session.check_adopt(policy, tables.to_vec()),
        Step::Adopt(policy, _) => session.adopt(policy, tables.to_vec()),
        Step::Abandon => {
            session.abandon();
            Ok(())
        }
        // A feed of no bytes at all.
        Step::Feed(_) | Step::FeedHex(_) | Step::FeedPieces(..) => session.feed(&[]),
    }
}

fn say(said: &mut Vec<Value>, answer: Answer<()>) {
    if let Err(Refused(error)) = answer {
        said.push(json!(["refused", error]));
    }
}

impl Played {
    /// Takes what waits, and answers segments while there are some.
    fn take(&mut self, session: &mut dyn Stream, said: &mut Vec<Value>) -> Answer<()> {
        loop {
            let Drained { segments, events, reviews, top_ups, matches, bytes, .. } = session.drain()?;
            said.extend(events.iter().map(event));
            said.extend(matches.iter().map(found));
            said.extend(reviews.iter().map(review));
            said.extend(top_ups.iter().map(top_up));
            self.output.extend(bytes);
            let mut answered = false;
            for segment in segments {
                said.push(segment_value(&segment));
                if let Some(answers) = &mut self.answers {
                    answered = true;
                    say(said, session.answer(segment.id, answers.next()));
                }
            }
            if !answered {
                break;
            }
        }
        if self.keeps_ledger {
            said.extend(std::iter::from_fn(|| session.next_ledger_event()).map(|event| ledger(&event)));
        }
        Ok(())
    }
}

fn guarded(backend: &dyn Backend, policy: &str, text: &str, answers: Vec<Seen>) -> Answer<Value> {
    let mut answers = Answers::new(answers);
    let mut segments = Vec::new();
    let guarded = backend.guard_text(policy, text, &mut |segment| {
        segments.push(segment_value(segment));
        answers.next()
    })?;
    Ok(json!({
        "segments": segments,
        // Without their positions: where a verdict stands in output that nobody takes in between says nothing.
        "events": guarded.events.iter().map(|verdict| event(&SessionEvent { position: 0, ..verdict.clone() })).collect::<Vec<_>>(),
        "text": guarded.text,
        "record": account(&guarded.record),
    }))
}

/// `["segment", id, channel, start, text, entropy]`.
fn segment_value(segment: &Segment) -> Value {
    let entropy = text::optional_bits(segment.logit_entropy);
    json!(["segment", segment.id, channel(segment.channel), segment.start, segment.text, entropy])
}

/// `["event", segment, channel, start, text, score, verdict, position]`.
fn event(event: &SessionEvent) -> Value {
    json!([
        "event",
        event.segment,
        channel(event.channel),
        event.start,
        event.text,
        text::optional_bits(event.score),
        text::verdict(&event.verdict),
        event.position,
    ])
}

/// `["match", channel, pattern, action, start, length, position]`.
fn found(event: &GuardEvent) -> Value {
    let (channel, action) = (channel(event.channel), event.action.as_str());
    json!(["match", channel, event.pattern, action, event.start, event.length, event.position])
}

/// `["review", number, gate, choice, block, tool, arguments, resource, approvals, deadline]`.
fn review(request: &ReviewRequest) -> Value {
    let ReviewRequest { review, gate, choice, block, tool, arguments, resource, approvals, deadline_ms } = request;
    json!(["review", review, gate, choice, block, tool, arguments, resource, approvals, deadline_ms])
}

/// `["top-up", counter, missing, free, most]`.
fn top_up(request: &TopUpRequest) -> Value {
    json!(["top-up", request.counter, request.missing, request.free, request.most])
}

/// `["ledger", kind, tag, payload]`.
fn ledger(event: &LedgerEvent) -> Value {
    json!(["ledger", event.kind, event.tag, bytes_value(&event.payload)])
}

/// `choice/kind/block`.
fn channel(channel: Channel) -> String {
    format!("{}/{}/{}", channel.choice, channel.kind.as_str(), channel.block)
}

/// Bytes as text, or in hexadecimal when they are not UTF-8.
fn bytes_value(bytes: &[u8]) -> Value {
    std::str::from_utf8(bytes).map_or_else(|_| json!({ "hex": text::hex(bytes) }), |text| json!(text))
}

/// An account with its doubles as bits.
fn account(record: &str) -> Value {
    serde_json::from_str(record).map_or_else(|error| json!({ "refused": error.to_string() }), reals_as_bits)
}

/// The members of an account that are doubles.
const REALS: [&str; 4] = ["observed", "bound", "average", "minimum"];

fn reals_as_bits(value: Value) -> Value {
    match value {
        Value::Object(members) => Value::Object(
            members
                .into_iter()
                .map(|(key, value)| {
                    let value = match value.as_f64() {
                        Some(number) if REALS.contains(&key.as_str()) => json!(text::bits(number)),
                        _ => reals_as_bits(value),
                    };
                    (key, value)
                })
                .collect(),
        ),
        Value::Array(items) => items.into_iter().map(reals_as_bits).collect(),
        other => other,
    }
}
