//! The WIT interface `geometry`.

use std::cell::RefCell;

use interlock_core::Fidelity;
use interlock_core::geometry as core;

use super::Component;
use super::bindings::exports::interlock::kernel::geometry as wit;

impl wit::Guest for Component {
    type SpectralBridge = SpectralBridge;
    type SsgfEngine = SsgfEngine;

    fn decode(n: u32, decoder: wit::Decoder, sigma: f64, z: Vec<f64>) -> Result<Vec<f64>, wit::InputError> {
        Ok(core::NodeSpace::new(n, decoder.into(), sigma, &z)?.w().to_vec())
    }

    fn latents(decoder: wit::Decoder, n: u32, fidelity: wit::Fidelity) -> u32 {
        let corrections = core::Corrections::from(Fidelity::from(fidelity));
        ::core::convert::Into::<core::Decoder>::into(decoder).latents(n, corrections.latents)
    }

    fn default_ssgf_config() -> wit::SsgfConfig {
        let config = core::SsgfConfig::default();
        let weights = config.weights;
        wit::SsgfConfig {
            n: config.n,
            decoder: match config.decoder {
                core::Decoder::GramSoftplus => wit::Decoder::GramSoftplus,
                core::Decoder::Rbf => wit::Decoder::Rbf,
            },
            rbf_sigma: config.rbf_sigma,
            n_micro: config.n_micro,
            dt_micro: config.dt_micro,
            dt_outer: config.dt_outer,
            lr_z: config.lr_z,
            sigma_g: config.sigma_g,
            noise_amp: config.noise_amp,
            field_pressure: config.field_pressure,
            weights: wit::CostWeights {
                micro: weights.micro,
                c7: weights.c7,
                c8: weights.c8,
                c9: weights.c9,
                c10: weights.c10,
                reg: weights.reg,
                c4_tcbo: weights.c4_tcbo,
                pgbo: weights.pgbo,
            },
            plv_threshold: config.plv_threshold,
            plv_window: config.plv_window,
            h_rec_window: config.h_rec_window,
            fd_eps: config.fd_eps,
            gradient: match config.gradient {
                core::GradientMethod::Analytic => wit::GradientMethod::Analytic,
                core::GradientMethod::FiniteDifference => wit::GradientMethod::FiniteDifference,
            },
            seed: config.seed,
            pgbo_enabled: config.pgbo_enabled,
            pgbo_alpha: config.pgbo_alpha,
            pgbo_kappa: config.pgbo_kappa,
            pgbo_weight: config.pgbo_weight,
            pgbo_u_cap: config.pgbo_u_cap,
            pgbo_traceless: config.pgbo_traceless,
            log_capacity: config.log_capacity,
        }
    }
}

impl From<wit::Decoder> for core::Decoder {
    fn from(decoder: wit::Decoder) -> Self {
        match decoder {
            wit::Decoder::GramSoftplus => Self::GramSoftplus,
            wit::Decoder::Rbf => Self::Rbf,
        }
    }
}

impl From<wit::SsgfConfig> for core::SsgfConfig {
    fn from(config: wit::SsgfConfig) -> Self {
        let weights = config.weights;
        Self {
            n: config.n,
            decoder: config.decoder.into(),
            rbf_sigma: config.rbf_sigma,
            n_micro: config.n_micro,
            dt_micro: config.dt_micro,
            dt_outer: config.dt_outer,
            lr_z: config.lr_z,
            sigma_g: config.sigma_g,
            noise_amp: config.noise_amp,
            field_pressure: config.field_pressure,
            weights: core::CostWeights {
                micro: weights.micro,
                c7: weights.c7,
                c8: weights.c8,
                c9: weights.c9,
                c10: weights.c10,
                reg: weights.reg,
                c4_tcbo: weights.c4_tcbo,
                pgbo: weights.pgbo,
            },
            plv_threshold: config.plv_threshold,
            plv_window: config.plv_window,
            h_rec_window: config.h_rec_window,
            fd_eps: config.fd_eps,
            gradient: match config.gradient {
                wit::GradientMethod::Analytic => core::GradientMethod::Analytic,
                wit::GradientMethod::FiniteDifference => core::GradientMethod::FiniteDifference,
            },
            seed: config.seed,
            pgbo_enabled: config.pgbo_enabled,
            pgbo_alpha: config.pgbo_alpha,
            pgbo_kappa: config.pgbo_kappa,
            pgbo_weight: config.pgbo_weight,
            pgbo_u_cap: config.pgbo_u_cap,
            pgbo_traceless: config.pgbo_traceless,
            log_capacity: config.log_capacity,
        }
    }
}

impl From<&core::StepRecord> for wit::StepRecord {
    fn from(record: &core::StepRecord) -> Self {
        let costs = record.costs;
        Self {
            step: record.step,
            costs: wit::Costs {
                c_micro: costs.c_micro,
                c7_symbolic: costs.c7_symbolic,
                c8_phase: costs.c8_phase,
                c9_memory: costs.c9_memory,
                c10_boundary: costs.c10_boundary,
                r_graph: costs.r_graph,
                c4_tcbo: costs.c4_tcbo,
                c_pgbo: costs.c_pgbo,
                u_total: costs.u_total,
            },
            r_global: record.r_global,
            fiedler_value: record.fiedler_value,
            spectral_gap: record.spectral_gap,
            h_rec: record.h_rec,
            gate_open: record.gate_open,
            refusal: record.refusal,
            w_valid: record.w_valid,
            eigval_ordered: record.eigval_ordered,
            pgbo_u_norm: record.pgbo_u_norm,
            pgbo_h_frob: record.pgbo_h_frob,
            tcbo_p_h1: record.tcbo_p_h1,
            tcbo_gate_open: record.tcbo_gate_open,
        }
    }
}

