//! The ledger's laws, its queries against a plain scan, and its log against the definitions of RFC 6962.
#![cfg(feature = "ledger")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::panic, missing_docs)]
#![allow(clippy::cast_possible_truncation, clippy::string_slice, clippy::needless_range_loop)]

use interlock_core::ledger::{
    AppendError, Hash, Header, HeaderFault, LinkKind, LogError, MAX_HEADER_BYTES, MAX_PAYLOAD_BYTES, MAX_TIMESTAMP_MS,
    MerkleLog, NodeError, ProofError, Query, TraceLedger, TraceNode, empty_root, leaf_hash, node_hash,
    verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

fn node(id: &str, origin: &str, timestamp: i64) -> TraceNode {
    TraceNode::new(id, origin, timestamp).unwrap()
}

#[test]
fn a_node_has_what_it_was_given() {
    let node = TraceNode::builder("n1", "worker", -5)
        .kind("verdict")
        .tag("halt")
        .tag("budget")
        .payload(b"{}")
        .fulfills("a")
        .causes("b")
        .continues("a")
        .branches("c")
        .build()
        .unwrap();
    let view = node.as_ref();
    assert_eq!((view.id(), view.origin(), view.kind(), view.timestamp()), ("n1", "worker", "verdict", -5));
    assert_eq!(view.tags().collect::<Vec<_>>(), ["budget", "halt"]);
    let links: Vec<_> = view.links().collect();
    assert_eq!(
        links,
        [(LinkKind::Causes, "b"), (LinkKind::Continues, "a"), (LinkKind::Branches, "c"), (LinkKind::Fulfills, "a")]
    );
    assert_eq!(view.payload(), b"{}");
    let bare = TraceNode::new("x", "y", 0).unwrap();
    assert_eq!((bare.as_ref().kind(), bare.as_ref().payload()), ("", &b""[..]));
    assert_eq!(bare.as_ref().tags().count() + bare.as_ref().links().count(), 0);
}

#[test]
fn the_header_is_written_as_documented() {
    let node = TraceNode::builder("id", "or", 258).kind("k").tag("t").payload(b"abc").branches("p").build().unwrap();
    let mut expected = vec![1, 0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 3];
    let sha = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    expected.extend((0..32).map(|at| u8::from_str_radix(&sha[2 * at..2 * at + 2], 16).unwrap()));
    expected.extend([0, 2, 0, 2, 0, 1, 0, 1, 0, 1]);
    expected.extend(b"idork\0\x01t\x02\0\x01p");
    assert_eq!(node.as_ref().to_header(), expected);
    assert_eq!(node.as_ref().leaf_hash(), leaf_hash(&expected));
}

#[test]
fn what_no_node_may_be_is_refused() {
    let build = |id, origin, time| TraceNode::new(id, origin, time).unwrap_err();
    assert_eq!(build("", "o", 0), NodeError::Empty { field: "id" });
    assert_eq!(build("i", "", 0), NodeError::Empty { field: "origin" });
    for value in [MAX_TIMESTAMP_MS + 1, -MAX_TIMESTAMP_MS - 1, i64::MIN, i64::MAX] {
        assert_eq!(build("i", "o", value), NodeError::Timestamp { value });
    }
    for value in [MAX_TIMESTAMP_MS, -MAX_TIMESTAMP_MS] {
        assert_eq!(node("i", "o", value).as_ref().timestamp(), value);
    }
    let new = || TraceNode::builder("i", "o", 0);
    assert_eq!(new().tag("").build().unwrap_err(), NodeError::Empty { field: "tags" });
    assert_eq!(new().causes("").build().unwrap_err(), NodeError::Empty { field: "links" });
    let twice = NodeError::Duplicate { field: "tags", value: "t".into() };
    assert_eq!(new().tag("t").tag("s").tag("t").build().unwrap_err(), twice);
    let twice = NodeError::Duplicate { field: "links", value: "a".into() };
    assert_eq!(new().causes("a").causes("a").build().unwrap_err(), twice);
    assert!(new().causes("a").fulfills("a").build().is_ok());
    assert_eq!(new().fulfills("i").build().unwrap_err(), NodeError::LinkToItself);
    let longest = "x".repeat(MAX_HEADER_BYTES - 55 - 1);
    assert_eq!(node(&longest, "o", 0).as_ref().to_header().len(), MAX_HEADER_BYTES);
    let error = TraceNode::builder(&longest, "o", 0).kind("k").build().unwrap_err();
    assert_eq!(error, NodeError::HeaderTooLarge { length: MAX_HEADER_BYTES + 1 });
    let payload = vec![0; MAX_PAYLOAD_BYTES + 1];
    assert!(new().payload(&payload[1..]).build().is_ok());
    let error = new().payload(&payload).build().unwrap_err();
    assert_eq!(error, NodeError::PayloadTooLarge { length: MAX_PAYLOAD_BYTES + 1 });
}

#[test]
fn a_header_takes_only_its_own_payload() {
    let node = TraceNode::builder("i", "o", 0).payload(b"abc").build().unwrap();
    let bytes = node.as_ref().to_header();
    let header = Header::decode(&bytes).unwrap();
    assert_eq!(header.with_payload(b"abc").unwrap(), node);
    assert_eq!(header.with_payload(b"abd").unwrap_err(), NodeError::WrongPayload);
    assert_eq!(header.with_payload(b"abcd").unwrap_err(), NodeError::WrongPayload);
}

#[test]
fn the_decoder_names_every_fault() {
    let node = TraceNode::builder("id", "or", 1).kind("k").tag("a").tag("b").causes("p").causes("q").build().unwrap();
    let good = node.as_ref().to_header();
    let fault = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        let error = Header::decode(&bytes).unwrap_err();
        (error.what, error.offset)
    };
    assert!(Header::decode(&good).is_ok());
    for length in 0..good.len() {
        assert_eq!(Header::decode(&good[..length]).unwrap_err().what, HeaderFault::Truncated, "{length}");
    }
    // 55 fixed, "id" "or" "k", 0 1 a, 0 1 b, 0 0 1 p, 0 0 1 q
    assert_eq!(fault(&|b| b.push(0)), (HeaderFault::TooLong, good.len()));
    assert_eq!(fault(&|b| b[0] = 2), (HeaderFault::Version(2), 0));
    assert_eq!(fault(&|b| b[1] = 0x7f), (HeaderFault::Timestamp(0x7f00_0000_0000_0001), 1));
    assert_eq!(fault(&|b| b[9] = 2), (HeaderFault::PayloadTooLarge(1 << 25), 9));
    assert_eq!(fault(&|b| b[46] = 0), (HeaderFault::Empty, 55));
    assert_eq!(fault(&|b| b[55] = 0xff), (HeaderFault::NotUtf8, 55));
    assert_eq!(fault(&|b| b[59] = 0xff), (HeaderFault::NotUtf8, 59));
    assert_eq!(fault(&|b| b[62] = b'c'), (HeaderFault::NotAscending, 63));
    assert_eq!(fault(&|b| b[62] = b'b'), (HeaderFault::NotAscending, 63));
    assert_eq!(fault(&|b| b[62] = 0xff), (HeaderFault::NotUtf8, 60));
    assert_eq!(fault(&|b| b[66] = 4), (HeaderFault::LinkKind(4), 66));
    assert_eq!(fault(&|b| b[66] = 1), (HeaderFault::NotAscending, 70));
    assert_eq!(fault(&|b| b[69] = b'q'), (HeaderFault::NotAscending, 70));
    assert_eq!(fault(&|b| *b = vec![1; MAX_HEADER_BYTES + 1]).0, HeaderFault::TooLong);
}

