//! The guard in a session: nothing of a match leaves, whatever the cut and the protocol.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc
)]
#![cfg(feature = "guard-compiler")]

use std::fmt::Write as _;

use interlock_core::dialect::{ChannelKind, DialectKind};
use interlock_core::guard::compile::{CompileLimits, PatternSpec, compile};
use interlock_core::guard::sets::PatternSet;
use interlock_core::guard::{Action, GuardLibrary};
use interlock_core::halt::{HaltReason, Observation};
use interlock_core::policy::Policy;
use interlock_core::session::{ChannelGuards, Session, SessionState, guard_text};
use proptest::prelude::*;

mod dialects_support;
mod session_support;
use dialects_support::{STREAMS, call as tool_call, client, text, thinking, wire as wire_of};
use session_support::guarded::{HALT, KEY, REDACT, arguments_of, call, cuts, guards_of, run, run_scored};
use session_support::{FINISH, chunk, content, policy, stream, text_of};

#[test]
fn a_key_over_many_deltas_is_replaced_whatever_the_cut() {
    let policy = policy(REDACT);
    let guards = guards_of(&policy);
    let texts = ["My key is A", "KIAIOSF", "ODNN7EX", "AMPLE, keep ", "it"];
    let wire = stream(&texts);
    for chunks in cuts(wire.as_bytes()) {
        let out = run(&policy, &guards, DialectKind::OpenaiChat, &chunks);
        assert_eq!(text_of(&out.wire), "My key is [redacted:api-keys/aws-access-key], keep it");
        assert_eq!(out.record.state, SessionState::Completed);
        let record = out.record.guard.unwrap();
        assert_eq!((record.patterns[0].pattern.as_str(), record.patterns[0].matches), ("api-keys/aws-access-key", 1));
        assert!(out.record.channels[0].guarded);
        let [found] = out.matches.as_slice() else { panic!("{:?}", out.matches) };
        assert_eq!((found.action, found.start, found.length), (Action::Redact, 10, 20));
    }
}

/// Patterns that start with what is literal: most of a text passes by them untouched.
const LITERAL: &str = r#"{"guard": {"rules": [{"patterns": [
    {"id": "k", "pattern": "\\bAKIA[A-Z2-7]{16}"},
    {"id": "w", "pattern": "\\bsecret\\b"}
    ], "action": "redact"}]}, "ending": {"message": "[stopped]"}}"#;

#[test]
fn what_starts_in_one_delta_and_ends_in_another_is_found() {
    let redact = policy(LITERAL);
    let halt = policy(&LITERAL.replace("redact", "halt"));
    for (text, redacted, halted) in [
        ("\u{fc} AKIAIOSFODNN7EXAMPLE.", "\u{fc} [redacted:k].", "\u{fc} [stopped]"),
        ("the secret", "the [redacted:w]", "the [stopped]"),
        ("\u{e9}\u{e9}AKIA, secrets \u{fc} AKI\u{1f600}", "", ""),
        ("\u{65e5}\u{672c} AKIA", "", ""),
    ] {
        let is_found = !halted.is_empty();
        let edges: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        for (place, first) in edges.iter().enumerate() {
            for second in &edges[place..] {
                let wire = stream(&[&text[..*first], &text[*first..*second], &text[*second..]]);
                for (policy, left) in [(&redact, redacted), (&halt, halted)] {
                    let out = run(policy, &guards_of(policy), DialectKind::OpenaiChat, &[wire.as_bytes()]);
                    let left = if is_found { left } else { text };
                    assert_eq!(text_of(&out.wire), left, "cut at {first} and {second}");
                    let is_halted = out.record.state == SessionState::Halted;
                    assert_eq!(is_halted, is_found && left == halted);
                }
            }
        }
    }
}

