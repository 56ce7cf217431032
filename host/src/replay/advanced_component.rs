//! The advanced runtime's component in wasmtime, every object in an instance of its own.

use interlock_core::Fidelity;
use interlock_core::geometry::{Audio, Decoder, SsgfConfig, StepRecord};
use interlock_core::numeric::EigenMethod;
use interlock_core::observers::{Bar, Longest, PgboConfig, TcboConfig, TcboControl, TcboControllerConfig, TcboReading};
use interlock_core::physics::{L16Config, L16Input, L16Output, Motion, SecConfig, SecResult, UpdeConfig};
use interlock_host::embed::HostError;
use interlock_host::embed::advanced::{
    self as embed, L16, PgboReading, PiElement, Sec, SpectralBridge, SsgfEngine, SymmetricEigen, Tcbo, TcboController,
    Upde, Xorshift64,
};

use super::advanced::backend::{
    Advanced, Chance, Control, Eigen, Engine, Mediator, Observer, Pgbo, PhaseEquation, Proportional, Rips, Score,
    Spectrum,
};
use super::advanced::refused;
use super::backend::Answer;

/// The answer of a call into the component.
fn numbers<T>(answer: Result<T, HostError>) -> Answer<T> {
    answer.map_err(|error| match error {
        HostError::Input(error) => refused(&error.what, error.index, error.value),
        other => other.into(),
    })
}

const fn reading(reading: PgboReading) -> [f64; 3] {
    [reading.u_norm, reading.h_trace, reading.h_frob]
}

impl Advanced for embed::Advanced {
    fn sin_cos_all(&self, x: &[f64]) -> Answer<(Vec<f64>, Vec<f64>)> {
        numbers(self.instantiate().and_then(|mut instance| instance.sin_cos_all(x)))
    }

    fn exp_all(&self, x: &[f64]) -> Answer<Vec<f64>> {
        numbers(self.instantiate().and_then(|mut instance| instance.exp_all(x)))
    }

    fn ln_all(&self, x: &[f64]) -> Answer<Vec<f64>> {
        numbers(self.instantiate().and_then(|mut instance| instance.ln_all(x)))
    }

    fn xorshift64(&self, seed: u64, fidelity: Fidelity) -> Answer<Box<dyn Chance>> {
        Ok(Box::new(numbers(Self::xorshift64(self, seed, fidelity))?))
    }

    fn symmetric_eigen(&self, n: u32, method: EigenMethod) -> Answer<Box<dyn Eigen>> {
        Ok(Box::new(numbers(Self::symmetric_eigen(self, n, method))?))
    }

    fn layers(&self, fidelity: Fidelity) -> Answer<(Vec<f64>, Vec<f64>)> {
        let mut instance = numbers(self.instantiate())?;
        Ok((numbers(instance.layer_omega())?, numbers(instance.layer_coupling(fidelity))?))
    }

    fn order_parameter(&self, theta: &[f64]) -> Answer<f64> {
        numbers(self.instantiate().and_then(|mut instance| instance.order_parameter(theta)))
    }

    fn wrap(&self, x: f64, fidelity: Fidelity) -> Answer<f64> {
        numbers(self.instantiate().and_then(|mut instance| instance.wrap(x, fidelity)))
    }

    fn difference(&self, a: f64, b: f64) -> Answer<f64> {
        numbers(self.instantiate().and_then(|mut instance| instance.difference(a, b)))
    }

    fn critical_coupling(&self, omega: &[f64]) -> Answer<f64> {
        numbers(self.instantiate().and_then(|mut instance| instance.critical_coupling(omega)))
    }

    fn slope(&self, history: &[f64], window: u32, dt: f64) -> Answer<f64> {
        numbers(self.instantiate().and_then(|mut instance| instance.slope(history, window, dt)))
    }

    fn refuses(&self, history: &[f64], window: u32, fidelity: Fidelity) -> Answer<Option<bool>> {
        numbers(self.instantiate().and_then(|mut instance| instance.refuses(history, window, fidelity)))
    }

    fn upde(
        &self,
        omega: &[f64],
        coupling: &[f64],
        theta: &[f64],
        config: &UpdeConfig,
        seed: u64,
        fidelity: Fidelity,
    ) -> Answer<Box<dyn PhaseEquation>> {
        Ok(Box::new(numbers(Self::upde(self, omega, coupling, theta, config, seed, fidelity))?))
    }

