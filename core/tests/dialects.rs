//! Every dialect: the same verdicts, the same text, endings that clients accept.
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
use interlock_core::halt::Observation;
use interlock_core::policy::Policy;
use interlock_core::session::{Segment, Session, SessionRecord, SessionState};
use proptest::prelude::*;

mod dialects_support;
mod session_support;
use dialects_support::client::{Given, read};
use dialects_support::{Part, STREAMS, call, events, text, thinking, wire};
use session_support::{policy, run};

/// What a client of the dialect is told when a filter has ended its response.
const fn filtered(dialect: DialectKind) -> &'static str {
    match dialect {
        DialectKind::Anthropic => "refusal",
        DialectKind::Gemini => "SAFETY",
        DialectKind::UiMessage => "content-filter",
        _ => "content_filter",
    }
}

fn a_response() -> Vec<Part> {
    vec![
        thinking(&["Let me ", "see. Two ", "thoughts."]),
        text(&["The sky", " is blue. Gra", "ss is \u{1f600} green."]),
        call("find", &["{\"ci", "ty\": \"Par", "is\"}"]),
        text(&["Do", "ne. \"Bye\"\n"]),
    ]
}

/// Scores text low that has this word.
fn low_with(word: &str) -> impl FnMut(&Segment) -> f64 {
    move |segment| if segment.text.contains(word) { 0.0 } else { 0.9 }
}

#[test]
fn nothing_withheld_nothing_changes() {
    for dialect in STREAMS {
        let wire = wire(dialect, &a_response());
        let given = read(dialect, wire.as_bytes());
        assert_eq!(given.text, "The sky is blue. Grass is \u{1f600} green.Done. \"Bye\"\n", "{dialect}");
        for unit in ["delta", "sentence", "bytes"] {
            for kind in ["none", "host"] {
                let policy = policy(&format!(
                    r#"{{"scorer": {{"kind": "{kind}"}}, "segments": {{"unit": "{unit}", "max_bytes": 16}}}}"#
                ));
                let (out, record) = run(&policy, dialect, &[wire.as_bytes()], |_| 0.9);
                assert_eq!(record.state, SessionState::Completed, "{dialect} {unit}: {:?}", record.error);
                if unit == "delta" || kind == "none" {
                    assert_eq!(String::from_utf8(out).unwrap(), wire, "{dialect}");
                } else {
                    assert_eq!(read(dialect, &out), given, "{dialect} {unit}");
                }
            }
        }
    }
}

