//! The guard beside an oracle that matches on the whole text, on small alphabets where everything can be tried.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    missing_docs
)]
#![cfg(feature = "guard-compiler")]

use std::sync::Arc;

use interlock_core::guard::compile::PatternSpec;
use interlock_core::guard::{Action, Check, Guard, GuardHalt, GuardState, GuardTables, Hit};
use proptest::prelude::*;

mod guard_support;
use guard_support::oracle::{self, Pattern};
use guard_support::{Given, Part, cut_at, push, run, tables};

const ALPHABET: [&[u8]; 4] = [b"a", b"b", b"c", b" "];

/// With a byte that is no text, which no pattern takes.
const CONTINUATIONS: [&[u8]; 5] = [b"a", b"b", b"c", b" ", b"\xff"];

/// Whose match needs at most three bytes more, wherever a thread is.
fn short() -> Vec<&'static str> {
    include_str!("guard_support/short_patterns.txt").lines().filter(|line| !line.starts_with('#')).collect()
}

fn spec(index: usize, pattern: &str, action: Action) -> PatternSpec {
    PatternSpec::new(&format!("p{index}"), pattern, action)
}

fn action() -> impl Strategy<Value = Action> {
    prop::sample::select(vec![Action::Halt, Action::Redact, Action::Redact, Action::Redact, Action::Flag])
}

fn specs(most: usize) -> impl Strategy<Value = Vec<PatternSpec>> {
    let one = (prop::sample::select(short()), action());
    prop::collection::vec(one, 1..=most).prop_map(|list| {
        let specs = list.iter().enumerate().map(|(index, (pattern, action))| spec(index, pattern, *action));
        specs.collect()
    })
}

fn text(most: usize) -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(ALPHABET.to_vec()), 0..=most).prop_map(|letters| letters.concat())
}

fn hit_of(state: GuardState) -> Option<Hit> {
    match state {
        GuardState::Halted(GuardHalt::Pattern(hit)) => Some(hit),
        _ => None,
    }
}

/// What leaves of a text without a halt.
fn expected(patterns: &[Pattern], text: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut at = 0;
    for hit in oracle::redactions(patterns, text) {
        let start = usize::try_from(hit.start).unwrap();
        if start > at {
            parts.push(Part::Text(at as u64, text[at..start].to_vec()));
        }
        parts.push(Part::Redacted(hit));
        at = usize::try_from(hit.end).unwrap();
    }
    if at < text.len() {
        parts.push(Part::Text(at as u64, text[at..].to_vec()));
    }
    parts
}

/// The source bytes that stand before a place, and the redactions that end before it.
fn before(parts: &[Part], cut: u64) -> Vec<Part> {
    let clip = |part: &Part| match part {
        Part::Text(start, bytes) if *start < cut => {
            let length = bytes.len().min(usize::try_from(cut - start).unwrap());
            Some(Part::Text(*start, bytes[..length].to_vec()))
        }
        Part::Redacted(hit) if hit.start < cut => Some(Part::Redacted(Hit { end: hit.end.min(cut), ..*hit })),
        _ => None,
    };
    parts.iter().filter_map(clip).collect()
}

fn check_against_oracle(specs: &[PatternSpec], text: &[u8], continuations: &[Vec<u8>]) -> Result<(), TestCaseError> {
    let tables = tables(specs);
    let patterns = oracle::patterns(specs);
    let mut guard = Guard::new(Arc::clone(&tables), 4096);
    let mut given = Given::default();
    let halt = oracle::halt(&patterns, text, true);
    for at in 0..text.len() {
        let read = &text[..=at];
        guard.push(&text[at..=at], &mut given).unwrap();
        let expected_halt = oracle::halt(&patterns, read, false).map(|(_, hit)| hit);
        prop_assert_eq!(hit_of(guard.state()), expected_halt, "after {:?}", String::from_utf8_lossy(read));
        let cut = oracle::cut(&patterns, read, continuations);
        prop_assert_eq!(guard.cut(), cut as u64, "the cut after {:?}", String::from_utf8_lossy(read));
        if expected_halt.is_some() {
            break;
        }
    }
    if guard.state() == GuardState::Open {
        guard.finish(&mut given).unwrap();
        prop_assert_eq!(hit_of(guard.state()), halt.map(|(_, hit)| hit), "at the end");
    }
    let whole = expected(&patterns, text);
    if halt.is_none() {
        prop_assert_eq!(given.parts, whole);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: if cfg!(debug_assertions) { 40 } else { 1000 }, ..ProptestConfig::default() })]

    /// Byte by byte: the same halt, the same cut, and in the end the same text.
    #[test]
    fn what_the_oracle_says(specs in specs(3), text in text(9)) {
        check_against_oracle(&specs, &text, &oracle::texts(&CONTINUATIONS, 3))?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: if cfg!(debug_assertions) { 300 } else { 5000 }, ..ProptestConfig::default() })]

    /// More patterns and longer texts: what leaves in the end.
    #[test]
    fn what_leaves_is_what_the_whole_text_says(specs in specs(6), text in text(40), size in 1_usize..9) {
        let patterns = oracle::patterns(&specs);
        let tables = tables(&specs);
        let (given, guard) = run(&tables, 4096, &text.chunks(size).collect::<Vec<_>>());
        let halt = oracle::halt(&patterns, &text, true);
        prop_assert_eq!(hit_of(guard.state()), halt.map(|(_, hit)| hit));
        if halt.is_none() {
            prop_assert_eq!(given.parts, expected(&patterns, &text));
        }
    }

    /// Every two-way cut and any other: after each piece the same has left as if the text had come byte by byte.
    #[test]
    fn the_cut_into_pieces_changes_nothing(
        specs in specs(5), text in text(24), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let tables = tables(&specs);
        let steps = by_bytes(&tables, &text);
        let places: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        for places in (0..=text.len()).map(|at| vec![at]).chain([places]) {
            let mut guard = Guard::new(Arc::clone(&tables), 64);
            let mut given = Given::default();
            let mut read = 0;
            for piece in cut_at(&text, &places) {
                push(&mut guard, &[piece], &mut given);
                read = (read + piece.len()).min(steps.len() - 1);
                let (expected, cut, state) = &steps[read];
                prop_assert_eq!(&given, expected, "cut at {:?}, {} read", &places, read);
                prop_assert_eq!((guard.cut(), guard.state()), (*cut, *state));
            }
        }
    }
}

