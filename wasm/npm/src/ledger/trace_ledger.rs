//! Ledgers, and those that are kept in a file.

use alloc::vec::Vec;

use interlock_core::ledger::file::FileWriter;
use interlock_core::ledger::{self, Hash, Query, Tile};
use interlock_core::read::Source;
use wasm_bindgen::prelude::wasm_bindgen;

use super::node::{end, read_link_kind, read_node, read_time, write_node};
use crate::details;
use crate::refusal::{Fault, given, made, read};
use crate::tree::Tree;

/// A ledger; with the writer of its file, where it has one.
#[wasm_bindgen]
pub struct TraceLedger {
    pub(super) core: ledger::TraceLedger,
    pub(super) writer: Option<FileWriter>,
}

#[wasm_bindgen]
impl TraceLedger {
    /// An empty ledger.
    #[wasm_bindgen(constructor)]
    pub fn new(seed: u64) -> Self {
        Self { core: ledger::TraceLedger::with_seed(seed), writer: None }
    }

    /// Appends nodes, a list of them, and gives the index of the first. Slot: how many were appended.
    ///
    /// # Errors
    /// A node is refused. Those before it have been appended.
    pub fn append(&mut self, nodes: &[u8]) -> u32 {
        let first = self.core.len();
        let done = self.append_all(nodes);
        details::set(&[f64::from(self.core.len().saturating_sub(first))]);
        given(done);
        first
    }

    fn append_all(&mut self, nodes: &[u8]) -> Result<(), Fault> {
        read(nodes, |source| {
            source.each(|source| {
                let node = read_node(source)?;
                self.core.append(&node)?;
                if let Some(writer) = &mut self.writer {
                    writer.append(node.as_ref());
                }
                Ok(())
            })
        })
    }

    /// How many nodes there are.
    pub fn size(&self) -> u32 {
        self.core.len()
    }

    /// Where the node with an id is.
    pub fn find(&self, id: &str) -> Option<u32> {
        self.core.find(id)
    }

    /// The nodes at some places, as a list: those that are there.
    pub fn nodes(&self, indices: &[u32]) -> Vec<u8> {
        let mut tree = Tree::default();
        tree.list();
        for node in indices.iter().filter_map(|index| self.core.get(*index)) {
            write_node(&mut tree, node);
        }
        tree.end();
        tree.into_bytes()
    }

    /// The entry of the log at an index.
    pub fn entry(&self, index: u32) -> Option<Vec<u8>> {
        self.core.get(index).map(|node| node.to_header())
    }

    /// Timestamp of the last node of an origin.
    #[wasm_bindgen(js_name = lastTimestamp)]
    #[allow(clippy::cast_precision_loss, reason = "timestamps lie within 2^53 - 1 of 0")]
    pub fn last_timestamp(&self, origin: &str) -> Option<f64> {
        self.core.last_timestamp(origin).map(|time| time as f64)
    }

    /// Where the nodes are that a query asks for: `[origin, kind, tag, since, until, linksTo, linksFrom, link, offset,
    /// limit]`, null for what is not asked.
    pub fn query(&self, query: &[u8]) -> Vec<u32> {
        given(self.query_of(query))
    }

    fn query_of(&self, tree: &[u8]) -> Result<Vec<u32>, Fault> {
        read(tree, |source| {
            let mut query = Query::ALL;
            source.begin_list()?;
            for text in [&mut query.origin, &mut query.kind, &mut query.tag] {
                if !source.is_null()? {
                    *text = Some(source.string()?);
                }
            }
            for time in [&mut query.since, &mut query.until] {
                if !source.is_null()? {
                    *time = Some(read_time(source)?);
                }
            }
            for text in [&mut query.links_to, &mut query.links_from] {
                if !source.is_null()? {
                    *text = Some(source.string()?);
                }
            }
            if !source.is_null()? {
                query.link_kind = Some(read_link_kind(source)?);
            }
            query.offset = source.whole()?;
            if !source.is_null()? {
                query.limit = source.whole()?;
            }
            end(source)?;
            Ok(self.core.query(&query).into_indices())
        })
    }

    /// The root over all nodes.
    pub fn root(&mut self) -> Vec<u8> {
        self.core.log().root().to_vec()
    }

    /// The root over the first nodes.
    ///
    /// # Errors
    /// There are fewer.
    #[wasm_bindgen(js_name = rootAt)]
    pub fn root_at(&mut self, size: u64) -> Vec<u8> {
        made(self.core.log().root_at(size)).map_or_else(Vec::new, |root| root.to_vec())
    }

    /// The proof that a node is among the first ones, or all: hashes one after the other.
    ///
    /// # Errors
    /// It is not, or there are fewer.
    #[wasm_bindgen(js_name = inclusionProof)]
    pub fn inclusion_proof(&mut self, index: u64, size: Option<u64>) -> Vec<u8> {
        let size = size.unwrap_or_else(|| self.core.len().into());
        flat(given(self.core.log().inclusion_proof(index, size)))
    }

    /// The proofs that some nodes are among the first ones, or all: their hashes one after the other, and behind them in
    /// four bytes each, lowest first, where each proof ends.
    ///
    /// # Errors
    /// One is not, or there are fewer.
    #[wasm_bindgen(js_name = inclusionProofs)]
    pub fn inclusion_proofs(&mut self, indices: &[u32], size: Option<u64>) -> Vec<u8> {
        let size = size.unwrap_or_else(|| self.core.len().into());
        let log = self.core.log();
        // As many as the highest proofs have, and room for the ends.
        let levels = u64::BITS.saturating_sub(size.min(log.len()).leading_zeros()) as usize;
        let room = indices.len().saturating_mul(levels.saturating_add(1));
        let (mut hashes, mut ends) = (Vec::with_capacity(room), Vec::with_capacity(indices.len()));
        for index in indices {
            if made(log.add_inclusion_proof(u64::from(*index), size, &mut hashes)).is_none() {
                return Vec::new();
            }
            ends.push(u32::try_from(hashes.as_flattened().len()).unwrap_or(u32::MAX).to_le_bytes());
        }
        let mut bytes = flat(hashes);
        bytes.extend_from_slice(ends.as_flattened());
        bytes
    }

    /// The proof that the log of one size continues that of another: hashes one after the other.
    ///
    /// # Errors
    /// There are fewer nodes, or the sizes are in the wrong order.
    #[wasm_bindgen(js_name = consistencyProof)]
    pub fn consistency_proof(&mut self, first: u64, second: u64) -> Vec<u8> {
        flat(given(self.core.log().consistency_proof(first, second)))
    }

    /// What is in the tile of a path.
    ///
    /// # Errors
    /// There is no such tile.
    pub fn tile(&mut self, path: &str) -> Vec<u8> {
        given(Tile::parse(path).and_then(|tile| self.core.tile(tile)))
    }
}

fn flat(hashes: Vec<Hash>) -> Vec<u8> {
    hashes.into_flattened()
}
