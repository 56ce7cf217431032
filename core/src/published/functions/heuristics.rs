//! Divergences by words alone, for where there is no model. Their formulas are those that the published wheel shows.

use super::lite::flips;
use super::{NEUTRAL, compare};
use crate::score::published::phrase;
use crate::score::signals::{is_in, names};
use crate::score::text::{every, is_word, jaccard, real, to_lowercase};

/// What a text that is negated where its context is not, or the other way round, diverges more.
const POLARITY: f64 = 0.25;
/// What a text that names what its context does not name diverges more.
const NEW_NAMES: f64 = 0.15;

/// Words that say nothing of what a text is about.
const FUNCTION_WORDS: &str = "a about above after again against all am an and any are as at be because been before \
    being below between both but by can cannot could did do does doing down during each few for from further had has \
    have having he her here hers herself him himself his how i if in into is it its itself me more most my myself no \
    nor not of off on once only or other ought our ours ourselves out over own same she should so some such than that \
    the their theirs them themselves then there these they this those through to too under until up very was we were \
    what when where which while who whom why with would you your yours yourself yourselves";

/// Logical divergence of a text from the prompt, in [0, 1].
///
/// That of the first phrase it has which decides ("consistent with reality" 0.1, "opposite is true" 0.9, "depends on your
/// perspective" 0.5), else 1 less the shared words over all words of both, 0.5 where either has none.
///
/// ```
/// use interlock_core::published::functions::logical_divergence;
/// assert_eq!(logical_divergence("sky blue", "the sky is blue"), 0.5);
/// assert_eq!(logical_divergence("The opposite is true.", "the sky is blue"), 0.9);
/// ```
#[must_use]
pub fn logical_divergence(text: &str, prompt: &str) -> f64 {
    if let Some(value) = phrase(&to_lowercase(text)) {
        return value;
    }
    compare(text, prompt, is_word, |said, asked| {
        if said.count(every) == 0 || asked.count(every) == 0 {
            return NEUTRAL;
        }
        jaccard(said, asked, every).map_or(NEUTRAL, |share| 1.0 - share)
    })
}

/// Factual divergence of a text from its context, in [0, 1].
///
/// 1 less the shared words over those of the text that has fewer, function words left out (0.5 where either has none
/// besides); 0.25 more where exactly one of them has a negation, and 0.15 more where the text has a capitalised name that
/// the context has not; at most 1.
///
/// ```
/// use interlock_core::published::functions::factual_divergence;
/// assert_eq!(factual_divergence("the sky is blue", "sky blue"), 0.0);
/// assert_eq!(factual_divergence("the sky is blue", "the sky is not blue"), 0.25);
/// ```
#[must_use]
pub fn factual_divergence(context: &str, text: &str) -> f64 {
    let is_content: fn(&str) -> bool = |word| !is_in(FUNCTION_WORDS, word);
    compare(context, text, is_word, |known, said| {
        let fewer = known.count(is_content).min(said.count(is_content));
        if fewer == 0 {
            return NEUTRAL;
        }
        let mut divergence = 1.0 - real(known.shared(said, is_content)) / real(fewer);
        if flips(known, said) {
            divergence += POLARITY;
        }
        let (known, said) = (names(context), names(text));
        if known.shared(&said, every) < said.count(every) {
            divergence += NEW_NAMES;
        }
        divergence.min(1.0)
    })
}
