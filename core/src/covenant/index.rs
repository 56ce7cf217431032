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

use super::hash::{SEED, hash};
use super::pattern::Pattern;
use super::permission::Permission;
use super::shape::{Key, Shape, Way};
use super::words::{END_BYTES, behind_last_slash, end, same};

/// No permission.
const NONE: u32 = u32::MAX;
/// So many names are compared one after the other faster than one is hashed.
const FEW: usize = 4;

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
    /// The end of its name: of a short one all of it.
    end: u64,
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

/// Whether a pattern matches, where something faster did not say so.
#[cold]
#[inline(never)]
fn matches(pattern: &Pattern, resource: &str) -> bool {
    pattern.matches(resource)
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
            let hash = if key.within.is_some() { hash_apart(key.hash, piece) } else { key.hash };
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
        let nobody = Capability { name: Box::default(), end: 0, seed: 0, shapes: (0, 0) };
        self.capabilities.resize(known.len(), nobody);
        for (name, number) in known {
            let seed = hash_apart(SEED, name.as_bytes());
            if let Some(capability) = self.capabilities.get_mut(number as usize) {
                *capability = Capability { name: name.into(), end: end(name.as_bytes()), seed, shapes: (0, 0) };
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
    #[inline]
    fn capability(&self, name: &str) -> Option<&Capability> {
        if self.capabilities.len() > FEW {
            return self.capability_of_many(name);
        }
        let last = end(name.as_bytes());
        self.capabilities.iter().find(|it| {
            let is_short = name.len() <= END_BYTES;
            it.end == last && it.name.len() == name.len() && (is_short || same(it.name.as_bytes(), name.as_bytes()))
        })
    }

    /// As [`Index::capability`], by a hash.
    #[inline(never)]
    fn capability_of_many(&self, name: &str) -> Option<&Capability> {
        let seed = hash_apart(SEED, name.as_bytes());
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
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "on the way of every check, and called in one place")]
    pub(super) fn find(&self, items: &[Permission], capability: &str, resource: &str) -> Option<u32> {
        let Capability { shapes: (first, end), .. } = self.capability(capability)?;
        match self.shapes.get(*first as usize..*end as usize)? {
            [only] => self.by(only, items, resource),
            shapes => self.by_any(shapes, items, resource),
        }
    }

    /// The permission of several shapes that allows an operation.
    #[inline(never)]
    fn by_any(&self, shapes: &[Known], items: &[Permission], resource: &str) -> Option<u32> {
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
        // A `/` is looked for before the end that the pattern has: that has none, so what has one there is not the same.
        let (start, end) = text.split_at_checked(text.len().checked_sub(behind)?)?;
        let (before, taken) = start.split_at_checked(behind_last_slash(start).wrapping_add(ahead))?;
        let hash = hash(hash(known.seed, before), end);
        let index = self.alike(*self.table.get(place(&self.table, hash))?, known.capability, hash)?;
        // As in `first`, and a part of this function: the usual pattern of a path is one of these.
        if items.get(index as usize).is_some_and(|item| item.resource().is_between(before, taken, end)) {
            return Some(index);
        }
        self.further(items, known.capability, hash, index, &|pattern| matches(pattern, resource))
    }

    /// The first permission of a shape that allows an operation.
    #[inline(never)]
    fn by_steps(&self, items: &[Permission], known: &Known, resource: &str) -> Option<u32> {
        let key = known.shape.key(known.seed, resource.as_bytes())?;
        match key.within {
            None => self.first_cut(items, known, resource, &key, (key.hash, &[])),
            Some((stars, length)) => self.within(items, known, resource, &key, (stars, length)),
        }
    }

    /// The first permission of a hash that allows an operation which was cut so, with a text between the stars.
    #[inline(never)]
    fn first_cut(
        &self,
        items: &[Permission],
        known: &Known,
        resource: &str,
        key: &Key<'_>,
        (hash, within): (u64, &[u8]),
    ) -> Option<u32> {
        self.first(items, known.capability, hash, |pattern| {
            known.shape.is_cut_as(key, within, pattern.as_str().as_bytes()) || matches(pattern, resource)
        })
    }

    /// The first permission that allows an operation, of those whose text stands somewhere between the stars. Texts that
    /// have been looked up are not looked up again, however often they stand there.
    #[inline(never)]
    fn within(
        &self,
        items: &[Permission],
        known: &Known,
        resource: &str,
        key: &Key<'_>,
        (stars, length): (&[u8], usize),
    ) -> Option<u32> {
        let mut tried = Tried::default();
        let mut best = None;
        for text in stars.windows(length.max(1)) {
            let hash = hash(key.hash, text);
            // Of most places the table has nothing.
            if self.table.get(place(&self.table, hash)).is_none_or(|first| *first == NONE) || tried.contains(hash) {
                continue;
            }
            tried.push(hash);
            let found = self.first_cut(items, known, resource, key, (hash, text));
            best = match (best, found) {
                (Some(one), Some(other)) => Some(other.min(one)),
                (one, other) => one.or(other),
            };
        }
        best
    }
}

/// Hashes that have been looked up: the first ones need no memory of their own.
#[derive(Default)]
struct Tried {
    first: [u64; 8],
    count: usize,
    more: Vec<u64>,
}

impl Tried {
    fn contains(&self, hash: u64) -> bool {
        self.first.iter().take(self.count).chain(&self.more).any(|tried| *tried == hash)
    }

    fn push(&mut self, hash: u64) {
        match self.first.get_mut(self.count) {
            Some(free) => {
                *free = hash;
                self.count = self.count.wrapping_add(1);
            }
            None => self.more.push(hash),
        }
    }
}

/// As [`hash`], in one place for what is not on the way of every check.
#[inline(never)]
fn hash_apart(seed: u64, text: &[u8]) -> u64 {
    hash(seed, text)
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

        /// Texts around eight bytes, more segments with `*` than are kept as they were cut, and resources with a `*` of their own.
        #[test]
        fn finds_by_longer_texts(
            written in prop::collection::vec(
                ("a", "t(/(x|x{1,9}|[*]|[*]x{6,10}[*]|x{0,3}[*]x{6,9}y[*]|[*]x{0,2})){1,6}(/[*][*])?"), 0..40),
            resources in prop::collection::vec("t(/(x|x{0,12}|[*]x{0,10}|x{0,4}[*]?x{5,10}y?x{0,3})){1,6}", 0..40),
        ) {
            let items = permissions(&written);
            let index = Index::new(&items);
            for resource in &resources {
                prop_assert_eq!(index.find(&items, "a", resource), Walk::new(&items).find(&items, "a", resource), "{}", resource);
            }
        }

        /// Few capabilities are told apart by the ends of their names, many by a hash.
        #[test]
        fn finds_capabilities_of_any_length(
            names in prop::collection::vec("[ab]{7,10}|b?a{7,9}", 1..8),
            asked in prop::collection::vec("[ab]{7,10}|b?a{7,9}", 1..8),
        ) {
            let written: Vec<(String, String)> = names.iter().map(|name| (name.clone(), String::from("t"))).collect();
            let items = permissions(&written);
            let index = Index::new(&items);
            for name in names.iter().chain(&asked) {
                prop_assert_eq!(index.find(&items, name, "t"), Walk::new(&items).find(&items, name, "t"), "{}", name);
            }
        }
    }
}
