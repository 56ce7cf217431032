//! Storage as tiles (C2SP `tlog-tiles`): which files a log is, what they are called and what is in them.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use super::checkpoint::{decimal, push_decimal};
use super::header::MAX_HEADER_BYTES;
use super::merkle::{LogError, MerkleLog};
use super::trace_ledger::TraceLedger;

/// Hashes in a full tile, entries in a full bundle.
pub const TILE_WIDTH: u16 = 256;

/// What a tile holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TileKind {
    /// Hashes of the tree: on level 0 of leaves, on the next of full tiles of the one below. At most 63.
    Hashes {
        /// The level.
        level: u8,
    },
    /// Entries of the log.
    Entries,
}

/// A tile: a file that never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tile {
    /// What it holds.
    pub kind: TileKind,
    /// Its place on its level, counted from 0.
    pub index: u64,
    /// How many hashes or entries it has, 1 to 256; a partial tile has fewer than 256.
    pub width: u16,
}

/// Why there is no such tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TileError {
    /// The path is none of a tile, or not its only one.
    Path,
    /// No tile has this level or width.
    Shape,
    /// The log does not have all that would be in it.
    Log(LogError),
    /// A bundle ends within an entry or has more than 256.
    Bundle {
        /// Byte at which that was found.
        offset: usize,
    },
}

impl fmt::Display for TileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path => f.write_str("the path is none of a tile"),
            Self::Shape => f.write_str("the level of a tile must be 0 to 63, its width 1 to 256"),
            Self::Log(error) => error.fmt(f),
            Self::Bundle { offset } => write!(f, "the entry bundle is malformed at byte {offset}"),
        }
    }
}

impl core::error::Error for TileError {}

impl Tile {
    /// Its path below the log's prefix, such as `tile/0/x001/x234/067.p/8`.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = String::from("tile/");
        match self.kind {
            TileKind::Hashes { level } => push_decimal(&mut path, level.into()),
            TileKind::Entries => path.push_str("entries"),
        }
        push_index(&mut path, self.index, false);
        if self.width < TILE_WIDTH {
            path.push_str(".p/");
            push_decimal(&mut path, self.width.into());
        }
        path
    }

    /// The tile of a path.
    ///
    /// # Errors
    /// [`TileError::Path`] for whatever [`Tile::path`] would not have written.
    pub fn parse(path: &str) -> Result<Self, TileError> {
        let tile = Self::read(path).ok_or(TileError::Path)?;
        // There is one path for a tile.
        if tile.is_valid() && tile.path() == path { Ok(tile) } else { Err(TileError::Path) }
    }

    fn read(path: &str) -> Option<Self> {
        let (kind, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let kind = match kind {
            "entries" => TileKind::Entries,
            level => TileKind::Hashes { level: u8::try_from(decimal(level)?).ok()? },
        };
        let (number, width) = match rest.split_once('.') {
            Some((number, width)) => (number, u16::try_from(decimal(width.strip_prefix("p/")?)?).ok()?),
            None => (rest, TILE_WIDTH),
        };
        let mut index = 0_u64;
        for part in number.split('/') {
            let digits = part.strip_prefix('x').unwrap_or(part);
            if digits.len() != 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                return None;
            }
            index = index.checked_mul(1000)?.checked_add(digits.parse().ok()?)?;
        }
        Some(Self { kind, index, width })
    }

    fn is_valid(&self) -> bool {
        let is_level = !matches!(self.kind, TileKind::Hashes { level } if level > 63);
        is_level && (1..=TILE_WIDTH).contains(&self.width)
    }

    /// How many leaves a log must have for this tile to exist: none if more than there can be.
    fn leaves(&self) -> Option<u64> {
        let end = self.index.checked_mul(256)?.checked_add(self.width.into())?;
        let level = match self.kind {
            TileKind::Hashes { level } => level,
            TileKind::Entries => 0,
        };
        let shift = u32::from(level).wrapping_mul(8);
        let leaves = end.checked_shl(shift)?;
        (leaves.wrapping_shr(shift) == end).then_some(leaves)
    }
}

