//! Another policy for a stream that runs: between two segments, and only what can change there.
//!
//! A segment is cut, scored and judged under one policy, and so is a sentence of the built-in scorer. So a policy is
//! adopted where no text waits in between: every text that came is in a segment, and every segment has its verdict. What
//! decides about a channel as a whole, or keeps an account of the stream, stays as it was when the stream began: so does the
//! guard, whose threads may be in the midst of a match. A policy with other patterns is for new streams.

use alloc::string::String;
use core::fmt;

use super::builtin::BuiltinScorer;
use super::guard::ChannelGuards;
use super::machine::{Session, SessionState};
use crate::policy::{Policy, PolicyError, ScorerKind};

/// Why a stream keeps the policy that it has. Nothing changed.
#[derive(Clone, Debug, PartialEq)]
pub enum AdoptError {
    /// The stream is over.
    Ended {
        /// Where it is in its life.
        state: SessionState,
    },
    /// Text waits for the end of its segment, or a segment for its verdict.
    InSegment,
    /// A part of the policy that a stream keeps to its end is another.
    Fixed {
        /// Path of the part.
        path: &'static str,
    },
    /// The policy is not valid.
    Policy(PolicyError),
}

impl AdoptError {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Ended { state } => ["the stream is over: it is ", state.as_str()].concat(),
            Self::InSegment => String::from("the stream is not between two segments"),
            Self::Fixed { path } => [*path, " is another, and a stream keeps its own to its end"].concat(),
            Self::Policy(error) => [&error.path, ": ", &error.message()].concat(),
        }
    }
}

impl fmt::Display for AdoptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for AdoptError {}

impl Session {
    /// Whether every text that came is in a segment and every segment has its verdict.
    #[must_use]
    pub fn is_between_segments(&self) -> bool {
        self.waiting.is_empty()
            && self.channels.iter().all(super::channel::ChannelState::is_between_segments)
            && self.scorer.as_ref().is_none_or(BuiltinScorer::is_between_sentences)
    }

    /// Whether [`Session::adopt`] would succeed.
    ///
    /// # Errors
    /// Its errors.
    pub fn check_adopt(&self, policy: &Policy, guards: &ChannelGuards) -> Result<(), AdoptError> {
        if self.state().is_terminal() {
            return Err(AdoptError::Ended { state: self.state() });
        }
        policy.validate().map_err(AdoptError::Policy)?;
        let own = &self.policy;
        let fixed = [
            ("mode", own.mode == policy.mode),
            ("channels", own.channels == policy.channels),
            ("scorer.kind", own.scorer.kind == policy.scorer.kind),
            ("covenant", own.covenant == policy.covenant),
            ("guard", own.guard == policy.guard),
        ];
        if let Some((path, _)) = fixed.into_iter().find(|(_, is_same)| !is_same) {
            return Err(AdoptError::Fixed { path });
        }
        if !self.is_between_segments() {
            return Err(AdoptError::InSegment);
        }
        // Rules that say the same may be of patterns that are others. This is looked at last, for it may take a while.
        match &self.guards {
            Some(own) if own.tables() != guards => Err(AdoptError::Fixed { path: "guard" }),
            _ => Ok(()),
        }
    }

    /// Keeps to another policy from the next segment on: its limits, its knowledge, its segments, its ending. The windows
    /// of monitors keep the scores that they have. `guards` are what was made for the policy's guard; they must be what the
    /// stream has.
    ///
    /// # Errors
    /// [`AdoptError`] says why the stream keeps the one that it has.
    pub fn adopt(&mut self, policy: &Policy, guards: &ChannelGuards) -> Result<(), AdoptError> {
        self.check_adopt(policy, guards)?;
        let scorer = match policy.scorer.kind {
            ScorerKind::Builtin => Some(BuiltinScorer::new(policy).map_err(AdoptError::Policy)?),
            ScorerKind::None | ScorerKind::Host => None,
        };
        for choice in &mut self.choices {
            // The policy has been validated, its limits are good.
            choice.monitor.adopt(&policy.halt).map_err(|error| AdoptError::Policy(error.into()))?;
        }
        self.scorer = scorer;
        self.policy = policy.clone();
        Ok(())
    }
}
