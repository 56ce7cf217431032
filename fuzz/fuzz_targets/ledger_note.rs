//! Signed notes, checkpoints, keys, tiles' paths and entry bundles of any bytes: what is read is written the same.
#![no_main]

use interlock_core::ledger::{Checkpoint, Ed25519Signer, Ed25519Verifier, Note, Tile, Verifier, entries};
use libfuzzer_sys::fuzz_target;

struct Nobody;

impl Verifier for Nobody {
    fn name(&self) -> &str {
        "a"
    }

    fn key_id(&self) -> u32 {
        0
    }

    fn verify(&self, _: &[u8], _: &[u8]) -> bool {
        false
    }
}

fuzz_target!(|data: &[u8]| {
    if let Ok(note) = Note::parse(data) {
        assert_eq!(note.encode().as_bytes(), data);
        assert!(note.verify(&[&Nobody]).is_err());
        if let Ok(checkpoint) = Checkpoint::parse(note.text()) {
            assert_eq!(checkpoint.to_note().unwrap().text(), note.text());
        }
    }
    assert!(Checkpoint::open(data, "a", &[&Nobody]).is_err());
    if let Ok(found) = entries(data) {
        assert_eq!(found.iter().map(|entry| entry.len() + 2).sum::<usize>(), data.len());
    }
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(checkpoint) = Checkpoint::parse(text)
        && let Ok(note) = checkpoint.to_note()
    {
        assert_eq!(note.text(), text);
    }
    if let Ok(tile) = Tile::parse(text) {
        assert_eq!(tile.path(), text);
    }
    if let Ok(key) = Ed25519Verifier::parse(text) {
        assert_eq!(key.encode(), text);
    }
    if let Ok(key) = Ed25519Signer::parse(text) {
        assert_eq!(key.encode(), text);
    }
});
