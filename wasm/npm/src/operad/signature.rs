//! Signatures and operations.

use alloc::string::String;
use alloc::vec::Vec;

use interlock_core::operad::{self, AgentType, Effect, Interface, Term, Theory, Wires, session_signature};
use interlock_core::read::Source;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::refusal::{Fault, given, made, read};
use crate::tree::{Tree, TreeSource};

/// Reads wires, a list of sorts.
fn read_wires(source: &mut TreeSource<'_>) -> Result<Wires, Fault> {
    let mut sorts = Vec::new();
    source.each(|source| -> Result<(), Fault> {
        sorts.push(u8::try_from(source.small()?).map_err(|_| Fault::Broken)?);
        Ok(())
    })?;
    Ok(Wires::from_sorts(&sorts)?)
}

/// Reads an interface: `[input, output]`.
pub(super) fn read_interface(source: &mut TreeSource<'_>) -> Result<Interface, Fault> {
    source.begin_list()?;
    let interface = Interface::new(read_wires(source)?, read_wires(source)?);
    if source.next_item()? { Err(Fault::Broken) } else { Ok(interface) }
}

/// Reads a list of interfaces.
pub(super) fn read_interfaces(tree: &[u8]) -> Result<Vec<Interface>, Fault> {
    read(tree, |source| {
        let mut interfaces = Vec::new();
        source.each(|source| -> Result<(), Fault> {
            interfaces.push(read_interface(source)?);
            Ok(())
        })?;
        Ok(interfaces)
    })
}

fn write_interface(tree: &mut Tree, interface: Interface) {
    tree.object();
    for (name, wires) in [("input", interface.input), ("output", interface.output)] {
        tree.key(name).list();
        for sort in wires.sorts() {
            tree.whole(sort.into());
        }
        tree.end();
    }
    tree.end();
}

fn write_interfaces(interfaces: &[Interface]) -> Vec<u8> {
    let mut tree = Tree::default();
    tree.list();
    for interface in interfaces {
        write_interface(&mut tree, *interface);
    }
    tree.end();
    tree.into_bytes()
}

/// The sorts and agents that terms may name.
#[wasm_bindgen]
pub struct Signature(pub(super) operad::Signature);

#[wasm_bindgen]
impl Signature {
    /// A signature of agents, or of checks.
    #[wasm_bindgen(constructor)]
    pub fn new(checks: bool) -> Self {
        Self(operad::Signature::new(if checks { Theory::Checks } else { Theory::Agents }))
    }

    /// That of the session's checks.
    #[wasm_bindgen(js_name = ofSession)]
    pub fn of_session() -> Option<Signature> {
        made(session_signature()).map(Self)
    }

    /// Whether it is of checks.
    #[wasm_bindgen(js_name = isOfChecks)]
    pub fn is_of_checks(&self) -> bool {
        self.0.theory() == Theory::Checks
    }

    /// Another sort; its number.
    ///
    /// # Errors
    /// There are too many, or it has too many symbols.
    #[wasm_bindgen(js_name = addSort)]
    pub fn add_sort(&mut self, symbols: u32) -> u32 {
        given(self.0.add_sort(symbols).map(|wires| wires.sorts().next().map_or(0, u32::from)))
    }

    /// Another agent, with an interface in a list of one, that is pure (0), stateful (1) or external; its number.
    ///
    /// # Errors
    /// It has a wire of an unknown sort.
    #[wasm_bindgen(js_name = addAgent)]
    pub fn add_agent(&mut self, interface: &[u8], effect: u8) -> u32 {
        let effect = match effect {
            0 => Effect::Pure,
            1 => Effect::Stateful,
            _ => Effect::External,
        };
        given(read_interfaces(interface).and_then(|interfaces| {
            let interface = *interfaces.first().ok_or(Fault::Broken)?;
            Ok(self.0.add_agent(AgentType { interface, effect })?)
        }))
    }

    /// The interface of every node of a term whose slots have these interfaces.
    ///
    /// # Errors
    /// It is none, or does not fit.
    pub fn typing(&self, term: &str, slots: &[u8]) -> Vec<u8> {
        let typing = || -> Result<Vec<u8>, Fault> {
            Ok(write_interfaces(&self.0.typing(&Term::from_text(term)?, &read_interfaces(slots)?)?))
        };
        given(typing())
    }

    /// The form that all terms share that are equal by the laws.
    ///
    /// # Errors
    /// As of `typing`.
    #[wasm_bindgen(js_name = normalForm)]
    pub fn normal_form(&self, term: &str, slots: &[u8]) -> String {
        let normal = || -> Result<String, Fault> {
            Ok(self.0.normal_form(&Term::from_text(term)?, &read_interfaces(slots)?)?.to_text())
        };
        given(normal())
    }

    /// The operation of a term.
    ///
    /// # Errors
    /// As of `typing`, or a slot does not occur once.
    pub fn operation(&self, term: &str, slots: &[u8]) -> Option<Operation> {
        made(operation(&self.0, term, slots))
    }
}

/// The operation of a term.
pub(super) fn operation(signature: &operad::Signature, term: &str, slots: &[u8]) -> Result<Operation, Fault> {
    Ok(Operation(operad::Operation::new(signature, Term::from_text(term)?, &read_interfaces(slots)?)?))
}

/// A typed operation.
#[wasm_bindgen]
pub struct Operation(pub(super) operad::Operation);

#[wasm_bindgen]
impl Operation {
    /// Its tree.
    pub fn term(&self) -> String {
        self.0.term().to_text()
    }

    /// What its slots take and, last, what it makes.
    pub fn interfaces(&self) -> Vec<u8> {
        let mut all = self.0.slots().to_vec();
        all.push(self.0.output());
        write_interfaces(&all)
    }

    /// Partial composition.
    ///
    /// # Errors
    /// There is no such slot, what is put there does not fit, or it becomes too large.
    pub fn compose(&self, slot: u32, inner: &Operation) -> Option<Operation> {
        made(self.0.compose(slot, &inner.0)).map(Self)
    }

    /// The symmetric action.
    ///
    /// # Errors
    /// The list is no permutation.
    pub fn permute(&self, permutation: &[u32]) -> Option<Operation> {
        made(self.0.permute(permutation)).map(Self)
    }

    /// Another handle to the same.
    pub fn copy(&self) -> Operation {
        Self(self.0.clone())
    }
}
