//! The advanced runtime's component: phase dynamics, observers, geometry.
//!
//! It is another component than the one that guards streams, in the same manner: an [`Advanced`] is the component,
//! compiled once; it makes [`AdvancedInstance`]s with fuel and memory limits of their own; the stateful types of the core
//! live in one instance each and have the core's names, arguments and answers. What has no state is a method of the
//! instance.
//!
//! What the core refuses is [`HostError::Input`] with field, value and bound, and changes nothing. A trap is
//! [`HostError::Trap`], and every later call of that instance [`HostError::Poisoned`].
//!
//! ```
//! use interlock_core::{Fidelity, physics::UpdeConfig};
//! use interlock_host::embed::advanced::Advanced;
//!
//! # let file = std::env::var("INTERLOCK_ADVANCED_COMPONENT")
//! #     .unwrap_or("../target/component/interlock-advanced.component.wasm".into());
//! let advanced = Advanced::from_file(file)?;
//! let mut upde = advanced.upde_layers(&[0.5; 16], &UpdeConfig::default(), 42, Fidelity::Corrected)?;
//! upde.run(1000)?;
//! assert_eq!(upde.steps()?, 1000);
//! assert!(upde.r()? <= 1.0);
//! # Ok::<(), interlock_host::embed::HostError>(())
//! ```

mod bindings;
mod convert;
mod engine;
mod geometry;
mod instance;
mod numeric;
mod observers;
mod physics;

pub use engine::Advanced;
pub use geometry::{SpectralBridge, SsgfEngine};
pub use instance::AdvancedInstance;
pub use numeric::{SymmetricEigen, Xorshift64};
pub use observers::{Pgbo, PgboReading, Rips, Tcbo, TcboController};
pub use physics::{L16, PiElement, Sec, Upde};

use super::error::HostError;
