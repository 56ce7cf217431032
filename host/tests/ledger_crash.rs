//! A process that appends to a ledger is killed again and again: whatever it acknowledged is there, and provable.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::arithmetic_side_effects, reason = "a test")]
#![allow(clippy::indexing_slicing, clippy::format_collect, reason = "a test")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use interlock_core::ledger::file::{FileReader, Recovered};
use interlock_core::ledger::{Hash, verify_consistency, verify_inclusion};
use serde_json::Value;

/// How often the process is killed.
const KILLS: u32 = 200;

/// SplitMix64: a run can be repeated.
struct Random(u64);

impl Random {
    const fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// A folder of its own, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let path = std::env::temp_dir().join(format!("interlock-crash-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn appending(file: &Path, sync_every: u64) -> Child {
    Command::new(env!("CARGO_BIN_EXE_interlock"))
        .args(["ledger", "append", "--sync-every", &sync_every.to_string()])
        .arg(file)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// A node that was acknowledged.
struct Acknowledged {
    index: u64,
    id: String,
    leaf: String,
}

impl Acknowledged {
    fn read(line: &str) -> Option<Self> {
        let line: Value = serde_json::from_str(line).ok()?;
        let text = |name: &str| line.get(name)?.as_str().map(str::to_owned);
        Some(Self { index: line.get("index")?.as_u64()?, id: text("id")?, leaf: text("leaf")? })
    }
}

fn read(file: &Path) -> Recovered {
    let mut reader = FileReader::new(7);
    reader.feed(&fs::read(file).unwrap()).unwrap();
    reader.finish().unwrap()
}

fn hex(hash: &Hash) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Every acknowledged node is there and proved, and the log continues what it was.
fn check(file: &Path, acknowledged: &[Acknowledged], before: &mut (u64, Hash)) {
    let mut ledger = read(file).ledger;
    for node in acknowledged {
        let index = ledger.find(&node.id).unwrap_or_else(|| panic!("{} was acknowledged and is lost", node.id));
        assert_eq!(u64::from(index), node.index, "{}", node.id);
    }
    let log = ledger.log();
    let (size, root) = (log.len(), log.root());
    for node in acknowledged {
        let leaf = log.leaf(node.index).unwrap();
        assert_eq!(hex(&leaf), node.leaf, "{}", node.id);
        verify_inclusion(&leaf, node.index, size, &log.inclusion_proof(node.index, size).unwrap(), &root).unwrap();
    }
    let (first, first_root) = *before;
    let proof = log.consistency_proof(first, size).expect("the log has not become smaller");
    verify_consistency(first, &first_root, size, &root, &proof).unwrap();
    // Only what was acknowledged must stay: the rest may be a torn tail the next time.
    let certain = acknowledged.last().map_or(0, |node| node.index + 1);
    *before = (certain, log.root_at(certain).unwrap());
}

#[test]
fn whatever_was_acknowledged_survives_being_killed() {
    let folder = Folder::new();
    let file = folder.0.join("trace.ilog");
    let mut random = Random(20_261_121);
    let mut acknowledged: Vec<Acknowledged> = Vec::new();
    let mut before = (0, interlock_core::ledger::empty_root());
    let mut torn = 0;
    for round in 0..KILLS {
        let mut child = appending(&file, [1, 1, 3, 16][usize::try_from(random.below(4)).unwrap()]);
        let mut input = child.stdin.take().unwrap();
        let writer = thread::spawn(move || {
            for number in 0..2_000 {
                let payload = "x".repeat(number % 300);
                let line =
                    format!(r#"{{"id":"r{round}-{number}","origin":"o","timestamp":{round},"payload":"{payload}"}}"#);
                // It is gone in the middle of this.
                if writeln!(input, "{line}").is_err() {
                    return;
                }
            }
        });
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        for _ in 0..random.below(24) {
            let line = lines.next().expect("it goes on until it is killed").unwrap();
            acknowledged.push(Acknowledged::read(&line).unwrap());
        }
        thread::sleep(Duration::from_micros(random.below(1_500)));
        child.kill().unwrap();
        child.wait().unwrap();
        // What it had said before it was killed counts as well; half a line was never said.
        for line in lines.map_while(Result::ok) {
            acknowledged.extend(Acknowledged::read(&line));
        }
        writer.join().unwrap();
        if round % 20 == 19 {
            check(&file, &acknowledged, &mut before);
        }
        if round > 0 {
            torn += u32::from(read(&file).torn > 0);
        }
    }
    check(&file, &acknowledged, &mut before);
    assert!(acknowledged.len() > 1_000, "only {} nodes were acknowledged: the test shows little", acknowledged.len());
    println!("{} nodes acknowledged, {torn} torn tails", acknowledged.len());
}
