//! The covenant at work: tool calls are held whole until they are allowed, and text is paid for.
//!
//! What is to be decided takes its turn in the order of the text. A call is decided when it is complete (its choice is
//! finished, or the stream is), at the place where it began: everything before has been judged then, and nothing behind
//! it has. A call that is denied ends the response as of the message in which it began; text that cannot be paid for,
//! as of the message before. So what leaves and why it ends does not depend on how the bytes were cut or when scores came.
//!
//! A message with a part of a call is held, with or without text: neither an id nor an empty name of a call that is
//! not allowed leaves.
//!
//! Where the budget is a lease of a larger one (`lease` in the policy), what cannot be paid for is held, too, until the
//! host has topped the lease up or has refused to: `top_up`.

mod call;
mod due;
mod text;
mod top_up;

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use serde::Serialize;

use super::fifo::Fifo;
use super::frame::Frame;
use super::machine::Session;
use crate::covenant::budget::{CALLS, COST, TOKENS, WALL_TIME};
use crate::covenant::{Amount, Counter, Enforcer, Outcome};
use crate::dialect::DialectKind;
use crate::json::{Scanner, names};
use crate::policy::{CovenantPolicy, Policy, PolicyError};
use call::Call;
use due::Due;
use text::UnreadText;
use top_up::Lease;

pub(super) use call::Noted;
pub use top_up::{TopUpError, TopUpRequest};

/// A tool call that waits for somebody to look at it. Everything about it is the model's word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRequest {
    /// Its number, by which it is answered.
    pub review: u64,
    /// Name of the gate that holds it.
    pub gate: String,
    /// The choice that it belongs to.
    pub choice: u32,
    /// Which of the choice's calls it is.
    pub block: u32,
    /// Name of the tool.
    pub tool: String,
    /// Its arguments as they would reach the client.
    pub arguments: String,
    /// What was checked: the name, and the value of the argument that the policy names.
    pub resource: String,
    /// How many different people must approve.
    pub approvals: u32,
    /// When the gate's fallback applies, on the clock of [`Session::advance`](super::Session::advance).
    pub deadline_ms: u64,
}

/// A decision on a tool call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionDecision {
    /// The choice that the call belongs to.
    pub choice: u32,
    /// Which of the choice's calls it is.
    pub block: u32,
    /// What becomes of it.
    pub outcome: Outcome,
    /// When, on the clock of [`Session::advance`](super::Session::advance).
    pub at_ms: u64,
    /// The decision as the ledger keeps it: [`Decision::to_json`](crate::covenant::Decision::to_json).
    pub record: String,
}

/// What was spent of a counter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CounterRecord {
    /// Its name.
    pub counter: String,
    /// How much there was.
    pub ceiling: u64,
    /// How much is spent.
    pub spent: u64,
    /// How much is set aside for what has not been settled.
    pub reserved: u64,
}

/// The account of a covenant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CovenantRecord {
    /// The grant.
    pub grant: String,
    /// Its version.
    pub version: u32,
    /// Tool calls that were allowed.
    pub allowed: u64,
    /// Tool calls that were denied.
    pub denied: u64,
    /// Tool calls that waited for a review.
    pub reviewed: u64,
    /// Every counter.
    pub counters: Vec<CounterRecord>,
}

/// What a covenant knows of a stream.
#[derive(Debug)]
pub(super) struct Covenant {
    pub(super) enforcer: Enforcer,
    calls: Vec<Call>,
    /// What is to be decided, in the order of the text.
    due: Fifo<Due>,
    pub(super) requests: Fifo<ReviewRequest>,
    /// Every decision: at most as many as there may be calls and reviews of them.
    pub(super) decisions: Vec<SessionDecision>,
    /// How many of them `next_decision` has given.
    handed: usize,
    /// How many of them the ledger has been told of.
    pub(super) told: usize,
    /// Tokens, and what is set aside of them for the text so far.
    tokens: Option<Counter>,
    tokens_reserved: u64,
    bytes_per_token: u64,
    /// Bytes of text so far.
    bytes: u64,
    calls_counter: Option<Counter>,
    cost_counter: Option<Counter>,
    wall_time: Option<Counter>,
    /// The time of the first call of `advance`, how much has passed since, and how much of that is paid for.
    started_ms: Option<u64>,
    elapsed_ms: u64,
    paid_ms: u64,
    /// The last message before time passed that has not been paid for.
    owing_since: Option<u64>,
    now_ms: u64,
    /// The message whose text cannot be paid for: it does not leave, nor what follows.
    unpaid: Option<u64>,
    /// What of the budget may be topped up.
    leases: Vec<Lease>,
    /// What the call in its turn wants and there is not enough of.
    lacking: Option<Amount>,
    unread: UnreadText,
    allowed: u64,
    denied: u64,
    reviewed: u64,
}

impl Session {
    /// A session for one stream, under a policy that it keeps and the grant and budget of an enforcer instead of the
    /// policy's: a grant that was derived, a share of a budget. What the policy says about tools holds.
    ///
    /// # Errors
    /// [`PolicyError`] when the policy is not valid.
    pub fn with_enforcer(policy: Policy, dialect: DialectKind, enforcer: Enforcer) -> Result<Self, PolicyError> {
        policy.validate()?;
        let covenant = Covenant::new(enforcer, policy.covenant.as_ref());
        let guards = super::guard::Guards::of(&policy)?;
        Self::made(policy, dialect, Some(covenant), guards)
    }
}

impl Covenant {
    /// The covenant of a policy that is valid, if it has one.
    pub(super) fn of(policy: &Policy) -> Result<Option<Box<Self>>, PolicyError> {
        let Some(covenant) = &policy.covenant else { return Ok(None) };
        let (grant, budget) = covenant.grant()?;
        Ok(Some(Self::new(Enforcer::with_budget(grant, budget), Some(covenant))))
    }

