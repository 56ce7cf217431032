//! Patterns ready to use.
