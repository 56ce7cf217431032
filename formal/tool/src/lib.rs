//! What ties the proofs in `formal/` to the code.
//!
//! Each proved part is a [`Subsystem`]: it makes up requests, a line each, and answers them with the core. The
//! [`oracle`], a program extracted from the proofs, answers the same lines; an answer that differs is a defect of one of
//! the two. [`rocq`] checks the proofs, [`manifest`] says which theorem speaks of which item of the core, and
//! [`mutants`] breaks model and core on purpose, to see that each defect is found.

pub mod append;
pub mod budget;
pub mod check;
pub mod grant;
pub mod guard;
pub mod halt;
pub mod ledger;
pub mod manifest;
pub mod mutants;
pub mod operad;
pub mod oracle;
pub mod random;
pub mod registry;
pub mod rocq;
pub mod vectors;

use anyhow::Result;
use random::Random;
use std::path::{Path, PathBuf};

/// A proved part of the core, as a source of requests and an answerer of them.
pub struct Subsystem {
    /// Name in the manifest and of its file of vectors.
    pub name: &'static str,
    /// Makes up a request: one line, and how many decisions it asks for.
    pub request: fn(&mut Random) -> (String, u64),
    /// Answers a request with the core. An error: the line is no request.
    pub answer: fn(&str) -> Result<String>,
    /// Requests of a whole comparison.
    pub requests: u64,
}

/// Every subsystem, in the order of the manifest.
pub const SUBSYSTEMS: [Subsystem; 8] = [
    halt::SUBSYSTEM,
    guard::SUBSYSTEM,
    ledger::SUBSYSTEM,
    append::SUBSYSTEM,
    budget::SUBSYSTEM,
    grant::SUBSYSTEM,
    operad::SUBSYSTEM,
    registry::SUBSYSTEM,
];

/// The folder `formal/`.
#[must_use]
pub fn formal() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}
