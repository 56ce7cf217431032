//! The bytes that wait, and the chunk behind them.

use alloc::vec::Vec;

use super::check::{Check, MAX_CHECKED_BYTES};

/// The end of the text that was read before the chunk under way.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    bytes: Vec<u8>,
    /// How many of `bytes` are not needed any more.
    gone: usize,
    /// Where in the text the needed ones start.
    at: u64,
}

impl Held {
    pub(super) fn with<'a>(&'a self, chunk: &'a [u8]) -> Text<'a> {
        Text { held: self.bytes.get(self.gone..).unwrap_or_default(), at: self.at, chunk }
    }

    /// Keeps what stands from `from` on, the chunk included.
    pub(super) fn keep(&mut self, from: u64, chunk: &[u8]) {
        let kept = self.bytes.len().saturating_sub(self.gone);
        let drop = usize::try_from(from.saturating_sub(self.at)).unwrap_or(usize::MAX);
        if drop >= kept {
            self.bytes.clear();
            self.gone = 0;
            self.bytes.extend_from_slice(chunk.get(drop.saturating_sub(kept)..).unwrap_or_default());
        } else {
            self.gone = self.gone.saturating_add(drop);
            // Moving what is left costs no more than dropping what went has paid for.
            if self.gone > self.bytes.len() / 2 {
                self.bytes.drain(..self.gone);
                self.gone = 0;
            }
            self.bytes.extend_from_slice(chunk);
        }
        self.at = self.at.max(from);
    }
}

/// The text from the oldest byte that is kept to the end of the chunk.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    held: &'a [u8],
    at: u64,
    chunk: &'a [u8],
}

impl<'a> Text<'a> {
    /// The bytes from `start` to `end`, those that were held and those of the chunk.
    pub(super) fn span(&self, start: u64, end: u64) -> [&'a [u8]; 2] {
        let place = |at: u64| usize::try_from(at.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let (start, end) = (place(start), place(end).max(place(start)));
        let held = self.held.len();
        let before = self.held.get(start.min(held)..end.min(held)).unwrap_or_default();
        let in_chunk = |place: usize| place.saturating_sub(held).min(self.chunk.len());
        [before, self.chunk.get(in_chunk(start)..in_chunk(end)).unwrap_or_default()]
    }

    /// The byte at a place.
    pub(super) fn byte(&self, at: u64) -> Option<u8> {
        let place = usize::try_from(at.checked_sub(self.at)?).ok()?;
        match self.held.get(place) {
            Some(byte) => Some(*byte),
            None => self.chunk.get(place.saturating_sub(self.held.len())).copied(),
        }
    }

    /// Whether a match passes its check. One that is too long to be checked is a match.
    #[inline]
    pub(super) fn passes(&self, check: Check, start: u64, end: u64) -> bool {
        check == Check::None || self.passes_check(check, start, end)
    }

    #[inline(never)]
    fn passes_check(&self, check: Check, start: u64, end: u64) -> bool {
        let mut copy = [0_u8; MAX_CHECKED_BYTES];
        let [before, rest] = self.span(start, end);
        let length = before.len().saturating_add(rest.len());
        let Some(place) = copy.get_mut(..length) else { return true };
        for (slot, byte) in place.iter_mut().zip(before.iter().chain(rest)) {
            *slot = *byte;
        }
        check.passes(place)
    }

    /// The edge of a character at `end` or before it: bytes that start a character whose rest does not stand before
    /// `end` are left out. Looks at nothing before `from`.
    pub(super) fn character_edge(&self, from: u64, end: u64) -> u64 {
        for back in 1..=3_u64 {
            let Some(at) = end.checked_sub(back).filter(|at| *at >= from) else { break };
            let length = match self.byte(at) {
                Some(0x80..=0xbf) => continue,
                Some(0xc2..=0xdf) => 2,
                Some(0xe0..=0xef) => 3,
                Some(0xf0..=0xf4) => 4,
                _ => 0,
            };
            return if length > back { at } else { end };
        }
        end
    }
}
