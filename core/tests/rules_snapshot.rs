//! Snapshots of a registry: they come back as they were, and nothing else comes back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]
#![cfg(feature = "rules")]

mod rules_support;

use interlock_core::rules::{
    Capability, KeyState, NoopBackend, ReloadPolicy, RuleError, RuleRegistry, RuleStatus, TrustedKey, TrustedKeys,
};
use proptest::prelude::*;
use rules_support::{host, rule};
use sha2::{Digest, Sha256};

/// Two rules, one of which depends on the other; versions of every status; keys; a stop.
fn full() -> RuleRegistry {
    let mut registry = RuleRegistry::new(host(), 5);
    for version in 1..=3 {
        registry.reload(rule("a", version, &[], &[1; 40]), version).unwrap();
        registry.run_steps(&mut NoopBackend, version).unwrap();
    }
    registry.begin_rollback("a", 2, 9).unwrap();
    registry.run_steps(&mut NoopBackend, 9).unwrap();
    registry.reload(rule("b", 1, &[("a", 2)], b"b"), 10).unwrap();
    registry.run_steps(&mut NoopBackend, 10).unwrap();
    registry.register(rule("b", 7, &[("a", 2)], b"bb"), 11).unwrap();
    registry.set_reload_policy("b", ReloadPolicy::Drain { timeout_us: 77 }).unwrap();
    registry.set_reload_policy("a", ReloadPolicy::AdoptAtNextSegment).unwrap();
    registry.emergency_stop("b").unwrap();
    let key = |id: &str, public: u8, state| TrustedKey { key_id: id.into(), public: [public; 32], state };
    let keys = vec![key("one", 1, KeyState::Current), key("two", 2, KeyState::Revoked), key("3", 3, KeyState::Retired)];
    registry.trust(TrustedKeys::new(keys, 1).unwrap());
    registry
}

/// The bytes with the hash that they then have.
fn signed(mut body: Vec<u8>) -> Vec<u8> {
    body.truncate(body.len() - 32);
    let hash = Sha256::digest(&body);
    body.extend_from_slice(&hash);
    body
}

#[test]
fn a_registry_comes_back_as_it_was() {
    let registry = full();
    let bytes = registry.snapshot();
    let mut restored = RuleRegistry::restore(&bytes, host()).unwrap();
    assert_eq!(restored.snapshot(), bytes);
    assert_eq!(restored.list(), registry.list());
    assert_eq!(restored.trusted_keys(), registry.trusted_keys());
    for id in ["a", "b"] {
        let tell = |registry: &RuleRegistry| {
            let history = registry.history(id).unwrap();
            let tell = |it: &interlock_core::rules::RuleHandle| (it.rule.clone(), it.status, it.registered_at_us);
            history.iter().map(tell).collect::<Vec<_>>()
        };
        assert_eq!(tell(&restored), tell(&registry));
    }
    let statuses: Vec<_> = restored.history("a").unwrap().iter().map(|it| it.status).collect();
    assert_eq!(statuses, [RuleStatus::Superseded(2), RuleStatus::Active, RuleStatus::RolledBack]);
    // And it goes on as it would have: unsigned is refused, a stopped rule takes no streams, versions do not come again.
    assert!(matches!(restored.register(rule("a", 4, &[], b""), 0), Err(RuleError::InvalidSignature(_))));
    assert!(matches!(restored.pin("b"), Err(RuleError::EmergencyStopped { .. })));
    let pin = restored.pin("a").unwrap();
    assert_eq!(restored.pinned(pin).unwrap().version(), 2);
}

#[test]
fn a_swap_that_was_under_way_has_not_happened_after_a_restart() {
    let mut registry = RuleRegistry::new(host(), 5);
    registry.reload(rule("a", 1, &[], b"1"), 0).unwrap();
    registry.run_steps(&mut NoopBackend, 0).unwrap();
    registry.reload(rule("a", 2, &[], b"2"), 0).unwrap();
    let step = registry.step().unwrap();
    registry.complete(step.id, Ok(0), 0).unwrap();
    let mut restored = RuleRegistry::restore(&registry.snapshot(), host()).unwrap();
    assert!(restored.step().is_none());
    let statuses: Vec<_> = restored.history("a").unwrap().iter().map(|it| it.status).collect();
    assert_eq!(statuses, [RuleStatus::Active, RuleStatus::Registered]);
    restored.begin_reload("a", 2, 0).unwrap();
    restored.run_steps(&mut NoopBackend, 0).unwrap();
    assert_eq!(restored.active("a").unwrap().version(), 2);
}

