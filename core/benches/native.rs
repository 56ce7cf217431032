//! What the npm package's bench compares with: it writes the name of a piece of work on a line, and reads on one how many
//! nanoseconds each unit of it took natively, just then. So both take turns on a machine that drifts.
//!
//! Built a second time with `--cfg sha2_256_backend="soft"` it has no instructions for SHA-256, as wasm has none.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::cast_precision_loss,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

use std::hint::black_box;
use std::io::{BufRead, stdin};
use std::time::Instant;

use interlock_core::covenant::{Budget, Enforcer, Grant, Permission, Terms};
use interlock_core::ledger::{Query, TraceLedger, TraceNode, verify_inclusion};
use interlock_core::operad::AgentOperad;
use sha2::{Digest, Sha256};

/// As in js/bench/native.mjs.
const NODES: u32 = 20_000;
const SOME: u32 = 1000;

fn each(times: u32, mut work: impl FnMut(u32)) -> f64 {
    let started = Instant::now();
    (0..times).for_each(&mut work);
    started.elapsed().as_nanos() as f64 / f64::from(times)
}

/// The least of some short spells, as there.
fn least(spells: u32, mut measure: impl FnMut() -> f64) -> f64 {
    (0..spells).map(|_| measure()).fold(f64::INFINITY, f64::min)
}

fn node(number: u32) -> TraceNode {
    let (id, origin) = (format!("node-{number:08}"), format!("stream-{:04}", number % 100));
    TraceNode::builder(&id, &origin, i64::from(number)).kind("verdict").payload(&[120; 64]).build().unwrap()
}

fn ledger(nodes: u32) -> TraceLedger {
    let mut ledger = TraceLedger::new();
    for number in 0..nodes {
        ledger.append(&node(number)).unwrap();
    }
    ledger
}

/// Hashes of a million nodes with sha2 alone: payloads, headers, and every pair of the tree.
fn hash_alone(headers: &[Vec<u8>]) -> [u8; 32] {
    let mut level: Vec<[u8; 32]> = Vec::with_capacity(headers.len());
    for header in headers {
        black_box(Sha256::digest(black_box(&[120; 64])));
        level.push(Sha256::new().chain_update([0]).chain_update(header).finalize().into());
    }
    while level.len() > 1 {
        let pairs = level.chunks(2).map(|pair| match pair {
            [left, right] => Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into(),
            rest => rest[0],
        });
        level = pairs.collect();
    }
    level[0]
}

/// A million nodes, made when they are asked for first.
#[derive(Default)]
struct Million {
    nodes: Vec<TraceNode>,
    headers: Vec<Vec<u8>>,
}

impl Million {
    fn nodes(&mut self) -> &[TraceNode] {
        if self.nodes.is_empty() {
            self.nodes = (0..1_000_000).map(node).collect();
        }
        &self.nodes
    }

    fn headers(&mut self) -> &[Vec<u8>] {
        if self.headers.is_empty() {
            self.headers = self.nodes().iter().map(|node| node.as_ref().to_header()).collect();
            self.nodes = Vec::new();
        }
        &self.headers
    }
}

fn main() {
    let permissions = (0..1000).map(|number| {
        let (service, tool) = (number / 20, number % 20);
        match number % 2 {
            0 => Permission::new("tool-call", &format!("service-{service}/tool_{tool}")).unwrap(),
            _ => Permission::new("fs.read", &format!("tenants/{number:04}/service-{service}/*.json")).unwrap(),
        }
    });
    let terms = Terms { permissions: permissions.collect(), ..Terms::default() };
    let mut enforcer = Enforcer::new(Grant::issued("bench", 1, terms, "bench", 0).unwrap()).unwrap();
    let paths: Vec<String> = (0..500)
        .map(|number| number * 337 % 500 * 2 + 1)
        .map(|number| format!("tenants/{number:04}/service-{}/report.json", number / 20))
        .collect();
    let mut budget = Budget::new(&[("tokens", u64::MAX)]).unwrap();
    let operad = AgentOperad::new().unwrap();
    let mut kept = ledger(NODES);
    let (size, root) = (u64::from(NODES), kept.log().root());
    let (leaf, proof) = (kept.log().leaf(7777).unwrap(), kept.log().inclusion_proof(7777, size).unwrap());
    let mut million = Million::default();
    for line in stdin().lock().lines() {
        let ns = match line.unwrap().as_str() {
            "append" => least(20, || each(1, |_| drop(black_box(ledger(SOME)))) / f64::from(SOME)),
            "hash" => least(20, || {
                let mut fresh = ledger(SOME);
                each(1, |_| {
                    black_box(fresh.log().root());
                }) / f64::from(SOME)
            }),
            "prove" => {
                least(50, || each(100, |at| drop(black_box(kept.log().inclusion_proof(u64::from(at), size).unwrap()))))
            }
            "verify" => {
                least(50, || each(20, |_| verify_inclusion(&leaf, 7777, size, black_box(&proof), &root).unwrap()))
            }
            "log" => {
                let nodes = million.nodes();
                each(1, |_| {
                    let mut ledger = TraceLedger::new();
                    for node in nodes {
                        ledger.append(node).unwrap();
                    }
                    black_box(ledger.log().root());
                })
            }
            "sha2" => {
                let headers = million.headers();
                each(1, |_| {
                    black_box(hash_alone(headers));
                })
            }
            "query" => least(50, || {
                each(50, |at| {
                    let since = i64::from(at);
                    let query = Query { origin: Some("stream-0042"), since: Some(since), limit: 100, ..Query::ALL };
                    black_box(kept.query(&query).map(|(index, _)| index).sum::<u32>());
                })
            }),
            "check" => least(50, || {
                each(500, |at| {
                    let resource = &paths[at as usize % paths.len()];
                    black_box(enforcer.check(black_box("fs.read"), black_box(resource), &[], 1));
                })
            }),
            "reserve" => {
                let tokens = budget.counter("tokens").unwrap();
                least(50, || {
                    each(1000, |_| {
                        let reservation = budget.reserve(black_box(tokens), black_box(80)).unwrap();
                        black_box(budget.commit(reservation, black_box(0)).unwrap());
                    })
                })
            }
            "laws" => least(50, || {
                each(5, |_| {
                    black_box(operad.verify_laws().unwrap());
                })
            }),
            other => panic!("no work is called {other}"),
        };
        println!("{ns}");
    }
}
