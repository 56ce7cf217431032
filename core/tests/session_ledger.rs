//! What a session tells the ledger.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc
)]
#![cfg(feature = "session")]

use interlock_core::dialect::DialectKind;
use interlock_core::halt::Observation;
use interlock_core::policy::Policy;
use interlock_core::session::{LedgerEvent, Session, SessionState};
use serde_json::{Value, json};

mod session_support;
use session_support::{FINISH, chunk, content, policy};

/// The host scores.
const HOST: &str = r#"{"scorer": {"kind": "host"}}"#;
const SECRET: &str = "Geheimnis";

fn covenant(mode: &str) -> Policy {
    policy(
        &json!({"mode": mode, "scorer": {"kind": "host"}, "covenant": {
            "grant": "support", "version": 3, "permissions": [{"resource": "search"}],
            "budgets": [{"counter": "tokens", "ceiling": 1000}, {"counter": "calls", "ceiling": 2}],
        }})
        .to_string(),
    )
}

fn call(name: &str, index: u32) -> String {
    chunk(
        &json!({"tool_calls": [{"index": index, "id": "c", "type": "function",
            "function": {"name": name, "arguments": "{}"}}]})
        .to_string(),
    )
}

/// The events that are there, each with its payload read.
fn pull(session: &mut Session) -> Vec<(LedgerEvent, Value)> {
    let events = std::iter::from_fn(|| session.next_ledger_event());
    events.map(|event| (event.clone(), serde_json::from_slice(&event.payload).unwrap())).collect()
}

/// Feeds a wire in pieces of a size, answers what there is, and asks for events after each piece or only at the end.
fn drive(policy: &Policy, wire: &str, size: usize, at_once: bool) -> (Session, Vec<(LedgerEvent, Value)>) {
    let mut session = Session::new(policy, DialectKind::OpenaiChat).unwrap();
    let mut events = Vec::new();
    for piece in wire.as_bytes().chunks(size) {
        if session.feed(piece).is_err() {
            break;
        }
        while let Some(segment) = session.next_segment() {
            let score = if segment.text.contains("bad") { 0.125 } else { 0.9 };
            let _ = session.answer(segment.id, Observation::score(score));
        }
        if at_once {
            events.extend(pull(&mut session));
        }
    }
    let _ = session.end();
    events.extend(pull(&mut session));
    (session, events)
}

fn kinds(events: &[(LedgerEvent, Value)]) -> Vec<(&'static str, &'static str)> {
    events.iter().map(|(event, _)| (event.kind, event.tag)).collect()
}

#[test]
fn a_stream_that_passes_leaves_one_event() {
    let policy = policy(HOST);
    let wire = [content("good").as_str(), &content("better"), FINISH].concat();
    let (mut session, events) = drive(&policy, &wire, wire.len(), true);
    assert_eq!(kinds(&events), [("session.end", "completed")]);
    let (event, payload) = &events[0];
    assert_eq!(
        payload["channels"][0],
        json!({"choice": 0, "channel": "content", "block": 0, "checked": "scored",
        "bytes": 10, "released": 10})
    );
    assert_eq!(payload["choices"][0], json!({"choice": 0, "scores": 2, "average": 0.9, "minimum": 0.9}));
    assert!(!event.payload.contains(&b' '));
    assert_eq!(session.next_ledger_event(), None);
}

#[test]
fn a_halt_can_be_asked_for_before_its_ending_is_given_out_and_names_no_text() {
    let policy = policy(HOST);
    let mut session = Session::new(&policy, DialectKind::OpenaiChat).unwrap();
    session.feed(content("good").as_bytes()).unwrap();
    let segment = session.next_segment().unwrap();
    session.answer(segment.id, Observation::score(0.9)).unwrap();
    assert_eq!(pull(&mut session).len(), 0);
    session.feed(content(&format!("bad {SECRET}")).as_bytes()).unwrap();
    let segment = session.next_segment().unwrap();
    session.answer(segment.id, Observation::score(0.125)).unwrap();
    assert_eq!(session.state(), SessionState::Halted);
    let events = pull(&mut session);
    assert_eq!(kinds(&events), [("session.halt", "hard-limit"), ("session.end", "halted")]);
    assert_eq!(
        String::from_utf8_lossy(&events[0].0.payload),
        r#"{"dialect":"openai-chat","mode":"enforce","reason":"hard-limit","observed":0.125000,"bound":0.500000,"segment":1,"choice":0,"channel":"content","block":0,"start":4,"length":13}"#
    );
    for (event, _) in &events {
        assert!(!String::from_utf8_lossy(&event.payload).contains(SECRET));
    }
    assert!(!session.take_output().is_empty());
}

