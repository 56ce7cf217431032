//! How responses that are one document end before their end: a call that may not leave is cut out, and the rest is left.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc
)]
#![cfg(all(feature = "session", feature = "dialects", feature = "covenant"))]

use interlock_core::dialect::DialectKind;
use interlock_core::halt::{HaltReason, Observation};
use interlock_core::policy::Policy;
use interlock_core::session::{Session, SessionRecord, SessionState};
use proptest::prelude::*;
use serde_json::{Value, json};

mod dialects_support;
mod session_support;
use dialects_support::document::{DOCUMENTS, document, list_of, notice, stops};
use dialects_support::{Part, call, text, thinking};
use session_support::policy;

const MESSAGE: &str = "[\"stop\"]";

/// Only `search` and pages of `read` may be called.
fn covenant(extra: &Value) -> Policy {
    let mut value = json!({"ending": {"message": MESSAGE}, "covenant": {
        "permissions": [{"resource": "search"}, {"resource": "read/docs/**"}],
        "tools": [{"name": "read", "argument": "path"}]}});
    value.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    policy(&value.to_string())
}

/// Feeds pieces and answers one segment at a time: nothing of a document leaves before its end.
fn drive(policy: &Policy, dialect: DialectKind, pieces: &[&[u8]]) -> (String, SessionRecord) {
    let mut session = Session::new(policy, dialect).unwrap();
    let mut out = Vec::new();
    for piece in pieces {
        session.feed(piece).unwrap();
        assert!(session.take_output().is_empty());
    }
    session.end().unwrap();
    while let Some(segment) = session.next_segment() {
        assert!(out.is_empty());
        out.extend(session.take_output());
        assert!(out.is_empty(), "{}", String::from_utf8_lossy(&out));
        let score = if segment.text.contains("bad") { 0.0 } else { 0.9 };
        session.answer(segment.id, Observation::score(score)).unwrap();
    }
    out.extend(session.take_output());
    assert!(session.state().is_terminal(), "{:?}", session.state());
    (String::from_utf8(out).unwrap(), session.record())
}

fn whole(policy: &Policy, dialect: DialectKind, document: &Value) -> (String, SessionRecord) {
    drive(policy, dialect, &[document.to_string().as_bytes()])
}

#[test]
fn a_denied_call_is_cut_out_however_the_bytes_are_cut() {
    let policy = covenant(&json!({}));
    let parts = [
        thinking(&["Hm. "]),
        text(&["Let me \u{1f50d} look. "]),
        call("search", &["{\"q\":\"a\"}"]),
        call("delete", &["{\"path\":\"secret\"}"]),
        call("search", &["{\"q\":\"b\"}"]),
    ];
    for dialect in DOCUMENTS {
        let [good, filtered] = stops(dialect);
        let wire = document(dialect, &parts, good).to_string();
        let kept =
            [thinking(&["Hm. "]), text(&["Let me \u{1f50d} look. ", MESSAGE]), call("search", &["{\"q\":\"a\"}"])];
        let expected = document(dialect, &kept, filtered).to_string();
        for at in 0..=wire.len() {
            let (head, tail) = wire.as_bytes().split_at(at);
            let (out, record) = drive(&policy, dialect, &[head, tail]);
            assert_eq!(out, expected, "{dialect} {at}");
            assert_eq!((record.state, record.halt.unwrap().reason), (SessionState::Halted, HaltReason::Denied));
            assert!(record.usage.unwrap().get().contains('5'));
            let account = record.covenant.unwrap();
            assert_eq!((account.allowed, account.denied), (1, 1), "{dialect}");
            let released: u64 =
                record.channels.iter().filter(|it| it.channel.kind.as_str() == "tool-name").map(|it| it.released).sum();
            assert_eq!(released, "search".len() as u64, "{dialect}");
        }
    }
}

#[test]
fn where_no_text_is_left_the_message_takes_the_place_of_the_call() {
    let policy = covenant(&json!({}));
    for dialect in DOCUMENTS {
        let [good, filtered] = stops(dialect);
        let parts = [call("search", &["{}"]), call("delete", &["{}"]), call("drop", &["{}"])];
        let (out, record) = whole(&policy, dialect, &document(dialect, &parts, good));
        assert_eq!(record.state, SessionState::Halted);
        let mut expected = document(dialect, &parts[..1], filtered);
        match notice(dialect, MESSAGE) {
            Some(notice) => list_of(dialect, &mut expected).push(notice),
            None => expected["choices"][0]["message"]["content"] = json!(MESSAGE),
        }
        assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), expected, "{dialect}: {out}");

        // A policy may have no message: then the list is what is left of it.
        let silent = covenant(&json!({"ending": {"message": ""}}));
        let (out, _) = whole(&silent, dialect, &document(dialect, &parts[1..], good));
        assert_eq!(out, document(dialect, &[], filtered).to_string(), "{dialect}");
    }
}

