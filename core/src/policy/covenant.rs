//! What a policy says about tools and budgets.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

use super::PolicyError;
use super::read::choose;
use crate::covenant::{
    Budget, Ceiling, Fallback, Grant, MAX_GATES, MAX_NAME_BYTES, MAX_PERMISSIONS, Permission, PermissionError,
    ReviewGate, Terms,
};
use crate::json::{Broken, Names, names};
use crate::numeric::digits;
use crate::read::{MAX_WHOLE, Reader};

/// The capability of a tool call.
pub const TOOL_CALL: &str = "tool-call";

/// A tool that may be called, with which arguments.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PermissionPolicy {
    /// What may be done: `tool-call`, or a name of your own, which the host checks.
    #[serde(default = "tool_call")]
    pub capability: String,
    /// Pattern of the tool's name, or of the name, a `/` and the value of the argument that `tools` names for it: `search`,
    /// `read_file/docs/**`. Segments are separated by `/`; `*` stands for any characters of one, `**` at the end for one
    /// or more of them.
    pub resource: String,
}

fn tool_call() -> String {
    String::from(TOOL_CALL)
}

/// Calls that somebody must look at first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct GatePolicy {
    /// Its name, once in a policy.
    pub name: String,
    /// What waits, as in a permission.
    pub capability: String,
    /// Pattern of the calls, as that of a permission.
    pub resource: String,
    /// The how-manieth call since the last approval waits, at least 1: each.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub threshold: u32,
    /// How many different people approve, 1 to 64.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 64)))]
    pub approvals: u32,
    /// Who may approve and reject; anybody where it is empty.
    pub approvers: Vec<String>,
    /// How long a review may take, in ms. 0: nobody is waited for, and `fallback` applies at once.
    pub timeout_ms: u32,
    /// What happens when nobody has decided in time.
    pub fallback: Fallback,
    /// How many calls pass after a time-out, with `fallback = "allow-limited"`.
    pub limit: u32,
    /// Who is asked after a time-out, with `fallback = "escalate"`; anybody where it is empty.
    pub escalation: Vec<String>,
}

impl Default for GatePolicy {
    fn default() -> Self {
        Self {
            name: String::new(),
            capability: tool_call(),
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

/// What is known about a tool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ToolPolicy {
    /// Its name.
    pub name: String,
    /// The argument that says what a call is about: a text at the top of the arguments, which are a JSON object. A call
    /// without it is denied.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub argument: Option<String>,
    /// What a call costs, in millionths of the currency: from the counter `cost`. At most 2^53 - 1.
    #[cfg_attr(feature = "schema", schemars(range(max = 9_007_199_254_740_991_u64)))]
    pub cost: u64,
}

/// How much of something one stream may spend.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct BudgetPolicy {
    /// What: `tokens`, `calls`, `cost` in millionths of the currency, `wall-time` in ms, or a name of your own, which
    /// the host spends from.
    pub counter: String,
    /// How much. At most 2^53 - 1.
    #[cfg_attr(feature = "schema", schemars(range(max = 9_007_199_254_740_991_u64)))]
    pub ceiling: u64,
    /// How much of it there is at the start, where the stream spends a lease of a larger budget: it asks for the rest
    /// when it needs it, and holds what it cannot pay for until it is told. At most `ceiling`. Without it, all of the
    /// ceiling is there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schemars(range(max = 9_007_199_254_740_991_u64)))]
    pub lease: Option<u64>,
    /// It asks for more already when fewer units than these are left of the lease, so that it need not wait. Of use with
    /// `lease` only. At most 2^53 - 1.
    #[cfg_attr(feature = "schema", schemars(range(max = 9_007_199_254_740_991_u64)))]
    pub low_water: u64,
}

/// What the model may do with tools, and how much it may spend. A tool call is held whole until it is allowed; what no
/// permission allows is denied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CovenantPolicy {
    /// Name of the grant, for the record.
    pub grant: String,
    /// Version of the grant, for the record; at least 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub version: u32,
    /// Which tools may be called.
    pub permissions: Vec<PermissionPolicy>,
    /// Which calls somebody must look at first.
    pub gates: Vec<GatePolicy>,
    /// What is known about tools.
    pub tools: Vec<ToolPolicy>,
    /// How much one stream may spend.
    pub budgets: Vec<BudgetPolicy>,
    /// How many bytes of text count as a token until the upstream has said how many there were. 1 to 64.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 64)))]
    pub bytes_per_token: u32,
}

impl Default for CovenantPolicy {
    fn default() -> Self {
        Self {
            grant: String::from("policy"),
            version: 1,
            permissions: Vec::new(),
            gates: Vec::new(),
            tools: Vec::new(),
            budgets: Vec::new(),
            bytes_per_token: 4,
        }
    }
}

/// An error on its way out. It is handed on in many places, and one word is less code in each than all of it.
type Refused = Box<PolicyError>;

