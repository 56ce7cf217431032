//! Policy artifacts.

use alloc::string::String;
use alloc::vec::Vec;

use interlock_core::policy::Policy;
use interlock_core::rules;
use wasm_bindgen::prelude::wasm_bindgen;

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

    /// The compiled patterns; none are no bytes.
    pub fn tables(&self) -> Vec<u8> {
        self.0.table_bytes().into()
    }

    /// The patterns: `[{id, action}…]`.
    pub fn patterns(&self) -> Vec<u8> {
        let mut tree = Tree::default();
        tree.list();
        for pattern in self.0.tables().map(|tables| tables.patterns()).unwrap_or_default() {
            tree.object();
            tree.key("id").text(pattern.id());
            tree.key("action").text(pattern.action().as_str());
            tree.end();
        }
        tree.end();
        tree.into_bytes()
    }
}

/// The payload of a policy, which is JSON, and of compiled patterns.
///
/// # Errors
/// They are none.
#[wasm_bindgen(js_name = policyPayload)]
pub fn policy_payload(policy: &str, tables: &[u8]) -> Vec<u8> {
    given(payload(policy, tables))
}

fn payload(policy: &str, tables: &[u8]) -> Result<Vec<u8>, Fault> {
    let policy = Policy::from_json(policy).map_err(rules::ArtifactError::Policy)?;
    Ok(rules::PolicyArtifact::new(policy, Some(tables))?.payload().into())
}