#[test]
fn a_host_that_cannot_run_what_is_active_does_not_serve() {
    let bytes = full().snapshot();
    let error = RuleRegistry::restore(&bytes, Capability::default()).unwrap_err();
    assert!(matches!(error, RuleError::ComputeCapMismatch { .. }), "{error}");
}

#[test]
fn what_is_no_snapshot_is_refused() {
    let bytes = full().snapshot();
    for length in 0..bytes.len() {
        assert!(matches!(RuleRegistry::restore(&bytes[..length], host()), Err(RuleError::State { .. })), "{length}");
    }
    let mut longer = bytes.clone();
    longer.push(0);
    assert!(RuleRegistry::restore(&longer, host()).is_err());
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1;
        assert!(matches!(RuleRegistry::restore(&flipped, host()), Err(RuleError::State { .. })), "byte {at}");
    }
}

#[test]
fn a_forged_hash_does_not_help() {
    // Places of the fields before the first rule's versions, with one key set of three keys.
    let registry = full();
    let bytes = registry.snapshot();
    let keys_end = 8 + 4 + 16 + 4 + 2 + 3 * (1 + 32 + 2) + "one".len() + "two".len() + "3".len();
    let first_rule = keys_end + 2;
    let cases: [(&str, usize, u8); 9] = [
        ("a bound of none", 11, 0),
        ("a step without a number", 19, 0),
        ("a threshold above the keys", 8 + 4 + 16 + 3, 2),
        ("a key's state", 8 + 4 + 16 + 4 + 2, 9),
        ("fewer rules than there are", first_rule - 1, 1),
        ("an active version that is not there", first_rule + 7, 9),
        ("a reload policy", first_rule + 8, 3),
        ("a time-out of none", first_rule + 16, 1),
        ("a stop", first_rule + 17, 2),
    ];
    for (what, at, value) in cases {
        let mut forged = bytes.clone();
        assert_ne!(forged[at], value, "{what}");
        forged[at] = value;
        assert!(RuleRegistry::restore(&signed(forged), host()).is_err(), "{what}");
    }
    assert_eq!(RuleRegistry::restore(&signed(bytes), host()).unwrap().list(), registry.list());
}

#[test]
fn an_active_version_lacks_nothing_that_it_depends_on() {
    let mut registry = RuleRegistry::new(host(), 5);
    for (id, needs) in [("a", vec![]), ("b", vec![("a", 1)])] {
        registry.reload(rule(id, 1, &needs, b""), 0).unwrap();
        registry.run_steps(&mut NoopBackend, 0).unwrap();
    }
    let mut bytes = registry.snapshot();
    let active_of_a = 8 + 4 + 16 + 4 + 2;
    bytes[active_of_a..active_of_a + 8].fill(0);
    let error = RuleRegistry::restore(&signed(bytes), host()).unwrap_err();
    assert!(matches!(error, RuleError::MissingDependency { .. }), "{error}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn whatever_was_done_before_comes_back(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        rules_support::run(&bytes, Some(11));
    }

    #[test]
    fn hostile_bytes_are_refused_or_are_the_one_snapshot(at in 8_usize..400, value in any::<u8>(), length in 0_usize..600) {
        let mut bytes = full().snapshot();
        bytes.truncate(length.clamp(48, bytes.len()));
        let at = at % (bytes.len() - 32);
        bytes[at] = value;
        let bytes = signed(bytes);
        if let Ok(registry) = RuleRegistry::restore(&bytes, host()) {
            prop_assert_eq!(registry.snapshot(), bytes);
        }
    }
}