#[test]
fn what_has_no_match_leaves_byte_for_byte() {
    let policy = policy(REDACT);
    let guards = guards_of(&policy);
    let wire = stream(&["The quick ", "brown \u{1f600} fox", " skips a lazy dog.", " 4111 is no card."]);
    let out = run(&policy, &guards, DialectKind::OpenaiChat, &[wire.as_bytes()]);
    assert!(out.wire == wire.as_bytes(), "{}", String::from_utf8_lossy(&out.wire));
    for text in ["plain text, nothing in it", "AKIAIOSFODNN7EXAMPL", ""] {
        let out = run(&policy, &guards, DialectKind::Text, &[text.as_bytes()]);
        assert_eq!(out.wire, text.as_bytes());
    }
}

#[test]
fn a_halt_lets_the_text_before_it_go_and_nothing_of_the_match() {
    let policy = policy(HALT);
    let guards = guards_of(&policy);
    let wire = stream(&["Here you are: ", "AKIAIOSFODNN", "7EXAMPLE and", " more"]);
    for chunks in cuts(wire.as_bytes()) {
        let out = run(&policy, &guards, DialectKind::OpenaiChat, &chunks);
        assert_eq!(text_of(&out.wire), "Here you are: [stopped]");
        assert_eq!(out.record.state, SessionState::Halted);
        assert_eq!(out.record.halt.unwrap().reason, HaltReason::Pattern);
        assert_eq!(out.record.guard.unwrap().halted_by.unwrap(), "api-keys/aws-access-key");
        assert_eq!(out.record.halted_at.unwrap().start, 14);
        let end = out.wire.split(|byte| *byte == b'\n').rfind(|line| line.starts_with(b"data: {")).unwrap();
        assert!(String::from_utf8_lossy(end).contains("\"finish_reason\":\"content_filter\""));
    }
}

