//! Compares what a text says with what is known, claim by claim and clause by clause.

use alloc::vec::Vec;

use super::claims::{Claim, REACH, hedge, said_before};
use super::judge::Judge;
use super::lexicon;
use super::quantity::Form;
use super::reading::{Clause, NOWHERE, Token, UNKNOWN};
use super::role;
use super::sheet::{ANY, Kind, place_of};

/// How a fact compares with a claim.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Match {
    /// It speaks of something else.
    Unrelated,
    Agrees,
    /// It differs, and what follows may still change that.
    Pending,
    Differs,
}

impl Judge {
    /// Whether what a claim says cannot be true.
    #[inline(never)]
    pub(super) fn contradicts(&self, claim: &Claim) -> bool {
        // What is denied is not said; denials are compared as a whole.
        if self.text.token(claim.at).is(role::NEGATED) {
            return false;
        }
        let mut keys = claim.keys(&self.text);
        if keys.is_empty() {
            keys.push(ANY);
        }
        let mut differs = false;
        let mut last = NOWHERE;
        // The claims of facts that may speak of the same, each once.
        let mut seen: Vec<usize> = Vec::new();
        for key in keys {
            for entry in self.sheet.find(claim.kind, key) {
                let place = place_of(*entry);
                let Some(fact) = self.sheet.claims.get(place).filter(|_| !seen.contains(&place)) else { continue };
                seen.push(place);
                let found = self.compare(claim, fact);
                if found == Match::Agrees {
                    return false;
                }
                if found != Match::Unrelated {
                    // A sentence that names several days or colours of the same thing does not exclude others.
                    let sentence = self.sheet.reading.clause_of(fact.at).sentence;
                    let several = last == sentence && claim.kind != Kind::Number;
                    differs = !several && (differs || found == Match::Differs);
                    last = sentence;
                }
            }
        }
        differs
    }

    #[inline(never)]
    fn compare(&self, claim: &Claim, fact: &Claim) -> Match {
        let (said, known) = (self.text.token(claim.at), self.sheet.reading.token(fact.at));
        let sentence = self.sheet.reading.clause(known.clause).sentence;
        let mut settled = claim.settled;
        let agrees = match claim.kind {
            _ if known.is(role::NEGATED) => return Match::Unrelated,
            Kind::Number => {
                let (number, other) = (self.text.number(said), self.sheet.reading.number(known));
                let years = number.form == Form::Year && other.form == Form::Year;
                let comparable =
                    number.is_like(other) && (years || claim.end > claim.unit().start || other.form != Form::Year);
                match self.same_measure(claim, fact) {
                    _ if !comparable => return Match::Unrelated,
                    Measure::Other => return Match::Unrelated,
                    Measure::Named => settled = true,
                    Measure::Same => settled |= years,
                }
                let grows = said.is(role::OPEN) && number.may_become(other);
                let scales = number.may_scale_to(other) && self.may_scale(claim.at);
                settled &= !grows && !scales;
                number.agrees(hedge(&self.text, claim.at), other)
            }
            Kind::Name => {
                if !self.same_role(claim, fact, claim.is && fact.is) {
                    return Match::Unrelated;
                }
                let name = self.text.span(claim.at..claim.end);
                let grows = name.iter().any(|token| token.is(role::OPEN)) && self.may_name(fact);
                settled = !grows;
                name.iter().any(|token| self.sheet.has(Kind::Has, sentence, token))
            }
            _ => {
                let same = said.member == known.member;
                let comparable = if lexicon::is_calendar(said.group) {
                    self.same_role(claim, fact, false)
                } else {
                    same || self.shares_limits(said, fact)
                };
                if !comparable {
                    return Match::Unrelated;
                }
                same
            }
        };
        if !self.speaks_of(claim.at, sentence) || !self.is_spoken_of(claim, fact, sentence) {
            Match::Unrelated
        } else if agrees {
            Match::Agrees
        } else if settled {
            Match::Differs
        } else {
            Match::Pending
        }
    }

