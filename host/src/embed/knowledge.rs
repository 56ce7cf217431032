//! The built-in sources of a scorer: facts, documents and the lexical judge, in instances of their own.

use wasmtime::component::ResourceAny;

use super::bindings::exports::interlock::kernel::score as wit;
use super::engine::Interlock;
use super::error::HostError;
use super::instance::Instance;

impl Interlock {
    /// No facts, in a fresh instance.
    ///
    /// # Errors
    /// No instance could be made; a trap.
    pub fn in_memory_knowledge(&self) -> Result<InMemoryKnowledge, HostError> {
        InMemoryKnowledge::new(self.instantiate()?)
    }

    /// An empty index, in a fresh instance.
    ///
    /// # Errors
    /// No instance could be made; a trap.
    pub fn bm25(&self) -> Result<Bm25, HostError> {
        Bm25::new(self.instantiate()?)
    }

    /// The built-in judge, in a fresh instance.
    ///
    /// # Errors
    /// No instance could be made; a trap.
    pub fn lexical_nli(&self) -> Result<LexicalNli, HostError> {
        LexicalNli::new(self.instantiate()?)
    }
}

/// Bytes that several texts are together.
fn bytes_of<'a>(texts: impl Iterator<Item = &'a String>) -> usize {
    texts.map(String::len).sum()
}

/// Facts as keys and values: [`interlock_core::score::InMemoryKnowledge`] inside an instance.
#[derive(Debug)]
pub struct InMemoryKnowledge {
    instance: Instance,
    facts: ResourceAny,
}

impl InMemoryKnowledge {
    /// No facts, in this instance.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn new(mut instance: Instance) -> Result<Self, HostError> {
        let facts = instance.score(0, |store, guest| guest.in_memory_knowledge().call_constructor(store))?;
        Ok(Self { instance, facts })
    }

    /// The four facts of the published scorer, in this instance, for tests and demonstrations.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn with_builtin_facts(mut instance: Instance) -> Result<Self, HostError> {
        let facts = instance.score(0, |store, guest| guest.in_memory_knowledge().call_with_builtin_facts(store))?;
        Ok(Self { instance, facts })
    }

    /// Adds a fact, or replaces the value of a key in its place. Says whether one was replaced.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn insert(&mut self, key: &str, value: &str) -> Result<bool, HostError> {
        let facts = self.facts;
        let bytes = key.len().saturating_add(value.len());
        self.instance.score(bytes, |store, guest| guest.in_memory_knowledge().call_insert(store, facts, key, value))
    }

    /// Adds facts in order, in one crossing.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn insert_many<K: AsRef<str>, V: AsRef<str>>(
        &mut self,
        pairs: impl IntoIterator<Item = (K, V)>,
    ) -> Result<(), HostError> {
        let facts = self.facts;
        let fact = |(key, value): (K, V)| wit::Fact { key: key.as_ref().to_owned(), value: value.as_ref().to_owned() };
        let pairs: Vec<wit::Fact> = pairs.into_iter().map(fact).collect();
        let bytes = bytes_of(pairs.iter().flat_map(|fact| [&fact.key, &fact.value]));
        self.instance.score(bytes, |store, guest| guest.in_memory_knowledge().call_insert_many(store, facts, &pairs))
    }

    /// The facts, in order.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn facts(&mut self) -> Result<Vec<(String, String)>, HostError> {
        let facts = self.facts;
        let pairs = self.instance.score(0, |store, guest| guest.in_memory_knowledge().call_facts(store, facts))?;
        Ok(pairs.into_iter().map(|fact| (fact.key, fact.value)).collect())
    }

    /// How many facts there are.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn len(&mut self) -> Result<u32, HostError> {
        let facts = self.facts;
        self.instance.score(0, |store, guest| guest.in_memory_knowledge().call_len(store, facts))
    }

    /// Whether there are none.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn is_empty(&mut self) -> Result<bool, HostError> {
        Ok(self.len()? == 0)
    }

    /// The facts that bear on a query, each as "key is value", in order.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn matches(&mut self, query: &str) -> Result<Vec<String>, HostError> {
        let facts = self.facts;
        self.instance.score(query.len(), |store, guest| guest.in_memory_knowledge().call_matches(store, facts, query))
    }

    /// The facts that bear on a query, one a line; none if there are none.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn context(&mut self, query: &str) -> Result<Option<String>, HostError> {
        let facts = self.facts;
        self.instance.score(query.len(), |store, guest| guest.in_memory_knowledge().call_context(store, facts, query))
    }

    pub(super) fn into_parts(self) -> (Instance, ResourceAny) {
        (self.instance, self.facts)
    }
}

/// A document that has something of a query: [`interlock_core::score::Bm25Hit`] with texts of its own.
#[derive(Clone, Debug, PartialEq)]
pub struct Bm25Hit {
    /// The id under which it was added.
    pub id: String,
    /// Its text.
    pub text: String,
    /// How well it fits; above 0, without upper bound.
    pub score: f64,
}

/// An index of documents: [`interlock_core::score::Bm25`] inside an instance.
#[derive(Debug)]
pub struct Bm25 {
    instance: Instance,
    index: ResourceAny,
}

