//! A text that has been read: tokens, clauses and sentences.

use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;

use super::claims::REACH;
use super::lexicon::NO_GROUP;
use super::quantity::Quantity;
use super::role;
use crate::score::dictionary::place;

/// The word of a token that no dictionary has.
pub(super) const UNKNOWN: u32 = u32::MAX;
/// The place of what is not there.
pub(super) const NOWHERE: usize = usize::MAX;

/// A word or a number.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    /// Its lemma by number, or its place among the numbers; [`UNKNOWN`] for a word that the facts have not.
    pub(super) word: u32,
    /// Its role and what else is known of it, see [`role`].
    pub(super) bits: u32,
    /// The clause it belongs to.
    pub(super) clause: usize,
    /// The group in which it excludes others, and which member it is.
    pub(super) group: u8,
    pub(super) member: u8,
    /// Whether it is a number that is part of a name: "Rust 1.80", "Apollo 11".
    pub(super) named: bool,
}

/// What stands where nothing does.
static NO_TOKEN: Token = Token::new(0);
static NO_CLAUSE: Clause = Clause::new(0, 0);
static NO_SENTENCE: Sentence = Sentence::new(0);

impl Token {
    pub(super) const fn new(bits: u32) -> Self {
        Self { word: UNKNOWN, bits, clause: NOWHERE, group: NO_GROUP, member: 0, named: false }
    }

    /// Whether any of some bits is set.
    pub(super) fn is(&self, bits: u32) -> bool {
        self.bits & bits != 0
    }

    /// Whether it is a content word or a name.
    pub(super) fn is_noun(&self) -> bool {
        self.is(role::NOUN)
    }

    /// Whether it is a content word or a name that goes on without a break.
    pub(super) fn goes_on(&self) -> bool {
        self.is_noun() && self.is(role::ADJOINS)
    }

    /// Whether both are the same content word.
    pub(super) fn is_same_noun(&self, other: &Self) -> bool {
        self.is_noun() && other.is_noun() && self.word == other.word && self.word != UNKNOWN
    }
}

/// A stretch of a sentence that says one thing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clause {
    /// Its tokens: the first, and the one after the last.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) sentence: usize,
    /// Its first negation, or [`NOWHERE`].
    pub(super) negation: usize,
    /// Its first verb, or [`NOWHERE`].
    pub(super) verb: usize,
    /// Whether it brings its own subject; otherwise it goes on about that of its sentence.
    pub(super) own: bool,
    /// Whether something after it shows that it is over.
    pub(super) closed: bool,
    /// Whether a word so far in its sentence limits it to some cases.
    pub(super) restricted: bool,
}

impl Clause {
    pub(super) const fn new(start: usize, sentence: usize) -> Self {
        let (negation, verb) = (NOWHERE, NOWHERE);
        Self { start, end: start, sentence, negation, verb, own: false, closed: false, restricted: false }
    }
}

/// A sentence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sentence {
    /// Its clauses: the first, and the one after the last.
    pub(super) start: usize,
    pub(super) end: usize,
    /// The tokens of its subject, or of the subject that its pronoun goes on about; empty if unknown.
    pub(super) subject: (usize, usize),
    /// Whether its form asks a question.
    pub(super) asks: bool,
    /// Whether it can be taken as a fact: it neither asks nor orders.
    pub(super) states: bool,
    /// Whether it speaks of what was asked about, or nothing was.
    pub(super) on_topic: bool,
}

impl Sentence {
    pub(super) const fn new(start: usize) -> Self {
        Self { start, end: start, subject: (0, 0), asks: false, states: false, on_topic: false }
    }
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
    /// The token at a place; one without any role where there is none.
    #[inline(never)]
    pub(super) fn token(&self, at: usize) -> &Token {
        self.tokens.get(at).unwrap_or(&NO_TOKEN)
    }

    /// The clause with a number; an empty one if there is none.
    #[inline(never)]
    pub(super) fn clause(&self, number: usize) -> &Clause {
        self.clauses.get(number).unwrap_or(&NO_CLAUSE)
    }

    /// The clause of the token at a place.
    #[inline(never)]
    pub(super) fn clause_of(&self, at: usize) -> &Clause {
        self.clause(self.token(at).clause)
    }

    /// The sentence with a number; an empty one if there is none.
    #[inline(never)]
    pub(super) fn sentence(&self, number: usize) -> &Sentence {
        self.sentences.get(number).unwrap_or(&NO_SENTENCE)
    }

    /// The places of a sentence's tokens.
    pub(super) fn range(&self, sentence: usize) -> Range<usize> {
        let sentence = self.sentence(sentence);
        self.clause(sentence.start).start..self.clause(sentence.end.wrapping_sub(1)).end
    }

    #[inline(never)]
    pub(super) fn span(&self, range: Range<usize>) -> &[Token] {
        self.tokens.get(range).unwrap_or_default()
    }

    /// Whether a number is said within a range of tokens; none is if that is more than is compared.
    #[inline(never)]
    pub(super) fn has_number(&self, range: Range<usize>, number: Quantity) -> bool {
        let tokens = self.span(range);
        tokens.len() <= REACH && tokens.iter().any(|token| token.is(role::NUMBER) && self.number(token).is_same(number))
    }

    /// The number that a token says, which has that role.
    #[inline(never)]
    pub(super) fn number(&self, token: &Token) -> Quantity {
        self.numbers.get(place(token.word)).copied().unwrap_or(Quantity::NONE)
    }
}
