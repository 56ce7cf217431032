//! A lease that is spent is topped up in mid-stream: what cannot be paid for waits, and leaves when it can.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc
)]
#![cfg(all(feature = "session", feature = "covenant", feature = "json"))]

use interlock_core::dialect::{ChannelKind, DialectKind};
use interlock_core::halt::{HaltReason, Observation};
use interlock_core::policy::Policy;
use interlock_core::session::{Session, SessionRecord, SessionState, TopUpError, TopUpRequest};
use proptest::prelude::*;
use serde_json::{Value, json};

mod session_support;
use session_support::{FINISH, chunk, content, policy, text_of};

/// A policy with leases, a token for every four bytes.
fn leased(budgets: &Value, more: &Value) -> Policy {
    let covenant = json!({"permissions": [{"resource": "*"}], "budgets": budgets,
        "tools": [{"name": "search", "cost": 30}]});
    let mut policy_json = json!({"covenant": covenant});
    for (key, value) in more.as_object().into_iter().flatten() {
        if let ("gates", Some(covenant)) = (key.as_str(), policy_json["covenant"].as_object_mut()) {
            covenant.insert(key.clone(), value.clone());
        } else {
            policy_json[key] = value.clone();
        }
    }
    policy(&policy_json.to_string())
}

fn tokens(lease: u64, low_water: u64) -> Value {
    json!([{"counter": "tokens", "ceiling": 1_000_000, "lease": lease, "low_water": low_water}])
}

fn text_session(lease: u64, low_water: u64) -> Session {
    Session::new(&leased(&tokens(lease, low_water), &json!({})), DialectKind::Text).unwrap()
}

fn call(index: u32, name: &str) -> String {
    chunk(
        &json!({"tool_calls": [{"index": index, "id": "c", "function": {"name": name, "arguments": "{}"}}]})
            .to_string(),
    )
}

const FINISH_CALLS: &str = "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n";

/// A host that answers requests in order, each after so many pieces have been fed: units, 0 for a refusal, which is
/// also what it says when it has no more answers.
struct Host {
    answers: Vec<u64>,
    delay: usize,
    waiting: Option<(String, usize)>,
    requests: Vec<TopUpRequest>,
    out: Vec<u8>,
}

impl Host {
    fn new(answers: &[u64], delay: usize) -> Self {
        let answers = answers.iter().rev().copied().collect();
        Self { answers, delay, waiting: None, requests: Vec::new(), out: Vec::new() }
    }

    /// One round: segments get scores, a request that has waited long enough its answer.
    fn turn(&mut self, session: &mut Session, is_last: bool) -> bool {
        let mut busy = false;
        while let Some(segment) = session.next_segment() {
            busy = true;
            let score = if segment.text.contains("bad") { 0.0 } else { 0.9 };
            let _ = session.answer(segment.id, Observation::score(score));
        }
        if self.waiting.is_none()
            && let Some(request) = session.next_top_up()
        {
            self.waiting = Some((request.counter.clone(), self.delay));
            self.requests.push(request);
        }
        if let Some((counter, left)) = self.waiting.take() {
            if left == 0 || is_last {
                busy = true;
                let units = self.answers.pop().unwrap_or(0);
                let answered = session.top_up(&counter, units);
                assert!(answered.is_ok() || session.state().is_terminal());
            } else {
                self.waiting = Some((counter, left - 1));
            }
        }
        self.out.extend(session.take_output());
        busy
    }

    fn run(&mut self, policy: &Policy, dialect: DialectKind, pieces: &[&[u8]]) -> SessionRecord {
        let mut session = Session::new(policy, dialect).unwrap();
        for piece in pieces {
            if session.feed(piece).is_err() {
                break;
            }
            self.turn(&mut session, false);
        }
        let _ = session.end();
        while self.turn(&mut session, true) {}
        assert!(session.state().is_terminal(), "{:?} {:?}", session.state(), self.requests);
        session.record()
    }
}

