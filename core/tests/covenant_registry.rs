//! Grants that were derived do nothing without those that they come from.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![cfg(feature = "covenant")]

use std::collections::BTreeMap;

use interlock_core::covenant::{
    Ceiling, DenyReason, Enforcer, Grant, GrantError, GrantRegistry, GrantState, MAX_DERIVATIONS, Outcome, Permission,
    ReviewGate, Terms,
};
use proptest::prelude::*;

fn terms(expires_at_ms: Option<u64>) -> Terms {
    Terms { permissions: vec![Permission::new("do", "a/**").unwrap()], expires_at_ms, ..Terms::default() }
}

/// `root`, `child` derived from it and `grandchild` from that, all granted.
fn family() -> GrantRegistry {
    let mut registry = GrantRegistry::default();
    registry.insert(Grant::issued("root", 1, terms(Some(100)), "ada", 0).unwrap()).unwrap();
    registry.attenuate("root", 1, "child", terms(None), "root", 1).unwrap();
    registry.grant("child", 1, "ada", 1).unwrap();
    registry.attenuate("child", 1, "grandchild", terms(None), "child", 2).unwrap();
    registry.grant("grandchild", 1, "ada", 2).unwrap();
    registry
}

#[test]
fn revoking_reaches_what_was_derived_and_its_enforcers() {
    let mut registry = family();
    let mut enforcer = Enforcer::new(registry.get("grandchild", 1).unwrap().clone()).unwrap();
    assert_eq!(enforcer.follow(&registry, "registry", 3), Ok(true));
    assert!(enforcer.check("do", "a/b", &[], 3).outcome.is_allowed());

    let revoked = registry.revoke("root", 1, "grace", 4).unwrap();
    assert_eq!(revoked.iter().map(|it| it.id()).collect::<Vec<_>>(), ["root", "child", "grandchild"]);
    for grant in revoked {
        let last = grant.history().last().unwrap();
        assert_eq!((last.to, last.at_ms, last.by.as_str()), (GrantState::Revoked, 4, "grace"));
    }
    assert_eq!(enforcer.follow(&registry, "registry", 5), Ok(false));
    assert_eq!(enforcer.check("do", "a/b", &[], 5).outcome, Outcome::Deny(DenyReason::NotGranted));

    // What was taken back comes back one by one, from the root on.
    let inactive = Err(GrantError::Inactive { state: GrantState::Revoked });
    assert_eq!(registry.grant("grandchild", 1, "ada", 6).map(|_| ()), inactive);
    registry.grant("root", 1, "ada", 6).unwrap();
    assert!(!registry.is_active("child", 1, 6));
    assert_eq!(registry.grant("grandchild", 1, "ada", 6).map(|_| ()), inactive);
    registry.grant("child", 1, "ada", 6).unwrap();
    registry.grant("grandchild", 1, "ada", 6).unwrap();
    assert!(registry.is_active("grandchild", 1, 6));
}

#[test]
fn following_notes_the_time_and_wants_a_name() {
    let registry = family();
    let mut enforcer = Enforcer::new(registry.get("grandchild", 1).unwrap().clone()).unwrap();
    // A name that is none shows before there is anything to take back.
    assert_eq!(enforcer.follow(&registry, "", 3), Err(GrantError::Name { bytes: 0 }));
    // The end has been seen, so a clock that is set back does not bring the grant back.
    assert_eq!(enforcer.follow(&registry, "registry", 100), Ok(false));
    assert_eq!(enforcer.check("do", "a/b", &[], 3).outcome, Outcome::Deny(DenyReason::Expired));
    // Nobody knows it in another registry.
    let mut enforcer = Enforcer::new(registry.get("child", 1).unwrap().clone()).unwrap();
    assert_eq!(enforcer.follow(&GrantRegistry::default(), "registry", 3), Ok(false));
    assert_eq!(enforcer.check("do", "a/b", &[], 3).outcome, Outcome::Deny(DenyReason::NotGranted));
}

#[test]
fn the_end_of_a_grant_is_that_of_what_was_derived() {
    let mut registry = family();
    assert!(registry.is_active("grandchild", 1, 99));
    assert!(!registry.is_active("grandchild", 1, 100));
    registry.expire("root", 1, "clock", 100).unwrap();
    let refused = registry.attenuate("child", 1, "late", terms(None), "child", 100).map(|_| ());
    assert_eq!(refused, Err(GrantError::Inactive { state: GrantState::Expired }));
}

