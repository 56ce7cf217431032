//! What `interlock guard` keeps of a stream.

use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use interlock_core::ledger::TraceNode;
use interlock_core::ledger::file::{FileError, LedgerFile, OpenOptions, SyncPolicy};
use interlock_core::session::LedgerEvent;
use serde_json::{Value, json};

use super::super::Failure;
use super::json::hex;
use super::storage::FileStorage;
use super::write::{open, random};

/// A ledger's file with the events of one stream at its end. Each is durable before `append` returns.
#[derive(Debug)]
pub(in crate::cli) struct StreamLedger {
    path: PathBuf,
    file: LedgerFile<FileStorage>,
    /// The stream's name among the origins: random, since nothing about a stream names it.
    stream: String,
    nodes: u32,
    timestamp: i64,
}

/// Why an event could not be kept.
#[derive(Debug)]
pub(in crate::cli) enum KeepError {
    Node(interlock_core::ledger::NodeError),
    File(FileError<io::Error>),
}

impl std::fmt::Display for KeepError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Node(error) => error.fmt(f),
            Self::File(error) => error.fmt(f),
        }
    }
}

impl StreamLedger {
    /// Opens the file, or makes it where there is none.
    pub(in crate::cli) fn open(path: &Path) -> Result<Self, Failure> {
        let options = OpenOptions {
            id: random()?,
            policy: SyncPolicy::EveryAppend,
            seed: u64::from_le_bytes(random()?),
            checkpoint: None,
        };
        let stream = hex(&random::<16>()?);
        Ok(Self { path: path.to_owned(), file: open(path, &options)?, stream, nodes: 0, timestamp: 0 })
    }

    /// Appends an event, linked to the one before.
    pub(in crate::cli) fn append(&mut self, event: &LedgerEvent) -> Result<(), KeepError> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        // A clock that was set back stands still.
        self.timestamp = self.timestamp.max(i64::try_from(now).unwrap_or(i64::MAX));
        let id = format!("{}/{}", self.stream, self.nodes);
        let before = self.nodes.checked_sub(1).map(|last| format!("{}/{last}", self.stream));
        let mut builder = TraceNode::builder(&id, &self.stream, self.timestamp)
            .kind(event.kind)
            .tag(event.tag)
            .payload(&event.payload);
        if let Some(before) = &before {
            builder = builder.continues(before);
        }
        let node = builder.build().map_err(KeepError::Node)?;
        self.file.append(&node).map_err(KeepError::File)?;
        self.nodes = self.nodes.saturating_add(1);
        Ok(())
    }

    pub(in crate::cli) fn path(&self) -> &Path {
        &self.path
    }

    /// Where the events are: the file, the stream's name and how many they are, and the size and root of the log now.
    pub(in crate::cli) fn summary(&mut self) -> Value {
        let log = self.file.log();
        json!({
            "file": self.path.display().to_string(),
            "stream": self.stream,
            "nodes": self.nodes,
            "size": log.len(),
            "root": hex(&log.root()),
        })
    }
}
