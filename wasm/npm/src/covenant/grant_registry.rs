//! Grants that hang together.

use alloc::vec::Vec;

use interlock_core::covenant;
use wasm_bindgen::prelude::wasm_bindgen;

use super::grant::Grant;
use super::terms::read_terms;
use crate::refusal::{Fault, given, read};
use crate::tree::Tree;

/// All versions of some grants, each derived one with those that it comes from.
#[wasm_bindgen]
#[derive(Default)]
pub struct GrantRegistry(pub(super) covenant::GrantRegistry);

/// Names and versions of grants: `[[id, version]…]`.
fn names(grants: &[&covenant::Grant]) -> Vec<u8> {
    let mut tree = Tree::default();
    tree.list();
    for grant in grants {
        tree.list();
        tree.text(grant.id());
        tree.whole(grant.version().into());
        tree.end();
    }
    tree.end();
    tree.into_bytes()
}

#[wasm_bindgen]
impl GrantRegistry {
    /// No grants yet.
    pub fn create() -> GrantRegistry {
        Self::default()
    }

    /// Adds a grant as it is now.
    ///
    /// # Errors
    /// It is there, what it was derived from is not, or it is not what can be derived from that.
    pub fn insert(&mut self, grant: &Grant) {
        given(self.0.insert(grant.0.clone()));
    }

    /// A copy of a grant.
    pub fn get(&self, id: &str, version: u32) -> Option<Grant> {
        self.0.get(id, version).cloned().map(Grant)
    }

    /// Names and versions of all: see [`names`].
    pub fn grants(&self) -> Vec<u8> {
        names(&self.0.grants().collect::<Vec<_>>())
    }

    /// Whether a grant and all that it comes from are active.
    #[wasm_bindgen(js_name = isActive)]
    pub fn is_active(&self, id: &str, version: u32, now_ms: u64) -> bool {
        self.0.is_active(id, version, now_ms)
    }

    /// Derives a proposal and adds it. Gives its name and version: see [`names`].
    ///
    /// # Errors
    /// It would be wider, or a state or a clock does not allow it, or the terms are refused.
    pub fn attenuate(&mut self, id: &str, version: u32, derived: &str, terms: &[u8], by: &str, now_ms: u64) -> Vec<u8> {
        given(read(terms, read_terms).and_then(|terms| {
            let derived = self.0.attenuate(id, version, derived, terms, by, now_ms)?;
            Ok::<_, Fault>(names(&[derived]))
        }))
    }

    /// Moves a grant on: 0 grant, 1 revoke, 2 expire. Gives names and versions of what moved: see [`names`].
    ///
    /// # Errors
    /// There is none, or its state, its time, a clock or what it comes from do not allow it.
    pub fn step(&mut self, operation: u8, id: &str, version: u32, by: &str, now_ms: u64) -> Vec<u8> {
        let moved = match operation {
            0 => self.0.grant(id, version, by, now_ms).map(|grant| Vec::from([grant])),
            1 => self.0.revoke(id, version, by, now_ms),
            _ => self.0.expire(id, version, by, now_ms).map(|grant| Vec::from([grant])),
        };
        given(moved.map(|moved| names(&moved)))
    }
}
