//! The core itself, compiled for this machine.

use interlock_core::Fidelity;
use interlock_core::geometry::{Audio, Decoder, NodeSpace, SpectralBridge, SsgfConfig, SsgfEngine, StepRecord};
use interlock_core::numeric::{EigenMethod, SymmetricEigen, Xorshift64, exp_all, ln_all, sin_cos_all};
use interlock_core::observers::{
    self, Bar, Cloud, Embedding, Longest, PgboConfig, Tcbo, TcboConfig, TcboControl, TcboController,
    TcboControllerConfig, TcboReading,
};
use interlock_core::physics::{
    self, Coupling, L16, L16Config, L16Input, L16Output, Motion, PiElement, Sec, SecConfig, SecResult, Upde,
    UpdeConfig, layers, order,
};

use super::super::refused::Answer;
use super::backend::{
    Advanced, Chance, Control, Eigen, Engine, Mediator, Observer, Pgbo, PhaseEquation, Proportional, Rips, Score,
    Spectrum,
};
use super::numbers;

/// The native build.
#[derive(Debug)]
pub(crate) struct NativeAdvanced;

impl Advanced for NativeAdvanced {
    fn sin_cos_all(&self, x: &[f64]) -> Answer<(Vec<f64>, Vec<f64>)> {
        let (mut sines, mut cosines) = (vec![0.0; x.len()], vec![0.0; x.len()]);
        sin_cos_all(x, &mut sines, &mut cosines);
        Ok((sines, cosines))
    }

    fn exp_all(&self, x: &[f64]) -> Answer<Vec<f64>> {
        let mut out = vec![0.0; x.len()];
        exp_all(x, &mut out);
        Ok(out)
    }

    fn ln_all(&self, x: &[f64]) -> Answer<Vec<f64>> {
        let mut out = vec![0.0; x.len()];
        ln_all(x, &mut out);
        Ok(out)
    }

    fn xorshift64(&self, seed: u64, fidelity: Fidelity) -> Answer<Box<dyn Chance>> {
        Ok(Box::new(Xorshift64::new(seed, fidelity)))
    }

    fn symmetric_eigen(&self, n: u32, method: EigenMethod) -> Answer<Box<dyn Eigen>> {
        Ok(Box::new(numbers(SymmetricEigen::new(n, method))?))
    }

    fn layers(&self, fidelity: Fidelity) -> Answer<(Vec<f64>, Vec<f64>)> {
        Ok((layers::OMEGA.to_vec(), layers::coupling_rows(fidelity).as_flattened().to_vec()))
    }

    fn order_parameter(&self, theta: &[f64]) -> Answer<f64> {
        Ok(order::parameter(theta))
    }

    fn wrap(&self, x: f64, fidelity: Fidelity) -> Answer<f64> {
        Ok(physics::wrap(x, fidelity))
    }

    fn difference(&self, a: f64, b: f64) -> Answer<f64> {
        Ok(physics::difference(a, b))
    }

    fn critical_coupling(&self, omega: &[f64]) -> Answer<f64> {
        Ok(physics::critical_coupling(omega))
    }

    fn slope(&self, history: &[f64], window: u32, dt: f64) -> Answer<f64> {
        Ok(physics::slope(history, window, dt))
    }

    fn refuses(&self, history: &[f64], window: u32, fidelity: Fidelity) -> Answer<Option<bool>> {
        Ok(physics::refuses(history, window, fidelity))
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
        let coupling = numbers(Coupling::new(omega.len(), coupling))?;
        Ok(Box::new(numbers(Upde::new(omega, coupling, theta, *config, seed, fidelity))?))
    }

    fn upde_layers(
        &self,
        theta: &[f64],
        config: &UpdeConfig,
        seed: u64,
        fidelity: Fidelity,
    ) -> Answer<Box<dyn PhaseEquation>> {
        Ok(Box::new(numbers(Upde::layers(theta, *config, seed, fidelity))?))
    }

    fn sec(&self, omega: &[f64], coupling: &[f64], config: &SecConfig, fidelity: Fidelity) -> Answer<Box<dyn Score>> {
        let coupling = numbers(Coupling::new(omega.len(), coupling))?;
        Ok(Box::new(numbers(Sec::new(omega, coupling, *config, fidelity))?))
    }

    fn l16(&self, config: &L16Config, fidelity: Fidelity) -> Answer<Box<dyn Mediator>> {
        Ok(Box::new(numbers(L16::new(*config, fidelity))?))
    }

