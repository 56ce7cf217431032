//! Compiled rules: the entry point `interlock-wasm/rules`.

mod artifact;
mod envelope;
mod registry;
mod rule;

use interlock_core::rules::{ArtifactError, DecodeError, EnvelopeError, KeySetError, RuleError, RuleFault};

crate::refusal::refusals!(ArtifactError, DecodeError, EnvelopeError, KeySetError, RuleError, RuleFault);

/// 32 bytes, of which JavaScript has seen to it that they are as many.
fn key(bytes: &[u8]) -> Result<[u8; 32], crate::refusal::Fault> {
    bytes.try_into().map_err(|_| crate::refusal::Fault::Broken)
}