#[test]
fn every_law_is_enforced_and_a_refused_node_changes_nothing() {
    let mut ledger = TraceLedger::new();
    assert_eq!(ledger.append(&node("a", "x", 10)), Ok(0));
    assert_eq!(ledger.append(&node("b", "y", 5)), Ok(1));
    assert_eq!(ledger.append(&node("c", "x", 10)), Ok(2));
    let before = (ledger.log().root(), ledger.len());
    let mut refuse = |node: TraceNode| {
        let error = ledger.append(&node).unwrap_err();
        assert_eq!((ledger.log().root(), ledger.len()), before);
        error
    };
    assert_eq!(refuse(node("a", "z", 99)), AppendError::DuplicateId { id: "a".into(), index: 0 });
    let error = AppendError::TimeBackwards { origin: "x".into(), last: 10, given: 9 };
    assert_eq!(refuse(node("d", "x", 9)), error);
    let linked = TraceNode::builder("d", "x", 20).causes("a").continues("q").build().unwrap();
    let error = AppendError::UnknownTarget { kind: LinkKind::Continues, target: "q".into() };
    assert_eq!(refuse(linked), error);
    let early = TraceNode::builder("d", "y", 9).causes("b").fulfills("a").build().unwrap();
    let (kind, target) = (LinkKind::Fulfills, "a".to_owned());
    assert_eq!(refuse(early), AppendError::TargetLater { kind, target, timestamp: 10, given: 9 });
    // Nothing of the refused links is left.
    assert_eq!(ledger.query(&Query { links_to: Some("a"), ..Query::ALL }).count(), 0);
    assert_eq!(ledger.query(&Query { links_from: Some("c"), ..Query::ALL }).count(), 0);
    let same_time = TraceNode::builder("d", "y", 10).causes("a").build().unwrap();
    assert_eq!(ledger.append(&same_time), Ok(3));
    assert_eq!(ledger.by_id("d").unwrap(), same_time.as_ref());
    assert_eq!(ledger.get(4), None);
    assert_eq!(ledger.last_timestamp("y"), Some(10));
    assert_eq!((ledger.last_timestamp("q"), ledger.find("q")), (None, None));
    let linked: Vec<u32> = ledger.query(&Query { links_to: Some("a"), ..Query::ALL }).map(|(index, _)| index).collect();
    assert_eq!(linked, [3]);
}

