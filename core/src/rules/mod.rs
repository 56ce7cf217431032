//! Compiled rules: policy as an artifact that is signed, versioned, and swapped while streams run.
//!
//! A [`CompiledRule`] is a header and a payload in one canonical encoding, named by its id, its version and its hash. It
//! is shared, never copied. Whether a host runs it is a comparison of [`Capability`] with [`Target`].
//!
//! A [`RuleRegistry`] knows the versions of each rule and which one is active. It does no I/O: a reload or a rollback is a
//! row of steps that it hands out, and whatever fails at whichever step, the old version is active and serves. A stream
//! pins the version that it began with.

mod encoding;
mod error;
mod registry;
mod rule;
mod step;
mod target;

pub use crate::sha256::Hash;
pub use encoding::{DecodeError, DecodeFault};
pub use error::{RuleError, SignatureFault};
pub use registry::{DEFAULT_HISTORY, MAX_RULES, MAX_WAITING, Pin, RuleRegistry, RuleSummary};
pub use rule::{
    ActorConfig, CompiledRule, Dependency, MAX_DEPENDENCIES, MAX_RULE_NAME_BYTES, MAX_RULE_PAYLOAD_BYTES,
    MAX_TIMESTAMP_MS, RuleFault, RuleHeader, RuleMetadata,
};
pub use step::{Outcome, ReloadPolicy, ReloadReport, RuleHandle, RuleStatus, Step, StepFailure, StepKind, StepResult};
pub use target::{Capability, MAX_TARGET_BYTES, Target};
