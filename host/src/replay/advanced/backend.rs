//! What the suites of the advanced runtime ask of a build of the core: its types and functions, with its names.

use interlock_core::Fidelity;
use interlock_core::geometry::{Audio, Decoder, SsgfConfig, StepRecord};
use interlock_core::numeric::EigenMethod;
use interlock_core::observers::{Bar, Longest, PgboConfig, TcboConfig, TcboControl, TcboControllerConfig, TcboReading};
use interlock_core::physics::{L16Config, L16Input, L16Output, Motion, SecConfig, SecResult, UpdeConfig};

use super::super::refused::Answer;

/// The advanced runtime of a build. Refusals: `input WHAT VALUE`.
pub(crate) trait Advanced {
    fn sin_cos_all(&self, x: &[f64]) -> Answer<(Vec<f64>, Vec<f64>)>;
    fn exp_all(&self, x: &[f64]) -> Answer<Vec<f64>>;
    fn ln_all(&self, x: &[f64]) -> Answer<Vec<f64>>;
    fn xorshift64(&self, seed: u64, fidelity: Fidelity) -> Answer<Box<dyn Chance>>;
    fn symmetric_eigen(&self, n: u32, method: EigenMethod) -> Answer<Box<dyn Eigen>>;

    /// Natural frequencies and coupling of the sixteen layers.
    fn layers(&self, fidelity: Fidelity) -> Answer<(Vec<f64>, Vec<f64>)>;
    fn order_parameter(&self, theta: &[f64]) -> Answer<f64>;
    fn wrap(&self, x: f64, fidelity: Fidelity) -> Answer<f64>;
    fn difference(&self, a: f64, b: f64) -> Answer<f64>;
    fn critical_coupling(&self, omega: &[f64]) -> Answer<f64>;
    fn slope(&self, history: &[f64], window: u32, dt: f64) -> Answer<f64>;
    fn refuses(&self, history: &[f64], window: u32, fidelity: Fidelity) -> Answer<Option<bool>>;
    fn upde(
        &self,
        omega: &[f64],
        coupling: &[f64],
        theta: &[f64],
        config: &UpdeConfig,
        seed: u64,
        fidelity: Fidelity,
    ) -> Answer<Box<dyn PhaseEquation>>;
    fn upde_layers(
        &self,
        theta: &[f64],
        config: &UpdeConfig,
        seed: u64,
        fidelity: Fidelity,
    ) -> Answer<Box<dyn PhaseEquation>>;
    fn sec(&self, omega: &[f64], coupling: &[f64], config: &SecConfig, fidelity: Fidelity) -> Answer<Box<dyn Score>>;
    fn l16(&self, config: &L16Config, fidelity: Fidelity) -> Answer<Box<dyn Mediator>>;
    /// Setpoint, gains, and bounds other than the usual ones.
    fn pi_element(
        &self,
        setpoint: f64,
        kp: f64,
        ki: f64,
        bounds: Option<[[f64; 2]; 2]>,
    ) -> Answer<Box<dyn Proportional>>;

    fn rips(&self) -> Answer<Box<dyn Rips>>;
    fn embed(&self, samples: &[f64], channels: u32, embed_dim: u32, tau_delay: u32) -> Answer<Vec<f64>>;
    fn squash(&self, s: f64, s0: f64, beta: f64) -> Answer<f64>;
    fn s0_for(&self, s_tau: f64, p: f64, beta: f64) -> Answer<f64>;
    fn tcbo(&self, phases: u32, config: &TcboConfig, fidelity: Fidelity) -> Answer<Box<dyn Observer>>;
    fn tcbo_controller(&self, config: &TcboControllerConfig, fidelity: Fidelity) -> Answer<Box<dyn Control>>;
    fn pgbo(&self, dimension: u32, config: &PgboConfig, fidelity: Fidelity) -> Answer<Box<dyn Pgbo>>;
    /// The reading (`u_norm`, `h_trace`, `h_frob`) and `u`.
    fn pgbo_of_gradient(
        &self,
        config: &PgboConfig,
        fidelity: Fidelity,
        gradient: &[f64],
        potential: &[f64],
    ) -> Answer<([f64; 3], Vec<f64>)>;

    /// The weights of latents.
    fn decode(&self, n: u32, decoder: Decoder, sigma: f64, z: &[f64]) -> Answer<Vec<f64>>;
    fn spectral_bridge(&self, n: u32, fidelity: Fidelity) -> Answer<Box<dyn Spectrum>>;
    fn ssgf(&self, config: &SsgfConfig, omega: &[f64], coupling: &[f64], fidelity: Fidelity)
    -> Answer<Box<dyn Engine>>;
}

/// A generator.
pub(crate) trait Chance {
    fn uniforms(&mut self, count: u32) -> Answer<Vec<f64>>;
    fn normals(&mut self, count: u32) -> Answer<Vec<f64>>;
    fn skip_normals(&mut self, count: u32) -> Answer<()>;
    fn state(&mut self) -> Answer<u64>;
}

/// An eigensolver.
pub(crate) trait Eigen {
    fn solve(&mut self, matrix: &[f64]) -> Answer<()>;
    fn orient(&mut self) -> Answer<()>;
    fn values(&mut self) -> Answer<Vec<f64>>;
    fn vectors(&mut self) -> Answer<Vec<f64>>;
}

