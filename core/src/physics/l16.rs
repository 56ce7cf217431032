//! The controller that closes the loop.

use alloc::vec::Vec;

use super::gate::{Locking, PlvGate};
use super::pi::PiElement;
use super::recursion::{Block, LoopState, h_rec, refuses, slope};
use crate::Fidelity;
use crate::error::{FINITE, InputError, POSITIVE, Range, UNIT, check, check_all, check_length, count};

/// How many values of H_rec are kept.
const HISTORY: usize = 100;

/// Settings of the controller.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct L16Config {
    /// Most rows of a block that count; 16 by default.
    pub n: u32,
    /// The gate opens above this locking value; 0.6 by default.
    pub plv_threshold: f64,
    /// Looks that the locking value is taken over; 10 by default. `Corrected`: 1 to 65536.
    pub plv_window: u32,
    /// Changes of H_rec that refusal and values that the slope look at; 5 by default. `Corrected`: 2 to 99, so that
    /// the history of 100 values is enough.
    pub h_rec_window: u32,
    /// Factor on the learning rate of the latents while refusing; 0.5 by default.
    pub refusal_lr_factor: f64,
    /// Factor on the diffusion of the phases while refusing; 0.5 by default.
    pub refusal_d_factor: f64,
    /// Factor on the delay while refusing; 1.5 by default.
    pub refusal_tau_factor: f64,
    /// The observer's threshold, from which `p_h1` is no longer a deficit; 0.72 by default.
    pub tau_h1: f64,
}

impl Default for L16Config {
    fn default() -> Self {
        Self {
            n: 16,
            plv_threshold: 0.6,
            plv_window: 10,
            h_rec_window: 5,
            refusal_lr_factor: 0.5,
            refusal_d_factor: 0.5,
            refusal_tau_factor: 1.5,
            tau_h1: 0.72,
        }
    }
}

/// What the controller sees in a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct L16Input<'a> {
    /// What H_rec is made of.
    pub state: LoopState<'a>,
    /// How two phases lie to one another.
    pub locking: Locking,
    /// The symbolic cost C7.
    pub c7: f64,
    /// The phase cost C8.
    pub c8: f64,
    /// The boundary cost C10.
    pub c10: f64,
    /// Time since the last step, s.
    pub dt: f64,
}

/// What the controller says in a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct L16Output {
    /// Weight for C7, in [0.01, 10]. `Corrected`: it rises with the cost; `Published`: for costs of 0 or more it is
    /// 0.01 for ever. So are the next two.
    pub lambda7: f64,
    /// Weight for C8.
    pub lambda8: f64,
    /// Weight for C10.
    pub lambda10: f64,
    /// Drive towards R = 0.5, in [0.01, 10].
    pub nu_star: f64,
    /// Whether the phases are locked.
    pub gate_open: bool,
    /// Whether the loop refuses, because H_rec has only risen.
    pub refusal: bool,
    /// H_rec, the Lyapunov candidate, 0 or more.
    pub h_rec: f64,
    /// Its slope over the window, 1/s.
    pub dh_rec_dt: f64,
    /// Whether the slope is 0 or less.
    pub lyapunov_stable: bool,
    /// The locking value over its window.
    pub avg_plv: f64,
    /// Factor on the learning rate of the latents.
    pub lr_z_scale: f64,
    /// Factor on the diffusion of the phases.
    pub d_theta_scale: f64,
    /// Factor on the delay.
    pub tau_d_scale: f64,
}

/// The L16 controller: H_rec and its slope, the gate, refusal and four PI elements.
#[derive(Clone, Debug)]
pub struct L16 {
    fidelity: Fidelity,
    config: L16Config,
    history: Vec<f64>,
    gate: PlvGate,
    refusal: bool,
    refusals: u64,
    /// Of C7, C8, C10.
    costs: [PiElement; 3],
    order: PiElement,
}

impl L16 {
    /// A controller that has seen nothing.
    ///
    /// # Errors
    /// A number is not finite or, under `Corrected`, a window is out of its range or a factor negative.
    pub fn new(config: L16Config, fidelity: Fidelity) -> Result<Self, InputError> {
        let L16Config { plv_threshold, plv_window, h_rec_window, tau_h1, .. } = config;
        check("plv_threshold", plv_threshold, FINITE)?;
        check("tau_h1", tau_h1, FINITE)?;
        let window = |lo: f64, hi: f64, words| Range { lo, hi, words };
        // Branch: with published windows of 0 or 1 refusal is permanent, above 99 it is impossible.
        let smallest = if fidelity.is_published() { 0.0 } else { 1.0 };
        check("plv_window", f64::from(plv_window), window(smallest, 65_536.0, "a number from 1 to 65536"))?;
        if !fidelity.is_published() {
            check("h_rec_window", f64::from(h_rec_window), window(2.0, 99.0, "a number from 2 to 99"))?;
        }
        for (what, factor) in [
            ("refusal_lr_factor", config.refusal_lr_factor),
            ("refusal_d_factor", config.refusal_d_factor),
            ("refusal_tau_factor", config.refusal_tau_factor),
        ] {
            check(what, factor, if fidelity.is_published() { FINITE } else { crate::error::NOT_NEGATIVE })?;
        }
        let cost = PiElement::of_checked(0.0, 0.3, 0.03);
        Ok(Self {
            fidelity,
            config,
            history: Vec::with_capacity(HISTORY),
            gate: PlvGate::new(plv_threshold, plv_window, fidelity),
            refusal: false,
            refusals: 0,
            costs: [cost.clone(), cost.clone(), cost],
            order: PiElement::of_checked(0.5, 0.5, 0.05),
        })
    }

