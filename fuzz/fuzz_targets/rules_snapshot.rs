//! Any bytes as the snapshot of a registry, under the hash that they then have.
#![no_main]

use interlock_core::rules::{PolicyArtifact, RuleRegistry};
use libfuzzer_sys::fuzz_target;
use sha2::{Digest, Sha256};

fuzz_target!(|bytes: &[u8]| {
    let mut snapshot = b"ILKREG\0\x01".to_vec();
    snapshot.extend_from_slice(bytes);
    let hash = Sha256::digest(&snapshot);
    snapshot.extend_from_slice(&hash);
    let Ok(mut registry) = RuleRegistry::restore(&snapshot, PolicyArtifact::capability()) else { return };
    assert_eq!(registry.snapshot(), snapshot, "there is one snapshot of a state");
    assert!(registry.step().is_none(), "nothing is under way");
    for rule in registry.list() {
        let history = registry.history(&rule.rule_id).expect("it is listed");
        assert_eq!(history.last().map(|it| it.rule.version()), Some(rule.highest));
        assert!(rule.active == 0 || history.iter().any(|it| it.rule.version() == rule.active));
    }
});
