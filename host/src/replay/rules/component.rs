//! The suite `rules` on the component.

use interlock_core::guard::Action;
use interlock_core::rules::{
    Capability, CompiledRule, EnvelopeSignature, Hash, Pin, ReloadPolicy, RuleHeader, StepResult, Target, TrustedKey,
};
use interlock_host::embed::{Interlock, RuleRegistry, SwapOutcome};

use super::super::backend::Answer;
use super::super::component::Wasmtime;
use super::backend::{Registering, Rules};
use super::text::{handle_text, not_terminated_text, step_text, summary_text, swap_text};
use super::{RuleText, Signed};

impl Rules for Wasmtime {
    fn rule(&self, rule: &RuleText, payload: &[u8]) -> Answer<CompiledRule> {
        // The component reads the name of the target.
        let header = rule.header(Target::Opaque(rule.target.clone()));
        Ok(self.interlock()?.instantiate()?.compiled_rule(&header, payload)?)
    }

    fn decode_rule(&self, bytes: &[u8]) -> Answer<(RuleHeader, Hash, Vec<u8>)> {
        Ok(self.interlock()?.instantiate()?.decode_rule(bytes)?)
    }

    fn policy_of(&self, rule: &CompiledRule) -> Answer<(String, Vec<(String, Action)>)> {
        Ok(self.interlock()?.instantiate()?.policy_of(rule)?)
    }

    fn sign_rule(&self, rule: &CompiledRule, keys: &[(String, [u8; 32])]) -> Answer<Vec<u8>> {
        Ok(self.interlock()?.instantiate()?.sign_rule(rule, keys)?)
    }

    fn decode_envelope(&self, json: &[u8]) -> Answer<(CompiledRule, Vec<EnvelopeSignature>)> {
        Ok(self.interlock()?.instantiate()?.decode_envelope(json)?)
    }

    fn verify_rule(
        &self,
        keys: &[TrustedKey],
        threshold: u32,
        envelope: &[u8],
    ) -> Answer<(CompiledRule, Vec<[u8; 32]>)> {
        Ok(self.interlock()?.instantiate()?.verify_rule(keys, threshold, envelope)?)
    }

    fn rule_registry(&self, capability: &Capability, max_history: u32) -> Answer<Box<dyn Registering>> {
        let interlock = self.interlock()?.clone();
        Ok(Box::new(InWasmtime { registry: interlock.rule_registry(capability, max_history)?, interlock }))
    }
}

struct InWasmtime {
    interlock: Interlock,
    registry: RuleRegistry,
}

impl Registering for InWasmtime {
    fn register(&mut self, rule: &CompiledRule, now_us: u64) -> Answer<()> {
        self.registry.register(rule, now_us)?;
        Ok(())
    }

    fn register_verified(&mut self, signed: &Signed, now_us: u64) -> Answer<()> {
        self.registry.register_verified(&signed.keys, signed.threshold, &signed.envelope, now_us)?;
        Ok(())
    }

    fn reload(&mut self, rule: &CompiledRule, now_us: u64) -> Answer<u64> {
        Ok(self.registry.reload(rule, now_us)?)
    }

    fn reload_verified(&mut self, signed: &Signed, now_us: u64) -> Answer<u64> {
        Ok(self.registry.reload_verified(&signed.keys, signed.threshold, &signed.envelope, now_us)?)
    }

    fn trust(&mut self, keys: &[TrustedKey], threshold: u32) -> Answer<()> {
        Ok(self.registry.trust(keys, threshold)?)
    }

    fn begin_reload(&mut self, rule_id: &str, version: u64, now_us: u64) -> Answer<u64> {
        Ok(self.registry.begin_reload(rule_id, version, now_us)?)
    }

    fn begin_rollback(&mut self, rule_id: &str, version: u64, now_us: u64) -> Answer<u64> {
        Ok(self.registry.begin_rollback(rule_id, version, now_us)?)
    }

