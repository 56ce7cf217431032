//! Patterns made of words.

use alloc::vec::Vec;

use super::SanitizerFinding;
use crate::score::signals::negation::is_in;
use crate::score::text::{is_white_space, is_word, leading, without_trailing, words};

/// Words that may stand between "ignore" and "previous".
const DETERMINERS: &str = "all any every each of the a an this that these those your my";
/// How many of them: "all of the", with one to spare.
const MAX_DETERMINERS: u32 = 4;

const EARLIER: &str = "previous prior above earlier";
const ORDERS: &str = "instruction instructions rule rules context contexts prompt prompts";
const TEXTS: &str = "text texts content contents instruction instructions context contexts";

/// What must follow the words of a phrase.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Nothing,
    Colon,
    /// A colon, perhaps after white space.
    Label,
    /// The same, and nothing that makes the phrase the end of a longer name may stand before it.
    OpeningLabel,
}

/// A finding, the words that lead to it (each one of a list, with white space between), and what follows.
type Phrase = (SanitizerFinding, &'static [&'static str], End);

const ROLE: SanitizerFinding = SanitizerFinding::SystemRoleInjection;
const OUTPUT: SanitizerFinding = SanitizerFinding::OutputManipulation;
const ASKING: SanitizerFinding = SanitizerFinding::DataExfiltration;

static PHRASES: [Phrase; 10] = [
    (ROLE, &["you", "are", "now"], End::Nothing),
    (ROLE, &["act", "as"], End::Nothing),
    (ROLE, &["pretend", "to", "be"], End::Nothing),
    (ROLE, &["pretend", "you", "are"], End::Nothing),
    (ROLE, &["new", "instruction instructions"], End::Colon),
    (ROLE, &["system"], End::OpeningLabel),
    (OUTPUT, &["output response answer"], End::Label),
    (OUTPUT, &["reply", "with"], End::Label),
    (ASKING, &["what", "are were", "your", "instruction instructions rule rules"], End::Nothing),
    (ASKING, &["what", "are were", "your", "system", "prompt prompts"], End::Nothing),
];

/// Finds the phrases in a folded text, perhaps repeatedly. What follows a word is read a bounded number of
/// words ahead, so each stretch of text is read a bounded number of times.
pub(super) fn scan(folded: &str, found: &mut Vec<SanitizerFinding>) {
    let mut rest = folded;
    while !rest.is_empty() {
        let (gap, here) = leading(rest, |c| !is_word(c));
        let (word, after) = leading(here, is_word);
        rest = after;
        let before = folded.get(..folded.len().saturating_sub(here.len())).unwrap_or("");
        for (finding, words, end) in &PHRASES {
            let [first, words @ ..] = words else { continue };
            if is_in(first, word)
                && let Some(after) = goes_on(after, words)
                && match end {
                    End::Nothing => true,
                    End::Colon => after.starts_with(':'),
                    End::Label => is_label(after),
                    End::OpeningLabel => is_label(after) && opens_clause(before),
                }
            {
                found.push(*finding);
            }
        }
        if word == "ignore" && overrides_instructions(after) {
            found.push(SanitizerFinding::InstructionOverride);
        }
        if word == "system" && without_trailing(gap, is_white_space).ends_with("```") {
            found.push(SanitizerFinding::DelimiterInjection);
        }
    }
}

/// What follows further words, each after white space and each one of a list.
#[inline(never)]
fn goes_on<'a>(text: &'a str, lists: &[&str]) -> Option<&'a str> {
    let mut rest = text;
    for list in lists {
        let (gap, next) = leading(rest, is_white_space);
        let (word, after) = leading(next, is_word);
        if gap.is_empty() || !is_in(list, word) {
            return None;
        }
        rest = after;
    }
    Some(rest)
}

fn is_label(text: &str) -> bool {
    leading(text, is_white_space).1.starts_with(':')
}

fn overrides_instructions(mut text: &str) -> bool {
    for _ in 0..MAX_DETERMINERS {
        match goes_on(text, &[DETERMINERS]) {
            Some(after) => text = after,
            None => break,
        }
    }
    goes_on(text, &[EARLIER, ORDERS]).is_some()
}

/// Whether a label that follows `before` opens a line or a clause, so that it is not the last word of a
/// longer name ("Operating system:", "file-system:").
fn opens_clause(before: &str) -> bool {
    let line = without_trailing(before, |c| is_white_space(c) && c != '\n' && c != '\r');
    let mut back = line.chars();
    let last = back.next_back();
    let joins = matches!(last, Some('-' | '/' | '.' | '\'' | '\u{2019}' | '&' | '@')) && line.len() == before.len();
    let continues = last.is_some_and(is_word) || (joins && back.next_back().is_some_and(is_word));
    !continues
}

/// "repeat", "all" or "every", any number of words of the same sentence, then what is to be repeated.
pub(super) fn repeats_everything(folded: &str) -> bool {
    let mut asked = false;
    let mut listing = false;
    for word in words(folded) {
        let (_, word) = leading(word, |c| !is_word(c));
        let (bare, _) = leading(word, is_word);
        if listing && is_in(TEXTS, bare) {
            return true;
        }
        listing = (listing || (asked && is_in("all every", word)))
            && !matches!(word.as_bytes().last(), Some(b'.' | b'!' | b'?'));
        asked = word == "repeat";
    }
    false
}
