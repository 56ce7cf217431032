//! The streaming kernel and the safety kernel, each in an instance of its own.

use interlock_core::halt::{HaltConfig, KernelState, Observation, SafetyOutcome, StreamRecord, Verdict};
use wasmtime::component::ResourceAny;

use super::bindings::exports::interlock::kernel::halt as wit;
use super::engine::Interlock;
use super::error::{HostError, Trap};
use super::instance::Instance;
use super::monitor::verdict;

impl Interlock {
    /// An active kernel, in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Config`] when the configuration is not valid; no instance could be made; a trap.
    pub fn streaming_kernel(&self, config: &HaltConfig) -> Result<StreamingKernel, HostError> {
        StreamingKernel::new(self.instantiate()?, config)
    }

    /// A kernel with a hard limit in [0, 1], in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Config`] when the limit is not valid; no instance could be made; a trap.
    pub fn safety_kernel(&self, hard_limit: f64) -> Result<SafetyKernel, HostError> {
        SafetyKernel::new(self.instantiate()?, hard_limit)
    }
}

/// The tokens of a run as the component takes them, and how many bytes that is.
fn scored<T: AsRef<str>>(tokens: impl IntoIterator<Item = (T, f64)>) -> (Vec<wit::ScoredToken>, usize) {
    let tokens: Vec<wit::ScoredToken> =
        tokens.into_iter().map(|(text, score)| wit::ScoredToken { text: text.as_ref().to_owned(), score }).collect();
    let bytes = tokens.iter().map(|token| token.text.len().saturating_add(size_of::<wit::ScoredToken>())).sum();
    (tokens, bytes)
}

/// Runs stream after stream: [`interlock_core::halt::StreamingKernel`] inside an instance.
///
/// A trap reads as a halt: [`StreamingKernel::push`] answers with the halt reason `trap`, and the kernel is inactive
/// until [`StreamingKernel::reactivate`], which moves it into a fresh instance. The record of the stream that was
/// running is lost.
#[derive(Debug)]
pub struct StreamingKernel {
    instance: Instance,
    kernel: ResourceAny,
    config: HaltConfig,
}

impl StreamingKernel {
    /// An active kernel, in this instance.
    ///
    /// # Errors
    /// [`HostError::Config`] when the configuration is not valid; a trap.
    pub fn new(mut instance: Instance, config: &HaltConfig) -> Result<Self, HostError> {
        let kernel = instance.halt(0, |store, guest| guest.streaming_kernel().call_new(store, config.into()))??;
        Ok(Self { instance, kernel, config: config.clone() })
    }

    /// Begins a stream. An inactive kernel begins one too: it halts at its first token.
    ///
    /// # Errors
    /// [`HostError::Kernel`] when one is running; a trap.
    pub fn begin(&mut self) -> Result<(), HostError> {
        let kernel = self.kernel;
        Ok(self.instance.halt(0, |store, guest| guest.streaming_kernel().call_begin(store, kernel))??)
    }

    /// Judges the next token of the running stream.
    ///
    /// # Errors
    /// [`HostError::Kernel`] when no stream is running or it has halted, [`HostError::Poisoned`] after a trap.
    pub fn push(&mut self, token: &str, observation: Observation) -> Result<Verdict, HostError> {
        let kernel = self.kernel;
        verdict(self.instance.halt(token.len(), |store, guest| {
            guest.streaming_kernel().call_push(store, kernel, token, observation.into())
        }))
    }

    /// Ends the running stream and gives its record.
    ///
    /// # Errors
    /// [`HostError::Kernel`] when none is running; a trap.
    pub fn end(&mut self) -> Result<StreamRecord, HostError> {
        let kernel = self.kernel;
        let record = self.instance.halt(0, |store, guest| guest.streaming_kernel().call_end(store, kernel))??;
        Ok(record.into())
    }

    /// Runs a whole stream of tokens with their scores, up to its first halt, in one crossing. The score of a token
    /// whose scorer failed is NaN.
    ///
    /// # Errors
    /// [`HostError::Kernel`] when a stream is running; a trap.
    pub fn run<T: AsRef<str>>(
        &mut self,
        tokens: impl IntoIterator<Item = (T, f64)>,
    ) -> Result<StreamRecord, HostError> {
        let kernel = self.kernel;
        let (tokens, bytes) = scored(tokens);
        let record =
            self.instance.halt(bytes, |store, guest| guest.streaming_kernel().call_run(store, kernel, &tokens))??;
        Ok(record.into())
    }

    /// Whether it takes tokens.
    pub fn is_active(&mut self) -> bool {
        let kernel = self.kernel;
        self.instance.halt(0, |store, guest| guest.streaming_kernel().call_is_active(store, kernel)).unwrap_or(false)
    }

    /// Where it is in its life. [`KernelState::Halted`] after a trap.
    pub fn state(&mut self) -> KernelState {
        let kernel = self.kernel;
        match self.instance.halt(0, |store, guest| guest.streaming_kernel().call_state(store, kernel)) {
            Ok(wit::KernelState::Idle) => KernelState::Idle,
            Ok(wit::KernelState::Streaming) => KernelState::Streaming,
            Ok(wit::KernelState::Halted) | Err(_) => KernelState::Halted,
        }
    }