    fn pi_element(
        &self,
        setpoint: f64,
        kp: f64,
        ki: f64,
        bounds: Option<[[f64; 2]; 2]>,
    ) -> Answer<Box<dyn Proportional>> {
        let element = numbers(PiElement::new(setpoint, kp, ki))?;
        Ok(Box::new(match bounds {
            Some([integral, output]) => numbers(element.with_bounds(integral, output))?,
            None => element,
        }))
    }

    fn rips(&self) -> Answer<Box<dyn Rips>> {
        Ok(Box::new(observers::Rips::default()))
    }

    fn embed(&self, samples: &[f64], channels: u32, embed_dim: u32, tau_delay: u32) -> Answer<Vec<f64>> {
        let mut points = Vec::new();
        numbers(Embedding::new(embed_dim, tau_delay).and_then(|by| by.embed(samples, channels, &mut points)))?;
        Ok(points)
    }

    fn squash(&self, s: f64, s0: f64, beta: f64) -> Answer<f64> {
        Ok(observers::squash(s, s0, beta))
    }

    fn s0_for(&self, s_tau: f64, p: f64, beta: f64) -> Answer<f64> {
        Ok(observers::s0_for(s_tau, p, beta))
    }

    fn tcbo(&self, phases: u32, config: &TcboConfig, fidelity: Fidelity) -> Answer<Box<dyn Observer>> {
        Ok(Box::new(numbers(Tcbo::new(phases, *config, fidelity))?))
    }

    fn tcbo_controller(&self, config: &TcboControllerConfig, fidelity: Fidelity) -> Answer<Box<dyn Control>> {
        Ok(Box::new(numbers(TcboController::new(*config, fidelity))?))
    }

    fn pgbo(&self, dimension: u32, config: &PgboConfig, fidelity: Fidelity) -> Answer<Box<dyn Pgbo>> {
        Ok(Box::new(numbers(observers::Pgbo::new(dimension, *config, fidelity))?))
    }

    fn pgbo_of_gradient(
        &self,
        config: &PgboConfig,
        fidelity: Fidelity,
        gradient: &[f64],
        potential: &[f64],
    ) -> Answer<([f64; 3], Vec<f64>)> {
        let mut u = vec![0.0; gradient.len()];
        let reading = numbers(observers::pgbo_of_gradient(config, fidelity, gradient, potential, &mut u))?;
        Ok(([reading.u_norm, reading.h_trace, reading.h_frob], u))
    }

    fn decode(&self, n: u32, decoder: Decoder, sigma: f64, z: &[f64]) -> Answer<Vec<f64>> {
        Ok(numbers(NodeSpace::new(n, decoder, sigma, z))?.w().to_vec())
    }

    fn spectral_bridge(&self, n: u32, fidelity: Fidelity) -> Answer<Box<dyn Spectrum>> {
        Ok(Box::new(numbers(SpectralBridge::new(n, fidelity))?))
    }

    fn ssgf(
        &self,
        config: &SsgfConfig,
        omega: &[f64],
        coupling: &[f64],
        fidelity: Fidelity,
    ) -> Answer<Box<dyn Engine>> {
        Ok(Box::new(numbers(SsgfEngine::new(*config, omega, coupling, fidelity))?))
    }
}

impl Chance for Xorshift64 {
    fn uniforms(&mut self, count: u32) -> Answer<Vec<f64>> {
        Ok((0..count).map(|_| self.uniform()).collect())
    }

    fn normals(&mut self, count: u32) -> Answer<Vec<f64>> {
        let mut out = vec![0.0; count as usize];
        Self::normals(self, &mut out);
        Ok(out)
    }

    fn skip_normals(&mut self, count: u32) -> Answer<()> {
        Self::skip_normals(self, count as usize);
        Ok(())
    }

    fn state(&mut self) -> Answer<u64> {
        Ok(Self::state(self))
    }
}

impl Eigen for SymmetricEigen {
    fn solve(&mut self, matrix: &[f64]) -> Answer<()> {
        numbers(Self::solve(self, matrix))
    }

    fn orient(&mut self) -> Answer<()> {
        Self::orient(self);
        Ok(())
    }

    fn values(&mut self) -> Answer<Vec<f64>> {
        Ok(Self::values(self).to_vec())
    }

    fn vectors(&mut self) -> Answer<Vec<f64>> {
        Ok(Self::vectors(self).to_vec())
    }
}

