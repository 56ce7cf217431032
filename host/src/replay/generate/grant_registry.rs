//! Inputs of the suite `covenant` for registries of grants.
#![allow(clippy::arithmetic_side_effects, reason = "small numbers, made here")]

use super::{Cases, Random};
use crate::replay::covenant::{GateText, Input, RegistryStep, TermsText};

type Made = Result<(), serde_json::Error>;

pub(super) fn cases(cases: &mut Cases, random: &mut Random) -> Made {
    cascade(cases)?;
    ends(cases)?;
    refusals(cases)?;
    forgeries(cases)?;
    chain(cases)?;
    walk(cases, random)
}

fn s(text: &str) -> String {
    String::from(text)
}

fn terms(resource: &str) -> TermsText {
    TermsText { permissions: vec![(s("do"), s(resource))], ..TermsText::default() }
}

fn issue(id: &str, version: u32, terms: TermsText) -> RegistryStep {
    RegistryStep::Issue(s(id), version, terms, s("ada"), 0)
}

fn derive(number: usize, id: &str) -> RegistryStep {
    RegistryStep::Derive(number, s(id), TermsText::default(), s("eve"), 1)
}

fn attenuate(id: &str, derived: &str, terms: TermsText, now_ms: u64) -> RegistryStep {
    RegistryStep::Attenuate(s(id), 1, s(derived), terms, s("ada"), now_ms)
}

fn grant(id: &str, now_ms: u64) -> RegistryStep {
    RegistryStep::Grant(s(id), 1, s("ada"), now_ms)
}

fn revoke(id: &str, now_ms: u64) -> RegistryStep {
    RegistryStep::Revoke(s(id), 1, s("bob"), now_ms)
}

fn is_active(id: &str, now_ms: u64) -> RegistryStep {
    RegistryStep::IsActive(s(id), 1, now_ms)
}

fn check(number: usize, now_ms: u64) -> RegistryStep {
    RegistryStep::Check(number, s("do"), s("a/b"), now_ms)
}

fn follow(number: usize, now_ms: u64) -> RegistryStep {
    RegistryStep::Follow(number, s("registry"), now_ms)
}

/// What is taken from one is taken from all that were derived from it, and from their enforcers.
fn cascade(cases: &mut Cases) -> Made {
    use RegistryStep::{Enforce, Get, Grants, Insert, IsActive};
    let steps = vec![
        issue("root", 1, terms("a/**")),
        issue("root", 2, terms("b/**")),
        Insert(0),
        Insert(1),
        attenuate("root", "child", terms("a/*"), 1),
        is_active("child", 1),
        grant("child", 2),
        attenuate("child", "grandchild", terms("a/b"), 3),
        grant("grandchild", 3),
        attenuate("root", "sibling", TermsText::default(), 3),
        is_active("grandchild", 3),
        Get(s("grandchild"), 1),
        Get(s("child"), 2),
        Enforce(s("grandchild"), 1),
        Enforce(s("root"), 2),
        check(0, 4),
        follow(0, 4),
        follow(1, 4),
        revoke("root", 5),
        check(0, 5),
        follow(0, 5),
        follow(1, 5),
        check(0, 6),
        // What was taken back comes back one by one, and its enforcers only when they are told.
        grant("grandchild", 7),
        grant("root", 7),
        is_active("child", 7),
        grant("child", 7),
        grant("grandchild", 7),
        is_active("grandchild", 7),
        follow(0, 7),
        IsActive(s("root"), 2, 7),
        revoke("child", 8),
        Grants,
    ];
    cases.add("registry-cascade", Input::Registry { steps })
}

/// The end of a grant is that of all that were derived from it.
fn ends(cases: &mut Cases) -> Made {
    use RegistryStep::{Enforce, Expire, Grants, Insert};
    let expire = |now_ms| Expire(s("root"), 1, s("clock"), now_ms);
    let steps = vec![
        issue("root", 1, TermsText { expires_at_ms: Some(100), ..terms("a/**") }),
        Insert(0),
        attenuate("root", "child", terms("a/b"), 1),
        grant("child", 1),
        Enforce(s("child"), 1),
        follow(0, 99),
        is_active("child", 99),
        expire(99),
        is_active("child", 100),
        follow(0, 100),
        check(0, 1),
        expire(100),
        expire(101),
        attenuate("child", "late", TermsText::default(), 101),
        revoke("child", 101),
        grant("child", 102),
        grant("root", 102),
        Grants,
    ];
    cases.add("registry-end", Input::Registry { steps })
}

