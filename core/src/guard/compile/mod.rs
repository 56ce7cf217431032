//! From patterns to an artifact.
//!
//! - `syntax`: a pattern is parsed, and what the guard does not support is refused.
//! - `automaton`: one pattern becomes an automaton, as small as it can be.
//! - `link::trigger`: the first bytes of all patterns become one automaton.
//! - `encode`, beside this: the artifact.

// Shapes are built here, from patterns that a policy's author writes, under limits; never while a text is read.
#![allow(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

mod automaton;
mod syntax;

use alloc::collections::BTreeSet;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::link::trigger;
use super::{Action, Check};

pub use super::encode::Artifact;

/// A pattern and what happens where it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PatternSpec {
    /// The name under which matches are recorded: 1 to 255 bytes. No two with the same action have the same.
    pub id: String,
    /// The pattern in the syntax of the `regex` crate. `\b` and its kin are those of ASCII; classes are Unicode's.
    pub pattern: String,
    /// What happens.
    pub action: Action,
    /// What a match must satisfy besides.
    pub check: Check,
    /// What a redacted match is replaced by, at most 65535 bytes.
    pub replacement: String,
}

impl PatternSpec {
    /// A pattern without a check, whose matches are replaced by its name in brackets if they are redacted.
    #[must_use]
    pub fn new(id: &str, pattern: &str, action: Action) -> Self {
        let replacement = ["[redacted:", id, "]"].concat();
        Self { id: String::from(id), pattern: String::from(pattern), action, check: Check::None, replacement }
    }

    /// The same with a check.
    #[must_use]
    pub fn with_check(self, check: Check) -> Self {
        Self { check, ..self }
    }
}

/// How large what is compiled may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CompileLimits {
    /// States of one pattern, before it is made small. At most 65535.
    pub states: u32,
    /// Bytes of the artifact.
    pub artifact_bytes: u32,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self { states: 10_000, artifact_bytes: 4 << 20 }
    }
}

/// Why patterns were not compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CompileError {
    /// The parser refused it.
    Syntax {
        /// The pattern's id.
        id: String,
        /// What the parser says.
        message: String,
    },
    /// It can match the empty text, so it would match everywhere.
    MatchesEmpty {
        /// The pattern's id.
        id: String,
    },
    /// It can match half of a character.
    MatchesInvalidText {
        /// The pattern's id.
        id: String,
    },
    /// It has a check, and can match more bytes than are checked.
    TooLongToCheck {
        /// The pattern's id.
        id: String,
        /// The bytes of its longest match; none when there is no longest.
        length: Option<usize>,
        /// The bound.
        limit: usize,
    },
    /// Its automaton is too large.
    TooManyStates {
        /// The pattern's id.
        id: String,
        /// States counted until the limit was passed; of a pattern that repeats so often that it is not tried, the
        /// places in it.
        states: u64,
        /// The limit.
        limit: u32,
    },
    /// All together are too large.
    TooLarge {
        /// Bytes of the artifact, or patterns.
        size: usize,
        /// The limit.
        limit: usize,
        /// What is counted.
        what: &'static str,
    },
    /// The id or the replacement is too long, or the id is empty or there twice.
    Name {
        /// The pattern's id.
        id: String,
        /// What is wrong.
        what: &'static str,
    },
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax { id, message } => write!(f, "pattern {id}: {message}"),
            Self::MatchesEmpty { id } => write!(f, "pattern {id} matches the empty text"),
            Self::MatchesInvalidText { id } => write!(f, "pattern {id} matches bytes that are no character"),
            Self::TooLongToCheck { id, length: Some(length), limit } => {
                write!(f, "pattern {id} has a check and matches up to {length} bytes, must be at most {limit}")
            }
            Self::TooLongToCheck { id, length: None, limit } => {
                write!(f, "pattern {id} has a check and matches any number of bytes, must be at most {limit}")
            }
            Self::TooManyStates { id, states, limit } => {
                write!(f, "pattern {id} needs {states} states or more, the limit is {limit}")
            }
            Self::TooLarge { size, limit, what } => write!(f, "{size} {what}, the limit is {limit}"),
            Self::Name { id, what } => write!(f, "pattern {id:?}: {what}"),
        }
    }
}

impl core::error::Error for CompileError {}

/// Compiles patterns.
///
/// ```
/// use std::sync::Arc;
/// use interlock_core::guard::compile::{CompileLimits, PatternSpec, compile};
/// use interlock_core::guard::{Action, Guard, GuardSink, GuardTables, Hit};
///
/// struct Out(String);
/// impl GuardSink for Out {
///     fn text(&mut self, _: u64, bytes: &[u8]) { self.0.push_str(&String::from_utf8_lossy(bytes)); }
///     fn redaction(&mut self, _: Hit) { self.0.push_str("***"); }
///     fn flag(&mut self, _: Hit) {}
/// }
///
/// let patterns = [PatternSpec::new("key", r"\bsk-[a-z0-9]{8}", Action::Redact)];
/// let artifact = compile(&patterns, CompileLimits::default())?;
/// let tables = Arc::new(GuardTables::verified(&artifact.bytes, &artifact.hash)?);
/// let mut guard = Guard::new(tables, 4096);
/// let mut out = Out(String::new());
/// guard.push(b"my key is sk-abc", &mut out)?;
/// assert_eq!(out.0, "my key is ");
/// guard.push(b"12345, keep it", &mut out)?;
/// guard.finish(&mut out)?;
/// assert_eq!(out.0, "my key is ***, keep it");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`CompileError`] names the pattern and what is wrong with it.
pub fn compile(patterns: &[PatternSpec], limits: CompileLimits) -> Result<Artifact, CompileError> {
    if patterns.len() > usize::from(u16::MAX) {
        let limit = usize::from(u16::MAX);
        return Err(CompileError::TooLarge { size: patterns.len(), limit, what: "patterns" });
    }
    let mut ids = BTreeSet::new();
    for spec in patterns {
        let wrong = match () {
            () if spec.id.is_empty() => "the id is empty",
            () if spec.id.len() > 255 => "the id has more than 255 bytes",
            () if spec.replacement.len() > 65_535 => "the replacement has more than 65535 bytes",
            () if !ids.insert((&spec.id, spec.action as u8)) => "the id is there twice",
            () => continue,
        };
        return Err(CompileError::Name { id: spec.id.clone(), what: wrong });
    }
    let mut automata = Vec::new();
    for spec in patterns {
        automata.push(automaton::build(spec, limits)?);
    }
    let too_large = CompileError::TooLarge {
        size: patterns.len(),
        limit: trigger::MOST_CELLS,
        what: "patterns, whose first bytes differ too much for one automaton; in its cells",
    };
    let trigger = trigger::build(&automata).ok_or(too_large)?;
    let artifact = Artifact::of(&automata, &trigger);
    let limit = usize::try_from(limits.artifact_bytes).unwrap_or(usize::MAX);
    if artifact.bytes.len() > limit {
        return Err(CompileError::TooLarge { size: artifact.bytes.len(), limit, what: "bytes" });
    }
    Ok(artifact)
}
