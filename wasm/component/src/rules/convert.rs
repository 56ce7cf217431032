//! The types of the WIT interface `rules`, to and from those of the core.

use interlock_core::guard::PatternTable;
use interlock_core::rules as core;

use super::bytes_of_32;
use crate::bindings::exports::interlock::kernel::rules as wit;
use crate::convert::refused;

impl From<&PatternTable> for wit::PolicyPattern {
    fn from(pattern: &PatternTable) -> Self {
        Self { id: pattern.id().to_owned(), action: pattern.action().into() }
    }
}

impl wit::RuleHeader {
    pub(super) fn read(self) -> Result<core::RuleHeader, wit::Refusal> {
        let needs = self.depends_on.into_iter();
        let source_hash = self.metadata.source_hash.as_deref().map(|hash| bytes_of_32("source-hash", hash));
        Ok(core::RuleHeader {
            rule_id: self.rule_id,
            version: self.version,
            compute_cap: refused(core::Target::parse(&self.compute_cap))?,
            depends_on: needs.map(|it| core::Dependency { rule_id: it.rule_id, min_version: it.min_version }).collect(),
            actor_config: core::ActorConfig {
                block_dim: self.actor_config.block_dim.into(),
                grid_dim: self.actor_config.grid_dim.into(),
                shared_mem_bytes: self.actor_config.shared_mem_bytes,
                max_in_flight: self.actor_config.max_in_flight,
            },
            metadata: core::RuleMetadata {
                source_language: self.metadata.source_language,
                source_hash: source_hash.transpose()?,
                compiled_at_ms: self.metadata.compiled_at_ms,
                compiler_version: self.metadata.compiler_version,
                author: self.metadata.author,
            },
        })
    }
}

impl From<&core::RuleHeader> for wit::RuleHeader {
    fn from(header: &core::RuleHeader) -> Self {
        let needs = header.depends_on.iter();
        let (actor, metadata) = (&header.actor_config, &header.metadata);
        Self {
            rule_id: header.rule_id.clone(),
            version: header.version,
            compute_cap: header.compute_cap.name(),
            depends_on: needs
                .map(|it| wit::Dependency { rule_id: it.rule_id.clone(), min_version: it.min_version })
                .collect(),
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

impl From<&core::EnvelopeSignature> for wit::EnvelopeSignature {
    fn from(own: &core::EnvelopeSignature) -> Self {
        Self { key_id: own.key_id.clone(), signature: own.signature.clone() }
    }
}

impl From<core::SignatureCheck<'_>> for wit::SignatureCheck {
    fn from(check: core::SignatureCheck<'_>) -> Self {
        Self { public_key: check.public.to_vec(), signature: check.signature.to_vec() }
    }
}

impl wit::TrustedKey {
    pub(super) fn read(self) -> Result<core::TrustedKey, wit::Refusal> {
        let state = match self.state {
            wit::KeyState::Current => core::KeyState::Current,
            wit::KeyState::Retired => core::KeyState::Retired,
            wit::KeyState::Revoked => core::KeyState::Revoked,
        };
        let public = bytes_of_32("public-key", &self.public_key)?;
        Ok(core::TrustedKey { key_id: self.key_id, public, state })
    }
}

impl From<wit::Capability> for core::Capability {
    fn from(own: wit::Capability) -> Self {
        Self { data_formats: own.data_formats, wasm32: own.wasm32, simd128: own.simd128, opaque: own.opaque }
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

impl From<core::ReloadPolicy> for wit::ReloadPolicy {
    fn from(policy: core::ReloadPolicy) -> Self {
        match policy {
            core::ReloadPolicy::Finish => Self::Finish,
            core::ReloadPolicy::AdoptAtNextSegment => Self::AdoptAtNextSegment,
            core::ReloadPolicy::Drain { timeout_us } => Self::Drain(timeout_us),
        }
    }
}

impl From<&core::RuleHandle> for wit::RuleHandle {
    fn from(handle: &core::RuleHandle) -> Self {
        Self {
            header: handle.rule.header().into(),
            content_hash: handle.rule.content_hash().to_vec(),
            status: match handle.status {
                core::RuleStatus::Registered => wit::RuleStatus::Registered,
                core::RuleStatus::Active => wit::RuleStatus::Active,
                core::RuleStatus::Quiescing => wit::RuleStatus::Quiescing,
                core::RuleStatus::Superseded(by) => wit::RuleStatus::Superseded(by),
                core::RuleStatus::RolledBack => wit::RuleStatus::RolledBack,
                core::RuleStatus::Failed => wit::RuleStatus::Failed,
            },
            registered_at_us: handle.registered_at_us,
            pinned: handle.pinned,
        }
    }
}

impl From<core::RuleSummary> for wit::RuleSummary {
    fn from(rule: core::RuleSummary) -> Self {
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

impl From<&core::Step> for wit::Step {
    fn from(step: &core::Step) -> Self {
        Self {
            id: step.id,
            kind: match step.kind {
                core::StepKind::PreStage => wit::StepKind::PreStage,
                core::StepKind::Quiesce => wit::StepKind::Quiesce,
                core::StepKind::Swap => wit::StepKind::Swap,
                core::StepKind::Resume => wit::StepKind::Resume,
                core::StepKind::Terminate => wit::StepKind::Terminate,
            },
            rule_id: step.rule.rule_id().to_owned(),
            version: step.rule.version(),
            active: step.active,
            pinned: step.pinned,
            until_us: step.until_us,
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

impl From<core::StepFailure> for wit::StepFailure {
    fn from(failure: core::StepFailure) -> Self {
        match failure {
            core::StepFailure::TimedOut => Self::TimedOut,
            core::StepFailure::Backend(message) => Self::Backend(message),
        }
    }
}

impl From<core::ReloadReport> for wit::ReloadReport {
    fn from(report: core::ReloadReport) -> Self {
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

impl From<core::Outcome> for wit::Outcome {
    fn from(outcome: core::Outcome) -> Self {
        match outcome {
            core::Outcome::Swap { swap, result } => {
                Self::Swap(wit::SwapOutcome { swap, report: refused(result).map(Into::into) })
            }
            core::Outcome::NotTerminated { rule_id, version, failure } => {
                Self::NotTerminated(wit::NotTerminated { rule_id, version, failure: failure.into() })
            }
        }
    }
}
