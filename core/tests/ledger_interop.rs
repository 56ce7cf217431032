//! Checkpoints, tiles and proofs beside independent implementations, in both directions.
#![cfg(feature = "ed25519")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::panic, missing_docs)]
#![allow(clippy::cast_possible_truncation, clippy::string_slice)]

use std::cell::RefCell;
use std::collections::BTreeMap;

use interlock_core::ledger::{
    Checkpoint, CheckpointError, Ed25519Signer, Ed25519Verifier, Hash, Header, KeyError, LogError, MAX_NOTE_BYTES,
    MAX_NOTE_SIGNATURES, Note, NoteSignature, SignedNoteError, Signer, Tile, TileError, TileKind, TraceLedger,
    TraceNode, Verifier, empty_root, entries, key_id, new_tiles, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;
use signed_note::{Note as TheirNote, StandardSigner, StandardVerifier, VerifierList};
use tlog_tiles::{Checkpoint as TheirCheckpoint, Hash as TheirHash, HashReader, Tile as TheirTile, TileHashReader};
use tlog_tiles::{TileReader, check_record, check_tree, prove_record, prove_tree, record_hash, tree_hash};

fn ledger(count: u32) -> TraceLedger {
    let mut ledger = TraceLedger::new();
    for number in 0..count {
        let (id, payload) = (format!("n{number}"), number.to_be_bytes());
        let node = TraceNode::builder(&id, "o", number.into()).payload(&payload).build().unwrap();
        ledger.append(&node).unwrap();
    }
    ledger
}

fn signer() -> Ed25519Signer {
    Ed25519Signer::new("example.com/ledger", &[7; 32]).unwrap()
}

fn checkpoint(ledger: &mut TraceLedger) -> Checkpoint {
    let (size, root) = (ledger.len().into(), ledger.log().root());
    Checkpoint { origin: "example.com/ledger".into(), size, root, extensions: Vec::new() }
}

/// A folder of tiles that our ledger wrote, read by path.
struct Folder(RefCell<BTreeMap<String, Vec<u8>>>);

impl TileReader for Folder {
    fn height(&self) -> u8 {
        8
    }

    fn read_tiles(&self, tiles: &[TheirTile]) -> Result<Vec<Vec<u8>>, tlog_tiles::Error> {
        Ok(tiles.iter().map(|tile| self.0.borrow()[&path(tile)].clone()).collect())
    }

    fn save_tiles(&self, _: &[TheirTile], _: &[Vec<u8>]) {}
}

/// Their path without the height, which C2SP leaves out.
fn path(tile: &TheirTile) -> String {
    let path = tile.path();
    path.strip_prefix("tile/8/").map_or(path.clone(), |rest| format!("tile/{rest}"))
}

#[test]
fn they_read_our_checkpoint_and_tiles_and_verify_our_proofs() {
    for count in [1, 2, 255, 256, 257, 700, 66_000] {
        let mut ledger = ledger(count);
        let checkpoint = checkpoint(&mut ledger);
        let mut note = checkpoint.to_note().unwrap();
        note.sign(&signer()).unwrap();
        let theirs = TheirNote::from_bytes(note.encode().as_bytes()).unwrap();
        let verifier = StandardVerifier::new(&signer().verifier().encode()).unwrap();
        let (verified, _) = theirs.verify(&VerifierList::new(vec![Box::new(verifier)])).unwrap();
        assert_eq!(verified.len(), 1);
        let read = TheirCheckpoint::from_bytes(theirs.text()).unwrap();
        assert_eq!((read.origin(), read.size(), read.hash().0), ("example.com/ledger", count.into(), checkpoint.root));

        let mut files = BTreeMap::new();
        for tile in new_tiles(0, count.into()) {
            let content = ledger.tile(tile).unwrap();
            if tile.kind == TileKind::Entries {
                let index = tile.index * 256;
                for (entry, at) in entries(&content).unwrap().into_iter().zip(index..) {
                    assert_eq!(Some(record_hash(entry).0), ledger.log().leaf(at));
                    assert_eq!(Header::decode(entry).unwrap().id(), format!("n{at}"));
                }
            }
            files.insert(tile.path(), content);
        }
        let folder = Folder(RefCell::new(files));
        let size = u64::from(count);
        let root = TheirHash(checkpoint.root);
        let reader = TileHashReader::new(size, root, &folder);
        assert_eq!(tree_hash(size, &reader).unwrap(), root);
        for index in [0, count / 3, count / 2, count - 1].map(u64::from) {
            let ours = ledger.log().inclusion_proof(index, size).unwrap();
            let leaf = ledger.log().leaf(index).unwrap();
            let sent = ours.iter().map(|hash| TheirHash(*hash)).collect();
            check_record(&sent, size, root, index, TheirHash(leaf)).unwrap();
            let theirs: Vec<Hash> =
                prove_record(size, index, &reader).unwrap().into_iter().map(|hash| hash.0).collect();
            assert_eq!(theirs, ours);
            verify_inclusion(&leaf, index, size, &theirs, &checkpoint.root).unwrap();
            let first = index + 1;
            let ours = ledger.log().consistency_proof(first, size).unwrap();
            let old = ledger.log().root_at(first).unwrap();
            let sent = ours.iter().map(|hash| TheirHash(*hash)).collect();
            check_tree(&sent, size, root, first, TheirHash(old)).unwrap();
            let theirs: Vec<Hash> = prove_tree(size, first, &reader).unwrap().into_iter().map(|hash| hash.0).collect();
            assert_eq!(theirs, ours);
            verify_consistency(first, &old, size, &checkpoint.root, &theirs).unwrap();
        }
    }
}

/// Their stored hashes, in memory.
struct Stored(Vec<TheirHash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<TheirHash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[*index as usize]).collect())
    }
}

