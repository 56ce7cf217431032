//! Any change of an artifact is refused, or what it makes runs to an end.
#![no_main]

use std::sync::{Arc, LazyLock};

use interlock_core::guard::compile::{Artifact, CompileLimits, PatternSpec, compile};
use interlock_core::guard::{Action, Check, Guard, GuardSink, GuardTables, Hit, content_hash};
use libfuzzer_sys::fuzz_target;

mod common;
use common::Input;

static ARTIFACT: LazyLock<Artifact> = LazyLock::new(|| {
    let specs = [
        PatternSpec::new("key", r"\bsk-[a-z]{4}\b", Action::Halt),
        PatternSpec::new("mail", "[a-z]+@[a-z]+", Action::Redact),
        PatternSpec::new("card", "[0-9]{4,6}", Action::Redact).with_check(Check::Luhn),
        PatternSpec::new("flag", "(?i)secret$", Action::Flag),
    ];
    compile(&specs, CompileLimits::default()).expect("compiles")
});

struct Nothing;

impl GuardSink for Nothing {
    fn text(&mut self, _: u64, _: &[u8]) {}
    fn redaction(&mut self, _: Hit) {}
    fn flag(&mut self, _: Hit) {}
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let mut bytes = ARTIFACT.bytes.clone();
    for _ in 0..input.byte() % 16 {
        let at = (usize::from(input.byte()) << 8 | usize::from(input.byte())) % bytes.len();
        bytes[at] = input.byte();
    }
    if input.byte() == 0 {
        bytes = input.0.to_vec();
    }
    let Ok(tables) = GuardTables::verified(&bytes, &content_hash(&bytes)) else { return };
    let mut guard = Guard::new(Arc::new(tables), 64);
    for piece in [b"sk-abc a@b 4242 secret sk-abcd", input.0].concat().chunks(7) {
        let _ = guard.push(piece, &mut Nothing);
    }
    let _ = guard.finish(&mut Nothing);
});
