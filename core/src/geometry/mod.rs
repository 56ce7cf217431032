//! The SSGF engine: a weighted graph over the oscillators that follows a cost downhill while they move.
//!
//! - [`config`]: what an engine is set to, and which corrections it makes
//! - [`nodes`]: latents, and both decoders from them to weights
//! - [`spectral`]: the normalised Laplacian's eigenpairs, with signs that do not jump
//! - [`micro`]: the phases between two changes of the graph
//! - [`costs`]: eight cost terms and their weights
//! - [`gradient`]: their slope in the latents, analytic or by differences
//! - [`engine`]: the outer step in ten stages
//! - [`log`]: what a step recorded, the last ones kept in a ring
//! - [`audio`]: the state as parameters of sound
//!
//! Section 8 of the specification. Angles are in radians, times in seconds, frequencies in rad/s.

pub mod audio;
pub mod config;
pub mod costs;
pub mod engine;
pub mod gradient;
pub mod log;
pub mod micro;
pub mod nodes;
pub mod spectral;

mod functions;

pub use audio::{Audio, AudioState, Band};
pub use config::{Corrections, GradientMethod, SsgfConfig};
pub use costs::{CostInputs, CostWeights, Costs};
pub use engine::SsgfEngine;
pub use gradient::{Gradient, GradientState};
pub use log::{StepLog, StepRecord};
pub use micro::{MicroConfig, MicroCycle};
pub use nodes::{Decoder, NodeSpace};
pub use spectral::SpectralBridge;
