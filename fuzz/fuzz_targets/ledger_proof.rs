//! Proofs: what verifies is what the log itself proves, whatever is claimed.
#![no_main]

#[allow(dead_code)]
mod common;

use common::Input;
use interlock_core::ledger::{Hash, MerkleLog, leaf_hash, verify_consistency, verify_inclusion};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let mut log = MerkleLog::new();
    (0..input.byte()).for_each(|number| log.push(leaf_hash(&[number])));
    let size = log.len();
    let (first, second) = (u64::from(input.byte()), u64::from(input.byte()));
    let (wild_first, wild_second) = (input.bits(), input.bits());
    // A true proof of another claim, with some hashes replaced by ones of the log.
    let mut proof = match input.byte() & 1 {
        0 => log.inclusion_proof(u64::from(input.byte()), size).unwrap_or_default(),
        _ => log.consistency_proof(u64::from(input.byte()), size).unwrap_or_default(),
    };
    while !input.0.is_empty() && proof.len() < 80 {
        let hash: Hash = log.subtree(input.byte() % 9, u64::from(input.byte())).unwrap_or([1; 32]);
        match (input.byte(), proof.len()) {
            (at, length) if at & 1 == 0 && length > 0 => proof[usize::from(at) % length] = hash,
            _ => proof.push(hash),
        }
    }
    let leaf = leaf_hash(&[u8::try_from(second).unwrap_or(0)]);
    let _ = verify_inclusion(&leaf, wild_first, wild_second, &proof, &log.root());
    let _ = verify_consistency(wild_first, &leaf, wild_second, &log.root(), &proof);
    if size > 0 && verify_inclusion(&leaf, first, size, &proof, &log.root()).is_ok() {
        assert_eq!((first, log.inclusion_proof(first, size)), (second, Ok(proof.clone())));
    }
    if let (Ok(old), Ok(new)) = (log.root_at(first), log.root_at(second))
        && verify_consistency(first, &old, second, &new, &proof).is_ok()
    {
        assert_eq!(log.consistency_proof(first, second), Ok(proof));
    }
});
