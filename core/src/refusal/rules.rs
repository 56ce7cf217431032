//! Refusals of rules.

use super::Refusal;
#[cfg(feature = "policy-artifact")]
use crate::guard::GuardTablesError;
#[cfg(feature = "policy-artifact")]
use crate::rules::ArtifactError;
use crate::rules::{
    DecodeError, DecodeFault, EnvelopeError, KeySetError, RuleError, RuleFault, SignatureFault, StepKind,
};

impl From<&RuleError> for Refusal {
    fn from(error: &RuleError) -> Self {
        let new = |code| Self::new(code, error.message());
        match error {
            RuleError::NotFound { rule_id } => new("rule-not-found").about(rule_id),
            RuleError::VersionDowngrade { current, proposed } => {
                new("rule-version-downgrade").value(*proposed).bound(*current)
            }
            RuleError::ComputeCapMismatch { required, .. } => new("rule-compute-cap-mismatch").about(required),
            RuleError::MissingDependency { rule_id, min_version, found } => {
                new("rule-missing-dependency").about(rule_id).value(*found).bound(*min_version)
            }
            RuleError::InvalidSignature(SignatureFault::Threshold { valid, threshold }) => {
                new("rule-invalid-signature").about("threshold").value(*valid).bound(*threshold)
            }
            RuleError::InvalidSignature(SignatureFault::Unsigned) => new("rule-invalid-signature").about("unsigned"),
            RuleError::InvalidSignature(SignatureFault::OtherKeys) => new("rule-invalid-signature").about("other-keys"),
            RuleError::RollbackTargetMissing { version } => new("rule-rollback-target-missing").value(*version),
            RuleError::NoActiveVersion { rule_id } => new("rule-no-active-version").about(rule_id),
            RuleError::QuiesceTimeout { pinned, .. } => new("rule-quiesce-timeout").value(*pinned),
            RuleError::BackendError { step, .. } => new("rule-backend-error").about(StepKind::as_str(*step)),
            RuleError::DuplicateVersion { rule_id, version } => {
                new("rule-duplicate-version").about(rule_id).value(*version)
            }
            RuleError::VersionMissing { version } => new("rule-version-missing").value(*version),
            RuleError::RollbackNotBelow { active, proposed } => {
                new("rule-rollback-not-below").value(*proposed).bound(*active)
            }
            RuleError::VersionFailed { version } => new("rule-version-failed").value(*version),
            RuleError::DependencyCycle { rule_ids } => new("rule-dependency-cycle").about(&rule_ids.join(" ")),
            RuleError::Needed { by, min_version, proposed } => {
                new("rule-needed").about(by).value(*proposed).bound(*min_version)
            }
            RuleError::Quiescing { until_us } => new("rule-quiescing").bound(*until_us),
            RuleError::StillPinned { pinned, until_us } => new("rule-still-pinned").value(*pinned).bound(*until_us),
            RuleError::EmergencyStopped { rule_id } => new("rule-emergency-stopped").about(rule_id),
            RuleError::UnknownPin => new("rule-unknown-pin"),
            RuleError::UnknownStep { step } => new("rule-unknown-step").value(*step),
            RuleError::QueueFull { bound } => new("rule-queue-full").bound(*bound),
            RuleError::TooManyRules { bound } => new("rule-too-many-rules").bound(*bound),
            RuleError::NotFailed { version } => new("rule-not-failed").value(*version),
            RuleError::State { what } => new("rule-state").about(what),
        }
    }
}

impl From<&RuleFault> for Refusal {
    fn from(fault: &RuleFault) -> Self {
        let new = |code| Self::new(code, fault.message());
        match fault {
            RuleFault::Name { what, bytes } => new("artifact-name").about(what).value(*bytes).bound(256),
            RuleFault::Version => new("artifact-version"),
            RuleFault::Target { name } => new("artifact-target").about(name),
            RuleFault::Dependencies { count } => new("artifact-dependencies").value(*count).bound(64),
            RuleFault::NotAscending { rule_id } => new("artifact-not-ascending").about(rule_id),
            RuleFault::DependsOnItself => new("artifact-depends-on-itself"),
            RuleFault::Number { what, value, most, .. } => {
                new("artifact-number").about(what).value(*value).bound(*most)
            }
            RuleFault::Payload { bytes } => {
                new("artifact-payload").value(*bytes).bound(crate::rules::MAX_RULE_PAYLOAD_BYTES)
            }
        }
    }
}

impl From<&DecodeError> for Refusal {
    fn from(error: &DecodeError) -> Self {
        let code = match &error.what {
            DecodeFault::NoRule => "artifact-no-rule",
            DecodeFault::Format(_) => "artifact-format",
            DecodeFault::Truncated { .. } => "artifact-truncated",
            DecodeFault::TooLong { .. } => "artifact-too-long",
            DecodeFault::Code(_) => "artifact-code",
            DecodeFault::NotEmpty => "artifact-not-empty",
            DecodeFault::NotUtf8 => "artifact-not-utf8",
            DecodeFault::Rule(fault) => return Self { message: error.message(), ..Self::from(fault) },
        };
        Self::new(code, error.message()).value(error.offset)
    }
}

impl From<&EnvelopeError> for Refusal {
    fn from(error: &EnvelopeError) -> Self {
        let new = |code| Self::new(code, error.message());
        match error {
            EnvelopeError::TooLong { bytes } => {
                new("envelope-too-long").value(*bytes).bound(crate::rules::MAX_ENVELOPE_BYTES)
            }
            EnvelopeError::Json(_) => new("envelope-json"),
            EnvelopeError::PayloadType { found } => new("envelope-payload-type").about(found),
            EnvelopeError::Base64 { field } => new("envelope-base64").about(field),
            EnvelopeError::SignatureCount { count } => {
                new("envelope-signature-count").value(*count).bound(crate::rules::MAX_ENVELOPE_SIGNATURES)
            }
            EnvelopeError::Signature { index } => new("envelope-signature").value(*index),
            EnvelopeError::Rule(fault) => Self { message: error.message(), ..Self::from(fault) },
        }
    }
}

impl From<&KeySetError> for Refusal {
    fn from(error: &KeySetError) -> Self {
        let new = |code| Self::new(code, error.message());
        match error {
            KeySetError::TooMany { count } => new("keys-too-many").value(*count).bound(16),
            KeySetError::Twice { key_id } => new("keys-twice").about(key_id),
            KeySetError::KeyId { bytes } => new("keys-id").value(*bytes).bound(256),
            KeySetError::Threshold { threshold, current } => new("keys-threshold").value(*threshold).bound(*current),
        }
    }
}

#[cfg(feature = "policy-artifact")]
impl From<&ArtifactError> for Refusal {
    fn from(error: &ArtifactError) -> Self {
        let new = |code| Self::new(code, error.message());
        match error {
            ArtifactError::Target { found } => new("policy-target").about(found),
            ArtifactError::NoArtifact => new("policy-no-artifact"),
            ArtifactError::Truncated { needed, bytes } => new("policy-truncated").value(*bytes).bound(*needed),
            ArtifactError::TooLong { extra } => new("policy-too-long").value(*extra),
            ArtifactError::NotUtf8 => new("policy-not-utf8"),
            ArtifactError::Policy(error) => new("policy-invalid").about(&error.path),
            ArtifactError::NotCanonical => new("policy-not-canonical"),
            ArtifactError::Guard(GuardTablesError::HashMismatch { .. }) => new("policy-guard-hash"),
            ArtifactError::Guard(_) => new("policy-guard"),
            ArtifactError::Rule(fault) => Self::from(fault),
        }
    }
}
