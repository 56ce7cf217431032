//! TCBO: whether the phases go round a loop together.
//!
//! The last samples are embedded with a delay, and the longest loop of that cloud over all scales is squashed to a
//! probability. Section 6 of the specification.

mod config;
mod controller;
mod embed;
mod observer;
mod spread;
mod squash;

pub use config::{Estimator, TcboConfig};
pub use controller::{TcboControl, TcboController, TcboControllerConfig};
pub use embed::Embedding;
pub use observer::{Tcbo, TcboReading};
pub use squash::{s0_for, squash};