#[test]
fn a_lease_that_is_spent_is_topped_up() {
    let mut session = text_session(2, 0);
    session.feed(b"12345678").unwrap();
    assert_eq!(session.take_output(), b"12345678");
    assert_eq!((session.next_top_up(), session.awaits_top_up()), (None, false));

    session.feed(b"9abcdefgh").unwrap();
    assert_eq!((session.take_output().as_slice(), session.awaits_top_up()), (b"".as_slice(), true));
    let request = session.next_top_up().unwrap();
    assert_eq!(request, TopUpRequest { counter: "tokens".into(), missing: 3, free: 0, most: 999_998 });
    assert_eq!(session.next_top_up(), None, "one at a time");

    session.top_up("tokens", 1).unwrap();
    assert_eq!(session.take_output(), b"9abc", "as far as it goes");
    assert_eq!(session.next_top_up().unwrap().missing, 2);
    session.top_up("tokens", 100).unwrap();
    assert_eq!(session.take_output(), b"defgh");
    session.end().unwrap();
    assert_eq!(session.state(), SessionState::Completed);
    let counter = &session.record().covenant.unwrap().counters[0];
    assert_eq!((counter.ceiling, counter.spent, counter.reserved), (103, 5, 0));
}

#[test]
fn a_refusal_halts_what_cannot_be_paid_for_and_nothing_else() {
    let mut session = text_session(3, 2);
    session.feed(b"12345678").unwrap();
    assert_eq!(session.next_top_up().unwrap().missing, 0, "it runs low");
    session.top_up("tokens", 0).unwrap();
    session.feed(b"9abc").unwrap();
    assert_eq!(session.take_output(), b"123456789abc", "what there is may be spent");
    session.feed("ä and more".as_bytes()).unwrap();
    assert_eq!(session.state(), SessionState::Halted);
    let halt = session.record().halt.unwrap();
    assert_eq!((halt.reason, halt.observed, halt.bound), (HaltReason::Budget, Some(4.0), Some(3.0)));
    assert!(!session.take_output().contains(&0xc3));
    assert_eq!(session.next_top_up(), None);
}

#[test]
fn a_refusal_that_comes_late_halts_what_is_held() {
    for dialect in [DialectKind::Text, DialectKind::OpenaiChat] {
        let wire = match dialect {
            DialectKind::Text => String::from("12345678secret"),
            _ => [content("12345678"), content("secret"), content("more secret")].concat(),
        };
        let mut session = Session::new(&leased(&tokens(2, 0), &json!({})), dialect).unwrap();
        session.feed(wire.as_bytes()).unwrap();
        session.end().unwrap_or_default();
        assert_eq!(session.next_top_up().unwrap().missing, if dialect == DialectKind::Text { 2 } else { 5 });
        session.top_up("tokens", 0).unwrap();
        assert_eq!(session.state(), SessionState::Halted, "{dialect:?}");
        let out = String::from_utf8(session.take_output()).unwrap();
        assert!(out.contains("12345678") && !out.contains("secret"), "{out}");
        assert_eq!(session.record().halt.unwrap().reason, HaltReason::Budget);
    }
}

#[test]
fn no_more_is_taken_than_the_policy_allows() {
    let budgets = json!([{"counter": "tokens", "ceiling": 3, "lease": 1}]);
    let mut session = Session::new(&leased(&budgets, &json!({})), DialectKind::Text).unwrap();
    session.feed(b"0123456789abcdef").unwrap();
    assert_eq!(session.next_top_up().unwrap().most, 2);
    session.top_up("tokens", u64::MAX).unwrap();
    assert_eq!(session.state(), SessionState::Halted, "the ceiling is final");
    let out = session.take_output();
    assert!(out.starts_with(b"0123456789ab["), "{}", String::from_utf8_lossy(&out));
    assert_eq!(session.record().covenant.unwrap().counters[0].ceiling, 3);
}