#[test]
fn decisions_come_first_with_the_grant_and_its_version() {
    let wire = [content("good").as_str(), &call("search", 0), &call("delete", 1), FINISH].concat();
    let (_, events) = drive(&covenant("enforce"), &wire, wire.len(), true);
    assert_eq!(
        kinds(&events),
        [
            ("covenant.decision", "allow"),
            ("covenant.decision", "deny"),
            ("session.halt", "denied"),
            ("session.end", "halted")
        ]
    );
    for (_, payload) in &events {
        assert_eq!((&payload["grant"], &payload["version"]), (&json!("support"), &json!(3)));
    }
    assert_eq!(events[3].1["counters"][1], json!({"counter": "calls", "ceiling": 2, "spent": 1, "reserved": 0}));
}

#[test]
fn events_do_not_depend_on_chunks_nor_on_when_they_are_asked_for() {
    let texts = [content("good"), call("delete", 0), call("search", 1), content("bad"), FINISH.into()].concat();
    for mode in ["enforce", "observe"] {
        let (_, expected) = drive(&covenant(mode), &texts, texts.len(), false);
        for size in [1, 7, 64] {
            for at_once in [false, true] {
                let (_, events) = drive(&covenant(mode), &texts, size, at_once);
                assert_eq!(kinds(&events), kinds(&expected), "{mode}, {size}");
                let payloads = |events: &[(LedgerEvent, Value)]| -> Vec<Vec<u8>> {
                    events.iter().filter(|it| it.0.kind != "session.end").map(|it| it.0.payload.clone()).collect()
                };
                assert_eq!(payloads(&events), payloads(&expected), "{mode}, {size}");
            }
        }
    }
}

#[test]
fn observed_a_halt_keeps_its_place_among_the_decisions() {
    let wire = [call("delete", 0), call("search", 1), FINISH.into()].concat();
    let (_, events) = drive(&covenant("observe"), &wire, wire.len(), false);
    assert_eq!(
        kinds(&events),
        [
            ("covenant.decision", "deny"),
            ("session.halt", "denied"),
            ("covenant.decision", "allow"),
            ("session.end", "completed")
        ]
    );
}

#[test]
fn a_client_that_leaves_is_told_as_far_as_it_came() {
    let mut session = Session::new(&policy(HOST), DialectKind::OpenaiChat).unwrap();
    session.feed(content("good").as_bytes()).unwrap();
    session.abandon();
    let events = pull(&mut session);
    assert_eq!(kinds(&events), [("session.end", "abandoned")]);
    assert_eq!((&events[0].1["state"], events[0].1.get("halt")), (&json!("abandoned"), None));
    assert_eq!(session.next_ledger_event(), None);

    // One that is over is not abandoned.
    let mut session = Session::new(&policy(HOST), DialectKind::OpenaiChat).unwrap();
    session.emergency_stop().unwrap();
    session.abandon();
    assert_eq!(kinds(&pull(&mut session)), [("session.halt", "emergency-stop"), ("session.end", "halted")]);
}

#[test]
fn numbers_have_six_decimals() {
    for (observed, bound, expected) in [
        (0.000_000_4, 0.5, r#""observed":0.000000,"bound":0.500000"#),
        (-3.25, 50.0, r#""observed":-3.250000,"bound":50.000000"#),
        (0.999_999_9, 1.0, r#""observed":1.000000,"bound":1.000000"#),
        (123_456.7, 2.0, r#""observed":123456.700000,"bound":2.000000"#),
    ] {
        let mut session = Session::new(&policy(HOST), DialectKind::OpenaiChat).unwrap();
        let halt = interlock_core::halt::Halt::measured(interlock_core::halt::HaltReason::Budget, observed, bound);
        session.stop(halt).unwrap();
        let event = session.next_ledger_event().unwrap();
        assert!(String::from_utf8(event.payload).unwrap().contains(expected), "{expected}");
    }
}
