//! What the monitor answers.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::numeric::Decimal;

/// Why a stream was halted. One closed list for every part of the system, from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum HaltReason {
    /// The score was below `hard_limit`.
    HardLimit = 0,
    /// The average of a full window was below `window_threshold`.
    WindowAverage = 1,
    /// The score fell by more than `trend_threshold` over the trend window.
    DownwardTrend = 2,
    /// The entropy of the next-token distribution was above `logit_entropy_limit`.
    LogitEntropy = 3,
    /// The score was late or never came.
    Deadline = 4,
    /// The score was NaN or infinite, or the scorer failed.
    NonFiniteScore = 5,
    /// The kernel was inactive after an earlier halt.
    Inactive = 6,
    /// A pattern of the text guard matched.
    Pattern = 7,
    /// More text would have to be held back than the policy allows.
    HeldLimit = 8,
    /// The covenant denies the operation.
    Denied = 9,
    /// A review is pending.
    ReviewPending = 10,
    /// The budget is spent.
    Budget = 11,
    /// The policy could not be verified.
    PolicyUnverified = 12,
    /// Somebody pulled the emergency stop.
    EmergencyStop = 13,
    /// The upstream failed or broke its protocol.
    UpstreamError = 14,
    /// The instance that judged the stream trapped.
    Trap = 15,
}

impl HaltReason {
    /// Every reason, in the order of their codes.
    pub const ALL: [Self; 16] = [
        Self::HardLimit,
        Self::WindowAverage,
        Self::DownwardTrend,
        Self::LogitEntropy,
        Self::Deadline,
        Self::NonFiniteScore,
        Self::Inactive,
        Self::Pattern,
        Self::HeldLimit,
        Self::Denied,
        Self::ReviewPending,
        Self::Budget,
        Self::PolicyUnverified,
        Self::EmergencyStop,
        Self::UpstreamError,
        Self::Trap,
    ];

    /// The name used in JSON, WIT and every other language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::HardLimit => "hard-limit",
            Self::WindowAverage => "window-average",
            Self::DownwardTrend => "downward-trend",
            Self::LogitEntropy => "logit-entropy",
            Self::Deadline => "deadline",
            Self::NonFiniteScore => "non-finite-score",
            Self::Inactive => "inactive",
            Self::Pattern => "pattern",
            Self::HeldLimit => "held-limit",
            Self::Denied => "denied",
            Self::ReviewPending => "review-pending",
            Self::Budget => "budget",
            Self::PolicyUnverified => "policy-unverified",
            Self::EmergencyStop => "emergency-stop",
            Self::UpstreamError => "upstream-error",
            Self::Trap => "trap",
        }
    }

    /// The position in [`HaltReason::ALL`], for bindings that pass a number.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl fmt::Display for HaltReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A name that is no halt reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownReason;

impl fmt::Display for UnknownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not a halt reason")
    }
}

impl core::error::Error for UnknownReason {}

impl FromStr for HaltReason {
    type Err = UnknownReason;

    fn from_str(name: &str) -> Result<Self, UnknownReason> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name).ok_or(UnknownReason)
    }
}

/// A halt: its reason and, where they exist, the observed value and the bound it broke.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Halt {
    /// Why.
    pub reason: HaltReason,
    /// The value that broke the bound, never NaN: a score, an average, a drop, bits or milliseconds.
    pub observed: Option<f64>,
    /// The bound, in the unit of `observed`.
    pub bound: Option<f64>,
}

impl Halt {
    /// A halt with nothing measured.
    #[must_use]
    pub const fn because(reason: HaltReason) -> Self {
        Self { reason, observed: None, bound: None }
    }

    /// A halt with the value that broke a bound. A value that is not finite is left out.
    #[must_use]
    pub fn measured(reason: HaltReason, observed: f64, bound: f64) -> Self {
        let observed = observed.is_finite().then_some(observed);
        Self { reason, observed, bound: Some(bound) }
    }
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)?;
        match (self.observed, self.bound) {
            (Some(observed), Some(bound)) => write!(f, " (observed {}, bound {})", Decimal(observed), Decimal(bound)),
            (None, Some(bound)) => write!(f, " (bound {})", Decimal(bound)),
            (Some(observed), None) => write!(f, " (observed {})", Decimal(observed)),
            (None, None) => Ok(()),
        }
    }
}

/// What a warning is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum WarningKind {
    /// The score passed every check and is below `soft_limit`.
    SoftLimit = 0,
    /// The score was late or missing and the policy skips such scores.
    MissingScore = 1,
}

impl WarningKind {
    /// The name used in JSON, WIT and every other language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SoftLimit => "soft-limit",
            Self::MissingScore => "missing-score",
        }
    }
}

/// A token passed, with something to say about it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// What it is about.
    pub kind: WarningKind,
    /// The score, or the milliseconds of a late one.
    pub observed: Option<f64>,
    /// `soft_limit`, or `deadline_ms`.
    pub bound: Option<f64>,
}

/// The answer to one token.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Verdict {
    /// The token may leave.
    Pass,
    /// The token may leave, with a warning.
    Warn(Warning),
    /// The token may not leave and the stream is over.
    Halt(Halt),
}

impl Verdict {
    /// Whether the stream is over.
    #[must_use]
    pub const fn is_halt(&self) -> bool {
        matches!(self, Self::Halt(_))
    }

    /// The halt, if it is one.
    #[must_use]
    pub const fn halt(&self) -> Option<Halt> {
        match self {
            Self::Halt(halt) => Some(*halt),
            Self::Pass | Self::Warn(_) => None,
        }
    }
}
