//! Interlock's component in a Rust host, through wasmtime.
//!
//! An [`Interlock`] is the component, compiled once. It makes [`Instance`]s, some microseconds each, with a store, a
//! fuel and a memory limit of their own. The stateful types of the core live in one instance each and have the core's
//! names, arguments and answers: [`StreamMonitor`], [`StreamingKernel`], [`SafetyKernel`], [`CoherenceScorer`],
//! [`Session`], [`Budget`], [`TraceLedger`], [`RuleRegistry`], those of [`operad`]; grants share a [`Covenant`] with their
//! [`GrantRegistry`]s and [`Enforcer`]s. What has no state is a method of the instance.
//!
//! What the core refuses is the core's own error inside a [`HostError`], and changes nothing. A trap ends its instance
//! and no other. For a stream it reads as a halt with the reason `trap`: fail closed, and end the protocol well.
//!
//! The advanced runtime is a component of its own: [`advanced`].
//!
//! Files: `engine` compiles, `limits` bounds, `instance` calls, `shared` lets several objects call; `monitor`, `kernels`,
//! `score`, `knowledge` and `session`, `covenant`, `grant_registry`, `enforcer`, `ledger`, `operad` and `rule_registry` are
//! the types, `signals` the functions; `pinned_session` is a session under a rule of the registry; `rules` swaps
//! components; `aftermath` is what is left of a session that trapped; `bindings` is generated from `wit/`, and the
//! `convert` files translate.

pub mod advanced;
mod aftermath;
mod bindings;
mod convert;
mod covenant;
mod covenant_convert;
mod enforcer;
mod engine;
mod error;
mod grant_registry;
mod guard;
mod instance;
mod kernels;
mod knowledge;
mod ledger;
mod limits;
mod monitor;
pub mod operad;
mod pinned_session;
mod rule_registry;
mod rules;
mod rules_convert;
mod score;
mod score_convert;
mod session;
mod session_convert;
mod shared;
mod signals;

pub use covenant::{Budget, Covenant, Grant, GrantAccount, GrantStep};
pub use enforcer::{Decision, Enforcer, ReviewAccount};
pub use engine::{Builder, Interlock};
pub use error::{ConfigError, HostError, InputError, Refusal, Trap, TrapKind};
pub use grant_registry::GrantRegistry;
pub use guard::GuardedPolicy;
pub use instance::Instance;
pub use kernels::{SafetyKernel, StreamingKernel};
pub use knowledge::{Bm25, Bm25Hit, InMemoryKnowledge, LexicalNli};
pub use ledger::{FileReader, FileWriter, HeaderAccount, Recovered, TraceLedger, TraceNode};
pub use limits::Limits;
pub use monitor::StreamMonitor;
pub use pinned_session::{Adoption, PinnedSession};
pub use rule_registry::{RuleAccount, RuleRegistry, SwapOutcome, SwapStep};
pub use rules::ComponentBackend;
pub use rules_convert::{PolicyAccount, PolicyPattern};
pub use score::{CoherenceScorer, Review, ReviewStep};
pub use session::{LedgerEvent, Session, SessionOutput};
