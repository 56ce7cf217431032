//! Interlock's component in a Rust host, through wasmtime.
//!
//! An [`Interlock`] is the component, compiled once. It makes [`Instance`]s, some microseconds each, with a store, a
//! fuel and a memory limit of their own. The stateful types of the core live in one instance each and have the core's
//! names, arguments and answers: [`StreamMonitor`], [`StreamingKernel`], [`SafetyKernel`], [`Session`].
//!
//! What the core refuses is the core's own error inside a [`HostError`], and changes nothing. A trap ends its instance
//! and no other. For a stream it reads as a halt with the reason `trap`: fail closed, and end the protocol well.
//!
//! Files: `engine` compiles, `limits` bounds, `instance` calls; `monitor`, `kernels` and `session` are the types;
//! `aftermath` is what is left of a session that trapped; `bindings` is generated from `wit/` and `convert` and
//! `session_convert` translate.

mod aftermath;
mod bindings;
mod convert;
mod engine;
mod error;
mod instance;
mod kernels;
mod limits;
mod monitor;
mod session;
mod session_convert;

pub use engine::{Builder, Interlock};
pub use error::{ConfigError, HostError, Trap, TrapKind};
pub use instance::Instance;
pub use kernels::{SafetyKernel, StreamingKernel};
pub use limits::Limits;
pub use monitor::StreamMonitor;
pub use session::{Session, SessionOutput};
