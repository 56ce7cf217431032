//! Phase dynamics: parameters, UPDE stepper, SEC functional, L16 controller.
//!
//! Angles are in radians, time is in seconds, frequencies are in radians a second, indices start at 0.
//!
//! - [`layers`]: the sixteen oscillators of the layer model, their frequencies and coupling
//! - [`Coupling`]: a coupling matrix, laid out for products with it
//! - [`Upde`]: integrates the phases
//! - [`order`]: how far phases agree
//! - [`Sec`]: a functional that scores a state
//! - [`L16`]: the controller that closes the loop

mod coupling;
mod entropy;
mod gate;
mod l16;
pub mod layers;
pub mod order;
mod pi;
mod recursion;
mod sec;
mod upde;
mod wrap;

pub use coupling::Coupling;
pub use gate::{Locking, PlvGate};
pub use l16::{L16, L16Config, L16Input, L16Output};
pub use pi::PiElement;
pub use recursion::{Block, LoopState, h_rec, refuses, slope};
pub use sec::{Motion, Sec, SecConfig, SecResult, critical_coupling};
pub use upde::{Upde, UpdeConfig};
pub use wrap::{difference, wrap};
