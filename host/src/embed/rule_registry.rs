//! The registry of rules in an instance of its own.

use std::sync::Arc;

use interlock_core::policy::Policy;
use interlock_core::rules::{
    Capability, CompiledRule, Hash, Pin, ReloadPolicy, ReloadReport, RuleHeader, RuleStatus, RuleSummary, StepFailure,
    StepKind, StepResult, TrustedKey,
};
use wasmtime::Store;
use wasmtime::component::ResourceAny;

use super::bindings::exports::interlock::kernel::rules as wit;
use super::engine::Interlock;
use super::error::{HostError, Refusal};
use super::guard::GuardedPolicy;
use super::instance::Instance;
use super::limits::Limiter;
use super::rules_convert::{Called, PolicyAccount, keys_of, read_rule, trusted, verified};

impl Interlock {
    /// An empty registry, in a fresh instance.
    ///
    /// # Errors
    /// No instance could be made; a trap.
    pub fn rule_registry(&self, capability: &Capability, max_history: u32) -> Result<RuleRegistry, HostError> {
        RuleRegistry::new(self.instantiate()?, capability, max_history)
    }
}

/// A version of a rule: what [`interlock_core::rules::RuleHandle`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleAccount {
    /// What the rule says.
    pub header: RuleHeader,
    /// SHA-256 of its canonical encoding.
    pub content_hash: Hash,
    /// What the version is.
    pub status: RuleStatus,
    /// When it was registered, in µs.
    pub registered_at_us: u64,
    /// Streams that are pinned to it.
    pub pinned: u64,
}

/// A step that is out: what [`interlock_core::rules::Step`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SwapStep {
    /// Its number, never used again.
    pub id: u64,
    /// What to do.
    pub kind: StepKind,
    /// Id of the rule.
    pub rule_id: String,
    /// The version to do it with.
    pub version: u64,
    /// The version that is active: 0 for none.
    pub active: u64,
    /// Streams that are pinned to the version.
    pub pinned: u64,
    /// When a quiesce is given up, in µs, if it ever is.
    pub until_us: Option<u64>,
}

/// Something that is over: what [`interlock_core::rules::Outcome`] says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SwapOutcome {
    /// A swap that was begun.
    Swap {
        /// Its number, from the beginning.
        swap: u64,
        /// What it did, or why it did not happen.
        result: Result<ReloadReport, Refusal>,
    },
    /// A version that is not active could not be unloaded. The swap happened all the same.
    NotTerminated {
        /// Id of the rule.
        rule_id: String,
        /// The version.
        version: u64,
        /// What the backend says.
        failure: StepFailure,
    },
}

/// Versions of rules: [`interlock_core::rules::RuleRegistry`] inside an instance, with the backend that loads policies.
///
/// What it refuses is [`HostError::Refused`] with the code of a `RuleError`, and changes nothing. After a trap nothing
/// is known of it any more: keep its [`RuleRegistry::snapshot`].
///
/// ```
/// use interlock_core::policy::Policy;
/// use interlock_core::rules::PolicyArtifact;
/// use interlock_host::embed::Interlock;
///
/// # let file = std::env::var("INTERLOCK_COMPONENT").unwrap_or("../target/component/interlock.component.wasm".into());
/// let interlock = Interlock::from_file(file)?;
/// let mut registry = interlock.rule_registry(&PolicyArtifact::capability(), 5)?;
/// for version in 1..=2 {
///     let rule = PolicyArtifact::compile(Policy::default())?.into_rule("answers", version)?;
///     registry.reload(&rule, 0)?;
///     registry.run_steps(0)?;
/// }
/// let stream = registry.pin("answers")?;
/// registry.begin_rollback("answers", 1, 0)?;
/// registry.run_steps(0)?;
/// assert_eq!(registry.active("answers")?.map(|rule| rule.version()), Some(1));
/// assert_eq!(registry.pinned(stream)?.version(), 2, "a stream finishes on the version it began with");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RuleRegistry {
    instance: Instance,
    registry: ResourceAny,
    /// What streams began with last, one version of a rule.
    loaded: Vec<Loaded>,
}

/// A policy as sessions take it, out of the instance.
#[derive(Debug)]
struct Loaded {
    rule_id: String,
    version: u64,
    content_hash: Hash,
    policy: Arc<GuardedPolicy>,
}

