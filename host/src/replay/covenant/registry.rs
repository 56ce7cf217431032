//! Registries of grants in the suite `covenant`.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::backend::{Answer, Backend, Refused};
use super::backend::Registering;
use super::{TermsText, done, spoken};

/// Something done to a registry. In it grants are named by id and version; those beside it and enforcers are numbered in
/// the order in which the case got them, from 0. What a grant is then: `ID VERSION STATE AT BY`, of its last transition.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RegistryStep {
    /// Id, version, terms, who, now. A grant beside the registry; gives `grant`.
    Issue(String, u32, TermsText, String, u64),
    /// Grant, id, terms, who, now. Derived beside the registry; gives `grant`.
    Derive(usize, String, TermsText, String, u64),
    /// Grant, who, now. Granted beside the registry.
    Activate(usize, String, u64),
    /// A grant that is beside the registry.
    Insert(usize),
    /// Id, version. Gives all that the grant is, or null.
    Get(String, u32),
    /// Gives what each grant is.
    Grants,
    /// Id, version, now.
    IsActive(String, u32, u64),
    /// Id, version, id of what is derived, terms, who, now. Gives what the grant is; so do the next three, of each.
    Attenuate(String, u32, String, TermsText, String, u64),
    /// Id, version, who, now.
    Grant(String, u32, String, u64),
    Revoke(String, u32, String, u64),
    Expire(String, u32, String, u64),
    /// So many grants `1`, `2` and so on, each derived from the one before and granted, by `chain` at 1; the first one from
    /// version 1 of a grant.
    Chain(String, u32),
    /// Id, version. Makes the enforcer of a grant; gives `enforcer`.
    Enforce(String, u32),
    /// Enforcer, who, now. Gives whether its grant is active.
    Follow(usize, String, u64),
    /// Enforcer, capability, resource, now. Gives the outcome.
    Check(usize, String, String, u64),
}

pub(super) fn run(backend: &dyn Backend, steps: &[RegistryStep]) -> Answer<Value> {
    let mut registry = backend.registry()?;
    let said: Vec<Value> = steps.iter().map(|step| said(registry.as_mut(), step)).collect();
    Ok(json!({ "steps": said }))
}

fn said(registry: &mut dyn Registering, step: &RegistryStep) -> Value {
    let valued = |answer: Answer<Value>| answer.unwrap_or_else(|Refused(error)| json!(format!("refused {error}")));
    let all = |answer: Answer<Vec<String>>| valued(answer.map(|grants| json!(grants)));
    json!(match step {
        RegistryStep::Issue(id, version, terms, by, now_ms) => {
            spoken(registry.issue(id, *version, terms, by, *now_ms).map(|()| "grant"))
        }
        RegistryStep::Derive(number, id, terms, by, now_ms) => {
            spoken(registry.derive(*number, id, terms, by, *now_ms).map(|()| "grant"))
        }
        RegistryStep::Activate(number, by, now_ms) => done(registry.activate(*number, by, *now_ms)),
        RegistryStep::Insert(number) => done(registry.insert(*number)),
        RegistryStep::Get(id, version) => return valued(registry.get(id, *version)),
        RegistryStep::Grants => return all(registry.grants()),
        RegistryStep::IsActive(id, version, now_ms) => spoken(registry.is_active(id, *version, *now_ms)),
        RegistryStep::Attenuate(id, version, derived, terms, by, now_ms) => {
            spoken(registry.attenuate(id, *version, derived, terms, by, *now_ms))
        }
        RegistryStep::Grant(id, version, by, now_ms) => spoken(registry.grant(id, *version, by, *now_ms)),
        RegistryStep::Revoke(id, version, by, now_ms) => return all(registry.revoke(id, *version, by, *now_ms)),
        RegistryStep::Expire(id, version, by, now_ms) => spoken(registry.expire(id, *version, by, *now_ms)),
        RegistryStep::Chain(id, count) => done(chain(registry, id, *count)),
        RegistryStep::Enforce(id, version) => spoken(registry.enforce(id, *version).map(|()| "enforcer")),
        RegistryStep::Follow(number, by, now_ms) => spoken(registry.follow(*number, by, *now_ms)),
        RegistryStep::Check(number, capability, resource, now_ms) => {
            spoken(registry.check(*number, capability, resource, *now_ms))
        }
    })
}

fn chain(registry: &mut dyn Registering, id: &str, count: u32) -> Answer<()> {
    let mut from = id.to_owned();
    for number in 1..=count {
        let derived = number.to_string();
        registry.attenuate(&from, 1, &derived, &TermsText::default(), "chain", 1)?;
        registry.grant(&derived, 1, "chain", 1)?;
        from = derived;
    }
    Ok(())
}
