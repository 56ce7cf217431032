//! Observers of the phases: TCBO (persistent homology) and PGBO.
//!
//! - [`rips`]: loops of a cloud of points, over all scales
//! - [`tcbo`]: whether the phases go round a loop together
//! - [`pgbo`]: from the gradient of the phases to a symmetric tensor over the nodes

pub mod pgbo;
pub mod rips;
pub mod tcbo;

pub use pgbo::{Pgbo, PgboConfig, PgboReading, Tensor, pgbo_of_gradient, wrap_difference};
pub use rips::{Bar, Cloud, Longest, Rips};
pub use tcbo::{
    Embedding, Estimator, Tcbo, TcboConfig, TcboControl, TcboController, TcboControllerConfig, TcboReading, s0_for,
    squash,
};
