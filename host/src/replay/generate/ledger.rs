//! Inputs of the suite `ledger`.
#![allow(clippy::arithmetic_side_effects, reason = "small numbers, made here")]

use interlock_core::ledger::file::FileWriter;
use interlock_core::ledger::{Checkpoint, Ed25519Signer, Hash, MerkleLog, TraceNode, leaf_hash};

use super::{Case, Cases, Random};
use crate::replay::ledger::{FileStep, Input, LedgerStep, NodeText, QueryText};
use crate::replay::text::hex;

type Made = Result<(), serde_json::Error>;

/// The largest timestamp of a node.
const LARGEST: i64 = (1 << 53) - 1;

pub(super) fn cases(mut random: Random) -> Result<Vec<Case>, serde_json::Error> {
    let mut cases = Cases::default();
    nodes(&mut cases)?;
    headers(&mut cases)?;
    laws(&mut cases)?;
    queries(&mut cases, &mut random)?;
    logs(&mut cases, &mut random)?;
    proofs(&mut cases)?;
    checkpoints(&mut cases)?;
    tiles(&mut cases)?;
    files(&mut cases)?;
    Ok(cases.0)
}

fn s(text: &str) -> String {
    String::from(text)
}

fn node(id: &str, origin: &str, timestamp: i64) -> NodeText {
    NodeText { id: s(id), origin: s(origin), timestamp, ..NodeText::default() }
}

fn linked(kind: &str, target: &str, node: NodeText) -> NodeText {
    let links = [node.links, vec![(s(kind), s(target))]].concat();
    NodeText { links, ..node }
}

fn nodes(cases: &mut Cases) -> Made {
    let full = NodeText {
        kind: s("verdict"),
        tags: vec![s("z"), s("a"), s("été")],
        links: vec![(s("fulfills"), s("b")), (s("causes"), s("c")), (s("causes"), s("a"))],
        payload: hex(b"{\"score\":0.9}"),
        ..node("n1", "session", 1_700_000_000_000)
    };
    let tags = |tags: &[&str]| NodeText { tags: tags.iter().map(|tag| s(tag)).collect(), ..node("n", "o", 0) };
    for node in [
        node("n", "o", 0),
        full,
        node("\u{1f600}", "\u{0}", -1),
        node("n", "o", LARGEST),
        node("n", "o", -LARGEST),
        NodeText { payload: hex(&[0; 64]), ..node("n", "o", 5) },
        NodeText { payload: hex(&[0xff; 55]), kind: s("k"), ..node("n", "o", 5) },
        NodeText { payload: hex(&[7; 200]), ..node("n", "o", 5) },
        // Refused.
        node("", "o", 0),
        node("n", "", 0),
        node("n", "o", LARGEST + 1),
        node("n", "o", -LARGEST - 1),
        tags(&["a", "a"]),
        tags(&["", "a"]),
        linked("causes", "n", node("n", "o", 0)),
        linked("causes", "", node("n", "o", 0)),
        linked("causes", "a", linked("causes", "a", node("n", "o", 0))),
        linked("causes", "a", linked("branches", "a", node("n", "o", 0))),
        node(&"i".repeat(65_535 - 55), "o", 0),
        node(&"i".repeat(65_536), "o", 0),
    ] {
        // The longest ones would be most of the file.
        let name = if node.id.len() > 1_000 { "node-long" } else { "node" };
        if name == "node" || node.id.len() > 65_535 {
            cases.add(name, Input::Node { node })?;
        }
    }
    Ok(())
}

fn headers(cases: &mut Cases) -> Made {
    let made = TraceNode::builder("id", "origin", 77)
        .kind("kind")
        .tag("one")
        .tag("two")
        .causes("before")
        .continues("before")
        .payload(b"payload")
        .build();
    let header = made.map(|node| node.as_ref().to_header()).unwrap_or_default();
    cases.add("header", Input::Header { header: hex(&header) })?;
    for length in [0, 1, 40, header.len().saturating_sub(1)] {
        cases.add("header-cut", Input::Header { header: hex(header.get(..length).unwrap_or_default()) })?;
    }
    cases.add("header-cut", Input::Header { header: hex(&[header.as_slice(), &[0]].concat()) })?;
    // A byte of every part changed.
    for at in 0..header.len() {
        if at % 3 == 0 || at > 45 {
            let mut bytes = header.clone();
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 0x81;
            }
            cases.add("header-changed", Input::Header { header: hex(&bytes) })?;
        }
    }
    Ok(())
}

