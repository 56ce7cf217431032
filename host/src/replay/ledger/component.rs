//! The suite `ledger` on the component.

use interlock_core::ledger::{Checkpoint, Hash, LinkKind, Query};
use interlock_host::embed::{FileReader, FileWriter, Refusal, TraceLedger, TraceNode};
use serde_json::Value;

use super::super::backend::{Answer, Refused};
use super::super::component::Wasmtime;
use super::backend::{Ledgering, Ledgers, ReadFile, WritingFile, header_value, unknown_link_kind};
use super::{NodeText, QueryText};

fn link_kind(name: &str) -> Answer<LinkKind> {
    LinkKind::from_name(name).ok_or_else(|| unknown_link_kind(name))
}

fn made(node: &NodeText, payload: &[u8]) -> Answer<TraceNode> {
    let link = |(kind, target): &(String, String)| Ok((link_kind(kind)?, target.clone()));
    let links: Answer<Vec<_>> = node.links.iter().map(link).collect();
    Ok(TraceNode {
        id: node.id.clone(),
        origin: node.origin.clone(),
        timestamp: node.timestamp,
        kind: node.kind.clone(),
        tags: node.tags.clone(),
        links: links?,
        payload: payload.to_vec(),
    })
}

impl Ledgers for Wasmtime {
    fn node(&self, node: &NodeText, payload: &[u8]) -> Answer<[Vec<u8>; 3]> {
        let mut instance = self.0.instantiate()?;
        let header = instance.header_of(&made(node, payload)?)?;
        let read = instance.decode_header(&header)?;
        Ok([header, read.leaf_hash.to_vec(), read.payload_hash.to_vec()])
    }

    fn header(&self, header: &[u8]) -> Answer<Value> {
        let header = self.0.instantiate()?.decode_header(header)?;
        let node = &header.node;
        Ok(header_value(
            [&node.id, &node.origin, &node.kind],
            node.timestamp,
            node.tags.iter().map(String::as_str),
            node.links.iter().map(|(kind, target)| (kind.as_str(), target.as_str())),
            (header.payload_len, &header.payload_hash),
            &header.leaf_hash,
        ))
    }

    fn ledger(&self) -> Answer<Box<dyn Ledgering>> {
        Ok(Box::new(self.0.trace_ledger(1)?))
    }

    fn verify_inclusion(&self, leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Answer<()> {
        Ok(self.0.instantiate()?.verify_inclusion(leaf, index, size, proof, root)?)
    }

    fn verify_consistency(
        &self,
        first: u64,
        first_root: &Hash,
        second: u64,
        second_root: &Hash,
        proof: &[Hash],
    ) -> Answer<()> {
        Ok(self.0.instantiate()?.verify_consistency(first, first_root, second, second_root, proof)?)
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
        Ok(self.0.instantiate()?.sign_checkpoint(&checkpoint, keys)?)
    }

    fn open_checkpoint(&self, note: &[u8], origin: &str, keys: &[String]) -> Answer<(u64, Hash, Vec<String>)> {
        let Checkpoint { size, root, extensions, .. } = self.0.instantiate()?.open_checkpoint(note, origin, keys)?;
        Ok((size, root, extensions))
    }

    fn public_key(&self, private: &str) -> Answer<String> {
        Ok(self.0.instantiate()?.public_key(private)?)
    }

    fn tile_path(&self, path: &str) -> Answer<String> {
        Ok(self.0.instantiate()?.tile_path(path)?)
    }

    fn new_tiles(&self, from: u64, to: u64) -> Answer<Vec<String>> {
        Ok(self.0.instantiate()?.new_tiles(from, to)?)
    }

    fn create_file(&self, id: [u8; 16]) -> Answer<Box<dyn WritingFile>> {
        Ok(Box::new(FileWriter::create(self.0.instantiate()?, id)?))
    }

    fn read_file(&self, bytes: &[u8], piece: u32) -> Answer<ReadFile> {
        let mut reader = FileReader::new(self.0.instantiate()?, 1)?;
        for piece in bytes.chunks(usize::try_from(piece).unwrap_or(1).max(1)) {
            reader.feed(piece)?;
        }
        let mut found = reader.finish()?;
        let mut ids = Vec::new();
        for index in 0..found.ledger.len()? {
            ids.extend(found.ledger.get(index)?.map(|node| node.id));
        }
        Ok(ReadFile { id: found.id, len: found.len, torn: found.torn, ids, root: found.ledger.root()? })
    }
}

impl Ledgering for TraceLedger {
    fn append(&mut self, node: &NodeText, payload: &[u8]) -> Answer<u32> {
        Ok(Self::append(self, &made(node, payload)?)?)
    }

    fn append_many(&mut self, nodes: &[NodeText], payloads: &[Vec<u8>]) -> (u32, Option<Refused>) {
        let nodes: Answer<Vec<TraceNode>> =
            nodes.iter().zip(payloads).map(|(node, payload)| made(node, payload)).collect();
        let refused = |it: Refusal| Refused::of(&it.code, &it.subject, it.value, it.bound);
        match nodes.and_then(|nodes| Ok(Self::append_many(self, &nodes)?)) {
            Ok((appended, refusal)) => (appended, refusal.map(refused)),
            Err(error) => (0, Some(error)),
        }
    }

    fn len(&mut self) -> Answer<u32> {
        Ok(Self::len(self)?)
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
        Ok(Self::query(self, &query)?)
    }

    fn find(&mut self, id: &str) -> Answer<Option<u32>> {
        Ok(Self::find(self, id)?)
    }

    fn header(&mut self, index: u32) -> Answer<Option<Vec<u8>>> {
        Ok(Self::header(self, index)?)
    }

    fn last_timestamp(&mut self, origin: &str) -> Answer<Option<i64>> {
        Ok(Self::last_timestamp(self, origin)?)
    }

    fn root(&mut self) -> Answer<Hash> {
        Ok(Self::root(self)?)
    }

    fn root_at(&mut self, size: u64) -> Answer<Hash> {
        Ok(Self::root_at(self, size)?)
    }

    fn inclusion_proof(&mut self, index: u64, size: u64) -> Answer<Vec<Hash>> {
        Ok(Self::inclusion_proof(self, index, size)?)
    }

    fn consistency_proof(&mut self, first: u64, second: u64) -> Answer<Vec<Hash>> {
        Ok(Self::consistency_proof(self, first, second)?)
    }

    fn tile(&mut self, path: &str) -> Answer<Vec<u8>> {
        Ok(Self::tile(self, path)?)
    }
}

impl WritingFile for FileWriter {
    fn append(&mut self, node: &NodeText, payload: &[u8]) -> Answer<Hash> {
        Ok(Self::append(self, &made(node, payload)?)?)
    }

    fn sync(&mut self) -> Answer<Vec<u8>> {
        let bytes = self.take_waiting()?;
        self.synced()?;
        Ok(bytes)
    }
}
