//! Signals that look at words between white space, and at characters.

use super::compare;
use crate::score::signals::{is_in, is_stop_word};
use crate::score::text::{is_dark, real};

/// How many words two texts must share, negations aside, before their polarity is compared.
const SHARED_WORDS: usize = 3;

/// Share of suspicious characters above which a text is suspicious.
const SUSPICIOUS_SHARE: f64 = 0.15;

/// "don't" is not among them, nor is any contraction with a typographic apostrophe.
const NEGATIONS: &str = "not no never neither nor cannot can't isn't aren't wasn't weren't won't wouldn't shouldn't \
    couldn't doesn't didn't hasn't haven't hadn't without none nobody";

fn is_negation(word: &str) -> bool {
    is_in(NEGATIONS, word)
}

/// Whether exactly one of two texts has a negation, and they share at least three lower-cased words besides negations.
///
/// ```
/// use interlock_core::published::functions::negation_flip;
/// assert!(negation_flip("We cannot ship to islands", "We ship to islands"));
/// assert!(!negation_flip("We don't ship to islands", "We ship to islands"));
/// ```
#[must_use]
pub fn negation_flip(claim: &str, source: &str) -> bool {
    compare(claim, source, is_dark, |claim, source| {
        (claim.count(is_negation) > 0) != (source.count(is_negation) > 0)
            && claim.shared(source, |word| !is_negation(word)) >= SHARED_WORDS
    })
}

/// Share of the claim's lower-cased words that the source has, function words and negations left out: 0 to 1, and 1 if
/// none are left.
///
/// ```
/// use interlock_core::published::functions::traceability;
/// assert_eq!(traceability("The museum opens at 9", "The museum is closed"), 1.0 / 3.0);
/// ```
#[must_use]
pub fn traceability(claim: &str, source: &str) -> f64 {
    let is_content: fn(&str) -> bool = |word| !is_stop_word(word) && !is_negation(word);
    compare(claim, source, is_dark, |claim, source| match claim.count(is_content) {
        0 => 1.0,
        content => real(claim.shared(source, is_content)) / real(content),
    })
}

/// Whether more than 15 % of a text's characters are control characters (but not tab, line feed and carriage return),
/// of zero width, of a direction or a private plane.
///
/// ```
/// use interlock_core::published::functions::has_suspicious_unicode;
/// assert!(has_suspicious_unicode("\u{200b}ab"));
/// // As published; what it misses is in `score::signals`.
/// assert!(!has_suspicious_unicode("\u{e000}\u{feff}"));
/// ```
#[must_use]
pub fn has_suspicious_unicode(text: &str) -> bool {
    let suspicious = text.chars().filter(|c| is_suspicious(*c)).count();
    suspicious > 0 && real(suspicious) / real(text.chars().count()) > SUSPICIOUS_SHARE
}

fn is_suspicious(c: char) -> bool {
    match c {
        '\t' | '\n' | '\r' => false,
        '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{fff0}'..='\u{ffff}'
        | '\u{e0001}'..='\u{e007f}'
        | '\u{f0000}'..='\u{ffffd}'
        | '\u{100000}'..='\u{10fffd}' => true,
        _ => c.is_control(),
    }
}
