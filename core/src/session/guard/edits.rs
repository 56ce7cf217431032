//! What leaves in place of which bytes of a channel's text.
//!
//! A place in the text as it came is a *source* position. What leaves has positions of its own, which segments are cut and
//! released by.

use alloc::string::String;

use crate::session::fifo::Fifo;

/// A match that was replaced.
#[derive(Debug)]
pub(in crate::session) struct Edit {
    /// Where it starts in the source.
    pub(in crate::session) start: u64,
    /// The source byte behind it.
    pub(in crate::session) end: u64,
    /// Where its replacement starts in what leaves.
    out: u64,
    /// The replacement.
    pub(in crate::session) text: String,
}

impl Edit {
    fn out_end(&self) -> u64 {
        self.out.saturating_add(self.text.len() as u64)
    }
}

/// Replaced matches in order, from the oldest that is still needed.
#[derive(Debug, Default)]
pub(super) struct Edits {
    edits: Fifo<Edit>,
    /// Source and own position behind those that are not needed any more.
    base: (u64, u64),
}

impl Edits {
    /// A match is replaced, where `out` bytes are given out before.
    pub(super) fn push(&mut self, start: u64, end: u64, out: u64, text: String) {
        self.edits.push(Edit { start, end, out, text });
    }

    /// How many of them have a place that is at most this.
    fn up_to(&self, most: u64, place: fn(&Edit) -> u64) -> usize {
        let (mut low, mut high) = (0_usize, self.edits.len());
        while low < high {
            let middle = low.midpoint(high);
            if self.edits.get(middle).is_some_and(|edit| place(edit) <= most) {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        low
    }

    /// How much of the source the first `out` bytes stand for. A replacement counts when it is whole.
    pub(super) fn source_of(&self, out: u64) -> u64 {
        let index = self.up_to(out, |edit| edit.out);
        let (source, from) = match index.checked_sub(1).and_then(|index| self.edits.get(index)) {
            Some(edit) if out < edit.out_end() => return edit.start,
            Some(edit) => (edit.end, edit.out_end()),
            None => self.base,
        };
        source.saturating_add(out.saturating_sub(from))
    }

    /// Those that have bytes from `start` on and before `end`.
    pub(super) fn within(&self, start: u64, end: u64) -> &[Option<Edit>] {
        if self.edits.is_empty() {
            return &[];
        }
        let first = self.up_to(start, |edit| edit.end);
        let last = end.checked_sub(1).map_or(0, |end| self.up_to(end, |edit| edit.start));
        self.edits.waiting().get(first..last).unwrap_or_default()
    }

    /// Drops those that lie before a source position and before an own one.
    pub(super) fn forget(&mut self, source: u64, out: u64) {
        while let Some(edit) = self.edits.get(0).filter(|edit| edit.end <= source && edit.out_end() <= out) {
            self.base = (edit.end, edit.out_end());
            self.edits.pop();
        }
    }
}
