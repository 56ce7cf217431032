//! Observers of the phases: TCBO (persistent homology) and PGBO.
//!
//! - [`pgbo`]: from the gradient of the phases to a symmetric tensor over the nodes

pub mod pgbo;

pub use pgbo::{Pgbo, PgboConfig, PgboReading, Tensor, pgbo_of_gradient, wrap_difference};
