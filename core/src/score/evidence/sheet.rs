//! What is known: the statements of a premise, indexed by what they speak of.

use alloc::vec::Vec;

use super::claims::{Claim, claim, said_before};
use super::quantity::Quantity;
use super::reading::{NOWHERE, Reading, Token};
use super::role;
use super::scanner::Words;
use crate::score::dictionary::Dictionary;
use crate::sort::sort;

/// How many entries of the index are looked at for one key; the cost of a claim is bounded by it.
const ENTRIES: usize = 16;
/// How many words a name is found under: "capital", "Australia".
const NAMED_BY: usize = 4;
/// How many numbers of the premise are looked through for support.
const NUMBERS: usize = 256;

/// What the index finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Claims of numbers, by the words of their unit or by what they are said of.
    Number,
    /// Claims of names, by the words they are said of.
    Name,
    /// Claims of words that exclude others, by their group.
    Member,
    /// Clauses that state a word.
    Stated,
    /// Clauses that deny it.
    Denied,
    /// Sentences that have a content word.
    Has,
    /// Sentences that have it behind another one: "dose" in "daily dose".
    Described,
    /// What was asked about; at no place.
    Asked,
}

/// The word under which claims are found that leave to the question what they are said of.
pub(super) const ANY: u32 = u32::MAX;

/// How many bits of an entry are its place. No text has so many tokens.
const PLACE: u32 = 29;

/// The statements of a premise.
#[derive(Debug, Default)]
pub(super) struct FactSheet {
    pub(super) words: Dictionary,
    pub(super) reading: Reading,
    /// The claims of the statements.
    pub(super) claims: Vec<Claim>,
    /// Kinds, words, and places: in `claims`, among the clauses, or among the sentences. Sorted.
    index: Vec<u64>,
    /// Whether anything is stated.
    states: bool,
}

impl FactSheet {
    /// Reads the statements of `premise`. What `topic` says is not taken as true, only as what is spoken of.
    pub(super) fn new(topic: &str, premise: &str) -> Self {
        let mut sheet = Self::default();
        let asked = Reading::of(topic, Words::Learn(&mut sheet.words));
        let mut reading = Reading::of(premise, Words::Learn(&mut sheet.words));
        sheet.ask(&asked.tokens);
        for (number, sentence) in reading.sentences.iter().enumerate() {
            sheet.states |= sentence.states;
            if !sentence.states {
                sheet.ask(reading.span(reading.range(number)));
            }
        }
        sort(&mut sheet.index);
        for number in 0..reading.sentences.len() {
            let tokens = reading.span(reading.range(number));
            let on_topic = sheet.index.is_empty() || tokens.iter().any(|token| sheet.is_asked(token));
            if let Some(sentence) = reading.sentences.get_mut(number) {
                sentence.on_topic = on_topic;
            }
        }
        for number in 0..reading.clauses.len() {
            sheet.enter_clause(&reading, number);
        }
        sort(&mut sheet.index);
        sheet.reading = reading;
        sheet
    }

    /// Whether it states nothing.
    pub(super) fn is_empty(&self) -> bool {
        !self.states
    }

    /// Whether a word was asked about.
    pub(super) fn is_asked(&self, token: &Token) -> bool {
        self.has(Kind::Asked, 0, token)
    }

    /// Whether a statement has a word.
    pub(super) fn is_stated(&self, token: &Token) -> bool {
        token.is_noun() && !self.find(Kind::Has, token.word).is_empty()
    }

    /// Whether a place has a content word, as `kind` says.
    #[inline(never)]
    pub(super) fn has(&self, kind: Kind, place: usize, token: &Token) -> bool {
        let entry = entry(kind, token.word, place);
        token.is_noun() && self.index.get(self.first(entry)) == Some(&entry)
    }

    /// Whether a statement has a number.
    pub(super) fn has_number(&self, number: Quantity) -> bool {
        self.reading.numbers.iter().take(NUMBERS).any(|known| known.is_same(number))
    }