#[test]
fn what_is_no_lease_is_refused_and_changes_nothing() {
    let budgets = json!([{"counter": "tokens", "ceiling": 4}, {"counter": "calls", "ceiling": 2, "lease": 1}]);
    let mut session = Session::new(&leased(&budgets, &json!({})), DialectKind::Text).unwrap();
    for name in ["tokens", "cost", ""] {
        assert_eq!(session.top_up(name, 5), Err(TopUpError::NoLease { counter: name.into() }));
    }
    assert_eq!(session.record().covenant.unwrap().counters[0].ceiling, 4);
    session.feed(b"0123456789abcdefgh").unwrap();
    assert_eq!(session.state(), SessionState::Halted);
    let ended = TopUpError::Ended { state: SessionState::Halted };
    assert_eq!(session.top_up("calls", 5), Err(ended.clone()));
    assert_eq!(ended.to_string(), "the session takes no units: it is halted");

    let mut session = Session::new(&Policy::default(), DialectKind::Text).unwrap();
    assert_eq!(session.next_top_up(), None);
    assert!(session.top_up("tokens", 1).is_err());
}

#[test]
fn policies_without_sense_are_refused() {
    for (budget, path) in [
        (json!({"counter": "tokens", "ceiling": 4, "lease": 5}), "covenant.budgets[0].lease"),
        (json!({"counter": "tokens", "ceiling": 4, "low_water": 1}), "covenant.budgets[0].low_water"),
        (json!({"counter": "tokens", "ceiling": 4, "lease": -1}), "covenant.budgets[0].lease"),
    ] {
        let text = json!({"covenant": {"budgets": [budget]}}).to_string();
        assert_eq!(Policy::from_json(&text).unwrap_err().path, path, "{text}");
    }
    let whole = r#"{"covenant": {"budgets": [{"counter": "tokens", "ceiling": 4, "lease": null}]}}"#;
    assert_eq!(Policy::from_json(whole).unwrap().covenant.unwrap().budgets[0].lease, None);
}

