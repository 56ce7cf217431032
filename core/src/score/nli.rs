//! Natural-language inference: does a text contradict what goes before it?

use alloc::boxed::Box;
use alloc::string::String;

use super::evidence::Judge;
use super::text::joined;

/// What [`LexicalNli`] says of a text that contradicts its premise.
const CONTRADICTED: f64 = 0.9;
/// What it says of any other text: most text contradicts nothing.
const NEUTRAL: f64 = 0.1;

/// A judge of contradiction. Closures from premise and hypothesis to a number are judges too.
pub trait Nli {
    /// How likely `hypothesis` contradicts `premise`, in [0, 1]: 0 surely not, 1 surely.
    ///
    /// The premise is the prompt, then, on lines of its own, what is known. A scorer takes an answer that is
    /// not finite as 0.5 and clamps one out of range.
    fn contradiction(&mut self, premise: &str, hypothesis: &str) -> f64;

    /// The same for a hypothesis that is still being written: its last word may be incomplete.
    ///
    /// Unless a judge can tell the difference, it judges what it sees.
    fn contradiction_so_far(&mut self, premise: &str, hypothesis: &str) -> f64 {
        self.contradiction(premise, hypothesis)
    }
}

impl<F: FnMut(&str, &str) -> f64> Nli for F {
    fn contradiction(&mut self, premise: &str, hypothesis: &str) -> f64 {
        self(premise, hypothesis)
    }
}

/// The built-in judge: finds contradictions on the surface of both texts, without a model.
///
/// It compares numbers of the same measure, names after "is" and "by", words that exclude each other
/// (colours, months, opposites) and denials, of the same subject in statements of both texts; questions and
/// orders of the premise only say what is spoken of. It answers 0.9 for a text that contradicts the premise
/// and 0.1 for any other: repeating the premise earns nothing, and no phrase buys a better answer. It reads
/// English best. The premise of the last call is kept ready, and so is what was read of the hypothesis, so that
/// judging a growing text against the same premise costs what is new in it.
///
/// ```
/// use interlock_core::score::{LexicalNli, Nli};
/// let mut nli = LexicalNli::new();
/// let premise = "The bridge was opened in 1932 and spans 503 metres.";
/// assert_eq!(nli.contradiction(premise, "The bridge was opened in 1932."), 0.1);
/// assert_eq!(nli.contradiction(premise, "The bridge was opened in 1934."), 0.9);
/// assert_eq!(nli.contradiction(premise, "The bridge was never opened."), 0.9);
/// ```
#[derive(Debug, Default)]
pub struct LexicalNli {
    last: Option<Box<(String, Judge)>>,
}

impl LexicalNli {
    /// A judge.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn judge(&mut self, premise: &str, hypothesis: &str, partial: bool) -> f64 {
        if self.last.as_ref().is_none_or(|last| last.0 != premise) {
            self.last = Some(Box::new((joined(&[premise]), Judge::new("", premise))));
        }
        let contradicted = self.last.as_mut().is_some_and(|last| last.1.is_contradicted(hypothesis, partial));
        if contradicted { CONTRADICTED } else { NEUTRAL }
    }
}

impl Nli for LexicalNli {
    fn contradiction(&mut self, premise: &str, hypothesis: &str) -> f64 {
        self.judge(premise, hypothesis, false)
    }

    fn contradiction_so_far(&mut self, premise: &str, hypothesis: &str) -> f64 {
        self.judge(premise, hypothesis, true)
    }
}
