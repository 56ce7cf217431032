//! Terms: running, normal forms, checks and text.
#![cfg(feature = "operad")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects, clippy::panic, missing_docs)]
#![allow(clippy::cast_possible_truncation, clippy::expect_used, clippy::cast_possible_wrap, clippy::type_complexity)]
#![allow(clippy::string_slice)]

use interlock_core::halt::{Halt, HaltReason, Verdict, Warning, WarningKind};
use interlock_core::operad::{
    AgentType, CheckAlgebra, CheckHost, Effect, Findings, Interface, Leaf, MAX_NODES, Machine, MachineAlgebra, Node,
    OperadError, Program, Sampling, Signature, Stack, Term, TermError, Theory, Trace, Wires, verify_sampled,
};
use proptest::prelude::*;

const BIT: Interface = Interface::new(Wires::BOOL, Wires::BOOL);

fn term(text: &str) -> Term {
    Term::from_text(text).unwrap()
}

/// not, latch, toggle and a machine of the world, on one bit.
fn agents() -> (Signature, Vec<Machine>) {
    let mut signature = Signature::new(Theory::Agents);
    let tables: [(u8, &[(u8, u64)], Effect); 4] = [
        (1, &[(0, 1), (0, 0)], Effect::Pure),
        (2, &[(0, 0), (1, 1), (1, 1), (1, 1)], Effect::Stateful),
        (2, &[(0, 0), (1, 1), (1, 1), (0, 0)], Effect::Stateful),
        (2, &[(1, 1), (1, 1), (0, 0), (0, 1)], Effect::External),
    ];
    let machines = tables.map(|(states, table, effect)| {
        signature.add_agent(AgentType { interface: BIT, effect }).unwrap();
        Machine::new(&signature, BIT, states, table).unwrap()
    });
    (signature, machines.to_vec())
}

/// Runs a term on inputs: the outputs and the records.
fn run(signature: &Signature, machines: &[Machine], term: &Term, inputs: &[u64]) -> (Vec<u64>, Vec<Trace>) {
    let program = Program::new(signature, term, &[]).unwrap();
    let mut cells = vec![0; program.cells() as usize];
    let (mut traces, mut stack) = (Vec::new(), Stack::default());
    let mut algebra = MachineAlgebra { agents: machines, slots: &[], cells: &mut cells, traces: &mut traces };
    let outputs = inputs.iter().map(|input| program.run(&mut algebra, &mut stack, *input)).collect();
    (outputs, traces)
}

/// What a term does, as plainly as it can be said.
struct Plain<'a> {
    machines: &'a [Machine],
    cells: Vec<u8>,
    traces: Vec<Trace>,
}

