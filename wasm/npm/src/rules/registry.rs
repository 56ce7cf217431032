//! The registry.

use alloc::string::String;
use alloc::vec::Vec;

use interlock_core::read::Source as _;
use interlock_core::rules::{
    self, Capability, Outcome, Pin, PolicyBackend, ReloadPolicy, ReloadReport, RuleHandle, RuleStatus, StepFailure,
};
use wasm_bindgen::prelude::wasm_bindgen;

use super::envelope::{TrustedKeys, VerifiedRule};
use super::rule::{CompiledRule, write_header};
use crate::refusal::{Fault, given, made, read};
use crate::tree::{Tree, TreeSource};

/// Rules, their versions, and the streams that use them.
#[wasm_bindgen]
pub struct RuleRegistry {
    registry: rules::RuleRegistry,
    policies: PolicyBackend,
}

#[wasm_bindgen]
impl RuleRegistry {
    /// A registry of a host with a capability, as [`read_capability`] says.
    ///
    /// # Errors
    /// No capability is such.
    pub fn create(capability: &[u8], max_history: u32) -> Option<RuleRegistry> {
        let capability = made(read(capability, read_capability))?;
        Some(Self { registry: rules::RuleRegistry::new(capability, max_history), policies: PolicyBackend::default() })
    }

    /// The registry of a snapshot. Active policies are loaded.
    ///
    /// # Errors
    /// It is none, or this host cannot serve what is active.
    pub fn restore(snapshot: &[u8], capability: &[u8]) -> Option<RuleRegistry> {
        made(restore(snapshot, capability))
    }

    /// The state as bytes.
    pub fn snapshot(&self) -> Vec<u8> {
        self.registry.snapshot()
    }

    /// Trusts keys from now on.
    pub fn trust(&mut self, keys: &TrustedKeys) {
        self.registry.trust(keys.0.clone());
    }

    /// Registers a version that nobody signed.
    ///
    /// # Errors
    /// The registry refuses it.
    pub fn register(&mut self, rule: &CompiledRule, now_us: u64) {
        given(self.registry.register(rule.0.clone(), now_us).map(drop));
    }

    /// Registers a version that was signed.
    ///
    /// # Errors
    /// The registry refuses it.
    #[wasm_bindgen(js_name = registerVerified)]
    pub fn register_verified(&mut self, rule: &VerifiedRule, now_us: u64) {
        given(self.registry.register_verified(rule.0.clone(), now_us).map(drop));
    }

    /// Registers an unsigned version and begins to activate it.
    ///
    /// # Errors
    /// The registry refuses it.
    pub fn reload(&mut self, rule: &CompiledRule, now_us: u64) -> u64 {
        given(self.registry.reload(rule.0.clone(), now_us))
    }

    /// Registers a signed version and begins to activate it.
    ///
    /// # Errors
    /// The registry refuses it.
    #[wasm_bindgen(js_name = reloadVerified)]
    pub fn reload_verified(&mut self, rule: &VerifiedRule, now_us: u64) -> u64 {
        given(self.registry.reload_verified(rule.0.clone(), now_us))
    }

    /// Begins to activate a version above the active one.
    ///
    /// # Errors
    /// The registry refuses it.
    #[wasm_bindgen(js_name = beginReload)]
    pub fn begin_reload(&mut self, rule_id: &str, version: u64, now_us: u64) -> u64 {
        given(self.registry.begin_reload(rule_id, version, now_us))
    }

    /// Begins to return to a version below the active one.
    ///
    /// # Errors
    /// The registry refuses it.
    #[wasm_bindgen(js_name = beginRollback)]
    pub fn begin_rollback(&mut self, rule_id: &str, version: u64, now_us: u64) -> u64 {
        given(self.registry.begin_rollback(rule_id, version, now_us))
    }

    /// The step that is out, or null.
    pub fn step(&mut self) -> Vec<u8> {
        let mut tree = Tree::default();
        let Some(step) = self.registry.step() else {
            tree.null();
            return tree.into_bytes();
        };
        tree.object();
        tree.key("id").whole(step.id);
        tree.key("kind").text(step.kind.as_str());
        tree.key("ruleId").text(step.rule.rule_id());
        tree.key("version").whole(step.rule.version());
        tree.key("active").whole(step.active);
        tree.key("pinned").whole(step.pinned);
        tree.key("untilUs").optional_whole(step.until_us);
        tree.end();
        tree.into_bytes()
    }

