//! The suite `operad` on the component.

use super::super::backend::{Answer, Refused};
use super::super::component::Wasmtime;
use super::backend::{Operads, Ran};
use super::{InterfaceText, MachineText, OperadText, SignatureText};
use serde_json::Value;

impl Operads for Wasmtime {
    fn term(&self, _text: &str) -> Answer<(String, u32)> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn compose(&self, _outer: &str, _slot: u32, _inner: &str) -> Answer<String> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn permute(&self, _term: &str, _permutation: &[u32]) -> Answer<String> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn operation(&self, _signature: &SignatureText, _term: &str, _slots: &[InterfaceText]) -> Answer<InterfaceText> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn normal_form(&self, _signature: &SignatureText, _term: &str, _slots: &[InterfaceText]) -> Answer<String> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn run(&self, _operad: &OperadText, _slots: &[MachineText], _term: &str, _inputs: &[u64]) -> Answer<Ran> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn verify_laws(&self, _operad: &OperadText) -> Answer<Value> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn verify_operad_laws(&self, _operad: &OperadText, _operations: &[(String, Vec<InterfaceText>)]) -> Answer<Value> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn session_checks(&self, _checks: &[String]) -> Answer<String> {
        Err(Refused(String::from("not on this host yet")))
    }
}
