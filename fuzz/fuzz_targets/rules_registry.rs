//! Any operations in any order on a registry of rules, beside a plain account of what a host sees.
#![no_main]

#[path = "../../core/tests/rules_support/mod.rs"]
mod rules_support;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| rules_support::run(bytes));
