//! Ledgers, their files and their proofs in instances.

use interlock_core::ledger::{Hash, LinkKind, Query};
use wasmtime::component::ResourceAny;

use super::bindings::exports::interlock::kernel::ledger as wit;
use super::engine::Interlock;
use super::error::{HostError, Refusal};
use super::instance::Instance;

/// A node as its writer has it: what [`interlock_core::ledger::TraceNode`] is built of. The component checks it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TraceNode {
    /// Unique in its ledger.
    pub id: String,
    /// Who writes it.
    pub origin: String,
    /// When, in ms.
    pub timestamp: i64,
    /// What kind of node it is; empty for none.
    pub kind: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Its links to earlier nodes.
    pub links: Vec<(LinkKind, String)>,
    /// What it carries.
    pub payload: Vec<u8>,
}

/// What a canonical header says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeaderAccount {
    /// The node, without its payload.
    pub node: TraceNode,
    /// Length of the payload.
    pub payload_len: u32,
    /// SHA-256 of the payload.
    pub payload_hash: Hash,
    /// Hash of the leaf.
    pub leaf_hash: Hash,
}

impl Interlock {
    /// An empty ledger, in a fresh instance.
    ///
    /// # Errors
    /// No instance could be made; a trap.
    pub fn trace_ledger(&self, seed: u64) -> Result<TraceLedger, HostError> {
        TraceLedger::new(self.instantiate()?, seed)
    }
}

/// Proofs, notes and paths of tiles need no ledger.
impl Instance {
    /// The canonical header of a node.
    ///
    /// # Errors
    /// [`HostError::Refused`] says what is wrong with it; a trap.
    pub fn header_of(&mut self, node: &TraceNode) -> Result<Vec<u8>, HostError> {
        let node = wit::TraceNode::from(node);
        Ok(self.ledger(node.payload.len(), |store, guest| guest.call_header_of(store, &node))??)
    }

    /// Reads a canonical header.
    ///
    /// # Errors
    /// [`HostError::Refused`] says where it is none; a trap.
    pub fn decode_header(&mut self, bytes: &[u8]) -> Result<HeaderAccount, HostError> {
        let header = self.ledger(bytes.len(), |store, guest| guest.call_decode_header(store, bytes))??;
        Ok(HeaderAccount {
            node: header.node.into(),
            payload_len: header.payload_len,
            payload_hash: hash(&header.payload_hash)?,
            leaf_hash: hash(&header.leaf_hash)?,
        })
    }

    /// Verifies that a leaf is in a tree.
    ///
    /// # Errors
    /// [`HostError::Refused`] says why the proof does not show it; a trap, and nothing is shown then.
    pub fn verify_inclusion(
        &mut self,
        leaf: &Hash,
        index: u64,
        size: u64,
        proof: &[Hash],
        root: &Hash,
    ) -> Result<(), HostError> {
        let proof = proof.as_flattened();
        Ok(self
            .ledger(proof.len(), |store, guest| guest.call_verify_inclusion(store, leaf, index, size, proof, root))??)
    }

    /// Verifies that a tree continues an earlier one.
    ///
    /// # Errors
    /// [`HostError::Refused`] says why the proof does not show it; a trap, and nothing is shown then.
    pub fn verify_consistency(
        &mut self,
        first: u64,
        first_root: &Hash,
        second: u64,
        second_root: &Hash,
        proof: &[Hash],
    ) -> Result<(), HostError> {
        let proof = proof.as_flattened();
        Ok(self.ledger(proof.len(), |store, guest| {
            guest.call_verify_consistency(store, first, first_root, second, second_root, proof)
        })??)
    }

    /// A checkpoint as a note signed by Ed25519 keys in their text form.
    ///
    /// # Errors
    /// [`HostError::Refused`] says what is wrong; a trap.
    pub fn sign_checkpoint(
        &mut self,
        checkpoint: &interlock_core::ledger::Checkpoint,
        keys: &[String],
    ) -> Result<String, HostError> {
        let checkpoint = wit::Checkpoint {
            origin: checkpoint.origin.clone(),
            size: checkpoint.size,
            root: checkpoint.root.to_vec(),
            extensions: checkpoint.extensions.clone(),
        };
        Ok(self.ledger(0, |store, guest| guest.call_sign_checkpoint(store, &checkpoint, keys))??)
    }

