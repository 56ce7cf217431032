//! The enforcer beside a plain account of what has happened.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
#![cfg(feature = "covenant")]

use interlock_core::covenant::{
    Amount, Ceiling, DenyReason, Enforcer, Fallback, Grant, GrantState, Outcome, Permission, ReviewError, ReviewGate,
    ReviewState, Terms, check_resource,
};
use proptest::prelude::*;

fn gate(name: &str, pattern: &str) -> ReviewGate {
    ReviewGate { timeout_ms: 100, ..ReviewGate::new(name, Permission::new("do", pattern).unwrap()) }
}

fn enforcer(gates: Vec<ReviewGate>) -> Enforcer {
    let terms = Terms {
        permissions: vec![Permission::new("do", "a/**").unwrap(), Permission::new("do", "b").unwrap()],
        gates,
        ceilings: vec![Ceiling { counter: "calls".into(), units: 40 }],
        expires_at_ms: Some(10_000),
    };
    Enforcer::new(Grant::issued("g", 3, terms, "test", 0).unwrap()).unwrap()
}

fn ask(enforcer: &mut Enforcer, resource: &str, now_ms: u64) -> Outcome {
    enforcer.check("do", resource, &[], now_ms).outcome
}

fn review_of(outcome: Outcome) -> u64 {
    let Outcome::Review { review, .. } = outcome else { panic!("{outcome:?}") };
    review
}

#[test]
fn the_threshold_counts_from_the_last_approval() {
    let mut enforcer = enforcer(vec![ReviewGate { threshold: 3, ..gate("every third", "a/**") }]);
    for round in 0..3 {
        assert!(ask(&mut enforcer, "a/x", round).is_allowed());
        assert!(ask(&mut enforcer, "b", round).is_allowed());
        assert!(ask(&mut enforcer, "a/y", round).is_allowed());
        let review = review_of(ask(&mut enforcer, "a/z", round));
        // Pending blocks every operation of the gate, and no other.
        assert_eq!(review_of(ask(&mut enforcer, "a/x", round)), review);
        assert!(ask(&mut enforcer, "b", round).is_allowed());
        assert_eq!(enforcer.resume(review, round), Ok(Outcome::Review { gate: 0, review }));
        assert_eq!(enforcer.approve(review, "ada", round), Ok(ReviewState::Approved));
        assert!(enforcer.resume(review, round).unwrap().is_allowed());
        assert_eq!(enforcer.resume(review, round), Err(ReviewError::Unknown { review }));
    }
}

#[test]
fn an_approval_is_for_one_operation_and_what_else_must_hold_is_checked_anew() {
    let mut enforcer = enforcer(vec![gate("one", "a/**"), gate("two", "a/b/**")]);
    let review = review_of(ask(&mut enforcer, "a/b/c", 0));
    enforcer.approve(review, "ada", 0).unwrap();
    // Another operation does not take it.
    assert_ne!(review_of(ask(&mut enforcer, "a/x", 0)), review);
    // The next gate wants its own.
    let second = review_of(enforcer.resume(review, 0).unwrap());
    assert_eq!(enforcer.reviews().iter().find(|it| it.id == second).unwrap().gate, 1);
    enforcer.approve(second, "ada", 0).unwrap();
    enforcer.revoke("grace", 0).unwrap();
    assert_eq!(enforcer.resume(second, 0), Ok(Outcome::Deny(DenyReason::NotGranted)));
}

#[test]
fn only_those_who_are_asked_decide_and_each_once() {
    let mut enforcer = enforcer(vec![ReviewGate {
        approvals: 2,
        approvers: vec!["ada".into(), "grace".into()],
        fallback: Fallback::Escalate,
        escalation: vec!["joan".into(), "edith".into()],
        ..gate("two", "a/**")
    }]);
    let review = review_of(ask(&mut enforcer, "a/x", 0));
    assert_eq!(enforcer.approve(review, "eve", 1), Err(ReviewError::NotAnApprover { approver: "eve".into() }));
    assert_eq!(enforcer.approve(review, "ada", 1), Ok(ReviewState::Pending));
    assert_eq!(enforcer.approve(review, "ada", 1), Err(ReviewError::SameApprover { approver: "ada".into() }));
    // After the time-out others are asked, and those before do not count.
    assert!(matches!(enforcer.approve(review, "grace", 100), Err(ReviewError::NotAnApprover { .. })));
    assert_eq!(enforcer.approve(review, "joan", 150), Ok(ReviewState::Pending));
    assert_eq!(enforcer.next_deadline_ms(), Some(200));
    assert_eq!(
        enforcer.approve(review, "edith", 200),
        Err(ReviewError::Closed { review, state: ReviewState::TimedOut })
    );
    assert_eq!(enforcer.resume(review, 200), Ok(Outcome::Deny(DenyReason::ReviewTimedOut)));
}

