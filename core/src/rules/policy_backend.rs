//! The backend that loads policies.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::backend::SwapBackend;
use super::error::RuleError;
use super::policy_artifact::PolicyArtifact;
use super::registry::RuleRegistry;
use super::rule::CompiledRule;
use super::step::{StepFailure, StepResult};
use super::target::Target;
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

    /// Loads the active policies of a restored registry. What is for another backend is for the host to load.
    ///
    /// # Errors
    /// [`RuleError::State`] for an active version of the data format that is no policy.
    pub fn load_active(&mut self, registry: &RuleRegistry) -> Result<(), RuleError> {
        for rule in registry.list() {
            let active = registry.active(&rule.rule_id);
            if let Some(active) = active.filter(|active| matches!(active.header().compute_cap, Target::Data(_))) {
                self.load(active).map_err(|_| RuleError::State { what: "an active version is no policy" })?;
            }
        }
        Ok(())
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