    fn step(&mut self) -> Answer<Option<(u64, String)>> {
        Ok(self.registry.step()?.map(|it| {
            let rule = (it.rule_id.as_str(), it.version);
            (it.id, step_text(it.id, it.kind.as_str(), rule, it.active, it.pinned, it.until_us))
        }))
    }

    fn complete(&mut self, step: u64, result: StepResult, now_us: u64) -> Answer<()> {
        Ok(self.registry.complete(step, result, now_us)?)
    }

    fn run_steps(&mut self, now_us: u64) -> Answer<()> {
        Ok(self.registry.run_steps(now_us)?)
    }

    fn take_outcome(&mut self) -> Answer<Option<String>> {
        Ok(self.registry.take_outcome()?.map(|outcome| match outcome {
            SwapOutcome::Swap { swap, result } => match result {
                Ok(report) => swap_text(swap, Ok(&report)),
                Err(it) => swap_text(swap, Err((it.code.strip_prefix("rule-").unwrap_or(&it.code), &it.message))),
            },
            SwapOutcome::NotTerminated { rule_id, version, failure } => {
                not_terminated_text(&rule_id, version, &failure)
            }
        }))
    }

    fn readmit(&mut self, rule_id: &str, version: u64) -> Answer<()> {
        Ok(self.registry.readmit(rule_id, version)?)
    }

    fn set_reload_policy(&mut self, rule_id: &str, policy: ReloadPolicy) -> Answer<()> {
        Ok(self.registry.set_reload_policy(rule_id, policy)?)
    }

    fn emergency_stop(&mut self, rule_id: &str) -> Answer<u64> {
        Ok(self.registry.emergency_stop(rule_id)?)
    }

    fn lift_stop(&mut self, rule_id: &str) -> Answer<()> {
        Ok(self.registry.lift_stop(rule_id)?)
    }

    fn active(&mut self, rule_id: &str) -> Answer<Option<CompiledRule>> {
        Ok(self.registry.active(rule_id)?)
    }

    fn version(&mut self, rule_id: &str, version: u64) -> Answer<Option<CompiledRule>> {
        Ok(self.registry.version(rule_id, version)?)
    }

    fn history(&mut self, rule_id: &str) -> Answer<String> {
        let versions = self.registry.history(rule_id)?;
        let text = versions
            .iter()
            .map(|it| handle_text(it.header.version, &it.content_hash, it.status, it.registered_at_us, it.pinned));
        Ok(text.collect::<Vec<_>>().join(", "))
    }

    fn list(&mut self) -> Answer<Vec<(String, String)>> {
        Ok(self.registry.list()?.iter().map(|rule| (rule.rule_id.clone(), summary_text(rule))).collect())
    }

    fn pin(&mut self, rule_id: &str) -> Answer<u64> {
        Ok(self.registry.pin(rule_id)?.to_bits())
    }

    fn pinned(&mut self, pin: u64) -> Answer<CompiledRule> {
        Ok(self.registry.pinned(Pin::from_bits(pin))?)
    }

    fn is_stopped(&mut self, pin: u64) -> Answer<bool> {
        Ok(self.registry.is_stopped(Pin::from_bits(pin))?)
    }

    fn adopt(&mut self, pin: u64) -> Answer<bool> {
        Ok(self.registry.adopt(Pin::from_bits(pin))?)
    }

    fn unpin(&mut self, pin: u64) -> Answer<()> {
        Ok(self.registry.unpin(Pin::from_bits(pin))?)
    }

    fn snapshot(&mut self) -> Answer<Vec<u8>> {
        Ok(self.registry.snapshot()?)
    }

    fn restore(&mut self, snapshot: &[u8], capability: &Capability) -> Answer<()> {
        self.registry = RuleRegistry::restore(self.interlock.instantiate()?, snapshot, capability)?;
        Ok(())
    }
}
