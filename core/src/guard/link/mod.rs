//! The sets that somebody asks for, each with an action, out of compiled ones.
//!
//! An automaton belongs to a pattern alone, so it is compiled once, and what a policy asks for is put together where there is
//! no compiler: the automata are taken as they are, and only the trigger is built anew. What comes out is what compiling
//! the same patterns gives.
//!
//! A redaction is searched otherwise than a halt or a flag, and needs another automaton. So a set is there for the one, for
//! the others, or for both.

pub(super) mod trigger;

use alloc::sync::Arc;
use alloc::vec::Vec;

use super::check::Check;
use super::decode::{ContentHash, GuardTablesError};
use super::tables::{Action, GuardTables, PatternTable};
use trigger::short;

/// A pattern of a library and what happens where it matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pick {
    tables: u32,
    pattern: u16,
    action: Action,
}

/// Compiled patterns to choose from, and what was put together from them last: a host that makes a session for every
/// response does that once.
#[derive(Clone, Debug, Default)]
pub struct GuardLibrary {
    tables: Vec<Arc<GuardTables>>,
    linked: Vec<(Vec<Pick>, Arc<GuardTables>)>,
}

impl GuardLibrary {
    /// How many are kept of what was put together.
    pub const KEPT: usize = 16;

    /// A library without any.
    #[must_use]
    pub const fn new() -> Self {
        Self { tables: Vec::new(), linked: Vec::new() }
    }

    /// Adds the artifact that a hash names. Where it has a set that is there already, the one that came first stays.
    ///
    /// # Errors
    /// [`GuardTablesError`]; nothing has changed.
    pub fn add(&mut self, artifact: &[u8], hash: &ContentHash) -> Result<(), GuardTablesError> {
        self.tables.push(Arc::new(GuardTables::verified(artifact, hash)?));
        Ok(())
    }

    /// Picks a set: the pattern with its name as the id, and those whose ids start with it and a slash. Whether there is
    /// one that was compiled for the action.
    #[must_use]
    pub fn pick(&self, set: &str, action: Action, picked: &mut Vec<Pick>) -> bool {
        let before = picked.len();
        for (number, tables) in self.tables.iter().enumerate() {
            for compiled_for in served_by(action) {
                for (pattern, table) in tables.patterns.iter().enumerate() {
                    if table.action == compiled_for && table.is_of_set(set) {
                        let tables = u32::try_from(number).unwrap_or(u32::MAX);
                        picked.push(Pick { tables, pattern: short(pattern), action });
                    }
                }
                if picked.len() > before {
                    return true;
                }
            }
        }
        false
    }

    /// Puts together what was picked, in this order. None where the patterns are too many for one automaton.
    pub fn link(&mut self, picked: &[Pick]) -> Option<Arc<GuardTables>> {
        if let Some((_, tables)) = self.linked.iter().find(|(known, _)| known == picked) {
            return Some(Arc::clone(tables));
        }
        if picked.len() > usize::from(u16::MAX) {
            return None;
        }
        let mut patterns: Vec<PatternTable> = Vec::new();
        let mut whole: Option<&Arc<GuardTables>> = None;
        let mut is_whole = true;
        for (position, pick) in picked.iter().enumerate() {
            let tables = self.tables.get(usize::try_from(pick.tables).unwrap_or(usize::MAX))?;
            let pattern = tables.pattern(pick.pattern)?;
            is_whole &= whole.is_none_or(|whole| Arc::ptr_eq(whole, tables))
                && tables.patterns.len() == picked.len()
                && (pick.pattern, pick.action) == (short(position), pattern.action);
            whole = Some(tables);
            patterns.push(PatternTable { action: pick.action, ..pattern.clone() });
        }
        let tables = match whole.filter(|_| is_whole) {
            // Tables that were compiled for just this need nothing more.
            Some(tables) => Arc::clone(tables),
            None => {
                let trigger = trigger::build(&patterns)?;
                Arc::new(GuardTables::of(patterns, trigger))
            }
        };
        if self.linked.len() == Self::KEPT {
            self.linked.remove(0);
        }
        self.linked.push((picked.to_vec(), Arc::clone(&tables)));
        Some(tables)
    }
}

impl PatternTable {
    /// Whether it is of a set: has its name as the id, or an id that starts with it and a slash.
    #[must_use]
    pub fn is_of_set(&self, set: &str) -> bool {
        let rest = self.id.as_bytes().strip_prefix(set.as_bytes());
        rest.is_some_and(|rest| matches!(rest, [] | [b'/', ..]))
    }
}

/// For which actions a pattern may have been compiled that serves one, the best first.
const fn served_by(action: Action) -> [Action; 2] {
    match action {
        Action::Redact => [Action::Redact, Action::Redact],
        Action::Halt => [Action::Halt, Action::Flag],
        Action::Flag => [Action::Flag, Action::Halt],
    }
}

impl GuardTables {
    /// Tables whose every state, class and spawn exists.
    pub(super) fn of(patterns: Vec<PatternTable>, trigger: super::trigger::Trigger) -> Self {
        let checks = |action| patterns.iter().any(|pattern| pattern.action == action && pattern.check != Check::None);
        let (checks_flags, checks_redactions) = (checks(Action::Flag), checks(Action::Redact));
        let actions = [Action::Halt, Action::Redact, Action::Flag];
        let actions = actions.map(|action| patterns.iter().any(|pattern| pattern.action == action));
        Self { patterns, trigger, actions, checks_flags, checks_redactions }
    }
}
