//! The tables of a policy, for each kind of channel.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::dialect::ChannelKind;
use crate::guard::{GuardLibrary, GuardTables, Pick};
use crate::policy::{GuardPolicy, PolicyError, wrong_rule};

/// The patterns that a policy asks for, ready to use: made once, and shared by every session under it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChannelGuards {
    /// At the place of the kind among all.
    pub(super) by_kind: [Option<Arc<GuardTables>>; ChannelKind::ALL.len()],
}

impl ChannelGuards {
    /// Takes the sets of a policy from a library.
    ///
    /// # Errors
    /// [`PolicyError`] when the library lacks a set, or the policy has patterns that are not compiled.
    pub fn link(policy: &GuardPolicy, library: &mut GuardLibrary) -> Result<Self, PolicyError> {
        policy.validate()?;
        let mut guards = Self::default();
        for (index, kind) in ChannelKind::ALL.into_iter().enumerate() {
            // Most policies have one guard for all: what a session costs to make is mostly this.
            if let Some(same) = Self::same_as(policy, kind, index) {
                let tables = guards.by_kind.get(same).cloned().flatten();
                guards.put(index, tables);
                continue;
            }
            let mut picked: Vec<Pick> = Vec::new();
            for (number, rule) in policy.rules.iter().enumerate().filter(|(_, rule)| rule.is_for(kind)) {
                if !rule.patterns.is_empty() {
                    let message = "here is no compiler: compile the patterns to tables, and name their ids in `sets`";
                    return Err(wrong_rule(number, ".patterns", message));
                }
                for set in &rule.sets {
                    if !library.pick(set, rule.action, &mut picked) {
                        let message = [set, ": no tables have this set for this action"].concat();
                        return Err(wrong_rule(number, ".sets", &message));
                    }
                }
            }
            if !picked.is_empty() {
                let tables = library.link(&picked);
                let too_many = || wrong_rule(0, "", "the patterns are too many for one automaton");
                guards.put(index, Some(tables.ok_or_else(too_many)?));
            }
        }
        Ok(guards)
    }

    /// The position of a kind before this one for which the same rules are.
    fn same_as(policy: &GuardPolicy, kind: ChannelKind, before: usize) -> Option<usize> {
        let is_same = |other: &ChannelKind| policy.rules.iter().all(|rule| rule.is_for(*other) == rule.is_for(kind));
        ChannelKind::ALL.iter().take(before).position(is_same)
    }

    fn put(&mut self, index: usize, tables: Option<Arc<GuardTables>>) {
        if let Some(slot) = self.by_kind.get_mut(index) {
            *slot = tables;
        }
    }

    /// Each of the tables once, in the order of the kinds that have them.
    #[cfg(any(feature = "guard-compiler", feature = "policy-artifact"))]
    pub(super) fn distinct(&self) -> Vec<&Arc<GuardTables>> {
        let mut distinct: Vec<&Arc<GuardTables>> = Vec::new();
        for tables in self.by_kind.iter().flatten() {
            if !distinct.contains(&tables) {
                distinct.push(tables);
            }
        }
        distinct
    }

    /// The tables for a kind of channel; none where its text is not searched.
    #[must_use]
    pub fn tables(&self, kind: ChannelKind) -> Option<&Arc<GuardTables>> {
        let index = ChannelKind::ALL.iter().position(|other| *other == kind)?;
        self.by_kind.get(index)?.as_ref()
    }
}

#[cfg(feature = "guard-compiler")]
mod compiled {
    use alloc::string::String;

    use super::{Arc, ChannelGuards, ChannelKind, GuardPolicy, GuardTables, PolicyError, Vec, wrong_rule};
    use crate::guard::compile::{Artifact, CompileError, CompileLimits, PatternSpec, compile};
    use crate::guard::sets::PatternSet;

    impl ChannelGuards {
        /// Compiles the sets and patterns of a policy.
        ///
        /// # Errors
        /// [`PolicyError`] when there is no such set, or a pattern is not one or too large.
        pub fn compile(policy: &GuardPolicy) -> Result<Self, PolicyError> {
            policy.validate()?;
            let mut guards = Self::default();
            for (index, kind) in ChannelKind::ALL.into_iter().enumerate() {
                let tables = match Self::same_as(policy, kind, index) {
                    Some(same) => guards.by_kind.get(same).cloned().flatten(),
                    None => compiled(policy, kind)?,
                };
                guards.put(index, tables);
            }
            Ok(guards)
        }

        /// What [`ChannelGuards::link`] takes where there is no compiler: the policy with its patterns named as sets, and the
        /// artifacts that have them and its sets.
        #[must_use]
        pub fn to_artifacts(&self, policy: &GuardPolicy) -> (GuardPolicy, Vec<Artifact>) {
            let artifacts = self.distinct().into_iter().map(|tables| tables.to_artifact()).collect();
            (policy.with_patterns_as_sets(), artifacts)
        }
    }

    fn compiled(policy: &GuardPolicy, kind: ChannelKind) -> Result<Option<Arc<GuardTables>>, PolicyError> {
        let mut specs: Vec<PatternSpec> = Vec::new();
        // The rule that each comes from.
        let mut rules: Vec<usize> = Vec::new();
        for (number, rule) in policy.rules.iter().enumerate().filter(|(_, rule)| rule.is_for(kind)) {
            for name in &rule.sets {
                let set = PatternSet::from_name(name)
                    .ok_or_else(|| wrong_rule(number, ".sets", &[name, ": there is no such set"].concat()))?;
                specs.extend(set.patterns(rule.action));
            }
            for pattern in &rule.patterns {
                if PatternSet::from_name(&pattern.id).is_some() {
                    return Err(wrong_rule(number, ".patterns", &[&pattern.id, ": a set has this name"].concat()));
                }
                let mut spec = PatternSpec::new(&pattern.id, &pattern.pattern, rule.action).with_check(pattern.check);
                if let Some(replacement) = &pattern.replacement {
                    spec.replacement.clone_from(replacement);
                }
                specs.push(spec);
            }
            rules.resize(specs.len(), number);
        }
        if specs.is_empty() {
            return Ok(None);
        }
        // The same set may be asked for twice, as a halt and as a flag.
        let artifact = compile(&specs, CompileLimits::default()).map_err(|error| {
            let rule = match &error {
                CompileError::Syntax { id, .. }
                | CompileError::MatchesEmpty { id }
                | CompileError::MatchesInvalidText { id }
                | CompileError::TooLongToCheck { id, .. }
                | CompileError::TooManyStates { id, .. }
                | CompileError::Name { id, .. } => specs.iter().position(|spec| spec.id == *id),
                CompileError::TooLarge { .. } => None,
            };
            let rule = rule.and_then(|position| rules.get(position).copied()).unwrap_or(0);
            wrong_rule(rule, "", &alloc::format!("{error}"))
        })?;
        let tables = GuardTables::verified(&artifact.bytes, &artifact.hash)
            .map_err(|error| PolicyError::new(String::from("guard"), alloc::format!("{error}")))?;
        Ok(Some(Arc::new(tables)))
    }
}
