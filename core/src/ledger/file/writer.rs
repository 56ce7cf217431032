//! Nodes in, bytes of the file out.

use alloc::vec::Vec;

use super::super::hash::{Hash, leaf_hash};
use super::super::node_ref::NodeRef;
use super::format::{RecordHead, check, file_head};

/// Encodes nodes for the end of a file, and keeps account of what is durable. Does no I/O.
#[derive(Clone, Debug)]
pub struct FileWriter {
    id: [u8; 16],
    /// Where the waiting bytes end in the file.
    end: u64,
    synced: u64,
    waiting: Vec<u8>,
}

impl FileWriter {
    /// Starts a file. The id should be random: who does not know it cannot write records of this file.
    pub fn create(id: [u8; 16]) -> Self {
        let waiting = file_head(&id).to_vec();
        Self { id, end: waiting.len() as u64, synced: 0, waiting }
    }

    /// Goes on with a file of which all `len` bytes are whole and durable.
    pub const fn resume(id: [u8; 16], len: u64) -> Self {
        Self { id, end: len, synced: len, waiting: Vec::new() }
    }

    /// Encodes a node and returns the hash of its leaf. The caller has made sure that its ledger takes it.
    pub fn append(&mut self, node: NodeRef<'_>) -> Hash {
        let head = RecordHead {
            // No header and no payload is longer.
            header_len: u16::try_from(node.header.len()).unwrap_or(u16::MAX),
            payload_len: u32::try_from(node.payload.len()).unwrap_or(u32::MAX),
            synced: self.synced,
        };
        let before = self.waiting.len();
        self.waiting.extend_from_slice(&head.encode(&self.id, self.end));
        let start = self.waiting.len();
        node.encode_header(&mut self.waiting);
        let leaf = leaf_hash(self.waiting.get(start..).unwrap_or_default());
        self.waiting.extend_from_slice(node.payload);
        self.waiting.extend_from_slice(&check(&leaf));
        self.end = self.end.saturating_add(self.waiting.len().saturating_sub(before) as u64);
        leaf
    }

    /// The file's id.
    pub const fn id(&self) -> [u8; 16] {
        self.id
    }

    /// Bytes for the end of the file that have not been written.
    pub fn waiting(&self) -> &[u8] {
        &self.waiting
    }

    /// The waiting bytes have been written.
    pub fn written(&mut self) {
        self.waiting.clear();
    }

    /// All that was written has been synced.
    pub fn synced(&mut self) {
        self.synced = self.end.saturating_sub(self.waiting.len() as u64);
    }

    /// How many bytes of the file are durable.
    pub const fn durable_len(&self) -> u64 {
        self.synced
    }

    /// How many bytes the file has with the waiting ones.
    pub const fn len(&self) -> u64 {
        self.end
    }

    /// Whether nothing was ever written.
    pub const fn is_empty(&self) -> bool {
        self.end == 0
    }
}
