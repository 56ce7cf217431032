//! Terms, programs and laws in instances.

use interlock_core::operad::{Difference, Effect, SessionCheck, Theory, Trace};
use wasmtime::component::ResourceAny;

use super::bindings::exports::interlock::kernel::operad as wit;
use super::error::HostError;
use super::instance::Instance;

/// What an agent takes and gives, as the sorts of its wires. The component checks them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgentInterface {
    /// The wires that come in.
    pub input: Vec<u8>,
    /// The wires that go out.
    pub output: Vec<u8>,
}

/// A deterministic agent as a table: what [`interlock_core::operad::Machine`] is made of. The component checks it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// What it takes and gives.
    pub interface: AgentInterface,
    /// How many states it has.
    pub states: u8,
    /// By state, then by word of input, the last wire fastest: next state and output.
    pub table: Vec<(u8, u64)>,
}

/// What operations are replaced by, terms in their text form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// Of the identity.
    pub identity: Option<String>,
    /// Of `seq`.
    pub seq: Option<String>,
    /// Of `par`.
    pub par: Option<String>,
    /// Of `branch`.
    pub branch: Option<String>,
    /// Of `fix`.
    pub fix: Option<String>,
    /// Of `trace`.
    pub trace: Option<String>,
}

/// A law of the five operations that does not hold, with the smallest case that shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentCounterexample {
    /// The law's name.
    pub law: String,
    /// Its sides, in their text form.
    pub sides: [String; 2],
    /// Who is in the slots: positions among the samples.
    pub samples: Vec<u32>,
    /// The shortest input that tells the sides apart.
    pub difference: Difference,
}

/// A law of operads that does not hold, with the first operations that show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// The law's name.
    pub law: String,
    /// The operations of the law, in their text form.
    pub operations: Vec<String>,
    /// The slots of the law.
    pub slots: Vec<u32>,
    /// What tells its sides apart: samples in the slots and the input.
    pub witness: Option<(Vec<u32>, Difference)>,
}

/// Terms need nothing but their text.
impl Instance {
    /// Reads a term and writes it in its one text form; how many slots it has.
    ///
    /// # Errors
    /// [`HostError::Refused`] says where it is none; a trap.
    pub fn parse_term(&mut self, term: &str) -> Result<(String, u32), HostError> {
        let text = self.operad(term.len(), |store, guest| guest.call_parse_term(store, term))??;
        let arity = self.operad(term.len(), |store, guest| guest.call_arity(store, term))??;
        Ok((text, arity))
    }

    /// Partial composition: `inner` in a slot of `outer`.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn compose(&mut self, outer: &str, slot: u32, inner: &str) -> Result<String, HostError> {
        let bytes = outer.len().saturating_add(inner.len());
        Ok(self.operad(bytes, |store, guest| guest.call_compose(store, outer, slot, inner))??)
    }

    /// The symmetric action: what was slot `i` is now slot `permutation[i]`.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn permute(&mut self, term: &str, permutation: &[u32]) -> Result<String, HostError> {
        Ok(self.operad(term.len(), |store, guest| guest.call_permute(store, term, permutation))??)
    }

    /// The session's checks as a term, those that are on.
    ///
    /// # Errors
    /// A trap.
    pub fn session_checks(&mut self, on: &[SessionCheck]) -> Result<String, HostError> {
        let check = |check: &SessionCheck| match check {
            SessionCheck::Gate => wit::SessionCheck::Gate,
            SessionCheck::Guard => wit::SessionCheck::Guard,
            SessionCheck::Monitor => wit::SessionCheck::Monitor,
            SessionCheck::Budget => wit::SessionCheck::Budget,
        };
        let on: Vec<wit::SessionCheck> = on.iter().map(check).collect();
        self.operad(0, |store, guest| guest.call_session_checks(store, &on))
    }
}

/// Sorts and agents that terms may name: [`interlock_core::operad::Signature`] inside an instance.
#[derive(Debug)]
pub struct Signature {
    instance: Instance,
    signature: ResourceAny,
}

impl Signature {
    /// A signature with sort 1 and no agent, in this instance.
    ///
    /// # Errors
    /// A trap, now or earlier; so of all below.
    pub fn new(mut instance: Instance, theory: Theory) -> Result<Self, HostError> {
        let theory = match theory {
            Theory::Agents => wit::Theory::Agents,
            Theory::Checks => wit::Theory::Checks,
        };
        let signature = instance.operad(0, |store, guest| guest.signature().call_constructor(store, theory))?;
        Ok(Self { instance, signature })
    }

