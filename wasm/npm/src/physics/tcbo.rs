//! Whether the phases go round a loop together, and the controller that makes them.

use alloc::vec::Vec;

use interlock_core::observers::{self, Estimator, TcboConfig, TcboControl, TcboControllerConfig, TcboReading};
use wasm_bindgen::prelude::wasm_bindgen;

use super::fields::{Place, read};
use super::rips::pairs;
use super::{fidelity, flag};
use crate::details;
use crate::failure::{Failure, given, made};

/// The TCBO observer.
#[wasm_bindgen]
pub struct Tcbo(observers::Tcbo);

#[wasm_bindgen]
impl Tcbo {
    /// An observer of `phases` phases.
    ///
    /// # Errors
    /// The number or the configuration is refused.
    pub fn create(phases: u32, config: &[u8], published: bool) -> Option<Tcbo> {
        made(self::create(phases, config, published))
    }

    /// Takes a sample.
    ///
    /// # Errors
    /// It is refused.
    pub fn push(&mut self, theta: &[f64]) {
        given(self.0.push(theta));
    }

    /// Computes, if it is time to or `force` is set. Slots: the reading.
    pub fn compute(&mut self, force: bool) {
        publish(&self.0.compute(force));
    }

    /// Takes a sample and computes if it is time to. Slots: the reading.
    ///
    /// # Errors
    /// The sample is refused.
    pub fn observe(&mut self, theta: &[f64]) {
        if let Some(reading) = made(self.0.observe(theta)) {
            publish(&reading);
        }
    }

    /// Slots: the reading.
    pub fn reading(&self) {
        publish(&self.0.reading());
    }

    /// All bars of the present cloud, longest first: birth and death of each.
    pub fn bars(&mut self) -> Vec<f64> {
        pairs(self.0.bars())
    }

    /// Samples that are kept.
    pub fn buffered(&self) -> u32 {
        self.0.buffered()
    }

    /// The lifetime at which the probability is a half.
    pub fn s0(&self) -> f64 {
        self.0.s0()
    }

    /// As after construction.
    pub fn reset(&mut self) {
        self.0.reset();
    }
}

fn publish(reading: &TcboReading) {
    let TcboReading { p_h1, s_h1, lifetime, diameter, is_conscious, h1_error } = *reading;
    details::set(&[p_h1, s_h1, lifetime, diameter, flag(is_conscious), h1_error]);
}

fn create(phases: u32, tree: &[u8], published: bool) -> Result<Tcbo, Failure> {
    const ESTIMATORS: [(&str, Estimator); 2] = [("rips", Estimator::Rips), ("spread", Estimator::Spread)];
    let mut config = TcboConfig::default();
    let mut estimator = 0;
    read(
        tree,
        &mut [
            ("embed_dim", Place::Count(&mut config.embed_dim)),
            ("tau_delay", Place::Count(&mut config.tau_delay)),
            ("window_size", Place::Count(&mut config.window_size)),
            ("tau_h1", Place::Number(&mut config.tau_h1)),
            ("beta", Place::Number(&mut config.beta)),
            ("s0", Place::Number(&mut config.s0)),
            ("s_tau", Place::Number(&mut config.s_tau)),
            ("persistence_threshold", Place::Number(&mut config.persistence_threshold)),
            ("compute_every_n", Place::Count(&mut config.compute_every_n)),
            ("estimator", Place::Name(&ESTIMATORS.map(|(name, _)| name), "\"rips\" or \"spread\"", &mut estimator)),
        ],
    )?;
    config.estimator = ESTIMATORS.get(estimator).map_or(Estimator::Rips, |(_, estimator)| *estimator);
    Ok(Tcbo(observers::Tcbo::new(phases, config, fidelity(published))?))
}

/// The controller.
#[wasm_bindgen]
pub struct TcboController(observers::TcboController);

#[wasm_bindgen]
impl TcboController {
    /// A controller with an integral of 0.
    ///
    /// # Errors
    /// The configuration is refused.
    pub fn create(config: &[u8], published: bool) -> Option<TcboController> {
        made(create_controller(config, published))
    }

    /// Takes what was measured. Slots: probability, gain, error.
    ///
    /// # Errors
    /// A number is refused.
    pub fn step(&mut self, p_h1: f64, kappa: f64, dt: f64) {
        if let Some(TcboControl { p_h1, kappa, error }) = made(self.0.step(p_h1, kappa, dt)) {
            details::set(&[p_h1, kappa, error]);
        }
    }

    /// Whether a probability, or the last one, is above the threshold.
    #[wasm_bindgen(js_name = isGateOpen)]
    pub fn is_gate_open(&self, p_h1: Option<f64>) -> bool {
        self.0.is_gate_open(p_h1)
    }

    /// The last steps, oldest first, three numbers each.
    pub fn history(&self) -> Vec<f64> {
        self.0.history().flat_map(|control| [control.p_h1, control.kappa, control.error]).collect()
    }

    /// The integral of the error.
    pub fn integral(&self) -> f64 {
        self.0.integral()
    }

    /// As after construction.
    pub fn reset(&mut self) {
        self.0.reset();
    }
}

fn create_controller(tree: &[u8], published: bool) -> Result<TcboController, Failure> {
    let mut config = TcboControllerConfig::default();
    read(
        tree,
        &mut [
            ("tau_h1", Place::Number(&mut config.tau_h1)),
            ("kp", Place::Number(&mut config.kp)),
            ("ki", Place::Number(&mut config.ki)),
            ("integral_min", Place::Number(&mut config.integral_min)),
            ("integral_max", Place::Number(&mut config.integral_max)),
            ("kappa_min", Place::Number(&mut config.kappa_min)),
            ("kappa_max", Place::Number(&mut config.kappa_max)),
            ("history_len", Place::Count(&mut config.history_len)),
        ],
    )?;
    Ok(TcboController(observers::TcboController::new(config, fidelity(published))?))
}
