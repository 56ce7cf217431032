//! The canonical encoding of a rule: what is signed and stored. What is hashed of it, `parts` says.
//!
//! ```text
//!  at  size
//!   0     4  "ILK" and the version of this format, 1
//!   4     8  version of the rule
//!  12     1  target: 0 data, 1 wasm32, 2 wasm32+simd128, 3 opaque
//!  13     4  version of the data format, 0 unless the target is data
//!  17    12  dimensions of a block
//!  29    12  dimensions of the grid
//!  41     4  shared memory, bytes
//!  45     4  messages in flight, at most
//!  49     1  bit 0: there is a source hash, bit 1: there is an instant of compilation
//!  50    32  SHA-256 of the source, zeros if there is none
//!  82     8  instant of compilation, ms since 1970, 0 if there is none
//!  90    10  lengths of: id, opaque target, source language, compiler version, author
//! 100     2  number of dependencies
//! 102     4  length of the payload
//! 106        id, opaque target, source language, compiler version, author
//!            dependencies: least version (8), length (2), id; strictly ascending by id
//!            payload
//! ```
//!
//! Numbers are big-endian, texts UTF-8, and there is one encoding of a rule: the decoder takes no other.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::rule::{
    ActorConfig, Dependency, MAX_DEPENDENCIES, MAX_RULE_PAYLOAD_BYTES, RuleFault, RuleHeader, RuleMetadata,
};
use super::target::Target;
use crate::numeric::digits;

const MAGIC: &[u8; 3] = b"ILK";
const FORMAT: u8 = 1;
const FIXED: usize = 106;

/// Why bytes are no rule: what is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Byte at which it was found, counted from 0.
    pub offset: u64,
    /// What is wrong there.
    pub what: DecodeFault,
}

/// What can be wrong with the encoding of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DecodeFault {
    /// It does not begin as a rule does.
    NoRule,
    /// A version of the format that this build does not know.
    Format(u8),
    /// It ends before what it announces.
    Truncated {
        /// Bytes that it must have at least.
        needed: u64,
    },
    /// Bytes follow its end.
    TooLong {
        /// How many.
        extra: u64,
    },
    /// A code or a bit that has no meaning.
    Code(u8),
    /// Something is given where the encoding has nothing to give.
    NotEmpty,
    /// A text that is not UTF-8.
    NotUtf8,
    /// It says something that no rule says.
    Rule(RuleFault),
}

impl DecodeError {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        let what = match &self.what {
            DecodeFault::NoRule => String::from("it does not begin with ILK, so it is no compiled rule"),
            DecodeFault::Format(version) => {
                ["the format's version is ", &digits(u64::from(*version)), ", must be 1"].concat()
            }
            DecodeFault::Truncated { needed } => ["it ends before its ", &digits(*needed), " bytes"].concat(),
            DecodeFault::TooLong { extra } => [&digits(*extra), " bytes follow its end"].concat(),
            DecodeFault::Code(code) => ["the code ", &digits(u64::from(*code)), " has no meaning"].concat(),
            DecodeFault::NotEmpty => String::from("what is not given is not zero"),
            DecodeFault::NotUtf8 => String::from("a text is not UTF-8"),
            DecodeFault::Rule(fault) => fault.message(),
        };
        [&what, ", at byte ", &digits(self.offset)].concat()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for DecodeError {}

/// The encoding of a valid header and a payload that is not too long.
pub(super) fn encode(header: &RuleHeader, payload: &[u8]) -> Vec<u8> {
    let RuleHeader { rule_id, version, compute_cap, depends_on, actor_config, metadata } = header;
    let (code, data, opaque) = match compute_cap {
        Target::Data(version) => (0, *version, ""),
        Target::Wasm32 => (1, 0, ""),
        Target::Wasm32Simd128 => (2, 0, ""),
        Target::Opaque(name) => (3, 0, name.as_str()),
    };
    let names = [rule_id, opaque, &metadata.source_language, &metadata.compiler_version, &metadata.author];
    let names_length = names.iter().fold(0_usize, |sum, name| sum.saturating_add(name.len()));
    let needs = depends_on.iter().fold(0_usize, |sum, it| sum.saturating_add(it.rule_id.len()).saturating_add(10));
    let length = FIXED.saturating_add(names_length).saturating_add(needs).saturating_add(payload.len());
    let mut out = Vec::with_capacity(length);
    out.extend_from_slice(MAGIC);
    out.push(FORMAT);
    out.extend_from_slice(&version.to_be_bytes());
    out.push(code);
    out.extend_from_slice(&data.to_be_bytes());
    for number in actor_config.block_dim.iter().chain(&actor_config.grid_dim) {
        out.extend_from_slice(&number.to_be_bytes());
    }
    out.extend_from_slice(&actor_config.shared_mem_bytes.to_be_bytes());
    out.extend_from_slice(&actor_config.max_in_flight.to_be_bytes());
    out.push(u8::from(metadata.source_hash.is_some()) | u8::from(metadata.compiled_at_ms.is_some()) << 1);
    out.extend_from_slice(&metadata.source_hash.unwrap_or_default());
    out.extend_from_slice(&metadata.compiled_at_ms.unwrap_or_default().to_be_bytes());
    // Valid lengths fit.
    let put_length = |out: &mut Vec<u8>, length: usize| {
        out.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
    };
    for name in names {
        put_length(&mut out, name.len());
    }
    put_length(&mut out, depends_on.len());
    out.extend_from_slice(&u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes());
    for name in names {
        out.extend_from_slice(name.as_bytes());
    }
    for Dependency { rule_id, min_version } in depends_on {
        out.extend_from_slice(&min_version.to_be_bytes());
        put_length(&mut out, rule_id.len());
        out.extend_from_slice(rule_id.as_bytes());
    }
    out.extend_from_slice(payload);
    out
}

/// Reads an encoding from its start.
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    #[inline(never)]
    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let end = self.at.saturating_add(length);
        let Some(taken) = self.bytes.get(self.at..end) else {
            return fail(self.bytes.len(), DecodeFault::Truncated { needed: end as u64 });
        };
        self.at = end;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        Ok(self.take(N)?.first_chunk().copied().unwrap_or([0; N]))
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    fn u16(&mut self) -> Result<u16, DecodeError> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    fn u32(&mut self) -> Result<u32, DecodeError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    fn u64(&mut self) -> Result<u64, DecodeError> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    fn text(&mut self, length: u16) -> Result<String, DecodeError> {
        let at = self.at;
        // 256 is more than any text may have, so that what is refused for its length is not copied first.
        let bytes = self.take(usize::from(length))?;
        let fault = || RuleFault::Name { what: "a text", bytes: u64::from(length) };
        if length > 256 {
            return fail(at, DecodeFault::Rule(fault()));
        }
        match core::str::from_utf8(bytes) {
            Ok(text) => Ok(String::from(text)),
            Err(_) => fail(at, DecodeFault::NotUtf8),
        }
    }
}

