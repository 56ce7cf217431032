//! Names of fields and of choices, told by their position.

// The modules for the web are compiled for size, where nothing is inlined by itself: without this each byte of a
// document would cost a call.
#![allow(clippy::inline_always)]

/// Names in one piece of text, each after its length.
///
/// A slice of texts costs a wasm module an address and a length for each, which do not compress, and a relocation
/// where it is used. This costs a byte, and a look passes over what is of another length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names(&'static str);

impl Names {
    /// No names.
    pub const NONE: Self = Self("");

    /// The names that [`pack`] wrote.
    pub(crate) const fn of(packed: &'static [u8]) -> Self {
        match core::str::from_utf8(packed) {
            Ok(names) => Self(names),
            Err(_) => Self::NONE,
        }
    }

    /// The position of a name.
    #[must_use]
    #[inline(never)]
    pub fn position(self, name: &str) -> Option<usize> {
        self.look_for(name.as_bytes())
    }

    /// As [`Names::position`], without the call: names are looked for in every message.
    #[inline(always)]
    pub(super) fn look_for(self, name: &[u8]) -> Option<usize> {
        let mut rest = self.0.as_bytes();
        let mut position = 0_usize;
        while let [length, after @ ..] = rest {
            let (own, next) = after.split_at_checked(usize::from(*length))?;
            if own.len() == name.len() && starts_same(own, name) {
                return Some(position);
            }
            position = position.wrapping_add(1);
            rest = next;
        }
        None
    }

    /// The name at a position.
    #[must_use]
    pub fn get(self, position: usize) -> Option<&'static str> {
        let mut rest = self.0;
        let mut left = position;
        loop {
            let length = *rest.as_bytes().first()?;
            let (name, next) = rest.get(1..)?.split_at_checked(usize::from(length))?;
            if left == 0 {
                return Some(name);
            }
            left = left.wrapping_sub(1);
            rest = next;
        }
    }
}

/// Whether two texts are the same as far as both go. For names this is faster than the call of a comparison of memory.
#[inline(always)]
fn starts_same(mut one: &[u8], mut other: &[u8]) -> bool {
    while let ([a, one_rest @ ..], [b, other_rest @ ..]) = (one, other) {
        if a != b {
            return false;
        }
        (one, other) = (one_rest, other_rest);
    }
    true
}

/// How long some names are when they are packed.
pub(crate) const fn packed_length(names: &[&str]) -> usize {
    let mut length = 0_usize;
    let mut rest = names;
    while let [name, after @ ..] = rest {
        length = length.wrapping_add(1).wrapping_add(name.len());
        rest = after;
    }
    length
}

/// Packs names. What does not fit fails while it is compiled.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs in the compiler alone")]
#[allow(clippy::cast_possible_truncation, reason = "checked")]
pub(crate) const fn pack<const LENGTH: usize>(names: &[&str]) -> [u8; LENGTH] {
    let mut packed = [0; LENGTH];
    let mut at = 0;
    let mut rest = names;
    while let [name, after @ ..] = rest {
        assert!(name.len() < 128, "too long for a name");
        packed[at] = name.len() as u8;
        at += 1;
        let mut bytes = name.as_bytes();
        while let [byte, more @ ..] = bytes {
            packed[at] = *byte;
            at += 1;
            bytes = more;
        }
        rest = after;
    }
    packed
}

/// [`Names`] of texts that are known when it is compiled.
macro_rules! names {
    ($($name:literal),+ $(,)?) => {{
        const NAMES: &[&str] = &[$($name),+];
        const LENGTH: usize = $crate::json::packed_length(NAMES);
        const PACKED: &[u8; LENGTH] = &$crate::json::pack(NAMES);
        const ALL: $crate::json::Names = $crate::json::Names::of(PACKED);
        ALL
    }};
}
pub(crate) use names;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_and_given_by_position() {
        let names = names!["id", "", "object", "objects"];
        for (position, name) in ["id", "", "object", "objects"].into_iter().enumerate() {
            assert_eq!(names.position(name), Some(position));
            assert_eq!(names.get(position), Some(name));
        }
        assert_eq!(["i", "ids", "\u{2}id", "objectsx"].map(|name| names.position(name)), [None; 4]);
        assert_eq!(names.get(4), None);
        assert_eq!((Names::NONE.position(""), Names::NONE.get(0)), (None, None));
    }
}