/// What is refused changes nothing.
fn refusals(cases: &mut Cases) -> Made {
    use RegistryStep::{Enforce, Expire, Follow, Grant, Grants, Insert, IsActive, Revoke};
    let root = TermsText { ceilings: vec![(s("calls"), 5)], expires_at_ms: Some(100), ..terms("a/**") };
    let wider = TermsText { ceilings: vec![(s("calls"), 6)], expires_at_ms: Some(101), ..terms("**") };
    let twice = TermsText { ceilings: vec![(s("calls"), 1), (s("calls"), 1)], ..TermsText::default() };
    let gate = GateText { name: s("g"), capability: s("do"), resource: s("**"), threshold: 0, ..GateText::default() };
    let gate = TermsText { gates: vec![gate], ..TermsText::default() };
    let steps = vec![
        issue("root", 1, root),
        Insert(0),
        Insert(0),
        attenuate("root", "child", terms("a/*"), 3),
        attenuate("root", "child", terms("a/*"), 3),
        grant("child", 3),
        grant("child", 3),
        attenuate("root", "wider", wider, 3),
        attenuate("root", "twice", twice, 3),
        attenuate("root", "gate", gate, 3),
        attenuate("root", "space", TermsText { permissions: vec![(s("d o"), s("a"))], ..TermsText::default() }, 3),
        attenuate("root", "dots", terms("../a"), 3),
        attenuate("root", "", TermsText::default(), 3),
        attenuate("none", "x", TermsText::default(), 3),
        Grant(s("root"), 2, s("ada"), 3),
        Revoke(s("none"), 1, s("ada"), 3),
        Expire(s("none"), 1, s("ada"), 3),
        IsActive(s("none"), 1, 3),
        Revoke(s("root"), 1, s(""), 3),
        // The clock of one that was derived has gone on: none is taken back.
        revoke("root", 2),
        Expire(s("child"), 1, s("ada"), 99),
        Enforce(s("child"), 1),
        Follow(0, s(""), 4),
        check(0, 4),
        revoke("child", 4),
        revoke("child", 5),
        Grant(s("child"), 1, s("ada"), 3),
        revoke("root", 5),
        Grant(s("root"), 1, s("ada"), 100),
        Grants,
    ];
    cases.add("registry-refused", Input::Registry { steps })
}

/// Grants that claim to come from one that is there.
fn forgeries(cases: &mut Cases) -> Made {
    use RegistryStep::{Activate, Grants, Insert};
    let gate = GateText { name: s("g"), capability: s("do"), resource: s("**"), ..GateText::default() };
    let gated = TermsText { gates: vec![gate], ceilings: vec![(s("calls"), 5)], ..terms("a/**") };
    let activate = |number| Activate(number, s("eve"), 1);
    let steps = vec![
        issue("root", 1, gated.clone()),
        issue("root", 1, terms("a/**")),
        issue("root", 1, TermsText { ceilings: Vec::new(), ..gated.clone() }),
        issue("root", 1, TermsText { ceilings: vec![(s("calls"), 6)], ..gated }),
        issue("elsewhere", 1, TermsText::default()),
        derive(4, "orphan"),
        Insert(5),
        Insert(0),
        derive(1, "ungated"),
        Insert(6),
        derive(2, "unbounded"),
        Insert(7),
        derive(3, "wider"),
        Insert(8),
        // It has all that it must, and may be granted beside the registry.
        derive(0, "child"),
        activate(9),
        Insert(9),
        derive(9, "grandchild"),
        activate(10),
        derive(9, "proposed"),
        revoke("root", 2),
        Insert(10),
        Insert(11),
        Grants,
    ];
    cases.add("registry-forged", Input::Registry { steps })
}

/// The longest chain.
fn chain(cases: &mut Cases) -> Made {
    use RegistryStep::{Chain, Insert};
    let steps = vec![
        issue("0", 1, TermsText::default()),
        Insert(0),
        Chain(s("0"), 64),
        attenuate("64", "65", TermsText::default(), 1),
        is_active("64", 1),
        revoke("60", 2),
        is_active("59", 2),
        is_active("60", 2),
    ];
    cases.add("registry-chain", Input::Registry { steps })
}

/// Any steps in any order.
fn walk(cases: &mut Cases, random: &mut Random) -> Made {
    let mut steps = vec![issue("0", 1, TermsText::default()), RegistryStep::Insert(0)];
    let mut now_ms = 0;
    for _ in 0..60 {
        now_ms += u64::from(random.below(2));
        let id = random.below(6).to_string();
        steps.push(match random.below(8) {
            0 | 1 => attenuate(&id, &random.below(6).to_string(), TermsText::default(), now_ms),
            2..=4 => grant(&id, now_ms),
            5 => revoke(&id, now_ms),
            _ => is_active(&id, now_ms),
        });
    }
    steps.push(RegistryStep::Grants);
    cases.add("registry-walk", Input::Registry { steps })
}