#[test]
fn we_verify_the_log_that_they_built() {
    let mut theirs = Stored(Vec::new());
    let mut roots = vec![TheirHash(empty_root())];
    let size = 130_u64;
    for number in 0..size {
        let hashes = tlog_tiles::stored_hashes(number, &number.to_be_bytes(), &theirs).unwrap();
        theirs.0.extend(hashes);
        roots.push(tree_hash(number + 1, &theirs).unwrap());
    }
    for n in 1..=size {
        let root = roots[n as usize].0;
        for index in 0..n {
            let proof: Vec<Hash> = prove_record(n, index, &theirs).unwrap().into_iter().map(|hash| hash.0).collect();
            verify_inclusion(&record_hash(&index.to_be_bytes()).0, index, n, &proof, &root).unwrap();
            let first = index + 1;
            let proof: Vec<Hash> = prove_tree(n, first, &theirs).unwrap().into_iter().map(|hash| hash.0).collect();
            verify_consistency(first, &roots[first as usize].0, n, &root, &proof).unwrap();
        }
    }
    // Their checkpoint, signed by their signer with a key that we wrote.
    let root = roots[size as usize];
    let text = TheirCheckpoint::new("example.com/ledger", size, root, "more\n").unwrap().to_bytes();
    let mut note = TheirNote::new(&text, &[]).unwrap();
    note.add_sigs(&[&StandardSigner::new(&signer().encode()).unwrap()]).unwrap();
    let opened = Checkpoint::open(&note.to_bytes(), "example.com/ledger", &[&signer().verifier()]).unwrap();
    assert_eq!((opened.size, opened.root, opened.extensions), (size, root.0, vec!["more".to_owned()]));
}

#[test]
fn tiles_and_paths_are_theirs() {
    for (from, to) in
        [(0, 0), (0, 1), (0, 255), (0, 256), (0, 70_000), (255, 257), (256, 256), (300, 400), (65_535, 65_537)]
    {
        let ours: Vec<String> =
            new_tiles(from, to).filter(|tile| tile.kind != TileKind::Entries).map(|tile| tile.path()).collect();
        let theirs: Vec<String> = TheirTile::new_tiles(8, from, to).iter().map(path).collect();
        assert_eq!(ours, theirs, "{from} {to}");
        let bundles = new_tiles(from, to).filter(|tile| tile.kind == TileKind::Entries);
        let level0 = theirs.iter().filter(|path| path.starts_with("tile/0/"));
        assert!(bundles.map(|tile| tile.path()).eq(level0.map(|path| path.replace("tile/0/", "tile/entries/"))));
    }
    let tile = Tile { kind: TileKind::Entries, index: 1_234_067, width: 8 };
    assert_eq!(tile.path(), "tile/entries/x001/x234/067.p/8");
    assert_eq!(Tile::parse(&tile.path()), Ok(tile));
    let bad = [
        "tile",
        "tile/0",
        "tile/0/",
        "tile/64/000",
        "tile/00/000",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/x001",
        "tile/0/001/000",
        "tile/0/x01/000",
        "tile/data/000",
        "/tile/0/000",
        "tile/0/000/",
        "tile/+1/000",
        "tile/0/+01",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
    ];
    for path in bad {
        assert_eq!(Tile::parse(path), Err(TileError::Path), "{path}");
    }
    let last = "tile/0/x018/x446/x744/x073/x709/x551/615";
    assert_eq!(Tile::parse(last).unwrap().path(), last);
}

