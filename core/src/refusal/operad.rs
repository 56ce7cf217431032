//! Refusals of the operad.

use super::Refusal;
use crate::operad::{OperadError, TermError};

impl From<&OperadError> for Refusal {
    fn from(error: &OperadError) -> Self {
        let new = |code| Self::new(code, error.message());
        match *error {
            OperadError::UnknownSlot { slot, arity } => new("operad-unknown-slot").value(slot).bound(arity),
            OperadError::SlotUses { slot, uses } => new("operad-slot-uses").value(slot).bound(uses),
            OperadError::WiresDiffer { node, .. } => new("operad-wires-differ").value(node),
            OperadError::UnknownAgent { agent, agents } => new("operad-unknown-agent").value(agent).bound(agents),
            OperadError::UnknownSort { sort, sorts } => new("operad-unknown-sort").value(sort).bound(sorts),
            OperadError::TooLarge { what, value, bound } => {
                new("operad-too-large").about(what).value(value).bound(bound)
            }
            OperadError::NotOneTree { node } => new("operad-not-one-tree").value(node),
            OperadError::NotAPermutation { entry, arity } => new("operad-not-a-permutation").value(entry).bound(arity),
            OperadError::BadTable { entry, bound } => new("operad-bad-table").value(entry).bound(bound),
            OperadError::NoSample { slot } => new("operad-no-sample").value(slot),
            OperadError::Undefined => new("operad-undefined"),
        }
    }
}

impl From<&TermError> for Refusal {
    fn from(error: &TermError) -> Self {
        match error {
            TermError::Syntax { offset, expected } => {
                Self::new("term-syntax", error.message()).about(expected).value(*offset)
            }
            TermError::Refused(error) => error.into(),
        }
    }
}
