//! The published lexical signals, scorer and retrieval, as their specification describes them, and next to
//! each the named rules by which Interlock's differ. For comparison only: simple, slow, and independent of
//! the core.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "formulas for comparison, on ranges of code points and on codes that they make themselves"
)]

use std::collections::{BTreeMap, BTreeSet};

type Set = BTreeSet<String>;

fn set<'a>(words: impl Iterator<Item = &'a str>) -> Set {
    words.map(String::from).collect()
}

fn lower_words(text: &str) -> Set {
    set(text.to_lowercase().split_whitespace())
}

#[allow(clippy::cast_precision_loss, reason = "small counts")]
fn real(count: usize) -> f64 {
    count as f64
}

/// Shared elements over all elements; `None` for two empty sets.
fn jaccard(a: &Set, b: &Set) -> Option<f64> {
    let all = a.union(b).count();
    (all > 0).then(|| real(a.intersection(b).count()) / real(all))
}

pub(crate) fn word_overlap(a: &str, b: &str) -> f64 {
    let (a, b) = (lower_words(a), lower_words(b));
    if a.is_empty() || b.is_empty() { 0.0 } else { jaccard(&a, &b).unwrap_or(0.0) }
}

pub(crate) fn entity_overlap(a: &str, b: &str) -> f64 {
    fn entities(text: &str) -> Set {
        let mut runs: Vec<Vec<&str>> = vec![Vec::new()];
        for word in text.split_whitespace() {
            let mut letters = word.chars();
            let name = letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase);
            if !name {
                runs.push(Vec::new());
            } else if let Some(run) = runs.last_mut() {
                run.push(word);
            }
        }
        runs.into_iter().filter(|run| !run.is_empty()).map(|run| run.join(" ")).collect()
    }
    jaccard(&entities(a), &entities(b)).unwrap_or(1.0)
}

pub(crate) fn numerical_consistency(a: &str, b: &str) -> Option<bool> {
    fn numbers(text: &str) -> Set {
        let runs = text.split(|c: char| !(c.is_ascii_digit() || c == ',' || c == '.'));
        let numbers = runs.map(|run| run.trim_start_matches([',', '.']).trim_end_matches([',', '.']));
        set(numbers.filter(|number| !number.is_empty()))
    }
    let (a, b) = (numbers(a), numbers(b));
    (!a.is_empty() && !b.is_empty()).then(|| a.intersection(&b).next().is_some())
}

const NEGATIONS: &str = "not no never neither nor cannot can't isn't aren't wasn't weren't won't wouldn't shouldn't \
    couldn't doesn't didn't hasn't haven't hadn't without none nobody";
const STOP_WORDS: &str = "a above after an and are as at be been before being below between but by can could did do \
    does during for from had has have if in into is it its may might of on or shall should than that the then these \
    this those through to was were will with would";

fn is_listed(list: &str, word: &str) -> bool {
    list.split(' ').any(|entry| entry == word)
}

/// `contractions`: every contraction of "not" negates, with either apostrophe.
fn is_negation(word: &str, contractions: bool) -> bool {
    let word = if contractions { word.replace('\u{2019}', "'") } else { String::from(word) };
    is_listed(NEGATIONS, &word) || (contractions && word.len() > 3 && word.ends_with("n't"))
}

pub(crate) fn negation_flip(claim: &str, source: &str, contractions: bool) -> bool {
    let split =
        |text| -> (Set, Set) { lower_words(text).into_iter().partition(|word| is_negation(word, contractions)) };
    let ((not_a, a), (not_b, b)) = (split(claim), split(source));
    not_a.is_empty() != not_b.is_empty() && a.intersection(&b).count() >= 3
}

pub(crate) fn traceability(claim: &str, source: &str, contractions: bool) -> f64 {
    let content = |text| -> Set {
        let keep = |word: &String| !is_listed(STOP_WORDS, word) && !is_negation(word, contractions);
        lower_words(text).into_iter().filter(keep).collect()
    };
    let (claim, source) = (content(claim), content(source));
    if claim.is_empty() { 1.0 } else { real(claim.intersection(&source).count()) / real(claim.len()) }
}

