//! Which of many permissions allows an operation.
//!
//! A `*` never takes a `/`, so all other text of a pattern stands at a place that can be counted in segments from the
//! start: the text before its first `*`, what lies between two segments with `*`, the text behind the last. Patterns whose
//! texts stand at the same places are of one [`Shape`]. A look-up cuts a resource as each shape says, hashes what it has
//! cut out, and finds the patterns that have the same texts there. Of a segment with two `*` or more, the longest text
//! between two of them counts, too, wherever it stands in the segment.
//!
//! So the time of a look-up grows with the number of shapes, which are few where patterns are written alike, and not with
//! the number of permissions. Only patterns with the same texts at the same places are matched one after the other: those
//! that differ in nothing but shorter texts between two `*` of one segment.

use alloc::vec::Vec;

use super::pattern::{Pattern, behind_slashes, end, same};
use super::permission::Permission;

/// No permission.
const NONE: u32 = u32::MAX;
/// In place of the bytes behind the last `*` of a segment: the pattern ends with `**`.
const OPEN: u16 = u16::MAX;

/// A segment with `*`, in four times sixteen bits: the `/` from the last such segment, or the start, to this one; the bytes
/// before its first `*`; those behind its last; and those of the text between two `*` that counts, 0 for none.
/// [`MAX_PATTERN_BYTES`](super::MAX_PATTERN_BYTES) bounds them all.
type Step = u64;

#[allow(clippy::cast_possible_truncation, reason = "sixteen bits each")]
#[inline]
fn parts(step: Step) -> [u16; 4] {
    [(step >> 48) as u16, (step >> 32) as u16, (step >> 16) as u16, step as u16]
}

/// Where the texts of a pattern stand. In their order the permissions are preferred: those without `*`, then those with
/// the fewest `/` before it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    steps: Vec<Step>,
    /// Whether the last of them is the last segment, too.
    ends_in_star: bool,
    /// Of each capability that has such a pattern a bit, which others may have, too.
    capabilities: u64,
}

/// What a shape cuts out of a resource.
struct Key<'t> {
    hash: u64,
    /// The part of a segment in which a text may stand anywhere, and the length of that.
    within: Option<(&'t [u8], usize)>,
}

impl Shape {
    /// The shape of a pattern, and its text between two `*` that counts.
    fn of(pattern: &Pattern) -> (Self, &[u8]) {
        let mut steps: Vec<Step> = Vec::new();
        let text = pattern.as_str().as_bytes();
        let (mut slashes, mut segment, mut best, mut of_best) = (0_usize, 0_usize, &[][..], 0);
        let (mut first, mut last) = (None, 0_usize);
        let mut ends_in_star = false;
        for at in 0..=text.len() {
            match text.get(at) {
                Some(b'*') => {
                    let piece = text.get(last..at).unwrap_or_default();
                    if first.is_some() && piece.len() > best.len() {
                        (best, of_best) = (piece, steps.len());
                    }
                    first = first.or(Some(at));
                    last = at.saturating_add(1);
                }
                None | Some(b'/') => {
                    ends_in_star = first.is_some();
                    if let Some(first) = first.take() {
                        let step = [slashes, first.saturating_sub(segment), at.saturating_sub(last), 0];
                        steps.push(step.iter().fold(0, |step, part| step << 16 | *part as u64));
                        slashes = 0;
                    }
                    slashes = slashes.saturating_add(1);
                    segment = at.saturating_add(1);
                }
                _ => {}
            }
        }
        if let Some(step) = steps.get_mut(of_best) {
            *step |= best.len() as u64;
        }
        if pattern.is_open()
            && let Some(step) = steps.last_mut()
        {
            *step |= u64::from(OPEN) << 16;
        }
        (Self { steps, ends_in_star, capabilities: 0 }, best)
    }

    /// The `/` before the first `*`, and one; 0 where there is no `*`.
    fn depth(&self) -> u64 {
        self.steps.first().map_or(0, |step| (step >> 48).wrapping_add(1))
    }

