//! What observes phases.

use interlock_core::Fidelity;
use interlock_core::observers::{Bar, Longest, PgboConfig, TcboConfig, TcboControl, TcboControllerConfig, TcboReading};
use wasmtime::component::ResourceAny;

use super::HostError;
use super::bindings::exports::interlock::kernel::observers as wit;
use super::engine::Advanced;
use super::instance::{AdvancedInstance, resource};

/// See [`interlock_core::observers`]. What the core refuses is [`HostError::Input`]; every one fails with a trap, now or
/// earlier, too.
#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl AdvancedInstance {
    /// Points of a signal's delay embedding, one after the other.
    pub fn embed(
        &mut self,
        samples: &[f64],
        channels: u32,
        embed_dim: u32,
        tau_delay: u32,
    ) -> Result<Vec<f64>, HostError> {
        let bytes = size_of_val(samples).saturating_mul(embed_dim as usize);
        Ok(self.observers(bytes, |store, guest| guest.call_embed(store, samples, channels, embed_dim, tau_delay))??)
    }

    /// The logistic function `1 / (1 + exp(-beta (s - s0)))`.
    pub fn squash(&mut self, s: f64, s0: f64, beta: f64) -> Result<f64, HostError> {
        self.observers(0, |store, guest| guest.call_squash(store, s, s0, beta))
    }

    /// The `s0` with which [`AdvancedInstance::squash`] gives the probability `p` at `s_tau`.
    pub fn s0_for(&mut self, s_tau: f64, p: f64, beta: f64) -> Result<f64, HostError> {
        self.observers(0, |store, guest| guest.call_s0_for(store, s_tau, p, beta))
    }

    /// A difference of angles in [-pi, pi).
    pub fn wrap_difference(&mut self, difference: f64, fidelity: Fidelity) -> Result<f64, HostError> {
        self.observers(0, |store, guest| guest.call_wrap_difference(store, difference, fidelity.into()))
    }

    /// PGBO's reading and vector for a gradient of the phases and a potential that are given, both in rad/s.
    pub fn pgbo_of_gradient(
        &mut self,
        config: &PgboConfig,
        fidelity: Fidelity,
        gradient: &[f64],
        potential: &[f64],
    ) -> Result<(PgboReading, Vec<f64>), HostError> {
        let (config, fidelity) = ((*config).into(), fidelity.into());
        let (reading, u) = self.observers(size_of_val(gradient), |store, guest| {
            guest.call_pgbo_of_gradient(store, config, fidelity, gradient, potential)
        })??;
        Ok((reading.into(), u))
    }
}

impl Advanced {
    /// A solver, in a fresh instance.
    ///
    /// # Errors
    /// No instance could be made; a trap.
    pub fn rips(&self) -> Result<Rips, HostError> {
        Rips::new(self.instantiate()?)
    }

    /// An observer, in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Input`]; no instance could be made; a trap.
    pub fn tcbo(&self, phases: u32, config: &TcboConfig, fidelity: Fidelity) -> Result<Tcbo, HostError> {
        Tcbo::new(self.instantiate()?, phases, config, fidelity)
    }

    /// A controller, in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Input`]; no instance could be made; a trap.
    pub fn tcbo_controller(
        &self,
        config: &TcboControllerConfig,
        fidelity: Fidelity,
    ) -> Result<TcboController, HostError> {
        TcboController::new(self.instantiate()?, config, fidelity)
    }

    /// An engine, in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Input`]; no instance could be made; a trap.
    pub fn pgbo(&self, dimension: u32, config: &PgboConfig, fidelity: Fidelity) -> Result<Pgbo, HostError> {
        Pgbo::new(self.instantiate()?, dimension, config, fidelity)
    }
}

/// Persistent homology: [`interlock_core::observers::Rips`] inside an instance. What the core refuses is
/// [`HostError::Input`]; every call fails with a trap, now or earlier, too. A cloud of thousands of points needs more
/// than the default memory.
#[derive(Debug)]
pub struct Rips {
    instance: AdvancedInstance,
    resource: ResourceAny,
}

resource!(Rips, observers);

