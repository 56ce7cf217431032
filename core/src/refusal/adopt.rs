//! Refusals of a policy for a stream that runs.

use super::Refusal;
use crate::session::AdoptError;

impl From<&AdoptError> for Refusal {
    fn from(error: &AdoptError) -> Self {
        let new = |code| Self::new(code, error.message());
        match error {
            AdoptError::Ended { state } => new("session-ended").about(state.as_str()),
            AdoptError::InSegment => new("session-in-segment"),
            AdoptError::Fixed { path } => new("session-fixed").about(path),
            AdoptError::Policy(policy) => new("policy-invalid").about(&policy.path),
        }
    }
}
