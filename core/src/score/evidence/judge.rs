//! Compares what a text says with what is known.

use alloc::vec::Vec;
use core::ops::Range;

use super::claims::{Claim, REACH, Said, claim, is_named, nouns_before, said_before};
use super::lexicon::{self, Role};
use super::quantity::Form;
use super::reading::{Clause, Reading, Token, UNKNOWN};
use super::scanner::Words;
use super::sheet::{ANY, FactSheet, Kind, Slot};
use crate::score::text::real;

/// What the facts say about a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Evidence {
    /// Whether something in the text cannot be true if the facts are.
    pub(crate) contradicted: bool,
    /// Share of the text's content, beyond what was asked, that the facts have too: 0 to 1.
    pub(crate) support: f64,
}

/// How a fact that speaks of the same compares with a claim.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    Agrees,
    /// It differs, and what follows may still change that.
    Pending,
    Differs,
}

/// Judges `text`, which may be `partial`: its last word may still grow.
pub(crate) fn judge(sheet: &FactSheet, text: &str, partial: bool) -> Evidence {
    if sheet.is_empty() {
        return Evidence { contradicted: false, support: 0.0 };
    }
    let judge = Judge { sheet, facts: &sheet.reading, text: Reading::of(text, partial, Words::Know(&sheet.words)) };
    Evidence { contradicted: judge.is_contradicted(), support: judge.support() }
}

struct Judge<'a> {
    sheet: &'a FactSheet,
    facts: &'a Reading,
    text: Reading,
}

