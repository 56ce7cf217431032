//! Vectors that the oracle has answered, kept in the repository: the core is checked against the proofs on machines
//! without Rocq.
//!
//! A file has pairs of lines: `> ` and a request, `< ` and the oracle's answer.

use crate::oracle::ask;
use crate::random::Random;
use crate::{Subsystem, formal};
use anyhow::{Context, Result};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// Requests in a file.
const COUNT: usize = 1500;
/// What they are made from; any number would do.
const SEED: u64 = 0x1_17E4_10C4;

/// The file of a subsystem.
#[must_use]
pub fn path(subsystem: &Subsystem) -> PathBuf {
    formal().join("vectors").join(format!("{}.txt", subsystem.name))
}

/// What the file must hold, by the oracle.
///
/// # Errors
/// The oracle fails.
pub fn make(subsystem: &Subsystem, oracle: &Path) -> Result<String> {
    let mut random = Random::new(SEED);
    let lines: Vec<String> = (0..COUNT).map(|_| (subsystem.request)(&mut random).0).collect();
    let answers = ask(oracle, &lines)?;
    let mut text = String::new();
    for (line, answer) in lines.iter().zip(&answers) {
        let _ = write!(text, "> {line}\n< {answer}\n");
    }
    Ok(text)
}

/// Checks the core against the file and says how many vectors it holds.
///
/// # Errors
/// The file is missing or malformed, or the core answers otherwise: the first such vector.
pub fn check(subsystem: &Subsystem) -> Result<usize> {
    let path = path(subsystem);
    let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut lines = text.lines();
    let mut count = 0_usize;
    while let Some(line) = lines.next() {
        let request = line.strip_prefix("> ").with_context(|| format!("not a request: {line}"))?;
        let answer = lines.next().and_then(|line| line.strip_prefix("< ")).context("a request without an answer")?;
        let core = (subsystem.answer)(request)?;
        anyhow::ensure!(core == answer, "{request}\n  proved {answer}\n  core   {core}");
        count = count.saturating_add(1);
    }
    Ok(count)
}

/// Checks the core against every file.
///
/// # Errors
/// The first vector that does not hold.
pub fn check_all() -> Result<usize> {
    let mut count = 0_usize;
    for subsystem in &crate::SUBSYSTEMS {
        count = count.saturating_add(check(subsystem)?);
    }
    Ok(count)
}