    /// Whether two numbers measure the same, as far as their units and what they are said of tell.
    fn same_measure(&self, claim: &Claim, fact: &Claim) -> Measure {
        let (unit, known) = (self.text.span(claim.unit()), self.sheet.reading.span(fact.unit()));
        let (of, known_of) = (self.text.token(claim.of), self.sheet.reading.token(fact.of));
        // A fact without a unit may have it before: "layers: 16".
        let bare = known.is_empty();
        let measure = if bare { self.sheet.reading.span(fact.of..fact.of.wrapping_add(1)) } else { known };
        let same = if !unit.is_empty() {
            if !measure.is_empty() && all_in(measure, unit) {
                return Measure::Named;
            }
            all_in(unit, measure)
        } else if claim.of != NOWHERE {
            bare && known_of.is_same_noun(of)
        } else {
            // A bare answer is about what was asked.
            measure.iter().all(|token| self.sheet.is_asked(token))
        };
        if same { Measure::Same } else { Measure::Other }
    }

    /// Whether a scale word may still follow a number, behind its currency perhaps.
    fn may_scale(&self, at: usize) -> bool {
        let mut next = at.wrapping_add(1);
        next = next.wrapping_add(usize::from(self.text.token(next).is(role::CURRENCY)));
        next >= self.text.tokens.len() || self.text.token(next).is(role::OPEN)
    }

    /// Whether the unfinished end of the text may become a word of a fact's name.
    fn may_name(&self, fact: &Claim) -> bool {
        let begins = |token: &Token| {
            self.sheet.words.word(token.word).is_some_and(|word| word.as_bytes().starts_with(self.text.tail.as_bytes()))
        };
        self.sheet.reading.span(fact.at..fact.end).iter().any(begins)
    }

    /// Whether two names or dates are said of the same word, or what an identity (`is`) equates is said of the
    /// same words in whatever order.
    fn same_role(&self, claim: &Claim, fact: &Claim, is: bool) -> bool {
        let (of, known) = (self.text.token(claim.of), self.sheet.reading.token(fact.of));
        if claim.of == NOWHERE {
            return self.sheet.is_asked(known);
        }
        of.is_same_noun(known)
            || (is
                && has_noun(&said_before(&self.text, claim.at), known)
                && has_noun(&said_before(&self.sheet.reading, fact.at), of))
    }

    /// Whether the text has what limits a fact after its value: "on Monday" in "closed on Monday".
    #[inline(never)]
    fn shares_limits(&self, token: &Token, fact: &Claim) -> bool {
        let clause = self.text.clause(token.clause);
        let said = self.text.span(clause.start..clause.end);
        let limits = self.sheet.reading.span(fact.at.wrapping_add(1)..self.sheet.reading.clause_of(fact.at).end);
        said.len() <= REACH
            && limits.len() <= REACH
            && limits.iter().all(|limit| !limit.is(role::NOUN | role::NUMBER) || has_noun(said, limit))
    }

    /// Whether the clause of `at` speaks, up to there, of what a sentence speaks of: the last word of each
    /// group of content words is one of the sentence's, and no other name, owner or kind stands before it.
    /// Where the clause names nothing, what was asked about counts.
    #[inline(never)]
    fn speaks_of(&self, at: usize, sentence: usize) -> bool {
        let mut speaks = self.sheet.reading.sentence(sentence).on_topic;
        let mut described = false;
        // A word that is not the sentence's and has yet to describe one that is.
        let mut foreign = false;
        for token in said_before(&self.text, at) {
            if token.is(role::OTHER) || (foreign && !token.goes_on()) {
                return false;
            }
            // "Rust 1.80" is not "Rust 1.0".
            if token.named
                && !self.sheet.reading.has_number(self.sheet.reading.range(sentence), self.text.number(&token))
            {
                return false;
            }
            described &= token.goes_on();
            foreign = token.is_noun() && !self.sheet.has(Kind::Has, sentence, &token);
            // "Usual dose" is not the "daily dose" of the statement.
            let other_kind = described && !foreign && self.sheet.has(Kind::Described, sentence, &token);
            let other_name =
                foreign && (token.is(role::POSSESSIVE) || (token.is(role::CAPITAL) && !self.sheet.is_asked(&token)));
            if other_kind || other_name {
                return false;
            }
            speaks |= token.is_noun() && !foreign;
            described = foreign;
        }
        speaks
    }

