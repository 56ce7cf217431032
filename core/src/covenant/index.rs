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

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use super::pattern::Pattern;
use super::permission::Permission;
use super::words::{WORDS_BYTES, behind_last_slash, behind_slashes, same, words};

/// No permission.
const NONE: u32 = u32::MAX;
/// In place of the bytes behind the last `*` of a segment: the pattern ends with `**`.
const OPEN: u16 = u16::MAX;

/// So many names are compared one after the other faster than one is hashed.
const FEW: usize = 4;

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
}

/// How a resource is cut as a shape says: the usual ones in a few steps.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// Not at all.
    Whole,
    /// So many bytes into its last segment, and before so many at its end.
    Last { ahead: u16, behind: u16 },
    /// By [`Shape::key`].
    Steps,
}

/// A shape that some permissions of a capability have.
#[derive(Clone, Debug)]
struct Known {
    /// The capability's number.
    capability: u32,
    /// What hashes begin with: of the capability and the shape's depth.
    seed: u64,
    depth: u64,
    way: Way,
    shape: Shape,
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
        (Self { steps, ends_in_star }, best)
    }

    /// How a resource is cut.
    fn way(&self) -> Way {
        match self.steps.as_slice() {
            [] => Way::Whole,
            [step] if self.ends_in_star => match parts(*step) {
                [_, ahead, behind, 0] if behind != OPEN => Way::Last { ahead, behind },
                _ => Way::Steps,
            },
            _ => Way::Steps,
        }
    }

    /// The `/` before the first `*`, and one; 0 where there is no `*`.
    #[inline]
    fn depth(&self) -> u64 {
        self.steps.first().map_or(0, |step| (step >> 48).wrapping_add(1))
    }

    /// What it cuts out of a resource, or of a pattern of this shape; none where that has too few segments or too short ones.
    #[inline]
    fn key<'t>(&self, seed: u64, text: &'t [u8]) -> Option<Key<'t>> {
        let mut key = Key { hash: seed, within: None };
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
    /// The number of its capability: what is compared with every look-up lies in one place and not in every permission.
    capability: u32,
}

/// A capability that some permission names.
#[derive(Clone, Debug)]
struct Capability {
    name: Box<str>,
    /// What hashes of its resources begin with.
    seed: u64,
    /// The shapes of its patterns: from the first to before the last.
    shapes: (u32, u32),
}

/// Where permissions of a list are, by a hash of the capability and of what their shape cuts out of their pattern.
#[derive(Clone, Debug, Default)]
pub(super) struct Index {
    capabilities: Vec<Capability>,
    /// Numbers of capabilities, each at the place of its name or at the next one that was free. A power of two of places, of
    /// which at most half are taken.
    names: Vec<u32>,
    /// Those of one capability after those of another.
    shapes: Vec<Known>,
    entries: Vec<Entry>,
    /// Of each place the first permission. A power of two of places.
    table: Vec<u32>,
}

/// Twice as many places as there are things, rounded up to a power of two.
fn places(things: usize) -> usize {
    things.max(1).checked_next_power_of_two().unwrap_or(1).saturating_mul(2)
}

impl Index {
    /// The index of a list.
    pub(super) fn new(items: &[Permission]) -> Self {
        let mut set = Self::default();
        let numbers = set.name(items);
        set.table.resize(places(items.len()), NONE);
        set.entries.resize(items.len(), Entry { hash: 0, next: NONE, capability: NONE });
        let mut shapes: Vec<(u32, Shape)> = Vec::with_capacity(items.len());
        // From the last on, so that the first of a place comes first.
        for (index, (item, number)) in
            (0..u32::try_from(items.len()).unwrap_or(NONE)).zip(items.iter().zip(numbers)).rev()
        {
            let Some(capability) = set.capabilities.get(number as usize) else { continue };
            let (shape, piece) = Shape::of(item.resource());
            let seed = seed_of(capability.seed, &shape);
            let Some(key) = shape.key(seed, item.resource().as_str().as_bytes()) else { continue };
            let hash = if key.within.is_some() { hash(key.hash, piece) } else { key.hash };
            let place = place(&set.table, hash);
            if let (Some(first), Some(entry)) = (set.table.get_mut(place), set.entries.get_mut(index as usize)) {
                *entry = Entry { hash, next: *first, capability: number };
                *first = index;
            }
            shapes.push((number, shape));
        }
        crate::sort::sort(&mut shapes);
        shapes.dedup();
        for (number, shape) in shapes {
            let from = u32::try_from(set.shapes.len()).unwrap_or(NONE);
            let Some(capability) = set.capabilities.get_mut(number as usize) else { continue };
            let (first, end) = &mut capability.shapes;
            *first = if *end == 0 { from } else { *first };
            *end = from.saturating_add(1);
            let seed = seed_of(capability.seed, &shape);
            set.shapes.push(Known { capability: number, seed, depth: shape.depth(), way: shape.way(), shape });
        }
        set
    }