impl Judge<'_> {
    fn is_contradicted(&self) -> bool {
        for clause in &self.text.clauses {
            if self.text.sentences.get(clause.sentence).is_none_or(|sentence| sentence.asks) {
                continue;
            }
            for at in clause.tokens.clone() {
                if claim(&self.text, at).is_some_and(|claim| self.contradicts(&claim)) {
                    return true;
                }
            }
            let denies = match clause.negation {
                Some(negation) => self.denies_fact(clause, negation),
                None => self.states_denied(clause),
            };
            if denies {
                return true;
            }
        }
        false
    }

    fn support(&self) -> f64 {
        let (mut new, mut known) = (0_usize, 0_usize);
        for token in &self.text.tokens {
            let covered = match self.text.number(token) {
                Some(number) => self.sheet.has_number(number),
                None if !token.is_noun() || self.sheet.is_asked(token) => continue,
                None => self.sheet.is_stated(token),
            };
            new = new.saturating_add(usize::from(covered || !token.open));
            known = known.saturating_add(usize::from(covered));
        }
        if new == 0 { 0.0 } else { real(known) / real(new) }
    }

    fn contradicts(&self, claim: &Claim) -> bool {
        // What is denied is not said; denials are compared as a whole.
        let Some(token) = self.text.tokens.get(claim.at).filter(|token| !token.negated) else { return false };
        let number = matches!(claim.said, Said::Number { .. });
        let mut differs = false;
        let mut last = usize::MAX;
        for place in self.candidates(claim, token) {
            let Some(slot) = self.sheet.slots.get(place) else { continue };
            match self.compare(claim, token, slot) {
                Some(Match::Agrees) => return false,
                // A sentence that names several days or colours of the same thing does not exclude others.
                Some(found) => {
                    differs = if last == slot.sentence && !number { false } else { differs || found == Match::Differs };
                    last = slot.sentence;
                }
                None => {}
            }
        }
        differs
    }

    /// Places of the facts that may speak of the same.
    fn candidates(&self, claim: &Claim, token: &Token) -> Vec<usize> {
        let kind = match &claim.said {
            Said::Member => return self.sheet.find(Kind::Member, u32::from(token.group)),
            Said::Number { .. } => Kind::Number,
            Said::Name { .. } => Kind::Name,
        };
        let mut keys = claim.keys(&self.text);
        if keys.is_empty() {
            keys.push(ANY);
        }
        let mut places: Vec<usize> = Vec::new();
        for key in keys {
            for place in self.sheet.find(kind, key) {
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
        places
    }

    fn compare(&self, claim: &Claim, token: &Token, slot: &Slot) -> Option<Match> {
        let fact = self.facts.tokens.get(slot.claim.at).filter(|fact| !fact.negated)?;
        let (agrees, settled) = match (&claim.said, &slot.claim.said) {
            (Said::Number { unit, hedge }, Said::Number { unit: known, .. }) => {
                let settled = self.same_measure(claim, unit, slot, known)?;
                let (said, known) = (self.text.number(token)?, self.facts.number(fact)?);
                let grows =
                    token.open && said.may_become(known) || said.may_scale_to(known) && self.may_scale(claim.at);
                (said.agrees(*hedge, known), settled && !grows)
            }
            (Said::Name { name, is }, Said::Name { name: known, is: known_is }) => {
                if !self.same_role(claim, slot, *is && *known_is) {
                    return None;
                }
                let name = self.text.span(name.clone());
                let agrees = name.iter().any(|token| self.sheet.has(Kind::Has, slot.sentence, token));
                let grows = name.iter().any(|token| token.open) && self.may_name(known.clone());
                (agrees, !grows)
            }
            (Said::Member, Said::Member) => {
                let same = token.member == fact.member;
                let comparable = match lexicon::is_calendar(token.group) {
                    true => self.same_role(claim, slot, false),
                    false => same || self.shares_limits(token, fact, slot),
                };
                if !comparable {
                    return None;
                }
                (same, claim.settled)
            }
            _ => return None,
        };
        if !self.speaks_of(claim.at, slot.sentence) || !self.is_spoken_of(claim, slot) {
            return None;
        }
        Some(if agrees {
            Match::Agrees
        } else if settled {
            Match::Differs
        } else {
            Match::Pending
        })
    }

    /// What a claim is said of.
    fn of<'t>(reading: &'t Reading, claim: &Claim) -> Option<&'t Token> {
        claim.of.and_then(|of| reading.tokens.get(of))
    }

    /// Whether two numbers measure the same, and whether that is settled.
    fn same_measure(&self, claim: &Claim, unit: &Range<usize>, slot: &Slot, known: &Range<usize>) -> Option<bool> {
        let said = self.text.number(self.text.tokens.get(claim.at)?)?;
        let fact = self.facts.number(self.facts.tokens.get(slot.claim.at)?)?;
        let (of, known_of) = (Self::of(&self.text, claim), Self::of(self.facts, &slot.claim));
        let (unit, known) = (self.text.span(unit.clone()), self.facts.span(known.clone()));
        let years = said.form == Form::Year && fact.form == Form::Year;
        let comparable = said.is_like(fact) && (years || !unit.is_empty() || fact.form != Form::Year);
        // A fact without a unit may have it before: "layers: 16".
        let measure = if known.is_empty() { known_of.map(core::slice::from_ref).unwrap_or_default() } else { known };
        let same = match of {
            _ if !comparable => false,
            _ if !unit.is_empty() => {
                if !measure.is_empty() && all_in(measure, unit) {
                    return Some(true);
                }
                all_in(unit, measure)
            }
            Some(of) => known.is_empty() && known_of.is_some_and(|known| known.is_same_noun(of)),
            // A bare answer is about what was asked.
            None => measure.iter().all(|token| self.sheet.is_asked(token)),
        };
        same.then_some(claim.settled || years)
    }

    /// Whether a scale word may still follow a number, behind its currency perhaps.
    fn may_scale(&self, at: usize) -> bool {
        let mut next = at.saturating_add(1);
        next = next.saturating_add(usize::from(self.text.tokens.get(next).is_some_and(|token| token.is_currency)));
        self.text.tokens.get(next).is_none_or(|token| token.open)
    }

    /// Whether the unfinished end of the text may become a word of a fact's name.
    fn may_name(&self, name: Range<usize>) -> bool {
        let begins = |token: &Token| {
            self.sheet.words.word(token.word).is_some_and(|word| word.as_bytes().starts_with(self.text.tail.as_bytes()))
        };
        self.facts.span(name).iter().any(begins)
    }

    /// Whether two names or dates are said of the same word, or what an identity (`is`) equates is said of the
    /// same words in whatever order.
    fn same_role(&self, claim: &Claim, slot: &Slot, is: bool) -> bool {
        match (Self::of(&self.text, claim), Self::of(self.facts, &slot.claim)) {
            (Some(of), Some(known)) => {
                let said = || has_noun(&nouns_before(&self.text, claim.at), known);
                of.is_same_noun(known) || (is && said() && has_noun(&nouns_before(self.facts, slot.claim.at), of))
            }
            (None, Some(known)) => self.sheet.is_asked(known),
            _ => false,
        }
    }

    /// Whether the text has what limits a fact after its value: "on Monday" in "closed on Monday".
    fn shares_limits(&self, token: &Token, fact: &Token, slot: &Slot) -> bool {
        let (Some(said), Some(known)) = (self.text.clauses.get(token.clause), self.facts.clauses.get(fact.clause))
        else {
            return false;
        };
        let said = self.text.span(said.tokens.clone());
        let limits = self.facts.span(slot.claim.at.saturating_add(1)..known.tokens.end);
        said.len() <= REACH
            && limits.len() <= REACH
            && limits.iter().all(|limit| !limit.is_content() || has_noun(said, limit))
    }

    /// Whether the clause of `at` speaks, up to there, of what a sentence speaks of: the last word of each
    /// group of content words is one of the sentence's, and no other name, owner or kind stands before it.
    /// Where the clause names nothing, what was asked about counts.
    fn speaks_of(&self, at: usize, sentence: usize) -> bool {
        let mut speaks = self.sheet.is_on_topic(sentence);
        let mut described = false;
        // A word that is not the sentence's and has yet to describe one that is.
        let mut foreign = false;
        let statement = self.facts.sentences.get(sentence).map_or(0..0, |sentence| self.facts.range(sentence));
        for span in said_before(&self.text, at) {
            for place in span {
                let Some(token) = self.text.tokens.get(place) else { continue };
                if token.role == Role::Other || (foreign && !(token.adjoins && token.is_noun())) {
                    return false;
                }
                // "Rust 1.80" is not "Rust 1.0".
                if let Some(number) = self.text.number(token)
                    && is_named(&self.text, place)
                    && !self.facts.has_number(statement.clone(), number)
                {
                    return false;
                }
                described &= token.adjoins && token.is_noun();
                foreign = token.is_noun() && !self.sheet.has(Kind::Has, sentence, token);
                // "Usual dose" is not the "daily dose" of the statement.
                let other_kind = described && !foreign && self.sheet.has(Kind::Described, sentence, token);
                let other_name = foreign && (token.possessive || token.capital && !self.sheet.is_asked(token));
                if other_kind || other_name {
                    return false;
                }
                speaks |= token.is_noun() && !foreign;
                described = foreign;
            }
            if foreign {
                return false;
            }
        }
        speaks
    }

    /// Whether what a fact speaks of is spoken of by a claim: of each group of its content words at least
    /// one, besides the word that both are said of. What was asked about counts unless the claim names a
    /// part of the statement itself.
    fn is_spoken_of(&self, claim: &Claim, slot: &Slot) -> bool {
        let of = Self::of(&self.text, claim).map_or(UNKNOWN, |of| of.word);
        let known_of = Self::of(self.facts, &slot.claim).map_or(UNKNOWN, |of| of.word);
        let said = nouns_before(&self.text, claim.at);
        let explicit = said.iter().any(|token| token.word != of && self.sheet.has(Kind::Has, slot.sentence, token));
        for span in said_before(self.facts, slot.claim.at) {
            // Whether there is a group with more than what the fact is said of, that was not spoken of so far.
            let (mut silent, mut spoken, mut follows) = (false, false, false);
            for token in self.facts.span(span) {
                if token.is_noun() && !(follows && token.adjoins) {
                    if silent {
                        return false;
                    }
                    spoken = false;
                }
                if token.is_noun() && token.word != known_of {
                    spoken |= has_noun(&said, token) || (!explicit && self.sheet.is_asked(token));
                    silent = !spoken;
                }
                follows = token.is_noun() && !token.possessive;
            }
            if silent {
                return false;
            }
        }
        true
    }

    /// "Refunds are not available" against "Refunds are available within 30 days": a denial must be the more
    /// general of the two.
    fn denies_fact(&self, clause: &Clause, negation: usize) -> bool {
        let scope = self.text.span(negation..clause.tokens.end);
        let Some(first) = scope.iter().find(|token| token.is_noun() && token.word != UNKNOWN) else { return false };
        let known = |token: &&Token| token.is_content() && !(token.open && token.word == UNKNOWN);
        let said = scope.iter().filter(known).count();
        // A single word may still be limited by what follows.
        if clause.restricted || scope.len() > REACH || (said < 2 && !clause.closed) {
            return false;
        }
        self.sheet.find(Kind::Stated, first.word).into_iter().any(|place| {
            let Some(fact) = self.facts.clauses.get(place) else { return false };
            let states = |token: &Token| match self.text.number(token) {
                Some(number) => self.facts.has_number(fact.tokens.clone(), number),
                None if !known(&token) => true,
                None => self.sheet.has(Kind::Has, fact.sentence, token),
            };
            scope.iter().all(states) && self.speaks_of(negation, fact.sentence)
        })
    }

    /// "Refunds are available on sale items" against "Refunds are not available on sale items".
    fn states_denied(&self, clause: &Clause) -> bool {
        let tokens = self.text.span(clause.tokens.clone());
        if tokens.len() > REACH {
            return false;
        }
        for (token, at) in tokens.iter().zip(clause.tokens.clone()) {
            if !token.is_noun() {
                continue;
            }
            for place in self.sheet.find(Kind::Denied, token.word) {
                let Some(fact) = self.facts.clauses.get(place) else { continue };
                let Some(negation) = fact.negation else { continue };
                let scope = self.facts.span(negation..fact.tokens.end);
                let said = |denied: &Token| match self.facts.number(denied) {
                    Some(denied) => self.text.has_number(clause.tokens.clone(), denied),
                    None => !denied.is_noun() || has_noun(tokens, denied),
                };
                // The last word completes the denial.
                let completes =
                    scope.iter().rev().find(|denied| denied.is_noun()).is_some_and(|last| last.is_same_noun(token));
                if completes && scope.len() <= REACH && scope.iter().all(said) && self.speaks_of(at, fact.sentence) {
                    return true;
                }
            }
        }
        false
    }
}

/// Whether some tokens have a content word.
#[inline(never)]
fn has_noun(tokens: &[Token], noun: &Token) -> bool {
    tokens.iter().any(|token| token.is_same_noun(noun))
}

/// Whether all of some tokens are among others.
#[inline(never)]
fn all_in(part: &[Token], whole: &[Token]) -> bool {
    part.iter().all(|token| has_noun(whole, token))
}