impl Plain<'_> {
    /// Steps the tree at `at`, whose first cell is `cell`; gives what is behind both, and what the tree gave.
    fn step(&mut self, nodes: &[Node], at: usize, cell: usize, input: u64) -> (usize, usize, u64) {
        let skip = |from: usize, cell: usize| {
            let (mut open, mut at, mut cell) = (1, from, cell);
            while open > 0 {
                open += nodes[at].children() as i32 - 1;
                cell += usize::from(matches!(nodes[at], Node::Agent(_)));
                at += 1;
            }
            (at, cell)
        };
        match nodes[at] {
            Node::Slot(_) => panic!("no slots here"),
            Node::Identity(_) => (at + 1, cell, input),
            Node::Agent(agent) => {
                let (next, output) = self.machines[agent as usize].step(self.cells[cell], input);
                self.cells[cell] = next;
                (at + 1, cell + 1, output)
            }
            Node::Seq => {
                let (at, cell, value) = self.step(nodes, at + 1, cell, input);
                self.step(nodes, at, cell, value)
            }
            Node::Par => {
                let width = |mut at: usize| {
                    // All agents here have one wire: the width is the number of leaves along the outputs.
                    let mut width = 0;
                    let mut todo = vec![at];
                    while let Some(next) = todo.pop() {
                        at = next;
                        match nodes[at] {
                            Node::Agent(_) => width += 1,
                            Node::Identity(wires) => width += wires.count(),
                            Node::Par => todo.extend([at + 1, skip(at + 1, 0).0]),
                            Node::Branch | Node::Fix(_) => todo.push(skip(at + 1, 0).0),
                            _ => todo.push(at + 1),
                        }
                    }
                    width
                };
                let shift = 8 * width(at + 1);
                let (low, high) = if shift >= 64 { (input, 0) } else { (input & ((1 << shift) - 1), input >> shift) };
                let (next, cell, left) = self.step(nodes, at + 1, cell, low);
                let (next, cell, right) = self.step(nodes, next, cell, high);
                (next, cell, left | right.checked_shl(shift).unwrap_or(0))
            }
            Node::Branch => {
                let (yes, yes_cell, decision) = self.step(nodes, at + 1, cell, input);
                let (no, no_cell) = skip(yes, yes_cell);
                let (end, end_cell) = skip(no, no_cell);
                let chosen = if decision == 1 { (yes, yes_cell) } else { (no, no_cell) };
                let value = self.step(nodes, chosen.0, chosen.1, input).2;
                (end, end_cell, value)
            }
            Node::Fix(bound) => {
                let mut value = input;
                let (body, body_cell) = skip(at + 1, cell);
                for _ in 0..bound {
                    if self.step(nodes, at + 1, cell, value).2 == 0 {
                        break;
                    }
                    value = self.step(nodes, body, body_cell, value).2;
                }
                let (end, end_cell) = skip(body, body_cell);
                (end, end_cell, value)
            }
            Node::Trace(label) => {
                let (next, cell, output) = self.step(nodes, at + 1, cell, input);
                self.traces.push(Trace { label, input, output });
                (next, cell, output)
            }
        }
    }
}

/// Terms on one bit, with pairs of bits inside.
fn terms(agents: u32) -> impl Strategy<Value = Term> {
    let leaf = prop_oneof![
        4 => (0..agents).prop_map(Term::agent),
        1 => Just(Term::identity(Wires::BOOL)),
    ];
    leaf.prop_recursive(5, 40, 3, |inner| {
        prop_oneof![
            4 => (inner.clone(), inner.clone()).prop_map(|(a, b)| a.then(&b).unwrap()),
            2 => (inner.clone(), inner.clone(), inner.clone()).prop_map(|(p, a, b)| p.branch(&a, &b).unwrap()),
            1 => (inner.clone(), inner.clone(), inner.clone()).prop_map(|(p, a, b)| {
                // The same end on both sides.
                p.branch(&a.then(&Term::agent(0)).unwrap(), &b.then(&Term::agent(0)).unwrap()).unwrap()
            }),
            1 => (0..4_u32, inner.clone(), inner.clone()).prop_map(|(n, p, a)| p.fix(n, &a).unwrap()),
            1 => (0..3_u32, inner).prop_map(|(label, a)| a.traced(label).unwrap()),
        ]
    })
}

/// Terms on one to eight bits.
fn wide_terms() -> impl Strategy<Value = Term> {
    prop::collection::vec(terms(4), 1..4).prop_flat_map(|parts| {
        let units = prop::collection::vec(prop::option::of(prop::bool::ANY), parts.len());
        (Just(parts), units, prop::bool::ANY).prop_map(|(parts, units, left)| {
            let mut all: Vec<Term> = Vec::new();
            for (part, unit) in parts.into_iter().zip(units) {
                match unit {
                    Some(true) => all.push(Term::identity(Wires::NONE)),
                    Some(false) => all.push(Term::identity(Wires::BOOL)),
                    None => {}
                }
                all.push(part);
            }
            if left {
                all.into_iter().reduce(|a, b| a.beside(&b).unwrap()).unwrap()
            } else {
                all.into_iter().rev().reduce(|b, a| a.beside(&b).unwrap()).unwrap()
            }
        })
    })
}

/// The end of the tree at a node.
fn end_of(nodes: &[Node], at: usize) -> usize {
    let (mut open, mut at) = (1, at);
    while open > 0 {
        open += nodes[at].children() as i32 - 1;
        at += 1;
    }
    at
}

fn children(nodes: &[Node]) -> Vec<&[Node]> {
    let mut at = 1;
    (0..nodes[0].children())
        .map(|_| {
            let end = end_of(nodes, at);
            let child = &nodes[at..end];
            at = end;
            child
        })
        .collect()
}

