//! Inputs of the suite `covenant`.
#![allow(clippy::arithmetic_side_effects, reason = "small numbers, made here")]

use interlock_core::covenant::{Fallback, Unsettled};

use super::{Case, Cases, Random, grant_registry};
use crate::replay::covenant::{Amounts, BudgetStep, EnforcerStep, GateText, GrantStep, Input, TermsText};

type Made = Result<(), serde_json::Error>;

/// The largest whole number that every host writes exactly.
const LARGEST: u64 = (1 << 53) - 1;

pub(super) fn cases(mut random: Random) -> Result<Vec<Case>, serde_json::Error> {
    let mut cases = Cases::default();
    budgets(&mut cases)?;
    budget_walks(&mut cases, &mut random)?;
    grants(&mut cases)?;
    attenuation(&mut cases)?;
    gates(&mut cases)?;
    enforcers(&mut cases, &mut random)?;
    patterns(&mut cases)?;
    grant_registry::cases(&mut cases, &mut random)?;
    Ok(cases.0)
}

fn s(text: &str) -> String {
    String::from(text)
}

fn amounts(pairs: &[(&str, u64)]) -> Amounts {
    pairs.iter().map(|(name, units)| (s(name), *units)).collect()
}

fn permissions(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(capability, resource)| (s(capability), s(resource))).collect()
}

fn terms(pairs: &[(&str, &str)]) -> TermsText {
    TermsText { permissions: permissions(pairs), ..TermsText::default() }
}

/// Leases that get more.
fn top_ups(cases: &mut Cases) -> Made {
    use BudgetStep::{Balances, Lease, Restore, Settle, TopUp};
    let steps = vec![
        Lease(amounts(&[("tokens", 4)]), 1_000, 100, Unsettled::Spend),
        TopUp(0, amounts(&[("tokens", 3)]), 1_010),
        TopUp(0, amounts(&[("tokens", 4)]), 1_020),
        TopUp(0, amounts(&[("calls", 2), ("tokens", 4)]), 1_020),
        TopUp(0, amounts(&[("calls", 2), ("tokens", 1)]), 1_020),
        TopUp(0, amounts(&[("calls", 1), ("calls", 1)]), 1_020),
        TopUp(0, amounts(&[("cost", 1)]), 1_020),
        TopUp(7, amounts(&[("calls", 1)]), 1_020),
        Balances,
        Restore,
        TopUp(0, amounts(&[("calls", 1)]), 1_099),
        Settle(0, amounts(&[("tokens", 8), ("calls", 1)])),
        TopUp(0, amounts(&[("calls", 1)]), 1_099),
        Lease(amounts(&[]), 1_100, 100, Unsettled::Refund),
        TopUp(1, amounts(&[("tokens", 2)]), 1_199),
        TopUp(1, amounts(&[]), 1_200),
    ];
    cases.add("budget-top-up", Input::Budget { ceilings: amounts(&[("tokens", 10), ("calls", 5)]), steps })
}

