//! The file of a ledger: append-only, checksummed, the same bytes wherever they are kept.
//!
//! ```text
//! file    magic (8), version (4), zero (4), file id (16), check of these 32 bytes (8)
//! record  "node" (4), length of the header (2), zero (2), length of the payload (4),
//!         how many bytes of the file were durable when this was written (8),
//!         check of file id, offset of the record and these 20 bytes (8)
//!         header, payload, check (8): the beginning of the leaf's hash
//! ```
//!
//! Numbers are big-endian; a check is the first 8 bytes of a SHA-256. The leaf's hash covers the header, and through it
//! the payload, and is needed for the log anyway.
//!
//! **What is acknowledged is never lost.** A node is acknowledged when its bytes have been synced ([`SyncPolicy`]
//! says when that happens). Opening reads up to the first record that is not whole. If a later record says that this
//! place was durable once, that is corruption: it is reported with its offset and nothing is touched. Otherwise it is a
//! torn tail that nobody was promised, and is cut off. Only the last synced bytes have no later record to speak for
//! them; a checkpoint given to [`OpenOptions`] does. The file id makes it useless to put forged records into a payload.
//!
//! [`FileWriter`] and [`FileReader`] do no I/O: bytes out, bytes in. [`LedgerFile`] drives them over a [`Storage`].

mod format;
mod ledger_file;
mod reader;
mod writer;

pub use ledger_file::{FileError, LedgerFile, OpenOptions, Recovery, Storage, SyncPolicy, Ticket};
pub use reader::{Damage, FileReader, ReadError, Recovered};
pub use writer::FileWriter;
