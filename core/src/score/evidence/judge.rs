//! Judges texts, finished or growing, by what is known.

use alloc::string::String;

use super::claims::{NEAR, REACH, claim};
use super::draft::Place;
use super::reading::{Clause, NOWHERE, Reading};
use super::role;
use super::scanner::{AHEAD, Words};
use super::sheet::FactSheet;
use crate::score::text::real;

/// Judges one text after the other by the same facts. What a text has in common with the one before is neither read
/// nor judged again, so a text that grows costs what it grows by, and the clause that it grows in.
#[derive(Debug)]
pub(crate) struct Judge {
    pub(super) sheet: FactSheet,
    pub(super) text: Reading,
    /// What `progress` was made in, with what was looked at beyond.
    read: String,
    progress: Progress,
}

/// What of a text is done with, whatever follows.
#[derive(Debug)]
struct Progress {
    /// How far it is read.
    place: Place,
    /// How far it is known not to contradict the facts.
    settled: Settled,
    counted: Counted,
}

impl Progress {
    const NONE: Self = Self {
        place: Place::START,
        settled: Settled { clause: 0, at: 0, sentence: 0, asks: false, subject: (0, 0) },
        counted: Counted { tokens: 0, new: 0, known: 0 },
    };
}

/// How far a text is known not to contradict the facts, whatever follows.
#[derive(Clone, Copy, Debug)]
struct Settled {
    /// The first clause of which this is not known, and the first of its tokens.
    clause: usize,
    at: usize,
    /// Its sentence, and what was taken for the sentence's subject and form: if that changes, so may everything in it.
    sentence: usize,
    asks: bool,
    subject: (usize, usize),
}

/// How much was counted of the first tokens, which what follows does not change.
#[derive(Clone, Copy, Debug)]
struct Counted {
    tokens: usize,
    /// What goes beyond what was asked.
    new: usize,
    /// What of it the facts have, too.
    known: usize,
}

impl Judge {
    /// A judge who takes the statements of `premise` as true. What `topic` says is only what is spoken of.
    #[inline(never)]
    pub(crate) fn new(topic: &str, premise: &str) -> Self {
        let sheet = FactSheet::new(topic, premise);
        Self { sheet, text: Reading::default(), read: String::new(), progress: Progress::NONE }
    }

    /// Whether something in `text` cannot be true if the facts are. The text may be `partial`: its last word may
    /// still grow.
    pub(crate) fn is_contradicted(&mut self, text: &str, partial: bool) -> bool {
        if self.sheet.is_empty() {
            return false;
        }
        if !text.starts_with(self.read.as_str()) {
            self.read.clear();
            self.progress = Progress::NONE;
        }
        let place = &mut self.progress.place;
        self.text.go_on(place, text, partial, Words::Know(&self.sheet.words));
        let seen = if place.at == 0 { 0 } else { text.ceil_char_boundary(place.at.saturating_add(AHEAD + 1)) };
        self.read.push_str(text.get(self.read.len()..seen).unwrap_or_default());
        let mut settled = self.progress.settled;
        let found = self.find_contradiction(&mut settled);
        self.progress.settled = settled;
        found
    }

    fn find_contradiction(&self, settled: &mut Settled) -> bool {
        let is_final = self.progress.place.tokens;
        let sentence = self.text.sentence(settled.sentence);
        if (sentence.asks, sentence.subject) != (settled.asks, settled.subject) {
            (settled.clause, settled.at) = (sentence.start, self.text.clause(sentence.start).start);
        }
        let (mut number, mut from, mut settles) = (settled.clause, settled.at, true);
        while let Some(clause) = self.text.clauses.get(number) {
            let sentence = self.text.sentence(clause.sentence);
            if !sentence.asks && self.refutes(clause, from) {
                return true;
            }
            number = number.wrapping_add(1);
            from = 0;
            if settles {
                settled.sentence = clause.sentence;
                (settled.asks, settled.subject) = (sentence.asks, sentence.subject);
                settles = clause.end.saturating_add(NEAR) <= is_final;
                if settles {
                    (settled.clause, settled.at) = (number, clause.end);
                } else if is_final.saturating_sub(clause.start) > REACH {
                    // What a claim says depends on the end of its clause only where the clause is short.
                    settled.at = is_final.saturating_sub(NEAR);
                }
            }
        }
        false
    }

    /// Whether something in a clause, its claims before a place left out, cannot be true.
    fn refutes(&self, clause: &Clause, from: usize) -> bool {
        for at in from.max(clause.start)..clause.end {
            if claim(&self.text, at).is_some_and(|claim| self.contradicts(&claim)) {
                return true;
            }
        }
        if clause.negation == NOWHERE { self.states_denied(clause) } else { self.denies_fact(clause) }
    }

    /// Share of the content of the text that was judged last, beyond what was asked, that the facts have too: 0 to 1.
    pub(crate) fn support(&mut self) -> f64 {
        let settled = self.progress.place.tokens.saturating_sub(NEAR);
        let Counted { tokens, mut new, mut known } = self.progress.counted;
        for (at, token) in self.text.tokens.iter().enumerate().skip(tokens) {
            if at == settled {
                self.progress.counted = Counted { tokens: at, new, known };
            }
            let covered = if token.is(role::NUMBER) {
                self.sheet.has_number(self.text.number(token))
            } else if !token.is_noun() || self.sheet.is_asked(token) {
                continue;
            } else {
                self.sheet.is_stated(token)
            };
            new = new.wrapping_add(usize::from(covered || !token.is(role::OPEN)));
            known = known.wrapping_add(usize::from(covered));
        }
        if new == 0 { 0.0 } else { real(known) / real(new) }
    }
}
