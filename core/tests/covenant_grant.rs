//! Grants: their life, and that what is derived can only do less.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![cfg(feature = "covenant")]

use interlock_core::covenant::{
    Ceiling, Enforcer, Grant, GrantError, GrantState, Permission, ReviewGate, Terms, Widening,
};
use proptest::prelude::*;

fn terms(patterns: &[&str], expires_at_ms: Option<u64>) -> Terms {
    let permissions = patterns.iter().map(|pattern| Permission::new("do", pattern).unwrap()).collect();
    Terms { permissions, expires_at_ms, ..Terms::default() }
}

/// A grant that has come to a state.
fn at(state: GrantState) -> Grant {
    let mut grant = Grant::propose("g", terms(&["a"], Some(100)), "ada", 10).unwrap();
    match state {
        GrantState::Proposed => {}
        GrantState::Negotiating => drop(grant.negotiate("ada", 20).unwrap().clone()),
        GrantState::Granted => drop(grant.grant("ada", 20).unwrap().clone()),
        GrantState::Revoked => {
            grant.grant("ada", 20).unwrap();
            grant.revoke("ada", 20).unwrap();
        }
        GrantState::Expired => drop(grant.expire("clock", 100).unwrap().clone()),
    }
    grant
}

#[test]
fn every_transition_is_as_the_table_says() {
    use GrantState::{Expired, Granted, Negotiating, Proposed, Revoked};
    type Operation = fn(&mut Grant, u64) -> Result<GrantState, GrantError>;
    let operations: [(Operation, &[GrantState], GrantState, u64); 4] = [
        (|grant, now| grant.negotiate("x", now).map(|it| it.to), &[Proposed], Negotiating, 30),
        (|grant, now| grant.grant("x", now).map(|it| it.to), &[Proposed, Negotiating, Revoked], Granted, 30),
        (|grant, now| grant.revoke("x", now).map(|it| it.to), &[Granted], Revoked, 30),
        (|grant, now| grant.expire("x", now).map(|it| it.to), &[Proposed, Negotiating, Granted, Revoked], Expired, 100),
    ];
    for state in [Proposed, Negotiating, Granted, Revoked, Expired] {
        for (operation, from, to, now) in operations {
            let mut grant = at(state);
            let before = grant.clone();
            let result = operation(&mut grant, now);
            if from.contains(&state) {
                assert_eq!((result, grant.state()), (Ok(to), to));
                let last = grant.history().last().unwrap();
                assert_eq!((last.from, last.to, last.at_ms, last.version), (Some(state), to, now, 1));
                assert_eq!(grant.history().len(), before.history().len() + 1);
            } else {
                assert!(matches!(result, Err(GrantError::State { .. })), "{state:?} {to:?}");
                assert_eq!(grant, before);
            }
        }
        let mut grant = at(state);
        let before = grant.clone();
        assert_eq!(grant.is_active(50), state == Granted);
        assert!(!grant.is_active(100));
        // A clock that ran back, a name that is none, a time that is not over.
        let wrong = [grant.grant("x", 9).is_err(), grant.revoke("", 30).is_err(), grant.expire("x", 99).is_err()];
        assert_eq!((wrong, &grant), ([true; 3], &before));
        assert_eq!(grant.amend(terms(&["b"], None), "x", 200).is_ok(), state != Expired);
        assert_eq!(grant.attenuate("h", terms(&["a"], None), "x", 50).is_ok(), state == Granted);
        assert_eq!(grant, before);
    }
    // After its end nothing is granted again.
    assert!(matches!(at(Revoked).grant("x", 100), Err(GrantError::Over { .. })));
    let amended = at(Granted).amend(terms(&["b"], None), "ada", 50).unwrap();
    assert_eq!((amended.version(), amended.state(), amended.history().len()), (2, Proposed, 1));
}

