//! Signed notes (C2SP `signed-note`): a text and the signatures under it.
//!
//! The format needs no cryptography: whoever has keys implements [`Signer`] or [`Verifier`], or takes text and
//! signatures to where the keys are.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Encoding};

use super::hash::sha256;

/// Bytes that a note may have.
pub const MAX_NOTE_BYTES: usize = 1_000_000;
/// Signatures that a note may have.
pub const MAX_NOTE_SIGNATURES: usize = 100;

/// A key that verifies.
pub trait Verifier {
    /// Name of the key: not empty, without spaces and `+`.
    fn name(&self) -> &str;
    /// Its number.
    fn key_id(&self) -> u32;
    /// Whether a signature over a note's text is this key's.
    fn verify(&self, text: &[u8], signature: &[u8]) -> bool;
}

/// A key that signs.
pub trait Signer {
    /// Name of the key: not empty, without spaces and `+`.
    fn name(&self) -> &str;
    /// Its number.
    fn key_id(&self) -> u32;
    /// The signature over a note's text.
    fn sign(&self, text: &[u8]) -> Vec<u8>;
}

/// A signature under a note, which nobody has verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// Name of the key.
    pub name: String,
    /// Its number.
    pub key_id: u32,
    /// The signature, at least one byte.
    pub signature: Vec<u8>,
}

/// A well-formed note. What its text says counts only once a known key has been verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

/// Why something is no note, or one that cannot be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedNoteError {
    /// More than [`MAX_NOTE_BYTES`].
    TooLong {
        /// Bytes that it has.
        length: usize,
    },
    /// Not UTF-8, or with a control character other than the newline.
    Characters,
    /// The text is empty or does not end with a newline.
    Text,
    /// No blank line before the signatures, or no newline at the end.
    Layout,
    /// A line that is no signature.
    Signature {
        /// Which signature, counted from 0.
        line: usize,
    },
    /// More than [`MAX_NOTE_SIGNATURES`], or none where there must be some.
    SignatureCount,
    /// A name that no key may have.
    KeyName {
        /// The name.
        name: String,
    },
    /// The signature of a known key is false.
    Forged {
        /// Name of the key.
        name: String,
    },
    /// No known key has signed.
    Unsigned,
}

impl fmt::Display for SignedNoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { length } => write!(f, "the note has {length} bytes, must be at most {MAX_NOTE_BYTES}"),
            Self::Characters => f.write_str("the note must be UTF-8 without control characters other than newlines"),
            Self::Text => f.write_str("the text of a note must end with a newline"),
            Self::Layout => f.write_str("a note must be a text, a blank line and signature lines"),
            Self::Signature { line } => write!(f, "signature line {line} of the note is malformed"),
            Self::SignatureCount => write!(f, "a note must have 1 to {MAX_NOTE_SIGNATURES} signatures"),
            Self::KeyName { name } => write!(f, "key name is {name:?}, must not be empty or have spaces or +"),
            Self::Forged { name } => write!(f, "the signature of {name} is not valid"),
            Self::Unsigned => f.write_str("no known key has signed the note"),
        }
    }
}

impl core::error::Error for SignedNoteError {}

/// Whether a key may have this name: not empty, without Unicode spaces, `+` and control characters.
#[must_use]
pub fn is_key_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|char| char.is_whitespace() || char == '+' || char < ' ')
}

/// Number of a key: the first four bytes of SHA-256 over its name, a newline, a byte for the type of its signatures and
/// its public half.
#[must_use]
pub fn key_id(name: &str, signature_type: u8, public: &[u8]) -> u32 {
    let mut bytes = Vec::with_capacity(name.len().saturating_add(public.len()).saturating_add(2));
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(&[b'\n', signature_type]);
    bytes.extend_from_slice(public);
    sha256(&[], &bytes).first_chunk().copied().map_or(0, u32::from_be_bytes)
}

/// An em dash and a space.
const MARK: &str = "\u{2014} ";

impl Note {
    /// A note that nobody has signed yet.
    ///
    /// # Errors
    /// [`SignedNoteError`] if no note can have this text.
    pub fn new(text: &str) -> Result<Self, SignedNoteError> {
        check_characters(text.as_bytes())?;
        if !text.ends_with('\n') {
            return Err(SignedNoteError::Text);
        }
        Ok(Self { text: text.into(), signatures: Vec::new() })
    }

    /// Reads a note. Its signatures are not verified.
    ///
    /// # Errors
    /// [`SignedNoteError`] says what is malformed.
    pub fn parse(bytes: &[u8]) -> Result<Self, SignedNoteError> {
        let whole = check_characters(bytes)?;
        // The last blank line parts them. (Searching for a text of two bytes would bring a searcher for any text.)
        let blank = bytes.array_windows().rposition(|pair| pair == b"\n\n").ok_or(SignedNoteError::Layout)?;
        let (text, lines) = whole.split_at_checked(blank.saturating_add(1)).ok_or(SignedNoteError::Layout)?;
        let lines = lines.strip_prefix('\n').and_then(|lines| lines.strip_suffix('\n'));
        let lines = lines.ok_or(SignedNoteError::Layout)?;
        let mut signatures = Vec::new();
        for (line, written) in lines.split('\n').enumerate() {
            if line >= MAX_NOTE_SIGNATURES {
                return Err(SignedNoteError::SignatureCount);
            }
            signatures.push(parse_signature(written).ok_or(SignedNoteError::Signature { line })?);
        }
        Ok(Self { text: text.into(), signatures })
    }