/// Word characters: Alphabetic, marks, decimal digits, connector punctuation, join controls. The standard
/// library has no marks; those of the scripts that vectors use are listed.
pub(crate) fn is_word(c: char) -> bool {
    let mark = matches!(
        c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{591}'..='\u{5bd}' | '\u{610}'..='\u{61a}'
            | '\u{64b}'..='\u{65f}' | '\u{93c}' | '\u{94d}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
            | '\u{20d0}'..='\u{20f0}' | '\u{fe00}'..='\u{fe0f}' | '\u{fe20}'..='\u{fe2f}' | '\u{3099}' | '\u{309a}'
    );
    let connector = matches!(
        c,
        '_' | '\u{203f}' | '\u{2040}' | '\u{2054}' | '\u{fe33}' | '\u{fe34}' | '\u{fe4d}'..='\u{fe4f}' | '\u{ff3f}'
    );
    // Numbers that are not decimal digits are no word characters, unless they are letters as well.
    let number = c.is_numeric() && !c.is_alphabetic() && !c.is_ascii_digit() && {
        let decimal = |zero: u32| (zero..zero + 10).contains(&u32::from(c));
        ![0x660, 0x6f0, 0x966, 0x9e6, 0xe50, 0xff10].into_iter().any(decimal)
    };
    (c.is_alphanumeric() && !number) || mark || connector || matches!(c, '\u{200c}' | '\u{200d}')
}

fn word_runs(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_word(c)).filter(|run| !run.is_empty())
}

/// The rules by which `lite_score` differs.
#[derive(Clone, Copy, Default)]
pub(crate) struct LiteRules {
    /// Contractions negate, and a text of opposite polarity is the less alike the more words it shares.
    pub(crate) polarity: bool,
    /// Where neither text names anything, names have no part in the mean.
    pub(crate) no_names: bool,
}

const LITE_NEGATIONS: &str = "not no never neither nobody nothing nowhere nor cannot can't don't doesn't didn't won't \
    wouldn't shouldn't isn't aren't wasn't weren't hasn't haven't hadn't";

pub(crate) fn lite_score(premise: &str, hypothesis: &str, rules: LiteRules) -> f64 {
    fn entities(text: &str) -> Set {
        let capitalised = |word: &str| {
            let mut bytes = word.bytes();
            word.len() > 1
                && bytes.next().is_some_and(|b| b.is_ascii_uppercase())
                && bytes.all(|b| b.is_ascii_lowercase())
        };
        let mut found: Vec<String> = Vec::new();
        let mut gap: Option<String> = None;
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let class = is_word(first);
            let end = rest.find(|c| is_word(c) != class).unwrap_or(rest.len());
            let (run, tail) = rest.split_at(end);
            if class && capitalised(run) {
                match (gap.take(), found.last_mut()) {
                    (Some(gap), Some(last)) => last.push_str(&(gap + run)),
                    _ => found.push(String::from(run)),
                }
                gap = Some(String::new());
            } else if !class && run.chars().all(char::is_whitespace) {
                gap = gap.map(|_| String::from(run));
            } else {
                gap = None;
            }
            rest = tail;
        }
        found.into_iter().collect()
    }
    let (a, b) = (premise.to_lowercase(), hypothesis.to_lowercase());
    let (words_a, words_b) = (set(word_runs(&a)), set(word_runs(&b)));
    if premise.is_empty() || hypothesis.is_empty() || words_a.is_empty() || words_b.is_empty() {
        return 0.5;
    }
    let words = jaccard(&words_a, &words_b).unwrap_or(0.0);
    let (short, long) = (premise.len().min(hypothesis.len()), premise.len().max(hypothesis.len()));
    let length = real(short) / real(long);
    let (names_a, names_b) = (entities(premise), entities(hypothesis));
    let names = jaccard(&names_a, &names_b);
    let negated = |words: &Set| words.iter().any(|word| is_listed(LITE_NEGATIONS, word));
    let flat = if !rules.polarity && negated(&words_a) != negated(&words_b) { 0.3 } else { 0.0 };
    let mut alike = match names {
        None if rules.no_names => (0.4 * words + 0.2 * length + 0.2) / 0.8,
        _ => 0.4 * words + 0.2 * length + 0.2 * names.unwrap_or(0.5) + 0.2 * (1.0 - flat),
    };
    if rules.polarity {
        // Words with the apostrophes inside them; contractions leave their verb.
        let spoken = |text: &str| -> (Set, bool) {
            let text = text.replace('\u{2019}', "'");
            let mut negated = false;
            let words = text.split(|c| !(is_word(c) || c == '\'')).map(|word| word.trim_matches('\''));
            let words = words.filter_map(|word| match word {
                "won't" => Some(String::from("will")),
                "can't" => Some(String::from("can")),
                "shan't" => Some(String::from("shall")),
                _ if word.len() > 3 && word.ends_with("n't") => {
                    Some(String::from(word.trim_end_matches("'t").trim_end_matches('n')))
                }
                _ if is_listed(LITE_NEGATIONS, word) => None,
                _ => Some(String::from(word)),
            });
            let words: Set = words.filter(|word| !word.is_empty()).collect();
            for word in text.split(|c| !(is_word(c) || c == '\'')).map(|word| word.trim_matches('\'')) {
                negated |= is_listed(LITE_NEGATIONS, word) || (word.len() > 3 && word.ends_with("n't"));
            }
            (words, negated)
        };
        let ((said_a, not_a), (said_b, not_b)) = (spoken(&a), spoken(&b));
        if not_a != not_b {
            alike *= 1.0 - jaccard(&said_a, &said_b).unwrap_or(0.0);
        }
    }
    (1.0 - alike).clamp(0.0, 1.0)
}