/// Groups of three digits, all but the last with an `x`.
fn push_index(path: &mut String, index: u64, has_more: bool) {
    if index >= 1000 {
        push_index(path, index / 1000, true);
    }
    path.push_str(if has_more { "/x" } else { "/" });
    for digit in [index / 100 % 10, index / 10 % 10, index % 10] {
        push_decimal(path, digit);
    }
}

/// The tiles to write when a log has grown from one size to another: those of hashes level by level, then the
/// entries. Full ones stay for ever; a partial one is of use until its full one is there.
pub fn new_tiles(from: u64, to: u64) -> impl Iterator<Item = Tile> {
    let levels = (0..8_u8).map(|level| (TileKind::Hashes { level }, u32::from(level).wrapping_mul(8)));
    levels.chain([(TileKind::Entries, 0)]).flat_map(move |(kind, shift)| {
        let (old, new) = (from.wrapping_shr(shift), to.wrapping_shr(shift));
        let full = (if old < new { old / 256 } else { new / 256 })..new / 256;
        let partial = u16::try_from(new % 256).ok().filter(|width| *width > 0 && old < new);
        let full = full.map(move |index| Tile { kind, index, width: TILE_WIDTH });
        full.chain(partial.map(|width| Tile { kind, index: new / 256, width }))
    })
}

impl MerkleLog {
    /// The hashes of a tile, one after the other.
    ///
    /// # Errors
    /// [`TileError`] if no tile is such, or the log too small. Entries are not the log's but the ledger's.
    pub fn tile(&self, tile: Tile) -> Result<Vec<u8>, TileError> {
        let TileKind::Hashes { level } = tile.kind else { return Err(TileError::Shape) };
        self.covers(&tile)?;
        let start = usize::try_from(tile.index.saturating_mul(256)).unwrap_or(usize::MAX);
        let hashes = self.level(level.saturating_mul(8)).unwrap_or_default();
        let hashes = hashes.get(start..start.saturating_add(tile.width.into())).unwrap_or_default();
        Ok(hashes.as_flattened().to_vec())
    }

    fn covers(&self, tile: &Tile) -> Result<(), TileError> {
        if !tile.is_valid() {
            return Err(TileError::Shape);
        }
        let size = tile.leaves().unwrap_or(u64::MAX);
        let len = self.len();
        if size > len { Err(TileError::Log(LogError::Size { size, len })) } else { Ok(()) }
    }
}

impl TraceLedger {
    /// What is in a tile: hashes, or entries each with its length before it.
    ///
    /// # Errors
    /// [`TileError`] if no tile is such, or the log too small.
    pub fn tile(&mut self, tile: Tile) -> Result<Vec<u8>, TileError> {
        if tile.kind != TileKind::Entries {
            return self.log().tile(tile);
        }
        self.log().covers(&tile)?;
        let mut bundle = Vec::new();
        let start = tile.index.saturating_mul(256);
        for number in start..start.saturating_add(tile.width.into()) {
            let header = u32::try_from(number).ok().and_then(|number| self.hashed_header(number)).unwrap_or_default();
            // No header is longer than two bytes can say.
            bundle.extend_from_slice(&u16::try_from(header.len()).unwrap_or(u16::MAX).to_be_bytes());
            bundle.extend_from_slice(header);
        }
        Ok(bundle)
    }
}

/// The entries of a bundle.
///
/// # Errors
/// [`TileError::Bundle`] if it ends within an entry or has more than 256.
pub fn entries(bundle: &[u8]) -> Result<Vec<&[u8]>, TileError> {
    const _: () = assert!(MAX_HEADER_BYTES <= 65_535, "an entry's length has two bytes");
    let mut found = Vec::new();
    let mut rest = bundle;
    while !rest.is_empty() {
        let fault = TileError::Bundle { offset: bundle.len().saturating_sub(rest.len()) };
        let (length, after) = rest.split_first_chunk::<2>().ok_or(fault)?;
        let (entry, after) = after.split_at_checked(u16::from_be_bytes(*length).into()).ok_or(fault)?;
        if found.len() == usize::from(TILE_WIDTH) {
            return Err(fault);
        }
        found.push(entry);
        rest = after;
    }
    Ok(found)
}
