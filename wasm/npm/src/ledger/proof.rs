//! Verifiers of proofs.

use interlock_core::ledger;
use wasm_bindgen::prelude::wasm_bindgen;

use super::node::{hash, hashes};
use crate::refusal::{Fault, given};

/// Verifies that a leaf is in a tree.
///
/// # Errors
/// The proof does not show it.
#[wasm_bindgen(js_name = verifyInclusion)]
pub fn verify_inclusion(leaf: &[u8], index: u64, size: u64, proof: &[u8], root: &[u8]) {
    given(inclusion(leaf, index, size, proof, root));
}

fn inclusion(leaf: &[u8], index: u64, size: u64, proof: &[u8], root: &[u8]) -> Result<(), Fault> {
    Ok(ledger::verify_inclusion(&hash(leaf)?, index, size, hashes(proof)?, &hash(root)?)?)
}

/// Verifies that a tree continues an earlier one.
///
/// # Errors
/// The proof does not show it.
#[wasm_bindgen(js_name = verifyConsistency)]
pub fn verify_consistency(first: u64, first_root: &[u8], second: u64, second_root: &[u8], proof: &[u8]) {
    given(consistency(first, first_root, second, second_root, proof));
}

fn consistency(first: u64, first_root: &[u8], second: u64, second_root: &[u8], proof: &[u8]) -> Result<(), Fault> {
    Ok(ledger::verify_consistency(first, &hash(first_root)?, second, &hash(second_root)?, hashes(proof)?)?)
}
