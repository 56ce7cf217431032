//! The operad of agents over machines, and its laws.

use alloc::string::String;
use alloc::vec::Vec;

use interlock_core::operad::{self, Difference, LawError, Meaning, Operation as CoreOperation, Term, verify_laws};
use interlock_core::read::Source;
use wasm_bindgen::prelude::wasm_bindgen;

use super::machine::{Run, read_machines};
use super::signature::{Operation, Signature, operation};
use crate::refusal::{Fault, given, made, read};
use crate::tree::Tree;

/// The operad of agents: its signature, its agents and sample machines.
#[wasm_bindgen]
pub struct AgentOperad(operad::AgentOperad);

#[wasm_bindgen]
impl AgentOperad {
    /// The operad with the standard samples.
    pub fn create() -> Option<AgentOperad> {
        made(operad::AgentOperad::new()).map(Self)
    }

    /// Its signature, as it is now.
    pub fn signature(&self) -> Signature {
        Signature(self.0.signature().clone())
    }

    /// Another sort; its number.
    ///
    /// # Errors
    /// There are too many, or it has too many symbols.
    #[wasm_bindgen(js_name = addSort)]
    pub fn add_sort(&mut self, symbols: u32) -> u32 {
        given(self.0.add_sort(symbols).map(|wires| wires.sorts().next().map_or(0, u32::from)))
    }

    /// Another agent, in a list of one; its number.
    ///
    /// # Errors
    /// It is refused.
    #[wasm_bindgen(js_name = addAgent)]
    pub fn add_agent(&mut self, machine: &[u8]) -> u32 {
        let machines = read_machines(machine, self.0.signature());
        given(machines.and_then(|machines| {
            let machine = machines.into_iter().next().ok_or(Fault::Broken)?;
            Ok(self.0.add_agent(machine)?)
        }))
    }

    /// Fills slots with these machines.
    ///
    /// # Errors
    /// One is refused.
    #[wasm_bindgen(js_name = setSamples)]
    pub fn set_samples(&mut self, machines: &[u8]) {
        if let Some(machines) = made(read_machines(machines, self.0.signature())) {
            self.0.set_samples(machines);
        }
    }

    /// Gives the operations another meaning: `[identity, seq, par, branch, fix, trace]`, null for its own.
    ///
    /// # Errors
    /// One is no term.
    #[wasm_bindgen(js_name = setMeaning)]
    pub fn set_meaning(&mut self, meaning: &[u8]) {
        let meaning = read(meaning, |source| {
            let mut meaning = Meaning::default();
            let Meaning { identity, seq, par, branch, fix, trace } = &mut meaning;
            source.begin_list()?;
            for place in [identity, seq, par, branch, fix, trace] {
                if !source.is_null()? {
                    *place = Some(Term::from_text(source.string()?)?);
                }
            }
            if source.next_item()? { Err(Fault::Broken) } else { Ok(meaning) }
        });
        if let Some(meaning) = made(meaning) {
            self.0.set_meaning(meaning);
        }
    }

    /// The operation of a term.
    ///
    /// # Errors
    /// It does not fit, or a slot does not occur once.
    pub fn operation(&self, term: &str, slots: &[u8]) -> Option<Operation> {
        made(operation(self.0.signature(), term, slots))
    }

    /// A term that runs, its slots filled with machines.
    ///
    /// # Errors
    /// It does not fit, or a machine is refused.
    pub fn run(&self, term: &str, slots: &[u8]) -> Option<Run> {
        made(Run::new(&self.0, term, slots))
    }

    /// Verifies the laws of the five operations: the number of cases, or the counterexample.
    ///
    /// # Errors
    /// They could not be compared.
    #[wasm_bindgen(js_name = verifyLaws)]
    pub fn verify_laws(&self) -> Vec<u8> {
        let mut tree = Tree::default();
        tree.object();
        match self.0.verify_laws() {
            Ok(cases) => tree.key("cases").whole(cases),
            Err(LawError::Refused(error)) => return given(Err(error)),
            Err(LawError::Broken(found)) => {
                tree.key("law").text(found.law);
                tree.key("sides").list();
                for side in &found.sides {
                    tree.text(&side.to_text());
                }
                tree.end();
                numbers(&mut tree, "samples", &found.samples);
                difference(&mut tree, &found.difference);
            }
        }
        tree.end();
        tree.into_bytes()
    }

    /// Verifies the laws of operads on operations: how many equations, or the counterexample.
    ///
    /// # Errors
    /// They could not be compared.
    #[wasm_bindgen(js_name = verifyOperations)]
    #[allow(clippy::needless_pass_by_value, reason = "a list of objects crosses by value")]
    pub fn verify_operations(&self, operations: Vec<Operation>) -> Vec<u8> {
        let operations: Vec<CoreOperation> = operations.into_iter().map(|operation| operation.0).collect();
        let mut tree = Tree::default();
        tree.object();
        match verify_laws(&self.0, &operations) {
            Ok(equations) => tree.key("equations").whole(equations),
            Err(LawError::Refused(error)) => return given(Err(error)),
            Err(LawError::Broken(found)) => {
                tree.key("law").text(found.law.as_str());
                tree.key("operations").list();
                for operation in &found.operations {
                    let text: String = operation.term().to_text();
                    tree.text(&text);
                }
                tree.end();
                numbers(&mut tree, "slots", &found.slots);
                tree.key("witness");
                match &found.witness {
                    None => tree.null(),
                    Some((samples, found)) => {
                        tree.object();
                        numbers(&mut tree, "samples", samples);
                        difference(&mut tree, found);
                        tree.end();
                    }
                }
            }
        }
        tree.end();
        tree.into_bytes()
    }
}

fn numbers(tree: &mut Tree, name: &str, numbers: &[u32]) {
    tree.key(name).list();
    for number in numbers {
        tree.whole((*number).into());
    }
    tree.end();
}

fn difference(tree: &mut Tree, difference: &Difference) {
    tree.key("difference").object();
    tree.key("inputs").list();
    for input in &difference.inputs {
        tree.whole(*input);
    }
    tree.end();
    tree.key("left").whole(difference.left);
    tree.key("right").whole(difference.right);
    tree.key("exhaustive").flag(difference.exhaustive);
    tree.end();
}
