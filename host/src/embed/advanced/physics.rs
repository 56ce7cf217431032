//! Phase dynamics.

use interlock_core::Fidelity;
use interlock_core::physics::{
    Block, L16Config, L16Input, L16Output, Locking, LoopState, Motion, SecConfig, SecResult, UpdeConfig,
};
use wasmtime::component::ResourceAny;

use super::HostError;
use super::bindings::exports::interlock::kernel::physics as wit;
use super::engine::Advanced;
use super::instance::{AdvancedInstance, resource};

/// See [`interlock_core::physics`]. Every one fails with a trap, now or earlier.
#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl AdvancedInstance {
    /// Natural frequencies of the sixteen layers, rad/s.
    pub fn layer_omega(&mut self) -> Result<Vec<f64>, HostError> {
        self.physics(0, |store, guest| guest.call_layer_omega(store))
    }

    /// Names of the sixteen layers.
    pub fn layer_names(&mut self) -> Result<Vec<String>, HostError> {
        self.physics(0, |store, guest| guest.call_layer_names(store))
    }

    /// Coupling of the sixteen layers, row by row.
    pub fn layer_coupling(&mut self, fidelity: Fidelity) -> Result<Vec<f64>, HostError> {
        self.physics(0, |store, guest| guest.call_layer_coupling(store, fidelity.into()))
    }

    /// The order parameter of phases.
    pub fn order_parameter(&mut self, theta: &[f64]) -> Result<f64, HostError> {
        self.physics(size_of_val(theta), |store, guest| guest.call_order_parameter(store, theta))
    }

    /// `x` modulo a turn.
    pub fn wrap(&mut self, x: f64, fidelity: Fidelity) -> Result<f64, HostError> {
        self.physics(0, |store, guest| guest.call_wrap(store, x, fidelity.into()))
    }

    /// The difference `a - b` of two angles on the shorter way round.
    pub fn difference(&mut self, a: f64, b: f64) -> Result<f64, HostError> {
        self.physics(0, |store, guest| guest.call_difference(store, a, b))
    }

    /// Coupling at which oscillators with these natural frequencies lock, rad/s.
    pub fn critical_coupling(&mut self, omega: &[f64]) -> Result<f64, HostError> {
        self.physics(size_of_val(omega), |store, guest| guest.call_critical_coupling(store, omega))
    }

    /// H_rec of a state with at most `n` rows in its blocks.
    pub fn h_rec(&mut self, state: &LoopState<'_>, n: u32, tau_h1: f64) -> Result<f64, HostError> {
        let bytes = size_of_val(state.eigenvectors.values);
        let state = state.into();
        self.physics(bytes, |store, guest| guest.call_h_rec(store, &state, n, tau_h1))
    }

    /// Slope of the last `window` values of a history, 1/s.
    pub fn slope(&mut self, history: &[f64], window: u32, dt: f64) -> Result<f64, HostError> {
        self.physics(size_of_val(history), |store, guest| guest.call_slope(store, history, window, dt))
    }

    /// Whether a history demands refusal.
    pub fn refuses(&mut self, history: &[f64], window: u32, fidelity: Fidelity) -> Result<Option<bool>, HostError> {
        let bytes = size_of_val(history);
        self.physics(bytes, |store, guest| guest.call_refuses(store, history, window, fidelity.into()))
    }
}

impl Advanced {
    /// Oscillators, in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Input`]; no instance could be made; a trap.
    pub fn upde(
        &self,
        omega: &[f64],
        coupling: &[f64],
        theta: &[f64],
        config: &UpdeConfig,
        seed: u64,
        fidelity: Fidelity,
    ) -> Result<Upde, HostError> {
        Upde::new(self.instantiate()?, omega, coupling, theta, config, seed, fidelity)
    }

    /// The sixteen layers, in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Input`]; no instance could be made; a trap.
    pub fn upde_layers(
        &self,
        theta: &[f64],
        config: &UpdeConfig,
        seed: u64,
        fidelity: Fidelity,
    ) -> Result<Upde, HostError> {
        Upde::layers(self.instantiate()?, theta, config, seed, fidelity)
    }

    /// A functional, in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Input`]; no instance could be made; a trap.
    pub fn sec(
        &self,
        omega: &[f64],
        coupling: &[f64],
        config: &SecConfig,
        fidelity: Fidelity,
    ) -> Result<Sec, HostError> {
        Sec::new(self.instantiate()?, omega, coupling, config, fidelity)
    }

