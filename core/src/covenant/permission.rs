//! Permissions, and the one that allows an operation.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::pattern::{Pattern, PatternError};

/// Bytes of a capability's name, at most.
pub const MAX_CAPABILITY_BYTES: u32 = 128;

/// Something may be done (a capability) with some resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    capability: String,
    resource: Pattern,
}

/// Why a permission was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermissionError {
    /// A capability has 1 to [`MAX_CAPABILITY_BYTES`] bytes, each visible ASCII other than `*`.
    Capability {
        /// The byte that is none of these, or the name's length where that is wrong.
        offset: u64,
    },
    /// The pattern of resources.
    Resource(PatternError),
}

impl PermissionError {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Capability { .. } => {
                String::from("a capability has 1 to 128 bytes of visible ASCII, and no * among them")
            }
            Self::Resource(error) => error.message(),
        }
    }
}

impl fmt::Display for PermissionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for PermissionError {}

/// Whether a text is the name of a capability; at which byte it is none.
pub(super) fn check_capability(name: &str) -> Result<(), PermissionError> {
    let bad = name.bytes().position(|byte| !byte.is_ascii_graphic() || byte == b'*');
    let too_long = name.is_empty() || name.len() > MAX_CAPABILITY_BYTES as usize;
    match bad.or_else(|| too_long.then_some(name.len())) {
        Some(offset) => Err(PermissionError::Capability { offset: offset as u64 }),
        None => Ok(()),
    }
}

impl Permission {
    /// The permission to use a capability on the resources of a pattern.
    ///
    /// # Errors
    /// [`PermissionError`] says what is wrong with either.
    pub fn new(capability: &str, resource: &str) -> Result<Self, PermissionError> {
        check_capability(capability)?;
        let resource = Pattern::new(resource).map_err(PermissionError::Resource)?;
        Ok(Self { capability: String::from(capability), resource })
    }

    /// What may be done.
    #[must_use]
    pub fn capability(&self) -> &str {
        &self.capability
    }

    /// With which resources.
    #[must_use]
    pub const fn resource(&self) -> &Pattern {
        &self.resource
    }

    /// Whether everything that this one allows is allowed by another.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.capability == other.capability && self.resource.is_within(&other.resource)
    }
}

/// No permission.
const NONE: u32 = u32::MAX;
/// Deeper than so many `/` nothing is looked for: a pattern that goes deeper is found at this depth.
const DEEPEST: u32 = 31;

/// Where a permission is found.
#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u64,
    /// The next permission with the same place in the table.
    next: u32,
}

/// Where permissions of a list are, found by a hash of the capability and of the pattern: all of it where it has no `*`, else what stands
/// before the `/` before its first `*`.
///
/// So a look-up costs a hash for the resource, one for each such depth that patterns have, and a match for each permission
/// that is the same up to there, whatever the number of permissions.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    entries: Vec<Entry>,
    /// Of each place the first permission. A power of two of places.
    table: Vec<u32>,
    /// A bit for each number of `/` that a pattern with `*` has before it.
    depths: u32,
    /// Of each capability that has patterns without `*` a bit, which others may have, too.
    literals: u64,
}

