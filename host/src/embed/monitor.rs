//! The monitor of one stream, in an instance of its own.

use interlock_core::halt::{BatchVerdict, Halt, HaltConfig, HaltReason, MonitorState, Observation, Summary, Verdict};
use wasmtime::component::ResourceAny;

use super::bindings::exports::interlock::kernel::halt as wit;
use super::engine::Interlock;
use super::error::{HostError, Trap};
use super::instance::Instance;

/// Judges the tokens of one stream: [`interlock_core::halt::StreamMonitor`] inside an instance.
///
/// A trap reads as a halt: the call that traps answers with the halt reason `trap`, the state is
/// [`MonitorState::Halted`], and every later call is [`HostError::Poisoned`]. The summary is lost with the instance.
#[derive(Debug)]
pub struct StreamMonitor {
    instance: Instance,
    monitor: ResourceAny,
}

impl Interlock {
    /// A monitor for a fresh stream, in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Config`] when the configuration is not valid; no instance could be made; a trap.
    pub fn stream_monitor(&self, config: &HaltConfig) -> Result<StreamMonitor, HostError> {
        StreamMonitor::new(self.instantiate()?, config)
    }
}

/// What a halt by a trap is: nothing was measured.
pub(super) const TRAPPED: Halt = Halt::because(HaltReason::Trap);

/// The verdict of a call. A trap is a halt.
pub(super) fn verdict<E: Into<HostError>>(
    answer: Result<Result<wit::Verdict, E>, HostError>,
) -> Result<Verdict, HostError> {
    match answer {
        Ok(verdict) => verdict.map(Into::into).map_err(Into::into),
        Err(HostError::Trap(_)) => Ok(Verdict::Halt(TRAPPED)),
        Err(error) => Err(error),
    }
}

fn batch(answer: Result<Result<wit::BatchVerdict, wit::StreamEnded>, HostError>) -> Result<BatchVerdict, HostError> {
    match answer {
        Ok(batch) => batch.map(Into::into).map_err(Into::into),
        Err(HostError::Trap(_)) => Ok(BatchVerdict { consumed: 0, warnings: 0, halt: Some(TRAPPED) }),
        Err(error) => Err(error),
    }
}

impl StreamMonitor {
    /// A monitor for a fresh stream, in this instance.
    ///
    /// # Errors
    /// [`HostError::Config`] when the configuration is not valid; a trap.
    pub fn new(mut instance: Instance, config: &HaltConfig) -> Result<Self, HostError> {
        let monitor = instance.halt(0, |store, guest| guest.stream_monitor().call_new(store, config.into()))??;
        Ok(Self { instance, monitor })
    }

    /// Judges a token by its score alone.
    ///
    /// # Errors
    /// [`HostError::StreamEnded`] after a halt or the end, [`HostError::Poisoned`] after a trap.
    pub fn push(&mut self, score: f64) -> Result<Verdict, HostError> {
        let monitor = self.monitor;
        verdict(self.instance.halt(0, |store, guest| guest.stream_monitor().call_push(store, monitor, score)))
    }

    /// Judges a token by everything that is known of it.
    ///
    /// # Errors
    /// [`HostError::StreamEnded`] after a halt or the end, [`HostError::Poisoned`] after a trap.
    pub fn push_observation(&mut self, observation: Observation) -> Result<Verdict, HostError> {
        let monitor = self.monitor;
        verdict(
            self.instance.halt(0, |store, guest| {
                guest.stream_monitor().call_push_observation(store, monitor, observation.into())
            }),
        )
    }

    /// Judges scores in order and stops at the first halt. The same verdicts as one call a score, in one crossing.
    ///
    /// When the call traps, nothing is known of any score of the batch: `consumed` is 0.
    ///
    /// # Errors
    /// [`HostError::StreamEnded`] after a halt or the end, [`HostError::Poisoned`] after a trap.
    pub fn push_many(&mut self, scores: &[f64]) -> Result<BatchVerdict, HostError> {
        let monitor = self.monitor;
        batch(
            self.instance.halt(size_of_val(scores), |store, guest| {
                guest.stream_monitor().call_push_many(store, monitor, scores)
            }),
        )
    }

    /// Judges observations in order and stops at the first halt. As [`StreamMonitor::push_many`].
    ///
    /// # Errors
    /// [`HostError::StreamEnded`] after a halt or the end, [`HostError::Poisoned`] after a trap.
    pub fn push_observations(&mut self, observations: &[Observation]) -> Result<BatchVerdict, HostError> {
        let monitor = self.monitor;
        let observations: Vec<wit::Observation> = observations.iter().map(|&observation| observation.into()).collect();
        batch(self.instance.halt(size_of_val(observations.as_slice()), |store, guest| {
            guest.stream_monitor().call_push_observations(store, monitor, &observations)
        }))
    }

    /// Halts the stream where it stands, for a reason that is not in a score.
    ///
    /// # Errors
    /// [`HostError::StreamEnded`] after a halt or the end, [`HostError::Poisoned`] after a trap.
    pub fn stop(&mut self, halt: Halt) -> Result<Verdict, HostError> {
        let monitor = self.monitor;
        verdict(self.instance.halt(0, |store, guest| guest.stream_monitor().call_stop(store, monitor, halt.into())))
    }

    /// Ends the stream. A halted stream stays halted.
    ///
    /// # Errors
    /// [`HostError::StreamEnded`] when it was finished before; a trap.
    pub fn finish(&mut self) -> Result<Summary, HostError> {
        let monitor = self.monitor;
        let summary = self.instance.halt(0, |store, guest| guest.stream_monitor().call_finish(store, monitor))??;
        Ok(summary.into())
    }

    /// Where the stream is in its life.
    pub fn state(&mut self) -> MonitorState {
        let monitor = self.monitor;
        let state = self.instance.halt(0, |store, guest| guest.stream_monitor().call_state(store, monitor));
        state.map_or(MonitorState::Halted, Into::into)
    }

    /// The score of the last token as recorded: clamped to [0, 1], 0 when it was not finite, late or missing; none
    /// when it was skipped.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn last_score(&mut self) -> Result<Option<f64>, HostError> {
        let monitor = self.monitor;
        self.instance.halt(0, |store, guest| guest.stream_monitor().call_last_score(store, monitor))
    }

    /// The account so far.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn summary(&mut self) -> Result<Summary, HostError> {
        let monitor = self.monitor;
        let summary = self.instance.halt(0, |store, guest| guest.stream_monitor().call_summary(store, monitor))?;
        Ok(summary.into())
    }

    /// The trap that ended it.
    #[must_use]
    pub const fn trap(&self) -> Option<&Trap> {
        self.instance.trap()
    }

    /// The instance that it lives in.
    #[must_use]
    pub const fn instance(&self) -> &Instance {
        &self.instance
    }

    /// Gives the instance back for the next stream.
    ///
    /// # Errors
    /// A trap, now or earlier: the instance is spent.
    pub fn into_instance(mut self) -> Result<Instance, HostError> {
        let monitor = self.monitor;
        self.instance.with_store(|store| monitor.resource_drop(store))?;
        Ok(self.instance)
    }
}
