//! Grants that hang together: what is taken from one is taken from all that were derived from it.

use alloc::string::String;
use alloc::vec::Vec;

use super::grant::{Grant, GrantError, Parent, Terms};

/// How often a grant in a registry may have been derived from a derived one, at most.
pub const MAX_DERIVATIONS: u32 = 64;

/// All versions of some grants, each derived one with those that it comes from.
///
/// A grant by itself knows its parent's name and no more. A registry knows the parent, so it refuses to let a grant allow
/// anything while one that it comes from does not, and it takes back what was derived when it takes back a grant. Granting
/// that again brings nothing back that was derived: each is granted again by itself, or not.
///
/// ```
/// use interlock_core::covenant::{Grant, GrantRegistry, Permission, Terms};
///
/// let docs = || -> Result<Terms, Box<dyn std::error::Error>> {
///     Ok(Terms { permissions: vec![Permission::new("fs.read", "docs/**")?], ..Terms::default() })
/// };
/// let mut registry = GrantRegistry::default();
/// registry.insert(Grant::issued("assistant", 1, docs()?, "ada", 0)?)?;
/// registry.attenuate("assistant", 1, "helper", docs()?, "assistant", 1)?;
/// registry.grant("helper", 1, "ada", 2)?;
/// assert!(registry.is_active("helper", 1, 3));
/// let revoked = registry.revoke("assistant", 1, "ada", 4)?;
/// assert_eq!(revoked.len(), 2);
/// assert!(!registry.is_active("helper", 1, 5));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct GrantRegistry {
    /// By name and then version.
    grants: Vec<Grant>,
}

impl GrantRegistry {
    /// Adds a grant, of which no version of this number is there.
    ///
    /// # Errors
    /// [`GrantError::Exists`]; [`GrantError::Unknown`] when it was derived from one that is not there;
    /// [`GrantError::Terms`] when it was derived more than [`MAX_DERIVATIONS`] times; [`GrantError::Widens`] when it has
    /// more than that one, and [`GrantError::Derived`] when it lacks an end, a gate or a ceiling of that one: it was derived
    /// from another of the name; [`GrantError::Inactive`] when it is granted and one that it comes from is not.
    pub fn insert(&mut self, grant: Grant) -> Result<(), GrantError> {
        let Err(at) = self.position(grant.id(), grant.version()) else {
            return Err(GrantError::Exists { id: String::from(grant.id()) });
        };
        if let Some(parent) = grant.parent() {
            let found = self.of(&parent.grant, parent.version)?;
            let count = self.ancestors(grant.parent()).count();
            if count > MAX_DERIVATIONS as usize {
                return Err(GrantError::Terms { what: "derivations", count: count as u64, bound: MAX_DERIVATIONS });
            }
            grant.terms().check_within(found.terms())?;
            if !grant.terms().keep(found.terms()) {
                return Err(GrantError::Derived);
            }
            if grant.is_granted()
                && let Some(inactive) = self.ancestors(grant.parent()).find(|it| !it.is_granted())
            {
                return Err(GrantError::Inactive { state: inactive.state() });
            }
        }
        self.grants.insert(at, grant);
        Ok(())
    }

    /// Where a version of a grant is, or would be.
    #[inline(never)]
    fn position(&self, id: &str, version: u32) -> Result<usize, usize> {
        self.grants.binary_search_by(|grant| grant.id().cmp(id).then(grant.version().cmp(&version)))
    }

    /// A version of a grant.
    #[must_use]
    pub fn get(&self, id: &str, version: u32) -> Option<&Grant> {
        self.grants.get(self.position(id, version).ok()?)
    }

