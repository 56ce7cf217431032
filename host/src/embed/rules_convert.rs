//! Rules, envelopes and keys in an instance, and the types of the WIT interface `rules` to and from those of the core.

use interlock_core::rules::{self as core, CompiledRule, EnvelopeSignature, Hash, RuleHeader, TrustedKey};
use wasmtime::Store;
use wasmtime::component::ResourceAny;

use super::bindings::exports::interlock::kernel::rules as wit;
use super::error::{HostError, Refusal};
use super::instance::Instance;
use super::limits::Limiter;
use super::rule_registry::{RuleAccount, SwapOutcome, SwapStep};

/// What a call gives that the component may refuse.
pub(super) type Called<T> = wasmtime::Result<Result<T, wit::Refusal>>;

/// Rules, envelopes and keys need no registry.
impl Instance {
    /// A rule of a header and a payload.
    ///
    /// # Errors
    /// [`HostError::Refused`] says what is out of its range; a trap.
    pub fn compiled_rule(&mut self, header: &RuleHeader, payload: &[u8]) -> Result<CompiledRule, HostError> {
        let header = header.into();
        let rule =
            self.rules(payload.len(), |store, guest| guest.compiled_rule().call_new(store, &header, payload))??;
        read_rule(self, rule)
    }

    /// Reads the canonical encoding of a rule: what it says, its hash and its payload.
    ///
    /// # Errors
    /// [`HostError::Refused`] says where it is none; a trap.
    pub fn decode_rule(&mut self, bytes: &[u8]) -> Result<(RuleHeader, Hash, Vec<u8>), HostError> {
        let found = self.rules(bytes.len(), |store, guest| {
            let guest = guest.compiled_rule();
            let rule = match guest.call_decode(&mut *store, bytes)? {
                Ok(rule) => rule,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let header = guest.call_header(&mut *store, rule)?;
            let hash = guest.call_content_hash(&mut *store, rule)?;
            let payload = guest.call_payload(&mut *store, rule)?;
            rule.resource_drop(store)?;
            Ok(Ok((header, hash, payload)))
        })?;
        let (header, hash, payload) = found?;
        Ok((header.try_into()?, bytes_of_32(&hash)?, payload))
    }

    /// The policy that a rule is, as JSON, and its patterns: names, and what happens where they match.
    ///
    /// # Errors
    /// [`HostError::Refused`] when it is none; a trap.
    pub fn policy_of(
        &mut self,
        rule: &CompiledRule,
    ) -> Result<(String, Vec<(String, interlock_core::guard::Action)>), HostError> {
        let bytes = rule.as_bytes();
        let found = self.rules(bytes.len(), |store, guest| {
            let rule = match guest.compiled_rule().call_decode(&mut *store, bytes)? {
                Ok(rule) => rule,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let found = guest.call_policy_of(&mut *store, rule)?;
            rule.resource_drop(store)?;
            Ok(found)
        })?;
        let found = found?;
        Ok((found.policy, found.patterns.into_iter().map(|it| (it.id, it.action.into())).collect()))
    }

    /// A rule in an envelope with signatures made from secrets of Ed25519 keys, each with the key's id: its JSON.
    ///
    /// # Errors
    /// [`HostError::Refused`] when the envelope is full, or an id none; a trap.
    pub fn sign_rule(&mut self, rule: &CompiledRule, keys: &[(String, [u8; 32])]) -> Result<Vec<u8>, HostError> {
        let bytes = rule.as_bytes();
        let signed = self.rules(bytes.len(), |store, guest| {
            let rule = match guest.compiled_rule().call_decode(&mut *store, bytes)? {
                Ok(rule) => rule,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let guest = guest.envelope();
            let envelope = guest.call_constructor(&mut *store, rule)?;
            rule.resource_drop(&mut *store)?;
            for (key_id, secret) in keys {
                if let Err(refusal) = guest.call_sign(&mut *store, envelope, key_id, secret)? {
                    return Ok(Err(refusal));
                }
            }
            let json = guest.call_encode(&mut *store, envelope)?;
            envelope.resource_drop(store)?;
            Ok(Ok(json))
        })?;
        Ok(signed?)
    }

    /// What is in an envelope: the rule, which nobody has verified, and its signatures.
    ///
    /// # Errors
    /// [`HostError::Refused`] when it is none; a trap.
    pub fn decode_envelope(&mut self, json: &[u8]) -> Result<(CompiledRule, Vec<EnvelopeSignature>), HostError> {
        let found = self.rules(json.len(), |store, guest| {
            let guest = guest.envelope();
            let envelope = match guest.call_decode(&mut *store, json)? {
                Ok(envelope) => envelope,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let rule = guest.call_rule(&mut *store, envelope)?;
            let signatures = guest.call_signatures(&mut *store, envelope)?;
            envelope.resource_drop(store)?;
            Ok(Ok((rule, signatures)))
        })?;
        let (rule, signatures) = found?;
        let own = |it: wit::EnvelopeSignature| EnvelopeSignature { key_id: it.key_id, signature: it.signature };
        Ok((read_rule(self, rule)?, signatures.into_iter().map(own).collect()))
    }

    /// The rule of an envelope that at least `threshold` of the keys have signed, and those that have.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap, and nothing is verified then.
    pub fn verify_rule(
        &mut self,
        keys: &[TrustedKey],
        threshold: u32,
        envelope: &[u8],
    ) -> Result<(CompiledRule, Vec<[u8; 32]>), HostError> {
        let keys = keys_of(keys);
        let found = self.rules(envelope.len(), |store, guest| {
            let verified = match verified(store, guest, &keys, threshold, envelope)? {
                Ok(verified) => verified,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let guest = guest.verified_rule();
            let rule = guest.call_rule(&mut *store, verified)?;
            let signers = guest.call_signers(&mut *store, verified)?;
            verified.resource_drop(store)?;
            Ok(Ok((rule, signers)))
        })?;
        let (rule, signers) = found?;
        let signers: Result<Vec<_>, _> = signers.iter().map(|key| bytes_of_32(key)).collect();
        Ok((read_rule(self, rule)?, signers?))
    }
}

/// A set of keys.
pub(super) fn trusted(
    store: &mut Store<Limiter>,
    guest: &wit::Guest,
    keys: &[wit::TrustedKey],
    threshold: u32,
) -> Called<ResourceAny> {
    guest.trusted_keys().call_new(store, keys, threshold)
}

/// A rule whose signatures were verified.
pub(super) fn verified(
    store: &mut Store<Limiter>,
    guest: &wit::Guest,
    keys: &[wit::TrustedKey],
    threshold: u32,
    envelope: &[u8],
) -> Called<ResourceAny> {
    let keys = match trusted(store, guest, keys, threshold)? {
        Ok(keys) => keys,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let envelope = match guest.envelope().call_decode(&mut *store, envelope)? {
        Ok(envelope) => envelope,
        Err(refusal) => {
            keys.resource_drop(store)?;
            return Ok(Err(refusal));
        }
    };
    let rule = guest.trusted_keys().call_verify(&mut *store, keys, envelope)?;
    keys.resource_drop(&mut *store)?;
    envelope.resource_drop(store)?;
    Ok(rule)
}

/// Takes a rule out of an instance.
pub(super) fn read_rule(instance: &mut Instance, rule: ResourceAny) -> Result<CompiledRule, HostError> {
    let bytes = instance.rules(0, |store, guest| {
        let bytes = guest.compiled_rule().call_encode(&mut *store, rule)?;
        rule.resource_drop(store)?;
        Ok(bytes)
    })?;
    CompiledRule::decode(bytes).map_err(|_| malformed("a rule"))
}

/// Only a component of another build gives these.
fn malformed(what: &str) -> HostError {
    HostError::Component(wasmtime::Error::msg(format!("{what} that is none")))
}

fn refusal_of(refusal: wit::Refusal) -> Refusal {
    let wit::Refusal { code, subject, value, bound, message } = refusal;
    Refusal { code, subject, value, bound, message }
}

fn bytes_of_32(bytes: &[u8]) -> Result<[u8; 32], HostError> {
    bytes.try_into().map_err(|_| malformed("a key or a hash"))
}

pub(super) fn keys_of(keys: &[TrustedKey]) -> Vec<wit::TrustedKey> {
    let key = |key: &TrustedKey| wit::TrustedKey {
        key_id: key.key_id.clone(),
        public_key: key.public.to_vec(),
        state: match key.state {
            core::KeyState::Current => wit::KeyState::Current,
            core::KeyState::Retired => wit::KeyState::Retired,
            core::KeyState::Revoked => wit::KeyState::Revoked,
        },
    };
    keys.iter().map(key).collect()
}

impl From<&RuleHeader> for wit::RuleHeader {
    fn from(header: &RuleHeader) -> Self {
        let RuleHeader { rule_id, version, compute_cap, depends_on, actor_config: actor, metadata } = header;
        let need = |it: &core::Dependency| wit::Dependency { rule_id: it.rule_id.clone(), min_version: it.min_version };
        Self {
            rule_id: rule_id.clone(),
            version: *version,
            compute_cap: compute_cap.name(),
            depends_on: depends_on.iter().map(need).collect(),
            actor_config: wit::ActorConfig {
                block_dim: actor.block_dim.into(),
                grid_dim: actor.grid_dim.into(),
                shared_mem_bytes: actor.shared_mem_bytes,
                max_in_flight: actor.max_in_flight,
            },
            metadata: wit::RuleMetadata {
                source_language: metadata.source_language.clone(),
                source_hash: metadata.source_hash.map(|hash| hash.to_vec()),
                compiled_at_ms: metadata.compiled_at_ms,
                compiler_version: metadata.compiler_version.clone(),
                author: metadata.author.clone(),
            },
        }
    }
}

impl TryFrom<wit::RuleHeader> for RuleHeader {
    type Error = HostError;

    fn try_from(header: wit::RuleHeader) -> Result<Self, HostError> {
        let need = |it: wit::Dependency| core::Dependency { rule_id: it.rule_id, min_version: it.min_version };
        let (actor, metadata) = (header.actor_config, header.metadata);
        Ok(Self {
            rule_id: header.rule_id,
            version: header.version,
            compute_cap: core::Target::parse(&header.compute_cap).map_err(|_| malformed("a target"))?,
            depends_on: header.depends_on.into_iter().map(need).collect(),
            actor_config: core::ActorConfig {
                block_dim: actor.block_dim.into(),
                grid_dim: actor.grid_dim.into(),
                shared_mem_bytes: actor.shared_mem_bytes,
                max_in_flight: actor.max_in_flight,
            },
            metadata: core::RuleMetadata {
                source_language: metadata.source_language,
                source_hash: metadata.source_hash.as_deref().map(bytes_of_32).transpose()?,
                compiled_at_ms: metadata.compiled_at_ms,
                compiler_version: metadata.compiler_version,
                author: metadata.author,
            },
        })
    }
}

impl From<&core::Capability> for wit::Capability {
    fn from(own: &core::Capability) -> Self {
        Self { data_formats: own.data_formats, wasm32: own.wasm32, simd128: own.simd128, opaque: own.opaque.clone() }
    }
}

impl From<core::ReloadPolicy> for wit::ReloadPolicy {
    fn from(policy: core::ReloadPolicy) -> Self {
        match policy {
            core::ReloadPolicy::Finish => Self::Finish,
            core::ReloadPolicy::AdoptAtNextSegment => Self::AdoptAtNextSegment,
            core::ReloadPolicy::Drain { timeout_us } => Self::Drain(timeout_us),
        }
    }
}

impl From<wit::ReloadPolicy> for core::ReloadPolicy {
    fn from(policy: wit::ReloadPolicy) -> Self {
        match policy {
            wit::ReloadPolicy::Finish => Self::Finish,
            wit::ReloadPolicy::AdoptAtNextSegment => Self::AdoptAtNextSegment,
            wit::ReloadPolicy::Drain(timeout_us) => Self::Drain { timeout_us },
        }
    }
}

impl TryFrom<wit::RuleHandle> for RuleAccount {
    type Error = HostError;

    fn try_from(handle: wit::RuleHandle) -> Result<Self, HostError> {
        Ok(Self {
            header: handle.header.try_into()?,
            content_hash: bytes_of_32(&handle.content_hash)?,
            status: match handle.status {
                wit::RuleStatus::Registered => core::RuleStatus::Registered,
                wit::RuleStatus::Active => core::RuleStatus::Active,
                wit::RuleStatus::Quiescing => core::RuleStatus::Quiescing,
                wit::RuleStatus::Superseded(by) => core::RuleStatus::Superseded(by),
                wit::RuleStatus::RolledBack => core::RuleStatus::RolledBack,
                wit::RuleStatus::Failed => core::RuleStatus::Failed,
            },
            registered_at_us: handle.registered_at_us,
            pinned: handle.pinned,
        })
    }
}

impl From<wit::RuleSummary> for core::RuleSummary {
    fn from(rule: wit::RuleSummary) -> Self {
        Self {
            rule_id: rule.rule_id,
            active: rule.active,
            highest: rule.highest,
            retained: rule.retained,
            pinned: rule.pinned,
            policy: rule.policy.into(),
            is_stopped: rule.is_stopped,
        }
    }
}

impl From<wit::Step> for SwapStep {
    fn from(step: wit::Step) -> Self {
        Self {
            id: step.id,
            kind: match step.kind {
                wit::StepKind::PreStage => core::StepKind::PreStage,
                wit::StepKind::Quiesce => core::StepKind::Quiesce,
                wit::StepKind::Swap => core::StepKind::Swap,
                wit::StepKind::Resume => core::StepKind::Resume,
                wit::StepKind::Terminate => core::StepKind::Terminate,
            },
            rule_id: step.rule_id,
            version: step.version,
            active: step.active,
            pinned: step.pinned,
            until_us: step.until_us,
        }
    }
}

impl From<core::StepFailure> for wit::StepFailure {
    fn from(failure: core::StepFailure) -> Self {
        match failure {
            core::StepFailure::TimedOut => Self::TimedOut,
            core::StepFailure::Backend(message) => Self::Backend(message),
        }
    }
}

impl From<wit::StepFailure> for core::StepFailure {
    fn from(failure: wit::StepFailure) -> Self {
        match failure {
            wit::StepFailure::TimedOut => Self::TimedOut,
            wit::StepFailure::Backend(message) => Self::Backend(message),
        }
    }
}

impl From<wit::ReloadReport> for core::ReloadReport {
    fn from(report: wit::ReloadReport) -> Self {
        Self {
            rule_id: report.rule_id,
            from_version: report.from_version,
            to_version: report.to_version,
            quiesce_us: report.quiesce_us,
            swap_us: report.swap_us,
            messages_in_flight: report.messages_in_flight,
            pinned: report.pinned,
            rollback_available: report.rollback_available,
        }
    }
}

impl From<wit::Outcome> for SwapOutcome {
    fn from(outcome: wit::Outcome) -> Self {
        match outcome {
            wit::Outcome::Swap(wit::SwapOutcome { swap, report }) => {
                Self::Swap { swap, result: report.map(Into::into).map_err(refusal_of) }
            }
            wit::Outcome::NotTerminated(wit::NotTerminated { rule_id, version, failure }) => {
                Self::NotTerminated { rule_id, version, failure: failure.into() }
            }
        }
    }
}
