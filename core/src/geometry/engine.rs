//! The engine: one outer step in ten stages. Sections 8.2 and 8.9.

use alloc::vec;
use alloc::vec::Vec;
use core::f64::consts::TAU;

use crate::error::{InputError, UNIT, check, check_all, check_length};
use crate::numeric::{EigenMethod, Xorshift64};
use crate::observers::{Pgbo, PgboConfig};
use crate::physics::{Block, L16, L16Config, L16Input, L16Output, Locking, LoopState};

use super::audio::{Audio, AudioState};
use super::config::{Corrections, INPUT, SsgfConfig, fidelity};
use super::costs::{CostInputs, Costs, GATE};
use super::gradient::{Gradient, GradientState};
use super::log::{StepLog, StepRecord};
use super::micro::MicroCycle;
use super::nodes::{NodeSpace, w_valid};
use super::spectral::{SpectralBridge, eigval_ordered, fiedler_value, spectral_gap};

/// A graph over oscillators that follows a cost downhill while the oscillators move on it.
///
/// The same settings give the same bits on every host. No outer step allocates.
///
/// ```
/// use interlock_core::Fidelity;
/// use interlock_core::geometry::{SsgfConfig, SsgfEngine};
/// let config = SsgfConfig { n: 2, ..SsgfConfig::default() };
/// let mut engine = SsgfEngine::new(config, &[1.0, 2.0], &[0.0, 0.3, 0.3, 0.0], Fidelity::Corrected)?;
/// let record = engine.outer_step()?;
/// assert!(record.w_valid && record.r_global <= 1.0);
/// # Ok::<(), interlock_core::error::InputError>(())
/// ```
#[derive(Clone, Debug)]
pub struct SsgfEngine {
    config: SsgfConfig,
    corrections: Corrections,
    nodes: NodeSpace,
    micro: MicroCycle,
    bridge: SpectralBridge,
    gradient: Gradient,
    pgbo: Pgbo,
    /// PGBO's tensor, row by row.
    h: Vec<f64>,
    controller: L16,
    /// What the controller said in the last step.
    said: Option<L16Output>,
    /// What the eigenvectors are compared with, one vector after the other.
    target: Vec<f64>,
    protected: Vec<bool>,
    p_h1: f64,
    log: StepLog,
    steps: u64,
}

impl SsgfEngine {
    /// An engine of `config.n` oscillators with natural frequencies in rad/s and a coupling matrix (row by row; row i
    /// acts on oscillator i; symmetric or not). Latents and phases are drawn from the seed.
    ///
    /// # Errors
    /// A setting out of its range, a wrong number of frequencies or couplings, or one that is not finite or
    /// beyond 1e9.
    pub fn new(
        config: SsgfConfig,
        omega: &[f64],
        coupling: &[f64],
        corrections: impl Into<Corrections>,
    ) -> Result<Self, InputError> {
        config.check()?;
        let corrections = corrections.into();
        let n = config.n;
        check_length("omega.length", omega.len(), n as usize, "n numbers long")?;
        let mut random = Xorshift64::new(config.seed, fidelity(corrections.seed));
        let latents = config.decoder.latents(n, corrections.latents);
        let z: Vec<f64> = (0..latents).map(|_| random.uniform() - 0.5).collect();
        let theta: Vec<f64> = (0..n).map(|_| TAU * random.uniform()).collect();
        let seed = config.seed.wrapping_add(1);
        let micro = MicroCycle::new(config.micro(), omega, coupling, &theta, seed, corrections)?;
        let pgbo = PgboConfig {
            alpha: config.pgbo_alpha,
            kappa: config.pgbo_kappa,
            u_cap: config.pgbo_u_cap,
            traceless: config.pgbo_traceless,
        };
        let pgbo = Pgbo::new(n, pgbo, fidelity(corrections.pgbo))?;
        let controller = L16Config {
            n,
            plv_threshold: config.plv_threshold,
            plv_window: config.plv_window,
            h_rec_window: config.h_rec_window,
            ..L16Config::default()
        };
        let controller = L16::new(controller, fidelity(corrections.controller))?;
        let nodes = NodeSpace::new(n, config.decoder, config.rbf_sigma, &z)?;
        let mut bridge = SpectralBridge::new(n, fidelity(corrections.signs))?;
        bridge.compute_checked(nodes.w());
        let square = nodes.w().len();
        let mut target = vec![0.0; square];
        for entry in target.iter_mut().step_by(omega.len().saturating_add(1)) {
            *entry = 1.0;
        }
        Ok(Self {
            gradient: Gradient::new(&nodes, corrections)?,
            config,
            corrections,
            nodes,
            micro,
            bridge,
            pgbo,
            h: vec![0.0; square],
            controller,
            said: None,
            target,
            protected: vec![false; omega.len()],
            p_h1: 0.0,
            log: StepLog::new(config.log_capacity),
            steps: 0,
        })
    }

