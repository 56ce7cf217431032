//! From the motion of the phases to a symmetric tensor.

use alloc::vec;
use alloc::vec::Vec;

use interlock_core::observers::{self, PgboConfig, PgboReading};
use wasm_bindgen::prelude::wasm_bindgen;

use super::fields::{Place, read};
use super::frame::Frame;
use super::{fidelity, zeros};
use crate::details;
use crate::failure::{Failure, given, made};

/// The PGBO engine.
#[wasm_bindgen]
pub struct Pgbo(observers::Pgbo);

#[wasm_bindgen]
impl Pgbo {
    /// An engine for `dimension` nodes.
    ///
    /// # Errors
    /// The number or the configuration is refused.
    pub fn create(dimension: u32, config: &[u8], published: bool) -> Option<Pgbo> {
        made(self::create(dimension, config, published))
    }

    /// Takes the phases at the end of a time. Slots: the reading; the frame: the vector.
    ///
    /// # Errors
    /// A number is refused.
    pub fn compute(&mut self, theta: &[f64], dt: f64, frame: &mut Frame) {
        if let Some(reading) = made(self.0.compute(theta, dt)) {
            publish(&reading);
            frame.write(&[self.0.u()]);
        }
    }

    /// Slots: the reading.
    pub fn reading(&self) {
        publish(&self.0.reading());
    }

    /// The tensor, row by row.
    ///
    /// # Errors
    /// It is too large.
    pub fn tensor(&self) -> Vec<f64> {
        let tensor = self.0.tensor();
        let length = tensor.dimension().checked_mul(tensor.dimension());
        given(zeros("h.length", length).and_then(|mut rows| {
            tensor.write(&mut rows)?;
            Ok(rows)
        }))
    }

    /// The tensor times a vector.
    ///
    /// # Errors
    /// The vector is refused.
    pub fn multiply(&self, x: &[f64]) -> Vec<f64> {
        let tensor = self.0.tensor();
        let mut out = vec![0.0; tensor.dimension()];
        given(tensor.multiply(x, &mut out));
        out
    }

    /// The boundary potential.
    pub fn potential(&self) -> Vec<f64> {
        self.0.potential().to_vec()
    }

    /// Overwrites the first entries of the boundary potential.
    ///
    /// # Errors
    /// They are refused.
    #[wasm_bindgen(js_name = setPotential)]
    pub fn set_potential(&mut self, potential: &[f64]) {
        given(self.0.set_potential(potential));
    }

    /// The gain for the next call.
    pub fn kappa(&self) -> f64 {
        self.0.config().kappa
    }

    /// Multiplies the gain.
    #[wasm_bindgen(js_name = scaleKappa)]
    pub fn scale_kappa(&mut self, factor: f64) {
        self.0.scale_kappa(factor);
    }

    /// As after construction; the gain stays.
    pub fn reset(&mut self, frame: &mut Frame) {
        self.0.reset();
        frame.write(&[self.0.u()]);
    }
}

/// The vector for a gradient and a potential. Slots: the reading.
///
/// # Errors
/// A list, a number or the configuration is refused.
#[wasm_bindgen(js_name = pgboOfGradient)]
pub fn pgbo_of_gradient(config: &[u8], gradient: &[f64], potential: &[f64], published: bool) -> Vec<f64> {
    let mut u = vec![0.0; gradient.len()];
    let reading = config_of(config)
        .and_then(|config| Ok(observers::pgbo_of_gradient(&config, fidelity(published), gradient, potential, &mut u)?));
    if let Some(reading) = made(reading) {
        publish(&reading);
    }
    u
}

fn publish(reading: &PgboReading) {
    details::set(&[reading.u_norm, reading.h_trace, reading.h_frob]);
}

fn create(dimension: u32, config: &[u8], published: bool) -> Result<Pgbo, Failure> {
    Ok(Pgbo(observers::Pgbo::new(dimension, config_of(config)?, fidelity(published))?))
}

fn config_of(tree: &[u8]) -> Result<PgboConfig, Failure> {
    let mut config = PgboConfig::default();
    let PgboConfig { alpha, kappa, u_cap, traceless } = &mut config;
    read(
        tree,
        &mut [
            ("alpha", Place::Number(alpha)),
            ("kappa", Place::Number(kappa)),
            ("u_cap", Place::Number(u_cap)),
            ("traceless", Place::Flag(traceless)),
        ],
    )?;
    Ok(config)
}
