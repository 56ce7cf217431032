//! The strings of a JSON text that comes in pieces: each is guarded as the text it means.
//!
//! Tool arguments are JSON. `{"key": "\u0073k-…"}` holds no key as it is written, and the tool that reads it gets one. So
//! beside the text as it is written, every string in it, names included, is guarded as what it is decoded to.
//!
//! A channel of texts that may have nothing to do with each other is read likewise: as one text, since they may be its
//! pieces, and each by itself, since what stands before or behind it can hide a match (`\b` finds no edge there).

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::guard::{Action, Guard, GuardHalt, GuardSink, GuardState, GuardTables, Hit};
use crate::json::Decoder;

/// What was found in the text as it is written: a match, in its positions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub(super) hit: Hit,
    pub(super) action: Action,
}

/// A halt, and how much of the text had to be read for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct HaltFound {
    pub(super) halt: GuardHalt,
    pub(super) at: u64,
}

/// Where the reader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lex {
    /// Nothing but white space has come.
    Start,
    /// No JSON: it has no strings.
    Plain,
    Outside,
    Inside,
    /// Behind a backslash.
    Escape,
}

/// Decoded text and the bytes that mean it.
#[derive(Clone, Copy, Debug)]
struct Run {
    /// Where it starts in the string's text, and where it ends.
    text: (u64, u64),
    /// Where it starts as it is written, and where it ends.
    raw: (u64, u64),
}

impl Run {
    /// Whether every byte of it stands for itself.
    const fn is_literal(self) -> bool {
        self.text.1.saturating_sub(self.text.0) == self.raw.1.saturating_sub(self.raw.0)
    }
}

/// A quote, or an escape, as it is written.
#[derive(Clone, Copy, Debug)]
struct Mark {
    start: u64,
    end: u64,
    is_quote: bool,
}

/// What stands in a span of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Span {
    /// It lies in one string.
    InString,
    /// It lies outside of strings.
    Outside,
    /// It starts or ends a string.
    Across,
}

#[derive(Debug)]
pub(super) struct Strings {
    /// What comes is no JSON: every piece is a string.
    are_pieces: bool,
    lex: Lex,
    /// Bytes read.
    read: u64,
    /// The string that is being read.
    guard: Option<Guard>,
    /// Its text that the guard has not read yet.
    text: String,
    decoder: Decoder,
    /// Bytes of its text.
    decoded: u64,
    runs: Vec<Run>,
    /// The escape that is not whole.
    escape: String,
    /// Where the escape starts that is not whole, or whose other half has not come.
    escape_at: u64,
    /// Quotes and escapes of what has not left.
    marks: Vec<Mark>,
    /// Whether the oldest byte that has not left lies in a string.
    starts_inside: bool,
    pub(super) halt: Option<HaltFound>,
}

/// Turns what the guard of a string finds into what is written.
struct Written<'a> {
    runs: &'a [Run],
    found: &'a mut Vec<Found>,
}

impl Written<'_> {
    fn hit(&self, hit: Hit) -> Hit {
        Hit { start: raw_start(self.runs, hit.start), end: raw_end(self.runs, hit.end), ..hit }
    }
}

impl GuardSink for Written<'_> {
    fn text(&mut self, _: u64, _: &[u8]) {}

    fn redaction(&mut self, hit: Hit) {
        let hit = self.hit(hit);
        self.found.push(Found { hit, action: Action::Redact });
    }

    fn flag(&mut self, hit: Hit) {
        let hit = self.hit(hit);
        self.found.push(Found { hit, action: Action::Flag });
    }
}

/// Where a place in a string's text is written.
fn raw_start(runs: &[Run], at: u64) -> u64 {
    let index = runs.partition_point(|run| run.text.1 <= at);
    match runs.get(index) {
        Some(run) if run.is_literal() => run.raw.0.saturating_add(at.saturating_sub(run.text.0)),
        Some(run) => run.raw.0,
        None => runs.last().map_or(0, |run| run.raw.1),
    }
}

/// The byte behind what is written for the text before a place.
fn raw_end(runs: &[Run], at: u64) -> u64 {
    let index = runs.partition_point(|run| run.text.1 < at);
    match runs.get(index) {
        Some(run) if run.is_literal() => run.raw.0.saturating_add(at.saturating_sub(run.text.0)),
        Some(run) => run.raw.1,
        None => runs.last().map_or(0, |run| run.raw.1),
    }
}

impl Strings {
    /// The strings of a JSON text.
    pub(super) fn of_json() -> Self {
        Self::new(false)
    }

    /// Strings of which each comes as a piece.
    pub(super) fn of_pieces() -> Self {
        Self::new(true)
    }

    fn new(are_pieces: bool) -> Self {
        Self {
            are_pieces,
            lex: Lex::Start,
            read: 0,
            guard: None,
            text: String::new(),
            decoder: Decoder::default(),
            decoded: 0,
            runs: Vec::new(),
            escape: String::new(),
            escape_at: 0,
            marks: Vec::new(),
            starts_inside: false,
            halt: None,
        }
    }