#[inline(never)]
#[allow(clippy::unnecessary_box_returns, reason = "on its way out an error is one word")]
fn refused(path: &str, message: &str) -> Refused {
    Box::new(PolicyError::new(path.into(), message.into()))
}

/// An error in an item of a list.
#[inline(never)]
#[allow(clippy::unnecessary_box_returns, reason = "on its way out an error is one word")]
fn at(list: &str, index: usize, field: &str, message: &str) -> Refused {
    refused(&["covenant.", list, "[", &digits(index as u64), "]", field].concat(), message)
}

#[inline(never)]
fn counted(path: &str, count: usize, bound: u32) -> Result<(), Refused> {
    if count <= bound as usize {
        return Ok(());
    }
    Err(refused(path, &[&digits(count as u64), " are more than ", &digits(u64::from(bound))].concat()))
}

#[inline(never)]
fn whole(list: &str, index: usize, field: &str, value: u64) -> Result<(), Refused> {
    if value <= MAX_WHOLE {
        return Ok(());
    }
    Err(at(list, index, field, &[&digits(value), " is not in 0..=9007199254740991"].concat()))
}

/// The permission of an item.
#[inline(never)]
fn permission(list: &str, index: usize, capability: &str, resource: &str) -> Result<Permission, Refused> {
    Permission::new(capability, resource).map_err(|error| {
        let is_resource = matches!(error, PermissionError::Resource(_));
        at(list, index, if is_resource { ".resource" } else { ".capability" }, &error.message())
    })
}

impl GatePolicy {
    #[inline(never)]
    fn gate(&self, index: usize) -> Result<ReviewGate, Refused> {
        let gate = ReviewGate {
            name: self.name.clone(),
            operations: permission("gates", index, &self.capability, &self.resource)?,
            threshold: self.threshold,
            approvals: self.approvals,
            approvers: self.approvers.clone(),
            timeout_ms: u64::from(self.timeout_ms),
            fallback: self.fallback,
            limit: self.limit,
            escalation: self.escalation.clone(),
        };
        match gate.validate() {
            Ok(()) => Ok(gate),
            Err(error) => Err(at("gates", index, "", &error.message())),
        }
    }
}

impl CovenantPolicy {
    /// Checks every field and reports the first that fails.
    ///
    /// # Errors
    /// [`PolicyError`] with the field's path, its value and what is allowed.
    pub fn validate(&self) -> Result<(), PolicyError> {
        let [min, max] = [1, u32::MAX];
        super::bounded("covenant.version", self.version, [min, max], "at least 1")?;
        super::bounded("covenant.bytes_per_token", self.bytes_per_token, [1, 64], "in 1..=64")?;
        self.check_items().map_err(|error| *error)?;
        self.grant().map(|_| ())
    }

    fn check_items(&self) -> Result<(), Refused> {
        for (index, tool) in self.tools.iter().enumerate() {
            if tool.name.is_empty() || self.tools.iter().take(index).any(|other| other.name == tool.name) {
                return Err(at("tools", index, ".name", "a tool has a name, which is given once"));
            }
            whole("tools", index, ".cost", tool.cost)?;
        }
        for (index, budget) in self.budgets.iter().enumerate() {
            whole("budgets", index, ".ceiling", budget.ceiling)?;
            whole("budgets", index, ".low_water", budget.low_water)?;
            if budget.lease.is_some_and(|lease| lease > budget.ceiling) {
                return Err(at("budgets", index, ".lease", "is more than the ceiling"));
            }
            if budget.lease.is_none() && budget.low_water > 0 {
                return Err(at("budgets", index, ".low_water", "is of no use without a lease"));
            }
        }
        Ok(())
    }

    /// The grant that the policy is, granted, and a budget of what there is at the start.
    ///
    /// # Errors
    /// [`PolicyError`] when it is none.
    pub(crate) fn grant(&self) -> Result<(Grant, Budget), PolicyError> {
        self.granted().map_err(|error| *error)
    }

    fn granted(&self) -> Result<(Grant, Budget), Refused> {
        let terms = self.terms()?;
        let ceilings: Vec<(&str, u64)> =
            self.budgets.iter().map(|item| (item.counter.as_str(), item.lease.unwrap_or(item.ceiling))).collect();
        let budget = Budget::of(&ceilings).map_err(|_| {
            refused("covenant.budgets", "at most 64 counters, each with a name of 1 to 64 bytes, given once")
        })?;
        Ok((Grant::checked(&self.grant, self.version, terms, "policy"), budget))
    }