#[test]
fn time_ranges_end_where_they_end_in_a_long_ledger() {
    let mut ledger = TraceLedger::new();
    for number in 0..1600 {
        let id = format!("n{number}");
        let builder = TraceNode::builder(&id, "o", number);
        let node = if number > 0 { builder.causes("n0") } else { builder };
        ledger.append(&node.build().unwrap()).unwrap();
    }
    for until in 0..1605 {
        let query = Query { since: Some(until - 3), until: Some(until), ..Query::ALL };
        let found: Vec<i64> = ledger.query(&query).map(|(_, node)| node.timestamp()).collect();
        let expected: Vec<i64> = ((until - 3).max(0)..until.min(1600)).collect();
        assert_eq!(found, expected);
        let skipped = Query { offset: 2, ..query };
        assert!(ledger.query(&skipped).map(|(_, node)| node.timestamp()).eq(expected.into_iter().skip(2)));
    }
    let page = Query { links_to: Some("n0"), offset: 700, limit: 3, ..Query::ALL };
    assert_eq!(ledger.query(&page).map(|(index, _)| index).collect::<Vec<_>>(), [701, 702, 703]);
    assert_eq!(ledger.query(&Query { offset: 0, limit: u64::MAX, ..page }).count(), 1599);
}

#[derive(Clone, Debug)]
struct Plan {
    origin: u8,
    kind: u8,
    tags: Vec<u8>,
    step: i64,
    links: Vec<(u8, prop::sample::Index)>,
    payload: Vec<u8>,
}

fn plan() -> impl Strategy<Value = Plan> {
    let links = prop::collection::vec((0_u8..4, any::<prop::sample::Index>()), 0..3);
    let tags = prop::collection::vec(0_u8..4, 0..3);
    (0_u8..4, 0_u8..3, tags, 0_i64..4, links, prop::collection::vec(any::<u8>(), 0..80))
        .prop_map(|(origin, kind, tags, step, links, payload)| Plan { origin, kind, tags, step, links, payload })
}