    /// A controller, in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Input`]; no instance could be made; a trap.
    pub fn l16(&self, config: &L16Config, fidelity: Fidelity) -> Result<L16, HostError> {
        L16::new(self.instantiate()?, config, fidelity)
    }

    /// An element with the usual bounds, in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Input`]; no instance could be made; a trap.
    pub fn pi_element(&self, setpoint: f64, kp: f64, ki: f64) -> Result<PiElement, HostError> {
        PiElement::new(self.instantiate()?, setpoint, kp, ki)
    }
}

/// Coupled phase oscillators: [`interlock_core::physics::Upde`] inside an instance. What the core refuses is
/// [`HostError::Input`]; every call fails with a trap, now or earlier, too.
#[derive(Debug)]
pub struct Upde {
    instance: AdvancedInstance,
    resource: ResourceAny,
    /// Bytes of the phases, which a step reads.
    bytes: usize,
}

resource!(Upde, physics);

#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl Upde {
    /// Oscillators with these natural frequencies, coupling (row by row) and first phases, in this instance.
    pub fn new(
        mut instance: AdvancedInstance,
        omega: &[f64],
        coupling: &[f64],
        theta: &[f64],
        config: &UpdeConfig,
        seed: u64,
        fidelity: Fidelity,
    ) -> Result<Self, HostError> {
        let (config, fidelity, bytes) = ((*config).into(), fidelity.into(), size_of_val(theta));
        let resource = instance.physics(size_of_val(coupling), |store, guest| {
            guest.upde().call_new(store, omega, coupling, theta, config, seed, fidelity)
        })??;
        Ok(Self { instance, resource, bytes })
    }

    /// The sixteen layers with their own frequencies and coupling, in this instance.
    pub fn layers(
        mut instance: AdvancedInstance,
        theta: &[f64],
        config: &UpdeConfig,
        seed: u64,
        fidelity: Fidelity,
    ) -> Result<Self, HostError> {
        let (config, fidelity, bytes) = ((*config).into(), fidelity.into(), size_of_val(theta));
        let resource = instance
            .physics(bytes, |store, guest| guest.upde().call_layers(store, theta, config, seed, fidelity))??;
        Ok(Self { instance, resource, bytes })
    }

    /// Advances by one step.
    pub fn step(&mut self) -> Result<(), HostError> {
        self.call(self.bytes, |store, guest, this| guest.upde().call_step(store, this))
    }

    /// Advances by as many steps, in one crossing. Each gets fuel as if the phases were its input.
    pub fn run(&mut self, steps: u32) -> Result<(), HostError> {
        let bytes = self.bytes.saturating_mul(steps as usize);
        self.call(bytes, |store, guest, this| guest.upde().call_run(store, this, steps))
    }

    /// Number of oscillators.
    pub fn oscillators(&mut self) -> Result<u32, HostError> {
        self.call(0, |store, guest, this| guest.upde().call_oscillators(store, this))
    }

    /// The phases, rad.
    pub fn theta(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.upde().call_theta(store, this))
    }

    /// The drift of the last step, without noise, rad/s.
    pub fn velocity(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.upde().call_velocity(store, this))
    }

    /// Sines of the phases.
    pub fn sines(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.upde().call_sines(store, this))
    }

    /// Cosines of the phases.
    pub fn cosines(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.upde().call_cosines(store, this))
    }

    /// The order parameter of the phases.
    pub fn r(&mut self) -> Result<f64, HostError> {
        self.call(0, |store, guest, this| guest.upde().call_r(store, this))
    }

    /// Time that has passed, s.
    pub fn time(&mut self) -> Result<f64, HostError> {
        self.call(0, |store, guest, this| guest.upde().call_time(store, this))
    }

    /// Steps that were made.
    pub fn steps(&mut self) -> Result<u64, HostError> {
        self.call(0, |store, guest, this| guest.upde().call_steps(store, this))
    }

    /// Where the noise is.
    pub fn noise_state(&mut self) -> Result<u64, HostError> {
        self.call(0, |store, guest, this| guest.upde().call_noise_state(store, this))
    }

    /// How the phases are driven and integrated.
    pub fn config(&mut self) -> Result<UpdeConfig, HostError> {
        Ok(self.call(0, |store, guest, this| guest.upde().call_config(store, this))?.into())
    }

    /// Drives the oscillators otherwise from now on.
    pub fn set_config(&mut self, config: &UpdeConfig) -> Result<(), HostError> {
        let config = (*config).into();
        Ok(self.call(self.bytes, |store, guest, this| guest.upde().call_set_config(store, this, config))??)
    }

    /// Couples the oscillators otherwise from now on.
    pub fn set_coupling(&mut self, coupling: &[f64]) -> Result<(), HostError> {
        let bytes = size_of_val(coupling);
        Ok(self.call(bytes, |store, guest, this| guest.upde().call_set_coupling(store, this, coupling))??)
    }

    /// Puts the oscillators elsewhere.
    pub fn set_theta(&mut self, theta: &[f64]) -> Result<(), HostError> {
        let bytes = size_of_val(theta);
        Ok(self.call(bytes, |store, guest, this| guest.upde().call_set_theta(store, this, theta))??)
    }
}