#[test]
fn what_is_refused_changes_nothing() {
    let mut registry = family();
    let before: Vec<Grant> = registry.grants().cloned().collect();
    let exists = registry.insert(Grant::issued("child", 1, terms(None), "ada", 0).unwrap());
    assert_eq!(exists, Err(GrantError::Exists { id: "child".into() }));
    let unknown = |id: &str| Err(GrantError::Unknown { id: id.into() });
    assert_eq!(registry.revoke("nobody", 1, "ada", 9).map(|_| ()), unknown("nobody"));
    assert_eq!(registry.revoke("root", 2, "ada", 9).map(|_| ()), unknown("root"));
    let mut orphan = Grant::issued("elsewhere", 1, terms(None), "ada", 0).unwrap();
    orphan = orphan.attenuate("orphan", terms(None), "elsewhere", 1).unwrap();
    assert_eq!(registry.insert(orphan), unknown("elsewhere"));
    // Of the same name as one that is there, and wider.
    let wide = Terms { permissions: vec![Permission::new("do", "**").unwrap()], ..Terms::default() };
    let other = Grant::issued("root", 1, wide.clone(), "mallory", 0).unwrap();
    let forged = other.attenuate("forged", wide, "mallory", 1).unwrap();
    assert!(matches!(registry.insert(forged), Err(GrantError::Widens { .. })));
    // Without the end of the one that it claims to come from.
    let endless = Grant::issued("root", 1, terms(None), "mallory", 0).unwrap();
    let forged = endless.attenuate("forged", terms(None), "mallory", 1).unwrap();
    assert_eq!(registry.insert(forged), Err(GrantError::Derived));
    // The clock of one that was derived has gone on: none is taken back.
    assert!(matches!(registry.revoke("root", 1, "ada", 1), Err(GrantError::Clock { .. })));
    assert_eq!(registry.grants().cloned().collect::<Vec<_>>(), before);
}

#[test]
fn gates_and_ceilings_of_the_one_it_claims_to_come_from_cannot_be_left_out() {
    let gate = ReviewGate::new("gate", Permission::new("do", "a/**").unwrap());
    let mut registry = GrantRegistry::default();
    let ceilings = vec![Ceiling { counter: "calls".into(), units: 3 }];
    let gated = Terms { gates: vec![gate.clone()], ceilings, ..terms(None) };
    registry.insert(Grant::issued("root", 1, gated, "ada", 0).unwrap()).unwrap();
    registry.attenuate("root", 1, "child", terms(None), "root", 1).unwrap();
    assert_eq!(registry.get("child", 1).unwrap().terms().gates.len(), 1);
    for lacking in [terms(None), Terms { gates: vec![gate], ..terms(None) }] {
        let other = Grant::issued("root", 1, lacking, "mallory", 0).unwrap();
        let forged = other.attenuate("forged", terms(None), "mallory", 1).unwrap();
        assert_eq!(registry.insert(forged), Err(GrantError::Derived));
    }
}

#[test]
fn chains_have_a_longest() {
    let mut registry = GrantRegistry::default();
    registry.insert(Grant::issued("0", 1, terms(None), "ada", 0).unwrap()).unwrap();
    for depth in 0..MAX_DERIVATIONS {
        let derived = (depth + 1).to_string();
        registry.attenuate(&depth.to_string(), 1, &derived, terms(None), "ada", 1).unwrap();
        registry.grant(&derived, 1, "ada", 1).unwrap();
    }
    let last = MAX_DERIVATIONS.to_string();
    let refused = registry.attenuate(&last, 1, "more", terms(None), "ada", 1).map(|_| ());
    assert!(matches!(refused, Err(GrantError::Terms { what: "derivations", .. })));
    assert_eq!(registry.revoke("0", 1, "ada", 2).unwrap().len(), MAX_DERIVATIONS as usize + 1);
}

proptest! {
    /// Whatever is done, no grant is active without those that it comes from, and none but those is taken back.
    #[test]
    fn nothing_is_active_without_its_ancestors(steps in prop::collection::vec((0_u8..4, 0_usize..8, 0_u64..3), 0..60)) {
        let mut registry = GrantRegistry::default();
        registry.insert(Grant::issued("0", 1, terms(None), "ada", 0).unwrap()).unwrap();
        let mut parents: BTreeMap<String, Option<String>> = BTreeMap::from([("0".into(), None)]);
        let mut now = 0;
        for (step, which, more) in steps {
            now += more;
            let id = parents.keys().nth(which % parents.len()).unwrap().clone();
            match step {
                0 => {
                    let derived = parents.len().to_string();
                    if registry.attenuate(&id, 1, &derived, terms(None), "a", now).is_ok() {
                        parents.insert(derived, Some(id));
                    }
                }
                1 | 2 => drop(registry.grant(&id, 1, "a", now).map(|_| ())),
                _ => {
                    let before: Vec<String> =
                        parents.keys().filter(|id| registry.is_active(id, 1, now)).cloned().collect();
                    if registry.revoke(&id, 1, "a", now).is_ok() {
                        for was in before {
                            let mut line = vec![was.clone()];
                            while let Some(Some(parent)) = parents.get(line.last().unwrap()) {
                                line.push(parent.clone());
                            }
                            prop_assert_eq!(registry.is_active(&was, 1, now), !line.contains(&id));
                        }
                    }
                }
            }
            for (id, parent) in &parents {
                if let Some(parent) = parent {
                    prop_assert!(!registry.is_active(id, 1, now) || registry.is_active(parent, 1, now));
                }
            }
        }
    }
}
