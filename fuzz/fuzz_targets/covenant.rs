//! Any operations in any order on a budget and on an enforcer.
#![no_main]

#[allow(dead_code)]
mod common;

use common::Input;
use interlock_core::covenant::{
    Amount, Budget, Ceiling, Enforcer, Fallback, Grant, GrantRegistry, GrantState, Outcome, Pattern, Permission,
    Reservation, ReviewGate, ReviewState, Terms, Unsettled,
};
use libfuzzer_sys::fuzz_target;

/// A number, often small, sometimes any at all.
fn units(input: &mut Input<'_>) -> u64 {
    match input.byte() {
        0 => input.bits(),
        1 => u64::MAX,
        byte => u64::from(byte) % 50,
    }
}

fn budget(input: &mut Input<'_>) {
    let ceiling = units(input);
    let mut budget = Budget::new(&[("a", ceiling)]).expect("one counter");
    let a = budget.counter("a").expect("the counter");
    let mut open: Vec<Reservation> = Vec::new();
    let mut now = 0;
    while !input.0.is_empty() {
        let before = budget.state();
        let (operation, amount) = (input.byte() % 8, units(input));
        let at = usize::from(input.byte()) % open.len().max(1);
        let amounts = [Amount { counter: a, units: amount }];
        let failed = match operation {
            0 => budget.reserve(a, amount).map(|reservation| open.push(reservation)).is_err(),
            1 if !open.is_empty() => {
                let settled = budget.commit(open[at], amount).is_ok();
                if settled {
                    open.swap_remove(at);
                }
                !settled
            }
            2 if !open.is_empty() => budget.extend(open[at], amount).is_err(),
            3 => budget.spend(&amounts).is_err(),
            4 => {
                budget.reclaim(now);
                let before = budget.state();
                let failed = budget.lease(&amounts, now, units(input), Unsettled::Refund).is_err();
                assert!(!failed || budget.state() == before);
                false
            }
            5 => {
                let lease = budget.leases().get(at).map_or(u64::MAX, |lease| lease.id);
                budget.settle(lease, &amounts).is_err()
            }
            6 => {
                now = amount;
                budget.reclaim(now);
                assert!(budget.next_expiry_ms().is_none_or(|expiry| expiry > now));
                false
            }
            _ => budget.set_ceiling(a, amount).is_err(),
        };
        assert!(!failed || budget.state() == before);
        let balance = budget.balance(a).expect("the counter");
        let sum = u128::from(balance.spent) + u128::from(balance.reserved) + u128::from(balance.free);
        assert_eq!(sum, u128::from(balance.ceiling));
        let state = budget.state();
        assert_eq!(Budget::restore(&state).expect("its own state").state(), state);
    }
}

fn enforcer(input: &mut Input<'_>) {
    let mut permissions = Vec::new();
    for _ in 0..input.byte() % 8 {
        permissions.extend(Permission::new("do", &input.text()));
    }
    let gate = Permission::new("do", "**").expect("a permission");
    let gate = ReviewGate {
        threshold: u32::from(input.byte() % 3) + 1,
        approvals: u32::from(input.byte() % 2) + 1,
        timeout_ms: u64::from(input.byte()),
        fallback: [Fallback::Deny, Fallback::AllowLimited, Fallback::Escalate][usize::from(input.byte()) % 3],
        limit: u32::from(input.byte() % 3),
        ..ReviewGate::new("gate", gate)
    };
    let terms = Terms {
        permissions: permissions.clone(),
        gates: if input.byte() & 1 == 0 { vec![gate] } else { Vec::new() },
        ceilings: vec![Ceiling { counter: "calls".into(), units: 9 }],
        expires_at_ms: Some(1000),
    };
    let mut enforcer = Enforcer::new(Grant::issued("g", 1, terms, "fuzz", 0).expect("terms")).expect("a budget");
    let calls = enforcer.budget().counter("calls").expect("the counter");
    let mut latest = 0;
    while !input.0.is_empty() {
        let (operation, now, review) = (input.byte() % 6, units(input), u64::from(input.byte() % 8));
        match operation {
            0 | 1 => {
                let resource = input.text().into_owned();
                let cost = [Amount { counter: calls, units: u64::from(input.byte() % 3) }];
                let decision = enforcer.check("do", &resource, &cost, now);
                assert!(decision.at_ms >= latest);
                latest = decision.at_ms;
                serde_json::from_str::<serde_json::Value>(&decision.to_json()).expect("JSON");
                if decision.outcome.is_allowed() {
                    assert!(permissions.iter().any(|permission| permission.resource().matches(&resource)));
                    assert!(latest < 1000 && enforcer.grant().state() == GrantState::Granted);
                }
            }
            2 => drop(enforcer.approve(review, ["ada", "grace"][usize::from(input.byte()) % 2], now)),
            3 => drop(enforcer.reject(review, "ada", now)),
            4 => {
                let state = enforcer.reviews().iter().find(|it| it.id == review).map(|it| it.state);
                let outcome = enforcer.resume(review, now);
                assert!(state.is_some() || outcome.is_err());
                assert!(state != Some(ReviewState::Rejected) || matches!(outcome, Ok(Outcome::Deny(_))));
            }
            _ if now % 2 == 0 => drop(enforcer.revoke("x", now)),
            _ => drop(enforcer.regrant("x", now)),
        }
        assert!(enforcer.budget().balance(calls).expect("the counter").spent <= 9);
    }
}

