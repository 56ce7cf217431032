//! Any operations in any order on a registry of rules, beside a plain account of what a host sees.
#![no_main]

#[path = "../../core/tests/rules_support/mod.rs"]
mod rules_support;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // The last byte says whether the process ends now and then.
    let restart_every = bytes.last().map(|byte| usize::from(byte % 16)).filter(|every| *every > 0);
    rules_support::run(bytes, restart_every);
});
