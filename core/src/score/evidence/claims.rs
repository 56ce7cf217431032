//! What a text says that another text could contradict: numbers, names, and words that exclude others.

use alloc::vec::Vec;
use core::ops::Range;

use super::lexicon::{self, NO_GROUP, Role};
use super::quantity::Hedge;
use super::reading::{Reading, Token};

/// How many tokens are read ahead or back to understand one. A clause with more between two words that
/// belong together is not understood, and the cost stays linear.
const NEAR: usize = 6;
/// How far a claim may stand from the beginning of its clause, in tokens, to be understood.
pub(super) const REACH: usize = 32;
/// How many words of a unit count: "metres tall", "million people".
const UNIT_WORDS: usize = 4;

/// Something said, at a place.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    /// The token that says it.
    pub(super) at: usize,
    /// The content word it is said of: "finished" in "finished in 1889".
    pub(super) of: Option<usize>,
    pub(super) said: Said,
    /// Whether what follows can no longer change what is said.
    pub(super) settled: bool,
}

/// What is said.
#[derive(Clone, Debug)]
pub(super) enum Said {
    /// A number of the unit given by the tokens after it.
    Number {
        /// The tokens of the unit; empty without one.
        unit: Range<usize>,
        hedge: Hedge,
    },
    /// Who or what it is, or by whom.
    Name {
        /// The tokens of the name.
        name: Range<usize>,
        /// Whether it follows "is" rather than "by".
        is: bool,
    },
    /// One of several words that exclude each other.
    Member,
}

/// What the token at a place claims.
pub(super) fn claim(reading: &Reading, at: usize) -> Option<Claim> {
    let token = reading.tokens.get(at)?;
    let (said, settled) = if token.role == Role::Number {
        number(reading, at)?
    } else if token.group != NO_GROUP {
        member(reading, at, token.group)?
    } else if token.role == Role::Name {
        (name(reading, at, token)?, true)
    } else {
        return None;
    };
    let ranges = matches!(said, Said::Name { .. }) || !is_in_range(reading, at, token);
    ranges.then(|| Claim { at, of: said_of(reading, at), said, settled })
}

fn number(reading: &Reading, at: usize) -> Option<(Said, bool)> {
    let unit = nouns_after(reading, at, UNIT_WORDS);
    // "40 metres more than", "20 metres above": a distance from something.
    let next = reading.tokens.get(unit.end).filter(|next| next.adjoins);
    let relative = next.is_some_and(|next| {
        matches!(
            next.role,
            Role::Over | Role::Under | Role::More | Role::Less | Role::Away | Role::After | Role::Before
        )
    });
    let named = unit.is_empty() && is_named(reading, at);
    let settled = is_over(reading, at, unit.end);
    (!relative && !named).then(|| (Said::Number { unit, hedge: hedge(reading, at) }, settled))
}

fn member(reading: &Reading, at: usize, group: u8) -> Option<(Said, bool)> {
    let calendar = lexicon::is_calendar(group);
    let after = nouns_after(reading, at, 1);
    let settled = calendar || follows_copula(reading, at) || is_over(reading, at, after.start);
    // "Red lights" says nothing of what has them.
    (calendar || after.is_empty()).then_some((Said::Member, settled))
}

/// A name right after "is" or "by". Names after other words may stand beside others: who was met, where
/// something lies.
fn name(reading: &Reading, at: usize, first: &Token) -> Option<Said> {
    let is_name = |token: &Token| token.role == Role::Name && token.group == NO_GROUP;
    let continues = first.adjoins && back(reading, at, 1).is_some_and(is_name);
    if continues || first.origin {
        return None;
    }
    let mut end = at.saturating_add(1);
    while end < at.saturating_add(NEAR) && reading.tokens.get(end).is_some_and(|token| token.adjoins && is_name(token))
    {
        end = end.saturating_add(1);
    }
    let owner = reading.tokens.get(end.saturating_sub(1)).is_some_and(|last| last.possessive);
    // "French engineers" describes, and "Acme was" begins to say something of Acme.
    let leads = |next: &Token| next.is_noun() || matches!(next.role, Role::Copula | Role::Verb);
    let leads = reading.tokens.get(end).is_some_and(|next| next.adjoins && leads(next));
    if owner || leads {
        return None;
    }
    for token in before(reading, at).iter().rev() {
        match token.role {
            Role::Copula => return Some(Said::Name { name: at..end, is: true }),
            Role::By => return Some(Said::Name { name: at..end, is: false }),
            Role::Determiner | Role::Filler | Role::Negation | Role::More | Role::Less => {}
            _ => return None,
        }
    }
    None
}

