//! Documents ranked by BM25.

use alloc::string::String;
use alloc::vec::Vec;

use super::Knowledge;
use super::postings::{Posting, Postings};
use crate::error::{FINITE, InputError, Range, UNIT, check};
use crate::score::dictionary::{Dictionary, place};
use crate::score::ln;
use crate::score::text::{is_alphanumeric, joined, real, runs, to_lowercase};
use crate::sort::sort;

/// How many documents make up the context for a query, unless set otherwise.
const CONTEXT_SIZE: u32 = 3;

/// A document that has something of a query.
#[derive(Clone, Debug, PartialEq)]
pub struct Bm25Hit<'a> {
    /// The id under which it was added.
    pub id: &'a str,
    /// Its text.
    pub text: &'a str,
    /// How well it fits; above 0, without upper bound.
    pub score: f64,
}

#[derive(Clone, Debug, Default)]
struct Document {
    text: String,
    /// Number of terms.
    length: u32,
    present: bool,
}

/// An index of documents for ranked retrieval (Okapi BM25).
///
/// Terms are runs of letters and numbers, lower-cased. The index is inverted: a query costs what it
/// matches. Documents that score alike come in the order in which they were added.
///
/// ```
/// use interlock_core::score::Bm25;
/// let mut index = Bm25::new();
/// index.insert("bread", "Bread needs flour, water, salt and yeast");
/// index.insert("tea", "Tea needs water");
/// let hits = index.search("yeast and water", 2);
/// assert_eq!(hits[0].id, "bread");
/// ```
#[derive(Clone, Debug)]
pub struct Bm25 {
    k1: f64,
    b: f64,
    context_size: u32,
    /// Ids by number, which is their place in `documents`.
    ids: Dictionary,
    documents: Vec<Document>,
    /// How many documents are present.
    count: u32,
    postings: Postings,
    /// Terms in all documents together.
    total_length: u64,
}

impl Default for Bm25 {
    fn default() -> Self {
        Self {
            k1: 1.2,
            b: 0.75,
            context_size: CONTEXT_SIZE,
            ids: Dictionary::default(),
            documents: Vec::new(),
            count: 0,
            postings: Postings::default(),
            total_length: 0,
        }
    }
}

impl Bm25 {
    /// An empty index with k1 = 1.2 and b = 0.75.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how fast further occurrences of a term lose weight (`k1`, at least 0) and how much long
    /// documents are marked down (`b`, in [0, 1]).
    ///
    /// # Errors
    /// [`InputError`] for a value out of bounds.
    pub fn set_parameters(&mut self, k1: f64, b: f64) -> Result<(), InputError> {
        check("k1", k1, Range { lo: 0.0, words: "a finite number of at least 0", ..FINITE })?;
        check("b", b, UNIT)?;
        (self.k1, self.b) = (k1, b);
        Ok(())
    }

    /// The parameters k1 and b.
    #[must_use]
    pub fn parameters(&self) -> (f64, f64) {
        (self.k1, self.b)
    }

    /// Sets how many documents make up a context; 3 to begin with.
    ///
    /// # Errors
    /// [`InputError`] for 0.
    pub fn set_context_size(&mut self, documents: u32) -> Result<(), InputError> {
        check(
            "context_size",
            f64::from(documents),
            Range { lo: 1.0, words: "a whole number of at least 1", ..FINITE },
        )?;
        self.context_size = documents;
        Ok(())
    }

    /// Adds a document, or replaces the one of the same id in its place. Says whether one was replaced.
    pub fn insert(&mut self, id: &str, text: &str) -> bool {
        let document = self.ids.number(id);
        let replaced = self.forget(document);
        let lower = to_lowercase(text);
        let mut length = 0_u32;
        // Splitting and lower-casing commute: no mapping turns a letter or number into something else.
        for term in runs(&lower, is_alphanumeric) {
            length = length.saturating_add(1);
            self.postings.add(term, document);
        }
        self.total_length = self.total_length.saturating_add(u64::from(length));
        self.count = self.count.saturating_add(1);
        let entry = Document { text: joined(&[text]), length, present: true };
        match self.documents.get_mut(place(document)) {
            Some(old) => *old = entry,
            None => self.documents.push(entry),
        }
        replaced
    }