    /// Numbers the capabilities of a list: of each permission that of its own.
    fn name(&mut self, items: &[Permission]) -> Vec<u32> {
        let mut known: BTreeMap<&str, u32> = BTreeMap::new();
        let numbers = items.iter().map(|item| {
            let next = u32::try_from(known.len()).unwrap_or(NONE);
            *known.entry(item.capability()).or_insert(next)
        });
        let numbers = numbers.collect();
        self.names.resize(places(known.len()), NONE);
        let nobody = Capability { name: Box::default(), seed: 0, shapes: (0, 0) };
        self.capabilities.resize(known.len(), nobody);
        for (name, number) in known {
            let seed = hash(SEED, name.as_bytes());
            if let Some(capability) = self.capabilities.get_mut(number as usize) {
                *capability = Capability { name: name.into(), seed, shapes: (0, 0) };
            }
            let mut at = place(&self.names, seed);
            while self.names.get(at).is_some_and(|taken| *taken != NONE) {
                at = at.wrapping_add(1) & self.names.len().wrapping_sub(1);
            }
            if let Some(free) = self.names.get_mut(at) {
                *free = number;
            }
        }
        numbers
    }

    /// A capability; none that no permission names.
    #[inline(never)]
    fn capability(&self, name: &str) -> Option<&Capability> {
        if self.capabilities.len() <= FEW {
            return self.capabilities.iter().find(|it| same(it.name.as_bytes(), name.as_bytes()));
        }
        let seed = hash(SEED, name.as_bytes());
        let mut at = place(&self.names, seed);
        loop {
            let number = *self.names.get(at)?;
            let capability = self.capabilities.get(number as usize)?;
            if capability.seed == seed && same(capability.name.as_bytes(), name.as_bytes()) {
                return Some(capability);
            }
            at = at.wrapping_add(1) & self.names.len().wrapping_sub(1);
        }
    }

    /// The first of the permissions of a capability and a hash that is such.
    #[inline]
    fn first(&self, items: &[Permission], capability: u32, hash: u64, is: impl Fn(&Pattern) -> bool) -> Option<u32> {
        let index = self.alike(*self.table.get(place(&self.table, hash))?, capability, hash)?;
        // Nearly always it is the one: what the others need is not made ready beside it.
        if items.get(index as usize).is_some_and(|item| is(item.resource())) {
            return Some(index);
        }
        self.further(items, capability, hash, index, &is)
    }

    /// As [`Index::first`], of those behind one.
    #[cold]
    #[inline(never)]
    fn further(
        &self,
        items: &[Permission],
        capability: u32,
        hash: u64,
        behind: u32,
        is: &dyn Fn(&Pattern) -> bool,
    ) -> Option<u32> {
        let mut index = behind;
        loop {
            index = self.alike(self.entries.get(index as usize)?.next, capability, hash)?;
            if items.get(index as usize).is_some_and(|item| is(item.resource())) {
                return Some(index);
            }
        }
    }

    /// The first entry of a place, from one on, with a capability and a hash.
    #[inline]
    fn alike(&self, from: u32, capability: u32, hash: u64) -> Option<u32> {
        let mut index = from;
        loop {
            let entry = self.entries.get(index as usize)?;
            if entry.hash == hash && entry.capability == capability {
                return Some(index);
            }
            index = entry.next;
        }
    }

    /// The permission of the list that allows a capability on a resource, by its position: one whose pattern is the
    /// resource, else of several the one with the fewest `/` before its first `*`, and of these the first.
    #[inline]
    pub(super) fn find(&self, items: &[Permission], capability: &str, resource: &str) -> Option<u32> {
        let Capability { shapes: (first, end), .. } = self.capability(capability)?;
        let shapes = self.shapes.get(*first as usize..*end as usize)?;
        if let [only] = shapes {
            return self.by(only, items, resource);
        }
        let mut best: Option<(u32, u64)> = None;
        for known in shapes {
            if best.is_some_and(|(_, depth)| depth != known.depth) {
                break;
            }
            if let Some(found) = self.by(known, items, resource)
                && best.is_none_or(|(before, _)| found < before)
            {
                best = Some((found, known.depth));
            }
        }
        best.map(|(found, _)| found)
    }

    /// The permission of a shape that allows an operation.
    #[inline]
    fn by(&self, known: &Known, items: &[Permission], resource: &str) -> Option<u32> {
        match known.way {
            Way::Whole => self.by_text(items, known, resource),
            Way::Last { .. } => self.by_last(items, known, resource),
            Way::Steps => self.by_steps(items, known, resource),
        }
    }

