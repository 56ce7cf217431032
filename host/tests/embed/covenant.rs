//! Covenants through wasmtime: what traps is denied, reviews and top-ups of a session, what the ledger is told.

use interlock_core::covenant::{Ceiling, DenyReason, GrantState, Outcome, Permission, ReviewGate, ReviewState, Terms};
use interlock_core::dialect::DialectKind;
use interlock_core::halt::HaltReason;
use interlock_core::policy::Policy;
use interlock_core::session::{SessionError, SessionState};
use interlock_host::embed::{
    Covenant, Enforcer, GrantRegistry, HostError, Interlock, LedgerEvent, Limits, Session, TrapKind,
};
use serde_json::{Value, json};

use crate::support::interlock;

fn terms() -> Terms {
    let gate =
        ReviewGate { timeout_ms: 1000, ..ReviewGate::new("deletes", Permission::new("fs", "delete/**").unwrap()) };
    Terms {
        permissions: vec![Permission::new("fs", "read/**").unwrap(), Permission::new("fs", "delete/**").unwrap()],
        gates: vec![gate],
        ceilings: vec![Ceiling { counter: "calls".into(), units: 3 }],
        expires_at_ms: None,
    }
}

fn enforcer(interlock: &Interlock) -> Enforcer {
    let mut covenant = interlock.covenant().unwrap();
    let grant = covenant.issued("assistant", 7, &terms(), "ada", 0).unwrap();
    covenant.enforcer(grant).unwrap()
}

/// A text that costs more to look at than there is fuel for.
fn heavy() -> String {
    format!("read/{}", "a".repeat(1 << 20))
}

#[test]
fn a_trap_in_the_enforcer_reads_as_deny_from_then_on() {
    let limits = Limits { fuel_per_call: 200_000, fuel_per_byte: 0, ..Limits::default() };
    let mut enforcer = enforcer(&interlock().with_limits(limits));
    assert!(enforcer.check("fs", "read/a", &[], 1).outcome.is_allowed());

    let decision = enforcer.check("fs", &heavy(), &[], 2);
    assert_eq!(decision.outcome, Outcome::Deny(DenyReason::NotGranted));
    assert_eq!(decision.subject, "trap");
    let record: Value = serde_json::from_str(&decision.json).unwrap();
    assert_eq!(
        (&record["grant"], &record["version"], &record["outcome"]),
        (&json!("assistant"), &json!(7), &json!("deny"))
    );
    assert_eq!(enforcer.trap().unwrap().kind, TrapKind::OutOfFuel);

    // What was allowed before is denied in the spent instance, in every form of the question.
    let denied = Outcome::Deny(DenyReason::NotGranted);
    assert_eq!(enforcer.check("fs", "read/a", &[], 3).outcome, denied);
    assert_eq!(enforcer.decide("fs", "read/a", &[], 3), denied);
    let many = enforcer.check_many(&[("fs", "read/a", &[]), ("fs", "read/b", &[])], 3);
    assert_eq!(many.iter().map(|it| it.outcome).collect::<Vec<_>>(), [denied, denied]);
    assert!(matches!(enforcer.resume(0, 4), Err(HostError::Poisoned(_))));
    assert!(matches!(enforcer.advance(4), Err(HostError::Poisoned(_))));
    assert!(matches!(enforcer.answer(0, "ada", true, 4), Err(HostError::Poisoned(_))));
}

#[test]
fn a_trap_among_many_denies_all_of_them() {
    let limits = Limits { fuel_per_call: 200_000, fuel_per_byte: 0, ..Limits::default() };
    let mut enforcer = enforcer(&interlock().with_limits(limits));
    let heavy = heavy();
    let decisions = enforcer.check_many(&[("fs", "read/a", &[]), ("fs", heavy.as_str(), &[])], 1);
    assert!(decisions.iter().all(|it| it.outcome == Outcome::Deny(DenyReason::NotGranted)), "{decisions:?}");
}

#[test]
fn a_trap_of_one_enforcer_is_nothing_to_another() {
    let limits = Limits { fuel_per_call: 200_000, fuel_per_byte: 0, ..Limits::default() };
    let mut first = enforcer(&interlock().with_limits(limits));
    let mut second = enforcer(interlock());
    assert!(!first.check("fs", &heavy(), &[], 1).outcome.is_allowed());
    assert!(second.check("fs", "read/a", &[], 1).outcome.is_allowed());
    assert!(matches!(second.check("fs", "delete/a", &[], 2).outcome, Outcome::Review { .. }));
}

