//! The guard over longer texts: beside the `regex` crate, on recorded streams, and what bounds it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::cast_precision_loss,
    clippy::items_after_statements,
    missing_docs
)]
#![cfg(feature = "guard-compiler")]

use std::path::Path;
use std::sync::Arc;

use interlock_core::guard::compile::PatternSpec;
use interlock_core::guard::sets::PatternSet;
use interlock_core::guard::{Action, Guard, GuardEnded, GuardHalt, GuardState, GuardTables};
use interlock_core::halt::HaltReason;
use proptest::prelude::*;
use regex::bytes::Regex;

mod guard_support;
use guard_support::{Given, Part, cut_at, run, tables};

const PATTERNS: [&str; 24] = [
    r"\bsk-[a-z0-9]{4,}",
    r"gh[pousr]_\w{3}",
    r"[\w.]+@\w+\.[a-z]{2,}",
    r"(?i)bearer\s+[a-z]+",
    r"\d{3}-\d{4}",
    r"(?m)^#.*$",
    r"\p{Greek}+",
    r"[^\x00-\x7f]{2}",
    r"a.{0,3}?z",
    r"(?s)<!--.*?-->",
    "key|keys|key-ring",
    r"\bthe\b|\bthe end\b",
    r"x*y",
    r"(?:ab|a)(?:c|bcd)",
    r"[A-Z]{2}\d{2}( ?[A-Z0-9]){3,6}\b",
    r"end$",
    r"^start",
    r"\S+\s\S+!",
    "\u{e9}t\u{e9}",
    r"(?i)stra\u{df}e",
    r"\B-\B",
    r"(?Rm)^y.*$",
    "a{2,3}a",
    r"[[:punct:]]{3}",
];

const PIECES: [&str; 36] = [
    "sk-",
    "ab12",
    "ghp_",
    "a.b",
    "@",
    "c.de",
    " ",
    "\n",
    "Bearer ",
    "555-1234",
    "# title",
    "\u{3b1}\u{3b2}",
    "\u{e9}",
    "t",
    "a",
    "z",
    "<!--",
    "-->",
    "key",
    "-ring",
    "the",
    " end",
    "x",
    "y",
    "bcd",
    "GB82 WEST",
    " 12",
    "start",
    "!",
    "STRA\u{df}E",
    "-",
    "\r\n",
    "aa",
    "\u{1f600}",
    "...",
    "_",
];

/// Matching on the whole text, with the word boundaries of ASCII.
fn expected(pattern: &str, text: &str) -> Vec<(usize, usize)> {
    let ascii = pattern.replace(r"\b", r"(?-u:\b)").replace(r"\B", r"(?-u:\B)");
    let regex = Regex::new(&ascii).unwrap();
    regex.find_iter(text.as_bytes()).map(|found| (found.start(), found.end())).collect()
}