fn laws(cases: &mut Cases) -> Made {
    use LedgerStep::{
        Append, AppendMany, ConsistencyProof, Find, Get, InclusionProof, LastTimestamp, Query, Root, RootAt,
    };
    let steps = vec![
        Root,
        Append(node("a", "one", 10)),
        Append(node("a", "two", 20)),
        Append(node("b", "one", 9)),
        Append(node("b", "two", 9)),
        Append(linked("causes", "gone", node("c", "one", 30))),
        Append(linked("causes", "a", node("c", "three", 9))),
        Append(linked("causes", "a", node("c", "three", 10))),
        Append(linked("fulfills", "c", linked("causes", "b", node("d", "one", 10)))),
        Append(node("", "one", 99)),
        Append(linked("continues", "d", node("d2", "one", 10))),
        AppendMany(vec![node("e", "one", 11), node("f", "one", 12), node("a", "one", 13), node("g", "one", 14)]),
        AppendMany(vec![]),
        Find(s("f")),
        Find(s("g")),
        Get(0),
        Get(100),
        LastTimestamp(s("one")),
        LastTimestamp(s("four")),
        Query(QueryText::default()),
        Query(QueryText { links_to: Some(s("a")), ..QueryText::default() }),
        Query(QueryText { links_from: Some(s("d")), ..QueryText::default() }),
        Query(QueryText { links_from: Some(s("d")), link_kind: Some(s("causes")), ..QueryText::default() }),
        Query(QueryText { links_from: Some(s("d")), links_to: Some(s("a")), ..QueryText::default() }),
        Root,
        RootAt(0),
        RootAt(3),
        RootAt(7),
        RootAt(8),
        InclusionProof(0, 0),
        InclusionProof(6, 7),
        InclusionProof(7, 7),
        InclusionProof(0, 9),
        ConsistencyProof(3, 2),
        ConsistencyProof(0, 7),
        ConsistencyProof(7, 7),
        ConsistencyProof(2, 9),
    ];
    cases.add("laws", Input::Ledger { steps })
}

fn queries(cases: &mut Cases, random: &mut Random) -> Made {
    let kinds = ["", "verdict", "decision"];
    let tags = ["red", "green", "blue"];
    let mut times = [0_i64; 4];
    let mut all = Vec::new();
    for number in 0..120_u32 {
        let origin = random.below(4);
        if let Some(time) = usize::try_from(origin).ok().and_then(|origin| times.get_mut(origin)) {
            *time += i64::from(random.below(30));
            let mut made = node(&format!("n{number}"), &format!("o{origin}"), *time);
            made.kind = s(random.pick(&kinds));
            for tag in tags {
                if random.once_in(3) {
                    made.tags.push(s(tag));
                }
            }
            made.payload = hex(&number.to_be_bytes());
            if number > 0 && random.once_in(2) {
                let kind = random.pick(&["causes", "continues", "branches", "fulfills"]);
                // May lie later: then the node is refused.
                made = linked(kind, &format!("n{}", random.below(number)), made);
            }
            all.push(made);
        }
    }
    let mut steps: Vec<LedgerStep> = all.into_iter().map(LedgerStep::Append).collect();
    for _ in 0..150 {
        let mut query = QueryText::default();
        let bound = |random: &mut Random| i64::from(random.below(600)) - 20;
        if random.once_in(3) {
            query.origin = Some(format!("o{}", random.below(5)));
        }
        if random.once_in(3) {
            query.kind = Some(s(random.pick(&kinds)));
        }
        if random.once_in(3) {
            query.tag = Some(s(random.pick(&tags)));
        }
        if random.once_in(3) {
            query.since = Some(bound(random));
        }
        if random.once_in(3) {
            query.until = Some(bound(random));
        }
        if random.once_in(4) {
            query.links_to = Some(format!("n{}", random.below(30)));
        }
        if random.once_in(6) {
            query.links_from = Some(format!("n{}", random.below(120)));
        }
        if random.once_in(5) {
            query.link_kind = Some(s(random.pick(&["causes", "continues", "branches", "fulfills"])));
        }
        if random.once_in(3) {
            query.offset = Some(u64::from(random.below(12)));
        }
        if random.once_in(2) {
            query.limit = Some(u64::from(random.below(12)));
        }
        steps.push(LedgerStep::Query(query));
    }
    cases.add("queries", Input::Ledger { steps })
}

