//! A text that has been read: tokens, clauses and sentences.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::claims::REACH;
use super::lexicon::{NO_GROUP, Role};
use super::quantity::Quantity;
use crate::score::dictionary::place;

/// The word of a token that no dictionary has.
pub(super) const UNKNOWN: u32 = u32::MAX;

/// A word or a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    /// Its lemma by number, or its place among the numbers; [`UNKNOWN`] for a word that the facts have not.
    pub(super) word: u32,
    pub(super) role: Role,
    /// The group in which it excludes others, and which member it is.
    pub(super) group: u8,
    pub(super) member: u8,
    pub(super) capital: bool,
    /// An adjective of origin, or what may become one.
    pub(super) origin: bool,
    /// Ends in 's.
    pub(super) possessive: bool,
    /// Stands at the end of a text that may go on, so it may still grow.
    pub(super) open: bool,
    /// Whether nothing but white space or a hyphen separates it from the token before.
    pub(super) adjoins: bool,
    /// Whether a negation stands before it in its clause.
    pub(super) negated: bool,
    /// Whether it is the currency that was written before its number.
    pub(super) is_currency: bool,
    /// The clause it belongs to.
    pub(super) clause: usize,
}

impl Token {
    pub(super) fn new(role: Role) -> Self {
        Self {
            word: UNKNOWN,
            role,
            group: NO_GROUP,
            member: 0,
            capital: false,
            origin: false,
            possessive: false,
            open: false,
            adjoins: false,
            negated: false,
            is_currency: false,
            clause: 0,
        }
    }

    /// Whether it is about something: a content word, a name or a number.
    pub(super) fn is_content(&self) -> bool {
        self.is_noun() || self.role == Role::Number
    }

    /// Whether it is a content word or a name.
    pub(super) fn is_noun(&self) -> bool {
        matches!(self.role, Role::Content | Role::Name)
    }

    /// Whether both are the same content word.
    pub(super) fn is_same_noun(&self, other: &Self) -> bool {
        self.is_noun() && other.is_noun() && self.word == other.word && self.word != UNKNOWN
    }
}

/// A stretch of a sentence that says one thing.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) tokens: Range<usize>,
    pub(super) sentence: usize,
    /// Whether it brings its own subject; otherwise it goes on about that of its sentence.
    pub(super) own: bool,
    /// Whether something after it shows that it is over.
    pub(super) closed: bool,
    /// Its first negation.
    pub(super) negation: Option<usize>,
    /// Its first verb.
    pub(super) verb: Option<usize>,
    /// Whether a word so far in its sentence limits it to some cases.
    pub(super) restricted: bool,
}

/// A sentence.
#[derive(Clone, Debug, Default)]
pub(super) struct Sentence {
    pub(super) clauses: Range<usize>,
    /// Whether its form asks a question.
    pub(super) asks: bool,
    /// Whether it can be taken as a fact: it neither asks nor orders.
    pub(super) states: bool,
    /// The tokens of its subject, or of the subject that its pronoun goes on about; empty if unknown.
    pub(super) subject: Range<usize>,
}

/// A text that has been read.
#[derive(Clone, Debug, Default)]
pub(super) struct Reading {
    pub(super) tokens: Vec<Token>,
    pub(super) numbers: Vec<Quantity>,
    pub(super) clauses: Vec<Clause>,
    pub(super) sentences: Vec<Sentence>,
    /// The last word as it stands, if it may still grow; lower-cased.
    pub(super) tail: String,
}

impl Reading {
    /// The places of a sentence's tokens.
    pub(super) fn range(&self, sentence: &Sentence) -> Range<usize> {
        let clauses = self.clauses.get(sentence.clauses.clone()).unwrap_or_default();
        match (clauses.first(), clauses.last()) {
            (Some(first), Some(last)) => first.tokens.start..last.tokens.end,
            _ => 0..0,
        }
    }

    /// The tokens of a sentence.
    pub(super) fn sentence(&self, sentence: &Sentence) -> &[Token] {
        self.span(self.range(sentence))
    }

    pub(super) fn span(&self, range: Range<usize>) -> &[Token] {
        self.tokens.get(range).unwrap_or_default()
    }

    /// Whether a number is said within a range of tokens; none is if that is more than is compared.
    #[inline(never)]
    pub(super) fn has_number(&self, range: Range<usize>, number: Quantity) -> bool {
        let tokens = self.span(range);
        tokens.len() <= REACH && tokens.iter().any(|token| self.number(token).is_some_and(|said| said.is_same(number)))
    }

    /// The number that a token says.
    pub(super) fn number(&self, token: &Token) -> Option<Quantity> {
        if token.role == Role::Number { self.numbers.get(place(token.word)).copied() } else { None }
    }
}
