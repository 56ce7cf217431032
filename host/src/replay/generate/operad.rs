//! Inputs of the suite `operad`.

use super::{Case, Cases, Random};
use crate::replay::operad::{AgentText, Input, InterfaceText, MachineText, MeaningText, OperadText, SignatureText};

type Made = Result<(), serde_json::Error>;

pub(super) fn cases(mut random: Random) -> Result<Vec<Case>, serde_json::Error> {
    let mut cases = Cases::default();
    terms(&mut cases)?;
    compositions(&mut cases)?;
    types(&mut cases)?;
    normal_forms(&mut cases, &mut random)?;
    runs(&mut cases, &mut random)?;
    laws(&mut cases)?;
    for checks in [&[][..], &["gate"], &["guard", "monitor"], &["gate", "guard", "monitor", "budget"]] {
        cases.add("session-checks", Input::SessionChecks { checks: owned(checks) })?;
    }
    Ok(cases.0)
}

fn s(text: &str) -> String {
    String::from(text)
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| s(text)).collect()
}

fn bit() -> InterfaceText {
    InterfaceText(vec![1], vec![1])
}

fn terms(cases: &mut Cases) -> Made {
    let deep = format!("{}0{}", "trace(1, ".repeat(300), ")".repeat(300));
    let wide = format!("{}0{}", "seq(0, ".repeat(2_100), ")".repeat(2_100));
    let mut texts = owned(&[
        "0",
        "255",
        "256",
        "4294967296",
        "a0",
        "a 7",
        "id()",
        "id(1)",
        "id(1 2 3)",
        "id(0)",
        "id(256)",
        "id(1 1 1 1 1 1 1 1 1)",
        "seq(0,1)",
        " seq ( 0 , par( a1 ,id( 1 1 ) ) ) ",
        "branch(0, 1, 2)",
        "fix(3, 0, 1)",
        "fix(0,1)",
        "trace(9, 0)",
        "trace(0)",
        "seq(0)",
        "seq(0, 1, 2)",
        "seq(0, 1) x",
        "",
        "(",
        "seq",
        "sequence(0, 1)",
        "Seq(0, 1)",
        "-1",
        "01",
        "a",
        "fix(4294967295, 0, 1)",
        "fix(4294967296, 0, 1)",
        "0 ",
        "seq(0;1)",
        "é",
    ]);
    texts.push(deep);
    cases.add("terms", Input::Terms { texts })?;
    cases.add("terms-large", Input::Terms { texts: vec![wide] })
}

fn compositions(cases: &mut Cases) -> Made {
    let pairs = [
        ("seq(0, 1)", 0, "seq(0, 1)"),
        ("seq(0, 1)", 1, "seq(0, 1)"),
        ("seq(0, 1)", 2, "seq(0, 1)"),
        ("branch(0, 1, 2)", 1, "a0"),
        ("branch(1, 0, 1)", 1, "par(0, 1)"),
        ("par(2, par(0, 1))", 1, "fix(2, 0, trace(5, 1))"),
        ("0", 0, "id(1)"),
        ("a1", 0, "0"),
        ("seq(0, 200)", 0, "seq(0, 100)"),
        ("seq(0, x)", 0, "0"),
    ];
    for (outer, slot, inner) in pairs {
        cases.add("compose", Input::Compose { outer: s(outer), slot, inner: s(inner) })?;
    }
    for (term, permutation) in [
        ("branch(0, 1, 2)", vec![2, 0, 1]),
        ("seq(0, 1)", vec![1, 0]),
        ("seq(0, 1)", vec![0, 0]),
        ("seq(0, 1)", vec![0]),
        ("seq(0, 1)", vec![0, 1, 2]),
        ("seq(0, 1)", vec![0, 5]),
        ("a0", vec![]),
    ] {
        cases.add("permute", Input::Permute { term: s(term), permutation })?;
    }
    Ok(())
}