    // Each way is a function of its own: as parts of one they begin with what any of them needs. None takes more than fits into
    // registers.

    /// The first permission whose pattern is the resource.
    #[inline(never)]
    fn by_text(&self, items: &[Permission], known: &Known, resource: &str) -> Option<u32> {
        let text = resource.as_bytes();
        let is = |pattern: &Pattern| pattern.is_literal() && same(pattern.as_str().as_bytes(), text);
        self.first(items, known.capability, hash(known.seed, text), is)
    }

    /// The first permission that allows an operation, of those whose `*` is one in the last segment, so many bytes into it
    /// and so many before its end.
    #[inline(never)]
    fn by_last(&self, items: &[Permission], known: &Known, resource: &str) -> Option<u32> {
        let Way::Last { ahead, behind } = known.way else { return None };
        let [ahead, behind] = [ahead, behind].map(usize::from);
        let text = resource.as_bytes();
        let (before, rest) = text.split_at_checked(behind_last_slash(text).wrapping_add(ahead))?;
        let (taken, end) = rest.split_at_checked(rest.len().checked_sub(behind)?)?;
        let hash = hash(hash(known.seed, before), end);
        let index = self.alike(*self.table.get(place(&self.table, hash))?, known.capability, hash)?;
        // As in `first`, and a part of this function: the usual pattern of a path is one of these.
        if items.get(index as usize).is_some_and(|item| item.resource().is_between(before, taken, end)) {
            return Some(index);
        }
        self.further(items, known.capability, hash, index, &|pattern| pattern.is_between(before, taken, end))
    }

    /// The first permission of a shape that allows an operation.
    #[inline(never)]
    fn by_steps(&self, items: &[Permission], known: &Known, resource: &str) -> Option<u32> {
        let capability = known.capability;
        let key = known.shape.key(known.seed, resource.as_bytes())?;
        match key.within {
            None => self.first(items, capability, key.hash, |pattern| pattern.matches(resource)),
            Some((stars, length)) => self.within(items, capability, resource, key.hash, (stars, length)),
        }
    }

    /// The first permission that allows an operation, of those whose text stands somewhere between the stars. Texts that
    /// have been looked up are not looked up again, however often they stand there.
    #[inline(never)]
    fn within(
        &self,
        items: &[Permission],
        capability: u32,
        resource: &str,
        seed: u64,
        (stars, length): (&[u8], usize),
    ) -> Option<u32> {
        let mut tried: Vec<u64> = Vec::new();
        let mut best = None;
        for text in stars.windows(length.max(1)) {
            let hash = hash(seed, text);
            // Of most places the table has nothing.
            if self.table.get(place(&self.table, hash)).is_none_or(|first| *first == NONE) || tried.contains(&hash) {
                continue;
            }
            tried.push(hash);
            best = match (best, self.first(items, capability, hash, |pattern| pattern.matches(resource))) {
                (Some(one), Some(other)) => Some(other.min(one)),
                (one, other) => one.or(other),
            };
        }
        best
    }
}

/// What hashes of a shape's texts begin with: texts that are the same are told apart by how they are preferred.
fn seed_of(capability: u64, shape: &Shape) -> u64 {
    capability.wrapping_add(shape.depth() << 32)
}

/// Where a table begins to look for a hash: the highest bits, which every byte of a text has gone into.
#[inline]
#[allow(clippy::cast_possible_truncation, reason = "less than the table's length")]
const fn place(table: &[u32], hash: u64) -> usize {
    ((hash >> 32).wrapping_mul(table.len() as u64) >> 32) as usize
}

/// Where a hash begins.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// Mixes a text into a hash. For finding only: whoever writes the patterns can make them meet, and then a look-up takes
/// longer.
#[inline]
fn hash(seed: u64, text: &[u8]) -> u64 {
    let mut hash = seed ^ text.len() as u64;
    let mut rest = text;
    while let Some((chunk, after)) = rest.split_at_checked(WORDS_BYTES)
        && !after.is_empty()
    {
        hash = mixed(hash, words(chunk));
        rest = after;
    }
    mixed(hash, words(rest))
}

/// Products that wait for nothing but their words; the upper half tells most.
#[inline]
const fn mixed(hash: u64, [a, b, c, d]: [u64; 4]) -> u64 {
    let sum = (hash ^ a)
        .wrapping_mul(0xff51_afd7_ed55_8ccd)
        .wrapping_add(b.wrapping_mul(0x9e37_79b9_7f4a_7c15))
        .wrapping_add(c.wrapping_mul(0xc4ce_b9fe_1a85_ec53))
        .wrapping_add(d.wrapping_mul(0xd6e8_feb8_6659_fd93));
    sum ^ sum >> 32
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
