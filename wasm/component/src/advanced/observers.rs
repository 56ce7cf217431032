//! The WIT interface `observers`.

use std::cell::RefCell;

use interlock_core::observers as core;

use super::Component;
use super::bindings::exports::interlock::kernel::observers as wit;

impl wit::Guest for Component {
    type Rips = Rips;
    type Tcbo = Tcbo;
    type TcboController = TcboController;
    type Pgbo = Pgbo;

    fn embed(samples: Vec<f64>, channels: u32, embed_dim: u32, tau_delay: u32) -> Result<Vec<f64>, wit::InputError> {
        let mut points = Vec::new();
        core::Embedding::new(embed_dim, tau_delay)?.embed(&samples, channels, &mut points)?;
        Ok(points)
    }

    fn squash(s: f64, s0: f64, beta: f64) -> f64 {
        core::squash(s, s0, beta)
    }

    fn s0_for(s_tau: f64, p: f64, beta: f64) -> f64 {
        core::s0_for(s_tau, p, beta)
    }

    fn wrap_difference(difference: f64, fidelity: wit::Fidelity) -> f64 {
        core::wrap_difference(difference, fidelity.into())
    }

    fn default_tcbo_config() -> wit::TcboConfig {
        let config = core::TcboConfig::default();
        wit::TcboConfig {
            embed_dim: config.embed_dim,
            tau_delay: config.tau_delay,
            window_size: config.window_size,
            tau_h1: config.tau_h1,
            beta: config.beta,
            s0: config.s0,
            s_tau: config.s_tau,
            persistence_threshold: config.persistence_threshold,
            compute_every_n: config.compute_every_n,
            estimator: match config.estimator {
                core::Estimator::Rips => wit::Estimator::Rips,
                core::Estimator::Spread => wit::Estimator::Spread,
            },
        }
    }

    fn default_tcbo_controller_config() -> wit::TcboControllerConfig {
        let config = core::TcboControllerConfig::default();
        wit::TcboControllerConfig {
            tau_h1: config.tau_h1,
            kp: config.kp,
            ki: config.ki,
            integral_min: config.integral_min,
            integral_max: config.integral_max,
            kappa_min: config.kappa_min,
            kappa_max: config.kappa_max,
            history_len: config.history_len,
        }
    }

    fn default_pgbo_config() -> wit::PgboConfig {
        let core::PgboConfig { alpha, kappa, u_cap, traceless } = core::PgboConfig::default();
        wit::PgboConfig { alpha, kappa, u_cap, traceless }
    }

    fn pgbo_of_gradient(
        config: wit::PgboConfig,
        fidelity: wit::Fidelity,
        gradient: Vec<f64>,
        potential: Vec<f64>,
    ) -> Result<(wit::PgboReading, Vec<f64>), wit::InputError> {
        let mut u = vec![0.0; gradient.len()];
        let reading = core::pgbo_of_gradient(&config.into(), fidelity.into(), &gradient, &potential, &mut u)?;
        Ok((reading.into(), u))
    }
}

impl From<core::Bar> for wit::Bar {
    fn from(core::Bar { birth, death }: core::Bar) -> Self {
        Self { birth, death }
    }
}

pub(crate) struct Rips(RefCell<core::Rips>);

impl wit::GuestRips for Rips {
    fn new() -> Self {
        Self(RefCell::default())
    }

    fn bars(&self, coordinates: Vec<f64>, dimension: u32) -> Result<Vec<wit::Bar>, wit::InputError> {
        let cloud = core::Cloud::new(&coordinates, dimension)?;
        Ok(self.0.borrow_mut().bars(cloud).iter().copied().map(Into::into).collect())
    }

    fn longest(&self, coordinates: Vec<f64>, dimension: u32) -> Result<wit::Longest, wit::InputError> {
        let cloud = core::Cloud::new(&coordinates, dimension)?;
        let longest = self.0.borrow_mut().longest(cloud);
        Ok(wit::Longest { bar: longest.bar.map(Into::into), lifetime: longest.lifetime, diameter: longest.diameter })
    }

    fn joins(&self) -> Vec<f64> {
        self.0.borrow().joins().to_vec()
    }

    fn diameter(&self) -> f64 {
        self.0.borrow().diameter()
    }
}

impl From<core::TcboReading> for wit::TcboReading {
    fn from(reading: core::TcboReading) -> Self {
        Self {
            p_h1: reading.p_h1,
            s_h1: reading.s_h1,
            lifetime: reading.lifetime,
            diameter: reading.diameter,
            is_conscious: reading.is_conscious,
            h1_error: reading.h1_error,
        }
    }
}

pub(crate) struct Tcbo(RefCell<core::Tcbo>);

impl wit::GuestTcbo for Tcbo {
    fn new(phases: u32, config: wit::TcboConfig, fidelity: wit::Fidelity) -> Result<wit::Tcbo, wit::InputError> {
        let config = core::TcboConfig {
            embed_dim: config.embed_dim,
            tau_delay: config.tau_delay,
            window_size: config.window_size,
            tau_h1: config.tau_h1,
            beta: config.beta,
            s0: config.s0,
            s_tau: config.s_tau,
            persistence_threshold: config.persistence_threshold,
            compute_every_n: config.compute_every_n,
            estimator: match config.estimator {
                wit::Estimator::Rips => core::Estimator::Rips,
                wit::Estimator::Spread => core::Estimator::Spread,
            },
        };
        Ok(wit::Tcbo::new(Self(RefCell::new(core::Tcbo::new(phases, config, fidelity.into())?))))
    }

