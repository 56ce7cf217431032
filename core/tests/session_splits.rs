//! However the bytes are cut, the same leaves.
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
use interlock_core::session::{Session, SessionRecord, SessionState};

use proptest::prelude::*;

mod session_support;
use session_support::{FINISH, chunk, content, pass, policy, run, stream, text_of};

/// The stream whole, in two parts split at every byte, and in pieces of every size up to 9.
fn splits(wire: &[u8]) -> Vec<Vec<&[u8]>> {
    let mut splits = vec![vec![wire]];
    splits.extend((0..=wire.len()).map(|at| {
        let (head, tail) = wire.split_at(at);
        vec![head, tail]
    }));
    splits.extend((1..10).map(|size| wire.chunks(size).collect()));
    splits
}

#[test]
fn a_byte_order_mark_may_come_in_pieces() {
    let wire = format!("\u{feff}{}", stream(&["The ", "sky"]));
    for mode in ["enforce", "observe"] {
        let policy = policy(&format!(r#"{{"mode": "{mode}", "scorer": {{"kind": "host"}}}}"#));
        for chunks in splits(wire.as_bytes()) {
            assert!(pass(&policy, &chunks) == wire.as_bytes(), "{chunks:?}");
        }
    }
}

#[test]
fn a_byte_order_mark_within_the_stream_makes_a_line_that_clients_ignore() {
    let wire = format!("{}\u{feff}{}{FINISH}", content("The "), content("never read"));
    let policy = policy(r#"{"scorer": {"kind": "host"}}"#);
    for chunks in splits(wire.as_bytes()) {
        let mut scored = Vec::new();
        let (out, record) = run(&policy, DialectKind::OpenaiChat, &chunks, |segment| {
            scored.push(segment.text.clone());
            0.9
        });
        assert_eq!(scored, ["The "], "{chunks:?}");
        assert!(out == wire.as_bytes() && record.state == SessionState::Completed, "{chunks:?}");
    }
}

#[test]
fn what_stands_before_no_stream_leaves_nothing_whatever_the_cut() {
    let blank = "\n".repeat(300);
    for (start, is_stream) in [
        ("\n\n{\"error\": 1}\n\n", false),
        ("\r\n\r\n<html>", false),
        ("\u{feff}\n\ndatabase: x\n\n", false),
        ("\u{feff}\u{feff}data: {}\n\n", false),
        ("\n\r\n: ping\n\n", true),
        ("\n\n\ndata\n\n", true),
        ("\n\nda", true),
        ("\n\n", true),
        ("\u{feff}", true),
        (&blank, true),
    ] {
        for mode in ["enforce", "observe"] {
            let policy = policy(&format!(r#"{{"mode": "{mode}"}}"#));
            for chunks in splits(start.as_bytes()) {
                let (out, record) = run(&policy, DialectKind::OpenaiChat, &chunks, |_| 0.9);
                let out = String::from_utf8(out).unwrap();
                let message = record.error.unwrap().message;
                if mode == "observe" {
                    assert_eq!(out, start);
                } else if is_stream {
                    assert!(out.starts_with(&format!("{start}data: {{\"error\":")), "{start:?}: {out:?}");
                } else {
                    assert!(out.starts_with("data: {\"error\":"), "{start:?} in {chunks:?}: {out:?}");
                }
                let expected = if is_stream { "the stream ended before" } else { "the upstream did not send" };
                assert!(message.starts_with(expected), "{start:?}: {message}");
            }
        }
    }
}

/// A stream that halts in its third event, with usage, choices, text that needs no score, an error and the end of
/// the protocol behind that.
fn halting() -> (String, Policy) {
    let usage = |tokens: u32| format!("data: {{\"choices\":[],\"usage\":{{\"total_tokens\":{tokens}}}}}\n\n");
    let other = |choice: u32, delta: &str| {
        format!("data: {{\"id\":\"late\",\"choices\":[{{\"index\":{choice},\"delta\":{delta}}}]}}\n\n")
    };
    let wire = [
        other(1, r#"{"content":"good"}"#),
        usage(1),
        other(0, r#"{"content":"bad"}"#),
        usage(2),
        other(2, r#"{"content":"third"}"#),
        other(0, r#"{"reasoning_content":"unscored"}"#),
        String::from("data: {\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"),
        usage(3),
        String::from("data: {\"error\":{}}\n\n"),
        String::from(FINISH),
    ];
    (wire.concat(), policy(r#"{"scorer": {"kind": "host"}, "channels": {"reasoning": "pass"}}"#))
}

#[test]
fn a_halt_ends_the_stream_as_of_the_message_that_completed_its_text() {
    let (wire, policy) = halting();
    let passed = wire.split_inclusive("\n\n").take(2).collect::<String>();
    let stopped = &serde_json::to_string(&policy.ending.message).unwrap();
    let choice = |index: u32| {
        format!(
            "{{\"index\":{index},\"delta\":{{\"content\":{stopped}}},\"logprobs\":null,\"finish_reason\":\"content_filter\"}}"
        )
    };
    let ending = format!(
        "data: {{\"id\":\"late\",\"choices\":[{},{}],\"usage\":{{\"total_tokens\":1}}}}\n\ndata: [DONE]\n\n",
        choice(1),
        choice(0)
    );
    for chunks in splits(wire.as_bytes()) {
        let (out, record) = run(&policy, DialectKind::OpenaiChat, &chunks, |s| if s.text == "bad" { 0.0 } else { 0.9 });
        assert_eq!(String::from_utf8(out).unwrap(), format!("{passed}{ending}"));
        assert_eq!(record.usage.unwrap().get(), r#"{"total_tokens":1}"#);
        assert_eq!(record.halted_at.unwrap().segment, 1);
    }
}

#[test]
fn the_order_of_the_answers_changes_no_ending() {
    let (wire, policy) = halting();
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let outputs = orders.map(|order| {
        let mut session = Session::new(&policy, DialectKind::OpenaiChat).unwrap();
        session.feed(wire.as_bytes()).unwrap();
        while session.next_segment().is_some() {}
        for segment in order {
            let _ = session.answer(segment, Observation::score(if segment == 1 { 0.0 } else { 0.9 }));
        }
        assert_eq!(session.state(), SessionState::Halted);
        session.take_output()
    });
    assert!(outputs.iter().all(|output| *output == outputs[0]));
}

#[test]
fn usage_is_told_before_its_message_leaves_and_forgotten_with_it() {
    let (wire, policy) = halting();
    let mut session = Session::new(&policy, DialectKind::OpenaiChat).unwrap();
    session.feed(wire.as_bytes()).unwrap();
    assert_eq!(session.record().usage.unwrap().get(), r#"{"total_tokens":3}"#);
    session.emergency_stop().unwrap();
    assert_eq!(session.record().usage.unwrap().get(), r#"{"total_tokens":3}"#, "a stop is of all that was read");
}

#[test]
fn observed_a_message_of_too_many_channels_passes() {
    let policy = policy(r#"{"mode": "observe", "limits": {"channels": 1}}"#);
    let wire = format!("{}{}", chunk(r#"{"content":"a","refusal":"b"}"#), stream(&["c"]));
    for chunks in splits(wire.as_bytes()) {
        let (out, record) = run(&policy, DialectKind::OpenaiChat, &chunks, |_| 0.9);
        assert_eq!(String::from_utf8(out).unwrap(), wire);
        assert_eq!(record.error.unwrap().message, "more channels than limits.channels allows");
    }
}

/// What a session is for a client and for the record, as far as it does not say how much was read.
fn account(policy: &Policy, chunks: &[&[u8]]) -> (Vec<u8>, SessionRecord) {
    run(policy, DialectKind::OpenaiChat, chunks, |s| {
        if s.text.bytes().fold(s.start, |sum, byte| sum + u64::from(byte)) % 7 == 0 { 0.1 } else { 0.9 }
    })
}

fn assert_same(policy: &Policy, whole: &(Vec<u8>, SessionRecord), chunks: &[&[u8]]) {
    let cut = account(policy, chunks);
    assert_eq!(String::from_utf8_lossy(&whole.0), String::from_utf8_lossy(&cut.0));
    let told = |record: &SessionRecord| {
        (
            record.state,
            record.halt,
            record.halted_at,
            record.error.clone(),
            record.usage.clone(),
            record.choices.clone(),
        )
    };
    assert_eq!(told(&whole.1), told(&cut.1));
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-d .!\u{e9}\u{1f600}\"\\\\\n]{0,6}", 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

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

    /// However any bytes are cut, the same bytes leave.
    #[test]
    fn the_cut_into_chunks_changes_no_byte(
        start in prop::sample::select(vec!["", "\n\n", "\u{feff}", "\r\n", "\u{feff}\n\n", "x"]),
        parts in prop::collection::vec(prop::sample::select(vec![
            "data: {\"id\":\"a\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"one\"}}]}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"two\",\"refusal\":\"three\"}},{\"index\":1,\"delta\":{\"content\":\"four\"}}]}\n\n",
            "data: {\"model\":\"m\",\"choices\":[{\"index\":2,\"delta\":{\"content\":\"five\"},\"finish_reason\":\"stop\"}],\"usage\":{\"n\":1}}\n\n",
            "data: {\"choices\":[{\"index\":1,\"delta\":{\"reasoning\":\"six\"}}]}\r\n\r\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\ud83d\"}}]}\n\n",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\ude00 seven\"}}]}\n\n",
            "data: {\"choices\":[],\n\ndata: ", "data: {\"choices\":[],\"usage\":{\"n\":2}}\n\n", ": ping\n\n", "\n", "data: [DONE]\n\n",
            "data: {\"error\":{}}\n\n", "data: {\"choices\":[]\ndata: ,\"x\":1}\n\n",
        ]), 0..12),
        reasoning in prop::sample::select(vec!["pass", "withhold", "score"]),
        kind in prop::sample::select(vec!["none", "host", "builtin"]),
        mode in prop::sample::select(vec!["enforce", "enforce", "observe"]),
        size in 1_usize..80,
    ) {
        let policy = policy(&format!(
            r#"{{"mode": "{mode}", "scorer": {{"kind": "{kind}"}}, "channels": {{"reasoning": "{reasoning}"}}, "limits": {{"channels": 4}}}}"#
        ));
        let wire = format!("{start}{}", parts.concat());
        let whole = account(&policy, &[wire.as_bytes()]);
        for size in [1, size] {
            assert_same(&policy, &whole, &wire.as_bytes().chunks(size).collect::<Vec<_>>());
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

#[test]
fn what_is_too_long_to_be_held_is_so_however_it_comes() {
    const BOUND: usize = 1024;
    let shell = content("").len();
    for length in [BOUND - 1, BOUND, BOUND + 1, 2 * BOUND] {
        let event = content(&format!("{}\n", "x".repeat(length - shell - "\\n".len())));
        let comment = format!(": {}\n\n", "x".repeat(length - 4));
        assert_eq!((event.len(), comment.len()), (length, length));
        for long in [event, comment] {
            // By sentences, so that text waits in front of what is too long with it.
            for before in ["Done.\n", "Waits"] {
                let wire = [&content(before), &long, &*content("."), FINISH].concat();
                for (mode, scorer) in [("enforce", "none"), ("enforce", "builtin"), ("observe", "builtin")] {
                    let policy = policy(&format!(
                        r#"{{"mode": "{mode}", "scorer": {{"kind": "{scorer}"}}, "segments": {{"unit": "sentence"}}, "limits": {{"held_bytes": {BOUND}}}}}"#
                    ));
                    let told = |chunks: &[&[u8]]| {
                        let (out, record) = run(&policy, DialectKind::OpenaiChat, chunks, |_| 0.9);
                        // What the input was is told as far as it was read.
                        (text_of(&out), record.state, record.halt, record.events_in, record.channels)
                    };
                    let whole = told(&[wire.as_bytes()]);
                    let waits = if scorer == "builtin" && mode == "enforce" { content(before).len() } else { 0 };
                    let waits = if before == "Waits" { waits } else { 0 };
                    assert_eq!(whole.2.is_some(), length + waits > BOUND, "{mode} {scorer} {before} {length}");
                    let cuts = (0..wire.len()).step_by(7).map(|at| wire.as_bytes().split_at(at));
                    for (head, tail) in cuts {
                        assert_eq!(told(&[head, tail]), whole, "{mode} {scorer} {before} {length} {}", head.len());
                    }
                    for size in [1, 100, 1000] {
                        let chunks: Vec<&[u8]> = wire.as_bytes().chunks(size).collect();
                        assert_eq!(told(&chunks), whole, "{mode} {scorer} {before} {length} {size}");
                    }
                }
            }
        }
    }
}
