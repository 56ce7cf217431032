//! What a text says that another text could contradict: numbers, names, and words that exclude others.

use alloc::vec::Vec;
use core::ops::Range;

use super::lexicon::{self, NO_GROUP};
use super::quantity::Hedge;
use super::reading::{NOWHERE, Reading, Token};
use super::role;
use super::sheet::Kind;

/// How many tokens are read ahead or back to understand one. A clause with more between two words that
/// belong together is not understood, and the cost stays linear.
pub(super) const NEAR: usize = 6;
/// How far a claim may stand from the beginning of its clause, in tokens, to be understood.
pub(super) const REACH: usize = 32;
/// How many words of a unit count: "metres tall", "million people".
const UNIT_WORDS: usize = 4;
/// How many words before a number may hedge it.
const HEDGE_WORDS: usize = 3;

/// Something said, at a place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    /// What is said: a number, who or what it is or by whom ([`Kind::Name`]), or one of several words that exclude
    /// each other ([`Kind::Member`]).
    pub(super) kind: Kind,
    /// The token that says it.
    pub(super) at: usize,
    /// The place after the unit of a number, or after a name.
    pub(super) end: usize,
    /// The content word it is said of: "finished" in "finished in 1889". [`NOWHERE`] if there is none.
    pub(super) of: usize,
    /// Whether a name follows "is" rather than "by".
    pub(super) is: bool,
    /// Whether what follows can no longer change what is said.
    pub(super) settled: bool,
}

impl Claim {
    /// The tokens of a number's unit; empty without one.
    pub(super) fn unit(&self) -> Range<usize> {
        self.at.wrapping_add(1)..self.end
    }
}

/// What the token at a place claims.
#[inline(never)]
pub(super) fn claim(reading: &Reading, at: usize) -> Option<Claim> {
    let token = reading.token(at);
    let next = at.wrapping_add(1);
    let mut claim = Claim { kind: Kind::Member, at, end: next, of: NOWHERE, is: false, settled: true };
    let says = if token.is(role::NUMBER) {
        claim.kind = Kind::Number;
        claim.end = after_nouns(reading, next, UNIT_WORDS);
        claim.settled = is_over(reading, at, claim.end);
        // "40 metres more than", "20 metres above": a distance from something.
        let after = reading.token(claim.end);
        let relative = after.is(role::ADJOINS) && after.is(RELATIONS);
        !relative && (claim.end > next || !token.named)
    } else if token.group != NO_GROUP {
        let calendar = lexicon::is_calendar(token.group);
        claim.settled = calendar || is_over(reading, at, next) || follows_copula(reading, at);
        // "Red lights" says nothing of what has them.
        calendar || !reading.token(next).goes_on()
    } else if token.is(role::NAME) {
        claim.kind = Kind::Name;
        read_name(reading, &mut claim)
    } else {
        return None;
    };
    if !says || (claim.kind != Kind::Name && is_in_range(reading, at)) {
        return None;
    }
    claim.of = said_of(reading, at);
    Some(claim)
}

const RELATIONS: u32 = role::OVER | role::UNDER | role::MORE | role::LESS | role::AWAY | role::AFTER | role::BEFORE;

/// A name right after "is" or "by". Names after other words may stand beside others: who was met, where
/// something lies.
fn read_name(reading: &Reading, claim: &mut Claim) -> bool {
    let is_name = |token: &Token| token.is(role::NAME) && token.group == NO_GROUP;
    let at = claim.at;
    let first = reading.token(at);
    let continues = first.is(role::ADJOINS) && is_name(reading.token(at.wrapping_sub(1)));
    let mut last = first;
    let mut next = reading.token(claim.end);
    while claim.end < at.wrapping_add(NEAR) && next.is(role::ADJOINS) && is_name(next) {
        claim.end = claim.end.wrapping_add(1);
        last = next;
        next = reading.token(claim.end);
    }
    // "French engineers" describes, and "Acme was" begins to say something of Acme.
    let leads = next.is(role::ADJOINS) && next.is(role::NOUN | role::COPULA | role::VERB);
    if continues || first.is(role::ORIGIN) || last.is(role::POSSESSIVE) || leads {
        return false;
    }
    let link =
        nearest(reading, at, NEAR, !(role::DETERMINER | role::FILLER | role::NEGATION | role::MORE | role::LESS));
    claim.is = link.is(role::COPULA);
    link.is(role::COPULA | role::BY)
}

