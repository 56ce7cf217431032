//! The WIT interface `physics`.

use std::cell::RefCell;

use interlock_core::physics::{self as core, layers, order};

use super::Component;
use super::bindings::exports::interlock::kernel::physics as wit;
use super::convert::count;

impl wit::Guest for Component {
    type Upde = Upde;
    type Sec = Sec;
    type L16 = L16;
    type PiElement = PiElement;

    fn layer_omega() -> Vec<f64> {
        layers::OMEGA.to_vec()
    }

    fn layer_names() -> Vec<String> {
        layers::NAMES.map(String::from).to_vec()
    }

    fn layer_coupling(fidelity: wit::Fidelity) -> Vec<f64> {
        layers::coupling_rows(fidelity.into()).as_flattened().to_vec()
    }

    fn order_parameter(theta: Vec<f64>) -> f64 {
        order::parameter(&theta)
    }

    fn wrap(x: f64, fidelity: wit::Fidelity) -> f64 {
        core::wrap(x, fidelity.into())
    }

    fn difference(a: f64, b: f64) -> f64 {
        core::difference(a, b)
    }

    fn critical_coupling(omega: Vec<f64>) -> f64 {
        core::critical_coupling(&omega)
    }

    fn default_upde_config() -> wit::UpdeConfig {
        (&core::UpdeConfig::default()).into()
    }

    fn default_sec_config() -> wit::SecConfig {
        let core::SecConfig { frequency_weight, entropy_weight } = core::SecConfig::default();
        wit::SecConfig { frequency_weight, entropy_weight }
    }

    fn default_l16_config() -> wit::L16Config {
        let config = core::L16Config::default();
        wit::L16Config {
            n: config.n,
            plv_threshold: config.plv_threshold,
            plv_window: config.plv_window,
            h_rec_window: config.h_rec_window,
            refusal_lr_factor: config.refusal_lr_factor,
            refusal_d_factor: config.refusal_d_factor,
            refusal_tau_factor: config.refusal_tau_factor,
            tau_h1: config.tau_h1,
        }
    }

    fn h_rec(state: wit::LoopState, n: u32, tau_h1: f64) -> f64 {
        core::h_rec(&loop_state(&state), n, tau_h1)
    }

    fn slope(history: Vec<f64>, window: u32, dt: f64) -> f64 {
        core::slope(&history, window, dt)
    }

    fn refuses(history: Vec<f64>, window: u32, fidelity: wit::Fidelity) -> Option<bool> {
        core::refuses(&history, window, fidelity.into())
    }
}

impl From<&core::UpdeConfig> for wit::UpdeConfig {
    fn from(config: &core::UpdeConfig) -> Self {
        let core::UpdeConfig { dt, field_pressure, noise_amplitude } = *config;
        Self { dt, field_pressure, noise_amplitude }
    }
}

impl From<wit::UpdeConfig> for core::UpdeConfig {
    fn from(config: wit::UpdeConfig) -> Self {
        let wit::UpdeConfig { dt, field_pressure, noise_amplitude } = config;
        Self { dt, field_pressure, noise_amplitude }
    }
}

pub(crate) struct Upde(RefCell<core::Upde>);

impl wit::GuestUpde for Upde {
    fn new(
        omega: Vec<f64>,
        coupling: Vec<f64>,
        theta: Vec<f64>,
        config: wit::UpdeConfig,
        seed: u64,
        fidelity: wit::Fidelity,
    ) -> Result<wit::Upde, wit::InputError> {
        let coupling = core::Coupling::new(omega.len(), &coupling)?;
        let upde = core::Upde::new(&omega, coupling, &theta, config.into(), seed, fidelity.into())?;
        Ok(wit::Upde::new(Self(RefCell::new(upde))))
    }

    fn layers(
        theta: Vec<f64>,
        config: wit::UpdeConfig,
        seed: u64,
        fidelity: wit::Fidelity,
    ) -> Result<wit::Upde, wit::InputError> {
        let upde = core::Upde::layers(&theta, config.into(), seed, fidelity.into())?;
        Ok(wit::Upde::new(Self(RefCell::new(upde))))
    }

    fn step(&self) {
        self.0.borrow_mut().step();
    }

    fn run(&self, steps: u32) {
        self.0.borrow_mut().run(steps);
    }

    fn oscillators(&self) -> u32 {
        count(self.0.borrow().oscillators())
    }

    fn theta(&self) -> Vec<f64> {
        self.0.borrow().theta().to_vec()
    }

    fn velocity(&self) -> Vec<f64> {
        self.0.borrow().velocity().to_vec()
    }

    fn sines(&self) -> Vec<f64> {
        self.0.borrow().sines().to_vec()
    }

    fn cosines(&self) -> Vec<f64> {
        self.0.borrow().cosines().to_vec()
    }

    fn r(&self) -> f64 {
        self.0.borrow().r()
    }

    fn time(&self) -> f64 {
        self.0.borrow().time()
    }

    fn steps(&self) -> u64 {
        self.0.borrow().steps()
    }

    fn noise_state(&self) -> u64 {
        self.0.borrow().noise_state()
    }

    fn config(&self) -> wit::UpdeConfig {
        self.0.borrow().config().into()
    }

    fn set_config(&self, config: wit::UpdeConfig) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().set_config(config.into())?)
    }

    fn set_coupling(&self, coupling: Vec<f64>) -> Result<(), wit::InputError> {
        let mut upde = self.0.borrow_mut();
        let coupling = core::Coupling::new(upde.oscillators(), &coupling)?;
        Ok(upde.set_coupling(coupling)?)
    }

    fn set_theta(&self, theta: Vec<f64>) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().set_theta(&theta)?)
    }
}

