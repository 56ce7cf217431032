//! Typed operations and their laws: the entry point `interlock-wasm/operad`.

mod agents;
mod machine;
mod signature;
mod term;

use interlock_core::operad::{OperadError, TermError};

crate::refusal::refusals!(OperadError, TermError);
