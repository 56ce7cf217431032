//! The laws of the operad, and that every defect of a broken one is found.
#![cfg(feature = "operad")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::panic, missing_docs)]
#![allow(clippy::cast_possible_truncation, clippy::expect_used)]

use interlock_core::operad::{
    AgentOperad, FiniteLaw, FiniteOperad, FiniteOperation, Interface, Law, LawError, Machine, Meaning, Operad,
    OperadError, Operation, Signature, Term, Theory, Wires, typed, verify_laws,
};

const BIT: Interface = Interface::new(Wires::BOOL, Wires::BOOL);

fn term(text: &str) -> Term {
    Term::from_text(text).unwrap()
}

fn operad() -> AgentOperad {
    AgentOperad::new().unwrap()
}

/// The five operations on one bit, and a composition of them.
fn generators(operad: &AgentOperad) -> Vec<Operation> {
    let texts = [("trace(3, 0)", 1), ("seq(0, 1)", 2), ("fix(2, 0, 1)", 2), ("par(0, 1)", 2), ("branch(0, 1, 2)", 3)];
    texts.iter().map(|(text, arity)| operad.operation(term(text), &[BIT; 3][..*arity]).unwrap()).collect()
}

#[test]
fn the_agent_operad_obeys_its_laws() {
    let operad = operad();
    assert!(operad.verify_laws().unwrap() > 50);
    assert!(verify_laws(&operad, &generators(&operad)).unwrap() > 500);
}

#[test]
fn laws_are_sampled_where_states_are_too_many() {
    // Eleven states that a run of ones walks through: 11^3 pairs in associativity.
    let mut operad = operad();
    let table: Vec<(u8, u64)> = (0..11_u8)
        .flat_map(|state| [(state, u64::from(state == 10)), ((state + 1) % 11, u64::from(state % 3 == 0))])
        .collect();
    let not = operad.samples()[0].clone();
    let counter = Machine::new(operad.signature(), BIT, 11, &table).unwrap();
    operad.set_samples(vec![not, counter]);
    assert!(operad.verify_laws().is_ok());
}

/// A defect, the law that must show it, and how long the shortest input is.
struct Defect {
    meaning: Meaning,
    law: &'static str,
    inputs: usize,
}

