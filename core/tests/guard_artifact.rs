//! Artifacts that somebody broke, and patterns that cannot be compiled.
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

use std::sync::{Arc, LazyLock};

use interlock_core::guard::compile::{Artifact, CompileError, CompileLimits, PatternSpec, compile};
use interlock_core::guard::sets::PatternSet;
use interlock_core::guard::{Action, Check, GuardTables, GuardTablesError, StateFlags, Surrounding, content_hash};
use proptest::prelude::*;

mod guard_support;
use guard_support::run;

static SMALL: LazyLock<Artifact> = LazyLock::new(|| {
    let specs = [
        PatternSpec::new("key", r"\bsk-[a-z]{4}\b", Action::Halt),
        PatternSpec::new("mail", r"[a-z]+@[a-z]+", Action::Redact),
        PatternSpec::new("card", r"[0-9]{4,6}", Action::Redact).with_check(Check::Luhn),
        PatternSpec::new("flag", "(?i)secret$", Action::Flag),
    ];
    compile(&specs, CompileLimits::default()).unwrap()
});

const TEXT: &[u8] = b"sk-abc a@b 4242 secret sk-abcd 1234567 a@@b.c sk-sk-abcd";

/// Whatever was accepted runs to an end.
fn use_it(tables: GuardTables) {
    let tables = Arc::new(tables);
    for size in [1, 5, 100] {
        let _ = run(&tables, 64, &TEXT.chunks(size).collect::<Vec<_>>());
    }
    let _ = run(&tables, 64, &[&TEXT.repeat(20)]);
}

#[test]
fn a_changed_artifact_is_refused_before_it_is_decoded() {
    let Artifact { bytes, hash } = &*SMALL;
    assert!(GuardTables::verified(bytes, hash).is_ok());
    for at in (0..bytes.len()).step_by(7) {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            let refused = GuardTables::verified(&changed, hash).map(|_| ()).unwrap_err();
            assert_eq!(refused, GuardTablesError::HashMismatch { expected: *hash, found: content_hash(&changed) });
        }
    }
    let refused = GuardTables::verified(b"not even one", hash).map(|_| ()).unwrap_err();
    assert!(matches!(refused, GuardTablesError::HashMismatch { .. }), "{refused}");
}

#[test]
fn every_bit_may_be_flipped_and_every_tail_cut_off() {
    let Artifact { bytes, .. } = &*SMALL;
    let mut accepted = 0;
    for at in 0..bytes.len() {
        assert!(GuardTables::decode_trusted(&bytes[..at]).is_err(), "cut off at {at}");
        for bit in (0..8).step_by(if cfg!(debug_assertions) { 3 } else { 1 }) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            if let Ok(tables) = GuardTables::decode_trusted(&changed) {
                accepted += 1;
                use_it(tables);
            }
        }
    }
    assert!(accepted > 100, "flips of a state or a class are not seen without the hash: {accepted}");
    let longer = [&bytes[..], &[0]].concat();
    let refused = GuardTables::decode_trusted(&longer).map(|_| ()).unwrap_err();
    assert_eq!(refused.to_string(), format!("the number before byte {} is 1, must be at most 0", bytes.len()));
}