impl RuleRegistry {
    /// An empty registry of a host that can run what `capability` says, in this instance. See
    /// [`interlock_core::rules::RuleRegistry::new`].
    ///
    /// # Errors
    /// A trap, now or earlier; so of all below.
    pub fn new(mut instance: Instance, capability: &Capability, max_history: u32) -> Result<Self, HostError> {
        let capability = capability.into();
        let registry = instance
            .rules(0, |store, guest| guest.rule_registry().call_constructor(store, &capability, max_history))?;
        Ok(Self { instance, registry, loaded: Vec::new() })
    }

    /// The registry of a snapshot, in this instance. Active policies are loaded.
    ///
    /// # Errors
    /// [`HostError::Refused`] when it is none, or this host cannot serve what is active; a trap.
    pub fn restore(mut instance: Instance, snapshot: &[u8], capability: &Capability) -> Result<Self, HostError> {
        let capability = capability.into();
        let registry = instance
            .rules(snapshot.len(), |store, guest| guest.rule_registry().call_restore(store, snapshot, &capability))??;
        Ok(Self { instance, registry, loaded: Vec::new() })
    }

    /// Gives the instance back, which can serve another.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn into_instance(mut self) -> Result<Instance, HostError> {
        let it = self.registry;
        self.instance.with_store(|store| it.resource_drop(store))?;
        Ok(self.instance)
    }

    fn call<T>(
        &mut self,
        bytes: usize,
        call: impl FnOnce(&mut Store<Limiter>, wit::GuestRuleRegistry<'_>, ResourceAny) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        let it = self.registry;
        self.instance.rules(bytes, |store, guest| call(store, guest.rule_registry(), it))
    }

    /// A call that is given a rule.
    fn with_rule<T>(
        &mut self,
        rule: &CompiledRule,
        call: impl FnOnce(&mut Store<Limiter>, wit::GuestRuleRegistry<'_>, ResourceAny, ResourceAny) -> Called<T>,
    ) -> Result<T, HostError> {
        let (it, bytes) = (self.registry, rule.as_bytes());
        let called = self.instance.rules(bytes.len(), |store, guest| {
            let rule = match guest.compiled_rule().call_decode(&mut *store, bytes)? {
                Ok(rule) => rule,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let called = call(&mut *store, guest.rule_registry(), it, rule)?;
            rule.resource_drop(store)?;
            Ok(called)
        })?;
        Ok(called?)
    }

    /// A call that is given a rule whose signatures are verified in the instance.
    fn with_verified<T>(
        &mut self,
        keys: &[TrustedKey],
        threshold: u32,
        envelope: &[u8],
        call: impl FnOnce(&mut Store<Limiter>, wit::GuestRuleRegistry<'_>, ResourceAny, ResourceAny) -> Called<T>,
    ) -> Result<T, HostError> {
        let (it, keys) = (self.registry, keys_of(keys));
        let called = self.instance.rules(envelope.len(), |store, guest| {
            let rule = match verified(store, guest, &keys, threshold, envelope)? {
                Ok(rule) => rule,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let called = call(&mut *store, guest.rule_registry(), it, rule)?;
            rule.resource_drop(store)?;
            Ok(called)
        })?;
        Ok(called?)
    }

    /// The state as canonical bytes.
    ///
    /// # Errors
    /// A trap.
    pub fn snapshot(&mut self) -> Result<Vec<u8>, HostError> {
        self.call(0, |store, guest, it| guest.call_snapshot(store, it))
    }

    /// Trusts these keys from now on, of which `threshold` must sign.
    ///
    /// # Errors
    /// [`HostError::Refused`] when they are no set; a trap.
    pub fn trust(&mut self, keys: &[TrustedKey], threshold: u32) -> Result<(), HostError> {
        let (it, keys) = (self.registry, keys_of(keys));
        let called = self.instance.rules(0, |store, guest| {
            let keys = match trusted(store, guest, &keys, threshold)? {
                Ok(keys) => keys,
                Err(refusal) => return Ok(Err(refusal)),
            };
            guest.rule_registry().call_trust(&mut *store, it, keys)?;
            keys.resource_drop(store)?;
            Ok(Ok(()))
        })?;
        Ok(called?)
    }

    /// Registers a version that nobody signed.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn register(&mut self, rule: &CompiledRule, now_us: u64) -> Result<RuleAccount, HostError> {
        self.with_rule(rule, |store, guest, it, rule| guest.call_register(store, it, rule, now_us))?.try_into()
    }

    /// Verifies an envelope against keys and registers the version in it.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn register_verified(
        &mut self,
        keys: &[TrustedKey],
        threshold: u32,
        envelope: &[u8],
        now_us: u64,
    ) -> Result<RuleAccount, HostError> {
        let registered = self.with_verified(keys, threshold, envelope, |store, guest, it, rule| {
            guest.call_register_verified(store, it, rule, now_us)
        });
        registered?.try_into()
    }

    /// Registers a version that nobody signed and begins to activate it, or neither. Gives the number of the swap.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn reload(&mut self, rule: &CompiledRule, now_us: u64) -> Result<u64, HostError> {
        self.with_rule(rule, |store, guest, it, rule| guest.call_reload(store, it, rule, now_us))
    }

    /// Verifies an envelope against keys, registers the version in it and begins to activate it, or nothing of that.
    /// Gives the number of the swap.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn reload_verified(
        &mut self,
        keys: &[TrustedKey],
        threshold: u32,
        envelope: &[u8],
        now_us: u64,
    ) -> Result<u64, HostError> {
        self.with_verified(keys, threshold, envelope, |store, guest, it, rule| {
            guest.call_reload_verified(store, it, rule, now_us)
        })
    }

    /// Begins to activate a retained version above the active one. Gives the number of the swap.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn begin_reload(&mut self, rule_id: &str, version: u64, now_us: u64) -> Result<u64, HostError> {
        Ok(self.call(rule_id.len(), |store, guest, it| guest.call_begin_reload(store, it, rule_id, version, now_us))??)
    }

    /// Begins to return to a retained version below the active one. Gives the number of the swap.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn begin_rollback(&mut self, rule_id: &str, version: u64, now_us: u64) -> Result<u64, HostError> {
        Ok(self
            .call(rule_id.len(), |store, guest, it| guest.call_begin_rollback(store, it, rule_id, version, now_us))??)
    }

    /// What the host is to do now, if anything.
    ///
    /// # Errors
    /// A trap.
    pub fn step(&mut self) -> Result<Option<SwapStep>, HostError> {
        Ok(self.call(0, |store, guest, it| guest.call_step(store, it))?.map(Into::into))
    }

    /// How the step that is out went.
    ///
    /// # Errors
    /// [`HostError::Refused`], and the step stays out; a trap.
    pub fn complete(&mut self, step: u64, result: StepResult, now_us: u64) -> Result<(), HostError> {
        let result = result.map_err(Into::into);
        let result = result.as_ref().map(|messages| *messages);
        Ok(self.call(0, |store, guest, it| guest.call_complete(store, it, step, result, now_us))??)
    }

    /// Does the steps for policies, as long as there are any.
    ///
    /// # Errors
    /// [`HostError::Refused`] with `rule-still-pinned` while a drain waits for streams; a trap.
    pub fn run_steps(&mut self, now_us: u64) -> Result<(), HostError> {
        // What is loaded was given before, and is not told here.
        let bytes = MAX_POLICY_BYTES;
        Ok(self.call(bytes, |store, guest, it| guest.call_run_steps(store, it, now_us))??)
    }

    /// The next thing that is over.
    ///
    /// # Errors
    /// A trap.
    pub fn take_outcome(&mut self) -> Result<Option<SwapOutcome>, HostError> {
        Ok(self.call(0, |store, guest, it| guest.call_take_outcome(store, it))?.map(Into::into))
    }

    /// Forgets that a swap to a version failed.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn readmit(&mut self, rule_id: &str, version: u64) -> Result<(), HostError> {
        Ok(self.call(rule_id.len(), |store, guest, it| guest.call_readmit(store, it, rule_id, version))??)
    }

    /// Says what becomes of running streams when a rule is replaced.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn set_reload_policy(&mut self, rule_id: &str, policy: ReloadPolicy) -> Result<(), HostError> {
        let policy = policy.into();
        Ok(self.call(rule_id.len(), |store, guest, it| guest.call_set_reload_policy(store, it, rule_id, policy))??)
    }

    /// Stops a rule. Gives how many streams must halt.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap, and then every stream of the registry must halt.
    pub fn emergency_stop(&mut self, rule_id: &str) -> Result<u64, HostError> {
        Ok(self.call(rule_id.len(), |store, guest, it| guest.call_emergency_stop(store, it, rule_id))??)
    }

    /// Lets new streams begin again after an emergency stop.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn lift_stop(&mut self, rule_id: &str) -> Result<(), HostError> {
        Ok(self.call(rule_id.len(), |store, guest, it| guest.call_lift_stop(store, it, rule_id))??)
    }

    /// The version that new streams get.
    ///
    /// # Errors
    /// A trap.
    pub fn active(&mut self, rule_id: &str) -> Result<Option<CompiledRule>, HostError> {
        let found = self.call(rule_id.len(), |store, guest, it| guest.call_active(store, it, rule_id))?;
        found.map(|rule| read_rule(&mut self.instance, rule)).transpose()
    }

    /// A version that is retained.
    ///
    /// # Errors
    /// A trap.
    pub fn version(&mut self, rule_id: &str, version: u64) -> Result<Option<CompiledRule>, HostError> {
        let found = self.call(rule_id.len(), |store, guest, it| guest.call_version(store, it, rule_id, version))?;
        found.map(|rule| read_rule(&mut self.instance, rule)).transpose()
    }

    /// The versions of a rule that are retained, ascending.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn history(&mut self, rule_id: &str) -> Result<Vec<RuleAccount>, HostError> {
        let found = self.call(rule_id.len(), |store, guest, it| guest.call_history(store, it, rule_id))??;
        found.into_iter().map(TryInto::try_into).collect()
    }

    /// All rules, ascending by id.
    ///
    /// # Errors
    /// A trap.
    pub fn list(&mut self) -> Result<Vec<RuleSummary>, HostError> {
        Ok(self.call(0, |store, guest, it| guest.call_list(store, it))?.into_iter().map(Into::into).collect())
    }

    /// A rule, as it is listed.
    pub(super) fn rule(&mut self, rule_id: &str) -> Result<Option<RuleSummary>, HostError> {
        Ok(self.list()?.into_iter().find(|rule| rule.rule_id == rule_id))
    }

    /// The policy of a version, and the version's hash. It crosses for the first of the streams that begin with it.
    pub(super) fn policy(&mut self, rule_id: &str, version: u64) -> Result<(Hash, Arc<GuardedPolicy>), HostError> {
        if let Some(own) = self.loaded.iter().find(|own| own.rule_id == rule_id && own.version == version) {
            return Ok((own.content_hash, Arc::clone(&own.policy)));
        }
        let missing = || HostError::Component(wasmtime::Error::msg("an active version that is not retained"));
        let rule = self.version(rule_id, version)?.ok_or_else(missing)?;
        let PolicyAccount { policy, tables, .. } = self.instance.policy_of(&rule)?;
        let policy = Policy::from_json(&policy).map_err(HostError::Policy)?;
        let policy = Arc::new(GuardedPolicy::with_tables(&policy, tables)?);
        let content_hash = *rule.content_hash();
        self.loaded.retain(|own| own.rule_id != rule_id);
        self.loaded.push(Loaded { rule_id: rule_id.to_owned(), version, content_hash, policy: Arc::clone(&policy) });
        Ok((content_hash, policy))
    }

    /// Pins the active version for a stream that begins.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn pin(&mut self, rule_id: &str) -> Result<Pin, HostError> {
        Ok(Pin::from_bits(self.call(rule_id.len(), |store, guest, it| guest.call_pin(store, it, rule_id))??))
    }

    /// The version that a stream uses.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn pinned(&mut self, pin: Pin) -> Result<CompiledRule, HostError> {
        let rule = self.call(0, |store, guest, it| guest.call_pinned(store, it, pin.to_bits()))??;
        read_rule(&mut self.instance, rule)
    }

    /// Whether a stream must halt because its rule was stopped. After a trap it must.
    ///
    /// # Errors
    /// [`HostError::Refused`] for a pin that is none.
    pub fn is_stopped(&mut self, pin: Pin) -> Result<bool, HostError> {
        match self.call(0, |store, guest, it| guest.call_is_stopped(store, it, pin.to_bits())) {
            Ok(stopped) => Ok(stopped?),
            Err(error) if error.trap().is_some() => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Adopts the active version where the rule's policy says so. Gives whether it changed.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn adopt(&mut self, pin: Pin) -> Result<bool, HostError> {
        Ok(self.call(0, |store, guest, it| guest.call_adopt(store, it, pin.to_bits()))??)
    }

    /// Gives a pin back: the stream is over.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn unpin(&mut self, pin: Pin) -> Result<(), HostError> {
        Ok(self.call(0, |store, guest, it| guest.call_unpin(store, it, pin.to_bits()))??)
    }
}

/// Fuel for loading is that of the longest payload.
const MAX_POLICY_BYTES: usize = 1 << 24;
