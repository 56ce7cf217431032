//! Any text is read as a term, and what is one is typed, normalised and run.
#![no_main]

use interlock_core::operad::{
    AgentOperad, Interface, MachineAlgebra, Program, Signature, Stack, Term, Theory, Wires,
};
use libfuzzer_sys::fuzz_target;

const BIT: Interface = Interface::new(Wires::BOOL, Wires::BOOL);

fuzz_target!(|text: &str| {
    let Ok(term) = Term::from_text(text) else { return };
    assert_eq!(Term::from_text(&term.to_text()).expect("reads back"), term);
    let slots = vec![BIT; term.arity() as usize];
    let operad = AgentOperad::new().expect("the standard operad");
    for signature in [operad.signature(), &Signature::new(Theory::Checks)] {
        let Ok(program) = Program::new(signature, &term, &slots) else { continue };
        let Ok(form) = signature.normal_form(&term, &slots) else { continue };
        assert_eq!(signature.normal_form(&form, &slots).expect("a form is a term"), form);
        if signature.theory() == Theory::Checks {
            continue;
        }
        let other = Program::new(signature, &form, &slots).expect("a form runs");
        assert_eq!(other.interface(), program.interface());
        let machines: Vec<_> = slots.iter().enumerate().map(|(at, _)| &operad.samples()[at % 2]).collect();
        let run = |program: &Program| {
            let mut cells = vec![0; program.cells() as usize];
            let (mut traces, mut stack) = (Vec::new(), Stack::default());
            let mut algebra =
                MachineAlgebra { agents: operad.agents(), slots: &machines, cells: &mut cells, traces: &mut traces };
            let outputs = [0, 1, 0x0101, 0].map(|input| program.run(&mut algebra, &mut stack, input));
            (outputs, traces)
        };
        assert_eq!(run(&program), run(&other));
    }
});
