//! What somebody must look at before it is done.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use serde::{Deserialize, Serialize};

use super::permission::Permission;
use crate::numeric::digits;

/// What happens when nobody has decided in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Fallback {
    /// The operation is denied.
    #[default]
    Deny,
    /// Some operations pass, those that waited among them: as many as the gate's `limit` says until the review is
    /// decided after all. More are denied.
    AllowLimited,
    /// Others are asked, once, for the same time again: those of the gate's `escalation`. Then it is denied.
    Escalate,
}

/// Operations that need a review.
///
/// Operations are counted. The one that makes the count reach the threshold waits for a review, and so does every other
/// operation of the gate while it is pending. With the approvals that the gate asks for, each of another approver, the
/// operation that was reviewed is done and the count begins again at 0.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewGate {
    /// Its name, 1 to 256 bytes, once in a grant.
    pub name: String,
    /// Which operations.
    pub operations: Permission,
    /// The how-manieth operation since the last approval waits, at least 1: each.
    pub threshold: u32,
    /// How many approve, 1 to 64.
    pub approvals: u32,
    /// Who may approve and reject; anybody where it is empty.
    pub approvers: Vec<String>,
    /// How long a review may take, in ms; 0: nobody is waited for.
    pub timeout_ms: u64,
    /// What happens then.
    pub fallback: Fallback,
    /// How many operations pass after a time-out, where some do.
    pub limit: u32,
    /// Who is asked after a time-out, where others are; anybody where it is empty.
    pub escalation: Vec<String>,
}

/// Why a gate was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GateError {
    /// A number out of bounds.
    Value {
        /// The field.
        field: &'static str,
        /// The refused number.
        value: u64,
        /// What it must be.
        bound: &'static str,
    },
    /// A list of names that has one twice or fewer than approve.
    Approvers {
        /// The field.
        field: &'static str,
    },
}

impl GateError {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Value { field, value, bound } => [*field, ": ", &digits(*value), " is not ", bound].concat(),
            Self::Approvers { field } => [*field, ": not different names, as many as approve"].concat(),
        }
    }
}

impl fmt::Display for GateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for GateError {}

impl ReviewGate {
    /// A gate with this name for these operations: each waits for one approval, and nobody is waited for.
    #[must_use]
    pub fn new(name: &str, operations: Permission) -> Self {
        Self {
            name: String::from(name),
            operations,
            threshold: 1,
            approvals: 1,
            approvers: Vec::new(),
            timeout_ms: 0,
            fallback: Fallback::Deny,
            limit: 0,
            escalation: Vec::new(),
        }
    }

    /// Checks every field.
    ///
    /// # Errors
    /// [`GateError`] for the first that fails.
    pub fn validate(&self) -> Result<(), GateError> {
        let bytes = self.name.len() as u64;
        between("name", bytes, [1, 256], "a text of 1 to 256 bytes")?;
        between("threshold", u64::from(self.threshold), [1, u64::from(u32::MAX)], "at least 1")?;
        between("approvals", u64::from(self.approvals), [1, 64], "in 1..=64")?;
        self.check_names("approvers", &self.approvers)?;
        self.check_names("escalation", &self.escalation)
    }

    fn check_names(&self, field: &'static str, names: &[String]) -> Result<(), GateError> {
        between(field, names.len() as u64, [0, 256], "at most 256 names")?;
        let twice = names.iter().enumerate().any(|(index, name)| names.iter().take(index).any(|other| other == name));
        if twice || (!names.is_empty() && names.len() < self.approvals as usize) {
            return Err(GateError::Approvers { field });
        }
        Ok(())
    }
}

fn between(field: &'static str, value: u64, [min, max]: [u64; 2], bound: &'static str) -> Result<(), GateError> {
    if (min..=max).contains(&value) { Ok(()) } else { Err(GateError::Value { field, value, bound }) }
}