/// What has left, the cut and the state after every byte.
fn by_bytes(tables: &Arc<GuardTables>, text: &[u8]) -> Vec<(Given, u64, GuardState)> {
    let mut guard = Guard::new(Arc::clone(tables), 64);
    let mut given = Given::default();
    let mut steps = vec![(given.clone(), 0, guard.state())];
    for byte in text {
        push(&mut guard, &[&[*byte]], &mut given);
        steps.push((given.clone(), guard.cut(), guard.state()));
        if guard.state() != GuardState::Open {
            break;
        }
    }
    steps
}

/// Of every byte before the cut all continuations make the same, and at the cut two make different things of it.
#[test]
fn what_is_held_could_still_go_either_way() {
    let continuations = oracle::texts(&CONTINUATIONS, 3);
    for pair in [
        ["abc", "b+ "],
        ["a(?:b*c)?", "[ab]+c"],
        ["ab|a", r"\bb[ab]*\b"],
        ["(?:ab)+", "ba"],
        ["a+", "aac"],
        [r"a.*\b", "b"],
        ["a[^c]{0,2}c", "b"],
        ["^a b", "ab$"],
    ] {
        let specs: Vec<_> = pair.iter().enumerate().map(|(i, p)| spec(i, p, Action::Redact)).collect();
        let (patterns, tables) = (oracle::patterns(&specs), tables(&specs));
        for text in oracle::texts(&ALPHABET, 4) {
            let mut guard = Guard::new(Arc::clone(&tables), 64);
            guard.push(&text, &mut Given::default()).unwrap();
            let cut = usize::try_from(guard.cut()).unwrap();
            // The fate of a byte: the start of the match it is redacted with.
            let fates: Vec<Vec<Option<u64>>> = continuations
                .iter()
                .map(|more| {
                    let hits = oracle::redactions(&patterns, &[&text[..], more].concat());
                    let fate =
                        |at: u64| hits.iter().find(|hit| (hit.start..hit.end).contains(&at)).map(|hit| hit.start);
                    (0..text.len() as u64).map(fate).collect()
                })
                .collect();
            for at in 0..text.len() {
                let alike = fates.iter().all(|fate| fate[at] == fates[0][at]);
                assert_eq!(alike, at < cut, "{pair:?}: byte {at} of {:?}", String::from_utf8_lossy(&text));
            }
        }
    }
}

/// Digits whose sum is a multiple of ten, as the check of Luhn wants it of two digits: 00, 18, 26, 34, 42, 59, 67, 75, 83,
/// 91. Here 18, 26, 34, 42 can occur.
#[test]
fn a_match_that_fails_its_check_is_none() {
    let alphabet: [&[u8]; 4] = [b"1", b"8", b"4", b"2"];
    for action in [Action::Redact, Action::Halt] {
        for pattern in [r"\d{2}", r"\d{2,3}", r"\d{2,4}?", r"\b\d{2,3}\b"] {
            let specs = [
                PatternSpec::new("checked", pattern, action).with_check(Check::Luhn),
                PatternSpec::new("plain", "8888", action),
            ];
            let (patterns, tables) = (oracle::patterns(&specs), tables(&specs));
            for text in oracle::texts(&alphabet, 5) {
                let (given, guard) = run(&tables, 64, &[&text]);
                let halt = oracle::halt(&patterns, &text, true).map(|(_, hit)| hit);
                assert_eq!(hit_of(guard.state()), halt, "{pattern} in {:?}", String::from_utf8_lossy(&text));
                if halt.is_none() {
                    assert_eq!(
                        given.parts,
                        expected(&patterns, &text),
                        "{pattern} in {:?}",
                        String::from_utf8_lossy(&text)
                    );
                }
                for at in 0..=text.len() {
                    let (cut, state) = run(&tables, 64, &[&text[..at], &text[at..]]);
                    assert_eq!((cut, state.state()), (given.clone(), guard.state()));
                }
            }
        }
    }
}

#[test]
fn before_a_halt_leaves_what_was_decided() {
    let specs = [spec(0, "bad", Action::Halt), spec(1, r"k\d+", Action::Redact), spec(2, "x[^y]*y", Action::Redact)];
    let tables = tables(&specs);
    for (text, out) in [
        ("fine, bad luck", "fine, "),
        ("k12 bad", "*1* "),
        ("k12bad", "*1*"),
        ("a x..bad", "a "),
        ("a x..ybad", "a *2*"),
        ("babad", "ba"),
    ] {
        for at in 0..=text.len() {
            let (head, tail) = text.as_bytes().split_at(at);
            let (given, guard) = run(&tables, 64, &[head, tail]);
            assert_eq!(given.marked(), out, "{text} cut at {at}");
            assert!(hit_of(guard.state()).is_some());
            let parts = before(&given.parts, guard.cut());
            assert_eq!(parts, given.parts, "nothing behind the cut has left");
        }
    }
}