/// Whether a text is suspicious; `hidden` tells the further characters that count, if they do.
pub(crate) fn has_suspicious_unicode(text: &str, hidden: impl Fn(char) -> bool) -> bool {
    let suspicious = |c: char| match c {
        '\t' | '\n' | '\r' => false,
        '\u{0}'..='\u{1f}'
        | '\u{7f}'..='\u{9f}'
        | '\u{200b}'..='\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{2069}'
        | '\u{fff0}'..='\u{ffff}'
        | '\u{e0001}'..='\u{e007f}'
        | '\u{f0000}'..='\u{ffffd}'
        | '\u{100000}'..='\u{10fffd}' => true,
        _ => hidden(c),
    };
    let all = text.chars().count();
    all > 0 && real(text.chars().filter(|&c| suspicious(c)).count()) / real(all) > 0.15
}

pub(crate) fn heuristic_nli(premise: &str, hypothesis: &str) -> f64 {
    let lower = hypothesis.to_lowercase();
    for (phrase, value) in
        [("consistent with reality", 0.1), ("opposite is true", 0.9), ("depends on your perspective", 0.5)]
    {
        if lower.contains(phrase) {
            return value;
        }
    }
    let (premise, hypothesis) = (lower_words(premise), lower_words(hypothesis));
    if premise.is_empty() {
        return 0.5;
    }
    (0.5 - 0.3 * (real(premise.intersection(&hypothesis).count()) / real(premise.len()))).clamp(0.1, 0.9)
}

const FACTS: [(&str, &str); 4] = [
    ("sky color", "blue"),
    ("system layers", "16"),
    ("sec metric", "sustainable ethical coherence"),
    ("backfire limit", "entropy threshold"),
];

/// The built-in facts that a query matches. `whole_words`: only whole words match, whatever their case.
pub(crate) fn facts_matched(query: &str, whole_words: bool) -> Vec<String> {
    let lower = query.to_lowercase();
    let words: Set = set(lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()));
    let bears =
        |key: &str| key.split(' ').any(|word| if whole_words { words.contains(word) } else { lower.contains(word) });
    FACTS.iter().filter(|(key, _)| bears(key)).map(|(key, value)| format!("{key} is {value}")).collect()
}