/// Logs of many sizes: every root, and proofs between them.
fn logs(cases: &mut Cases, random: &mut Random) -> Made {
    for size in [1_u32, 2, 3, 7, 8, 33] {
        let nodes = (0..size).map(|number| NodeText {
            payload: hex(&number.to_be_bytes().repeat(usize::try_from(number).unwrap_or(0) % 40)),
            ..node(&format!("n{number}"), "o", i64::from(number))
        });
        let mut steps = vec![LedgerStep::AppendMany(nodes.collect()), LedgerStep::Root];
        for _ in 0..12 {
            let second = random.whole(1, size);
            steps.push(LedgerStep::InclusionProof(u64::from(random.below(second)), u64::from(second)));
            steps.push(LedgerStep::ConsistencyProof(u64::from(random.whole(0, second)), u64::from(second)));
            steps.push(LedgerStep::RootAt(u64::from(second)));
        }
        cases.add("log", Input::Ledger { steps })?;
    }
    // More leaves than a tile is wide.
    let nodes = (0..260_u32).map(|number| node(&format!("n{number}"), "o", i64::from(number)));
    let mut steps = vec![LedgerStep::AppendMany(nodes.collect()), LedgerStep::Root];
    for path in [
        "tile/0/000",
        "tile/0/001.p/4",
        "tile/0/001.p/5",
        "tile/0/001",
        "tile/1/000.p/1",
        "tile/1/000.p/2",
        "tile/0/000.p/7",
        "tile/entries/001.p/4",
        "tile/64/000",
        "tile/0/000.p/0",
        "tile/0/0",
        "",
    ] {
        steps.push(LedgerStep::Tile(s(path)));
    }
    cases.add("log-tiles", Input::Ledger { steps })
}

fn flipped(hash: &Hash) -> Hash {
    let mut hash = *hash;
    if let Some(first) = hash.first_mut() {
        *first ^= 1;
    }
    hash
}

fn hex_all(hashes: &[Hash]) -> Vec<String> {
    hashes.iter().map(|hash| hex(hash)).collect()
}

/// Proofs that hold, and each with something wrong.
fn proofs(cases: &mut Cases) -> Made {
    let mut log = MerkleLog::new();
    for number in 0..13_u32 {
        log.push(leaf_hash(&number.to_be_bytes()));
    }
    let root_at = |size: u64| log.root_at(size).unwrap_or_default();
    for (index, size) in [(0, 1), (0, 13), (6, 13), (12, 13), (5, 8)] {
        let leaf = log.leaf(index).unwrap_or_default();
        let root = root_at(size);
        let proof = log.inclusion_proof(index, size).unwrap_or_default();
        let mut add = |leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash| {
            let (leaf, proof, root) = (hex(leaf), hex_all(proof), hex(root));
            cases.add("inclusion", Input::Inclusion { leaf, index, size, proof, root })
        };
        add(&leaf, index, size, &proof, &root)?;
        add(&flipped(&leaf), index, size, &proof, &root)?;
        add(&leaf, index + 1, size, &proof, &root)?;
        add(&leaf, index, size + 1, &proof, &root)?;
        add(&leaf, index, size, &proof, &flipped(&root))?;
        add(&leaf, index, size, &[proof.as_slice(), &[leaf]].concat(), &root)?;
        if let Some((last, rest)) = proof.split_last() {
            add(&leaf, index, size, rest, &root)?;
            add(&leaf, index, size, &[rest, &[flipped(last)]].concat(), &root)?;
            let mut reversed = proof.clone();
            reversed.reverse();
            add(&leaf, index, size, &reversed, &root)?;
        }
    }
    for (first, second) in [(0, 13), (1, 13), (4, 13), (6, 13), (12, 13), (13, 13), (3, 7), (0, 0)] {
        let (first_root, second_root) = (root_at(first), root_at(second));
        let proof = log.consistency_proof(first, second).unwrap_or_default();
        let mut add = |first: u64, first_root: &Hash, second: u64, second_root: &Hash, proof: &[Hash]| {
            let (first_root, second_root, proof) = (hex(first_root), hex(second_root), hex_all(proof));
            cases.add("consistency", Input::Consistency { first, first_root, second, second_root, proof })
        };
        add(first, &first_root, second, &second_root, &proof)?;
        add(first, &flipped(&first_root), second, &second_root, &proof)?;
        add(first, &first_root, second, &flipped(&second_root), &proof)?;
        add(second + 1, &first_root, second, &second_root, &proof)?;
        add(first, &first_root, second, &second_root, &[proof.as_slice(), &[first_root]].concat())?;
        if let Some((last, rest)) = proof.split_last() {
            add(first, &first_root, second, &second_root, rest)?;
            add(first, &first_root, second, &second_root, &[rest, &[flipped(last)]].concat())?;
        }
    }
    Ok(())
}