impl Index {
    /// The index of a list.
    pub(super) fn new(items: &[Permission]) -> Self {
        let places = items.len().max(1).checked_next_power_of_two().unwrap_or(1).saturating_mul(2);
        let mut set = Self::default();
        set.table.resize(places, NONE);
        set.entries.resize(items.len(), Entry { hash: 0, next: NONE });
        // From the last on, so that the first of a place comes first.
        for (index, item) in (0..u32::try_from(items.len()).unwrap_or(NONE)).zip(items).rev() {
            let seed = hash(SEED, item.capability.as_bytes());
            let pattern = item.resource.as_str();
            let hash = if item.resource.is_literal() {
                set.literals |= bit_of(seed);
                hash(seed, pattern.as_bytes())
            } else {
                let head = item.resource.head().as_bytes();
                let slashes = head.iter().filter(|byte| **byte == b'/').take(DEEPEST as usize).count();
                let depth = u32::try_from(slashes).unwrap_or(DEEPEST);
                set.depths |= 1_u32.wrapping_shl(depth);
                hash(!seed, part_of(head, depth).unwrap_or_default())
            };
            let place = set.place(hash);
            if let (Some(first), Some(entry)) = (set.table.get_mut(place), set.entries.get_mut(index as usize)) {
                *entry = Entry { hash, next: *first };
                *first = index;
            }
        }
        set
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the low bits of a hash")]
    const fn place(&self, hash: u64) -> usize {
        (hash >> 32) as usize & self.table.len().wrapping_sub(1)
    }

    /// The permission of the list that allows a capability on a resource, by its position: one whose pattern is the
    /// resource, else of several the one with the fewest `/` before its first `*`, and of these the first.
    #[inline]
    pub(super) fn find(&self, items: &[Permission], capability: &str, resource: &str) -> Option<u32> {
        let seed = hash(SEED, capability.as_bytes());
        let mut depths = self.depths;
        let mut is_literal = self.literals & bit_of(seed) != 0;
        loop {
            let hash = if core::mem::take(&mut is_literal) {
                hash(seed, resource.as_bytes())
            } else if depths == 0 {
                return None;
            } else {
                let depth = depths.trailing_zeros();
                depths &= depths.wrapping_sub(1);
                hash(!seed, part_of(resource.as_bytes(), depth)?)
            };
            let mut index = *self.table.get(self.place(hash))?;
            while let Some(entry) = self.entries.get(index as usize) {
                if entry.hash == hash
                    && let Some(item) = items.get(index as usize)
                    && item.resource.matches(resource)
                    && item.capability == capability
                {
                    return Some(index);
                }
                index = entry.next;
            }
        }
    }
}

/// What stands before and with the so-manieth `/`; nothing for 0; none where there are fewer.
fn part_of(text: &[u8], depth: u32) -> Option<&[u8]> {
    let mut left = depth;
    if left == 0 {
        return Some(&[]);
    }
    let (words, rest) = text.as_chunks::<8>();
    let mut start = 0_usize;
    for word in words {
        // Exactly the bytes that are `/`: a seven-bit sum never carries into the next.
        let word = u64::from_le_bytes(*word) ^ 0x2f2f_2f2f_2f2f_2f2f;
        let seven = 0x7f7f_7f7f_7f7f_7f7f;
        let mut found = !((word & seven).wrapping_add(seven) | word | seven);
        let count = found.count_ones();
        if count >= left {
            for _ in 1..left {
                found &= found.wrapping_sub(1);
            }
            let within = (found.trailing_zeros() >> 3) as usize;
            return text.get(..start.saturating_add(within).saturating_add(1));
        }
        left = left.saturating_sub(count);
        start = start.saturating_add(8);
    }
    for (within, byte) in rest.iter().enumerate() {
        left = left.saturating_sub(u32::from(*byte == b'/'));
        if left == 0 {
            return text.get(..start.saturating_add(within).saturating_add(1));
        }
    }
    None
}

#[inline]
const fn bit_of(seed: u64) -> u64 {
    1 << (seed >> 58)
}

/// Where a hash begins.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes a text into a hash, eight bytes at a time, the last eight of them once more. For finding only: whoever writes
/// the patterns can make them meet, and then a look-up takes longer.
fn hash(seed: u64, text: &[u8]) -> u64 {
    let mut hash = seed ^ text.len() as u64;
    if text.len() < 8 {
        let mut word = [0; 8];
        for (to, from) in word.iter_mut().zip(text) {
            *to = *from;
        }
        return mixed(hash, word);
    }
    let (words, _) = text.as_chunks::<8>();
    for word in words {
        hash = mixed(hash, *word);
    }
    mixed(hash, text.last_chunk::<8>().copied().unwrap_or_default())
}

#[inline]
const fn mixed(hash: u64, word: [u8; 8]) -> u64 {
    let word = (hash ^ u64::from_le_bytes(word)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    word ^ word >> 32
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_a_walk_over_all_finds(
            permissions in prop::collection::vec(("a|b|ab|abc", "[ab*/é]{1,6}|[ab/]{1,3}/\\*\\*"), 0..40),
            operations in prop::collection::vec(("a|b|ab|abc|ac|abcd", "[ab/é]{1,7}"), 0..20),
        ) {
            let items: Vec<Permission> =
                permissions.iter().filter_map(|(name, pattern)| Permission::new(name, pattern).ok()).collect();
            let index = Index::new(&items);
            for (capability, resource) in &operations {
                let all = items.iter().zip(0_u32..).filter(|(item, _)| {
                    item.capability() == capability && item.resource().matches(resource)
                });
                let depth = |item: &Permission| item.resource().head().matches('/').count();
                let best = all.min_by_key(|(item, at)| (!item.resource().is_literal(), depth(item), *at));
                prop_assert_eq!(index.find(&items, capability, resource), best.map(|(_, at)| at));
            }
        }
    }

    #[test]
    fn what_is_refused() {
        for name in ["", "a b", "tool-*", "é", &"x".repeat(129)] {
            let error = Permission::new(name, "a").unwrap_err();
            assert!(error.to_string().starts_with("a capability has 1 to 128 bytes"));
        }
        assert_eq!(Permission::new("a", "../b").unwrap_err().to_string(), "a segment . or .. at byte 0");
    }
}