/// Nodes whose origins' clocks differ, so that they come out of the order of time.
fn nodes(plans: &[Plan]) -> Vec<TraceNode> {
    let mut clocks = [0, 40, -40, 7];
    let mut nodes: Vec<TraceNode> = Vec::new();
    for (number, plan) in plans.iter().enumerate() {
        let clock = &mut clocks[usize::from(plan.origin)];
        *clock += plan.step;
        let id = format!("n{number}");
        let (origin, kind) = (format!("o{}", plan.origin), ["", "k1", "k2"][usize::from(plan.kind)]);
        let mut tags: Vec<&str> = plan.tags.iter().map(|tag| ["a", "b", "c", "d"][usize::from(*tag)]).collect();
        tags.sort_unstable();
        tags.dedup();
        let time = *clock;
        let mut links: Vec<(LinkKind, String)> = plan
            .links
            .iter()
            .filter(|_| number > 0)
            .map(|(kind, at)| (LinkKind::from_code(*kind).unwrap(), format!("n{}", at.index(number))))
            .filter(|(_, id)| nodes[id[1..].parse::<usize>().unwrap()].as_ref().timestamp() <= time)
            .collect();
        links.sort();
        links.dedup();
        let mut builder = TraceNode::builder(&id, &origin, time).kind(kind).payload(&plan.payload);
        for tag in tags {
            builder = builder.tag(tag);
        }
        for (kind, target) in &links {
            builder = builder.link(*kind, target);
        }
        nodes.push(builder.build().unwrap());
    }
    nodes
}