fn signer(name: &str, byte: u8) -> Option<Ed25519Signer> {
    Ed25519Signer::new(name, &[byte; 32]).ok()
}

fn checkpoints(cases: &mut Cases) -> Made {
    const ORIGIN: &str = "example.com/ledger";
    let (Some(log), Some(witness), Some(other)) = (signer(ORIGIN, 1), signer("witness", 2), signer(ORIGIN, 3)) else {
        return Ok(());
    };
    let root = leaf_hash(b"root");
    let mut add = |origin: &str, size: u64, extensions: &[&str], keys: &[&Ed25519Signer]| {
        cases.add(
            "checkpoint",
            Input::Checkpoint {
                origin: s(origin),
                size,
                root: hex(&root),
                extensions: extensions.iter().map(|line| s(line)).collect(),
                keys: keys.iter().map(|key| key.encode()).collect(),
            },
        )
    };
    add(ORIGIN, 1_234, &[], &[&log])?;
    add(ORIGIN, 0, &["extension", "été"], &[&log, &witness])?;
    add(ORIGIN, (1 << 53) - 1, &[], &[&log, &log])?;
    add("", 1, &[], &[&log])?;
    add("two\nlines", 1, &[], &[&log])?;
    add(ORIGIN, 1, &[""], &[&log])?;
    let checkpoint = Checkpoint { origin: s(ORIGIN), size: 77, root, extensions: vec![s("more")] };
    let mut note = String::new();
    if let Ok(mut made) = checkpoint.to_note() {
        let signed = made.sign(&log).and_then(|()| made.sign(&witness));
        if signed.is_ok() {
            note = made.encode();
        }
    }
    let key = |signer: &Ed25519Signer| signer.verifier().encode();
    let mut open = |note: &str, origin: &str, keys: Vec<String>| {
        cases.add("open", Input::Open { note: s(note), origin: s(origin), keys })
    };
    open(&note, ORIGIN, vec![key(&log)])?;
    open(&note, ORIGIN, vec![key(&log), key(&witness)])?;
    open(&note, ORIGIN, vec![key(&witness)])?;
    open(&note, "example.org/ledger", vec![key(&log)])?;
    open(&note, ORIGIN, vec![key(&other)])?;
    open(&note, ORIGIN, vec![])?;
    open(&note.replace("\n77\n", "\n78\n"), ORIGIN, vec![key(&log)])?;
    open(&note.replace("\n77\n", "\n077\n"), ORIGIN, vec![key(&log)])?;
    open(&note.replace("more\n", ""), ORIGIN, vec![key(&log)])?;
    open(note.trim_end(), ORIGIN, vec![key(&log)])?;
    open(&note.replace('\u{2014}', "-"), ORIGIN, vec![key(&log)])?;
    open(&note.replace('\n', "\r\n"), ORIGIN, vec![key(&log)])?;
    open(&note.replacen("\n\n", "\n", 1), ORIGIN, vec![key(&log)])?;
    open("", ORIGIN, vec![key(&log)])?;
    for (position, letter) in [(40, 'A'), (130, 'B')] {
        let forged: String =
            note.chars().enumerate().map(|(at, char)| if at == position { letter } else { char }).collect();
        open(&forged, ORIGIN, vec![key(&log)])?;
    }
    let private = log.encode();
    for key in [
        private.clone(),
        private.replace("PRIVATE+KEY+", ""),
        private.replace(ORIGIN, "example.net"),
        private.replace(ORIGIN, "a b"),
        private.replace(ORIGIN, ""),
        format!("{private}AA"),
        s(""),
        key(&log),
    ] {
        cases.add("key", Input::Key { key })?;
    }
    let public = key(&log);
    for wrong in [public.replace(ORIGIN, "example.net"), public.replace("AQ", "AA"), s("nonsense"), private] {
        cases.add("open-keys", Input::Open { note: note.clone(), origin: s(ORIGIN), keys: vec![wrong] })?;
    }
    Ok(())
}

