//! Guarding a text that is not a stream.

use alloc::string::String;
#[cfg(feature = "guard")]
use alloc::sync::Arc;
use alloc::vec::Vec;

#[cfg(feature = "guard")]
use super::ChannelGuards;
use super::{Segment, Session, SessionEvent, SessionRecord};
use crate::dialect::DialectKind;
use crate::halt::Observation;
use crate::policy::{Policy, PolicyError};

/// A text after it was guarded.
#[derive(Clone, Debug)]
pub struct GuardedText {
    /// What may leave; after a halt the policy's ending message is its end.
    pub text: String,
    /// The account.
    pub record: SessionRecord,
    /// The verdicts in order.
    pub events: Vec<SessionEvent>,
}

/// Guards a whole text. With the segment unit `delta` it is one segment. The score is asked for only
/// where the policy's scorer kind is `host`.
///
/// ```
/// use interlock_core::halt::Observation;
/// use interlock_core::policy::Policy;
/// use interlock_core::session::guard_text;
///
/// let policy = Policy::from_json(
///     r#"{"scorer": {"kind": "host"}, "segments": {"unit": "sentence"}, "ending": {"message": " [stopped]"}}"#,
/// )?;
/// let score = |text: &str| if text.contains("green") { 0.1 } else { 0.9 };
/// let guarded = guard_text(&policy, "Grass is soft. The sky is green.", |s| Observation::score(score(&s.text)))?;
/// assert_eq!(guarded.text, "Grass is soft. [stopped]");
/// # Ok::<(), interlock_core::policy::PolicyError>(())
/// ```
///
/// # Errors
/// [`PolicyError`] when the policy is not valid.
pub fn guard_text(
    policy: &Policy,
    text: &str,
    mut score: impl FnMut(&Segment) -> Observation,
) -> Result<GuardedText, PolicyError> {
    Ok(guard_in(Session::new(policy, DialectKind::Text)?, text, &mut score))
}

/// Guards a whole text as [`guard_text`] does, with the tables that were made for the policy's guard.
///
/// # Errors
/// [`PolicyError`] when the policy is not valid.
#[cfg(feature = "guard")]
pub fn guard_text_with(
    policy: &Policy,
    guards: &Arc<ChannelGuards>,
    text: &str,
    mut score: impl FnMut(&Segment) -> Observation,
) -> Result<GuardedText, PolicyError> {
    let session = Session::with_guards(policy.clone(), DialectKind::Text, Arc::clone(guards))?;
    Ok(guard_in(session, text, &mut score))
}

fn guard_in(mut session: Session, text: &str, score: &mut dyn FnMut(&Segment) -> Observation) -> GuardedText {
    // A fresh session takes input, and its own segments; neither call can be refused.
    let _ = session.feed_last(text.as_bytes());
    while let Some(segment) = session.next_segment() {
        let answer = score(&segment);
        let _ = session.answer(segment.id, answer);
    }
    let events = core::iter::from_fn(|| session.next_event()).collect();
    let output = session.take_output();
    let text = String::from_utf8_lossy(&output).into_owned();
    GuardedText { text, record: session.record(), events }
}
