//! The per-token halt monitor.
//!
//! A [`HaltConfig`] says where the limits are. A [`StreamMonitor`] holds one stream: it is given one
//! [`Observation`] a token and answers with a [`Verdict`]; a halt is final. Averages and drops are
//! decided in exact [`fixed`] point, so they do not drift, do not depend on order and cost the same
//! for token ten and token one million. A [`Summary`] is kept for every stream, the full
//! [`StreamRecord`] only by those who ask for it.
//!
//! Two kernels sit on top: the one-shot [`SafetyKernel`], all or nothing on the hard limit, and the
//! long-lived [`StreamingKernel`], which runs stream after stream and stays inactive after a halt
//! until it is reactivated.

mod config;
mod entropy;
pub mod fixed;
mod monitor;
#[cfg(feature = "toml")]
mod read_toml;
mod record;
mod safety_kernel;
mod streaming_kernel;
mod verdict;

pub use config::{ConfigError, ConfigParseError, HaltConfig, MissingScore};
pub use entropy::{EntropyError, logit_entropy};
pub use monitor::{BatchVerdict, MonitorState, Observation, StreamEnded, StreamMonitor};
#[cfg(feature = "toml")]
pub(crate) use read_toml::read_toml;
pub use record::{RecordedToken, StreamRecord, Summary};
pub use safety_kernel::{SafetyKernel, SafetyOutcome};
pub use streaming_kernel::{KernelError, KernelState, StreamingKernel};
pub use verdict::{Halt, HaltReason, UnknownReason, Verdict, Warning, WarningKind};