fn tiles(cases: &mut Cases) -> Made {
    let paths = [
        "tile/0/000",
        "tile/0/x001/x234/067",
        "tile/0/x001/x234/067.p/8",
        "tile/63/000",
        "tile/64/000",
        "tile/entries/000",
        "tile/entries/x123/456.p/255",
        "tile/0/000.p/256",
        "tile/0/000.p/0",
        "tile/0/000.p/08",
        "tile/00/000",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/001/234",
        "tile/0/x000/001",
        "tile/0/x001/x234",
        "tile/0",
        "tile",
        "",
        "tile/-1/000",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/x009/x007/x199/x254/x740/991",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/entries/é",
    ];
    cases.add("tiles", Input::Tiles { paths: paths.map(s).to_vec() })?;
    for (from, to) in [(0, 0), (0, 1), (0, 256), (5, 5), (255, 257), (250, 70_000), (65_535, 65_537), (300, 200)] {
        if to - from.min(to) < 1_000 {
            cases.add("new-tiles", Input::NewTiles { from, to })?;
        }
    }
    Ok(())
}

fn files(cases: &mut Cases) -> Made {
    let id: [u8; 16] = *b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f";
    let nodes: Vec<NodeText> = (0..4_u32)
        .map(|number| NodeText {
            payload: hex(&vec![u8::try_from(number).unwrap_or(0); usize::try_from(number).unwrap_or(0) * 20]),
            ..node(&format!("n{number}"), "o", i64::from(number))
        })
        .collect();
    let mut steps = Vec::new();
    for node in &nodes {
        steps.push(FileStep::Append(node.clone()));
        steps.push(FileStep::Sync);
    }
    cases.add("write", Input::WriteFile { id: hex(&id), steps })?;
    let steps = nodes.iter().cloned().map(FileStep::Append).chain([FileStep::Sync, FileStep::Sync]).collect();
    cases.add("write", Input::WriteFile { id: hex(&id), steps })?;
    cases.add(
        "write",
        Input::WriteFile { id: hex(&id), steps: vec![FileStep::Append(node("", "o", 0)), FileStep::Sync] },
    )?;

    // A file of three nodes, of which the first two were durable when the next was written.
    let mut writer = FileWriter::create(id);
    let mut ends = Vec::new();
    let mut bytes = Vec::new();
    for number in 0..3_u8 {
        bytes.extend_from_slice(writer.waiting());
        writer.written();
        writer.synced();
        ends.push(bytes.len());
        let id = format!("n{number}");
        if let Ok(made) = TraceNode::builder(&id, "o", i64::from(number)).payload(&[number; 20]).build() {
            writer.append(made.as_ref());
        }
    }
    bytes.extend_from_slice(writer.waiting());
    let mut add = |name: &str, bytes: &[u8], piece: u32| cases.add(name, Input::ReadFile { bytes: hex(bytes), piece });
    for piece in [1, 7, 100_000] {
        add("read", &bytes, piece)?;
    }
    // Cut short anywhere.
    let step = (bytes.len() / 24).max(1);
    for length in (0..bytes.len()).step_by(step) {
        add("read-torn", bytes.get(..length).unwrap_or_default(), 64)?;
    }
    for end in ends {
        add("read-torn", bytes.get(..end).unwrap_or_default(), 64)?;
    }
    // A bit flipped anywhere.
    for at in (0..bytes.len()).step_by(step / 2) {
        let mut bytes = bytes.clone();
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 0x10;
        }
        add("read-flipped", &bytes, 64)?;
    }
    let mut future = bytes.clone();
    if let Some(version) = future.get_mut(11) {
        *version = 2;
    }
    add("read-version", &future, 64)?;
    add("read-zeros", &[bytes.as_slice(), &[0; 50]].concat(), 64)?;
    add("read-other", b"#!/bin/sh\n", 3)
}