#[test]
fn every_defect_of_an_operation_is_found_with_the_shortest_input() {
    let two = Wires::BOOL.beside(Wires::BOOL).unwrap();
    let three = two.beside(Wires::BOOL).unwrap();
    let mut operad = operad();
    let signature = operad.signature().clone();
    let mut add = |interface, states, table: &[(u8, u64)]| {
        operad.add_agent(Machine::new(&signature, interface, states, table).unwrap()).unwrap()
    };
    // Gives what came one step before.
    let delay = add(BIT, 2, &[(0, 0), (1, 0), (0, 1), (1, 1)]);
    // The bits p, f, g; a multiplexer of them.
    let mux: Vec<(u8, u64)> =
        (0..8_u64).map(|word| (0, if word & 4 != 0 { word >> 1 & 1 } else { word & 1 })).collect();
    let mux = add(Interface::new(three, Wires::BOOL), 1, &mux);
    let fan = add(Interface::new(Wires::BOOL, three), 1, &[(0, 0), (0, 0x01_0101)]);
    // Gives what it takes five times, and then no.
    let tiring: Vec<(u8, u64)> =
        (0..6_u8).flat_map(|n| [((n + 1).min(5), 0), ((n + 1).min(5), u64::from(n < 5))]).collect();
    let tiring = add(BIT, 6, &tiring);
    let plain = Meaning::default();
    let some = |text: String| Some(term(&text));
    let defects = [
        // The identity forgets the first step.
        Defect {
            meaning: Meaning { identity: some(format!("a{delay}")), ..plain.clone() },
            law: "seq-left-identity",
            inputs: 1,
        },
        // A defect that five steps do not show.
        Defect {
            meaning: Meaning { identity: some(format!("a{tiring}")), ..plain.clone() },
            law: "seq-left-identity",
            inputs: 6,
        },
        // seq in the wrong order.
        Defect { meaning: Meaning { seq: some("seq(1, 0)".into()), ..plain.clone() }, law: "fix-unfolding", inputs: 1 },
        // seq that leaves its second part out.
        Defect { meaning: Meaning { seq: some("0".into()), ..plain.clone() }, law: "seq-left-identity", inputs: 1 },
        // seq with a delay in between.
        Defect {
            meaning: Meaning { seq: some(format!("seq(0, seq(a{delay}, 1))")), ..plain.clone() },
            law: "seq-left-identity",
            inputs: 1,
        },
        // seq that records what nobody asked for.
        Defect {
            meaning: Meaning { seq: some("trace(9, seq(0, 1))".into()), ..plain.clone() },
            law: "seq-left-identity",
            inputs: 1,
        },
        // par that gives its left part twice.
        Defect { meaning: Meaning { par: some("par(0, 0)".into()), ..plain.clone() }, law: "par-left-unit", inputs: 0 },
        // branch with its sides exchanged.
        Defect {
            meaning: Meaning { branch: some("branch(0, 2, 1)".into()), ..plain.clone() },
            law: "fix-one",
            inputs: 1,
        },
        // branch that lets both sides step and picks an output: only agents with memory show it.
        Defect {
            meaning: Meaning { branch: some(format!("seq(seq(a{fan}, par(0, par(1, 2))), a{mux})")), ..plain.clone() },
            law: "fix-one",
            inputs: 2,
        },
        // fix that runs once more.
        Defect {
            meaning: Meaning { fix: some("branch(0, seq(1, fix(0, 0, 1)), id(1))".into()), ..plain.clone() },
            law: "fix-zero",
            inputs: 1,
        },
        // fix that runs once at most, whatever its bound.
        Defect { meaning: Meaning { fix: some("fix(1, 0, 1)".into()), ..plain.clone() }, law: "fix-zero", inputs: 1 },
        // fix that asks its predicate too late.
        Defect {
            meaning: Meaning { fix: some("seq(1, fix(0, 0, 1))".into()), ..plain.clone() },
            law: "fix-zero",
            inputs: 1,
        },
        // trace that changes what it records.
        Defect {
            meaning: Meaning { trace: some(format!("trace(0, seq(0, a{delay}))")), ..plain.clone() },
            law: "trace-transparency",
            inputs: 1,
        },
        // trace that does not record.
        Defect { meaning: Meaning { trace: some("0".into()), ..plain.clone() }, law: "trace-transparency", inputs: 1 },
        // trace that records twice, and one that takes another label.
        Defect {
            meaning: Meaning { trace: some("trace(0, trace(0, 0))".into()), ..plain.clone() },
            law: "trace-transparency",
            inputs: 1,
        },
        Defect {
            meaning: Meaning { trace: some("trace(8, 0)".into()), ..plain.clone() },
            law: "trace-transparency",
            inputs: 1,
        },
    ];
    for Defect { meaning, law, inputs } in defects {
        let mut broken = operad.clone();
        broken.set_meaning(meaning.clone());
        match broken.verify_laws() {
            Err(LawError::Broken(found)) => {
                assert_eq!((found.law, found.difference.inputs.len()), (law, inputs), "{meaning:?} {found:?}");
                assert!(found.difference.exhaustive);
            }
            // The defect shows in the wires already.
            Err(LawError::Refused(OperadError::WiresDiffer { .. })) if inputs == 0 => {}
            other => panic!("{meaning:?}: {other:?}"),
        }
    }
}