fn budgets(cases: &mut Cases) -> Made {
    use BudgetStep::{
        Balances, Commit, Extend, Lease, Reclaim, Refund, Renew, Reserve, Restore, SetCeiling, Settle, Spend,
    };
    let budget =
        |ceilings: &[(&str, u64)], steps: Vec<BudgetStep>| Input::Budget { ceilings: amounts(ceilings), steps };
    let tokens = || s("tokens");
    let steps = vec![
        Reserve(tokens(), 80),
        Reserve(tokens(), 21),
        Reserve(tokens(), 20),
        Balances,
        Commit(0, 81),
        Commit(0, 30),
        Commit(0, 30),
        Refund(0),
        Extend(0, 1),
        Refund(1),
        Extend(1, 1),
        Reserve(s("no such counter"), 1),
        Reserve(s("calls"), 0),
        Commit(2, 0),
        Commit(77, 0),
    ];
    cases.add("budget-reserve", budget(&[("tokens", 100), ("calls", 2)], steps))?;
    let steps = vec![
        Spend(amounts(&[("tokens", 60), ("calls", 1)])),
        Spend(amounts(&[("calls", 1), ("tokens", 41)])),
        Spend(amounts(&[("tokens", 10), ("tokens", 10)])),
        Spend(amounts(&[("tokens", 40), ("calls", 1)])),
        Spend(amounts(&[("tokens", 1)])),
        Spend(amounts(&[])),
        Spend(amounts(&[("gone", 1)])),
        SetCeiling(tokens(), 99),
        SetCeiling(tokens(), 100),
        SetCeiling(tokens(), 150),
        Spend(amounts(&[("tokens", 51)])),
        Spend(amounts(&[("tokens", 50)])),
    ];
    cases.add("budget-spend", budget(&[("tokens", 100), ("calls", 2)], steps))?;
    let steps = vec![
        Lease(amounts(&[("cost", 500), ("tokens", 10)]), 1_000, 60_000, Unsettled::Refund),
        Lease(amounts(&[("cost", 501)]), 1_000, 60_000, Unsettled::Spend),
        Lease(amounts(&[("cost", 500)]), 2_000, 60_000, Unsettled::Spend),
        Lease(amounts(&[]), 2_000, 0, Unsettled::Spend),
        Renew(0, 3_000, 10_000),
        Renew(0, 3_000, 90_000),
        Renew(9, 3_000, 90_000),
        Settle(0, amounts(&[("cost", 501)])),
        Settle(0, amounts(&[("calls", 1)])),
        Settle(0, amounts(&[("cost", 1), ("cost", 1)])),
        Settle(0, amounts(&[("cost", 499)])),
        Settle(0, amounts(&[("cost", 1)])),
        Reclaim(61_999),
        // The clock is set back: nothing lives longer for it.
        Reclaim(62_000),
        Reclaim(10),
        Balances,
        Lease(amounts(&[("cost", 1)]), 10, 5, Unsettled::Refund),
        Renew(2, 62_005, 5),
        Settle(2, amounts(&[])),
    ];
    cases.add("budget-lease", budget(&[("tokens", 10), ("cost", 1_000), ("calls", 5)], steps))?;
    top_ups(cases)?;
    let steps = vec![
        Reserve(tokens(), 5),
        Lease(amounts(&[("tokens", 7)]), 100, 50, Unsettled::Spend),
        Spend(amounts(&[("tokens", 1)])),
        Balances,
        Restore,
        Balances,
        Commit(0, 1),
        Settle(0, amounts(&[("tokens", 3)])),
        Balances,
    ];
    cases.add("budget-restore", budget(&[("tokens", 20)], steps))?;
    let steps = vec![
        Reserve(tokens(), LARGEST),
        Reserve(tokens(), 1),
        Extend(0, 1),
        Commit(0, LARGEST),
        Spend(amounts(&[("tokens", 1)])),
        SetCeiling(tokens(), 0),
    ];
    cases.add("budget-bounds", budget(&[("tokens", LARGEST), ("nothing", 0)], steps))?;
    let name = "n".repeat(64);
    let long = "n".repeat(65);
    for ceilings in
        [vec![("", 1)], vec![("a", 1), ("a", 2)], vec![(long.as_str(), 1)], vec![(name.as_str(), 1)], vec![]]
    {
        cases.add("budget-names", budget(&ceilings, vec![Balances]))?;
    }
    let many: Vec<(String, u64)> = (0..65).map(|number| (format!("c{number}"), 1)).collect();
    cases.add("budget-names", Input::Budget { ceilings: many, steps: Vec::new() })
}