    /// Reads a signed checkpoint of the log named `origin`, which one of the known keys must have signed.
    ///
    /// # Errors
    /// [`HostError::Refused`] when it is malformed, forged, unsigned or of another log; a trap.
    pub fn open_checkpoint(
        &mut self,
        note: &[u8],
        origin: &str,
        known: &[String],
    ) -> Result<interlock_core::ledger::Checkpoint, HostError> {
        let found =
            self.ledger(note.len(), |store, guest| guest.call_open_checkpoint(store, note, origin, known))??;
        let wit::Checkpoint { origin, size, root, extensions } = found;
        Ok(interlock_core::ledger::Checkpoint { origin, size, root: hash(&root)?, extensions })
    }

    /// The public half of a private key, both in their text form.
    ///
    /// # Errors
    /// [`HostError::Refused`] says what is wrong with it; a trap.
    pub fn public_key(&mut self, key: &str) -> Result<String, HostError> {
        Ok(self.ledger(key.len(), |store, guest| guest.call_public_key(store, key))??)
    }

    /// Reads the path of a tile and writes it again.
    ///
    /// # Errors
    /// [`HostError::Refused`] when it is none; a trap.
    pub fn tile_path(&mut self, path: &str) -> Result<String, HostError> {
        Ok(self.ledger(path.len(), |store, guest| guest.call_tile_path(store, path))??)
    }

    /// Paths of the tiles to write when a log has grown from one size to another.
    ///
    /// # Errors
    /// A trap, now or earlier.
    pub fn new_tiles(&mut self, from: u64, to: u64) -> Result<Vec<String>, HostError> {
        self.ledger(0, |store, guest| guest.call_new_tiles(store, from, to))
    }
}

/// An append-only ledger of nodes: [`interlock_core::ledger::TraceLedger`] inside an instance.
#[derive(Debug)]
pub struct TraceLedger {
    instance: Instance,
    ledger: ResourceAny,
}

impl TraceLedger {
    /// An empty ledger, in this instance. The seed is a secret number for its hash tables.
    ///
    /// # Errors
    /// A trap, now or earlier; so of all below.
    pub fn new(mut instance: Instance, seed: u64) -> Result<Self, HostError> {
        let ledger = instance.ledger(0, |store, guest| guest.trace_ledger().call_constructor(store, seed))?;
        Ok(Self { instance, ledger })
    }

    fn call<T>(
        &mut self,
        bytes: usize,
        call: impl FnOnce(
            &mut wasmtime::Store<super::limits::Limiter>,
            wit::GuestTraceLedger<'_>,
            ResourceAny,
        ) -> wasmtime::Result<T>,
    ) -> Result<T, HostError> {
        let ledger = self.ledger;
        self.instance.ledger(bytes, |store, guest| call(store, guest.trace_ledger(), ledger))
    }

    /// How many nodes there are.
    ///
    /// # Errors
    /// A trap.
    pub fn len(&mut self) -> Result<u32, HostError> {
        self.call(0, |store, guest, it| guest.call_len(store, it))
    }

    /// Whether there are none.
    ///
    /// # Errors
    /// A trap.
    pub fn is_empty(&mut self) -> Result<bool, HostError> {
        Ok(self.len()? == 0)
    }

    /// Appends a node; gives its index.
    ///
    /// # Errors
    /// [`HostError::Refused`] says what is wrong with it, or which law it would break; a trap.
    pub fn append(&mut self, node: &TraceNode) -> Result<u32, HostError> {
        let node = wit::TraceNode::from(node);
        Ok(self.call(node.payload.len(), |store, guest, it| guest.call_append(store, it, &node))??)
    }

    /// Appends nodes one after the other, up to the first that is refused, in one crossing: how many, and why the next
    /// one was not.
    ///
    /// # Errors
    /// A trap.
    pub fn append_many(&mut self, nodes: &[TraceNode]) -> Result<(u32, Option<Refusal>), HostError> {
        let nodes: Vec<wit::TraceNode> = nodes.iter().map(Into::into).collect();
        let bytes = nodes.iter().map(|node| node.payload.len()).sum();
        let appended = self.call(bytes, |store, guest, it| guest.call_append_many(store, it, &nodes))?;
        let refused = appended.refused.map(|refusal| match HostError::from(refusal) {
            HostError::Refused(refusal) => Ok(refusal),
            other => Err(other),
        });
        Ok((appended.nodes, refused.transpose()?))
    }

    /// The index of the node with an id.
    ///
    /// # Errors
    /// A trap.
    pub fn find(&mut self, id: &str) -> Result<Option<u32>, HostError> {
        self.call(id.len(), |store, guest, it| guest.call_find(store, it, id))
    }

    /// The node at an index.
    ///
    /// # Errors
    /// A trap.
    pub fn get(&mut self, index: u32) -> Result<Option<TraceNode>, HostError> {
        Ok(self.call(0, |store, guest, it| guest.call_get(store, it, index))?.map(Into::into))
    }