    fn push(&self, theta: Vec<f64>) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().push(&theta)?)
    }

    fn compute(&self, force: bool) -> wit::TcboReading {
        self.0.borrow_mut().compute(force).into()
    }

    fn observe(&self, theta: Vec<f64>) -> Result<wit::TcboReading, wit::InputError> {
        Ok(self.0.borrow_mut().observe(&theta)?.into())
    }

    fn bars(&self) -> Vec<wit::Bar> {
        self.0.borrow_mut().bars().iter().copied().map(Into::into).collect()
    }

    fn reading(&self) -> wit::TcboReading {
        self.0.borrow().reading().into()
    }

    fn buffered(&self) -> u32 {
        self.0.borrow().buffered()
    }

    fn s0(&self) -> f64 {
        self.0.borrow().s0()
    }

    fn reset(&self) {
        self.0.borrow_mut().reset();
    }
}

impl From<core::TcboControl> for wit::TcboControl {
    fn from(core::TcboControl { p_h1, kappa, error }: core::TcboControl) -> Self {
        Self { p_h1, kappa, error }
    }
}

pub(crate) struct TcboController(RefCell<core::TcboController>);

impl wit::GuestTcboController for TcboController {
    fn new(config: wit::TcboControllerConfig, fidelity: wit::Fidelity) -> Result<wit::TcboController, wit::InputError> {
        let config = core::TcboControllerConfig {
            tau_h1: config.tau_h1,
            kp: config.kp,
            ki: config.ki,
            integral_min: config.integral_min,
            integral_max: config.integral_max,
            kappa_min: config.kappa_min,
            kappa_max: config.kappa_max,
            history_len: config.history_len,
        };
        let controller = core::TcboController::new(config, fidelity.into())?;
        Ok(wit::TcboController::new(Self(RefCell::new(controller))))
    }

    fn step(&self, p_h1: f64, kappa: f64, dt: f64) -> Result<wit::TcboControl, wit::InputError> {
        Ok(self.0.borrow_mut().step(p_h1, kappa, dt)?.into())
    }

    fn is_gate_open(&self, p_h1: Option<f64>) -> bool {
        self.0.borrow().is_gate_open(p_h1)
    }

    fn history(&self) -> Vec<wit::TcboControl> {
        self.0.borrow().history().copied().map(Into::into).collect()
    }

    fn integral(&self) -> f64 {
        self.0.borrow().integral()
    }

    fn reset(&self) {
        self.0.borrow_mut().reset();
    }
}

impl From<wit::PgboConfig> for core::PgboConfig {
    fn from(wit::PgboConfig { alpha, kappa, u_cap, traceless }: wit::PgboConfig) -> Self {
        Self { alpha, kappa, u_cap, traceless }
    }
}

impl From<core::PgboReading> for wit::PgboReading {
    fn from(reading: core::PgboReading) -> Self {
        Self { u_norm: reading.u_norm, h_trace: reading.h_trace, h_frob: reading.h_frob }
    }
}

pub(crate) struct Pgbo(RefCell<core::Pgbo>);

impl wit::GuestPgbo for Pgbo {
    fn new(dimension: u32, config: wit::PgboConfig, fidelity: wit::Fidelity) -> Result<wit::Pgbo, wit::InputError> {
        let pgbo = core::Pgbo::new(dimension, config.into(), fidelity.into())?;
        Ok(wit::Pgbo::new(Self(RefCell::new(pgbo))))
    }

    fn compute(&self, theta: Vec<f64>, dt: f64) -> Result<wit::PgboReading, wit::InputError> {
        Ok(self.0.borrow_mut().compute(&theta, dt)?.into())
    }

    fn reading(&self) -> wit::PgboReading {
        self.0.borrow().reading().into()
    }

    fn u(&self) -> Vec<f64> {
        self.0.borrow().u().to_vec()
    }

    fn tensor(&self) -> Result<Vec<f64>, wit::InputError> {
        let pgbo = self.0.borrow();
        let tensor = pgbo.tensor();
        // A length that is too large for this memory is too short for the core, which then says so.
        let length = tensor.dimension().checked_mul(tensor.dimension()).filter(|length| *length < 1 << 28);
        let mut h = vec![0.0; length.unwrap_or(0)];
        tensor.write(&mut h)?;
        Ok(h)
    }

    fn multiply(&self, x: Vec<f64>) -> Result<Vec<f64>, wit::InputError> {
        let pgbo = self.0.borrow();
        let tensor = pgbo.tensor();
        let mut out = vec![0.0; tensor.dimension()];
        tensor.multiply(&x, &mut out)?;
        Ok(out)
    }

    fn potential(&self) -> Vec<f64> {
        self.0.borrow().potential().to_vec()
    }

    fn set_potential(&self, potential: Vec<f64>) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().set_potential(&potential)?)
    }

    fn kappa(&self) -> f64 {
        self.0.borrow().config().kappa
    }

    fn scale_kappa(&self, factor: f64) {
        self.0.borrow_mut().scale_kappa(factor);
    }

    fn reset(&self) {
        self.0.borrow_mut().reset();
    }
}