    /// The configuration.
    #[must_use]
    pub const fn config(&self) -> &HaltConfig {
        &self.config
    }

    /// Makes it refuse every token until it is reactivated. A running stream halts at its next token.
    pub fn emergency_stop(&mut self) {
        let kernel = self.kernel;
        // Where this fails the instance has trapped, and the kernel takes no tokens either.
        let _ = self.instance.halt(0, |store, guest| guest.streaming_kernel().call_emergency_stop(store, kernel));
    }

    /// Makes it take tokens again; after a trap, in a fresh instance. A stream that has halted stays halted.
    ///
    /// # Errors
    /// No instance could be made; a trap.
    pub fn reactivate(&mut self) -> Result<(), HostError> {
        if self.instance.trap().is_some() {
            *self = self.instance.interlock().streaming_kernel(&self.config)?;
            return Ok(());
        }
        let kernel = self.kernel;
        self.instance.halt(0, |store, guest| guest.streaming_kernel().call_reactivate(store, kernel))
    }

    /// The trap that made it inactive.
    #[must_use]
    pub const fn trap(&self) -> Option<&Trap> {
        self.instance.trap()
    }

    /// The instance that it lives in.
    #[must_use]
    pub const fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Gives the instance back.
    ///
    /// # Errors
    /// A trap, now or earlier: the instance is spent.
    pub fn into_instance(mut self) -> Result<Instance, HostError> {
        let kernel = self.kernel;
        self.instance.with_store(|store| kernel.resource_drop(store))?;
        Ok(self.instance)
    }
}

/// All of the tokens or none: [`interlock_core::halt::SafetyKernel`] inside an instance.
///
/// After a trap it is inactive until [`SafetyKernel::reactivate`], which moves it into a fresh instance.
#[derive(Debug)]
pub struct SafetyKernel {
    instance: Instance,
    kernel: ResourceAny,
    hard_limit: f64,
}

impl SafetyKernel {
    /// A kernel with a hard limit in [0, 1], in this instance.
    ///
    /// # Errors
    /// [`HostError::Config`] when the limit is not valid; a trap.
    pub fn new(mut instance: Instance, hard_limit: f64) -> Result<Self, HostError> {
        let kernel = instance.halt(0, |store, guest| guest.safety_kernel().call_new(store, hard_limit))??;
        Ok(Self { instance, kernel, hard_limit })
    }

    /// Judges tokens with their scores, and gives all of their text or none of it. The score of a token whose scorer
    /// failed is NaN.
    ///
    /// # Errors
    /// A trap, now or earlier: nothing may leave.
    pub fn run<T: AsRef<str>>(
        &mut self,
        tokens: impl IntoIterator<Item = (T, f64)>,
    ) -> Result<SafetyOutcome, HostError> {
        let kernel = self.kernel;
        let (tokens, bytes) = scored(tokens);
        let outcome =
            self.instance.halt(bytes, |store, guest| guest.safety_kernel().call_run(store, kernel, &tokens))?;
        Ok(match outcome {
            wit::SafetyOutcome::Passed(text) => SafetyOutcome::Passed(text),
            wit::SafetyOutcome::Interrupted(at) => SafetyOutcome::Interrupted { index: at.index, halt: at.halt.into() },
        })
    }

    /// Whether it takes tokens.
    pub fn is_active(&mut self) -> bool {
        let kernel = self.kernel;
        self.instance.halt(0, |store, guest| guest.safety_kernel().call_is_active(store, kernel)).unwrap_or(false)
    }

    /// Makes it refuse every token until it is reactivated.
    pub fn emergency_stop(&mut self) {
        let kernel = self.kernel;
        // Where this fails the instance has trapped, and the kernel takes no tokens either.
        let _ = self.instance.halt(0, |store, guest| guest.safety_kernel().call_emergency_stop(store, kernel));
    }

    /// Makes it take tokens again; after a trap, in a fresh instance.
    ///
    /// # Errors
    /// No instance could be made; a trap.
    pub fn reactivate(&mut self) -> Result<(), HostError> {
        if self.instance.trap().is_some() {
            *self = self.instance.interlock().safety_kernel(self.hard_limit)?;
            return Ok(());
        }
        let kernel = self.kernel;
        self.instance.halt(0, |store, guest| guest.safety_kernel().call_reactivate(store, kernel))
    }

    /// The trap that made it inactive.
    #[must_use]
    pub const fn trap(&self) -> Option<&Trap> {
        self.instance.trap()
    }

    /// The instance that it lives in.
    #[must_use]
    pub const fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Gives the instance back.
    ///
    /// # Errors
    /// A trap, now or earlier: the instance is spent.
    pub fn into_instance(mut self) -> Result<Instance, HostError> {
        let kernel = self.kernel;
        self.instance.with_store(|store| kernel.resource_drop(store))?;
        Ok(self.instance)
    }
}