impl Bm25 {
    /// An empty index, in this instance.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn new(mut instance: Instance) -> Result<Self, HostError> {
        let index = instance.score(0, |store, guest| guest.bm25().call_constructor(store))?;
        Ok(Self { instance, index })
    }

    /// Sets how fast further occurrences of a term lose weight (`k1`, at least 0) and how much long documents are
    /// marked down (`b`, in [0, 1]).
    ///
    /// # Errors
    /// [`HostError::Input`] for a value out of bounds; a trap.
    pub fn set_parameters(&mut self, k1: f64, b: f64) -> Result<(), HostError> {
        let index = self.index;
        let set = self.instance.score(0, |store, guest| guest.bm25().call_set_parameters(store, index, k1, b))?;
        set.map_err(Into::into)
    }

    /// The parameters k1 and b.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn parameters(&mut self) -> Result<(f64, f64), HostError> {
        let index = self.index;
        let parameters = self.instance.score(0, |store, guest| guest.bm25().call_parameters(store, index))?;
        Ok((parameters.k1, parameters.b))
    }

    /// Sets how many documents make up a context; 3 to begin with.
    ///
    /// # Errors
    /// [`HostError::Input`] for 0; a trap.
    pub fn set_context_size(&mut self, documents: u32) -> Result<(), HostError> {
        let index = self.index;
        let set = self.instance.score(0, |store, guest| guest.bm25().call_set_context_size(store, index, documents))?;
        set.map_err(Into::into)
    }

    /// Adds a document, or replaces the one of the same id in its place. Says whether one was replaced.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn insert(&mut self, id: &str, text: &str) -> Result<bool, HostError> {
        let index = self.index;
        let bytes = id.len().saturating_add(text.len());
        self.instance.score(bytes, |store, guest| guest.bm25().call_insert(store, index, id, text))
    }

    /// Adds documents in order, in one crossing.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn insert_many<I: AsRef<str>, T: AsRef<str>>(
        &mut self,
        documents: impl IntoIterator<Item = (I, T)>,
    ) -> Result<(), HostError> {
        let index = self.index;
        let document =
            |(id, text): (I, T)| wit::Document { id: id.as_ref().to_owned(), text: text.as_ref().to_owned() };
        let documents: Vec<wit::Document> = documents.into_iter().map(document).collect();
        let bytes = bytes_of(documents.iter().flat_map(|document| [&document.id, &document.text]));
        self.instance.score(bytes, |store, guest| guest.bm25().call_insert_many(store, index, &documents))
    }

    /// Removes a document. Says whether there was one of this id.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn remove(&mut self, id: &str) -> Result<bool, HostError> {
        let index = self.index;
        self.instance.score(id.len(), |store, guest| guest.bm25().call_remove(store, index, id))
    }

    /// How many documents there are.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn len(&mut self) -> Result<u32, HostError> {
        let index = self.index;
        self.instance.score(0, |store, guest| guest.bm25().call_len(store, index))
    }

    /// Whether there are none.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn is_empty(&mut self) -> Result<bool, HostError> {
        Ok(self.len()? == 0)
    }

    /// The documents that have a term of the query, best first, at most `most`.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn search(&mut self, query: &str, most: u32) -> Result<Vec<Bm25Hit>, HostError> {
        let index = self.index;
        let hits =
            self.instance.score(query.len(), |store, guest| guest.bm25().call_search(store, index, query, most))?;
        Ok(hits.into_iter().map(|hit| Bm25Hit { id: hit.id, text: hit.text, score: hit.score }).collect())
    }

    /// The texts of the best documents, one a line; none if there are none.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn context(&mut self, query: &str) -> Result<Option<String>, HostError> {
        let index = self.index;
        self.instance.score(query.len(), |store, guest| guest.bm25().call_context(store, index, query))
    }

    pub(super) fn into_parts(self) -> (Instance, ResourceAny) {
        (self.instance, self.index)
    }
}

/// The built-in judge: [`interlock_core::score::LexicalNli`] inside an instance.
#[derive(Debug)]
pub struct LexicalNli {
    instance: Instance,
    judge: ResourceAny,
}

impl LexicalNli {
    /// A judge, in this instance.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn new(mut instance: Instance) -> Result<Self, HostError> {
        let judge = instance.score(0, |store, guest| guest.lexical_nli().call_constructor(store))?;
        Ok(Self { instance, judge })
    }

    /// How likely the hypothesis contradicts the premise, in [0, 1]: 0 surely not, 1 surely.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn contradiction(&mut self, premise: &str, hypothesis: &str) -> Result<f64, HostError> {
        let judge = self.judge;
        let bytes = premise.len().saturating_add(hypothesis.len());
        self.instance
            .score(bytes, |store, guest| guest.lexical_nli().call_contradiction(store, judge, premise, hypothesis))
    }

    /// The same for a hypothesis that is still being written: its last word may be incomplete.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn contradiction_so_far(&mut self, premise: &str, hypothesis: &str) -> Result<f64, HostError> {
        let judge = self.judge;
        let bytes = premise.len().saturating_add(hypothesis.len());
        self.instance.score(bytes, |store, guest| {
            guest.lexical_nli().call_contradiction_so_far(store, judge, premise, hypothesis)
        })
    }
}