#[test]
fn a_call_with_a_text_that_has_not_passed_is_cut_out() {
    for covenant in [json!({}), json!({"covenant": null})] {
        let mut extra = json!({"scorer": {"kind": "host"}, "segments": {"unit": "sentence"}});
        extra.as_object_mut().unwrap().extend(covenant.as_object().unwrap().clone());
        let mut value = json!({"ending": {"message": MESSAGE}, "covenant": {"permissions": [{"resource": "search"}]}});
        value.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        if value["covenant"].is_null() {
            value.as_object_mut().unwrap().remove("covenant");
        }
        let policy = policy(&value.to_string());
        for dialect in DOCUMENTS {
            let [good, filtered] = stops(dialect);
            let parts = [text(&["Look. "]), call("search", &["{\"q\":\"a\"}"]), call("search", &["{\"q\":\"bad\"}"])];
            let (out, record) = whole(&policy, dialect, &document(dialect, &parts, good));
            assert_eq!(record.halt.unwrap().reason, HaltReason::HardLimit, "{dialect}");
            let kept = [text(&["Look. ", MESSAGE]), call("search", &["{\"q\":\"a\"}"])];
            assert_eq!(out, document(dialect, &kept, filtered).to_string(), "{dialect}");
        }
    }
}

#[test]
fn text_before_a_call_is_judged_first_and_what_is_behind_it_not_at_all() {
    let policy = covenant(&json!({"scorer": {"kind": "host"}}));
    for dialect in [DialectKind::OpenaiResponsesBody, DialectKind::AnthropicBody, DialectKind::GeminiBody] {
        let [good, filtered] = stops(dialect);
        let halted = |parts: &[Part], kept: &[Part], reason: HaltReason| {
            let (out, record) = whole(&policy, dialect, &document(dialect, parts, good));
            assert_eq!(record.halt.unwrap().reason, reason, "{dialect}");
            assert_eq!(out, document(dialect, kept, filtered).to_string(), "{dialect}");
        };
        let denied = call("delete", &["{}"]);
        halted(&[text(&["bad"]), denied.clone()], &[text(&[MESSAGE])], HaltReason::HardLimit);
        halted(&[denied, text(&["bad"])], &[text(&[MESSAGE])], HaltReason::Denied);
    }
}