fn registry(input: &mut Input<'_>) {
    let terms = |input: &mut Input<'_>| Terms {
        permissions: Permission::new("do", ["**", "a/*", "a/b"][usize::from(input.byte()) % 3]).into_iter().collect(),
        ceilings: vec![Ceiling { counter: "calls".into(), units: u64::from(input.byte() % 4) }],
        expires_at_ms: (input.byte() & 1 == 0).then(|| units(input)),
        ..Terms::default()
    };
    let name = |input: &mut Input<'_>| ["a", "b", "c", "d", "e", ""][usize::from(input.byte()) % 6];
    let mut registry = GrantRegistry::default();
    while !input.0.is_empty() {
        let before: Vec<Grant> = registry.grants().cloned().collect();
        let (operation, id, now) = (input.byte() % 6, name(input), units(input));
        let version = 1 + u32::from(input.byte() % 8 == 0);
        let failed = match operation {
            0 => match Grant::issued(id, version, terms(input), "fuzz", now) {
                Ok(grant) => registry.insert(grant).is_err(),
                Err(_) => true,
            },
            // Derived from a grant of that name, whatever the registry has under it.
            1 => {
                let issued = Grant::issued(id, version, terms(input), "fuzz", now);
                let derived = issued.and_then(|it| it.attenuate(name(input), terms(input), "fuzz", now));
                match derived {
                    Ok(mut grant) => {
                        if input.byte() & 1 == 0 {
                            grant.grant("fuzz", now).expect("just derived");
                        }
                        registry.insert(grant).is_err()
                    }
                    Err(_) => true,
                }
            }
            2 => registry.attenuate(id, version, name(input), terms(input), "fuzz", now).is_err(),
            3 => registry.grant(id, version, "fuzz", now).is_err(),
            4 => registry.revoke(id, version, "fuzz", now).is_err(),
            _ => registry.expire(id, version, "fuzz", now).is_err(),
        };
        assert!(!failed || registry.grants().cloned().collect::<Vec<_>>() == before);
        for grant in registry.grants() {
            let Some(parent) = grant.parent() else { continue };
            let found = registry.get(&parent.grant, parent.version).expect("what it comes from");
            assert!(grant.state() != GrantState::Granted || found.state() != GrantState::Revoked);
            let active = registry.is_active(grant.id(), grant.version(), now);
            assert!(!active || registry.is_active(&parent.grant, parent.version, now));
            for permission in &grant.terms().permissions {
                assert!(found.terms().permissions.iter().any(|wider| permission.is_within(wider)));
            }
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    match input.byte() % 4 {
        0 => budget(&mut input),
        1 => enforcer(&mut input),
        2 => registry(&mut input),
        _ => {
            // A pattern lies within another only if its own text, and longer ones, do.
            let (one, other) = (input.text(), input.text());
            let (Ok(one), Ok(other)) = (Pattern::new(&one), Pattern::new(&other)) else { return };
            assert!(one.is_within(&one));
            let resource = input.text();
            assert!(!(one.is_within(&other) && one.matches(&resource)) || other.matches(&resource));
        }
    }
});
