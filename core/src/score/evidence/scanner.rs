//! Reads a text into tokens, clauses and sentences.
//!
//! A hand-written scanner in one pass. It knows just enough of English writing to tell where statements
//! begin and end: sentence marks, commas, conjunctions, capitals.

use super::draft::Place;
use super::lexicon;
use super::quantity::Quantity;
use super::reading::{Clause, NOWHERE, Reading, Sentence, Token, UNKNOWN};
use super::role;
use crate::score::dictionary::Dictionary;
use crate::score::signals::is_in;
use crate::score::text::{
    Class, first, is_upper, is_white_space, is_word, joined, leading, to_lowercase, without_trailing,
};

/// Where the words of a text get their numbers.
pub(super) enum Words<'a> {
    /// Words that are new get a number of their own.
    Learn(&'a mut Dictionary),
    /// Words that are new stay unknown.
    Know(&'a Dictionary),
}

/// How far beyond a word or number the scanner looks, in bytes after white space, to understand it: "not only".
pub(super) const AHEAD: usize = "only".len();

impl Reading {
    /// Reads a finished text.
    pub(super) fn of(text: &str, words: Words<'_>) -> Self {
        let mut reading = Self::default();
        let mut start = Place::START;
        reading.go_on(&mut start, text, false, words);
        reading
    }

    /// Goes on reading `text` from a place of it. If it is `partial`, its last word may still grow and its last
    /// clause may go on. The place moves on to the last word before which nothing depends on what follows.
    pub(super) fn go_on(&mut self, place: &mut Place, text: &str, partial: bool, words: Words<'_>) {
        place.restore(self);
        let rest = text.get(place.at..).unwrap_or_default();
        Scanner { rest, partial, words, len: text.len(), out: self, next: place.next, place }.run();
    }
}

/// What the next token starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fresh {
    Sentence,
    Clause,
    Nothing,
}

/// What the scanner knows of the next token before it reads it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    fresh: Fresh,
    /// Whether only white space and hyphens have passed since the last token.
    adjoins: bool,
    /// Whether the last character was white space.
    spaced: bool,
    /// What the first word of the sentence opened.
    opening: u8,
}

impl Next {
    /// At the beginning of a text.
    pub(super) const FIRST: Self =
        Self { fresh: Fresh::Sentence, adjoins: false, spaced: false, opening: lexicon::PLAIN };
}

/// Marks that mean the same: the ends of statements, of questions, of either; of clauses; hyphens and minus
/// signs; currencies; and percent.
static MARKS: [&str; 7] = [
    "\n\r;\u{85}\u{2028}\u{2029}\u{3002}\u{ff01}",
    "?\u{ff1f}",
    ".!\u{2026}",
    ",:()[]\u{2013}\u{2014}",
    "-\u{2212}",
    "$\u{20ac}\u{a3}",
    "%",
];

struct Scanner<'a, 'b> {
    rest: &'a str,
    /// Bytes of the whole text.
    len: usize,
    partial: bool,
    words: Words<'b>,
    place: &'b mut Place,
    out: &'b mut Reading,
    next: Next,
}

