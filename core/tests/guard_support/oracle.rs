//! The guard's promises, by brute force: no automaton, no threads, nothing incremental.

use interlock_core::guard::compile::PatternSpec;
use interlock_core::guard::{Action, Check, Hit};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

pub(crate) struct Pattern {
    pub(crate) spec: PatternSpec,
    hir: Hir,
}

pub(crate) fn patterns(specs: &[PatternSpec]) -> Vec<Pattern> {
    specs.iter().map(|spec| Pattern { spec: spec.clone(), hir: regex_syntax::parse(&spec.pattern).unwrap() }).collect()
}

fn is_word(byte: Option<&u8>) -> bool {
    byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

fn look(look: Look, text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|at| text.get(at));
    let after = text.get(at);
    let (word_before, word_after) = (is_word(before), is_word(after));
    match look {
        Look::Start => at == 0,
        Look::End => at == text.len(),
        Look::StartLF => at == 0 || before == Some(&b'\n'),
        Look::EndLF => at == text.len() || after == Some(&b'\n'),
        Look::StartCRLF => at == 0 || before == Some(&b'\n') || before == Some(&b'\r') && after != Some(&b'\n'),
        Look::EndCRLF => at == text.len() || after == Some(&b'\r') || after == Some(&b'\n') && before != Some(&b'\r'),
        Look::WordAscii | Look::WordUnicode => word_before != word_after,
        Look::WordAsciiNegate | Look::WordUnicodeNegate => word_before == word_after,
        Look::WordStartAscii | Look::WordStartUnicode => !word_before && word_after,
        Look::WordEndAscii | Look::WordEndUnicode => word_before && !word_after,
        Look::WordStartHalfAscii | Look::WordStartHalfUnicode => !word_before,
        Look::WordEndHalfAscii | Look::WordEndHalfUnicode => !word_after,
    }
}

/// The character at a place, of valid UTF-8.
fn character(text: &[u8], at: usize) -> Option<(char, usize)> {
    (1..=4).find_map(|length| {
        let text = std::str::from_utf8(text.get(at..at + length)?).ok()?;
        Some((text.chars().next()?, at + length))
    })
}

fn once(list: impl IntoIterator<Item = usize>) -> Vec<usize> {
    let mut ends = Vec::new();
    for end in list {
        if !ends.contains(&end) {
            ends.push(end);
        }
    }
    ends
}

/// Where a match from `at` can end, the preferred ends first.
fn ends(hir: &Hir, text: &[u8], at: usize) -> Vec<usize> {
    match hir.kind() {
        HirKind::Empty => vec![at],
        HirKind::Look(assertion) => Vec::from_iter(look(*assertion, text, at).then_some(at)),
        HirKind::Literal(literal) => {
            let starts = text.get(at..).is_some_and(|rest| rest.starts_with(&literal.0));
            Vec::from_iter(starts.then_some(at + literal.0.len()))
        }
        HirKind::Class(Class::Unicode(class)) => {
            let found = character(text, at);
            let is_in = |c: char| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&c));
            Vec::from_iter(found.filter(|(c, _)| is_in(*c)).map(|(_, end)| end))
        }
        HirKind::Class(Class::Bytes(class)) => {
            let is_in = |b: u8| class.ranges().iter().any(|range| (range.start()..=range.end()).contains(&b));
            Vec::from_iter(text.get(at).filter(|byte| is_in(**byte)).map(|_| at + 1))
        }
        HirKind::Capture(capture) => ends(&capture.sub, text, at),
        HirKind::Concat(subs) => {
            subs.iter().fold(vec![at], |from, sub| once(from.iter().flat_map(|at| ends(sub, text, *at))))
        }
        HirKind::Alternation(subs) => once(subs.iter().flat_map(|sub| ends(sub, text, at))),
        HirKind::Repetition(repetition) => {
            let max = repetition.max.map_or(text.len() + 1, |max| max as usize);
            repeated(&repetition.sub, text, at, (repetition.min as usize, max), repetition.greedy)
        }
    }
}

fn repeated(sub: &Hir, text: &[u8], at: usize, (min, max): (usize, usize), greedy: bool) -> Vec<usize> {
    let mut more = Vec::new();
    if max > 0 {
        for end in ends(sub, text, at) {
            if end > at || min > 0 {
                more.extend(repeated(sub, text, end, (min.saturating_sub(1), max - 1), greedy));
            }
        }
    }
    if min > 0 {
        return once(more);
    }
    if greedy { once(more.into_iter().chain([at])) } else { once([at].into_iter().chain(more)) }
}

impl Pattern {
    /// The ends of matches from `start` that pass the check. Of a redaction those that no preferred and shorter one
    /// hides.
    fn valid_ends(&self, text: &[u8], start: usize) -> Vec<usize> {
        let mut all = ends(&self.hir, text, start);
        if self.spec.action == Action::Redact {
            let list = all.clone();
            let mut shortest = usize::MAX;
            all.retain(|end| {
                shortest = shortest.min(*end);
                *end == shortest || list.iter().take_while(|other| *other != end).all(|other| other > end)
            });
        }
        all.retain(|end| *end > start && self.spec.check.passes(&text[start..*end]));
        all
    }