    /// The entries under a key, at most [`ENTRIES`]; [`place_of`] says where they lead.
    #[inline(never)]
    pub(super) fn find(&self, kind: Kind, word: u32) -> &[u64] {
        let key = entry(kind, word, 0);
        let entries = self.index.get(self.first(key)..).unwrap_or_default();
        let mut len = 0_usize;
        while len < ENTRIES && entries.get(len).is_some_and(|entry| entry >> PLACE == key >> PLACE) {
            len = len.wrapping_add(1);
        }
        entries.get(..len).unwrap_or_default()
    }

    /// The place of the first entry that is not less than one.
    #[inline(never)]
    fn first(&self, entry: u64) -> usize {
        self.index.partition_point(|other| *other < entry)
    }

    /// Enters the content words of what asks or orders.
    fn ask(&mut self, tokens: &[Token]) {
        for token in tokens {
            if token.is_noun() {
                self.enter(Kind::Asked, token.word, 0);
            }
        }
    }

    fn enter_clause(&mut self, reading: &Reading, number: usize) {
        let clause = reading.clause(number);
        if !reading.sentence(clause.sentence).states {
            return;
        }
        let mut follows = false;
        for at in clause.start..clause.end {
            let token = reading.token(at);
            if let Some(claim) = claim(reading, at) {
                self.enter_claim(reading, &claim);
            }
            if token.is_noun() {
                self.enter(Kind::Has, token.word, clause.sentence);
                if follows && token.is(role::ADJOINS) {
                    self.enter(Kind::Described, token.word, clause.sentence);
                }
                // What is denied is what comes after the negation; other clauses state all they say.
                if clause.negation == NOWHERE {
                    self.enter(Kind::Stated, token.word, number);
                } else if at > clause.negation {
                    self.enter(Kind::Denied, token.word, number);
                }
            }
            follows = token.is_noun();
        }
    }

    /// Enters a claim under its keys.
    fn enter_claim(&mut self, reading: &Reading, claim: &Claim) {
        let place = self.claims.len();
        if claim.kind != Kind::Member {
            self.enter(claim.kind, ANY, place);
        }
        for word in claim.keys(reading) {
            self.enter(claim.kind, word, place);
        }
        self.claims.push(*claim);
    }

    #[inline(never)]
    fn enter(&mut self, kind: Kind, word: u32, place: usize) {
        self.index.push(entry(kind, word, place));
    }
}

impl Claim {
    /// The words under which it is found: the unit of a number, or what is spoken of; the group of a word that
    /// excludes others.
    #[inline(never)]
    pub(super) fn keys(&self, reading: &Reading) -> Vec<u32> {
        let mut keys = Vec::new();
        if self.kind == Kind::Member {
            add(&mut keys, u32::from(reading.token(self.at).group));
            return keys;
        }
        if self.kind == Kind::Number {
            for token in reading.span(self.unit()) {
                add(&mut keys, token.word);
            }
        }
        if self.of != NOWHERE && keys.is_empty() {
            add(&mut keys, reading.token(self.of).word);
        }
        if self.is {
            let said = said_before(reading, self.at);
            for token in said.iter().filter(|token| token.is_noun()).take(NAMED_BY) {
                add(&mut keys, token.word);
            }
        }
        keys
    }
}

/// Adds a word; compiled once.
#[inline(never)]
fn add(words: &mut Vec<u32>, word: u32) {
    words.push(word);
}

fn entry(kind: Kind, word: u32, place: usize) -> u64 {
    let place = u64::try_from(place).unwrap_or(u64::MAX).min((1 << PLACE) - 1);
    (kind as u64) << 61 | u64::from(word) << PLACE | place
}

/// Where an entry leads.
pub(super) fn place_of(entry: u64) -> usize {
    usize::try_from(entry & ((1 << PLACE) - 1)).unwrap_or(usize::MAX)
}