    /// Every grant, by name and then version.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.grants.iter()
    }

    fn of(&self, id: &str, version: u32) -> Result<&Grant, GrantError> {
        self.get(id, version).ok_or_else(|| GrantError::Unknown { id: String::from(id) })
    }

    fn of_mut(&mut self, id: &str, version: u32) -> Result<&mut Grant, GrantError> {
        let found = self.position(id, version).ok().and_then(|at| self.grants.get_mut(at));
        found.ok_or_else(|| GrantError::Unknown { id: String::from(id) })
    }

    /// The grants that one comes from, the nearest first. They end: each was there before what was derived from it.
    fn ancestors<'a>(&'a self, parent: Option<&'a Parent>) -> impl Iterator<Item = &'a Grant> {
        let mut next = parent;
        core::iter::from_fn(move || {
            let found = self.get(&next?.grant, next?.version)?;
            next = found.parent();
            Some(found)
        })
    }

    /// Whether a version of a grant allows what it says: it is active, and so are all that it comes from.
    #[must_use]
    pub fn is_active(&self, id: &str, version: u32, now_ms: u64) -> bool {
        self.get(id, version).is_some_and(|grant| {
            grant.is_active(now_ms) && self.ancestors(grant.parent()).all(|it| it.is_active(now_ms))
        })
    }

    /// Derives a proposal, as [`Grant::attenuate`], and adds it.
    ///
    /// # Errors
    /// As there and as [`GrantRegistry::insert`]; [`GrantError::Inactive`] also when one that the grant comes from is
    /// not active.
    pub fn attenuate(
        &mut self,
        id: &str,
        version: u32,
        derived: &str,
        terms: Terms,
        by: &str,
        now_ms: u64,
    ) -> Result<&Grant, GrantError> {
        let grant = self.of(id, version)?;
        self.check_ancestors(grant, now_ms)?;
        let made = grant.attenuate(derived, terms, by, now_ms)?;
        let version = made.version();
        self.insert(made)?;
        self.of(derived, version)
    }

    fn check_ancestors(&self, grant: &Grant, now_ms: u64) -> Result<(), GrantError> {
        match self.ancestors(grant.parent()).find(|it| !it.is_active(now_ms)) {
            Some(inactive) => Err(GrantError::Inactive { state: inactive.state() }),
            None => Ok(()),
        }
    }

    /// Lets a version of a grant allow what it says, as [`Grant::grant`].
    ///
    /// # Errors
    /// As there; [`GrantError::Unknown`]; [`GrantError::Inactive`] when one that it comes from is not active.
    pub fn grant(&mut self, id: &str, version: u32, by: &str, now_ms: u64) -> Result<&Grant, GrantError> {
        self.check_ancestors(self.of(id, version)?, now_ms)?;
        let grant = self.of_mut(id, version)?;
        grant.grant(by, now_ms)?;
        Ok(grant)
    }

    /// Takes back a version of a grant and everything granted that was derived from it, however often. Gives what was taken
    /// back, the grant itself first: each has its transition, and whoever enforces one of them has to be told.
    ///
    /// # Errors
    /// As [`Grant::revoke`], for the grant and for each of the others; [`GrantError::Unknown`]. Nothing was taken back.
    pub fn revoke(&mut self, id: &str, version: u32, by: &str, now_ms: u64) -> Result<Vec<&Grant>, GrantError> {
        let at = self.position(id, version).map_err(|_| GrantError::Unknown { id: String::from(id) })?;
        let mut places = Vec::from([at]);
        for (at, grant) in self.grants.iter().enumerate().filter(|(_, grant)| grant.is_granted()) {
            if self.ancestors(grant.parent()).any(|it| it.id() == id && it.version() == version) {
                places.push(at);
            }
        }
        // Each, or none.
        for at in &places {
            if let Some(grant) = self.grants.get(*at) {
                grant.check_revoke(by, now_ms)?;
            }
        }
        for at in &places {
            if let Some(grant) = self.grants.get_mut(*at) {
                grant.revoke(by, now_ms)?;
            }
        }
        Ok(places.iter().filter_map(|at| self.grants.get(*at)).collect())
    }

    /// Notes that the time of a version of a grant is over, as [`Grant::expire`]. What was derived from it ends no later.
    ///
    /// # Errors
    /// As there; [`GrantError::Unknown`].
    pub fn expire(&mut self, id: &str, version: u32, by: &str, now_ms: u64) -> Result<&Grant, GrantError> {
        let grant = self.of_mut(id, version)?;
        grant.expire(by, now_ms)?;
        Ok(grant)
    }
}
