//! The suite `covenant`: budgets, grants, registries of them, enforcers and patterns, and what is done to them.
//!
//! What a step gives is a short text. A refusal is `refused CODE SUBJECT VALUE BOUND`, as [`Refusal`] has them, `-` for
//! what is not there.
//!
//! [`Refusal`]: interlock_core::refusal::Refusal

mod backend;
mod component;
mod grants;
mod native;
mod registry;

use interlock_core::covenant::Unsettled;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::backend::{Answer, Backend, Refused};
pub(crate) use backend::Covenants;
pub(crate) use grants::{GateText, GrantStep, TermsText};
pub(crate) use registry::RegistryStep;

/// Counters by name, and how much of them.
pub(crate) type Amounts = Vec<(String, u64)>;

/// An input of the suite.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Input {
    /// A budget of these ceilings. Reservations and leases are named by their numbers in the order in which the case
    /// got them, from 0. A counter that the budget does not have stands for the position behind its last.
    Budget { ceilings: Amounts, steps: Vec<BudgetStep> },
    /// Grants, numbered in the order in which the case got them.
    Grants { steps: Vec<GrantStep> },
    /// A registry, empty at first.
    Registry { steps: Vec<RegistryStep> },
    /// The enforcer of a grant that is proposed and granted at 0.
    Enforcer { grant: String, terms: TermsText, steps: Vec<EnforcerStep> },
    /// Every pattern with every resource, and with every pattern.
    Patterns { patterns: Vec<String>, resources: Vec<String> },
}

/// Something done to a budget.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum BudgetStep {
    /// Gives `reservation`, or the refusal.
    Reserve(String, u64),
    Extend(u64, u64),
    /// Gives what is free again.
    Commit(u64, u64),
    /// Gives what is free again.
    Refund(u64),
    Spend(Amounts),
    /// Amounts, now, duration, what becomes of it. Gives when it ends.
    Lease(Amounts, u64, u64, Unsettled),
    /// Lease, amounts, now.
    TopUp(u64, Amounts, u64),
    /// Lease, now, duration. Gives when it ends.
    Renew(u64, u64, u64),
    Settle(u64, Amounts),
    /// Gives the leases that have ended, by the numbers that the budget gave them.
    Reclaim(u64),
    SetCeiling(String, u64),
    /// The budget is stored and made again of what was stored.
    Restore,
    /// Gives `COUNTER CEILING SPENT RESERVED FREE` for each, and when the next lease ends.
    Balances,
}

/// Something done to an enforcer.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum EnforcerStep {
    /// Capability, resource, costs, now. Gives the decision as the ledger keeps it.
    Check(String, String, Amounts, u64),
    /// Several operations at one time, in one call where the host has one.
    CheckMany(Vec<(String, String, Amounts)>, u64),
    /// Review, who, now.
    Approve(u64, String, u64),
    Reject(u64, String, u64),
    /// Review, now. Gives the outcome.
    Resume(u64, u64),
    Advance(u64),
    Revoke(String, u64),
    Regrant(String, u64),
    /// Gives every review that is kept, and when the next one takes its gate's fallback.
    Reviews,
    Balances,
}

/// What comes of an input.
pub(crate) fn run(backend: &dyn Backend, input: Input) -> Value {
    let result = match input {
        Input::Budget { ceilings, steps } => budget(backend, &ceilings, &steps),
        Input::Grants { steps } => grants::run(backend, &steps),
        Input::Registry { steps } => registry::run(backend, &steps),
        Input::Enforcer { grant, terms, steps } => enforcer(backend, &grant, &terms, &steps),
        Input::Patterns { patterns, resources } => patterns_of(backend, &patterns, &resources),
    };
    result.unwrap_or_else(|Refused(error)| json!({ "refused": error }))
}

/// What a step gives as a text.
fn spoken<T: ToString>(answer: Answer<T>) -> String {
    match answer {
        Ok(said) => said.to_string(),
        Err(Refused(error)) => format!("refused {error}"),
    }
}

fn done(answer: Answer<()>) -> String {
    spoken(answer.map(|()| "done"))
}

