//! Sessions with a guard, and the tables of its patterns.

use alloc::vec::Vec;

use alloc::sync::Arc;

use interlock_core::guard::{GuardLibrary, GuardTablesError};
use interlock_core::numeric::digits;
use interlock_core::policy::Policy;
use interlock_core::session::{self, ChannelGuards};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::failure::{Failure, FailureKind, given, made};
use crate::session::{Session, read};
use crate::tree;

/// Compiled patterns, and what was linked from them.
#[wasm_bindgen]
pub struct GuardTables {
    inner: GuardLibrary,
}

#[wasm_bindgen]
impl GuardTables {
    /// None yet.
    pub fn empty() -> GuardTables {
        Self { inner: GuardLibrary::new() }
    }

    /// Adds the artifact with a SHA-256.
    ///
    /// # Errors
    /// Its bytes have another hash, or are no artifact.
    pub fn add(&mut self, bytes: &[u8], sha256: &[u8]) {
        // A hash of another length is no artifact's.
        let hash = sha256.try_into().unwrap_or([0; 32]);
        given(self.inner.add(bytes, &hash).map_err(refused));
    }
}

impl GuardTables {
    /// What the guard of a policy asks for, or none and a failure is left.
    pub(crate) fn link(&mut self, policy: &Policy) -> Option<ChannelGuards> {
        match &policy.guard {
            Some(guard) => made(ChannelGuards::link(guard, &mut self.inner)),
            None => Some(ChannelGuards::default()),
        }
    }
}

/// What is wrong with an artifact, in few words.
fn refused(error: GuardTablesError) -> Failure {
    let argument = |message: &str| Failure::new(FailureKind::Argument, "tables".into(), message.into());
    match error {
        GuardTablesError::HashMismatch { .. } => argument("the bytes have another SHA-256"),
        GuardTablesError::NotAnArtifact { .. } => argument("not the tables of a guard, or of another version"),
        GuardTablesError::Malformed(malformed) => {
            argument(&["out of bounds before byte ", &digits(malformed.offset as u64)].concat())
        }
    }
}

#[wasm_bindgen]
impl Session {
    /// A session under a policy with a guard, whose sets are in the tables.
    ///
    /// # Errors
    /// The policy is refused, the tables lack a set, or there is no such dialect.
    pub fn create(policy: &[u8], dialect: &str, tables: &mut GuardTables) -> Option<Session> {
        let (policy, dialect) = read(policy, dialect)?;
        let guards = tables.link(&policy)?;
        Some(Self::of(made(session::Session::with_guards(policy, dialect, Arc::new(guards)))?))
    }

    /// Takes the next match, a tree of `tree.rs`; empty for none.
    #[wasm_bindgen(js_name = nextGuardEvent)]
    pub fn next_guard_event(&mut self) -> Vec<u8> {
        self.inner.next_guard_event().map_or_else(Vec::new, |event| tree::guard_event(&event))
    }
}
