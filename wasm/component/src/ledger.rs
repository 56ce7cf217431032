//! The WIT interface `ledger`.

use std::cell::RefCell;

use interlock_core::ledger as core;
use interlock_core::ledger::file;

use crate::Component;
use crate::bindings::exports::interlock::kernel::ledger as wit;
use crate::convert::{length, refused};

impl wit::Guest for Component {
    type TraceLedger = TraceLedger;
    type FileWriter = FileWriter;
    type FileReader = FileReader;

    fn header_of(node: wit::TraceNode) -> Result<Vec<u8>, wit::Refusal> {
        Ok(node.read()?.as_ref().to_header())
    }

    fn decode_header(bytes: Vec<u8>) -> Result<wit::Header, wit::Refusal> {
        let header = refused(core::Header::decode(&bytes))?;
        Ok(wit::Header {
            node: wit::TraceNode {
                id: header.id().to_owned(),
                origin: header.origin().to_owned(),
                timestamp: header.timestamp(),
                kind: header.kind().to_owned(),
                tags: header.tags().map(str::to_owned).collect(),
                links: header.links().map(Into::into).collect(),
                payload: Vec::new(),
            },
            payload_len: header.payload_len(),
            payload_hash: header.payload_hash().to_vec(),
            leaf_hash: header.leaf_hash().to_vec(),
        })
    }

    fn verify_inclusion(
        leaf: Vec<u8>,
        index: u64,
        size: u64,
        proof: Vec<u8>,
        root: Vec<u8>,
    ) -> Result<(), wit::Refusal> {
        let (leaf, proof, root) = (hash("leaf", &leaf)?, hashes(&proof)?, hash("root", &root)?);
        refused(core::verify_inclusion(&leaf, index, size, proof, &root))
    }

    fn verify_consistency(
        first: u64,
        first_root: Vec<u8>,
        second: u64,
        second_root: Vec<u8>,
        proof: Vec<u8>,
    ) -> Result<(), wit::Refusal> {
        let (first_root, second_root) = (hash("first-root", &first_root)?, hash("second-root", &second_root)?);
        refused(core::verify_consistency(first, &first_root, second, &second_root, hashes(&proof)?))
    }

    fn checkpoint_text(checkpoint: wit::Checkpoint) -> Result<String, wit::Refusal> {
        Ok(refused(checkpoint.read()?.to_note())?.text().to_owned())
    }

    fn sign_checkpoint(checkpoint: wit::Checkpoint, keys: Vec<String>) -> Result<String, wit::Refusal> {
        let mut note = refused(checkpoint.read()?.to_note())?;
        for key in keys {
            refused(note.sign(&refused(core::Ed25519Signer::parse(&key))?))?;
        }
        Ok(note.encode())
    }

    fn open_checkpoint(note: Vec<u8>, origin: String, known: Vec<String>) -> Result<wit::Checkpoint, wit::Refusal> {
        let known: Result<Vec<_>, _> = known.iter().map(|key| refused(core::Ed25519Verifier::parse(key))).collect();
        let known = known?;
        let known: Vec<&dyn core::Verifier> = known.iter().map(|key| key as &dyn core::Verifier).collect();
        let core::Checkpoint { origin, size, root, extensions } =
            refused(core::Checkpoint::open(&note, &origin, &known))?;
        Ok(wit::Checkpoint { origin, size, root: root.to_vec(), extensions })
    }

    fn private_key(name: String, secret: Vec<u8>) -> Result<String, wit::Refusal> {
        Ok(refused(core::Ed25519Signer::new(&name, &hash("secret", &secret)?))?.encode())
    }

    fn public_key(key: String) -> Result<String, wit::Refusal> {
        Ok(refused(core::Ed25519Signer::parse(&key))?.verifier().encode())
    }

    fn tile_path(path: String) -> Result<String, wit::Refusal> {
        Ok(refused(core::Tile::parse(&path))?.path())
    }

    fn new_tiles(old_size: u64, new_size: u64) -> Vec<String> {
        core::new_tiles(old_size, new_size).map(|tile| tile.path()).collect()
    }
}