    /// One outer step; the record goes into the log, too.
    ///
    /// # Errors
    /// A latent has run away beyond 1e6 (the step before was too long for the slope). Nothing has changed.
    pub fn outer_step(&mut self) -> Result<StepRecord, InputError> {
        self.nodes.check()?;
        // 1, 2: weights.
        self.nodes.decode();
        let w_valid = w_valid(self.nodes.w(), self.config.n);
        // 3: the phases' motion since the last step as a tensor.
        let mut u_norm = 0.0;
        let mut h_frob = 0.0;
        if self.config.pgbo_enabled {
            let elapsed = if self.corrections.elapsed {
                f64::from(self.config.n_micro) * self.config.dt_micro
            } else {
                self.config.dt_outer
            };
            let reading = self.pgbo.compute(self.micro.theta(), elapsed)?;
            self.pgbo.tensor().write(&mut self.h)?;
            u_norm = reading.u_norm;
            h_frob = reading.h_frob;
        }
        // 4: the micro-cycle.
        let h = self.config.pgbo_enabled.then_some(self.h.as_slice());
        self.micro.couple_checked(Some(self.nodes.w()), h);
        self.micro.run(self.config.n_micro);
        let r = self.micro.r();
        // 5, 6: eigenpairs.
        self.bridge.compute_checked(self.nodes.w());
        let eigenvalues = self.bridge.eigenvalues();
        let ordered = eigval_ordered(eigenvalues);
        // 7: costs.
        let target = second(&self.target, self.config.n);
        let inputs = CostInputs {
            sines: self.micro.sines(),
            cosines: self.micro.cosines(),
            w: self.nodes.w(),
            eigenvalues,
            fiedler: self.bridge.fiedler_vector(),
            target,
            protected: &self.protected,
            p_h1: self.p_h1,
            h_square: h_frob * h_frob,
        };
        let costs = Costs::of_checked(&inputs, &self.config.weights);
        let mut record = StepRecord {
            step: self.steps,
            costs,
            r_global: r,
            fiedler_value: fiedler_value(eigenvalues),
            spectral_gap: spectral_gap(eigenvalues),
            w_valid,
            eigval_ordered: ordered,
            pgbo_u_norm: u_norm,
            pgbo_h_frob: h_frob,
            tcbo_p_h1: self.p_h1,
            tcbo_gate_open: self.p_h1 > GATE,
            ..StepRecord::default()
        };
        // 8: down the slope.
        let state = GradientState {
            sines: self.micro.sines(),
            cosines: self.micro.cosines(),
            target,
            protected: &self.protected,
            p_h1: self.p_h1,
            eigenvectors: self.bridge.eigenvectors(),
        };
        let config = &self.config;
        let slope = self.gradient.find_checked(config.gradient, &self.nodes, &state, &config.weights, config.fd_eps);
        let [lr_z_scale, ..] = self.controller.scales();
        let rate = config.lr_z * lr_z_scale;
        for (z, slope) in self.nodes.z_mut().iter_mut().zip(slope) {
            *z -= rate * slope;
        }
        // 9: the controller.
        let said = self.controller.step(&L16Input {
            state: LoopState {
                theta: self.micro.theta(),
                eigenvectors: Block { values: self.bridge.eigenvectors(), columns: config.n },
                target: Block { values: &self.target, columns: config.n },
                r,
                p_h1: self.p_h1,
                h_frob,
            },
            locking: Locking::Difference(watched(self.micro.theta())),
            c7: costs.c7_symbolic,
            c8: costs.c8_phase,
            c10: costs.c10_boundary,
            dt: config.dt_outer,
        })?;
        self.said = Some(said);
        record.h_rec = said.h_rec;
        record.gate_open = said.gate_open;
        record.refusal = said.refusal;
        // 10: PGBO's gain, and the log.
        if config.pgbo_enabled && !record.refusal {
            self.pgbo.scale_kappa(0.9 + 0.2 * r);
        }
        self.steps = self.steps.saturating_add(1);
        self.log.push(record);
        Ok(record)
    }

    /// Several outer steps; the record of the last one, none for no steps.
    ///
    /// # Errors
    /// As [`outer_step`](Self::outer_step); the steps before it are made.
    pub fn run(&mut self, steps: u32) -> Result<Option<StepRecord>, InputError> {
        let mut last = None;
        for _ in 0..steps {
            last = Some(self.outer_step()?);
        }
        Ok(last)
    }