    /// Another sort; its number.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn add_sort(&mut self, symbols: u32) -> Result<u8, HostError> {
        let it = self.signature;
        Ok(self.instance.operad(0, |store, guest| guest.signature().call_add_sort(store, it, symbols))??)
    }

    /// Another agent; its number.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn add_agent(&mut self, interface: &AgentInterface, effect: Effect) -> Result<u32, HostError> {
        let it = self.signature;
        let effect = match effect {
            Effect::Pure => wit::Effect::Pure,
            Effect::Stateful => wit::Effect::Stateful,
            Effect::External => wit::Effect::External,
        };
        let agent = interface.into();
        Ok(self.instance.operad(0, |store, guest| guest.signature().call_add_agent(store, it, &agent, effect))??)
    }

    /// What the operation of a term makes whose slots take these.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn output(&mut self, term: &str, slots: &[AgentInterface]) -> Result<AgentInterface, HostError> {
        let (it, slots) = (self.signature, interfaces(slots));
        let output = self
            .instance
            .operad(term.len(), |store, guest| guest.signature().call_output(store, it, term, &slots))??;
        Ok(output.into())
    }

    /// The normal form of a term.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn normal_form(&mut self, term: &str, slots: &[AgentInterface]) -> Result<String, HostError> {
        let (it, slots) = (self.signature, interfaces(slots));
        Ok(self
            .instance
            .operad(term.len(), |store, guest| guest.signature().call_normal_form(store, it, term, &slots))??)
    }
}

/// The operad of agents over machines: [`interlock_core::operad::AgentOperad`] inside an instance.
#[derive(Debug)]
pub struct AgentOperad {
    instance: Instance,
    operad: ResourceAny,
}

impl AgentOperad {
    /// The operad with the standard samples, in this instance.
    ///
    /// # Errors
    /// A trap, now or earlier; so of all below.
    pub fn new(mut instance: Instance) -> Result<Self, HostError> {
        let operad = instance.operad(0, |store, guest| guest.agent_operad().call_new(store))??;
        Ok(Self { instance, operad })
    }

    /// Another sort; its number.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn add_sort(&mut self, symbols: u32) -> Result<u8, HostError> {
        let it = self.operad;
        Ok(self.instance.operad(0, |store, guest| guest.agent_operad().call_add_sort(store, it, symbols))??)
    }

    /// Another agent; its number.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn add_agent(&mut self, machine: &Machine) -> Result<u32, HostError> {
        let (it, machine) = (self.operad, machine.into());
        Ok(self.instance.operad(0, |store, guest| guest.agent_operad().call_add_agent(store, it, &machine))??)
    }

    /// Fills slots with these machines, the simplest first.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn set_samples(&mut self, samples: &[Machine]) -> Result<(), HostError> {
        let it = self.operad;
        let samples: Vec<wit::Machine> = samples.iter().map(Into::into).collect();
        Ok(self.instance.operad(0, |store, guest| guest.agent_operad().call_set_samples(store, it, &samples))??)
    }

    /// Gives the operations another meaning.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn set_meaning(&mut self, meaning: &Meaning) -> Result<(), HostError> {
        let it = self.operad;
        let Meaning { identity, seq, par, branch, fix, trace } = meaning.clone();
        let meaning = wit::Meaning { identity, seq, par, branch, fix, trace };
        Ok(self.instance.operad(0, |store, guest| guest.agent_operad().call_set_meaning(store, it, &meaning))??)
    }

    /// A term with machines in its slots, ready to run in this instance.
    ///
    /// # Errors
    /// [`HostError::Refused`]; a trap.
    pub fn into_program(mut self, term: &str, slots: &[Machine]) -> Result<Program, HostError> {
        let it = self.operad;
        let slots: Vec<wit::Machine> = slots.iter().map(Into::into).collect();
        let program = self
            .instance
            .operad(term.len(), |store, guest| guest.agent_operad().call_program(store, it, term, &slots))??;
        Ok(Program { instance: self.instance, program })
    }

    /// Verifies the laws of the five operations: how many cases, or the counterexample.
    ///
    /// # Errors
    /// [`HostError::Refused`] when the operad refuses what they need; a trap.
    pub fn verify_laws(&mut self) -> Result<Result<u64, AgentCounterexample>, HostError> {
        let it = self.operad;
        match self.instance.operad(0, |store, guest| guest.agent_operad().call_verify_laws(store, it))? {
            Ok(cases) => Ok(Ok(cases)),
            Err(wit::AgentLawError::Refused(refusal)) => Err(refusal.into()),
            Err(wit::AgentLawError::Broken(found)) => Ok(Err(AgentCounterexample {
                law: found.law,
                sides: [found.left, found.right],
                samples: found.samples,
                difference: found.difference.into(),
            })),
        }
    }

    /// Verifies the laws of operads on some operations: how many equations, or the counterexample.
    ///
    /// # Errors
    /// [`HostError::Refused`] when the operad refuses what they need; a trap.
    pub fn verify_operad_laws(
        &mut self,
        operations: &[(String, Vec<AgentInterface>)],
    ) -> Result<Result<u64, Counterexample>, HostError> {
        let it = self.operad;
        let operations: Vec<wit::Operation> = operations
            .iter()
            .map(|(term, slots)| wit::Operation { term: term.clone(), slots: interfaces(slots) })
            .collect();
        let verified = self
            .instance
            .operad(0, |store, guest| guest.agent_operad().call_verify_operad_laws(store, it, &operations))?;
        match verified {
            Ok(equations) => Ok(Ok(equations)),
            Err(wit::LawError::Refused(refusal)) => Err(refusal.into()),
            Err(wit::LawError::Broken(found)) => Ok(Err(Counterexample {
                law: found.law,
                operations: found.operations,
                slots: found.slots,
                witness: found.witness.map(|witness| (witness.samples, witness.difference.into())),
            })),
        }
    }
}