/// The operads of words: an operation of n slots is a word over 0..n and letters, and is composed by substitution.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Broken {
    Nowhere,
    IdentityDoubles,
    SlotOffByOne,
    InnerNotShifted,
    LaterNotShifted,
    OnlyFirstSlot,
    PermuteBackwards,
    PermuteNothing,
    ForgetsNullary,
    AddsLetter,
}

struct Words(Broken);

/// Slots are 0..100, letters above.
type Word = (u32, Vec<u32>);

impl Operad for Words {
    type Operation = Word;
    type Color = ();
    type Witness = [Vec<u32>; 2];

    fn arity(&self, operation: &Word) -> u32 {
        operation.0
    }
    fn input(&self, _: &Word, _: u32) {}
    fn output(&self, _: &Word) {}
    fn identity(&self, (): &()) -> Result<Word, OperadError> {
        Ok((1, if self.0 == Broken::IdentityDoubles { vec![0, 0] } else { vec![0] }))
    }
    fn compose(&self, (n, outer): &Word, slot: u32, (m, inner): &Word) -> Result<Word, OperadError> {
        let mut word = Vec::new();
        let slot = if self.0 == Broken::OnlyFirstSlot { 0 } else { slot };
        let slot = if self.0 == Broken::SlotOffByOne { (slot + 1) % n } else { slot };
        for &symbol in outer {
            match symbol {
                100.. => word.push(symbol),
                _ if symbol == slot => word.extend(inner.iter().map(|&own| match own {
                    100.. => own,
                    _ if self.0 == Broken::InnerNotShifted => own,
                    _ => own + slot,
                })),
                _ if symbol > slot && self.0 != Broken::LaterNotShifted => word.push(symbol + m - 1),
                _ => word.push(symbol),
            }
        }
        if self.0 == Broken::ForgetsNullary && *m == 0 {
            word.retain(|symbol| *symbol < 100);
        }
        // The identities notice nothing, nor do symmetries.
        if self.0 == Broken::AddsLetter && outer.len() > 1 && *inner != [0] && inner.len() <= 3 {
            word.push(103);
        }
        Ok((n + m - 1, word))
    }
    fn permute(&self, (n, word): &Word, permutation: &[u32]) -> Result<Word, OperadError> {
        let moved = word.iter().map(|&symbol| match self.0 {
            _ if symbol >= 100 => symbol,
            Broken::PermuteNothing => symbol,
            Broken::PermuteBackwards => permutation.iter().position(|to| *to == symbol).map_or(symbol, |at| at as u32),
            _ => permutation.get(symbol as usize).copied().unwrap_or(symbol),
        });
        Ok((*n, moved.collect()))
    }
    fn difference(&self, left: &Word, right: &Word) -> Result<Option<[Vec<u32>; 2]>, OperadError> {
        Ok((left.1 != right.1).then(|| [left.1.clone(), right.1.clone()]))
    }
}

#[test]
fn every_defect_of_a_composition_is_found() {
    let samples: Vec<Word> = vec![
        (0, vec![100]),
        (1, vec![0]),
        (1, vec![101, 0]),
        (2, vec![0, 1]),
        (2, vec![1, 102, 0]),
        (3, vec![2, 0, 1]),
    ];
    assert!(verify_laws(&Words(Broken::Nowhere), &samples).is_ok());
    let found = |broken| match verify_laws(&Words(broken), &samples) {
        Err(LawError::Broken(found)) => (found.law, found.operations.len()),
        other => panic!("{broken:?}: {other:?}"),
    };
    assert_eq!(found(Broken::IdentityDoubles), (Law::LeftIdentity, 1));
    let cases = [
        (Broken::SlotOffByOne, Law::OuterEquivariance),
        (Broken::OnlyFirstSlot, Law::OuterEquivariance),
        (Broken::InnerNotShifted, Law::RightIdentity),
        (Broken::LaterNotShifted, Law::OuterEquivariance),
        (Broken::PermuteNothing, Law::OuterEquivariance),
        (Broken::PermuteBackwards, Law::OuterEquivariance),
        (Broken::ForgetsNullary, Law::LeftIdentity),
        (Broken::AddsLetter, Law::SequentialAssociativity),
    ];
    for (broken, law) in cases {
        assert_eq!(found(broken), (law, OPERATIONS[law as usize]), "{broken:?}");
    }
}

