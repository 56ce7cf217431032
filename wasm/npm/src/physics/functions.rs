//! Functions without state.

use alloc::vec;
use alloc::vec::Vec;

use interlock_core::numeric;
use interlock_core::observers::{self, Embedding};
use interlock_core::physics::{self, Block, LoopState, layers, order};
use wasm_bindgen::prelude::wasm_bindgen;

use super::{fidelity, zeros};
use crate::failure::{Failure, given};

/// Natural frequencies of the sixteen layers.
#[wasm_bindgen(js_name = layerOmega)]
pub fn layer_omega() -> Vec<f64> {
    layers::OMEGA.to_vec()
}

/// Names of the sixteen layers, one a line.
#[wasm_bindgen(js_name = layerNames)]
pub fn layer_names() -> alloc::string::String {
    layers::NAMES.join("\n")
}

/// Coupling of the sixteen layers, row by row.
#[wasm_bindgen(js_name = layerCoupling)]
pub fn layer_coupling(published: bool) -> Vec<f64> {
    layers::coupling_rows(fidelity(published)).as_flattened().to_vec()
}

/// The order parameter R of phases.
#[wasm_bindgen(js_name = orderParameter)]
pub fn order_parameter(theta: &[f64]) -> f64 {
    order::parameter(theta)
}

/// An angle in [0, 2 pi).
#[wasm_bindgen]
pub fn wrap(x: f64, published: bool) -> f64 {
    physics::wrap(x, fidelity(published))
}

/// The difference of two angles on the shorter way round.
#[wasm_bindgen]
pub fn difference(a: f64, b: f64) -> f64 {
    physics::difference(a, b)
}

/// A difference of angles in [-pi, pi).
#[wasm_bindgen(js_name = wrapDifference)]
pub fn wrap_difference(difference: f64, published: bool) -> f64 {
    observers::wrap_difference(difference, fidelity(published))
}

/// Coupling at which oscillators with these natural frequencies lock.
#[wasm_bindgen(js_name = criticalCoupling)]
pub fn critical_coupling(omega: &[f64]) -> f64 {
    physics::critical_coupling(omega)
}

/// H_rec of a state.
#[wasm_bindgen(js_name = hRec)]
#[allow(clippy::too_many_arguments, reason = "the fields of one object")]
pub fn h_rec(
    theta: &[f64],
    eigenvectors: &[f64],
    columns: u32,
    target: &[f64],
    target_columns: u32,
    r: f64,
    p_h1: f64,
    h_frob: f64,
    n: u32,
    tau_h1: f64,
) -> f64 {
    let state = LoopState {
        theta,
        eigenvectors: Block { values: eigenvectors, columns },
        target: Block { values: target, columns: target_columns },
        r,
        p_h1,
        h_frob,
    };
    physics::h_rec(&state, n, tau_h1)
}

/// Slope of the last values of a history.
#[wasm_bindgen]
pub fn slope(history: &[f64], window: u32, dt: f64) -> f64 {
    physics::slope(history, window, dt)
}

/// Whether a history demands refusal; none while it is too short.
#[wasm_bindgen]
pub fn refuses(history: &[f64], window: u32, published: bool) -> Option<bool> {
    physics::refuses(history, window, fidelity(published))
}

/// The points of a delay embedding, one after the other.
///
/// # Errors
/// A number or the samples are refused.
#[wasm_bindgen]
pub fn embed(samples: &[f64], channels: u32, dimension: u32, delay: u32) -> Vec<f64> {
    let points = Embedding::new(dimension, delay).map_err(Failure::from).and_then(|embedding| {
        // The room is made before, since the core does not ask whether there is any.
        let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let wide = size(channels.into());
        let rows = samples.len().checked_div(wide).unwrap_or(0).saturating_sub(size(embedding.span()));
        let length = rows.checked_mul(wide).and_then(|length| length.checked_mul(size(dimension.into())));
        let mut points = zeros("points.length", length)?;
        embedding.embed(samples, channels, &mut points)?;
        Ok(points)
    });
    given(points)
}

/// From a lifetime to a probability.
#[wasm_bindgen]
pub fn squash(s: f64, s0: f64, beta: f64) -> f64 {
    observers::squash(s, s0, beta)
}

/// The middle of [`squash`] for a probability at a lifetime.
#[wasm_bindgen(js_name = s0For)]
pub fn s0_for(s_tau: f64, p: f64, beta: f64) -> f64 {
    observers::s0_for(s_tau, p, beta)
}

/// Sines of numbers, then their cosines.
#[wasm_bindgen(js_name = sinCosAll)]
pub fn sin_cos_all(x: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; x.len().saturating_mul(2)];
    let (sines, cosines) = out.split_at_mut(x.len());
    numeric::sin_cos_all(x, sines, cosines);
    out
}

/// Exponentials of numbers.
#[wasm_bindgen(js_name = expAll)]
pub fn exp_all(x: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; x.len()];
    numeric::exp_all(x, &mut out);
    out
}

/// Natural logarithms of numbers.
#[wasm_bindgen(js_name = lnAll)]
pub fn ln_all(x: &[f64]) -> Vec<f64> {
    let mut out = vec![0.0; x.len()];
    numeric::ln_all(x, &mut out);
    out
}
