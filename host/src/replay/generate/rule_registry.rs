//! Registries of the suite `rules`: every way in which something is refused, failures at each step, and random ones.
#![allow(clippy::arithmetic_side_effects, reason = "small numbers, made here")]

use interlock_core::rules::{DATA_FORMAT, MAX_WAITING};

use super::rules::{Made, data_rule, for_target, key, needing, policy_rule, rule, s, secret};
use super::{Cases, Random, rule_walk};
use crate::replay::Native;
use crate::replay::rules::{CapabilityText, Input, KeyText, RuleText, Run, Step, Word};
use crate::replay::text::hex;

pub(super) fn cases(cases: &mut Cases, random: &mut Random) -> Made {
    life(cases)?;
    admission(cases)?;
    dependencies(cases)?;
    failures(cases)?;
    history(cases)?;
    pins(cases)?;
    drains(cases)?;
    signatures(cases)?;
    bounds(cases)?;
    policies(cases)?;
    snapshots(cases)?;
    for history in [1, 1, 2, 2, 3, 5, 8] {
        rule_walk::wandering(cases, random, history)?;
    }
    Ok(())
}

pub(super) fn host() -> CapabilityText {
    (DATA_FORMAT, DATA_FORMAT, true, false, vec![s("cpu"), s("sm_80")])
}

fn add(cases: &mut Cases, name: &str, history: u32, steps: Vec<Step>) -> Made {
    add_keyed(cases, name, history, Vec::new(), steps)
}

pub(super) fn add_keyed(
    cases: &mut Cases,
    name: &str,
    history: u32,
    keys: Vec<(Vec<KeyText>, u32)>,
    mut steps: Vec<Step>,
) -> Made {
    if !steps.iter().any(|step| matches!(step, Step::RegisterMany(_))) {
        steps.push(Step::State);
    }
    cases.add(name, Input::Registry { capability: host(), history, keys, steps })
}

pub(super) fn at(now: u64) -> Word {
    Word(now)
}

pub(super) fn ok(messages: u64, now: u64) -> Step {
    Step::Complete(format!("ok {messages}"), at(now))
}

pub(super) fn failed(now: u64) -> Step {
    Step::Complete(s("backend it broke"), at(now))
}

pub(super) fn begin(id: &str, version: u64, now: u64) -> Step {
    Step::BeginReload(s(id), Word(version), at(now))
}

pub(super) fn back(id: &str, version: u64, now: u64) -> Step {
    Step::BeginRollback(s(id), Word(version), at(now))
}

/// The first version of a rule, made active.
pub(super) fn first(id: &str) -> Vec<Step> {
    vec![Step::Reload(rule(id, 1), at(0)), Step::Settle(at(1)), Step::TakeOutcome]
}

/// A version above the active one, made active.
fn next(rule: RuleText, now: u64) -> Vec<Step> {
    vec![Step::Reload(rule, at(now)), Step::Settle(at(now + 1)), Step::TakeOutcome]
}

/// Registered, reloaded, superseded, rolled back from and reloaded again.
fn life(cases: &mut Cases) -> Made {
    let mut steps = vec![Step::Register(rule("r", 1), at(10)), Step::State, begin("r", 1, 20)];
    for now in [30, 45] {
        steps.extend([Step::Step, ok(1, now), Step::State]);
    }
    steps.extend([Step::TakeOutcome, Step::TakeOutcome, Step::Active(s("r"))]);
    steps.extend([Step::Reload(rule("r", 5), at(100)), Step::Version(s("r"), Word(5)), Step::Version(s("r"), Word(2))]);
    for (messages, now) in [(0, 107), (12, 150), (3, 155)] {
        steps.extend([Step::Step, ok(messages, now), Step::State]);
    }
    steps.extend([Step::TakeOutcome, Step::Step, ok(0, 160), Step::Step]);
    for (step, now) in [(back("r", 1, 200), 200), (begin("r", 5, 300), 300)] {
        steps.extend([step, ok(0, now + 1), ok(0, now + 2), ok(0, now + 4), Step::TakeOutcome, Step::State]);
        steps.extend([Step::Step, Step::Complete(s("timed-out"), at(now + 5)), Step::TakeOutcome, Step::Step]);
    }
    add(cases, "life", 5, steps)
}