fn replaced(given: &Given) -> Vec<(usize, usize)> {
    let hits = given.parts.iter().filter_map(|part| match part {
        Part::Redacted(hit) => Some((usize::try_from(hit.start).unwrap(), usize::try_from(hit.end).unwrap())),
        Part::Text(..) => None,
    });
    hits.collect()
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None, cases: if cfg!(debug_assertions) { 200 } else { 3000 }, ..ProptestConfig::default()
    })]

    /// One redaction finds what the regex crate finds, and what leaves is UTF-8 after every piece.
    #[test]
    fn a_redaction_is_what_regex_finds(
        pattern in prop::sample::select(PATTERNS.to_vec()),
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..14),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..9),
    ) {
        let text = pieces.concat();
        let tables = tables(&[PatternSpec::new("p", pattern, Action::Redact)]);
        let places: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        let mut guard = Guard::new(tables, 1 << 16);
        let mut given = Given::default();
        let mut out = 0;
        for piece in cut_at(text.as_bytes(), &places) {
            guard.push(piece, &mut given).unwrap();
            for part in given.parts.iter().skip(out) {
                if let Part::Text(_, bytes) = part {
                    prop_assert!(std::str::from_utf8(bytes).is_ok(), "{:?}", bytes);
                }
            }
            out = given.parts.len().saturating_sub(1);
        }
        guard.finish(&mut given).unwrap();
        prop_assert_eq!(replaced(&given), expected(pattern, &text), "{} in {:?}", pattern, text);
    }

    /// A halt comes with the first match to be complete; the text before it is a prefix of what regex would leave.
    #[test]
    fn a_halt_comes_where_regex_first_finds_something(
        pattern in prop::sample::select(PATTERNS.to_vec()),
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..14),
        size in 1_usize..20,
    ) {
        let text = pieces.concat();
        let tables = tables(&[PatternSpec::new("p", pattern, Action::Halt)]);
        let (given, guard) = run(&tables, 1 << 16, &text.as_bytes().chunks(size).collect::<Vec<_>>());
        let found = expected(pattern, &text);
        prop_assert_eq!(matches!(guard.state(), GuardState::Halted(_)), !found.is_empty());
        let out = given.marked();
        prop_assert!(text.starts_with(&out));
        if let Some((start, _)) = found.first() {
            prop_assert!(out.len() <= *start);
        }
    }

    /// Flags hold nothing and change nothing, and say whether something is there.
    #[test]
    fn flags_only_report(
        pattern in prop::sample::select(PATTERNS.to_vec()),
        pieces in prop::collection::vec(prop::sample::select(PIECES.to_vec()), 0..14),
        size in 1_usize..20,
    ) {
        let text = pieces.concat();
        let tables = tables(&[PatternSpec::new("p", pattern, Action::Flag)]);
        let mut guard = Guard::new(Arc::clone(&tables), 1 << 16);
        let mut given = Given::default();
        for piece in text.as_bytes().chunks(size) {
            guard.push(piece, &mut given).unwrap();
            prop_assert_eq!(guard.cut(), guard.read());
        }
        guard.finish(&mut given).unwrap();
        prop_assert_eq!(given.marked(), text.as_str());
        prop_assert_eq!(given.flags.is_empty(), expected(pattern, &text).is_empty());
        let (whole, _) = run(&tables, 1 << 16, &[text.as_bytes()]);
        prop_assert_eq!(whole, given);
    }

    /// Any bytes, text or not: nothing is lost, and the cut into pieces changes nothing.
    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), size in 1_usize..9) {
        let specs: Vec<_> = PATTERNS.iter().enumerate()
            .map(|(index, pattern)| PatternSpec::new(&format!("p{index}"), pattern, if index % 3 == 0 { Action::Flag } else { Action::Redact }))
            .collect();
        static TABLES: std::sync::OnceLock<Arc<GuardTables>> = std::sync::OnceLock::new();
        let tables = TABLES.get_or_init(|| tables(&specs));
        let (whole, _) = run(tables, 1 << 16, &[&bytes]);
        let (given, guard) = run(tables, 1 << 16, &bytes.chunks(size).collect::<Vec<_>>());
        prop_assert_eq!(&whole, &given);
        prop_assert_eq!(guard.state(), GuardState::Finished);
        let mut at = 0;
        for part in &given.parts {
            let (start, end) = match part {
                Part::Text(start, text) => {
                    let from = usize::try_from(*start).unwrap();
                    prop_assert_eq!(&bytes[from..from + text.len()], &text[..]);
                    (*start, *start + text.len() as u64)
                }
                Part::Redacted(hit) => (hit.start, hit.end),
            };
            prop_assert_eq!(start, at);
            at = end;
        }
        prop_assert_eq!(at, bytes.len() as u64);
    }
}

#[test]
fn an_ended_text_takes_no_more() {
    let tables = tables(&[PatternSpec::new("p", "bad", Action::Halt)]);
    let mut given = Given::default();
    let mut guard = Guard::new(Arc::clone(&tables), 64);
    assert!(
        matches!(guard.push(b"a bad b", &mut given), Ok(GuardState::Halted(GuardHalt::Pattern(hit))) if hit.start == 2)
    );
    let before = (given.clone(), guard.read(), guard.released());
    assert_eq!(guard.push(b"more", &mut given), Err(GuardEnded));
    assert_eq!(guard.finish(&mut given), Err(GuardEnded));
    assert_eq!((given, guard.read(), guard.released()), before);
    assert_eq!(guard.read(), 5, "what follows the halt is not read");
    let mut guard = Guard::new(tables, 64);
    guard.finish(&mut Given::default()).unwrap();
    assert_eq!(guard.push(b"", &mut Given::default()), Err(GuardEnded));
}

#[test]
fn more_than_the_bound_is_never_held() {
    let tables = tables(&[PatternSpec::new("p", r"<[^>]*>", Action::Redact)]);
    for size in [1, 7, 1000] {
        let text = format!("ok <{}", "x".repeat(500));
        let (given, guard) = run(&tables, 100, &text.as_bytes().chunks(size).collect::<Vec<_>>());
        assert_eq!(guard.state(), GuardState::Halted(GuardHalt::HeldLimit { held: 101, limit: 100 }));
        assert_eq!((given.marked().as_str(), guard.read()), ("ok ", 104));
    }
    let whole = format!("ok <{}> on", "x".repeat(97));
    let (given, guard) = run(&tables, 100, &[whole.as_bytes()]);
    assert_eq!((given.marked().as_str(), guard.state()), ("ok *0* on", GuardState::Finished));
}