#[test]
fn sizes_are_compared_with_what_is_there() {
    // Everything after the magic as large as it can be: nothing is allocated for it.
    for length in [20, 400, 5000] {
        let bomb = [&SMALL.bytes[..10], &vec![0xff; length][..]].concat();
        assert!(matches!(GuardTables::decode_trusted(&bomb), Err(GuardTablesError::Malformed(_))));
    }
    for bytes in [&b""[..], b"ILKGUARD", b"ILKGUARD\x02\x00", b"GIF89a\x00\x00\x00\x00\x00\x00"] {
        let refused = GuardTables::decode_trusted(bytes).map(|_| ()).unwrap_err();
        assert!(
            matches!(refused, GuardTablesError::NotAnArtifact { .. } | GuardTablesError::Malformed(_)),
            "{refused}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_change_is_survived(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12), cut in any::<prop::sample::Index>()) {
        let mut bytes = SMALL.bytes.clone();
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Ok(tables) = GuardTables::decode_trusted(&bytes) {
            use_it(tables);
        }
        let _ = GuardTables::decode_trusted(&bytes[..cut.index(bytes.len())]);
    }
}

/// The table is what the proofs and their oracle see: a match is found by stepping through it.
#[test]
fn the_table_can_be_walked() {
    let tables = GuardTables::verified(&SMALL.bytes, &SMALL.hash).unwrap();
    let key = &tables.patterns()[0];
    assert_eq!(
        (key.id(), key.action(), key.check(), key.replacement()),
        ("key", Action::Halt, Check::None, "[redacted:key]")
    );
    let walk =
        |before: Surrounding, text: &[u8]| text.iter().fold(key.start(before), |state, byte| key.next(state, *byte));
    assert_eq!(walk(Surrounding::Word, b"s"), 0, "not behind a letter");
    let state = walk(Surrounding::Start, b"sk-abcd");
    assert_eq!(key.flags(state).bits(), StateFlags::AT_END | StateFlags::LIVE);
    assert_eq!(key.flags(walk(Surrounding::Other, b"sk-abcd.")).bits(), StateFlags::BEFORE);
    assert_eq!(walk(Surrounding::Other, b"sk-abcde"), 0);
    assert!(key.states() < 20);
}

fn refused(pattern: &str, check: Check) -> CompileError {
    let spec = PatternSpec::new("it", pattern, Action::Redact).with_check(check);
    compile(&[spec], CompileLimits::default()).unwrap_err()
}

#[test]
fn what_cannot_be_compiled_says_why() {
    assert_eq!(refused("a*", Check::None).to_string(), "pattern it matches the empty text");
    assert_eq!(refused(r"\b", Check::None).to_string(), "pattern it matches the empty text");
    assert_eq!(refused("a(", Check::None).to_string(), "pattern it: unclosed group");
    assert!(refused("a(?=b)", Check::None).to_string().starts_with("pattern it: look-around"));
    assert!(refused(r"(a)\1", Check::None).to_string().starts_with("pattern it: backreferences"));
    assert!(matches!(refused(r"(?-u:\xff)", Check::None), CompileError::Syntax { .. }));
    assert!(matches!(refused(r"[a&&b]", Check::None), CompileError::Syntax { .. }));
    assert_eq!(
        refused("[0-9]+", Check::Luhn),
        CompileError::TooLongToCheck { id: "it".into(), length: None, limit: 255 }
    );
    assert_eq!(
        refused("[0-9]{300}", Check::Luhn),
        CompileError::TooLongToCheck { id: "it".into(), length: Some(300), limit: 255 }
    );
}

#[test]
fn a_pattern_that_explodes_is_refused_with_its_states() {
    for (pattern, least) in [
        ("[ab]*a[ab]{20}c", 10_001),
        (r"\w{200}", 10_001),
        ("(?:a{1000}){1000}", 1_000_000),
        ("(?:x{999}){999}{999}", 1_000_000),
    ] {
        match refused(pattern, Check::None) {
            CompileError::TooManyStates { id, states, limit } => {
                assert_eq!((id.as_str(), limit), ("it", 10_000));
                assert!(states >= least, "{pattern}: {states}");
            }
            other => panic!("{pattern}: {other}"),
        }
    }
    assert_eq!(
        refused("[ab]*a[ab]{20}c", Check::None).to_string().replace(|c: char| c.is_ascii_digit(), "#").replace('#', ""),
        "pattern it needs  states or more, the limit is "
    );
    let specs: Vec<_> = PatternSet::ALL.into_iter().flat_map(|set| set.patterns(Action::Halt)).collect();
    let limits = CompileLimits { artifact_bytes: 1000, ..CompileLimits::default() };
    assert!(matches!(compile(&specs, limits), Err(CompileError::TooLarge { limit: 1000, what: "bytes", .. })));
}

#[test]
fn names_are_checked() {
    let named = |id: &str| PatternSpec::new(id, "x", Action::Flag);
    for specs in [
        vec![named("")],
        vec![named("a"), named("a")],
        vec![named(&"a".repeat(256))],
        vec![PatternSpec { replacement: "x".repeat(65_536), ..named("a") }],
    ] {
        assert!(matches!(compile(&specs, CompileLimits::default()), Err(CompileError::Name { .. })));
    }
    let none = compile(&[], CompileLimits::default()).unwrap();
    let (given, _) = run(&Arc::new(GuardTables::verified(&none.bytes, &none.hash).unwrap()), 64, &[b"all of it"]);
    assert_eq!(given.marked(), "all of it");
}

/// So many different patterns that their first bytes do not fit into one automaton: threads start earlier, and find the same.
#[test]
fn many_patterns() {
    let specs: Vec<_> = (0..400)
        .map(|n| PatternSpec::new(&format!("p{n}"), &format!("{n:03}[a-z]{n:03}-x{}", n % 7), Action::Redact))
        .collect();
    let artifact = compile(&specs, CompileLimits::default()).unwrap();
    let tables = Arc::new(GuardTables::verified(&artifact.bytes, &artifact.hash).unwrap());
    let (given, _) = run(&tables, 64, &[b"000a0", b"00-x0 123q123-x4 123q123-x5 399z399-x0"]);
    assert_eq!(given.marked(), "*0* *123* 123q123-x5 *399*");
}