/// Agents: 0 pure on a bit, 1 with memory, 2 acts on the world, 3 from sort 2 to a bit, 4 two bits in and out.
fn agents() -> SignatureText {
    let agent = |interface: InterfaceText, effect: &str| AgentText { interface, effect: s(effect) };
    SignatureText {
        theory: s("agents"),
        sorts: vec![3, 256],
        agents: vec![
            agent(bit(), "pure"),
            agent(bit(), "stateful"),
            agent(bit(), "external"),
            agent(InterfaceText(vec![2], vec![1]), "pure"),
            agent(InterfaceText(vec![1, 1], vec![1, 1]), "pure"),
        ],
    }
}

fn types(cases: &mut Cases) -> Made {
    let terms = owned(&[
        "seq(0, 1)",
        "seq(1, 0)",
        "par(0, 1)",
        "seq(0, 0)",
        "0",
        "seq(par(0, 1), a4)",
        "seq(par(1, 0), a4)",
        "branch(0, 1, 2)",
        "branch(a0, 0, 1)",
        "fix(3, 0, 1)",
        "fix(1048577, 0, 1)",
        "fix(4294967295, 0, 1)",
        "seq(0, seq(1, a3))",
        "seq(0, seq(1, a9))",
        "seq(0, seq(1, id(9)))",
        "trace(1, par(0, 1))",
        "par(par(par(0, 1), par(a4, a4)), par(par(a4, a4), a4))",
    ]);
    cases.add(
        "operations",
        Input::Operations { signature: agents(), slots: vec![bit(), bit()], terms: terms.clone() },
    )?;
    let odd = vec![InterfaceText(vec![2], vec![1]), InterfaceText(vec![1], vec![2, 2])];
    cases.add("operations", Input::Operations { signature: agents(), slots: odd, terms: terms.clone() })?;
    let checks = SignatureText { theory: s("checks"), ..SignatureText::default() };
    cases.add("operations", Input::Operations { signature: checks, slots: vec![bit(), bit()], terms })?;
    for signature in [
        SignatureText { sorts: vec![0], ..agents() },
        SignatureText { sorts: vec![257], ..agents() },
        SignatureText { sorts: Vec::new(), ..agents() },
    ] {
        cases.add("signatures", Input::Operations { signature, slots: vec![bit()], terms: owned(&["0"]) })?;
    }
    let slots = vec![InterfaceText(vec![1; 9], vec![1])];
    cases.add("signatures", Input::Operations { signature: agents(), slots, terms: owned(&["0"]) })?;
    let slots = vec![InterfaceText(vec![0], vec![1])];
    cases.add("signatures", Input::Operations { signature: agents(), slots, terms: owned(&["0"]) })
}

fn normal_forms(cases: &mut Cases, random: &mut Random) -> Made {
    let fixed = owned(&[
        "seq(seq(0, 1), a0)",
        "seq(0, seq(1, a0))",
        "seq(id(1), 0)",
        "seq(0, id(1))",
        "par(id(1), id(1))",
        "par(id(), 0)",
        "par(par(0, 1), a0)",
        "branch(0, seq(1, a0), seq(a1, a0))",
        "branch(0, seq(1, a1), seq(a1, a1))",
        "branch(0, id(1), id(1))",
        "branch(a2, id(1), id(1))",
        "branch(trace(1, a0), id(1), id(1))",
        "fix(0, 0, 1)",
        "fix(1, 0, 1)",
        "fix(2, 0, 1)",
        "trace(4, seq(seq(0, a0), a0))",
        "seq(a3, a0)",
        "branch(a0, a0, a0)",
    ]);
    let slots = || vec![bit(), bit()];
    cases.add("normal-forms", Input::NormalForms { signature: agents(), slots: slots(), terms: fixed.clone() })?;
    let checks = || SignatureText {
        theory: s("checks"),
        sorts: Vec::new(),
        agents: ["pure", "stateful", "external"]
            .map(|effect| AgentText { interface: bit(), effect: s(effect) })
            .to_vec(),
    };
    let more = owned(&[
        "par(a1, a0)",
        "par(a0, a0)",
        "par(par(a2, a0), a0)",
        "par(id(1), a1)",
        "par(a2, a2)",
        "par(0, 1)",
        "par(1, 0)",
    ]);
    let terms = [fixed, more].concat();
    cases.add("normal-forms", Input::NormalForms { signature: checks(), slots: slots(), terms })?;
    for signature in [agents(), checks()] {
        for _ in 0..6 {
            let terms = (0..12).map(|_| grown(random, 5)).collect();
            cases.add(
                "normal-forms-grown",
                Input::NormalForms { signature: signature.clone(), slots: slots(), terms },
            )?;
        }
    }
    Ok(())
}

