//! Recorded streams of real providers, where they are at hand: nothing withheld, nothing changed, however they are cut.
//!
//! Every two-way split of every recording is some 60 GB of stream: a minute or two with optimisation, so
//! without it only a part of the splits is tried.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    missing_docs
)]
#![cfg(feature = "session")]

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use interlock_core::dialect::DialectKind;
use interlock_core::halt::Observation;
use interlock_core::policy::Policy;
use interlock_core::session::{Session, SessionState};

mod session_support;
use session_support::policy;

/// Of how many bytes one is the place of a split, without optimisation.
const COARSE: usize = 397;

/// How many streams in two parts a thread passes before it takes the next share.
const SHARE: usize = 64;

struct Recording {
    name: String,
    dialect: DialectKind,
    events: Vec<String>,
    wire: Vec<u8>,
}

/// The recordings, as they came over the wire.
fn recordings() -> Vec<Recording> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/streams");
    let mut recordings = Vec::new();
    for (name, dialect, least) in [
        ("openai-chat", DialectKind::OpenaiChat, 8),
        ("openai-responses", DialectKind::OpenaiResponses, 9),
        ("anthropic", DialectKind::Anthropic, 5),
    ] {
        let Ok(entries) = std::fs::read_dir(folder.join(name)) else {
            println!("skipped: no recorded streams of {name} beside this repository");
            continue;
        };
        let before = recordings.len();
        for entry in entries {
            let path = entry.unwrap().path();
            let name = path.display().to_string();
            for events in streams(dialect, &std::fs::read_to_string(&path).unwrap()) {
                recordings.push(Recording { name: name.clone(), dialect, wire: events.concat().into_bytes(), events });
            }
        }
        assert!(recordings.len() - before >= least, "{name}: {}", recordings.len() - before);
    }
    recordings
}

/// The streams of a file, event by event: one may have several responses.
fn streams(dialect: DialectKind, lines: &str) -> Vec<Vec<String>> {
    let mut streams: Vec<Vec<String>> = Vec::new();
    for line in lines.lines() {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        let name = event["type"].as_str().unwrap_or_default();
        if streams.is_empty() || name == "response.created" {
            streams.push(Vec::new());
        }
        let stream = streams.last_mut().unwrap();
        stream.push(match dialect {
            DialectKind::OpenaiChat => format!("data: {line}\n\n"),
            _ => format!("event: {name}\ndata: {line}\n\n"),
        });
    }
    if dialect == DialectKind::OpenaiChat {
        for stream in &mut streams {
            stream.push(String::from("data: [DONE]\n\n"));
        }
    }
    streams
}

