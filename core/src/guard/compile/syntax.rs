//! Parsing a pattern.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Capture, Class, Hir, HirKind, Look, Repetition};

use super::super::{Check, MAX_CHECKED_BYTES};
use super::{CompileError, PatternSpec};

/// Parses a pattern. What the guard does not support is refused.
pub(super) fn parse(spec: &PatternSpec) -> Result<Hir, CompileError> {
    let id = || spec.id.clone();
    let parsed = ParserBuilder::new().nest_limit(64).build().parse(&spec.pattern);
    let hir = parsed.map_err(|error| CompileError::Syntax { id: id(), message: message(&error) })?;
    let hir = with_ascii_words(&hir);
    let properties = hir.properties();
    match properties.minimum_len() {
        Some(0) => return Err(CompileError::MatchesEmpty { id: id() }),
        None => return Err(CompileError::Syntax { id: id(), message: String::from("it can never match") }),
        Some(_) => {}
    }
    if !properties.is_utf8() {
        return Err(CompileError::MatchesInvalidText { id: id() });
    }
    let length = properties.maximum_len();
    if spec.check != Check::None && length.is_none_or(|length| length > MAX_CHECKED_BYTES) {
        return Err(CompileError::TooLongToCheck { id: id(), length, limit: MAX_CHECKED_BYTES });
    }
    Ok(hir)
}

/// The parser's message in one line.
fn message(error: &regex_syntax::Error) -> String {
    match error {
        regex_syntax::Error::Parse(error) => error.kind().to_string(),
        regex_syntax::Error::Translate(error) => error.kind().to_string(),
        _ => error.to_string(),
    }
}

/// The same with the word boundaries of ASCII.
fn with_ascii_words(hir: &Hir) -> Hir {
    let all = |subs: &[Hir]| subs.iter().map(with_ascii_words).collect::<Vec<_>>();
    match hir.kind() {
        HirKind::Look(look) => Hir::look(match look {
            Look::WordUnicode => Look::WordAscii,
            Look::WordUnicodeNegate => Look::WordAsciiNegate,
            Look::WordStartUnicode => Look::WordStartAscii,
            Look::WordEndUnicode => Look::WordEndAscii,
            Look::WordStartHalfUnicode => Look::WordStartHalfAscii,
            Look::WordEndHalfUnicode => Look::WordEndHalfAscii,
            other => *other,
        }),
        HirKind::Repetition(repetition) => {
            Hir::repetition(Repetition { sub: with_ascii_words(&repetition.sub).into(), ..repetition.clone() })
        }
        HirKind::Capture(capture) => {
            Hir::capture(Capture { sub: with_ascii_words(&capture.sub).into(), ..capture.clone() })
        }
        HirKind::Concat(subs) => Hir::concat(all(subs)),
        HirKind::Alternation(subs) => Hir::alternation(all(subs)),
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => hir.clone(),
    }
}

/// How many places for a byte or a character the pattern has, repetitions written out.
pub(super) fn places(hir: &Hir) -> u64 {
    let sum = |subs: &[Hir]| subs.iter().map(places).fold(0, u64::saturating_add);
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => 0,
        HirKind::Literal(literal) => literal.0.len() as u64,
        HirKind::Class(Class::Bytes(_) | Class::Unicode(_)) => 1,
        HirKind::Repetition(repetition) => {
            let times = repetition.max.unwrap_or(repetition.min).max(1);
            places(&repetition.sub).saturating_mul(u64::from(times))
        }
        HirKind::Capture(capture) => places(&capture.sub),
        HirKind::Concat(subs) | HirKind::Alternation(subs) => sum(subs),
    }
}
