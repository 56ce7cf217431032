//! Another policy for a stream that runs.

use alloc::string::String;

use interlock_core::session::{AdoptError, SessionError};
use wasm_bindgen::prelude::wasm_bindgen;

use crate::failure::{Failure, FailureKind, leave};
use crate::session::{Session, read_policy};
use crate::session_guard::GuardTables;

#[wasm_bindgen]
impl Session {
    /// Whether every text that came is in a segment and every segment has its verdict.
    #[wasm_bindgen(js_name = isBetweenSegments)]
    pub fn is_between_segments(&self) -> bool {
        self.inner.is_between_segments()
    }

    /// Keeps to another policy from the next segment on, a tree of `tree.rs`, with the tables of its guard; or `only_checks`
    /// whether it could.
    ///
    /// # Errors
    /// The policy is refused, the tables lack a set, or the stream keeps the one that it has: the path of what is another,
    /// or none where it is not between two segments.
    pub fn adopt(&mut self, policy: &[u8], tables: &mut GuardTables, only_checks: bool) -> u32 {
        let linked = read_policy(policy).and_then(|policy| Some((tables.link(&policy)?, policy)));
        let Some((guards, policy)) = linked else { return self.status(Ok(())) };
        let adopted =
            if only_checks { self.inner.check_adopt(&policy, &guards) } else { self.inner.adopt(&policy, &guards) };
        let kept = |path: &str| {
            leave(&Failure::new(FailureKind::Adopt, path.into(), String::new()));
            Ok(())
        };
        let result = match adopted {
            Ok(()) => Ok(()),
            Err(AdoptError::Ended { state }) => Err(SessionError::Ended { state }),
            Err(AdoptError::InSegment) => kept(""),
            Err(AdoptError::Fixed { path }) => kept(path),
            Err(AdoptError::Policy(error)) => {
                leave(&error.into());
                Ok(())
            }
        };
        self.status(result)
    }
}
