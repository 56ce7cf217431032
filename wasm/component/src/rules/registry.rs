//! The resource `rule-registry`, with the backend that loads policies.

use std::cell::RefCell;

use interlock_core::rules::{self as core, Pin, PolicyBackend};

use super::{CompiledRule, TrustedKeys, VerifiedRule, shared};
use crate::bindings::exports::interlock::kernel::rules as wit;
use crate::convert::refused;

pub(crate) struct RuleRegistry {
    registry: RefCell<core::RuleRegistry>,
    policies: RefCell<PolicyBackend>,
}

impl wit::GuestRuleRegistry for RuleRegistry {
    fn new(capability: wit::Capability, max_history: u32) -> Self {
        let registry = core::RuleRegistry::new(capability.into(), max_history);
        Self { registry: RefCell::new(registry), policies: RefCell::default() }
    }

    fn restore(snapshot: Vec<u8>, capability: wit::Capability) -> Result<wit::RuleRegistry, wit::Refusal> {
        let registry = refused(core::RuleRegistry::restore(&snapshot, capability.into()))?;
        let mut policies = PolicyBackend::default();
        refused(policies.load_active(&registry))?;
        Ok(wit::RuleRegistry::new(Self { registry: RefCell::new(registry), policies: RefCell::new(policies) }))
    }

    fn snapshot(&self) -> Vec<u8> {
        self.registry.borrow().snapshot()
    }

    fn trust(&self, keys: wit::TrustedKeysBorrow<'_>) {
        self.registry.borrow_mut().trust(keys.get::<TrustedKeys>().0.clone());
    }

    fn register(&self, rule: wit::CompiledRuleBorrow<'_>, now_us: u64) -> Result<wit::RuleHandle, wit::Refusal> {
        let rule = rule.get::<CompiledRule>().0.clone();
        Ok((&refused(self.registry.borrow_mut().register(rule, now_us))?).into())
    }

    fn register_verified(
        &self,
        rule: wit::VerifiedRuleBorrow<'_>,
        now_us: u64,
    ) -> Result<wit::RuleHandle, wit::Refusal> {
        let rule = rule.get::<VerifiedRule>().0.clone();
        Ok((&refused(self.registry.borrow_mut().register_verified(rule, now_us))?).into())
    }

    fn reload(&self, rule: wit::CompiledRuleBorrow<'_>, now_us: u64) -> Result<u64, wit::Refusal> {
        refused(self.registry.borrow_mut().reload(rule.get::<CompiledRule>().0.clone(), now_us))
    }

    fn reload_verified(&self, rule: wit::VerifiedRuleBorrow<'_>, now_us: u64) -> Result<u64, wit::Refusal> {
        refused(self.registry.borrow_mut().reload_verified(rule.get::<VerifiedRule>().0.clone(), now_us))
    }

    fn begin_reload(&self, rule_id: String, version: u64, now_us: u64) -> Result<u64, wit::Refusal> {
        refused(self.registry.borrow_mut().begin_reload(&rule_id, version, now_us))
    }

    fn begin_rollback(&self, rule_id: String, version: u64, now_us: u64) -> Result<u64, wit::Refusal> {
        refused(self.registry.borrow_mut().begin_rollback(&rule_id, version, now_us))
    }

    fn step(&self) -> Option<wit::Step> {
        self.registry.borrow_mut().step().as_ref().map(Into::into)
    }

    fn complete(&self, step: u64, outcome: Result<u64, wit::StepFailure>, now_us: u64) -> Result<(), wit::Refusal> {
        refused(self.registry.borrow_mut().complete(step, outcome.map_err(Into::into), now_us))
    }

    fn run_steps(&self, now_us: u64) -> Result<(), wit::Refusal> {
        refused(self.registry.borrow_mut().run_steps(&mut *self.policies.borrow_mut(), now_us))
    }

    fn take_outcome(&self) -> Option<wit::Outcome> {
        self.registry.borrow_mut().take_outcome().map(Into::into)
    }

    fn readmit(&self, rule_id: String, version: u64) -> Result<(), wit::Refusal> {
        refused(self.registry.borrow_mut().readmit(&rule_id, version))
    }

    fn set_reload_policy(&self, rule_id: String, policy: wit::ReloadPolicy) -> Result<(), wit::Refusal> {
        refused(self.registry.borrow_mut().set_reload_policy(&rule_id, policy.into()))
    }

    fn emergency_stop(&self, rule_id: String) -> Result<u64, wit::Refusal> {
        refused(self.registry.borrow_mut().emergency_stop(&rule_id))
    }

    fn lift_stop(&self, rule_id: String) -> Result<(), wit::Refusal> {
        refused(self.registry.borrow_mut().lift_stop(&rule_id))
    }

    fn active(&self, rule_id: String) -> Option<wit::CompiledRule> {
        self.registry.borrow().active(&rule_id).map(shared)
    }

    fn version(&self, rule_id: String, version: u64) -> Option<wit::CompiledRule> {
        self.registry.borrow().version(&rule_id, version).map(|handle| shared(&handle.rule))
    }

    fn history(&self, rule_id: String) -> Result<Vec<wit::RuleHandle>, wit::Refusal> {
        Ok(refused(self.registry.borrow().history(&rule_id))?.iter().map(Into::into).collect())
    }

    fn list(&self) -> Vec<wit::RuleSummary> {
        self.registry.borrow().list().into_iter().map(Into::into).collect()
    }

    fn pin(&self, rule_id: String) -> Result<u64, wit::Refusal> {
        refused(self.registry.borrow_mut().pin(&rule_id)).map(Pin::to_bits)
    }

    fn pinned(&self, pin: u64) -> Result<wit::CompiledRule, wit::Refusal> {
        refused(self.registry.borrow().pinned(Pin::from_bits(pin))).map(shared)
    }

    fn is_stopped(&self, pin: u64) -> Result<bool, wit::Refusal> {
        refused(self.registry.borrow().is_stopped(Pin::from_bits(pin)))
    }

    fn adopt(&self, pin: u64) -> Result<bool, wit::Refusal> {
        refused(self.registry.borrow_mut().adopt(Pin::from_bits(pin)))
    }

    fn unpin(&self, pin: u64) -> Result<(), wit::Refusal> {
        refused(self.registry.borrow_mut().unpin(Pin::from_bits(pin)))
    }
}
