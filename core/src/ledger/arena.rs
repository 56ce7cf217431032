//! Bytes that stay where they were put.

use alloc::vec::Vec;

/// Where bytes lie in an [`Arena`]: chunk and offset in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    chunk: u32,
    offset: u32,
}

/// Bits of an offset, which is within the largest chunk that more than one push goes into, and of the number of a chunk.
const OFFSET_BITS: u32 = 20;
const CHUNK_BITS: u32 = 28;

impl Place {
    /// As a number of 48 bits.
    pub(super) fn to_bits(self) -> u64 {
        u64::from(self.chunk) << OFFSET_BITS | u64::from(self.offset)
    }

    pub(super) fn from_bits(bits: u64) -> Self {
        let part = |bits: u64| u32::try_from(bits).unwrap_or(u32::MAX);
        Self { chunk: part(bits >> OFFSET_BITS), offset: part(bits & ((1 << OFFSET_BITS) - 1)) }
    }
}

/// Chunks that are filled one after the other and never moved: a ledger that grows copies nothing that it has.
#[derive(Clone, Debug, Default)]
pub(super) struct Arena {
    chunks: Vec<Vec<u8>>,
}

const FIRST_CHUNK: usize = 4 << 10;
/// A chunk is larger for a push that alone fills it.
const LARGEST_CHUNK: usize = 1 << OFFSET_BITS;

impl Arena {
    /// Whether there may be no place for another push.
    pub(super) fn is_full(&self) -> bool {
        self.chunks.len() >> CHUNK_BITS > 0
    }

    /// Stores two pieces, one after the other, in one place.
    pub(super) fn push(&mut self, first: &[u8], second: &[u8]) -> Place {
        let length = first.len().saturating_add(second.len());
        let fits =
            |chunk: &Vec<u8>| chunk.len() < LARGEST_CHUNK && chunk.capacity().saturating_sub(chunk.len()) >= length;
        if !self.chunks.last().is_some_and(fits) {
            let doubled = FIRST_CHUNK.checked_shl(u32::try_from(self.chunks.len()).unwrap_or(8).min(8));
            let size = doubled.unwrap_or(LARGEST_CHUNK).min(LARGEST_CHUNK).max(length);
            self.chunks.push(Vec::with_capacity(size));
        }
        let chunk = u32::try_from(self.chunks.len()).unwrap_or(u32::MAX).saturating_sub(1);
        let Some(last) = self.chunks.last_mut() else { return Place { chunk, offset: 0 } };
        let offset = u32::try_from(last.len()).unwrap_or(u32::MAX);
        last.extend_from_slice(first);
        last.extend_from_slice(second);
        Place { chunk, offset }
    }

    /// What lies from a place on, to the end of its chunk.
    #[inline]
    pub(super) fn get(&self, place: Place) -> &[u8] {
        let chunk = self.chunks.get(index(place.chunk));
        chunk.and_then(|chunk| chunk.get(index(place.offset)..)).unwrap_or_default()
    }

    /// The same, to be written to.
    pub(super) fn get_mut(&mut self, place: Place) -> &mut [u8] {
        let chunk = self.chunks.get_mut(index(place.chunk));
        chunk.and_then(|chunk| chunk.get_mut(index(place.offset)..)).unwrap_or_default()
    }
}

/// A number as a place in a list.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]
        #[test]
        fn gives_back_what_it_was_given(
            lengths in prop::collection::vec((0..300_usize, prop_oneof![0..300_usize, Just(LARGEST_CHUNK), 0..3 * LARGEST_CHUNK]), 1..60),
        ) {
            let bytes: Vec<u8> = (0..=250).cycle().take(300 + 3 * LARGEST_CHUNK).collect();
            let piece = |length: usize| bytes.get(..length).unwrap_or_default();
            let mut arena = Arena::default();
            let places: Vec<u64> =
                lengths.iter().map(|&(a, b)| arena.push(piece(a), piece(b)).to_bits()).collect();
            for (&(a, b), bits) in lengths.iter().zip(places) {
                prop_assert!(bits < 1 << (OFFSET_BITS + CHUNK_BITS));
                let found = arena.get(Place::from_bits(bits)).get(..a + b).unwrap_or_default();
                prop_assert!(found == [piece(a), piece(b)].concat());
            }
        }
    }
}