    /// Reads a piece of the text.
    pub(super) fn push(&mut self, tables: &Arc<GuardTables>, limit: u32, piece: &str, found: &mut Vec<Found>) {
        if self.are_pieces {
            if self.guard.is_none() && self.halt.is_none() {
                self.begin(tables, limit);
            }
            let end = self.read.saturating_add(piece.len() as u64);
            put(&mut self.text, &mut self.runs, &mut self.decoded, piece, (self.read, end));
            self.read = end;
            return self.flush(found);
        }
        let mut rest = piece;
        while !rest.is_empty() && self.halt.is_none() {
            let taken = match self.lex {
                Lex::Start => {
                    let blank = rest.len().saturating_sub(rest.trim_ascii_start().len());
                    match rest.as_bytes().get(blank) {
                        None => {}
                        Some(b'{' | b'[' | b'"') => self.lex = Lex::Outside,
                        Some(_) => self.lex = Lex::Plain,
                    }
                    blank
                }
                Lex::Plain => rest.len(),
                Lex::Outside => match memchr::memchr2(b'"', b'"', rest.as_bytes()) {
                    None => rest.len(),
                    Some(before) => {
                        self.quote(before);
                        self.begin(tables, limit);
                        before.saturating_add(1)
                    }
                },
                Lex::Inside => match memchr::memchr2(b'"', b'\\', rest.as_bytes()) {
                    Some(0) if rest.as_bytes().starts_with(b"\"") => {
                        self.quote(0);
                        self.end(found);
                        1
                    }
                    Some(0) => {
                        self.lex = Lex::Escape;
                        self.escape.push('\\');
                        if !self.decoder.is_pending() {
                            self.escape_at = self.read;
                        }
                        1
                    }
                    end => {
                        let run = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
                        self.take(run, self.read);
                        run.len()
                    }
                },
                Lex::Escape => self.escape(rest),
            };
            self.read = self.read.saturating_add(taken as u64);
            rest = rest.get(taken..).unwrap_or_default();
        }
        self.flush(found);
    }

    /// No more text comes.
    pub(super) fn finish(&mut self, found: &mut Vec<Found>) {
        if self.guard.is_some() {
            self.end(found);
        }
        self.lex = Lex::Plain;
    }

    /// A piece is over, if there was one.
    pub(super) fn end_piece(&mut self, found: &mut Vec<Found>) -> bool {
        let is_one = self.are_pieces && self.guard.is_some() && self.halt.is_none();
        if is_one {
            self.end(found);
        }
        is_one
    }

    fn quote(&mut self, before: usize) {
        let start = self.read.saturating_add(before as u64);
        self.marks.push(Mark { start, end: start.saturating_add(1), is_quote: true });
    }

    fn begin(&mut self, tables: &Arc<GuardTables>, limit: u32) {
        self.lex = Lex::Inside;
        self.decoder = Decoder::default();
        self.decoded = 0;
        self.runs.clear();
        self.guard = Some(Guard::new(Arc::clone(tables), limit));
    }

    fn end(&mut self, found: &mut Vec<Found>) {
        let (text, runs, decoded) = (&mut self.text, &mut self.runs, &mut self.decoded);
        let raw = (self.escape_at, self.read);
        self.decoder.finish(|replacement| put(text, runs, decoded, replacement, raw));
        self.escape.clear();
        self.flush(found);
        if let Some(mut guard) = self.guard.take().filter(|_| self.halt.is_none()) {
            let _ = guard.finish(&mut Written { runs: &self.runs, found });
            self.note_halt(&guard);
            if self.halt.is_some() {
                self.guard = Some(guard);
            }
        }
        self.lex = Lex::Outside;
    }

    /// Reads on in an escape, and says how many bytes of it that were.
    fn escape(&mut self, rest: &str) -> usize {
        let Some(next) = rest.chars().next() else { return 0 };
        let is_unicode = self.escape.len() > 1;
        if is_unicode && !next.is_ascii_hexdigit() {
            // No JSON any more. What it means nobody knows.
            self.escape.clear();
            self.lex = Lex::Inside;
            return 0;
        }
        self.escape.push(next);
        let taken = next.len_utf8();
        if self.escape == "\\u" || (is_unicode && self.escape.len() < 6) {
            return taken;
        }
        let end = self.read.saturating_add(taken as u64);
        let escape = core::mem::take(&mut self.escape);
        let start = end.saturating_sub(escape.len() as u64);
        self.take(&escape, start);
        self.lex = Lex::Inside;
        taken
    }

    /// Takes a run without escapes, or one escape, which is written at `start`.
    fn take(&mut self, content: &str, start: u64) {
        let end = start.saturating_add(content.len() as u64);
        let was_pending = self.decoder.is_pending();
        let half_at = self.escape_at;
        let (text, runs, decoded) = (&mut self.text, &mut self.runs, &mut self.decoded);
        let is_escape = content.as_bytes().starts_with(b"\\");
        let is_low = is_escape && is_low_half(content);
        let mut is_first = true;
        self.decoder.decode(content, |piece| {
            let raw = match (is_first && was_pending, is_low) {
                (true, true) => (half_at, end),
                (true, false) => (half_at, start),
                (false, _) => (start, end),
            };
            is_first = false;
            put(text, runs, decoded, piece, raw);
        });
        if self.decoder.is_pending() {
            self.escape_at = start;
        }
        if is_escape {
            let is_pair = was_pending && is_low;
            if is_pair {
                // The two halves are one.
                self.marks.pop();
            }
            let start = if is_pair { half_at } else { start };
            self.marks.push(Mark { start, end, is_quote: false });
        }
    }