pub(crate) struct Sec(RefCell<core::Sec>);

impl wit::GuestSec for Sec {
    fn new(
        omega: Vec<f64>,
        coupling: Vec<f64>,
        config: wit::SecConfig,
        fidelity: wit::Fidelity,
    ) -> Result<wit::Sec, wit::InputError> {
        let coupling = core::Coupling::new(omega.len(), &coupling)?;
        let wit::SecConfig { frequency_weight, entropy_weight } = config;
        let config = core::SecConfig { frequency_weight, entropy_weight };
        let sec = core::Sec::new(&omega, coupling, config, fidelity.into())?;
        Ok(wit::Sec::new(Self(RefCell::new(sec))))
    }

    fn evaluate(&self, theta: Vec<f64>, motion: wit::Motion, interval: f64) -> Result<wit::SecResult, wit::InputError> {
        let motion = match &motion {
            wit::Motion::Unknown => core::Motion::Unknown,
            wit::Motion::Previous(before) => core::Motion::Previous(before),
            wit::Motion::Velocity(velocity) => core::Motion::Velocity(velocity),
        };
        let result = self.0.borrow_mut().evaluate(&theta, motion, interval)?;
        Ok(wit::SecResult {
            v: result.v,
            v_normalised: result.v_normalised,
            r: result.r,
            dv_dt: result.dv_dt,
            coherence_score: result.coherence_score,
            v_coupling: result.v_coupling,
            v_frequency: result.v_frequency,
            v_entropy: result.v_entropy,
        })
    }

    fn set_coupling(&self, coupling: Vec<f64>) -> Result<(), wit::InputError> {
        let mut sec = self.0.borrow_mut();
        let coupling = core::Coupling::new(sec.oscillators(), &coupling)?;
        Ok(sec.set_coupling(coupling)?)
    }

    fn v_max(&self) -> f64 {
        self.0.borrow().v_max()
    }

    fn previous(&self) -> Option<f64> {
        self.0.borrow().previous()
    }

    fn reset(&self) {
        self.0.borrow_mut().reset();
    }
}

fn block(block: &wit::Block) -> core::Block<'_> {
    core::Block { values: &block.values, columns: block.columns }
}

fn loop_state(state: &wit::LoopState) -> core::LoopState<'_> {
    core::LoopState {
        theta: &state.theta,
        eigenvectors: block(&state.eigenvectors),
        target: block(&state.target),
        r: state.r,
        p_h1: state.p_h1,
        h_frob: state.h_frob,
    }
}

pub(crate) struct L16(RefCell<core::L16>);

impl wit::GuestL16 for L16 {
    fn new(config: wit::L16Config, fidelity: wit::Fidelity) -> Result<wit::L16, wit::InputError> {
        let config = core::L16Config {
            n: config.n,
            plv_threshold: config.plv_threshold,
            plv_window: config.plv_window,
            h_rec_window: config.h_rec_window,
            refusal_lr_factor: config.refusal_lr_factor,
            refusal_d_factor: config.refusal_d_factor,
            refusal_tau_factor: config.refusal_tau_factor,
            tau_h1: config.tau_h1,
        };
        Ok(wit::L16::new(Self(RefCell::new(core::L16::new(config, fidelity.into())?))))
    }

    fn step(&self, input: wit::L16Input) -> Result<wit::L16Output, wit::InputError> {
        let output = self.0.borrow_mut().step(&core::L16Input {
            state: loop_state(&input.state),
            locking: match input.locking {
                wit::Locking::Difference(difference) => core::Locking::Difference(difference),
                wit::Locking::Value(value) => core::Locking::Value(value),
            },
            c7: input.c7,
            c8: input.c8,
            c10: input.c10,
            dt: input.dt,
        })?;
        Ok(output.into())
    }

    fn history(&self) -> Vec<f64> {
        self.0.borrow().history().to_vec()
    }

    fn refusal(&self) -> bool {
        self.0.borrow().refusal()
    }

    fn refusals(&self) -> u64 {
        self.0.borrow().refusals()
    }

    fn gate_open(&self) -> bool {
        self.0.borrow().gate().is_open()
    }

    fn gate_average(&self) -> f64 {
        self.0.borrow().gate().average()
    }
}

pub(crate) struct PiElement(RefCell<core::PiElement>);

impl wit::GuestPiElement for PiElement {
    fn new(setpoint: f64, kp: f64, ki: f64) -> Result<wit::PiElement, wit::InputError> {
        Ok(wit::PiElement::new(Self(RefCell::new(core::PiElement::new(setpoint, kp, ki)?))))
    }

    fn set_bounds(&self, integral: wit::Bounds, output: wit::Bounds) -> Result<(), wit::InputError> {
        let mut element = self.0.borrow_mut();
        *element = element.clone().with_bounds([integral.min, integral.max], [output.min, output.max])?;
        Ok(())
    }

    fn step(&self, measured: f64, dt: f64, fidelity: wit::Fidelity) -> Result<f64, wit::InputError> {
        Ok(self.0.borrow_mut().step(measured, dt, fidelity.into())?)
    }

    fn setpoint(&self) -> f64 {
        self.0.borrow().setpoint()
    }

    fn integral(&self) -> f64 {
        self.0.borrow().integral()
    }

    fn last_error(&self) -> f64 {
        self.0.borrow().last_error()
    }

    fn reset(&self) {
        self.0.borrow_mut().reset();
    }
}
