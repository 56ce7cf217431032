//! The SSGF engine.

use alloc::vec::Vec;

use interlock_core::geometry::{
    self, Audio, AudioState, Band, Corrections, Costs, GradientMethod, SsgfConfig, StepRecord,
};
use wasm_bindgen::prelude::wasm_bindgen;

use super::fields::{Place, read};
use super::frame::Frame;
use super::l16;
use super::spectral::{DECODERS, decoder};
use super::{fidelity, flag};
use crate::details::{self, count};
use crate::failure::{Failure, given, made};

const GRADIENTS: [(&str, GradientMethod); 2] =
    [("analytic", GradientMethod::Analytic), ("finite-difference", GradientMethod::FiniteDifference)];

/// Numbers of a record.
const RECORD: usize = 22;

/// A weighted graph over oscillators that follows a cost downhill.
#[wasm_bindgen]
pub struct SsgfEngine(geometry::SsgfEngine);

#[wasm_bindgen]
impl SsgfEngine {
    /// An engine with natural frequencies and a coupling, row by row. `corrections` is empty for all those of the
    /// fidelity, or a tree of those that differ.
    ///
    /// # Errors
    /// A list, a number or the configuration is refused.
    pub fn create(
        config: &[u8],
        seed: Option<u64>,
        omega: &[f64],
        coupling: &[f64],
        published: bool,
        corrections: &[u8],
    ) -> Option<SsgfEngine> {
        made(self::create(config, seed, omega, coupling, published, corrections))
    }

    /// Leaves the state in the frame: R and steps, the last record, then phases, eigenvalues, weights, eigenvectors and
    /// latents.
    pub fn publish(&self, frame: &mut Frame) {
        let engine = &self.0;
        let last = engine.log().last().map_or([f64::NAN; RECORD], record);
        self.publish_with(&last, frame);
    }

    fn publish_with(&self, record: &[f64], frame: &mut Frame) {
        let engine = &self.0;
        let head = [engine.r(), count(engine.steps())];
        let graph = [engine.eigenvalues(), engine.w(), engine.eigenvectors(), engine.z()];
        frame.write(&[&head, record, engine.theta(), graph[0], graph[1], graph[2], graph[3]]);
    }

    /// Makes several outer steps. The frame has the record of the last one.
    ///
    /// # Errors
    /// A latent has run away; the steps before it are made.
    pub fn run(&mut self, steps: u32, frame: &mut Frame) {
        match made(self.0.run(steps)).flatten() {
            Some(last) => self.publish_with(&record(&last), frame),
            None => self.publish(frame),
        }
    }

    /// Sets TCBO's probability.
    ///
    /// # Errors
    /// It is refused.
    #[wasm_bindgen(js_name = setPH1)]
    pub fn set_p_h1(&mut self, p_h1: f64) {
        given(self.0.set_p_h1(p_h1));
    }

    /// Sets which nodes are protected: those with a mark other than 0.
    ///
    /// # Errors
    /// The marks are refused.
    #[wasm_bindgen(js_name = setProtected)]
    pub fn set_protected(&mut self, marks: &[u8]) {
        let protected: Vec<bool> = marks.iter().map(|mark| *mark != 0).collect();
        given(self.0.set_protected(&protected));
    }

    /// Sets what the eigenvectors are compared with.
    ///
    /// # Errors
    /// It is refused.
    #[wasm_bindgen(js_name = setTarget)]
    pub fn set_target(&mut self, target: &[f64]) {
        given(self.0.set_target(target));
    }

    /// Replaces the phases.
    ///
    /// # Errors
    /// They are refused.
    #[wasm_bindgen(js_name = setTheta)]
    pub fn set_theta(&mut self, theta: &[f64], frame: &mut Frame) {
        given(self.0.set_theta(theta));
        self.publish(frame);
    }

    /// Numbers of latents.
    pub fn latents(&self) -> u32 {
        u32::try_from(self.0.z().len()).unwrap_or(u32::MAX)
    }

    /// What the controller said in the last step, in the slots; whether it has said something.
    pub fn controller(&self) -> bool {
        self.0.controller().map(|said| details::set(&l16::output(said))).is_some()
    }

    /// The state as parameters of sound, in the order of their fields; the band by its number.
    pub fn audio(&self) -> Vec<f64> {
        audio(&self.0.audio())
    }

    /// The records of the log, oldest first.
    pub fn log(&self) -> Vec<f64> {
        self.0.log().records().flat_map(record).collect()
    }

    /// Hands out the log.
    #[wasm_bindgen(js_name = takeLog)]
    pub fn take_log(&mut self) -> Vec<f64> {
        self.0.take_log().records().flat_map(record).collect()
    }
}

/// A state as parameters of sound.
#[wasm_bindgen(js_name = audioOf)]
#[allow(clippy::too_many_arguments, reason = "the fields of one object")]
pub fn audio_of(
    theta: &[f64],
    w: &[f64],
    eigenvalues: &[f64],
    p_h1: f64,
    gate_open: bool,
    refusal: bool,
    pgbo_u_norm: f64,
    pgbo_h_frob: f64,
) -> Vec<f64> {
    audio(&Audio::of(&AudioState { theta, w, eigenvalues, p_h1, gate_open, refusal, pgbo_u_norm, pgbo_h_frob }))
}

