//! What the registry refuses.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::step::StepKind;
use crate::numeric::digits;

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignatureFault {
    /// Nobody signed it, and the registry trusts only what is signed.
    Unsigned,
    /// It was verified against other keys than the registry trusts now.
    OtherKeys,
    /// Fewer of the trusted keys signed it than must.
    Threshold {
        /// How many did.
        valid: u32,
        /// How many must.
        threshold: u32,
    },
}

/// Why an operation on the registry was refused, or a swap did not happen. The active version is what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// There is no such rule.
    NotFound {
        /// Its id.
        rule_id: String,
    },
    /// The version is not above one that it must be above.
    VersionDowngrade {
        /// The version that it must be above: the active one, or the highest that was ever registered.
        current: u64,
        /// The version given.
        proposed: u64,
    },
    /// The host does not run what the rule was compiled for.
    ComputeCapMismatch {
        /// What the rule needs.
        required: String,
        /// What the host has.
        available: String,
    },
    /// A rule that this one depends on is not there, or only in versions that will not do.
    MissingDependency {
        /// Its id.
        rule_id: String,
        /// The lowest version that will do.
        min_version: u64,
        /// The version there is: 0 for none.
        found: u64,
    },
    /// The signature does not count.
    InvalidSignature(SignatureFault),
    /// The version to roll back to is not retained.
    RollbackTargetMissing {
        /// The version.
        version: u64,
    },
    /// There is no active version.
    NoActiveVersion {
        /// Id of the rule.
        rule_id: String,
    },
    /// The streams of the old version did not end in time.
    QuiesceTimeout {
        /// How long the swap waited, in µs.
        waited_us: u64,
        /// Streams that still used the old version.
        pinned: u64,
    },
    /// The backend could not do a step.
    BackendError {
        /// Which.
        step: StepKind,
        /// What it says, at most 1,024 bytes.
        message: String,
    },
    /// The version is registered.
    DuplicateVersion {
        /// Id of the rule.
        rule_id: String,
        /// The version.
        version: u64,
    },
    /// The version to activate is not retained.
    VersionMissing {
        /// The version.
        version: u64,
    },
    /// The version to roll back to is not below the active one.
    RollbackNotBelow {
        /// The active version.
        active: u64,
        /// The version given.
        proposed: u64,
    },
    /// The version failed here.
    VersionFailed {
        /// The version.
        version: u64,
    },
    /// Rules would depend on each other in a circle.
    DependencyCycle {
        /// Their ids, each depending on the next and the last on the first.
        rule_ids: Vec<String>,
    },
    /// An active rule depends on this one and needs a higher version.
    Needed {
        /// Its id.
        by: String,
        /// The lowest version that it can do with.
        min_version: u64,
        /// The version that would be active.
        proposed: u64,
    },
    /// The rule's streams are drained for a swap; new ones wait until it is over.
    Quiescing {
        /// When the swap is given up, in µs.
        until_us: u64,
    },
    /// Streams still use the version that is drained, and there is time. The step stays out.
    StillPinned {
        /// How many.
        pinned: u64,
        /// When the swap is given up, in µs.
        until_us: u64,
    },
    /// The rule was stopped in an emergency.
    EmergencyStopped {
        /// Id of the rule.
        rule_id: String,
    },
    /// No such pin, or one that was released.
    UnknownPin,
    /// Not the step that is out.
    UnknownStep {
        /// The number given.
        step: u64,
    },
    /// As many swaps wait, or are over without anybody asking how they went, as may.
    QueueFull {
        /// How many.
        bound: u32,
    },
    /// As many rules as there may be.
    TooManyRules {
        /// How many.
        bound: u32,
    },
    /// The version has not failed.
    NotFailed {
        /// The version.
        version: u64,
    },
    /// What was stored is not the state of a registry.
    State {
        /// What is wrong with it.
        what: &'static str,
    },
}

