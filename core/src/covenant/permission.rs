//! Permissions: what may be done, and with what.

use alloc::boxed::Box;
use alloc::string::String;
use core::fmt;

use super::pattern::{Pattern, PatternError};

/// Bytes of a capability's name, at most.
pub const MAX_CAPABILITY_BYTES: u32 = 128;

/// Something may be done (a capability) with some resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    capability: Box<str>,
    resource: Pattern,
}

/// Why a permission was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PermissionError {
    /// A capability has 1 to [`MAX_CAPABILITY_BYTES`] bytes, each visible ASCII other than `*`.
    Capability {
        /// The byte that is none of these, or the name's length where that is wrong.
        offset: u64,
    },
    /// The pattern of resources.
    Resource(PatternError),
}

impl PermissionError {
    /// What is wrong, in words.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Capability { .. } => {
                String::from("a capability has 1 to 128 bytes of visible ASCII, and no * among them")
            }
            Self::Resource(error) => error.message(),
        }
    }
}

impl fmt::Display for PermissionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message())
    }
}

impl core::error::Error for PermissionError {}

/// Whether a text is the name of a capability; at which byte it is none.
pub(super) fn check_capability(name: &str) -> Result<(), PermissionError> {
    let bad = name.bytes().position(|byte| !byte.is_ascii_graphic() || byte == b'*');
    let too_long = name.is_empty() || name.len() > MAX_CAPABILITY_BYTES as usize;
    match bad.or_else(|| too_long.then_some(name.len())) {
        Some(offset) => Err(PermissionError::Capability { offset: offset as u64 }),
        None => Ok(()),
    }
}

impl Permission {
    /// The permission to use a capability on the resources of a pattern.
    ///
    /// # Errors
    /// [`PermissionError`] says what is wrong with either.
    pub fn new(capability: &str, resource: &str) -> Result<Self, PermissionError> {
        check_capability(capability)?;
        let resource = Pattern::new(resource).map_err(PermissionError::Resource)?;
        Ok(Self { capability: capability.into(), resource })
    }

    /// What may be done.
    #[must_use]
    pub fn capability(&self) -> &str {
        &self.capability
    }

    /// With which resources.
    #[must_use]
    pub const fn resource(&self) -> &Pattern {
        &self.resource
    }

    /// Whether everything that this one allows is allowed by another.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.capability == other.capability && self.resource.is_within(&other.resource)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn what_is_refused() {
        for name in ["", "a b", "tool-*", "é", &"x".repeat(129)] {
            let error = Permission::new(name, "a").unwrap_err();
            assert!(error.to_string().starts_with("a capability has 1 to 128 bytes"));
        }
        assert_eq!(Permission::new("a", "../b").unwrap_err().to_string(), "a segment . or .. at byte 0");
    }
}
