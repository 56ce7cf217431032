//! The per-stream monitor.

use alloc::boxed::Box;
use alloc::vec;

use interlock_core::halt::{self, HaltConfig, MonitorState, Observation};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::code;
use crate::details::{self, count, optional};
use crate::failure::{given, made};
use crate::tree::TreeSource;

/// Memory that batches of scores are copied into.
#[wasm_bindgen]
pub struct ScoreBuffer(Box<[f64]>);

#[wasm_bindgen]
impl ScoreBuffer {
    /// Room for `length` scores.
    #[wasm_bindgen(constructor)]
    pub fn new(length: u32) -> Self {
        Self(vec![0.0; usize::try_from(length).unwrap_or(0)].into_boxed_slice())
    }

    /// Where the scores lie in the module's memory. It does not move.
    pub fn address(&self) -> *const f64 {
        self.0.as_ptr()
    }
}

/// Judges the tokens of one stream.
#[wasm_bindgen]
pub struct StreamMonitor(halt::StreamMonitor);

#[wasm_bindgen]
impl StreamMonitor {
    /// A monitor under a configuration, a tree of `tree.rs`.
    ///
    /// # Errors
    /// The configuration is refused.
    pub fn create(config: &[u8]) -> Option<StreamMonitor> {
        // The configuration has been validated.
        made(
            HaltConfig::read(&mut TreeSource::new(config))
                .and_then(|config| Ok(Self(halt::StreamMonitor::new(&config)?))),
        )
    }

    /// Judges a token by its score: a code of `code.rs`.
    pub fn push(&mut self, score: f64) -> u32 {
        code::pushed(self.0.push(score))
    }

    /// Judges a token by all that is known of it: a code of `code.rs`.
    #[wasm_bindgen(js_name = pushObservation)]
    pub fn push_observation(&mut self, score: Option<f64>, elapsed_ms: Option<f64>, logit_entropy: Option<f64>) -> u32 {
        code::pushed(self.0.push_observation(Observation { score, elapsed_ms, logit_entropy }))
    }

    /// Judges the first `length` scores of the buffer: a code of `code.rs`.
    #[wasm_bindgen(js_name = pushMany)]
    pub fn push_many(&mut self, buffer: &ScoreBuffer, length: u32) -> u32 {
        let scores = usize::try_from(length).ok().and_then(|length| buffer.0.get(..length));
        code::batch(self.0.push_many(scores.unwrap_or(&buffer.0)))
    }

    /// Halts the stream where it stands: a code of `code.rs`.
    pub fn stop(&mut self, reason: u8, observed: Option<f64>, bound: Option<f64>) -> u32 {
        code::pushed(self.0.stop(code::halt_of(reason, observed, bound)))
    }

    /// Ends the stream: 0, or a code of `code.rs` when it was ended before.
    pub fn finish(&mut self) -> u32 {
        match self.0.finish() {
            Ok(_) => code::PASS,
            Err(error) => code::ended(error),
        }
    }

    /// Where the stream is: 0 open, 1 halted, 2 finished.
    pub fn state(&self) -> u32 {
        match self.0.state() {
            MonitorState::Open => 0,
            MonitorState::Halted => 1,
            MonitorState::Finished => 2,
        }
    }

    /// The account so far: the code of the halt or 0. Slots: observed, bound, tokens, scores, warnings,
    /// average, minimum, halt index.
    pub fn summary(&self) -> u32 {
        let summary = self.0.summary();
        details::set(&[
            optional(summary.halt.and_then(|halt| halt.observed)),
            optional(summary.halt.and_then(|halt| halt.bound)),
            count(summary.tokens),
            count(summary.scores),
            count(summary.warnings),
            summary.average,
            summary.minimum,
            optional(summary.halt_index.map(count)),
        ]);
        summary.halt.map_or(code::PASS, |halt| code::reason(halt.reason))
    }
}

/// Entropy in bits of the distribution given by natural-log top-k probabilities.
///
/// # Errors
/// There are none, or one is not a log-probability.
#[wasm_bindgen(js_name = logitEntropy)]
pub fn logit_entropy(log_probabilities: &[f64]) -> f64 {
    given(halt::logit_entropy(log_probabilities))
}
