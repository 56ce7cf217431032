//! A ledger's file: any bytes, or a good file with a few of them changed, cut and fed in pieces.
#![no_main]

#[allow(dead_code)]
mod common;

use common::Input;
use interlock_core::ledger::file::{FileReader, FileWriter, ReadError, Recovered};
use interlock_core::ledger::{Header, TraceLedger, TraceNode};
use libfuzzer_sys::fuzz_target;

fn read(bytes: &[u8], piece: usize) -> Result<Recovered, ReadError> {
    let mut reader = FileReader::new(1);
    for piece in bytes.chunks(piece.max(1)) {
        reader.feed(piece)?;
    }
    reader.finish()
}

fuzz_target!(|data: &[u8]| {
    if let Ok(header) = Header::decode(data) {
        assert_eq!(header.as_bytes(), data);
    }
    let _ = read(data, 7);
    let mut input = Input(data);
    let mut writer = FileWriter::create([9; 16]);
    let mut ledger = TraceLedger::new();
    let mut ends = vec![writer.len()];
    let mut file = Vec::new();
    for number in 0..input.byte() % 6 {
        let (id, payload) = (format!("n{number}"), input.text());
        let mut builder = TraceNode::builder(&id, "o", number.into()).payload(payload.as_bytes());
        if number > 0 {
            builder = builder.continues("n0");
        }
        let node = builder.build().unwrap();
        writer.append(node.as_ref());
        ledger.append(&node).unwrap();
        ends.push(writer.len());
        file.extend_from_slice(writer.waiting());
        writer.written();
        if input.byte() & 1 == 1 {
            writer.synced();
        }
    }
    let durable = writer.durable_len();
    let piece = usize::from(input.byte());
    for _ in 0..input.byte() % 3 {
        let at = usize::from(input.byte()) << 8 | usize::from(input.byte());
        if let Some(byte) = file.get_mut(at) {
            *byte ^= input.byte();
        }
    }
    file.truncate(file.len() - usize::from(input.byte()).min(file.len()));
    file.extend_from_slice(input.0);
    let found = read(&file, piece);
    assert_eq!(found.is_ok(), read(&file, 1 << 20).is_ok());
    // What is read is a beginning of what was written, or a collision has been found.
    if let Ok(mut found) = found {
        let nodes = found.ledger.len();
        assert!(nodes <= ledger.len() && durable <= *ends.last().unwrap());
        assert_eq!(found.ledger.log().root(), ledger.log().root_at(nodes.into()).unwrap());
        assert_eq!(found.len, if found.id.is_none() { 0 } else { ends[nodes as usize].max(40) });
    }
});