fn admission(cases: &mut Cases) -> Made {
    let steps = [
        Step::Register(rule("r", 3), at(0)),
        Step::Register(rule("r", 3), at(0)),
        Step::Register(RuleText { payload: s("00"), ..rule("r", 3) }, at(0)),
        Step::Register(rule("r", 2), at(0)),
        Step::Register(for_target("sm_90", rule("s", 1)), at(0)),
        Step::Register(for_target("sm_70", rule("s", 1)), at(0)),
        Step::Register(for_target("sm_80a", rule("t", 1)), at(0)),
        Step::Register(for_target("wasm32", rule("t", 1)), at(0)),
        Step::Register(for_target("wasm32+simd128", rule("u", 1)), at(0)),
        Step::Register(for_target("data/99", rule("u", 1)), at(0)),
        Step::Register(rule("", 1), at(0)),
        Step::Register(rule("big", u64::MAX), Word(u64::MAX)),
        Step::Register(rule("big", u64::MAX), at(0)),
        begin("nobody", 1, 0),
        begin("r", 4, 0),
        back("nobody", 1, 0),
        back("r", 3, 0),
        back("r", 2, 0),
        Step::Readmit(s("nobody"), Word(1)),
        Step::Readmit(s("r"), Word(1)),
        Step::Readmit(s("r"), Word(3)),
        Step::SetReloadPolicy(s("nobody"), s("finish")),
        Step::EmergencyStop(s("nobody")),
        Step::LiftStop(s("nobody")),
        Step::History(s("nobody")),
        Step::Active(s("nobody")),
        Step::Active(s("r")),
        Step::Pin(s("nobody")),
        Step::Pin(s("r")),
        Step::Reload(rule("r", 3), at(0)),
        Step::Step,
        ok(0, 0),
        Step::CompleteStep(Word(1), s("ok 0"), at(0)),
        begin("r", 3, 0),
        Step::CompleteStep(Word(2), s("ok 0"), at(0)),
        Step::CompleteStep(Word(u64::MAX), s("ok 0"), at(0)),
        ok(0, 0),
        ok(0, 0),
        back("r", 3, 1),
        begin("r", 3, 1),
    ];
    add(cases, "admission", 5, steps.to_vec())
}

fn dependencies(cases: &mut Cases) -> Made {
    let mut steps = vec![
        Step::Register(needing(&[("b", 1)], rule("a", 1)), at(0)),
        Step::Register(rule("b", 1), at(0)),
        Step::Register(needing(&[("b", 2)], rule("a", 1)), at(0)),
        Step::Register(needing(&[("b", 1)], rule("a", 1)), at(0)),
        // Registered is not active.
        begin("a", 1, 1),
        begin("b", 1, 1),
        Step::Settle(at(2)),
        begin("a", 1, 4),
        Step::Settle(at(5)),
        // A circle, at once and over a third rule.
        Step::Register(needing(&[("a", 1)], rule("b", 2)), at(7)),
        Step::Register(needing(&[("a", 1)], rule("c", 1)), at(7)),
        Step::Register(needing(&[("c", 1)], rule("b", 2)), at(7)),
        Step::Reload(needing(&[("a", 1), ("c", 1)], rule("b", 2)), at(7)),
    ];
    steps.extend(next(rule("b", 2), 10));
    steps.extend(next(needing(&[("b", 2)], rule("a", 2)), 20));
    // What a rule that is active needs stays.
    steps.extend([back("b", 1, 30), back("a", 1, 31), Step::Settle(at(32)), Step::State]);
    steps.extend([back("b", 1, 35), begin("a", 2, 36), Step::Settle(at(37)), Step::TakeOutcome, Step::TakeOutcome]);
    add(cases, "dependencies", 5, steps)?;
    // What was right when it began to wait is checked again when its turn comes.
    let mut steps = first("b");
    steps.extend([
        Step::Register(rule("b", 2), at(5)),
        Step::Register(needing(&[("b", 2)], rule("a", 1)), at(5)),
        begin("b", 2, 6),
        begin("a", 1, 6),
        Step::State,
        ok(0, 7),
        ok(0, 8),
        failed(9),
        Step::Settle(at(10)),
        Step::TakeOutcome,
        Step::TakeOutcome,
        Step::TakeOutcome,
    ]);
    add(cases, "dependencies", 5, steps)
}

