//! The published sanitizer: eleven patterns without word boundaries, and the rules by which Interlock's
//! differ. Each pattern is a list of steps that a small backtracking matcher tries at every place.

#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a matcher for comparison; each place it looks at has been checked to be in the text"
)]

use super::published_text::is_word;

/// The rules by which Interlock's patterns differ.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rules {
    /// Phrases are whole words, and a role label opens a line or a clause.
    pub(crate) boundaries: bool,
    /// Determiners may stand between "ignore" and "previous".
    pub(crate) articles: bool,
    /// A request to repeat ends with its sentence.
    pub(crate) sentences: bool,
    /// Words in a request to repeat are runs of word characters, not of anything but white space. The
    /// specification leaves this open for the published patterns.
    pub(crate) word_characters: bool,
}

impl Rules {
    /// All of Interlock's.
    pub(crate) const ALL: Self = Self { boundaries: true, articles: true, sentences: true, word_characters: false };
}

/// A part of a pattern.
#[derive(Clone)]
enum Step {
    /// One of some words.
    Word(&'static [&'static str]),
    /// White space: one or more, or any number.
    Gap,
    MaybeGap,
    /// A mark as it stands.
    Mark(&'static str),
    /// Steps that may be left out.
    Maybe(Vec<Step>),
    /// Any number of (word, gap).
    AnyWords,
}

use Step::{AnyWords, Gap, Mark, Maybe, MaybeGap, Word};

const ORDERS: [&str; 8] = ["instructions", "instruction", "rules", "rule", "contexts", "context", "prompts", "prompt"];
const TEXTS: [&str; 8] = ["texts", "text", "contents", "content", "instructions", "instruction", "contexts", "context"];
const DETERMINERS: [&str; 14] =
    ["all", "any", "every", "each", "of", "these", "the", "those", "this", "that", "an", "a", "your", "my"];

fn patterns(rules: Rules) -> Vec<(&'static str, f64, Vec<Vec<Step>>)> {
    let filler: Vec<Step> = if rules.articles {
        let one = || vec![Word(&DETERMINERS), Gap];
        vec![Maybe(one()), Maybe(one()), Maybe(one()), Maybe(one())]
    } else {
        vec![Maybe(vec![Word(&["all"]), Gap])]
    };
    let mut ignore = vec![Word(&["ignore"]), Gap];
    ignore.extend(filler);
    ignore.extend([Word(&["previous", "prior", "above", "earlier"]), Gap, Word(&ORDERS)]);
    let what = |rest: Vec<Step>| {
        let mut steps = vec![Word(&["what"]), Gap, Word(&["are", "were"]), Gap, Word(&["your"]), Gap];
        steps.extend(rest);
        steps
    };
    vec![
        ("instruction_override", 0.9, vec![ignore]),
        (
            "system_role_injection",
            0.8,
            vec![
                vec![Word(&["you"]), Gap, Word(&["are"]), Gap, Word(&["now"])],
                vec![Word(&["act"]), Gap, Word(&["as"])],
                vec![Word(&["pretend"]), Gap, Word(&["to"]), Gap, Word(&["be"])],
                vec![Word(&["pretend"]), Gap, Word(&["you"]), Gap, Word(&["are"])],
                vec![Word(&["new"]), Gap, Word(&["instructions", "instruction"]), Mark(":")],
                vec![Mark(""), Word(&["system"]), MaybeGap, Mark(":")],
            ],
        ),
        (
            "delimiter_injection",
            0.9,
            vec![
                vec![Mark("```"), MaybeGap, Word(&["system"])],
                vec![Mark("<|im_start|>")],
                vec![Mark("<|endoftext|>")],
                vec![Mark("[inst]")],
                vec![Mark("[/inst]")],
                vec![Mark("<<sys>>")],
                vec![Mark("<</sys>>")],
            ],
        ),
        (
            "output_manipulation",
            0.3,
            vec![
                vec![Word(&["output", "response", "answer"]), MaybeGap, Mark(":")],
                vec![Word(&["reply"]), Gap, Word(&["with"]), MaybeGap, Mark(":")],
            ],
        ),
        (
            "data_exfiltration",
            0.7,
            vec![
                vec![Word(&["repeat"]), Gap, Word(&["all", "every"]), Gap, AnyWords, Word(&TEXTS)],
                what(vec![Word(&["instructions", "instruction", "rules", "rule"])]),
                what(vec![Word(&["system"]), Gap, Word(&["prompts", "prompt"])]),
            ],
        ),
    ]
}