    fn new(mut enforcer: Enforcer, policy: Option<&CovenantPolicy>) -> Box<Self> {
        let bytes_per_token = policy.map_or(4, |covenant| covenant.bytes_per_token);
        let budget = enforcer.budget_mut();
        let [tokens, calls_counter, cost_counter, wall_time] =
            [TOKENS, CALLS, COST, WALL_TIME].map(|name| budget.counter(name));
        let leases = policy.map_or_else(Vec::new, |covenant| Lease::of(covenant, budget));
        Box::new(Self {
            enforcer,
            calls: Vec::new(),
            due: Fifo::default(),
            requests: Fifo::default(),
            decisions: Vec::new(),
            handed: 0,
            told: 0,
            tokens,
            tokens_reserved: 0,
            bytes_per_token: u64::from(bytes_per_token.max(1)),
            bytes: 0,
            calls_counter,
            cost_counter,
            wall_time,
            started_ms: None,
            elapsed_ms: 0,
            paid_ms: 0,
            owing_since: None,
            now_ms: 0,
            unpaid: None,
            leases,
            lacking: None,
            unread: UnreadText::default(),
            allowed: 0,
            denied: 0,
            reviewed: 0,
        })
    }

    /// Whether a message with parts of these calls may not leave, when the response may end as of message `last`.
    pub(super) fn holds(&self, message: u64, calls: &[u32], last: u64) -> bool {
        self.unpaid.is_some_and(|unpaid| message >= unpaid)
            || (!calls.is_empty() && self.holds_one(calls, last))
            || self.owes_time()
    }

    /// Whether it is known of every call in a document that is not allowed where it stands.
    pub(super) fn knows_parts(&self, frame: &Frame) -> bool {
        let parts = frame.document.as_ref().map(|document| document.calls.as_slice()).unwrap_or_default();
        let is_part = |call: &Call| parts.iter().any(|part| (part.choice, part.block) == (call.choice, call.block));
        let mut calls = frame.calls.iter().map(|index| self.calls.get(*index as usize));
        calls.all(|call| call.is_some_and(|call| call.is_allowed() || is_part(call)))
    }

    /// Whether the call of a choice is allowed.
    pub(super) fn is_allowed(&self, choice: u32, block: u32) -> bool {
        let call = self.calls.iter().rfind(|call| (call.choice, call.block) == (choice, block));
        call.is_some_and(Call::is_allowed)
    }

    /// Whether what is to be decided first is a call that is not whole.
    pub(super) fn waits_for_text(&self) -> bool {
        let Some(Due::Call { call, .. }) = self.due.get(0) else { return false };
        self.calls.get(*call as usize).is_some_and(|call| call.state == call::CallState::Open)
    }

    /// Whether one of these calls may not leave: it, or one that shares a message with it, is not allowed or would
    /// leave in part, since something that may not leave began before it was whole.
    fn holds_one(&self, calls: &[u32], last: u64) -> bool {
        let undecided = self.due.iter().find_map(|due| match due {
            Due::Call { call, .. } => self.calls.get(*call as usize),
            Due::Tokens { .. } => None,
        });
        let until = undecided.map_or(u64::MAX, |call| call.message).min(self.unpaid.unwrap_or(u64::MAX));
        let may_leave = |call: &Call| call.is_allowed() && call.last < until && call.last <= last;
        !calls.iter().all(|index| {
            self.calls.get(*index as usize).is_some_and(|call| {
                may_leave(call)
                    && (!call.is_shared || self.calls.iter().all(|it| it.group != call.group || may_leave(it)))
            })
        })
    }

    /// Whether something waits for its turn, or for units.
    pub(super) fn is_undecided(&self) -> bool {
        !self.due.is_empty() || self.unread.bytes > 0
    }

    /// Settles the tokens, with what the upstream said there were where it did.
    pub(super) fn settle(&mut self, usage: &[u8]) {
        let Some(counter) = self.tokens.take() else { return };
        let reserved = self.tokens_reserved;
        let used = completion_tokens(usage).unwrap_or(reserved);
        // More than there is cannot be spent, whatever the upstream says.
        let more = used.saturating_sub(reserved).min(self.free(counter));
        let budget = self.enforcer.budget_mut();
        budget.set_aside(Amount { counter, units: more });
        let aside = reserved.saturating_add(more);
        budget.spend_aside(counter, aside, used.min(aside));
    }

    pub(super) fn record(&self) -> CovenantRecord {
        let budget = self.enforcer.budget();
        let mut counters = Vec::new();
        for (counter, name) in budget.counters() {
            let Some(balance) = budget.balance(counter) else { continue };
            let (ceiling, spent, reserved) = (balance.ceiling, balance.spent, balance.reserved);
            counters.push(CounterRecord { counter: String::from(name), ceiling, spent, reserved });
        }
        CovenantRecord {
            grant: String::from(self.enforcer.grant().id()),
            version: self.enforcer.grant().version(),
            allowed: self.allowed,
            denied: self.denied,
            reviewed: self.reviewed,
            counters,
        }
    }
}

/// How many tokens the upstream says it has written.
fn completion_tokens(usage: &[u8]) -> Option<u64> {
    let mut json = Scanner::new(usage).ok()?;
    let mut walk = json.object().ok()?;
    let mut found = None;
    while let Some(field) =
        json.next_field(&mut walk, names!["completion_tokens", "output_tokens", "candidatesTokenCount"]).ok()?
    {
        if field < 3 {
            found = json.whole().ok()?;
        } else {
            json.skip().ok()?;
        }
    }
    found
}
