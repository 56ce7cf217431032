//! The WIT interface `operad`.

use std::cell::RefCell;

use interlock_core::operad as core;

use crate::Component;
use crate::bindings::exports::interlock::kernel::operad as wit;
use crate::convert::refused;

impl wit::Guest for Component {
    type Signature = Signature;
    type AgentOperad = AgentOperad;
    type Program = Program;

    fn parse_term(term: String) -> Result<String, wit::Refusal> {
        Ok(read_term(&term)?.to_text())
    }

    fn arity(term: String) -> Result<u32, wit::Refusal> {
        Ok(read_term(&term)?.arity())
    }

    fn compose(outer: String, slot: u32, inner: String) -> Result<String, wit::Refusal> {
        Ok(refused(read_term(&outer)?.compose(slot, &read_term(&inner)?))?.to_text())
    }

    fn permute(term: String, permutation: Vec<u32>) -> Result<String, wit::Refusal> {
        Ok(refused(read_term(&term)?.permute(&permutation))?.to_text())
    }

    fn session_checks(on: Vec<wit::SessionCheck>) -> String {
        let on: Vec<core::SessionCheck> = on.into_iter().map(Into::into).collect();
        core::session_checks(|check| on.contains(&check)).to_text()
    }
}

fn read_term(text: &str) -> Result<core::Term, wit::Refusal> {
    refused(core::Term::from_text(text))
}

/// The number of a sort: its one wire.
fn sort_of(wires: core::Wires) -> u8 {
    wires.sorts().next().unwrap_or_default()
}

fn interfaces(slots: Vec<wit::Interface>) -> Result<Vec<core::Interface>, wit::Refusal> {
    slots.into_iter().map(|slot| slot.read()).collect()
}

pub(crate) struct Signature(RefCell<core::Signature>);

impl wit::GuestSignature for Signature {
    fn new(theory: wit::Theory) -> Self {
        Self(RefCell::new(core::Signature::new(match theory {
            wit::Theory::Agents => core::Theory::Agents,
            wit::Theory::Checks => core::Theory::Checks,
        })))
    }

    fn add_sort(&self, symbols: u32) -> Result<u8, wit::Refusal> {
        Ok(sort_of(refused(self.0.borrow_mut().add_sort(symbols))?))
    }

    fn add_agent(&self, agent: wit::Interface, effect: wit::Effect) -> Result<u32, wit::Refusal> {
        let effect = match effect {
            wit::Effect::Pure => core::Effect::Pure,
            wit::Effect::Stateful => core::Effect::Stateful,
            wit::Effect::External => core::Effect::External,
        };
        refused(self.0.borrow_mut().add_agent(core::AgentType { interface: agent.read()?, effect }))
    }

    fn output(&self, term: String, slots: Vec<wit::Interface>) -> Result<wit::Interface, wit::Refusal> {
        let slots = interfaces(slots)?;
        Ok(refused(core::Operation::new(&self.0.borrow(), read_term(&term)?, &slots))?.output().into())
    }

    fn normal_form(&self, term: String, slots: Vec<wit::Interface>) -> Result<String, wit::Refusal> {
        let slots = interfaces(slots)?;
        Ok(refused(self.0.borrow().normal_form(&read_term(&term)?, &slots))?.to_text())
    }
}

pub(crate) struct AgentOperad(RefCell<core::AgentOperad>);

impl AgentOperad {
    fn machines(&self, machines: Vec<wit::Machine>) -> Result<Vec<core::Machine>, wit::Refusal> {
        let operad = self.0.borrow();
        machines.into_iter().map(|machine| machine.read(operad.signature())).collect()
    }
}

impl wit::GuestAgentOperad for AgentOperad {
    fn new() -> Result<wit::AgentOperad, wit::Refusal> {
        Ok(wit::AgentOperad::new(Self(RefCell::new(refused(core::AgentOperad::new())?))))
    }

    fn add_sort(&self, symbols: u32) -> Result<u8, wit::Refusal> {
        Ok(sort_of(refused(self.0.borrow_mut().add_sort(symbols))?))
    }

    fn add_agent(&self, machine: wit::Machine) -> Result<u32, wit::Refusal> {
        let mut operad = self.0.borrow_mut();
        let machine = machine.read(operad.signature())?;
        refused(operad.add_agent(machine))
    }

    fn set_samples(&self, samples: Vec<wit::Machine>) -> Result<(), wit::Refusal> {
        let samples = self.machines(samples)?;
        self.0.borrow_mut().set_samples(samples);
        Ok(())
    }

    fn set_meaning(&self, meaning: wit::Meaning) -> Result<(), wit::Refusal> {
        let term = |text: Option<String>| text.map(|text| read_term(&text)).transpose();
        let meaning = core::Meaning {
            identity: term(meaning.identity)?,
            seq: term(meaning.seq)?,
            par: term(meaning.par)?,
            branch: term(meaning.branch)?,
            fix: term(meaning.fix)?,
            trace: term(meaning.trace)?,
        };
        self.0.borrow_mut().set_meaning(meaning);
        Ok(())
    }