pub(crate) fn h_factual(context: Option<&str>, text: &str) -> f64 {
    let Some(context) = context else { return 0.5 };
    let (context, text) = (lower_words(context), lower_words(text));
    if context.is_empty() || text.is_empty() { 0.5 } else { 1.0 - jaccard(&context, &text).unwrap_or(0.0) }
}

/// A review: its parts, and what the published scorer made of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Review {
    pub(crate) approved: bool,
    pub(crate) score: f64,
    pub(crate) h_logical: f64,
    pub(crate) h_factual: f64,
    pub(crate) warning: bool,
    pub(crate) divergence: f64,
}

/// What a review needs of a configuration.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weights {
    pub(crate) threshold: f64,
    pub(crate) soft_limit: f64,
    pub(crate) logic: f64,
    pub(crate) fact: f64,
}

pub(crate) fn review(weights: Weights, nli: f64, h_factual: f64) -> Review {
    let h_logical = if nli.is_finite() { nli.clamp(0.0, 1.0) } else { 0.5 };
    let divergence = weights.logic * h_logical + weights.fact * h_factual;
    let score = (1.0 - divergence).clamp(0.0, 1.0);
    let approved = score >= weights.threshold;
    Review { approved, score, h_logical, h_factual, warning: approved && score < weights.soft_limit, divergence }
}

/// BM25. `replaces`: an id that is added again replaces its document.
pub(crate) fn bm25(
    corpus: &[(String, String)],
    query: &str,
    k1: f64,
    b: f64,
    most: usize,
    replaces: bool,
) -> Vec<(String, f64)> {
    let tokens = |text: &str| -> Vec<String> {
        let split = text.split(|c: char| !c.is_alphanumeric()).filter(|token| !token.is_empty());
        split.map(str::to_lowercase).collect()
    };
    let mut documents: Vec<(String, Vec<String>)> = Vec::new();
    for (id, text) in corpus {
        match documents.iter_mut().find(|(old, _)| replaces && old == id) {
            Some((_, old)) => *old = tokens(text),
            None => documents.push((id.clone(), tokens(text))),
        }
    }
    let counts: Vec<BTreeMap<&str, f64>> = documents
        .iter()
        .map(|(_, tokens)| {
            let mut counts = BTreeMap::new();
            for token in tokens {
                *counts.entry(token.as_str()).or_insert(0.0) += 1.0;
            }
            counts
        })
        .collect();
    let all = real(documents.len());
    let mean = documents.iter().map(|(_, tokens)| real(tokens.len())).sum::<f64>() / all;
    let mut scores = vec![0.0; documents.len()];
    for term in tokens(query) {
        let having = real(counts.iter().filter(|counts| counts.contains_key(term.as_str())).count());
        let rarity = ((all - having + 0.5) / (having + 0.5) + 1.0).ln();
        for ((score, counts), (_, tokens)) in scores.iter_mut().zip(&counts).zip(&documents) {
            if let Some(count) = counts.get(term.as_str()) {
                *score += rarity * count * (k1 + 1.0) / (count + k1 * (1.0 - b + b * real(tokens.len()) / mean));
            }
        }
    }
    let mut ranked: Vec<(String, f64)> = documents.into_iter().map(|(id, _)| id).zip(scores).collect();
    ranked.retain(|(_, score)| *score > 0.0);
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked.truncate(most);
    ranked
}

pub(crate) fn trend_drop(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let count = real(values.len());
    let (middle, mean) = ((count - 1.0) / 2.0, values.iter().sum::<f64>() / count);
    let x = |index: usize| real(index) - middle;
    let shared: f64 = values.iter().enumerate().map(|(index, value)| x(index) * (value - mean)).sum();
    let spread: f64 = (0..values.len()).map(|index| x(index) * x(index)).sum();
    -(if spread < 1e-12 { 0.0 } else { shared / spread }) * (count - 1.0)
}

