//! Any text under any patterns of a list: however it is cut, the same leaves, and nothing is lost.
#![no_main]

use std::sync::Arc;

use interlock_core::guard::compile::{CompileLimits, PatternSpec, compile};
use interlock_core::guard::{Action, Guard, GuardSink, GuardState, GuardTables, Hit};
use libfuzzer_sys::fuzz_target;

mod common;
use common::Input;

const PATTERNS: [&str; 16] = [
    "ab",
    "a+b",
    r"\bab\b",
    "a.*c",
    "(?:a|ab)c*",
    "^a",
    "b$",
    "[a-c]{2,4}",
    "a(?:b*c)?",
    r"a.*\b",
    "(?i)Ba",
    "ca|cab",
    "b+",
    "a[^b]*b",
    r"\B-",
    "\u{e9}+",
];

#[derive(Default, PartialEq, Debug)]
struct Given {
    out: Vec<u8>,
    covered: u64,
    hits: Vec<Hit>,
}

impl GuardSink for Given {
    fn text(&mut self, start: u64, bytes: &[u8]) {
        assert_eq!(start, self.covered);
        self.out.extend_from_slice(bytes);
        self.covered += bytes.len() as u64;
    }

    fn redaction(&mut self, hit: Hit) {
        assert_eq!(hit.start, self.covered);
        assert!(!hit.is_empty());
        self.covered = hit.end;
        self.hits.push(hit);
    }

    fn flag(&mut self, hit: Hit) {
        self.hits.push(hit);
    }
}

fn run(tables: &Arc<GuardTables>, pieces: &[&[u8]]) -> (Given, GuardState) {
    let mut guard = Guard::new(Arc::clone(tables), 256);
    let mut given = Given::default();
    for piece in pieces {
        if guard.state() == GuardState::Open {
            guard.push(piece, &mut given).expect("open");
        }
    }
    if guard.state() == GuardState::Open {
        guard.finish(&mut given).expect("open");
    }
    assert!(given.covered <= guard.cut());
    // Flags may come in another order than redactions, but each in its own.
    given.hits.sort_by_key(|hit| (hit.pattern, hit.start));
    (given, guard.state())
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let specs: Vec<_> = (0..1 + input.byte() % 4)
        .map(|n| {
            let action = [Action::Redact, Action::Redact, Action::Halt, Action::Flag][usize::from(input.byte() % 4)];
            PatternSpec::new(&n.to_string(), PATTERNS[usize::from(input.byte() % 16)], action)
        })
        .collect();
    let artifact = compile(&specs, CompileLimits::default()).expect("compiles");
    let tables = Arc::new(GuardTables::verified(&artifact.bytes, &artifact.hash).expect("decodes"));
    let mut pieces = Vec::new();
    while !input.0.is_empty() {
        let length = usize::from(input.byte() % 16);
        pieces.push(input.take(length));
    }
    let whole = pieces.concat();
    let (given, state) = run(&tables, &[&whole]);
    assert_eq!((&given, state), (&run(&tables, &pieces).0, run(&tables, &pieces).1));
    if state == GuardState::Finished {
        assert_eq!(given.covered, whole.len() as u64);
    }
});