#[test]
fn the_ledger_gets_the_place_and_the_pattern_and_nothing_of_the_text() {
    let policy = policy(
        r#"{"guard": {"rules": [{"sets": ["api-keys"]}, {"sets": ["email"], "action": "redact"}]}, "ending": {"message": ""}}"#,
    );
    let mut session = Session::with_guards(policy.clone(), DialectKind::OpenaiChat, guards_of(&policy)).unwrap();
    session.feed(stream(&["mail a@b.co, key ", KEY]).as_bytes()).unwrap();
    let told: Vec<(&str, &str, String)> = std::iter::from_fn(|| session.next_ledger_event())
        .map(|event| (event.kind, event.tag, String::from_utf8(event.payload).unwrap()))
        .collect();
    let kinds: Vec<_> = told.iter().map(|(kind, tag, _)| (*kind, *tag)).collect();
    assert_eq!(kinds, [("session.guard", "redact"), ("session.halt", "pattern"), ("session.end", "halted")]);
    assert_eq!(
        told[0].2,
        r#"{"dialect":"openai-chat","mode":"enforce","action":"redact","pattern":"email","choice":0,"channel":"content","block":0,"start":5,"length":6}"#
    );
    assert_eq!(
        told[1].2,
        r#"{"dialect":"openai-chat","mode":"enforce","reason":"pattern","pattern":"api-keys/aws-access-key","segment":0,"choice":0,"channel":"content","block":0,"start":17,"length":20}"#
    );
    assert!(told[2].2.contains(r#""checked":"unscored","guarded":true"#), "{}", told[2].2);
    assert!(told.iter().all(|(_, _, payload)| !payload.contains("a@b") && !payload.contains("AKIA")));
}

#[test]
fn no_protocol_tells_again_what_was_replaced() {
    for (json, halts) in [(REDACT, false), (HALT, true)] {
        let policy = policy(json);
        let guards = guards_of(&policy);
        for dialect in STREAMS {
            for parts in [
                vec![text(&["Use AKIAIOSF", "ODNN7EX", "AMPLE now. "])],
                vec![thinking(&["AKIAIOSFODNN7", "EXAMPLE? "]), text(&["Done."])],
                vec![text(&["So: "]), tool_call("find", &["{\"ci", "ty\": \"AKIAIOSFODNN7EX", "AMPLE\"}"])],
            ] {
                let wire = wire_of(dialect, &parts);
                for size in [1, 13, 100, wire.len()] {
                    let chunks: Vec<&[u8]> = wire.as_bytes().chunks(size).collect();
                    let out = run(&policy, &guards, dialect, &chunks);
                    let left = String::from_utf8(out.wire.clone()).unwrap();
                    assert!(!left.contains("AKIAIOSF") && !left.contains("7EXAMPLE"), "{dialect}: {left}");
                    let expected = if halts { SessionState::Halted } else { SessionState::Completed };
                    assert_eq!(out.record.state, expected, "{dialect} {parts:?}: {:?}", out.record.error);
                    let read = client::read(dialect, &out.wire);
                    if !halts && matches!(parts.as_slice(), [dialects_support::Part::Text(_)]) {
                        assert_eq!(read.text, "Use [redacted:api-keys/aws-access-key] now. ", "{dialect}: {left}");
                    }
                }
            }
        }
    }
}

#[test]
fn text_before_a_halt_is_judged_first() {
    let policy = policy(
        r#"{"guard": {"rules": [{"sets": ["api-keys"]}]}, "scorer": {"kind": "host"}, "ending": {"message": "!"}}"#,
    );
    let guards = guards_of(&policy);
    let wire = stream(&["bad words ", "and AKIAIOSFODNN7EXAMPLE."]);
    let score = |text: &str| if text.starts_with("bad") { 0.0 } else { 1.0 };
    let out = run_scored(&policy, &guards, DialectKind::OpenaiChat, &[wire.as_bytes()], score);
    assert_eq!((text_of(&out.wire).as_str(), out.record.halt.unwrap().reason), ("!", HaltReason::HardLimit));
    let out = run(&policy, &guards, DialectKind::OpenaiChat, &[wire.as_bytes()]);
    assert_eq!(
        (text_of(&out.wire).as_str(), out.record.halt.unwrap().reason),
        ("bad words and !", HaltReason::Pattern)
    );
    // What is scored is what leaves: no scorer sees a key.
    assert_eq!(out.events.iter().map(|event| event.text.as_str()).collect::<Vec<_>>(), ["bad words ", "and "]);
}

#[test]
fn scorers_get_the_text_that_leaves() {
    for unit in ["delta", "sentence", "bytes"] {
        let policy = policy(&format!(
            r#"{{"guard": {{"rules": [{{"sets": ["api-keys"], "action": "redact"}}]}}, "scorer": {{"kind": "host"}},
                "segments": {{"unit": "{unit}", "max_bytes": 16}}}}"#
        ));
        let guards = guards_of(&policy);
        let wire = stream(&["One. Key AKIAIOS", "FODNN7EXAMPLE is it. ", "Two."]);
        for chunks in cuts(wire.as_bytes()) {
            let out = run(&policy, &guards, DialectKind::OpenaiChat, &chunks);
            let expected = "One. Key [redacted:api-keys/aws-access-key] is it. Two.";
            assert_eq!(text_of(&out.wire), expected, "{unit}");
            assert_eq!(out.events.iter().map(|event| event.text.as_str()).collect::<String>(), expected);
            assert_eq!(out.record.channels[0].released, out.record.channels[0].bytes);
        }
    }
}

#[test]
fn an_empty_replacement_holds_nothing_up() {
    let policy = policy(
        r#"{"guard": {"rules": [{"patterns": [{"id": "x", "pattern": "x+y", "replacement": ""}], "action": "redact"}]},
            "scorer": {"kind": "host"}}"#,
    );
    let guards = guards_of(&policy);
    for texts in [vec!["xxy"], vec!["a", "xxy"], vec!["xx", "y", "b"], vec!["xy", "xxy"]] {
        let wire = stream(&texts);
        let out = run(&policy, &guards, DialectKind::OpenaiChat, &[wire.as_bytes()]);
        assert_eq!(text_of(&out.wire), texts.concat().replace("xx", "x").replace("xy", ""));
        assert_eq!(out.record.state, SessionState::Completed);
    }
}

