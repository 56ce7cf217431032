//! Words, letter case and sets: what every signal is made of.
//!
//! "Words" are maximal runs of non-white-space. Lower case is the full Unicode mapping: ß stays, İ becomes
//! i with a combining dot, a final Σ becomes ς.

use alloc::string::String;

mod lower;
mod set;
mod unicode;

pub(crate) use lower::to_lowercase;
pub(crate) use set::{WordSet, every, jaccard};
pub(crate) use unicode::{is_alphanumeric, is_case_ignorable, is_hidden, is_lower, is_upper, is_white_space, is_word};

/// A class of characters.
pub(crate) type Class = fn(char) -> bool;

/// Maximal runs of characters of one class. One type for all classes, so that it is compiled once.
#[derive(Clone)]
pub(crate) struct Runs<'a> {
    rest: &'a str,
    class: Class,
}

impl<'a> Iterator for Runs<'a> {
    type Item = &'a str;

    #[inline(never)]
    fn next(&mut self) -> Option<&'a str> {
        let (_, from) = split(self.rest, self.class, false);
        let (run, rest) = split(from, self.class, true);
        self.rest = rest;
        (!run.is_empty()).then_some(run)
    }
}

/// Splits a text after its leading characters that are `within` a class, or are not.
#[inline(never)]
fn split(text: &str, class: Class, within: bool) -> (&str, &str) {
    let mut rest = text.chars();
    let mut len = 0_usize;
    while let Some(c) = rest.next() {
        if class(c) != within {
            break;
        }
        len = text.len().saturating_sub(rest.as_str().len());
    }
    text.split_at_checked(len).unwrap_or((text, ""))
}

/// The first character of a text. Compiled once, where every decoding of one is compiled anew.
#[inline(never)]
pub(crate) fn first(text: &str) -> Option<char> {
    text.chars().next()
}

/// The last character of a text.
#[inline(never)]
pub(crate) fn last(text: &str) -> Option<char> {
    text.chars().next_back()
}

/// Splits a text after its leading characters of a class.
pub(crate) fn leading(text: &str, class: Class) -> (&str, &str) {
    split(text, class, true)
}

/// Some texts, one after the other. Compiled once, where every `String::from` and `push_str` is compiled anew.
#[inline(never)]
pub(crate) fn joined(parts: &[&str]) -> String {
    let mut text = String::new();
    for part in parts {
        text.push_str(part);
    }
    text
}

/// Appends a character; compiled once.
#[inline(never)]
pub(crate) fn append(text: &mut String, c: char) {
    text.push(c);
}

/// A text without its trailing characters of a class.
#[inline(never)]
pub(crate) fn without_trailing(text: &str, class: Class) -> &str {
    let mut rest = text;
    while let Some(c) = last(rest).filter(|c| class(*c)) {
        rest = rest.get(..rest.len().wrapping_sub(c.len_utf8())).unwrap_or_default();
    }
    rest
}

/// Maximal runs of characters of a class.
pub(crate) fn runs(text: &str, class: Class) -> Runs<'_> {
    Runs { rest: text, class }
}

/// Maximal runs of non-white-space.
pub(crate) fn words(text: &str) -> Runs<'_> {
    runs(text, is_dark)
}

/// Anything but white space.
pub(crate) fn is_dark(c: char) -> bool {
    !is_white_space(c)
}

/// A count as a real number. Counts here are of things in memory, far below 2^32.
pub(crate) fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
