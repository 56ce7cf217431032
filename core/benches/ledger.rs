//! The ledger: nodes, appends, hashing, proofs and queries at a million nodes.
//!
//! A line is one row of `npm run bench` as JSON: the minimum of the rounds. A row with a baseline takes turns with it in
//! every round, and its goal is the ratio; another one is scaled by a calibration loop of the same round.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    missing_docs
)]

use std::collections::HashSet;
use std::hint::black_box;
use std::time::Instant;

use interlock_core::ledger::file::{FileReader, FileWriter};
use interlock_core::ledger::{Query, TraceLedger, TraceNode, verify_inclusion};
use sha2::{Digest, Sha256};

mod calibration;
use calibration::{REFERENCE_STEP_NS, calibration_step_ns};

const ROUNDS: usize = 7;
const NODES: u32 = 1_000_000;

fn seconds(run: impl FnOnce()) -> f64 {
    let started = Instant::now();
    run();
    started.elapsed().as_secs_f64()
}

/// Nanoseconds of one of many.
fn each(times: u32, mut run: impl FnMut(u32)) -> f64 {
    seconds(|| (0..times).for_each(&mut run)) * 1e9 / f64::from(times)
}

/// Whether the sha2 crate has instructions for SHA-256 here.
fn hashes_in_hardware() -> bool {
    #[cfg(target_arch = "x86_64")]
    return std::arch::is_x86_feature_detected!("sha");
    #[cfg(not(target_arch = "x86_64"))]
    return cfg!(target_arch = "aarch64");
}

#[derive(Clone, Copy)]
struct Row {
    name: &'static str,
    unit: &'static str,
    goal: f64,
    value: f64,
    baseline: f64,
}

