//! The backend that loads policies.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::backend::SwapBackend;
use super::policy_artifact::PolicyArtifact;
use super::rule::CompiledRule;
use super::step::{StepFailure, StepResult};
use crate::sha256::Hash;

/// Decodes a policy before it serves and keeps it as long as a stream may need it.
#[derive(Clone, Debug, Default)]
pub struct PolicyBackend {
    loaded: Vec<(Hash, Arc<PolicyArtifact>)>,
}

impl PolicyBackend {
    /// The artifact of a version, once it is loaded.
    #[must_use]
    pub fn artifact(&self, rule: &CompiledRule) -> Option<&Arc<PolicyArtifact>> {
        self.loaded.iter().find(|(hash, _)| hash == rule.content_hash()).map(|(_, artifact)| artifact)
    }

    /// Loads a version that was active before: what a restored registry's host does on its start.
    ///
    /// # Errors
    /// As the pre-stage.
    pub fn load(&mut self, rule: &CompiledRule) -> StepResult {
        if self.artifact(rule).is_none() {
            let artifact = PolicyArtifact::of(rule).map_err(|error| StepFailure::Backend(error.message()))?;
            self.loaded.push((*rule.content_hash(), Arc::new(artifact)));
        }
        Ok(0)
    }

    fn require(&self, rule: &CompiledRule) -> StepResult {
        match self.artifact(rule) {
            Some(_) => Ok(0),
            None => Err(StepFailure::Backend(String::from("the version is not loaded"))),
        }
    }
}

impl SwapBackend for PolicyBackend {
    fn pre_stage(&mut self, rule: &CompiledRule) -> StepResult {
        self.load(rule)
    }

    /// Nothing is in flight between calls: a policy is only read.
    fn quiesce(&mut self, _: &CompiledRule) -> StepResult {
        Ok(0)
    }

    fn swap(&mut self, rule: &CompiledRule) -> StepResult {
        self.require(rule)
    }

    fn resume(&mut self, rule: &CompiledRule) -> StepResult {
        self.require(rule)
    }

    fn terminate(&mut self, rule: &CompiledRule) -> StepResult {
        self.loaded.retain(|(hash, _)| hash != rule.content_hash());
        Ok(0)
    }
}