#[test]
fn what_is_derived_keeps_what_binds() {
    let gate = |name: &str| ReviewGate::new(name, Permission::new("do", "x").unwrap());
    let ceiling = |counter: &str, units| Ceiling { counter: counter.into(), units };
    let mut parent = terms(&["a/**"], Some(100));
    parent.gates.push(gate("first"));
    parent.ceilings = vec![ceiling("calls", 5), ceiling("tokens", 9)];
    let mut grant = Grant::propose("g", parent, "ada", 0).unwrap();
    grant.grant("ada", 0).unwrap();

    let mut child = terms(&["a/b"], None);
    child.gates.push(gate("second"));
    child.ceilings = vec![ceiling("calls", 4), ceiling("cost", 1000)];
    let derived = grant.attenuate("h", child.clone(), "ada", 1).unwrap();
    assert_eq!(derived.terms().expires_at_ms, Some(100));
    assert_eq!(derived.terms().gates.iter().map(|gate| gate.name.as_str()).collect::<Vec<_>>(), ["first", "second"]);
    assert_eq!(derived.terms().ceilings, [ceiling("calls", 4), ceiling("cost", 1000), ceiling("tokens", 9)]);
    assert_eq!(derived.parent().unwrap().grant, "g");
    assert_eq!(derived.amend(terms(&["**"], None), "h", 2), Err(GrantError::Derived));

    child.permissions = vec![Permission::new("do", "**").unwrap(), Permission::new("other", "a/b").unwrap()];
    child.ceilings = vec![ceiling("calls", 6)];
    child.expires_at_ms = Some(101);
    let Err(GrantError::Widens { widens }) = grant.attenuate("h", child, "ada", 1) else { panic!() };
    assert_eq!(widens.len(), 4);
    assert_eq!(
        GrantError::Widens { widens }.to_string(),
        "the derived grant would be wider: do on ** lies within no permission; other on a/b lies within no permission; \
         the end 101 ms is later than 100 ms; calls: the ceiling 6 is above 5"
    );
}

fn pattern() -> impl Strategy<Value = String> {
    "[ab]{0,1}(\\*[ab]{0,1}){0,1}(/[ab]{0,1}(\\*[ab]{0,1}){0,1}){0,2}(/\\*\\*){0,1}|\\*\\*"
}

fn permissions() -> impl Strategy<Value = Vec<Permission>> {
    prop::collection::vec(("x|y", pattern()), 0..6).prop_map(|list| {
        list.iter().filter_map(|(capability, pattern)| Permission::new(capability, pattern).ok()).collect()
    })
}

/// Every resource of up to three segments of up to two characters.
fn resources() -> Vec<String> {
    let segments = ["", "a", "b", "c", "aa", "ab", "ba", "bb", "*"];
    let mut all: Vec<String> = segments.iter().map(|it| (*it).to_owned()).collect();
    for _ in 0..2 {
        let longer: Vec<String> =
            all.iter().flat_map(|start| segments.iter().map(move |segment| format!("{start}/{segment}"))).collect();
        all.extend(longer);
    }
    all.retain(|text| !text.is_empty());
    all
}

fn granted(permissions: Vec<Permission>) -> Grant {
    Grant::issued("g", 1, Terms { permissions, ..Terms::default() }, "test", 0).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn nothing_derived_allows_more(parent in permissions(), child in permissions()) {
        let parent = granted(parent);
        let wanted = Terms { permissions: child.clone(), ..Terms::default() };
        let resources = resources();
        match parent.attenuate("h", wanted, "test", 1) {
            Ok(derived) => {
                let derived = granted(derived.terms().permissions.clone());
                let (mut wide, mut narrow) = (Enforcer::new(parent).unwrap(), Enforcer::new(derived).unwrap());
                for capability in ["x", "y", "z"] {
                    for resource in &resources {
                        let is_allowed = narrow.check(capability, resource, &[], 1).outcome.is_allowed();
                        prop_assert!(!is_allowed || wide.check(capability, resource, &[], 1).outcome.is_allowed());
                        let by_definition = child.iter().any(|permission| {
                            permission.capability() == capability && permission.resource().matches(resource)
                        });
                        prop_assert_eq!(is_allowed, by_definition);
                    }
                }
            }
            Err(GrantError::Widens { widens }) => {
                // What is named would be more than each permission of the parent: there is a resource that shows it.
                for widening in widens {
                    let Widening::Permission(permission) = widening else { panic!("{widening:?}") };
                    let text = permission.resource().as_str();
                    let longer = ["**", "", "c", "c/c"].map(|tail| text.replace("**", tail));
                    for other in &parent.terms().permissions {
                        let shows = |resource: &String| {
                            permission.resource().matches(resource) && !other.resource().matches(resource)
                        };
                        prop_assert!(
                            permission.capability() != other.capability() || resources.iter().chain(&longer).any(shows),
                            "{:?} {:?}", permission, other
                        );
                    }
                }
            }
            Err(error) => prop_assert!(false, "{}", error),
        }
    }
}