/// One law applied at the root, forwards or backwards, if it applies there.
fn rewrite(signature: &Signature, nodes: &[Node], law: u32) -> Option<Vec<Node>> {
    let own = children(nodes);
    let pure = |tree: &[Node]| {
        tree.iter().all(|node| match node {
            Node::Agent(agent) => signature.agent(*agent).unwrap().effect == Effect::Pure,
            _ => true,
        })
    };
    let silent = |tree: &[Node]| {
        tree.iter().all(|node| match node {
            Node::Agent(agent) => signature.agent(*agent).unwrap().effect != Effect::External,
            Node::Trace(_) => false,
            _ => true,
        })
    };
    let checks = signature.theory() == Theory::Checks;
    let tree = |node: Node, parts: &[&[Node]]| [&[node][..], &parts.concat()].concat();
    let whole = Term::from_nodes(nodes).unwrap();
    let interface = signature.typing(&whole, &[]).unwrap()[0];
    match (law, nodes[0]) {
        (0, Node::Seq | Node::Par) if own[0][0] == nodes[0] => {
            let inner = children(own[0]);
            Some(tree(nodes[0], &[inner[0], &tree(nodes[0], &[inner[1], own[1]])]))
        }
        (1, Node::Seq | Node::Par) if own[1][0] == nodes[0] => {
            let inner = children(own[1]);
            Some(tree(nodes[0], &[&tree(nodes[0], &[own[0], inner[0]]), inner[1]]))
        }
        (2, _) => Some(tree(Node::Seq, &[nodes, &[Node::Identity(interface.output)]])),
        (3, _) => Some(tree(Node::Seq, &[&[Node::Identity(interface.input)], nodes])),
        (4, Node::Seq) if own[0][0] == Node::Branch && pure(own[1]) => {
            let inner = children(own[0]);
            let sides = [tree(Node::Seq, &[inner[1], own[1]]), tree(Node::Seq, &[inner[2], own[1]])];
            Some(tree(Node::Branch, &[inner[0], &sides[0], &sides[1]]))
        }
        (5, Node::Fix(0)) => Some(vec![Node::Identity(interface.input)]),
        (6, Node::Fix(1)) => Some(tree(Node::Branch, &[own[0], own[1], &[Node::Identity(interface.input)]])),
        (7, _) if pure(nodes) => {
            // A branch between two of the same.
            Some(tree(Node::Branch, &[&[Node::Agent(1)], nodes, nodes]))
                .filter(|_| interface == BIT && signature.agent(1).unwrap().effect != Effect::External)
        }
        (8, _) if checks => Some(tree(Node::Par, &[nodes, &[Node::Identity(interface.input)]])),
        (8, _) => Some(tree(Node::Par, &[&[Node::Identity(Wires::NONE)], nodes])),
        (9, Node::Par) if checks => Some(tree(Node::Par, &[own[1], own[0]])),
        (10, _) if checks && silent(nodes) => Some(tree(Node::Par, &[nodes, nodes])),
        (11, Node::Identity(wires)) if !checks && wires.count() == 2 => {
            Some(tree(Node::Par, &[&[Node::Identity(Wires::BOOL)], &[Node::Identity(Wires::BOOL)]]))
        }
        _ => None,
    }
}

/// The term with laws applied here and there.
fn rewritten(signature: &Signature, start: &Term, steps: &[(u32, prop::sample::Index)]) -> Term {
    let mut term = start.clone();
    for (law, place) in steps {
        let nodes = term.nodes();
        let at = place.index(nodes.len());
        let end = end_of(nodes, at);
        if let Some(new) = rewrite(signature, &nodes[at..end], *law) {
            let all = [&nodes[..at], &new, &nodes[end..]].concat();
            if all.len() <= 300 {
                term = Term::from_nodes(&all).unwrap();
            }
        }
    }
    term
}

fn steps() -> impl Strategy<Value = Vec<(u32, prop::sample::Index)>> {
    prop::collection::vec((0..12_u32, any::<prop::sample::Index>()), 0..40)
}

