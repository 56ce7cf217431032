//! A node where it lies.

use alloc::vec::Vec;
use core::fmt;

use super::hash::{Hash, leaf_hash, sha256};
use super::header::{Fields, HASH_AT, Links, Tags};
use super::node::TraceNode;

/// A node where it lies: nothing is copied.
#[derive(Clone, Copy)]
pub struct NodeRef<'a> {
    /// Well formed; the payload's hash may not have been filled in yet.
    pub(super) header: &'a [u8],
    pub(super) payload: &'a [u8],
}

impl<'a> NodeRef<'a> {
    /// Its id, unique within a ledger.
    pub fn id(&self) -> &'a str {
        Fields(self.header).id()
    }

    /// Who wrote it.
    pub fn origin(&self) -> &'a str {
        Fields(self.header).origin()
    }

    /// What kind of node it is; empty for none.
    pub fn kind(&self) -> &'a str {
        Fields(self.header).kind()
    }

    /// When it was made, in ms.
    pub fn timestamp(&self) -> i64 {
        Fields(self.header).timestamp()
    }

    /// Its tags.
    pub fn tags(&self) -> Tags<'a> {
        Fields(self.header).tags()
    }

    /// Its links to earlier nodes.
    pub fn links(&self) -> Links<'a> {
        Fields(self.header).links()
    }

    /// What it carries.
    pub fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// SHA-256 of the payload, computed now.
    pub fn payload_hash(&self) -> Hash {
        sha256(&[], self.payload)
    }

    /// Appends the canonical header, the log's entry, to `out`. Hashes the payload.
    pub fn encode_header(&self, out: &mut Vec<u8>) {
        let (before, after) = self.header.split_at_checked(HASH_AT).unwrap_or_default();
        out.extend_from_slice(before);
        out.extend_from_slice(&self.payload_hash());
        out.extend_from_slice(after.get(32..).unwrap_or_default());
    }

    /// The canonical header, the log's entry. Hashes the payload.
    pub fn to_header(&self) -> Vec<u8> {
        let mut header = Vec::with_capacity(self.header.len());
        self.encode_header(&mut header);
        header
    }

    /// Hash of the node's leaf. Hashes the payload too.
    pub fn leaf_hash(&self) -> Hash {
        leaf_hash(&self.to_header())
    }

    /// A node of its own with the same content.
    pub fn to_node(&self) -> TraceNode {
        TraceNode::from_parts(self.header, self.payload)
    }
}

impl PartialEq for NodeRef<'_> {
    fn eq(&self, other: &Self) -> bool {
        // All but the payload's hash, which may be there or not.
        let (ours, theirs) = (self.header, other.header);
        self.payload == other.payload
            && ours.get(..HASH_AT) == theirs.get(..HASH_AT)
            && ours.get(HASH_AT.saturating_add(32)..) == theirs.get(HASH_AT.saturating_add(32)..)
    }
}

impl Eq for NodeRef<'_> {}

impl fmt::Debug for NodeRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TraceNode")
            .field("id", &self.id())
            .field("origin", &self.origin())
            .field("kind", &self.kind())
            .field("timestamp", &self.timestamp())
            .field("payload_len", &self.payload.len())
            .finish_non_exhaustive()
    }
}
