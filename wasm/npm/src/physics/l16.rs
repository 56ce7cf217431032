//! The controller that closes the loop.

use alloc::vec::Vec;

use interlock_core::physics::{self, Block, L16Config, L16Input, L16Output, Locking, LoopState};
use wasm_bindgen::prelude::wasm_bindgen;

use super::fields::{Place, read};
use super::{fidelity, flag};
use crate::details::{self, count};
use crate::failure::{Failure, made};

/// The L16 controller.
#[wasm_bindgen]
pub struct L16(physics::L16);

#[wasm_bindgen]
impl L16 {
    /// A controller that has seen nothing.
    ///
    /// # Errors
    /// The configuration is refused.
    pub fn create(config: &[u8], published: bool) -> Option<L16> {
        made(self::create(config, published))
    }

    /// Makes a step. Slots: what [`output`] gives.
    ///
    /// # Errors
    /// A list or a number is refused.
    #[allow(clippy::too_many_arguments, reason = "the fields of one object")]
    pub fn step(
        &mut self,
        theta: &[f64],
        eigenvectors: &[f64],
        columns: u32,
        target: &[f64],
        target_columns: u32,
        r: f64,
        p_h1: f64,
        h_frob: f64,
        is_difference: bool,
        locking: f64,
        c7: f64,
        c8: f64,
        c10: f64,
        dt: f64,
    ) {
        let state = LoopState {
            theta,
            eigenvectors: Block { values: eigenvectors, columns },
            target: Block { values: target, columns: target_columns },
            r,
            p_h1,
            h_frob,
        };
        let locking = if is_difference { Locking::Difference(locking) } else { Locking::Value(locking) };
        if let Some(said) = made(self.0.step(&L16Input { state, locking, c7, c8, c10, dt })) {
            details::set(&output(&said));
        }
    }

    /// The last values of H_rec, oldest first.
    pub fn history(&self) -> Vec<f64> {
        self.0.history().to_vec()
    }

    /// The looks in the gate's window, oldest first, two numbers each.
    pub fn looks(&self) -> Vec<f64> {
        self.0.gate().looks().flatten().collect()
    }

    /// Leaves the state in the slots: whether the gate is open, its average, whether it refuses, how often it has, and
    /// the three factors.
    pub fn state(&self) {
        let l16 = &self.0;
        let [lr_z, d_theta, tau_d] = l16.scales();
        details::set(&[
            flag(l16.gate().is_open()),
            l16.gate().average(),
            flag(l16.refusal()),
            count(l16.refusals()),
            lr_z,
            d_theta,
            tau_d,
        ]);
    }
}

/// What the controller said, in the order of its fields.
pub(super) fn output(said: &L16Output) -> [f64; 13] {
    [
        said.lambda7,
        said.lambda8,
        said.lambda10,
        said.nu_star,
        flag(said.gate_open),
        flag(said.refusal),
        said.h_rec,
        said.dh_rec_dt,
        flag(said.lyapunov_stable),
        said.avg_plv,
        said.lr_z_scale,
        said.d_theta_scale,
        said.tau_d_scale,
    ]
}

fn create(tree: &[u8], published: bool) -> Result<L16, Failure> {
    let mut config = L16Config::default();
    read(
        tree,
        &mut [
            ("n", Place::Count(&mut config.n)),
            ("plv_threshold", Place::Number(&mut config.plv_threshold)),
            ("plv_window", Place::Count(&mut config.plv_window)),
            ("h_rec_window", Place::Count(&mut config.h_rec_window)),
            ("refusal_lr_factor", Place::Number(&mut config.refusal_lr_factor)),
            ("refusal_d_factor", Place::Number(&mut config.refusal_d_factor)),
            ("refusal_tau_factor", Place::Number(&mut config.refusal_tau_factor)),
            ("tau_h1", Place::Number(&mut config.tau_h1)),
        ],
    )?;
    Ok(L16(physics::L16::new(config, fidelity(published))?))
}