/// A swap that fails at each step, and in each way.
fn failures(cases: &mut Cases) -> Made {
    let long = format!("backend {}é{}", "x".repeat(1023), "y".repeat(40));
    for (how, name) in [("backend it broke", "failure"), ("timed-out", "failure-time"), (long.as_str(), "failure-long")]
    {
        for step in 0..3 {
            if name == "failure-long" && step != 1 {
                continue;
            }
            let mut steps = first("r");
            steps.extend([Step::Pin(s("r")), Step::Reload(rule("r", 2), at(10))]);
            steps.extend((0..step).map(|done| ok(0, 11 + done)));
            steps.extend([Step::Complete(s(how), at(20)), Step::Step, Step::State]);
            // The old version goes on, and the new one is unloaded.
            steps.extend([failed(21), Step::Step, ok(0, 22), Step::Step, failed(23), Step::Step]);
            steps.extend([Step::TakeOutcome, Step::TakeOutcome, Step::Active(s("r")), Step::Pinned(Word(0))]);
            steps.extend([begin("r", 2, 30), Step::Readmit(s("r"), Word(2)), Step::Readmit(s("r"), Word(2))]);
            steps.extend([begin("r", 2, 31), Step::Settle(at(32)), Step::TakeOutcome]);
            add(cases, name, 5, steps)?;
        }
    }
    // The first version has nothing to go back to.
    for step in 0..2 {
        let mut steps = vec![Step::Reload(rule("r", 1), at(0))];
        steps.extend((0..step).map(|done| ok(0, 1 + done)));
        steps.extend([failed(5), Step::Step, ok(0, 6), Step::TakeOutcome, Step::Pin(s("r")), back("r", 1, 7)]);
        steps.extend(next(rule("r", 2), 10));
        add(cases, "failure-first", 5, steps)?;
    }
    Ok(())
}

/// Versions pile up: neither the active one goes, nor one that a stream uses.
fn history(cases: &mut Cases) -> Made {
    for bound in [0, 1, 2] {
        let mut steps = first("r");
        steps.push(Step::Pin(s("r")));
        for version in 2..6 {
            steps.push(Step::Register(rule("r", version), at(version)));
        }
        steps.extend([Step::State, begin("r", 2, 10), begin("r", 5, 10), Step::Settle(at(11))]);
        steps.extend([Step::TakeOutcome, Step::State, Step::Pin(s("r")), back("r", 1, 20), Step::Unpin(Word(0))]);
        steps.extend([Step::Settle(at(21)), back("r", 1, 22), Step::State, Step::Settle(at(30))]);
        steps.extend([Step::TakeOutcome, Step::TakeOutcome, Step::Unpin(Word(1 << 32)), Step::Settle(at(40))]);
        add(cases, "history", bound, steps)?;
    }
    Ok(())
}

fn pins(cases: &mut Cases) -> Made {
    let mut steps = first("r");
    steps.extend([Step::Pin(s("r")), Step::Pin(s("r")), Step::Pin(s("r")), Step::Adopt(Word(0))]);
    steps.extend(next(rule("r", 2), 10));
    steps.extend([Step::Adopt(Word(0)), Step::Pinned(Word(0)), Step::Step]);
    steps.push(Step::SetReloadPolicy(s("r"), s("adopt-at-next-segment")));
    steps.extend([Step::Adopt(Word(0)), Step::Adopt(Word(0)), Step::Pinned(Word(0)), Step::Pinned(Word(1 << 32))]);
    // A pin that was given back names nothing, and its place comes again under another name.
    steps.extend([Step::Unpin(Word(1 << 32)), Step::Unpin(Word(1 << 32)), Step::Pinned(Word(1 << 32))]);
    steps.extend([Step::Pin(s("r")), Step::Pinned(Word((1 << 32) + 1)), Step::IsStopped(Word(1 << 32))]);
    steps.extend([Step::Adopt(Word(7)), Step::Unpin(Word(u64::MAX)), Step::Pinned(Word(7 << 32))]);
    steps.extend([Step::IsStopped(Word(0)), Step::EmergencyStop(s("r")), Step::EmergencyStop(s("r"))]);
    steps.extend([Step::IsStopped(Word(0)), Step::IsStopped(Word(2 << 32)), Step::Adopt(Word(0)), Step::Pin(s("r"))]);
    steps.extend([Step::State, Step::LiftStop(s("r")), Step::IsStopped(Word(0)), Step::Adopt(Word(2 << 32))]);
    steps.extend([Step::Pin(s("r")), Step::IsStopped(Word(3 << 32)), Step::EmergencyStop(s("r")), Step::State]);
    for pin in [0, (1 << 32) + 1, 2 << 32, 3 << 32] {
        steps.extend([Step::Unpin(Word(pin)), Step::Step]);
    }
    steps.extend([ok(0, 50), Step::LiftStop(s("r")), Step::Pin(s("r"))]);
    add(cases, "pins", 5, steps)
}