fn main() {
    let ids: Vec<String> = (0..NODES).map(|number| format!("node-{number:08}")).collect();
    let payload = [b'x'; 64];
    // A thousand streams, a handful of kinds, a tag in ten thousand nodes.
    let origins: Vec<String> = (0..1000).map(|number| format!("stream-{number:04}")).collect();
    let kinds = ["segment", "verdict", "tool-call", "decision"];
    let build = |number: u32| {
        let at = number as usize;
        let node = TraceNode::builder(&ids[at], &origins[at % 1000], i64::from(number)).kind(kinds[at % 4]);
        let node = if number.is_multiple_of(10_000) { node.tag("rare") } else { node };
        node.payload(&payload).build().unwrap()
    };
    let nodes: Vec<TraceNode> = (0..NODES).map(build).collect();
    let headers: Vec<Vec<u8>> = nodes.iter().map(|node| node.as_ref().to_header()).collect();
    let mut ledger = TraceLedger::new();
    for node in &nodes {
        ledger.append(node).unwrap();
    }
    let root = ledger.log().root();
    let size = u64::from(NODES);

    let mut rows: Vec<Row> = Vec::new();
    let mut note = |name, unit, goal, value: f64, baseline: f64| match rows.iter_mut().find(|row| row.name == name) {
        Some(row) => {
            row.value = row.value.min(value);
            row.baseline = row.baseline.min(baseline);
        }
        None => rows.push(Row { name, unit, goal, value, baseline }),
    };
    calibration_step_ns();
    for _ in 0..ROUNDS {
        let scale = REFERENCE_STEP_NS / calibration_step_ns();
        let created = each(NODES / 4, |number| drop(black_box(build(black_box(number)))));
        note("ledger: node with kind and 64 bytes of payload created", "ns", 100.0, created * scale, f64::NAN);
        let created = each(NODES / 4, |number| {
            let at = number as usize;
            drop(black_box(TraceNode::new(&ids[at], &origins[at % 1000], i64::from(number))));
        });
        note("ledger: smallest node created", "ns", 100.0, created * scale, f64::NAN);

        // A payload's copy and its id in a set of the standard library.
        let mut kept: (Vec<Vec<u8>>, HashSet<String>) = Default::default();
        let baseline = seconds(|| {
            for id in &ids {
                kept.0.push(black_box(&payload).to_vec());
                kept.1.insert(id.clone());
            }
        });
        drop(kept);
        let mut fresh = TraceLedger::new();
        let appended = seconds(|| {
            for node in &nodes {
                fresh.append(node).unwrap();
            }
        });
        note("ledger: a million appends, beside copies and a hash set", "ms", 1.5, appended * 1e3, baseline * 1e3);

        // The same leaves and nodes with sha2 alone: payloads, headers, and every pair of the tree.
        let mut level: Vec<[u8; 32]> = Vec::with_capacity(NODES as usize);
        let hashing = seconds(|| {
            for header in &headers {
                black_box(Sha256::digest(black_box(&payload)));
                level.push(Sha256::new().chain_update([0]).chain_update(header).finalize().into());
            }
            while level.len() > 1 {
                let pairs = level.chunks(2).map(|pair| match pair {
                    [left, right] => {
                        Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
                    }
                    rest => rest[0],
                });
                level = pairs.collect();
            }
        });
        assert_eq!(level[0], root);
        let hashed = seconds(|| assert_eq!(fresh.log().root(), root));
        note(
            "ledger: hashing the log of a million, appends aside, beside sha2",
            "ms",
            1.1,
            hashed * 1e3,
            hashing * 1e3,
        );
        // The same with the appends in it, which sha2 alone has nothing of: they have their own baseline above. Where sha2
        // hashes in software, lanes make up for them; where it has instructions for SHA-256, its time is less than
        // what it takes to write the nodes into memory that is fresh.
        let both = (appended + hashed) * 1e3;
        let name = "ledger: a million appends and hashing their log, beside sha2 hashing the same with no appends";
        note(name, "ms", if hashes_in_hardware() { 2.0 } else { 1.1 }, both, hashing * 1e3);
        drop(fresh);

        let log = ledger.log();
        let mut at = 12_345_u64;
        let proof = each(20_000, |_| {
            at = (at * 6_364_136_223_846_793_005 + 1) % (1 << 40);
            black_box(log.inclusion_proof(at % size, size).unwrap());
        });
        note("ledger: inclusion proof in a million", "ns", 20e3, proof * scale, f64::NAN);
        let proof = each(5_000, |number| {
            black_box(log.consistency_proof(u64::from(number) * 199 + 1, size).unwrap());
        });
        note("ledger: consistency proof in a million", "ns", 20e3, proof * scale, f64::NAN);
        let (leaf, proof) = (log.leaf(777_777).unwrap(), log.inclusion_proof(777_777, size).unwrap());
        let verified = each(5_000, |_| verify_inclusion(&leaf, 777_777, size, black_box(&proof), &root).unwrap());
        note("ledger: inclusion proof in a million verified", "ns", 20e3, verified * scale, f64::NAN);

        let found = |query: &Query<'_>| ledger.query(query).map(|(_, node)| node.payload().len()).sum::<usize>();
        for (name, query) in [
            (
                "ledger: 100 of a million by origin and time",
                Query { origin: Some("stream-0077"), since: Some(400_000), until: Some(500_000), ..Query::ALL },
            ),
            ("ledger: 100 of a million by tag", Query { tag: Some("rare"), ..Query::ALL }),
            ("ledger: 100 of a million by time", Query { since: Some(123_400), until: Some(123_500), ..Query::ALL }),
            (
                "ledger: 100 of a million by kind, from the 200000th",
                Query { kind: Some("verdict"), offset: 200_000, limit: 100, ..Query::ALL },
            ),
            (
                "ledger: 100 of a million by kind and tag",
                Query { kind: Some("segment"), tag: Some("rare"), ..Query::ALL },
            ),
        ] {
            note(name, "ns", 50e3, each(500, |_| assert_eq!(found(black_box(&query)), 6400)) * scale, f64::NAN);
        }

        let mut bytes = Vec::new();
        let mut writer = FileWriter::create([7; 16]);
        let written = each(NODES / 4, |number| {
            writer.append(nodes[number as usize].as_ref());
            if writer.waiting().len() > 1 << 16 {
                bytes.extend_from_slice(writer.waiting());
                writer.written();
            }
        });
        bytes.extend_from_slice(writer.waiting());
        note("ledger: node hashed and encoded for the file", "ns", 1000.0, written * scale, f64::NAN);
        let mut reader = FileReader::new(0);
        let read = seconds(|| bytes.chunks(1 << 16).for_each(|piece| reader.feed(piece).unwrap()));
        let read = read * 1e9 / f64::from(NODES / 4);
        note("ledger: node of a file read, checked and appended", "ns", 1500.0, read * scale, f64::NAN);
    }
    for Row { name, unit, goal, value, baseline } in rows {
        let row = if baseline.is_nan() {
            serde_json::json!({"name": name, "value": value, "unit": unit, "goal": goal, "holds": value <= goal})
        } else {
            let ratio = value / baseline;
            serde_json::json!({"name": name, "value": value, "unit": unit, "goal": goal, "holds": ratio <= goal,
                "baseline": baseline, "ratio": ratio})
        };
        println!("{row}");
    }
}
