//! Types of the bindings to and from those of the core.

use interlock_core as core;

use super::HostError;
use super::bindings::exports::interlock::kernel::{geometry, numeric, observers, physics, types};
use crate::embed::InputError;

impl From<types::InputError> for HostError {
    fn from(error: types::InputError) -> Self {
        Self::Input(InputError { what: error.what, index: error.index, value: error.value, bound: error.bound })
    }
}

impl From<core::Fidelity> for numeric::Fidelity {
    fn from(fidelity: core::Fidelity) -> Self {
        match fidelity {
            core::Fidelity::Corrected => Self::Corrected,
            core::Fidelity::Published => Self::Published,
        }
    }
}

impl From<core::numeric::EigenMethod> for numeric::EigenMethod {
    fn from(method: core::numeric::EigenMethod) -> Self {
        match method {
            core::numeric::EigenMethod::Tridiagonal => Self::Tridiagonal,
            core::numeric::EigenMethod::Jacobi => Self::Jacobi,
        }
    }
}

impl From<core::observers::Estimator> for observers::Estimator {
    fn from(estimator: core::observers::Estimator) -> Self {
        match estimator {
            core::observers::Estimator::Rips => Self::Rips,
            core::observers::Estimator::Spread => Self::Spread,
        }
    }
}

impl From<core::geometry::Decoder> for geometry::Decoder {
    fn from(decoder: core::geometry::Decoder) -> Self {
        match decoder {
            core::geometry::Decoder::GramSoftplus => Self::GramSoftplus,
            core::geometry::Decoder::Rbf => Self::Rbf,
        }
    }
}

impl From<core::geometry::GradientMethod> for geometry::GradientMethod {
    fn from(method: core::geometry::GradientMethod) -> Self {
        match method {
            core::geometry::GradientMethod::Analytic => Self::Analytic,
            core::geometry::GradientMethod::FiniteDifference => Self::FiniteDifference,
        }
    }
}

impl From<geometry::Band> for core::geometry::Band {
    fn from(band: geometry::Band) -> Self {
        match band {
            geometry::Band::Delta => Self::Delta,
            geometry::Band::Theta => Self::Theta,
            geometry::Band::Alpha => Self::Alpha,
            geometry::Band::Beta => Self::Beta,
            geometry::Band::Gamma => Self::Gamma,
        }
    }
}

/// Records whose fields have the same names and types on both sides, or convert.
macro_rules! records {
    ($($from:ty => $to:ty { $($field:ident),+ $(,)? })+) => {
        $(
            impl From<$from> for $to {
                fn from(record: $from) -> Self {
                    Self { $($field: record.$field.into()),+ }
                }
            }
        )+
    };
}

records! {
    core::physics::UpdeConfig => physics::UpdeConfig { dt, field_pressure, noise_amplitude }
    physics::UpdeConfig => core::physics::UpdeConfig { dt, field_pressure, noise_amplitude }
    core::physics::SecConfig => physics::SecConfig { frequency_weight, entropy_weight }
    physics::SecResult => core::physics::SecResult {
        v, v_normalised, r, dv_dt, coherence_score, v_coupling, v_frequency, v_entropy,
    }
    core::physics::L16Config => physics::L16Config {
        n, plv_threshold, plv_window, h_rec_window, refusal_lr_factor, refusal_d_factor, refusal_tau_factor, tau_h1,
    }
    physics::L16Output => core::physics::L16Output {
        lambda7, lambda8, lambda10, nu_star, gate_open, refusal, h_rec, dh_rec_dt, lyapunov_stable, avg_plv, lr_z_scale,
        d_theta_scale, tau_d_scale,
    }
    observers::Bar => core::observers::Bar { birth, death }
    core::observers::TcboConfig => observers::TcboConfig {
        embed_dim, tau_delay, window_size, tau_h1, beta, s0, s_tau, persistence_threshold, compute_every_n, estimator,
    }
    observers::TcboReading => core::observers::TcboReading { p_h1, s_h1, lifetime, diameter, is_conscious, h1_error }
    core::observers::TcboControllerConfig => observers::TcboControllerConfig {
        tau_h1, kp, ki, integral_min, integral_max, kappa_min, kappa_max, history_len,
    }
    observers::TcboControl => core::observers::TcboControl { p_h1, kappa, error }
    core::observers::PgboConfig => observers::PgboConfig { alpha, kappa, u_cap, traceless }
    observers::PgboReading => super::PgboReading { u_norm, h_trace, h_frob }
    core::geometry::CostWeights => geometry::CostWeights { micro, c7, c8, c9, c10, reg, c4_tcbo, pgbo }
    core::geometry::SsgfConfig => geometry::SsgfConfig {
        n, decoder, rbf_sigma, n_micro, dt_micro, dt_outer, lr_z, sigma_g, noise_amp, field_pressure, weights,
        plv_threshold, plv_window, h_rec_window, fd_eps, gradient, seed, pgbo_enabled, pgbo_alpha, pgbo_kappa,
        pgbo_weight, pgbo_u_cap, pgbo_traceless, log_capacity,
    }
    geometry::Costs => core::geometry::Costs {
        c_micro, c7_symbolic, c8_phase, c9_memory, c10_boundary, r_graph, c4_tcbo, c_pgbo, u_total,
    }
    geometry::StepRecord => core::geometry::StepRecord {
        step, costs, r_global, fiedler_value, spectral_gap, h_rec, gate_open, refusal, w_valid, eigval_ordered,
        pgbo_u_norm, pgbo_h_frob, tcbo_p_h1, tcbo_gate_open,
    }
    geometry::Audio => core::geometry::Audio {
        r_global, entrainment_intensity, beat_hz, pulse_hz, spatial_angle_deg, band, fiedler_stability, spectral_gap,
        geometry_density, l16_gate_open, l16_refusal, tcbo_p_h1, tcbo_gate_open, pgbo_u_norm, pgbo_h_frob, theurgic_mode,
        healing_acceleration,
    }
}