/// Of each law, how many operations it speaks of.
const OPERATIONS: [usize; 7] = [2, 1, 1, 3, 3, 2, 2];

const fn operation(name: &'static str, inputs: &'static [u8], output: u8) -> FiniteOperation {
    FiniteOperation { name, inputs, output }
}

interlock_core::finite_operad! {
    /// Both of two pieces of evidence make a verdict; each may be turned over first.
    const EVIDENCE: up to 2 slots;
    operations { keep(0) -> 0, turn(0) -> 0, verdict(1) -> 1, both(0, 0) -> 1, turned_left(0, 0) -> 1, turned_right(0, 0) -> 1, turned(0, 0) -> 1 }
    identities { keep, verdict }
    compositions {
        keep[0] keep = keep, keep[0] turn = turn, turn[0] keep = turn, turn[0] turn = keep,
        verdict[0] verdict = verdict, verdict[0] both = both, verdict[0] turned_left = turned_left,
        verdict[0] turned_right = turned_right, verdict[0] turned = turned,
        both[0] keep = both, both[1] keep = both, both[0] turn = turned_left, both[1] turn = turned_right,
        turned_left[0] keep = turned_left, turned_left[1] keep = turned_left,
        turned_left[0] turn = both, turned_left[1] turn = turned,
        turned_right[0] keep = turned_right, turned_right[1] keep = turned_right,
        turned_right[0] turn = turned, turned_right[1] turn = both,
        turned[0] keep = turned, turned[1] keep = turned, turned[0] turn = turned_right, turned[1] turn = turned_left,
    }
}

#[test]
fn a_finite_operad_is_checked_while_it_is_compiled_and_again_by_the_general_verification() {
    assert_eq!(EVIDENCE.check(), Ok(()));
    assert!(verify_laws(&EVIDENCE, &[0, 1, 2, 3, 4, 5, 6]).unwrap() > 50);
    // Every other result in the table is refused, by both.
    for entry in 0..EVIDENCE.compositions.len() {
        for result in 0..=7_u8 {
            let mut compositions = EVIDENCE.compositions.to_vec();
            if compositions[entry][3] == result {
                continue;
            }
            compositions[entry][3] = result;
            let broken = FiniteOperad { compositions: compositions.leak(), ..EVIDENCE };
            assert!(broken.check().is_err());
            assert!(verify_laws(&broken, &[0, 1, 2, 3, 4, 5, 6]).is_err(), "{entry} {result}");
        }
    }
    // And every entry that is missing or stands twice.
    for entry in 0..EVIDENCE.compositions.len() {
        let mut compositions = EVIDENCE.compositions.to_vec();
        let [a, slot, b, _] = compositions.remove(entry);
        let missing = FiniteOperad { compositions: compositions.clone().leak(), ..EVIDENCE };
        assert_eq!(missing.check(), Err(FiniteLaw::Missing([a, slot, b])));
        compositions.push(compositions[0]);
        compositions.push(EVIDENCE.compositions[entry]);
        let twice = FiniteOperad { compositions: compositions.leak(), ..EVIDENCE };
        assert!(matches!(twice.check(), Err(FiniteLaw::BadEntry(_))));
    }
}