fn budget(backend: &dyn Backend, ceilings: &Amounts, steps: &[BudgetStep]) -> Answer<Value> {
    let mut budget = backend.budget(ceilings)?;
    let mut reservations = Vec::new();
    let mut leases = Vec::new();
    let mut said = Vec::new();
    for step in steps {
        said.push(match step {
            BudgetStep::Reserve(counter, units) => spoken(budget.reserve(counter, *units).map(|reservation| {
                reservations.push(reservation);
                "reservation"
            })),
            BudgetStep::Extend(number, units) => done(budget.extend(known(&reservations, *number), *units)),
            BudgetStep::Commit(number, units) => spoken(budget.commit(known(&reservations, *number), *units)),
            BudgetStep::Refund(number) => spoken(budget.refund(known(&reservations, *number))),
            BudgetStep::Spend(amounts) => done(budget.spend(amounts)),
            BudgetStep::Lease(amounts, now_ms, duration_ms, unsettled) => {
                spoken(budget.lease(amounts, *now_ms, *duration_ms, *unsettled).map(|(lease, expires_at_ms)| {
                    leases.push(lease);
                    expires_at_ms
                }))
            }
            BudgetStep::TopUp(number, amounts, now_ms) => {
                done(budget.top_up(known(&leases, *number), amounts, *now_ms))
            }
            BudgetStep::Renew(number, now_ms, duration_ms) => {
                spoken(budget.renew(known(&leases, *number), *now_ms, *duration_ms))
            }
            BudgetStep::Settle(number, spent) => done(budget.settle(known(&leases, *number), spent)),
            BudgetStep::Reclaim(now_ms) => spoken(budget.reclaim(*now_ms).map(|ended| words(&ended))),
            BudgetStep::SetCeiling(counter, ceiling) => done(budget.set_ceiling(counter, *ceiling)),
            BudgetStep::Restore => done(budget.restore()),
            BudgetStep::Balances => spoken(budget.balances()),
        });
    }
    let balances = budget.balances()?;
    Ok(json!({ "steps": said, "balances": balances }))
}

/// What was given out under a number; for one that never was, what nobody gives out.
fn known(given: &[u64], number: u64) -> u64 {
    usize::try_from(number).ok().and_then(|number| given.get(number)).copied().unwrap_or(u64::from(u32::MAX))
}

fn words(numbers: &[u64]) -> String {
    numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(" ")
}

fn enforcer(backend: &dyn Backend, grant: &str, terms: &TermsText, steps: &[EnforcerStep]) -> Answer<Value> {
    let mut enforcer = backend.enforcer(grant, terms)?;
    let mut said = Vec::new();
    for step in steps {
        said.push(match step {
            EnforcerStep::Check(capability, resource, costs, now_ms) => {
                json!(spoken(enforcer.check(capability, resource, costs, *now_ms)))
            }
            EnforcerStep::CheckMany(operations, now_ms) => match enforcer.check_many(operations, *now_ms) {
                Ok(decisions) => json!(decisions),
                Err(Refused(error)) => json!(format!("refused {error}")),
            },
            EnforcerStep::Approve(review, who, now_ms) => json!(spoken(enforcer.decide(*review, who, true, *now_ms))),
            EnforcerStep::Reject(review, who, now_ms) => json!(spoken(enforcer.decide(*review, who, false, *now_ms))),
            EnforcerStep::Resume(review, now_ms) => json!(spoken(enforcer.resume(*review, *now_ms))),
            EnforcerStep::Advance(now_ms) => json!(done(enforcer.advance(*now_ms))),
            EnforcerStep::Revoke(by, now_ms) => json!(done(enforcer.revoke(by, *now_ms))),
            EnforcerStep::Regrant(by, now_ms) => json!(done(enforcer.regrant(by, *now_ms))),
            EnforcerStep::Reviews => match enforcer.reviews() {
                Ok(reviews) => json!(reviews),
                Err(Refused(error)) => json!(format!("refused {error}")),
            },
            EnforcerStep::Balances => json!(spoken(enforcer.balances())),
        });
    }
    Ok(json!({ "steps": said }))
}

/// For each pattern a line: which resources match, and which patterns it lies within, `1` and `0`, or its refusal.
#[allow(clippy::unnecessary_wraps, reason = "as the operations beside it")]
fn patterns_of(backend: &dyn Backend, patterns: &[String], resources: &[String]) -> Answer<Value> {
    let mut lines = Vec::new();
    for pattern in patterns {
        let row = |answers: Vec<Answer<bool>>| -> String {
            answers.into_iter().map(|answer| answer.map_or('-', |holds| if holds { '1' } else { '0' })).collect()
        };
        let line = match backend.check_permission("c", pattern) {
            Err(Refused(error)) => format!("refused {error}"),
            Ok(()) => {
                let matching = row(resources.iter().map(|resource| backend.matches(pattern, resource)).collect());
                let within = row(patterns.iter().map(|wider| backend.is_within(pattern, wider)).collect());
                format!("{matching} {within}")
            }
        };
        lines.push(line);
    }
    let resources: Vec<String> = resources.iter().map(|resource| done(backend.check_resource(resource))).collect();
    Ok(json!({ "patterns": lines, "resources": resources }))
}
