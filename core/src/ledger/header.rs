//! The canonical header of a node: the bytes that a leaf of the log is.
//!
//! ```text
//! at  size
//!  0    1  version, 1
//!  1    8  timestamp, ms, signed
//!  9    4  length of the payload
//! 13   32  SHA-256 of the payload
//! 45    2  length of the id
//! 47    2  length of the origin
//! 49    2  length of the kind, 0 for none
//! 51    2  number of tags
//! 53    2  number of links
//! 55       id, origin, kind
//!          tags: length (2), bytes; strictly ascending
//!          links: kind (1), length (2), id of the target; strictly ascending by kind, then id
//! ```
//!
//! Numbers are big-endian, texts UTF-8, and there is one encoding of a node: the decoder takes no other.

use core::fmt;

use super::hash::{Hash, leaf_hash, sha256};
use super::node::{LinkKind, NodeError, TraceNode};

/// The longest header: the longest entry that an entry bundle of tlog-tiles can hold.
pub const MAX_HEADER_BYTES: usize = 65_535;
/// The longest payload, 16 MiB.
pub const MAX_PAYLOAD_BYTES: usize = 1 << 24;
/// Timestamps lie within this of 0, so that every language has them exactly.
pub const MAX_TIMESTAMP_MS: i64 = (1 << 53) - 1;

pub(super) const VERSION: u8 = 1;
pub(super) const HASH_AT: usize = 13;
pub(super) const FIXED: usize = 55;
const ID_LEN: usize = 45;
const ORIGIN_LEN: usize = 47;
const KIND_LEN: usize = 49;
const TAGS: usize = 51;
const LINKS: usize = 53;

/// The parts of a header that is known to be well formed. The payload's hash may not have been filled in yet.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    fn array<const N: usize>(self, at: usize) -> [u8; N] {
        self.0.get(at..).and_then(|rest| rest.first_chunk()).copied().unwrap_or([0; N])
    }

    fn number(self, at: usize) -> usize {
        usize::from(u16::from_be_bytes(self.array(at)))
    }

    fn bytes(self, at: usize, length: usize) -> &'a [u8] {
        self.0.get(at..at.saturating_add(length)).unwrap_or_default()
    }

    pub(super) fn timestamp(self) -> i64 {
        i64::from_be_bytes(self.array(1))
    }

    pub(super) fn payload_len(self) -> u32 {
        u32::from_be_bytes(self.array(9))
    }

    pub(super) fn payload_hash(self) -> Hash {
        self.array(HASH_AT)
    }

    /// The bytes of the id: what only compares texts need not ask whether they are some.
    pub(super) fn id_bytes(self) -> &'a [u8] {
        self.bytes(FIXED, self.number(ID_LEN))
    }

    pub(super) fn origin_bytes(self) -> &'a [u8] {
        self.bytes(FIXED.saturating_add(self.number(ID_LEN)), self.number(ORIGIN_LEN))
    }

    pub(super) fn kind_bytes(self) -> &'a [u8] {
        let at = FIXED.saturating_add(self.number(ID_LEN)).saturating_add(self.number(ORIGIN_LEN));
        self.bytes(at, self.number(KIND_LEN))
    }

    pub(super) fn id(self) -> &'a str {
        text(self.id_bytes())
    }

    pub(super) fn origin(self) -> &'a str {
        text(self.origin_bytes())
    }

    pub(super) fn kind(self) -> &'a str {
        text(self.kind_bytes())
    }

    pub(super) fn tags(self) -> Tags<'a> {
        let names = self.number(ID_LEN).saturating_add(self.number(ORIGIN_LEN)).saturating_add(self.number(KIND_LEN));
        Tags { rest: self.0.get(FIXED.saturating_add(names)..).unwrap_or_default(), left: self.number(TAGS) }
    }

    pub(super) fn links(self) -> Links<'a> {
        let left = self.number(LINKS);
        if left == 0 {
            return Links { rest: &[], left };
        }
        let mut tags = self.tags();
        while tags.next().is_some() {}
        Links { rest: tags.rest, left }
    }
}

fn text(bytes: &[u8]) -> &str {
    // Checked when the header was built or decoded.
    core::str::from_utf8(bytes).unwrap_or_default()
}