#[test]
fn a_finite_operad_says_which_law_is_broken() {
    const KEEP: FiniteOperation = operation("keep", &[0], 0);
    let monoid = |table: &'static [[u8; 4]]| FiniteOperad {
        operations: const { &[KEEP, operation("a", &[0], 0), operation("b", &[0], 0)] },
        identities: &[0],
        compositions: table,
        most_slots: 1,
    };
    let id = [[0, 0, 0, 0], [0, 0, 1, 1], [0, 0, 2, 2], [1, 0, 0, 1], [2, 0, 0, 2]];
    let with = |rest: [[u8; 4]; 4]| monoid([&id[..], &rest[..]].concat().leak());
    // The group of three elements; then (aa)b is not a(ab).
    assert_eq!(with([[1, 0, 1, 2], [1, 0, 2, 0], [2, 0, 1, 0], [2, 0, 2, 1]]).check(), Ok(()));
    let broken = with([[1, 0, 1, 2], [1, 0, 2, 0], [2, 0, 1, 1], [2, 0, 2, 1]]).check();
    assert_eq!(broken, Err(FiniteLaw::SequentialAssociativity([1, 1, 1, 0, 0])));
    let no_identity =
        FiniteOperad { identities: &[], ..with([[1, 0, 1, 2], [1, 0, 2, 0], [2, 0, 1, 0], [2, 0, 2, 1]]) };
    assert_eq!(no_identity.check(), Err(FiniteLaw::NoIdentity(0)));
    let wide: &'static [u8] = vec![0; 300].leak();
    let too_wide = FiniteOperad { operations: vec![KEEP, operation("wide", wide, 0)].leak(), ..no_identity };
    assert_eq!(too_wide.check(), Err(FiniteLaw::TooLarge));
}

#[test]
fn what_types_say_and_what_values_say_agree() {
    let signature = Signature::new(Theory::Agents);
    let decide = typed::branch::<bool, bool>();
    let twice = typed::seq::<bool, bool, bool>();
    let composed =
        decide.compose(typed::SECOND, &twice).unwrap().compose(typed::FIRST, &typed::fix::<3, bool>()).unwrap();
    let operation = composed.operation(&signature).unwrap();
    assert_eq!(operation.term().to_text(), "branch(fix(3, 0, 1), seq(2, 3), 4)");
    assert_eq!(operation.slots(), [BIT; 5]);
    assert_eq!(operation.output(), BIT);
    let by_value = |text: &str, arity: usize| Operation::new(&signature, term(text), &[BIT; 3][..arity]).unwrap();
    let dynamic = by_value("branch(0, 1, 2)", 3).compose(1, &by_value("seq(0, 1)", 2)).unwrap();
    assert_eq!(dynamic.compose(0, &by_value("fix(3, 0, 1)", 2)).unwrap(), operation);
}