    /// Whether what a fact speaks of is spoken of by a claim: of each group of its content words at least
    /// one, besides the word that both are said of. What was asked about counts unless the claim names a
    /// part of the statement itself.
    fn is_spoken_of(&self, claim: &Claim, fact: &Claim, sentence: usize) -> bool {
        let of = self.text.token(claim.of).word;
        let known_of = self.sheet.reading.token(fact.of).word;
        let said = said_before(&self.text, claim.at);
        let explicit = said.iter().any(|token| token.word != of && self.sheet.has(Kind::Has, sentence, token));
        // Whether there is a group with more than what the fact is said of, that was not spoken of so far.
        let (mut silent, mut spoken, mut follows) = (false, false, false);
        for token in said_before(&self.sheet.reading, fact.at) {
            let ends = !token.is(role::ROLES);
            if ends || (token.is_noun() && !(follows && token.is(role::ADJOINS))) {
                if silent {
                    return false;
                }
                spoken = false;
            }
            if token.is_noun() && token.word != known_of {
                spoken |= has_noun(&said, &token) || (!explicit && self.sheet.is_asked(&token));
                silent = !spoken;
            }
            follows = token.is_noun() && !token.is(role::POSSESSIVE);
        }
        true
    }

    /// "Refunds are not available" against "Refunds are available within 30 days": a denial must be the more
    /// general of the two.
    #[inline(never)]
    pub(super) fn denies_fact(&self, clause: &Clause) -> bool {
        let scope = self.text.span(clause.negation..clause.end);
        if clause.restricted || scope.len() > REACH {
            return false;
        }
        let mut first = UNKNOWN;
        let mut said = 0_usize;
        for token in scope {
            if first == UNKNOWN && token.is_noun() {
                first = token.word;
            }
            said = said.wrapping_add(usize::from(is_said(token)));
        }
        // A single word may still be limited by what follows.
        if first == UNKNOWN || (said < 2 && !clause.closed) {
            return false;
        }
        self.sheet.find(Kind::Stated, first).iter().any(|entry| {
            let fact = self.sheet.reading.clause(place_of(*entry));
            let states = |token: &Token| {
                if token.is(role::NUMBER) {
                    self.sheet.reading.has_number(fact.start..fact.end, self.text.number(token))
                } else {
                    !is_said(token) || self.sheet.has(Kind::Has, fact.sentence, token)
                }
            };
            scope.iter().all(states) && self.speaks_of(clause.negation, fact.sentence)
        })
    }

    /// "Refunds are available on sale items" against "Refunds are not available on sale items".
    #[inline(never)]
    pub(super) fn states_denied(&self, clause: &Clause) -> bool {
        let range = clause.start..clause.end;
        let tokens = self.text.span(range.clone());
        if tokens.len() > REACH {
            return false;
        }
        for at in range.clone() {
            let token = self.text.token(at);
            if !token.is_noun() {
                continue;
            }
            for entry in self.sheet.find(Kind::Denied, token.word) {
                let fact = self.sheet.reading.clause(place_of(*entry));
                let scope = self.sheet.reading.span(fact.negation..fact.end);
                let said = |denied: &Token| {
                    if denied.is(role::NUMBER) {
                        self.text.has_number(range.clone(), self.sheet.reading.number(denied))
                    } else {
                        !denied.is_noun() || has_noun(tokens, denied)
                    }
                };
                // The last word completes the denial.
                let last = scope.iter().rev().find(|denied| denied.is_noun());
                let completes = last.is_some_and(|last| last.is_same_noun(token));
                if completes && scope.len() <= REACH && scope.iter().all(said) && self.speaks_of(at, fact.sentence) {
                    return true;
                }
            }
        }
        false
    }
}

/// How the measures of two numbers compare.
enum Measure {
    Other,
    Same,
    /// The text names all of the fact's.
    Named,
}

/// Whether a token says something that is settled enough to be compared.
fn is_said(token: &Token) -> bool {
    token.is(role::NOUN | role::NUMBER) && !(token.is(role::OPEN) && token.word == UNKNOWN)
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
