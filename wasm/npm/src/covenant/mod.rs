//! What an agent may do: the entry point `interlock-wasm/covenant`.

mod amounts;
mod budget;
mod enforcer;
mod grant;
mod grant_registry;
mod pattern;
mod room;
mod terms;
mod written;

use interlock_core::covenant::{BudgetError, GrantError, PatternError, PermissionError, ReviewError};

crate::refusal::refusals!(BudgetError, GrantError, PatternError, PermissionError, ReviewError);
