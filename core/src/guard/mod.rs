//! The text guard: which bytes of a text may leave now, and which must wait.
//!
//! A [`Guard`] reads a text in pieces of any size and looks for patterns. A **halt** pattern ends the text at the first
//! byte where a match of it is complete, a **redaction** replaces its matches, a **flag** only reports. What leaves
//! depends on the text alone, never on how it was cut into pieces, and nothing waits that every continuation would let
//! go.
//!
//! - `tables`: the compiled patterns. Each is a deterministic automaton of its own that is run from a start, never
//!   searched with. [`GuardTables::verified`] checks the hash of an artifact before it decodes it.
//! - `trigger`: one more automaton over all patterns that runs along the text and says where one of them has come so far
//!   that it needs a thread of its own. As long as it says nothing, a byte costs one look into a table.
//! - `thread`: a live thread is where it started and its state; of equal states the older start stays.
//! - `redact`: the leftmost matches that do not overlap, while the text is still coming.
//! - `check`: check digits. A match that fails its check is no match.
//! - `held`: the bytes that wait.
//! - `machine`: the [`Guard`] itself: the cut, what is released before it, and the end.
//! - `decode`, `encode`: compiled patterns as bytes.
//! - `link`: the sets that somebody asks for, each with an action, out of compiled ones.
//! - `compile`: from patterns to an artifact, feature `guard-compiler`; never in a wasm module.
//! - `sets`: patterns ready to use, feature `guard-compiler`.
//!
//! # What is a match
//!
//! A match is a start, an end and a pattern whose check, if it has one, the bytes between pass. Halt patterns and flags
//! are searched in every way they can match, overlaps included; of a flag's matches the one that is complete first is
//! reported, and its search goes on behind it. Redactions are searched from the left: at the first place where one
//! starts, the longest one (of those as long, the first pattern) is replaced, and the search goes on behind it. How far
//! a pattern reaches from its start is as in the `regex` crate: alternatives in the order of preference, greedy or not;
//! where a check refuses that end, the longest of the ends before that passes.
//!
//! # What is decided
//!
//! With the text read so far, a byte is decided when whatever follows treats it alike. The **cut** is the start of the
//! oldest thread that may still match, or, where a redaction is sure and may only grow, its end so far. Everything before
//! the cut is decided; the byte at the cut is not. Released is what stands before the cut, back to a character's edge; the
//! replacement of a redaction is given out once its end is known.
//!
//! A halt releases nothing more: what was not decided when it came stays withheld, an unfinished redaction included.
//!
//! # What it costs
//!
//! A byte costs one step of the trigger and one of every live thread. Threads of one pattern have different states, so
//! there are no more than the automata have states together; a pattern with a check may have as many as its longest
//! match has bytes, at most [`MAX_CHECKED_BYTES`], and each of them checks at most that many bytes. No byte is read
//! twice: why a redaction that is found late needs nothing again is told in `redact`. So the time is linear in the text,
//! whatever the text and the patterns.

mod check;
mod decode;
#[cfg(any(feature = "guard-compiler", feature = "policy-artifact"))]
mod encode;
mod held;
mod link;
mod machine;
mod redact;
mod tables;
mod thread;
mod trigger;
#[cfg(test)]
mod work;

#[cfg(feature = "guard-compiler")]
pub mod compile;
#[cfg(feature = "guard-compiler")]
pub mod sets;

pub use check::{Check, MAX_CHECKED_BYTES};
pub use decode::{ContentHash, GuardTablesError, Malformed, content_hash};
#[cfg(any(feature = "guard-compiler", feature = "policy-artifact"))]
pub use encode::Artifact;
pub use link::{GuardLibrary, Pick};
pub use machine::{Guard, GuardEnded, GuardHalt, GuardSink, GuardState, MIN_HELD_LIMIT};
pub use tables::{Action, GuardTables, Hit, PatternTable, StateFlags, Surrounding};