    /// The ends that are known with `read` bytes of the text read, and where the text ends if `ended`: those that
    /// whatever follows leaves standing.
    fn known_ends(&self, read: &[u8], start: usize) -> Vec<usize> {
        let followed = |after: &[u8]| self.valid_ends(&[read, after].concat(), start);
        let mut known = followed(b"");
        for after in [&b" "[..], b"a", b"\n", b"\r", "\u{e9}".as_bytes(), b"b"] {
            let ends = followed(after);
            known.retain(|end| ends.contains(end));
        }
        known.retain(|end| *end <= read.len());
        known
    }

    /// Whether a continuation, of those given, makes a match from `start` that is not known yet.
    fn is_viable(&self, read: &[u8], start: usize, continuations: &[Vec<u8>]) -> bool {
        let known = self.known_ends(read, start);
        continuations.iter().any(|more| {
            let text = [read, more].concat();
            self.valid_ends(&text, start).iter().any(|end| !known.contains(end))
        })
    }

    /// Whether every continuation makes a match from `start` that is not known yet.
    fn is_sure(&self, read: &[u8], start: usize, continuations: &[Vec<u8>]) -> bool {
        continuations
            .iter()
            .all(|more| self.valid_ends(&[read, more].concat(), start).iter().any(|end| *end >= read.len()))
    }
}

/// The redactions of a whole text.
pub(crate) fn redactions(patterns: &[Pattern], text: &[u8]) -> Vec<Hit> {
    let mut hits = Vec::new();
    let mut from = 0;
    while from < text.len() {
        match best(patterns, from, |pattern| pattern.valid_ends(text, from)) {
            Some(hit) => {
                from = usize::try_from(hit.end).unwrap();
                hits.push(hit);
            }
            None => from += 1,
        }
    }
    hits
}

fn best(patterns: &[Pattern], start: usize, ends: impl Fn(&Pattern) -> Vec<usize>) -> Option<Hit> {
    let redactions = (0_u16..).zip(patterns).filter(|(_, pattern)| pattern.spec.action == Action::Redact);
    let hits = redactions.filter_map(|(index, pattern)| {
        let end = ends(pattern).into_iter().max()?;
        Some(Hit { pattern: index, start: start as u64, end: end as u64 })
    });
    hits.reduce(|best, hit| if hit.end > best.end { hit } else { best })
}

/// The halt that a text comes to: how many bytes were read, and the match. With `ended` the text is whole.
pub(crate) fn halt(patterns: &[Pattern], text: &[u8], ended: bool) -> Option<(usize, Hit)> {
    for read in 1..=text.len() {
        if let Some(hit) = halt_at(patterns, &text[..read], |pattern, start| pattern.known_ends(&text[..read], start)) {
            return Some((read, hit));
        }
        // A match before the last byte may be known only by it.
    }
    let hit = ended.then(|| halt_at(patterns, text, |pattern, start| pattern.valid_ends(text, start)))?;
    hit.map(|hit| (text.len(), hit))
}

fn halt_at(patterns: &[Pattern], read: &[u8], ends: impl Fn(&Pattern, usize) -> Vec<usize>) -> Option<Hit> {
    for start in 0..read.len() {
        for (index, pattern) in (0_u16..).zip(patterns) {
            if pattern.spec.action == Action::Halt
                && let Some(end) = ends(pattern, start).into_iter().min()
            {
                return Some(Hit { pattern: index, start: start as u64, end: end as u64 });
            }
        }
    }
    None
}

/// Everything before is decided: what the design says of the cut, by trying continuations.
pub(crate) fn cut(patterns: &[Pattern], read: &[u8], continuations: &[Vec<u8>]) -> usize {
    let viable = |action: Action, start: usize| {
        patterns.iter().any(|p| p.spec.action == action && p.is_viable(read, start, continuations))
    };
    let halts = |start: usize| {
        let mut halts = patterns.iter().filter(|pattern| pattern.spec.action == Action::Halt);
        halts.any(|pattern| !pattern.known_ends(read, start).is_empty())
    };
    let oldest_halt = (0..read.len()).find(|start| viable(Action::Halt, *start) || halts(*start));
    let mut from = 0;
    let mut redacted = read.len();
    while from < read.len() {
        let found = best(patterns, from, |pattern| pattern.known_ends(read, from));
        let may_come = viable(Action::Redact, from);
        let mut redactions = patterns.iter().filter(|p| p.spec.action == Action::Redact && p.spec.check == Check::None);
        if redactions.any(|pattern| pattern.is_sure(read, from, continuations)) {
            break;
        }
        match found {
            Some(hit) if may_come => {
                redacted = usize::try_from(hit.end).unwrap();
                break;
            }
            Some(hit) => from = usize::try_from(hit.end).unwrap(),
            None if may_come => {
                redacted = from;
                break;
            }
            None => from += 1,
        }
    }
    oldest_halt.map_or(redacted, |start| start.min(redacted))
}

/// All texts over an alphabet of at most so many letters.
pub(crate) fn texts(alphabet: &[&[u8]], length: usize) -> Vec<Vec<u8>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..length {
        last = last.iter().flat_map(|text| alphabet.iter().map(|letter| [text, *letter].concat())).collect();
        all.extend(last.iter().cloned());
    }
    all
}
