//! Judges texts, finished or growing, by what is known.

use alloc::string::String;

use super::claims::{NEAR, REACH, claim};
use super::compare::Comparison;
use super::draft::Place;
use super::reading::{NOWHERE, Reading};
use super::role;
use super::scanner::{AHEAD, Words};
use super::sheet::FactSheet;
use crate::score::text::real;

/// Judges one text after the other by the same facts. What a text has in common with the one before is neither read
/// nor judged again, so a text that grows costs what it grows by, and the clause that it grows in.
#[derive(Debug, Default)]
pub(crate) struct Judge {
    sheet: FactSheet,
    text: Reading,
    /// How far `text` is read for good, and what was read to know that.
    place: Place,
    read: String,
    settled: Settled,
    counted: Counted,
}

/// How far a text is known not to contradict the facts, whatever follows.
#[derive(Debug, Default)]
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
#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    tokens: usize,
    /// What goes beyond what was asked.
    new: usize,
    /// What of it the facts have, too.
    known: usize,
}

impl Judge {
    /// A judge who takes the statements of `premise` as true. What `topic` says is only what is spoken of.
    pub(crate) fn new(topic: &str, premise: &str) -> Self {
        Self { sheet: FactSheet::new(topic, premise), ..Self::default() }
    }

    /// Whether something in `text` cannot be true if the facts are. The text may be `partial`: its last word may
    /// still grow.
    pub(crate) fn contradicts(&mut self, text: &str, partial: bool) -> bool {
        if self.sheet.is_empty() {
            return false;
        }
        if !text.starts_with(self.read.as_str()) {
            self.read.clear();
            (self.place, self.settled, self.counted) = Default::default();
        }
        self.text.go_on(&mut self.place, text, partial, Words::Know(&self.sheet.words));
        let seen = if self.place.at == 0 { 0 } else { text.ceil_char_boundary(self.place.at.saturating_add(AHEAD + 1)) };
        self.read.push_str(text.get(self.read.len()..seen).unwrap_or_default());
        self.find_contradiction()
    }

    fn find_contradiction(&mut self) -> bool {
        let (text, settled) = (&self.text, &mut self.settled);
        let known = Comparison { sheet: &self.sheet, facts: &self.sheet.reading, text };
        let sentence = text.sentence(settled.sentence);
        if (sentence.asks, sentence.subject) != (settled.asks, settled.subject) {
            (settled.clause, settled.at) = (sentence.start, text.clause(sentence.start).start);
        }
        let mut settles = true;
        let (first, mut from) = (settled.clause, settled.at);
        for clause in text.clauses.get(first..).unwrap_or_default() {
            let sentence = text.sentence(clause.sentence);
            if !sentence.asks {
                for at in from.max(clause.start)..clause.end {
                    if claim(text, at).is_some_and(|claim| known.contradicts(&claim)) {
                        return true;
                    }
                }
                let states = clause.negation == NOWHERE;
                if (states && known.states_denied(clause)) || (!states && known.denies_fact(clause)) {
                    return true;
                }
            }
            from = 0;
            if settles {
                settled.sentence = clause.sentence;
                (settled.asks, settled.subject) = (sentence.asks, sentence.subject);
                settles = clause.end.saturating_add(NEAR) <= self.place.tokens;
                if settles {
                    settled.clause = settled.clause.wrapping_add(1);
                    settled.at = clause.end;
                } else if self.place.tokens.saturating_sub(clause.start) > REACH {
                    // What a claim says depends on its whole clause only as long as that is short.
                    settled.at = self.place.tokens.saturating_sub(NEAR);
                }
            }
        }
        false
    }

    /// Share of the content of the text that was judged last, beyond what was asked, that the facts have too: 0 to 1.
    pub(crate) fn support(&mut self) -> f64 {
        let settled = self.place.tokens.saturating_sub(NEAR);
        let Counted { tokens, mut new, mut known } = self.counted;
        for (at, token) in self.text.tokens.iter().enumerate().skip(tokens) {
            if at == settled {
                self.counted = Counted { tokens: at, new, known };
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
