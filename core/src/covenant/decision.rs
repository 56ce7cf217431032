//! Decisions, as the ledger keeps them.

use alloc::string::String;
use alloc::vec::Vec;

use super::budget::Counter;
use super::grant::{Grant, Transition};
use super::pattern::MAX_RESOURCE_BYTES;
use super::permission::MAX_CAPABILITY_BYTES;
use crate::json::escape_into;
use crate::numeric::digits;

/// Why an operation is denied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DenyReason {
    /// The grant is not in the state granted.
    NotGranted,
    /// The grant's time is over.
    Expired,
    /// What the operation is about is no resource.
    MalformedResource,
    /// The operation cannot be read.
    MalformedCall,
    /// No permission allows it.
    NoPermission,
    /// Somebody has looked at it and said no.
    ReviewRejected,
    /// Nobody has decided in time.
    ReviewTimedOut,
    /// Nobody has decided in time, and no more operations pass until somebody does.
    ReviewLimit,
    /// A counter has less than it costs.
    Budget(Counter),
}

impl DenyReason {
    /// The name used in records and every other language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotGranted => "not-granted",
            Self::Expired => "expired",
            Self::MalformedResource => "malformed-resource",
            Self::MalformedCall => "malformed-call",
            Self::NoPermission => "no-permission",
            Self::ReviewRejected => "review-rejected",
            Self::ReviewTimedOut => "review-timed-out",
            Self::ReviewLimit => "review-limit",
            Self::Budget(_) => "budget",
        }
    }
}

/// What becomes of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It may be done, and what it costs has been spent.
    Allow {
        /// Position of the permission that allows it.
        permission: u32,
    },
    /// It may not be done.
    Deny(DenyReason),
    /// It waits for a review.
    Review {
        /// Position of the gate.
        gate: u32,
        /// The review: of this operation, or of another one of the gate.
        review: u64,
    },
}

impl Outcome {
    /// The name used in records and every other language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Allow { .. } => "allow",
            Self::Deny(_) => "deny",
            Self::Review { .. } => "review",
        }
    }

    /// Whether the operation may be done.
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        matches!(self, Self::Allow { .. })
    }
}

/// A decision on an operation, under a version of a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision<'a> {
    /// The grant's id.
    pub grant: &'a str,
    /// Its version.
    pub version: u32,
    /// When, in ms: never before an earlier decision of the same enforcer.
    pub at_ms: u64,
    /// What was to be done.
    pub capability: &'a str,
    /// With what.
    pub resource: &'a str,
    /// What becomes of it.
    pub outcome: Outcome,
    /// What decided: the pattern that allows it, the gate's name, the counter's; empty where nothing did.
    pub subject: &'a str,
}

/// What decisions are called among the kinds of the ledger.
pub const DECISION_KIND: &str = "covenant.decision";
/// What transitions of grants are called among the kinds of the ledger.
pub const TRANSITION_KIND: &str = "covenant.transition";

impl Decision<'_> {
    /// Appends the decision as the ledger keeps it: one JSON object without white space, its members in the order of
    /// the fields. The same decision is always the same bytes. Of a capability or resource longer than one may be, the
    /// start is kept.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"grant\":\"");
        escape_into(self.grant, out);
        number("\",\"version\":", u64::from(self.version), out);
        number(",\"at_ms\":", self.at_ms, out);
        out.extend_from_slice(b",\"capability\":\"");
        escape_into(start_of(self.capability, MAX_CAPABILITY_BYTES), out);
        out.extend_from_slice(b"\",\"resource\":\"");
        escape_into(start_of(self.resource, MAX_RESOURCE_BYTES), out);
        out.extend_from_slice(b"\",\"outcome\":\"");
        out.extend_from_slice(self.outcome.as_str().as_bytes());
        out.push(b'"');
        match self.outcome {
            Outcome::Allow { .. } => {}
            Outcome::Deny(reason) => {
                out.extend_from_slice(b",\"reason\":\"");
                out.extend_from_slice(reason.as_str().as_bytes());
                out.push(b'"');
            }
            Outcome::Review { review, .. } => number(",\"review\":", review, out),
        }
        out.extend_from_slice(b",\"subject\":\"");
        escape_into(self.subject, out);
        out.extend_from_slice(b"\"}");
    }

    /// The bytes that [`Decision::write`] appends.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = Vec::new();
        self.write(&mut out);
        // Texts and ASCII between them.
        String::from_utf8(out).unwrap_or_default()
    }
}

impl Transition {
    /// Appends a transition of a grant as the ledger keeps it: as [`Decision::write`].
    pub fn write(&self, grant: &Grant, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"grant\":\"");
        escape_into(grant.id(), out);
        number("\",\"version\":", u64::from(self.version), out);
        number(",\"at_ms\":", self.at_ms, out);
        if let Some(from) = self.from {
            out.extend_from_slice(b",\"from\":\"");
            out.extend_from_slice(from.as_str().as_bytes());
            out.push(b'"');
        }
        out.extend_from_slice(b",\"to\":\"");
        out.extend_from_slice(self.to.as_str().as_bytes());
        out.extend_from_slice(b"\",\"by\":\"");
        escape_into(&self.by, out);
        out.extend_from_slice(b"\"}");
    }
}

fn number(before: &str, value: u64, out: &mut Vec<u8>) {
    out.extend_from_slice(before.as_bytes());
    out.extend_from_slice(digits(value).as_bytes());
}

fn start_of(text: &str, most: u32) -> &str {
    let most = text.floor_char_boundary(most as usize);
    text.get(..most).unwrap_or_default()
}