    /// The text that the signatures are over, with its last newline.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures in their order, none of them verified.
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }

    /// Adds the signature of a key; an earlier one of the same key gives way.
    ///
    /// # Errors
    /// [`SignedNoteError`] if the key's name is none, the signature empty or the note full.
    pub fn sign(&mut self, signer: &dyn Signer) -> Result<(), SignedNoteError> {
        self.add(NoteSignature {
            name: signer.name().into(),
            key_id: signer.key_id(),
            signature: signer.sign(self.text.as_bytes()),
        })
    }

    /// Adds a signature that was made elsewhere; an earlier one of the same key gives way.
    ///
    /// # Errors
    /// [`SignedNoteError`] if the key's name is none, the signature empty or the note full.
    pub fn add(&mut self, signature: NoteSignature) -> Result<(), SignedNoteError> {
        if !is_key_name(&signature.name) {
            return Err(SignedNoteError::KeyName { name: signature.name });
        }
        let others = |other: &NoteSignature| (&other.name, other.key_id) != (&signature.name, signature.key_id);
        let count = self.signatures.iter().filter(|other| others(other)).count();
        if signature.signature.is_empty() {
            return Err(SignedNoteError::Signature { line: count });
        }
        if count >= MAX_NOTE_SIGNATURES {
            return Err(SignedNoteError::SignatureCount);
        }
        let mut length = self.text.len().saturating_add(1).saturating_add(line_length(&signature));
        self.signatures.iter().filter(|other| others(other)).for_each(|other| {
            length = length.saturating_add(line_length(other));
        });
        if length > MAX_NOTE_BYTES {
            return Err(SignedNoteError::TooLong { length });
        }
        self.signatures.retain(others);
        self.signatures.push(signature);
        Ok(())
    }

    /// The note as it is written. One without signatures cannot be read again.
    pub fn encode(&self) -> String {
        let mut note = self.text.clone();
        note.push('\n');
        for NoteSignature { name, key_id, signature } in &self.signatures {
            let mut bytes = key_id.to_be_bytes().to_vec();
            bytes.extend_from_slice(signature);
            for part in [MARK, name, " ", &Base64::encode_string(&bytes), "\n"] {
                note.push_str(part);
            }
        }
        note
    }

    /// Verifies the signatures of all known keys and returns the places of those signatures: at least one. Signatures
    /// of other keys are left alone.
    ///
    /// # Errors
    /// [`SignedNoteError::Forged`] if the first signature of a known key is not valid, [`SignedNoteError::Unsigned`] if no known key
    /// has signed.
    pub fn verify(&self, known: &[&dyn Verifier]) -> Result<Vec<usize>, SignedNoteError> {
        let mut verified = Vec::new();
        for verifier in known {
            let is_its =
                |signature: &NoteSignature| signature.key_id == verifier.key_id() && signature.name == verifier.name();
            let Some(place) = self.signatures.iter().position(is_its) else { continue };
            let signature = self.signatures.get(place).map(|found| found.signature.as_slice()).unwrap_or_default();
            if !verifier.verify(self.text.as_bytes(), signature) {
                return Err(SignedNoteError::Forged { name: verifier.name().into() });
            }
            if !verified.contains(&place) {
                verified.push(place);
            }
        }
        if verified.is_empty() { Err(SignedNoteError::Unsigned) } else { Ok(verified) }
    }
}

fn check_characters(bytes: &[u8]) -> Result<&str, SignedNoteError> {
    if bytes.len() > MAX_NOTE_BYTES {
        return Err(SignedNoteError::TooLong { length: bytes.len() });
    }
    if bytes.iter().any(|byte| *byte < b' ' && *byte != b'\n') {
        return Err(SignedNoteError::Characters);
    }
    core::str::from_utf8(bytes).map_err(|_| SignedNoteError::Characters)
}

fn parse_signature(line: &str) -> Option<NoteSignature> {
    let (name, encoded) = line.strip_prefix(MARK)?.split_once(' ')?;
    let bytes = Base64::decode_vec(encoded).ok()?;
    let (key_id, signature) = bytes.split_first_chunk::<4>()?;
    if !is_key_name(name) || signature.is_empty() {
        return None;
    }
    Some(NoteSignature { name: name.into(), key_id: u32::from_be_bytes(*key_id), signature: signature.into() })
}

/// Bytes of a signature's line.
fn line_length(signature: &NoteSignature) -> usize {
    let bytes = signature.signature.len().saturating_add(4);
    let fixed = MARK.len().saturating_add(2);
    bytes.div_ceil(3).saturating_mul(4).saturating_add(signature.name.len()).saturating_add(fixed)
}
