//! Permissions and patterns.

use interlock_core::covenant::{self, Pattern, Permission};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::refusal::{Fault, given};

/// Checks a permission.
///
/// # Errors
/// Its capability or its pattern is none.
#[wasm_bindgen(js_name = checkPermission)]
pub fn check_permission(capability: &str, resource: &str) {
    given(Permission::new(capability, resource).map(|_| ()));
}

/// Checks a resource.
///
/// # Errors
/// It is none.
#[wasm_bindgen(js_name = checkResource)]
pub fn check_resource(resource: &str) {
    given(covenant::check_resource(resource));
}

/// Whether a pattern matches a resource.
///
/// # Errors
/// It is none.
#[wasm_bindgen(js_name = patternMatches)]
pub fn pattern_matches(pattern: &str, resource: &str) -> bool {
    given(Pattern::new(pattern).map(|pattern| pattern.matches(resource)))
}

/// Whether everything that one permission allows is allowed by another.
///
/// # Errors
/// One is none.
#[wasm_bindgen(js_name = isWithin)]
pub fn is_within(capability: &str, resource: &str, other_capability: &str, other_resource: &str) -> bool {
    let within = || -> Result<bool, Fault> {
        let other = Permission::new(other_capability, other_resource)?;
        Ok(Permission::new(capability, resource)?.is_within(&other))
    };
    given(within())
}
