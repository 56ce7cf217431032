//! Bytes that stay where they were put.

use alloc::vec::Vec;

/// Where bytes lie in an [`Arena`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    chunk: u32,
    offset: u32,
}

/// Chunks that are filled one after the other and never moved: a ledger that grows copies nothing that it has.
#[derive(Clone, Debug, Default)]
pub(super) struct Arena {
    chunks: Vec<Vec<u8>>,
}

const FIRST_CHUNK: usize = 4 << 10;
const LARGEST_CHUNK: usize = 1 << 20;

impl Arena {
    /// Stores two pieces, one after the other, in one place.
    pub(super) fn push(&mut self, first: &[u8], second: &[u8]) -> Place {
        let length = first.len().saturating_add(second.len());
        let fits = |chunk: &Vec<u8>| chunk.capacity().saturating_sub(chunk.len()) >= length;
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

    /// What lies from a place on.
    pub(super) fn get(&self, place: Place, length: usize) -> &[u8] {
        let offset = index(place.offset);
        let chunk = self.chunks.get(index(place.chunk));
        chunk.and_then(|chunk| chunk.get(offset..offset.saturating_add(length))).unwrap_or_default()
    }

    /// The same, to be written to.
    pub(super) fn get_mut(&mut self, place: Place, length: usize) -> &mut [u8] {
        let offset = index(place.offset);
        let chunk = self.chunks.get_mut(index(place.chunk));
        chunk.and_then(|chunk| chunk.get_mut(offset..offset.saturating_add(length))).unwrap_or_default()
    }
}

/// A number as a place in a list.
pub(super) fn index(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
