//! Reviews of operations that wait at a gate.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::budget::Amount;
use super::gate::{Fallback, ReviewGate};
use crate::numeric::digits;

/// What has become of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewState {
    /// Somebody has to look.
    Pending,
    /// It may be done.
    Approved,
    /// It may not be done.
    Rejected,
    /// Nobody decided in time; it may not be done.
    TimedOut,
    /// Nobody decided in time; some operations pass. It can still be decided.
    Limited,
}

impl ReviewState {
    /// The name used in records and every other language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::TimedOut => "timed-out",
            Self::Limited => "limited",
        }
    }

    /// Whether somebody can still decide it.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Limited)
    }
}

/// An operation that waits for somebody to look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Its number.
    pub id: u64,
    /// Position of its gate.
    pub gate: u32,
    /// What is to be done.
    pub capability: String,
    /// With what.
    pub resource: String,
    /// What that costs.
    pub costs: Vec<Amount>,
    /// When it was asked for, in ms.
    pub opened_ms: u64,
    /// When the gate's fallback applies.
    pub deadline_ms: u64,
    /// Those of the gate's `escalation` are asked.
    pub is_escalated: bool,
    /// Who has approved so far, each once.
    pub approvals: Vec<String>,
    /// What has become of it.
    pub state: ReviewState,
    /// The gates that have let the operation pass, a bit each.
    pub(super) cleared: u64,
}

/// Why an operation on a review was refused. Nothing changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReviewError {
    /// There is no such review: it never was, or its operation has been decided.
    Unknown {
        /// The review.
        review: u64,
    },
    /// It has been decided.
    Closed {
        /// The review.
        review: u64,
        /// What has become of it.
        state: ReviewState,
    },
    /// Not one of those who are asked.
    NotAnApprover {
        /// Who.
        approver: String,
    },
    /// One who has approved it already.
    SameApprover {
        /// Who.
        approver: String,
    },
}

impl ReviewError {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Unknown { review } => ["there is no review ", &digits(*review)].concat(),
            Self::Closed { review, state } => ["review ", &digits(*review), " is ", state.as_str()].concat(),
            Self::NotAnApprover { approver } => [approver, " is not asked"].concat(),
            Self::SameApprover { approver } => [approver, " has approved already"].concat(),
        }
    }
}

impl fmt::Display for ReviewError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for ReviewError {}

impl Review {
    /// Applies what the gate says about time, as far as its time has come. Whether some operations pass from now on.
    pub(super) fn advance(&mut self, gate: &ReviewGate, now_ms: u64) -> bool {
        while self.state == ReviewState::Pending && self.deadline_ms <= now_ms {
            match gate.fallback {
                Fallback::AllowLimited => {
                    self.state = ReviewState::Limited;
                    return true;
                }
                Fallback::Escalate if !self.is_escalated => {
                    self.is_escalated = true;
                    self.approvals.clear();
                    self.deadline_ms = self.deadline_ms.saturating_add(gate.timeout_ms);
                    if gate.timeout_ms == 0 {
                        self.state = ReviewState::TimedOut;
                    }
                }
                Fallback::Deny | Fallback::Escalate => self.state = ReviewState::TimedOut,
            }
        }
        false
    }

    /// Checks that somebody may decide it.
    pub(super) fn check_approver(&self, gate: &ReviewGate, approver: &str) -> Result<(), ReviewError> {
        if !self.state.is_open() {
            return Err(ReviewError::Closed { review: self.id, state: self.state });
        }
        let asked = if self.is_escalated { &gate.escalation } else { &gate.approvers };
        if approver.is_empty() || !(asked.is_empty() || asked.iter().any(|name| name == approver)) {
            return Err(ReviewError::NotAnApprover { approver: String::from(approver) });
        }
        if self.approvals.iter().any(|name| name == approver) {
            return Err(ReviewError::SameApprover { approver: String::from(approver) });
        }
        Ok(())
    }
}
