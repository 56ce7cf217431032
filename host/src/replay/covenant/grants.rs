//! Grants and their terms in the suite `covenant`.

use interlock_core::covenant::{Ceiling, Fallback, Grant, Permission, ReviewGate, Terms, Transition};
use interlock_core::refusal::Refusal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::backend::{Answer, Backend, Refused};
use super::backend::Granting;
use super::{Amounts, spoken};

/// Terms as a fixture has them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct TermsText {
    /// Capabilities and patterns.
    pub(crate) permissions: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) gates: Vec<GateText>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) ceilings: Amounts,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) expires_at_ms: Option<u64>,
}

/// A review gate as a fixture has it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct GateText {
    pub(crate) name: String,
    pub(crate) capability: String,
    pub(crate) resource: String,
    pub(crate) threshold: u32,
    pub(crate) approvals: u32,
    pub(crate) approvers: Vec<String>,
    pub(crate) timeout_ms: u64,
    pub(crate) fallback: Fallback,
    pub(crate) limit: u32,
    pub(crate) escalation: Vec<String>,
}

impl Default for GateText {
    fn default() -> Self {
        Self {
            name: String::new(),
            capability: String::new(),
            resource: String::new(),
            threshold: 1,
            approvals: 1,
            approvers: Vec::new(),
            timeout_ms: 0,
            fallback: Fallback::Deny,
            limit: 0,
            escalation: Vec::new(),
        }
    }
}

impl TermsText {
    /// The terms of the core.
    pub(super) fn terms(&self) -> Result<Terms, Refusal> {
        let permission = |capability: &str, resource: &str| Permission::new(capability, resource);
        let mut terms = Terms { expires_at_ms: self.expires_at_ms, ..Terms::default() };
        for (capability, resource) in &self.permissions {
            terms.permissions.push(permission(capability, resource).map_err(|error| Refusal::from(&error))?);
        }
        for gate in &self.gates {
            let operations = permission(&gate.capability, &gate.resource).map_err(|error| Refusal::from(&error))?;
            terms.gates.push(ReviewGate {
                name: gate.name.clone(),
                operations,
                threshold: gate.threshold,
                approvals: gate.approvals,
                approvers: gate.approvers.clone(),
                timeout_ms: gate.timeout_ms,
                fallback: gate.fallback,
                limit: gate.limit,
                escalation: gate.escalation.clone(),
            });
        }
        for (counter, units) in &self.ceilings {
            terms.ceilings.push(Ceiling { counter: counter.clone(), units: *units });
        }
        Ok(terms)
    }

    pub(super) fn of(terms: &Terms) -> Self {
        Self {
            permissions: terms
                .permissions
                .iter()
                .map(|it| (String::from(it.capability()), String::from(it.resource().as_str())))
                .collect(),
            gates: terms
                .gates
                .iter()
                .map(|gate| GateText {
                    name: gate.name.clone(),
                    capability: String::from(gate.operations.capability()),
                    resource: String::from(gate.operations.resource().as_str()),
                    threshold: gate.threshold,
                    approvals: gate.approvals,
                    approvers: gate.approvers.clone(),
                    timeout_ms: gate.timeout_ms,
                    fallback: gate.fallback,
                    limit: gate.limit,
                    escalation: gate.escalation.clone(),
                })
                .collect(),
            ceilings: terms.ceilings.iter().map(|it| (it.counter.clone(), it.units)).collect(),
            expires_at_ms: terms.expires_at_ms,
        }
    }
}

/// Something done to grants, which are named by their numbers.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GrantStep {
    /// Id, terms, who, now. Gives `grant` and its number.
    Propose(String, TermsText, String, u64),
    /// Id, version, terms, who, now.
    Issue(String, u32, TermsText, String, u64),
    /// Grant, who, now. Gives the state; so do the next three.
    Negotiate(usize, String, u64),
    Grant(usize, String, u64),
    Revoke(usize, String, u64),
    Expire(usize, String, u64),
    /// Grant, terms, who, now. Gives `grant` and the number of the new version.
    Amend(usize, TermsText, String, u64),
    /// Grant, id, terms, who, now.
    Attenuate(usize, String, TermsText, String, u64),
    IsActive(usize, u64),
}

pub(super) fn run(backend: &dyn Backend, steps: &[GrantStep]) -> Answer<Value> {
    let mut grants: Vec<Box<dyn Granting>> = Vec::new();
    let mut said = Vec::new();
    for step in steps {
        let unknown = || Refused(String::from("no such grant in this case"));
        let mut at = |number: usize, work: Work<'_>| work(grants.get_mut(number).ok_or_else(unknown)?.as_mut());
        let mut stepped = String::new();
        let mut transition = |number: usize, operation: &str, by: &str, now_ms: u64| {
            at(number, &mut |grant| {
                stepped = grant.step(operation, by, now_ms)?;
                Ok(None)
            })
        };
        let made = match step {
            GrantStep::Propose(id, terms, by, now_ms) => backend.propose(id, terms, by, *now_ms).map(Some),
            GrantStep::Issue(id, version, terms, by, now_ms) => {
                backend.issue(id, *version, terms, by, *now_ms).map(Some)
            }
            GrantStep::Negotiate(number, by, now_ms) => transition(*number, "negotiate", by, *now_ms),
            GrantStep::Grant(number, by, now_ms) => transition(*number, "grant", by, *now_ms),
            GrantStep::Revoke(number, by, now_ms) => transition(*number, "revoke", by, *now_ms),
            GrantStep::Expire(number, by, now_ms) => transition(*number, "expire", by, *now_ms),
            GrantStep::Amend(number, terms, by, now_ms) => {
                at(*number, &mut |grant| grant.amend(terms, by, *now_ms).map(Some))
            }
            GrantStep::Attenuate(number, id, terms, by, now_ms) => {
                at(*number, &mut |grant| grant.attenuate(id, terms, by, *now_ms).map(Some))
            }
            GrantStep::IsActive(number, now_ms) => at(*number, &mut |grant| {
                stepped = grant.is_active(*now_ms)?.to_string();
                Ok(None)
            }),
        };
        said.push(match made {
            Ok(Some(grant)) => {
                grants.push(grant);
                format!("grant {}", grants.len().saturating_sub(1))
            }
            other => spoken(other.map(|_| stepped)),
        });
    }
    let accounts: Answer<Vec<Value>> = grants.iter_mut().map(|grant| grant.account()).collect();
    Ok(json!({ "steps": said, "grants": accounts? }))
}

/// A grant as a fixture shows it.
pub(super) fn account(grant: &Grant) -> Value {
    json!({
        "id": grant.id(),
        "version": grant.version(),
        "state": grant.state().as_str(),
        "parent": grant.parent().map(|parent| format!("{} {}", parent.grant, parent.version)),
        "terms": TermsText::of(grant.terms()),
        "history": grant.history().iter().map(transition).collect::<Vec<_>>(),
    })
}

/// `VERSION FROM TO AT BY`.
pub(super) fn transition(it: &Transition) -> String {
    let from = it.from.map_or("-", |from| from.as_str());
    format!("{} {from} {} {} {}", it.version, it.to.as_str(), it.at_ms, it.by)
}

/// What is done with a grant; a grant that comes of it.
type Work<'a> = &'a mut dyn FnMut(&mut dyn Granting) -> Answer<Option<Box<dyn Granting>>>;
