//! Machines, and terms that run over them.

use alloc::vec;
use alloc::vec::Vec;

use interlock_core::operad::{self, Interface, Machine, MachineAlgebra, Program, Stack, Term, Trace};
use interlock_core::read::Source;
use wasm_bindgen::prelude::wasm_bindgen;

use super::signature::read_interface;
use crate::refusal::{Fault, read};
use crate::tree::{Tree, TreeSource};

/// Reads a machine: `[interface, states, [[next, output]…]]`.
fn read_machine(source: &mut TreeSource<'_>, signature: &operad::Signature) -> Result<Machine, Fault> {
    source.begin_list()?;
    let interface = read_interface(source)?;
    let states = small(source)?;
    let mut table = Vec::new();
    source.each(|source| -> Result<(), Fault> {
        source.begin_list()?;
        table.push((small(source)?, source.whole()?));
        if source.next_item()? { Err(Fault::Broken) } else { Ok(()) }
    })?;
    if source.next_item()? {
        return Err(Fault::Broken);
    }
    Ok(Machine::new(signature, interface, states, &table)?)
}

fn small(source: &mut TreeSource<'_>) -> Result<u8, Fault> {
    u8::try_from(source.small()?).map_err(|_| Fault::Broken)
}

/// Reads a list of machines.
pub(super) fn read_machines(tree: &[u8], signature: &operad::Signature) -> Result<Vec<Machine>, Fault> {
    read(tree, |source| {
        let mut machines = Vec::new();
        source.each(|source| -> Result<(), Fault> {
            machines.push(read_machine(source, signature)?);
            Ok(())
        })?;
        Ok(machines)
    })
}

/// A term that runs, with the states of its agents.
#[wasm_bindgen]
pub struct Run {
    program: Program,
    agents: Vec<Machine>,
    slots: Vec<Machine>,
    cells: Vec<u8>,
    traces: Vec<Trace>,
    stack: Stack<u64>,
}

impl Run {
    /// A term over agents, its slots filled with machines.
    pub(super) fn new(operad: &operad::AgentOperad, term: &str, slots: &[u8]) -> Result<Self, Fault> {
        let slots = read_machines(slots, operad.signature())?;
        let interfaces: Vec<Interface> = slots.iter().map(Machine::interface).collect();
        let program = Program::new(operad.signature(), &Term::from_text(term)?, &interfaces)?;
        let cells = vec![0; usize::try_from(program.cells()).unwrap_or(0)];
        let agents = operad.agents().to_vec();
        Ok(Self { program, agents, slots, cells, traces: Vec::new(), stack: Stack::default() })
    }
}

#[wasm_bindgen]
impl Run {
    /// One step for each input, and what it gives.
    pub fn steps(&mut self, inputs: &[u64]) -> Vec<u64> {
        let slots: Vec<&Machine> = self.slots.iter().collect();
        let mut algebra =
            MachineAlgebra { agents: &self.agents, slots: &slots, cells: &mut self.cells, traces: &mut self.traces };
        inputs.iter().map(|input| self.program.run(&mut algebra, &mut self.stack, *input)).collect()
    }

    /// Takes what `trace` has recorded: a list.
    #[wasm_bindgen(js_name = takeTraces)]
    pub fn take_traces(&mut self) -> Vec<u8> {
        let mut tree = Tree::default();
        tree.list();
        for trace in self.traces.drain(..) {
            tree.object();
            tree.key("label").whole(trace.label.into());
            tree.key("input").whole(trace.input);
            tree.key("output").whole(trace.output);
            tree.end();
        }
        tree.end();
        tree.into_bytes()
    }
}
