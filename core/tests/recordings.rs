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

use interlock_core::policy::Policy;

mod session_support;
use session_support::{pass, policy};

/// Of how many bytes one is the place of a split, without optimisation.
const COARSE: usize = 397;

/// How many streams in two parts a thread passes before it takes the next share.
const SHARE: usize = 64;

struct Recording {
    name: String,
    events: Vec<String>,
    wire: Vec<u8>,
}

/// The recordings of OpenAI's chat protocol, as they came over the wire.
fn recordings() -> Option<Vec<Recording>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/streams/openai-chat");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: no recorded streams beside this repository");
        return None;
    };
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.unwrap().path();
        let lines = std::fs::read_to_string(&path).unwrap();
        let mut events: Vec<String> = lines.lines().map(|line| format!("data: {line}\n\n")).collect();
        events.push(String::from("data: [DONE]\n\n"));
        Recording { name: path.display().to_string(), wire: events.concat().into_bytes(), events }
    };
    let recordings: Vec<Recording> = entries.map(read).collect();
    assert!(recordings.len() >= 8, "{}", recordings.len());
    Some(recordings)
}

/// One whose segments nobody scores, and one whose every delta waits for a score.
fn policies() -> [Policy; 2] {
    ["none", "host"].map(|kind| policy(&format!(r#"{{"scorer": {{"kind": "{kind}"}}}}"#)))
}

#[test]
fn every_event_in_two_parts() {
    for Recording { name, events, wire } in recordings().unwrap_or_default() {
        let longest = events.iter().map(String::len).max().unwrap();
        for policy in &policies() {
            // All events are split at once, each at the same place.
            for at in (0..longest).step_by(if cfg!(debug_assertions) { 7 } else { 1 }) {
                let mut chunks = Vec::new();
                for event in &events {
                    let (head, tail) = event.as_bytes().split_at(at.min(event.len()));
                    chunks.extend([head, tail]);
                }
                assert!(pass(policy, &chunks) == wire, "{name}: every event split at {at}");
            }
        }
    }
}

#[test]
fn the_stream_in_two_parts() {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    for Recording { name, wire, .. } in recordings().unwrap_or_default() {
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
                                assert!(pass(policy, &[head, tail]) == wire, "{name}: split at {at}");
                            }
                        }
                    });
                }
            });
        }
    }
}