    /// Makes a step: H_rec, gate, refusal, slope, then the PI elements. Allocates nothing.
    ///
    /// # Errors
    /// `Published`: never. `Corrected`: a number is not finite, `dt` is not above 0, a locking value is outside of
    /// [0, 1], a block's length is no multiple of its columns, the blocks have different numbers of rows, or H_rec
    /// is above 1e150. Nothing has changed.
    pub fn step(&mut self, input: &L16Input<'_>) -> Result<L16Output, InputError> {
        let L16Config { n, tau_h1, h_rec_window, .. } = self.config;
        // Branch: published numbers are not checked, and a NaN passes for 0 or spreads.
        if !self.fidelity.is_published() {
            check_input(input)?;
        }
        let h_rec = h_rec(&input.state, n, tau_h1);
        if !self.fidelity.is_published() {
            check("h_rec", h_rec, Range { lo: 0.0, hi: 1e150, words: "a number up to 1e150" })?;
        }
        if self.history.len() >= HISTORY {
            self.history.remove(0);
        }
        self.history.push(h_rec);
        self.gate.push(input.locking);
        // Too short a history leaves all as it was.
        if let Some(refusal) = refuses(&self.history, h_rec_window, self.fidelity) {
            self.refusal = refusal;
            self.refusals = self.refusals.saturating_add(u64::from(refusal));
        }
        let dh_rec_dt = slope(&self.history, h_rec_window, input.dt);
        // Branch: the published elements compare a cost with 0 from above, and sit on their lower bound.
        let sign = if self.fidelity.is_published() { 1.0 } else { -1.0 };
        let [seven, eight, ten] = &mut self.costs;
        let lambda7 = seven.advance(sign * input.c7, input.dt);
        let lambda8 = eight.advance(sign * input.c8, input.dt);
        let lambda10 = ten.advance(sign * input.c10, input.dt);
        let nu_star = self.order.advance(input.state.r, input.dt);
        let [lr_z_scale, d_theta_scale, tau_d_scale] = self.scales();
        Ok(L16Output {
            lambda7,
            lambda8,
            lambda10,
            nu_star,
            gate_open: self.gate.is_open(),
            refusal: self.refusal,
            h_rec,
            dh_rec_dt,
            lyapunov_stable: dh_rec_dt <= 0.0,
            avg_plv: self.gate.average(),
            lr_z_scale,
            d_theta_scale,
            tau_d_scale,
        })
    }

    /// The factors on learning rate, diffusion and delay: 1, or the configured ones while refusing.
    #[must_use]
    pub fn scales(&self) -> [f64; 3] {
        let L16Config { refusal_lr_factor, refusal_d_factor, refusal_tau_factor, .. } = self.config;
        if self.refusal { [refusal_lr_factor, refusal_d_factor, refusal_tau_factor] } else { [1.0; 3] }
    }

    /// The last values of H_rec, at most 100, oldest first.
    #[must_use]
    pub fn history(&self) -> &[f64] {
        &self.history
    }

    /// The gate.
    #[must_use]
    pub fn gate(&self) -> &PlvGate {
        &self.gate
    }

    /// Whether the loop refuses.
    #[must_use]
    pub fn refusal(&self) -> bool {
        self.refusal
    }

    /// Steps that ended in refusal.
    #[must_use]
    pub fn refusals(&self) -> u64 {
        self.refusals
    }

    /// The settings.
    #[must_use]
    pub fn config(&self) -> &L16Config {
        &self.config
    }
}

fn check_input(input: &L16Input<'_>) -> Result<(), InputError> {
    let LoopState { theta, eigenvectors, target, r, p_h1, h_frob } = input.state;
    check_all("theta", theta, FINITE)?;
    let own = rows("eigenvectors.length", eigenvectors)?;
    let wanted = rows("target.length", target)?;
    if let (Some(own), Some(wanted)) = (own, wanted) {
        check_length("target.rows", wanted, own, "the rows of the eigenvectors")?;
    }
    check_all("eigenvectors", eigenvectors.values, FINITE)?;
    check_all("target", target.values, FINITE)?;
    let locking = if matches!(input.locking, Locking::Value(_)) { UNIT } else { FINITE };
    for (what, value, range) in [
        ("r", r, FINITE),
        ("p_h1", p_h1, FINITE),
        ("h_frob", h_frob, FINITE),
        ("locking", input.locking.number(), locking),
        ("c7", input.c7, FINITE),
        ("c8", input.c8, FINITE),
        ("c10", input.c10, FINITE),
        ("dt", input.dt, POSITIVE),
    ] {
        check(what, value, range)?;
    }
    Ok(())
}

/// Rows of a block; none of an empty one.
fn rows(what: &'static str, block: Block<'_>) -> Result<Option<usize>, InputError> {
    let columns = usize::try_from(block.columns).unwrap_or(usize::MAX);
    let length = block.values.len();
    if length == 0 || columns == 0 {
        return Ok(None);
    }
    if length.checked_rem(columns) != Some(0) {
        return Err(InputError { what, index: None, value: count(length), bound: "a multiple of the columns" });
    }
    Ok(length.checked_div(columns))
}
