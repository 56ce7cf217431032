//! Tool calls are held whole until they are allowed, and what is spent is accounted for.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc
)]
#![cfg(all(feature = "session", feature = "covenant"))]

use interlock_core::covenant::{ReviewError, ReviewState};
use interlock_core::dialect::DialectKind;
use interlock_core::halt::{HaltReason, Observation};
use interlock_core::policy::Policy;
use interlock_core::session::{Checked, ReviewRequest, Session, SessionError, SessionRecord, SessionState};
use proptest::prelude::*;
use serde_json::{Value, json};

mod session_support;
use session_support::{FINISH, chunk, content, policy, text_of};

/// The parts of a call: its id and name, and its arguments in pieces.
fn call(index: u32, name: &str, arguments: &[&str]) -> String {
    let start = json!({"tool_calls": [{"index": index, "id": format!("call_{index}_{name}"), "type": "function",
        "function": {"name": name, "arguments": ""}}]});
    let mut wire = chunk(&start.to_string());
    for piece in arguments {
        wire.push_str(&chunk(&json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}).to_string()));
    }
    wire
}

const FINISH_CALLS: &str = "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\"}],\"usage\":{\"completion_tokens\":7}}\n\ndata: [DONE]\n\n";

fn covenant(covenant: &Value) -> Policy {
    policy(&json!({"covenant": covenant}).to_string())
}

fn files() -> Value {
    json!({
        "permissions": [{"resource": "search"}, {"resource": "read_file/docs/**"}],
        "tools": [{"name": "read_file", "argument": "path"}],
    })
}

/// Feeds pieces, answers what there is to answer, and gives what came out.
fn drive(
    policy: &Policy,
    dialect: DialectKind,
    pieces: &[&[u8]],
    mut review: impl FnMut(&mut Session, &ReviewRequest),
) -> (Vec<u8>, SessionRecord, Vec<Value>) {
    let mut session = Session::new(policy, dialect).unwrap();
    let mut out = Vec::new();
    let mut drain = |session: &mut Session| {
        while let Some(segment) = session.next_segment() {
            let score = if segment.text.contains("bad") { 0.0 } else { 0.9 };
            let _ = session.answer(segment.id, Observation::score(score));
        }
        while let Some(request) = session.next_review() {
            review(session, &request);
        }
        out.extend(session.take_output());
    };
    for piece in pieces {
        if session.feed(piece).is_err() {
            break;
        }
        drain(&mut session);
    }
    if session.end().is_ok() {
        drain(&mut session);
    }
    assert!(session.state().is_terminal(), "{:?}", session.state());
    let record = session.record();
    let decisions =
        std::iter::from_fn(|| session.next_decision()).map(|it| serde_json::from_str(&it.record).unwrap()).collect();
    (out, record, decisions)
}

fn whole(policy: &Policy, wire: &str) -> (String, SessionRecord, Vec<Value>) {
    let (out, record, decisions) = drive(policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |_, _| {});
    (String::from_utf8(out).unwrap(), record, decisions)
}

fn splits(wire: &[u8]) -> Vec<Vec<&[u8]>> {
    // Every split of a short stream, every fifth of a long one; events have other lengths.
    let step = if wire.len() > 900 { 5 } else { 1 };
    let mut splits: Vec<Vec<&[u8]>> = (0..=wire.len()).step_by(step).map(|at| vec![&wire[..at], &wire[at..]]).collect();
    splits.extend((1..10).map(|size| wire.chunks(size).collect()));
    splits
}

fn with_scorer(covenant: &Value, kind: &str, unit: &str) -> Policy {
    policy(
        &json!({"covenant": covenant, "scorer": {"kind": kind}, "segments": {"unit": unit},
            "halt": {"hard_limit": 0.1, "window_threshold": 0.0, "trend_threshold": 1.0}})
        .to_string(),
    )
}

