//! Signatures made and verified here. Hosts with an Ed25519 of their own go without.

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::envelope::{Envelope, EnvelopeError};
use super::trusted_keys::SignatureVerifier;

/// Verifies strictly: neither keys of small order nor second forms of a signature count.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ed25519;

impl SignatureVerifier for Ed25519 {
    fn verify(&self, public: &[u8; 32], message: &[u8], signature: &[u8]) -> bool {
        let Ok(key) = VerifyingKey::from_bytes(public) else { return false };
        Signature::from_slice(signature).is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
    }
}

impl Ed25519 {
    /// The public key of a secret of 32 random bytes, which the caller draws.
    #[must_use]
    pub fn public(secret: &[u8; 32]) -> [u8; 32] {
        SigningKey::from_bytes(secret).verifying_key().to_bytes()
    }
}

impl Envelope {
    /// Signs the rule.
    ///
    /// # Errors
    /// [`EnvelopeError::SignatureCount`], [`EnvelopeError::Signature`].
    pub fn sign(&mut self, key_id: &str, secret: &[u8; 32]) -> Result<(), EnvelopeError> {
        let signature = SigningKey::from_bytes(secret).sign(&self.pre_authentication_encoding());
        self.add(key_id, &signature.to_bytes())
    }
}
