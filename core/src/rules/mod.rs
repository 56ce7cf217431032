//! Compiled rules: policy as an artifact that is signed, versioned, and swapped while streams run.
//!
//! A [`CompiledRule`] is a header and a payload in one canonical encoding, named by its id, its version and its hash (see
//! `parts`). It is shared, never copied. Whether a host runs it is a comparison of [`Capability`] with [`Target`].
//!
//! A [`RuleRegistry`] knows the versions of each rule and which one is active. It does no I/O: a reload or a rollback is a
//! row of steps that it hands out, and whatever fails at whichever step, the old version is active and serves. A stream
//! pins the version that it began with. What does the steps is a [`SwapBackend`]. The state outlives the process as a
//! [`RuleRegistry::snapshot`].
//!
//! With the feature `policy-artifact`, a rule of the data format is a `PolicyArtifact`: a policy with all of its compiled
//! patterns, so a host without a compiler guards with it. A `PinnedSession` is a stream under such a rule, and never sees half of two versions.
//!
//! A signed rule is an [`Envelope`]. [`TrustedKeys`] say whose signatures count and how many it takes; who verifies them,
//! this crate or a host's own cryptography, is a [`SignatureVerifier`] or the answers to [`TrustedKeys::checks`].

mod backend;
#[cfg(feature = "ed25519")]
mod ed25519;
mod encoding;
mod envelope;
mod error;
mod parts;
#[cfg(feature = "policy-artifact")]
mod pinned_session;
#[cfg(feature = "policy-artifact")]
mod policy_artifact;
#[cfg(feature = "policy-artifact")]
mod policy_backend;
mod registry;
mod rule;
mod step;
mod target;
mod trusted_keys;

pub use crate::sha256::Hash;
pub use backend::{NoopBackend, SwapBackend};
#[cfg(feature = "ed25519")]
pub use ed25519::Ed25519;
pub use encoding::{DecodeError, DecodeFault};
pub use envelope::{
    Envelope, EnvelopeError, EnvelopeSignature, MAX_ENVELOPE_BYTES, MAX_ENVELOPE_SIGNATURES, PAYLOAD_TYPE,
    pre_authentication_encoding,
};
pub use error::{RuleError, SignatureFault};
#[cfg(feature = "policy-artifact")]
pub use pinned_session::{Adoption, BeginError, PinnedSession, VersionSpan};
#[cfg(feature = "policy-artifact")]
pub use policy_artifact::{ArtifactError, CompiledPatterns, DATA_FORMAT, PolicyArtifact};
#[cfg(feature = "policy-artifact")]
pub use policy_backend::PolicyBackend;
pub use registry::{DEFAULT_HISTORY, MAX_RULES, MAX_WAITING, Pin, RuleRegistry, RuleSummary};
pub use rule::{
    ActorConfig, CompiledRule, Dependency, MAX_DEPENDENCIES, MAX_RULE_NAME_BYTES, MAX_RULE_PAYLOAD_BYTES,
    MAX_TIMESTAMP_MS, RuleFault, RuleHeader, RuleMetadata,
};
pub use step::{Outcome, ReloadPolicy, ReloadReport, RuleHandle, RuleStatus, Step, StepFailure, StepKind, StepResult};
pub use target::{Capability, MAX_TARGET_BYTES, Target};
pub use trusted_keys::{
    KeySetError, KeyState, MAX_TRUSTED_KEYS, SignatureCheck, SignatureVerifier, TrustedKey, TrustedKeys, VerifiedRule,
};