    fn upde_layers(
        &self,
        theta: &[f64],
        config: &UpdeConfig,
        seed: u64,
        fidelity: Fidelity,
    ) -> Answer<Box<dyn PhaseEquation>> {
        Ok(Box::new(numbers(Self::upde_layers(self, theta, config, seed, fidelity))?))
    }

    fn sec(&self, omega: &[f64], coupling: &[f64], config: &SecConfig, fidelity: Fidelity) -> Answer<Box<dyn Score>> {
        Ok(Box::new(numbers(Self::sec(self, omega, coupling, config, fidelity))?))
    }

    fn l16(&self, config: &L16Config, fidelity: Fidelity) -> Answer<Box<dyn Mediator>> {
        Ok(Box::new(numbers(Self::l16(self, config, fidelity))?))
    }

    fn pi_element(
        &self,
        setpoint: f64,
        kp: f64,
        ki: f64,
        bounds: Option<[[f64; 2]; 2]>,
    ) -> Answer<Box<dyn Proportional>> {
        let mut element = numbers(Self::pi_element(self, setpoint, kp, ki))?;
        if let Some([integral, output]) = bounds {
            numbers(element.set_bounds(integral, output))?;
        }
        Ok(Box::new(element))
    }

    fn rips(&self) -> Answer<Box<dyn Rips>> {
        Ok(Box::new(numbers(Self::rips(self))?))
    }

    fn embed(&self, samples: &[f64], channels: u32, embed_dim: u32, tau_delay: u32) -> Answer<Vec<f64>> {
        numbers(self.instantiate().and_then(|mut instance| instance.embed(samples, channels, embed_dim, tau_delay)))
    }

    fn squash(&self, s: f64, s0: f64, beta: f64) -> Answer<f64> {
        numbers(self.instantiate().and_then(|mut instance| instance.squash(s, s0, beta)))
    }

    fn s0_for(&self, s_tau: f64, p: f64, beta: f64) -> Answer<f64> {
        numbers(self.instantiate().and_then(|mut instance| instance.s0_for(s_tau, p, beta)))
    }

    fn tcbo(&self, phases: u32, config: &TcboConfig, fidelity: Fidelity) -> Answer<Box<dyn Observer>> {
        Ok(Box::new(numbers(Self::tcbo(self, phases, config, fidelity))?))
    }

    fn tcbo_controller(&self, config: &TcboControllerConfig, fidelity: Fidelity) -> Answer<Box<dyn Control>> {
        Ok(Box::new(numbers(Self::tcbo_controller(self, config, fidelity))?))
    }

    fn pgbo(&self, dimension: u32, config: &PgboConfig, fidelity: Fidelity) -> Answer<Box<dyn Pgbo>> {
        Ok(Box::new(numbers(Self::pgbo(self, dimension, config, fidelity))?))
    }

    fn pgbo_of_gradient(
        &self,
        config: &PgboConfig,
        fidelity: Fidelity,
        gradient: &[f64],
        potential: &[f64],
    ) -> Answer<([f64; 3], Vec<f64>)> {
        let mut instance = numbers(self.instantiate())?;
        let (found, u) = numbers(instance.pgbo_of_gradient(config, fidelity, gradient, potential))?;
        Ok((reading(found), u))
    }

    fn decode(&self, n: u32, decoder: Decoder, sigma: f64, z: &[f64]) -> Answer<Vec<f64>> {
        numbers(self.instantiate().and_then(|mut instance| instance.decode(n, decoder, sigma, z)))
    }

    fn spectral_bridge(&self, n: u32, fidelity: Fidelity) -> Answer<Box<dyn Spectrum>> {
        Ok(Box::new(numbers(Self::spectral_bridge(self, n, fidelity))?))
    }

    fn ssgf(
        &self,
        config: &SsgfConfig,
        omega: &[f64],
        coupling: &[f64],
        fidelity: Fidelity,
    ) -> Answer<Box<dyn Engine>> {
        Ok(Box::new(numbers(self.ssgf_engine(config, omega, coupling, fidelity))?))
    }
}

impl Chance for Xorshift64 {
    fn uniforms(&mut self, count: u32) -> Answer<Vec<f64>> {
        numbers(Self::uniforms(self, count))
    }

    fn normals(&mut self, count: u32) -> Answer<Vec<f64>> {
        numbers(Self::normals(self, count))
    }