/// Checks whose verdict depends on how often they were asked, unless they are pure, and on the piece.
struct Table<'a> {
    verdicts: &'a [Vec<Verdict>],
    asked: Vec<usize>,
    piece: usize,
    records: Vec<(u32, Findings)>,
    charges: Vec<u32>,
}

impl CheckHost for Table<'_> {
    fn check(&mut self, check: Leaf, cell: u32) -> Findings {
        let Leaf::Agent(agent) = check else { panic!("no slots here") };
        let asked = &mut self.asked[cell as usize];
        let verdicts = &self.verdicts[agent as usize];
        let at = if agent == 0 { self.piece } else { self.piece + *asked };
        *asked += 1;
        if agent == 3 {
            self.charges.push(agent);
        }
        Findings::of(verdicts[at % verdicts.len()])
    }

    fn record(&mut self, label: u32, findings: &Findings) {
        self.records.push((label, *findings));
    }
}

fn checks_signature() -> Signature {
    let mut signature = Signature::new(Theory::Checks);
    for effect in [Effect::Pure, Effect::Stateful, Effect::Stateful, Effect::External] {
        signature.add_agent(AgentType { interface: BIT, effect }).unwrap();
    }
    signature
}

type Judged = (Vec<Findings>, Vec<(u32, Findings)>, usize);

fn judge(signature: &Signature, verdicts: &[Vec<Verdict>], term: &Term, pieces: usize) -> Judged {
    let program = Program::new(signature, term, &[]).unwrap();
    let asked = vec![0; program.cells() as usize];
    let mut host = Table { verdicts, asked, piece: 0, records: Vec::new(), charges: Vec::new() };
    let mut stack = Stack::default();
    let found = (0..pieces)
        .map(|piece| {
            host.piece = piece;
            program.run(&mut CheckAlgebra(&mut host), &mut stack, Findings::PASS)
        })
        .collect();
    (found, host.records, host.charges.len())
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    let number = prop::option::of(prop::sample::select(vec![0.0, -0.0, 0.25, 0.5, -1.0, 1e9]));
    prop_oneof![
        2 => Just(Verdict::Pass),
        1 => (prop::bool::ANY, number.clone(), number.clone()).prop_map(|(soft, observed, bound)| Verdict::Warn(Warning {
            kind: if soft { WarningKind::SoftLimit } else { WarningKind::MissingScore },
            observed,
            bound,
        })),
        1 => (prop::sample::select(HaltReason::ALL.to_vec()), number.clone(), number)
            .prop_map(|(reason, observed, bound)| Verdict::Halt(Halt { reason, observed, bound })),
    ]
}

