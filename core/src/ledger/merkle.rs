//! The log: an RFC 6962 Merkle tree that grows to the right, with the proofs that it gives.

use alloc::vec::Vec;
use core::fmt;

use super::hash::{Hash, empty_root, node_hash};
use super::lanes::node_hashes;

/// The hashes of all complete subtrees, level by level: level 0 has the leaves, level l a hash for every 2^l of them.
/// What is not complete is hashed when it is asked for, at most once a level; of all leaves, it may be kept.
#[derive(Clone, Debug, Default)]
pub struct MerkleLog {
    levels: Vec<Vec<Hash>>,
    /// What is not complete over the last leaves of the first `edge_of`: number l is over those behind the last multiple of
    /// 2^l, none where there are none. Every proof in a log that stands still has one of them at most.
    edge: Vec<Option<Hash>>,
    edge_of: u64,
}

/// Why a log gives no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogError {
    /// The log is smaller than the tree that is asked about.
    Size {
        /// The size asked for.
        size: u64,
        /// The size of the log.
        len: u64,
    },
    /// The tree has no such leaf.
    Index {
        /// The leaf asked for.
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
}

impl fmt::Display for LogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Size { size, len } => write!(f, "size is {size}, must be at most {len}, that of the log"),
            Self::Index { index, size } => write!(f, "index is {index}, must be below {size}, the size of the tree"),
            Self::Order { first, second } => write!(f, "first size is {first}, must be at most {second}, the second"),
        }
    }
}

impl core::error::Error for LogError {}

impl MerkleLog {
    /// A log without leaves.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many leaves it has.
    pub fn len(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Appends the hash of a leaf, and those of the subtrees that it completes.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        let mut level = 0_usize;
        loop {
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let Some(hashes) = self.levels.get_mut(level) else { return };
            hashes.push(hash);
            let (pairs, []) = hashes.as_chunks::<2>() else { return };
            let Some([left, right]) = pairs.last() else { return };
            hash = node_hash(left, right);
            level = level.wrapping_add(1);
        }
    }

    /// Appends the hashes of leaves, and those of the subtrees that they complete: as pushing each, and faster.
    pub(super) fn extend(&mut self, leaves: &[Hash]) {
        if leaves.is_empty() {
            return;
        }
        if self.levels.is_empty() {
            self.levels.push(Vec::new());
        }
        if let Some(hashes) = self.levels.first_mut() {
            hashes.extend_from_slice(leaves);
        }
        let mut level = 1_usize;
        loop {
            let above = self.levels.get(level).map_or(0, Vec::len);
            let Some(hashes) = self.levels.get(level.wrapping_sub(1)) else { return };
            if hashes.len() / 2 == above {
                return;
            }
            if self.levels.len() == level {
                self.levels.push(Vec::new());
            }
            let Some((below, [hashes, ..])) = self.levels.split_at_mut_checked(level) else { return };
            let pairs = below.last().map(|below| below.as_chunks::<2>().0);
            node_hashes(pairs.and_then(|pairs| pairs.get(above..)).unwrap_or_default(), hashes);
            level = level.wrapping_add(1);
        }
    }

    /// Keeps what is not complete over all leaves there are, for the root and the proofs until the next leaf comes.
    pub(super) fn keep_edge(&mut self) {
        let len = self.len();
        if self.edge_of == len {
            return;
        }
        self.edge.clear();
        let mut hash = None;
        for level in 0..u64::BITS.saturating_sub(len.leading_zeros()) {
            self.edge.push(hash);
            let index = len.wrapping_shr(level);
            if index & 1 == 1 {
                hash = Some(joined(self.complete(level, index ^ 1), hash));
            }
        }
        self.edge.push(hash);
        self.edge_of = len;
    }

    /// Hash of a complete subtree that is there.
    fn complete(&self, level: u32, index: u64) -> Hash {
        u8::try_from(level).ok().and_then(|level| self.subtree(level, index)).unwrap_or_default()
    }