impl<'a> Scanner<'a, '_> {
    fn run(mut self) {
        while let Some(c) = first(self.rest) {
            let is_word = is_word(c);
            // Nothing before this word looked further ahead.
            if is_word && self.rest.len() > AHEAD {
                *self.place = Place::here(self.out, self.len.saturating_sub(self.rest.len()), self.next);
            }
            if c.is_ascii_digit() {
                self.number(false);
            } else if is_word {
                self.word();
            } else {
                self.rest = self.rest.get(c.len_utf8()..).unwrap_or("");
                if c != ' ' {
                    self.mark(c);
                }
                self.next.spaced = is_white_space(c);
            }
        }
        if self.partial {
            self.finish_sentence('\0');
        } else {
            self.end_sentence('\0');
        }
    }

    fn take(&mut self, class: Class) -> &'a str {
        let (run, rest) = leading(self.rest, class);
        self.rest = rest;
        run
    }

    fn next_is(&self, class: Class) -> bool {
        first(self.rest).is_some_and(class)
    }

    #[inline(never)]
    fn mark(&mut self, c: char) {
        match MARKS.iter().position(|marks| marks.chars().any(|mark| mark == c)) {
            Some(0) => self.end_sentence(';'),
            Some(1) => self.end_sentence('?'),
            Some(2) if !self.next_is(is_word) => self.end_sentence('.'),
            Some(3) => self.end_clause(),
            // A hyphen keeps words together.
            Some(4) if !self.next.spaced && !self.out.tokens.is_empty() => {}
            Some(4) if self.next_is(is_digit) => self.number(true),
            Some(4) => self.end_clause(),
            Some(5) if self.next_is(is_digit) => {
                self.number(false);
                let currency = match c {
                    '$' => "dollar",
                    '\u{a3}' => "pound",
                    _ => "euro",
                };
                self.push(Token::new(role::CONTENT | role::CURRENCY), currency);
            }
            Some(6) => self.push(Token::new(role::CONTENT), "percent"),
            _ => {}
        }
    }

    /// Digits with separators inside, and the unit that sticks to them.
    fn number(&mut self, negative: bool) {
        let run = self.take(|c| c.is_ascii_digit() || is_separator(c));
        let digits = without_trailing(run, is_separator);
        let marks = run.get(digits.len()..).unwrap_or("");
        // A separator at the end of a partial text may yet turn out to be a decimal point.
        let open = self.partial && self.rest.is_empty() && marks.len() <= 1;
        let suffix = if marks.is_empty() { self.take(is_word) } else { "" };
        let suffix = to_lowercase(suffix);
        if is_in("st nd rd th s", &suffix) {
            self.push(Token::new(role::CONTENT), &joined(&[digits, &suffix]));
        } else {
            self.push_number(Quantity::read(digits, negative), open && suffix.is_empty());
            if !suffix.is_empty() {
                self.push_open(Token::new(role::CONTENT), &suffix);
            }
        }
        if !open {
            for mark in marks.bytes() {
                self.mark(char::from(mark));
            }
        }
    }

    fn word(&mut self) {
        let raw = self.take_word();
        let capital = first(raw).is_some_and(is_upper);
        let lower = to_lowercase(raw);
        let owner = lower.strip_suffix("'s").or(lower.strip_suffix("\u{2019}s"));
        let word = owner.unwrap_or(&lower);
        let initial = self.next.fresh == Fresh::Sentence;
        let entry = lexicon::entry(word, capital, initial);
        if entry.group == lexicon::SCALE_WORDS && self.scale(entry.member) {
            return;
        }
        if initial {
            self.next.opening = entry.opening;
        }
        if entry.group == lexicon::NUMBER_WORDS {
            self.push_number(Quantity::of(entry.member), self.ends());
            return;
        }
        let mut token = Token::new(entry.role);
        if token.is(role::CONTENT) && capital && !initial {
            token.bits = role::NAME;
        }
        // "Not only" denies nothing, and "after all" limits nothing.
        if (token.is(role::NEGATION) && self.goes_on_with("only"))
            || (token.is(role::AFTER) && self.goes_on_with("all"))
        {
            token.bits = role::FILLER;
        }
        // A capital "The" inside a sentence starts another one: a fact written behind its key.
        let starts = token.is(role::DETERMINER | role::INDEFINITE | role::PRONOUN) && capital && word.len() > 1;
        if starts || token.is(role::CONJUNCTION) {
            self.end_clause();
        }
        if entry.group != lexicon::SCALE_WORDS {
            (token.group, token.member) = (entry.group, entry.member);
        }
        if capital {
            token.bits |= role::CAPITAL;
            token.bits |= if lexicon::is_origin(word, self.ends()) { role::ORIGIN } else { 0 };
        }
        token.bits |= if owner.is_some() { role::POSSESSIVE } else { 0 };
        self.push_open(token, word);
    }

    /// Word characters, with apostrophes between them.
    fn take_word(&mut self) -> &'a str {
        let text = self.rest;
        self.take(is_word);
        while self.next_is(is_apostrophe) {
            let (_, after) = leading(self.rest, is_apostrophe);
            let (more, rest) = leading(after, is_word);
            if more.is_empty() {
                break;
            }
            self.rest = rest;
        }
        text.get(..text.len().saturating_sub(self.rest.len())).unwrap_or(text)
    }

    fn goes_on_with(&self, word: &str) -> bool {
        let (_, rest) = leading(self.rest, is_white_space);
        rest.strip_prefix(word).is_some_and(|tail| !first(tail).is_some_and(is_word))
    }

    /// Whether the partial text ends here, so that its last word may still grow.
    fn ends(&self) -> bool {
        self.partial && self.rest.is_empty()
    }

    /// "million" after a number is part of it.
    fn scale(&mut self, zeros: u8) -> bool {
        // The number may have its currency behind it already.
        let number = self.out.tokens.iter_mut().rev().take(2).find(|token| token.is(role::NUMBER));
        match (number, self.out.numbers.last_mut()) {
            (Some(token), Some(number)) if self.next.adjoins => {
                number.scale(zeros);
                token.bits &= !role::OPEN;
                true
            }
            _ => false,
        }
    }

    fn push_number(&mut self, quantity: Quantity, open: bool) {
        let number = u32::try_from(self.out.numbers.len()).unwrap_or(UNKNOWN);
        self.out.numbers.push(quantity);
        let mut token = Token::new(role::NUMBER | if open { role::OPEN } else { 0 });
        token.word = number;
        self.push(token, "");
    }

    /// A word that may still grow if it ends a partial text.
    fn push_open(&mut self, mut token: Token, word: &str) {
        if self.ends() {
            token.bits |= role::OPEN;
            self.out.tail = joined(&[word]);
        }
        self.push(token, word);
    }

    #[inline(never)]
    fn push(&mut self, mut token: Token, word: &str) {
        let at = self.out.tokens.len();
        if self.next.fresh == Fresh::Sentence {
            self.out.sentences.push(Sentence::new(self.out.clauses.len()));
        }
        if self.next.fresh != Fresh::Nothing {
            self.close_clause();
            let mut clause = Clause::new(at, self.out.sentences.len().saturating_sub(1));
            clause.own = self.next.fresh == Fresh::Sentence;
            clause.restricted = !clause.own && self.out.clauses.last().is_some_and(|before| before.restricted);
            self.out.clauses.push(clause);
        }
        let clauses = self.out.clauses.len();
        let before = self.out.token(at.wrapping_sub(1));
        let joined = before.is(role::CONJUNCTION);
        let names = before.is_noun() && before.is(role::CAPITAL) && before.group == lexicon::NO_GROUP;
        if let Some(sentence) = self.out.sentences.last_mut() {
            sentence.end = clauses;
        }
        if let Some(clause) = self.out.clauses.last_mut() {
            // "and the dome", "but Canberra": what follows speaks of something else.
            let first = clause.start == at || (joined && clause.start.wrapping_add(1) == at);
            clause.own |= first && token.is(role::DETERMINER | role::INDEFINITE | role::NAME);
            clause.end = at.wrapping_add(1);
            clause.restricted |= token.is(role::RESTRICTOR | role::AFTER | role::BEFORE);
            if clause.negation != NOWHERE {
                token.bits |= role::NEGATED;
            } else if token.is(role::NEGATION) {
                clause.negation = at;
            }
            if clause.verb == NOWHERE && token.is(role::COPULA | role::VERB) {
                clause.verb = at;
            }
        }
        if token.is_noun() {
            let lemma = lexicon::lemma(word);
            token.word = match &mut self.words {
                Words::Learn(words) => words.number(lemma),
                Words::Know(words) => words.get(lemma).unwrap_or(UNKNOWN),
            };
        }
        if self.next.adjoins && self.next.fresh == Fresh::Nothing {
            token.bits |= role::ADJOINS;
            token.named = names && token.is(role::NUMBER);
        }
        token.clause = clauses.saturating_sub(1);
        self.out.tokens.push(token);
        (self.next.fresh, self.next.adjoins, self.next.spaced) = (Fresh::Nothing, true, false);
    }

    fn close_clause(&mut self) {
        if let Some(clause) = self.out.clauses.last_mut() {
            clause.closed = true;
        }
    }

    fn end_clause(&mut self) {
        self.next.adjoins = false;
        if self.next.fresh == Fresh::Nothing {
            self.close_clause();
            self.next.fresh = Fresh::Clause;
        }
    }

    fn end_sentence(&mut self, mark: char) {
        self.next.adjoins = false;
        if self.next.fresh != Fresh::Sentence {
            self.close_clause();
            self.finish_sentence(mark);
            self.next.fresh = Fresh::Sentence;
        }
    }

    /// Finds out whether the last sentence states something, and about what.
    fn finish_sentence(&mut self, mark: char) {
        let number = self.out.sentences.len().saturating_sub(1);
        let (start, end) = (self.out.sentence(number).start, self.out.sentence(number).end);
        let stated = mark == '.';
        let asks = mark == '?' || (self.next.opening == lexicon::INVERTED && !stated);
        let states =
            !asks && (self.next.opening != lexicon::ASKING || stated) && self.next.opening != lexicon::ORDERING;
        // What stands before the verb of the first clause that has a subject of its own. Where only an
        // insertion separates them, "Its highest mountain, Olympus Mons, is", the first such clause.
        let mut subject = (0, 0);
        let mut verbless = (0, 0);
        for number in start..end {
            let clause = self.out.clause(number);
            if clause.verb == NOWHERE {
                if clause.own && verbless.1 == 0 {
                    verbless = (clause.start, clause.end);
                }
                continue;
            }
            if clause.own {
                subject = (clause.start, clause.verb);
            } else if !self.out.token(clause.start).is(role::PRONOUN) {
                subject = verbless;
            }
            break;
        }
        if !self.out.span(subject.0..subject.1).iter().any(Token::is_noun) {
            subject = if number == 0 { (0, 0) } else { self.out.sentence(number.saturating_sub(1)).subject };
        }
        if let Some(sentence) = self.out.sentences.last_mut() {
            (sentence.asks, sentence.states, sentence.subject) = (asks, states, subject);
        }
    }
}

fn is_apostrophe(c: char) -> bool {
    c == '\'' || c == '\u{2019}'
}

/// What may stand inside a number.
fn is_separator(c: char) -> bool {
    matches!(c, ',' | '.' | ':')
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}
