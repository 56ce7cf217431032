//! Typed operations, their composition, and the laws they obey.
//!
//! Agents are built from agents by five operations: `seq`, `par`, `branch`, `fix` with an explicit bound, and `trace`,
//! which records. A [`Term`] is a tree of them, with slots where agents may still come; what fits into a slot is said by
//! an [`Interface`]. An [`Operation`] is a typed term that uses each of its slots once, and partial composition puts
//! one operation into a slot of another. That is a symmetric coloured operad, and this module holds it to its laws.
//!
//! - [`Term`], [`Signature`], [`Operation`]: build terms, type them, compose them. A term has a text form
//!   ([`Term::from_text`]) and a normal form ([`Signature::normal_form`]) that equal terms share.
//! - [`typed`]: the same with slots and wires as types, where what does not fit does not compile.
//! - [`Program`] and [`Algebra`]: run a term. [`MachineAlgebra`] runs it over finite machines, [`CheckAlgebra`] over
//!   checks of one piece, whose [`Findings`] are joined.
//! - [`Operad`] and [`verify_laws`]: the laws of any operad, on behaviour and not on shape, with the smallest counterexample.
//!   [`AgentOperad::verify_laws`] does so for the five operations, whatever [`Meaning`] they are given;
//!   [`finite_operad!`](crate::finite_operad) does it for tables, while they are compiled.
//! - [`verify_sampled`]: programs over agents of any kind, compared on inputs drawn from a seed.
//! - [`session_checks`]: the session's own checks as a term.
//!
//! Every occurrence of an agent in a term is an agent of its own, with its own state. So a law that says something twice
//! (what follows a `branch` may be in both of its sides) holds for agents without memory, and only they are moved by it.
//!
//! Nothing here recurses: terms are flat lists of nodes, and the work on them is bounded by [`MAX_NODES`] and
//! [`MAX_STEPS`].

mod abreast;
mod agents;
mod behaviour;
mod checks;
mod circuit;
mod error;
mod finite;
mod law;
mod machine;
mod normal;
mod pipeline;
mod program;
mod sampled;
mod signature;
mod term;
mod text;
pub mod typed;
mod wire;

pub use agents::{AgentCounterexample, AgentOperad, Meaning, standard_samples};
pub use behaviour::{Difference, MAX_PAIRS};
pub use checks::{CheckAlgebra, CheckHost, Findings};
pub use error::OperadError;
pub use finite::{FiniteLaw, FiniteOperad, FiniteOperation};
pub use law::{Counterexample, Law, LawError, Operad, verify_laws};
pub use machine::{MAX_ENTRIES, Machine, MachineAlgebra, Trace};
pub use pipeline::{SessionCheck, session_checks, session_signature};
pub use program::{Algebra, Leaf, Program, Stack};
pub use sampled::{Sampling, verify_sampled};
pub use signature::{AgentType, Effect, MAX_STEPS, Operation, Signature, Theory};
pub use term::{MAX_NODES, MAX_SLOTS, Node, Term};
pub use text::TermError;
pub use wire::{Interface, Wires};
