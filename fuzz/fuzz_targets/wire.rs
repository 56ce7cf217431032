//! Any bytes are read as JSON, as the content of JSON strings, and as an event stream.
#![no_main]

#[allow(dead_code)]
mod common;

use common::Input;
use interlock_core::dialect::sse::{self, Boundary};
use interlock_core::json::{Broken, JsonError, Scanner};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fn scan(document: &[u8]) -> Result<(), JsonError> {
    let mut scanner = Scanner::new(document)?;
    scanner.skip().and_then(|()| scanner.finish()).map_err(|Broken| scanner.error())
}

/// The ends of events in bytes that come in pieces.
fn ends(bytes: &[u8], sizes: &mut dyn FnMut() -> usize) -> Vec<usize> {
    let mut boundary = Boundary::default();
    let mut ends = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let stop = (at + sizes().max(1)).min(bytes.len());
        while let Some(length) = boundary.find(&bytes[at..stop]) {
            at += length;
            ends.push(at);
        }
        at = stop;
    }
    ends
}

fuzz_target!(|data: &[u8]| {
    // Both readers allow some 128 levels, not to the same one.
    let deep = data.iter().filter(|byte| matches!(byte, b'[' | b'{')).count() > 100;
    if !deep {
        let ours = scan(data);
        let theirs = serde_json::from_slice::<Value>(data);
        // serde_json also refuses numbers that overflow a double, and half surrogate pairs.
        let number = theirs.as_ref().is_err_and(|error| error.to_string().starts_with("number out of range"));
        let surrogate = theirs.as_ref().is_err_and(|error| {
            let message = error.to_string();
            message.starts_with("lone leading surrogate") || message.starts_with("unexpected end of hex escape")
        });
        if !number && !surrogate {
            assert_eq!(ours.is_ok(), theirs.is_ok(), "{ours:?} {theirs:?}");
        }
    }

    let mut input = Input(data);
    let sizes: Vec<usize> = (0..4).map(|_| usize::from(input.byte() % 9)).collect();
    let bytes = input.0;
    let whole = ends(bytes, &mut || bytes.len());
    let mut next = sizes.iter().copied().cycle();
    let split = ends(bytes, &mut || next.next().unwrap_or(1));
    // An event whose last line end is the last byte that is there may wait for one more.
    let common = whole.len().min(split.len());
    assert!(whole.len().abs_diff(split.len()) <= 1);
    for (a, b) in whole[..common].iter().zip(&split[..common]) {
        assert!(a.abs_diff(*b) <= 1, "{whole:?} {split:?}");
    }
    let mut from = 0;
    for end in whole {
        let _ = sse::data(&bytes[from..end]);
        from = end;
    }
});
