//! Grants.

use alloc::string::String;
use alloc::vec::Vec;

use interlock_core::covenant::{self, GrantError, Transition};
use wasm_bindgen::prelude::wasm_bindgen;

use super::terms::{read_terms, write_terms};
use crate::refusal::{Fault, given, made, read};
use crate::tree::Tree;

/// A version of what somebody may do.
#[wasm_bindgen]
pub struct Grant(pub(super) covenant::Grant);

#[wasm_bindgen]
impl Grant {
    /// A proposal; with a version, one that is granted from the start.
    ///
    /// # Errors
    /// A name or the terms are refused, or its time would be over.
    pub fn create(id: &str, version: Option<u32>, terms: &[u8], by: &str, now_ms: u64) -> Option<Grant> {
        made(read(terms, read_terms).and_then(|terms| {
            Ok(Self(match version {
                None => covenant::Grant::propose(id, terms, by, now_ms)?,
                Some(version) => covenant::Grant::issued(id, version, terms, by, now_ms)?,
            }))
        }))
    }

    /// Its name.
    pub fn id(&self) -> String {
        self.0.id().into()
    }

    /// Its version.
    pub fn version(&self) -> u32 {
        self.0.version()
    }

    /// Where it is in its life.
    pub fn state(&self) -> String {
        self.0.state().as_str().into()
    }

    /// What it allows.
    pub fn terms(&self) -> Vec<u8> {
        let mut tree = Tree::default();
        write_terms(&mut tree, self.0.terms());
        tree.into_bytes()
    }

    /// Where it comes from: `{grant, version}` or null.
    pub fn parent(&self) -> Vec<u8> {
        let mut tree = Tree::default();
        match self.0.parent() {
            None => tree.null(),
            Some(parent) => {
                tree.object();
                tree.key("grant").text(&parent.grant);
                tree.key("version").whole(parent.version.into());
                tree.end();
            }
        }
        tree.into_bytes()
    }

    /// Every transition of this version.
    pub fn history(&self) -> Vec<u8> {
        let mut tree = Tree::default();
        tree.list();
        for transition in self.0.history() {
            self.write(&mut tree, transition);
        }
        tree.end();
        tree.into_bytes()
    }

    fn write(&self, tree: &mut Tree, transition: &Transition) {
        let mut record = Vec::new();
        transition.write(&self.0, &mut record);
        tree.object();
        tree.key("version").whole(transition.version.into());
        tree.key("from");
        match transition.from {
            None => tree.null(),
            Some(from) => tree.text(from.as_str()),
        }
        tree.key("to").text(transition.to.as_str());
        tree.key("atMs").whole(transition.at_ms);
        tree.key("by").text(&transition.by);
        tree.key("record").text(core::str::from_utf8(&record).unwrap_or_default());
        tree.end();
    }

    /// Whether its time is over.
    #[wasm_bindgen(js_name = isOver)]
    pub fn is_over(&self, now_ms: u64) -> bool {
        self.0.is_over(now_ms)
    }

    /// Whether it allows what it says.
    #[wasm_bindgen(js_name = isActive)]
    pub fn is_active(&self, now_ms: u64) -> bool {
        self.0.is_active(now_ms)
    }

    /// Moves on: 0 negotiate, 1 grant, 2 revoke, 3 expire. Gives the transition.
    ///
    /// # Errors
    /// Its state, its time or the clock do not allow it.
    pub fn step(&mut self, operation: u8, by: &str, now_ms: u64) -> Vec<u8> {
        let step: fn(&mut covenant::Grant, &str, u64) -> Result<Transition, GrantError> = match operation {
            0 => |grant, by, now_ms| grant.negotiate(by, now_ms).cloned(),
            1 => |grant, by, now_ms| grant.grant(by, now_ms).cloned(),
            2 => |grant, by, now_ms| grant.revoke(by, now_ms).cloned(),
            _ => |grant, by, now_ms| grant.expire(by, now_ms).cloned(),
        };
        let Some(transition) = made(step(&mut self.0, by, now_ms)) else { return Vec::new() };
        let mut tree = Tree::default();
        self.write(&mut tree, &transition);
        tree.into_bytes()
    }

    /// A proposal of the next version.
    ///
    /// # Errors
    /// Its state or the clock do not allow it, or the terms are refused.
    pub fn amend(&self, terms: &[u8], by: &str, now_ms: u64) -> Option<Grant> {
        made(read(terms, read_terms).and_then(|terms| Ok(Self(self.0.amend(terms, by, now_ms)?))))
    }

    /// A proposal for somebody who gets a part of this.
    ///
    /// # Errors
    /// It would be wider, or this one's state or the clock do not allow it, or the terms are refused.
    pub fn attenuate(&self, id: &str, terms: &[u8], by: &str, now_ms: u64) -> Option<Grant> {
        made(read(terms, read_terms).and_then(|terms| Ok(Self(self.0.attenuate(id, terms, by, now_ms)?))))
    }
}

/// Checks terms by themselves.
///
/// # Errors
/// They are refused.
#[wasm_bindgen(js_name = checkTerms)]
pub fn check_terms(terms: &[u8]) {
    given(read(terms, read_terms).and_then(|terms| terms.validate().map_err(Fault::from)));
}
