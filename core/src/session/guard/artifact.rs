//! The tables of a policy as a policy artifact has them: each once, with the kinds of channels that it is for.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::tables::ChannelGuards;
use crate::dialect::ChannelKind;
use crate::guard::{Artifact, GuardTables};
use crate::policy::{GuardPolicy, GuardRule, PolicyError, wrong_rule};

/// For each kind of channel the number of its tables, from 1; 0 for none.
pub(crate) type Places = [u8; ChannelKind::ALL.len()];

impl ChannelGuards {
    /// The tables, and for which kinds they are. They are numbered in the order in which the kinds name them.
    pub(crate) fn placed(&self) -> (Vec<Artifact>, Places) {
        let distinct = self.distinct();
        let mut places = Places::default();
        for (place, tables) in places.iter_mut().zip(&self.by_kind) {
            let found = tables.as_ref().and_then(|tables| (1_u8..).zip(&distinct).find(|(_, it)| **it == tables));
            *place = found.map_or(0, |(number, _)| number);
        }
        (distinct.into_iter().map(|tables| tables.to_artifact()).collect(), places)
    }

    /// The opposite.
    pub(crate) fn of_places(tables: &[Arc<GuardTables>], places: Places) -> Self {
        let of = |place: u8| tables.get(usize::from(place.checked_sub(1)?)).map(Arc::clone);
        Self { by_kind: places.map(of) }
    }

    /// Whether they are the tables of a policy whose patterns are named as sets: for each kind of channel the patterns of
    /// the sets that its rules name, in their order and with their actions, and no others.
    ///
    /// # Errors
    /// [`PolicyError`] names the rule that has not what it asks for.
    pub(crate) fn check_for(&self, policy: &GuardPolicy) -> Result<(), PolicyError> {
        if let Some(rule) = policy.rules.iter().position(|rule| !rule.patterns.is_empty()) {
            return Err(wrong_rule(rule, ".patterns", "compiled patterns are named in `sets`"));
        }
        for (kind, tables) in ChannelKind::ALL.into_iter().zip(&self.by_kind) {
            let mut rest = tables.as_ref().map_or(&[][..], |tables| tables.patterns());
            for (number, GuardRule { sets, action, .. }) in
                policy.rules.iter().enumerate().filter(|(_, rule)| rule.is_for(kind))
            {
                for set in sets {
                    let is_own = |it: &&crate::guard::PatternTable| it.action() == *action && it.is_of_set(set);
                    let count = rest.iter().take_while(is_own).count();
                    if count == 0 {
                        let message = [set, ": the compiled patterns do not have it here, for ", kind.as_str()];
                        return Err(wrong_rule(number, ".sets", &message.concat()));
                    }
                    rest = rest.get(count..).unwrap_or_default();
                }
            }
            if let Some(pattern) = rest.first() {
                let message = [pattern.id(), ": no rule asks for this compiled pattern, for ", kind.as_str()].concat();
                return Err(PolicyError::new(String::from("guard.rules"), message));
            }
        }
        Ok(())
    }
}