#[test]
fn tiles_that_are_not_there_are_refused() {
    let mut ledger = ledger(300);
    let hashes = |level, index, width| Tile { kind: TileKind::Hashes { level }, index, width };
    assert_eq!(ledger.tile(hashes(0, 1, 44)).unwrap().len(), 44 * 32);
    assert_eq!(ledger.tile(hashes(1, 0, 1)).unwrap(), ledger.log().root_at(256).unwrap());
    let missing = |size| Err(TileError::Log(LogError::Size { size, len: 300 }));
    assert_eq!(ledger.tile(hashes(0, 1, 45)), missing(301));
    assert_eq!(ledger.tile(hashes(1, 0, 2)), missing(512));
    assert_eq!(ledger.tile(hashes(63, 0, 1)), missing(u64::MAX));
    assert_eq!(ledger.tile(hashes(0, u64::MAX, 1)), missing(u64::MAX));
    assert_eq!(ledger.tile(hashes(7, 1, 1)), missing(u64::MAX));
    assert_eq!(ledger.tile(Tile { kind: TileKind::Entries, index: 1, width: 45 }), missing(301));
    for tile in [hashes(64, 0, 1), hashes(0, 0, 0), hashes(0, 0, 257)] {
        assert_eq!(ledger.tile(tile), Err(TileError::Shape));
    }
    assert_eq!(ledger.log().tile(Tile { kind: TileKind::Entries, index: 0, width: 1 }), Err(TileError::Shape));
    assert_eq!(entries(&[0, 1]), Err(TileError::Bundle { offset: 0 }));
    assert_eq!(entries(&[0, 1, 9, 0]), Err(TileError::Bundle { offset: 3 }));
    assert_eq!(entries(&[0; 512]).unwrap().len(), 256);
    assert_eq!(entries(&[0; 514]), Err(TileError::Bundle { offset: 512 }));
}

#[test]
fn the_note_of_the_specification_is_read() {
    // The examples of C2SP signed-note and tlog-checkpoint.
    let note = "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned è subito sera.\n\n\
        — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
    let read = Note::parse(note.as_bytes()).unwrap();
    assert!(read.text().ends_with("\n\ned è subito sera.\n"));
    assert_eq!(read.signatures()[0].name, "quasimodo.example/salvatore");
    assert_eq!((read.signatures()[0].key_id, read.signatures()[0].signature.len()), (0x367b_a04b, 64));
    assert_eq!(read.encode(), note);
    let text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let read = Checkpoint::parse(text).unwrap();
    assert_eq!((read.size, read.to_note().unwrap().text()), (20_852_163, text));
}

