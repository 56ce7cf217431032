//! The file of a ledger. The bytes are moved in JavaScript.

use alloc::vec::Vec;

use interlock_core::ledger::file::{self, FileWriter};
use wasm_bindgen::prelude::wasm_bindgen;

use super::trace_ledger::TraceLedger;
use crate::details::{self, count};
use crate::refusal::{given, made};

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
        Some(TraceLedger { core: found.ledger, writer: found.id.map(|id| FileWriter::resume(id, found.len)) })
    }
}

#[wasm_bindgen]
impl TraceLedger {
    /// Starts the file of a ledger that has neither a file nor nodes.
    #[wasm_bindgen(js_name = createFile)]
    pub fn create_file(&mut self, id: &[u8]) {
        if self.writer.is_none() {
            self.writer = Some(FileWriter::create(id.try_into().unwrap_or_default()));
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