/// Interleaved streams at random, amounts around what is free.
fn budget_walks(cases: &mut Cases, random: &mut Random) -> Made {
    for _ in 0..40 {
        let mut now_ms = 0;
        let mut given = 1;
        let steps = (0..40)
            .map(|_| {
                let counter = s(random.pick(&["tokens", "calls", "cost"]));
                let units = u64::from(random.below(40));
                let number = u64::from(random.below(given));
                now_ms += u64::from(random.below(40));
                given += u32::from(random.once_in(3));
                let unsettled = if random.once_in(2) { Unsettled::Refund } else { Unsettled::Spend };
                match random.below(14) {
                    0..=2 => BudgetStep::Reserve(counter, units),
                    3 => BudgetStep::Extend(number, units),
                    4 | 5 => BudgetStep::Commit(number, units),
                    6 => BudgetStep::Refund(number),
                    7 => BudgetStep::Spend(vec![(counter, units)]),
                    8 | 9 => BudgetStep::Lease(vec![(counter, units)], now_ms, 1 + units * 3, unsettled),
                    10 => BudgetStep::Renew(number, now_ms, 1 + units),
                    11 => BudgetStep::Settle(number, vec![(counter, units)]),
                    12 => BudgetStep::Reclaim(now_ms),
                    _ if random.once_in(4) => BudgetStep::Restore,
                    _ => BudgetStep::SetCeiling(counter, 100 + units),
                }
            })
            .collect();
        let ceilings = amounts(&[("tokens", 200), ("calls", 60), ("cost", 120)]);
        cases.add("budget-walk", Input::Budget { ceilings, steps })?;
    }
    Ok(())
}

fn grants(cases: &mut Cases) -> Made {
    use GrantStep::{Amend, Attenuate, Expire, Grant, IsActive, Issue, Negotiate, Propose, Revoke};
    let docs = || terms(&[("fs.read", "docs/**")]);
    let ends = || TermsText { expires_at_ms: Some(9_000), ..docs() };
    let by = || s("ada");
    let add = |cases: &mut Cases, name: &str, steps: Vec<GrantStep>| cases.add(name, Input::Grants { steps });
    add(
        cases,
        "grant-life",
        vec![
            Propose(s("assistant"), docs(), by(), 1_000),
            IsActive(0, 1_000),
            Revoke(0, by(), 1_000),
            Negotiate(0, by(), 1_500),
            Negotiate(0, by(), 1_500),
            Grant(0, s("grace"), 1_499),
            Grant(0, s("grace"), 2_000),
            Grant(0, s("grace"), 2_000),
            IsActive(0, 2_000),
            Expire(0, by(), 2_000),
            Revoke(0, s("grace"), 3_000),
            IsActive(0, 3_000),
            Grant(0, s("grace"), 4_000),
            Amend(0, terms(&[("fs.read", "**"), ("fs.write", "tmp/*")]), by(), 5_000),
            Amend(0, docs(), by(), 3_999),
            Grant(1, by(), 6_000),
            Grant(0, s(""), 6_000),
            Grant(0, "x".repeat(257), 6_000),
        ],
    )?;
    add(
        cases,
        "grant-end",
        vec![
            Propose(s("late"), ends(), by(), 9_000),
            Propose(s("short"), ends(), by(), 8_999),
            Grant(0, by(), 8_999),
            IsActive(0, 8_999),
            IsActive(0, 9_000),
            Expire(0, by(), 8_999),
            Revoke(0, by(), 9_000),
            Grant(0, by(), 9_001),
            Expire(0, by(), 9_001),
            Expire(0, by(), 9_002),
            Amend(0, docs(), by(), 9_003),
        ],
    )?;
    add(
        cases,
        "grant-issue",
        vec![
            Issue(s("policy"), 7, docs(), s("author"), 0),
            IsActive(0, 0),
            Amend(0, docs(), by(), 1),
            Issue(s("policy"), u32::MAX, docs(), s("author"), 0),
            Amend(2, docs(), by(), 1),
            Propose(s(""), docs(), by(), 0),
            Attenuate(1, s("helper"), docs(), by(), 1),
        ],
    )?;
    let gate = |name: &str| GateText {
        name: s(name),
        capability: s("fs.read"),
        resource: s("docs/**"),
        ..GateText::default()
    };
    let bad = [
        TermsText { gates: vec![gate("a"), gate("a")], ..docs() },
        TermsText { gates: vec![gate("")], ..docs() },
        TermsText { gates: vec![GateText { threshold: 0, ..gate("a") }], ..docs() },
        TermsText { gates: vec![GateText { approvals: 65, ..gate("a") }], ..docs() },
        TermsText { gates: vec![GateText { approvals: 2, approvers: vec![s("x")], ..gate("a") }], ..docs() },
        TermsText { gates: vec![GateText { escalation: vec![s("x"), s("x")], ..gate("a") }], ..docs() },
        TermsText { ceilings: amounts(&[("tokens", 1), ("tokens", 2)]), ..docs() },
        terms(&[("fs read", "a")]),
        terms(&[("", "a")]),
        terms(&[("fs.*", "a")]),
        terms(&[("fs", "")]),
        terms(&[("fs", "a/../b")]),
        terms(&[("fs", "a**")]),
        terms(&[("fs", "**/a")]),
        terms(&[("fs", "a\u{7}b")]),
    ];
    let steps = bad.into_iter().map(|terms| Propose(s("bad"), terms, by(), 0)).collect();
    add(cases, "grant-terms", steps)
}