/// Takes a length of two bytes and as many bytes.
fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<2>()?;
    let (bytes, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
    *rest = after;
    Some(bytes)
}

/// The tags of a node in ascending order.
#[derive(Clone, Debug)]
pub struct Tags<'a> {
    rest: &'a [u8],
    left: usize,
}

impl<'a> Iterator for Tags<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.left = self.left.checked_sub(1)?;
        take(&mut self.rest).map(text)
    }
}

/// The links of a node, ascending by kind, then by the id of the target.
#[derive(Clone, Debug)]
pub struct Links<'a> {
    rest: &'a [u8],
    left: usize,
}

impl<'a> Iterator for Links<'a> {
    type Item = (LinkKind, &'a str);

    fn next(&mut self) -> Option<(LinkKind, &'a str)> {
        self.left = self.left.checked_sub(1)?;
        let (kind, after) = self.rest.split_first()?;
        self.rest = after;
        Some((LinkKind::from_code(*kind)?, text(take(&mut self.rest)?)))
    }
}

/// Why bytes are no header: what is wrong, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderError {
    /// Byte at which it was found, counted from 0.
    pub offset: usize,
    /// What is wrong there.
    pub what: HeaderFault,
}

/// What can be wrong with a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeaderFault {
    /// It ends too early.
    Truncated,
    /// Bytes follow its end, or it is longer than [`MAX_HEADER_BYTES`].
    TooLong,
    /// A version that this build does not know.
    Version(u8),
    /// A timestamp beyond [`MAX_TIMESTAMP_MS`].
    Timestamp(i64),
    /// A payload longer than [`MAX_PAYLOAD_BYTES`].
    PayloadTooLarge(u32),
    /// An id, an origin, a tag or the target of a link that is empty.
    Empty,
    /// A text that is not UTF-8.
    NotUtf8,
    /// Tags or links that are not in strictly ascending order.
    NotAscending,
    /// A kind of link that does not exist.
    LinkKind(u8),
}

impl fmt::Display for HeaderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            HeaderFault::Truncated => f.write_str("the header ends too early"),
            HeaderFault::TooLong => f.write_str("bytes follow the end of the header, or it exceeds 65535 bytes"),
            HeaderFault::Version(version) => write!(f, "header version is {version}, must be {VERSION}"),
            HeaderFault::Timestamp(value) => write!(f, "timestamp is {value}, must be within 2^53 - 1 of 0"),
            HeaderFault::PayloadTooLarge(length) => {
                write!(f, "length of the payload is {length}, must be at most {MAX_PAYLOAD_BYTES}")
            }
            HeaderFault::Empty => f.write_str("an id, origin, tag or target is empty"),
            HeaderFault::NotUtf8 => f.write_str("a text is not UTF-8"),
            HeaderFault::NotAscending => f.write_str("tags and links must be strictly ascending"),
            HeaderFault::LinkKind(code) => write!(f, "kind of a link is {code}, must be 0 to 3"),
        }?;
        write!(f, ", at byte {}", self.offset)
    }
}

impl core::error::Error for HeaderError {}

/// A header that was decoded: all that a leaf of the log says. The payload lies elsewhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Header<'a>(&'a [u8]);

impl fmt::Debug for Header<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header").field("id", &self.id()).field("origin", &self.origin()).finish_non_exhaustive()
    }
}

