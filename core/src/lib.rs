//! The whole behaviour of Interlock, without I/O, clock, randomness or threads.
//!
//! Every host (native, browser, Worker, wasmtime) compiles this one crate and gets the same bits.
//!
//! - [`halt`]: the per-token monitor, its configuration, verdicts and session record
//! - [`score`]: coherence scoring, lexical signals and BM25 knowledge
//! - [`policy`]: the one schema behind `policy.toml` and the options in every language
//! - [`dialect`]: wire protocols, bytes in, channels and events, bytes out
//! - [`covenant`]: what an agent may do: grants, review gates, budgets
//! - [`session`]: one guarded stream, where all the rest meets
//! - `guard`: which bytes of a text may leave now, behind a feature of its name
//! - [`error`]: numbers that are refused
//! - [`json`]: JSON with positions
//! - `ledger`: trace nodes in an append-only Merkle log, behind a feature of its name
//! - `operad`: typed operations, their composition and the laws they obey, behind a feature of its name
//! - `physics`, `observers`, `geometry`: the advanced runtime, each behind a feature of its name
//! - `rules`: compiled, signed, versioned rules that are swapped while streams run, behind a feature of its name
//! - `published`: the published kernels' interface, behind a feature of its name
//! - `refusal`: one form for the errors of covenant, ledger, operad and rules, for hosts without their types
//! - [`read`]: configurations, whatever they are written in
//! - [`numeric`]: elementary functions with the same bits everywhere
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(test)]
extern crate std;

#[cfg(feature = "covenant")]
pub mod covenant;
#[cfg(any(feature = "score", feature = "physics", feature = "observers", feature = "geometry"))]
pub mod error;
#[cfg(feature = "guard")]
pub mod guard;
pub mod halt;
pub mod json;
pub mod numeric;
pub mod read;
#[cfg(any(feature = "covenant", feature = "ledger", feature = "operad", feature = "rules"))]
pub mod refusal;

#[cfg(feature = "ledger")]
pub mod ledger;
#[cfg(feature = "score")]
pub mod score;
#[cfg(any(feature = "ledger", feature = "rules", feature = "guard"))]
mod sha256;
#[cfg(any(feature = "score", feature = "ledger", feature = "guard", feature = "permission-index"))]
mod sort;

#[cfg(any(
    feature = "operad",
    feature = "physics",
    feature = "observers",
    feature = "geometry",
    feature = "published"
))]
mod fidelity;
#[cfg(feature = "geometry")]
pub mod geometry;
#[cfg(feature = "observers")]
pub mod observers;
#[cfg(feature = "physics")]
pub mod physics;

#[cfg(any(
    feature = "operad",
    feature = "physics",
    feature = "observers",
    feature = "geometry",
    feature = "published"
))]
pub use fidelity::Fidelity;

#[cfg(feature = "operad")]
pub mod operad;

#[cfg(feature = "rules")]
pub mod rules;

#[cfg(feature = "published")]
pub mod published;

#[cfg(feature = "session")]
pub mod dialect;
#[cfg(feature = "session")]
pub mod policy;
#[cfg(feature = "session")]
pub mod session;
