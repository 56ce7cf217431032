//! Facts held in memory.

use alloc::string::String;
use alloc::vec::Vec;

use super::postings::Postings;
use super::{Knowledge, Lookup};
use crate::score::dictionary::{Dictionary, place};
use crate::score::signals::is_stop_word;
use crate::score::text::{is_alphanumeric, is_case_ignorable, joined, runs, to_lowercase, without_trailing, words};
use crate::sort::sort_distinct;

/// Most words of a value that is not taken for a sentence.
const SHORT_VALUE: usize = 3;

/// The facts of [`InMemoryKnowledge::with_builtin_facts`].
pub(in crate::score) const BUILTIN: [(&str, &str); 4] = [
    ("sky color", "blue"),
    ("system layers", "16"),
    ("sec metric", "sustainable ethical coherence"),
    ("backfire limit", "entropy threshold"),
];

/// Facts as keys and values, in the order in which the keys were first given.
///
/// A fact bears on a query that has one of its key's words, as a whole word in any letter case. Function
/// words ("the", "of") do not count, unless the key has no others. A query costs what it matches.
///
/// ```
/// use interlock_core::score::{InMemoryKnowledge, Knowledge};
/// let mut facts = InMemoryKnowledge::new();
/// facts.insert("tower height", "The tower is 330 metres tall.");
/// assert_eq!(facts.context("Tell me about the Tower!").as_deref(), Some("tower height: The tower is 330 metres tall."));
/// assert_eq!(facts.context("Where do towers stand?"), None);
/// ```
#[derive(Clone, Debug, Default)]
pub struct InMemoryKnowledge {
    /// Keys by number, in the order in which they were first given.
    keys: Dictionary,
    /// Their values.
    values: Vec<String>,
    /// For each word of a key: the facts whose keys have it.
    words: Postings,
}

impl InMemoryKnowledge {
    /// No facts.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The four facts of the published scorer, for tests and demonstrations.
    #[must_use]
    pub fn with_builtin_facts() -> Self {
        BUILTIN.into_iter().collect()
    }

    /// Adds a fact, or replaces the value of a key in its place. Says whether one was replaced.
    pub fn insert(&mut self, key: &str, value: &str) -> bool {
        let number = self.keys.number(key);
        let value = joined(&[value]);
        if let Some(old) = self.values.get_mut(place(number)) {
            *old = value;
            return true;
        }
        self.values.push(value);
        let lower = to_lowercase(key);
        let content = runs(&lower, is_alphanumeric).any(|word| !is_stop_word(word));
        for word in runs(&lower, is_alphanumeric) {
            if !content || !is_stop_word(word) {
                self.words.add(word, number);
            }
        }
        false
    }

    /// The facts, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        (0..self.len()).map(|number| self.fact(number))
    }

    /// How many facts there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        self.keys.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The facts that bear on `query`, each as "key is value", in order.
    #[must_use]
    pub fn matches(&self, query: &str) -> Vec<String> {
        let mut terms = Vec::new();
        self.add_terms(query, &mut terms);
        let facts = self.found(&terms).into_iter().map(|number| self.fact(low(number)));
        facts.map(|(key, value)| joined(&[key, " is ", value])).collect()
    }

    /// Adds the words of `text` that keys have, by number. All are kept in order, each once.
    #[inline(never)]
    fn add_terms(&self, text: &str, terms: &mut Vec<u64>) {
        let known = terms.len();
        for word in runs(&to_lowercase(text), is_alphanumeric) {
            if let Some(term) = self.words.term(word) {
                terms.push(u64::from(term));
            }
        }
        if terms.len() > known {
            sort_distinct(terms);
        }
    }

    /// The numbers of the facts whose keys have some of these words, in order.
    #[inline(never)]
    fn found(&self, terms: &[u64]) -> Vec<u64> {
        let mut numbers = Vec::new();
        for term in terms {
            for posting in self.words.list(low(*term)) {
                numbers.push(u64::from(posting.entry));
            }
        }
        sort_distinct(&mut numbers);
        numbers
    }

    /// The facts whose keys have some of these words, one a line.
    #[inline(never)]
    fn lines(&self, terms: &[u64]) -> String {
        let mut parts: Vec<&str> = Vec::new();
        for number in self.found(terms) {
            let (key, value) = self.fact(low(number));
            let line = if parts.is_empty() { "" } else { "\n" };
            for part in [line, key, if is_sentence(value) { ": " } else { " is " }, value] {
                parts.push(part);
            }
        }
        joined(&parts)
    }

    /// The key with a number, and its value.
    fn fact(&self, number: u32) -> (&str, &str) {
        let value = self.values.get(place(number)).map(String::as_str);
        (self.keys.word(number).unwrap_or_default(), value.unwrap_or_default())
    }
}

impl<K: AsRef<str>, V: AsRef<str>> FromIterator<(K, V)> for InMemoryKnowledge {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(facts: I) -> Self {
        let mut knowledge = Self::new();
        for (key, value) in facts {
            knowledge.insert(key.as_ref(), value.as_ref());
        }
        knowledge
    }
}

/// A number that was one of 32 bits.
fn low(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Whether a value reads as a sentence: it ends like one, or has more words than a name or a measure.
fn is_sentence(value: &str) -> bool {
    matches!(value.as_bytes().last(), Some(b'.' | b'!' | b'?')) || words(value).count() > SHORT_VALUE
}

impl Knowledge for InMemoryKnowledge {
    /// The facts that bear on the query, one a line: "key is value", or "key: value" where the value is a
    /// sentence of its own.
    fn context(&self, query: &str) -> Option<String> {
        let mut terms = Vec::new();
        self.add_terms(query, &mut terms);
        let lines = self.lines(&terms);
        (!lines.is_empty()).then_some(lines)
    }

    /// What the query goes on with after the last one's last whole word is looked up, and no more.
    fn look_up(&self, query: &str, lookup: &mut Lookup) -> bool {
        if !query.starts_with(lookup.read.as_str()) {
            lookup.read.clear();
            lookup.settled.clear();
        }
        // Before and after what is neither part of a word nor looked past in lower-casing, words stand for themselves.
        let rest = query.get(lookup.read.len()..).unwrap_or_default();
        let (whole, open) = rest.split_at_checked(without_trailing(rest, is_inside).len()).unwrap_or_default();
        self.add_terms(whole, &mut lookup.settled);
        lookup.read.push_str(whole);
        let mut terms = lookup.settled.clone();
        self.add_terms(open, &mut terms);
        if terms == lookup.terms {
            return false;
        }
        let context = self.lines(&terms);
        lookup.terms = terms;
        lookup.set(context)
    }
}

/// Whether a character may be part of a word, or stand between those that decide how one is lower-cased.
fn is_inside(c: char) -> bool {
    is_alphanumeric(c) || is_case_ignorable(c)
}
