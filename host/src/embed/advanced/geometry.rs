//! The geometry engine.

use interlock_core::Fidelity;
use interlock_core::geometry::{Audio, Decoder, GradientMethod, SsgfConfig, StepRecord};
use interlock_core::physics::L16Output;
use wasmtime::component::ResourceAny;

use super::HostError;
use super::bindings::exports::interlock::kernel::geometry as wit;
use super::engine::Advanced;
use super::instance::{AdvancedInstance, resource};

/// See [`interlock_core::geometry`]. What the core refuses is [`HostError::Input`]; every one fails with a trap, now or
/// earlier, too.
#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl AdvancedInstance {
    /// Weights of latents, row by row.
    pub fn decode(&mut self, n: u32, decoder: Decoder, sigma: f64, z: &[f64]) -> Result<Vec<f64>, HostError> {
        let bytes = size_of_val(z);
        Ok(self.geometry(bytes, |store, guest| guest.call_decode(store, n, decoder.into(), sigma, z))??)
    }

    /// Latents that an engine of `n` nodes has.
    pub fn latents(&mut self, decoder: Decoder, n: u32, fidelity: Fidelity) -> Result<u32, HostError> {
        self.geometry(0, |store, guest| guest.call_latents(store, decoder.into(), n, fidelity.into()))
    }
}

impl Advanced {
    /// A bridge, in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Input`]; no instance could be made; a trap.
    pub fn spectral_bridge(&self, n: u32, fidelity: Fidelity) -> Result<SpectralBridge, HostError> {
        SpectralBridge::new(self.instantiate()?, n, fidelity)
    }

    /// An engine, in a fresh instance.
    ///
    /// # Errors
    /// [`HostError::Input`]; no instance could be made; a trap.
    pub fn ssgf_engine(
        &self,
        config: &SsgfConfig,
        omega: &[f64],
        coupling: &[f64],
        fidelity: Fidelity,
    ) -> Result<SsgfEngine, HostError> {
        SsgfEngine::new(self.instantiate()?, config, omega, coupling, fidelity)
    }
}

/// A spectral bridge: [`interlock_core::geometry::SpectralBridge`] inside an instance. What the core refuses is
/// [`HostError::Input`]; every call fails with a trap, now or earlier, too.
#[derive(Debug)]
pub struct SpectralBridge {
    instance: AdvancedInstance,
    resource: ResourceAny,
}

resource!(SpectralBridge, geometry);

#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl SpectralBridge {
    /// A bridge for graphs of `n` nodes, in this instance.
    pub fn new(mut instance: AdvancedInstance, n: u32, fidelity: Fidelity) -> Result<Self, HostError> {
        let resource =
            instance.geometry(0, |store, guest| guest.spectral_bridge().call_new(store, n, fidelity.into()))??;
        Ok(Self { instance, resource })
    }

    /// Finds the eigenpairs for weights given row by row.
    pub fn compute(&mut self, w: &[f64]) -> Result<(), HostError> {
        let bytes = size_of_val(w);
        Ok(self.call(bytes, |store, guest, this| guest.spectral_bridge().call_compute(store, this, w))??)
    }

    /// Sets the vectors that the next call's point the way of.
    pub fn set_reference(&mut self, vectors: &[f64]) -> Result<(), HostError> {
        let bytes = size_of_val(vectors);
        Ok(self.call(bytes, |store, guest, this| guest.spectral_bridge().call_set_reference(store, this, vectors))??)
    }

    /// Forgets the last vectors: the next call is a first one.
    pub fn reset(&mut self) -> Result<(), HostError> {
        self.call(0, |store, guest, this| guest.spectral_bridge().call_reset(store, this))
    }

    /// The normalised Laplacian of the last weights, row by row.
    pub fn laplacian(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.spectral_bridge().call_laplacian(store, this))
    }

    /// Eigenvalues, ascending, none below 0.
    pub fn eigenvalues(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.spectral_bridge().call_eigenvalues(store, this))
    }

    /// Eigenvectors, one after the other in the order of their values.
    pub fn eigenvectors(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.spectral_bridge().call_eigenvectors(store, this))
    }
}

/// An SSGF engine: [`interlock_core::geometry::SsgfEngine`] inside an instance. What the core refuses is
/// [`HostError::Input`]; every call fails with a trap, now or earlier, too.
#[derive(Debug)]
pub struct SsgfEngine {
    instance: AdvancedInstance,
    resource: ResourceAny,
    /// Bytes that a step reads: matrices, phases in every micro-step, and with differences the matrices for each latent.
    bytes: usize,
}

resource!(SsgfEngine, geometry);

