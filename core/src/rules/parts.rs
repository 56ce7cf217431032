//! The content hash of a rule, and the parts of a payload that have hashes of their own.
//!
//! A policy's payload ends in compiled patterns, which are nearly all of it and stand behind their SHA-256 each. So that
//! no byte is hashed twice, that hash stands for them in the rule's: the content hash is the SHA-256 of the canonical
//! encoding in which the bytes of such parts are left out, their hashes and lengths not. Where a payload has no parts, or
//! one of them another hash than it says, it is the SHA-256 of all bytes.
//!
//! No two rules have the same: the encoding says how long its payload is, so what was left out shows.

use alloc::vec::Vec;

use crate::sha256::{Hash, sha256};

/// How the payload begins that has parts; see `policy_artifact`.
pub(super) const MAGIC: &[u8; 8] = b"ILKPOL\0\x02";
/// Kinds of channels, each with the number of its part, behind the policy.
pub(super) const PLACES: usize = 6;
/// Parts that those numbers can name.
const MOST_PARTS: usize = 255;

/// The hash of an encoding whose payload starts at `start`, and whether the payload has parts and each of them the hash
/// that it says.
pub(super) fn content_hash(encoding: &[u8], start: usize) -> (Hash, bool) {
    match named(encoding, start) {
        Some(named) => (sha256(&[], &named), true),
        None => (sha256(&[], encoding), false),
    }
}

/// The encoding without the bytes that hashes stand for.
fn named(encoding: &[u8], start: usize) -> Option<Vec<u8>> {
    let policy = encoding.get(start..)?.strip_prefix(MAGIC)?;
    let (_, after) = with_length(policy)?;
    let (_, mut rest) = after.split_at_checked(PLACES)?;
    let mut out = Vec::from(encoding.get(..encoding.len().saturating_sub(rest.len()))?);
    for _ in 0..MOST_PARTS {
        let Some((hash, part)) = rest.split_first_chunk::<32>() else { break };
        let (bytes, after) = with_length(part)?;
        if sha256(&[], bytes) != *hash {
            return None;
        }
        out.extend_from_slice(rest.get(..36)?);
        rest = after;
    }
    rest.is_empty().then_some(out)
}

/// What a length of four bytes announces, and what follows.
fn with_length(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)
}