/// Whether a number is part of a name: "Rust 1.80", "Apollo 11".
pub(super) fn is_named(reading: &Reading, at: usize) -> bool {
    let adjoins = reading.tokens.get(at).is_some_and(|token| token.adjoins && token.role == Role::Number);
    adjoins && back(reading, at, 1).is_some_and(|name| name.is_noun() && name.capital && name.group == NO_GROUP)
}

/// Whether a number or a member is one end of a range: "5-10", "200 to 400", "between March and May".
fn is_in_range(reading: &Reading, at: usize, here: &Token) -> bool {
    let alike = |other: Option<&Token>| other.is_some_and(|other| other.role == here.role && other.group == here.group);
    let links = |link: Option<&Token>| link.is_some_and(|link| matches!(link.role, Role::To | Role::Before));
    let starts = |token: Option<&Token>| token.is_some_and(|token| token.role == Role::Between);
    let [one, two, three] = [1, 2, 3].map(|steps| back(reading, at, steps));
    let next = reading.tokens.get(at.saturating_add(1));
    let after = reading.tokens.get(at.saturating_add(2));
    (here.adjoins && alike(one))
        || (alike(next) && next.is_some_and(|next| next.adjoins))
        || (links(one) && alike(two))
        || (links(next) && alike(after))
        || starts(one)
        || (alike(two) && starts(three))
}

fn back(reading: &Reading, at: usize, steps: usize) -> Option<&Token> {
    reading.tokens.get(at.checked_sub(steps)?)
}

/// The content words of [`said_before`].
#[inline(never)]
pub(super) fn nouns_before(reading: &Reading, at: usize) -> Vec<Token> {
    let mut nouns = Vec::new();
    for span in said_before(reading, at) {
        for token in reading.span(span) {
            if token.is_noun() {
                nouns.push(*token);
            }
        }
    }
    nouns
}

/// What a clause says before `at`: the subject it goes on about, and its own words, as far back as is
/// compared.
#[inline(never)]
pub(super) fn said_before(reading: &Reading, at: usize) -> [Range<usize>; 2] {
    let number = reading.tokens.get(at).map_or(0, |token| token.clause);
    let Some(clause) = reading.clauses.get(number) else { return [0..0, 0..0] };
    let Some(sentence) = reading.sentences.get(clause.sentence) else { return [0..0, 0..0] };
    let start = clause.tokens.start;
    let first = sentence.clauses.start == number;
    let subject = &sentence.subject;
    let goes_on = subject.end <= start && (!clause.own || first);
    let subject = if goes_on { subject.start.max(subject.end.saturating_sub(REACH))..subject.end } else { 0..0 };
    [subject, start.max(at.saturating_sub(REACH))..at]
}

/// The nearest tokens before `at` in its clause.
fn before(reading: &Reading, at: usize) -> &[Token] {
    let clause = reading.tokens.get(at).and_then(|token| reading.clauses.get(token.clause));
    let start = clause.map_or(at, |clause| clause.tokens.start);
    reading.span(start.max(at.saturating_sub(NEAR))..at)
}

/// The nearest content word before `at`, numbers and their units aside.
fn said_of(reading: &Reading, at: usize) -> Option<usize> {
    let tokens = before(reading, at);
    let start = at.checked_sub(tokens.len())?;
    let mut found = None;
    let mut measures = false;
    for (place, token) in tokens.iter().enumerate() {
        measures = token.role == Role::Number || (measures && token.adjoins && token.is_noun());
        if token.is_noun() && !measures {
            found = Some(start.saturating_add(place));
        }
    }
    found
}

/// The content words that follow `at` without a break, at most `most`.
fn nouns_after(reading: &Reading, at: usize, most: usize) -> Range<usize> {
    let start = at.saturating_add(1);
    let mut end = start;
    while end < start.saturating_add(most)
        && reading.tokens.get(end).is_some_and(|token| token.adjoins && token.is_noun())
    {
        end = end.saturating_add(1);
    }
    start..end
}

/// Whether something stands at `next`, or the clause of `at` is closed.
fn is_over(reading: &Reading, at: usize, next: usize) -> bool {
    let clause = reading.tokens.get(at).and_then(|token| reading.clauses.get(token.clause));
    next < reading.tokens.len() || clause.is_some_and(|clause| clause.closed)
}

fn follows_copula(reading: &Reading, at: usize) -> bool {
    let words = before(reading, at).iter().rev().take_while(|token| !token.is_content());
    words.into_iter().any(|token| token.role == Role::Copula)
}

fn hedge(reading: &Reading, at: usize) -> Hedge {
    for token in before(reading, at).iter().rev().take(3) {
        match token.role {
            Role::Approx => return Hedge::About,
            Role::Over | Role::More | Role::After => return Hedge::AtLeast,
            Role::Under | Role::Less | Role::Before => return Hedge::AtMost,
            Role::Content | Role::Name | Role::Number => return Hedge::Exact,
            _ => {}
        }
    }
    Hedge::Exact
}
