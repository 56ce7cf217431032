//! Verifiers of proofs. They need no ledger: hashes, sizes and what is claimed.

use core::fmt;

use super::hash::{Hash, empty_root, node_hash};

/// Why a proof shows nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofError {
    /// The tree has no such leaf.
    Index {
        /// The leaf spoken of.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The first tree is larger than the second.
    Order {
        /// Size of the first.
        first: u64,
        /// Size of the second.
        second: u64,
    },
    /// A proof for these sizes has another length.
    Length {
        /// Hashes that it has.
        found: usize,
    },
    /// It leads to another root than the one of the (second) tree.
    Root,
    /// It leads to another root than the one of the first tree.
    FirstRoot,
}

impl fmt::Display for ProofError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Index { index, size } => write!(f, "index is {index}, must be below {size}, the size of the tree"),
            Self::Order { first, second } => write!(f, "first size is {first}, must be at most {second}, the second"),
            Self::Length { found } => write!(f, "the proof has {found} hashes, which no proof for these sizes has"),
            Self::Root => f.write_str("the proof leads to another root"),
            Self::FirstRoot => f.write_str("the proof leads to another root of the first tree"),
        }
    }
}

impl core::error::Error for ProofError {}

/// Verifies that a leaf is in a tree (RFC 9162, 2.1.3.2).
///
/// # Errors
/// [`ProofError`] says why the proof does not show it.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), ProofError> {
    if index >= size {
        return Err(ProofError::Index { index, size });
    }
    let wrong_length = ProofError::Length { found: proof.len() };
    // Numbers of the node that has been reached and of the last node, on the same level.
    let (mut node, mut last) = (index, size.wrapping_sub(1));
    let mut hash = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            // Levels on which the node has no sibling.
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if hash == *root { Ok(()) } else { Err(ProofError::Root) }
}

/// Verifies that a tree continues an earlier one (RFC 9162, 2.1.4.2). Every tree continues itself and the empty one;
/// the proof of that is empty.
///
/// # Errors
/// [`ProofError`] says why the proof does not show it.
pub fn verify_consistency(
    first: u64,
    first_root: &Hash,
    second: u64,
    second_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    let wrong_length = ProofError::Length { found: proof.len() };
    if first > second {
        return Err(ProofError::Order { first, second });
    }
    if first == second || first == 0 {
        if !proof.is_empty() {
            return Err(wrong_length);
        }
        if first == 0 && *first_root != empty_root() {
            return Err(ProofError::FirstRoot);
        }
        if second == 0 && *second_root != empty_root() {
            return Err(ProofError::Root);
        }
        return if first == 0 || first_root == second_root { Ok(()) } else { Err(ProofError::Root) };
    }
    // A complete first tree is a node of the second: the proof starts from its root.
    let (start, rest) = match proof.split_first() {
        _ if first.is_power_of_two() => (first_root, proof),
        Some(split) => split,
        None => return Err(wrong_length),
    };
    let (mut node, mut last) = (first.wrapping_sub(1), second.wrapping_sub(1));
    while node & 1 == 1 {
        (node, last) = (node >> 1, last >> 1);
    }
    let (mut old, mut new) = (*start, *start);
    for sibling in rest {
        if last == 0 {
            return Err(wrong_length);
        }
        if node & 1 == 1 || node == last {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
            while node & 1 == 0 && node != 0 {
                (node, last) = (node >> 1, last >> 1);
            }
        } else {
            new = node_hash(&new, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    if last != 0 {
        return Err(wrong_length);
    }
    if old != *first_root {
        return Err(ProofError::FirstRoot);
    }
    if new == *second_root { Ok(()) } else { Err(ProofError::Root) }
}