fn attenuation(cases: &mut Cases) -> Made {
    use GrantStep::{Amend, Attenuate, Grant, Propose, Revoke};
    let wide = TermsText {
        permissions: permissions(&[("fs.read", "docs/**"), ("fs.write", "docs/drafts/*"), ("net", "*.example.org/a*")]),
        gates: vec![GateText {
            name: s("writes"),
            capability: s("fs.write"),
            resource: s("**"),
            ..GateText::default()
        }],
        ceilings: amounts(&[("tokens", 1_000), ("calls", 10)]),
        expires_at_ms: Some(100_000),
    };
    let by = || s("assistant");
    let mut steps = vec![
        Propose(s("parent"), wide, s("ada"), 0),
        Attenuate(0, s("early"), terms(&[]), by(), 1),
        Grant(0, s("grace"), 10),
    ];
    let narrower = [
        terms(&[]),
        terms(&[("fs.read", "docs/drafts/*")]),
        terms(&[("fs.read", "docs/**"), ("net", "www.example.org/ab")]),
        TermsText { expires_at_ms: Some(100_000), ceilings: amounts(&[("tokens", 1_000), ("own", 5)]), ..terms(&[]) },
        TermsText {
            gates: vec![GateText {
                name: s("reads"),
                capability: s("fs.read"),
                resource: s("docs/**"),
                ..GateText::default()
            }],
            ..terms(&[("fs.read", "docs/a")])
        },
        // More than there is.
        terms(&[("fs.read", "**")]),
        terms(&[("fs.read", "docs")]),
        terms(&[("fs.read", "docs/a"), ("fs.write", "docs/a"), ("net", "*.org/a")]),
        terms(&[("fs.delete", "docs/a")]),
        TermsText { expires_at_ms: Some(100_001), ..terms(&[]) },
        TermsText { ceilings: amounts(&[("tokens", 1_001), ("calls", 11)]), ..terms(&[("fs.read", "etc/*")]) },
        // A gate of the parent's name.
        TermsText {
            gates: vec![GateText {
                name: s("writes"),
                capability: s("fs.read"),
                resource: s("**"),
                ..GateText::default()
            }],
            ..terms(&[])
        },
    ];
    for (number, terms) in narrower.into_iter().enumerate() {
        steps.push(Attenuate(0, format!("child{number}"), terms, by(), 20));
    }
    steps.extend([
        Grant(1, s("grace"), 30),
        Grant(2, s("grace"), 30),
        // A child of a child; a derived grant is not amended.
        Attenuate(2, s("grandchild"), terms(&[("fs.read", "docs/drafts/a")]), by(), 40),
        Attenuate(2, s("grandchild"), terms(&[("fs.read", "docs/a")]), by(), 40),
        Amend(2, terms(&[]), by(), 40),
        Attenuate(0, s("clock"), terms(&[]), by(), 5),
        Revoke(0, s("grace"), 50),
        Attenuate(0, s("late"), terms(&[]), by(), 60),
    ]);
    cases.add("attenuation", Input::Grants { steps })
}

