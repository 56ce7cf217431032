//! What the covenant costs before every operation: a check among a thousand permissions, a reservation and its settling.
//!
//! A line is one row of `npm run bench` as JSON: the minimum of the rounds, scaled by a calibration loop of the same
//! round.
#![allow(
    clippy::unwrap_used,
    clippy::cast_precision_loss,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    missing_docs
)]

use std::hint::black_box;
use std::time::Instant;

use interlock_core::covenant::{Budget, Ceiling, Enforcer, Grant, Permission, Terms};

mod calibration;
use calibration::{REFERENCE_STEP_NS, calibration_step_ns};

/// Some seconds in all, for others on the same processor slow a machine down for shorter.
const ROUNDS: usize = 40;
/// Short spells, of which the least counts: a machine with other work interrupts a long one in any case, and the
/// calibration is as short.
const SPELLS: usize = 100;
const TIMES: usize = 1_000;

struct Timed {
    name: &'static str,
    goal: f64,
    run: Box<dyn FnMut(usize)>,
    measured: f64,
    scaled: f64,
}

fn row(name: &'static str, goal: f64, run: impl FnMut(usize) + 'static) -> Timed {
    Timed { name, goal, run: Box::new(run), measured: f64::INFINITY, scaled: f64::INFINITY }
}

/// The enforcer of a thousand permissions: the tools of fifty services, half of them for folders of one tenant each.
fn enforcer() -> Enforcer {
    let permissions = (0..1000).map(|number| {
        let (service, tool) = (number / 20, number % 20);
        match number % 2 {
            0 => Permission::new("tool-call", &format!("service-{service}/tool_{tool}")).unwrap(),
            _ => Permission::new("fs.read", &format!("tenants/{number:04}/service-{service}/*.json")).unwrap(),
        }
    });
    let terms = Terms {
        permissions: permissions.collect(),
        ceilings: vec![Ceiling { counter: "calls".into(), units: u64::MAX }],
        ..Terms::default()
    };
    let mut grant = Grant::propose("bench", terms, "bench", 0).unwrap();
    grant.grant("bench", 0).unwrap();
    Enforcer::new(grant).unwrap()
}

/// The enforcer of a thousand permissions that are all the same up to their first `*`: half of them go on differently
/// behind it, half of them between two `*`.
fn alike() -> Enforcer {
    let permissions = (0..1000).map(|number| match number % 2 {
        0 => Permission::new("fs.read", &format!("tenants/*/service-{number:04}/*.json")).unwrap(),
        _ => Permission::new("fs.write", &format!("tenants/*-{number:04}-*.json")).unwrap(),
    });
    let terms = Terms { permissions: permissions.collect(), ..Terms::default() };
    Enforcer::new(Grant::issued("bench", 1, terms, "bench", 0).unwrap()).unwrap()
}

fn operations(of: impl Fn(usize) -> String) -> Vec<String> {
    // In an order in which the next is not near the last.
    (0..500).map(|number| of(number * 337 % 500)).collect()
}

fn main() {
    let checked_by = |mut enforcer: Enforcer, name, goal, capability: &'static str, allowed, resources: Vec<String>| {
        for resource in &resources {
            assert_eq!(enforcer.check(capability, resource, &[], 1).outcome.is_allowed(), allowed, "{resource}");
        }
        row(name, goal, move |time| {
            let resource = &resources[time % resources.len()];
            black_box(enforcer.check(black_box(capability), black_box(resource), &[], time as u64));
        })
    };
    let checked =
        |name, goal, capability, allowed, resources| checked_by(enforcer(), name, goal, capability, allowed, resources);
    let tool = |number: usize| format!("service-{}/tool_{}", number / 10, number % 10 * 2);
    let folder = |number: usize| {
        let number = number * 2 + 1;
        format!("tenants/{number:04}/service-{}/report.json", number / 20)
    };
    let stranger = |number: usize| format!("tenants/{:04}/service-{}/report.json", number * 2, number / 10);
    let behind = |number: usize| format!("tenants/{number}/service-{:04}/report.json", number * 2);
    let between = |number: usize| format!("tenants/north-{:04}-{number}.json", number * 2 + 1);
    let mut budget = Budget::new(&[("tokens", u64::MAX), ("calls", u64::MAX)]).unwrap();
    let tokens = budget.counter("tokens").unwrap();
    let mut paying = enforcer();
    let calls = paying.budget().counter("calls").unwrap();
    let paid = operations(tool);
    let mut rows = vec![
        checked("covenant: check of a tool, 1,000 permissions", 50.0, "tool-call", true, operations(tool)),
        checked("covenant: check of a path, 1,000 permissions", 50.0, "fs.read", true, operations(folder)),
        checked("covenant: check that denies, 1,000 permissions", 50.0, "fs.read", false, operations(stranger)),
        checked_by(
            alike(),
            "covenant: check of a path, 1,000 permissions alike before the first *",
            100.0,
            "fs.read",
            true,
            operations(behind),
        ),
        checked_by(
            alike(),
            "covenant: check of a path, 1,000 permissions that differ between two *",
            300.0,
            "fs.write",
            true,
            operations(between),
        ),
        row("covenant: check of a tool that costs a call", 80.0, move |time| {
            let resource = &paid[time % paid.len()];
            let cost = [interlock_core::covenant::Amount { counter: calls, units: 1 }];
            black_box(paying.check("tool-call", black_box(resource), &cost, time as u64));
        }),
        row("covenant: budget reserve and commit", 30.0, move |_| {
            let reservation = budget.reserve(black_box(tokens), black_box(80)).unwrap();
            black_box(budget.commit(reservation, black_box(30)).unwrap());
        }),
    ];
    calibration_step_ns();
    for _ in 0..ROUNDS {
        for Timed { run, measured, scaled, .. } in &mut rows {
            let scale = REFERENCE_STEP_NS / calibration_step_ns();
            for _ in 0..SPELLS {
                let started = Instant::now();
                for time in 0..TIMES {
                    run(time);
                }
                let found = started.elapsed().as_nanos() as f64 / TIMES as f64;
                *measured = measured.min(found);
                *scaled = scaled.min(found * scale);
            }
        }
    }
    for Timed { name, goal, measured, scaled, .. } in rows {
        println!(
            "{}",
            serde_json::json!({"name": name, "value": scaled, "unit": "ns", "goal": goal, "holds": scaled <= goal,
                "measured": measured})
        );
    }
}
