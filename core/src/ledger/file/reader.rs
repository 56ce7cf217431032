//! Bytes of the file in, a ledger out.

use alloc::vec::Vec;
use core::fmt;

use super::super::hash::{leaf_hash, sha256};
use super::super::header::{Header, HeaderError};
use super::super::node_ref::NodeRef;
use super::super::trace_ledger::{AppendError, TraceLedger};
use super::format::{CHECK, FILE_HEAD, MAGIC, RECORD_HEAD, RECORD_MAGIC, RecordHead, VERSION, check, file_head};

/// What is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The head of the file.
    FileHead,
    /// The head of a record.
    RecordHead,
    /// The content of a record, or its end is missing.
    Content,
    /// The content is as it was written, and no header.
    Header(HeaderError),
    /// The header speaks of another payload.
    Payload,
}

/// Why a file cannot be opened. It is left as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// It does not begin as a ledger does.
    NotALedger,
    /// A version that this build does not know.
    Version {
        /// The version.
        found: u32,
    },
    /// What was durable is not whole.
    Corrupt {
        /// Byte at which the damaged head or record starts.
        offset: u64,
        /// What is damaged.
        damage: Damage,
    },
    /// A node that breaks a law of the ledger.
    Refused {
        /// Byte at which its record starts.
        offset: u64,
        /// The law.
        error: AppendError,
    },
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotALedger => f.write_str("the file is no ledger"),
            Self::Version { found } => write!(f, "the version of the file is {found}, must be {VERSION}"),
            Self::Corrupt { offset, damage } => {
                write!(f, "the file is corrupt at byte {offset}: ")?;
                match damage {
                    Damage::FileHead => f.write_str("the head of the file is damaged"),
                    Damage::RecordHead => f.write_str("the head of a record is damaged"),
                    Damage::Content => f.write_str("the content of a record is damaged"),
                    Damage::Header(error) => error.fmt(f),
                    Damage::Payload => f.write_str("a payload is not the one of its header"),
                }
            }
            Self::Refused { offset, error } => write!(f, "the record at byte {offset} breaks a law: {error}"),
        }
    }
}

impl core::error::Error for ReadError {}

/// What a file holds.
#[derive(Clone, Debug)]
pub struct Recovered {
    /// The nodes, hashed.
    pub ledger: TraceLedger,
    /// The file's id; none if there is not even a head, because there are no bytes or creation was cut short.
    pub id: Option<[u8; 16]>,
    /// Bytes that are whole: what follows is to be cut off.
    pub len: u64,
    /// Bytes of the torn tail that follow.
    pub torn: u64,
}

/// Reads a file from its beginning in pieces of any size, keeping at most one record of it. Does no I/O.
#[derive(Clone, Debug)]
pub struct FileReader {
    ledger: TraceLedger,
    id: Option<[u8; 16]>,
    /// Bytes that have not been understood yet, and where they lie in the file.
    buffer: Vec<u8>,
    offset: u64,
    /// The first record that is not whole. What follows is searched for records that know it as durable.
    broken: Option<(u64, Damage)>,
    failed: Option<ReadError>,
}

impl FileReader {
    /// Starts with the seed of the ledger's hash tables; see [`TraceLedger::with_seed`].
    pub fn new(seed: u64) -> Self {
        Self {
            ledger: TraceLedger::with_seed(seed),
            id: None,
            buffer: Vec::new(),
            offset: 0,
            broken: None,
            failed: None,
        }
    }