/// The SEC functional: [`interlock_core::physics::Sec`] inside an instance. What the core refuses is
/// [`HostError::Input`]; every call fails with a trap, now or earlier, too.
#[derive(Debug)]
pub struct Sec {
    instance: AdvancedInstance,
    resource: ResourceAny,
}

resource!(Sec, physics);

#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl Sec {
    /// A functional for oscillators with these natural frequencies and this coupling (row by row), in this instance.
    pub fn new(
        mut instance: AdvancedInstance,
        omega: &[f64],
        coupling: &[f64],
        config: &SecConfig,
        fidelity: Fidelity,
    ) -> Result<Self, HostError> {
        let (config, fidelity) = ((*config).into(), fidelity.into());
        let resource = instance.physics(size_of_val(coupling), |store, guest| {
            guest.sec().call_new(store, omega, coupling, config, fidelity)
        })??;
        Ok(Self { instance, resource })
    }

    /// Scores a state.
    pub fn evaluate(&mut self, theta: &[f64], motion: Motion<'_>, interval: f64) -> Result<SecResult, HostError> {
        let motion = match motion {
            Motion::Unknown => wit::Motion::Unknown,
            Motion::Previous(before) => wit::Motion::Previous(before.to_vec()),
            Motion::Velocity(velocity) => wit::Motion::Velocity(velocity.to_vec()),
        };
        let bytes = size_of_val(theta);
        let result =
            self.call(bytes, |store, guest, this| guest.sec().call_evaluate(store, this, theta, &motion, interval))??;
        Ok(result.into())
    }

    /// Couples otherwise from now on.
    pub fn set_coupling(&mut self, coupling: &[f64]) -> Result<(), HostError> {
        let bytes = size_of_val(coupling);
        Ok(self.call(bytes, |store, guest, this| guest.sec().call_set_coupling(store, this, coupling))??)
    }

    /// The scale of V.
    pub fn v_max(&mut self) -> Result<f64, HostError> {
        self.call(0, |store, guest, this| guest.sec().call_v_max(store, this))
    }

    /// V of the last evaluation.
    pub fn previous(&mut self) -> Result<Option<f64>, HostError> {
        self.call(0, |store, guest, this| guest.sec().call_previous(store, this))
    }

    /// Forgets the last evaluation.
    pub fn reset(&mut self) -> Result<(), HostError> {
        self.call(0, |store, guest, this| guest.sec().call_reset(store, this))
    }
}

impl From<Block<'_>> for wit::Block {
    fn from(block: Block<'_>) -> Self {
        Self { values: block.values.to_vec(), columns: block.columns }
    }
}

impl From<&LoopState<'_>> for wit::LoopState {
    fn from(state: &LoopState<'_>) -> Self {
        Self {
            theta: state.theta.to_vec(),
            eigenvectors: state.eigenvectors.into(),
            target: state.target.into(),
            r: state.r,
            p_h1: state.p_h1,
            h_frob: state.h_frob,
        }
    }
}

/// The L16 controller: [`interlock_core::physics::L16`] inside an instance. What the core refuses is
/// [`HostError::Input`]; every call fails with a trap, now or earlier, too.
#[derive(Debug)]
pub struct L16 {
    instance: AdvancedInstance,
    resource: ResourceAny,
}