#[test]
fn malformed_forged_and_foreign_notes_are_refused() {
    let mut ledger = ledger(5);
    let checkpoint = checkpoint(&mut ledger);
    let mut note = checkpoint.to_note().unwrap();
    assert_eq!(note.verify(&[&signer().verifier()]).unwrap_err(), SignedNoteError::Unsigned);
    note.sign(&signer()).unwrap();
    let encoded = note.encode();
    let (log, verifier) = ("example.com/ledger", signer().verifier());
    let opened = |bytes: &[u8]| Checkpoint::open(bytes, log, &[&verifier]);
    assert_eq!(opened(encoded.as_bytes()).unwrap(), checkpoint);
    // No single bit of it can be changed: it is malformed, forged or of a key that nobody knows.
    for at in 0..encoded.len() {
        for bit in 0..8 {
            let mut bytes = encoded.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            assert!(matches!(opened(&bytes), Err(CheckpointError::Note(_))), "{at} {bit}");
        }
    }
    for end in 0..encoded.len() {
        assert!(opened(&encoded.as_bytes()[..end]).is_err());
    }
    let other = Ed25519Signer::new(log, &[8; 32]).unwrap();
    let unsigned = CheckpointError::Note(SignedNoteError::Unsigned);
    assert_eq!(Checkpoint::open(encoded.as_bytes(), log, &[&other.verifier()]).unwrap_err(), unsigned);
    assert_eq!(Checkpoint::open(encoded.as_bytes(), log, &[]).unwrap_err(), unsigned);
    let error = Checkpoint::open(encoded.as_bytes(), "example.com/other", &[&verifier]).unwrap_err();
    assert_eq!(error, CheckpointError::Origin { found: log.into() });
    // A key's number with another key's signature.
    let forged =
        NoteSignature { name: log.into(), key_id: verifier.key_id(), signature: other.sign(note.text().as_bytes()) };
    let mut bad = checkpoint.to_note().unwrap();
    bad.sign(&other).unwrap();
    bad.add(forged.clone()).unwrap();
    let error = SignedNoteError::Forged { name: log.into() };
    assert_eq!(bad.verify(&[&other.verifier(), &verifier]).unwrap_err(), error);
    assert_eq!(bad.verify(&[&other.verifier()]).unwrap(), [0]);
    // Signing again replaces; the signature of another stays.
    bad.sign(&signer()).unwrap();
    assert_eq!(bad.verify(&[&verifier, &other.verifier()]).unwrap(), [1, 0]);
    assert_eq!(bad.signatures().len(), 2);
    assert!(!verifier.verify(b"text", &forged.signature[..63]));

    let parse = |text: &str| Note::parse(text.as_bytes()).unwrap_err();
    assert_eq!(parse("text\n"), SignedNoteError::Layout);
    assert_eq!(parse("text\n\n— a AAAAAAA=\n\n"), SignedNoteError::Layout);
    assert_eq!(parse("text\n\n— a AAAAAAA="), SignedNoteError::Layout);
    assert_eq!(parse("te\txt\n\n— a AAAAAAA=\n"), SignedNoteError::Characters);
    assert_eq!(Note::parse(b"\xff\n\n").unwrap_err(), SignedNoteError::Characters);
    for line in [
        "- a AAAAAAA=",
        "—a AAAAAAA=",
        "— a+b AAAAAAA=",
        "—  AAAAAAA=",
        "— a\u{a0}b AAAAAAA=",
        "— a AAAAAA==",
        "— a AAAAAAA",
        "— a AAAAAAB=",
        "— a",
    ] {
        assert_eq!(parse(&format!("t\n\n— a AAAAAAA=\n{line}\n")), SignedNoteError::Signature { line: 1 }, "{line}");
    }
    let line = "— a AAAAAAA=\n";
    assert!(Note::parse(format!("t\n\n{}", line.repeat(MAX_NOTE_SIGNATURES)).as_bytes()).is_ok());
    assert_eq!(parse(&format!("t\n\n{}", line.repeat(MAX_NOTE_SIGNATURES + 1))), SignedNoteError::SignatureCount);
    let long = "x".repeat(MAX_NOTE_BYTES + 1);
    assert_eq!(parse(&long), SignedNoteError::TooLong { length: MAX_NOTE_BYTES + 1 });
    assert_eq!(Note::new("no newline").unwrap_err(), SignedNoteError::Text);
    let mut full = Note::new("t\n").unwrap();
    let signature =
        |name: &str, bytes: usize| NoteSignature { name: name.into(), key_id: 1, signature: vec![1; bytes] };
    assert_eq!(full.add(signature("a b", 1)).unwrap_err(), SignedNoteError::KeyName { name: "a b".into() });
    assert_eq!(full.add(signature("a", 0)).unwrap_err(), SignedNoteError::Signature { line: 0 });
    assert!(matches!(full.add(signature("a", MAX_NOTE_BYTES)).unwrap_err(), SignedNoteError::TooLong { .. }));
    for number in 0..MAX_NOTE_SIGNATURES {
        full.add(signature(&format!("k{number}"), 1)).unwrap();
    }
    assert_eq!(full.add(signature("one-more", 1)).unwrap_err(), SignedNoteError::SignatureCount);
    full.add(signature("k0", 2)).unwrap();
    assert_eq!(Note::parse(full.encode().as_bytes()).unwrap(), full);
}

