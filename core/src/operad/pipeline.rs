//! The session's checks, as a term.
//!
//! The stations that every piece of a stream passes, in their order, are written once, here, as a term of checks. A policy
//! turns checks off; what is off is an identity. Two policies whose terms have the same normal form check a stream in
//! the same way, and the form's text can stand in a record as the account of what was checked.

use alloc::vec::Vec;

use super::error::OperadError;
use super::signature::{AgentType, Effect, Signature, Theory};
use super::term::{Node, Term};
use super::wire::{Interface, Wires};

/// A check of the session: an agent of [`session_signature`], by this number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum SessionCheck {
    /// The covenant: may the channel carry this?
    Gate = 0,
    /// The text guard: is there a pattern that must not leave?
    Guard = 1,
    /// The monitor of the choice, on the segment's score.
    Monitor = 2,
    /// The budget, which is charged.
    Budget = 3,
}

impl SessionCheck {
    /// Every check, in the order in which a piece passes them.
    pub const ALL: [Self; 4] = [Self::Gate, Self::Guard, Self::Monitor, Self::Budget];

    /// The name used in every language.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gate => "gate",
            Self::Guard => "guard",
            Self::Monitor => "monitor",
            Self::Budget => "budget",
        }
    }

    /// What it may do beside its findings. The budget acts on the world: it may be neither dropped nor asked twice.
    #[must_use]
    pub const fn effect(self) -> Effect {
        match self {
            Self::Gate | Self::Guard | Self::Monitor => Effect::Stateful,
            Self::Budget => Effect::External,
        }
    }
}

/// The signature whose agents are the [`SessionCheck`]s. Nothing goes over wires but what was found.
///
/// # Errors
/// None occurs.
pub fn session_signature() -> Result<Signature, OperadError> {
    let mut signature = Signature::new(Theory::Checks);
    for check in SessionCheck::ALL {
        signature.add_agent(AgentType { interface: Interface::default(), effect: check.effect() })?;
    }
    Ok(signature)
}

/// The checks that are on, one after the other, and then the ledger event: `trace(0, seq(a0, seq(a1, seq(a2, a3))))`.
#[must_use]
pub fn session_checks(is_on: impl Fn(SessionCheck) -> bool) -> Term {
    let mut nodes: Vec<Node> = [Node::Trace(0)].to_vec();
    for check in SessionCheck::ALL {
        if check != SessionCheck::Budget {
            nodes.push(Node::Seq);
        }
        let agent = Node::Agent(u32::from(check as u8));
        nodes.push(if is_on(check) { agent } else { Node::Identity(Wires::NONE) });
    }
    Term::of_tree(nodes)
}
