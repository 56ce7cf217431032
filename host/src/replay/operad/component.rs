//! The suite `operad` on the component.

use interlock_core::operad::{Effect, SessionCheck, Theory};
use interlock_host::embed::operad::{AgentInterface, AgentOperad, Machine, Meaning, Signature};
use serde_json::{Value, json};

use super::super::backend::{Answer, Refused};
use super::super::component::Wasmtime;
use super::backend::{Operads, Ran, counterexample, operad_counterexample};
use super::{InterfaceText, MachineText, OperadText, SignatureText};

fn interface(InterfaceText(input, output): &InterfaceText) -> AgentInterface {
    AgentInterface { input: input.clone(), output: output.clone() }
}

fn interfaces(texts: &[InterfaceText]) -> Vec<AgentInterface> {
    texts.iter().map(interface).collect()
}

fn machine(text: &MachineText) -> Machine {
    Machine { interface: interface(&text.interface), states: text.states, table: text.table.clone() }
}

fn machines(texts: &[MachineText]) -> Vec<Machine> {
    texts.iter().map(machine).collect()
}

impl Wasmtime {
    fn signature(&self, text: &SignatureText) -> Answer<Signature> {
        let theory = if text.theory == "checks" { Theory::Checks } else { Theory::Agents };
        let mut signature = Signature::new(self.0.instantiate()?, theory)?;
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
            signature.add_agent(&interface(&agent.interface), effect)?;
        }
        Ok(signature)
    }

    fn agent_operad(&self, text: &OperadText) -> Answer<AgentOperad> {
        let mut operad = AgentOperad::new(self.0.instantiate()?)?;
        for symbols in &text.sorts {
            operad.add_sort(*symbols)?;
        }
        for agent in &text.agents {
            operad.add_agent(&machine(agent))?;
        }
        if let Some(samples) = &text.samples {
            operad.set_samples(&machines(samples))?;
        }
        let meaning = text.meaning.clone();
        operad.set_meaning(&Meaning {
            identity: meaning.identity,
            seq: meaning.seq,
            par: meaning.par,
            branch: meaning.branch,
            fix: meaning.fix,
            trace: meaning.trace,
        })?;
        Ok(operad)
    }
}

impl Operads for Wasmtime {
    fn term(&self, text: &str) -> Answer<(String, u32)> {
        Ok(self.0.instantiate()?.parse_term(text)?)
    }

    fn compose(&self, outer: &str, slot: u32, inner: &str) -> Answer<String> {
        Ok(self.0.instantiate()?.compose(outer, slot, inner)?)
    }

    fn permute(&self, term: &str, permutation: &[u32]) -> Answer<String> {
        Ok(self.0.instantiate()?.permute(term, permutation)?)
    }

    fn operation(&self, text: &SignatureText, term: &str, slots: &[InterfaceText]) -> Answer<InterfaceText> {
        let AgentInterface { input, output } = self.signature(text)?.output(term, &interfaces(slots))?;
        Ok(InterfaceText(input, output))
    }

    fn normal_form(&self, text: &SignatureText, term: &str, slots: &[InterfaceText]) -> Answer<String> {
        Ok(self.signature(text)?.normal_form(term, &interfaces(slots))?)
    }

    fn run(&self, text: &OperadText, slots: &[MachineText], term: &str, inputs: &[u64]) -> Answer<Ran> {
        let mut program = self.agent_operad(text)?.into_program(term, &machines(slots))?;
        // The first step alone, the others together: both ways in.
        let mut outputs = Vec::new();
        if let Some((first, rest)) = inputs.split_first() {
            outputs.push(program.step(*first)?);
            outputs.extend(program.step_many(rest)?);
        }
        let traces = program.take_traces()?;
        Ok((outputs, traces.iter().map(|trace| (trace.label, trace.input, trace.output)).collect()))
    }

    fn verify_laws(&self, text: &OperadText) -> Answer<Value> {
        Ok(match self.agent_operad(text)?.verify_laws()? {
            Ok(cases) => json!({ "cases": cases }),
            Err(found) => {
                let [left, right] = &found.sides;
                counterexample(&found.law, [left, right], &found.samples, &found.difference)
            }
        })
    }

    fn verify_operad_laws(&self, text: &OperadText, operations: &[(String, Vec<InterfaceText>)]) -> Answer<Value> {
        let operations: Vec<_> = operations.iter().map(|(term, slots)| (term.clone(), interfaces(slots))).collect();
        Ok(match self.agent_operad(text)?.verify_operad_laws(&operations)? {
            Ok(equations) => json!({ "equations": equations }),
            Err(found) => {
                let witness = found.witness.as_ref().map(|(samples, difference)| (samples.as_slice(), difference));
                operad_counterexample(&found.law, &found.operations, &found.slots, witness)
            }
        })
    }

    fn session_checks(&self, checks: &[String]) -> Answer<String> {
        let on: Vec<SessionCheck> =
            SessionCheck::ALL.into_iter().filter(|check| checks.iter().any(|name| name == check.as_str())).collect();
        Ok(self.0.instantiate()?.session_checks(&on)?)
    }
}