fn scan(nodes: &[TraceNode], query: &Query<'_>) -> Vec<u32> {
    let counts = |kind| query.link_kind.is_none_or(|wanted| wanted == kind);
    let mut found: Vec<(i64, u32)> = Vec::new();
    for (number, node) in (0_u32..).zip(nodes) {
        let node = node.as_ref();
        let fits = query.origin.is_none_or(|origin| node.origin() == origin)
            && query.kind.is_none_or(|kind| node.kind() == kind)
            && query.tag.is_none_or(|tag| node.tags().any(|has| has == tag))
            && query.since.is_none_or(|since| node.timestamp() >= since)
            && query.until.is_none_or(|until| node.timestamp() < until)
            && query.links_to.is_none_or(|id| node.links().any(|(kind, target)| target == id && counts(kind)))
            && query.links_from.is_none_or(|id| {
                let source = nodes.iter().find(|node| node.as_ref().id() == id);
                source.is_some_and(|s| s.as_ref().links().any(|(kind, to)| to == node.id() && counts(kind)))
            });
        if fits {
            found.push((node.timestamp(), number));
        }
    }
    found.sort_unstable();
    let page = found.into_iter().map(|(_, number)| number).skip(query.offset as usize);
    page.take(query.limit.min(1 << 20) as usize).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn queries_answer_as_a_scan(
        plans in prop::collection::vec(plan(), 0..120),
        origin in prop::option::weighted(0.3, 0_usize..5),
        kind in prop::option::weighted(0.3, 0_usize..4),
        tag in prop::option::weighted(0.3, 0_usize..5),
        since in prop::option::weighted(0.3, -50_i64..120),
        until in prop::option::weighted(0.3, -50_i64..120),
        // Early nodes have the most links.
        to in prop::option::weighted(0.4, prop_oneof![0_usize..10, 0_usize..130]),
        from in prop::option::weighted(0.2, 0_usize..130),
        link_kind in prop::option::weighted(0.2, 0_u8..4),
        offset in prop_oneof![Just(0_u64), 0_u64..30, Just(u64::MAX)],
        limit in prop_oneof![Just(u64::MAX), 0_u64..30],
        seed in any::<u64>(),
    ) {
        let nodes = nodes(&plans);
        let mut ledger = TraceLedger::with_seed(seed);
        for (number, node) in (0_u32..).zip(&nodes) {
            prop_assert_eq!(ledger.append(node), Ok(number));
        }
        for (found, node) in ledger.iter().zip(&nodes) {
            prop_assert_eq!(found, node.as_ref());
            prop_assert_eq!(&found.to_node(), node);
        }
        let (to, from) = (to.map(|n| format!("n{n}")), from.map(|n| format!("n{n}")));
        let query = Query {
            origin: origin.map(|n| ["o0", "o1", "o2", "o3", "o9"][n]),
            kind: kind.map(|n| ["", "k1", "k2", "k9"][n]),
            tag: tag.map(|n| ["a", "b", "c", "d", "z"][n]),
            since,
            until,
            links_to: to.as_deref(),
            links_from: from.as_deref(),
            link_kind: link_kind.and_then(LinkKind::from_code),
            offset,
            limit,
        };
        let found: Vec<u32> = ledger.query(&query).map(|(index, _)| index).collect();
        prop_assert_eq!(&found, &ledger.query(&query).into_indices());
        prop_assert_eq!(found, scan(&nodes, &query));
    }

    #[test]
    fn many_at_once_are_appended_as_one_by_one(
        plans in prop::collection::vec(plan(), 1..60),
        // In order, and then any of them once more or out of turn: some are refused.
        others in prop::collection::vec(any::<prop::sample::Index>(), 0..60),
        order in any::<prop::sample::Index>(),
        cut in 0_usize..60,
        seed in any::<u64>(),
    ) {
        let nodes = nodes(&plans);
        let mut given: Vec<&TraceNode> = nodes[..order.index(nodes.len() + 1)].iter().collect();
        given.extend(others.iter().map(|at| at.get(&nodes)));
        let (mut one, mut many) = (TraceLedger::with_seed(seed), TraceLedger::with_seed(seed));
        many.reserve(u32::try_from(cut).unwrap());
        for part in [&given[..cut.min(given.len())], &given[cut.min(given.len())..]] {
            let alone = part.iter().try_fold(one.len(), |_, node| one.append(*node).map(|index| index + 1));
            prop_assert_eq!(alone, many.append_many(part.iter().map(|node| node.as_ref())));
            prop_assert_eq!(one.len(), many.len());
        }
        prop_assert!(one.iter().eq(many.iter()));
        prop_assert!(one.iter().all(|node| one.find(node.id()) == many.find(node.id()) && one.find(node.id()).is_some()));
        prop_assert_eq!(one.log().root(), many.log().root());
    }

    #[test]
    fn headers_are_read_as_they_were_written_and_in_no_other_way(
        plans in prop::collection::vec(plan(), 1..12), at in any::<prop::sample::Index>(), bit in 0_u8..8
    ) {
        for node in nodes(&plans) {
            let mut bytes = node.as_ref().to_header();
            let header = Header::decode(&bytes).unwrap();
            prop_assert_eq!(&header.with_payload(node.as_ref().payload()).unwrap(), &node);
            prop_assert_eq!(header.leaf_hash(), node.as_ref().leaf_hash());
            // Whatever else decodes is another node, whose only encoding that is.
            let place = at.index(bytes.len());
            bytes[place] ^= 1 << bit;
            if let Ok(other) = Header::decode(&bytes) {
                prop_assert_eq!(other.as_bytes(), &bytes[..]);
                let mut rebuilt =
                    TraceNode::builder(other.id(), other.origin(), other.timestamp()).kind(other.kind());
                for tag in other.tags() {
                    rebuilt = rebuilt.tag(tag);
                }
                for (kind, target) in other.links().filter(|(_, target)| *target != other.id()) {
                    rebuilt = rebuilt.link(kind, target);
                }
                let rebuilt = rebuilt.build().unwrap().as_ref().to_header();
                if other.links().all(|(_, target)| target != other.id()) {
                    // The payload is not known here.
                    prop_assert_eq!(&rebuilt[45..], &bytes[45..]);
                    prop_assert_eq!(&rebuilt[..9], &bytes[..9]);
                }
            }
        }
    }

    #[test]
    fn any_bytes_decode_or_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Ok(header) = Header::decode(&bytes) {
            prop_assert_eq!(header.as_bytes(), &bytes[..]);
        }
    }
}