#[cold]
fn fail<T>(at: usize, what: DecodeFault) -> Result<T, DecodeError> {
    Err(DecodeError { offset: at as u64, what })
}

/// The header that bytes encode, and how many of them, at their end, are the payload.
#[inline(never)]
pub(super) fn decode(bytes: &[u8]) -> Result<(RuleHeader, usize), DecodeError> {
    let mut from = Reader { bytes, at: 0 };
    if from.take(3)? != MAGIC {
        return fail(0, DecodeFault::NoRule);
    }
    match from.byte()? {
        FORMAT => {}
        other => return fail(3, DecodeFault::Format(other)),
    }
    let version = from.u64()?;
    let code = from.byte()?;
    let data = from.u32()?;
    if code != 0 && data != 0 {
        return fail(13, DecodeFault::NotEmpty);
    }
    let mut numbers = [0_u32; 8];
    for number in &mut numbers {
        *number = from.u32()?;
    }
    let [bx, by, bz, gx, gy, gz, shared_mem_bytes, max_in_flight] = numbers;
    let given = from.byte()?;
    if given > 3 {
        return fail(49, DecodeFault::Code(given));
    }
    let source_hash: [u8; 32] = from.array()?;
    let compiled_at_ms = from.u64()?;
    if given & 1 == 0 && source_hash != [0; 32] {
        return fail(50, DecodeFault::NotEmpty);
    }
    if given & 2 == 0 && compiled_at_ms != 0 {
        return fail(82, DecodeFault::NotEmpty);
    }
    let mut lengths = [0_u16; 6];
    for length in &mut lengths {
        *length = from.u16()?;
    }
    let [id, opaque, language, compiler, author, dependencies] = lengths;
    let payload = from.u32()?;
    if payload > MAX_RULE_PAYLOAD_BYTES {
        return fail(102, DecodeFault::Rule(RuleFault::Payload { bytes: u64::from(payload) }));
    }
    if u32::from(dependencies) > MAX_DEPENDENCIES {
        return fail(100, DecodeFault::Rule(RuleFault::Dependencies { count: u64::from(dependencies) }));
    }
    let rule_id = from.text(id)?;
    let opaque_at = from.at;
    let opaque = from.text(opaque)?;
    let compute_cap = match code {
        0 => Target::Data(data),
        1 => Target::Wasm32,
        2 => Target::Wasm32Simd128,
        3 => Target::Opaque(opaque.clone()),
        _ => return fail(12, DecodeFault::Code(code)),
    };
    if code != 3 && !opaque.is_empty() {
        return fail(opaque_at, DecodeFault::NotEmpty);
    }
    let metadata = RuleMetadata {
        source_language: from.text(language)?,
        source_hash: (given & 1 != 0).then_some(source_hash),
        compiled_at_ms: (given & 2 != 0).then_some(compiled_at_ms),
        compiler_version: from.text(compiler)?,
        author: from.text(author)?,
    };
    let mut depends_on = Vec::new();
    for _ in 0..dependencies {
        let min_version = from.u64()?;
        let length = from.u16()?;
        depends_on.push(Dependency { rule_id: from.text(length)?, min_version });
    }
    // At most 16 MiB, which every target can count.
    let payload = from.take(usize::try_from(payload).unwrap_or(usize::MAX))?.len();
    if from.at != bytes.len() {
        return fail(from.at, DecodeFault::TooLong { extra: bytes.len().saturating_sub(from.at) as u64 });
    }
    let actor_config = ActorConfig { block_dim: [bx, by, bz], grid_dim: [gx, gy, gz], shared_mem_bytes, max_in_flight };
    let header = RuleHeader { rule_id, version, compute_cap, depends_on, actor_config, metadata };
    match header.validate() {
        Ok(()) => Ok((header, payload)),
        Err(fault) => fail(0, DecodeFault::Rule(fault)),
    }
}
