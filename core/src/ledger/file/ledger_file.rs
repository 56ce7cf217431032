//! A ledger and its file over a storage.

use core::fmt;
use core::num::NonZeroU32;

use super::super::hash::Hash;
use super::super::merkle::MerkleLog;
use super::super::node_ref::NodeRef;
use super::super::tiles::{Tile, TileError};
use super::super::trace_ledger::{AppendError, TraceLedger};
use super::reader::{FileReader, ReadError};
use super::writer::FileWriter;

/// Where the bytes of a file are kept: a file, rows of a database, a handle in a browser.
pub trait Storage {
    /// What can go wrong.
    type Error;

    /// Reads from an offset on and tells how many bytes were read; none only at the end.
    ///
    /// # Errors
    /// The storage's own.
    fn read(&mut self, offset: u64, buffer: &mut [u8]) -> Result<usize, Self::Error>;

    /// Appends bytes. They need not be durable yet.
    ///
    /// # Errors
    /// The storage's own; any part of the bytes may then have been appended.
    fn append(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;

    /// Returns when all that was done is durable.
    ///
    /// # Errors
    /// The storage's own; nothing is then known about what is durable.
    fn sync(&mut self) -> Result<(), Self::Error>;

    /// Cuts off what lies behind the first `len` bytes.
    ///
    /// # Errors
    /// The storage's own.
    fn truncate(&mut self, len: u64) -> Result<(), Self::Error>;
}

/// When what was appended is synced, and so acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SyncPolicy {
    /// With every append. The safe answer, and the default.
    #[default]
    EveryAppend,
    /// After so many appends, and on request.
    Every(NonZeroU32),
    /// Only on request.
    OnRequest,
}

/// How a file is opened.
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenOptions {
    /// The id of the file if it is new: 16 random bytes.
    pub id: [u8; 16],
    /// When appends are synced.
    pub policy: SyncPolicy,
    /// A secret number for the ledger's hash tables; see [`TraceLedger::with_seed`].
    pub seed: u64,
    /// Size and root of a checkpoint that this file has to continue. Without one, damage to the last bytes that were
    /// synced cannot be told from a torn tail.
    pub checkpoint: Option<(u64, Hash)>,
}

/// What opening found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovery {
    /// Whether the file is new.
    pub created: bool,
    /// Nodes that are there, all of them durable and acknowledged now.
    pub nodes: u32,
    /// Where a torn tail began, if there was one. It held nothing that was ever acknowledged.
    pub torn_at: Option<u64>,
    /// Bytes that were cut off there.
    pub torn_bytes: u64,
}

/// A node that was appended. It is acknowledged when [`LedgerFile::acknowledged`] is above its index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket {
    /// The node's index in the ledger and in its log.
    pub index: u32,
}

/// Why a file could not be opened or appended to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError<E> {
    /// The storage failed. If it did so while writing, the file has to be opened again.
    Storage(E),
    /// The file cannot be opened.
    Read(ReadError),
    /// The file does not continue the checkpoint: it is shorter or has another history. It is left as it is.
    Checkpoint {
        /// Nodes of the checkpoint.
        size: u64,
        /// Nodes of the file.
        found: u64,
    },
    /// The node breaks a law of the ledger.
    Append(AppendError),
    /// The storage has failed before, so what the file holds is not known: open it again.
    Failed,
}

impl<E: fmt::Display> fmt::Display for FileError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Storage(error) => error.fmt(f),
            Self::Read(error) => error.fmt(f),
            Self::Checkpoint { size, found } => {
                write!(f, "the file has {found} nodes and does not continue the checkpoint of {size}")
            }
            Self::Append(error) => error.fmt(f),
            Self::Failed => f.write_str("the storage has failed before, the file must be opened again"),
        }
    }
}

impl<E: fmt::Debug + fmt::Display> core::error::Error for FileError<E> {}

impl<E> From<AppendError> for FileError<E> {
    fn from(error: AppendError) -> Self {
        Self::Append(error)
    }
}

