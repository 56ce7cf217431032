//! The suite `covenant` on the component.

use super::super::backend::{Answer, Refused};
use super::super::component::Wasmtime;
use super::backend::{Budgeting, Covenants, Enforcing, Granting};
use super::{Amounts, TermsText};

impl Covenants for Wasmtime {
    fn budget(&self, _ceilings: &Amounts) -> Answer<Box<dyn Budgeting>> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn propose(&self, _id: &str, _terms: &TermsText, _by: &str, _now_ms: u64) -> Answer<Box<dyn Granting>> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn issue(
        &self,
        _id: &str,
        _version: u32,
        _terms: &TermsText,
        _by: &str,
        _now_ms: u64,
    ) -> Answer<Box<dyn Granting>> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn enforcer(&self, _grant: &str, _terms: &TermsText) -> Answer<Box<dyn Enforcing>> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn check_permission(&self, _capability: &str, _pattern: &str) -> Answer<()> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn check_resource(&self, _resource: &str) -> Answer<()> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn matches(&self, _pattern: &str, _resource: &str) -> Answer<bool> {
        Err(Refused(String::from("not on this host yet")))
    }
    fn is_within(&self, _pattern: &str, _wider: &str) -> Answer<bool> {
        Err(Refused(String::from("not on this host yet")))
    }
}