#[test]
fn after_a_time_out_some_pass_until_somebody_decides() {
    let limited = ReviewGate { fallback: Fallback::AllowLimited, limit: 2, ..gate("some", "a/**") };
    let mut enforcer = enforcer(vec![limited]);
    let review = review_of(ask(&mut enforcer, "a/x", 0));
    assert!(enforcer.resume(review, 100).unwrap().is_allowed());
    assert!(ask(&mut enforcer, "a/y", 101).is_allowed());
    assert_eq!(ask(&mut enforcer, "a/z", 102), Outcome::Deny(DenyReason::ReviewLimit));
    assert_eq!(enforcer.approve(review, "ada", 103), Ok(ReviewState::Approved));
    assert!(enforcer.resume(review, 104).unwrap().is_allowed());
    assert_ne!(review_of(ask(&mut enforcer, "a/z", 105)), review);
}

#[test]
fn decisions_are_canonical_bytes() {
    let mut enforcer = enforcer(vec![gate("one", "a/\"*")]);
    assert_eq!(
        enforcer.check("do", "a/b", &[], 7).to_json(),
        r#"{"grant":"g","version":3,"at_ms":7,"capability":"do","resource":"a/b","outcome":"allow","subject":"a/**"}"#
    );
    assert_eq!(
        enforcer.check("do", "a/\"", &[], 3).to_json(),
        r#"{"grant":"g","version":3,"at_ms":7,"capability":"do","resource":"a/\"","outcome":"review","review":0,"subject":"one"}"#
    );
    let long = "é".repeat(4000);
    let denied = enforcer.check("do", &long, &[], 8).to_json();
    assert!(denied.len() < 4300 && denied.ends_with(r#""outcome":"deny","reason":"malformed-resource","subject":""}"#));
    let transition = enforcer.grant().history()[0].clone();
    let mut bytes = Vec::new();
    transition.write(enforcer.grant(), &mut bytes);
    assert_eq!(String::from_utf8(bytes).unwrap(), r#"{"grant":"g","version":3,"at_ms":0,"to":"granted","by":"test"}"#);
}

#[derive(Clone, Debug)]
enum Step {
    Check(&'static str, u64),
    Approve(u8, &'static str),
    Reject(u8),
    Resume(u8),
    Revoke,
    Regrant,
    Clock(i64),
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    /// What is not a resource is denied as that, whatever is permitted; what is one, by the permissions alone. The texts
    /// have what no resource has at every place, beside what the patterns say.
    #[test]
    fn a_check_is_what_each_of_its_questions_answers(
        patterns in prop::collection::vec("[ab./]{1,5}|([ab.]{0,2}[*]?[ab.]{0,2}/){0,2}([ab.]{0,2}[*][ab.]{0,2}|[*][*])", 0..8),
        resources in prop::collection::vec("([ab]{0,9}[ab./\\\\\x01\x7f]){0,4}", 1..20),
    ) {
        let permissions: Vec<Permission> = patterns.iter().filter_map(|it| Permission::new("do", it).ok()).collect();
        let terms = Terms { permissions: permissions.clone(), ..Terms::default() };
        let mut enforcer = Enforcer::new(Grant::issued("g", 1, terms, "test", 0).unwrap()).unwrap();
        for resource in &resources {
            let is_permitted = permissions.iter().any(|it| it.resource().matches(resource));
            match (check_resource(resource), ask(&mut enforcer, resource, 0)) {
                (Err(_), outcome) => prop_assert_eq!(outcome, Outcome::Deny(DenyReason::MalformedResource)),
                (Ok(()), Outcome::Allow { .. }) => prop_assert!(is_permitted),
                (Ok(()), outcome) => {
                    prop_assert!(!is_permitted);
                    prop_assert_eq!(outcome, Outcome::Deny(DenyReason::NoPermission));
                }
            }
        }
    }
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let resource = prop::sample::select(vec!["a/x", "a/y", "b", "c", "a/../b", ""]);
    let step = prop_oneof![
        8 => (resource, 0..4_u64).prop_map(|(resource, units)| Step::Check(resource, units)),
        4 => (any::<u8>(), prop::sample::select(vec!["ada", "grace"])).prop_map(|(at, who)| Step::Approve(at, who)),
        1 => any::<u8>().prop_map(Step::Reject),
        4 => any::<u8>().prop_map(Step::Resume),
        1 => Just(Step::Revoke),
        1 => Just(Step::Regrant),
        3 => prop_oneof![4 => -50..80_i64, 1 => Just(4000)].prop_map(Step::Clock),
    ];
    prop::collection::vec(step, 0..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    // Nothing is allowed without a grant that is active at that time, a permission, and the means; and between two
    // approvals no more pass a gate than its threshold lets.
    #[test]
    fn nothing_is_allowed_without_all_that_must_hold(
        steps in steps(),
        threshold in 1..4_u32,
        approvals in 1..3_u32,
        fallback in prop::sample::select(vec![Fallback::Deny, Fallback::AllowLimited, Fallback::Escalate]),
        limit in 0..3_u32,
    ) {
        let mut enforcer =
            enforcer(vec![ReviewGate { threshold, approvals, fallback, limit, ..gate("gate", "a/**") }]);
        let calls = enforcer.budget().counter("calls").unwrap();
        let (mut now, mut latest) = (0_u64, 0_u64);
        let (mut spent, mut passed, mut reviews) = (0, 0, 0_u64);
        for step in steps {
            let count = |which: u8, reviews: u64| u64::from(which) % (reviews + 1);
            let (mut allowed, mut resource, mut cost) = (false, String::new(), 0);
            let mut was_approved = false;
            match step {
                Step::Check(what, units) => {
                    latest = latest.max(now);
                    let decision = enforcer.check("do", what, &[Amount { counter: calls, units }], now);
                    prop_assert_eq!(decision.at_ms, latest);
                    (allowed, resource, cost) = (decision.outcome.is_allowed(), what.to_owned(), units);
                    if let Outcome::Review { review, .. } = decision.outcome {
                        reviews = reviews.max(review + 1);
                    }
                }
                Step::Resume(which) => {
                    latest = latest.max(now);
                    let review = count(which, reviews);
                    let entry = enforcer.reviews().iter().find(|it| it.id == review).cloned();
                    let result = enforcer.resume(review, now);
                    prop_assert_eq!(result.is_ok(), entry.is_some());
                    if let (Ok(outcome), Some(entry)) = (result, entry) {
                        prop_assert!(entry.state != ReviewState::Rejected || !outcome.is_allowed());
                        was_approved = entry.state == ReviewState::Approved;
                        prop_assert!(!was_approved || entry.approvals.len() == approvals as usize);
                        prop_assert!(
                            !outcome.is_allowed() || was_approved || fallback == Fallback::AllowLimited
                        );
                        (allowed, resource) = (outcome.is_allowed(), entry.resource);
                        cost = entry.costs[0].units;
                    }
                }
                Step::Approve(which, who) => {
                    latest = latest.max(now);
                    if enforcer.approve(count(which, reviews), who, now) == Ok(ReviewState::Approved) {
                        passed = 0;
                    }
                }
                Step::Reject(which) => {
                    latest = latest.max(now);
                    if enforcer.reject(count(which, reviews), "ada", now).is_ok() {
                        // Those that passed within the limit are done with.
                        passed = passed.min(threshold - 1);
                    }
                }
                Step::Revoke => {
                    if enforcer.revoke("x", now).is_ok() {
                        latest = latest.max(now);
                    }
                }
                Step::Regrant => {
                    if enforcer.regrant("x", now).is_ok() {
                        latest = latest.max(now);
                    }
                }
                Step::Clock(by) => now = now.saturating_add_signed(by),
            }
            if allowed {
                spent += cost;
                prop_assert!(enforcer.grant().state() == GrantState::Granted && latest < 10_000);
                prop_assert!(matches!(resource.as_str(), "a/x" | "a/y" | "b"));
                if resource != "b" && !was_approved {
                    passed += 1;
                }
            }
            let extra = if fallback == Fallback::AllowLimited { limit } else { 0 };
            prop_assert!(passed < threshold + extra, "{} passed", passed);
            let balance = enforcer.budget().balance(calls).unwrap();
            prop_assert!(balance.spent == spent && spent <= 40);
        }
    }
}