#[test]
fn what_does_not_fit_is_refused() {
    let operad = operad();
    let operation = |text: &str, arity: usize| operad.operation(term(text), &[BIT; 4][..arity]);
    let seq = operation("seq(0, 1)", 2).unwrap();
    let par = operation("par(0, 1)", 2).unwrap();
    let two = Wires::BOOL.beside(Wires::BOOL).unwrap();
    assert_eq!(seq.compose(2, &seq), Err(OperadError::UnknownSlot { slot: 2, arity: 2 }));
    assert_eq!(seq.compose(0, &par), Err(OperadError::WiresDiffer { node: 0, found: two, expected: Wires::BOOL }));
    assert_eq!(operation("seq(0, 0)", 1).unwrap_err(), OperadError::SlotUses { slot: 0, uses: 2 });
    assert_eq!(operation("seq(0, 1)", 3).unwrap_err(), OperadError::SlotUses { slot: 2, uses: 0 });
    assert_eq!(operation("seq(0, 1)", 1).unwrap_err(), OperadError::UnknownSlot { slot: 1, arity: 1 });
    assert_eq!(
        operation("seq(par(0, 1), 2)", 3).unwrap_err(),
        OperadError::WiresDiffer { node: 0, found: Wires::BOOL, expected: two }
    );
    assert_eq!(operation("a9", 0).unwrap_err(), OperadError::UnknownAgent { agent: 9, agents: 1 });
    assert_eq!(operation("id(2)", 0).unwrap_err(), OperadError::UnknownSort { sort: 2, sorts: 1 });
    assert_eq!(
        operation("fix(4000000000, 0, 1)", 2).unwrap_err(),
        OperadError::TooLarge { what: "steps", value: 12_000_000_000, bound: 1 << 20 }
    );
    let wide = operation("par(par(0, 1), par(2, 3))", 4).unwrap();
    let nine = wide.term().beside(wide.term()).unwrap().beside(&Term::identity(Wires::BOOL)).unwrap();
    assert_eq!(operad.operation(nine, &[BIT; 4]).unwrap_err(), OperadError::SlotUses { slot: 0, uses: 2 });
    assert_eq!(
        operad.signature().typing(&term("par(id(1 1 1 1 1 1 1 1), id(1))"), &[]).unwrap_err(),
        OperadError::TooLarge { what: "wires", value: 9, bound: 8 }
    );
    assert_eq!(par.permute(&[0, 0]), Err(OperadError::NotAPermutation { entry: 0, arity: 2 }));
    assert_eq!(par.permute(&[0]), Err(OperadError::NotAPermutation { entry: 1, arity: 2 }));
    assert_eq!(par.permute(&[0, 2]), Err(OperadError::NotAPermutation { entry: 2, arity: 2 }));
    for error in [
        OperadError::UnknownSlot { slot: 2, arity: 2 },
        OperadError::WiresDiffer { node: 0, found: two, expected: Wires::BOOL },
    ] {
        assert!(!error.to_string().is_empty());
    }
    assert_eq!(
        OperadError::WiresDiffer { node: 0, found: two, expected: Wires::BOOL }.to_string(),
        "node 0: the wires are (1 1), must be (1)"
    );
}

#[test]
fn machines_that_their_wires_do_not_allow_are_refused() {
    let mut signature = Signature::new(Theory::Agents);
    let trit = signature.add_sort(3).unwrap();
    let machine =
        |states, table: &[(u8, u64)]| Machine::new(&signature, Interface::new(trit, Wires::BOOL), states, table);
    assert!(machine(1, &[(0, 0), (0, 1), (0, 1)]).is_ok());
    assert_eq!(machine(1, &[(0, 0), (0, 1)]), Err(OperadError::BadTable { entry: 2, bound: 3 }));
    assert_eq!(machine(0, &[]), Err(OperadError::BadTable { entry: 0, bound: 0 }));
    assert_eq!(machine(1, &[(1, 0), (0, 1), (0, 1)]), Err(OperadError::BadTable { entry: 1, bound: 1 }));
    assert_eq!(machine(1, &[(0, 2), (0, 1), (0, 1)]), Err(OperadError::BadTable { entry: 2, bound: 2 }));
    assert_eq!(machine(1, &[(0, 0x100), (0, 1), (0, 1)]), Err(OperadError::BadTable { entry: 0x100, bound: 0 }));
    assert_eq!(signature.add_sort(0).unwrap_err(), OperadError::BadTable { entry: 0, bound: 257 });
    assert_eq!(signature.add_sort(257).unwrap_err(), OperadError::BadTable { entry: 257, bound: 257 });
}

#[test]
fn a_meaning_may_speak_of_an_agent_that_is_added_later() {
    let mut operad = operad();
    let cases = operad.verify_laws().unwrap();
    operad.set_meaning(Meaning { trace: Some(term("trace(0, seq(0, a1))")), ..Meaning::default() });
    let refused = operad.verify_laws();
    assert!(matches!(refused, Err(LawError::Refused(OperadError::UnknownAgent { .. }))), "{refused:?}");
    let same = Machine::new(operad.signature(), BIT, 1, &[(0, 0), (0, 1)]).unwrap();
    assert_eq!(operad.add_agent(same).unwrap(), 1);
    assert_eq!(operad.verify_laws().unwrap(), cases);
}
