//! Knowledge by key.

use alloc::string::String;

use interlock_core::score::{self, Knowledge};
use wasm_bindgen::prelude::wasm_bindgen;

/// Facts by key.
#[wasm_bindgen]
#[derive(Default)]
pub struct InMemoryKnowledge(score::InMemoryKnowledge);

#[wasm_bindgen]
impl InMemoryKnowledge {
    /// No facts.
    #[wasm_bindgen(constructor)]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a fact, or replaces the value of a key in its place. Says whether one was replaced.
    pub fn insert(&mut self, key: &str, value: &str) -> bool {
        self.0.insert(key, value)
    }

    /// How many facts there are.
    pub fn size(&self) -> u32 {
        self.0.len()
    }

    /// The facts that bear on a query.
    pub fn context(&self, query: &str) -> Option<String> {
        self.0.context(query)
    }
}