#[test]
fn what_is_allowed_passes_byte_for_byte_however_it_is_cut() {
    let wire = content("Let me look. ")
        + &call(0, "read_file", &["{\"pa", "th\": \"docs/\\u0061/b\"", "}"])
        + &call(1, "search", &["{}"])
        + FINISH_CALLS;
    for (kind, unit) in [("none", "delta"), ("host", "delta"), ("host", "sentence"), ("builtin", "delta")] {
        let policy = with_scorer(&files(), kind, unit);
        for pieces in splits(wire.as_bytes()) {
            let (out, record, decisions) = drive(&policy, DialectKind::OpenaiChat, &pieces, |_, _| {});
            assert_eq!(record.state, SessionState::Completed, "{kind} {unit}: {:?}", record.halt);
            if kind == "builtin" || unit == "sentence" {
                continue;
            }
            assert_eq!(std::str::from_utf8(&out).unwrap(), wire);
            let account = record.covenant.unwrap();
            assert_eq!((account.allowed, account.denied), (2, 0));
            assert_eq!(decisions[0]["resource"], "read_file/docs/a/b");
            assert_eq!(decisions[0]["outcome"], "allow");
            assert_eq!(decisions[0]["subject"], "read_file/docs/**");
        }
    }
}

#[test]
fn nothing_of_a_denied_call_leaves_however_it_is_cut() {
    let cases = [
        call(0, "delete_all", &["{\"secret\":1}"]),
        call(0, "search", &["{}"]) + &call(1, "read_file", &["{\"path\":\"docs2/secret\"}"]),
        call(0, "read_file", &["{\"path\":\"docs/../secret\"}"]),
        call(0, "read_file", &["{\"path\":\"docs/a\",\"path\":\"secret\"}"]),
        call(0, "read_file", &["{\"p\\u0061th\":\"docs/a\",\"path\":\"secret\"}"]),
        call(0, "read_file", &["{\"path\":[\"secret\"]}"]),
        call(0, "read_file", &["{\"path\":\"docs/secret\""]),
        call(0, "read_file", &[]),
        call(0, "read_file/docs/secret", &["{\"path\":\"docs/a\"}"]),
        call(0, "", &["secret"]),
    ];
    for (kind, unit) in [("none", "delta"), ("host", "delta"), ("host", "sentence"), ("builtin", "sentence")] {
        let policy = with_scorer(&files(), kind, unit);
        for case in &cases {
            let wire = content("Before. ") + case + &content("secret behind") + FINISH_CALLS;
            let mut outs = Vec::new();
            for pieces in splits(wire.as_bytes()) {
                let (out, record, decisions) = drive(&policy, DialectKind::OpenaiChat, &pieces, |_, _| {});
                let out = String::from_utf8(out).unwrap();
                assert_eq!(record.halt.unwrap().reason, HaltReason::Denied, "{out}");
                assert!(text_of(out.as_bytes()).starts_with("Before. ["), "{kind} {unit} {out}");
                assert!(!out.contains("delete_all") && !out.contains("read_file") && !out.contains("secret"), "{out}");
                assert_eq!(out.matches("call_").count(), usize::from(out.contains("call_0_search")), "{out}");
                assert!(out.ends_with("\"finish_reason\":\"content_filter\"}]}\n\ndata: [DONE]\n\n"), "{out}");
                assert_eq!(record.covenant.unwrap().denied, 1);
                assert_eq!(decisions.last().unwrap()["outcome"], "deny");
                outs.push(out);
            }
            // Of sentences, how they are framed depends on when the output was taken.
            assert!(unit == "sentence" || outs.iter().all(|out| *out == outs[0]), "{case}");
        }
    }
}

