//! Numbers with the same bits on every host.
//!
//! Elementary functions come from the pinned `libm` crate in plain `f64` arithmetic, never from the
//! platform; what the advanced runtime needs for whole lists is written here, branch-free, so that compilers
//! vectorise it without another bit. [`parse_decimal`] and [`Decimal`] turn decimal text into doubles and back.

mod decimal;
#[cfg(feature = "geometry")]
mod eigen;
#[cfg(any(feature = "operad", feature = "physics", feature = "observers", feature = "geometry"))]
mod exponential;
#[cfg(any(feature = "operad", feature = "physics", feature = "observers", feature = "geometry"))]
mod random;
#[cfg(any(feature = "operad", feature = "physics", feature = "observers", feature = "geometry"))]
mod root;
#[cfg(any(feature = "operad", feature = "physics", feature = "observers", feature = "geometry"))]
mod trig;

pub use decimal::{Decimal, digits, parse_decimal};
#[cfg(feature = "geometry")]
pub(crate) use eigen::check_symmetric;
#[cfg(feature = "geometry")]
pub use eigen::{EigenMethod, SymmetricEigen};
#[cfg(any(feature = "operad", feature = "physics", feature = "observers", feature = "geometry"))]
pub use exponential::{exp_all, ln_all};
#[cfg(any(feature = "operad", feature = "physics", feature = "observers", feature = "geometry"))]
pub use random::Xorshift64;
#[cfg(any(feature = "operad", feature = "physics", feature = "observers", feature = "geometry"))]
pub use root::sqrt;
#[cfg(feature = "geometry")]
pub(crate) use trig::sin_cos_list;
#[cfg(any(feature = "operad", feature = "physics", feature = "observers", feature = "geometry"))]
pub use trig::{cos, sin, sin_cos, sin_cos_all};
#[cfg(feature = "physics")]
pub(crate) use trig::{sin_cos_lanes, sin_cos_near_lanes};

/// `e` to the power `x`.
#[must_use]
pub fn exp(x: f64) -> f64 {
    libm::exp(x)
}

/// Natural logarithm of `x`.
#[must_use]
pub fn ln(x: f64) -> f64 {
    libm::log(x)
}

/// Logarithm of `x` to base 2.
#[must_use]
pub fn log2(x: f64) -> f64 {
    libm::log2(x)
}