/// The score and the names found.
pub(crate) fn sanitize(text: &str, rules: Rules) -> (f64, Vec<&'static str>) {
    let fold = |c: char| match c {
        'ſ' => 's',
        '\u{212a}' => 'k',
        _ => c.to_ascii_lowercase(),
    };
    let folded: Vec<char> = text.chars().map(fold).collect();
    let mut found: Vec<(&'static str, f64)> = Vec::new();
    for (name, weight, alternatives) in patterns(rules) {
        let occurs = |steps: &Vec<Step>| (0..=folded.len()).any(|at| matches(&folded, at, steps, rules));
        if alternatives.iter().any(occurs) {
            found.push((name, weight));
        }
    }
    let marks = |list: &[&str]| {
        let lower: String = folded.iter().collect();
        list.iter().any(|mark| lower.contains(mark))
    };
    let symbols: [(&'static str, f64, bool); 6] = [
        ("base64_payload", 0.4, has_base64(text)),
        ("unicode_escape_injection", 0.5, has_escapes(text)),
        ("control_char_injection", 0.6, text.contains(['\u{b}', '\u{c}', '\u{1b}', '\u{7f}'])),
        (
            "bidi_override",
            0.7,
            text.contains(
                |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'),
            ),
        ),
        ("path_traversal", 0.8, ["../", "..\\", "..%2f", "..%2F"].iter().any(|mark| text.contains(mark))),
        ("yaml_json_injection", 0.8, marks(&["!!python/", "!!binary", "!!map", "__import__", "yaml.unsafe_load"])),
    ];
    found.extend(symbols.into_iter().filter(|symbol| symbol.2).map(|(name, weight, _)| (name, weight)));
    let score: f64 = found.iter().map(|(_, weight)| weight).sum();
    (score.min(1.0), found.into_iter().map(|(name, _)| name).collect())
}

fn has_base64(text: &str) -> bool {
    let runs: Vec<&str> = text.split('=').collect();
    let tail = |run: &str| run.chars().rev().take_while(|c| c.is_ascii_alphanumeric() || "+/".contains(*c)).count();
    runs.iter().take(runs.len().saturating_sub(1)).any(|run| tail(run) >= 60)
}

fn has_escapes(text: &str) -> bool {
    let bytes = text.as_bytes();
    let escape = |at: usize| {
        bytes.get(at..at + 6).is_some_and(|e| e.starts_with(b"\\u") && e[2..].iter().all(u8::is_ascii_hexdigit))
    };
    (0..bytes.len()).any(|at| (0..4).all(|step| escape(at + 6 * step)))
}

fn matches(text: &[char], at: usize, steps: &[Step], rules: Rules) -> bool {
    let Some((step, rest)) = steps.split_first() else { return true };
    let rest_at = |at: usize| matches(text, at, rest, rules);
    let gap = |at: usize| text.iter().skip(at).take_while(|c| c.is_whitespace()).count();
    match step {
        Word(words) => words.iter().any(|word| {
            let end = at + word.chars().count();
            let stands = word.chars().eq(text.iter().copied().skip(at).take(end - at));
            let apart = |place: Option<&char>| place.is_none_or(|c| !is_word(*c));
            let bounded = !rules.boundaries || (apart(before(text, at)) && apart(text.get(end)));
            stands && bounded && rest_at(end)
        }),
        Gap => {
            let most = gap(at);
            (1..=most).rev().any(|taken| rest_at(at + taken))
        }
        MaybeGap => {
            let most = gap(at);
            (0..=most).rev().any(|taken| rest_at(at + taken))
        }
        Mark("") => (!rules.boundaries || opens_clause(text, at)) && rest_at(at),
        Mark(mark) => {
            let len = mark.chars().count();
            mark.chars().eq(text.iter().copied().skip(at).take(len)) && rest_at(at + len)
        }
        Maybe(steps) => {
            let mut with = steps.clone();
            with.extend_from_slice(rest);
            rest_at(at) || matches(text, at, &with, rules)
        }
        AnyWords => {
            let mut here = at;
            let in_word = |c: char| if rules.word_characters { is_word(c) } else { !c.is_whitespace() };
            loop {
                // A word of the rest may have marks before it.
                let opening = if rules.boundaries {
                    text.iter().skip(here).take_while(|c| !is_word(**c) && !c.is_whitespace()).count()
                } else {
                    0
                };
                if (0..=opening).any(|marks| rest_at(here + marks)) {
                    return true;
                }
                let word = text.iter().skip(here).take_while(|c| in_word(**c)).count();
                let gap = gap(here + word);
                let ends = rules.sentences && word > 0 && matches!(text[here + word - 1], '.' | '!' | '?');
                if word == 0 || gap == 0 || ends {
                    return false;
                }
                here += word + gap;
            }
        }
    }
}

fn before(text: &[char], at: usize) -> Option<&char> {
    at.checked_sub(1).and_then(|at| text.get(at))
}

/// Whether a label at a place opens a line or a clause.
fn opens_clause(text: &[char], at: usize) -> bool {
    let line: Vec<char> = text[..at].to_vec();
    let mut end = line.len();
    while end > 0 && line[end - 1].is_whitespace() && !matches!(line[end - 1], '\n' | '\r') {
        end -= 1;
    }
    let Some(&last) = line[..end].last() else { return true };
    let joins = end == at && matches!(last, '-' | '/' | '.' | '\'' | '\u{2019}' | '&' | '@');
    let ends_a_name = joins && end >= 2 && is_word(line[end - 2]);
    !is_word(last) && !ends_a_name
}