/// Whether a number or a member is one end of a range: "5-10", "200 to 400", "between March and May".
fn is_in_range(reading: &Reading, at: usize) -> bool {
    let here = reading.token(at);
    let alike = |other: &Token| (other.bits ^ here.bits) & role::ROLES == 0 && other.group == here.group;
    let links = |link: &Token| link.is(role::TO | role::BEFORE);
    let one = reading.token(at.wrapping_sub(1));
    let two = reading.token(at.wrapping_sub(2));
    let next = reading.token(at.wrapping_add(1));
    (here.is(role::ADJOINS) && alike(one))
        || (next.is(role::ADJOINS) && alike(next))
        || (links(one) && alike(two))
        || (links(next) && alike(reading.token(at.wrapping_add(2))))
        || one.is(role::BETWEEN)
        || (alike(two) && reading.token(at.wrapping_sub(3)).is(role::BETWEEN))
}

/// What a clause says before `at`, as far back as is compared: the subject it goes on about, then its own words.
/// After each of the two stands a token without a role.
#[inline(never)]
pub(super) fn said_before(reading: &Reading, at: usize) -> Vec<Token> {
    let clause = reading.clause_of(at);
    let sentence = reading.sentence(clause.sentence);
    let (start, mut end) = sentence.subject;
    if end > clause.start || (clause.own && reading.token(at).clause != sentence.start) {
        end = start;
    }
    let mut said = Vec::new();
    for range in [start..end, clause.start..at] {
        let nearest = range.start.max(range.end.saturating_sub(REACH))..range.end;
        said.extend_from_slice(reading.span(nearest));
        said.push(Token::new(0));
    }
    said
}

/// The nearest token before `at` in its clause, at most `most` back, that has any of some bits; one without a role
/// if there is none.
#[inline(never)]
fn nearest(reading: &Reading, at: usize, most: usize, bits: u32) -> &Token {
    let start = reading.clause_of(at).start.max(at.saturating_sub(most));
    let mut place = at;
    while place > start {
        place = place.wrapping_sub(1);
        if reading.token(place).is(bits) {
            return reading.token(place);
        }
    }
    reading.token(NOWHERE)
}

/// The place of the nearest content word before `at`, numbers and their units aside.
fn said_of(reading: &Reading, at: usize) -> usize {
    let mut found = NOWHERE;
    let mut measures = false;
    for place in reading.clause_of(at).start.max(at.saturating_sub(NEAR))..at {
        let token = reading.token(place);
        measures = token.is(role::NUMBER) || (measures && token.goes_on());
        if token.is_noun() && !measures {
            found = place;
        }
    }
    found
}

/// The place after the content words that go on at `start`, at most `most`.
fn after_nouns(reading: &Reading, start: usize, most: usize) -> usize {
    let mut end = start;
    while end < start.wrapping_add(most) && reading.token(end).goes_on() {
        end = end.wrapping_add(1);
    }
    end
}

/// Whether something stands at `next`, or the clause of `at` is closed.
fn is_over(reading: &Reading, at: usize, next: usize) -> bool {
    next < reading.tokens.len() || reading.clause_of(at).closed
}

fn follows_copula(reading: &Reading, at: usize) -> bool {
    nearest(reading, at, NEAR, role::NOUN | role::NUMBER | role::COPULA).is(role::COPULA)
}

/// How the words before a number hedge it.
pub(super) fn hedge(reading: &Reading, at: usize) -> Hedge {
    let (least, most) = (role::OVER | role::MORE | role::AFTER, role::UNDER | role::LESS | role::BEFORE);
    let word = nearest(reading, at, HEDGE_WORDS, role::NOUN | role::NUMBER | role::APPROX | least | most);
    if word.is(role::APPROX) {
        Hedge::About
    } else if word.is(least) {
        Hedge::AtLeast
    } else if word.is(most) {
        Hedge::AtMost
    } else {
        Hedge::Exact
    }
}
