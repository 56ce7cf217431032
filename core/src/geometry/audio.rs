//! The engine's state as parameters of sound. Section 8.10.

use core::f64::consts::PI;

use crate::Fidelity;
use crate::physics::{order, wrap};

use super::costs::GATE;
use super::functions::{cos, count};
use super::spectral::{fiedler_value, spectral_gap};

/// A band of brain waves, named after the beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Band {
    /// Below 4 Hz.
    Delta,
    /// Below 8 Hz.
    Theta,
    /// Below 12 Hz.
    Alpha,
    /// Below 30 Hz.
    Beta,
    /// From 30 Hz on.
    Gamma,
}

impl Band {
    /// The band of a frequency in Hz.
    #[must_use]
    pub fn of(hz: f64) -> Self {
        match hz {
            hz if hz < 4.0 => Self::Delta,
            hz if hz < 8.0 => Self::Theta,
            hz if hz < 12.0 => Self::Alpha,
            hz if hz < 30.0 => Self::Beta,
            _ => Self::Gamma,
        }
    }

    /// Its name in lower case.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Delta => "delta",
            Self::Theta => "theta",
            Self::Alpha => "alpha",
            Self::Beta => "beta",
            Self::Gamma => "gamma",
        }
    }
}

/// What sound is made from.
#[derive(Clone, Copy, Debug)]
pub struct AudioState<'a> {
    /// Phases.
    pub theta: &'a [f64],
    /// Weights, row by row.
    pub w: &'a [f64],
    /// Eigenvalues as the spectral bridge gave them.
    pub eigenvalues: &'a [f64],
    /// TCBO's probability.
    pub p_h1: f64,
    /// Whether the controller's gate is open.
    pub gate_open: bool,
    /// Whether the controller refuses.
    pub refusal: bool,
    /// Length of PGBO's vector in rad/s.
    pub pgbo_u_norm: f64,
    /// Frobenius norm of PGBO's tensor.
    pub pgbo_h_frob: f64,
}

/// Parameters of sound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Audio {
    /// The order parameter, in [0, 1].
    pub r_global: f64,
    /// The order parameter again, by its musical name.
    pub entrainment_intensity: f64,
    /// Beat in Hz, in [0.5, 40]; 10 with fewer than 2 phases.
    pub beat_hz: f64,
    /// Pulse in Hz, in [1, 20]; 6 with fewer than 4 phases.
    pub pulse_hz: f64,
    /// Direction in degrees, in [0, 360); 0 with fewer than 7 phases.
    pub spatial_angle_deg: f64,
    /// The band of the beat.
    pub band: Band,
    /// The second eigenvalue.
    pub fiedler_stability: f64,
    /// The second eigenvalue as a share of the third.
    pub spectral_gap: f64,
    /// Share of the pairs whose weight is above 0.01.
    pub geometry_density: f64,
    /// Whether the controller's gate is open.
    pub l16_gate_open: bool,
    /// Whether the controller refuses.
    pub l16_refusal: bool,
    /// TCBO's probability.
    pub tcbo_p_h1: f64,
    /// Whether it is above 0.72.
    pub tcbo_gate_open: bool,
    /// Length of PGBO's vector in rad/s.
    pub pgbo_u_norm: f64,
    /// Frobenius norm of PGBO's tensor.
    pub pgbo_h_frob: f64,
    /// Whether TCBO's gate is open and the order parameter above 0.95.
    pub theurgic_mode: bool,
    /// 1.75 in that mode, 1 otherwise.
    pub healing_acceleration: f64,
}

impl Audio {
    /// Maps a state. Any numbers are taken.
    #[must_use]
    pub fn of(state: &AudioState<'_>) -> Self {
        let phase = |index: usize| state.theta.get(index).copied();
        let swing = |phase: f64| cos(phase).abs();
        let r = order::parameter(state.theta);
        let beat_hz = phase(1).map_or(10.0, |phase| 0.5 + 39.5 * swing(phase));
        let nodes = count(state.theta.len());
        let linked = count(state.w.iter().filter(|weight| **weight > 0.01).count());
        let tcbo_gate_open = state.p_h1 > GATE;
        let theurgic_mode = tcbo_gate_open && r > 0.95;
        Self {
            r_global: r,
            entrainment_intensity: r,
            beat_hz,
            pulse_hz: phase(3).map_or(6.0, |phase| 1.0 + 19.0 * swing(phase)),
            spatial_angle_deg: phase(6).map_or(0.0, |phase| wrap(phase, Fidelity::Corrected) * (180.0 / PI)),
            band: Band::of(beat_hz),
            fiedler_stability: fiedler_value(state.eigenvalues),
            spectral_gap: spectral_gap(state.eigenvalues),
            geometry_density: linked / (nodes * (nodes - 1.0)).max(1.0),
            l16_gate_open: state.gate_open,
            l16_refusal: state.refusal,
            tcbo_p_h1: state.p_h1,
            tcbo_gate_open,
            pgbo_u_norm: state.pgbo_u_norm,
            pgbo_h_frob: state.pgbo_h_frob,
            theurgic_mode,
            healing_acceleration: if theurgic_mode { 1.75 } else { 1.0 },
        }
    }
}
