//! Facts held in memory.

use alloc::string::String;
use alloc::vec::Vec;

use super::Knowledge;
use super::postings::Postings;
use crate::score::dictionary::{Dictionary, place};
use crate::score::signals::is_stop_word;
use crate::score::sort::sort_distinct;
use crate::score::text::{is_alphanumeric, joined, runs, to_lowercase, words};

/// Most words of a value that is not taken for a sentence.
const SHORT_VALUE: usize = 3;

/// The facts of [`InMemoryKnowledge::with_builtin_facts`].
const BUILTIN: [(&str, &str); 4] = [
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
    facts: Vec<(String, String)>,
    /// Keys by number, which is their place in `facts`.
    keys: Dictionary,
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
        if let Some((_, old)) = self.facts.get_mut(place(number)) {
            *old = joined(&[value]);
            return true;
        }
        self.facts.push((joined(&[key]), joined(&[value])));
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
        self.facts.iter().map(|(key, value)| (key.as_str(), value.as_str()))
    }

    /// How many facts there are.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.facts.len()).unwrap_or(u32::MAX)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.facts.is_empty()
    }

    /// The facts that bear on `query`, each as "key is value", in order.
    #[must_use]
    pub fn matches(&self, query: &str) -> Vec<String> {
        let facts = self.found(query).into_iter().map(|place| self.fact(place));
        facts.map(|(key, value)| joined(&[key, " is ", value])).collect()
    }

    /// The places of the facts that bear on `query`, in order.
    #[inline(never)]
    fn found(&self, query: &str) -> Vec<u64> {
        let mut terms = Vec::new();
        for word in runs(&to_lowercase(query), is_alphanumeric) {
            if let Some(term) = self.words.term(word) {
                terms.push(u64::from(term));
            }
        }
        sort_distinct(&mut terms);
        let mut places = Vec::new();
        for term in terms {
            for posting in u32::try_from(term).map(|term| self.words.list(term)).unwrap_or_default() {
                places.push(u64::from(posting.entry));
            }
        }
        sort_distinct(&mut places);
        places
    }

    /// The key and the value at a place.
    fn fact(&self, place: u64) -> (&str, &str) {
        let fact = usize::try_from(place).ok().and_then(|place| self.facts.get(place));
        fact.map(|(key, value)| (key.as_str(), value.as_str())).unwrap_or_default()
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

/// Whether a value reads as a sentence: it ends like one, or has more words than a name or a measure.
fn is_sentence(value: &str) -> bool {
    matches!(value.as_bytes().last(), Some(b'.' | b'!' | b'?')) || words(value).count() > SHORT_VALUE
}

impl Knowledge for InMemoryKnowledge {
    /// The facts that bear on the query, one a line: "key is value", or "key: value" where the value is a
    /// sentence of its own.
    fn context(&self, query: &str) -> Option<String> {
        let mut parts: Vec<&str> = Vec::new();
        for place in self.found(query) {
            let (key, value) = self.fact(place);
            let line = if parts.is_empty() { "" } else { "\n" };
            for part in [line, key, if is_sentence(value) { ": " } else { " is " }, value] {
                parts.push(part);
            }
        }
        (!parts.is_empty()).then(|| joined(&parts))
    }
}