#[test]
fn observed_everything_leaves_and_the_record_tells_what_would_have_been() {
    for (json, halts) in [(HALT, true), (REDACT, false)] {
        let mut policy = policy(json);
        policy.mode = interlock_core::policy::Mode::Observe;
        let guards = guards_of(&policy);
        let wire = stream(&["key AKIAIOSF", "ODNN7EXAMPLE and more", " a@b.co"]);
        for chunks in cuts(wire.as_bytes()) {
            let out = run(&policy, &guards, DialectKind::OpenaiChat, &chunks);
            assert!(out.wire == wire.as_bytes());
            assert_eq!(out.record.halt.map(|halt| halt.reason), halts.then_some(HaltReason::Pattern));
            assert_eq!(out.record.guard.unwrap().patterns.len(), if halts { 1 } else { 2 });
        }
    }
}

#[test]
fn observed_text_behind_bytes_that_are_none_is_searched() {
    let mut policy = policy(REDACT);
    policy.mode = interlock_core::policy::Mode::Observe;
    let guards = guards_of(&policy);
    let wire = [b"a \xff\xfe key AKIAIOSF", &KEY.as_bytes()[8..], b"\xc3 and a@b.co"].concat();
    for chunks in cuts(&wire) {
        let out = run(&policy, &guards, DialectKind::Text, &chunks);
        assert!(out.wire == wire, "{chunks:?}");
        assert_eq!(out.record.guard.unwrap().patterns.len(), 2, "{chunks:?}");
        assert_eq!(out.record.error.map(|error| error.offset), Some(2), "{chunks:?}");
    }
}

#[test]
fn choices_and_channels_do_not_join() {
    let policy = policy(HALT);
    let guards = guards_of(&policy);
    let of = |choice: u32, field: &str, text: &str| {
        format!("data: {{\"choices\":[{{\"index\":{choice},\"delta\":{{\"{field}\":\"{text}\"}}}}]}}\n\n")
    };
    let apart =
        [of(0, "content", "AKIAIOSF"), of(1, "content", "ODNN7EXAMPLE"), of(0, "reasoning_content", "ODNN7EXAMPLE")];
    let wire = [apart.concat(), String::from(FINISH)].concat();
    let out = run(&policy, &guards, DialectKind::OpenaiChat, &[wire.as_bytes()]);
    assert_eq!(out.record.state, SessionState::Completed, "{:?}", out.matches);
    // Interleaved, each is whole.
    let woven = [of(0, "content", "AKIAIOSF"), of(1, "content", "x"), of(0, "content", "ODNN7EXAMPLE")];
    let wire = [woven.concat(), String::from(FINISH)].concat();
    let out = run(&policy, &guards, DialectKind::OpenaiChat, &[wire.as_bytes()]);
    assert_eq!(out.record.halt.unwrap().reason, HaltReason::Pattern);
}

