//! The ledger's file: crashes at every point lose nothing acknowledged, damage is found where it is.
#![cfg(feature = "ledger")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::panic, missing_docs)]
#![allow(clippy::cast_possible_truncation)]

use std::cell::RefCell;
use std::num::NonZeroU32;
use std::rc::Rc;

use interlock_core::ledger::file::{
    Damage, FileError, FileReader, FileWriter, LedgerFile, OpenOptions, ReadError, Recovery, Storage, SyncPolicy,
};
use interlock_core::ledger::{
    AppendError, Hash, HeaderFault, TraceLedger, TraceNode, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

const ID: [u8; 16] = *b"0123456789abcdef";
const HEAD: usize = 40;

/// A disk that forgets what was not synced.
#[derive(Debug, Default)]
struct Disk {
    durable: Vec<u8>,
    current: Vec<u8>,
    /// Calls until one fails.
    fuse: Option<u32>,
}

#[derive(Clone, Debug, Default)]
struct Memory(Rc<RefCell<Disk>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Broken;

impl Memory {
    fn with(bytes: &[u8]) -> Self {
        let disk = Disk { durable: bytes.to_vec(), current: bytes.to_vec(), fuse: None };
        Self(Rc::new(RefCell::new(disk)))
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.borrow().current.clone()
    }

    fn burn(&self) -> Result<(), Broken> {
        let mut disk = self.0.borrow_mut();
        match &mut disk.fuse {
            Some(0) => Err(Broken),
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// The power goes. Of what was not synced, some sectors are there, some are zeros, and the end is anywhere.
    fn crash(&self, random: &mut Random) {
        let mut disk = self.0.borrow_mut();
        disk.fuse = None;
        let (durable, current) = (std::mem::take(&mut disk.durable), std::mem::take(&mut disk.current));
        let mut left = durable.clone();
        if current.len() < durable.len() {
            // A truncation that was not synced.
            if random.below(2) == 0 {
                left = current;
            }
        } else {
            assert_eq!(current[..durable.len()], durable, "what is durable was changed");
            let sector = [1, 7, 16, 512][random.below(4)];
            let lost = random.below(4);
            let mut tail = current[durable.len()..].to_vec();
            for piece in tail.chunks_mut(sector) {
                if random.below(4) < lost {
                    piece.fill(0);
                }
            }
            tail.truncate(random.below(tail.len() + 1));
            left.extend(tail);
        }
        disk.durable.clone_from(&left);
        disk.current = left;
    }
}

impl Storage for Memory {
    type Error = Broken;

    fn read(&mut self, offset: u64, buffer: &mut [u8]) -> Result<usize, Broken> {
        self.burn()?;
        let disk = self.0.borrow();
        let rest = disk.current.get(offset as usize..).unwrap_or_default();
        // Short reads, too.
        let count = rest.len().min(buffer.len()).min(777);
        buffer[..count].copy_from_slice(&rest[..count]);
        Ok(count)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), Broken> {
        let failed = self.burn();
        // A failing append has written some of it.
        let count = if failed.is_ok() { bytes.len() } else { bytes.len() / 2 };
        self.0.borrow_mut().current.extend(&bytes[..count]);
        failed
    }

    fn sync(&mut self) -> Result<(), Broken> {
        self.burn()?;
        let mut disk = self.0.borrow_mut();
        let Disk { durable, current, .. } = &mut *disk;
        durable.clone_from(current);
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> Result<(), Broken> {
        self.burn()?;
        self.0.borrow_mut().current.truncate(len as usize);
        Ok(())
    }
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 11) as usize % bound
    }
}

fn make(number: u32, random: &mut Random) -> TraceNode {
    let id = format!("n{number}");
    let target = format!("n{}", random.below(number.max(1) as usize));
    // Records that look like others inside of payloads, too.
    let mut payload = vec![0; random.below(120)];
    for byte in &mut payload {
        *byte = b"node\0\0\x01\xff"[random.below(8)];
    }
    let mut builder = TraceNode::builder(&id, ["a", "b"][random.below(2)], i64::from(number)).payload(&payload);
    if number > 0 {
        builder = builder.causes(&target);
    }
    builder.build().unwrap()
}

/// One life after the other over the same disk.
fn schedule(seed: u64) {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let disk = Memory::default();
    // Every node that was ever handed over at an index; what is acknowledged may not change any more.
    let mut nodes: Vec<TraceNode> = Vec::new();
    let mut acknowledged = 0_usize;
    let mut checkpoint: Option<(u64, Hash)> = None;
    for _ in 0..=random.below(5) {
        let policy = match random.below(3) {
            0 => SyncPolicy::EveryAppend,
            1 => SyncPolicy::Every(NonZeroU32::new(1 + random.below(6) as u32).unwrap()),
            _ => SyncPolicy::OnRequest,
        };
        let options = OpenOptions { id: ID, policy, seed, checkpoint };
        if random.below(6) == 0 {
            disk.0.borrow_mut().fuse = Some(random.below(12) as u32);
        }
        let (mut file, recovery) = match LedgerFile::open(disk.clone(), &options) {
            Ok(opened) => opened,
            Err(FileError::Storage(Broken)) => {
                disk.crash(&mut random);
                continue;
            }
            Err(error) => panic!("seed {seed}: {error:?}"),
        };
        let found = recovery.nodes as usize;
        assert!(found >= acknowledged && found <= nodes.len(), "seed {seed}: {found} of {acknowledged}");
        assert_eq!((file.acknowledged(), file.ledger().len()), (recovery.nodes, recovery.nodes));
        for (stored, node) in file.ledger().iter().zip(&nodes) {
            assert_eq!(stored, node.as_ref(), "seed {seed}");
        }
        // What was recovered is acknowledged; what was not is gone for good.
        nodes.truncate(found);
        acknowledged = found;
        let (log, size) = (file.log().clone(), found as u64);
        let root = log.root();
        for (index, node) in (0..).zip(&nodes) {
            let proof = log.inclusion_proof(index, size).unwrap();
            verify_inclusion(&node.as_ref().leaf_hash(), index, size, &proof, &root).unwrap();
        }
        if let Some((first, old)) = checkpoint {
            let proof = log.consistency_proof(first, size).unwrap();
            verify_consistency(first, &old, size, &root, &proof).unwrap();
        }
        if random.below(5) == 0 {
            disk.0.borrow_mut().fuse = Some(random.below(40) as u32);
        }
        for _ in 0..random.below(40) {
            let node = make(nodes.len() as u32, &mut random);
            match file.append(&node) {
                Ok(ticket) => {
                    assert_eq!(ticket.index as usize, nodes.len());
                    nodes.push(node);
                    assert!(policy != SyncPolicy::EveryAppend || file.is_acknowledged(ticket));
                }
                Err(FileError::Storage(Broken)) => {
                    // It may be found after the crash all the same.
                    nodes.push(node.clone());
                    assert_eq!(file.append(&node).unwrap_err(), FileError::Failed);
                    assert_eq!(file.sync().unwrap_err(), FileError::Failed);
                    break;
                }
                Err(error) => panic!("seed {seed}: {error:?}"),
            }
            if random.below(8) == 0 && file.sync().is_err() {
                break;
            }
            acknowledged = acknowledged.max(file.acknowledged() as usize);
        }
        acknowledged = acknowledged.max(file.acknowledged() as usize);
        let size = u64::from(file.acknowledged());
        checkpoint = Some((size, file.log().root_at(size).unwrap()));
        drop(file);
        disk.crash(&mut random);
    }
}

#[test]
fn no_crash_loses_what_was_acknowledged() {
    let schedules = std::env::var("LEDGER_SCHEDULES").ok().and_then(|text| text.parse().ok()).unwrap_or(1500);
    for seed in 1..=schedules {
        schedule(seed);
    }
}

/// A file of some nodes, each synced, and where the records start.
fn written(count: u32) -> (Vec<u8>, Vec<usize>) {
    let disk = Memory::default();
    let (mut file, recovery) = LedgerFile::open(disk.clone(), &OpenOptions { id: ID, ..Default::default() }).unwrap();
    assert_eq!(recovery, Recovery { created: true, nodes: 0, torn_at: None, torn_bytes: 0 });
    let mut random = Random(5);
    let mut starts = Vec::new();
    for number in 0..count {
        starts.push(disk.bytes().len());
        file.append(&make(number, &mut random)).unwrap();
    }
    (disk.bytes(), starts)
}

fn open(bytes: &[u8]) -> Result<(LedgerFile<Memory>, Recovery), FileError<Broken>> {
    LedgerFile::open(Memory::with(bytes), &OpenOptions { id: *b"another file's..", ..Default::default() })
}

fn read(bytes: &[u8]) -> Result<TraceLedger, ReadError> {
    let mut reader = FileReader::new(0);
    reader.feed(bytes)?;
    reader.finish().map(|found| found.ledger)
}

#[test]
fn damage_before_the_last_record_is_reported_where_it_is_and_never_skipped() {
    let (bytes, starts) = written(6);
    for at in 0..*starts.last().unwrap() {
        let record = starts.iter().rev().find(|start| **start <= at).copied();
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1 << bit;
            let disk = Memory::with(&damaged);
            let error = LedgerFile::open(disk.clone(), &OpenOptions::default()).unwrap_err();
            let FileError::Read(error) = error else { panic!("{error:?}") };
            match (record, &error) {
                (None, ReadError::NotALedger) => assert!(at < 8),
                (None, ReadError::Version { .. }) => assert!((8..12).contains(&at)),
                (None, ReadError::Corrupt { offset: 0, damage: Damage::FileHead }) => assert!((12..HEAD).contains(&at)),
                (Some(start), ReadError::Corrupt { offset, damage }) => {
                    assert_eq!(*offset, start as u64, "{at} {bit}");
                    let is_head = at < start + 28;
                    assert_eq!(*damage, if is_head { Damage::RecordHead } else { Damage::Content });
                }
                other => panic!("{at} {bit}: {other:?}"),
            }
            assert_eq!(disk.bytes(), damaged, "nothing is touched");
        }
    }
    // A hole, and two records that changed places.
    for (start, end) in starts.iter().zip(&starts[1..]) {
        let mut holed = bytes.clone();
        holed[*start..*end].fill(0);
        let offset = *start as u64;
        assert_eq!(read(&holed).unwrap_err(), ReadError::Corrupt { offset, damage: Damage::RecordHead });
    }
    let mut without = bytes.clone();
    without.drain(starts[1]..starts[2]);
    // All that follows is out of place: nothing there speaks for it any more, a checkpoint does.
    let (file, recovery) = open(&without).unwrap();
    assert_eq!((file.ledger().len(), recovery.torn_at), (1, Some(starts[1] as u64)));
    let known = read(&bytes).unwrap().log().root_at(4).unwrap();
    let options = OpenOptions { checkpoint: Some((4, known)), ..Default::default() };
    let disk = Memory::with(&without);
    let error = LedgerFile::open(disk.clone(), &options).unwrap_err();
    assert_eq!(error, FileError::Checkpoint { size: 4, found: 1 });
    assert_eq!(disk.bytes(), without);
    assert!(LedgerFile::open(Memory::with(&bytes), &options).is_ok());
    let options = OpenOptions { checkpoint: Some((4, [7; 32])), ..Default::default() };
    let error = LedgerFile::open(Memory::with(&bytes), &options).unwrap_err();
    assert_eq!(error, FileError::Checkpoint { size: 4, found: 6 });
}

#[test]
fn every_torn_tail_is_cut_off_and_appended_to() {
    let (bytes, starts) = written(4);
    for end in HEAD..=bytes.len() {
        let disk = Memory::with(&bytes[..end]);
        let (mut file, recovery) = LedgerFile::open(disk.clone(), &OpenOptions::default()).unwrap();
        let whole = starts.iter().chain([&bytes.len()]).filter(|start| **start <= end).count() - 1;
        assert_eq!(recovery.nodes as usize, whole, "{end}");
        let start = starts.get(whole).copied().unwrap_or(bytes.len());
        let torn = end - start.min(end);
        assert_eq!((recovery.created, recovery.torn_bytes), (false, torn as u64));
        assert_eq!(recovery.torn_at, (torn > 0).then_some(start as u64));
        file.append(&TraceNode::new("new", "c", 1).unwrap()).unwrap();
        assert_eq!(read(&disk.bytes()).unwrap().by_id("new").unwrap().origin(), "c");
    }
    // Rubbish behind the end.
    for tail in [&[0_u8; 100][..], &[0xff; 100], b"node", &bytes[starts[0]..starts[1]]] {
        let (file, recovery) = open(&[&bytes, tail].concat()).unwrap();
        assert_eq!((file.ledger().len(), recovery.torn_bytes), (4, tail.len() as u64));
    }
}

#[test]
fn a_creation_that_was_cut_short_is_done_again_and_other_files_are_left_alone() {
    let (bytes, _) = written(0);
    assert_eq!(bytes.len(), HEAD);
    for end in 0..HEAD {
        let (file, recovery) = open(&bytes[..end]).unwrap();
        assert!(recovery.created, "{end}");
        assert_eq!(file.ledger().len(), 0);
    }
    assert!(open(&[0; HEAD]).unwrap().1.created);
    for other in [&b"hello"[..], &[b'x'; 40], &[b'x'; 400], &[0; 41], b"\x89PNG\r\n\x1a\n"] {
        let disk = Memory::with(other);
        let error = LedgerFile::open(disk.clone(), &OpenOptions::default()).unwrap_err();
        assert_eq!(error, FileError::Read(ReadError::NotALedger));
        assert_eq!(disk.bytes(), other);
    }
    let mut future = bytes;
    future[11] = 2;
    assert_eq!(open(&future).unwrap_err(), FileError::Read(ReadError::Version { found: 2 }));
    future.extend([1; 100]);
    assert_eq!(open(&future).unwrap_err(), FileError::Read(ReadError::Version { found: 2 }));
}

#[test]
fn pieces_of_any_size_read_the_same() {
    let (bytes, starts) = written(20);
    let root = read(&bytes).unwrap().log().root();
    for size in [1, 2, 3, 27, 28, 29, 100, 4096] {
        let mut reader = FileReader::new(1);
        bytes.chunks(size).for_each(|piece| reader.feed(piece).unwrap());
        let mut found = reader.finish().unwrap();
        assert_eq!((found.ledger.log().root(), found.torn, found.id), (root, 0, Some(ID)));
        let mut damaged = bytes.clone();
        damaged[starts[3] + 40] ^= 1;
        let mut reader = FileReader::new(1);
        let failed = damaged.chunks(size).find_map(|piece| reader.feed(piece).err()).unwrap();
        let expected = ReadError::Corrupt { offset: starts[3] as u64, damage: Damage::Content };
        assert_eq!(failed, expected);
        // It stays failed.
        assert_eq!(reader.feed(&[]).unwrap_err(), expected);
        assert_eq!(reader.finish().unwrap_err(), expected);
    }
}

/// The checks are no secret to who knows the file's id: well-formed records with bad nodes are refused all the same.
#[test]
fn records_that_break_a_law_are_refused() {
    let node = TraceNode::new("a", "o", 5).unwrap();
    let mut writer = FileWriter::create(ID);
    writer.append(node.as_ref());
    let second = writer.len();
    writer.append(TraceNode::new("b", "o", 4).unwrap().as_ref());
    let error = AppendError::TimeBackwards { origin: "o".into(), last: 5, given: 4 };
    assert_eq!(read(writer.waiting()).unwrap_err(), ReadError::Refused { offset: second, error });
    let mut writer = FileWriter::create(ID);
    writer.append(node.as_ref());
    writer.append(node.as_ref());
    let error = AppendError::DuplicateId { id: "a".into(), index: 0 };
    assert_eq!(read(writer.waiting()).unwrap_err(), ReadError::Refused { offset: second, error });
}

#[test]
fn the_file_is_as_documented() {
    use sha2::{Digest, Sha256};
    let node = TraceNode::builder("a", "o", 5).payload(b"abc").build().unwrap();
    let mut writer = FileWriter::create(ID);
    assert!(!writer.is_empty() && writer.durable_len() == 0);
    let head = writer.waiting().to_vec();
    writer.written();
    writer.synced();
    assert_eq!(writer.durable_len(), 40);
    let leaf = writer.append(node.as_ref());
    let mut expected = b"\x89ILKLG\r\n\0\0\0\x01\0\0\0\0".to_vec();
    expected.extend(ID);
    let sum = Sha256::digest(&expected);
    expected.extend(&sum[..8]);
    assert_eq!(head, expected);
    let header = node.as_ref().to_header();
    let mut fields = b"node\0\x39\0\0\0\0\0\x03\0\0\0\0\0\0\0\x28".to_vec();
    assert_eq!(header.len(), 0x39);
    let sum = Sha256::digest([&ID[..], &40_u64.to_be_bytes(), &fields].concat());
    fields.extend(&sum[..8]);
    assert_eq!(writer.waiting(), [&fields, &header, &b"abc"[..], &leaf[..8]].concat());
    assert_eq!(leaf, node.as_ref().leaf_hash());
    assert_eq!(writer.len(), 40 + 28 + 57 + 3 + 8);
    assert_eq!(FileWriter::resume(ID, 77).durable_len(), 77);
}

#[test]
fn a_refused_node_leaves_the_file_as_it_was() {
    let (bytes, _) = written(3);
    let disk = Memory::with(&bytes);
    let (mut file, _) = LedgerFile::open(disk.clone(), &OpenOptions::default()).unwrap();
    let error = file.append(&TraceNode::new("n1", "x", 0).unwrap()).unwrap_err();
    assert_eq!(error, FileError::Append(AppendError::DuplicateId { id: "n1".into(), index: 1 }));
    assert_eq!(file.close().unwrap().0.bytes(), bytes);
}

#[test]
fn a_header_that_was_never_one_is_named() {
    // The writer's own bytes with a header's version changed and both checks made anew.
    use sha2::{Digest, Sha256};
    let node = TraceNode::new("a", "o", 5).unwrap();
    let mut writer = FileWriter::create(ID);
    writer.append(node.as_ref());
    let mut bytes = writer.waiting().to_vec();
    let header = HEAD + 28..bytes.len() - 8;
    bytes[header.start] = 9;
    let leaf = Sha256::digest([&[0], &bytes[header.clone()]].concat());
    bytes[header.end..].copy_from_slice(&leaf[..8]);
    let Err(ReadError::Corrupt { offset: 40, damage: Damage::Header(error) }) = read(&bytes) else { panic!() };
    assert_eq!(error.what, HeaderFault::Version(9));
    // And a header of another payload's length.
    bytes[header.start] = 1;
    bytes[header.start + 12] = 1;
    let leaf = Sha256::digest([&[0], &bytes[header.clone()]].concat());
    bytes[header.end..].copy_from_slice(&leaf[..8]);
    assert_eq!(read(&bytes).unwrap_err(), ReadError::Corrupt { offset: 40, damage: Damage::Payload });
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(tail in prop::collection::vec(any::<u8>(), 0..300), cut in 0_usize..400) {
        let (bytes, _) = written(2);
        let _ = read(&tail);
        let _ = read(&[&bytes[..cut.min(bytes.len())], &tail].concat());
    }
}
