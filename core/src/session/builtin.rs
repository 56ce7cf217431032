//! The built-in scorer, inside the session.

use super::machine::Session;
use crate::policy::{Policy, PolicyError};

/// Scores segments with the coherence scorer and the policy's facts.
#[derive(Debug)]
pub(super) struct BuiltinScorer {}

impl BuiltinScorer {
    pub(super) fn new(_policy: &Policy) -> Result<Self, PolicyError> {
        Ok(Self {})
    }
}

impl Session {
    pub(super) fn score_builtin(&mut self) {}
}
