//! Microseconds to verify the laws of the agent operad, and nanoseconds of a step of a term.
//!
//! Every line is one row of `npm run bench` as JSON: the minimum of the rounds, scaled by a calibration loop of the
//! same round.
#![allow(clippy::unwrap_used, clippy::cast_precision_loss, clippy::arithmetic_side_effects, missing_docs)]
#![allow(clippy::indexing_slicing, clippy::type_complexity)]

use std::hint::black_box;
use std::time::Instant;

use interlock_core::operad::{
    AgentOperad, Interface, MachineAlgebra, Operation, Program, Stack, Term, Wires, verify_laws,
};

mod calibration;
use calibration::{REFERENCE_STEP_NS, calibration_step_ns};

/// Some seconds in all, for others on the same processor slow a machine down for shorter.
const ROUNDS: usize = 40;
/// Short spells, of which the least counts: a machine with other work interrupts a long one in any case.
const SPELLS: u32 = 50;
const BIT: Interface = Interface::new(Wires::BOOL, Wires::BOOL);

/// `seq`, `branch` and `trace` on one bit.
fn generators(operad: &AgentOperad) -> Vec<Operation> {
    let read = |text: &str, arity: usize| operad.operation(Term::from_text(text).unwrap(), &[BIT; 3][..arity]).unwrap();
    vec![read("seq(0, 1)", 2), read("trace(1, 0)", 1), read("branch(0, 1, 2)", 3)]
}

fn rows() -> Vec<(&'static str, &'static str, Option<f64>, f64, u32, Box<dyn FnMut()>)> {
    let operad = AgentOperad::new().unwrap();
    let laws = operad.clone();
    let generic = operad.clone();
    let generators = generators(&operad);
    let term = Term::from_text("seq(seq(0, branch(1, 2, 3)), trace(1, seq(4, 5)))").unwrap();
    let program = Program::new(operad.signature(), &term, &[BIT; 6]).unwrap();
    let machines = operad.samples().to_vec();
    let (mut cells, mut traces, mut stack) = (vec![0; 6], Vec::new(), Stack::default());
    let mut input = 0;
    vec![
        (
            "operad: verify the laws of the agent operad on the standard samples",
            "us",
            Some(20.0),
            1e-3,
            20,
            Box::new(move || {
                black_box(laws.verify_laws().unwrap());
            }),
        ),
        (
            "operad: verify associativity, identity and equivariance of seq, branch and trace",
            "us",
            None,
            1e-3,
            10,
            Box::new(move || {
                black_box(verify_laws(&generic, &generators).unwrap());
            }),
        ),
        (
            "operad: a step of a term of five agents and a record",
            "ns",
            None,
            1.0,
            2_000,
            Box::new(move || {
                traces.clear();
                let slots = [&machines[1], &machines[0], &machines[1], &machines[0], &machines[1], &machines[0]];
                let mut algebra = MachineAlgebra { agents: &[], slots: &slots, cells: &mut cells, traces: &mut traces };
                input = black_box(program.run(&mut algebra, &mut stack, black_box(input)));
            }),
        ),
    ]
}

fn main() {
    let mut rows = rows();
    let mut best = vec![f64::INFINITY; rows.len()];
    for _ in 0..ROUNDS {
        let speed = REFERENCE_STEP_NS / calibration_step_ns();
        for ((_, _, _, _, times, run), best) in rows.iter_mut().zip(&mut best) {
            for _ in 0..SPELLS {
                let started = Instant::now();
                for _ in 0..*times {
                    run();
                }
                let ns = started.elapsed().as_nanos() as f64 / f64::from(*times);
                *best = best.min(ns * speed);
            }
        }
    }
    for ((name, unit, goal, scale, ..), best) in rows.iter().zip(best) {
        let value = best * scale;
        let goal = goal.map_or(String::new(), |goal| format!(r#","goal":{goal},"holds":{}"#, value <= goal));
        println!(r#"{{"name":"{name}","value":{value:.2},"unit":"{unit}"{goal}}}"#);
    }
}