impl PhaseEquation for Upde {
    fn step(&mut self) -> Answer<()> {
        Self::step(self);
        Ok(())
    }

    fn run(&mut self, steps: u32) -> Answer<()> {
        Self::run(self, steps);
        Ok(())
    }

    fn set_config(&mut self, config: &UpdeConfig) -> Answer<()> {
        numbers(Self::set_config(self, *config))
    }

    fn set_coupling(&mut self, coupling: &[f64]) -> Answer<()> {
        let coupling = Coupling::new(self.oscillators(), coupling);
        numbers(coupling.and_then(|coupling| Self::set_coupling(self, coupling)))
    }

    fn set_theta(&mut self, theta: &[f64]) -> Answer<()> {
        numbers(Self::set_theta(self, theta))
    }

    fn theta(&mut self) -> Answer<Vec<f64>> {
        Ok(Self::theta(self).to_vec())
    }

    fn velocity(&mut self) -> Answer<Vec<f64>> {
        Ok(Self::velocity(self).to_vec())
    }

    fn r(&mut self) -> Answer<f64> {
        Ok(Self::r(self))
    }

    fn time(&mut self) -> Answer<f64> {
        Ok(Self::time(self))
    }

    fn steps(&mut self) -> Answer<u64> {
        Ok(Self::steps(self))
    }

    fn noise_state(&mut self) -> Answer<u64> {
        Ok(Self::noise_state(self))
    }
}

impl Score for Sec {
    fn evaluate(&mut self, theta: &[f64], motion: Motion<'_>, interval: f64) -> Answer<SecResult> {
        numbers(Self::evaluate(self, theta, motion, interval))
    }

    fn set_coupling(&mut self, coupling: &[f64]) -> Answer<()> {
        let coupling = Coupling::new(self.oscillators(), coupling);
        numbers(coupling.and_then(|coupling| Self::set_coupling(self, coupling)))
    }

    fn v_max(&mut self) -> Answer<f64> {
        Ok(Self::v_max(self))
    }

    fn previous(&mut self) -> Answer<Option<f64>> {
        Ok(Self::previous(self))
    }

    fn reset(&mut self) -> Answer<()> {
        Self::reset(self);
        Ok(())
    }
}

impl Mediator for L16 {
    fn step(&mut self, input: &L16Input<'_>) -> Answer<L16Output> {
        numbers(Self::step(self, input))
    }

    fn history(&mut self) -> Answer<Vec<f64>> {
        Ok(Self::history(self).to_vec())
    }

    fn refusals(&mut self) -> Answer<u64> {
        Ok(Self::refusals(self))
    }
}

impl Proportional for PiElement {
    fn step(&mut self, measured: f64, dt: f64, fidelity: Fidelity) -> Answer<f64> {
        numbers(Self::step(self, measured, dt, fidelity))
    }

    fn integral(&mut self) -> Answer<f64> {
        Ok(Self::integral(self))
    }

    fn last_error(&mut self) -> Answer<f64> {
        Ok(Self::last_error(self))
    }

    fn reset(&mut self) -> Answer<()> {
        Self::reset(self);
        Ok(())
    }
}

impl Rips for observers::Rips {
    fn bars(&mut self, coordinates: &[f64], dimension: u32) -> Answer<Vec<Bar>> {
        Ok(Self::bars(self, numbers(Cloud::new(coordinates, dimension))?).to_vec())
    }

    fn longest(&mut self, coordinates: &[f64], dimension: u32) -> Answer<Longest> {
        Ok(Self::longest(self, numbers(Cloud::new(coordinates, dimension))?))
    }

    fn joins(&mut self) -> Answer<Vec<f64>> {
        Ok(Self::joins(self).to_vec())
    }

    fn diameter(&mut self) -> Answer<f64> {
        Ok(Self::diameter(self))
    }
}

impl Observer for Tcbo {
    fn push(&mut self, theta: &[f64]) -> Answer<()> {
        numbers(Self::push(self, theta))
    }

    fn compute(&mut self, force: bool) -> Answer<TcboReading> {
        Ok(Self::compute(self, force))
    }

    fn observe(&mut self, theta: &[f64]) -> Answer<TcboReading> {
        numbers(Self::observe(self, theta))
    }

    fn bars(&mut self) -> Answer<Vec<Bar>> {
        Ok(Self::bars(self).to_vec())
    }

