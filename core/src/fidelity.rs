//! Which of two definitions the advanced runtime computes.

/// What is computed where the published implementation is weak or wrong.
///
/// Both run the same code; it branches at named points only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Fidelity {
    /// What each definition says.
    #[default]
    Corrected,
    /// The published numbers, so that results can be compared with them.
    Published,
}

impl Fidelity {
    /// Whether the published numbers are wanted.
    #[must_use]
    pub const fn is_published(self) -> bool {
        matches!(self, Self::Published)
    }
}