fn check(capability: &str, resource: &str, costs: &[(&str, u64)], now_ms: u64) -> EnforcerStep {
    EnforcerStep::Check(s(capability), s(resource), amounts(costs), now_ms)
}

fn enforcer(terms: TermsText, steps: Vec<EnforcerStep>) -> Input {
    Input::Enforcer { grant: s("assistant"), terms, steps }
}

fn gates(cases: &mut Cases) -> Made {
    use EnforcerStep::{Advance, Approve, Balances, Reject, Resume, Reviews};
    let gate = GateText { name: s("deletes"), capability: s("fs"), resource: s("delete/**"), ..GateText::default() };
    let with = |gate: GateText| TermsText {
        gates: vec![gate],
        ceilings: amounts(&[("calls", 8)]),
        ..terms(&[("fs", "read/**"), ("fs", "delete/tmp/*")])
    };
    let delete = |name: &str, now_ms: u64| check("fs", &format!("delete/tmp/{name}"), &[("calls", 1)], now_ms);
    let who = || s("grace");
    // Each waits; two approve; others are asked after a time-out.
    let two = GateText {
        approvals: 2,
        approvers: vec![s("ada"), s("grace"), s("mary")],
        timeout_ms: 1_000,
        fallback: Fallback::Escalate,
        escalation: vec![s("board"), s("chair")],
        ..gate.clone()
    };
    cases.add(
        "gate-escalate",
        enforcer(
            with(two),
            vec![
                check("fs", "read/a/b", &[("calls", 1)], 1),
                delete("a", 2),
                delete("b", 3),
                Reviews,
                Approve(0, s("mallory"), 4),
                Approve(0, s("ada"), 4),
                Approve(0, s("ada"), 5),
                Resume(0, 5),
                Approve(0, who(), 6),
                Approve(0, s("mary"), 6),
                Reviews,
                Resume(0, 7),
                Resume(0, 7),
                delete("b", 8),
                Advance(1_008),
                Reviews,
                Approve(1, s("ada"), 1_009),
                Approve(1, s("board"), 1_009),
                Reject(1, s("chair"), 1_010),
                Resume(1, 1_011),
                delete("c", 1_012),
                Advance(9_000),
                Resume(2, 9_000),
                Resume(2, 9_000),
                Approve(7, who(), 9_000),
                Balances,
            ],
        ),
    )?;
    // The third since the last approval waits.
    let third = GateText { threshold: 3, timeout_ms: 100, fallback: Fallback::AllowLimited, limit: 2, ..gate.clone() };
    cases.add(
        "gate-limited",
        enforcer(
            with(third),
            vec![
                delete("a", 0),
                delete("b", 0),
                delete("c", 1),
                Resume(0, 50),
                delete("d", 101),
                Resume(0, 102),
                delete("e", 103),
                Reviews,
                Approve(0, who(), 104),
                delete("f", 105),
                Reject(0, who(), 105),
                Balances,
            ],
        ),
    )?;
    // Nobody is waited for.
    for fallback in [Fallback::Deny, Fallback::AllowLimited, Fallback::Escalate] {
        let at_once = GateText { fallback, limit: 1, ..gate.clone() };
        cases.add("gate-nobody", enforcer(with(at_once), vec![delete("a", 0), delete("b", 0), Reviews, Balances]))?;
    }
    let denies = GateText { timeout_ms: 10, ..gate };
    cases.add(
        "gate-deny",
        enforcer(
            with(denies),
            vec![
                delete("a", 0),
                Reject(0, who(), 1),
                Resume(0, 1),
                delete("b", 2),
                Approve(1, who(), 12),
                Resume(1, 13),
                delete("c", 14),
                // The clock is set back.
                Approve(2, who(), 3),
                Resume(2, 3),
                Balances,
            ],
        ),
    )
}

