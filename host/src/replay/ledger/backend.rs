//! What the suite `ledger` asks of a build of the core.

use interlock_core::ledger::Hash;
use serde_json::{Value, json};

use super::super::backend::{Answer, Refused};
use super::super::text::hex;
use super::{NodeText, QueryText};

/// What was read of a file.
#[derive(Debug)]
pub(crate) struct ReadFile {
    pub(crate) id: Option<[u8; 16]>,
    pub(crate) len: u64,
    pub(crate) torn: u64,
    /// Ids of the nodes.
    pub(crate) ids: Vec<String>,
    pub(crate) root: Hash,
}

/// The part of a build that keeps ledgers. Refusals: see the suite.
pub(crate) trait Ledgers {
    /// Header, hash of the leaf and of the payload.
    fn node(&self, node: &NodeText, payload: &[u8]) -> Answer<[Vec<u8>; 3]>;
    /// [`header_value`].
    fn header(&self, header: &[u8]) -> Answer<Value>;
    fn ledger(&self) -> Answer<Box<dyn Ledgering>>;
    fn verify_inclusion(&self, leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Answer<()>;
    fn verify_consistency(
        &self,
        first: u64,
        first_root: &Hash,
        second: u64,
        second_root: &Hash,
        proof: &[Hash],
    ) -> Answer<()>;
    fn sign_checkpoint(
        &self,
        origin: &str,
        size: u64,
        root: &Hash,
        extensions: &[String],
        keys: &[String],
    ) -> Answer<String>;
    /// Size, root and extensions.
    fn open_checkpoint(&self, note: &[u8], origin: &str, keys: &[String]) -> Answer<(u64, Hash, Vec<String>)>;
    fn public_key(&self, private: &str) -> Answer<String>;
    /// The path, read and written again.
    fn tile_path(&self, path: &str) -> Answer<String>;
    fn new_tiles(&self, from: u64, to: u64) -> Answer<Vec<String>>;
    fn create_file(&self, id: [u8; 16]) -> Answer<Box<dyn WritingFile>>;
    fn read_file(&self, bytes: &[u8], piece: u32) -> Answer<ReadFile>;
}

/// A ledger.
pub(crate) trait Ledgering {
    fn append(&mut self, node: &NodeText, payload: &[u8]) -> Answer<u32>;
    /// How many were appended, and why the next was not.
    fn append_many(&mut self, nodes: &[NodeText], payloads: &[Vec<u8>]) -> (u32, Option<Refused>);
    fn len(&mut self) -> Answer<u32>;
    fn query(&mut self, query: &QueryText) -> Answer<Vec<u32>>;
    fn find(&mut self, id: &str) -> Answer<Option<u32>>;
    fn header(&mut self, index: u32) -> Answer<Option<Vec<u8>>>;
    fn last_timestamp(&mut self, origin: &str) -> Answer<Option<i64>>;
    fn root(&mut self) -> Answer<Hash>;
    fn root_at(&mut self, size: u64) -> Answer<Hash>;
    fn inclusion_proof(&mut self, index: u64, size: u64) -> Answer<Vec<Hash>>;
    fn consistency_proof(&mut self, first: u64, second: u64) -> Answer<Vec<Hash>>;
    fn tile(&mut self, path: &str) -> Answer<Vec<u8>>;
}

/// A file that is being written.
pub(crate) trait WritingFile {
    /// The leaf's hash.
    fn append(&mut self, node: &NodeText, payload: &[u8]) -> Answer<Hash>;
    /// The bytes that were not written before.
    fn sync(&mut self) -> Answer<Vec<u8>>;
}

/// What a header says.
pub(super) fn header_value<'a>(
    names: [&str; 3],
    timestamp: i64,
    tags: impl Iterator<Item = &'a str>,
    links: impl Iterator<Item = (&'a str, &'a str)>,
    payload: (u32, &[u8]),
    leaf: &[u8],
) -> Value {
    let [id, origin, kind] = names;
    let tags: Vec<&str> = tags.collect();
    let links: Vec<[&str; 2]> = links.map(|(kind, target)| [kind, target]).collect();
    json!({
        "id": id, "origin": origin, "kind": kind, "timestamp": timestamp, "tags": tags, "links": links,
        "payload_len": payload.0, "payload": hex(payload.1), "leaf": hex(leaf),
    })
}

/// Says that a fixture names a kind of link that does not exist.
pub(super) fn unknown_link_kind(name: &str) -> Refused {
    Refused(format!("link-kind {name} - -"))
}