/// Matches that lie in doubt behind each other, over and over: rather than reading on and on the guard halts, at the same
/// byte however the text is cut.
#[test]
fn doubt_without_end_halts() {
    let tables =
        tables(&[PatternSpec::new("far", "a.*b.*c", Action::Redact), PatternSpec::new("near", "ab", Action::Redact)]);
    let text = "ab".repeat(3000);
    let (whole, guard) = run(&tables, u32::MAX, &[text.as_bytes()]);
    assert!(matches!(guard.state(), GuardState::Halted(GuardHalt::Doubt { .. })), "{:?}", guard.state());
    assert_eq!(guard.state().halt().unwrap().reason(), HaltReason::HeldLimit);
    assert!(whole.marked().replace("*1*", "").is_empty(), "nothing has left but replaced matches");
    for size in [1, 64, 1000] {
        let (given, other) = run(&tables, u32::MAX, &text.as_bytes().chunks(size).collect::<Vec<_>>());
        assert_eq!((given, other.state()), (whole.clone(), guard.state()));
    }
    let (given, guard) = run(&tables, u32::MAX, &[&text.as_bytes()[..200]]);
    assert_eq!((given.marked(), guard.state()), ("*1*".repeat(100), GuardState::Finished));
}

/// The texts of a recorded stream, each piece as it came.
fn deltas(value: &serde_json::Value, out: &mut Vec<String>) {
    const TEXTS: [&str; 7] = ["content", "text", "thinking", "reasoning_content", "reasoning", "delta", "partial_json"];
    match value {
        serde_json::Value::Object(object) => {
            for (name, value) in object {
                match value {
                    serde_json::Value::String(text) if TEXTS.contains(&name.as_str()) => out.push(text.clone()),
                    _ => deltas(value, out),
                }
            }
        }
        serde_json::Value::Array(list) => list.iter().for_each(|value| deltas(value, out)),
        _ => {}
    }
}

/// How many bytes leave with the piece they came in.
fn undelayed(tables: &Arc<GuardTables>, pieces: &[String]) -> (u64, u64) {
    let mut guard = Guard::new(Arc::clone(tables), 1 << 20);
    let mut at_once = 0;
    for piece in pieces {
        let before = guard.read();
        guard.push(piece.as_bytes(), &mut Given::default()).unwrap();
        at_once += guard.released().saturating_sub(before);
    }
    (at_once, guard.read())
}

fn share(name: &str, pieces: &[Vec<String>]) {
    let keys: Vec<_> = PatternSet::SECRETS.into_iter().flat_map(|set| set.patterns(Action::Redact)).collect();
    let mail = PatternSet::Email.patterns(Action::Redact);
    let both: Vec<_> = keys.iter().chain(&mail).cloned().collect();
    for (sets, specs, goal) in [("the sets of secrets", keys, 0.94), ("with e-mail addresses", both, 0.0)] {
        let tables = tables(&specs);
        let (at_once, all) =
            pieces.iter().map(|pieces| undelayed(&tables, pieces)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        let share = at_once as f64 / all as f64;
        println!("{name}, {sets}: {:.2} % of {all} bytes leave undelayed", share * 100.0);
        assert!(share >= goal, "{share}");
    }
}

#[test]
fn what_leaves_undelayed_of_recorded_streams() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/streams");
    if !folder.is_dir() {
        println!("skipped: no recorded streams beside this repository");
        return;
    }
    let mut streams = Vec::new();
    for dialect in ["openai-chat", "openai-responses", "anthropic"] {
        for entry in std::fs::read_dir(folder.join(dialect)).unwrap() {
            let lines = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            let mut pieces = Vec::new();
            for line in lines.lines() {
                deltas(&serde_json::from_str(line).unwrap(), &mut pieces);
            }
            streams.push(pieces);
        }
    }
    assert!(streams.len() >= 15);
    share("recorded streams", &streams);
}

/// A transcript in pieces of four bytes.
#[test]
fn what_leaves_undelayed_of_a_transcript() {
    let transcript = "To rotate the key, open the settings page and choose \"API keys\". The old one keeps working for an hour, so \
        there is time to deploy. In code, read it from the environment:\n\n```ts\nconst client = new Client({ apiKey: process.env.API_KEY });\n\
        const answer = await client.ask(\"What is the capital of France?\");\nconsole.log(answer.text);\n```\n\nIf you see `401 \
        Unauthorized`, the key has expired; if you see `429`, slow down and try again later. The support team reads every request \
        and usually answers within a day. Some people ask whether the sky is blue because of the sea. It is not: sunlight is scattered \
        by the air, and blue light more than red. That is also why the sun looks red in the evening.\n";
    assert!(transcript.is_ascii());
    let pieces: Vec<String> =
        transcript.as_bytes().chunks(4).map(|piece| String::from_utf8_lossy(piece).into_owned()).collect();
    share("a transcript", &[pieces]);
}

/// With e-mail addresses nothing is held past the byte that ends the candidate.
#[test]
fn a_candidate_is_let_go_with_the_byte_that_ends_it() {
    let tables = tables(&PatternSet::Email.patterns(Action::Redact));
    for (text, held) in
        [("word", 4), ("word ", 0), ("two words, ", 0), ("a.b@c", 5), ("a.b@c ", 0), ("a@b.co", 0), ("x a@b.c!", 0)]
    {
        let mut guard = Guard::new(Arc::clone(&tables), 1 << 16);
        guard.push(text.as_bytes(), &mut Given::default()).unwrap();
        assert_eq!(guard.read() - guard.cut(), held, "{text:?}");
    }
}