    /// Hash of the complete subtree over the leaves from `index * 2^level` on.
    pub fn subtree(&self, level: u8, index: u64) -> Option<Hash> {
        self.level(level)?.get(usize::try_from(index).ok()?).copied()
    }

    pub(super) fn level(&self, level: u8) -> Option<&[Hash]> {
        self.levels.get(usize::from(level)).map(Vec::as_slice)
    }

    /// Hash of leaf number `index`.
    pub fn leaf(&self, index: u64) -> Option<Hash> {
        self.subtree(0, index)
    }

    /// Root over all leaves.
    #[must_use]
    pub fn root(&self) -> Hash {
        if self.is_empty() { empty_root() } else { self.over(0, self.len()) }
    }

    /// Root of the tree that the log was when it had `size` leaves.
    ///
    /// # Errors
    /// [`LogError::Size`] if it has not been that large yet.
    pub fn root_at(&self, size: u64) -> Result<Hash, LogError> {
        self.has(size)?;
        Ok(if size == 0 { empty_root() } else { self.over(0, size) })
    }

    fn has(&self, size: u64) -> Result<(), LogError> {
        let len = self.len();
        if size > len { Err(LogError::Size { size, len }) } else { Ok(()) }
    }

    /// `MTH(D[from:to])` (RFC 6962, 2.1) where `from` is a multiple of the least power of two not below the number of
    /// leaves: complete subtrees from large to small, hashed together from the small end.
    fn over(&self, from: u64, to: u64) -> Hash {
        let mut rest = to.wrapping_sub(from);
        if to == self.edge_of
            && let Some(level) = rest.checked_ilog2().filter(|_| !rest.is_power_of_two())
            && let Some(Some(kept)) = self.edge.get((level as usize).wrapping_add(1))
        {
            return *kept;
        }
        let mut end = to;
        let mut hash: Option<Hash> = None;
        while rest > 0 {
            let level = rest.trailing_zeros();
            let width = 1_u64.wrapping_shl(level);
            end = end.wrapping_sub(width);
            rest = rest.wrapping_sub(width);
            hash = Some(joined(self.complete(level, end.wrapping_shr(level)), hash));
        }
        hash.unwrap_or_default()
    }

    /// The inclusion proof `PATH(index, D[size])` (RFC 6962, 2.1.1), from the leaf's sibling up.
    ///
    /// # Errors
    /// [`LogError`] if the log has no tree of that size or the tree no such leaf.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, LogError> {
        let mut proof = Vec::with_capacity(height(size) as usize);
        self.add_inclusion_proof(index, size, &mut proof)?;
        Ok(proof)
    }

    /// Adds an inclusion proof behind what is there: of several leaves in one piece of memory.
    ///
    /// # Errors
    /// As [`MerkleLog::inclusion_proof`]. Nothing is added.
    pub fn add_inclusion_proof(&self, index: u64, size: u64, proof: &mut Vec<Hash>) -> Result<(), LogError> {
        self.has(size)?;
        if index >= size {
            return Err(LogError::Index { index, size });
        }
        proof.reserve(height(size) as usize);
        let mut levels = self.levels.iter();
        for level in 0..height(size) {
            let sibling = index.wrapping_shr(level) ^ 1;
            let hashes = levels.next().map(Vec::as_slice).unwrap_or_default();
            // Most siblings are complete, and there.
            let complete = usize::try_from(sibling).ok().filter(|_| sibling < size.wrapping_shr(level));
            match complete.and_then(|sibling| hashes.get(sibling)) {
                Some(hash) => proof.push(*hash),
                // Whatever has a sibling below the last leaf has it in the proof.
                None => {
                    let from = sibling.wrapping_shl(level);
                    if from < size {
                        proof.push(self.over(from, size));
                    }
                }
            }
        }
        Ok(())
    }

    /// The consistency proof `PROOF(first, D[second])` (RFC 6962, 2.1.2), in its order. Empty where there is nothing
    /// to prove: for equal sizes, and for the empty tree, which every tree continues.
    ///
    /// # Errors
    /// [`LogError`] if the sizes are in the wrong order or the log has no tree of the second.
    pub fn consistency_proof(&self, first: u64, second: u64) -> Result<Vec<Hash>, LogError> {
        self.has(second)?;
        if first > second {
            return Err(LogError::Order { first, second });
        }
        let mut proof = Vec::new();
        if first == 0 || first == second {
            return Ok(proof);
        }
        // SUBPROOF from the root down to the subtree that ends where the first tree does; the RFC's order is the reverse.
        let (mut from, mut to) = (0_u64, second);
        let mut is_first_tree = true;
        while first != to {
            let split = from.wrapping_add(largest_power_below(to.wrapping_sub(from)));
            if first <= split {
                proof.push(self.over(split, to));
                to = split;
            } else {
                proof.push(self.over(from, split));
                from = split;
                is_first_tree = false;
            }
        }
        if !is_first_tree {
            proof.push(self.over(from, to));
        }
        proof.reverse();
        Ok(proof)
    }
}

