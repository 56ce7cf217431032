//! The file of a ledger. The bytes are moved in JavaScript.

use alloc::vec::Vec;

use interlock_core::ledger::file;
use wasm_bindgen::prelude::wasm_bindgen;

use super::node::read_node;
use super::trace_ledger::TraceLedger;
use crate::details::{self, count};
use crate::refusal::{given, made, read};

/// Reads a file.
#[wasm_bindgen]
pub struct FileReader(file::FileReader);

#[wasm_bindgen]
impl FileReader {
    /// From its beginning.
    #[wasm_bindgen(constructor)]
    pub fn new(seed: u64) -> Self {
        Self(file::FileReader::new(seed))
    }

    /// Takes the next bytes.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn feed(&mut self, bytes: &[u8]) {
        given(self.0.feed(bytes));
    }

    /// The ledger of a file that has ended. One that has no head is given none. Slots: bytes that are whole, bytes of
    /// the torn tail.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn finish(self) -> Option<TraceLedger> {
        let found = made(self.0.finish())?;
        details::set(&[count(found.len), count(found.torn)]);
        Some(TraceLedger { core: found.ledger, writer: found.id.map(|id| file::FileWriter::resume(id, found.len)) })
    }
}

#[wasm_bindgen]
impl TraceLedger {
    /// Starts the file of a ledger that has neither a file nor nodes.
    #[wasm_bindgen(js_name = createFile)]
    pub fn create_file(&mut self, id: &[u8]) {
        if self.writer.is_none() {
            self.writer = Some(file::FileWriter::create(id.try_into().unwrap_or_default()));
        }
    }

    /// The id of its file: none where there is none.
    #[wasm_bindgen(js_name = fileId)]
    pub fn file_id(&self) -> Option<Vec<u8>> {
        self.writer.as_ref().map(|writer| writer.id().to_vec())
    }

    /// Takes the bytes for the end of the file that have not been taken.
    #[wasm_bindgen(js_name = takeWaiting)]
    pub fn take_waiting(&mut self) -> Vec<u8> {
        let Some(writer) = &mut self.writer else { return Vec::new() };
        let waiting = writer.waiting().to_vec();
        writer.written();
        waiting
    }

    /// All bytes that were taken are durable.
    pub fn synced(&mut self) {
        if let Some(writer) = &mut self.writer {
            writer.synced();
        }
    }
}

/// Encodes nodes for the end of a file.
#[wasm_bindgen]
pub struct FileWriter(file::FileWriter);

#[wasm_bindgen]
impl FileWriter {
    /// Starts a file, or, with a length, goes on with one of which all bytes are whole and durable.
    pub fn create(id: &[u8], length: Option<u64>) -> FileWriter {
        let id = id.try_into().unwrap_or_default();
        Self(length.map_or_else(|| file::FileWriter::create(id), |length| file::FileWriter::resume(id, length)))
    }

    /// Encodes a node, and gives the hash of its leaf.
    ///
    /// # Errors
    /// No node is such.
    pub fn append(&mut self, node: &[u8]) -> Vec<u8> {
        made(read(node, read_node)).map_or_else(Vec::new, |node| self.0.append(node.as_ref()).to_vec())
    }

    /// Takes the bytes for the end of the file that have not been taken.
    #[wasm_bindgen(js_name = takeWaiting)]
    pub fn take_waiting(&mut self) -> Vec<u8> {
        let waiting = self.0.waiting().to_vec();
        self.0.written();
        waiting
    }

    /// All bytes that were taken are durable. Gives how many bytes of the file are.
    pub fn synced(&mut self) -> u64 {
        self.0.synced();
        self.0.durable_len()
    }

    /// How many bytes the file has with the waiting ones.
    pub fn length(&self) -> u64 {
        self.0.len()
    }
}