#[test]
fn the_same_text_has_the_same_verdict_in_every_dialect() {
    let policy = policy(r#"{"scorer": {"kind": "host"}, "segments": {"unit": "sentence"}}"#);
    for word in ["Two", "blue", "green", "Done", "Bye", "nothing"] {
        let mut seen: Option<(Vec<String>, SessionState, String, String)> = None;
        for dialect in STREAMS {
            let wire = wire(dialect, &a_response());
            let mut texts = Vec::new();
            let mut low = low_with(word);
            let (out, record) = run(&policy, dialect, &[wire.as_bytes()], |segment| {
                if !segment.channel.kind.as_str().starts_with("tool") {
                    texts.push(segment.text.clone());
                }
                low(segment)
            });
            let Given { text, thinking, stop, .. } = read(dialect, &out);
            if record.state == SessionState::Halted {
                assert_eq!(stop, filtered(dialect), "{dialect}");
            }
            let here = (texts, record.state, text, thinking);
            let first = seen.get_or_insert_with(|| here.clone());
            assert_eq!(*first, here, "{dialect} at {word}");
        }
    }
}

#[test]
fn a_text_that_is_told_again_is_judged_once() {
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    for dialect in [DialectKind::OpenaiResponses, DialectKind::UiMessage] {
        let wire = wire(dialect, &a_response());
        let mut scored = Vec::new();
        run(&policy, dialect, &[wire.as_bytes()], |segment| {
            scored.push(segment.text.clone());
            0.9
        });
        let expected = [
            "Let me ",
            "see. Two ",
            "thoughts.",
            "The sky",
            " is blue. Gra",
            "ss is \u{1f600} green.",
            "find",
            "{\"ci",
            "ty\": \"Par",
            "is\"}",
            "Do",
            "ne. \"Bye\"\n",
        ];
        assert_eq!(scored, expected, "{dialect}");
    }
}

#[test]
fn what_is_told_again_and_differs_is_text_of_its_own() {
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    let wire = wire(DialectKind::OpenaiResponses, &[text(&["a good ", "answer"])]);
    // Once it is said that the text was another, in one event of each kind that repeats it.
    for place in ["output_text.done", "content_part.done", "output_item.done", "response.completed"] {
        let mut changed = String::new();
        for event in wire.split_inclusive("\n\n") {
            let is_it = event.contains(&format!("{place}\n"));
            changed.push_str(&if is_it { event.replace("a good answer", "a secret answer") } else { event.into() });
        }
        let mut scored = Vec::new();
        let (out, record) = run(&policy, DialectKind::OpenaiResponses, &[changed.as_bytes()], |segment| {
            scored.push(segment.text.clone());
            if segment.text.contains("secret") { 0.0 } else { 0.9 }
        });
        assert_eq!(scored, ["a good ", "answer", "a secret answer"], "{place}");
        assert_eq!(record.state, SessionState::Halted, "{place}");
        assert!(!String::from_utf8(out.clone()).unwrap().contains("secret"), "{place}");
        assert!(read(DialectKind::OpenaiResponses, &out).text.starts_with("a good answer"), "{place}");
    }
}

/// Feeds events one by one, and stops the stream before one of them.
fn stopped(policy: &Policy, dialect: DialectKind, events: &[String], at: usize) -> (Vec<u8>, SessionRecord) {
    let mut session = Session::new(policy, dialect).unwrap();
    let mut out = Vec::new();
    for event in &events[..at] {
        session.feed(event.as_bytes()).unwrap();
        while let Some(segment) = session.next_segment() {
            session.answer(segment.id, Observation::score(0.9)).unwrap();
        }
        out.extend(session.take_output());
    }
    session.emergency_stop().unwrap();
    out.extend(session.take_output());
    assert!(session.take_output().is_empty() && session.feed(b"data: {}\n\n").is_err());
    (out, session.record())
}

#[test]
fn a_stop_before_any_event_ends_well() {
    for dialect in STREAMS {
        let events = events(dialect, &a_response());
        let whole = read(dialect, events.concat().as_bytes());
        for unit in ["delta", "sentence"] {
            for message in ["", "[\"stopped\"]"] {
                let policy = policy(&format!(
                    r#"{{"scorer": {{"kind": "host"}}, "segments": {{"unit": "{unit}"}}, "ending": {{"message": {message:?}}}}}"#
                ));
                for at in 0..events.len() {
                    let (out, record) = stopped(&policy, dialect, &events, at);
                    assert_eq!(record.state, SessionState::Halted, "{dialect} before {at}");
                    let given = read(dialect, &out);
                    let event = &events[at.max(1) - 1];
                    let is_told = event.contains("message_delta") || event.contains("\"finish\"");
                    assert!(given.stop == filtered(dialect) || is_told, "{dialect} before {at}");
                    let message = if is_told { "" } else { message };
                    let text = given.text.strip_suffix(message).expect("the message at the end");
                    assert!(whole.text.starts_with(text), "{dialect} before {at}: {text}");
                    assert!(whole.thinking.starts_with(&given.thinking), "{dialect} before {at}");
                }
            }
        }
    }
}

#[test]
fn a_halt_on_any_segment_ends_well() {
    for dialect in STREAMS {
        let wire = wire(dialect, &a_response());
        let whole = read(dialect, wire.as_bytes());
        for unit in ["delta", "sentence", "bytes"] {
            let policy = policy(&format!(
                r#"{{"scorer": {{"kind": "host"}}, "segments": {{"unit": "{unit}", "max_bytes": 16}}, "ending": {{"message": "[stop]"}}}}"#
            ));
            for bad in 0_u64.. {
                let (out, record) =
                    run(&policy, dialect, &[wire.as_bytes()], |segment| if segment.id == bad { 0.0 } else { 0.9 });
                let given = read(dialect, &out);
                if record.state == SessionState::Completed {
                    assert!(bad > 7, "{dialect}");
                    break;
                }
                let halted = record.halted_at.unwrap();
                let text = given.text.strip_suffix("[stop]").unwrap();
                assert!(
                    whole.text.starts_with(text) && whole.thinking.starts_with(&given.thinking),
                    "{dialect} {unit}"
                );
                assert_eq!(given.stop, filtered(dialect), "{dialect} {unit}");
                for channel in record.channels {
                    let left = match channel.channel.kind.as_str() {
                        "reasoning" => given.thinking.len(),
                        _ => continue,
                    };
                    let bound = if channel.channel == halted.channel { halted.start } else { channel.released };
                    assert!(left as u64 <= bound, "{dialect} {unit} {bad}: {channel:?}");
                }
            }
        }
    }
}

#[test]
fn withheld_reasoning_leaves_nowhere() {
    let policy = policy(r#"{"channels": {"reasoning": "withhold"}}"#);
    for dialect in STREAMS {
        let events = events(dialect, &a_response());
        let (out, _) = run(&policy, dialect, &[events.concat().as_bytes()], |_| 0.9);
        let given = read(dialect, &out);
        assert_eq!(given.thinking, "", "{dialect}");
        assert!(given.text.starts_with("The sky is blue."), "{dialect}");
        for at in 0..events.len() {
            let (out, _) = stopped(&policy, dialect, &events, at);
            assert!(!String::from_utf8(out).unwrap().contains("Two"), "{dialect}");
        }
    }
}

#[cfg(feature = "covenant")]
#[test]
fn a_denied_call_leaves_nowhere() {
    // What the tool is called with counts, too.
    let grant = |resource: &str| {
        policy(&format!(
            r#"{{"segments": {{"unit": "sentence"}}, "covenant": {{"permissions": [{{"resource": "{resource}"}}], "tools": [{{"name": "find", "argument": "city"}}]}}}}"#
        ))
    };
    for dialect in STREAMS {
        let wire = wire(dialect, &a_response());
        let whole = read(dialect, wire.as_bytes());
        for size in [wire.len(), 61, 7, 1] {
            let chunks: Vec<&[u8]> = wire.as_bytes().chunks(size).collect();
            let (out, record) = run(&grant("find/Paris"), dialect, &chunks, |_| 0.9);
            assert_eq!(record.state, SessionState::Completed, "{dialect}: {:?}", record.halt);
            assert_eq!(read(dialect, &out), whole, "{dialect}");
            let (out, record) = run(&grant("find/London"), dialect, &chunks, |_| 0.9);
            assert_eq!(record.state, SessionState::Halted, "{dialect}");
            let out = String::from_utf8(out).unwrap();
            for part in ["find", "Paris", "toolu_1", "call_1", "tool_calls", "id-2", "functionCall"] {
                assert!(!out.contains(part), "{dialect}: {part} in {out}");
            }
            let given = read(dialect, out.as_bytes());
            assert!(given.text.starts_with("The sky is blue. Grass is \u{1f600} green."), "{dialect}: {}", given.text);
            assert!(!given.text.contains("Done"), "{dialect}");
            assert_eq!(given.stop, filtered(dialect), "{dialect}");
        }
    }
}

fn parts() -> impl Strategy<Value = Vec<Part>> {
    let pieces = || prop::collection::vec("[a-d .!\u{e9}\u{1f600}\"\\\\\n]{0,6}", 0..5);
    let part = prop_oneof![
        3 => pieces().prop_map(Part::Text),
        1 => pieces().prop_map(Part::Thinking),
        1 => prop::sample::select(vec!["find", "send"]).prop_map(|name| call(name, &["{\"a\": [1, ", "\"\u{e9}\"]}"])),
    ];
    prop::collection::vec(part, 0..5)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 192, ..ProptestConfig::default() })]

    /// However the bytes are cut, the same segments are judged, the same text leaves and the end is the same.
    #[test]
    fn the_cut_into_chunks_changes_nothing(
        parts in parts(),
        dialect in prop::sample::select(STREAMS.to_vec()),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        unit in prop::sample::select(vec!["delta", "sentence", "bytes"]),
        reasoning in prop::sample::select(vec!["score", "pass", "withhold"]),
        low in 0_usize..12,
        crlf in any::<bool>(),
    ) {
        let policy = policy(&format!(
            r#"{{"scorer": {{"kind": "host"}}, "channels": {{"reasoning": "{reasoning}"}}, "segments": {{"unit": "{unit}", "max_bytes": 16}}}}"#
        ));
        let mut wire = wire(dialect, &parts);
        if crlf {
            wire = wire.replace("\r\n", "\n").replace('\n', "\r\n");
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
            let (out, record) = run(&policy, dialect, chunks, |segment| {
                seen.push(segment.text.clone());
                if seen.len() == low { 0.0 } else { 0.9 }
            });
            (seen, read(dialect, &out), record.halt, record.state, out)
        };
        let whole = judge(&[bytes]);
        let cut = judge(&chunks);
        prop_assert_eq!(&whole.0, &cut.0);
        prop_assert_eq!(&whole.1, &cut.1);
        prop_assert_eq!((whole.2, whole.3), (cut.2, cut.3));
        if whole.3 == SessionState::Completed && unit == "delta" && reasoning != "withhold" {
            prop_assert_eq!(&whole.4, bytes);
            prop_assert_eq!(&cut.4, bytes);
        }
    }
}