/// 32 bytes.
fn hash(what: &'static str, bytes: &[u8]) -> Result<core::Hash, wit::Refusal> {
    bytes.try_into().map_err(|_| length(what, bytes.len(), 32))
}

/// Hashes one after the other.
fn hashes(bytes: &[u8]) -> Result<&[core::Hash], wit::Refusal> {
    match bytes.as_chunks() {
        (hashes, []) => Ok(hashes),
        _ => Err(length("proof", bytes.len(), 32)),
    }
}

fn flat(hashes: &[core::Hash]) -> Vec<u8> {
    hashes.as_flattened().to_vec()
}

pub(crate) struct TraceLedger(RefCell<core::TraceLedger>);

impl wit::GuestTraceLedger for TraceLedger {
    fn new(seed: u64) -> Self {
        Self(RefCell::new(core::TraceLedger::with_seed(seed)))
    }

    fn len(&self) -> u32 {
        self.0.borrow().len()
    }

    fn append(&self, node: wit::TraceNode) -> Result<u32, wit::Refusal> {
        refused(self.0.borrow_mut().append(&node.read()?))
    }

    fn append_many(&self, nodes: Vec<wit::TraceNode>) -> wit::Appended {
        let mut appended = 0_u32;
        let refused = nodes.into_iter().find_map(|node| {
            let refused = wit::GuestTraceLedger::append(self, node).err();
            appended = appended.wrapping_add(u32::from(refused.is_none()));
            refused
        });
        wit::Appended { nodes: appended, refused }
    }

    fn find(&self, id: String) -> Option<u32> {
        self.0.borrow().find(&id)
    }

    fn get(&self, index: u32) -> Option<wit::TraceNode> {
        self.0.borrow().get(index).map(Into::into)
    }

    fn header(&self, index: u32) -> Option<Vec<u8>> {
        self.0.borrow().get(index).map(|node| node.to_header())
    }

    fn last_timestamp(&self, origin: String) -> Option<i64> {
        self.0.borrow().last_timestamp(&origin)
    }

    fn query(&self, query: wit::Query) -> Vec<u32> {
        self.0.borrow().query(&query.read()).map(|(index, _)| index).collect()
    }

    fn query_nodes(&self, query: wit::Query) -> Vec<wit::TraceNode> {
        self.0.borrow().query(&query.read()).map(|(_, node)| node.into()).collect()
    }

    fn root(&self) -> Vec<u8> {
        self.0.borrow_mut().log().root().to_vec()
    }

    fn root_at(&self, size: u64) -> Result<Vec<u8>, wit::Refusal> {
        Ok(refused(self.0.borrow_mut().log().root_at(size))?.to_vec())
    }

    fn leaf(&self, index: u64) -> Option<Vec<u8>> {
        self.0.borrow_mut().log().leaf(index).map(|leaf| leaf.to_vec())
    }

    fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<u8>, wit::Refusal> {
        Ok(flat(&refused(self.0.borrow_mut().log().inclusion_proof(index, size))?))
    }

    fn consistency_proof(&self, first: u64, second: u64) -> Result<Vec<u8>, wit::Refusal> {
        Ok(flat(&refused(self.0.borrow_mut().log().consistency_proof(first, second))?))
    }

    fn tile(&self, path: String) -> Result<Vec<u8>, wit::Refusal> {
        refused(self.0.borrow_mut().tile(refused(core::Tile::parse(&path))?))
    }
}

pub(crate) struct FileWriter(RefCell<file::FileWriter>);

fn file_id(id: &[u8]) -> Result<[u8; 16], wit::Refusal> {
    id.try_into().map_err(|_| length("id", id.len(), 16))
}

impl wit::GuestFileWriter for FileWriter {
    fn create(id: Vec<u8>) -> Result<wit::FileWriter, wit::Refusal> {
        Ok(wit::FileWriter::new(Self(RefCell::new(file::FileWriter::create(file_id(&id)?)))))
    }

    fn resume(id: Vec<u8>, len: u64) -> Result<wit::FileWriter, wit::Refusal> {
        Ok(wit::FileWriter::new(Self(RefCell::new(file::FileWriter::resume(file_id(&id)?, len)))))
    }

