//! A node: something that happened, written down once and never changed.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::header::{FIXED, HASH_AT, MAX_HEADER_BYTES, MAX_PAYLOAD_BYTES, MAX_TIMESTAMP_MS, VERSION};
use super::node_ref::NodeRef;

/// How a node follows from an earlier one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LinkKind {
    /// The earlier node caused this one.
    Causes,
    /// This node goes on with the earlier one.
    Continues,
    /// This node leaves the line of the earlier one.
    Branches,
    /// This node does what the earlier one intended.
    Fulfills,
}

impl LinkKind {
    /// Every kind, in the order of their codes.
    pub const ALL: [Self; 4] = [Self::Causes, Self::Continues, Self::Branches, Self::Fulfills];

    /// The byte that stands for it in a header, 0 to 3.
    pub const fn code(self) -> u8 {
        match self {
            Self::Causes => 0,
            Self::Continues => 1,
            Self::Branches => 2,
            Self::Fulfills => 3,
        }
    }

    /// The kind of a code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// Its name: `causes`, `continues`, `branches` or `fulfills`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Causes => "causes",
            Self::Continues => "continues",
            Self::Branches => "branches",
            Self::Fulfills => "fulfills",
        }
    }

    /// The kind of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

impl fmt::Display for LinkKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why a node was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeError {
    /// A text that must not be empty.
    Empty {
        /// `id`, `origin`, `tags` or `links`.
        field: &'static str,
    },
    /// The timestamp lies more than [`MAX_TIMESTAMP_MS`] from 0.
    Timestamp {
        /// The refused value, ms.
        value: i64,
    },
    /// The header would be longer than [`MAX_HEADER_BYTES`].
    HeaderTooLarge {
        /// Bytes that it would take.
        length: usize,
    },
    /// The payload is longer than [`MAX_PAYLOAD_BYTES`].
    PayloadTooLarge {
        /// Its length.
        length: usize,
    },
    /// A tag or a link that stands there already.
    Duplicate {
        /// `tags` or `links`.
        field: &'static str,
        /// The tag, or the id of the link's target.
        value: String,
    },
    /// A link from a node to itself.
    LinkToItself,
    /// The payload is not the one that the header speaks of.
    WrongPayload,
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty { field } => write!(f, "{field} is empty, must be a text"),
            Self::Timestamp { value } => write!(f, "timestamp is {value}, must be within 2^53 - 1 of 0"),
            Self::HeaderTooLarge { length } => {
                write!(f, "the header takes {length} bytes, must be at most {MAX_HEADER_BYTES}")
            }
            Self::PayloadTooLarge { length } => {
                write!(f, "the payload has {length} bytes, must be at most {MAX_PAYLOAD_BYTES}")
            }
            Self::Duplicate { field, value } => write!(f, "{field} has {value} twice"),
            Self::LinkToItself => f.write_str("links has the node itself, must be earlier nodes"),
            Self::WrongPayload => f.write_str("the payload is not the one of the header"),
        }
    }
}

impl core::error::Error for NodeError {}

/// An immutable node that nobody has to keep a ledger for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct TraceNode {
    /// The header with zeros for the payload's hash, then the payload.
    bytes: Box<[u8]>,
    header_len: usize,
}

impl TraceNode {
    /// A node with nothing but what every node has.
    ///
    /// # Errors
    /// [`NodeError`] names what is wrong.
    pub fn new(id: &str, origin: &str, timestamp: i64) -> Result<Self, NodeError> {
        Self::builder(id, origin, timestamp).build()
    }

    /// Starts a node: its id, who writes it, and when, in ms. The rest may stay empty.
    pub const fn builder<'a>(id: &'a str, origin: &'a str, timestamp: i64) -> TraceNodeBuilder<'a> {
        TraceNodeBuilder { id, origin, timestamp, kind: "", tags: Vec::new(), links: Vec::new(), payload: &[] }
    }

    /// A node of a header known to be well formed and its payload.
    pub(super) fn from_parts(header: &[u8], payload: &[u8]) -> Self {
        let mut bytes = Vec::with_capacity(header.len().saturating_add(payload.len()));
        bytes.extend_from_slice(header);
        if let Some(hash) = bytes.get_mut(HASH_AT..HASH_AT.saturating_add(32)) {
            hash.fill(0);
        }
        bytes.extend_from_slice(payload);
        Self { bytes: bytes.into_boxed_slice(), header_len: header.len() }
    }

    /// The node as a borrowed view, which is what a ledger takes and gives.
    pub fn as_ref(&self) -> NodeRef<'_> {
        let (header, payload) = self.bytes.split_at_checked(self.header_len).unwrap_or_default();
        NodeRef { header, payload }
    }
}

impl fmt::Debug for TraceNode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}

impl<'a> From<&'a TraceNode> for NodeRef<'a> {
    fn from(node: &'a TraceNode) -> Self {
        node.as_ref()
    }
}

/// A node in the making.
#[derive(Clone, Debug)]
#[must_use]
pub struct TraceNodeBuilder<'a> {
    id: &'a str,
    origin: &'a str,
    timestamp: i64,
    kind: &'a str,
    tags: Vec<&'a str>,
    links: Vec<(LinkKind, &'a str)>,
    payload: &'a [u8],
}