#[test]
fn the_record_says_of_a_denied_call_that_nothing_left_however_it_is_cut() {
    let wire =
        content("Before. ") + &call(0, "search", &["{}"]) + &call(1, "delete_all", &["{\"all\":1}"]) + FINISH_CALLS;
    for (kind, unit) in [("none", "delta"), ("host", "delta"), ("host", "sentence"), ("builtin", "sentence")] {
        let policy = with_scorer(&files(), kind, unit);
        for pieces in splits(wire.as_bytes()) {
            let (_, record, _) = drive(&policy, DialectKind::OpenaiChat, &pieces, |_, _| {});
            let told: Vec<_> =
                record.channels.iter().map(|it| (it.channel.kind.as_str(), it.channel.block, it.released)).collect();
            let expected = [
                ("content", 0, 8),
                ("tool-arguments", 0, 2),
                ("tool-name", 0, 6),
                ("tool-arguments", 1, 0),
                ("tool-name", 1, 0),
            ];
            assert_eq!(told, expected, "{kind} {unit}");
            let checked: Vec<Checked> = record.channels.iter().map(|it| it.checked).collect();
            let left = if kind == "none" { Checked::Unscored } else { Checked::Scored };
            assert_eq!(checked, [left, left, left, Checked::Withheld, Checked::Withheld], "{kind} {unit}");
        }
    }
}