#[test]
fn every_way_to_write_a_call_is_one() {
    let policy = covenant(&json!({"ending": {"message": ""}}));
    let chat =
        |message: &str| format!(r#"{{"id":"c","choices":[{{"index":0,"message":{message},"finish_reason":"stop"}}]}}"#);
    let anthropic = |block: &str| {
        format!(r#"{{"type":"message","content":[{{"type":"text","text":"a"}} , {block}],"stop_reason":"tool_use"}}"#)
    };
    let responses = |item: &str| {
        format!(r#"{{"object":"response","status":"completed","output":[{item}],"incomplete_details":null}}"#)
    };
    let gemini = |part: &str| {
        format!(r#"{{"candidates":[{{"content":{{"parts":[{part},{{"text":"a"}}]}},"finishReason":"STOP"}}]}}"#)
    };
    for (dialect, wire) in [
        (DialectKind::OpenaiChatBody, chat(r#"{"content":"a","function_call":{"name":"secret","arguments":"{}"}}"#)),
        (DialectKind::OpenaiChatBody, chat(r#"{"content":"a","function_call":"secret"}"#)),
        (DialectKind::OpenaiChatBody, chat(r#"{"content":"a","tool_calls":{"function":{"name":"secret"}}}"#)),
        (DialectKind::OpenaiChatBody, chat(r#"{"content":"a","tool_calls":["secret",7]}"#)),
        (
            DialectKind::OpenaiChatBody,
            chat(r#"{"tool_calls":[{"id":"secret"},{"index":0,"function":"secret"}],"content":"a"}"#),
        ),
        (
            DialectKind::OpenaiChatBody,
            chat(r#"{"tool_calls":[{"type":"custom","custom":{"name":"search","input":"x"},"function":["secret"]}]}"#),
        ),
        (
            DialectKind::OpenaiChatBody,
            chat(
                r#"{"tool_calls":[{"function":{"name":"search","arguments":"{}"}}],"function_call":{"name":"secret"}}"#,
            ),
        ),
        (
            DialectKind::OpenaiChatBody,
            chat(r#"{"tool_calls":[{"function":{"name":"sea"}},{"index":0,"function":{"name":"secret"}}]}"#),
        ),
        (DialectKind::AnthropicBody, anthropic(r#"{"type":"tool_use","input":{"x":"secret"}}"#)),
        (DialectKind::AnthropicBody, anthropic(r#"{"type":"tool_use","id":"secret"}"#)),
        (DialectKind::AnthropicBody, anthropic(r#"{"type":"server_tool_use","name":{"a":"secret"}}"#)),
        (DialectKind::AnthropicBody, anthropic(r#"{"t\u0079pe":"tool_us\u0065","id":"secret"}"#)),
        (DialectKind::OpenaiResponsesBody, responses(r#"{"type":"local_shell_call","action":{"command":["secret"]}}"#)),
        (
            DialectKind::OpenaiResponsesBody,
            responses(r#"{"type":"computer_call","id":"secret"},{"type":"mcp_approval_request","name":"secret"}"#),
        ),
        (DialectKind::OpenaiResponsesBody, responses(r#"{"type":"custom_tool_call","name":"secret","input":"x"}"#)),
        (DialectKind::GeminiBody, gemini(r#"{"functionCall":"secret"}"#)),
        (DialectKind::GeminiBody, gemini(r#"{"functionCall":{"name":"search","partialArgs":[{"x":"secret"}]}}"#)),
        (DialectKind::GeminiBody, gemini(r#"{"functionCall":{"name":"search"},"functionCall":{"name":"secret"}}"#)),
        (
            DialectKind::GeminiBody,
            format!(
                "[{},{}]",
                gemini(r#"{"functionCall":{"name":"search"}}"#),
                gemini(r#"{"functionCall":{"name":"secret"}}"#)
            ),
        ),
    ] {
        let (out, record) = drive(&policy, dialect, &[wire.as_bytes()]);
        assert_eq!(record.halt.map(|halt| halt.reason), Some(HaltReason::Denied), "{wire}");
        let value: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"));
        assert!(value["error"].is_null() && !out.contains("secret"), "{wire} became {out}");
        assert!(out.contains(stops(dialect)[1]), "{out}");
    }
}

#[test]
fn without_a_good_end_the_document_is_an_error() {
    let policy = covenant(&json!({}));
    for wire in [
        // Nothing of what is not a list of choices is left.
        r#"{"choices":{"message":{"content":"a","tool_calls":[{"function":{"name":"secret"}}]}}}"#,
        r#"{"error":{"message":"secret"},"choices":[{"message":{"tool_calls":[{"function":{"name":"secret"}}]}}]}"#,
    ] {
        let (out, record) = drive(&policy, DialectKind::OpenaiChatBody, &[wire.as_bytes()]);
        assert_eq!(record.state, SessionState::Halted);
        assert!(out.starts_with("{\"error\":") && !out.contains("secret"), "{out}");
    }
    let budget = |counter: &str, ceiling: u32| {
        covenant(
            &json!({"covenant": {"permissions": [{"resource": "search"}], "budgets": [{"counter": counter, "ceiling": ceiling}]}}),
        )
    };
    for dialect in DOCUMENTS {
        let [good, filtered] = stops(dialect);
        let parts = [text(&["Some words."]), call("search", &["{}"]), call("search", &["{}"])];
        let wire = document(dialect, &parts, good);
        // Text that is not paid for does not leave; a call that is not paid for is cut out.
        let (out, record) = whole(&budget("tokens", 1), dialect, &wire);
        assert_eq!(record.halt.unwrap().reason, HaltReason::Budget);
        assert!(!out.contains("words") && serde_json::from_str::<Value>(&out).unwrap()["error"].is_object(), "{out}");
        let (out, record) = whole(&budget("calls", 1), dialect, &wire);
        assert_eq!(record.halt.unwrap().reason, HaltReason::Budget);
        let kept = [text(&["Some words.", MESSAGE]), call("search", &["{}"])];
        assert_eq!(out, document(dialect, &kept, filtered).to_string());
    }
}

#[test]
fn a_stop_while_somebody_looks_at_a_call_cuts_it_out() {
    let gates =
        json!({"permissions": [{"resource": "*"}], "gates": [{"name": "g", "resource": "delete", "timeout_ms": 1000}]});
    let policy = covenant(&json!({ "covenant": gates }));
    for dialect in DOCUMENTS {
        let [good, filtered] = stops(dialect);
        let wire =
            document(dialect, &[text(&["Look. "]), call("search", &["{}"]), call("delete", &["{}"])], good).to_string();
        for rejects in [true, false] {
            let mut session = Session::new(&policy, dialect).unwrap();
            session.feed(wire.as_bytes()).unwrap();
            session.end().unwrap();
            let request = session.next_review().unwrap();
            assert!(session.take_output().is_empty());
            if rejects {
                session.answer_review(request.review, "ann", false, 1).unwrap();
            } else {
                session.emergency_stop().unwrap();
            }
            let kept = [text(&["Look. ", MESSAGE]), call("search", &["{}"])];
            let out = String::from_utf8(session.take_output()).unwrap();
            assert_eq!(out, document(dialect, &kept, filtered).to_string(), "{dialect}");
            assert_eq!(session.state(), SessionState::Halted);
        }
    }
}

fn part() -> impl Strategy<Value = Part> {
    prop_oneof![
        prop::sample::select(vec!["One. ", "\"two\", ", "}],[{", "\u{e9}\\"]).prop_map(|it| text(&[it])),
        prop::sample::select(vec!["Hm. "]).prop_map(|it| thinking(&[it])),
        prop::sample::select(vec!["{}", "{\"q\":\"],[\"}", "{\"q\":[1,{\"a\":\"\\\\\\\"\"}]}"])
            .prop_map(|it| call("search", &[it])),
        prop::sample::select(vec!["docs/a", "etc/secret"])
            .prop_map(|it| call("read", &[&json!({ "path": it }).to_string()])),
        prop::sample::select(vec!["{}", "{\"x\":\"secret\"}"]).prop_map(|it| call("secret", &[it])),
    ]
}

/// Whether the covenant allows a part.
fn is_denied(part: &Part) -> bool {
    matches!(part, Part::Call(name, pieces) if name == "secret" || pieces.concat().contains("etc/"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// What leaves is the document of what may leave: all text, and the calls before the first that is denied.
    #[test]
    fn what_leaves_is_the_document_of_what_may(
        dialect in prop::sample::select(DOCUMENTS.to_vec()),
        parts in prop::collection::vec(part(), 0..7),
        is_pretty in any::<bool>(),
        size in 1_usize..200,
    ) {
        let policy = covenant(&json!({}));
        let [good, filtered] = stops(dialect);
        let value = document(dialect, &parts, good);
        let wire = if is_pretty { format!("{value:#}") } else { value.to_string() };
        let (out, record) = drive(&policy, dialect, &wire.as_bytes().chunks(size).collect::<Vec<_>>());
        prop_assert_eq!(&drive(&policy, dialect, &[wire.as_bytes()]).0, &out);
        let Some(first) = parts.iter().position(is_denied) else {
            prop_assert_eq!(record.state, SessionState::Completed);
            prop_assert_eq!(out, wire);
            return Ok(());
        };
        prop_assert_eq!(record.halt.unwrap().reason, HaltReason::Denied);
        let mut kept: Vec<Part> = parts.iter().enumerate()
            .filter(|(at, part)| *at < first || !matches!(part, Part::Call(..)))
            .map(|(_, part)| part.clone())
            .collect();
        let last = kept.iter_mut().rev().find_map(|part| if let Part::Text(pieces) = part { Some(pieces) } else { None });
        let has_text = last.is_some();
        if let Some(pieces) = last {
            pieces.push(MESSAGE.into());
        }
        let mut expected = document(dialect, &kept, filtered);
        if !has_text {
            match notice(dialect, MESSAGE) {
                Some(notice) => list_of(dialect, &mut expected).insert(first, notice),
                None => expected["choices"][0]["message"]["content"] = json!(MESSAGE),
            }
        }
        if has_text && !is_pretty {
            prop_assert_eq!(&out, &expected.to_string());
        }
        prop_assert_eq!(serde_json::from_str::<Value>(&out).unwrap(), expected);
    }

    /// Whatever is scored and however it halts: the document is well-formed, and every call in it is one that came and may leave.
    #[test]
    fn no_call_leaves_in_part(
        dialect in prop::sample::select(DOCUMENTS.to_vec()),
        parts in prop::collection::vec(prop_oneof![
            3 => part(),
            1 => Just(text(&["bad. "])),
            1 => Just(call("search", &["{\"q\":\"bad\"}"])),
        ], 0..7),
        unit in prop::sample::select(vec!["delta", "sentence"]),
    ) {
        let policy = covenant(&json!({"scorer": {"kind": "host"}, "segments": {"unit": unit}}));
        let [good, filtered] = stops(dialect);
        let mut value = document(dialect, &parts, good);
        let (out, record) = whole(&policy, dialect, &value);
        let mut left: Value = serde_json::from_str(&out).unwrap();
        prop_assert!(!out.contains("secret\""), "{}", out);
        if record.state == SessionState::Completed {
            prop_assert_eq!(&left, &value);
            return Ok(());
        }
        prop_assert!(out.contains(filtered));
        prop_assert!(!out.contains("bad"), "{}", out);
        let came = list_of(dialect, &mut value).clone();
        for item in list_of(dialect, &mut left) {
            let is_call = ["functionCall", "function", "input", "call_id"].iter().any(|name| item.get(name).is_some());
            prop_assert!(!is_call || came.contains(item), "{}", item);
        }
    }
}