/// One whose segments nobody scores, and one whose every delta waits for a score.
fn policies() -> [Policy; 2] {
    ["none", "host"].map(|kind| policy(&format!(r#"{{"scorer": {{"kind": "{kind}"}}}}"#)))
}

/// Feeds chunks with every segment scored 1, and gives what came out.
fn pass(policy: &Policy, dialect: DialectKind, chunks: &[&[u8]]) -> Vec<u8> {
    let mut session = Session::new(policy, dialect).unwrap();
    let mut out = Vec::new();
    for chunk in chunks {
        // An error of the upstream ends the input.
        let _ = session.feed(chunk);
        score(&mut session);
        out.extend_from_slice(session.output());
        session.clear_output();
    }
    let _ = session.end();
    assert!(session.state().is_terminal());
    out
}

fn score(session: &mut Session) {
    while let Some(segment) = session.next_segment() {
        session.answer(segment.id, Observation::score(1.0)).unwrap();
    }
    while session.next_event().is_some() {}
}

/// What the last events of a halted stream are.
fn ends_well(dialect: DialectKind, out: &str) -> bool {
    let events: Vec<&str> = out.split_terminator("\n\n").collect();
    let parses = |event: &&str| {
        let data = event.lines().find_map(|line| line.strip_prefix("data: ")).unwrap();
        data == "[DONE]" || serde_json::from_str::<serde_json::Value>(data).is_ok()
    };
    let last = events.last().unwrap();
    let is_end = match dialect {
        DialectKind::OpenaiChat => *last == "data: [DONE]" && events[events.len() - 2].contains("\"content_filter\""),
        DialectKind::OpenaiResponses => last.contains("\"incomplete_details\":{\"reason\":\"content_filter\"}"),
        _ => last.contains("message_stop") && events[events.len() - 2].contains("\"stop_reason\":\"refusal\""),
    };
    out.ends_with("\n\n") && events.iter().all(parses) && is_end
}

#[test]
fn a_stop_at_every_event_ends_well() {
    for Recording { name, dialect, events, .. } in recordings() {
        for policy in &policies() {
            for at in (0..events.len()).step_by(if cfg!(debug_assertions) { 11 } else { 1 }) {
                let mut session = Session::new(policy, dialect).unwrap();
                for event in &events[..at] {
                    session.feed(event.as_bytes()).unwrap();
                    score(&mut session);
                }
                if session.state() != SessionState::Open || !session.wants_input() {
                    break;
                }
                session.emergency_stop().unwrap();
                let out = String::from_utf8(session.take_output()).unwrap();
                assert!(ends_well(dialect, &out), "{name} before {at}: {}", &out[out.len().saturating_sub(600)..]);
                assert!(out.starts_with(&events[..at].concat()), "{name} before {at}");
            }
        }
    }
}

/// A row of numbers that are as good as random, and the same everywhere.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 11).unwrap()
}

#[test]
fn the_stream_in_many_parts() {
    let recordings = recordings();
    let rounds = if cfg!(debug_assertions) { 100 } else { 10_000 };
    let mut state = 0x9e37_79b9_7f4a_7c15;
    for round in 0..rounds {
        let Some(Recording { name, dialect, wire, .. }) = recordings.get(round % recordings.len().max(1)) else {
            return;
        };
        let most = [7, 60, 700, 9_000][next(&mut state) % 4];
        let mut chunks = Vec::new();
        let mut rest = wire.as_slice();
        while !rest.is_empty() {
            let (chunk, after) = rest.split_at((next(&mut state) % most).min(rest.len()));
            chunks.push(chunk);
            rest = after;
        }
        let policy = &policies()[next(&mut state) % 2];
        assert!(pass(policy, *dialect, &chunks) == *wire, "{name}: round {round}");
    }
}

#[test]
fn every_event_in_two_parts() {
    for Recording { name, dialect, events, wire } in recordings() {
        let longest = events.iter().map(String::len).max().unwrap();
        for policy in &policies() {
            // All events are split at once, each at the same place.
            for at in (0..longest).step_by(if cfg!(debug_assertions) { 7 } else { 1 }) {
                let mut chunks = Vec::new();
                for event in &events {
                    let (head, tail) = event.as_bytes().split_at(at.min(event.len()));
                    chunks.extend([head, tail]);
                }
                assert!(pass(policy, dialect, &chunks) == wire, "{name}: every event split at {at}");
            }
        }
    }
}

#[test]
fn the_stream_in_two_parts() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    for Recording { name, dialect, wire, .. } in recordings() {
        // Every place where nobody scores; where every delta waits for a score, which takes longer, one in eight.
        for (policy, step) in policies().iter().zip([1, 8]) {
            let step = if cfg!(debug_assertions) { COARSE } else { step };
            let next = AtomicUsize::new(0);
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        loop {
                            let from = next.fetch_add(SHARE * step, Ordering::Relaxed);
                            if from > wire.len() {
                                return;
                            }
                            for at in (from..=wire.len()).step_by(step).take(SHARE) {
                                let (head, tail) = wire.split_at(at);
                                assert!(pass(policy, dialect, &[head, tail]) == wire, "{name}: split at {at}");
                            }
                        }
                    });
                }
            });
        }
    }
}
