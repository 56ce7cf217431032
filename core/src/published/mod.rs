//! The published kernels' interface, for programs that were written against it.
//!
//! Under [`Fidelity::Published`] everything that such a program can observe is as it was published: scores are not
//! clamped, window averages are summed in floats, only the hard limit deactivates a kernel, the reasons of halts are
//! worded alike. What is unsafe is not kept under either fidelity: a score that is no number never passes, an inactive
//! kernel takes no token, a configuration is validated wherever it comes from, and a source that fails makes a text
//! fail. Under [`Fidelity::Corrected`] the same interface stands before the monitor and the scorer of this crate.
//!
//! - [`KernelConfig`]: the twelve fields, validated
//! - [`StreamKernel`] and [`Session`]: stream after stream of tokens and scores
//! - [`TokenKernel`]: all of the tokens or none
//! - [`Scorer`]: the dual-entropy scorer, whose sources answer from outside
//! - [`functions`]: signals, chunks and heuristics by the published formulas

mod config;
pub mod functions;
mod kernel;
mod scorer;

pub use crate::Fidelity;
pub use config::KernelConfig;
pub use kernel::{INTERRUPT, Session, StreamKernel, TokenKernel, Written};
pub use scorer::{Answer, Scorer};
