//! Signed rules: a DSSE envelope (in-toto's Dead Simple Signing Envelope, v1).
//!
//! A signature is over the pre-authentication encoding, which binds the type of the payload and its bytes:
//! `DSSEv1 LENGTH(type) type LENGTH(body) body`, with single spaces and decimal lengths. The body is the rule's canonical
//! encoding. In JSON, body and signatures are base64, of either alphabet.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use base64ct::{Base64, Base64Url, Encoding};

use super::encoding::DecodeError;
use super::rule::CompiledRule;
use crate::json::{Broken, JsonError, Scanner, Walk, escape_into, names};
use crate::numeric::digits;

/// Type of the payload of a rule's envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.interlock.rule.v1";
/// Signatures that an envelope may have.
pub const MAX_ENVELOPE_SIGNATURES: u32 = 16;
/// Bytes of an envelope's JSON, at most: what the largest rule takes in base64, and as much again for the rest as a rule
/// has at most beside its payload.
pub const MAX_ENVELOPE_BYTES: u32 = 24 << 20;

/// A signature, which nobody has verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeSignature {
    /// Which key it says it is of; empty where it does not. It is not signed, so it only says where to look.
    pub key_id: String,
    /// The signature, 64 bytes for Ed25519.
    pub signature: Vec<u8>,
}

/// A rule with signatures, which nobody has verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    rule: CompiledRule,
    signatures: Vec<EnvelopeSignature>,
}

/// Why something is no envelope of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EnvelopeError {
    /// More than [`MAX_ENVELOPE_BYTES`].
    TooLong {
        /// Its bytes.
        bytes: u64,
    },
    /// Not the JSON of an envelope.
    Json(JsonError),
    /// Of another type.
    PayloadType {
        /// Its first characters.
        found: String,
    },
    /// Not base64.
    Base64 {
        /// The field.
        field: &'static str,
    },
    /// No signature, or more than [`MAX_ENVELOPE_SIGNATURES`].
    SignatureCount {
        /// How many.
        count: u64,
    },
    /// A key id above 256 bytes, or a signature that has not 1 to 256.
    Signature {
        /// Which signature, counted from 0.
        index: u32,
    },
    /// The body is no rule.
    Rule(DecodeError),
}

impl EnvelopeError {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::TooLong { bytes } => ["the envelope has ", &digits(*bytes), " bytes, may have 25165824"].concat(),
            Self::Json(error) => error.message(),
            Self::PayloadType { found } => ["the payload's type is ", found, ", must be ", PAYLOAD_TYPE].concat(),
            Self::Base64 { field } => [*field, " is not base64"].concat(),
            Self::SignatureCount { count } => [&digits(*count), " signatures, must be 1..=16"].concat(),
            Self::Signature { index } => {
                ["signature ", &digits(u64::from(*index)), " or its key id is not in 1..=256 bytes"].concat()
            }
            Self::Rule(error) => ["the payload is no rule: ", &error.message()].concat(),
        }
    }
}

impl fmt::Display for EnvelopeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for EnvelopeError {}

impl Envelope {
    /// A rule without signatures.
    #[must_use]
    pub const fn new(rule: CompiledRule) -> Self {
        Self { rule, signatures: Vec::new() }
    }

    /// The rule, which counts only once signatures have been verified.
    #[must_use]
    pub const fn rule(&self) -> &CompiledRule {
        &self.rule
    }

    /// The signatures.
    #[must_use]
    pub fn signatures(&self) -> &[EnvelopeSignature] {
        &self.signatures
    }

    /// What is signed.
    #[must_use]
    pub fn pre_authentication_encoding(&self) -> Vec<u8> {
        pre_authentication_encoding(PAYLOAD_TYPE, self.rule.as_bytes())
    }

    /// Adds a signature over [`Envelope::pre_authentication_encoding`].
    ///
    /// # Errors
    /// [`EnvelopeError::SignatureCount`], [`EnvelopeError::Signature`].
    pub fn add(&mut self, key_id: &str, signature: &[u8]) -> Result<(), EnvelopeError> {
        let count = self.signatures.len() as u64;
        if count >= u64::from(MAX_ENVELOPE_SIGNATURES) {
            return Err(EnvelopeError::SignatureCount { count: count.saturating_add(1) });
        }
        if key_id.len() > 256 || signature.is_empty() || signature.len() > 256 {
            return Err(EnvelopeError::Signature { index: u32::try_from(count).unwrap_or(u32::MAX) });
        }
        self.signatures.push(EnvelopeSignature { key_id: key_id.into(), signature: signature.into() });
        Ok(())
    }