impl From<core::Audio> for wit::Audio {
    fn from(audio: core::Audio) -> Self {
        Self {
            r_global: audio.r_global,
            entrainment_intensity: audio.entrainment_intensity,
            beat_hz: audio.beat_hz,
            pulse_hz: audio.pulse_hz,
            spatial_angle_deg: audio.spatial_angle_deg,
            band: match audio.band {
                core::Band::Delta => wit::Band::Delta,
                core::Band::Theta => wit::Band::Theta,
                core::Band::Alpha => wit::Band::Alpha,
                core::Band::Beta => wit::Band::Beta,
                core::Band::Gamma => wit::Band::Gamma,
            },
            fiedler_stability: audio.fiedler_stability,
            spectral_gap: audio.spectral_gap,
            geometry_density: audio.geometry_density,
            l16_gate_open: audio.l16_gate_open,
            l16_refusal: audio.l16_refusal,
            tcbo_p_h1: audio.tcbo_p_h1,
            tcbo_gate_open: audio.tcbo_gate_open,
            pgbo_u_norm: audio.pgbo_u_norm,
            pgbo_h_frob: audio.pgbo_h_frob,
            theurgic_mode: audio.theurgic_mode,
            healing_acceleration: audio.healing_acceleration,
        }
    }
}

pub(crate) struct SpectralBridge(RefCell<core::SpectralBridge>);

impl wit::GuestSpectralBridge for SpectralBridge {
    fn new(n: u32, fidelity: wit::Fidelity) -> Result<wit::SpectralBridge, wit::InputError> {
        let bridge = core::SpectralBridge::new(n, fidelity.into())?;
        Ok(wit::SpectralBridge::new(Self(RefCell::new(bridge))))
    }

    fn compute(&self, w: Vec<f64>) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().compute(&w)?)
    }

    fn set_reference(&self, vectors: Vec<f64>) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().set_reference(&vectors)?)
    }

    fn reset(&self) {
        self.0.borrow_mut().reset();
    }

    fn laplacian(&self) -> Vec<f64> {
        self.0.borrow().laplacian().to_vec()
    }

    fn eigenvalues(&self) -> Vec<f64> {
        self.0.borrow().eigenvalues().to_vec()
    }

    fn eigenvectors(&self) -> Vec<f64> {
        self.0.borrow().eigenvectors().to_vec()
    }
}

pub(crate) struct SsgfEngine(RefCell<core::SsgfEngine>);

impl wit::GuestSsgfEngine for SsgfEngine {
    fn new(
        config: wit::SsgfConfig,
        omega: Vec<f64>,
        coupling: Vec<f64>,
        fidelity: wit::Fidelity,
    ) -> Result<wit::SsgfEngine, wit::InputError> {
        let engine = core::SsgfEngine::new(config.into(), &omega, &coupling, Fidelity::from(fidelity))?;
        Ok(wit::SsgfEngine::new(Self(RefCell::new(engine))))
    }

    fn outer_step(&self) -> Result<wit::StepRecord, wit::InputError> {
        Ok((&self.0.borrow_mut().outer_step()?).into())
    }

    fn run(&self, steps: u32) -> Result<Option<wit::StepRecord>, wit::InputError> {
        Ok(self.0.borrow_mut().run(steps)?.as_ref().map(Into::into))
    }

    fn set_p_h1(&self, p_h1: f64) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().set_p_h1(p_h1)?)
    }

    fn set_protected(&self, protected: Vec<bool>) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().set_protected(&protected)?)
    }

    fn set_target(&self, target: Vec<f64>) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().set_target(&target)?)
    }

    fn set_theta(&self, theta: Vec<f64>) -> Result<(), wit::InputError> {
        Ok(self.0.borrow_mut().set_theta(&theta)?)
    }

    fn steps(&self) -> u64 {
        self.0.borrow().steps()
    }

    fn z(&self) -> Vec<f64> {
        self.0.borrow().z().to_vec()
    }

    fn w(&self) -> Vec<f64> {
        self.0.borrow().w().to_vec()
    }

    fn theta(&self) -> Vec<f64> {
        self.0.borrow().theta().to_vec()
    }

    fn r(&self) -> f64 {
        self.0.borrow().r()
    }

    fn eigenvalues(&self) -> Vec<f64> {
        self.0.borrow().eigenvalues().to_vec()
    }

    fn eigenvectors(&self) -> Vec<f64> {
        self.0.borrow().eigenvectors().to_vec()
    }

    fn controller(&self) -> Option<wit::L16Output> {
        self.0.borrow().controller().copied().map(Into::into)
    }

    fn log(&self) -> Vec<wit::StepRecord> {
        self.0.borrow().log().records().map(Into::into).collect()
    }

    fn take_log(&self) -> Vec<wit::StepRecord> {
        self.0.borrow_mut().take_log().records().map(Into::into).collect()
    }

    fn audio(&self) -> wit::Audio {
        self.0.borrow().audio().into()
    }
}