/// A term on one bit, at random.
fn grown(random: &mut Random, depth: u32) -> String {
    if depth == 0 || random.once_in(5) {
        return s(random.pick(&["0", "1", "a0", "a1", "a2", "id(1)", "a0"]));
    }
    let mut child = || grown(random, depth.saturating_sub(1));
    let [a, b, c] = [child(), child(), child()];
    match random.below(9) {
        0..=3 => format!("seq({a}, {b})"),
        4..=6 => format!("branch({a}, {b}, {c})"),
        7 => format!("fix({}, {a}, {b})", random.below(4)),
        _ => format!("trace({}, {a})", random.below(10)),
    }
}

fn not() -> MachineText {
    MachineText { interface: bit(), states: 1, table: vec![(0, 1), (0, 0)] }
}

fn latch() -> MachineText {
    MachineText { interface: bit(), states: 2, table: vec![(0, 0), (1, 1), (1, 1), (1, 1)] }
}

fn toggle() -> MachineText {
    MachineText { interface: bit(), states: 2, table: vec![(1, 0), (1, 1), (0, 1), (0, 0)] }
}

fn runs(cases: &mut Cases, random: &mut Random) -> Made {
    let bits = |random: &mut Random, count: usize| (0..count).map(|_| u64::from(random.below(2))).collect::<Vec<_>>();
    let run = |operad: OperadText, slots: Vec<MachineText>, term: &str, inputs: Vec<u64>| Input::Run {
        operad,
        slots,
        term: s(term),
        inputs,
    };
    for term in [
        "0",
        "seq(0, 1)",
        "seq(1, 0)",
        "branch(0, 1, 2)",
        "fix(3, 0, 1)",
        "fix(5, 2, 1)",
        "trace(7, seq(0, 2))",
        "seq(trace(1, 0), trace(2, 1))",
        "id(1)",
        "seq(2, 2)",
    ] {
        let inputs = bits(random, 24);
        cases.add("run", run(OperadText::default(), vec![not(), latch(), toggle()], term, inputs))?;
    }
    for term in ["seq(par(0, 1), a0)", "par(0, par(1, 2))", "seq(a0, seq(par(trace(3, 0), 1), a0))"] {
        let inputs =
            (0..20).map(|_| bits(random, 3)).map(|b| b.iter().rev().fold(0, |word, bit| word << 8 | bit)).collect();
        cases.add("run-wires", run(OperadText::default(), vec![not(), latch(), toggle()], term, inputs))?;
    }
    for _ in 0..20 {
        let term = grown(random, 5).replace("a1", "0").replace("a2", "1").replace("a0", "2");
        let inputs = bits(random, 16);
        cases.add("run-grown", run(OperadText::default(), vec![not(), latch(), toggle()], &term, inputs))?;
    }
    // Another sort: a counter to 3 on bytes, and its overflow as a bit.
    let count =
        MachineText { interface: InterfaceText(vec![2], vec![2]), states: 1, table: vec![(0, 1), (0, 2), (0, 0)] };
    let is_zero =
        MachineText { interface: InterfaceText(vec![2], vec![1]), states: 1, table: vec![(0, 1), (0, 0), (0, 0)] };
    let operad =
        || OperadText { sorts: vec![3], agents: vec![count.clone(), is_zero.clone()], ..OperadText::default() };
    for term in ["seq(a1, a2)", "branch(a2, a1, id(2))", "fix(7, a2, a1)", "seq(fix(2, seq(a2, 0), a1), a2)"] {
        cases.add("run-sorts", run(operad(), vec![not()], term, vec![0, 1, 2, 0, 1, 2, 2, 9]))?;
    }
    // Machines and terms that are refused.
    let bad = [
        MachineText { states: 0, table: Vec::new(), ..not() },
        MachineText { table: vec![(0, 1)], ..not() },
        MachineText { table: vec![(0, 1), (1, 0)], ..not() },
        MachineText { table: vec![(0, 1), (0, 2)], ..not() },
        MachineText { table: vec![(0, 1), (0, 256)], ..not() },
        MachineText { interface: InterfaceText(vec![9], vec![1]), ..not() },
    ];
    for machine in bad {
        cases.add("run-refused", run(OperadText::default(), vec![machine], "0", vec![0, 1]))?;
    }
    for term in ["seq(0, a0)", "a4", "3", "seq(0", "fix(1048576, 0, 0)"] {
        cases.add("run-refused", run(OperadText::default(), vec![not()], term, vec![0]))?;
    }
    Ok(())
}