/// A UPDE stepper.
pub(crate) trait PhaseEquation {
    fn step(&mut self) -> Answer<()>;
    fn run(&mut self, steps: u32) -> Answer<()>;
    fn set_config(&mut self, config: &UpdeConfig) -> Answer<()>;
    fn set_coupling(&mut self, coupling: &[f64]) -> Answer<()>;
    fn set_theta(&mut self, theta: &[f64]) -> Answer<()>;
    fn theta(&mut self) -> Answer<Vec<f64>>;
    fn velocity(&mut self) -> Answer<Vec<f64>>;
    fn r(&mut self) -> Answer<f64>;
    fn time(&mut self) -> Answer<f64>;
    fn steps(&mut self) -> Answer<u64>;
    fn noise_state(&mut self) -> Answer<u64>;
}

/// A SEC functional.
pub(crate) trait Score {
    fn evaluate(&mut self, theta: &[f64], motion: Motion<'_>, interval: f64) -> Answer<SecResult>;
    fn set_coupling(&mut self, coupling: &[f64]) -> Answer<()>;
    fn v_max(&mut self) -> Answer<f64>;
    fn previous(&mut self) -> Answer<Option<f64>>;
    fn reset(&mut self) -> Answer<()>;
}

/// An L16 controller.
pub(crate) trait Mediator {
    fn step(&mut self, input: &L16Input<'_>) -> Answer<L16Output>;
    fn history(&mut self) -> Answer<Vec<f64>>;
    fn refusals(&mut self) -> Answer<u64>;
}

/// A PI element.
pub(crate) trait Proportional {
    fn step(&mut self, measured: f64, dt: f64, fidelity: Fidelity) -> Answer<f64>;
    fn integral(&mut self) -> Answer<f64>;
    fn last_error(&mut self) -> Answer<f64>;
    fn reset(&mut self) -> Answer<()>;
}

/// Persistent homology.
pub(crate) trait Rips {
    fn bars(&mut self, coordinates: &[f64], dimension: u32) -> Answer<Vec<Bar>>;
    fn longest(&mut self, coordinates: &[f64], dimension: u32) -> Answer<Longest>;
    fn joins(&mut self) -> Answer<Vec<f64>>;
    fn diameter(&mut self) -> Answer<f64>;
}

/// A TCBO observer.
pub(crate) trait Observer {
    fn push(&mut self, theta: &[f64]) -> Answer<()>;
    fn compute(&mut self, force: bool) -> Answer<TcboReading>;
    fn observe(&mut self, theta: &[f64]) -> Answer<TcboReading>;
    fn bars(&mut self) -> Answer<Vec<Bar>>;
    fn reading(&mut self) -> Answer<TcboReading>;
    fn buffered(&mut self) -> Answer<u32>;
    fn s0(&mut self) -> Answer<f64>;
    fn reset(&mut self) -> Answer<()>;
}

/// A TCBO controller.
pub(crate) trait Control {
    fn step(&mut self, p_h1: f64, kappa: f64, dt: f64) -> Answer<TcboControl>;
    fn is_gate_open(&mut self, p_h1: Option<f64>) -> Answer<bool>;
    fn integral(&mut self) -> Answer<f64>;
    fn history(&mut self) -> Answer<Vec<TcboControl>>;
    fn reset(&mut self) -> Answer<()>;
}

/// A PGBO engine.
pub(crate) trait Pgbo {
    /// `u_norm`, `h_trace`, `h_frob`.
    fn compute(&mut self, theta: &[f64], dt: f64) -> Answer<[f64; 3]>;
    fn u(&mut self) -> Answer<Vec<f64>>;
    /// The tensor as a matrix.
    fn tensor(&mut self) -> Answer<Vec<f64>>;
    /// The tensor times a vector.
    fn multiply(&mut self, x: &[f64]) -> Answer<Vec<f64>>;
    fn potential(&mut self) -> Answer<Vec<f64>>;
    fn set_potential(&mut self, potential: &[f64]) -> Answer<()>;
    fn kappa(&mut self) -> Answer<f64>;
    fn scale_kappa(&mut self, factor: f64) -> Answer<()>;
    fn reset(&mut self) -> Answer<()>;
}

/// A spectral bridge.
pub(crate) trait Spectrum {
    fn compute(&mut self, w: &[f64]) -> Answer<()>;
    fn set_reference(&mut self, vectors: &[f64]) -> Answer<()>;
    fn reset(&mut self) -> Answer<()>;
    fn laplacian(&mut self) -> Answer<Vec<f64>>;
    fn eigenvalues(&mut self) -> Answer<Vec<f64>>;
    fn eigenvectors(&mut self) -> Answer<Vec<f64>>;
}

/// An SSGF engine.
pub(crate) trait Engine {
    fn outer_step(&mut self) -> Answer<StepRecord>;
    fn run(&mut self, steps: u32) -> Answer<Option<StepRecord>>;
    fn set_p_h1(&mut self, p_h1: f64) -> Answer<()>;
    fn set_protected(&mut self, protected: &[bool]) -> Answer<()>;
    fn set_target(&mut self, target: &[f64]) -> Answer<()>;
    fn set_theta(&mut self, theta: &[f64]) -> Answer<()>;
    fn z(&mut self) -> Answer<Vec<f64>>;
    fn w(&mut self) -> Answer<Vec<f64>>;
    fn theta(&mut self) -> Answer<Vec<f64>>;
    fn r(&mut self) -> Answer<f64>;
    fn eigenvalues(&mut self) -> Answer<Vec<f64>>;
    fn eigenvectors(&mut self) -> Answer<Vec<f64>>;
    fn steps(&mut self) -> Answer<u64>;
    fn controller(&mut self) -> Answer<Option<L16Output>>;
    fn audio(&mut self) -> Answer<Audio>;
    fn log(&mut self) -> Answer<Vec<StepRecord>>;
    fn take_log(&mut self) -> Answer<Vec<StepRecord>>;
}