    /// Takes the next bytes of the file.
    ///
    /// # Errors
    /// [`ReadError`] if they show that the file cannot be opened; so do all later calls.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<(), ReadError> {
        if self.failed.is_none() {
            self.buffer.extend_from_slice(bytes);
            self.failed = self.advance().err();
        }
        self.failed.clone().map_or(Ok(()), Err)
    }

    fn advance(&mut self) -> Result<(), ReadError> {
        if self.id.is_none() {
            if self.buffer.len() < FILE_HEAD {
                return Ok(());
            }
            self.id = match parse_file_head(&self.buffer) {
                Ok(id) => Some(id),
                // Whether creation was cut short is seen at the end.
                Err(_) if self.buffer.len() == FILE_HEAD => return Ok(()),
                Err(error) => return Err(error),
            };
            self.consume(FILE_HEAD);
        }
        let mut done = 0_usize;
        while self.broken.is_none() {
            let Some(length) = self.record(done)? else { break };
            done = done.saturating_add(length);
        }
        self.consume(done);
        if let Some((broken, damage)) = self.broken {
            self.search(broken, damage)?;
        }
        Ok(())
    }

    fn consume(&mut self, count: usize) {
        self.buffer.drain(..count.min(self.buffer.len()));
        self.offset = self.offset.saturating_add(count as u64);
    }

    /// Reads the record that starts in the buffer at `at`, and tells its length. None if it is not all there, or broken.
    fn record(&mut self, at: usize) -> Result<Option<usize>, ReadError> {
        let offset = self.offset.saturating_add(at as u64);
        let bytes = self.buffer.get(at..).unwrap_or_default();
        let Some((head_bytes, rest)) = bytes.split_at_checked(RECORD_HEAD) else { return Ok(None) };
        let id = self.id.unwrap_or_default();
        let Some(head) = RecordHead::decode(&id, offset, head_bytes) else {
            self.broken = Some((offset, Damage::RecordHead));
            return Ok(None);
        };
        let payload_len = usize::try_from(head.payload_len).unwrap_or(usize::MAX);
        let Some((header, rest)) = rest.split_at_checked(head.header_len.into()) else { return Ok(None) };
        let Some((payload, rest)) = rest.split_at_checked(payload_len) else { return Ok(None) };
        let Some(sum) = rest.first_chunk::<CHECK>() else { return Ok(None) };
        let leaf = leaf_hash(header);
        if check(&leaf) != *sum {
            self.broken = Some((offset, Damage::Content));
            return Ok(None);
        }
        let corrupt = |damage| ReadError::Corrupt { offset, damage };
        let decoded = Header::decode(header).map_err(|error| corrupt(Damage::Header(error)))?;
        if decoded.payload_len() != head.payload_len {
            return Err(corrupt(Damage::Payload));
        }
        if decoded.payload_hash() != sha256(&[], payload) {
            self.broken = Some((offset, Damage::Content));
            return Ok(None);
        }
        let length = RECORD_HEAD.saturating_add(header.len()).saturating_add(payload_len).saturating_add(CHECK);
        self.ledger
            .append_hashed(NodeRef { header, payload }, leaf)
            .map_err(|error| ReadError::Refused { offset, error })?;
        Ok(Some(length))
    }

    /// Looks for a record behind the broken one that was written when the broken one was durable.
    fn search(&mut self, broken: u64, damage: Damage) -> Result<(), ReadError> {
        let id = self.id.unwrap_or_default();
        let mut at = 0_usize;
        while let Some(bytes) = self.buffer.get(at..).filter(|bytes| bytes.len() >= RECORD_HEAD) {
            let offset = self.offset.saturating_add(at as u64);
            if bytes.starts_with(&RECORD_MAGIC)
                && RecordHead::decode(&id, offset, bytes).is_some_and(|head| head.synced > broken)
            {
                return Err(ReadError::Corrupt { offset: broken, damage });
            }
            at = at.saturating_add(1);
        }
        self.consume(at);
        Ok(())
    }

    /// The file has ended.
    ///
    /// # Errors
    /// [`ReadError`] if it cannot be opened.
    pub fn finish(mut self) -> Result<Recovered, ReadError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        let end = self.offset.saturating_add(self.buffer.len() as u64);
        if self.id.is_none() {
            // Creation writes the head and syncs it before anything else. Cut short, it leaves a part of it or zeros.
            let is_head = |(byte, wanted): (&u8, &u8)| byte == wanted || *byte == 0;
            let is_cut_short = self.buffer.iter().zip(&MAGIC).all(is_head);
            return match parse_file_head(&self.buffer) {
                Err(error @ ReadError::Version { .. }) if self.buffer.len() >= FILE_HEAD => Err(error),
                _ if !is_cut_short => Err(ReadError::NotALedger),
                _ => Ok(Recovered { ledger: self.ledger, id: None, len: 0, torn: end }),
            };
        }
        let len = match self.broken {
            Some((broken, _)) => broken,
            None => {
                // The last record may have lost its end to corruption as well.
                let start = self.offset;
                if !self.buffer.is_empty() {
                    self.search(start, Damage::Content)?;
                }
                start
            }
        };
        Ok(Recovered { ledger: self.ledger, id: self.id, len, torn: end.saturating_sub(len) })
    }
}

fn parse_file_head(bytes: &[u8]) -> Result<[u8; 16], ReadError> {
    let damaged = ReadError::Corrupt { offset: 0, damage: Damage::FileHead };
    let rest = bytes.strip_prefix(&MAGIC).ok_or(ReadError::NotALedger)?;
    let (version, rest) = rest.split_first_chunk().ok_or(damaged.clone())?;
    let found = u32::from_be_bytes(*version);
    if found != VERSION {
        return Err(ReadError::Version { found });
    }
    let id = rest.get(4..).and_then(<[u8]>::first_chunk::<16>).ok_or(damaged.clone())?;
    if bytes.get(..FILE_HEAD) == Some(&file_head(id)[..]) { Ok(*id) } else { Err(damaged) }
}