    /// What it cuts out of a resource, or of a pattern of this shape; none where that has too few segments or too short ones.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    fn key<'t>(&self, seed: u64, text: &'t [u8]) -> Option<Key<'t>> {
        // Texts that are the same are told apart by how they are preferred.
        let mut key = Key { hash: seed.wrapping_add(self.depth() << 32), within: None };
        let (mut from, mut segment) = (0, 0);
        let mut left = self.steps.len();
        for step in &self.steps {
            let [slashes, ahead, behind, length] = parts(*step);
            left = left.wrapping_sub(1);
            segment = behind_slashes(text, segment, u32::from(slashes))?;
            let star = segment.saturating_add(usize::from(ahead));
            key.hash = hash(key.hash, text.get(from..star)?);
            if behind == OPEN {
                return Some(key);
            }
            let mut end = text.len();
            if !(self.ends_in_star && left == 0)
                && let Some(next) = behind_slashes(text, segment, 1)
            {
                end = next.saturating_sub(1);
            }
            from = end.checked_sub(usize::from(behind))?;
            let stars = text.get(star..from)?;
            if length > 0 {
                key.within = Some((stars, usize::from(length)));
            }
        }
        key.hash = hash(key.hash, text.get(from..)?);
        Some(key)
    }
}

/// Where a permission is found.
#[derive(Clone, Copy, Debug)]
struct Entry {
    hash: u64,
    /// The next permission with the same place in the table, further behind in the list.
    next: u32,
}

/// Where permissions of a list are, by a hash of the capability and of what their shape cuts out of their pattern.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    shapes: Vec<Shape>,
    entries: Vec<Entry>,
    /// Of each place the first permission. A power of two of places.
    table: Vec<u32>,
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
            let seed = hash(SEED, item.capability().as_bytes());
            let (mut shape, piece) = Shape::of(item.resource());
            shape.capabilities = bit_of(seed);
            let Some(key) = shape.key(seed, item.resource().as_str().as_bytes()) else { continue };
            let hash = if key.within.is_some() { hash(key.hash, piece) } else { key.hash };
            let place = set.place(hash);
            if let (Some(first), Some(entry)) = (set.table.get_mut(place), set.entries.get_mut(index as usize)) {
                *entry = Entry { hash, next: *first };
                *first = index;
            }
            set.shapes.push(shape);
        }
        crate::sort::sort(&mut set.shapes);
        set.shapes.dedup_by(|shape, before| {
            let is_same = (&shape.steps, shape.ends_in_star) == (&before.steps, before.ends_in_star);
            if is_same {
                before.capabilities |= shape.capabilities;
            }
            is_same
        });
        set
    }

    #[inline]
    #[allow(clippy::cast_possible_truncation, reason = "the low bits of a hash")]
    const fn place(&self, hash: u64) -> usize {
        (hash >> 32) as usize & self.table.len().wrapping_sub(1)
    }

    /// The first of the permissions of a hash, and of those the first that allows an operation.
    #[cfg_attr(target_arch = "wasm32", inline(never))]
    #[cfg_attr(not(target_arch = "wasm32"), inline)]
    fn first(&self, items: &[Permission], (capability, resource): (&str, &str), hash: u64) -> Option<u32> {
        let mut index = *self.table.get(self.place(hash))?;
        loop {
            let entry = self.entries.get(index as usize)?;
            if entry.hash == hash
                && let Some(item) = items.get(index as usize)
                && item.resource().matches(resource)
                && same(item.capability().as_bytes(), capability.as_bytes())
            {
                return Some(index);
            }
            index = entry.next;
        }
    }

    /// The permission of the list that allows a capability on a resource, by its position: one whose pattern is the
    /// resource, else of several the one with the fewest `/` before its first `*`, and of these the first.
    #[inline]
    pub(super) fn find(&self, items: &[Permission], capability: &str, resource: &str) -> Option<u32> {
        let seed = hash(SEED, capability.as_bytes());
        let mut best: Option<(u32, &Shape)> = None;
        for shape in self.shapes.iter().filter(|shape| shape.capabilities & bit_of(seed) != 0) {
            if best.is_some_and(|(_, before)| before.depth() != shape.depth()) {
                break;
            }
            let Some(key) = shape.key(seed, resource.as_bytes()) else { continue };
            let found = match key.within {
                None => self.first(items, (capability, resource), key.hash),
                Some((stars, length)) => self.within(items, (capability, resource), key.hash, stars, length),
            };
            if let Some(found) = found
                && best.is_none_or(|(before, _)| found < before)
            {
                best = Some((found, shape));
            }
        }
        best.map(|(found, _)| found)
    }

    /// The first permission that allows an operation, of those whose text stands somewhere between the stars. Texts that
    /// have been looked up are not looked up again, however often they stand there.
    #[inline(never)]
    fn within(
        &self,
        items: &[Permission],
        operation: (&str, &str),
        seed: u64,
        stars: &[u8],
        length: usize,
    ) -> Option<u32> {
        let mut tried: Vec<u64> = Vec::new();
        let mut best = None;
        for text in stars.windows(length.max(1)) {
            let hash = hash(seed, text);
            // Of most places the table has nothing.
            if self.table.get(self.place(hash)).is_none_or(|first| *first == NONE) || tried.contains(&hash) {
                continue;
            }
            tried.push(hash);
            best = match (best, self.first(items, operation, hash)) {
                (Some(one), Some(other)) => Some(other.min(one)),
                (one, other) => one.or(other),
            };
        }
        best
    }
}

