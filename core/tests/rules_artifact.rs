//! Rules and their one encoding.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![cfg(feature = "rules")]

use interlock_core::rules::{
    ActorConfig, CompiledRule, DecodeFault, Dependency, MAX_RULE_PAYLOAD_BYTES, MAX_TIMESTAMP_MS, RuleFault,
    RuleHeader, RuleMetadata, Target,
};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

fn target() -> impl Strategy<Value = Target> {
    prop_oneof![
        any::<u32>().prop_map(Target::Data),
        Just(Target::Wasm32),
        Just(Target::Wasm32Simd128),
        "sm_[0-9]{1,3}[a-z]?".prop_map(Target::Opaque),
    ]
}

prop_compose! {
    fn metadata()(
        source_language in "\\PC{0,9}",
        source_hash in prop::option::of(prop_oneof![any::<[u8; 32]>(), Just([0; 32])]),
        compiled_at_ms in prop::option::of(prop_oneof![0..=MAX_TIMESTAMP_MS, Just(0)]),
        compiler_version in "[0-9.]{0,9}",
        author in "\\PC{0,9}",
    ) -> RuleMetadata {
        RuleMetadata { source_language, source_hash, compiled_at_ms, compiler_version, author }
    }
}

prop_compose! {
    fn rule()(
        rule_id in "[a-z]{1,20}",
        version in 1..=u64::MAX,
        compute_cap in target(),
        needs in prop::collection::btree_map("[A-Z]{1,9}", 1..=u64::MAX, 0..5),
        dims in any::<[u32; 6]>(),
        shared_mem_bytes: u32,
        max_in_flight in 1..=u32::MAX,
        metadata in metadata(),
        payload in prop::collection::vec(any::<u8>(), 0..200),
    ) -> (RuleHeader, Vec<u8>) {
        let depends_on = needs.into_iter().map(|(rule_id, min_version)| Dependency { rule_id, min_version }).collect();
        let dims = dims.map(|size| size.max(1));
        let actor_config = ActorConfig {
            block_dim: [dims[0], dims[1], dims[2]], grid_dim: [dims[3], dims[4], dims[5]], shared_mem_bytes, max_in_flight,
        };
        (RuleHeader { rule_id, version, compute_cap, depends_on, actor_config, metadata }, payload)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn what_is_written_reads_back((header, payload) in rule()) {
        let rule = CompiledRule::new(header.clone(), &payload).unwrap();
        let read = CompiledRule::decode(rule.as_bytes().to_vec()).unwrap();
        prop_assert_eq!(read.header(), &header);
        prop_assert_eq!(read.payload(), &payload[..]);
        prop_assert_eq!(read.content_hash(), rule.content_hash());
        let hash: [u8; 32] = Sha256::digest(rule.as_bytes()).into();
        prop_assert_eq!(rule.content_hash(), &hash);
    }

    #[test]
    fn there_is_one_encoding((header, payload) in rule(), at: prop::sample::Index, bit in 0..8_u8, tail in 1..9_usize) {
        let rule = CompiledRule::new(header, &payload).unwrap();
        let bytes = rule.as_bytes();
        // Whatever a changed byte decodes to is written as the changed bytes, and is another rule.
        let mut changed = bytes.to_vec();
        changed[at.index(bytes.len())] ^= 1 << bit;
        if let Ok(other) = CompiledRule::decode(changed.clone()) {
            let again = CompiledRule::new(other.header().clone(), other.payload()).unwrap();
            prop_assert_eq!(again.as_bytes(), &changed[..]);
            prop_assert_ne!(other.content_hash(), rule.content_hash());
        }
        let cut = bytes[..at.index(bytes.len())].to_vec();
        let fault = CompiledRule::decode(cut).unwrap_err().what;
        prop_assert!(matches!(fault, DecodeFault::Truncated { .. }), "{fault:?}");
        let long = [bytes, &vec![0; tail]].concat();
        prop_assert_eq!(CompiledRule::decode(long).unwrap_err().what, DecodeFault::TooLong { extra: tail as u64 });
    }

    #[test]
    fn any_bytes_are_read_or_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..300), start: bool) {
        if start {
            bytes.splice(0..0, *b"ILK\x01");
        }
        if let Ok(rule) = CompiledRule::decode(bytes.clone()) {
            let again = CompiledRule::new(rule.header().clone(), rule.payload()).unwrap();
            prop_assert_eq!(again.as_bytes(), &bytes[..]);
        }
    }
}

fn small() -> RuleHeader {
    RuleHeader::new("secrets", 7, Target::Data(1))
}

fn need(rule_id: &str, min_version: u64) -> Dependency {
    Dependency { rule_id: rule_id.into(), min_version }
}

