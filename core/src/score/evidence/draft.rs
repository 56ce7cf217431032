//! A text that is read while it is being written.

use super::quantity::Quantity;
use super::reading::{Clause, Reading};
use super::scanner::Next;

/// A place in a text from which reading can go on: what was read up to there does not depend on what follows,
/// but for what is kept here as it was.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// Bytes before it.
    pub(super) at: usize,
    /// Tokens before it.
    pub(super) tokens: usize,
    numbers: usize,
    clauses: usize,
    sentences: usize,
    /// The last number and clause, which what follows may change. The last sentence is found out about whenever a
    /// reading ends.
    number: Quantity,
    clause: Clause,
    pub(super) next: Next,
}

impl Place {
    /// The beginning.
    pub(super) const START: Self = Self {
        at: 0,
        tokens: 0,
        numbers: 0,
        clauses: 0,
        sentences: 0,
        number: Quantity::NONE,
        clause: Clause::new(0, 0),
        next: Next::FIRST,
    };

    /// The place that a reading has reached.
    #[inline(never)]
    pub(super) fn here(reading: &Reading, at: usize, next: Next) -> Self {
        Self {
            at,
            tokens: reading.tokens.len(),
            numbers: reading.numbers.len(),
            clauses: reading.clauses.len(),
            sentences: reading.sentences.len(),
            number: reading.numbers.last().copied().unwrap_or(Quantity::NONE),
            clause: *reading.clause(reading.clauses.len().wrapping_sub(1)),
            next,
        }
    }

    /// Takes a reading back to this place.
    pub(super) fn restore(&self, reading: &mut Reading) {
        reading.tokens.truncate(self.tokens);
        reading.numbers.truncate(self.numbers);
        reading.clauses.truncate(self.clauses);
        reading.sentences.truncate(self.sentences);
        if let Some(number) = reading.numbers.last_mut() {
            *number = self.number;
        }
        if let Some(clause) = reading.clauses.last_mut() {
            *clause = self.clause;
        }
    }
}