fn enforcers(cases: &mut Cases, random: &mut Random) -> Made {
    use EnforcerStep::{Balances, CheckMany, Regrant, Revoke};
    let small = TermsText {
        ceilings: amounts(&[("tokens", 100), ("calls", 3)]),
        expires_at_ms: Some(5_000),
        ..terms(&[("tool-call", "search"), ("tool-call", "read_file/docs/**"), ("tokens", "*")])
    };
    let long = "x".repeat(5_000);
    cases.add(
        "enforcer",
        enforcer(
            small,
            vec![
                check("tool-call", "search", &[("calls", 1), ("tokens", 40)], 1),
                check("tool-call", "searches", &[], 2),
                check("tool-call", "read_file/docs/a/b", &[("calls", 1)], 3),
                check("tool-call", "read_file/docs/../b", &[("calls", 1)], 3),
                check("tool-call", "read_file/docs", &[("calls", 1)], 3),
                check("Tool-call", "search", &[], 3),
                check("tool-call", "", &[], 3),
                check("tool-call", "a\u{0}b", &[], 3),
                check("tool-call", &long, &[], 3),
                check("tool-call", "search \"quoted\"\n", &[], 3),
                check("tool-call", "search", &[("tokens", 61)], 4),
                check("tool-call", "search", &[("tokens", 1), ("tokens", 1)], 4),
                check("tool-call", "search", &[("nothing", 1)], 4),
                CheckMany(
                    ["search", "other", "search", "search"]
                        .map(|tool| (s("tool-call"), s(tool), amounts(&[("calls", 1)])))
                        .to_vec(),
                    5,
                ),
                Balances,
                Revoke(s("grace"), 6),
                check("tool-call", "search", &[], 7),
                Revoke(s("grace"), 7),
                Regrant(s("grace"), 2),
                check("tool-call", "search", &[], 8),
                check("tool-call", "search", &[], 5_000),
                check("tool-call", "search", &[], 1),
                Regrant(s("grace"), 6_000),
            ],
        ),
    )?;
    // A long list of permissions.
    let many: Vec<(String, String)> = (0..300)
        .map(|number| {
            let resource = match number % 5 {
                0 => format!("a{number}/**"),
                1 => format!("b/{number}/*"),
                2 => format!("c/*/{number}"),
                3 => format!("d{number}"),
                _ => format!("e/f{number}*g"),
            };
            (format!("cap{}", number % 3), resource)
        })
        .collect();
    let steps = (0..200)
        .map(|now_ms| {
            let number = random.below(310);
            let resource = match random.below(6) {
                0 => format!("a{number}/x/y"),
                1 => format!("b/{number}/x"),
                2 => format!("c/anything/{number}"),
                3 => format!("d{number}"),
                4 => format!("e/f{number}xyzg"),
                _ => format!("b/{number}"),
            };
            check(&format!("cap{}", random.below(4)), &resource, &[], now_ms)
        })
        .collect();
    cases.add("enforcer-many", enforcer(TermsText { permissions: many, ..TermsText::default() }, steps))
}

fn patterns(cases: &mut Cases) -> Made {
    let patterns = [
        "a",
        "a/b",
        "*",
        "**",
        "*/*",
        "a/*",
        "a/**",
        "*a",
        "a*",
        "*a*",
        "a*b",
        "a*b*c",
        "*/b",
        "*/**",
        "a/*/c",
        "a*/**",
        "é*",
        "",
        "a/**/b",
        "a**",
        ".",
        "../a",
        "a/./b",
        "a\\..\\b",
        "a\u{1}",
        "//",
        "/a",
        "a/",
        "*.example.org",
        "***",
    ];
    let resources = [
        "a",
        "b",
        "a/b",
        "a/b/c",
        "ab",
        "aXb",
        "aXbYc",
        "",
        "a/",
        "/a",
        "/",
        "é",
        "éa",
        "www.example.org",
        "example.org",
        "a/..",
        "a/.../b",
        "..a",
        "a\\b",
        "a/*",
        "*",
        "**",
        "a\u{0}",
        "A",
    ];
    let owned = |texts: &[&str]| texts.iter().map(|text| s(text)).collect();
    cases.add("patterns", Input::Patterns { patterns: owned(&patterns), resources: owned(&resources) })
}