fn audio(audio: &Audio) -> Vec<f64> {
    let band = match audio.band {
        Band::Delta => 0.0,
        Band::Theta => 1.0,
        Band::Alpha => 2.0,
        Band::Beta => 3.0,
        Band::Gamma => 4.0,
    };
    Vec::from([
        audio.r_global,
        audio.entrainment_intensity,
        audio.beat_hz,
        audio.pulse_hz,
        audio.spatial_angle_deg,
        band,
        audio.fiedler_stability,
        audio.spectral_gap,
        audio.geometry_density,
        flag(audio.l16_gate_open),
        flag(audio.l16_refusal),
        audio.tcbo_p_h1,
        flag(audio.tcbo_gate_open),
        audio.pgbo_u_norm,
        audio.pgbo_h_frob,
        flag(audio.theurgic_mode),
        audio.healing_acceleration,
    ])
}

/// A record, in the order of its fields.
fn record(record: &StepRecord) -> [f64; RECORD] {
    let Costs { c_micro, c7_symbolic, c8_phase, c9_memory, c10_boundary, r_graph, c4_tcbo, c_pgbo, u_total } =
        record.costs;
    [
        count(record.step),
        c_micro,
        c7_symbolic,
        c8_phase,
        c9_memory,
        c10_boundary,
        r_graph,
        c4_tcbo,
        c_pgbo,
        u_total,
        record.r_global,
        record.fiedler_value,
        record.spectral_gap,
        record.h_rec,
        flag(record.gate_open),
        flag(record.refusal),
        flag(record.w_valid),
        flag(record.eigval_ordered),
        record.pgbo_u_norm,
        record.pgbo_h_frob,
        record.tcbo_p_h1,
        flag(record.tcbo_gate_open),
    ]
}

fn create(
    config: &[u8],
    seed: Option<u64>,
    omega: &[f64],
    coupling: &[f64],
    published: bool,
    corrections: &[u8],
) -> Result<SsgfEngine, Failure> {
    let mut config = config_of(config)?;
    config.seed = seed.unwrap_or(config.seed);
    let corrections = corrections_of(corrections, fidelity(published).into())?;
    Ok(SsgfEngine(geometry::SsgfEngine::new(config, omega, coupling, corrections)?))
}

fn config_of(tree: &[u8]) -> Result<SsgfConfig, Failure> {
    let mut config = SsgfConfig::default();
    let (mut decoder_index, mut gradient) = (0, 0);
    let weights = &mut config.weights;
    let mut weights = [
        ("micro", Place::Number(&mut weights.micro)),
        ("c7", Place::Number(&mut weights.c7)),
        ("c8", Place::Number(&mut weights.c8)),
        ("c9", Place::Number(&mut weights.c9)),
        ("c10", Place::Number(&mut weights.c10)),
        ("reg", Place::Number(&mut weights.reg)),
        ("c4_tcbo", Place::Number(&mut weights.c4_tcbo)),
        ("pgbo", Place::Number(&mut weights.pgbo)),
    ];
    let (decoders, gradients) = (DECODERS.map(|(name, _)| name), GRADIENTS.map(|(name, _)| name));
    read(
        tree,
        &mut [
            ("n", Place::Count(&mut config.n)),
            ("decoder", Place::Name(&decoders, "\"gram-softplus\" or \"rbf\"", &mut decoder_index)),
            ("rbf_sigma", Place::Number(&mut config.rbf_sigma)),
            ("n_micro", Place::Count(&mut config.n_micro)),
            ("dt_micro", Place::Number(&mut config.dt_micro)),
            ("dt_outer", Place::Number(&mut config.dt_outer)),
            ("lr_z", Place::Number(&mut config.lr_z)),
            ("sigma_g", Place::Number(&mut config.sigma_g)),
            ("noise_amp", Place::Number(&mut config.noise_amp)),
            ("field_pressure", Place::Number(&mut config.field_pressure)),
            ("weights", Place::Fields(&mut weights)),
            ("plv_threshold", Place::Number(&mut config.plv_threshold)),
            ("plv_window", Place::Count(&mut config.plv_window)),
            ("h_rec_window", Place::Count(&mut config.h_rec_window)),
            ("fd_eps", Place::Number(&mut config.fd_eps)),
            ("gradient", Place::Name(&gradients, "\"analytic\" or \"finite-difference\"", &mut gradient)),
            ("pgbo_enabled", Place::Flag(&mut config.pgbo_enabled)),
            ("pgbo_alpha", Place::Number(&mut config.pgbo_alpha)),
            ("pgbo_kappa", Place::Number(&mut config.pgbo_kappa)),
            ("pgbo_weight", Place::Number(&mut config.pgbo_weight)),
            ("pgbo_u_cap", Place::Number(&mut config.pgbo_u_cap)),
            ("pgbo_traceless", Place::Flag(&mut config.pgbo_traceless)),
            ("log_capacity", Place::Count(&mut config.log_capacity)),
        ],
    )?;
    config.decoder = decoder(decoder_index);
    config.gradient = GRADIENTS.get(gradient).map_or(GradientMethod::Analytic, |(_, gradient)| *gradient);
    Ok(config)
}

fn corrections_of(tree: &[u8], mut corrections: Corrections) -> Result<Corrections, Failure> {
    if tree.is_empty() {
        return Ok(corrections);
    }
    read(
        tree,
        &mut [
            ("seed", Place::Flag(&mut corrections.seed)),
            ("wrap", Place::Flag(&mut corrections.wrap)),
            ("noise", Place::Flag(&mut corrections.noise)),
            ("signs", Place::Flag(&mut corrections.signs)),
            ("c9_slope", Place::Flag(&mut corrections.c9_slope)),
            ("difference_signs", Place::Flag(&mut corrections.difference_signs)),
            ("elapsed", Place::Flag(&mut corrections.elapsed)),
            ("latents", Place::Flag(&mut corrections.latents)),
            ("controller", Place::Flag(&mut corrections.controller)),
            ("pgbo", Place::Flag(&mut corrections.pgbo)),
        ],
    )?;
    Ok(corrections)
}
