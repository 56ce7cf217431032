//! One guarded stream, where all the rest meets.
//!
//! A [`Session`] is a state machine without I/O. It is made from a [`Policy`](crate::policy::Policy) and
//! a dialect and lives for one stream. The host gives it the bytes of the wire as they come; it gives
//! back the bytes that may leave, the [`Segment`]s that want a score, the verdicts as
//! [`SessionEvent`]s, and one terminal [`SessionState`].
//!
//! A byte takes this way, one file a station:
//!
//! 1. `intake`: the wire is cut into messages; `message`: the dialect names their texts.
//! 2. `guard`, behind a feature of its name: the decoded text is searched for patterns, which end the response or are
//!    replaced; `channel` and `segment`: what it lets go is cut into segments.
//! 3. `covenant`, behind a feature of its name: where the policy has one, tool calls are held whole until they are allowed, and text is paid for.
//! 4. `judge`: segments get their scores, in any order, and verdicts, in the order of the text.
//! 5. `frame` and `release`: a message leaves, unchanged, when all of its text has passed; a part of it
//!    as soon as that part has. A halt writes the protocol's own end, and nothing follows.
//!
//! What is released depends on the bytes and the scores, never on how the bytes were cut into chunks
//! or in which order the scores came. Three things need a rule for that:
//!
//! - A halt on a segment ends the response *as of the message that completed the segment*. What was read behind
//!   that message while the score was out leaves no trace: no text, no choice in the ending, no usage. So the
//!   ending tells the last usage up to that message, and so does the record. A halt that falls on no segment
//!   ([`Session::stop`], a bound on what is held) is as of the last message that was read.
//! - The first bytes wait until they tell whether they are an event stream, at most 256 of them.
//! - A message counts towards what may be held before it is taken, also when all of it is there. (How much waits for scores
//!   that are out is up to when they come, and so is a halt for that.)
//!
//! What the record says about the input (bytes, messages, segments, what came for a channel) is an account of what
//! was read, and grows with it. What it says of a channel's text that left, and whether it was scored, does not.

#[cfg(feature = "adopt")]
mod adopt;
mod builtin;
mod channel;
#[cfg(feature = "covenant")]
mod covenant;
#[cfg(not(feature = "covenant"))]
#[path = "no_covenant.rs"]
mod covenant;
mod fifo;
mod frame;
#[cfg(feature = "guard")]
mod guard;
#[cfg(not(feature = "guard"))]
#[path = "no_guard.rs"]
mod guard;
mod guard_text;
mod intake;
mod judge;
#[cfg(feature = "covenant")]
mod ledger;
mod machine;
mod message;
mod record;
mod release;
mod segment;

#[cfg(feature = "adopt")]
pub use adopt::AdoptError;
#[cfg(feature = "covenant")]
pub use covenant::{CounterRecord, CovenantRecord, ReviewRequest, SessionDecision, TopUpError, TopUpRequest};
#[cfg(feature = "policy-artifact")]
pub(crate) use guard::Places;
#[cfg(feature = "guard")]
pub use guard::{ChannelGuards, GuardEvent, GuardRecord, PatternRecord};
#[cfg(feature = "guard")]
pub use guard_text::guard_text_with;
pub use guard_text::{GuardedText, guard_text};
#[cfg(feature = "covenant")]
pub use ledger::{ABANDONED, END_KIND, GUARD_KIND, HALT_KIND, LedgerEvent};
pub use machine::{Segment, Session, SessionError, SessionEvent, SessionState};
pub use record::{ChannelRecord, Checked, ChoiceRecord, HaltedAt, SessionFailure, SessionRecord};
