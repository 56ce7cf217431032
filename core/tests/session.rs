//! The session from outside: what goes in, what comes out, whatever the cut.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc
)]
#![cfg(feature = "session")]

use std::path::Path;

use interlock_core::dialect::DialectKind;
use interlock_core::halt::{HaltReason, Observation};
use interlock_core::policy::Policy;
use interlock_core::session::{Segment, Session, SessionRecord, SessionState, guard_text};
use proptest::prelude::*;

fn policy(json: &str) -> Policy {
    Policy::from_json(json).unwrap()
}

/// A chunk of the protocol with text for the first choice.
fn chunk(delta: &str) -> String {
    format!(
        "data: {{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{delta},\"finish_reason\":null}}]}}\n\n"
    )
}

fn content(text: &str) -> String {
    chunk(&serde_json::json!({ "content": text }).to_string())
}

const FINISH: &str =
    "data: {\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

fn stream(texts: &[&str]) -> String {
    let mut wire: String = texts.iter().map(|text| content(text)).collect();
    wire.push_str(FINISH);
    wire
}

/// Feeds chunks, scores at once, and gives what came out.
fn run(
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
fn text_of(wire: &[u8]) -> String {
    let wire = std::str::from_utf8(wire).unwrap();
    let mut text = String::new();
    for line in wire.lines() {
        let Some(data) = line.strip_prefix("data: ").filter(|data| *data != "[DONE]") else { continue };
        let event: serde_json::Value = serde_json::from_str(data).unwrap();
        text.push_str(event["choices"][0]["delta"]["content"].as_str().unwrap_or_default());
    }
    text
}

#[test]
fn a_stream_that_passes_is_unchanged() {
    let wire = stream(&["The ", "sky ", "is blue."]);
    for kind in ["none", "host"] {
        let policy = policy(&format!(r#"{{"scorer": {{"kind": "{kind}"}}}}"#));
        let (out, record) = run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |_| 0.9);
        assert_eq!(out, wire.as_bytes());
        assert_eq!(record.state, SessionState::Completed);
        assert_eq!(record.bytes_in, wire.len() as u64);
        assert_eq!(record.bytes_out, wire.len() as u64);
    }
}

#[test]
fn a_halt_ends_the_protocol_and_nothing_follows() {
    let wire = stream(&["The ", "sky ", "is ", "green", " and red."]);
    let policy = policy(r#"{"scorer": {"kind": "host"}, "ending": {"message": "[\"stop\"]"}}"#);
    let (out, record) =
        run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |s| if s.text == "green" { 0.1 } else { 0.9 });
    let passed = format!("{}{}{}", content("The "), content("sky "), content("is "));
    let out = String::from_utf8(out).unwrap();
    let ending = out.strip_prefix(&passed).unwrap();
    assert_eq!(
        ending,
        "data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"[\\\"stop\\\"]\"},\"logprobs\":null,\"finish_reason\":\"content_filter\"}]}\n\ndata: [DONE]\n\n"
    );
    assert_eq!(record.state, SessionState::Halted);
    assert_eq!(record.halt.unwrap().reason, HaltReason::HardLimit);
    assert_eq!(record.halted_at.unwrap().start, 11);
    assert_eq!(record.channels[0].released, 11);
}

#[test]
fn usage_is_kept_in_the_ending() {
    let mut wire = content("good");
    wire.push_str(
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"bad\"}}],\"usage\":{\"total_tokens\":12}}\n\n",
    );
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    let (out, record) =
        run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |s| if s.text == "bad" { 0.0 } else { 1.0 });
    assert!(String::from_utf8(out).unwrap().contains("\"usage\":{\"total_tokens\":12}}\n\ndata: [DONE]"));
    assert_eq!(record.usage.unwrap().get(), "{\"total_tokens\":12}");
}

#[test]
fn a_sentence_leaves_as_soon_as_it_has_passed() {
    let policy = policy(r#"{"scorer": {"kind": "host"}, "segments": {"unit": "sentence"}}"#);
    let mut session = Session::new(&policy, DialectKind::OpenaiChat).unwrap();
    session.feed(content("One. Two").as_bytes()).unwrap();
    let first = session.next_segment().unwrap();
    assert_eq!(first.text, "One.");
    assert!(session.next_segment().is_none());
    assert!(session.take_output().is_empty());
    session.answer(first.id, Observation::score(0.9)).unwrap();
    assert_eq!(text_of(&session.take_output()), "One.");
    session.feed(content(" is").as_bytes()).unwrap();
    session.feed(FINISH.as_bytes()).unwrap();
    let second = session.next_segment().unwrap();
    assert_eq!(second.text, " Two is");
    assert!(session.take_output().is_empty());
    session.answer(second.id, Observation::score(0.9)).unwrap();
    assert_eq!(text_of(&session.take_output()), " Two is");
    session.end().unwrap();
    assert_eq!(session.state(), SessionState::Completed);
}

#[test]
fn answers_in_any_order_are_applied_in_the_order_of_the_text() {
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    let mut session = Session::new(&policy, DialectKind::OpenaiChat).unwrap();
    session.feed(stream(&["a", "b", "c"]).as_bytes()).unwrap();
    let segments: Vec<_> = std::iter::from_fn(|| session.next_segment()).collect();
    session.answer(2, Observation::score(0.0)).unwrap();
    session.answer(1, Observation::score(0.9)).unwrap();
    assert_eq!(
        session.answer(1, Observation::score(0.9)).unwrap_err().to_string(),
        "segment 1 does not wait for an answer"
    );
    assert!(session.take_output().is_empty());
    session.answer(segments[0].id, Observation::score(0.9)).unwrap();
    assert_eq!(session.state(), SessionState::Halted);
    let out = session.take_output();
    assert!(text_of(&out).starts_with("ab["));
    let verdicts: Vec<_> = std::iter::from_fn(|| session.next_event()).map(|event| event.text).collect();
    assert_eq!(verdicts, ["a", "b", "c"]);
}

#[test]
fn halves_of_a_pair_wait_for_each_other() {
    let wire = format!("{}{}{FINISH}", chunk(r#"{"content":"x\ud83d"}"#), chunk(r#"{"content":"\ude00y"}"#));
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    let mut seen = Vec::new();
    let (out, _) = run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |s| {
        seen.push(s.text.clone());
        0.9
    });
    assert_eq!(seen, ["x", "\u{1f600}y"]);
    assert_eq!(String::from_utf8(out).unwrap(), wire);
    // The first half may not leave before the pair has passed.
    let (out, _) = run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |s| if s.text == "x" { 0.9 } else { 0.0 });
    assert!(!String::from_utf8(out).unwrap().contains("ud83d"));
}

#[test]
fn every_text_of_a_chunk_is_scored() {
    let delta = r#"{"role":"assistant","content":[{"type":"text","text":"A"},{"type":"thinking","thinking":[{"type":"text","text":"B"}]}],"reasoning_content":"C","refusal":"D","tool_calls":[{"index":3,"id":"call_1","type":"function","function":{"name":"E","arguments":"F"}}],"function_call":{"name":"G","arguments":"H"},"audio":{"id":"x","transcript":"I"},"sur\u0070rise":{"deep":["J"]},"c\u006fntent":"K"}"#;
    let wire = format!("{}{FINISH}", chunk(delta));
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    let mut seen = Vec::new();
    let (out, record) = run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |s| {
        seen.push(format!("{}:{}:{}", s.channel.kind.as_str(), s.channel.block, s.text));
        0.9
    });
    assert_eq!(String::from_utf8(out).unwrap(), wire);
    assert_eq!(
        seen,
        [
            "content:0:A",
            "reasoning:0:B",
            "reasoning:0:C",
            "refusal:0:D",
            "tool-name:3:E",
            "tool-arguments:3:F",
            "tool-name:0:G",
            "tool-arguments:0:H",
            "other:0:I",
            "other:0:J",
            "content:0:K"
        ]
    );
    assert_eq!(record.channels.len(), 8);
}

#[test]
fn log_probabilities_without_their_text_are_text() {
    let wire = format!(
        "data: {{\"choices\":[{{\"logprobs\":{{\"content\":[{{\"token\":\"secret\",\"logprob\":-1.5,\"bytes\":[1]}}]}},\"delta\":{{\"content\":null}},\"index\":2}}]}}\n\n{FINISH}"
    );
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    let (out, record) = run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |s| {
        assert_eq!((s.channel.kind.as_str(), s.channel.choice, s.text.as_str()), ("other", 2, "secret"));
        0.0
    });
    assert_eq!(record.state, SessionState::Halted);
    assert!(!String::from_utf8(out).unwrap().contains("secret"));
}

#[test]
fn a_connection_lost_after_the_end_is_no_failure() {
    let wire = stream(&["whole"]);
    let mut session = Session::new(&Policy::default(), DialectKind::OpenaiChat).unwrap();
    session.feed(wire.as_bytes()).unwrap();
    assert!(!session.wants_input());
    session.fail("connection reset").unwrap();
    assert_eq!(session.state(), SessionState::Completed);
    assert_eq!(session.take_output(), wire.as_bytes());
}

#[test]
fn a_withheld_channel_never_leaves() {
    let wire = format!(
        "{}{}{FINISH}",
        chunk(r#"{"reasoning_content":"secret thought"}"#),
        chunk(r#"{"content":"answer","reasoning_content":"more"}"#)
    );
    let policy = policy(r#"{"channels": {"reasoning": "withhold"}}"#);
    let (out, record) = run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |_| 0.0);
    let expected = wire.replace("secret thought", "").replace("more", "");
    assert_eq!(String::from_utf8(out).unwrap(), expected);
    assert_eq!(record.state, SessionState::Completed);
    assert!(record.to_json().contains(r#""checked":"withheld","bytes":18,"released":0"#), "{}", record.to_json());
}

#[test]
fn observed_nothing_is_withheld() {
    let wire = format!("{}data: nonsense\n\n{}", content("bad"), stream(&["worse"]));
    let policy = policy(
        r#"{"mode": "observe", "scorer": {"kind": "host"}, "channels": {"reasoning": "withhold"}, "segments": {"unit": "sentence"}}"#,
    );
    let (out, record) = run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |_| 0.0);
    assert_eq!(String::from_utf8(out).unwrap(), wire);
    assert_eq!(record.state, SessionState::Completed);
    assert_eq!(record.halt.unwrap().reason, HaltReason::HardLimit);
    assert_eq!(record.error.unwrap().message, "expected a JSON object");
}

#[test]
fn a_broken_upstream_fails_after_what_came_before() {
    let cases: [(&str, &str); 8] = [
        ("data: {\"choices\":[\n\n", "expected a JSON value"),
        ("data: [1]\n\n", "expected a JSON object"),
        ("data: hello\n\n", "expected a JSON value"),
        ("data: {\"choices\":[{\"delta\":{\"content\":\"x", "unterminated string"),
        ("", "the stream ended before its last event"),
        ("data: {} x\n\n", "unexpected text after the JSON value"),
        ("data: {\"a\":1,}\n\n", "expected a string"),
        (": ping\n\n", "the stream ended before its last event"),
    ];
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    for (broken, message) in cases {
        let wire = format!("{}{broken}", content("good"));
        let (out, record) = run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |_| 0.9);
        assert_eq!(record.state, SessionState::Failed, "{broken}");
        let error = record.error.unwrap();
        assert_eq!(error.message, message, "{broken}");
        assert!(error.offset >= content("good").len() as u64 && error.offset <= wire.len() as u64);
        let out = String::from_utf8(out).unwrap();
        let rest = out.strip_prefix(&content("good")).unwrap().trim_start_matches(": ping\n\n");
        let event: serde_json::Value = serde_json::from_str(rest.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(event["error"]["message"], message);
    }
}

#[test]
fn what_is_no_stream_is_refused_at_its_first_byte() {
    let policy = Policy::default();
    for body in ["<html>\n\nSecret\n\n</html>", "{\"error\": {\"message\": \"quota\"}}", "hello"] {
        let (out, record) = run(&policy, DialectKind::OpenaiChat, &[body.as_bytes()], |_| 0.9);
        assert_eq!(record.state, SessionState::Failed);
        assert_eq!(record.error.unwrap().offset, 0);
        assert!(!String::from_utf8(out).unwrap().contains("ecret"));
    }
}

#[test]
fn an_upstream_error_event_is_passed_and_ends_the_stream() {
    let wire = format!("{}data: {{\"error\":{{\"message\":\"overloaded\"}}}}\n\n", content("good"));
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    let (out, record) = run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |_| 0.9);
    assert_eq!(String::from_utf8(out).unwrap(), wire);
    assert_eq!(record.state, SessionState::Failed);
}

#[test]
fn an_event_without_end_is_not_held_for_ever() {
    let policy = policy(r#"{"limits": {"held_bytes": 4096}}"#);
    let mut wire = content("good");
    let start = wire.len();
    wire.push_str("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"");
    wire.push_str(&"x".repeat(100_000));
    let (out, record) = run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |_| 0.9);
    assert_eq!(record.halt.unwrap().reason, HaltReason::HeldLimit);
    let out = String::from_utf8(out).unwrap();
    assert!(out.starts_with(&wire[..start]) && out.ends_with("data: [DONE]\n\n") && !out.contains("xxx"));
}

#[test]
fn a_body_is_guarded_as_one_document() {
    let body = r#"{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"Good one. Bad \"one\". Rest."},"logprobs":{"content":[{"token":"Bad"}]},"finish_reason":"stop"}],"usage":{"total_tokens":9}}"#;
    let policy =
        policy(r#"{"scorer": {"kind": "host"}, "segments": {"unit": "sentence"}, "ending": {"message": " [cut]"}}"#);
    let (out, record) = run(&policy, DialectKind::OpenaiChatBody, &[body.as_bytes()], |_| 0.9);
    assert_eq!(String::from_utf8(out).unwrap(), body);
    assert_eq!(record.state, SessionState::Completed);
    let (out, record) =
        run(
            &policy,
            DialectKind::OpenaiChatBody,
            &[body.as_bytes()],
            |s| {
                if s.text.contains("Bad") { 0.1 } else { 0.9 }
            },
        );
    assert_eq!(record.state, SessionState::Halted);
    let document: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(document["choices"][0]["message"]["content"], "Good one. [cut]");
    assert_eq!(document["choices"][0]["finish_reason"], "content_filter");
    assert!(document["choices"][0]["logprobs"].is_null());
    assert_eq!(document["usage"]["total_tokens"], 9);
}

#[test]
fn log_probabilities_of_the_stream_are_checked() {
    let half = "-0.6931471805599453";
    let delta = format!(
        "data: {{\"choices\":[{{\"delta\":{{\"content\":\"x\"}},\"logprobs\":{{\"content\":[{{\"token\":\"x\",\"top_logprobs\":[{{\"logprob\":{half}}},{{\"logprob\":{half}}}]}}]}},\"index\":0}}]}}\n\n{FINISH}"
    );
    let run_with = |limit: &str| {
        let policy =
            policy(&format!(r#"{{"scorer": {{"kind": "host"}}, "halt": {{"logit_entropy_limit": {limit}}}}}"#));
        run(&policy, DialectKind::OpenaiChat, &[delta.as_bytes()], |s| {
            assert!((s.logit_entropy.unwrap() - 1.0).abs() < 1e-9);
            0.9
        })
        .1
    };
    assert_eq!(run_with("0.99").halt.unwrap().reason, HaltReason::LogitEntropy);
    assert_eq!(run_with("1.01").state, SessionState::Completed);
}

#[test]
fn a_choice_that_has_finished_is_not_finished_again() {
    let wire = "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    let (out, _) = run(&policy, DialectKind::OpenaiChat, &[wire.as_bytes()], |s| if s.text == "a" { 0.0 } else { 1.0 });
    let out = String::from_utf8(out).unwrap();
    let last = out.split("\n\n").nth(1).unwrap().strip_prefix("data: ").unwrap();
    let ending: serde_json::Value = serde_json::from_str(last).unwrap();
    assert_eq!(ending["choices"].as_array().unwrap().len(), 1);
    assert_eq!(ending["choices"][0]["index"], 0);
}

/// Feeds chunks with every segment scored 1, and gives what came out.
fn pass(policy: &Policy, chunks: &[&[u8]]) -> Vec<u8> {
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

#[test]
fn recorded_streams_pass_unchanged_under_every_split() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/streams/openai-chat");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no recorded streams beside this repository");
        return;
    };
    let policies = ["none", "host"].map(|kind| policy(&format!(r#"{{"scorer": {{"kind": "{kind}"}}}}"#)));
    let mut count = 0;
    for entry in entries {
        let lines = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let mut events: Vec<String> = lines.lines().map(|line| format!("data: {line}\n\n")).collect();
        events.push(String::from("data: [DONE]\n\n"));
        let wire = events.concat().into_bytes();
        let longest = events.iter().map(String::len).max().unwrap();
        for policy in &policies {
            // Every byte of every event is once the place of a split, all events being split at once.
            // Without optimisation that takes minutes: then every seventh byte.
            for at in (0..longest).step_by(if cfg!(debug_assertions) { 7 } else { 1 }) {
                let mut chunks = Vec::new();
                for event in &events {
                    let (head, tail) = event.as_bytes().split_at(at.min(event.len()));
                    chunks.extend([head, tail]);
                }
                assert!(pass(policy, &chunks) == wire, "every event split at {at}");
            }
            // And the stream in two parts, at every byte as far as that stays quick.
            let step = 1 + wire.len() / if cfg!(debug_assertions) { 300 } else { 4000 };
            for at in (0..=wire.len()).step_by(step) {
                let (head, tail) = wire.split_at(at);
                assert!(pass(policy, &[head, tail]) == wire, "split at {at}");
            }
        }
        count += 1;
    }
    assert!(count >= 8, "{count}");
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-d .!\u{e9}\u{1f600}\"\\\\\n]{0,6}", 0..8)
}

proptest! {
    /// However the bytes are cut, the same segments are judged and the same text leaves.
    #[test]
    fn the_cut_into_chunks_changes_nothing(
        texts in texts(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        unit in prop::sample::select(vec!["delta", "sentence", "bytes"]),
        low in 0_usize..12,
        crlf in any::<bool>(),
    ) {
        let policy = policy(&format!(r#"{{"scorer": {{"kind": "host"}}, "segments": {{"unit": "{unit}", "max_bytes": 16}}}}"#));
        let refs: Vec<&str> = texts.iter().map(String::as_str).collect();
        let mut wire = stream(&refs);
        if crlf {
            wire = wire.replace("\n\n", "\r\n\r\n");
        }
        let bytes = wire.as_bytes();
        let mut positions: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
        positions.sort_unstable();
        let mut chunks = Vec::new();
        let mut from = 0;
        for position in positions {
            chunks.push(&bytes[from..position]);
            from = position;
        }
        chunks.push(&bytes[from..]);
        let judge = |chunks: &[&[u8]]| {
            let mut seen = Vec::new();
            let (out, record) = run(&policy, DialectKind::OpenaiChat, chunks, |s| {
                seen.push(s.text.clone());
                if seen.len() == low { 0.0 } else { 0.9 }
            });
            (seen, text_of(&out), out, record.halt, record.state)
        };
        let whole = judge(&[bytes]);
        let cut = judge(&chunks);
        prop_assert_eq!(&whole.0, &cut.0);
        prop_assert_eq!(&whole.1, &cut.1);
        prop_assert_eq!(whole.3, cut.3);
        prop_assert_eq!(whole.4, cut.4);
        let all = texts.concat();
        if whole.4 == SessionState::Completed {
            prop_assert_eq!(whole.1, all);
            if unit == "delta" {
                prop_assert_eq!(whole.2, bytes);
            }
        } else {
            // What left is what was judged before the halting segment, and the message.
            let judged: String = whole.0[..whole.0.len() - 1].concat();
            prop_assert_eq!(whole.1, judged + &policy.ending.message);
        }
    }

    /// Bytes of any kind end in a terminal state, and never in a panic.
    #[test]
    fn any_bytes_are_survived(
        parts in prop::collection::vec(prop::sample::select(vec![
            &b"data: "[..], b"{\"choices\":[{\"delta\":{\"content\":\"", b"\\ud83d", b"\"}}]}", b"\n\n", b"\r", b"\n", b"[DONE]", b"\xff", b"a. b",
            b": x", b"\"finish_reason\":\"stop\"", b"},{", b"[[[[", b"\\u00e9", b"\xc3", b"\xa9", b"null", b"\"index\":7,",
        ]), 0..40),
        dialect in prop::sample::select(DialectKind::ALL.to_vec()),
        observe in any::<bool>(),
    ) {
        let mode = if observe { "observe" } else { "enforce" };
        let policy = policy(&format!(r#"{{"mode": "{mode}", "scorer": {{"kind": "host"}}, "segments": {{"unit": "sentence"}}}}"#));
        let (out, record) = run(&policy, dialect, &parts, |_| 0.9);
        if observe {
            prop_assert_eq!(out, parts.concat());
        }
        prop_assert_eq!(record.bytes_in <= parts.concat().len() as u64, true);
    }
}

const TOWER: &str = r#"{"scorer": {"kind": "builtin", "prompt": "Tell me about the tower.",
    "facts": [{"key": "tower", "value": "The tower is 330 metres tall and was finished in 1889."}]}}"#;

#[test]
fn the_builtin_scorer_follows_the_sentence() {
    let policy = policy(TOWER);
    let good = stream(&["The", " tower", " was", " finished", " in", " 18", "89", ".", " It", " is", " tall", "."]);
    let (out, record) = run(&policy, DialectKind::OpenaiChat, &[good.as_bytes()], |_| panic!("handed out"));
    assert_eq!(String::from_utf8(out).unwrap(), good);
    assert_eq!(record.choices[0].summary.tokens, 12);
    let bad = stream(&["The", " tower", " was", " finished", " in", " 19", "25", ".", " It", " is", " tall", "."]);
    let (out, record) = run(&policy, DialectKind::OpenaiChat, &[bad.as_bytes()], |_| panic!("handed out"));
    assert_eq!(record.state, SessionState::Halted);
    assert!(text_of(&out).starts_with("The tower was finished in"));
    assert!(!text_of(&out).contains("tall"));
}

#[test]
fn the_builtin_scorer_reads_whole_sentences_whatever_a_segment_is() {
    let policy = policy(&TOWER.replacen('{', r#"{"segments": {"unit": "bytes", "max_bytes": 16},"#, 1));
    let guard = |text: &str| guard_text(&policy, text, |_| panic!("handed out")).unwrap().record.state;
    assert_eq!(guard("The tower was finished in 1889, as everybody knows."), SessionState::Completed);
    assert_eq!(guard("The tower was finished in 1925, as everybody knows."), SessionState::Halted);
}

#[test]
fn the_builtin_scorer_judges_a_whole_text_as_complete() {
    let policy = policy(TOWER);
    let guard = |text: &str| guard_text(&policy, text, |_| panic!("handed out")).unwrap();
    assert_eq!(guard("The tower was finished in 1889").record.state, SessionState::Completed);
    assert_eq!(guard("The tower was finished in 1925").record.state, SessionState::Halted);
    assert_eq!(guard("It is grey. The tower was finished in 1925. Ok.").record.state, SessionState::Halted);
    let body = r#"{"choices":[{"index":0,"message":{"content":"The tower was finished in 1925"}}]}"#;
    let (out, record) = run(&policy, DialectKind::OpenaiChatBody, &[body.as_bytes()], |_| panic!("handed out"));
    assert_eq!(record.state, SessionState::Halted);
    assert!(!String::from_utf8(out).unwrap().contains("1925"));
}