impl<E> From<ReadError> for FileError<E> {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// Bytes that are read at a time, and that wait at most before they are written.
const PIECE: usize = 1 << 16;

/// A ledger whose nodes are kept in a file.
#[derive(Debug)]
pub struct LedgerFile<S> {
    storage: S,
    ledger: TraceLedger,
    writer: FileWriter,
    policy: SyncPolicy,
    acknowledged: u32,
    failed: bool,
}

impl<S: Storage> LedgerFile<S> {
    /// Opens a file, or creates it where there is none, and cuts off a torn tail.
    ///
    /// # Errors
    /// [`FileError`] if the storage fails, or if the file is none, is corrupt, or does not continue the checkpoint: then
    /// nothing has been changed.
    pub fn open(mut storage: S, options: &OpenOptions) -> Result<(Self, Recovery), FileError<S::Error>> {
        let mut reader = FileReader::new(options.seed);
        let mut buffer = alloc::vec![0; PIECE];
        let mut offset = 0_u64;
        loop {
            let count = storage.read(offset, &mut buffer).map_err(FileError::Storage)?;
            let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else { break };
            reader.feed(bytes)?;
            offset = offset.saturating_add(bytes.len() as u64);
        }
        let mut found = reader.finish()?;
        if let Some((size, root)) = options.checkpoint
            && found.ledger.log().root_at(size) != Ok(root)
        {
            return Err(FileError::Checkpoint { size, found: found.ledger.len().into() });
        }
        if found.torn > 0 {
            storage.truncate(found.len).map_err(FileError::Storage)?;
        }
        // The cut comes before anything that is appended; and what was read may have been written, but not synced, by
        // a process that is gone.
        storage.sync().map_err(FileError::Storage)?;
        let created = found.id.is_none();
        let mut writer =
            found.id.map_or_else(|| FileWriter::create(options.id), |id| FileWriter::resume(id, found.len));
        if created {
            storage.append(writer.waiting()).map_err(FileError::Storage)?;
            writer.written();
            storage.sync().map_err(FileError::Storage)?;
        }
        writer.synced();
        let nodes = found.ledger.len();
        let torn_at = (found.torn > 0).then_some(found.len);
        let recovery = Recovery { created, nodes, torn_at, torn_bytes: found.torn };
        let policy = options.policy;
        Ok((Self { storage, ledger: found.ledger, writer, policy, acknowledged: nodes, failed: false }, recovery))
    }

    /// Appends a node and syncs as the policy says.
    ///
    /// # Errors
    /// [`FileError`]; the node is then neither in the ledger nor acknowledged. After [`FileError::Storage`] the file has
    /// to be opened again.
    pub fn append<'a>(&mut self, node: impl Into<NodeRef<'a>>) -> Result<Ticket, FileError<S::Error>> {
        let node = node.into();
        if self.failed {
            return Err(FileError::Failed);
        }
        self.ledger.admits(node)?;
        let leaf = self.writer.append(node);
        let unsynced = self.ledger.len().wrapping_sub(self.acknowledged).wrapping_add(1);
        let is_due = match self.policy {
            SyncPolicy::EveryAppend => true,
            SyncPolicy::Every(count) => unsynced >= count.get(),
            SyncPolicy::OnRequest => false,
        };
        if is_due {
            self.flush()?;
        } else if self.writer.waiting().len() >= PIECE {
            self.write()?;
        }
        let index = self.ledger.append_hashed(node, leaf)?;
        if is_due {
            self.acknowledged = self.ledger.len();
        }
        Ok(Ticket { index })
    }

    /// Syncs, so that all that was appended is acknowledged, and tells how many nodes that are.
    ///
    /// # Errors
    /// [`FileError::Storage`]: what was not acknowledged before may be lost, and the file has to be opened again.
    pub fn sync(&mut self) -> Result<u32, FileError<S::Error>> {
        if self.failed {
            return Err(FileError::Failed);
        }
        if self.acknowledged < self.ledger.len() {
            self.flush()?;
            self.acknowledged = self.ledger.len();
        }
        Ok(self.acknowledged)
    }

    fn write(&mut self) -> Result<(), FileError<S::Error>> {
        // Whoever fails here does not know what has been written.
        self.failed = true;
        self.storage.append(self.writer.waiting()).map_err(FileError::Storage)?;
        self.failed = false;
        self.writer.written();
        Ok(())
    }

    fn flush(&mut self) -> Result<(), FileError<S::Error>> {
        self.write()?;
        self.failed = true;
        self.storage.sync().map_err(FileError::Storage)?;
        self.failed = false;
        self.writer.synced();
        Ok(())
    }

    /// How many nodes are durable: these are never lost.
    pub const fn acknowledged(&self) -> u32 {
        self.acknowledged
    }

    /// Whether a node is durable.
    pub const fn is_acknowledged(&self, ticket: Ticket) -> bool {
        ticket.index < self.acknowledged
    }

    /// The nodes, those that are not acknowledged yet included.
    pub const fn ledger(&self) -> &TraceLedger {
        &self.ledger
    }

    /// The log over them.
    pub fn log(&mut self) -> &MerkleLog {
        self.ledger.log()
    }

    /// What is in a tile; see [`TraceLedger::tile`].
    ///
    /// # Errors
    /// [`TileError`] if no tile is such, or the log too small.
    pub fn tile(&mut self, tile: Tile) -> Result<alloc::vec::Vec<u8>, TileError> {
        self.ledger.tile(tile)
    }

    /// The storage, after a sync, and the ledger.
    ///
    /// # Errors
    /// As of [`LedgerFile::sync`].
    pub fn close(mut self) -> Result<(S, TraceLedger), FileError<S::Error>> {
        self.sync()?;
        Ok((self.storage, self.ledger))
    }
}