    /// How the step went: messages in flight; or, where it failed, why, of which no words are a time-out.
    ///
    /// # Errors
    /// The registry refuses it.
    pub fn complete(&mut self, step: u64, messages: u64, failure: Option<String>, now_us: u64) {
        let result = match failure {
            None => Ok(messages),
            Some(message) if message.is_empty() => Err(StepFailure::TimedOut),
            Some(message) => Err(StepFailure::Backend(message)),
        };
        given(self.registry.complete(step, result, now_us));
    }

    /// Does steps with the backend that loads policies.
    ///
    /// # Errors
    /// Streams are still pinned to a version that is drained.
    #[wasm_bindgen(js_name = runSteps)]
    pub fn run_steps(&mut self, now_us: u64) {
        given(self.registry.run_steps(&mut self.policies, now_us));
    }

    /// The next thing that is over, or null.
    #[wasm_bindgen(js_name = takeOutcome)]
    pub fn take_outcome(&mut self) -> Vec<u8> {
        let mut tree = Tree::default();
        match self.registry.take_outcome() {
            None => tree.null(),
            Some(outcome) => write_outcome(&mut tree, &outcome),
        }
        tree.into_bytes()
    }

    /// Forgets that a swap to a version failed.
    ///
    /// # Errors
    /// The registry refuses it.
    pub fn readmit(&mut self, rule_id: &str, version: u64) {
        given(self.registry.readmit(rule_id, version));
    }

    /// Says what becomes of running streams: 0 finish, 1 adopt, 2 drain.
    ///
    /// # Errors
    /// There is no such rule.
    #[wasm_bindgen(js_name = setReloadPolicy)]
    pub fn set_reload_policy(&mut self, rule_id: &str, policy: u32, timeout_us: u64) {
        let policy = match policy {
            1 => ReloadPolicy::AdoptAtNextSegment,
            2 => ReloadPolicy::Drain { timeout_us },
            _ => ReloadPolicy::Finish,
        };
        given(self.registry.set_reload_policy(rule_id, policy));
    }

    /// Stops a rule, and says how many streams must halt.
    ///
    /// # Errors
    /// There is no such rule.
    #[wasm_bindgen(js_name = emergencyStop)]
    pub fn emergency_stop(&mut self, rule_id: &str) -> u64 {
        given(self.registry.emergency_stop(rule_id))
    }

    /// Lets streams begin again.
    ///
    /// # Errors
    /// There is no such rule.
    #[wasm_bindgen(js_name = liftStop)]
    pub fn lift_stop(&mut self, rule_id: &str) {
        given(self.registry.lift_stop(rule_id));
    }

    /// The version that new streams get.
    pub fn active(&self, rule_id: &str) -> Option<CompiledRule> {
        self.registry.active(rule_id).cloned().map(CompiledRule)
    }

    /// A version that is retained.
    pub fn version(&self, rule_id: &str, version: u64) -> Option<CompiledRule> {
        self.registry.version(rule_id, version).map(|handle| CompiledRule(handle.rule))
    }

    /// The versions that are retained.
    ///
    /// # Errors
    /// There is no such rule.
    pub fn history(&self, rule_id: &str) -> Vec<u8> {
        given(self.registry.history(rule_id).map(|handles| {
            let mut tree = Tree::default();
            tree.list();
            for handle in &handles {
                write_handle(&mut tree, handle);
            }
            tree.end();
            tree.into_bytes()
        }))
    }

    /// All rules.
    pub fn list(&self) -> Vec<u8> {
        let mut tree = Tree::default();
        tree.list();
        for own in self.registry.list() {
            tree.object();
            tree.key("ruleId").text(&own.rule_id);
            tree.key("active").whole(own.active);
            tree.key("highest").whole(own.highest);
            tree.key("retained").whole(own.retained.into());
            tree.key("pinned").whole(own.pinned);
            let (policy, timeout_us) = match own.policy {
                ReloadPolicy::Finish => ("finish", None),
                ReloadPolicy::AdoptAtNextSegment => ("adopt-at-next-segment", None),
                ReloadPolicy::Drain { timeout_us } => ("drain", Some(timeout_us)),
            };
            tree.key("reloadPolicy").text(policy);
            tree.key("timeoutUs").optional_whole(timeout_us);
            tree.key("isStopped").flag(own.is_stopped);
            tree.end();
        }
        tree.end();
        tree.into_bytes()
    }