    /// The canonical header of the node at an index.
    ///
    /// # Errors
    /// A trap.
    pub fn header(&mut self, index: u32) -> Result<Option<Vec<u8>>, HostError> {
        self.call(0, |store, guest, it| guest.call_header(store, it, index))
    }

    /// Timestamp of the last node of an origin.
    ///
    /// # Errors
    /// A trap.
    pub fn last_timestamp(&mut self, origin: &str) -> Result<Option<i64>, HostError> {
        self.call(origin.len(), |store, guest, it| guest.call_last_timestamp(store, it, origin))
    }

    /// The indexes of the nodes that a query asks for.
    ///
    /// # Errors
    /// A trap.
    pub fn query(&mut self, query: &Query<'_>) -> Result<Vec<u32>, HostError> {
        let query = query.into();
        self.call(0, |store, guest, it| guest.call_query(store, it, &query))
    }

    /// The nodes that a query asks for.
    ///
    /// # Errors
    /// A trap.
    pub fn query_nodes(&mut self, query: &Query<'_>) -> Result<Vec<TraceNode>, HostError> {
        let query = query.into();
        let nodes = self.call(0, |store, guest, it| guest.call_query_nodes(store, it, &query))?;
        Ok(nodes.into_iter().map(Into::into).collect())
    }

    /// Root over all nodes.
    ///
    /// # Errors
    /// A trap.
    pub fn root(&mut self) -> Result<Hash, HostError> {
        hash(&self.call(0, |store, guest, it| guest.call_root(store, it))?)
    }

    /// Root of the tree that the log was when it had so many leaves.
    ///
    /// # Errors
    /// [`HostError::Refused`] if it has not been that large yet; a trap.
    pub fn root_at(&mut self, size: u64) -> Result<Hash, HostError> {
        hash(&self.call(0, |store, guest, it| guest.call_root_at(store, it, size))??)
    }

    /// The inclusion proof of a leaf in the tree of a size.
    ///
    /// # Errors
    /// [`HostError::Refused`] if there is no such tree or leaf; a trap.
    pub fn inclusion_proof(&mut self, index: u64, size: u64) -> Result<Vec<Hash>, HostError> {
        hashes(&self.call(0, |store, guest, it| guest.call_inclusion_proof(store, it, index, size))??)
    }

    /// The consistency proof between two sizes.
    ///
    /// # Errors
    /// [`HostError::Refused`] if there are no such trees; a trap.
    pub fn consistency_proof(&mut self, first: u64, second: u64) -> Result<Vec<Hash>, HostError> {
        hashes(&self.call(0, |store, guest, it| guest.call_consistency_proof(store, it, first, second))??)
    }

    /// What is in the tile of a path.
    ///
    /// # Errors
    /// [`HostError::Refused`] if no tile is such, or the log too small; a trap.
    pub fn tile(&mut self, path: &str) -> Result<Vec<u8>, HostError> {
        Ok(self.call(path.len(), |store, guest, it| guest.call_tile(store, it, path))??)
    }
}

/// Encodes nodes for the end of a file: [`interlock_core::ledger::file::FileWriter`] inside an instance.
#[derive(Debug)]
pub struct FileWriter {
    instance: Instance,
    writer: ResourceAny,
}

impl FileWriter {
    /// Starts a file with an id of 16 random bytes, in this instance.
    ///
    /// # Errors
    /// A trap, now or earlier; so of all below.
    pub fn create(mut instance: Instance, id: [u8; 16]) -> Result<Self, HostError> {
        let writer = instance.ledger(0, |store, guest| guest.file_writer().call_create(store, &id))??;
        Ok(Self { instance, writer })
    }

    /// Encodes a node; gives the hash of its leaf.
    ///
    /// # Errors
    /// [`HostError::Refused`] says what is wrong with it; a trap.
    pub fn append(&mut self, node: &TraceNode) -> Result<Hash, HostError> {
        let (it, node) = (self.writer, wit::TraceNode::from(node));
        let leaf = self
            .instance
            .ledger(node.payload.len(), |store, guest| guest.file_writer().call_append(store, it, &node))??;
        hash(&leaf)
    }

    /// Takes the bytes that have not been written.
    ///
    /// # Errors
    /// A trap.
    pub fn take_waiting(&mut self) -> Result<Vec<u8>, HostError> {
        let it = self.writer;
        self.instance.ledger(0, |store, guest| guest.file_writer().call_take_waiting(store, it))
    }

    /// All that was taken has been written and synced.
    ///
    /// # Errors
    /// A trap.
    pub fn synced(&mut self) -> Result<(), HostError> {
        let it = self.writer;
        self.instance.ledger(0, |store, guest| guest.file_writer().call_synced(store, it))
    }
}

