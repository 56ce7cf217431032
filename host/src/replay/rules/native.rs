//! The suite `rules` on the core itself.

use interlock_core::guard::Action;
use interlock_core::rules::{
    Capability, CompiledRule, Ed25519, Envelope, EnvelopeSignature, Hash, Outcome, Pin, PolicyArtifact, PolicyBackend,
    ReloadPolicy, RuleHeader, RuleRegistry, StepResult, Target, TrustedKey, TrustedKeys, VerifiedRule,
};

use super::super::backend::Answer;
use super::super::native::Native;
use super::backend::{Registering, Rules};
use super::text::{handle_text, not_terminated_text, step_text, summary_text, swap_text};
use super::{RuleText, Signed};

impl Rules for Native {
    fn rule(&self, rule: &RuleText, payload: &[u8]) -> Answer<CompiledRule> {
        Ok(CompiledRule::new(rule.header(Target::parse(&rule.target)?), payload)?)
    }

    fn decode_rule(&self, bytes: &[u8]) -> Answer<(RuleHeader, Hash, Vec<u8>)> {
        let rule = CompiledRule::decode(bytes.to_vec())?;
        Ok((rule.header().clone(), *rule.content_hash(), rule.payload().to_vec()))
    }

    fn policy_of(&self, rule: &CompiledRule) -> Answer<(String, Vec<(String, Action)>)> {
        let artifact = PolicyArtifact::of(rule)?;
        let patterns = artifact.tables().map(|tables| tables.patterns()).unwrap_or_default();
        let patterns = patterns.iter().map(|it| (it.id().to_owned(), it.action())).collect();
        Ok((artifact.policy_json().to_owned(), patterns))
    }

    fn sign_rule(&self, rule: &CompiledRule, keys: &[(String, [u8; 32])]) -> Answer<Vec<u8>> {
        let mut envelope = Envelope::new(rule.clone());
        for (key_id, secret) in keys {
            envelope.sign(key_id, secret)?;
        }
        Ok(envelope.encode())
    }

    fn decode_envelope(&self, json: &[u8]) -> Answer<(CompiledRule, Vec<EnvelopeSignature>)> {
        let envelope = Envelope::decode(json)?;
        Ok((envelope.rule().clone(), envelope.signatures().to_vec()))
    }

    fn verify_rule(
        &self,
        keys: &[TrustedKey],
        threshold: u32,
        envelope: &[u8],
    ) -> Answer<(CompiledRule, Vec<[u8; 32]>)> {
        let rule = verified(keys, threshold, envelope)?;
        Ok((rule.rule().clone(), rule.signers().to_vec()))
    }

    fn rule_registry(&self, capability: &Capability, max_history: u32) -> Answer<Box<dyn Registering>> {
        let registry = RuleRegistry::new(capability.clone(), max_history);
        Ok(Box::new(NativeRegistry { registry, policies: PolicyBackend::default() }))
    }
}

fn verified(keys: &[TrustedKey], threshold: u32, envelope: &[u8]) -> Answer<VerifiedRule> {
    let keys = TrustedKeys::new(keys.to_vec(), threshold)?;
    Ok(keys.verify(&Envelope::decode(envelope)?, &Ed25519)?)
}

struct NativeRegistry {
    registry: RuleRegistry,
    policies: PolicyBackend,
}

impl Registering for NativeRegistry {
    fn register(&mut self, rule: &CompiledRule, now_us: u64) -> Answer<()> {
        self.registry.register(rule.clone(), now_us)?;
        Ok(())
    }

    fn register_verified(&mut self, signed: &Signed, now_us: u64) -> Answer<()> {
        let rule = verified(&signed.keys, signed.threshold, &signed.envelope)?;
        self.registry.register_verified(rule, now_us)?;
        Ok(())
    }

    fn reload(&mut self, rule: &CompiledRule, now_us: u64) -> Answer<u64> {
        Ok(self.registry.reload(rule.clone(), now_us)?)
    }

    fn reload_verified(&mut self, signed: &Signed, now_us: u64) -> Answer<u64> {
        let rule = verified(&signed.keys, signed.threshold, &signed.envelope)?;
        Ok(self.registry.reload_verified(rule, now_us)?)
    }

    fn trust(&mut self, keys: &[TrustedKey], threshold: u32) -> Answer<()> {
        self.registry.trust(TrustedKeys::new(keys.to_vec(), threshold)?);
        Ok(())
    }

    fn begin_reload(&mut self, rule_id: &str, version: u64, now_us: u64) -> Answer<u64> {
        Ok(self.registry.begin_reload(rule_id, version, now_us)?)
    }

    fn begin_rollback(&mut self, rule_id: &str, version: u64, now_us: u64) -> Answer<u64> {
        Ok(self.registry.begin_rollback(rule_id, version, now_us)?)
    }

    fn step(&mut self) -> Answer<Option<(u64, String)>> {
        Ok(self.registry.step().map(|it| {
            let rule = (it.rule.rule_id(), it.rule.version());
            (it.id, step_text(it.id, it.kind.as_str(), rule, it.active, it.pinned, it.until_us))
        }))
    }

    fn complete(&mut self, step: u64, result: StepResult, now_us: u64) -> Answer<()> {
        Ok(self.registry.complete(step, result, now_us)?)
    }

    fn run_steps(&mut self, now_us: u64) -> Answer<()> {
        Ok(self.registry.run_steps(&mut self.policies, now_us)?)
    }

    fn take_outcome(&mut self) -> Answer<Option<String>> {
        Ok(self.registry.take_outcome().map(|outcome| match outcome {
            Outcome::Swap { swap, result } => match result {
                Ok(report) => swap_text(swap, Ok(&report)),
                Err(error) => swap_text(swap, Err((error.kind(), &error.message()))),
            },
            Outcome::NotTerminated { rule_id, version, failure } => not_terminated_text(&rule_id, version, &failure),
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
        Ok(self.registry.active(rule_id).cloned())
    }

    fn version(&mut self, rule_id: &str, version: u64) -> Answer<Option<CompiledRule>> {
        Ok(self.registry.version(rule_id, version).map(|handle| handle.rule))
    }

    fn history(&mut self, rule_id: &str) -> Answer<String> {
        let handles = self.registry.history(rule_id)?;
        let text = handles.iter().map(|it| {
            handle_text(it.rule.version(), it.rule.content_hash(), it.status, it.registered_at_us, it.pinned)
        });
        Ok(text.collect::<Vec<_>>().join(", "))
    }

    fn list(&mut self) -> Answer<Vec<(String, String)>> {
        Ok(self.registry.list().iter().map(|rule| (rule.rule_id.clone(), summary_text(rule))).collect())
    }

    fn pin(&mut self, rule_id: &str) -> Answer<u64> {
        Ok(self.registry.pin(rule_id)?.to_bits())
    }

    fn pinned(&mut self, pin: u64) -> Answer<CompiledRule> {
        Ok(self.registry.pinned(Pin::from_bits(pin))?.clone())
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
        Ok(self.registry.snapshot())
    }

    fn restore(&mut self, snapshot: &[u8], capability: &Capability) -> Answer<()> {
        let registry = RuleRegistry::restore(snapshot, capability.clone())?;
        let mut policies = PolicyBackend::default();
        policies.load_active(&registry)?;
        *self = Self { registry, policies };
        Ok(())
    }
}
