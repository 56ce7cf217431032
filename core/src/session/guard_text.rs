//! Guarding a text that is not a stream.

use alloc::string::String;
use alloc::vec::Vec;

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
    let mut session = Session::new(policy, DialectKind::Text)?;
    session.refuse_top_ups();
    // A fresh session takes input, and its own segments; neither call can be refused.
    let _ = session.feed_last(text.as_bytes());
    while let Some(segment) = session.next_segment() {
        let answer = score(&segment);
        let _ = session.answer(segment.id, answer);
    }
    let events = core::iter::from_fn(|| session.next_event()).collect();
    let output = session.take_output();
    let text = String::from_utf8_lossy(&output).into_owned();
    Ok(GuardedText { text, record: session.record(), events })
}