#[test]
fn a_call_waits_for_what_it_costs_and_is_decided_once() {
    let budgets = json!([
        {"counter": "calls", "ceiling": 10, "lease": 0},
        {"counter": "cost", "ceiling": 100, "lease": 10},
    ]);
    let policy = leased(&budgets, &json!({}));
    let wire = [content("Let me look.").as_str(), &call(0, "search"), FINISH_CALLS].concat();
    let mut session = Session::new(&policy, DialectKind::OpenaiChat).unwrap();
    session.feed(wire.as_bytes()).unwrap();
    assert!(session.awaits_top_up() && !session.take_output().windows(6).any(|it| it == b"search"));
    assert_eq!(session.next_top_up().unwrap().missing, 1);
    session.top_up("calls", 5).unwrap();
    let request = session.next_top_up().unwrap();
    assert_eq!((request.counter.as_str(), request.missing, request.free, request.most), ("cost", 20, 10, 90));
    assert_eq!(session.next_decision(), None);
    session.top_up("cost", 20).unwrap();
    assert_eq!(session.end().err(), None);
    assert_eq!(session.state(), SessionState::Completed);
    assert!(String::from_utf8(session.take_output()).unwrap().contains("search"));
    assert!(session.next_decision().unwrap().outcome.is_allowed());
    assert_eq!(session.next_decision(), None);

    let mut refused = Session::new(&policy, DialectKind::OpenaiChat).unwrap();
    refused.feed(wire.as_bytes()).unwrap();
    refused.top_up("calls", 0).unwrap();
    assert_eq!(refused.state(), SessionState::Halted);
    assert_eq!(refused.record().halt.unwrap().reason, HaltReason::Budget);
    assert!(!String::from_utf8(refused.take_output()).unwrap().contains("search"));
    assert!(refused.next_decision().unwrap().record.contains(r#""reason":"budget","subject":"calls""#));
}

#[test]
fn a_call_that_no_permission_allows_asks_for_nothing() {
    let covenant = json!({"permissions": [], "budgets": [{"counter": "calls", "ceiling": 10, "lease": 0}]});
    let mut session =
        Session::new(&policy(&json!({"covenant": covenant}).to_string()), DialectKind::OpenaiChat).unwrap();
    session.feed([call(0, "search").as_str(), FINISH_CALLS].concat().as_bytes()).unwrap();
    assert_eq!(session.record().halt.unwrap().reason, HaltReason::Denied);
}

#[test]
fn an_approval_outlives_the_wait_for_units() {
    let gates = json!([{"name": "searches", "resource": "search", "timeout_ms": 1000}]);
    let budgets = json!([{"counter": "calls", "ceiling": 10, "lease": 1}]);
    let gated = |lease: u64| {
        let mut budgets = budgets.clone();
        budgets[0]["lease"] = json!(lease);
        leased(&budgets, &json!({"gates": gates}))
    };
    // The unit is there when the review is asked for, and spent by another call when it is answered.
    let wire = [call(0, "other").as_str(), &call(1, "search"), FINISH_CALLS].concat();
    let mut session = Session::new(&gated(1), DialectKind::OpenaiChat).unwrap();
    session.feed(wire.as_bytes()).unwrap();
    // `other` took the unit, so `search` waits for one before anybody is asked.
    assert_eq!((session.next_review(), session.next_top_up().map(|it| it.missing)), (None, Some(1)));
    session.top_up("calls", 1).unwrap();
    let review = session.next_review().unwrap();
    assert!(session.next_top_up().is_none());
    session.answer_review(review.review, "ada", true, 5).unwrap();
    assert_eq!(session.end().err(), None);
    assert_eq!(session.state(), SessionState::Completed);
}

#[test]
fn time_that_cannot_be_paid_for_holds_everything() {
    let budgets = json!([{"counter": "wall-time", "ceiling": 1000, "lease": 100, "low_water": 50}]);
    let mut session = Session::new(&leased(&budgets, &json!({})), DialectKind::OpenaiChat).unwrap();
    session.advance(0).unwrap();
    session.advance(51).unwrap();
    assert_eq!(session.next_top_up().unwrap().free, 49);
    session.feed(content("before").as_bytes()).unwrap();
    assert_eq!(text_of(&session.take_output()), "before");
    session.advance(130).unwrap();
    session.feed(content("late").as_bytes()).unwrap();
    assert_eq!((session.take_output().len(), session.awaits_top_up()), (0, true));
    session.top_up("wall-time", 40).unwrap();
    assert_eq!(text_of(&session.take_output()), "late");
    session.advance(150).unwrap();
    assert_eq!(session.next_top_up().unwrap().missing, 10);
    session.feed(content("too late").as_bytes()).unwrap();
    session.top_up("wall-time", 0).unwrap();
    assert_eq!(session.state(), SessionState::Halted);
    assert!(!text_of(&session.take_output()).contains("late"));
    assert_eq!(session.record().halt.unwrap().reason, HaltReason::Budget);
}

#[test]
fn observed_nothing_waits_and_a_refusal_is_noted() {
    for (units, halted) in [(0, true), (100, false)] {
        let policy = leased(&tokens(1, 0), &json!({"mode": "observe"}));
        let mut session = Session::new(&policy, DialectKind::Text).unwrap();
        session.feed(b"0123456789").unwrap();
        session.end().unwrap();
        assert_eq!(session.take_output(), b"0123456789");
        assert_eq!(session.next_top_up().unwrap().missing, 2);
        session.top_up("tokens", units).unwrap();
        assert_eq!(session.state(), SessionState::Completed);
        assert_eq!(session.record().halt.is_some(), halted);
    }
}

#[test]
fn the_end_and_the_failure_of_an_input_wait_their_turn() {
    for (broken, state) in [(None, SessionState::Completed), (Some("cut"), SessionState::Failed)] {
        let mut session = text_session(1, 0);
        session.feed(b"01234567").unwrap();
        match broken {
            None => session.end().unwrap(),
            Some(message) => session.fail(message).unwrap(),
        }
        assert_eq!((session.state(), session.wants_input()), (SessionState::Ending, false));
        assert!(session.feed(b"x").is_err());
        session.top_up("tokens", 1).unwrap();
        assert_eq!(session.state(), state);
        let out = session.take_output();
        assert!(out.starts_with(b"01234567"), "{}", String::from_utf8_lossy(&out));
        assert_eq!(session.record().error.map(|it| it.offset), broken.map(|_| 8));
    }
}

#[test]
fn what_waits_for_units_counts_as_held() {
    let policy = leased(&tokens(1, 0), &json!({"limits": {"held_bytes": 1024}}));
    let mut session = Session::new(&policy, DialectKind::Text).unwrap();
    for _ in 0..129 {
        let _ = session.feed(b"01234567");
    }
    assert_eq!(session.record().halt.unwrap().reason, HaltReason::HeldLimit);
}

#[test]
fn a_text_that_is_guarded_whole_asks_nobody() {
    let guarded = interlock_core::session::guard_text(&leased(&tokens(1, 1), &json!({})), "0123456789", |_| {
        Observation::score(1.0)
    })
    .unwrap();
    assert!(guarded.text.starts_with("0123") && !guarded.text.contains('4'), "{}", guarded.text);
}

fn wires() -> impl Strategy<Value = String> {
    let event = prop_oneof![
        4 => "[a-z ä€]{0,12}".prop_map(|text| content(&text)),
        1 => Just(content("bad")),
        1 => Just(String::from(": comment\n\n")),
        1 => "[a-z]{1,9}".prop_map(|text| chunk(&json!({ "reasoning": text }).to_string())),
        1 => Just(call(0, "search")),
    ];
    (prop::collection::vec(event, 0..12), any::<bool>())
        .prop_map(|(events, ends)| events.concat() + if ends { FINISH } else { "" })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// The same answers in the same order: the same text, however it was cut and whenever they came.
    #[test]
    fn what_leaves_depends_on_the_answers_alone(
        wire in wires(),
        plain in any::<bool>(),
        unit in prop_oneof![Just("delta"), Just("sentence"), Just("bytes")],
        scored in any::<bool>(),
        lease in 0_u64..12,
        low_water in 0_u64..9,
        answers in prop::collection::vec(1_u64..9, 0..6),
        size in 1_usize..64,
        delay in 0_usize..7,
    ) {
        let kind = if scored && !plain { "host" } else { "none" };
        let budgets = json!([
            {"counter": "tokens", "ceiling": 40, "lease": lease, "low_water": low_water},
            {"counter": "calls", "ceiling": 3},
        ]);
        let more = json!({"scorer": {"kind": kind}, "segments": {"unit": unit, "max_bytes": 16},
            "halt": {"hard_limit": 0.1, "window_threshold": 0.0, "trend_threshold": 1.0}});
        let policy = leased(&budgets, &more);
        let (dialect, wire) = match plain {
            true => (DialectKind::Text, wire.replace("data:", "")),
            false => (DialectKind::OpenaiChat, wire),
        };
        let mut whole = Host::new(&answers, 0);
        let expected = whole.run(&policy, dialect, &[wire.as_bytes()]);
        let mut cut = Host::new(&answers, delay);
        let pieces: Vec<&[u8]> = wire.as_bytes().chunks(size).collect();
        let record = cut.run(&policy, dialect, &pieces);
        prop_assert_eq!(record.state, expected.state);
        prop_assert_eq!(record.halt, expected.halt);
        if plain {
            prop_assert_eq!(String::from_utf8_lossy(&cut.out), String::from_utf8_lossy(&whole.out));
        } else {
            prop_assert_eq!(text_of(&cut.out), text_of(&whole.out));
        }
        // What the record says has left is what has left.
        for (out, record) in [(&whole.out, &expected), (&cut.out, &record)] {
            let text = if plain { String::from_utf8_lossy(out).into_owned() } else { text_of(out) };
            let text = text.strip_suffix(policy.ending.message.as_str()).unwrap_or(&text);
            let contents = record.channels.iter().find(|it| it.channel.kind == ChannelKind::Content);
            prop_assert_eq!(contents.map_or(0, |it| it.released), text.len() as u64);
        }
        for entry in &record.channels {
            let Some(other) = expected.channels.iter().find(|other| other.channel == entry.channel) else { continue };
            // Of an empty text nothing was checked.
            if entry.bytes > 0 && other.bytes > 0 {
                prop_assert_eq!((entry.checked, entry.released), (other.checked, other.released));
            }
        }
        let counter = &record.covenant.unwrap().counters[0];
        prop_assert!(counter.spent <= counter.ceiling && counter.ceiling <= 40);
    }
}