    /// Pins the active version.
    ///
    /// # Errors
    /// The registry refuses it.
    pub fn pin(&mut self, rule_id: &str) -> u64 {
        given(self.registry.pin(rule_id).map(Pin::to_bits))
    }

    /// The version of a pin.
    ///
    /// # Errors
    /// There is no such pin.
    pub fn pinned(&self, pin: u64) -> Option<CompiledRule> {
        made(self.registry.pinned(Pin::from_bits(pin))).cloned().map(CompiledRule)
    }

    /// Whether the stream of a pin must halt.
    ///
    /// # Errors
    /// There is no such pin.
    #[wasm_bindgen(js_name = isStopped)]
    pub fn is_stopped(&self, pin: u64) -> bool {
        given(self.registry.is_stopped(Pin::from_bits(pin)))
    }

    /// Adopts the active version where the rule's policy says so.
    ///
    /// # Errors
    /// There is no such pin, or its stream must halt.
    pub fn adopt(&mut self, pin: u64) -> bool {
        given(self.registry.adopt(Pin::from_bits(pin)))
    }

    /// Gives a pin back.
    ///
    /// # Errors
    /// There is no such pin.
    pub fn unpin(&mut self, pin: u64) {
        given(self.registry.unpin(Pin::from_bits(pin)));
    }
}

fn restore(snapshot: &[u8], capability: &[u8]) -> Result<RuleRegistry, Fault> {
    let registry = rules::RuleRegistry::restore(snapshot, read(capability, read_capability)?)?;
    let mut policies = PolicyBackend::default();
    policies.load_active(&registry)?;
    Ok(RuleRegistry { registry, policies })
}

/// Reads a capability: `[oldest format, newest, wasm32, simd128, [opaque…]]`.
fn read_capability(source: &mut TreeSource<'_>) -> Result<Capability, Fault> {
    source.begin_list()?;
    let data_formats = (source.small()?, source.small()?);
    let (wasm32, simd128) = (source.flag()?, source.flag()?);
    let mut opaque = Vec::new();
    source.each(|source| -> Result<(), Fault> {
        opaque.push(source.string()?.into());
        Ok(())
    })?;
    if source.next_item()? { Err(Fault::Broken) } else { Ok(Capability { data_formats, wasm32, simd128, opaque }) }
}

fn write_handle(tree: &mut Tree, handle: &RuleHandle) {
    tree.object();
    tree.key("version").whole(handle.rule.version());
    tree.key("status").text(handle.status.as_str());
    let by = if let RuleStatus::Superseded(by) = handle.status { Some(by) } else { None };
    tree.key("supersededBy").optional_whole(by);
    tree.key("registeredAtUs").whole(handle.registered_at_us);
    tree.key("pinned").whole(handle.pinned);
    tree.key("header");
    write_header(tree, &handle.rule);
    tree.end();
}

fn write_outcome(tree: &mut Tree, outcome: &Outcome) {
    tree.object();
    match outcome {
        Outcome::Swap { swap, result } => {
            tree.key("kind").text("swap");
            tree.key("swap").whole(*swap);
            match result {
                Ok(report) => write_report(tree.key("report"), report),
                Err(error) => {
                    tree.key("error").object();
                    tree.key("kind").text(error.kind());
                    tree.key("message").text(&error.message());
                    tree.end();
                }
            }
        }
        Outcome::NotTerminated { rule_id, version, failure } => {
            tree.key("kind").text("not-terminated");
            tree.key("ruleId").text(rule_id);
            tree.key("version").whole(*version);
            tree.key("message").text(match failure {
                StepFailure::TimedOut => "timed out",
                StepFailure::Backend(message) => message,
            });
        }
    }
    tree.end();
}

fn write_report(tree: &mut Tree, report: &ReloadReport) {
    tree.object();
    tree.key("ruleId").text(&report.rule_id);
    tree.key("fromVersion").whole(report.from_version);
    tree.key("toVersion").whole(report.to_version);
    tree.key("quiesceUs").whole(report.quiesce_us);
    tree.key("swapUs").whole(report.swap_us);
    tree.key("messagesInFlight").whole(report.messages_in_flight);
    tree.key("pinned").whole(report.pinned);
    tree.key("rollbackAvailable").flag(report.rollback_available);
    tree.end();
}
