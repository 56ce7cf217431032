//! Terms, as texts.

use alloc::string::String;

use interlock_core::operad::{SessionCheck, Term, session_checks};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::details;
use crate::refusal::{Fault, given};

/// Reads a term and writes it again. Slots: how many slots it has, how many nodes.
///
/// # Errors
/// It is none.
#[wasm_bindgen(js_name = readTerm)]
pub fn read_term(text: &str) -> String {
    given(Term::from_text(text).map(|term| {
        details::set(&[f64::from(term.arity()), f64::from(u32::try_from(term.nodes().len()).unwrap_or(u32::MAX))]);
        term.to_text()
    }))
}

/// One term in a slot of another.
///
/// # Errors
/// One is none, or there is no such slot, or it becomes too large.
#[wasm_bindgen(js_name = composeTerms)]
pub fn compose_terms(outer: &str, slot: u32, inner: &str) -> String {
    let compose =
        || -> Result<String, Fault> { Ok(Term::from_text(outer)?.compose(slot, &Term::from_text(inner)?)?.to_text()) };
    given(compose())
}

/// Moves the slots of a term.
///
/// # Errors
/// It is none, or the list no permutation.
#[wasm_bindgen(js_name = permuteTerm)]
pub fn permute_term(term: &str, permutation: &[u32]) -> String {
    let permute = || -> Result<String, Fault> { Ok(Term::from_text(term)?.permute(permutation)?.to_text()) };
    given(permute())
}

/// The session's checks that are on, a bit each, as a term.
#[wasm_bindgen(js_name = sessionChecks)]
pub fn checks_of_session(on: u32) -> String {
    session_checks(|check: SessionCheck| on >> (check as u8) & 1 == 1).to_text()
}
