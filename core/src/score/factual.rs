//! Factual divergence: how far a text is from what is known.

use alloc::string::String;

use super::evidence::Judge;
use super::text::joined;

/// Divergence where nothing is known, or what is known says nothing.
const NEUTRAL: f64 = 0.5;
/// Divergence of a text whose every new word is known. Not 0: that words are known does not make a text
/// true. It is also what keeps streams going: with the default weights the score of a supported sentence
/// is 0.14 above that of a neutral one, less than the default trend threshold, so that a stream may pass
/// from known things to others.
const SUPPORTED: f64 = 0.15;
/// Divergence of a text that contradicts what is known.
const CONTRADICTED: f64 = 0.9;

/// A context with the prompt it was found for, ready for comparison.
#[derive(Debug, Default)]
pub(super) struct Facts {
    prompt: String,
    judge: Judge,
}

impl Facts {
    pub(super) fn new(prompt: &str, context: &str) -> Self {
        Self { prompt: joined(&[prompt]), judge: Judge::new(prompt, context) }
    }

    /// The prompt.
    pub(super) fn prompt(&self) -> &str {
        &self.prompt
    }

    /// Divergence of `text`, in [0, 1].
    pub(super) fn divergence(&mut self, text: &str, partial: bool) -> f64 {
        if self.judge.contradicts(text, partial) {
            CONTRADICTED
        } else {
            NEUTRAL - (NEUTRAL - SUPPORTED) * self.judge.support()
        }
    }
}
