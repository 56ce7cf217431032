//! What does the steps of a swap.
//!
//! Each step of [`StepKind`] is a method. A backend may keep the promise that nothing serves half of two versions because
//! of what the registry promises it:
//!
//! | step | the host's part | on an accelerator |
//! | --- | --- | --- |
//! | pre-stage | load the new version beside the old one | load the module into the context, allocate its queues from `actor_config` |
//! | quiesce | stop taking messages; those in flight end | stop feeding the actor's queue, wait for the grid to drain |
//! | swap | the new version serves, at once | one store to the pointer through which kernels are launched |
//! | resume | the old version takes messages again | feed the queue of the old actor again |
//! | terminate | unload what no stream uses | join the kernel, unload the module, free its memory |
//!
//! Until swap has succeeded the old version can serve again without being loaded anew; after it the new one serves,
//! whatever becomes of terminate. The core launches nothing: [`ActorConfig`](super::ActorConfig) is passed through in the
//! rule's header, and an opaque target says whose business it is.

use super::error::RuleError;
use super::registry::RuleRegistry;
use super::rule::CompiledRule;
use super::step::{Step, StepKind, StepResult};

/// Does what the steps of a swap say: loads, brings to rest, exchanges, unloads.
pub trait SwapBackend {
    /// Loads a version beside the one that serves.
    ///
    /// # Errors
    /// [`StepFailure`](super::StepFailure); nothing of the version stays loaded.
    fn pre_stage(&mut self, rule: &CompiledRule) -> StepResult;

    /// Lets the version that serves come to rest, and says how many messages were in flight.
    ///
    /// # Errors
    /// [`StepFailure`](super::StepFailure); the registry asks for [`SwapBackend::resume`] then.
    fn quiesce(&mut self, rule: &CompiledRule) -> StepResult;

    /// Makes a loaded version the one that serves, at once, and says how many messages were in flight.
    ///
    /// # Errors
    /// [`StepFailure`](super::StepFailure); the version that served still does once it is resumed.
    fn swap(&mut self, rule: &CompiledRule) -> StepResult;

    /// Lets the version that was to come to rest go on.
    ///
    /// # Errors
    /// [`StepFailure`](super::StepFailure); it is asked again.
    fn resume(&mut self, rule: &CompiledRule) -> StepResult;

    /// Unloads a version that no stream uses.
    ///
    /// # Errors
    /// [`StepFailure`](super::StepFailure), which is reported and undoes nothing.
    fn terminate(&mut self, rule: &CompiledRule) -> StepResult;

    /// Does a step.
    ///
    /// # Errors
    /// Those of its method.
    fn run(&mut self, step: &Step) -> StepResult {
        match step.kind {
            StepKind::PreStage => self.pre_stage(&step.rule),
            StepKind::Quiesce => self.quiesce(&step.rule),
            StepKind::Swap => self.swap(&step.rule),
            StepKind::Resume => self.resume(&step.rule),
            StepKind::Terminate => self.terminate(&step.rule),
        }
    }
}

/// Loads nothing and always succeeds: for rules that a host reads where it pins them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NoopBackend;

impl SwapBackend for NoopBackend {
    fn pre_stage(&mut self, _: &CompiledRule) -> StepResult {
        Ok(0)
    }

    fn quiesce(&mut self, _: &CompiledRule) -> StepResult {
        Ok(0)
    }

    fn swap(&mut self, _: &CompiledRule) -> StepResult {
        Ok(0)
    }

    fn resume(&mut self, _: &CompiledRule) -> StepResult {
        Ok(0)
    }

    fn terminate(&mut self, _: &CompiledRule) -> StepResult {
        Ok(0)
    }
}

impl RuleRegistry {
    /// Does steps with a backend that never waits, as long as there are any. A drain whose streams go on stays out; call
    /// again when one has ended, or its time is over.
    ///
    /// # Errors
    /// [`RuleError::StillPinned`] for such a drain, [`RuleError::BackendError`] for an old version that does not resume.
    /// How swaps went is [`RuleRegistry::take_outcome`].
    pub fn run_steps(&mut self, backend: &mut dyn SwapBackend, now_us: u64) -> Result<(), RuleError> {
        while let Some(step) = self.step() {
            // A backend is asked once to come to rest, not once for each time that streams are counted.
            let is_early =
                step.kind == StepKind::Quiesce && step.pinned > 0 && step.until_us.is_some_and(|end| now_us < end);
            if let (true, Some(until_us)) = (is_early, step.until_us) {
                return Err(RuleError::StillPinned { pinned: step.pinned, until_us });
            }
            let result = backend.run(&step);
            self.complete(step.id, result, now_us)?;
        }
        Ok(())
    }
}
