//! What rules need of each other.
//!
//! The active versions are always satisfied and without a circle: whatever would change that is refused before a swap.

use alloc::string::String;
use alloc::vec::Vec;

use super::super::error::RuleError;
use super::super::rule::{CompiledRule, Dependency};
use super::RuleRegistry;

impl RuleRegistry {
    /// Whether a version may be registered: what it depends on is known, in a version that will do.
    pub(super) fn check_known(&self, candidate: &CompiledRule) -> Result<(), RuleError> {
        for Dependency { rule_id, min_version } in &candidate.header().depends_on {
            let rule = self.find(rule_id).and_then(|at| self.rules.get(at));
            let found = rule.and_then(|rule| rule.newest_usable()).map_or(0, |newest| newest.rule.version());
            if found < *min_version {
                return Err(RuleError::MissingDependency {
                    rule_id: rule_id.clone(),
                    min_version: *min_version,
                    found,
                });
            }
        }
        self.check_circle(candidate)
    }

    /// Whether a version may become active: what it depends on is active, in a version that will do, and so is it
    /// itself for the active rules that depend on it.
    pub(super) fn check_satisfied(&self, candidate: &CompiledRule) -> Result<(), RuleError> {
        for Dependency { rule_id, min_version } in &candidate.header().depends_on {
            let rule = self.find(rule_id).and_then(|at| self.rules.get(at));
            let found = rule.map_or(0, |rule| rule.active);
            if found < *min_version {
                return Err(RuleError::MissingDependency {
                    rule_id: rule_id.clone(),
                    min_version: *min_version,
                    found,
                });
            }
        }
        for other in &self.rules {
            let needs = other.active_version().map(|own| own.rule.header().depends_on.as_slice()).unwrap_or_default();
            let of_this = needs.iter().find(|need| need.rule_id == candidate.rule_id());
            if let Some(need) = of_this
                && need.min_version > candidate.version()
                && other.id != candidate.rule_id()
            {
                let (by, min_version) = (other.id.clone(), need.min_version);
                return Err(RuleError::Needed { by, min_version, proposed: candidate.version() });
            }
        }
        self.check_circle(candidate)
    }

    /// Whether the rule would come to depend on itself through others. There is no circle without it.
    fn check_circle(&self, candidate: &CompiledRule) -> Result<(), RuleError> {
        let home = self.find(candidate.rule_id());
        if home.is_none() || candidate.header().depends_on.is_empty() {
            return Ok(());
        }
        // From which rule each was reached; none for those that have not been, themselves for those of the candidate.
        let mut reached: Vec<Option<usize>> = alloc::vec![None; self.rules.len()];
        let mut open: Vec<usize> = Vec::new();
        let mut needs = candidate.header().depends_on.as_slice();
        let mut from: Option<usize> = None;
        loop {
            for need in needs {
                let Some(at) = self.find(&need.rule_id) else { continue };
                if Some(at) == home {
                    return Err(RuleError::DependencyCycle { rule_ids: self.path(candidate, &reached, from) });
                }
                if let Some(place @ None) = reached.get_mut(at) {
                    *place = Some(from.unwrap_or(at));
                    open.push(at);
                }
            }
            let Some(next) = open.pop() else { return Ok(()) };
            from = Some(next);
            let standing = self.rules.get(next).and_then(|rule| rule.standing());
            needs = standing.map(|own| own.rule.header().depends_on.as_slice()).unwrap_or_default();
        }
    }

    fn path(&self, candidate: &CompiledRule, reached: &[Option<usize>], mut last: Option<usize>) -> Vec<String> {
        let mut ids = Vec::new();
        while let Some(at) = last {
            ids.extend(self.rules.get(at).map(|rule| rule.id.clone()));
            last = reached.get(at).copied().flatten().filter(|before| *before != at);
        }
        ids.push(String::from(candidate.rule_id()));
        ids.reverse();
        ids
    }
}