#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl Rips {
    /// A solver, in this instance.
    pub fn new(mut instance: AdvancedInstance) -> Result<Self, HostError> {
        let resource = instance.observers(0, |store, guest| guest.rips().call_constructor(store))?;
        Ok(Self { instance, resource })
    }

    /// All bars of a cloud of points of `dimension` coordinates each, longest first.
    pub fn bars(&mut self, coordinates: &[f64], dimension: u32) -> Result<Vec<Bar>, HostError> {
        let bytes = size_of_val(coordinates);
        let bars =
            self.call(bytes, |store, guest, this| guest.rips().call_bars(store, this, coordinates, dimension))??;
        Ok(bars.into_iter().map(Into::into).collect())
    }

    /// The longest bar.
    pub fn longest(&mut self, coordinates: &[f64], dimension: u32) -> Result<Longest, HostError> {
        let bytes = size_of_val(coordinates);
        let longest =
            self.call(bytes, |store, guest, this| guest.rips().call_longest(store, this, coordinates, dimension))??;
        Ok(Longest { bar: longest.bar.map(Into::into), lifetime: longest.lifetime, diameter: longest.diameter })
    }

    /// The lengths at which components of the last cloud that was given to [`Rips::bars`] join, ascending.
    pub fn joins(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.rips().call_joins(store, this))
    }

    /// The largest distance between two points of the last cloud.
    pub fn diameter(&mut self) -> Result<f64, HostError> {
        self.call(0, |store, guest, this| guest.rips().call_diameter(store, this))
    }
}

/// A TCBO observer: [`interlock_core::observers::Tcbo`] inside an instance. What the core refuses is
/// [`HostError::Input`]; every call fails with a trap, now or earlier, too.
#[derive(Debug)]
pub struct Tcbo {
    instance: AdvancedInstance,
    resource: ResourceAny,
    /// Bytes of the cloud, which a computation reads.
    bytes: usize,
}

resource!(Tcbo, observers);

#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl Tcbo {
    /// An observer of `phases` phases, in this instance.
    pub fn new(
        mut instance: AdvancedInstance,
        phases: u32,
        config: &TcboConfig,
        fidelity: Fidelity,
    ) -> Result<Self, HostError> {
        let columns = size_of::<f64>().saturating_mul(phases as usize).saturating_mul(config.embed_dim as usize);
        let bytes = columns.saturating_mul(config.window_size as usize);
        let (config, fidelity) = ((*config).into(), fidelity.into());
        let resource =
            instance.observers(bytes, |store, guest| guest.tcbo().call_new(store, phases, config, fidelity))??;
        Ok(Self { instance, resource, bytes })
    }

    /// Takes the phases of a sample.
    pub fn push(&mut self, theta: &[f64]) -> Result<(), HostError> {
        let bytes = size_of_val(theta);
        Ok(self.call(bytes, |store, guest, this| guest.tcbo().call_push(store, this, theta))??)
    }

    /// Computes the reading if it is time to, or if `force` is set, and if there are enough samples.
    pub fn compute(&mut self, force: bool) -> Result<TcboReading, HostError> {
        Ok(self.call(self.bytes, |store, guest, this| guest.tcbo().call_compute(store, this, force))?.into())
    }

    /// [`Tcbo::push`], then [`Tcbo::compute`] if it is time to.
    pub fn observe(&mut self, theta: &[f64]) -> Result<TcboReading, HostError> {
        Ok(self.call(self.bytes, |store, guest, this| guest.tcbo().call_observe(store, this, theta))??.into())
    }

    /// All bars of the present cloud, longest first.
    pub fn bars(&mut self) -> Result<Vec<Bar>, HostError> {
        let bars = self.call(self.bytes, |store, guest, this| guest.tcbo().call_bars(store, this))?;
        Ok(bars.into_iter().map(Into::into).collect())
    }

    /// What the last computation found.
    pub fn reading(&mut self) -> Result<TcboReading, HostError> {
        Ok(self.call(0, |store, guest, this| guest.tcbo().call_reading(store, this))?.into())
    }

    /// Samples that are kept.
    pub fn buffered(&mut self) -> Result<u32, HostError> {
        self.call(0, |store, guest, this| guest.tcbo().call_buffered(store, this))
    }

    /// The lifetime at which the probability is a half.
    pub fn s0(&mut self) -> Result<f64, HostError> {
        self.call(0, |store, guest, this| guest.tcbo().call_s0(store, this))
    }

    /// As after construction.
    pub fn reset(&mut self) -> Result<(), HostError> {
        self.call(0, |store, guest, this| guest.tcbo().call_reset(store, this))
    }
}

/// A TCBO controller: [`interlock_core::observers::TcboController`] inside an instance. What the core refuses is
/// [`HostError::Input`]; every call fails with a trap, now or earlier, too.
#[derive(Debug)]
pub struct TcboController {
    instance: AdvancedInstance,
    resource: ResourceAny,
}

resource!(TcboController, observers);

