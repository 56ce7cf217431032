//! The two kernels: the one-shot safety kernel and the long-lived streaming kernel.

use alloc::vec::Vec;

use interlock_core::halt::{self, HaltConfig, KernelError, KernelState, Observation, SafetyOutcome};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::code;
use crate::failure::{Failure, FailureKind, given, made};
use crate::tree::{self, TreeSource};

/// All of the tokens or none, on the hard limit.
#[wasm_bindgen]
pub struct SafetyKernel(halt::SafetyKernel);

#[wasm_bindgen]
impl SafetyKernel {
    /// A kernel with a hard limit in [0, 1].
    ///
    /// # Errors
    /// The limit is not a number in [0, 1].
    pub fn create(hard_limit: f64) -> Option<SafetyKernel> {
        made(halt::SafetyKernel::new(hard_limit).map(Self))
    }

    /// Judges the next token of a run: 0 or the code of a halt. Its text stays with the caller, and so
    /// do callbacks: none runs while the kernel is borrowed.
    pub fn check(&mut self, score: f64) -> u32 {
        match self.0.run([""], |_| score) {
            SafetyOutcome::Passed(_) => code::PASS,
            SafetyOutcome::Interrupted { halt, .. } => code::halt(halt),
        }
    }

    /// Whether it takes tokens.
    #[wasm_bindgen(js_name = isActive)]
    pub fn is_active(&self) -> bool {
        self.0.is_active()
    }

    /// Makes it refuse every token until it is reactivated.
    #[wasm_bindgen(js_name = emergencyStop)]
    pub fn emergency_stop(&mut self) {
        self.0.emergency_stop();
    }

    /// Makes it take tokens again.
    pub fn reactivate(&mut self) {
        self.0.reactivate();
    }
}

/// Runs one stream after the other and keeps the record of the running one.
#[wasm_bindgen]
pub struct StreamingKernel(halt::StreamingKernel);

#[wasm_bindgen]
impl StreamingKernel {
    /// A kernel under a configuration, a tree of `tree.rs`.
    ///
    /// # Errors
    /// The configuration is refused.
    pub fn create(config: &[u8]) -> Option<StreamingKernel> {
        made(
            HaltConfig::read(&mut TreeSource::new(config))
                .and_then(|config| Ok(Self(halt::StreamingKernel::new(config)?))),
        )
    }

    /// Begins a stream.
    ///
    /// # Errors
    /// One is running.
    pub fn begin(&mut self) {
        given(self.0.begin());
    }

    /// Judges the next token of the running stream: a code of `code.rs`.
    ///
    /// # Errors
    /// No stream is running, or it has halted.
    pub fn push(
        &mut self,
        token: &str,
        score: Option<f64>,
        elapsed_ms: Option<f64>,
        logit_entropy: Option<f64>,
    ) -> u32 {
        let observation = Observation { score, elapsed_ms, logit_entropy };
        given(self.0.push(token, observation).map(code::verdict))
    }

    /// Ends the running stream: its record, a tree of `tree.rs`.
    ///
    /// # Errors
    /// None is running.
    pub fn end(&mut self) -> Vec<u8> {
        given(self.0.end().map(|record| tree::stream_record(&record)))
    }

    /// Whether it takes tokens.
    #[wasm_bindgen(js_name = isActive)]
    pub fn is_active(&self) -> bool {
        self.0.is_active()
    }

    /// Where it is in its life: 0 idle, 1 streaming, 2 halted.
    pub fn state(&self) -> u32 {
        match self.0.state() {
            KernelState::Idle => 0,
            KernelState::Streaming => 1,
            KernelState::Halted => 2,
        }
    }

    /// Makes it refuse every token until it is reactivated.
    #[wasm_bindgen(js_name = emergencyStop)]
    pub fn emergency_stop(&mut self) {
        self.0.emergency_stop();
    }

    /// Makes it take tokens again.
    pub fn reactivate(&mut self) {
        self.0.reactivate();
    }
}

impl From<KernelError> for Failure {
    fn from(error: KernelError) -> Self {
        let state = match error {
            KernelError::Streaming => "streaming",
            KernelError::NotStreaming => "idle",
            KernelError::Halted => "halted",
        };
        Self::new(FailureKind::Kernel, state.into(), error.as_str().into())
    }
}
