//! Who may sign rules.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::envelope::Envelope;
use super::error::{RuleError, SignatureFault};
use super::rule::CompiledRule;
use crate::numeric::digits;
use crate::sha256::{Hash, sha256};

/// Keys that a set holds, at most.
pub const MAX_TRUSTED_KEYS: u32 = 16;

/// What a key is trusted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum KeyState {
    /// It signs.
    Current = 0,
    /// It was rotated out: what it signed and is registered may still become active, nothing new is taken from it.
    Retired = 1,
    /// It was compromised: what it signed counts no longer, whenever it was registered.
    Revoked = 2,
}

/// A public key that rules may be signed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKey {
    /// Its id, as in envelopes: 1 to 256 bytes.
    pub key_id: String,
    /// Its bytes (RFC 8032).
    pub public: [u8; 32],
    /// What it is trusted with.
    pub state: KeyState,
}

/// Why keys are no set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySetError {
    /// More than [`MAX_TRUSTED_KEYS`].
    TooMany {
        /// How many.
        count: u64,
    },
    /// An id or a key that comes twice: one key would count as two.
    Twice {
        /// The id.
        key_id: String,
    },
    /// An id that is empty or longer than 256 bytes.
    KeyId {
        /// Its bytes.
        bytes: u64,
    },
    /// A threshold of 0, or above the number of current keys.
    Threshold {
        /// The threshold.
        threshold: u32,
        /// The current keys.
        current: u32,
    },
}

impl KeySetError {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::TooMany { count } => [&digits(*count), " keys are more than 16"].concat(),
            Self::Twice { key_id } => ["the id or the bytes of key ", key_id, " come twice"].concat(),
            Self::KeyId { bytes } => ["the id of a key has ", &digits(*bytes), " bytes, must have 1..=256"].concat(),
            Self::Threshold { threshold, current } => {
                let [threshold, current] = [threshold, current].map(|it| digits(u64::from(*it)));
                ["the threshold is ", &threshold, ", must be in 1..=", &current, ", the number of current keys"]
                    .concat()
            }
        }
    }
}

impl fmt::Display for KeySetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for KeySetError {}

/// Verifies Ed25519 signatures (RFC 8032).
pub trait SignatureVerifier {
    /// Whether `signature` is the key's over `message`.
    fn verify(&self, public: &[u8; 32], message: &[u8], signature: &[u8]) -> bool;
}

/// A signature to verify: over [`Envelope::pre_authentication_encoding`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureCheck<'a> {
    /// The key that it may be of.
    pub public: &'a [u8; 32],
    /// The signature.
    pub signature: &'a [u8],
}

/// The keys that rules are signed with, and how many of them must sign.
///
/// Where a host's cryptography answers later, as that of browsers does, [`TrustedKeys::checks`] says what is to be
/// verified and [`TrustedKeys::accept`] takes the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKeys {
    keys: Vec<TrustedKey>,
    threshold: u32,
    digest: Hash,
}

/// A rule that enough trusted keys have signed.
#[derive(Clone, Debug)]
pub struct VerifiedRule {
    pub(super) rule: CompiledRule,
    /// The public keys that did.
    pub(super) signers: Vec<[u8; 32]>,
    /// The set of keys that they were compared with.
    pub(super) digest: Hash,
}

impl VerifiedRule {
    /// The rule.
    #[must_use]
    pub fn rule(&self) -> &CompiledRule {
        &self.rule
    }

    /// The public keys whose signatures are valid.
    #[must_use]
    pub fn signers(&self) -> &[[u8; 32]] {
        &self.signers
    }
}