    /// Sets TCBO's probability for the next steps.
    ///
    /// # Errors
    /// Not in [0, 1].
    pub fn set_p_h1(&mut self, p_h1: f64) -> Result<(), InputError> {
        check("p_h1", p_h1, UNIT)?;
        self.p_h1 = p_h1;
        Ok(())
    }

    /// Sets which nodes are protected.
    ///
    /// # Errors
    /// Not n marks.
    pub fn set_protected(&mut self, protected: &[bool]) -> Result<(), InputError> {
        check_length("protected.length", protected.len(), self.protected.len(), "n long")?;
        self.protected.copy_from_slice(protected);
        Ok(())
    }

    /// Sets what the eigenvectors are compared with: n vectors of n numbers, one after the other.
    ///
    /// # Errors
    /// Not n x n numbers, or one that is not finite or beyond 1e9.
    pub fn set_target(&mut self, target: &[f64]) -> Result<(), InputError> {
        check_length("target.length", target.len(), self.target.len(), "n x n numbers long")?;
        check_all("target", target, INPUT)?;
        self.target.copy_from_slice(target);
        Ok(())
    }

    /// Replaces the phases.
    ///
    /// # Errors
    /// A wrong number of them, or one that is not finite or beyond 1e9.
    pub fn set_theta(&mut self, theta: &[f64]) -> Result<(), InputError> {
        self.micro.set_theta(theta)
    }

    /// How eigenpairs are found from the next step on, for a cost by differences aside. Those of the start stay, and with
    /// them the signs that later ones keep: so the published numbers come out with either method, to the last digits but
    /// one, as long as no two eigenvalues meet.
    pub fn set_eigen_method(&mut self, method: EigenMethod) {
        self.bridge.set_method(method);
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &SsgfConfig {
        &self.config
    }

    /// Outer steps made.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.steps
    }

    /// Latents, as the last step left them.
    #[must_use]
    pub fn z(&self) -> &[f64] {
        self.nodes.z()
    }

    /// Weights, row by row: those of the latents before the last step changed them.
    #[must_use]
    pub fn w(&self) -> &[f64] {
        self.nodes.w()
    }

    /// Phases.
    #[must_use]
    pub fn theta(&self) -> &[f64] {
        self.micro.theta()
    }

    /// The order parameter.
    #[must_use]
    pub fn r(&self) -> f64 {
        self.micro.r()
    }

    /// Eigenvalues of the weights' normalised Laplacian, ascending.
    #[must_use]
    pub fn eigenvalues(&self) -> &[f64] {
        self.bridge.eigenvalues()
    }

    /// Eigenvectors, one after the other in the order of their values.
    #[must_use]
    pub fn eigenvectors(&self) -> &[f64] {
        self.bridge.eigenvectors()
    }

    /// The micro-cycle.
    #[must_use]
    pub const fn micro(&self) -> &MicroCycle {
        &self.micro
    }

    /// The PGBO engine.
    #[must_use]
    pub const fn pgbo(&self) -> &Pgbo {
        &self.pgbo
    }

    /// What the L16 controller said in the last step: weights, drives and factors, of which the engine itself applies
    /// the one on its learning rate. None before the first step.
    #[must_use]
    pub const fn controller(&self) -> Option<&L16Output> {
        self.said.as_ref()
    }

    /// The last records.
    #[must_use]
    pub const fn log(&self) -> &StepLog {
        &self.log
    }

    /// Hands the log out and starts an empty one of the same capacity.
    #[must_use]
    pub fn take_log(&mut self) -> StepLog {
        core::mem::replace(&mut self.log, StepLog::new(self.config.log_capacity))
    }

    /// The state as parameters of sound.
    #[must_use]
    pub fn audio(&self) -> Audio {
        let reading = self.pgbo.reading();
        Audio::of(&AudioState {
            theta: self.micro.theta(),
            w: self.nodes.w(),
            eigenvalues: self.bridge.eigenvalues(),
            p_h1: self.p_h1,
            gate_open: self.said.is_some_and(|said| said.gate_open),
            refusal: self.said.is_some_and(|said| said.refusal),
            pgbo_u_norm: reading.u_norm,
            pgbo_h_frob: reading.h_frob,
        })
    }
}

/// The second of n vectors of n numbers; empty for n = 1.
fn second(vectors: &[f64], n: u32) -> &[f64] {
    usize::try_from(n).ok().and_then(|n| vectors.chunks_exact(n.max(1)).nth(1)).unwrap_or_default()
}

/// The difference of the two phases whose locking the controller watches: the oscillators 6 and 8, or near the last
/// ones where there are fewer.
fn watched(theta: &[f64]) -> f64 {
    let last = theta.len().saturating_sub(1);
    let phase = |index: usize| theta.get(index).copied().unwrap_or(0.0);
    phase(last.saturating_sub(1).min(6)) - phase(last.min(8))
}
