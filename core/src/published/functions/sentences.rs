//! Sentences, and chunks of them for a model that reads so many tokens at a time.

use alloc::string::String;
use alloc::vec::Vec;

use crate::error::{FINITE, InputError, check};
use crate::score::signals::is_in;
use crate::score::text::{real, to_lowercase, words};

/// What ends with a point and does not end a sentence, without the point.
const ABBREVIATIONS: &str = "corp dr e.g etc i.e inc jr ltd mr mrs ms prof sr st u.k u.s vs";

/// Brackets and quotation marks that an abbreviation may follow.
const OPENING: [char; 9] = ['"', '\'', '(', ')', '[', ']', '`', '{', '}'];

/// Bytes that make a token.
const TOKEN: usize = 4;

/// The sentences of a text, each with its words joined by single spaces.
///
/// A sentence ends with a word whose last character is a point, an exclamation or a question mark, unless that word is
/// an abbreviation, in any letter case and perhaps in brackets or quotation marks that open before it.
///
/// ```
/// use interlock_core::published::functions::split_sentences;
/// assert_eq!(split_sentences("Dr. Smith arrived.  We\nstarted"), ["Dr. Smith arrived.", "We started"]);
/// ```
#[must_use]
pub fn split_sentences(text: &str) -> Vec<String> {
    let mut sentences = Vec::new();
    let mut sentence = Vec::new();
    for word in words(text) {
        sentence.push(word);
        if ends_sentence(word) {
            sentences.push(sentence.join(" "));
            sentence.clear();
        }
    }
    if !sentence.is_empty() {
        sentences.push(sentence.join(" "));
    }
    sentences
}

fn ends_sentence(word: &str) -> bool {
    match word.strip_suffix('.') {
        Some(stem) => !is_in(ABBREVIATIONS, &to_lowercase(stem.trim_start_matches(OPENING))),
        None => word.ends_with(['!', '?']),
    }
}

/// Neighbouring sentences joined by spaces, as many as fit into a budget of tokens. No sentences make one empty chunk.
///
/// A sentence counts a token for every four of its UTF-8 bytes, and one more. With an overlap ratio above 0, chunk after
/// chunk starts that share of its sentences (rounded up) before the end of the last one, but at least one sentence after
/// its start, until one starts with the last sentence; a sentence beyond the budget is a chunk by itself. Otherwise a
/// chunk starts with the last sentence of the one before and takes the next one, even beyond the budget.
///
/// # Errors
/// [`InputError`] for a ratio that is not finite.
///
/// ```
/// use interlock_core::published::functions::build_chunks;
/// let sentences = ["One.", "Two.", "Six."];
/// assert_eq!(build_chunks(&sentences, 4, 0.0).unwrap(), ["One. Two.", "Two. Six."]);
/// assert_eq!(build_chunks(&sentences, 4, 0.5).unwrap(), ["One. Two.", "Two. Six.", "Six."]);
/// ```
pub fn build_chunks(sentences: &[&str], budget: u64, overlap_ratio: f64) -> Result<Vec<String>, InputError> {
    check("overlap_ratio", overlap_ratio, FINITE)?;
    if sentences.is_empty() {
        return Ok(Vec::from([String::new()]));
    }
    Ok(if overlap_ratio > 0.0 { windows(sentences, budget, overlap_ratio) } else { chain(sentences, budget) })
}

fn tokens(sentence: &str) -> u64 {
    u64::try_from(sentence.len() / TOKEN).unwrap_or(u64::MAX).saturating_add(1)
}

/// Chunks by a window that moves on by what does not overlap.
fn windows(mut rest: &[&str], budget: u64, overlap_ratio: f64) -> Vec<String> {
    let mut chunks = Vec::new();
    while let [first, others @ ..] = rest {
        let mut spent = tokens(first);
        let fits = others.iter().take_while(|sentence| {
            spent = spent.saturating_add(tokens(sentence));
            spent <= budget
        });
        let length = fits.count().saturating_add(1);
        chunks.push(rest.get(..length).unwrap_or(rest).join(" "));
        let step = share(length, 1.0 - overlap_ratio);
        rest = rest.get(step..).unwrap_or_default();
    }
    chunks
}

/// A share of a count, rounded down, at least 1 and at most the count.
fn share(count: usize, share: f64) -> usize {
    let most = real(count) * share;
    let (mut low, mut high) = (1, count);
    while low < high {
        let middle = high.saturating_sub(high.saturating_sub(low) / 2);
        if real(middle) <= most {
            low = middle;
        } else {
            high = middle.saturating_sub(1);
        }
    }
    low
}

/// Chunks that share a sentence with the one before.
fn chain(sentences: &[&str], budget: u64) -> Vec<String> {
    let mut chunks = Vec::new();
    let mut chunk: Vec<&str> = Vec::new();
    let mut spent = 0_u64;
    for sentence in sentences {
        let cost = tokens(sentence);
        if let Some(last) = chunk.last().copied()
            && spent.saturating_add(cost) > budget
        {
            chunks.push(chunk.join(" "));
            chunk.clear();
            chunk.push(last);
            spent = tokens(last);
        }
        chunk.push(sentence);
        spent = spent.saturating_add(cost);
    }
    chunks.push(chunk.join(" "));
    chunks
}