fn drains(cases: &mut Cases) -> Made {
    // Until its streams have ended; or too long.
    for is_patient in [true, false] {
        let mut steps = first("r");
        steps.extend([Step::SetReloadPolicy(s("r"), s("drain 100")), Step::Pin(s("r")), Step::Pin(s("r"))]);
        steps.extend([Step::Reload(rule("r", 2), at(10)), ok(0, 20), Step::Step, Step::State]);
        steps.extend([Step::Pin(s("r")), ok(0, 30), Step::Unpin(Word(0)), ok(0, 119), Step::Adopt(Word(1 << 32))]);
        if is_patient {
            steps.extend([Step::Unpin(Word(1 << 32)), Step::Step, ok(0, 119), Step::Step, ok(0, 121)]);
        } else {
            steps.extend([ok(0, 120), Step::Step, Step::Pin(s("r")), ok(0, 121)]);
        }
        steps.extend([Step::TakeOutcome, Step::Step, Step::Pin(s("r")), Step::Active(s("r"))]);
        if !is_patient {
            // It may be tried again.
            steps.extend([
                ok(0, 122),
                begin("r", 2, 130),
                ok(0, 131),
                Step::Complete(s("timed-out"), at(132)),
                ok(0, 133),
            ]);
            steps.push(Step::TakeOutcome);
        }
        add(cases, "drain", 5, steps)?;
    }
    let mut steps = first("r");
    steps.push(Step::SetReloadPolicy(s("r"), format!("drain {}", u64::MAX)));
    steps.extend([Step::Pin(s("r")), Step::Reload(rule("r", 2), at(10)), ok(0, 20), Step::Step, ok(0, 1 << 52)]);
    steps.extend([Step::EmergencyStop(s("r")), Step::Unpin(Word(0)), Step::Settle(at(30)), Step::TakeOutcome]);
    add(cases, "drain", 5, steps)
}

fn signatures(cases: &mut Cases) -> Made {
    let [ann, ben] = [secret("ann", 1), secret("ben", 2)];
    let keys = vec![
        (vec![key("ann", 1, "current"), key("ben", 2, "current")], 1),
        (vec![key("ann", 1, "current"), key("ben", 2, "current")], 2),
        // Rotated out, and taken back.
        (vec![key("ann", 1, "retired"), key("ben", 2, "current")], 1),
        (vec![key("ann", 1, "revoked"), key("ben", 2, "current")], 1),
    ];
    let mut steps = vec![Step::Register(rule("r", 1), at(0)), Step::Reload(rule("u", 1), at(0)), Step::Settle(at(0))];
    steps.extend([
        Step::Trust(0),
        Step::Register(rule("r", 2), at(1)),
        Step::Reload(rule("r", 2), at(1)),
        begin("r", 1, 1),
    ]);
    let by = |version: u64, by: &[&(String, String)], keys: usize| {
        Step::RegisterVerified(rule("r", version), by.iter().copied().cloned().collect(), keys, at(version))
    };
    steps.extend([by(2, &[], 0), by(2, &[&secret("ann", 9)], 0), by(2, &[&ann], 1), by(2, &[&ann, &ben], 1)]);
    steps.extend([
        by(2, &[&ann], 0),
        by(3, &[&ann, &ben], 0),
        by(2, &[&ann], 0),
        begin("r", 2, 5),
        Step::Settle(at(6)),
    ]);
    // What a retired key signed may become active, nothing new is taken from it.
    steps.extend([Step::Trust(2), by(4, &[&ann], 2), by(4, &[&ben], 2), begin("r", 3, 10), Step::Settle(at(11))]);
    // What a revoked one signed counts no longer, but what is active goes on.
    steps.extend([Step::Trust(3), back("r", 2, 20), begin("r", 4, 21), Step::Settle(at(22)), back("r", 3, 25)]);
    steps.extend([Step::Settle(at(26)), Step::Active(s("r")), Step::Active(s("u")), Step::Restart]);
    steps.extend([Step::Register(rule("r", 9), at(30)), by(9, &[&ann], 3), by(9, &[&ben], 2)]);
    steps.push(Step::ReloadVerified(rule("r", 9), vec![ben.clone()], 3, at(31)));
    steps.extend([ok(0, 32), Step::Trust(1), Step::Settle(at(33)), Step::TakeOutcome]);
    steps.push(Step::ReloadVerified(rule("r", 10), vec![ann, ben], 1, at(40)));
    steps.push(Step::Snapshot);
    add_keyed(cases, "signatures", 3, keys, steps)
}

