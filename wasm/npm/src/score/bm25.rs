//! Ranked retrieval.

use alloc::string::String;
use alloc::vec::Vec;

use interlock_core::score::{self, Knowledge};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::failure::given;
use crate::tree::Tree;

/// Documents ranked by BM25.
#[wasm_bindgen]
#[derive(Default)]
pub struct Bm25(score::Bm25);

#[wasm_bindgen]
impl Bm25 {
    /// An empty index.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets k1 and b.
    ///
    /// # Errors
    /// One is out of bounds.
    #[wasm_bindgen(js_name = setParameters)]
    pub fn set_parameters(&mut self, k1: f64, b: f64) {
        given(self.0.set_parameters(k1, b));
    }

    /// Sets how many documents make up the context for a query.
    ///
    /// # Errors
    /// It is 0.
    #[wasm_bindgen(js_name = setContextSize)]
    pub fn set_context_size(&mut self, documents: u32) {
        given(self.0.set_context_size(documents));
    }

    /// Adds a document, or replaces the one of the same id in its place. Says whether one was replaced.
    pub fn insert(&mut self, id: &str, text: &str) -> bool {
        self.0.insert(id, text)
    }

    /// Removes a document. Says whether there was one of this id.
    pub fn remove(&mut self, id: &str) -> bool {
        self.0.remove(id)
    }

    /// How many documents there are.
    pub fn size(&self) -> u32 {
        self.0.len()
    }

    /// The documents that have a term of the query, best first: a tree of `tree.rs`.
    pub fn search(&self, query: &str, most: u32) -> Vec<u8> {
        let mut tree = Tree::default();
        tree.list();
        for hit in self.0.search(query, most) {
            tree.object();
            tree.key("id").text(hit.id);
            tree.key("text").text(hit.text);
            tree.key("score").number(hit.score);
            tree.end();
        }
        tree.end();
        tree.into_bytes()
    }

    /// The best documents for a query.
    pub fn context(&self, query: &str) -> Option<String> {
        self.0.context(query)
    }
}