    /// Removes a document. Says whether there was one of this id. Added again, it takes its old place among
    /// documents that score alike.
    pub fn remove(&mut self, id: &str) -> bool {
        self.ids.get(id).is_some_and(|document| self.forget(document))
    }

    fn forget(&mut self, document: u32) -> bool {
        let Some(old) = self.documents.get_mut(place(document)).filter(|old| old.present) else { return false };
        let old = core::mem::take(old);
        self.total_length = self.total_length.saturating_sub(u64::from(old.length));
        self.count = self.count.saturating_sub(1);
        let lower = to_lowercase(&old.text);
        for term in runs(&lower, is_alphanumeric) {
            self.postings.remove(term, document);
        }
        true
    }

    /// How many documents there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The documents that have a term of `query`, best first, at most `most`. A term that the query repeats
    /// counts again.
    #[must_use]
    pub fn search(&self, query: &str, most: u32) -> Vec<Bm25Hit<'_>> {
        // The known terms of the query with their positions.
        let mut terms: Vec<(u64, u64)> = Vec::new();
        let lower = to_lowercase(query);
        for (position, term) in (0_u64..).zip(runs(&lower, is_alphanumeric)) {
            if let Some(term) = self.postings.term(term) {
                terms.push((u64::from(term), position));
            }
        }
        sort(&mut terms);
        // Document and position of the term as one number, and the bits of what the term adds.
        let mut found: Vec<(u64, u64)> = Vec::new();
        for same in terms.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(term, position)) = same.first() else { continue };
            let list = self.postings.list(u32::try_from(term).unwrap_or(u32::MAX));
            let rarity = real(same.len()) * self.rarity(list.len());
            for posting in list {
                let weight = rarity * self.weight(*posting);
                found.push((u64::from(posting.entry) << 32 | position, weight.to_bits()));
            }
        }
        sort(&mut found);
        // Sums over the terms, left to right, under keys that put the best first: the bits of positive doubles are
        // ordered as the doubles are.
        let mut ranked: Vec<(u64, u64)> = Vec::new();
        for (key, weight) in found {
            let (document, weight) = (key >> 32, f64::from_bits(weight));
            match ranked.last_mut() {
                Some((score, last)) if *last == document => *score = !(f64::from_bits(!*score) + weight).to_bits(),
                _ => ranked.push((!weight.to_bits(), document)),
            }
        }
        sort(&mut ranked);
        let mut hits = Vec::new();
        for (score, document) in ranked.into_iter().take(place(most)) {
            let document = u32::try_from(document).unwrap_or(u32::MAX);
            if let Some(Document { text, .. }) = self.documents.get(place(document))
                && let Some(id) = self.ids.word(document)
            {
                hits.push(Bm25Hit { id, text, score: f64::from_bits(!score) });
            }
        }
        hits
    }

    /// Inverse document frequency of a term that so many documents have.
    fn rarity(&self, documents: usize) -> f64 {
        let (all, having) = (f64::from(self.count), real(documents));
        ln((all - having + 0.5) / (having + 0.5) + 1.0)
    }

    /// Weight of a term in a document.
    fn weight(&self, posting: Posting) -> f64 {
        let count = f64::from(posting.count);
        let length = self.documents.get(place(posting.entry)).map_or(0.0, |document| f64::from(document.length));
        // A document that has a term has a length, so the mean is above 0.
        let mean = total(self.total_length) / f64::from(self.count);
        count * (self.k1 + 1.0) / (count + self.k1 * (1.0 - self.b + self.b * length / mean))
    }
}

/// A sum of lengths as a real number, exact below 2^53.
fn total(length: u64) -> f64 {
    let high = u32::try_from(length >> 32).unwrap_or(u32::MAX);
    let low = u32::try_from(length & 0xffff_ffff).unwrap_or(u32::MAX);
    f64::from(high) * 4_294_967_296.0 + f64::from(low)
}

impl Knowledge for Bm25 {
    /// The texts of the best documents, one a line.
    fn context(&self, query: &str) -> Option<String> {
        let mut parts: Vec<&str> = Vec::new();
        for hit in self.search(query, self.context_size) {
            parts.extend_from_slice(&[if parts.is_empty() { "" } else { "\n" }, hit.text]);
        }
        (!parts.is_empty()).then(|| joined(&parts))
    }
}