#[allow(clippy::missing_errors_doc, reason = "said once for all above")]
impl SsgfEngine {
    /// An engine with natural frequencies in rad/s and a coupling matrix, row by row, in this instance.
    pub fn new(
        mut instance: AdvancedInstance,
        config: &SsgfConfig,
        omega: &[f64],
        coupling: &[f64],
        fidelity: Fidelity,
    ) -> Result<Self, HostError> {
        let matrix = size_of_val(coupling);
        let solved = match config.gradient {
            GradientMethod::Analytic => matrix,
            GradientMethod::FiniteDifference => matrix.saturating_mul(coupling.len()),
        };
        let bytes = size_of_val(omega).saturating_mul(config.n_micro as usize).saturating_add(solved);
        let (config, fidelity) = ((*config).into(), fidelity.into());
        let resource = instance.geometry(matrix, |store, guest| {
            guest.ssgf_engine().call_new(store, config, omega, coupling, fidelity)
        })??;
        Ok(Self { instance, resource, bytes })
    }

    /// One outer step; the record goes into the log, too.
    pub fn outer_step(&mut self) -> Result<StepRecord, HostError> {
        Ok(self.call(self.bytes, |store, guest, this| guest.ssgf_engine().call_outer_step(store, this))??.into())
    }

    /// Several outer steps in one crossing; the record of the last one, none for no steps.
    pub fn run(&mut self, steps: u32) -> Result<Option<StepRecord>, HostError> {
        let bytes = self.bytes.saturating_mul(steps as usize);
        let record = self.call(bytes, |store, guest, this| guest.ssgf_engine().call_run(store, this, steps))??;
        Ok(record.map(Into::into))
    }

    /// Sets TCBO's probability for the next steps.
    pub fn set_p_h1(&mut self, p_h1: f64) -> Result<(), HostError> {
        Ok(self.call(0, |store, guest, this| guest.ssgf_engine().call_set_p_h1(store, this, p_h1))??)
    }

    /// Sets which nodes are protected.
    pub fn set_protected(&mut self, protected: &[bool]) -> Result<(), HostError> {
        Ok(self.call(0, |store, guest, this| guest.ssgf_engine().call_set_protected(store, this, protected))??)
    }

    /// Sets what the eigenvectors are compared with.
    pub fn set_target(&mut self, target: &[f64]) -> Result<(), HostError> {
        let bytes = size_of_val(target);
        Ok(self.call(bytes, |store, guest, this| guest.ssgf_engine().call_set_target(store, this, target))??)
    }

    /// Replaces the phases.
    pub fn set_theta(&mut self, theta: &[f64]) -> Result<(), HostError> {
        let bytes = size_of_val(theta);
        Ok(self.call(bytes, |store, guest, this| guest.ssgf_engine().call_set_theta(store, this, theta))??)
    }

    /// Outer steps made.
    pub fn steps(&mut self) -> Result<u64, HostError> {
        self.call(0, |store, guest, this| guest.ssgf_engine().call_steps(store, this))
    }

    /// Latents, as the last step left them.
    pub fn z(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.ssgf_engine().call_z(store, this))
    }

    /// Weights, row by row.
    pub fn w(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.ssgf_engine().call_w(store, this))
    }

    /// Phases.
    pub fn theta(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.ssgf_engine().call_theta(store, this))
    }

    /// The order parameter.
    pub fn r(&mut self) -> Result<f64, HostError> {
        self.call(0, |store, guest, this| guest.ssgf_engine().call_r(store, this))
    }

    /// Eigenvalues of the weights' normalised Laplacian, ascending.
    pub fn eigenvalues(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.ssgf_engine().call_eigenvalues(store, this))
    }

    /// Eigenvectors, one after the other in the order of their values.
    pub fn eigenvectors(&mut self) -> Result<Vec<f64>, HostError> {
        self.call(0, |store, guest, this| guest.ssgf_engine().call_eigenvectors(store, this))
    }

    /// What the L16 controller said in the last step; none before the first one.
    pub fn controller(&mut self) -> Result<Option<L16Output>, HostError> {
        Ok(self.call(0, |store, guest, this| guest.ssgf_engine().call_controller(store, this))?.map(Into::into))
    }

    /// The last records, the oldest first.
    pub fn log(&mut self) -> Result<Vec<StepRecord>, HostError> {
        let log = self.call(0, |store, guest, this| guest.ssgf_engine().call_log(store, this))?;
        Ok(log.into_iter().map(Into::into).collect())
    }

    /// Hands the records out and starts with none.
    pub fn take_log(&mut self) -> Result<Vec<StepRecord>, HostError> {
        let log = self.call(0, |store, guest, this| guest.ssgf_engine().call_take_log(store, this))?;
        Ok(log.into_iter().map(Into::into).collect())
    }

    /// The state as parameters of sound.
    pub fn audio(&mut self) -> Result<Audio, HostError> {
        Ok(self.call(0, |store, guest, this| guest.ssgf_engine().call_audio(store, this))?.into())
    }
}
