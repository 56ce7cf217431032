//! The session from outside: what goes in and what comes out.
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

use interlock_core::dialect::DialectKind;
use interlock_core::halt::{HaltReason, Observation};
use interlock_core::session::{Session, SessionState};

mod session_support;
use session_support::{FINISH, chunk, content, policy, run, stream, text_of};

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
    assert!(
        record.to_json().contains(r#""checked":"withheld","guarded":false,"bytes":18,"released":0"#),
        "{}",
        record.to_json()
    );
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
