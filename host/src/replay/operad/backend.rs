//! What the suite `operad` asks of a build of the core.

use interlock_core::operad::Difference;
use serde_json::{Value, json};

use super::super::backend::Answer;
use super::{InterfaceText, MachineText, OperadText, SignatureText};

/// The outputs of a run, and its records.
pub(crate) type Ran = (Vec<u64>, Vec<(u32, u64, u64)>);

/// The part of a build that composes. Refusals: see the suite.
pub(crate) trait Operads {
    /// The term written again, and how many slots.
    fn term(&self, text: &str) -> Answer<(String, u32)>;
    fn compose(&self, outer: &str, slot: u32, inner: &str) -> Answer<String>;
    fn permute(&self, term: &str, permutation: &[u32]) -> Answer<String>;
    /// What the operation of a term makes.
    fn operation(&self, signature: &SignatureText, term: &str, slots: &[InterfaceText]) -> Answer<InterfaceText>;
    fn normal_form(&self, signature: &SignatureText, term: &str, slots: &[InterfaceText]) -> Answer<String>;
    fn run(&self, operad: &OperadText, slots: &[MachineText], term: &str, inputs: &[u64]) -> Answer<Ran>;
    /// `{"cases": n}`, or [`counterexample`].
    fn verify_laws(&self, operad: &OperadText) -> Answer<Value>;
    /// `{"equations": n}`, or [`operad_counterexample`].
    fn verify_operad_laws(&self, operad: &OperadText, operations: &[(String, Vec<InterfaceText>)]) -> Answer<Value>;
    fn session_checks(&self, checks: &[String]) -> Answer<String>;
}

pub(super) fn counterexample(law: &str, sides: [&str; 2], samples: &[u32], difference: &Difference) -> Value {
    json!({ "law": law, "sides": sides, "samples": samples, "difference": difference_value(difference) })
}

pub(super) fn operad_counterexample(
    law: &str,
    operations: &[String],
    slots: &[u32],
    witness: Option<(&[u32], &Difference)>,
) -> Value {
    let witness =
        witness.map(|(samples, difference)| json!({ "samples": samples, "difference": difference_value(difference) }));
    json!({ "law": law, "operations": operations, "slots": slots, "witness": witness })
}

fn difference_value(difference: &Difference) -> Value {
    let Difference { inputs, left, right, exhaustive } = difference;
    json!({ "inputs": inputs, "left": left, "right": right, "exhaustive": exhaustive })
}