    /// The envelope as JSON.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let put = |out: &mut Vec<u8>, text: &str| out.extend_from_slice(text.as_bytes());
        for part in ["{\"payloadType\":\"", PAYLOAD_TYPE, "\",\"payload\":\""] {
            put(&mut out, part);
        }
        put(&mut out, &Base64::encode_string(self.rule.as_bytes()));
        put(&mut out, "\",\"signatures\":[");
        for (at, own) in self.signatures.iter().enumerate() {
            put(&mut out, if at == 0 { "{\"keyid\":\"" } else { ",{\"keyid\":\"" });
            escape_into(&own.key_id, &mut out);
            put(&mut out, "\",\"sig\":\"");
            put(&mut out, &Base64::encode_string(&own.signature));
            put(&mut out, "\"}");
        }
        put(&mut out, "]}");
        out
    }

    /// Reads an envelope of JSON. Fields that DSSE does not know are passed over.
    ///
    /// # Errors
    /// [`EnvelopeError`] says what is wrong.
    pub fn decode(json: &[u8]) -> Result<Self, EnvelopeError> {
        if !u32::try_from(json.len()).is_ok_and(|bytes| bytes <= MAX_ENVELOPE_BYTES) {
            return Err(EnvelopeError::TooLong { bytes: json.len() as u64 });
        }
        let mut scanner = Scanner::new(json).map_err(EnvelopeError::Json)?;
        let parts = match read(&mut scanner) {
            Ok(parts) => parts,
            Err(Broken) => return Err(EnvelopeError::Json(scanner.error())),
        };
        if parts.payload_type != PAYLOAD_TYPE {
            return Err(EnvelopeError::PayloadType { found: parts.payload_type.chars().take(64).collect() });
        }
        let count = parts.signatures.len() as u64;
        if !(1..=u64::from(MAX_ENVELOPE_SIGNATURES)).contains(&count) {
            return Err(EnvelopeError::SignatureCount { count });
        }
        let body = base64(&parts.payload).ok_or(EnvelopeError::Base64 { field: "payload" })?;
        let mut envelope = Self::new(CompiledRule::decode(body).map_err(EnvelopeError::Rule)?);
        for (key_id, signature) in &parts.signatures {
            let signature = base64(signature).ok_or(EnvelopeError::Base64 { field: "sig" })?;
            envelope.add(key_id, &signature)?;
        }
        Ok(envelope)
    }
}

/// The bytes that a signature of DSSE v1 is over.
#[must_use]
pub fn pre_authentication_encoding(payload_type: &str, body: &[u8]) -> Vec<u8> {
    let lengths = [payload_type.len(), body.len()].map(|length| digits(length as u64));
    let [of_type, of_body] = &lengths;
    let mut out = Vec::with_capacity(body.len().saturating_add(payload_type.len()).saturating_add(64));
    for part in ["DSSEv1 ", of_type, " ", payload_type, " ", of_body, " "] {
        out.extend_from_slice(part.as_bytes());
    }
    out.extend_from_slice(body);
    out
}

#[derive(Default)]
struct Parts<'a> {
    payload_type: String,
    payload: alloc::borrow::Cow<'a, str>,
    /// Key ids and signatures, one more than there may be at most.
    signatures: Vec<(String, String)>,
}

fn read<'a>(scanner: &mut Scanner<'a>) -> Result<Parts<'a>, Broken> {
    let mut parts = Parts::default();
    let mut given = [false; 3];
    let mut walk = scanner.object()?;
    while let Some(field) = scanner.next_field(&mut walk, names!["payloadType", "payload", "signatures"])? {
        once(scanner, &mut given, field)?;
        match field {
            0 => parts.payload_type = text(scanner)?.into_owned(),
            1 => parts.payload = text(scanner)?,
            2 => {
                let mut items = scanner.array()?;
                while scanner.next_item(&mut items)? {
                    let signature = read_signature(scanner)?;
                    if parts.signatures.len() <= 16 {
                        parts.signatures.push(signature);
                    }
                }
            }
            _ => scanner.skip()?,
        }
    }
    if given != [true; 3] {
        let end = scanner.end_of_last();
        return Err(scanner.fail_at(end, "payloadType, payload or signatures is missing"));
    }
    scanner.finish()?;
    Ok(parts)
}

fn read_signature(scanner: &mut Scanner<'_>) -> Result<(String, String), Broken> {
    let (mut key_id, mut signature) = (String::new(), String::new());
    let mut given = [false; 2];
    let mut walk: Walk = scanner.object()?;
    while let Some(field) = scanner.next_field(&mut walk, names!["keyid", "sig"])? {
        once(scanner, &mut given, field)?;
        match field {
            0 => key_id = text(scanner)?.into_owned(),
            1 => signature = text(scanner)?.into_owned(),
            _ => scanner.skip()?,
        }
    }
    Ok((key_id, signature))
}

/// Two readers that disagree on which of two equal names counts would disagree on what was signed.
fn once(scanner: &mut Scanner<'_>, given: &mut [bool], field: usize) -> Result<(), Broken> {
    match given.get_mut(field) {
        Some(true) => {
            let at = scanner.position();
            Err(scanner.fail_at(at, "a field that is there already"))
        }
        Some(place) => {
            *place = true;
            Ok(())
        }
        None => Ok(()),
    }
}

fn text<'a>(scanner: &mut Scanner<'a>) -> Result<alloc::borrow::Cow<'a, str>, Broken> {
    let range = scanner.string()?;
    Ok(scanner.plain(range))
}

/// Base64 of either alphabet (RFC 4648, 4 and 5), padded.
fn base64(text: &str) -> Option<Vec<u8>> {
    let is_url = text.bytes().any(|byte| byte == b'-' || byte == b'_');
    if is_url { Base64Url::decode_vec(text).ok() } else { Base64::decode_vec(text).ok() }
}
