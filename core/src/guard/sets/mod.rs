//! Patterns ready to use, in sets with a name.
//!
//! A set gives its patterns with the action that a policy asks for. Where a pattern has a length in it, longer is matched,
//! too: of what looks like a key nothing may be left over.

mod keys;
mod personal;

use alloc::vec::Vec;

use super::compile::PatternSpec;
use super::{Action, Check};

/// A pattern of a set: what is behind the set's name in its id, the pattern and the check.
struct Entry {
    id: &'static str,
    pattern: &'static str,
    check: Check,
}

const fn entry(id: &'static str, pattern: &'static str) -> Entry {
    Entry { id, pattern, check: Check::None }
}

/// A set of patterns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatternSet {
    /// API keys and tokens of common providers.
    ApiKeys,
    /// Private keys in PEM and OpenPGP armour.
    PrivateKeys,
    /// JSON web tokens.
    JsonWebTokens,
    /// E-mail addresses.
    Email,
    /// Telephone numbers, international with `+` and North American.
    Phone,
    /// Payment card numbers whose check digit is right.
    Cards,
    /// International bank account numbers whose check digits are right.
    Iban,
}

impl PatternSet {
    /// All sets.
    pub const ALL: [Self; 7] =
        [Self::ApiKeys, Self::PrivateKeys, Self::JsonWebTokens, Self::Email, Self::Phone, Self::Cards, Self::Iban];

    /// The sets of credentials.
    pub const SECRETS: [Self; 3] = [Self::ApiKeys, Self::PrivateKeys, Self::JsonWebTokens];

    /// The sets of what names or reaches a person.
    pub const PERSONAL: [Self; 4] = [Self::Email, Self::Phone, Self::Cards, Self::Iban];

    /// The name in policies, and what the ids of its patterns start with.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ApiKeys => "api-keys",
            Self::PrivateKeys => "private-keys",
            Self::JsonWebTokens => "json-web-tokens",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Cards => "cards",
            Self::Iban => "iban",
        }
    }

    /// The set of a name.
    ///
    /// ```
    /// use interlock_core::guard::sets::PatternSet;
    /// assert_eq!(PatternSet::from_name("email"), Some(PatternSet::Email));
    /// ```
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|set| set.as_str() == name)
    }

    /// Its patterns with an action. The id of each is the set's name, a slash and its own; of a set with one pattern the
    /// set's name.
    #[must_use]
    pub fn patterns(self, action: Action) -> Vec<PatternSpec> {
        let entries: &[Entry] = match self {
            Self::ApiKeys => &keys::API_KEYS,
            Self::PrivateKeys => &keys::PRIVATE_KEYS,
            Self::JsonWebTokens => &keys::JSON_WEB_TOKENS,
            Self::Email => &personal::EMAIL,
            Self::Phone => &personal::PHONE,
            Self::Cards => &personal::CARDS,
            Self::Iban => &personal::IBAN,
        };
        let spec = |entry: &Entry| {
            let id = if entry.id.is_empty() { self.as_str().into() } else { [self.as_str(), "/", entry.id].concat() };
            PatternSpec::new(&id, entry.pattern, action).with_check(entry.check)
        };
        entries.iter().map(spec).collect()
    }
}