/// A complete subtree, and what stands to its right, if something does.
fn joined(complete: Hash, hash: Option<Hash>) -> Hash {
    hash.map_or(complete, |right| node_hash(&complete, &right))
}

/// Levels of a tree of so many leaves below its root: no inclusion proof in it has more hashes.
const fn height(size: u64) -> u32 {
    u64::BITS.saturating_sub(size.saturating_sub(1).leading_zeros())
}

/// The largest power of two below a number of at least 2.
fn largest_power_below(count: u64) -> u64 {
    count.saturating_sub(1).checked_ilog2().map_or(0, |level| 1_u64.wrapping_shl(level))
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Roots and proofs are the same whether what is not complete was kept or is hashed.
        #[test]
        fn keeping_the_edge_changes_nothing(sizes in prop::collection::vec(0..40_u8, 1..6)) {
            let mut kept = MerkleLog::new();
            for (number, size) in (0_u8..).zip(sizes) {
                let leaves: Vec<Hash> = (0..size).map(|leaf| [number.wrapping_mul(41) ^ leaf; 32]).collect();
                kept.extend(&leaves);
                let plain = MerkleLog { levels: kept.levels.clone(), ..MerkleLog::new() };
                kept.keep_edge();
                prop_assert_eq!(kept.root(), plain.root());
                for size in 0..=kept.len() {
                    prop_assert_eq!(kept.root_at(size), plain.root_at(size));
                    prop_assert_eq!(kept.consistency_proof(size, kept.len()), plain.consistency_proof(size, kept.len()));
                    let (mut added, mut each) = (Vec::new(), Vec::new());
                    for index in 0..size {
                        prop_assert_eq!(kept.inclusion_proof(index, size), plain.inclusion_proof(index, size));
                        kept.add_inclusion_proof(index, size, &mut added).unwrap();
                        prop_assert!(kept.add_inclusion_proof(size, size, &mut added).is_err());
                        each.extend(kept.inclusion_proof(index, size).unwrap());
                    }
                    prop_assert_eq!(added, each);
                }
            }
        }

        #[test]
        fn extending_is_pushing_each(sizes in prop::collection::vec(0..70_usize, 0..8)) {
            let (mut pushed, mut extended) = (MerkleLog::new(), MerkleLog::new());
            for (number, size) in (0_u8..).zip(sizes) {
                let leaves: Vec<Hash> = (0_u8..).map(|leaf| [number ^ leaf.wrapping_mul(31); 32]).take(size).collect();
                for leaf in &leaves {
                    pushed.push(*leaf);
                }
                extended.extend(&leaves);
                prop_assert_eq!(&pushed.levels, &extended.levels);
            }
        }
    }
}
