//! Typed operations, their composition, and the laws they obey.

mod agents;
mod behaviour;
mod checks;
mod error;
mod finite;
mod law;
mod machine;
mod normal;
mod program;
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
pub use program::{Algebra, Leaf, Program, Stack};
pub use signature::{AgentType, Effect, MAX_STEPS, Operation, Signature, Theory};
pub use term::{MAX_NODES, MAX_SLOTS, Node, Term};
pub use text::TermError;
pub use wire::{Interface, Wires};
