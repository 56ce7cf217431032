//! The suite `operad`: terms, their types and normal forms, runs over machines, and the laws.
//!
//! Terms are texts. Wires are lists of sorts; what goes over them is one number, a byte a wire, the first wire lowest. A
//! refusal is `refused CODE SUBJECT VALUE BOUND`, `-` for what is not there.

mod backend;
mod component;
mod native;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::backend::{Answer, Backend, Refused};
pub(crate) use backend::Operads;

/// What an agent takes and gives: sorts of the wires in and out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct InterfaceText(pub(crate) Vec<u8>, pub(crate) Vec<u8>);

/// An agent as a table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MachineText {
    pub(crate) interface: InterfaceText,
    pub(crate) states: u8,
    /// By state, then by input, the last wire fastest: next state and output.
    pub(crate) table: Vec<(u8, u64)>,
}

/// An agent of a signature.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AgentText {
    pub(crate) interface: InterfaceText,
    /// `pure`, `stateful` or `external`.
    pub(crate) effect: String,
}

/// The sorts and agents that terms may name. Sort 1 is there; sorts from 2 on have these numbers of symbols.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SignatureText {
    /// `agents` or `checks`.
    pub(crate) theory: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) sorts: Vec<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) agents: Vec<AgentText>,
}

/// What operations are replaced by.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MeaningText {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) identity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) seq: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) par: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) branch: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fix: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace: Option<String>,
}

/// An operad of agents: beside agent 0 (it swaps two bits) it has these, and these samples instead of the standard ones.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OperadText {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) sorts: Vec<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) agents: Vec<MachineText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) samples: Option<Vec<MachineText>>,
    pub(crate) meaning: MeaningText,
}

/// An input of the suite.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Input {
    /// Texts of terms, each read and written again: the text and how many slots.
    Terms { texts: Vec<String> },
    /// `inner` in a slot of `outer`.
    Compose { outer: String, slot: u32, inner: String },
    /// What was slot i is slot `permutation[i]`.
    Permute { term: String, permutation: Vec<u32> },
    /// The types of terms whose slots have these interfaces, as operations: what they make.
    Operations { signature: SignatureText, slots: Vec<InterfaceText>, terms: Vec<String> },
    /// The normal forms of terms whose slots have these interfaces.
    NormalForms { signature: SignatureText, slots: Vec<InterfaceText>, terms: Vec<String> },
    /// A term over machines, step by step: outputs, and records as `[label, input, output]`.
    Run { operad: OperadText, slots: Vec<MachineText>, term: String, inputs: Vec<u64> },
    /// The laws of the five operations: how many cases, or the counterexample.
    VerifyLaws { operad: OperadText },
    /// The laws of operads on some operations, terms and what their slots take.
    VerifyOperadLaws { operad: OperadText, operations: Vec<(String, Vec<InterfaceText>)> },
    /// The session's checks as a term, those that are named.
    SessionChecks { checks: Vec<String> },
}

/// What comes of an input.
pub(crate) fn run(backend: &dyn Backend, input: Input) -> Value {
    let result = match input {
        Input::Terms { texts } => {
            each(&texts, |text| backend.term(text).map(|(text, arity)| format!("{text} / {arity}")))
        }
        Input::Compose { outer, slot, inner } => backend.compose(&outer, slot, &inner).map(Value::from),
        Input::Permute { term, permutation } => backend.permute(&term, &permutation).map(Value::from),
        Input::Operations { signature, slots, terms } => {
            each(&terms, |term| backend.operation(&signature, term, &slots).map(|output| json!(output).to_string()))
        }
        Input::NormalForms { signature, slots, terms } => {
            each(&terms, |term| backend.normal_form(&signature, term, &slots))
        }
        Input::Run { operad, slots, term, inputs } => backend
            .run(&operad, &slots, &term, &inputs)
            .map(|(outputs, traces)| json!({ "outputs": outputs, "traces": traces })),
        Input::VerifyLaws { operad } => backend.verify_laws(&operad),
        Input::VerifyOperadLaws { operad, operations } => backend.verify_operad_laws(&operad, &operations),
        Input::SessionChecks { checks } => backend.session_checks(&checks).map(Value::from),
    };
    result.unwrap_or_else(|Refused(error)| json!({ "refused": error }))
}

#[allow(clippy::unnecessary_wraps, reason = "as the operations beside it")]
fn each(texts: &[String], work: impl Fn(&str) -> Answer<String>) -> Answer<Value> {
    let said = texts.iter().map(|text| match work(text) {
        Ok(said) => said,
        Err(Refused(error)) => format!("refused {error}"),
    });
    Ok(said.collect::<Vec<_>>().into())
}
