//! The suite `operad` on the core itself.

use interlock_core::operad::{
    AgentOperad, AgentType, Effect, Interface, LawError, Machine, MachineAlgebra, Meaning, Operation, Program,
    SessionCheck, Signature, Stack, Term, Theory, Wires, session_checks, verify_laws,
};
use serde_json::{Value, json};

use super::super::backend::{Answer, Refused};
use super::super::native::Native;
use super::backend::{Operads, Ran, counterexample, operad_counterexample};
use super::{InterfaceText, MachineText, OperadText, SignatureText};

fn interface(InterfaceText(input, output): &InterfaceText) -> Answer<Interface> {
    Ok(Interface::new(Wires::from_sorts(input)?, Wires::from_sorts(output)?))
}

fn interfaces(texts: &[InterfaceText]) -> Answer<Vec<Interface>> {
    texts.iter().map(interface).collect()
}

fn signature(text: &SignatureText) -> Answer<Signature> {
    let mut signature = Signature::new(if text.theory == "checks" { Theory::Checks } else { Theory::Agents });
    for symbols in &text.sorts {
        signature.add_sort(*symbols)?;
    }
    for agent in &text.agents {
        let effect = match agent.effect.as_str() {
            "pure" => Effect::Pure,
            "stateful" => Effect::Stateful,
            "external" => Effect::External,
            other => return Err(Refused(format!("no effect {other}"))),
        };
        signature.add_agent(AgentType { interface: interface(&agent.interface)?, effect })?;
    }
    Ok(signature)
}

fn machine(signature: &Signature, text: &MachineText) -> Answer<Machine> {
    Ok(Machine::new(signature, interface(&text.interface)?, text.states, &text.table)?)
}

fn operad(text: &OperadText) -> Answer<AgentOperad> {
    let mut operad = AgentOperad::new()?;
    for symbols in &text.sorts {
        operad.add_sort(*symbols)?;
    }
    for agent in &text.agents {
        operad.add_agent(machine(operad.signature(), agent)?)?;
    }
    if let Some(samples) = &text.samples {
        let samples: Answer<Vec<Machine>> = samples.iter().map(|text| machine(operad.signature(), text)).collect();
        operad.set_samples(samples?);
    }
    let term =
        |text: &Option<String>| -> Answer<Option<Term>> { Ok(text.as_deref().map(Term::from_text).transpose()?) };
    let meaning = &text.meaning;
    operad.set_meaning(Meaning {
        identity: term(&meaning.identity)?,
        seq: term(&meaning.seq)?,
        par: term(&meaning.par)?,
        branch: term(&meaning.branch)?,
        fix: term(&meaning.fix)?,
        trace: term(&meaning.trace)?,
    });
    Ok(operad)
}

pub(super) fn interface_text(interface: Interface) -> InterfaceText {
    InterfaceText(interface.input.sorts().collect(), interface.output.sorts().collect())
}

impl Operads for Native {
    fn term(&self, text: &str) -> Answer<(String, u32)> {
        let term = Term::from_text(text)?;
        Ok((term.to_text(), term.arity()))
    }

    fn compose(&self, outer: &str, slot: u32, inner: &str) -> Answer<String> {
        Ok(Term::from_text(outer)?.compose(slot, &Term::from_text(inner)?)?.to_text())
    }

    fn permute(&self, term: &str, permutation: &[u32]) -> Answer<String> {
        Ok(Term::from_text(term)?.permute(permutation)?.to_text())
    }

    fn operation(&self, text: &SignatureText, term: &str, slots: &[InterfaceText]) -> Answer<InterfaceText> {
        let operation = Operation::new(&signature(text)?, Term::from_text(term)?, &interfaces(slots)?)?;
        Ok(interface_text(operation.output()))
    }

    fn normal_form(&self, text: &SignatureText, term: &str, slots: &[InterfaceText]) -> Answer<String> {
        Ok(signature(text)?.normal_form(&Term::from_text(term)?, &interfaces(slots)?)?.to_text())
    }

    fn run(&self, text: &OperadText, slots: &[MachineText], term: &str, inputs: &[u64]) -> Answer<Ran> {
        let operad = operad(text)?;
        let slots: Answer<Vec<Machine>> = slots.iter().map(|text| machine(operad.signature(), text)).collect();
        let slots = slots?;
        let interfaces: Vec<Interface> = slots.iter().map(Machine::interface).collect();
        let program = Program::new(operad.signature(), &Term::from_text(term)?, &interfaces)?;
        let slots: Vec<&Machine> = slots.iter().collect();
        let mut cells = vec![0; usize::try_from(program.cells()).unwrap_or(0)];
        let mut traces = Vec::new();
        let mut algebra =
            MachineAlgebra { agents: operad.agents(), slots: &slots, cells: &mut cells, traces: &mut traces };
        let mut stack = Stack::default();
        let outputs = inputs.iter().map(|input| program.run(&mut algebra, &mut stack, *input)).collect();
        Ok((outputs, traces.iter().map(|trace| (trace.label, trace.input, trace.output)).collect()))
    }

    fn verify_laws(&self, text: &OperadText) -> Answer<Value> {
        match operad(text)?.verify_laws() {
            Ok(cases) => Ok(json!({ "cases": cases })),
            Err(LawError::Refused(error)) => Err(error.into()),
            Err(LawError::Broken(found)) => {
                let [left, right] = found.sides.each_ref().map(Term::to_text);
                Ok(counterexample(found.law, [&left, &right], &found.samples, &found.difference))
            }
        }
    }

    fn verify_operad_laws(&self, text: &OperadText, operations: &[(String, Vec<InterfaceText>)]) -> Answer<Value> {
        let operad = operad(text)?;
        let operations: Answer<Vec<Operation>> = operations
            .iter()
            .map(|(term, slots)| Ok(operad.operation(Term::from_text(term)?, &interfaces(slots)?)?))
            .collect();
        match verify_laws(&operad, &operations?) {
            Ok(equations) => Ok(json!({ "equations": equations })),
            Err(LawError::Refused(error)) => Err(error.into()),
            Err(LawError::Broken(found)) => {
                let terms: Vec<String> = found.operations.iter().map(|operation| operation.term().to_text()).collect();
                let witness = found.witness.as_ref().map(|(samples, difference)| (samples.as_slice(), difference));
                Ok(operad_counterexample(found.law.as_str(), &terms, &found.slots, witness))
            }
        }
    }

    fn session_checks(&self, checks: &[String]) -> Answer<String> {
        Ok(session_checks(|check: SessionCheck| checks.iter().any(|name| name == check.as_str())).to_text())
    }
}