impl<'a> TraceNodeBuilder<'a> {
    /// What kind of node it is, such as `verdict`.
    pub fn kind(mut self, kind: &'a str) -> Self {
        self.kind = kind;
        self
    }

    /// Adds a tag. Their order does not count.
    pub fn tag(mut self, tag: &'a str) -> Self {
        self.tags.push(tag);
        self
    }

    /// What the node carries.
    pub fn payload(mut self, payload: &'a [u8]) -> Self {
        self.payload = payload;
        self
    }

    /// Adds a link to an earlier node. Their order does not count.
    pub fn link(mut self, kind: LinkKind, target: &'a str) -> Self {
        self.links.push((kind, target));
        self
    }

    /// Adds a link to the node that caused this one.
    pub fn causes(self, target: &'a str) -> Self {
        self.link(LinkKind::Causes, target)
    }

    /// Adds a link to the node that this one goes on with.
    pub fn continues(self, target: &'a str) -> Self {
        self.link(LinkKind::Continues, target)
    }

    /// Adds a link to the node whose line this one leaves.
    pub fn branches(self, target: &'a str) -> Self {
        self.link(LinkKind::Branches, target)
    }

    /// Adds a link to the node whose intent this one fulfills.
    pub fn fulfills(self, target: &'a str) -> Self {
        self.link(LinkKind::Fulfills, target)
    }

    /// The node.
    ///
    /// # Errors
    /// [`NodeError`] names the first thing that is wrong.
    pub fn build(mut self) -> Result<TraceNode, NodeError> {
        let header_len = self.check()?;
        let mut bytes = Vec::with_capacity(header_len.saturating_add(self.payload.len()));
        // The lengths are below 2^16, the payload's below 2^25: they were checked.
        let short = |length: usize| u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes();
        let mut fixed = [0_u8; FIXED];
        if let Some((first, rest)) = fixed.split_first_chunk_mut::<9>() {
            let [version, time @ ..] = first;
            *version = VERSION;
            *time = self.timestamp.to_be_bytes();
            if let Some(length) = rest.first_chunk_mut() {
                *length = u32::try_from(self.payload.len()).unwrap_or(u32::MAX).to_be_bytes();
            }
        }
        let lengths = [self.id.len(), self.origin.len(), self.kind.len(), self.tags.len(), self.links.len()];
        if let Some((_, places)) = fixed.split_last_chunk_mut::<10>() {
            for (place, length) in places.as_chunks_mut::<2>().0.iter_mut().zip(lengths) {
                *place = short(length);
            }
        }
        bytes.extend_from_slice(&fixed);
        for name in [self.id, self.origin, self.kind] {
            bytes.extend_from_slice(name.as_bytes());
        }
        for tag in &self.tags {
            bytes.extend_from_slice(&short(tag.len()));
            bytes.extend_from_slice(tag.as_bytes());
        }
        for (kind, target) in &self.links {
            bytes.push(kind.code());
            bytes.extend_from_slice(&short(target.len()));
            bytes.extend_from_slice(target.as_bytes());
        }
        bytes.extend_from_slice(self.payload);
        Ok(TraceNode { bytes: bytes.into_boxed_slice(), header_len })
    }

    /// Refuses what no node may be, puts tags and links into their order, and returns the length of the header.
    fn check(&mut self) -> Result<usize, NodeError> {
        for (field, value) in [("id", self.id), ("origin", self.origin)] {
            if value.is_empty() {
                return Err(NodeError::Empty { field });
            }
        }
        if self.timestamp.unsigned_abs() > MAX_TIMESTAMP_MS.unsigned_abs() {
            return Err(NodeError::Timestamp { value: self.timestamp });
        }
        if self.payload.len() > MAX_PAYLOAD_BYTES {
            return Err(NodeError::PayloadTooLarge { length: self.payload.len() });
        }
        let mut length = FIXED.saturating_add(self.id.len()).saturating_add(self.origin.len());
        length = length.saturating_add(self.kind.len());
        for tag in &self.tags {
            length = length.saturating_add(2).saturating_add(tag.len());
        }
        for (_, target) in &self.links {
            length = length.saturating_add(3).saturating_add(target.len());
        }
        if length > MAX_HEADER_BYTES {
            return Err(NodeError::HeaderTooLarge { length });
        }
        if !self.tags.is_empty() {
            crate::sort::sort(&mut self.tags);
            ascending(&self.tags, "tags", |tag| tag)?;
        }
        if !self.links.is_empty() {
            crate::sort::sort(&mut self.links);
            ascending(&self.links, "links", |link| link.1)?;
            if self.links.iter().any(|link| link.1 == self.id) {
                return Err(NodeError::LinkToItself);
            }
        }
        Ok(length)
    }
}

/// Refuses an empty text and one that comes twice, in a sorted list.
fn ascending<T: PartialEq>(list: &[T], field: &'static str, text: fn(&T) -> &str) -> Result<(), NodeError> {
    let mut last = None;
    for item in list {
        if text(item).is_empty() {
            return Err(NodeError::Empty { field });
        }
        if last == Some(item) {
            return Err(NodeError::Duplicate { field, value: text(item).into() });
        }
        last = Some(item);
    }
    Ok(())
}