fn bounds(cases: &mut Cases) -> Made {
    // Swaps that wait, and outcomes that nobody takes.
    let mut steps: Vec<Step> =
        (1..=u64::from(MAX_WAITING)).map(|version| Step::Reload(rule("r", version), at(version))).collect();
    steps.extend([Step::Reload(rule("r", 99), at(0)), begin("r", 1, 0), ok(0, 100), ok(0, 101), begin("r", 99, 102)]);
    steps.extend([Step::TakeOutcome, Step::Reload(rule("r", 99), at(103))]);
    add(cases, "queue", 2, steps)?;
    add(cases, "many", 1, vec![Step::RegisterMany(1025), Step::Register(rule("r7", 2), at(0)), Step::History(s("r7"))])
}

/// Policies, which the backend of every build loads.
fn policies(cases: &mut Cases) -> Made {
    let mut steps = vec![Step::Reload(policy_rule("p", 1, 0.4), at(0)), Step::RunSteps(at(5)), Step::TakeOutcome];
    steps.extend([Step::Pin(s("p")), Step::Reload(policy_rule("p", 2, 0.5), at(10)), Step::RunSteps(at(11))]);
    steps.extend([
        Step::TakeOutcome,
        Step::Reload(data_rule("p", 3), at(20)),
        Step::RunSteps(at(21)),
        Step::TakeOutcome,
    ]);
    steps.extend([Step::Active(s("p")), Step::Restart, Step::Pinned(Word(0)), Step::Active(s("p")), back("p", 1, 30)]);
    steps.extend([
        Step::RunSteps(at(31)),
        Step::TakeOutcome,
        Step::Reload(rule("other", 1), at(40)),
        Step::RunSteps(at(41)),
    ]);
    steps.extend([
        Step::TakeOutcome,
        Step::SetReloadPolicy(s("p"), s("drain 50")),
        Step::Pin(s("p")),
        begin("p", 2, 50),
    ]);
    steps.extend([
        Step::RunSteps(at(51)),
        Step::Step,
        Step::RunSteps(at(52)),
        Step::RunSteps(at(101)),
        Step::TakeOutcome,
    ]);
    steps.extend([Step::Unpin(Word(0)), begin("p", 2, 60), Step::RunSteps(at(60)), Step::TakeOutcome]);
    add(cases, "policies", 3, steps)?;
    // What is active and no policy is refused by a host that starts again.
    let mut steps = vec![Step::Reload(data_rule("p", 1), at(0)), ok(0, 1), ok(0, 2), Step::TakeOutcome];
    steps.extend([Step::Restart, Step::Active(s("p"))]);
    add(cases, "policies", 3, steps)
}

fn snapshots(cases: &mut Cases) -> Made {
    let mut steps = first("a");
    steps.extend(first("b"));
    steps.extend(next(needing(&[("b", 1)], rule("a", 2)), 10));
    steps.extend([
        Step::Register(rule("a", 3), at(20)),
        Step::SetReloadPolicy(s("a"), s("drain 7")),
        Step::Pin(s("b")),
    ]);
    steps.extend([Step::Reload(rule("b", 2), at(30)), failed(31), Step::EmergencyStop(s("b"))]);
    steps.extend([
        Step::Step,
        Step::State,
        Step::Snapshot,
        Step::Restart,
        Step::State,
        Step::Step,
        Step::Pinned(Word(0)),
    ]);
    steps.extend([Step::Pin(s("b")), Step::LiftStop(s("b")), Step::Pin(s("b")), Step::Register(rule("b", 2), at(50))]);
    let Ok(mut registry) = Run::new(&Native, host(), 2, Vec::new()) else { return Ok(()) };
    let said: Vec<_> = steps.iter().map(|step| (matches!(step, Step::Snapshot), registry.does(step))).collect();
    let snapshot = said.into_iter().find_map(|(is_it, said)| said.ok().filter(|_| is_it)).unwrap_or_default();
    add(cases, "snapshot", 2, steps)?;
    // Damaged ones change nothing.
    let mut steps = first("kept");
    let whole = crate::replay::read_hex(&snapshot).unwrap_or_default();
    for length in [0, 8, 40, whole.len() / 2, whole.len().saturating_sub(1)] {
        steps.push(Step::Restore(hex(whole.get(..length).unwrap_or_default())));
    }
    for at in (0..whole.len()).step_by((whole.len() / 8).max(1)) {
        let mut changed = whole.clone();
        if let Some(byte) = changed.get_mut(at) {
            *byte ^= 1;
        }
        steps.push(Step::Restore(hex(&changed)));
    }
    steps.extend([Step::State, Step::Restore(hex(&whole))]);
    add(cases, "snapshot-damaged", 2, steps)
}