    /// The terms, checked: all that the grant's own check would, but for the counters, which the budget checks.
    #[inline(never)]
    fn terms(&self) -> Result<Terms, Refused> {
        let mut terms = Terms::default();
        counted("covenant.grant", self.grant.len().max(1), MAX_NAME_BYTES)?;
        counted("covenant.permissions", self.permissions.len(), MAX_PERMISSIONS)?;
        counted("covenant.gates", self.gates.len(), MAX_GATES)?;
        if self.grant.is_empty() {
            return Err(refused("covenant.grant", "is empty"));
        }
        for (index, item) in self.permissions.iter().enumerate() {
            terms.permissions.push(permission("permissions", index, &item.capability, &item.resource)?);
        }
        for (index, item) in self.gates.iter().enumerate() {
            let gate = item.gate(index)?;
            if self.gates.iter().take(index).any(|other| other.name == item.name) {
                return Err(at("gates", index, ".name", "given twice"));
            }
            terms.gates.push(gate);
        }
        for item in &self.budgets {
            terms.ceilings.push(Ceiling { counter: item.counter.clone(), units: item.ceiling });
        }
        Ok(terms)
    }
}

/// Reads the part of a policy, or null for none.
pub(super) fn read(reader: &mut Reader<'_>, slot: &mut Option<CovenantPolicy>) -> Result<(), Broken> {
    const FIELDS: Names = names!["grant", "version", "permissions", "gates", "tools", "budgets", "bytes_per_token"];
    *slot = None;
    if reader.is_null()? {
        return Ok(());
    }
    let mut covenant = CovenantPolicy::default();
    reader.object(FIELDS, &mut |reader, field| match field {
        0 => reader.text(&mut covenant.grant),
        1 => reader.count(&mut covenant.version),
        2 => reader.list(&mut |reader| read_permission(reader, &mut covenant.permissions)),
        3 => reader.list(&mut |reader| read_gate(reader, &mut covenant.gates)),
        4 => reader.list(&mut |reader| read_tool(reader, &mut covenant.tools)),
        5 => reader.list(&mut |reader| read_budget(reader, &mut covenant.budgets)),
        _ => reader.count(&mut covenant.bytes_per_token),
    })?;
    *slot = Some(covenant);
    Ok(())
}

fn read_permission(reader: &mut Reader<'_>, permissions: &mut Vec<PermissionPolicy>) -> Result<(), Broken> {
    let mut permission = PermissionPolicy { capability: tool_call(), resource: String::new() };
    let mut has_resource = false;
    let offset = reader.position();
    reader.object(names!["capability", "resource"], &mut |reader, field| {
        has_resource |= field > 0;
        reader.text(if field == 0 { &mut permission.capability } else { &mut permission.resource })
    })?;
    if !has_resource {
        return Err(reader.fail_at(offset, "a permission has a resource"));
    }
    permissions.push(permission);
    Ok(())
}

fn read_gate(reader: &mut Reader<'_>, gates: &mut Vec<GatePolicy>) -> Result<(), Broken> {
    const FIELDS: Names = names![
        "name",
        "capability",
        "resource",
        "threshold",
        "approvals",
        "approvers",
        "timeout_ms",
        "fallback",
        "limit",
        "escalation",
    ];
    const CHOICES: [Fallback; 3] = [Fallback::Deny, Fallback::AllowLimited, Fallback::Escalate];
    const NAMES: Names = names!["deny", "allow-limited", "escalate"];
    const EXPECTED: &str = "expected \"deny\", \"allow-limited\" or \"escalate\"";
    let mut gate = GatePolicy::default();
    reader.object(FIELDS, &mut |reader, field| match field {
        0 => reader.text(&mut gate.name),
        1 => reader.text(&mut gate.capability),
        2 => reader.text(&mut gate.resource),
        3 => reader.count(&mut gate.threshold),
        4 => reader.count(&mut gate.approvals),
        5 => reader.texts(&mut gate.approvers),
        6 => reader.count(&mut gate.timeout_ms),
        7 => choose(&mut gate.fallback, &CHOICES, reader.name(NAMES, EXPECTED)),
        8 => reader.count(&mut gate.limit),
        _ => reader.texts(&mut gate.escalation),
    })?;
    gates.push(gate);
    Ok(())
}

fn read_tool(reader: &mut Reader<'_>, tools: &mut Vec<ToolPolicy>) -> Result<(), Broken> {
    let mut tool = ToolPolicy::default();
    reader.object(names!["name", "argument", "cost"], &mut |reader, field| match field {
        0 => reader.text(&mut tool.name),
        1 => reader.optional_text(&mut tool.argument),
        _ => reader.whole(&mut tool.cost),
    })?;
    tools.push(tool);
    Ok(())
}

fn read_budget(reader: &mut Reader<'_>, budgets: &mut Vec<BudgetPolicy>) -> Result<(), Broken> {
    let mut budget = BudgetPolicy::default();
    reader.object(names!["counter", "ceiling", "lease", "low_water"], &mut |reader, field| match field {
        0 => reader.text(&mut budget.counter),
        1 => reader.whole(&mut budget.ceiling),
        2 => {
            budget.lease = None;
            if reader.is_null()? { Ok(()) } else { reader.whole(budget.lease.insert(0)) }
        }
        _ => reader.whole(&mut budget.low_water),
    })?;
    budgets.push(budget);
    Ok(())
}