    fn program(&self, term: String, slots: Vec<wit::Machine>) -> Result<wit::Program, wit::Refusal> {
        let slots = self.machines(slots)?;
        let operad = self.0.borrow();
        let interfaces: Vec<core::Interface> = slots.iter().map(core::Machine::interface).collect();
        let program = refused(core::Program::new(operad.signature(), &read_term(&term)?, &interfaces))?;
        let cells = vec![0; usize::try_from(program.cells()).unwrap_or_default()];
        let agents = operad.agents().to_vec();
        let run = Run { cells, traces: Vec::new(), stack: core::Stack::default() };
        Ok(wit::Program::new(Program { compiled: program, agents, slots, run: RefCell::new(run) }))
    }

    fn verify_laws(&self) -> Result<u64, wit::AgentLawError> {
        self.0.borrow().verify_laws().map_err(|error| match error {
            core::LawError::Refused(error) => wit::AgentLawError::Refused((&error).into()),
            core::LawError::Broken(found) => {
                let [left, right] = found.sides.each_ref().map(core::Term::to_text);
                wit::AgentLawError::Broken(wit::AgentCounterexample {
                    law: found.law.to_owned(),
                    left,
                    right,
                    samples: found.samples,
                    difference: found.difference.into(),
                })
            }
        })
    }

    fn verify_operad_laws(&self, operations: Vec<wit::Operation>) -> Result<u64, wit::LawError> {
        let operad = self.0.borrow();
        let read = |it: wit::Operation| -> Result<core::Operation, wit::Refusal> {
            refused(operad.operation(read_term(&it.term)?, &interfaces(it.slots)?))
        };
        let operations: Result<Vec<_>, _> = operations.into_iter().map(read).collect();
        let operations = operations.map_err(wit::LawError::Refused)?;
        core::verify_laws(&*operad, &operations).map_err(|error| match error {
            core::LawError::Refused(error) => wit::LawError::Refused((&error).into()),
            core::LawError::Broken(found) => wit::LawError::Broken(wit::Counterexample {
                law: found.law.as_str().to_owned(),
                operations: found.operations.iter().map(|operation| operation.term().to_text()).collect(),
                slots: found.slots,
                witness: found
                    .witness
                    .map(|(samples, difference)| wit::Witness { samples, difference: difference.into() }),
            }),
        })
    }
}

pub(crate) struct Program {
    compiled: core::Program,
    agents: Vec<core::Machine>,
    slots: Vec<core::Machine>,
    run: RefCell<Run>,
}

/// What changes from step to step.
struct Run {
    cells: Vec<u8>,
    traces: Vec<core::Trace>,
    stack: core::Stack<u64>,
}

impl wit::GuestProgram for Program {
    fn interface(&self) -> wit::Interface {
        self.compiled.interface().into()
    }

    fn step(&self, input: u64) -> u64 {
        wit::GuestProgram::step_many(self, vec![input]).first().copied().unwrap_or_default()
    }

    fn step_many(&self, inputs: Vec<u64>) -> Vec<u64> {
        let slots: Vec<&core::Machine> = self.slots.iter().collect();
        let Run { cells, traces, stack } = &mut *self.run.borrow_mut();
        let mut algebra = core::MachineAlgebra { agents: &self.agents, slots: &slots, cells, traces };
        inputs.into_iter().map(|input| self.compiled.run(&mut algebra, stack, input)).collect()
    }

    fn take_traces(&self) -> Vec<wit::Trace> {
        let traces = std::mem::take(&mut self.run.borrow_mut().traces);
        traces.into_iter().map(|it| wit::Trace { label: it.label, input: it.input, output: it.output }).collect()
    }

    fn reset(&self) {
        let mut run = self.run.borrow_mut();
        run.cells.fill(0);
        run.traces.clear();
    }
}

impl wit::Interface {
    fn read(&self) -> Result<core::Interface, wit::Refusal> {
        let wires = |sorts: &[u8]| refused(core::Wires::from_sorts(sorts));
        Ok(core::Interface::new(wires(&self.input)?, wires(&self.output)?))
    }
}

impl From<core::Interface> for wit::Interface {
    fn from(interface: core::Interface) -> Self {
        Self { input: interface.input.sorts().collect(), output: interface.output.sorts().collect() }
    }
}

impl wit::Machine {
    fn read(&self, signature: &core::Signature) -> Result<core::Machine, wit::Refusal> {
        let table: Vec<(u8, u64)> = self.table.iter().map(|step| (step.next, step.output)).collect();
        refused(core::Machine::new(signature, self.interface.read()?, self.states, &table))
    }
}

impl From<core::Difference> for wit::Difference {
    fn from(difference: core::Difference) -> Self {
        let core::Difference { inputs, left, right, exhaustive } = difference;
        Self { inputs, left, right, exhaustive }
    }
}

impl From<wit::SessionCheck> for core::SessionCheck {
    fn from(check: wit::SessionCheck) -> Self {
        match check {
            wit::SessionCheck::Gate => Self::Gate,
            wit::SessionCheck::Guard => Self::Guard,
            wit::SessionCheck::Monitor => Self::Monitor,
            wit::SessionCheck::Budget => Self::Budget,
        }
    }
}