resource!(L16, physics);

#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl L16 {
    /// A controller that has seen nothing, in this instance.
    pub fn new(mut instance: AdvancedInstance, config: &L16Config, fidelity: Fidelity) -> Result<Self, HostError> {
        let (config, fidelity) = ((*config).into(), fidelity.into());
        let resource = instance.physics(0, |store, guest| guest.l16().call_new(store, config, fidelity))??;
        Ok(Self { instance, resource })
    }

    /// Makes a step.
    pub fn step(&mut self, input: &L16Input<'_>) -> Result<L16Output, HostError> {
        let bytes = size_of_val(input.state.eigenvectors.values);
        let input = wit::L16Input {
            state: (&input.state).into(),
            locking: match input.locking {
                Locking::Difference(difference) => wit::Locking::Difference(difference),
                Locking::Value(value) => wit::Locking::Value(value),
            },
            c7: input.c7,
            c8: input.c8,
            c10: input.c10,
            dt: input.dt,
        };
        Ok(self.call(bytes, |store, guest, this| guest.l16().call_step(store, this, &input))??.into())
    }

    /// The last values of H_rec, at most 100, oldest first.
    pub fn history(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.l16().call_history(store, this))
    }

    /// Whether the loop refuses.
    pub fn refusal(&mut self) -> Result<bool, HostError> {
        self.call(0, |store, guest, this| guest.l16().call_refusal(store, this))
    }

    /// Steps that ended in refusal.
    pub fn refusals(&mut self) -> Result<u64, HostError> {
        self.call(0, |store, guest, this| guest.l16().call_refusals(store, this))
    }

    /// Whether the gate is open.
    pub fn gate_open(&mut self) -> Result<bool, HostError> {
        self.call(0, |store, guest, this| guest.l16().call_gate_open(store, this))
    }

    /// The locking value over the gate's window.
    pub fn gate_average(&mut self) -> Result<f64, HostError> {
        self.call(0, |store, guest, this| guest.l16().call_gate_average(store, this))
    }
}

/// A proportional-integral element: [`interlock_core::physics::PiElement`] inside an instance. What the core refuses is
/// [`HostError::Input`]; every call fails with a trap, now or earlier, too.
#[derive(Debug)]
pub struct PiElement {
    instance: AdvancedInstance,
    resource: ResourceAny,
}

resource!(PiElement, physics);

#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl PiElement {
    /// An element with these gains and the usual bounds, in this instance.
    pub fn new(mut instance: AdvancedInstance, setpoint: f64, kp: f64, ki: f64) -> Result<Self, HostError> {
        let resource = instance.physics(0, |store, guest| guest.pi_element().call_new(store, setpoint, kp, ki))??;
        Ok(Self { instance, resource })
    }

    /// Sets other bounds, lower ones first.
    pub fn set_bounds(&mut self, integral: [f64; 2], output: [f64; 2]) -> Result<(), HostError> {
        let [integral, output] = [integral, output].map(|[min, max]| wit::Bounds { min, max });
        Ok(self.call(0, |store, guest, this| guest.pi_element().call_set_bounds(store, this, integral, output))??)
    }

    /// Takes a measurement and the time since the last one, s; gives the output.
    pub fn step(&mut self, measured: f64, dt: f64, fidelity: Fidelity) -> Result<f64, HostError> {
        let fidelity = fidelity.into();
        Ok(self.call(0, |store, guest, this| guest.pi_element().call_step(store, this, measured, dt, fidelity))??)
    }

    /// The wanted value.
    pub fn setpoint(&mut self) -> Result<f64, HostError> {
        self.call(0, |store, guest, this| guest.pi_element().call_setpoint(store, this))
    }

    /// Sum of error x time so far, within its bounds.
    pub fn integral(&mut self) -> Result<f64, HostError> {
        self.call(0, |store, guest, this| guest.pi_element().call_integral(store, this))
    }

    /// Error of the last step; 0 before the first.
    pub fn last_error(&mut self) -> Result<f64, HostError> {
        self.call(0, |store, guest, this| guest.pi_element().call_last_error(store, this))
    }

    /// Forgets what was measured.
    pub fn reset(&mut self) -> Result<(), HostError> {
        self.call(0, |store, guest, this| guest.pi_element().call_reset(store, this))
    }
}