impl TrustedKeys {
    /// A set of keys of which `threshold` must sign.
    ///
    /// # Errors
    /// [`KeySetError`] says what is wrong.
    pub fn new(keys: Vec<TrustedKey>, threshold: u32) -> Result<Self, KeySetError> {
        if !u32::try_from(keys.len()).is_ok_and(|count| count <= MAX_TRUSTED_KEYS) {
            return Err(KeySetError::TooMany { count: keys.len() as u64 });
        }
        for (at, key) in keys.iter().enumerate() {
            let bytes = key.key_id.len();
            if bytes == 0 || bytes > 256 {
                return Err(KeySetError::KeyId { bytes: bytes as u64 });
            }
            if keys.iter().take(at).any(|other| other.key_id == key.key_id || other.public == key.public) {
                return Err(KeySetError::Twice { key_id: key.key_id.clone() });
            }
        }
        let current = keys.iter().filter(|key| key.state == KeyState::Current).count();
        let current = u32::try_from(current).unwrap_or(u32::MAX);
        if !(1..=current).contains(&threshold) {
            return Err(KeySetError::Threshold { threshold, current });
        }
        let mut bytes = threshold.to_be_bytes().to_vec();
        for key in &keys {
            bytes.push(key.state as u8);
            bytes.extend_from_slice(&key.public);
            bytes.extend_from_slice(&(key.key_id.len() as u64).to_be_bytes());
            bytes.extend_from_slice(key.key_id.as_bytes());
        }
        Ok(Self { digest: sha256(&[], &bytes), keys, threshold })
    }

    /// The keys.
    #[must_use]
    pub fn keys(&self) -> &[TrustedKey] {
        &self.keys
    }

    /// How many must sign.
    #[must_use]
    pub const fn threshold(&self) -> u32 {
        self.threshold
    }

    /// SHA-256 of keys, states and threshold: names this set.
    #[must_use]
    pub const fn digest(&self) -> &Hash {
        &self.digest
    }

    /// The signatures of an envelope that may be of current keys, each with its key. A signature without a key id may be
    /// of any. The order is always the same.
    #[must_use]
    pub fn checks<'a>(&'a self, envelope: &'a Envelope) -> Vec<SignatureCheck<'a>> {
        let mut checks = Vec::new();
        for key in self.keys.iter().filter(|key| key.state == KeyState::Current) {
            for own in envelope.signatures() {
                if own.key_id.is_empty() || own.key_id == key.key_id {
                    checks.push(SignatureCheck { public: &key.public, signature: &own.signature });
                }
            }
        }
        checks
    }

    /// The rule of an envelope, once the host has verified [`TrustedKeys::checks`]: an answer for each, in their order.
    ///
    /// # Errors
    /// [`RuleError::InvalidSignature`] when fewer keys signed than must: of two signatures of a key one counts, and an
    /// answer that is missing is a no.
    pub fn accept(&self, envelope: &Envelope, answers: &[bool]) -> Result<VerifiedRule, RuleError> {
        let mut signers: Vec<[u8; 32]> = Vec::new();
        for (check, is_valid) in self.checks(envelope).iter().zip(answers) {
            if *is_valid && !signers.contains(check.public) {
                signers.push(*check.public);
            }
        }
        self.check_count(signers.len())?;
        Ok(VerifiedRule { rule: envelope.rule().clone(), signers, digest: self.digest })
    }

    /// Verifies an envelope.
    ///
    /// # Errors
    /// [`RuleError::InvalidSignature`] when fewer keys signed than must.
    pub fn verify(&self, envelope: &Envelope, verifier: &dyn SignatureVerifier) -> Result<VerifiedRule, RuleError> {
        let message = envelope.pre_authentication_encoding();
        let checks = self.checks(envelope);
        let verify = |check: &SignatureCheck<'_>| verifier.verify(check.public, &message, check.signature);
        let answers: Vec<bool> = checks.iter().map(verify).collect();
        self.accept(envelope, &answers)
    }

    /// Whether what some keys signed before may become active.
    pub(super) fn check_signers(&self, signers: &[[u8; 32]]) -> Result<(), RuleError> {
        if signers.is_empty() {
            return Err(RuleError::InvalidSignature(SignatureFault::Unsigned));
        }
        let counts = |key: &&TrustedKey| key.state != KeyState::Revoked && signers.contains(&key.public);
        self.check_count(self.keys.iter().filter(counts).count())
    }

    fn check_count(&self, valid: usize) -> Result<(), RuleError> {
        let valid = u32::try_from(valid).unwrap_or(u32::MAX);
        if valid >= self.threshold {
            Ok(())
        } else {
            Err(RuleError::InvalidSignature(SignatureFault::Threshold { valid, threshold: self.threshold }))
        }
    }
}