#[test]
fn rules_are_for_the_channels_that_they_name() {
    let policy = policy(
        r#"{"guard": {"rules": [{"sets": ["api-keys"], "channels": ["tool-arguments"]},
            {"sets": ["email"], "action": "flag", "channels": ["content"]}]}, "channels": {"refusal": "withhold"}}"#,
    );
    let guards = guards_of(&policy);
    assert!(guards.tables(ChannelKind::Reasoning).is_none());
    let wire = [
        content(&format!("{KEY} a@b.co ")),
        chunk(&format!(r#"{{"reasoning_content":"{KEY}","refusal":"{KEY}"}}"#)),
        String::from(FINISH),
    ];
    let out = run(&policy, &guards, DialectKind::OpenaiChat, &[wire.concat().as_bytes()]);
    assert_eq!(out.record.state, SessionState::Completed);
    assert_eq!(out.matches.iter().map(|found| found.pattern.as_str()).collect::<Vec<_>>(), ["email"]);
    let guarded: Vec<_> = out.record.channels.iter().map(|channel| (channel.channel.kind, channel.guarded)).collect();
    assert_eq!(guarded, [(ChannelKind::Content, true), (ChannelKind::Reasoning, false), (ChannelKind::Refusal, false)]);
}

#[test]
fn log_probabilities_of_what_is_replaced_do_not_leave() {
    let policy = policy(REDACT);
    let guards = guards_of(&policy);
    let with = |text: &str| {
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{text}\"}},\"logprobs\":{{\"content\":[{{\"token\":\"{text}\",\"logprob\":-0.1,\"top_logprobs\":[]}}]}}}}]}}\n\n"
        )
    };
    let wire = [with("say "), with("AKIAIOSF"), with("ODNN7EXAMPLE"), with(" twice"), String::from(FINISH)].concat();
    let out = run(&policy, &guards, DialectKind::OpenaiChat, &[wire.as_bytes()]);
    let wire = String::from_utf8(out.wire).unwrap();
    assert!(!wire.contains("AKIA") && !wire.contains("7EXAMPLE"), "{wire}");
    assert!(wire.contains("\"token\":\"say \"") && wire.contains("\"token\":\" twice\""), "{wire}");
}

