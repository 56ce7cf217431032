//! The session does what the term of its checks says.
#![cfg(all(feature = "operad", feature = "session"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use interlock_core::dialect::DialectKind;
use interlock_core::halt::{Observation, StreamMonitor, Verdict};
use interlock_core::operad::{
    CheckAlgebra, CheckHost, Findings, Leaf, Program, SessionCheck, Stack, Term, session_checks, session_signature,
};
use interlock_core::policy::Policy;
use interlock_core::session::Session;
use proptest::prelude::*;

/// The checks of a session without grant, patterns and budget: the monitor judges, the others find nothing.
struct Stations {
    monitor: StreamMonitor,
    score: f64,
    records: Vec<Findings>,
}

impl CheckHost for Stations {
    fn check(&mut self, check: Leaf, _cell: u32) -> Findings {
        match check {
            Leaf::Agent(agent) if agent == SessionCheck::Monitor as u32 => {
                Findings::of(self.monitor.push_observation(Observation::score(self.score)).unwrap())
            }
            _ => Findings::PASS,
        }
    }

    fn record(&mut self, label: u32, findings: &Findings) {
        assert_eq!(label, 0);
        self.records.push(*findings);
    }
}

fn by_term(policy: &Policy, term: &Term, scores: &[f64]) -> Vec<Verdict> {
    let signature = session_signature().unwrap();
    let program = Program::new(&signature, term, &[]).unwrap();
    let monitor = StreamMonitor::new(&policy.halt).unwrap();
    let mut stations = Stations { monitor, score: 0.0, records: Vec::new() };
    let mut stack = Stack::default();
    let mut verdicts = Vec::new();
    for score in scores {
        stations.score = *score;
        let found = program.run(&mut CheckAlgebra(&mut stations), &mut stack, Findings::PASS);
        verdicts.push(found.verdict());
        if found.is_halt() {
            break;
        }
    }
    // Every piece has one event, and it tells what was found.
    let recorded: Vec<Verdict> = stations.records.iter().map(Findings::verdict).collect();
    assert_eq!(recorded, verdicts);
    verdicts
}

fn by_session(policy: &Policy, scores: &[f64]) -> Vec<Verdict> {
    let mut session = Session::new(policy, DialectKind::Text).unwrap();
    let mut verdicts = Vec::new();
    for score in scores {
        if session.feed(b"piece ").is_err() {
            break;
        }
        let segment = session.next_segment().unwrap();
        session.answer(segment.id, Observation::score(*score)).unwrap();
        while let Some(event) = session.next_event() {
            verdicts.push(event.verdict);
        }
    }
    verdicts
}

#[test]
fn the_term_says_which_checks_are_on_and_in_which_order() {
    let signature = session_signature().unwrap();
    let form = |is_on: fn(SessionCheck) -> bool| signature.normal_form(&session_checks(is_on), &[]).unwrap().to_text();
    assert_eq!(session_checks(|_| true).to_text(), "trace(0, seq(a0, seq(a1, seq(a2, a3))))");
    assert_eq!(form(|_| true), "trace(0, seq(a0, seq(a1, seq(a2, a3))))");
    assert_eq!(form(|check| check == SessionCheck::Monitor), "trace(0, a2)");
    assert_eq!(form(|_| false), "trace(0, id())");
    let names: Vec<&str> = SessionCheck::ALL.map(SessionCheck::as_str).to_vec();
    assert_eq!(names, ["gate", "guard", "monitor", "budget"]);
}

proptest! {
    #[test]
    fn the_session_gives_the_verdicts_of_its_term(
        scores in prop::collection::vec(prop_oneof![0.4..1.0_f64, 0.55..0.8_f64, prop::sample::select(vec![0.0, 1.0, f64::NAN, 0.5])], 1..60),
        hard_limit in prop::sample::select(vec![0.0, 0.3, 0.5]),
    ) {
        let json = format!(r#"{{"scorer": {{"kind": "host"}}, "halt": {{"hard_limit": {hard_limit}}}}}"#);
        let policy = Policy::from_json(&json).unwrap();
        let expected = by_session(&policy, &scores);
        prop_assert!(!expected.is_empty());
        let signature = session_signature().unwrap();
        let all = session_checks(|_| true);
        let monitor = session_checks(|check| check == SessionCheck::Monitor);
        for term in [&all, &monitor, &signature.normal_form(&all, &[]).unwrap(), &signature.normal_form(&monitor, &[]).unwrap()] {
            prop_assert_eq!(&by_term(&policy, term, &scores), &expected);
        }
    }
}
