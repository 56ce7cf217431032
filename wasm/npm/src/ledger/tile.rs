//! Tiles.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use interlock_core::ledger::{self, Tile, TileKind, new_tiles};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::refusal::given;
use crate::tree::Tree;

/// What the path of a tile says: `{kind, level, index, width}`.
///
/// # Errors
/// It is none.
#[wasm_bindgen(js_name = parseTile)]
pub fn parse_tile(path: &str) -> Vec<u8> {
    given(Tile::parse(path).map(|tile| {
        let mut tree = Tree::default();
        tree.object();
        let (kind, level) = match tile.kind {
            TileKind::Hashes { level } => ("hashes", level),
            TileKind::Entries => ("entries", 0),
        };
        tree.key("kind").text(kind);
        tree.key("level").whole(level.into());
        tree.key("index").whole(tile.index);
        tree.key("width").whole(tile.width.into());
        tree.end();
        tree.into_bytes()
    }))
}

/// The path of a tile: of hashes on a level, or of entries without one.
#[wasm_bindgen(js_name = tilePath)]
pub fn tile_path(level: Option<u8>, index: u64, width: u16) -> String {
    Tile { kind: level.map_or(TileKind::Entries, |level| TileKind::Hashes { level }), index, width }.path()
}

/// Tiles that are new when a log grows.
#[wasm_bindgen]
pub struct NewTiles(Box<dyn Iterator<Item = Tile>>);

#[wasm_bindgen]
impl NewTiles {
    /// When it grows from one size to another.
    #[wasm_bindgen(constructor)]
    pub fn new(from: u64, to: u64) -> Self {
        Self(Box::new(new_tiles(from, to)))
    }

    /// The paths of the next ones; none at the end.
    pub fn next(&mut self, most: u32) -> Vec<String> {
        self.0.by_ref().take(usize::try_from(most).unwrap_or(0)).map(|tile| tile.path()).collect()
    }
}

/// The entries of a bundle: a list of bytes.
///
/// # Errors
/// It is malformed.
#[wasm_bindgen]
pub fn entries(bundle: &[u8]) -> Vec<u8> {
    given(ledger::entries(bundle).map(|entries| {
        let mut tree = Tree::default();
        tree.list();
        for entry in entries {
            tree.bytes(entry);
        }
        tree.end();
        tree.into_bytes()
    }))
}