#[test]
fn halves_of_a_pair_go_where_the_pair_goes() {
    let policy = policy(
        r#"{"guard": {"rules": [{"patterns": [{"id": "face", "pattern": "\\x{1F600}+", "replacement": ":)"}], "action": "redact"}]}}"#,
    );
    let guards = guards_of(&policy);
    let deltas = [r#"{"content":"a\ud83d"}"#, r#"{"content":"\ude00\ud83d"}"#, r#"{"content":"\ude00b\ud83d"}"#];
    let wire = [deltas.map(chunk).concat(), chunk(r#"{"content":"\ude01"}"#), String::from(FINISH)].concat();
    for chunks in cuts(wire.as_bytes()) {
        let out = run(&policy, &guards, DialectKind::OpenaiChat, &chunks);
        let wire = String::from_utf8(out.wire).unwrap();
        // Each event may end in half of a pair, as it came: read together they are whole.
        let text: String = wire.split("\"content\":\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        assert_eq!(text, r"a:)b\ud83d\ude01", "{wire}");
    }
}

#[test]
fn text_behind_the_end_of_its_channel_is_refused() {
    let policy = policy(REDACT);
    let guards = guards_of(&policy);
    let finish = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    let wire = [content("AKIAIOSF").as_str(), finish, &content("ODNN7EXAMPLE"), FINISH].concat();
    for chunks in cuts(wire.as_bytes()) {
        let out = run(&policy, &guards, DialectKind::OpenaiChat, &chunks);
        assert_eq!(text_of(&out.wire), "AKIAIOSF");
        assert_eq!(out.record.error.unwrap().message, "text for a channel behind its end");
    }
}

#[test]
fn what_waits_is_bounded() {
    let policy = policy(
        r#"{"guard": {"rules": [{"patterns": [{"id": "long", "pattern": "x.*y"}]}]}, "limits": {"held_bytes": 1024}}"#,
    );
    let guards = guards_of(&policy);
    let text = ["x", &"a".repeat(4000)].concat();
    for size in [1, 7, 4001] {
        let chunks: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
        let out = run(&policy, &guards, DialectKind::Text, &chunks);
        assert_eq!(out.record.halt.unwrap().reason, HaltReason::HeldLimit, "{size}");
        assert_eq!(out.wire, policy.ending.message.as_bytes(), "{size}");
    }
}

#[test]
fn whole_texts_and_documents() {
    let policy = policy(REDACT);
    let guarded = guard_text(&policy, &format!("Use {KEY} at a@b.co"), |_| Observation::default()).unwrap();
    assert_eq!(guarded.text, "Use [redacted:api-keys/aws-access-key] at [redacted:email]");
    let guards = guards_of(&policy);
    let body = serde_json::json!({"choices": [{"index": 0, "message": {"role": "assistant", "content": format!("\"{KEY}\"")},
        "finish_reason": "stop"}], "usage": {"total_tokens": 3}});
    for chunks in cuts(body.to_string().as_bytes()) {
        let out = run(&policy, &guards, DialectKind::OpenaiChatBody, &chunks);
        let read: serde_json::Value = serde_json::from_slice(&out.wire).unwrap();
        assert_eq!(read["choices"][0]["message"]["content"], "\"[redacted:api-keys/aws-access-key]\"");
        assert_eq!(read["usage"]["total_tokens"], 3);
    }
}

#[test]
fn bad_guards_are_refused_with_their_place() {
    for (json, path) in [
        (r#"{"guard": {"rules": [{}]}}"#, "guard.rules[0].sets"),
        (r#"{"guard": {"rules": [{"sets": [""]}]}}"#, "guard.rules[0].sets"),
        (r#"{"guard": {"rules": [{"sets": ["email"], "action": "drop"}]}}"#, "guard.rules[0].action"),
        (r#"{"guard": {"rules": [{"sets": ["email"], "channels": ["text"]}]}}"#, "guard.rules[0].channels[0]"),
        (r#"{"guard": {"rules": [{"patterns": [{"id": "a/b", "pattern": "x"}]}]}}"#, "guard.rules[0].patterns"),
        (r#"{"guard": {"sets": []}}"#, "guard.sets"),
    ] {
        assert_eq!(Policy::from_json(json).unwrap_err().path, path, "{json}");
    }
    for (json, path, message) in [
        (r#"{"guard": {"rules": [{"sets": ["email"]}, {"sets": ["mail"]}]}}"#, "guard.rules[1].sets", "no such set"),
        (r#"{"guard": {"rules": [{"patterns": [{"id": "a", "pattern": "("}]}]}}"#, "guard.rules[0]", "unclosed"),
        (
            r#"{"guard": {"rules": [{"patterns": [{"id": "a", "pattern": "a{1000}{1000}"}]}]}}"#,
            "guard.rules[0]",
            "limit",
        ),
    ] {
        let error = Session::new(&policy(json), DialectKind::Text).unwrap_err();
        assert_eq!(error.path, path, "{error}");
        assert!(error.message().contains(message), "{error}");
    }
}

#[test]
fn what_is_linked_is_what_is_compiled() {
    let mut library = GuardLibrary::new();
    for action in [Action::Redact, Action::Halt] {
        let specs: Vec<PatternSpec> = PatternSet::ALL.into_iter().flat_map(|set| set.patterns(action)).collect();
        let artifact = compile(&specs, CompileLimits::default()).unwrap();
        println!("all sets, {}: {} bytes", action.as_str(), artifact.bytes.len());
        assert!(library.add(&artifact.bytes, &[0; 32]).is_err());
        library.add(&artifact.bytes, &artifact.hash).unwrap();
    }
    for json in [
        REDACT,
        HALT,
        r#"{"guard": {"rules": [{"sets": ["private-keys", "iban"], "action": "redact"}, {"sets": ["api-keys", "cards"]},
            {"sets": ["api-keys", "phone"], "action": "flag", "channels": ["content"]}]}}"#,
    ] {
        let policy = policy(json);
        let guard = policy.guard.as_ref().unwrap();
        let (compiled, linked) =
            (ChannelGuards::compile(guard).unwrap(), ChannelGuards::link(guard, &mut library).unwrap());
        for kind in ChannelKind::ALL {
            let [compiled, linked] = [&compiled, &linked].map(|it| it.tables(kind).map(|it| it.to_artifact().hash));
            assert!(compiled.is_some() && compiled == linked, "{json} {kind:?}");
        }
        let (named, artifacts) = compiled.to_artifacts(guard);
        let mut own = GuardLibrary::new();
        for artifact in &artifacts {
            own.add(&artifact.bytes, &artifact.hash).unwrap();
        }
        let again = ChannelGuards::link(&named, &mut own).unwrap();
        for kind in ChannelKind::ALL {
            let [compiled, again] = [&compiled, &again].map(|it| it.tables(kind).map(|it| it.to_artifact().hash));
            assert!(compiled == again, "{json} {kind:?}");
        }
    }
    let missing = policy(r#"{"guard": {"rules": [{"sets": ["email"]}, {"sets": ["api-key"]}]}}"#);
    let error = ChannelGuards::link(missing.guard.as_ref().unwrap(), &mut library).unwrap_err();
    assert_eq!(error.path, "guard.rules[1].sets");
}

/// Text with candidates, keys and addresses, escapes and characters of every length.
fn adversarial() -> impl Strategy<Value = Vec<String>> {
    let part = prop::sample::select(vec![
        KEY,
        "AKIA",
        "IOSFODNN7EXAMPLE",
        "AKIAIOSFODNN7EXAMPL",
        "a@b.co",
        "a@b",
        ".co",
        "x",
        " ",
        "\u{1f600}",
        "\u{e9}",
        "\"",
        "\\",
        "\n",
        "4111 1111 1111 1111",
        "4111 1111",
        "ghp_",
        "sk-",
        "A",
        "{",
        "}",
        "[",
    ]);
    prop::collection::vec(prop::collection::vec(part, 0..4).prop_map(|parts| parts.concat()), 0..8)
}

/// Writes text as the content of a JSON string, some of it as escapes.
fn escaped(text: &str, escape: impl Fn(usize) -> bool) -> String {
    let mut out = String::new();
    for (index, character) in text.chars().enumerate() {
        if escape(index) || character < ' ' || matches!(character, '"' | '\\') {
            for unit in character.encode_utf16(&mut [0; 2]) {
                write!(out, "\\u{unit:04x}").unwrap();
            }
        } else {
            out.push(character);
        }
    }
    out
}

/// The text with every match replaced, by a search of the whole.
fn replaced(text: &str) -> String {
    let key = r"(?-u:\b)A(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}";
    let mail = r"(?-u:\b)[A-Za-z0-9_][A-Za-z0-9._%+'-]*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}";
    let patterns = [("k", key), ("m", mail)].map(|(id, pattern)| (id, regex::Regex::new(pattern).unwrap()));
    let mut out = String::new();
    let mut at = 0;
    loop {
        let found = patterns.iter().filter_map(|(id, pattern)| Some((id, pattern.find_at(text, at)?)));
        let first = found.min_by_key(|(_, found)| (found.start(), std::cmp::Reverse(found.end())));
        let Some((id, found)) = first else { break };
        out.push_str(&text[at..found.start()]);
        write!(out, "[redacted:{id}]").unwrap();
        at = found.end();
    }
    out.push_str(&text[at..]);
    out
}

const OWN: &str = r#"{"guard": {"rules": [{"patterns": [
    {"id": "k", "pattern": "\\bA(?:KIA|SIA|BIA|CCA)[A-Z2-7]{16}"},
    {"id": "m", "pattern": "\\b[A-Za-z0-9_][A-Za-z0-9._%+'-]*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z]{2,}"}
    ], "action": "redact"}]}}"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn streams_lose_just_what_matches(
        deltas in adversarial(),
        escapes in prop::collection::vec(any::<bool>(), 16),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
        scored in any::<bool>(),
    ) {
        let mut policy = policy(OWN);
        if scored {
            policy.scorer.kind = interlock_core::policy::ScorerKind::Host;
        }
        let guards = guards_of(&policy);
        let mut number = 0;
        let wire: String = deltas.iter().map(|text| {
            number += 1;
            let text = escaped(text, |index| escapes[(index + number) % 16]);
            chunk(&format!("{{\"content\":\"{text}\"}}"))
        }).collect();
        let wire = [wire.as_str(), FINISH].concat();
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(wire.len() + 1)).collect();
        places.sort_unstable();
        let mut chunks = Vec::new();
        let mut from = 0;
        for place in places {
            chunks.push(&wire.as_bytes()[from..place]);
            from = place;
        }
        chunks.push(&wire.as_bytes()[from..]);
        let out = run(&policy, &guards, DialectKind::OpenaiChat, &chunks);
        prop_assert_eq!(text_of(&out.wire), replaced(&deltas.concat()));
        prop_assert_eq!(out.record.state, SessionState::Completed);
        let channel = out.record.channels[0..].first().map_or((0, 0), |channel| (channel.bytes, channel.released));
        prop_assert_eq!(channel.0, channel.1);
        let whole = run(&policy, &guards, DialectKind::OpenaiChat, &[wire.as_bytes()]);
        prop_assert_eq!(whole.matches.len(), out.matches.len());
    }

    #[test]
    fn halts_let_go_what_stands_before_the_first_match(deltas in adversarial(), size in 1_usize..40) {
        let policy = policy(&OWN.replace("redact", "halt").replace("]}}", r#"]}, "ending": {"message": ""}}"#));
        let guards = guards_of(&policy);
        let text = deltas.concat();
        let wire: String = deltas.iter().map(|text| content(text)).collect();
        let wire = [wire.as_str(), FINISH].concat();
        let chunks: Vec<&[u8]> = wire.as_bytes().chunks(size).collect();
        let out = run(&policy, &guards, DialectKind::OpenaiChat, &chunks);
        let kept = replaced(&text);
        match out.record.halted_at {
            None => {
                prop_assert_eq!(&kept, &text);
                prop_assert_eq!(text_of(&out.wire), text);
            }
            Some(at) => {
                // Of an address the first two letters behind the dot are a match, and the leftmost one started it.
                let left = text_of(&out.wire);
                prop_assert!(text.starts_with(&left) && left.len() as u64 <= at.start);
                prop_assert_eq!(&replaced(&left), &left);
                prop_assert_ne!(&kept, &text);
            }
        }
    }

    #[test]
    fn arguments_stay_json_and_no_string_in_them_has_a_match(
        strings in adversarial(),
        escapes in prop::collection::vec(any::<bool>(), 16),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let policy = policy(OWN);
        let guards = guards_of(&policy);
        let items: Vec<String> = strings
            .iter()
            .enumerate()
            .map(|(number, text)| format!("\"{}\"", escaped(text, |index| escapes[(index + number) % 16])))
            .collect();
        let arguments = format!("{{\"list\":[{}],\"n\":4111111111111111}}", items.join(", "));
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(arguments.len() + 1)).collect();
        places.push(arguments.len());
        places.sort_unstable();
        let mut wire = String::new();
        let mut from = 0;
        for place in places.into_iter().filter(|place| arguments.is_char_boundary(*place)) {
            wire.push_str(&call(&arguments[from..place]));
            from = place;
        }
        wire.push_str(FINISH);
        let out = run(&policy, &guards, DialectKind::OpenaiChat, &[wire.as_bytes()]);
        let whole = run(&policy, &guards, DialectKind::OpenaiChat, &[[call(&arguments), String::from(FINISH)].concat().as_bytes()]);
        let left = arguments_of(&out.wire);
        prop_assert_eq!(&left, &arguments_of(&whole.wire));
        prop_assert_eq!(out.record.state, whole.record.state);
        if out.record.state == SessionState::Completed {
            let read: serde_json::Value = serde_json::from_str(&left).unwrap();
            for ((text, was), written) in read["list"].as_array().unwrap().iter().zip(&strings).zip(&items) {
                // What only the escapes make a match is replaced as well.
                if replaced(written) == *written || !written.contains('\\') {
                    prop_assert_eq!(replaced(was), text.as_str().unwrap());
                }
            }
        }
    }
}