/// A term that runs: [`interlock_core::operad::Program`] with its machines, inside an instance.
#[derive(Debug)]
pub struct Program {
    instance: Instance,
    program: ResourceAny,
}

impl Program {
    /// A step for each input, in one crossing.
    ///
    /// # Errors
    /// A trap, now or earlier; so of all below.
    pub fn step_many(&mut self, inputs: &[u64]) -> Result<Vec<u64>, HostError> {
        let it = self.program;
        self.instance.operad(size_of_val(inputs), |store, guest| guest.program().call_step_many(store, it, inputs))
    }

    /// One step of the whole.
    ///
    /// # Errors
    /// A trap.
    pub fn step(&mut self, input: u64) -> Result<u64, HostError> {
        let it = self.program;
        self.instance.operad(0, |store, guest| guest.program().call_step(store, it, input))
    }

    /// Takes what was recorded, in order.
    ///
    /// # Errors
    /// A trap.
    pub fn take_traces(&mut self) -> Result<Vec<Trace>, HostError> {
        let it = self.program;
        let traces = self.instance.operad(0, |store, guest| guest.program().call_take_traces(store, it))?;
        Ok(traces.into_iter().map(|it| Trace { label: it.label, input: it.input, output: it.output }).collect())
    }

    /// Puts every agent into its first state and forgets what was recorded.
    ///
    /// # Errors
    /// A trap.
    pub fn reset(&mut self) -> Result<(), HostError> {
        let it = self.program;
        self.instance.operad(0, |store, guest| guest.program().call_reset(store, it))
    }
}

fn interfaces(interfaces: &[AgentInterface]) -> Vec<wit::Interface> {
    interfaces.iter().map(Into::into).collect()
}

impl From<&AgentInterface> for wit::Interface {
    fn from(interface: &AgentInterface) -> Self {
        Self { input: interface.input.clone(), output: interface.output.clone() }
    }
}

impl From<wit::Interface> for AgentInterface {
    fn from(interface: wit::Interface) -> Self {
        Self { input: interface.input, output: interface.output }
    }
}

impl From<&Machine> for wit::Machine {
    fn from(machine: &Machine) -> Self {
        let step = |&(next, output): &(u8, u64)| wit::MachineStep { next, output };
        Self {
            interface: (&machine.interface).into(),
            states: machine.states,
            table: machine.table.iter().map(step).collect(),
        }
    }
}

impl From<wit::Difference> for Difference {
    fn from(difference: wit::Difference) -> Self {
        let wit::Difference { inputs, left, right, exhaustive } = difference;
        Self { inputs, left, right, exhaustive }
    }
}
