//! The bytes of file and record heads.

use super::super::hash::{Hash, sha256};
use super::super::header::MAX_PAYLOAD_BYTES;

/// Not text, and broken by whatever changes line ends.
pub(super) const MAGIC: [u8; 8] = *b"\x89ILKLG\r\n";
pub(super) const VERSION: u32 = 1;
pub(super) const FILE_HEAD: usize = 40;
pub(super) const RECORD_HEAD: usize = 28;
pub(super) const CHECK: usize = 8;
pub(super) const RECORD_MAGIC: [u8; 4] = *b"node";

/// The beginning of a hash, for a checksum.
pub(super) fn check(hash: &Hash) -> [u8; CHECK] {
    hash.first_chunk().copied().unwrap_or_default()
}

/// The head of a file.
pub(super) fn file_head(id: &[u8; 16]) -> [u8; FILE_HEAD] {
    let mut head = [0; FILE_HEAD];
    let parts: [&[u8]; 4] = [&MAGIC, &VERSION.to_be_bytes(), &[0; 4], id];
    fill(&mut head, &parts);
    let sum = check(&sha256(&[], head.get(..32).unwrap_or_default()));
    if let Some(place) = head.last_chunk_mut() {
        *place = sum;
    }
    head
}

/// What a record's head says.
#[derive(Clone, Copy)]
pub(super) struct RecordHead {
    pub(super) header_len: u16,
    pub(super) payload_len: u32,
    pub(super) synced: u64,
}

impl RecordHead {
    /// The head of a record at an offset of a file.
    pub(super) fn encode(&self, id: &[u8; 16], offset: u64) -> [u8; RECORD_HEAD] {
        let mut head = [0; RECORD_HEAD];
        let parts: [&[u8]; 5] = [
            &RECORD_MAGIC,
            &self.header_len.to_be_bytes(),
            &[0; 2],
            &self.payload_len.to_be_bytes(),
            &self.synced.to_be_bytes(),
        ];
        fill(&mut head, &parts);
        let sum = Self::check(id, offset, &head);
        if let Some(place) = head.last_chunk_mut() {
            *place = sum;
        }
        head
    }

    /// Reads the head that starts `bytes`, which lie at an offset of a file. None if it is none that belongs there.
    pub(super) fn decode(id: &[u8; 16], offset: u64, bytes: &[u8]) -> Option<Self> {
        let head = bytes.first_chunk::<RECORD_HEAD>()?;
        let rest = head.strip_prefix(&RECORD_MAGIC)?;
        let (header_len, rest) = rest.split_first_chunk()?;
        let (zero, rest) = rest.split_first_chunk::<2>()?;
        let (payload_len, rest) = rest.split_first_chunk()?;
        let (synced, sum) = rest.split_first_chunk()?;
        let found = Self {
            header_len: u16::from_be_bytes(*header_len),
            payload_len: u32::from_be_bytes(*payload_len),
            synced: u64::from_be_bytes(*synced),
        };
        let is_payload = usize::try_from(found.payload_len).is_ok_and(|length| length <= MAX_PAYLOAD_BYTES);
        let is_sane = *zero == [0; 2] && is_payload && found.synced <= offset;
        (is_sane && *sum == Self::check(id, offset, head)).then_some(found)
    }

    fn check(id: &[u8; 16], offset: u64, head: &[u8; RECORD_HEAD]) -> [u8; CHECK] {
        let mut bytes = [0; 44];
        let fields = head.first_chunk::<20>().copied().unwrap_or([0; 20]);
        fill(&mut bytes, &[id, &offset.to_be_bytes(), &fields]);
        check(&sha256(&[], &bytes))
    }
}

fn fill(buffer: &mut [u8], parts: &[&[u8]]) {
    let bytes = parts.iter().flat_map(|part| part.iter());
    for (place, byte) in buffer.iter_mut().zip(bytes) {
        *place = *byte;
    }
}
