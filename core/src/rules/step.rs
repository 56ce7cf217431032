//! What a host does for a swap, and what comes of it.

use alloc::string::String;

use super::error::RuleError;
use super::rule::CompiledRule;

/// Something that the host does, outside the core.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum StepKind {
    /// Load the new version beside the old one, which serves.
    PreStage = 0,
    /// Let the old version come to rest. Under [`ReloadPolicy::Drain`] it is done when no stream is pinned to it.
    Quiesce = 1,
    /// Make the new version the one that serves, at once.
    Swap = 2,
    /// Let the old version go on: the swap failed after it was asked to come to rest.
    Resume = 3,
    /// Unload a version that no stream uses.
    Terminate = 4,
}

impl StepKind {
    /// The name used in records and every other language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::PreStage => "pre-stage",
            Self::Quiesce => "quiesce",
            Self::Swap => "swap",
            Self::Resume => "resume",
            Self::Terminate => "terminate",
        }
    }
}

/// A step that is out: there is at most one, and it stays until the host says how it went.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its number, never used again.
    pub id: u64,
    /// What to do.
    pub kind: StepKind,
    /// The version to do it with: the new one for pre-stage and swap, the old one for quiesce and resume.
    pub rule: CompiledRule,
    /// The version that is active: 0 for none.
    pub active: u64,
    /// Streams that are pinned to the version.
    pub pinned: u64,
    /// When a quiesce is given up, in µs, if it ever is.
    pub until_us: Option<u64>,
}

/// Why the host could not do a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepFailure {
    /// It took too long. For a quiesce, this changes nothing; the new version may be tried again.
    TimedOut,
    /// The backend says why; what is beyond 1,024 bytes is cut.
    Backend(String),
}

/// How a step went: for quiesce and swap, how many messages were in flight.
pub type StepResult = Result<u64, StepFailure>;

/// What becomes of the streams that run when a version is replaced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReloadPolicy {
    /// They finish on the version that they began with.
    #[default]
    Finish,
    /// They adopt the new version at their next segment.
    AdoptAtNextSegment,
    /// The swap waits until they have ended, and no new ones begin meanwhile.
    Drain {
        /// How long it waits, in µs.
        timeout_us: u64,
    },
}

/// What a version is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleStatus {
    /// It was never active.
    Registered,
    /// It is the one that new streams get.
    Active,
    /// It is active, and comes to rest before a swap.
    Quiescing,
    /// It was active, and a higher version is or was.
    Superseded(u64),
    /// It was active until it was rolled back from.
    RolledBack,
    /// A swap to it failed.
    Failed,
}

impl RuleStatus {
    /// The name used in records and every other language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Active => "active",
            Self::Quiescing => "quiescing",
            Self::Superseded(_) => "superseded",
            Self::RolledBack => "rolled-back",
            Self::Failed => "failed",
        }
    }
}

/// A version of a rule, as the registry gives it out.
#[derive(Clone, Debug)]
pub struct RuleHandle {
    /// The rule.
    pub rule: CompiledRule,
    /// What it is.
    pub status: RuleStatus,
    /// When it was registered, in µs.
    pub registered_at_us: u64,
    /// Streams that are pinned to it.
    pub pinned: u64,
}

/// What a swap did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReloadReport {
    /// Id of the rule.
    pub rule_id: String,
    /// The version that was active: 0 for none.
    pub from_version: u64,
    /// The version that is.
    pub to_version: u64,
    /// How long the old version took to come to rest, in µs of the host's clock.
    pub quiesce_us: u64,
    /// How long the swap itself took, in µs of the host's clock.
    pub swap_us: u64,
    /// Messages in flight during the swap, as the backend counts them.
    pub messages_in_flight: u64,
    /// Streams that were pinned to the old version then.
    pub pinned: u64,
    /// Whether the old version is retained, so that one can roll back to it or, after a rollback, reload it.
    pub rollback_available: bool,
}

/// Something that is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A swap that was begun.
    Swap {
        /// Its number, from the beginning.
        swap: u64,
        /// What it did, or why it did not happen.
        result: Result<ReloadReport, RuleError>,
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