impl RuleError {
    /// The name of its kind, the same in every language.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not-found",
            Self::VersionDowngrade { .. } => "version-downgrade",
            Self::ComputeCapMismatch { .. } => "compute-cap-mismatch",
            Self::MissingDependency { .. } => "missing-dependency",
            Self::InvalidSignature(_) => "invalid-signature",
            Self::RollbackTargetMissing { .. } => "rollback-target-missing",
            Self::NoActiveVersion { .. } => "no-active-version",
            Self::QuiesceTimeout { .. } => "quiesce-timeout",
            Self::BackendError { .. } => "backend-error",
            Self::DuplicateVersion { .. } => "duplicate-version",
            Self::VersionMissing { .. } => "version-missing",
            Self::RollbackNotBelow { .. } => "rollback-not-below",
            Self::VersionFailed { .. } => "version-failed",
            Self::DependencyCycle { .. } => "dependency-cycle",
            Self::Needed { .. } => "needed",
            Self::Quiescing { .. } => "quiescing",
            Self::StillPinned { .. } => "still-pinned",
            Self::EmergencyStopped { .. } => "emergency-stopped",
            Self::UnknownPin => "unknown-pin",
            Self::UnknownStep { .. } => "unknown-step",
            Self::QueueFull { .. } => "queue-full",
            Self::TooManyRules { .. } => "too-many-rules",
            Self::NotFailed { .. } => "not-failed",
            Self::State { .. } => "state",
        }
    }

    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::NotFound { rule_id } => ["there is no rule ", rule_id].concat(),
            Self::VersionDowngrade { current, proposed } => {
                ["version ", &digits(*proposed), " is not above version ", &digits(*current)].concat()
            }
            Self::ComputeCapMismatch { required, available } => {
                ["the rule needs ", required, ", the host runs ", available].concat()
            }
            Self::MissingDependency { rule_id, min_version, found: 0 } => {
                ["depends on ", rule_id, " from version ", &digits(*min_version), ", which is not there"].concat()
            }
            Self::MissingDependency { rule_id, min_version, found } => [
                "depends on ",
                rule_id,
                " from version ",
                &digits(*min_version),
                ", there is version ",
                &digits(*found),
            ]
            .concat(),
            Self::InvalidSignature(SignatureFault::Unsigned) => {
                String::from("the rule is not signed, and only signed rules are taken")
            }
            Self::InvalidSignature(SignatureFault::OtherKeys) => {
                String::from("the signatures were verified with other keys than are trusted now")
            }
            Self::InvalidSignature(SignatureFault::Threshold { valid, threshold }) => {
                [&digits(u64::from(*valid)), " trusted keys signed, ", &digits(u64::from(*threshold)), " must"].concat()
            }
            Self::RollbackTargetMissing { version } => {
                ["version ", &digits(*version), " is not retained, so nothing rolls back to it"].concat()
            }
            Self::NoActiveVersion { rule_id } => [rule_id, " has no active version"].concat(),
            Self::QuiesceTimeout { waited_us, pinned } => {
                [&digits(*pinned), " streams still used the old version after ", &digits(*waited_us), " us"].concat()
            }
            Self::BackendError { step, message } => ["the backend failed to ", step.as_str(), ": ", message].concat(),
            Self::DuplicateVersion { rule_id, version } => {
                ["version ", &digits(*version), " of ", rule_id, " is registered"].concat()
            }
            Self::VersionMissing { version } => ["version ", &digits(*version), " is not retained"].concat(),
            Self::RollbackNotBelow { active, proposed } => {
                ["version ", &digits(*proposed), " is not below the active version ", &digits(*active)].concat()
            }
            Self::VersionFailed { version } => ["version ", &digits(*version), " has failed"].concat(),
            Self::DependencyCycle { rule_ids } => {
                ["the rules depend on each other in a circle: ", &rule_ids.join(", ")].concat()
            }
            Self::Needed { by, min_version, proposed } => {
                [by, " needs version ", &digits(*min_version), ", it would be ", &digits(*proposed)].concat()
            }
            Self::Quiescing { until_us } => ["the rule is drained, at most until ", &digits(*until_us), " us"].concat(),
            Self::StillPinned { pinned, until_us } => {
                [&digits(*pinned), " streams use the old version, there is time until ", &digits(*until_us), " us"]
                    .concat()
            }
            Self::EmergencyStopped { rule_id } => [rule_id, " was stopped in an emergency"].concat(),
            Self::UnknownPin => String::from("there is no such pin"),
            Self::UnknownStep { step } => ["step ", &digits(*step), " is not out"].concat(),
            Self::QueueFull { bound } => {
                [&digits(u64::from(*bound)), " swaps wait or were not asked for how they went"].concat()
            }
            Self::TooManyRules { bound } => {
                ["there are ", &digits(u64::from(*bound)), " rules, as many as may"].concat()
            }
            Self::NotFailed { version } => ["version ", &digits(*version), " has not failed"].concat(),
            Self::State { what } => ["not the state of a registry: ", what].concat(),
        }
    }
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for RuleError {}