impl<'a> Header<'a> {
    /// Reads a header.
    ///
    /// # Errors
    /// [`HeaderError`] for anything but the one encoding of a node.
    #[inline(never)]
    pub fn decode(bytes: &'a [u8]) -> Result<Self, HeaderError> {
        let fail = |offset: usize, what| Err(HeaderError { offset, what });
        match bytes.first() {
            None => return fail(0, HeaderFault::Truncated),
            Some(&VERSION) => {}
            Some(&version) => return fail(0, HeaderFault::Version(version)),
        }
        if bytes.len() > MAX_HEADER_BYTES {
            return fail(MAX_HEADER_BYTES, HeaderFault::TooLong);
        }
        let Some(mut rest) = bytes.get(FIXED..) else { return fail(bytes.len(), HeaderFault::Truncated) };
        let fields = Fields(bytes);
        let timestamp = fields.timestamp();
        if timestamp.unsigned_abs() > MAX_TIMESTAMP_MS.unsigned_abs() {
            return fail(1, HeaderFault::Timestamp(timestamp));
        }
        let payload_len = fields.payload_len();
        if payload_len > 1 << 24 {
            return fail(9, HeaderFault::PayloadTooLarge(payload_len));
        }
        let at = |rest: &[u8]| bytes.len().saturating_sub(rest.len());
        for (length, may_be_empty) in [(ID_LEN, false), (ORIGIN_LEN, false), (KIND_LEN, true)] {
            let Some((name, after)) = rest.split_at_checked(fields.number(length)) else {
                return fail(bytes.len(), HeaderFault::Truncated);
            };
            if let Some(fault) = text_fault(name, may_be_empty) {
                return fail(at(rest), fault);
            }
            rest = after;
        }
        let mut last: (u8, &[u8]) = (0, &[]);
        for _ in 0..fields.number(TAGS) {
            let offset = at(rest);
            let Some(tag) = take(&mut rest) else { return fail(offset, HeaderFault::Truncated) };
            if let Some(fault) = text_fault(tag, false) {
                return fail(offset, fault);
            }
            if tag <= last.1 {
                return fail(offset, HeaderFault::NotAscending);
            }
            last.1 = tag;
        }
        last = (0, &[]);
        for _ in 0..fields.number(LINKS) {
            let offset = at(rest);
            let Some((&kind, after)) = rest.split_first() else { return fail(offset, HeaderFault::Truncated) };
            if LinkKind::from_code(kind).is_none() {
                return fail(offset, HeaderFault::LinkKind(kind));
            }
            rest = after;
            let Some(target) = take(&mut rest) else { return fail(offset, HeaderFault::Truncated) };
            if let Some(fault) = text_fault(target, false) {
                return fail(offset, fault);
            }
            if (kind, target) <= last {
                return fail(offset, HeaderFault::NotAscending);
            }
            last = (kind, target);
        }
        if !rest.is_empty() {
            return fail(at(rest), HeaderFault::TooLong);
        }
        Ok(Self(bytes))
    }

    /// The header as it was read: the entry of the log.
    pub fn as_bytes(&self) -> &'a [u8] {
        self.0
    }

    /// The node's id.
    pub fn id(&self) -> &'a str {
        Fields(self.0).id()
    }

    /// Who wrote the node.
    pub fn origin(&self) -> &'a str {
        Fields(self.0).origin()
    }

    /// What kind of node it is; empty for none.
    pub fn kind(&self) -> &'a str {
        Fields(self.0).kind()
    }

    /// When it was made, in ms.
    pub fn timestamp(&self) -> i64 {
        Fields(self.0).timestamp()
    }

    /// Its tags.
    pub fn tags(&self) -> Tags<'a> {
        Fields(self.0).tags()
    }

    /// Its links.
    pub fn links(&self) -> Links<'a> {
        Fields(self.0).links()
    }

    /// Bytes of its payload.
    pub fn payload_len(&self) -> u32 {
        Fields(self.0).payload_len()
    }

    /// SHA-256 of its payload.
    pub fn payload_hash(&self) -> Hash {
        Fields(self.0).payload_hash()
    }

    /// Hash of the leaf that this header is.
    pub fn leaf_hash(&self) -> Hash {
        leaf_hash(self.0)
    }

    /// The node of this header and a payload.
    ///
    /// # Errors
    /// [`NodeError::WrongPayload`] if it is not the payload that the header speaks of.
    pub fn with_payload(&self, payload: &[u8]) -> Result<TraceNode, NodeError> {
        let is_length = u32::try_from(payload.len()).is_ok_and(|length| length == self.payload_len());
        if is_length && sha256(&[], payload) == self.payload_hash() {
            Ok(TraceNode::from_parts(self.0, payload))
        } else {
            Err(NodeError::WrongPayload)
        }
    }
}

fn text_fault(bytes: &[u8], may_be_empty: bool) -> Option<HeaderFault> {
    if bytes.is_empty() {
        return (!may_be_empty).then_some(HeaderFault::Empty);
    }
    core::str::from_utf8(bytes).is_err().then_some(HeaderFault::NotUtf8)
}