    fn reading(&mut self) -> Answer<TcboReading> {
        Ok(Self::reading(self))
    }

    fn buffered(&mut self) -> Answer<u32> {
        Ok(Self::buffered(self))
    }

    fn s0(&mut self) -> Answer<f64> {
        Ok(Self::s0(self))
    }

    fn reset(&mut self) -> Answer<()> {
        Self::reset(self);
        Ok(())
    }
}

impl Control for TcboController {
    fn step(&mut self, p_h1: f64, kappa: f64, dt: f64) -> Answer<TcboControl> {
        numbers(Self::step(self, p_h1, kappa, dt))
    }

    fn is_gate_open(&mut self, p_h1: Option<f64>) -> Answer<bool> {
        Ok(Self::is_gate_open(self, p_h1))
    }

    fn integral(&mut self) -> Answer<f64> {
        Ok(Self::integral(self))
    }

    fn history(&mut self) -> Answer<Vec<TcboControl>> {
        Ok(Self::history(self).copied().collect())
    }

    fn reset(&mut self) -> Answer<()> {
        Self::reset(self);
        Ok(())
    }
}

impl Pgbo for observers::Pgbo {
    fn compute(&mut self, theta: &[f64], dt: f64) -> Answer<[f64; 3]> {
        let reading = numbers(Self::compute(self, theta, dt))?;
        Ok([reading.u_norm, reading.h_trace, reading.h_frob])
    }

    fn u(&mut self) -> Answer<Vec<f64>> {
        Ok(Self::u(self).to_vec())
    }

    fn tensor(&mut self) -> Answer<Vec<f64>> {
        let tensor = Self::tensor(self);
        let mut h = vec![0.0; tensor.dimension().saturating_mul(tensor.dimension())];
        numbers(tensor.write(&mut h))?;
        Ok(h)
    }

    fn multiply(&mut self, x: &[f64]) -> Answer<Vec<f64>> {
        let tensor = Self::tensor(self);
        let mut out = vec![0.0; tensor.dimension()];
        numbers(tensor.multiply(x, &mut out))?;
        Ok(out)
    }

    fn potential(&mut self) -> Answer<Vec<f64>> {
        Ok(Self::potential(self).to_vec())
    }

    fn set_potential(&mut self, potential: &[f64]) -> Answer<()> {
        numbers(Self::set_potential(self, potential))
    }

    fn kappa(&mut self) -> Answer<f64> {
        Ok(self.config().kappa)
    }

    fn scale_kappa(&mut self, factor: f64) -> Answer<()> {
        Self::scale_kappa(self, factor);
        Ok(())
    }

    fn reset(&mut self) -> Answer<()> {
        Self::reset(self);
        Ok(())
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
        Self::reset(self);
        Ok(())
    }

    fn laplacian(&mut self) -> Answer<Vec<f64>> {
        Ok(Self::laplacian(self).to_vec())
    }

    fn eigenvalues(&mut self) -> Answer<Vec<f64>> {
        Ok(Self::eigenvalues(self).to_vec())
    }

    fn eigenvectors(&mut self) -> Answer<Vec<f64>> {
        Ok(Self::eigenvectors(self).to_vec())
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
        Ok(Self::z(self).to_vec())
    }

    fn w(&mut self) -> Answer<Vec<f64>> {
        Ok(Self::w(self).to_vec())
    }

    fn theta(&mut self) -> Answer<Vec<f64>> {
        Ok(Self::theta(self).to_vec())
    }

    fn r(&mut self) -> Answer<f64> {
        Ok(Self::r(self))
    }

    fn eigenvalues(&mut self) -> Answer<Vec<f64>> {
        Ok(Self::eigenvalues(self).to_vec())
    }

    fn eigenvectors(&mut self) -> Answer<Vec<f64>> {
        Ok(Self::eigenvectors(self).to_vec())
    }

    fn steps(&mut self) -> Answer<u64> {
        Ok(Self::steps(self))
    }

    fn controller(&mut self) -> Answer<Option<L16Output>> {
        Ok(Self::controller(self).copied())
    }

    fn audio(&mut self) -> Answer<Audio> {
        Ok(Self::audio(self))
    }

    fn log(&mut self) -> Answer<Vec<StepRecord>> {
        Ok(Self::log(self).records().copied().collect())
    }

    fn take_log(&mut self) -> Answer<Vec<StepRecord>> {
        Ok(Self::take_log(self).records().copied().collect())
    }
}