/// `MTH` as RFC 6962, 2.1 defines it.
fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let k = leaves.len().next_power_of_two() / 2;
            node_hash(&mth(&leaves[..k]), &mth(&leaves[k..]))
        }
    }
}

/// `PATH` as 2.1.1 defines it.
fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (mut proof, sibling) =
        if m < k { (path(m, &leaves[..k]), mth(&leaves[k..])) } else { (path(m - k, &leaves[k..]), mth(&leaves[..k])) };
    proof.push(sibling);
    proof
}

/// `SUBPROOF` as 2.1.2 defines it.
fn subproof(m: usize, leaves: &[Hash], whole: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if whole { Vec::new() } else { vec![mth(leaves)] };
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (mut proof, sibling) = if m <= k {
        (subproof(m, &leaves[..k], whole), mth(&leaves[k..]))
    } else {
        (subproof(m - k, &leaves[k..], false), mth(&leaves[..k]))
    };
    proof.push(sibling);
    proof
}

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

#[test]
fn proofs_are_those_of_the_rfc_at_every_size() {
    let leaves = leaves(70);
    let mut log = MerkleLog::new();
    assert_eq!((log.root(), log.is_empty()), (empty_root(), true));
    for size in 1..=leaves.len() {
        log.push(leaves[size - 1]);
        assert_eq!(log.len(), size as u64);
        assert_eq!(log.root(), mth(&leaves[..size]));
    }
    for size in 0..=leaves.len() {
        let (tree, n) = (&leaves[..size], size as u64);
        let root = log.root_at(n).unwrap();
        assert_eq!(root, mth(tree));
        for index in 0..size {
            let proof = log.inclusion_proof(index as u64, n).unwrap();
            assert_eq!(proof, path(index, tree), "{index} of {size}");
            verify_inclusion(&leaves[index], index as u64, n, &proof, &root).unwrap();
        }
        for first in 1..=size {
            let proof = log.consistency_proof(first as u64, n).unwrap();
            assert_eq!(proof, subproof(first, tree, true), "{first} of {size}");
            let old = log.root_at(first as u64).unwrap();
            verify_consistency(first as u64, &old, n, &root, &proof).unwrap();
        }
        assert!(log.consistency_proof(0, n).unwrap().is_empty());
        verify_consistency(0, &empty_root(), n, &root, &[]).unwrap();
    }
    assert_eq!(log.root_at(71).unwrap_err(), LogError::Size { size: 71, len: 70 });
    assert_eq!(log.inclusion_proof(0, 71).unwrap_err(), LogError::Size { size: 71, len: 70 });
    assert_eq!(log.inclusion_proof(9, 9).unwrap_err(), LogError::Index { index: 9, size: 9 });
    assert_eq!(log.consistency_proof(9, 8).unwrap_err(), LogError::Order { first: 9, second: 8 });
    assert_eq!(log.consistency_proof(9, 80).unwrap_err(), LogError::Size { size: 80, len: 70 });
}