#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl TcboController {
    /// A controller with an integral of 0, in this instance.
    pub fn new(
        mut instance: AdvancedInstance,
        config: &TcboControllerConfig,
        fidelity: Fidelity,
    ) -> Result<Self, HostError> {
        let (config, fidelity) = ((*config).into(), fidelity.into());
        let resource =
            instance.observers(0, |store, guest| guest.tcbo_controller().call_new(store, config, fidelity))??;
        Ok(Self { instance, resource })
    }

    /// Takes the probability that was measured, the present gain and the time since the last step, s.
    pub fn step(&mut self, p_h1: f64, kappa: f64, dt: f64) -> Result<TcboControl, HostError> {
        let control =
            self.call(0, |store, guest, this| guest.tcbo_controller().call_step(store, this, p_h1, kappa, dt))??;
        Ok(control.into())
    }

    /// Whether a probability is above `tau_h1`: the given one, or that of the last step, or 0.
    pub fn is_gate_open(&mut self, p_h1: Option<f64>) -> Result<bool, HostError> {
        self.call(0, |store, guest, this| guest.tcbo_controller().call_is_gate_open(store, this, p_h1))
    }

    /// The last steps, the oldest first.
    pub fn history(&mut self) -> Result<Vec<TcboControl>, HostError> {
        let history = self.call(0, |store, guest, this| guest.tcbo_controller().call_history(store, this))?;
        Ok(history.into_iter().map(Into::into).collect())
    }

    /// The integral of the error over time, s.
    pub fn integral(&mut self) -> Result<f64, HostError> {
        self.call(0, |store, guest, this| guest.tcbo_controller().call_integral(store, this))
    }

    /// As after construction.
    pub fn reset(&mut self) -> Result<(), HostError> {
        self.call(0, |store, guest, this| guest.tcbo_controller().call_reset(store, this))
    }
}

/// What a call of a [`Pgbo`] found: the numbers of [`interlock_core::observers::PgboReading`].
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PgboReading {
    /// Length of `u` after the cap, rad/s.
    pub u_norm: f64,
    /// Trace of the tensor; 0 where it is traceless.
    pub h_trace: f64,
    /// Frobenius norm of the tensor.
    pub h_frob: f64,
}

/// A PGBO engine: [`interlock_core::observers::Pgbo`] inside an instance. What the core refuses is [`HostError::Input`];
/// every call fails with a trap, now or earlier, too.
#[derive(Debug)]
pub struct Pgbo {
    instance: AdvancedInstance,
    resource: ResourceAny,
}

resource!(Pgbo, observers);

#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl Pgbo {
    /// An engine for `dimension` nodes, in this instance.
    pub fn new(
        mut instance: AdvancedInstance,
        dimension: u32,
        config: &PgboConfig,
        fidelity: Fidelity,
    ) -> Result<Self, HostError> {
        let (config, fidelity) = ((*config).into(), fidelity.into());
        let resource =
            instance.observers(0, |store, guest| guest.pgbo().call_new(store, dimension, config, fidelity))??;
        Ok(Self { instance, resource })
    }

    /// Takes the phases at the end of a time `dt`, s; the first call only remembers them.
    pub fn compute(&mut self, theta: &[f64], dt: f64) -> Result<PgboReading, HostError> {
        let bytes = size_of_val(theta);
        Ok(self.call(bytes, |store, guest, this| guest.pgbo().call_compute(store, this, theta, dt))??.into())
    }

    /// What the last call found.
    pub fn reading(&mut self) -> Result<PgboReading, HostError> {
        Ok(self.call(0, |store, guest, this| guest.pgbo().call_reading(store, this))?.into())
    }

    /// The vector of the last call, rad/s.
    pub fn u(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.pgbo().call_u(store, this))
    }

    /// The tensor of the last call as a matrix, row by row.
    pub fn tensor(&mut self) -> Result<Vec<f64>, HostError> {
        Ok(self.call(0, |store, guest, this| guest.pgbo().call_tensor(store, this))??)
    }

    /// The tensor of the last call times a vector.
    pub fn multiply(&mut self, x: &[f64]) -> Result<Vec<f64>, HostError> {
        let bytes = size_of_val(x);
        Ok(self.call(bytes, |store, guest, this| guest.pgbo().call_multiply(store, this, x))??)
    }

    /// The boundary potential, rad/s.
    pub fn potential(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.pgbo().call_potential(store, this))
    }

    /// Overwrites as many entries of the boundary potential as are given, from the first on.
    pub fn set_potential(&mut self, potential: &[f64]) -> Result<(), HostError> {
        let bytes = size_of_val(potential);
        Ok(self.call(bytes, |store, guest, this| guest.pgbo().call_set_potential(store, this, potential))??)
    }

    /// The gain as it is for the next call.
    pub fn kappa(&mut self) -> Result<f64, HostError> {
        self.call(0, |store, guest, this| guest.pgbo().call_kappa(store, this))
    }

    /// Multiplies the gain for the next calls and keeps it in [0, 5].
    pub fn scale_kappa(&mut self, factor: f64) -> Result<(), HostError> {
        self.call(0, |store, guest, this| guest.pgbo().call_scale_kappa(store, this, factor))
    }

    /// As after construction, with the potential at 0; the gain stays.
    pub fn reset(&mut self) -> Result<(), HostError> {
        self.call(0, |store, guest, this| guest.pgbo().call_reset(store, this))
    }
}
