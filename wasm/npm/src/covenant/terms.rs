//! Terms of grants.

use alloc::string::String;
use alloc::vec::Vec;

use interlock_core::covenant::{Ceiling, Fallback, Permission, ReviewGate, Terms};
use interlock_core::read::Source;

use super::amounts::read_named;
use crate::refusal::Fault;
use crate::tree::{Tree, TreeSource};

/// The fallbacks, in the order of `FALLBACKS` in `js/src/covenant/terms.ts`.
const FALLBACKS: [(&str, Fallback); 3] =
    [("deny", Fallback::Deny), ("allow-limited", Fallback::AllowLimited), ("escalate", Fallback::Escalate)];

/// Reads terms: `[[[capability, resource]…], [gate…], [[counter, units]…], expiresAtMs]`.
pub(super) fn read_terms(source: &mut TreeSource<'_>) -> Result<Terms, Fault> {
    let mut terms = Terms::default();
    source.begin_list()?;
    source.each(|source| -> Result<(), Fault> {
        terms.permissions.push(read_permission(source)?);
        Ok(())
    })?;
    source.each(|source| -> Result<(), Fault> {
        terms.gates.push(read_gate(source)?);
        Ok(())
    })?;
    for (counter, units) in read_named(source)? {
        terms.ceilings.push(Ceiling { counter: counter.into(), units });
    }
    terms.expires_at_ms = if source.is_null()? { None } else { Some(source.whole()?) };
    end(source)?;
    Ok(terms)
}

fn end(source: &mut TreeSource<'_>) -> Result<(), Fault> {
    if source.next_item()? { Err(Fault::Broken) } else { Ok(()) }
}

fn read_permission(source: &mut TreeSource<'_>) -> Result<Permission, Fault> {
    source.begin_list()?;
    let permission = Permission::new(source.string()?, source.string()?)?;
    end(source)?;
    Ok(permission)
}

/// `[name, [capability, resource], threshold, approvals, [approver…], timeoutMs, fallback, limit, [other…]]`.
fn read_gate(source: &mut TreeSource<'_>) -> Result<ReviewGate, Fault> {
    source.begin_list()?;
    let name = source.string()?;
    let mut gate = ReviewGate::new(name, read_permission(source)?);
    gate.threshold = source.small()?;
    gate.approvals = source.small()?;
    gate.approvers = read_names(source)?;
    gate.timeout_ms = source.whole()?;
    let fallback = usize::try_from(source.small()?).map_err(|_| Fault::Broken)?;
    gate.fallback = FALLBACKS.get(fallback).ok_or(Fault::Broken)?.1;
    gate.limit = source.small()?;
    gate.escalation = read_names(source)?;
    end(source)?;
    Ok(gate)
}

fn read_names(source: &mut TreeSource<'_>) -> Result<Vec<String>, Fault> {
    let mut names = Vec::new();
    source.each(|source| -> Result<(), Fault> {
        names.push(source.string()?.into());
        Ok(())
    })?;
    Ok(names)
}

/// Writes terms as an object with the fields of `Terms` in `js/src/covenant/terms.ts`.
pub(super) fn write_terms(tree: &mut Tree, terms: &Terms) {
    tree.object();
    tree.key("permissions").list();
    for permission in &terms.permissions {
        write_permission(tree, permission);
    }
    tree.end();
    tree.key("gates").list();
    for gate in &terms.gates {
        tree.object();
        tree.key("name").text(&gate.name);
        tree.key("operations");
        write_permission(tree, &gate.operations);
        tree.key("threshold").whole(gate.threshold.into());
        tree.key("approvals").whole(gate.approvals.into());
        tree.key("approvers");
        write_names(tree, &gate.approvers);
        tree.key("timeoutMs").whole(gate.timeout_ms);
        let fallback = FALLBACKS.iter().find(|(_, fallback)| *fallback == gate.fallback);
        tree.key("fallback").text(fallback.map_or("deny", |(name, _)| name));
        tree.key("limit").whole(gate.limit.into());
        tree.key("escalation");
        write_names(tree, &gate.escalation);
        tree.end();
    }
    tree.end();
    tree.key("ceilings").list();
    for ceiling in &terms.ceilings {
        tree.list();
        tree.text(&ceiling.counter);
        tree.whole(ceiling.units);
        tree.end();
    }
    tree.end();
    tree.key("expiresAtMs").optional_whole(terms.expires_at_ms);
    tree.end();
}

fn write_permission(tree: &mut Tree, permission: &Permission) {
    tree.object();
    tree.key("capability").text(permission.capability());
    tree.key("resource").text(permission.resource().as_str());
    tree.end();
}

/// Writes a list of names.
pub(super) fn write_names(tree: &mut Tree, names: &[String]) {
    tree.list();
    for name in names {
        tree.text(name);
    }
    tree.end();
}
