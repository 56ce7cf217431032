//! What a stream leaves behind.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::verdict::{Halt, Verdict};

/// The constant-size account of a stream, kept for every one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Tokens judged, the halting one and skipped ones included.
    pub tokens: u64,
    /// Scores recorded, skipped ones not included.
    pub scores: u64,
    /// Tokens that passed with a warning.
    pub warnings: u64,
    /// Mean of the recorded scores in [0, 1], rounded once; 0 when there are none.
    pub average: f64,
    /// Smallest recorded score in [0, 1]; 0 when there are none.
    pub minimum: f64,
    /// Position of the token that halted the stream, from 0; none when nothing halted.
    pub halt_index: Option<u64>,
    /// The halt.
    pub halt: Option<Halt>,
}

/// One judged token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RecordedToken {
    /// Its text.
    pub text: String,
    /// Its score as recorded: clamped to [0, 1], 0 when it was not finite, late or missing; none when
    /// it was skipped.
    pub score: Option<f64>,
    /// The answer.
    pub verdict: Verdict,
}

/// The full account of a stream, for those who ask for it: it grows with the stream.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StreamRecord {
    /// Every judged token in order; the one that halted is the last.
    pub tokens: Vec<RecordedToken>,
    /// The constant-size account.
    pub summary: Summary,
}

impl StreamRecord {
    /// The text that may leave: every token before the halt.
    #[must_use]
    pub fn output(&self) -> String {
        self.tokens.iter().take_while(|token| !token.verdict.is_halt()).map(|token| token.text.as_str()).collect()
    }

    /// The recorded scores in order.
    pub fn scores(&self) -> impl Iterator<Item = f64> + '_ {
        self.tokens.iter().filter_map(|token| token.score)
    }
}