    fn skip_normals(&mut self, count: u32) -> Answer<()> {
        numbers(Self::skip_normals(self, count))
    }

    fn state(&mut self) -> Answer<u64> {
        numbers(Self::state(self))
    }
}

impl Eigen for SymmetricEigen {
    fn solve(&mut self, matrix: &[f64]) -> Answer<()> {
        numbers(Self::solve(self, matrix))
    }

    fn orient(&mut self) -> Answer<()> {
        numbers(Self::orient(self))
    }

    fn values(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::values(self))
    }

    fn vectors(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::vectors(self))
    }
}

impl PhaseEquation for Upde {
    fn step(&mut self) -> Answer<()> {
        numbers(Self::step(self))
    }

    fn run(&mut self, steps: u32) -> Answer<()> {
        numbers(Self::run(self, steps))
    }

    fn set_config(&mut self, config: &UpdeConfig) -> Answer<()> {
        numbers(Self::set_config(self, config))
    }

    fn set_coupling(&mut self, coupling: &[f64]) -> Answer<()> {
        numbers(Self::set_coupling(self, coupling))
    }

    fn set_theta(&mut self, theta: &[f64]) -> Answer<()> {
        numbers(Self::set_theta(self, theta))
    }

    fn theta(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::theta(self))
    }

    fn velocity(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::velocity(self))
    }

    fn r(&mut self) -> Answer<f64> {
        numbers(Self::r(self))
    }

    fn time(&mut self) -> Answer<f64> {
        numbers(Self::time(self))
    }

    fn steps(&mut self) -> Answer<u64> {
        numbers(Self::steps(self))
    }

    fn noise_state(&mut self) -> Answer<u64> {
        numbers(Self::noise_state(self))
    }
}

impl Score for Sec {
    fn evaluate(&mut self, theta: &[f64], motion: Motion<'_>, interval: f64) -> Answer<SecResult> {
        numbers(Self::evaluate(self, theta, motion, interval))
    }

    fn set_coupling(&mut self, coupling: &[f64]) -> Answer<()> {
        numbers(Self::set_coupling(self, coupling))
    }

    fn v_max(&mut self) -> Answer<f64> {
        numbers(Self::v_max(self))
    }

    fn previous(&mut self) -> Answer<Option<f64>> {
        numbers(Self::previous(self))
    }

    fn reset(&mut self) -> Answer<()> {
        numbers(Self::reset(self))
    }
}

impl Mediator for L16 {
    fn step(&mut self, input: &L16Input<'_>) -> Answer<L16Output> {
        numbers(Self::step(self, input))
    }

    fn history(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::history(self))
    }

    fn refusals(&mut self) -> Answer<u64> {
        numbers(Self::refusals(self))
    }
}

impl Proportional for PiElement {
    fn step(&mut self, measured: f64, dt: f64, fidelity: Fidelity) -> Answer<f64> {
        numbers(Self::step(self, measured, dt, fidelity))
    }

    fn integral(&mut self) -> Answer<f64> {
        numbers(Self::integral(self))
    }

    fn last_error(&mut self) -> Answer<f64> {
        numbers(Self::last_error(self))
    }

    fn reset(&mut self) -> Answer<()> {
        numbers(Self::reset(self))
    }
}

impl Rips for embed::Rips {
    fn bars(&mut self, coordinates: &[f64], dimension: u32) -> Answer<Vec<Bar>> {
        numbers(Self::bars(self, coordinates, dimension))
    }

    fn longest(&mut self, coordinates: &[f64], dimension: u32) -> Answer<Longest> {
        numbers(Self::longest(self, coordinates, dimension))
    }

    fn joins(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::joins(self))
    }

    fn diameter(&mut self) -> Answer<f64> {
        numbers(Self::diameter(self))
    }
}

impl Observer for Tcbo {
    fn push(&mut self, theta: &[f64]) -> Answer<()> {
        numbers(Self::push(self, theta))
    }

    fn compute(&mut self, force: bool) -> Answer<TcboReading> {
        numbers(Self::compute(self, force))
    }

    fn observe(&mut self, theta: &[f64]) -> Answer<TcboReading> {
        numbers(Self::observe(self, theta))
    }

    fn bars(&mut self) -> Answer<Vec<Bar>> {
        numbers(Self::bars(self))
    }

    fn reading(&mut self) -> Answer<TcboReading> {
        numbers(Self::reading(self))
    }