/// Terms of checks: `par` is on one piece.
fn check_terms() -> impl Strategy<Value = Term> {
    terms(4)
        .prop_flat_map(|left| (Just(left), prop::collection::vec(terms(4), 0..4)))
        .prop_map(|(first, more)| more.iter().fold(first, |all, next| all.beside(next).unwrap()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_program_does_what_the_term_says(term in wide_terms(), inputs in prop::collection::vec(0..2_u64, 1..12)) {
        let (signature, machines) = agents();
        let Ok(program) = Program::new(&signature, &term, &[]) else { return Ok(()) };
        let spread = (0..program.interface().input.count()).fold(0_u64, |all, wire| all | 1 << (8 * wire));
        let inputs: Vec<u64> = inputs.iter().enumerate().map(|(at, bit)| (spread >> (8 * (at as u32 % 3))) * bit).collect();
        let mut plain = Plain { machines: &machines, cells: vec![0; 500], traces: Vec::new() };
        let outputs: Vec<u64> = inputs.iter().map(|input| plain.step(term.nodes(), 0, 0, *input).2).collect();
        prop_assert_eq!(run(&signature, &machines, &term, &inputs), (outputs, plain.traces));
    }

    #[test]
    fn equal_terms_have_one_normal_form_and_behave_alike(term in wide_terms(), steps in steps(), inputs in prop::collection::vec(0..2_u64, 1..20)) {
        let (signature, machines) = agents();
        let Ok(types) = signature.typing(&term, &[]) else { return Ok(()) };
        let other = rewritten(&signature, &term, &steps);
        if signature.typing(&other, &[]).is_err() {
            return Ok(());
        }
        let form = signature.normal_form(&term, &[]).unwrap();
        prop_assert_eq!(&signature.normal_form(&other, &[]).unwrap(), &form, "{} and {}", term.to_text(), other.to_text());
        prop_assert_eq!(&signature.normal_form(&form, &[]).unwrap(), &form);
        prop_assert_eq!(signature.typing(&form, &[]).unwrap()[0], types[0]);
        let inputs: Vec<u64> = inputs.iter().map(|bit| (bit * 0x0101_0101_0101_0101) & (1_u64.checked_shl(8 * types[0].input.count()).unwrap_or(0).wrapping_sub(1))).collect();
        let expected = run(&signature, &machines, &term, &inputs);
        prop_assert_eq!(&run(&signature, &machines, &other, &inputs), &expected);
        prop_assert_eq!(&run(&signature, &machines, &form, &inputs), &expected);
    }

    #[test]
    fn equal_terms_of_checks_give_the_same_verdicts(term in check_terms(), steps in steps(), table in prop::collection::vec(prop::collection::vec(verdicts(), 1..5), 4)) {
        let signature = checks_signature();
        let other = rewritten(&signature, &term, &steps);
        let form = signature.normal_form(&term, &[]).unwrap();
        prop_assert_eq!(&signature.normal_form(&other, &[]).unwrap(), &form);
        prop_assert_eq!(&signature.normal_form(&form, &[]).unwrap(), &form);
        let (found, mut records, charges) = judge(&signature, &table, &term, 8);
        for equal in [&other, &form] {
            let (again, mut others, charged) = judge(&signature, &table, equal, 8);
            prop_assert_eq!(&again, &found);
            prop_assert_eq!(charged, charges);
            // What is side by side may be recorded in another order.
            let key = |record: &(u32, Findings)| format!("{record:?}");
            records.sort_by_key(key);
            others.sort_by_key(key);
            prop_assert_eq!(&others, &records);
        }
    }

    #[test]
    fn findings_are_a_semilattice(a in verdicts(), b in verdicts(), c in verdicts()) {
        let [a, b, c] = [a, b, c].map(Findings::of);
        let bits = |findings: Findings| (format!("{findings:?}"), findings.reasons().collect::<Vec<_>>());
        prop_assert_eq!(bits(a.join(b)), bits(b.join(a)));
        prop_assert_eq!(bits(a.join(b).join(c)), bits(a.join(b.join(c))));
        prop_assert_eq!(bits(a.join(a)), bits(a));
        prop_assert_eq!(bits(a.join(Findings::PASS)), bits(a));
        let both = a.join(b);
        prop_assert_eq!(both.is_halt(), a.is_halt() || b.is_halt());
        prop_assert_eq!(both.verdict().is_halt(), both.is_halt());
        if let Some(halt) = both.verdict().halt() {
            prop_assert_eq!(Some(halt.reason), both.reasons().next());
        }
    }

    #[test]
    fn text_is_read_back(term in wide_terms(), at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let text = term.to_text();
        prop_assert_eq!(Term::from_text(&text), Ok(term));
        // Whatever is done to it, it is a term or an error that points into it.
        let mut bytes = text.clone().into_bytes();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        if let Ok(broken) = String::from_utf8(bytes) {
            match Term::from_text(&broken) {
                Ok(other) => prop_assert_eq!(Term::from_text(&other.to_text()), Ok(other)),
                Err(TermError::Syntax { offset, .. }) => prop_assert!(offset as usize <= broken.len()),
                Err(TermError::Refused(_)) => {}
            }
        }
        prop_assert!(Term::from_text(&text[..place]).is_err());
    }
}

#[test]
fn the_depth_of_a_term_needs_no_stack() {
    let (signature, machines) = agents();
    let half = MAX_NODES as usize / 2;
    let shapes: [(Vec<Node>, u64); 4] = [
        ([vec![Node::Trace(1); half], vec![Node::Agent(0)]].concat(), 1),
        ([vec![Node::Seq; half - 1], vec![Node::Agent(0); half]].concat(), 0),
        ([[Node::Seq, Node::Agent(0)].repeat(half - 1), vec![Node::Agent(0)]].concat(), 0),
        ([[Node::Branch, Node::Agent(0), Node::Agent(0)].repeat(half / 2), vec![Node::Agent(0)]].concat(), 1),
    ];
    for (nodes, output) in shapes {
        let term = Term::from_nodes(&nodes).unwrap();
        assert_eq!(run(&signature, &machines, &term, &[0]).0, [output]);
        assert_eq!(Term::from_text(&term.to_text()).unwrap(), term);
        let form = signature.normal_form(&term, &[]).unwrap();
        assert_eq!(run(&signature, &machines, &form, &[0]).0, [output]);
    }
    let most = Term::from_nodes(&[vec![Node::Seq; half - 1], vec![Node::Agent(0); half]].concat()).unwrap();
    let bound = u64::from(MAX_NODES);
    assert_eq!(most.then(&most), Err(OperadError::TooLarge { what: "nodes", value: 2 * bound - 1, bound }));
    assert!(matches!(
        Term::from_text(&format!("{}0", "trace(1, ".repeat(5000))),
        Err(TermError::Refused(OperadError::TooLarge { what: "nodes", .. }))
    ));
}

#[test]
fn loops_within_loops_are_bounded() {
    let (signature, _) = agents();
    let inner = term("fix(1000, a0, fix(1000, a0, a0))");
    assert!(matches!(Program::new(&signature, &inner, &[]), Err(OperadError::TooLarge { what: "steps", .. })));
    assert!(Program::new(&signature, &term("fix(1000, a0, fix(100, a0, a0))"), &[]).is_ok());
}

#[test]
fn what_is_no_term_is_refused_where_it_stands() {
    let wrong = |text: &str| match Term::from_text(text) {
        Err(TermError::Syntax { offset, .. }) => offset,
        other => panic!("{text}: {other:?}"),
    };
    for (text, offset) in [
        ("", 0),
        ("seq", 3),
        ("seq(", 4),
        ("seq(0", 5),
        ("seq(0, 1", 8),
        ("seq(0 1)", 6),
        ("seq(0, 1))", 9),
        ("seq(0, 1, 2)", 8),
        ("sek(0, 1)", 0),
        ("a", 1),
        ("a01", 1),
        ("01", 0),
        ("4294967296", 0),
        ("id(1 x)", 5),
        ("id", 2),
        ("fix(0, 1)", 8),
        ("fix(x, 0, 1)", 4),
        ("trace(1)", 7),
        ("A0", 0),
        ("0 0", 2),
        ("-1", 0),
        ("seq(0,\u{a0}1)", 6),
        ("0\0", 1),
    ] {
        assert_eq!(wrong(text), offset, "{text}");
    }
    assert_eq!(Term::from_text("id(0)"), Err(TermError::Refused(OperadError::UnknownSort { sort: 0, sorts: 255 })));
    assert_eq!(Term::from_text("id(256)"), Err(TermError::Refused(OperadError::UnknownSort { sort: 256, sorts: 255 })));
    assert_eq!(
        Term::from_text("256"),
        Err(TermError::Refused(OperadError::TooLarge { what: "slots", value: 257, bound: 256 }))
    );
    assert_eq!(Term::from_text(" seq ( 0 ,\n1 ) ").unwrap().to_text(), "seq(0, 1)");
}

#[test]
fn what_acts_on_the_world_is_never_merged_or_dropped() {
    let form = |signature: &Signature, text: &str| signature.normal_form(&term(text), &[]).unwrap().to_text();
    let checks = checks_signature();
    assert_eq!(form(&checks, "par(a1, par(a1, a1))"), "a1");
    assert_eq!(form(&checks, "par(a3, a3)"), "par(a3, a3)");
    assert_eq!(form(&checks, "par(trace(1, a0), trace(1, a0))"), "par(trace(1, a0), trace(1, a0))");
    let (agents, _) = agents();
    assert_eq!(form(&agents, "branch(a2, a0, a0)"), "a0");
    assert_eq!(form(&agents, "branch(a2, a1, a1)"), "branch(a2, a1, a1)");
    assert_eq!(form(&agents, "branch(a3, a0, a0)"), "seq(branch(a3, id(1), id(1)), a0)");
    assert_eq!(form(&agents, "branch(a0, a3, a3)"), "branch(a0, a3, a3)");
}

#[test]
fn a_check_that_is_not_asked_is_not_charged() {
    let signature = checks_signature();
    let halt = Verdict::Halt(Halt::because(HaltReason::Denied));
    let late = Verdict::Halt(Halt::because(HaltReason::Deadline));
    let table = vec![vec![halt, Verdict::Pass], vec![Verdict::Pass], vec![late], vec![Verdict::Pass]];
    // A gate, then a charge: of two pieces, one is charged.
    assert_eq!(judge(&signature, &table, &term("seq(a0, a3)"), 2).2, 1);
    // Side by side, both are.
    assert_eq!(judge(&signature, &table, &term("par(a0, a3)"), 2).2, 2);
    let both = &judge(&signature, &table, &term("par(a0, a2)"), 1).0[0];
    assert_eq!(both.verdict(), late);
    assert_eq!(both.reasons().collect::<Vec<_>>(), [HaltReason::Deadline, HaltReason::Denied]);
    // A predicate's findings are forgotten; what was halted is not recorded again.
    let (found, records, _) = judge(&signature, &table, &term("trace(5, branch(a0, a1, a1))"), 1);
    assert_eq!((found[0], records.len()), (Findings::PASS, 1));
    assert!(judge(&signature, &table, &term("seq(a0, trace(5, a1))"), 1).1.is_empty());
}

/// Agents on numbers: agent 0 doubles, agent 1 gives the average so far, agent 2 adds one.
#[derive(Default)]
struct Numbers(Vec<(f64, f64)>);

impl interlock_core::operad::Algebra for Numbers {
    type Value = f64;
    fn step(&mut self, leaf: Leaf, cell: u32, input: f64) -> f64 {
        self.0.resize(self.0.len().max(cell as usize + 1), (0.0, 0.0));
        match leaf {
            Leaf::Agent(0) => input * 2.0,
            Leaf::Agent(1) => {
                let (sum, count) = &mut self.0[cell as usize];
                *sum += input;
                *count += 1.0;
                *sum / *count
            }
            _ => input + 1.0,
        }
    }
    fn split(&mut self, value: f64, _: u32) -> (f64, f64) {
        (value, value)
    }
    fn join(&mut self, left: f64, right: f64, _: u32) -> f64 {
        left + right
    }
    fn holds(&mut self, value: &f64) -> bool {
        *value > 10.0
    }
    fn record(&mut self, _: u32, _: f64, _: &f64) {}
}

#[test]
fn agents_of_any_kind_are_compared_by_sampling() {
    let (signature, _) = agents();
    let sampling = Sampling { seed: 7, runs: 20, steps: 30 };
    let compare = |left: &str, right: &str| {
        let program = |text: &str| Program::new(&signature, &term(text), &[]).unwrap();
        let draw = |chance: &mut interlock_core::numeric::Xorshift64| f64::from((chance.next_u64() % 32) as u32);
        verify_sampled(&program(left), &program(right), sampling, Numbers::default, draw)
    };
    // Whole numbers: the averages are the same to the last bit, whichever is first.
    assert_eq!(compare("seq(a0, seq(a1, a2))", "seq(seq(a0, a1), a2)"), Ok(()));
    assert_eq!(compare("seq(a0, a1)", "seq(a1, a0)"), Ok(()));
    assert_eq!(compare("seq(a0, a2)", "seq(a2, a0)").unwrap_err().len(), 1);
    // What follows a branch may be in both sides only without memory: two different sides must have been taken.
    assert_eq!(compare("seq(branch(a0, a2, a0), a2)", "branch(a0, seq(a2, a2), seq(a0, a2))"), Ok(()));
    let found = compare("seq(branch(a0, a2, a0), a1)", "branch(a0, seq(a2, a1), seq(a0, a1))").unwrap_err();
    assert_eq!(found.len(), 2, "{found:?}");
    assert!((found[0] > 5.0) != (found[1] > 5.0));
}
