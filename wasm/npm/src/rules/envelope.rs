//! Envelopes and the keys that are trusted.

use alloc::vec::Vec;

use interlock_core::read::Source as _;
use interlock_core::rules::{self, Ed25519, KeyState};
use wasm_bindgen::prelude::wasm_bindgen;

use super::key;
use super::rule::CompiledRule;
use crate::refusal::{Fault, given, made, read};
use crate::tree::{Tree, TreeSource};

/// A rule with signatures.
#[wasm_bindgen]
pub struct Envelope(rules::Envelope);

#[wasm_bindgen]
impl Envelope {
    /// A rule without signatures.
    pub fn create(rule: &CompiledRule) -> Envelope {
        Self(rules::Envelope::new(rule.0.clone()))
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// It is none.
    pub fn decode(json: &[u8]) -> Option<Envelope> {
        made(rules::Envelope::decode(json)).map(Self)
    }

    /// The rule.
    pub fn rule(&self) -> CompiledRule {
        CompiledRule(self.0.rule().clone())
    }

    /// Its signatures: `[{keyId, signature}…]`.
    pub fn signatures(&self) -> Vec<u8> {
        let mut tree = Tree::default();
        tree.list();
        for own in self.0.signatures() {
            tree.object();
            tree.key("keyId").text(&own.key_id);
            tree.key("signature").bytes(&own.signature);
            tree.end();
        }
        tree.end();
        tree.into_bytes()
    }

    /// What is signed.
    #[wasm_bindgen(js_name = preAuthenticationEncoding)]
    pub fn pre_authentication_encoding(&self) -> Vec<u8> {
        self.0.pre_authentication_encoding()
    }

    /// Adds a signature that was made elsewhere.
    ///
    /// # Errors
    /// It is none, or the envelope full.
    pub fn add(&mut self, key_id: &str, signature: &[u8]) {
        given(self.0.add(key_id, signature));
    }

    /// Signs it.
    ///
    /// # Errors
    /// The envelope is full, or the id none.
    pub fn sign(&mut self, key_id: &str, secret: &[u8]) {
        given(key(secret).and_then(|secret| Ok(self.0.sign(key_id, &secret)?)));
    }

    /// The JSON.
    pub fn encode(&self) -> Vec<u8> {
        self.0.encode()
    }
}

/// The keys that are trusted.
#[wasm_bindgen]
pub struct TrustedKeys(pub(super) rules::TrustedKeys);

#[wasm_bindgen]
impl TrustedKeys {
    /// A set of keys: `[[id, public, state]…]`, where the state is its place in `STATES` of `js/src/rules/keys.ts`.
    ///
    /// # Errors
    /// They are none.
    pub fn create(keys: &[u8], threshold: u32) -> Option<TrustedKeys> {
        made(read(keys, read_keys).and_then(|keys| Ok(rules::TrustedKeys::new(keys, threshold)?))).map(Self)
    }

    /// Verifies an envelope.
    ///
    /// # Errors
    /// Too few of the keys have signed it.
    pub fn verify(&self, envelope: &Envelope) -> Option<VerifiedRule> {
        made(self.0.verify(&envelope.0, &Ed25519)).map(VerifiedRule)
    }

    /// Signatures that somebody else is to verify: `[{publicKey, signature}…]`.
    pub fn checks(&self, envelope: &Envelope) -> Vec<u8> {
        let mut tree = Tree::default();
        tree.list();
        for check in self.0.checks(&envelope.0) {
            tree.object();
            tree.key("publicKey").bytes(check.public);
            tree.key("signature").bytes(check.signature);
            tree.end();
        }
        tree.end();
        tree.into_bytes()
    }

    /// The rule of an envelope, once somebody has: an answer of 1 or 0 for each.
    ///
    /// # Errors
    /// Too few of the keys have signed it.
    pub fn accept(&self, envelope: &Envelope, answers: &[u8]) -> Option<VerifiedRule> {
        let answers: Vec<bool> = answers.iter().map(|answer| *answer == 1).collect();
        made(self.0.accept(&envelope.0, &answers)).map(VerifiedRule)
    }
}

fn read_keys(source: &mut TreeSource<'_>) -> Result<Vec<rules::TrustedKey>, Fault> {
    let mut keys = Vec::new();
    source.each(|source| -> Result<(), Fault> {
        source.begin_list()?;
        let (key_id, public) = (source.string()?.into(), key(source.bytes()?)?);
        let state = match source.small()? {
            0 => KeyState::Current,
            1 => KeyState::Retired,
            _ => KeyState::Revoked,
        };
        keys.push(rules::TrustedKey { key_id, public, state });
        if source.next_item()? { Err(Fault::Broken) } else { Ok(()) }
    })?;
    Ok(keys)
}

/// A rule that enough keys have signed.
#[wasm_bindgen]
pub struct VerifiedRule(pub(super) rules::VerifiedRule);

#[wasm_bindgen]
impl VerifiedRule {
    /// The rule.
    pub fn rule(&self) -> CompiledRule {
        CompiledRule(self.0.rule().clone())
    }

    /// The public keys that signed it, 32 bytes each.
    pub fn signers(&self) -> Vec<u8> {
        self.0.signers().concat()
    }
}