#[test]
fn malformed_checkpoints_name_the_line() {
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    let line = |text: String| match Checkpoint::parse(&text) {
        Err(CheckpointError::Line { line, .. }) => line,
        other => panic!("{text}: {other:?}"),
    };
    assert_eq!(line(String::new()), 1);
    assert_eq!(line(format!("\n5\n{root}\n")), 1);
    for size in ["", "05", "+5", "-5", "5 ", "18446744073709551616", "x"] {
        assert_eq!(line(format!("o\n{size}\n{root}\n")), 2, "{size}");
    }
    assert_eq!(Checkpoint::parse(&format!("o\n18446744073709551615\n{root}\n")).unwrap().size, u64::MAX);
    assert_eq!(Checkpoint::parse(&format!("o\n0\n{root}\n")).unwrap().size, 0);
    for root in
        ["", "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I", "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=", "AAAA"]
    {
        assert_eq!(line(format!("o\n5\n{root}\n")), 3, "{root}");
    }
    assert_eq!(line(format!("o\n5\n{root}\nx\n\n")), 5);
    let bad = |origin: &str, extension: &str| {
        let extensions = vec![extension.to_owned()];
        match (Checkpoint { origin: origin.into(), size: 1, root: [0; 32], extensions }).to_note() {
            Err(CheckpointError::Line { line, .. }) => line,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!((bad("", "x"), bad("a\nb", "x"), bad("a", ""), bad("a", "b\nc")), (1, 1, 4, 4));
}

#[test]
fn keys_are_written_as_theirs_and_nothing_else_is_read() {
    let (private, public) = (signer().encode(), signer().verifier().encode());
    assert!(StandardSigner::new(&private).is_ok() && StandardVerifier::new(&public).is_ok());
    assert_eq!(Ed25519Signer::parse(&private).unwrap().sign(b"x"), signer().sign(b"x"));
    assert_eq!(Ed25519Verifier::parse(&public).unwrap().encode(), public);
    assert!(!format!("{:?}", signer()).contains("7, 7"));
    let parse = |text: &str| Ed25519Verifier::parse(text).unwrap_err();
    let id = format!("{:08x}", signer().key_id());
    assert_eq!(parse("name"), KeyError::Format);
    assert_eq!(parse("name+0123"), KeyError::Format);
    assert_eq!(parse(&public.replace(&id, &id[..7])), KeyError::Format);
    assert_eq!(parse(&public.replace(&id, "0000000G")), KeyError::Format);
    assert_eq!(parse(&public.replace(&id, "+0000000")), KeyError::Format);
    assert_eq!(parse(&public.replace(&id, "00000000")), KeyError::Id);
    assert_eq!(parse(&public.replace("example", "ex ample")), KeyError::Name);
    assert_eq!(parse("a+00000000+AgAA"), KeyError::Type);
    assert_eq!(parse("a+00000000+AQAA"), KeyError::Key);
    assert_eq!(parse("a+00000000+A"), KeyError::Format);
    assert_eq!(Ed25519Signer::parse(&public).unwrap_err(), KeyError::Format);
    assert_eq!(Ed25519Signer::parse(&private.replace(&id, "00000000")).unwrap_err(), KeyError::Id);
    assert_eq!(Ed25519Signer::new("", &[1; 32]).unwrap_err(), KeyError::Name);
    assert_eq!(Ed25519Verifier::new("a", &[2; 32]).err(), Some(KeyError::Key));
    assert_eq!(key_id("a", 1, &[2; 32]), signed_note::key_id("a", &[&[1][..], &[2; 32]].concat()));
}

proptest! {
    #[test]
    fn notes_are_read_as_theirs_are(text in "[a \n+—é\t]{0,30}", lines in prop::collection::vec("— [a+ ]{0,2} [A/=]{4,12}", 0..3)) {
        let note = format!("{text}\n\n{}\n", lines.join("\n"));
        let (ours, theirs) = (Note::parse(note.as_bytes()), TheirNote::from_bytes(note.as_bytes()));
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?} {:?}", ours, theirs);
        if let (Ok(ours), Ok(theirs)) = (ours, theirs) {
            prop_assert_eq!(ours.text().as_bytes(), theirs.text());
            prop_assert_eq!(ours.encode().into_bytes(), theirs.to_bytes());
        }
    }

    #[test]
    fn checkpoints_are_read_as_theirs_are(text in "[o\n]{0,3}\n(0|[0-9]{1,3})\n([A-D/]{43}=)\n[x\n]{0,4}") {
        let (ours, theirs) = (Checkpoint::parse(&text), TheirCheckpoint::from_bytes(text.as_bytes()));
        prop_assert_eq!(ours.is_ok(), theirs.is_ok(), "{:?} {:?}", ours, theirs);
        if let Ok(ours) = ours {
            let note = ours.to_note().unwrap();
            prop_assert_eq!(note.text(), text);
        }
    }

    #[test]
    fn paths_of_tiles_are_read_back(level in 0_u8..64, index in any::<u64>(), width in 1_u16..=256, shift in 0_u32..64) {
        for kind in [TileKind::Hashes { level }, TileKind::Entries] {
            let tile = Tile { kind, index: index >> shift, width };
            prop_assert_eq!(Tile::parse(&tile.path()), Ok(tile));
        }
    }
}