    fn buffered(&mut self) -> Answer<u32> {
        numbers(Self::buffered(self))
    }

    fn s0(&mut self) -> Answer<f64> {
        numbers(Self::s0(self))
    }

    fn reset(&mut self) -> Answer<()> {
        numbers(Self::reset(self))
    }
}

impl Control for TcboController {
    fn step(&mut self, p_h1: f64, kappa: f64, dt: f64) -> Answer<TcboControl> {
        numbers(Self::step(self, p_h1, kappa, dt))
    }

    fn is_gate_open(&mut self, p_h1: Option<f64>) -> Answer<bool> {
        numbers(Self::is_gate_open(self, p_h1))
    }

    fn integral(&mut self) -> Answer<f64> {
        numbers(Self::integral(self))
    }

    fn history(&mut self) -> Answer<Vec<TcboControl>> {
        numbers(Self::history(self))
    }

    fn reset(&mut self) -> Answer<()> {
        numbers(Self::reset(self))
    }
}

impl Pgbo for embed::Pgbo {
    fn compute(&mut self, theta: &[f64], dt: f64) -> Answer<[f64; 3]> {
        numbers(Self::compute(self, theta, dt)).map(reading)
    }

    fn u(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::u(self))
    }

    fn tensor(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::tensor(self))
    }

    fn multiply(&mut self, x: &[f64]) -> Answer<Vec<f64>> {
        numbers(Self::multiply(self, x))
    }

    fn potential(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::potential(self))
    }

    fn set_potential(&mut self, potential: &[f64]) -> Answer<()> {
        numbers(Self::set_potential(self, potential))
    }

    fn kappa(&mut self) -> Answer<f64> {
        numbers(Self::kappa(self))
    }

    fn scale_kappa(&mut self, factor: f64) -> Answer<()> {
        numbers(Self::scale_kappa(self, factor))
    }

    fn reset(&mut self) -> Answer<()> {
        numbers(Self::reset(self))
    }
}

impl Spectrum for SpectralBridge {
    fn compute(&mut self, w: &[f64]) -> Answer<()> {
        numbers(Self::compute(self, w))
    }

    fn set_reference(&mut self, vectors: &[f64]) -> Answer<()> {
        numbers(Self::set_reference(self, vectors))
    }

    fn reset(&mut self) -> Answer<()> {
        numbers(Self::reset(self))
    }

    fn laplacian(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::laplacian(self))
    }

    fn eigenvalues(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::eigenvalues(self))
    }

    fn eigenvectors(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::eigenvectors(self))
    }
}

impl Engine for SsgfEngine {
    fn outer_step(&mut self) -> Answer<StepRecord> {
        numbers(Self::outer_step(self))
    }

    fn run(&mut self, steps: u32) -> Answer<Option<StepRecord>> {
        numbers(Self::run(self, steps))
    }

    fn set_p_h1(&mut self, p_h1: f64) -> Answer<()> {
        numbers(Self::set_p_h1(self, p_h1))
    }

    fn set_protected(&mut self, protected: &[bool]) -> Answer<()> {
        numbers(Self::set_protected(self, protected))
    }

    fn set_target(&mut self, target: &[f64]) -> Answer<()> {
        numbers(Self::set_target(self, target))
    }

    fn set_theta(&mut self, theta: &[f64]) -> Answer<()> {
        numbers(Self::set_theta(self, theta))
    }

    fn z(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::z(self))
    }

    fn w(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::w(self))
    }

    fn theta(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::theta(self))
    }

    fn r(&mut self) -> Answer<f64> {
        numbers(Self::r(self))
    }

    fn eigenvalues(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::eigenvalues(self))
    }

    fn eigenvectors(&mut self) -> Answer<Vec<f64>> {
        numbers(Self::eigenvectors(self))
    }

    fn steps(&mut self) -> Answer<u64> {
        numbers(Self::steps(self))
    }

    fn controller(&mut self) -> Answer<Option<L16Output>> {
        numbers(Self::controller(self))
    }

    fn audio(&mut self) -> Answer<Audio> {
        numbers(Self::audio(self))
    }

    fn log(&mut self) -> Answer<Vec<StepRecord>> {
        numbers(Self::log(self))
    }

    fn take_log(&mut self) -> Answer<Vec<StepRecord>> {
        numbers(Self::take_log(self))
    }
}