/// Traceability, overlap of names and calibrated divergence of each claim.
pub(crate) fn bidirectional(
    claims: &[&str],
    intent: &str,
    forward: &[f64],
    reverse: &[f64],
    baseline: f64,
    contractions: bool,
) -> Vec<[f64; 3]> {
    let baseline = baseline.clamp(0.0, 0.999);
    let row = |(claim, (forward, reverse)): (&&str, (&f64, &f64))| {
        let smaller = forward.min(*reverse);
        let calibrated = if baseline > 0.0 { ((smaller - baseline) / (1.0 - baseline)).max(0.0) } else { smaller };
        [traceability(claim, intent, contractions), entity_overlap(claim, intent), calibrated]
    };
    claims.iter().zip(forward.iter().zip(reverse)).map(row).collect()
}

/// Settings of the injection verdicts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Injection {
    pub(crate) threshold: f64,
    pub(crate) drift: f64,
    pub(crate) claim: f64,
    pub(crate) floor: f64,
    pub(crate) weight: f64,
}

/// Verdicts (code, confidence), risk, combined, detected. `reach`: the second rule reaches up to the drift
/// boundary and is never less sure than the third. `tie`: a rounding below the threshold reaches it.
pub(crate) fn injection(
    settings: Injection,
    rows: &[[f64; 3]],
    sanitizer: f64,
    reach: bool,
    tie: bool,
) -> (Vec<(u8, f64)>, f64, f64, bool) {
    let judge = |&[c, t, e]: &[f64; 3]| {
        if t < settings.floor {
            return (2, ((settings.floor - t) / settings.floor + 0.5).min(1.0));
        }
        if c >= settings.claim && t < if reach { 0.3 } else { 0.2 } {
            let shared = if reach { c.clamp(0.7, 1.0) } else { 0.6 };
            return (2, if e < 0.3 { 1.0 } else { shared });
        }
        if c >= settings.drift {
            return if t >= 0.3 { (1, c.min(1.0)) } else { (2, if e < 0.3 { 1.0 } else { 0.7 }) };
        }
        (0, (1.0 - c).min(1.0))
    };
    let verdicts: Vec<(u8, f64)> = rows.iter().map(judge).collect();
    let total: f64 = verdicts.iter().map(|(code, _)| [0.0, 0.4, 1.0][usize::from(*code)]).sum();
    let risk = if verdicts.is_empty() { 0.0 } else { total / real(verdicts.len()) };
    let combined = settings.weight * sanitizer + (1.0 - settings.weight) * risk;
    let detected = combined >= settings.threshold - if tie { 1e-12 } else { 0.0 };
    (verdicts, risk, combined, detected)
}

pub(crate) fn softmax(values: &[f64], cols: usize) -> Vec<f64> {
    if cols == 0 || values.is_empty() {
        return Vec::new();
    }
    let mut out = vec![0.0; values.len()];
    for (row, out) in values.chunks_exact(cols).zip(out.chunks_exact_mut(cols)) {
        let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        for (out, value) in out.iter_mut().zip(row) {
            *out = (value - max).exp();
        }
        let sum: f64 = out.iter().sum();
        if sum > 0.0 {
            for out in out {
                *out /= sum;
            }
        }
    }
    out
}

pub(crate) fn divergence(probs: &[f64], cols: usize, contradiction: usize, neutral: usize) -> Vec<f64> {
    let at = |row: &[f64], index: usize| row.get(index).copied().unwrap_or(0.0);
    let row = |row: &[f64]| match row {
        [_, entailment] => 1.0 - entailment,
        _ => at(row, contradiction) + 0.5 * at(row, neutral),
    };
    if cols == 0 { Vec::new() } else { probs.chunks_exact(cols).map(row).collect() }
}

pub(crate) fn confidence(probs: &[f64], cols: usize) -> Vec<f64> {
    let row = |row: &[f64]| {
        let spread: f64 = row.iter().filter(|p| **p > 1e-12).map(|p| -p * p.ln()).sum();
        if cols == 1 { 1.0 } else { (1.0 - spread / real(cols).ln()).clamp(0.0, 1.0) }
    };
    if cols == 0 { Vec::new() } else { probs.chunks_exact(cols).map(row).collect() }
}