    fn append(&self, node: wit::TraceNode) -> Result<Vec<u8>, wit::Refusal> {
        Ok(self.0.borrow_mut().append(node.read()?.as_ref()).to_vec())
    }

    fn take_waiting(&self) -> Vec<u8> {
        let mut writer = self.0.borrow_mut();
        let waiting = writer.waiting().to_vec();
        writer.written();
        waiting
    }

    fn synced(&self) {
        self.0.borrow_mut().synced();
    }

    fn durable_len(&self) -> u64 {
        self.0.borrow().durable_len()
    }
}

pub(crate) struct FileReader(RefCell<file::FileReader>);

impl wit::GuestFileReader for FileReader {
    fn new(seed: u64) -> Self {
        Self(RefCell::new(file::FileReader::new(seed)))
    }

    fn feed(&self, bytes: Vec<u8>) -> Result<(), wit::Refusal> {
        refused(self.0.borrow_mut().feed(&bytes))
    }

    fn finish(&self) -> Result<wit::Recovered, wit::Refusal> {
        let found = refused(self.0.replace(file::FileReader::new(0)).finish())?;
        Ok(wit::Recovered {
            ledger: wit::TraceLedger::new(TraceLedger(RefCell::new(found.ledger))),
            id: found.id.map(|id| id.to_vec()),
            len: found.len,
            torn: found.torn,
        })
    }
}

impl wit::TraceNode {
    fn read(&self) -> Result<core::TraceNode, wit::Refusal> {
        let mut builder =
            core::TraceNode::builder(&self.id, &self.origin, self.timestamp).kind(&self.kind).payload(&self.payload);
        for tag in &self.tags {
            builder = builder.tag(tag);
        }
        for link in &self.links {
            builder = builder.link(link.kind.into(), &link.target);
        }
        refused(builder.build())
    }
}

impl From<core::NodeRef<'_>> for wit::TraceNode {
    fn from(node: core::NodeRef<'_>) -> Self {
        Self {
            id: node.id().to_owned(),
            origin: node.origin().to_owned(),
            timestamp: node.timestamp(),
            kind: node.kind().to_owned(),
            tags: node.tags().map(str::to_owned).collect(),
            links: node.links().map(Into::into).collect(),
            payload: node.payload().to_vec(),
        }
    }
}

impl From<(core::LinkKind, &str)> for wit::Link {
    fn from((kind, target): (core::LinkKind, &str)) -> Self {
        Self { kind: kind.into(), target: target.to_owned() }
    }
}

impl From<core::LinkKind> for wit::LinkKind {
    fn from(kind: core::LinkKind) -> Self {
        match kind {
            core::LinkKind::Causes => Self::Causes,
            core::LinkKind::Continues => Self::Continues,
            core::LinkKind::Branches => Self::Branches,
            core::LinkKind::Fulfills => Self::Fulfills,
        }
    }
}

impl From<wit::LinkKind> for core::LinkKind {
    fn from(kind: wit::LinkKind) -> Self {
        match kind {
            wit::LinkKind::Causes => Self::Causes,
            wit::LinkKind::Continues => Self::Continues,
            wit::LinkKind::Branches => Self::Branches,
            wit::LinkKind::Fulfills => Self::Fulfills,
        }
    }
}

impl wit::Query {
    fn read(&self) -> core::Query<'_> {
        core::Query {
            origin: self.origin.as_deref(),
            kind: self.kind.as_deref(),
            tag: self.tag.as_deref(),
            since: self.since,
            until: self.until,
            links_to: self.links_to.as_deref(),
            links_from: self.links_from.as_deref(),
            link_kind: self.link_kind.map(Into::into),
            offset: self.offset,
            limit: self.limit,
        }
    }
}

impl wit::Checkpoint {
    fn read(self) -> Result<core::Checkpoint, wit::Refusal> {
        let Self { origin, size, root, extensions } = self;
        Ok(core::Checkpoint { origin, size, root: hash("root", &root)?, extensions })
    }
}