#[test]
fn what_is_out_of_range_is_refused_when_written_and_when_read() {
    let refused = |change: fn(&mut RuleHeader), fault: RuleFault| {
        let mut header = small();
        change(&mut header);
        assert_eq!(CompiledRule::new(header, b"x").unwrap_err(), fault, "{fault}");
    };
    refused(|it| it.rule_id = String::new(), RuleFault::Name { what: "the rule's id", bytes: 0 });
    refused(|it| it.rule_id = "a\nb".into(), RuleFault::Name { what: "the rule's id", bytes: 3 });
    refused(|it| it.rule_id = "a".repeat(257), RuleFault::Name { what: "the rule's id", bytes: 257 });
    refused(|it| it.metadata.author = "\u{7f}".into(), RuleFault::Name { what: "the author", bytes: 1 });
    refused(|it| it.version = 0, RuleFault::Version);
    refused(|it| it.compute_cap = Target::Opaque(String::new()), RuleFault::Target { name: String::new() });
    refused(|it| it.depends_on = vec![need("secrets", 1)], RuleFault::DependsOnItself);
    let twice = |it: &mut RuleHeader| it.depends_on = vec![need("b", 1), need("b", 2)];
    refused(twice, RuleFault::NotAscending { rule_id: "b".into() });
    let many = |it: &mut RuleHeader| it.depends_on = (100..165).map(|n| need(&n.to_string(), 1)).collect();
    refused(many, RuleFault::Dependencies { count: 65 });
    let number = |what, value, least, most| RuleFault::Number { what, value, least, most };
    let least = "the least version of a dependency";
    refused(|it| it.depends_on = vec![need("b", 0)], number(least, 0, 1, u64::MAX));
    refused(|it| it.actor_config.max_in_flight = 0, number("max_in_flight", 0, 1, u64::from(u32::MAX)));
    refused(|it| it.actor_config.grid_dim[2] = 0, number("a dimension", 0, 1, u64::from(u32::MAX)));
    let late = MAX_TIMESTAMP_MS + 1;
    refused(|it| it.metadata.compiled_at_ms = Some(MAX_TIMESTAMP_MS + 1), number("compiled_at_ms", late, 0, late - 1));
    let large = vec![0; MAX_RULE_PAYLOAD_BYTES as usize + 1];
    assert_eq!(CompiledRule::new(small(), &large).unwrap_err(), RuleFault::Payload { bytes: large.len() as u64 });

    let bytes = CompiledRule::new(small(), b"x").unwrap().as_bytes().to_vec();
    let read = |at: usize, with: &[u8]| {
        let mut bytes = bytes.clone();
        bytes[at..at + with.len()].copy_from_slice(with);
        let error = CompiledRule::decode(bytes).unwrap_err();
        assert!(!error.to_string().is_empty());
        (error.offset, error.what)
    };
    assert_eq!(read(0, b"G"), (0, DecodeFault::NoRule));
    assert_eq!(read(3, &[2]), (3, DecodeFault::Format(2)));
    assert_eq!(read(4, &[0; 8]), (0, DecodeFault::Rule(RuleFault::Version)));
    assert_eq!(read(12, &[4, 0, 0, 0, 0]), (12, DecodeFault::Code(4)));
    assert_eq!(read(12, &[1]), (13, DecodeFault::NotEmpty));
    assert_eq!(read(49, &[4]), (49, DecodeFault::Code(4)));
    assert_eq!(read(50, &[1]), (50, DecodeFault::NotEmpty));
    assert_eq!(read(89, &[1]), (82, DecodeFault::NotEmpty));
    assert_eq!(read(106, &[0xff]), (106, DecodeFault::NotUtf8));
    assert_eq!(read(99, &[1]).1, DecodeFault::Truncated { needed: 115 }, "an author of one byte, and then no payload");
    // Lengths are compared with what is allowed, and with what is there, before anything is taken.
    assert_eq!(read(102, &[0xff; 4]), (102, DecodeFault::Rule(RuleFault::Payload { bytes: u64::from(u32::MAX) })));
    assert_eq!(read(102, &(1_u32 << 24).to_be_bytes()).1, DecodeFault::Truncated { needed: 113 + (1 << 24) });
    assert_eq!(read(100, &[0xff; 2]), (100, DecodeFault::Rule(RuleFault::Dependencies { count: 65_535 })));
    assert_eq!(read(90, &[0xff; 2]).1, DecodeFault::Truncated { needed: 106 + 65_535 });
}

#[test]
fn a_clone_is_the_same_bytes() {
    let rule = CompiledRule::new(small(), &vec![7; 200_000]).unwrap();
    let bytes = rule.as_bytes().to_vec();
    let address = bytes.as_ptr();
    let read = CompiledRule::decode(bytes).unwrap();
    assert_eq!(read.as_bytes().as_ptr(), address, "what is read is kept, not copied");
    assert_eq!(read.clone().payload().as_ptr(), read.payload().as_ptr());
}