fn laws(cases: &mut Cases) -> Made {
    let with = |meaning: MeaningText| OperadText { meaning, ..OperadText::default() };
    let none = MeaningText::default();
    let swapped = MeaningText { seq: Some(s("seq(1, 0)")), ..none.clone() };
    let meanings = [
        none.clone(),
        swapped,
        MeaningText { seq: Some(s("0")), ..none.clone() },
        MeaningText { branch: Some(s("branch(0, 2, 1)")), ..none.clone() },
        MeaningText { branch: Some(s("branch(0, 1, seq(2, 2))")), ..none.clone() },
        MeaningText { fix: Some(s("branch(0, 1, id())")), ..none.clone() },
        MeaningText { trace: Some(s("0")), ..none.clone() },
        MeaningText { trace: Some(s("trace(0, trace(0, 0))")), ..none.clone() },
        MeaningText { par: Some(s("par(1, 0)")), ..none.clone() },
        MeaningText { identity: Some(s("seq(id(), id())")), ..none.clone() },
        MeaningText { seq: Some(s("seq(0, 7)")), ..none.clone() },
        MeaningText { seq: Some(s("seq(")), ..none.clone() },
    ];
    for meaning in meanings {
        cases.add("laws", Input::VerifyLaws { operad: with(meaning) })?;
    }
    let samples = |samples: Vec<MachineText>| OperadText { samples: Some(samples), ..OperadText::default() };
    for operad in [samples(vec![not(), latch(), toggle()]), samples(vec![latch()]), samples(Vec::new())] {
        cases.add("laws-samples", Input::VerifyLaws { operad })?;
    }
    let two = || vec![bit(), bit()];
    let three = || vec![bit(), bit(), bit()];
    let operations = || vec![(s("0"), vec![bit()]), (s("seq(0, 1)"), two()), (s("branch(0, 1, 2)"), three())];
    cases.add("operad-laws", Input::VerifyOperadLaws { operad: OperadText::default(), operations: operations() })?;
    let meaning = MeaningText { seq: Some(s("seq(1, 0)")), ..none };
    cases.add("operad-laws", Input::VerifyOperadLaws { operad: with(meaning), operations: operations() })?;
    let operations = vec![(s("seq(0, 0)"), vec![bit()])];
    cases.add("operad-laws", Input::VerifyOperadLaws { operad: OperadText::default(), operations })
}