/// The enforcers of a grant and of one that was derived from it, and the registry of both.
fn family(covenant: &mut Covenant) -> (GrantRegistry, [Enforcer; 2]) {
    let mut registry = covenant.registry().unwrap();
    let root = covenant.issued("assistant", 1, &terms(), "ada", 0).unwrap();
    registry.insert(root).unwrap();
    let narrower =
        Terms { permissions: vec![Permission::new("fs", "read/docs/*").unwrap()], gates: vec![], ..Terms::default() };
    let proposed = registry.attenuate("assistant", 1, "helper", &narrower, "assistant", 1).unwrap();
    assert_eq!((proposed.state, proposed.parent.unwrap().grant.as_str()), (GrantState::Proposed, "assistant"));
    // The gate and the ceiling of the one that it was derived from are its own.
    assert_eq!((proposed.terms.gates.len(), proposed.terms.ceilings.len()), (1, 1));
    registry.grant("helper", 1, "ada", 2).unwrap();
    let helper = registry.get("helper", 1).unwrap().unwrap();
    let enforcers = [root, helper].map(|grant| covenant.enforcer(grant).unwrap());
    covenant.release(helper).unwrap();
    (registry, enforcers)
}

#[test]
fn what_is_revoked_takes_with_it_what_was_derived() {
    let mut covenant = interlock().covenant().unwrap();
    let (mut registry, [mut root, mut helper]) = family(&mut covenant);
    for enforcer in [&mut root, &mut helper] {
        assert!(enforcer.follow(&registry, "registry", 3).unwrap());
        assert!(enforcer.check("fs", "read/docs/a", &[], 3).outcome.is_allowed());
    }
    let refused = |error: HostError| match error {
        HostError::Refused(refusal) => refusal.code,
        other => panic!("{other}"),
    };
    assert_eq!(refused(registry.revoke("nobody", 1, "ada", 3).unwrap_err()), "grant-unknown");
    assert_eq!(refused(helper.follow(&registry, "", 3).unwrap_err()), "grant-name");
    assert!(registry.is_active("helper", 1, 3));

    let revoked = registry.revoke("assistant", 1, "grace", 4).unwrap();
    assert_eq!(revoked.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), ["assistant", "helper"]);
    assert!(revoked.iter().all(|it| it.state == GrantState::Revoked && it.history.last().unwrap().by == "grace"));
    assert_eq!(registry.grants().unwrap(), revoked);
    for enforcer in [&mut root, &mut helper] {
        // It is told by following.
        assert!(enforcer.check("fs", "read/docs/a", &[], 5).outcome.is_allowed());
        assert!(!enforcer.follow(&registry, "registry", 5).unwrap());
        assert_eq!(enforcer.decide("fs", "read/docs/a", &[], 5), Outcome::Deny(DenyReason::NotGranted));
    }
    assert_eq!(refused(registry.grant("helper", 1, "ada", 6).unwrap_err()), "grant-inactive");
    assert!(!registry.is_active("helper", 1, 6));
}

#[test]
fn a_registry_of_another_instance_is_refused_and_changes_nothing() {
    let (mut covenant, mut other) = (interlock().covenant().unwrap(), interlock().covenant().unwrap());
    let (registry, [mut root, _]) = family(&mut covenant);
    let elsewhere = other.registry().unwrap();
    assert!(matches!(root.follow(&elsewhere, "registry", 3), Err(HostError::OtherInstance)));
    assert!(root.follow(&registry, "registry", 3).unwrap());
    assert!(root.check("fs", "read/a", &[], 3).outcome.is_allowed());
}