/// What a file holds.
#[derive(Debug)]
pub struct Recovered {
    /// The nodes, in the instance that read them.
    pub ledger: TraceLedger,
    /// The file's id; none if there is not even a head.
    pub id: Option<[u8; 16]>,
    /// Bytes that are whole.
    pub len: u64,
    /// Bytes of the torn tail that follow.
    pub torn: u64,
}

/// Reads a file: [`interlock_core::ledger::file::FileReader`] inside an instance.
#[derive(Debug)]
pub struct FileReader {
    instance: Instance,
    reader: ResourceAny,
}

impl FileReader {
    /// Starts with the seed of the ledger's hash tables, in this instance.
    ///
    /// # Errors
    /// A trap, now or earlier; so of all below.
    pub fn new(mut instance: Instance, seed: u64) -> Result<Self, HostError> {
        let reader = instance.ledger(0, |store, guest| guest.file_reader().call_constructor(store, seed))?;
        Ok(Self { instance, reader })
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// [`HostError::Refused`] if they show that the file cannot be opened; a trap.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), HostError> {
        let it = self.reader;
        Ok(self.instance.ledger(bytes.len(), |store, guest| guest.file_reader().call_feed(store, it, bytes))??)
    }

    /// The file has ended.
    ///
    /// # Errors
    /// [`HostError::Refused`] if it cannot be opened; a trap.
    pub fn finish(mut self) -> Result<Recovered, HostError> {
        let it = self.reader;
        let found = self.instance.ledger(0, |store, guest| guest.file_reader().call_finish(store, it))??;
        let id = found.id.map(|id| <[u8; 16]>::try_from(id.as_slice()));
        Ok(Recovered {
            ledger: TraceLedger { instance: self.instance, ledger: found.ledger },
            id: id.transpose().map_err(|_| malformed("an id"))?,
            len: found.len,
            torn: found.torn,
        })
    }
}

/// Only a component of another build gives these.
fn malformed(what: &str) -> HostError {
    HostError::Component(wasmtime::Error::msg(format!("{what} of another length")))
}

fn hash(bytes: &[u8]) -> Result<Hash, HostError> {
    bytes.try_into().map_err(|_| malformed("a hash"))
}

fn hashes(bytes: &[u8]) -> Result<Vec<Hash>, HostError> {
    match bytes.as_chunks() {
        (hashes, []) => Ok(hashes.to_vec()),
        _ => Err(malformed("a proof")),
    }
}

impl From<LinkKind> for wit::LinkKind {
    fn from(kind: LinkKind) -> Self {
        match kind {
            LinkKind::Causes => Self::Causes,
            LinkKind::Continues => Self::Continues,
            LinkKind::Branches => Self::Branches,
            LinkKind::Fulfills => Self::Fulfills,
        }
    }
}

impl From<wit::LinkKind> for LinkKind {
    fn from(kind: wit::LinkKind) -> Self {
        match kind {
            wit::LinkKind::Causes => Self::Causes,
            wit::LinkKind::Continues => Self::Continues,
            wit::LinkKind::Branches => Self::Branches,
            wit::LinkKind::Fulfills => Self::Fulfills,
        }
    }
}

impl From<&TraceNode> for wit::TraceNode {
    fn from(node: &TraceNode) -> Self {
        let link = |(kind, target): &(LinkKind, String)| wit::Link { kind: (*kind).into(), target: target.clone() };
        Self {
            id: node.id.clone(),
            origin: node.origin.clone(),
            timestamp: node.timestamp,
            kind: node.kind.clone(),
            tags: node.tags.clone(),
            links: node.links.iter().map(link).collect(),
            payload: node.payload.clone(),
        }
    }
}

impl From<wit::TraceNode> for TraceNode {
    fn from(node: wit::TraceNode) -> Self {
        Self {
            id: node.id,
            origin: node.origin,
            timestamp: node.timestamp,
            kind: node.kind,
            tags: node.tags,
            links: node.links.into_iter().map(|link| (link.kind.into(), link.target)).collect(),
            payload: node.payload,
        }
    }
}

impl From<&Query<'_>> for wit::Query {
    fn from(query: &Query<'_>) -> Self {
        Self {
            origin: query.origin.map(str::to_owned),
            kind: query.kind.map(str::to_owned),
            tag: query.tag.map(str::to_owned),
            since: query.since,
            until: query.until,
            links_to: query.links_to.map(str::to_owned),
            links_from: query.links_from.map(str::to_owned),
            link_kind: query.link_kind.map(Into::into),
            offset: query.offset,
            limit: query.limit,
        }
    }
}
