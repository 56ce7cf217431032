//! Policy artifacts.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use interlock_core::guard::GuardLibrary;
use interlock_core::policy::Policy;
use interlock_core::rules::{self, ArtifactError};
use interlock_core::session::ChannelGuards;
use wasm_bindgen::prelude::wasm_bindgen;

use super::key;
use super::rule::CompiledRule;
use crate::refusal::{Fault, given, made};
use crate::tree::Tree;

/// A policy with its compiled patterns.
#[wasm_bindgen]
pub struct PolicyArtifact(rules::PolicyArtifact);

#[wasm_bindgen]
impl PolicyArtifact {
    /// The artifact that a rule is.
    ///
    /// # Errors
    /// It is none.
    pub fn of(rule: &CompiledRule) -> Option<PolicyArtifact> {
        made(rules::PolicyArtifact::of(&rule.0)).map(Self)
    }

    /// The policy as JSON.
    pub fn policy(&self) -> String {
        self.0.policy_json().into()
    }

    /// Compiled patterns by number, from 0: their SHA-256, and behind it their bytes. None are no bytes.
    pub fn compiled(&self, number: usize) -> Vec<u8> {
        let all = self.0.compiled_patterns();
        all.get(number).map_or_else(Vec::new, |own| [&own.hash[..], own.bytes].concat())
    }

    /// The patterns: `[{id, action, channels}…]`.
    pub fn patterns(&self) -> Vec<u8> {
        let mut tree = Tree::default();
        tree.list();
        for own in self.0.compiled_patterns() {
            for pattern in own.tables.patterns() {
                tree.object();
                tree.key("id").text(pattern.id());
                tree.key("action").text(pattern.action().as_str());
                tree.key("channels").list();
                for kind in &own.channels {
                    tree.text(kind.as_str());
                }
                tree.end();
                tree.end();
            }
        }
        tree.end();
        tree.into_bytes()
    }
}

/// Compiled patterns from which a policy takes its sets.
#[wasm_bindgen]
pub struct PolicyPatterns(GuardLibrary);

#[wasm_bindgen]
impl PolicyPatterns {
    /// None yet.
    pub fn empty() -> PolicyPatterns {
        Self(GuardLibrary::new())
    }

    /// Adds those with a SHA-256.
    ///
    /// # Errors
    /// Their bytes have another hash, or are none.
    pub fn add(&mut self, bytes: &[u8], sha256: &[u8]) {
        given(
            key(sha256).and_then(|hash| self.0.add(bytes, &hash).map_err(|error| ArtifactError::Guard(error).into())),
        );
    }

    /// The payload of a policy, which is JSON.
    ///
    /// # Errors
    /// The policy is none, or wants a set that is not there.
    pub fn payload(&mut self, policy: &str) -> Vec<u8> {
        given(self.made(policy))
    }

    fn made(&mut self, policy: &str) -> Result<Vec<u8>, Fault> {
        let policy = Policy::from_json(policy).map_err(ArtifactError::Policy)?;
        let guards = policy.guard.as_ref().map(|guard| ChannelGuards::link(guard, &mut self.0)).transpose();
        let guards = guards.map_err(ArtifactError::Policy)?.unwrap_or_default();
        Ok(rules::PolicyArtifact::new(policy, Arc::new(guards))?.payload().into())
    }
}