#[test]
fn a_trap_in_one_enforcer_of_a_covenant_ends_all_of_them_and_the_registry() {
    let limits = Limits { fuel_per_call: 200_000, fuel_per_byte: 0, ..Limits::default() };
    let mut covenant = interlock().with_limits(limits).covenant().unwrap();
    let (mut registry, [mut root, mut helper]) = family(&mut covenant);
    assert!(root.check("fs", "read/a", &[], 3).outcome.is_allowed() && registry.is_active("assistant", 1, 3));
    assert_eq!(root.check("fs", &heavy(), &[], 4).subject, "trap");
    assert_eq!(helper.decide("fs", "read/docs/a", &[], 5), Outcome::Deny(DenyReason::NotGranted));
    assert!(!registry.is_active("assistant", 1, 5));
    assert!(matches!(helper.follow(&registry, "registry", 5), Err(HostError::Poisoned(_))));
    assert!(matches!(registry.revoke("assistant", 1, "ada", 5), Err(HostError::Poisoned(_))));
}

#[test]
fn what_is_let_go_of_makes_room_in_its_instance() {
    let limits = Limits { memory_bytes: 4 << 20, ..Limits::default() };
    let mut covenant = interlock().with_limits(limits).covenant().unwrap();
    let long = "x".repeat(256);
    let terms = Terms { permissions: vec![Permission::new("fs", &long).unwrap(); 16], ..Terms::default() };
    let grant = covenant.issued("assistant", 1, &terms, "ada", 0).unwrap();
    for _ in 0..2000 {
        let mut registry = covenant.registry().unwrap();
        registry.insert(grant).unwrap();
        registry.grants().unwrap();
        assert!(covenant.enforcer(grant).unwrap().check("fs", &long, &[], 1).outcome.is_allowed());
    }
}

fn event(delta: &Value, finish: Option<&str>) -> String {
    let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
    format!("data: {}\n\n", json!({ "choices": [choice] }))
}

fn call(name: &str) -> String {
    let function = json!({ "name": name, "arguments": "{}" });
    event(&json!({ "tool_calls": [{ "index": 0, "id": "c", "type": "function", "function": function }] }), None)
        + &event(&json!({}), Some("tool_calls"))
        + "data: [DONE]\n\n"
}

fn session(covenant: &Value, dialect: DialectKind) -> Session {
    let policy = Policy::from_json(&json!({ "covenant": covenant }).to_string()).unwrap();
    interlock().session(&policy, dialect).unwrap()
}

fn gated(fallback: &str) -> Session {
    let gate = json!({ "name": "searches", "resource": "search", "timeout_ms": 1000, "approvers": ["ada"],
        "fallback": fallback, "limit": 1 });
    session(&json!({ "permissions": [{ "resource": "search" }], "gates": [gate] }), DialectKind::OpenaiChat)
}

fn ledger(session: &mut Session) -> Vec<LedgerEvent> {
    std::iter::from_fn(|| session.next_ledger_event()).collect()
}

fn tags(events: &[LedgerEvent]) -> Vec<String> {
    events.iter().map(|event| format!("{} {}", event.kind, event.tag)).collect()
}

#[test]
fn a_review_is_asked_for_once_and_answered() {
    for approves in [true, false] {
        let mut session = gated("deny");
        session.advance(100).unwrap();
        session.feed(call("search").as_bytes()).unwrap();
        let request = session.next_review().unwrap();
        assert_eq!(
            (request.gate.as_str(), request.tool.as_str(), request.arguments.as_str()),
            ("searches", "search", "{}")
        );
        assert_eq!((request.approvals, request.deadline_ms, session.next_deadline_ms()), (1, 1100, Some(1100)));
        assert!(session.next_review().is_none() && session.drain().reviews.is_empty());
        assert!(session.take_output().is_empty());

        assert!(matches!(session.answer_review(request.review, "mallory", true, 200), Err(HostError::Refused(_))));
        assert!(matches!(session.answer_review(9, "ada", true, 200), Err(HostError::Refused(_))));
        let state = session.answer_review(request.review, "ada", approves, 300).unwrap();
        assert_eq!(state, if approves { ReviewState::Approved } else { ReviewState::Rejected });
        assert!(matches!(session.answer_review(request.review, "ada", true, 301), Err(HostError::Refused(_))));
        let out = String::from_utf8(session.take_output()).unwrap();
        assert_eq!(out.contains("search"), approves, "{out}");
        let expected = if approves { SessionState::Open } else { SessionState::Halted };
        assert_eq!(session.state(), expected);
        let outcome = if approves { "allow" } else { "deny" };
        let told = tags(&ledger(&mut session));
        assert_eq!(told[..2], ["covenant.decision review".to_owned(), format!("covenant.decision {outcome}")]);
    }
}