#[inline]
const fn bit_of(seed: u64) -> u64 {
    1 << (seed >> 58)
}

/// Where a hash begins.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes a text into a hash, eight bytes at a time. For finding only: whoever writes
/// the patterns can make them meet, and then a look-up takes longer.
#[cfg_attr(target_arch = "wasm32", inline(never))]
#[cfg_attr(not(target_arch = "wasm32"), inline)]
fn hash(seed: u64, text: &[u8]) -> u64 {
    let mut hash = seed ^ text.len() as u64;
    // The last eight bytes lap over those before them.
    let before = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
    for word in before.as_chunks::<8>().0 {
        hash = mixed(hash, u64::from_le_bytes(*word));
    }
    mixed(hash, end(text))
}

#[inline]
const fn mixed(hash: u64, word: u64) -> u64 {
    let word = (hash ^ word).wrapping_mul(0xff51_afd7_ed55_8ccd);
    word ^ word >> 32
}

#[cfg(test)]
mod tests {
    use super::super::walk::Walk;
    use super::*;
    use alloc::string::String;
    use proptest::prelude::*;

    fn permissions(written: &[(String, String)]) -> Vec<Permission> {
        written.iter().filter_map(|(name, pattern)| Permission::new(name, pattern).ok()).collect()
    }

    proptest! {
        #[test]
        fn finds_what_a_walk_over_all_finds(
            written in prop::collection::vec(("a|b|ab|abc", "[ab*/é]{1,6}|[ab/]{1,3}/\\*\\*"), 0..40),
            operations in prop::collection::vec(("a|b|ab|abc|ac|abcd", "[ab/é]{1,7}"), 0..20),
        ) {
            let items = permissions(&written);
            let index = Index::new(&items);
            for (capability, resource) in &operations {
                prop_assert_eq!(index.find(&items, capability, resource), Walk::new(&items).find(&items, capability, resource));
            }
        }

        /// Patterns of many segments that share most of their texts, and resources that nearly match.
        #[test]
        fn finds_among_patterns_that_are_alike(
            written in prop::collection::vec(
                ("a", "t(/(x|xy|[*]|x[*]|[*]y|x[*]y|[*]x[*]|[*]xy[*]|[*]y[*]xy[*]y)){1,4}(/[*][*])?"), 0..60),
            resources in prop::collection::vec("t(/[xy]{0,5}){1,5}", 0..40),
        ) {
            let items = permissions(&written);
            let index = Index::new(&items);
            for resource in &resources {
                prop_assert_eq!(index.find(&items, "a", resource), Walk::new(&items).find(&items, "a", resource), "{}", resource);
            }
        }
    }
}
