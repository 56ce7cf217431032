//! What the suite `rules` asks of a build of the core.

use interlock_core::guard::Action;
use interlock_core::rules::{
    Capability, CompiledRule, EnvelopeSignature, Hash, ReloadPolicy, RuleHeader, StepResult, TrustedKey,
};

use super::super::backend::Answer;
use super::{RuleText, Signed};

/// The part of a build that has rules. Refusals: see the suite.
pub(crate) trait Rules {
    fn rule(&self, rule: &RuleText, payload: &[u8]) -> Answer<CompiledRule>;
    /// What it says, its hash and its payload.
    fn decode_rule(&self, bytes: &[u8]) -> Answer<(RuleHeader, Hash, Vec<u8>)>;
    /// The policy as JSON, and its patterns.
    fn policy_of(&self, rule: &CompiledRule) -> Answer<(String, Vec<(String, Action)>)>;
    fn sign_rule(&self, rule: &CompiledRule, keys: &[(String, [u8; 32])]) -> Answer<Vec<u8>>;
    fn decode_envelope(&self, json: &[u8]) -> Answer<(CompiledRule, Vec<EnvelopeSignature>)>;
    /// The rule and the keys that signed it.
    fn verify_rule(
        &self,
        keys: &[TrustedKey],
        threshold: u32,
        envelope: &[u8],
    ) -> Answer<(CompiledRule, Vec<[u8; 32]>)>;
    fn rule_registry(&self, capability: &Capability, max_history: u32) -> Answer<Box<dyn Registering>>;
}

/// A registry, with the backend that loads policies.
pub(crate) trait Registering {
    fn register(&mut self, rule: &CompiledRule, now_us: u64) -> Answer<()>;
    fn register_verified(&mut self, signed: &Signed, now_us: u64) -> Answer<()>;
    fn reload(&mut self, rule: &CompiledRule, now_us: u64) -> Answer<u64>;
    fn reload_verified(&mut self, signed: &Signed, now_us: u64) -> Answer<u64>;
    fn trust(&mut self, keys: &[TrustedKey], threshold: u32) -> Answer<()>;
    fn begin_reload(&mut self, rule_id: &str, version: u64, now_us: u64) -> Answer<u64>;
    fn begin_rollback(&mut self, rule_id: &str, version: u64, now_us: u64) -> Answer<u64>;
    /// The number of the step that is out, and its text.
    fn step(&mut self) -> Answer<Option<(u64, String)>>;
    fn complete(&mut self, step: u64, result: StepResult, now_us: u64) -> Answer<()>;
    fn run_steps(&mut self, now_us: u64) -> Answer<()>;
    /// The text of what is over.
    fn take_outcome(&mut self) -> Answer<Option<String>>;
    fn readmit(&mut self, rule_id: &str, version: u64) -> Answer<()>;
    fn set_reload_policy(&mut self, rule_id: &str, policy: ReloadPolicy) -> Answer<()>;
    fn emergency_stop(&mut self, rule_id: &str) -> Answer<u64>;
    fn lift_stop(&mut self, rule_id: &str) -> Answer<()>;
    fn active(&mut self, rule_id: &str) -> Answer<Option<CompiledRule>>;
    fn version(&mut self, rule_id: &str, version: u64) -> Answer<Option<CompiledRule>>;
    /// The texts of the versions that are retained, with a comma between.
    fn history(&mut self, rule_id: &str) -> Answer<String>;
    /// Every rule's id and text.
    fn list(&mut self) -> Answer<Vec<(String, String)>>;
    fn pin(&mut self, rule_id: &str) -> Answer<u64>;
    fn pinned(&mut self, pin: u64) -> Answer<CompiledRule>;
    fn is_stopped(&mut self, pin: u64) -> Answer<bool>;
    fn adopt(&mut self, pin: u64) -> Answer<bool>;
    fn unpin(&mut self, pin: u64) -> Answer<()>;
    fn snapshot(&mut self) -> Answer<Vec<u8>>;
    /// Becomes the registry of a snapshot, or stays what it is.
    fn restore(&mut self, snapshot: &[u8], capability: &Capability) -> Answer<()>;
}
