//! Keys of signed notes with Ed25519 signatures, in the text form that other tools of transparency logs use.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};

use super::note::{Signer, Verifier, is_key_name, key_id};

/// Type of signature (C2SP `signed-note`): Ed25519.
const ED25519: u8 = 1;

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// Not of the form `name+id+base64`, or `PRIVATE+KEY+name+id+base64`.
    Format,
    /// The name is empty or has spaces or `+`.
    Name,
    /// A type of key other than Ed25519.
    Type,
    /// The number is not that of name and key.
    Id,
    /// Not 32 bytes, or bytes that are no public key.
    Key,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => "a key must be written as name+id+base64, a private one with PRIVATE+KEY+ before it",
            Self::Name => "the name of a key must not be empty or have spaces or +",
            Self::Type => "the type of a key must be Ed25519",
            Self::Id => "the number of the key is not that of its name and bytes",
            Self::Key => "an Ed25519 key must be 32 bytes, a public one a point of the curve",
        })
    }
}

impl core::error::Error for KeyError {}

/// A public key that verifies notes.
#[derive(Clone, Debug)]
pub struct Ed25519Verifier {
    name: String,
    id: u32,
    key: VerifyingKey,
}

impl Ed25519Verifier {
    /// A key of a name and the 32 bytes of RFC 8032.
    ///
    /// # Errors
    /// [`KeyError`] if the name or the bytes are none.
    pub fn new(name: &str, public: &[u8; 32]) -> Result<Self, KeyError> {
        check_name(name)?;
        let key = VerifyingKey::from_bytes(public).map_err(|_| KeyError::Key)?;
        Ok(Self { name: name.into(), id: key_id(name, ED25519, public), key })
    }

    /// Reads the text form `name+id+base64`.
    ///
    /// # Errors
    /// [`KeyError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, id, key) = parse(text)?;
        let verifier = Self::new(name, &key)?;
        if verifier.id == id { Ok(verifier) } else { Err(KeyError::Id) }
    }

    /// The 32 bytes of RFC 8032.
    #[must_use]
    pub fn public(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The text form.
    pub fn encode(&self) -> String {
        encode("", &self.name, self.id, self.key.as_bytes())
    }
}

impl Verifier for Ed25519Verifier {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn verify(&self, text: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.key.verify_strict(text, &signature).is_ok())
    }
}

/// A private key that signs notes.
#[derive(Clone)]
pub struct Ed25519Signer {
    name: String,
    id: u32,
    key: SigningKey,
}

impl fmt::Debug for Ed25519Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ed25519Signer").field("name", &self.name).field("id", &self.id).finish_non_exhaustive()
    }
}

impl Ed25519Signer {
    /// A key of a name and a secret of 32 random bytes, which the caller draws.
    ///
    /// # Errors
    /// [`KeyError::Name`] if no key may have this name.
    pub fn new(name: &str, secret: &[u8; 32]) -> Result<Self, KeyError> {
        check_name(name)?;
        let key = SigningKey::from_bytes(secret);
        Ok(Self { name: name.into(), id: key_id(name, ED25519, key.verifying_key().as_bytes()), key })
    }

    /// Reads the text form `PRIVATE+KEY+name+id+base64`.
    ///
    /// # Errors
    /// [`KeyError`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let (name, id, key) = parse(text.strip_prefix(PRIVATE).ok_or(KeyError::Format)?)?;
        let signer = Self::new(name, &key)?;
        if signer.id == id { Ok(signer) } else { Err(KeyError::Id) }
    }

    /// The text form, which is to be kept secret.
    pub fn encode(&self) -> String {
        encode(PRIVATE, &self.name, self.id, self.key.as_bytes())
    }

    /// The public half.
    pub fn verifier(&self) -> Ed25519Verifier {
        Ed25519Verifier { name: self.name.clone(), id: self.id, key: self.key.verifying_key() }
    }
}

impl Signer for Ed25519Signer {
    fn name(&self) -> &str {
        &self.name
    }

    fn key_id(&self) -> u32 {
        self.id
    }

    fn sign(&self, text: &[u8]) -> Vec<u8> {
        ed25519_dalek::Signer::sign(&self.key, text).to_bytes().to_vec()
    }
}

const PRIVATE: &str = "PRIVATE+KEY+";

fn check_name(name: &str) -> Result<(), KeyError> {
    if is_key_name(name) { Ok(()) } else { Err(KeyError::Name) }
}

fn parse(text: &str) -> Result<(&str, u32, [u8; 32]), KeyError> {
    let (name, rest) = text.split_once('+').ok_or(KeyError::Format)?;
    let (id, key) = rest.split_once('+').ok_or(KeyError::Format)?;
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if id.len() != 8 || !id.bytes().all(is_hex) {
        return Err(KeyError::Format);
    }
    let id = u32::from_str_radix(id, 16).map_err(|_| KeyError::Format)?;
    let bytes = Base64::decode_vec(key).map_err(|_| KeyError::Format)?;
    match bytes.split_first() {
        Some((&ED25519, key)) => Ok((name, id, key.try_into().map_err(|_| KeyError::Key)?)),
        _ => Err(KeyError::Type),
    }
}

fn encode(mark: &str, name: &str, id: u32, key: &[u8; 32]) -> String {
    let mut bytes = Vec::with_capacity(33);
    bytes.push(ED25519);
    bytes.extend_from_slice(key);
    let mut text = String::from(mark);
    text.push_str(name);
    text.push('+');
    for shift in (0..8_u32).rev() {
        text.push(char::from_digit(id >> shift.wrapping_mul(4) & 15, 16).unwrap_or('0'));
    }
    text.push('+');
    text.push_str(&Base64::encode_string(&bytes));
    text
}
