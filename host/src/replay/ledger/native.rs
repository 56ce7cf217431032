//! The suite `ledger` on the core itself.

use interlock_core::ledger::file::{FileReader, FileWriter};
use interlock_core::ledger::{
    Checkpoint, Ed25519Signer, Ed25519Verifier, Hash, Header, LinkKind, Query, Tile, TraceLedger, TraceNode, Verifier,
    new_tiles, verify_consistency, verify_inclusion,
};
use serde_json::Value;

use super::super::backend::{Answer, Refused};
use super::super::native::Native;
use super::backend::{Ledgering, Ledgers, ReadFile, WritingFile, header_value, unknown_link_kind};
use super::{NodeText, QueryText};

fn link_kind(name: &str) -> Answer<LinkKind> {
    LinkKind::from_name(name).ok_or_else(|| unknown_link_kind(name))
}

fn build(node: &NodeText, payload: &[u8]) -> Answer<TraceNode> {
    let mut builder = TraceNode::builder(&node.id, &node.origin, node.timestamp).kind(&node.kind).payload(payload);
    for tag in &node.tags {
        builder = builder.tag(tag);
    }
    for (kind, target) in &node.links {
        builder = builder.link(link_kind(kind)?, target);
    }
    Ok(builder.build()?)
}

impl Ledgers for Native {
    fn node(&self, node: &NodeText, payload: &[u8]) -> Answer<[Vec<u8>; 3]> {
        let node = build(node, payload)?;
        let node = node.as_ref();
        Ok([node.to_header(), node.leaf_hash().to_vec(), node.payload_hash().to_vec()])
    }

    fn header(&self, header: &[u8]) -> Answer<Value> {
        let header = Header::decode(header)?;
        Ok(header_value(
            [header.id(), header.origin(), header.kind()],
            header.timestamp(),
            header.tags(),
            header.links().map(|(kind, target)| (kind.as_str(), target)),
            (header.payload_len(), &header.payload_hash()),
            &header.leaf_hash(),
        ))
    }

    fn ledger(&self) -> Answer<Box<dyn Ledgering>> {
        Ok(Box::new(TraceLedger::new()))
    }

    fn verify_inclusion(&self, leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Answer<()> {
        Ok(verify_inclusion(leaf, index, size, proof, root)?)
    }

    fn verify_consistency(
        &self,
        first: u64,
        first_root: &Hash,
        second: u64,
        second_root: &Hash,
        proof: &[Hash],
    ) -> Answer<()> {
        Ok(verify_consistency(first, first_root, second, second_root, proof)?)
    }

    fn sign_checkpoint(
        &self,
        origin: &str,
        size: u64,
        root: &Hash,
        extensions: &[String],
        keys: &[String],
    ) -> Answer<String> {
        let checkpoint =
            Checkpoint { origin: String::from(origin), size, root: *root, extensions: extensions.to_vec() };
        let mut note = checkpoint.to_note()?;
        for key in keys {
            note.sign(&Ed25519Signer::parse(key)?)?;
        }
        Ok(note.encode())
    }

    fn open_checkpoint(&self, note: &[u8], origin: &str, keys: &[String]) -> Answer<(u64, Hash, Vec<String>)> {
        let mut verifiers = Vec::new();
        for key in keys {
            verifiers.push(Ed25519Verifier::parse(key)?);
        }
        let known: Vec<&dyn Verifier> = verifiers.iter().map(|verifier| verifier as &dyn Verifier).collect();
        let Checkpoint { size, root, extensions, .. } = Checkpoint::open(note, origin, &known)?;
        Ok((size, root, extensions))
    }

    fn public_key(&self, private: &str) -> Answer<String> {
        Ok(Ed25519Signer::parse(private)?.verifier().encode())
    }

    fn tile_path(&self, path: &str) -> Answer<String> {
        Ok(Tile::parse(path)?.path())
    }

    fn new_tiles(&self, from: u64, to: u64) -> Answer<Vec<String>> {
        Ok(new_tiles(from, to).map(|tile| tile.path()).collect())
    }

    fn create_file(&self, id: [u8; 16]) -> Answer<Box<dyn WritingFile>> {
        Ok(Box::new(FileWriter::create(id)))
    }

    fn read_file(&self, bytes: &[u8], piece: u32) -> Answer<ReadFile> {
        let mut reader = FileReader::new(0);
        for piece in bytes.chunks(usize::try_from(piece).unwrap_or(1).max(1)) {
            reader.feed(piece)?;
        }
        let mut found = reader.finish()?;
        let ids = found.ledger.iter().map(|node| String::from(node.id())).collect();
        Ok(ReadFile { id: found.id, len: found.len, torn: found.torn, ids, root: found.ledger.log().root() })
    }
}

impl Ledgering for TraceLedger {
    fn append(&mut self, node: &NodeText, payload: &[u8]) -> Answer<u32> {
        Ok(Self::append(self, &build(node, payload)?)?)
    }

    fn append_many(&mut self, nodes: &[NodeText], payloads: &[Vec<u8>]) -> (u32, Option<Refused>) {
        let mut appended = 0_u32;
        for (node, payload) in nodes.iter().zip(payloads) {
            if let Err(refused) = Ledgering::append(self, node, payload) {
                return (appended, Some(refused));
            }
            appended = appended.saturating_add(1);
        }
        (appended, None)
    }

    fn len(&mut self) -> Answer<u32> {
        Ok(Self::len(self))
    }

    fn query(&mut self, query: &QueryText) -> Answer<Vec<u32>> {
        let query = Query {
            origin: query.origin.as_deref(),
            kind: query.kind.as_deref(),
            tag: query.tag.as_deref(),
            since: query.since,
            until: query.until,
            links_to: query.links_to.as_deref(),
            links_from: query.links_from.as_deref(),
            link_kind: query.link_kind.as_deref().map(link_kind).transpose()?,
            offset: query.offset.unwrap_or(0),
            limit: query.limit.unwrap_or(u64::MAX),
        };
        Ok(Self::query(self, &query).map(|(index, _)| index).collect())
    }

    fn find(&mut self, id: &str) -> Answer<Option<u32>> {
        Ok(Self::find(self, id))
    }

    fn header(&mut self, index: u32) -> Answer<Option<Vec<u8>>> {
        Ok(self.get(index).map(|node| node.to_header()))
    }

    fn last_timestamp(&mut self, origin: &str) -> Answer<Option<i64>> {
        Ok(Self::last_timestamp(self, origin))
    }

    fn root(&mut self) -> Answer<Hash> {
        Ok(self.log().root())
    }

    fn root_at(&mut self, size: u64) -> Answer<Hash> {
        Ok(self.log().root_at(size)?)
    }

    fn inclusion_proof(&mut self, index: u64, size: u64) -> Answer<Vec<Hash>> {
        Ok(self.log().inclusion_proof(index, size)?)
    }

    fn consistency_proof(&mut self, first: u64, second: u64) -> Answer<Vec<Hash>> {
        Ok(self.log().consistency_proof(first, second)?)
    }

    fn tile(&mut self, path: &str) -> Answer<Vec<u8>> {
        Ok(Self::tile(self, Tile::parse(path)?)?)
    }
}

impl WritingFile for FileWriter {
    fn append(&mut self, node: &NodeText, payload: &[u8]) -> Answer<Hash> {
        Ok(Self::append(self, build(node, payload)?.as_ref()))
    }

    fn sync(&mut self) -> Answer<Vec<u8>> {
        let bytes = self.waiting().to_vec();
        self.written();
        self.synced();
        Ok(bytes)
    }
}
