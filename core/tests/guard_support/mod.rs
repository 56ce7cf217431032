//! What a guard gives out, and an oracle that matches on the whole text.
#![allow(dead_code, clippy::redundant_pub_crate)]

use std::sync::Arc;

use interlock_core::guard::compile::{CompileLimits, PatternSpec, compile};
use interlock_core::guard::{Guard, GuardSink, GuardState, GuardTables, Hit};

pub(crate) mod oracle;

/// Everything a guard gave out, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Given {
    /// Text in one piece however it came, and replaced matches.
    pub(crate) parts: Vec<Part>,
    pub(crate) flags: Vec<Hit>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Text(u64, Vec<u8>),
    Redacted(Hit),
}

impl GuardSink for Given {
    fn text(&mut self, start: u64, bytes: &[u8]) {
        assert!(!bytes.is_empty());
        match self.parts.last_mut() {
            Some(Part::Text(from, text)) => {
                assert_eq!(*from + text.len() as u64, start, "a gap in the text");
                text.extend_from_slice(bytes);
            }
            _ => self.parts.push(Part::Text(start, bytes.to_vec())),
        }
    }

    fn redaction(&mut self, hit: Hit) {
        self.parts.push(Part::Redacted(hit));
    }

    fn flag(&mut self, hit: Hit) {
        self.flags.push(hit);
    }
}

impl Given {
    /// The text with `*` and the pattern's position for every redaction.
    pub(crate) fn marked(&self) -> String {
        let mark = |part: &Part| match part {
            Part::Text(_, bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Part::Redacted(hit) => format!("*{}*", hit.pattern),
        };
        self.parts.iter().map(mark).collect()
    }
}

pub(crate) fn tables(specs: &[PatternSpec]) -> Arc<GuardTables> {
    let artifact = compile(specs, CompileLimits::default()).unwrap();
    Arc::new(GuardTables::verified(&artifact.bytes, &artifact.hash).unwrap())
}

/// Pushes pieces until the text ends.
pub(crate) fn push(guard: &mut Guard, pieces: &[&[u8]], given: &mut Given) {
    for piece in pieces {
        if guard.state() != GuardState::Open {
            break;
        }
        guard.push(piece, given).unwrap();
    }
}

/// Guards a text that comes in pieces.
pub(crate) fn run(tables: &Arc<GuardTables>, limit: u32, pieces: &[&[u8]]) -> (Given, Guard) {
    let mut guard = Guard::new(Arc::clone(tables), limit);
    let mut given = Given::default();
    push(&mut guard, pieces, &mut given);
    if guard.state() == GuardState::Open {
        guard.finish(&mut given).unwrap();
    }
    (given, guard)
}

/// A text cut at places.
pub(crate) fn cut_at<'a>(text: &'a [u8], places: &[usize]) -> Vec<&'a [u8]> {
    let mut places = places.to_vec();
    places.sort_unstable();
    let mut from = 0;
    let mut pieces = Vec::new();
    for place in places.into_iter().chain([text.len()]) {
        pieces.push(&text[from..place.max(from)]);
        from = place.max(from);
    }
    pieces
}