#[test]
fn what_clients_may_read_in_two_ways_is_denied() {
    let any = covenant(&json!({"permissions": [{"resource": "*"}]}));
    let listed = |calls: &str| chunk(&format!("{{\"tool_calls\":{calls}}}"));
    let good = call(0, "search", &["{}"]);
    for odd in [
        listed(r#"[{"index":0,"function":{"name":"a","name":"b"}}]"#),
        listed(r#"[{"index":0,"function":{"name":"a","arguments":"{}","input":"x"}}]"#),
        listed(r#"[{"index":0,"function":{"name":"a"}},{"index":0,"function":{"name":"b"}}]"#),
        listed(r#"[{"index":0,"function":{"name":{"x":"a"}}}]"#),
        listed(r#"[{"index":0,"function":{"name":"a","arguments":{"path":"x"}}}]"#),
        listed(r#"[{"index":0,"function":"a"}]"#),
        listed(r#"{"0":{"index":0,"function":{"name":"a"}}}"#),
        listed(r#"["a"]"#),
        listed(r#""a""#),
        chunk(r#"{"function_call":"a"}"#),
        good.clone() + &chunk(r#"{"function_call":{"name":"b"}}"#),
        chunk(r#"{"function_call":{"name":"b"}}"#) + &good,
        chunk(r#"{"tool_calls":[{"index":0,"id":"x","type":"function"}]}"#),
        "data: {\"choices\":{\"0\":{\"delta\":{\"tool_calls\":[{\"function\":{\"name\":\"a\"}}]}}}}\n\n".to_owned(),
        // More of a call after its choice has finished.
        good.clone() + FINISH_CALLS.split_once("data: [DONE]").unwrap().0 + &call(0, "search", &[]),
    ] {
        let (out, record, decisions) = whole(&any, &(odd.clone() + FINISH_CALLS));
        assert_eq!(record.halt.map(|halt| halt.reason), Some(HaltReason::Denied), "{odd}");
        assert_eq!(decisions.last().unwrap()["reason"], "malformed-call");
        let repeated = odd.contains("finish_reason\":\"tool_calls");
        assert!(repeated || !out.contains("\"tool_calls\"") && !out.contains("function_call"), "{out}");
    }
    for fine in [
        good.clone(),
        chunk(r#"{"function_call":{"name":"b","arguments":null}}"#) + &chunk(r#"{"function_call":{"arguments":"{}"}}"#),
        listed(r#"[{"index":0,"type":"custom","custom":{"name":"a","input":"any text"}}]"#),
        listed("null"),
        listed("[]"),
        listed(r#"[{"index":0,"function":{"name":"sea","arguments":""}}]"#)
            + &listed(r#"[{"index":0,"function":{"name":"rch","arguments":null}}]"#),
    ] {
        let wire = fine + FINISH_CALLS;
        let (out, record, _) = whole(&any, &wire);
        assert_eq!((record.halt, out), (None, wire));
    }
}

#[test]
fn a_document_is_decided_as_a_whole() {
    let document = |path: &str| {
        json!({"id": "c", "choices": [{"index": 0, "finish_reason": "tool_calls", "message": {"content": "Look:",
            "tool_calls": [{"id": "call_1", "type": "function",
                "function": {"name": "read_file", "arguments": json!({"path": path}).to_string()}}]}}]})
        .to_string()
    };
    let policy = covenant(&files());
    let body = |wire: &str| {
        let (out, record, _) = drive(&policy, DialectKind::OpenaiChatBody, &[wire.as_bytes()], |_, _| {});
        (String::from_utf8(out).unwrap(), record)
    };
    let good = document("docs/a");
    assert_eq!(body(&good).0, good);
    let (out, record) = body(&document("etc/passwd"));
    assert_eq!(record.halt.unwrap().reason, HaltReason::Denied);
    assert!(out.contains("\"tool_calls\":[]") && out.contains("Look:[") && !out.contains("passwd"), "{out}");
    assert!(out.contains("\"finish_reason\":\"content_filter\"") && !out.contains("call_1"), "{out}");
}

#[test]
fn observed_all_leaves_and_the_record_says_what_would_have_been() {
    let policy = policy(&json!({"mode": "observe", "covenant": files()}).to_string());
    let wire = content("x") + &call(0, "delete", &["{}"]) + &call(1, "search", &["{}"]) + FINISH_CALLS;
    for pieces in splits(wire.as_bytes()) {
        let (out, record, decisions) = drive(&policy, DialectKind::OpenaiChat, &pieces, |_, _| {});
        assert_eq!(std::str::from_utf8(&out).unwrap(), wire);
        assert_eq!((record.state, record.halt.unwrap().reason), (SessionState::Completed, HaltReason::Denied));
        assert_eq!(decisions.len(), 2);
    }
}

#[test]
fn without_a_covenant_nothing_is_gated_and_the_record_says_so() {
    let wire = call(0, "anything", &["{}"]) + FINISH_CALLS;
    let (out, record, decisions) = whole(&policy("{}"), &wire);
    assert_eq!((out, decisions.len()), (wire.clone(), 0));
    assert!(record.covenant.is_none() && !record.to_json().contains("covenant"));
    // A covenant that says nothing allows nothing.
    let (_, record, _) = whole(&covenant(&json!({})), &wire);
    assert_eq!(record.halt.unwrap().reason, HaltReason::Denied);
}

#[test]
fn a_score_before_the_call_goes_first_and_one_behind_it_waits() {
    let policy = with_scorer(&files(), "host", "delta");
    for (wire, reason) in [
        (content("bad") + &call(0, "delete", &["{}"]), HaltReason::HardLimit),
        (call(0, "delete", &["{}"]) + &content("bad"), HaltReason::Denied),
        (call(0, "search", &["bad"]) + &call(1, "delete", &["{}"]), HaltReason::HardLimit),
    ] {
        let wire = wire + FINISH_CALLS;
        for pieces in splits(wire.as_bytes()) {
            let (out, record, _) = drive(&policy, DialectKind::OpenaiChat, &pieces, |_, _| {});
            assert_eq!(record.halt.unwrap().reason, reason, "{}", String::from_utf8_lossy(&out));
            assert!(!String::from_utf8_lossy(&out).contains("delete"));
        }
    }
}

fn gated(extra: &Value) -> Policy {
    let mut gate = json!({"name": "deletes", "resource": "delete", "timeout_ms": 1000});
    gate.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    covenant(&json!({"permissions": [{"resource": "*"}], "gates": [gate]}))
}

#[test]
fn a_call_waits_for_its_review() {
    let wire = content("a") + &call(0, "delete", &["{\"all\":true}"]) + FINISH_CALLS;
    let mut session = Session::new(&gated(&json!({"approvals": 2})), DialectKind::OpenaiChat).unwrap();
    session.advance(5000).unwrap();
    session.feed(wire.as_bytes()).unwrap();
    session.end().unwrap();
    let request = session.next_review().unwrap();
    assert_eq!((request.tool.as_str(), request.arguments.as_str()), ("delete", "{\"all\":true}"));
    assert_eq!((request.deadline_ms, session.next_deadline_ms()), (6000, Some(6000)));
    assert_eq!((session.next_review(), session.state()), (None, SessionState::Ending));
    assert_eq!(session.take_output(), content("a").as_bytes());
    assert!(matches!(session.answer_review(9, "ada", true, 5001), Err(ReviewError::Unknown { .. })));
    assert_eq!(session.answer_review(request.review, "ada", true, 5001), Ok(ReviewState::Pending));
    assert!(matches!(session.answer_review(request.review, "ada", true, 5002), Err(ReviewError::SameApprover { .. })));
    assert_eq!(session.take_output(), b"");
    assert_eq!(session.answer_review(request.review, "grace", true, 5003), Ok(ReviewState::Approved));
    assert_eq!(session.state(), SessionState::Completed);
    assert_eq!(session.take_output(), &wire.as_bytes()[content("a").len()..]);
    let outcomes: Vec<&str> =
        std::iter::from_fn(|| session.next_decision()).map(|decision| decision.outcome.as_str()).collect();
    assert_eq!(outcomes, ["review", "allow"]);
    assert_eq!(session.record().covenant.unwrap().reviewed, 1);
}

#[test]
fn a_review_that_nobody_makes_falls_back() {
    let wire = call(0, "delete", &["{}"]) + FINISH_CALLS;
    let run = |extra: Value, times: &[u64]| {
        let mut session = Session::new(&gated(&extra), DialectKind::OpenaiChat).unwrap();
        session.advance(0).unwrap();
        session.feed(wire.as_bytes()).unwrap();
        session.end().unwrap_or_default();
        for time in times {
            let _ = session.advance(*time);
        }
        (session.state(), session.halt_reason())
    };
    let pending = (SessionState::Halted, Some(HaltReason::ReviewPending));
    assert_eq!(run(json!({}), &[999]), (SessionState::Ending, None));
    assert_eq!(run(json!({}), &[999, 1000]), pending);
    // A clock that is set back does not bring the time back.
    assert_eq!(run(json!({"fallback": "escalate"}), &[1000, 0, 1999]), (SessionState::Ending, None));
    assert_eq!(run(json!({"fallback": "escalate"}), &[1000, 2000]), pending);
    assert_eq!(run(json!({"fallback": "allow-limited", "limit": 1}), &[1000]), (SessionState::Completed, None));
    assert_eq!(run(json!({"fallback": "allow-limited"}), &[1000]), pending);
    assert_eq!(run(json!({"timeout_ms": 0}), &[]), pending);

    let reject = |session: &mut Session, request: &ReviewRequest| {
        session.answer_review(request.review, "ada", false, 1).unwrap();
    };
    let (out, record, decisions) = drive(&gated(&json!({})), DialectKind::OpenaiChat, &[wire.as_bytes()], reject);
    assert_eq!(record.halt.unwrap().reason, HaltReason::Denied);
    assert_eq!(decisions[1]["reason"], "review-rejected");
    assert!(!String::from_utf8(out).unwrap().contains("delete"));
}

trait Reason {
    fn halt_reason(&self) -> Option<HaltReason>;
}

impl Reason for Session {
    fn halt_reason(&self) -> Option<HaltReason> {
        self.record().halt.map(|halt| halt.reason)
    }
}

#[test]
fn a_call_around_text_that_halts_does_not_leave_in_part() {
    let part = |calls: &Value| chunk(&json!({ "tool_calls": calls }).to_string());
    let first = part(&json!([{"index": 0, "function": {"arguments": "{}"}}]));
    let named = part(&json!([{"index": 0, "id": "a", "type": "function", "function": {"name": "search"}}]));
    let both = part(&json!([
        {"index": 0, "id": "a", "type": "function", "function": {"name": "search", "arguments": ""}},
        {"index": 1, "id": "b", "type": "function", "function": {"name": "search", "arguments": ""}}
    ]));
    let second = part(&json!([{"index": 1, "function": {"arguments": "{}"}}]));
    let policy = with_scorer(&files(), "host", "delta");
    for wire in [
        content("fine. ") + &first + &content("bad") + &named + FINISH_CALLS,
        // The first call is whole before the text, and the second, which shares a message with it, is not.
        content("fine. ") + &both + &first + &content("bad") + &second + FINISH_CALLS,
    ] {
        for pieces in splits(wire.as_bytes()) {
            let (out, record, _) = drive(&policy, DialectKind::OpenaiChat, &pieces, |_, _| {});
            let out = String::from_utf8(out).unwrap();
            assert_eq!(record.halt.unwrap().reason, HaltReason::HardLimit);
            assert!(out.starts_with(&content("fine. ")) && !out.contains("tool_calls"), "{out}");
        }
    }
}

fn budget(counter: &str, ceiling: u64) -> Policy {
    covenant(&json!({
        "permissions": [{"resource": "*"}],
        "tools": [{"name": "dear", "cost": 400}],
        "budgets": [{"counter": counter, "ceiling": ceiling}],
    }))
}

#[test]
fn text_stops_where_it_cannot_be_paid_for() {
    // Three tokens of four bytes each.
    let wire = content("1234") + &content("5678") + &content("9abc") + &content("d") + FINISH;
    for pieces in splits(wire.as_bytes()) {
        let (out, record, _) = drive(&budget("tokens", 3), DialectKind::OpenaiChat, &pieces, |_, _| {});
        let out = String::from_utf8(out).unwrap();
        assert!(out.starts_with(&(content("1234") + &content("5678") + &content("9abc"))));
        assert!(!out.contains("\"d\"") && out.contains("content_filter"), "{out}");
        let halt = record.halt.unwrap();
        assert_eq!((halt.reason, halt.observed, halt.bound), (HaltReason::Budget, Some(4.0), Some(3.0)));
        let counter = &record.covenant.unwrap().counters[0];
        assert_eq!((counter.spent, counter.reserved), (3, 0));
    }
    let text = "some plain text that is longer than twelve bytes";
    for pieces in splits(text.as_bytes()) {
        let (out, record, _) = drive(&budget("tokens", 3), DialectKind::Text, &pieces, |_, _| {});
        assert_eq!(record.halt.unwrap().reason, HaltReason::Budget);
        assert!(out.starts_with(b"some plain t[This response"), "{}", String::from_utf8_lossy(&out));
    }
}

#[test]
fn the_upstreams_account_settles_what_was_set_aside() {
    for (ceiling, text, spent) in [(100, "1234", 7), (100, &"x".repeat(200)[..], 7), (5, "1234", 5)] {
        let (_, record, _) = whole(&budget("tokens", ceiling), &(content(text) + FINISH_CALLS));
        assert_eq!(record.state, SessionState::Completed);
        let counter = record.covenant.unwrap().counters.remove(0);
        assert_eq!((counter.spent, counter.reserved), (spent, 0), "{text}");
    }
    // Without one it is what came.
    let (_, record, _) = whole(&budget("tokens", 100), &(content("12345") + FINISH));
    assert_eq!(record.covenant.unwrap().counters[0].spent, 2);
}

#[test]
fn calls_cost_and_time_run_out() {
    let wire = call(0, "dear", &["{}"]) + &call(1, "dear", &["{}"]) + FINISH_CALLS;
    for (policy, spent) in [(budget("calls", 1), 1), (budget("cost", 799), 400)] {
        let (out, record, decisions) = whole(&policy, &wire);
        assert_eq!(record.halt.unwrap().reason, HaltReason::Budget);
        assert_eq!(
            (decisions[0]["outcome"].as_str(), decisions[1]["reason"].as_str()),
            (Some("allow"), Some("budget"))
        );
        assert_eq!(record.covenant.unwrap().counters[0].spent, spent);
        assert!(out.contains("call_0_dear") && !out.contains("call_1_dear"));
    }
    let mut session = Session::new(&budget("wall-time", 100), DialectKind::OpenaiChat).unwrap();
    for now in [1_000_000, 1_000_060, 5, 1_000_100] {
        session.advance(now).unwrap();
        assert_eq!(session.state(), SessionState::Open);
    }
    session.advance(1_000_101).unwrap();
    assert_eq!(session.halt_reason(), Some(HaltReason::Budget));
    assert_eq!(
        session
            .enforcer()
            .unwrap()
            .budget()
            .balance(session.enforcer().unwrap().budget().counter("wall-time").unwrap())
            .unwrap()
            .spent,
        100
    );
    assert!(matches!(session.advance(1), Err(SessionError::Ended { .. })));
}

/// Streams of texts and calls, good and bad, whose parts come in any order.
fn streams() -> impl Strategy<Value = Vec<String>> {
    let name = prop::sample::select(vec!["search", "read_file", "delete", "sea", ""]);
    let arguments =
        prop::sample::select(vec!["{}", "{\"path\":\"docs/a\"}", "{\"path\":\"etc\"}", "{\"path\":\"docs/b\"", ""]);
    let part = prop_oneof![
        2 => prop::sample::select(vec!["fine. ", "more", "bad", "é"]).prop_map(content),
        4 => (0..3_u32, name, arguments.clone()).prop_map(|(index, name, arguments)| call(index, name, &[arguments])),
        2 => (0..3_u32, arguments).prop_map(|(index, piece)| chunk(
            &json!({"tool_calls": [{"index": index, "function": {"arguments": piece}}]}).to_string()
        )),
        1 => Just("data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n".to_owned()),
        1 => Just(": ping\n\n".to_owned()),
    ];
    prop::collection::vec(part, 0..9)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    // Whatever comes: splits change nothing, and of every call that reaches the client the whole is allowed.
    #[test]
    fn only_allowed_calls_leave(
        parts in streams(),
        finished in any::<bool>(),
        sizes in prop::collection::vec(1..200_usize, 1..4),
        scored in any::<bool>(),
    ) {
        let wire = parts.concat() + if finished { FINISH_CALLS } else { "" };
        let policy = with_scorer(&files(), if scored { "host" } else { "none" }, "delta");
        let (out, record, decisions) = drive(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |_, _| {});
        for size in sizes {
            let pieces: Vec<&[u8]> = wire.as_bytes().chunks(size).collect();
            let (other, other_record, other_decisions) = drive(&policy, DialectKind::OpenaiChat, &pieces, |_, _| {});
            prop_assert_eq!(record.halt, other_record.halt);
            prop_assert_eq!(&record.covenant, &other_record.covenant);
            prop_assert_eq!(&decisions, &other_decisions);
            prop_assert_eq!(String::from_utf8_lossy(&out), String::from_utf8_lossy(&other));
        }
        let mut calls = std::collections::BTreeMap::<u64, (String, String)>::new();
        for line in std::str::from_utf8(&out).unwrap().lines() {
            let Some(data) = line.strip_prefix("data: ").filter(|data| *data != "[DONE]") else { continue };
            let event: Value = serde_json::from_str(data).unwrap();
            for part in event["choices"][0]["delta"]["tool_calls"].as_array().into_iter().flatten() {
                let entry = calls.entry(part["index"].as_u64().unwrap()).or_default();
                entry.0.push_str(part["function"]["name"].as_str().unwrap_or_default());
                entry.1.push_str(part["function"]["arguments"].as_str().unwrap_or_default());
            }
        }
        for (name, arguments) in calls.values() {
            let path = serde_json::from_str::<Value>(arguments).ok();
            let path = path.as_ref().and_then(|it| it["path"].as_str()).unwrap_or_default();
            prop_assert!(name == "search" || name == "read_file" && path.starts_with("docs/"), "{} {}", name, arguments);
        }
        for decision in &decisions {
            prop_assert!(decision["outcome"] == "allow" || record.halt.is_some());
        }
    }
}