#[test]
fn a_review_that_nobody_answers_in_time_takes_its_fallback() {
    for (fallback, passes) in [("deny", false), ("allow-limited", true)] {
        let mut session = gated(fallback);
        session.advance(100).unwrap();
        session.feed(call("search").as_bytes()).unwrap();
        assert_eq!(session.drain().reviews.len(), 1);
        session.advance(1099).unwrap();
        assert!(session.take_output().is_empty());
        session.advance(1100).unwrap();
        let out = String::from_utf8(session.take_output()).unwrap();
        assert_eq!(out.contains("search"), passes, "{fallback}: {out}");
        if passes {
            assert_eq!(session.state(), SessionState::Open);
            assert_eq!(session.next_deadline_ms(), None);
        } else {
            assert_eq!(session.record().halt.unwrap().reason, HaltReason::ReviewPending);
            assert!(out.contains("content_filter"));
            let late = session.advance(1200).unwrap_err();
            assert!(matches!(late, HostError::Session(SessionError::Ended { state: SessionState::Halted })));
            assert!(session.answer_review(0, "ada", true, 1200).is_err());
        }
    }
}

fn leased(low_water: u64) -> Session {
    let budget = json!({ "counter": "tokens", "ceiling": 100, "lease": 2, "low_water": low_water });
    session(&json!({ "budgets": [budget] }), DialectKind::Text)
}

#[test]
fn a_lease_is_topped_up_in_mid_stream() {
    let mut session = leased(0);
    session.feed(b"0123456789ab").unwrap();
    assert_eq!((session.take_output().as_slice(), session.awaits_top_up()), (b"01234567".as_slice(), true));
    let request = session.next_top_up().unwrap();
    assert_eq!((request.counter.as_str(), request.missing, request.free, request.most), ("tokens", 1, 0, 98));
    assert!(session.next_top_up().is_none() && session.drain().top_ups.is_empty());
    session.top_up("tokens", 5).unwrap();
    assert_eq!((session.take_output().as_slice(), session.awaits_top_up()), (b"89ab".as_slice(), false));
    assert!(matches!(session.top_up("calls", 5), Err(HostError::Refused(it)) if it.code == "session-no-lease"));

    session.feed("x".repeat(30).as_bytes()).unwrap();
    assert_eq!(session.drain().top_ups.len(), 1);
    session.top_up("tokens", 0).unwrap();
    assert_eq!(session.record().halt.unwrap().reason, HaltReason::Budget);
    assert!(matches!(session.top_up("tokens", 5), Err(HostError::Refused(it)) if it.code == "session-ended"));
}

#[test]
fn a_client_that_leaves_is_recorded_as_that() {
    let mut session = leased(0);
    session.feed(b"0123").unwrap();
    session.abandon();
    assert_eq!(tags(&ledger(&mut session)), ["session.end abandoned"]);
}

#[test]
fn the_ledger_is_told_of_a_trap_with_what_went_in_and_out() {
    let limits = Limits { fuel_per_call: 400_000, fuel_per_byte: 0, ..Limits::default() };
    let policy = json!({ "covenant": { "grant": "assistant", "permissions": [{ "resource": "*" }] } });
    let policy = Policy::from_json(&policy.to_string()).unwrap();
    let mut session = interlock().with_limits(limits).session(&policy, DialectKind::Text).unwrap();
    session.feed(b"before").unwrap();
    assert_eq!((session.take_output().as_slice(), ledger(&mut session)), (b"before".as_slice(), vec![]));
    session.feed(&vec![b'a'; 1 << 20]).unwrap();
    assert!(session.trap().is_some());
    let events = ledger(&mut session);
    assert_eq!(tags(&events), ["session.halt trap", "session.end halted"]);
    let end: Value = serde_json::from_slice(&events[1].payload).unwrap();
    assert_eq!((&end["grant"], &end["halt"]), (&json!("assistant"), &json!("trap")));
    assert_eq!((&end["bytes_in"], &end["bytes_out"]), (&json!((1 << 20) + 6), &json!(session.record().bytes_out)));
    assert!(matches!(session.top_up("tokens", 1), Err(HostError::Poisoned(_))));
    assert!(session.next_top_up().is_none() && !session.awaits_top_up());
}
