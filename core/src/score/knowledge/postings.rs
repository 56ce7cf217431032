//! Which entries have a term, and how often.

use alloc::vec::Vec;

use crate::score::dictionary::{Dictionary, place};

/// An inverted index over entries by number.
#[derive(Clone, Debug, Default)]
pub(super) struct Postings {
    terms: Dictionary,
    /// By term: the entries that have it, in order.
    lists: Vec<Vec<Posting>>,
}

/// That an entry has a term so many times.
#[derive(Clone, Copy, Debug)]
pub(super) struct Posting {
    pub(super) entry: u32,
    pub(super) count: u32,
}

impl Postings {
    /// Counts a term of an entry once more.
    #[inline(never)]
    pub(super) fn add(&mut self, term: &str, entry: u32) {
        let term = place(self.terms.number(term));
        if self.lists.len() == term {
            self.lists.push(Vec::new());
        }
        let Some(list) = self.lists.get_mut(term) else { return };
        let at = list.partition_point(|posting| posting.entry < entry);
        match list.get_mut(at) {
            Some(posting) if posting.entry == entry => posting.count = posting.count.saturating_add(1),
            _ => list.insert(at, Posting { entry, count: 1 }),
        }
    }

    /// Forgets that an entry has a term.
    pub(super) fn remove(&mut self, term: &str, entry: u32) {
        if let Some(term) = self.term(term)
            && let Some(list) = self.lists.get_mut(place(term))
        {
            let at = list.partition_point(|posting| posting.entry < entry);
            if list.get(at).is_some_and(|posting| posting.entry == entry) {
                list.remove(at);
            }
        }
    }

    /// The number of a term, if some entry has or had it.
    pub(super) fn term(&self, term: &str) -> Option<u32> {
        self.terms.get(term)
    }

    /// The entries that have a term.
    pub(super) fn list(&self, term: u32) -> &[Posting] {
        self.lists.get(place(term)).map(Vec::as_slice).unwrap_or_default()
    }
}