    /// Lets the string's guard read what was decoded.
    fn flush(&mut self, found: &mut Vec<Found>) {
        let text = core::mem::take(&mut self.text);
        let Some(mut guard) = self.guard.take() else { return };
        if self.halt.is_none() && !text.is_empty() {
            guard.search(&text, &mut Written { runs: &self.runs, found });
            self.note_halt(&guard);
            let passed = self.runs.partition_point(|run| run.text.1 <= guard.released());
            // What a flag has matched may have left, so some of them stay.
            if passed > MOST_PASSED_RUNS {
                self.runs.drain(..passed.saturating_sub(MOST_PASSED_RUNS / 2));
            }
        }
        self.guard = Some(guard);
        self.text = text;
        self.text.clear();
    }

    fn note_halt(&mut self, guard: &Guard) {
        if let GuardState::Halted(halt) = guard.state() {
            let halt = match halt {
                GuardHalt::Pattern(hit) => GuardHalt::Pattern(Hit {
                    start: raw_start(&self.runs, hit.start),
                    end: raw_end(&self.runs, hit.end),
                    ..hit
                }),
                GuardHalt::HeldLimit { .. } => halt,
            };
            self.halt = Some(HaltFound { halt, at: raw_end(&self.runs, guard.read()) });
        }
    }

    /// How much of the text may leave, as far as its strings are concerned.
    pub(super) fn released(&self) -> u64 {
        let Some(guard) = &self.guard else { return self.read };
        let mut end = self.read;
        if guard.released() < self.decoded {
            end = raw_start(&self.runs, guard.released());
        }
        if self.lex == Lex::Escape || self.decoder.is_pending() {
            end = end.min(self.escape_at);
        }
        end
    }

    /// The start of the escape that a place lies in, or the place.
    pub(super) fn align_down(&self, at: u64) -> u64 {
        self.escape_around(at).map_or(at, |mark| mark.start)
    }

    /// The end of the escape that a place lies in, or the place; none where it is not whole.
    pub(super) fn align_up(&self, at: u64) -> Option<u64> {
        let is_open = self.guard.is_some() && (self.lex == Lex::Escape || self.decoder.is_pending());
        if is_open && at > self.escape_at {
            return None;
        }
        Some(self.escape_around(at).map_or(at, |mark| mark.end))
    }

    fn escape_around(&self, at: u64) -> Option<&Mark> {
        let index = self.marks.partition_point(|mark| mark.end <= at);
        self.marks.get(index).filter(|mark| !mark.is_quote && mark.start < at)
    }

    /// What a span is that has not left.
    pub(super) fn span(&self, start: u64, end: u64) -> Span {
        let first = self.marks.partition_point(|mark| mark.end <= start);
        let quotes = |marks: &[Mark]| marks.iter().filter(|mark| mark.is_quote).count();
        let before = quotes(self.marks.get(..first).unwrap_or_default());
        let upto = self.marks.partition_point(|mark| mark.start < end);
        if quotes(self.marks.get(first..upto).unwrap_or_default()) > 0 {
            Span::Across
        } else if (before % 2 == 1) != self.starts_inside {
            Span::InString
        } else {
            Span::Outside
        }
    }

    /// Whether it is JSON as far as it was read.
    pub(super) const fn is_json(&self) -> bool {
        !self.are_pieces && !matches!(self.lex, Lex::Plain | Lex::Start) || !self.marks.is_empty() || self.starts_inside
    }

    /// The text up to a place has left.
    pub(super) fn forget(&mut self, to: u64) {
        let gone = self.marks.partition_point(|mark| mark.end <= to);
        let quotes = self.marks.drain(..gone).filter(|mark| mark.is_quote).count();
        self.starts_inside ^= quotes % 2 == 1;
    }
}

/// Runs that may stay when their text has been released.
const MOST_PASSED_RUNS: usize = 256;

/// Appends decoded text, which is written at `raw`.
fn put(text: &mut String, runs: &mut Vec<Run>, decoded: &mut u64, piece: &str, raw: (u64, u64)) {
    let start = *decoded;
    *decoded = start.saturating_add(piece.len() as u64);
    text.push_str(piece);
    let run = Run { text: (start, *decoded), raw };
    match runs.last_mut() {
        Some(last) if last.is_literal() && run.is_literal() && last.raw.1 == raw.0 => {
            last.text.1 = run.text.1;
            last.raw.1 = raw.1;
        }
        _ => runs.push(run),
    }
}

/// Whether an escape is the second half of a pair.
fn is_low_half(escape: &str) -> bool {
    matches!(escape.as_bytes(), [_, _, b'd' | b'D', b'c'..=b'f' | b'C'..=b'F', ..])
}
