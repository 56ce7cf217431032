//! The ledger's Merkle tree: the proofs that the log gives, hash by hash, and verdicts on them and on others that were
//! tampered with.
//!
//! The lines are those of `formal/oracle/ledger.ml`.

use crate::Subsystem;
use crate::random::Random;
use anyhow::{Context, Result, bail};
use interlock_core::ledger::{Hash, LogError, MerkleLog, leaf_hash, verify_consistency, verify_inclusion};
use std::fmt::Write as _;

/// Roots, inclusion proofs and consistency proofs.
pub const SUBSYSTEM: Subsystem = Subsystem { name: "ledger", request, answer, requests: 30_000 };

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    text
}

fn list<T: AsRef<[u8]>>(items: &[T]) -> String {
    if items.is_empty() {
        return "-".to_owned();
    }
    items.iter().map(|item| hex(item.as_ref())).collect::<Vec<_>>().join(",")
}

/// Bytes of hexadecimal digits.
pub(crate) fn bytes(text: &str) -> Result<Vec<u8>> {
    let digits = text.as_bytes().as_chunks::<2>();
    if !digits.1.is_empty() {
        bail!("half a byte");
    }
    digits.0.iter().map(|pair| Ok(u8::from_str_radix(std::str::from_utf8(pair)?, 16)?)).collect()
}

fn hash(text: &str) -> Result<Hash> {
    bytes(text)?.try_into().ok().context("not a hash")
}

fn hashes(text: &str) -> Result<Vec<Hash>> {
    if text == "-" { Ok(Vec::new()) } else { text.split(',').map(hash).collect() }
}

fn log(entries: &[Vec<u8>]) -> MerkleLog {
    let mut log = MerkleLog::new();
    for entry in entries {
        log.push(leaf_hash(entry));
    }
    log
}

/// What is done to a proof: often nothing.
fn tamper(random: &mut Random, proof: &mut Vec<Hash>) {
    let at = usize::try_from(random.below(proof.len().max(1) as u64)).unwrap_or(0);
    match random.below(10) {
        0 => {
            let bit = random.below(256);
            let byte = usize::try_from(bit / 8).unwrap_or(0);
            if let Some(byte) = proof.get_mut(at).and_then(|hash| hash.get_mut(byte)) {
                *byte ^= 1 << (bit % 8);
            }
        }
        1 if at < proof.len() => {
            proof.remove(at);
        }
        2 => proof.insert(at, proof.get(at).copied().unwrap_or([7; 32])),
        3 => proof.reverse(),
        _ => {}
    }
}

/// A number, or one beside it.
fn near(random: &mut Random, number: u64) -> u64 {
    match random.below(20) {
        0 => number.wrapping_add(1),
        1 => number.saturating_sub(1),
        2 => random.below(40),
        _ => number,
    }
}

fn request(random: &mut Random) -> (String, u64) {
    let size = if random.percent(5) { 0 } else { random.below(33) };
    let entries: Vec<Vec<u8>> = (0..size).map(|_| random.word().to_be_bytes().into_iter().take(3).collect()).collect();
    let log = log(&entries);
    let line = match random.below(7) {
        0 => format!("root {}", list(&entries)),
        5 => format!("prove {} {}", random.below(size.saturating_add(2)), list(&entries)),
        6 => format!("extend {} {}", random.below(size.saturating_add(2)), list(&entries)),
        1 | 2 if size > 0 => {
            let index = random.below(size);
            let part = random.below(size.saturating_sub(index)).saturating_add(index).saturating_add(1);
            let mut proof = log.inclusion_proof(index, part).unwrap_or_default();
            tamper(random, &mut proof);
            let entry = usize::try_from(near(random, index)).ok().and_then(|at| entries.get(at)).cloned();
            let root = log.root_at(near(random, part)).unwrap_or_else(|_| log.root());
            format!(
                "inclusion {} {} {} {} {}",
                hex(&entry.unwrap_or_else(|| vec![0])),
                near(random, index),
                near(random, part),
                hex(&root),
                list(&proof)
            )
        }
        _ => {
            let second = random.below(size.wrapping_add(1));
            let first = random.below(second.wrapping_add(1));
            let mut proof = log.consistency_proof(first, second).unwrap_or_default();
            tamper(random, &mut proof);
            let root = |size| log.root_at(size).unwrap_or_else(|_| log.root());
            let (one, two) = (root(near(random, first)), root(near(random, second)));
            format!(
                "consistency {} {} {} {} {}",
                near(random, first),
                hex(&one),
                near(random, second),
                hex(&two),
                list(&proof)
            )
        }
    };
    (line, 1)
}

/// The log of entries that are written down.
fn log_of(entries: &str) -> Result<MerkleLog> {
    if entries == "-" {
        return Ok(MerkleLog::new());
    }
    Ok(log(&entries.split(',').map(bytes).collect::<Result<Vec<_>>>()?))
}

/// The proof that a log gives, or none.
fn given(proof: Result<Vec<Hash>, LogError>) -> String {
    proof.map_or_else(|_| "x".to_owned(), |hashes| list(&hashes))
}

fn answer(line: &str) -> Result<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    let accepted = match words[..] {
        ["root", entries] => return Ok(hex(&log_of(entries)?.root())),
        ["prove", index, entries] => {
            let log = log_of(entries)?;
            return Ok(given(log.inclusion_proof(index.parse()?, log.len())));
        }
        ["extend", first, entries] => {
            let log = log_of(entries)?;
            return Ok(given(log.consistency_proof(first.parse()?, log.len())));
        }
        ["inclusion", entry, index, size, root, proof] => {
            let leaf = leaf_hash(&bytes(entry)?);
            verify_inclusion(&leaf, index.parse()?, size.parse()?, &hashes(proof)?, &hash(root)?).is_ok()
        }
        ["consistency", first, one, second, two, proof] => {
            verify_consistency(first.parse()?, &hash(one)?, second.parse()?, &hash(two)?, &hashes(proof)?).is_ok()
        }
        _ => bail!("not a line of the ledger"),
    };
    Ok(if accepted { "1" } else { "0" }.to_owned())
}
