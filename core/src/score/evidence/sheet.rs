//! What is known: the statements of a premise, indexed by what they speak of.

use alloc::vec::Vec;

use super::claims::{Claim, Said, claim, nouns_before};
use super::quantity::Quantity;
use super::reading::{Reading, Token};
use super::scanner::Words;
use crate::score::dictionary::{Dictionary, place};
use crate::score::sort::sort;

/// How many entries of the index are looked at for one key; the cost of a claim is bounded by it.
const ENTRIES: usize = 16;
/// How many words a name is found under: "capital", "Australia".
pub(super) const NAMED_BY: usize = 4;
/// How many numbers of the premise are looked through for support.
const NUMBERS: usize = 256;

/// What the index finds.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// Slots with numbers of a unit, or said of a word.
    Number,
    /// Slots with names, by the words they are said of.
    Name,
    /// Slots with words that exclude others, by their group.
    Member,
    /// Clauses that state a word.
    Stated,
    /// Clauses that deny it.
    Denied,
    /// Sentences that have a content word.
    Has,
    /// Sentences that have it behind another one: "dose" in "daily dose".
    Described,
}

/// The word under which claims are found that leave to the question what they are said of.
pub(super) const ANY: u32 = u32::MAX;

/// The statements of a premise.
#[derive(Debug, Default)]
pub(crate) struct FactSheet {
    pub(super) words: Dictionary,
    pub(super) reading: Reading,
    pub(super) slots: Vec<Slot>,
    /// By word: whether it was asked about, and whether a statement has it.
    heard: Vec<Heard>,
    /// By sentence: whether it speaks of what was asked about.
    on_topic: Vec<bool>,
    /// Keys and places: in `slots`, among the clauses, or among the sentences. Sorted.
    index: Vec<(u64, u64)>,
    /// Whether anything is stated, and whether anything was asked.
    states: bool,
    asks: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Heard {
    asked: bool,
    stated: bool,
}

/// A claim of the premise.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) sentence: usize,
    pub(super) claim: Claim,
}

impl FactSheet {
    /// Reads the statements of `premise`. What `topic` says is not taken as true, only as what is spoken of.
    pub(crate) fn new(topic: &str, premise: &str) -> Self {
        let mut sheet = Self::default();
        let asked = Reading::of(topic, false, Words::Learn(&mut sheet.words));
        let reading = Reading::of(premise, false, Words::Learn(&mut sheet.words));
        sheet.heard.resize(place(sheet.words.len()), Heard::default());
        sheet.hear(&asked.tokens, false);
        for sentence in &reading.sentences {
            sheet.hear(reading.sentence(sentence), sentence.states);
        }
        for (number, clause) in reading.clauses.iter().enumerate() {
            let Some(sentence) = reading.sentences.get(clause.sentence) else { continue };
            if number == sentence.clauses.start {
                let on_topic = !sheet.asks || reading.sentence(sentence).iter().any(|token| sheet.is_asked(token));
                sheet.on_topic.push(on_topic);
            }
            if sentence.states {
                sheet.enter_clause(&reading, number);
            }
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
        token.is_noun() && self.heard.get(place(token.word)).is_some_and(|heard| heard.asked)
    }

    /// Whether a statement has a word.
    pub(super) fn is_stated(&self, token: &Token) -> bool {
        token.is_noun() && self.heard.get(place(token.word)).is_some_and(|heard| heard.stated)
    }

    /// Whether a sentence speaks of what was asked about, or nothing was.
    pub(super) fn is_on_topic(&self, sentence: usize) -> bool {
        self.on_topic.get(sentence).copied().unwrap_or(false)
    }

    /// Whether a sentence has a content word, as `kind` says.
    #[inline(never)]
    pub(super) fn has(&self, kind: Kind, sentence: usize, token: &Token) -> bool {
        let entry = (key(kind, token.word), number(sentence));
        token.is_noun() && self.index.binary_search(&entry).is_ok()
    }

    /// Whether a statement has a number.
    pub(super) fn has_number(&self, number: Quantity) -> bool {
        self.reading.numbers.iter().take(NUMBERS).any(|known| known.is_same(number))
    }

    /// The places under a key, at most [`ENTRIES`].
    #[inline(never)]
    pub(super) fn find(&self, kind: Kind, word: u32) -> Vec<usize> {
        let key = key(kind, word);
        let first = self.index.partition_point(|entry| entry.0 < key);
        let mut places = Vec::new();
        for entry in self.index.get(first..).unwrap_or_default() {
            if entry.0 != key || places.len() == ENTRIES {
                break;
            }
            places.push(usize::try_from(entry.1).unwrap_or(usize::MAX));
        }
        places
    }

    fn hear(&mut self, tokens: &[Token], stated: bool) {
        for token in tokens {
            if token.is_noun()
                && let Some(heard) = self.heard.get_mut(place(token.word))
            {
                heard.stated |= stated;
                heard.asked |= !stated;
                self.asks |= !stated;
            }
            self.states |= stated;
        }
    }

    fn enter_clause(&mut self, reading: &Reading, place: usize) {
        let Some(clause) = reading.clauses.get(place) else { return };
        let mut follows = false;
        for at in clause.tokens.clone() {
            let Some(token) = reading.tokens.get(at) else { continue };
            if let Some(claim) = claim(reading, at) {
                self.enter_claim(reading, &claim, token);
                self.slots.push(Slot { sentence: clause.sentence, claim });
            }
            if token.is_noun() {
                self.enter(Kind::Has, token.word, clause.sentence);
                if follows && token.adjoins {
                    self.enter(Kind::Described, token.word, clause.sentence);
                }
                // What is denied is what comes after the negation; other clauses state all they say.
                match clause.negation {
                    None => self.enter(Kind::Stated, token.word, place),
                    Some(negation) if at > negation => self.enter(Kind::Denied, token.word, place),
                    Some(_) => {}
                }
            }
            follows = token.is_noun();
        }
    }

    /// Enters the next slot under its keys.
    fn enter_claim(&mut self, reading: &Reading, claim: &Claim, token: &Token) {
        let slot = self.slots.len();
        let kind = match &claim.said {
            Said::Member => return self.enter(Kind::Member, u32::from(token.group), slot),
            Said::Number { .. } => Kind::Number,
            Said::Name { .. } => Kind::Name,
        };
        self.enter(kind, ANY, slot);
        for word in claim.keys(reading) {
            self.enter(kind, word, slot);
        }
    }

    fn enter(&mut self, kind: Kind, word: u32, place: usize) {
        self.index.push((key(kind, word), number(place)));
    }
}

impl Claim {
    /// The words under which a number or a name is found: its unit, or what it is said of.
    pub(super) fn keys(&self, reading: &Reading) -> Vec<u32> {
        let unit = match &self.said {
            Said::Number { unit, .. } => unit.clone(),
            _ => 0..0,
        };
        let mut keys = Vec::new();
        for token in reading.span(unit) {
            keys.push(token.word);
        }
        if let Some(of) = self.of
            && keys.is_empty()
        {
            keys.push(reading.tokens.get(of).map_or(ANY, |of| of.word));
        }
        if matches!(self.said, Said::Name { is: true, .. }) {
            for token in nouns_before(reading, self.at).iter().take(NAMED_BY) {
                keys.push(token.word);
            }
        }
        keys
    }
}

fn key(kind: Kind, word: u32) -> u64 {
    (kind as u64) << 32 | u64::from(word)
}

fn number(place: usize) -> u64 {
    u64::try_from(place).unwrap_or(u64::MAX)
}