/// Whatever is claimed that is not so is refused: other leaves, places, sizes, roots, and proofs changed in any way.
#[test]
fn no_other_claim_is_verified() {
    let leaves = leaves(20);
    let mut log = MerkleLog::new();
    for leaf in &leaves {
        log.push(*leaf);
    }
    for size in 1..=20_u64 {
        let root = log.root_at(size).unwrap();
        for index in 0..size {
            let proof = log.inclusion_proof(index, size).unwrap();
            for other in 0..20_u64 {
                for (at, leaf) in leaves.iter().enumerate() {
                    let is_so = at as u64 == index && other == index;
                    let shown = verify_inclusion(leaf, other, size, &proof, &root);
                    assert_eq!(shown.is_ok(), is_so, "{index} {size}: {at} at {other}");
                }
            }
            for bad in spoilt(&proof) {
                assert!(verify_inclusion(&leaves[index as usize], index, size, &bad, &root).is_err());
            }
        }
        for first in 1..size {
            let old = log.root_at(first).unwrap();
            let proof = log.consistency_proof(first, size).unwrap();
            for bad in spoilt(&proof) {
                assert!(verify_consistency(first, &old, size, &root, &bad).is_err(), "{first} {size}");
            }
            assert!(verify_consistency(first, &root, size, &root, &proof).is_err());
            assert!(verify_consistency(first, &old, size, &old, &proof).is_err());
            let error = verify_consistency(size, &root, first, &old, &proof).unwrap_err();
            assert_eq!(error, ProofError::Order { first: size, second: first });
        }
        let other = leaf_hash(b"other");
        assert_eq!(verify_consistency(size, &root, size, &other, &[]).unwrap_err(), ProofError::Root);
        assert_eq!(
            verify_consistency(size, &root, size, &root, &[other]).unwrap_err(),
            ProofError::Length { found: 1 }
        );
        assert_eq!(verify_consistency(0, &other, size, &root, &[]).unwrap_err(), ProofError::FirstRoot);
        assert_eq!(
            verify_consistency(0, &empty_root(), size, &root, &[other]).unwrap_err(),
            ProofError::Length { found: 1 }
        );
    }
    let other = leaf_hash(b"other");
    assert_eq!(verify_consistency(0, &empty_root(), 0, &other, &[]).unwrap_err(), ProofError::Root);
    assert_eq!(verify_consistency(3, &other, 8, &other, &[]).unwrap_err(), ProofError::Length { found: 0 });
    assert_eq!(verify_inclusion(&other, 4, 4, &[], &other).unwrap_err(), ProofError::Index { index: 4, size: 4 });
    assert_eq!(verify_inclusion(&other, 0, 2, &[], &other).unwrap_err(), ProofError::Length { found: 0 });
    assert_eq!(verify_inclusion(&other, 0, 1, &[other], &other).unwrap_err(), ProofError::Length { found: 1 });
    assert!(verify_inclusion(&other, u64::MAX - 1, u64::MAX, &[other; 64], &other).is_err());
    assert!(verify_consistency(1, &other, u64::MAX, &other, &[other; 80]).is_err());
}

fn spoilt(proof: &[Hash]) -> Vec<Vec<Hash>> {
    let mut bad = Vec::new();
    for at in 0..proof.len() {
        let mut flipped = proof.to_vec();
        flipped[at][31] ^= 1;
        let mut without = proof.to_vec();
        without.remove(at);
        let mut twice = proof.to_vec();
        twice.insert(at, proof[at]);
        bad.extend([flipped, without, twice]);
        if at > 0 {
            let mut swapped = proof.to_vec();
            swapped.swap(at, at - 1);
            bad.push(swapped);
        }
    }
    let mut longer = proof.to_vec();
    longer.push([0; 32]);
    bad.push(longer);
    bad
}

#[test]
fn the_log_is_hashed_when_asked_and_the_same_however_often() {
    let (mut eager, mut lazy) = (TraceLedger::new(), TraceLedger::with_seed(9));
    let mut leaves = Vec::new();
    for number in 0..100 {
        let id = format!("n{number}");
        let node = TraceNode::builder(&id, "o", number).payload(id.as_bytes()).build().unwrap();
        eager.append(&node).unwrap();
        eager.log();
        lazy.append(&node).unwrap();
        leaves.push(node.as_ref().leaf_hash());
        assert_eq!(leaf_hash(&node.as_ref().to_header()), node.as_ref().leaf_hash());
    }
    assert_eq!(eager.log().root(), mth(&leaves));
    assert_eq!(lazy.log().root(), mth(&leaves));
    // Hashing leaves the nodes as they were.
    assert!(lazy.iter().zip(TraceLedger::clone(&eager).iter()).all(|(a, b)| a == b));
    assert_eq!(lazy.get(7).unwrap().to_header(), eager.get(7).unwrap().to_header());
}
