//! Types that several interfaces share, to and from those of the core.

use interlock_core as core;

use super::bindings::exports::interlock::kernel::{numeric, physics, types};

impl From<core::error::InputError> for types::InputError {
    fn from(error: core::error::InputError) -> Self {
        Self { what: error.what.into(), index: error.index, value: error.value, bound: error.bound.into() }
    }
}

impl From<numeric::Fidelity> for core::Fidelity {
    fn from(fidelity: numeric::Fidelity) -> Self {
        match fidelity {
            numeric::Fidelity::Corrected => Self::Corrected,
            numeric::Fidelity::Published => Self::Published,
        }
    }
}

impl From<core::physics::L16Output> for physics::L16Output {
    fn from(output: core::physics::L16Output) -> Self {
        Self {
            lambda7: output.lambda7,
            lambda8: output.lambda8,
            lambda10: output.lambda10,
            nu_star: output.nu_star,
            gate_open: output.gate_open,
            refusal: output.refusal,
            h_rec: output.h_rec,
            dh_rec_dt: output.dh_rec_dt,
            lyapunov_stable: output.lyapunov_stable,
            avg_plv: output.avg_plv,
            lr_z_scale: output.lr_z_scale,
            d_theta_scale: output.d_theta_scale,
            tau_d_scale: output.tau_d_scale,
        }
    }
}

/// A length as WIT counts. Lists that fit in wasm's memory do.
pub(super) fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
