//! Values in the inputs: numbers, names and changed fields of configurations.

use interlock_core::Fidelity;
use interlock_core::geometry::{CostWeights, Decoder, GradientMethod, SsgfConfig};
use interlock_core::numeric::EigenMethod;
use interlock_core::observers::{Estimator, PgboConfig, TcboConfig, TcboControllerConfig};
use interlock_core::physics::{L16Config, SecConfig, UpdeConfig};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::super::text::{Bits, BitsList};

/// A list of doubles.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Numbers {
    /// One after the other.
    List(BitsList),
    /// Some, again and again, until there are so many.
    Cycle { cycle: BitsList, count: u32 },
}

impl Numbers {
    /// The numbers.
    pub(crate) fn list(&self) -> Vec<f64> {
        match self {
            Self::List(list) => list.0.clone(),
            Self::Cycle { cycle, count } => cycle.0.iter().copied().cycle().take(*count as usize).collect(),
        }
    }
}

impl From<Vec<f64>> for Numbers {
    /// The shorter way to write a list.
    fn from(list: Vec<f64>) -> Self {
        let bits = |x: &f64| x.to_bits();
        let again = |period: &usize| {
            list.iter().map(bits).eq(list.iter().cycle().take(*period).cycle().take(list.len()).map(bits))
        };
        let half = list.len() / 2;
        match (1..half).find(again).zip(u32::try_from(list.len()).ok()).filter(|_| half > 8) {
            Some((period, count)) => Self::Cycle { cycle: BitsList(list.into_iter().take(period).collect()), count },
            None => Self::List(BitsList(list)),
        }
    }
}

/// 64 bits as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word(pub(crate) u64);

impl Serialize for Word {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&format!("{:016x}", self.0))
    }
}

impl<'de> Deserialize<'de> for Word {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match u64::from_str_radix(&text, 16) {
            Ok(word) if text.len() == 16 => Ok(Self(word)),
            _ => Err(D::Error::custom(format!("{text:?} is not 16 hexadecimal digits"))),
        }
    }
}

/// A value in an input that stands for one of the core.
trait Stands<T> {
    fn value(&self) -> T;
}

impl Stands<f64> for Bits {
    fn value(&self) -> f64 {
        self.0
    }
}

impl Stands<u64> for Word {
    fn value(&self) -> u64 {
        self.0
    }
}

impl Stands<u32> for u32 {
    fn value(&self) -> u32 {
        *self
    }
}

impl Stands<bool> for bool {
    fn value(&self) -> bool {
        *self
    }
}

/// The names of an enum's cases.
macro_rules! names {
    ($(#[$doc:meta])* $name:ident of $core:ident { $($case:ident),+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub(crate) enum $name { $($case),+ }

        impl From<$name> for $core {
            fn from(name: $name) -> Self {
                match name { $($name::$case => Self::$case),+ }
            }
        }

        impl From<$core> for $name {
            fn from(value: $core) -> Self {
                match value { $($core::$case => Self::$case),+ }
            }
        }

        impl Stands<$core> for $name {
            fn value(&self) -> $core {
                (*self).into()
            }
        }
    };
}

names!(#[doc = "Which definition."] FidelityName of Fidelity { Corrected, Published });
names!(#[doc = "How eigenpairs are found."] EigenMethodName of EigenMethod { Tridiagonal, Jacobi });
names!(#[doc = "How lifetimes are found."] EstimatorName of Estimator { Rips, Spread });
names!(#[doc = "How latents become weights."] DecoderName of Decoder { GramSoftplus, Rbf });
names!(#[doc = "How slopes are found."] GradientMethodName of GradientMethod { Analytic, FiniteDifference });

/// The fields of a configuration that are not at their default.
macro_rules! changes {
    ($(#[$doc:meta])* $name:ident of $config:ident { $($field:ident: $type:ty),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, Default, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            $(
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub(crate) $field: Option<$type>,
            )+
        }

        impl $name {
            /// The configuration.
            pub(crate) fn config(&self) -> $config {
                let default = $config::default();
                $config { $($field: self.$field.as_ref().map_or(default.$field, Stands::value),)+ }
            }
        }
    };
}

changes!(
    /// Of a UPDE stepper.
    UpdeChanges of UpdeConfig { dt: Bits, field_pressure: Bits, noise_amplitude: Bits }
);
changes!(
    /// Of a SEC functional.
    SecChanges of SecConfig { frequency_weight: Bits, entropy_weight: Bits }
);
changes!(
    /// Of an L16 controller.
    L16Changes of L16Config {
        n: u32,
        plv_threshold: Bits,
        plv_window: u32,
        h_rec_window: u32,
        refusal_lr_factor: Bits,
        refusal_d_factor: Bits,
        refusal_tau_factor: Bits,
        tau_h1: Bits,
    }
);
changes!(
    /// Of a TCBO observer.
    TcboChanges of TcboConfig {
        embed_dim: u32,
        tau_delay: u32,
        window_size: u32,
        tau_h1: Bits,
        beta: Bits,
        s0: Bits,
        s_tau: Bits,
        persistence_threshold: Bits,
        compute_every_n: u32,
        estimator: EstimatorName,
    }
);
changes!(
    /// Of a TCBO controller.
    TcboControllerChanges of TcboControllerConfig {
        tau_h1: Bits,
        kp: Bits,
        ki: Bits,
        integral_min: Bits,
        integral_max: Bits,
        kappa_min: Bits,
        kappa_max: Bits,
        history_len: u32,
    }
);
changes!(
    /// Of a PGBO engine.
    PgboChanges of PgboConfig { alpha: Bits, kappa: Bits, u_cap: Bits, traceless: bool }
);
changes!(
    /// Weights of cost terms.
    CostWeightsChanges of CostWeights {
        micro: Bits,
        c7: Bits,
        c8: Bits,
        c9: Bits,
        c10: Bits,
        reg: Bits,
        c4_tcbo: Bits,
        pgbo: Bits,
    }
);

impl Stands<CostWeights> for CostWeightsChanges {
    fn value(&self) -> CostWeights {
        self.config()
    }
}

changes!(
    /// Of an SSGF engine.
    SsgfChanges of SsgfConfig {
        n: u32,
        decoder: DecoderName,
        rbf_sigma: Bits,
        n_micro: u32,
        dt_micro: Bits,
        dt_outer: Bits,
        lr_z: Bits,
        sigma_g: Bits,
        noise_amp: Bits,
        field_pressure: Bits,
        weights: CostWeightsChanges,
        plv_threshold: Bits,
        plv_window: u32,
        h_rec_window: u32,
        fd_eps: Bits,
        gradient: GradientMethodName,
        seed: Word,
        pgbo_enabled: bool,
        pgbo_alpha: Bits,
        pgbo_kappa: Bits,
        pgbo_weight: Bits,
        pgbo_u_cap: Bits,
        pgbo_traceless: bool,
        log_capacity: u32,
    }
);
