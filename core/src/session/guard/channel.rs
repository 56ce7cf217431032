//! The text of one channel on its way through the guard.

use alloc::string::String;
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::edits::{Edit, Edits};
use super::strings::{Found, HaltFound, Span, Strings};
use crate::guard::{Action, Guard, GuardHalt, GuardSink, GuardState, GuardTables, Hit};
use crate::json::escape_into;

/// Flags that are remembered, so that none is reported as it is written and again as it is decoded.
const MOST_REMEMBERED: usize = 32;

/// The guard of a channel: of its text, and of tool arguments also of the strings in it, of other text of every piece.
#[derive(Debug)]
pub(in crate::session) struct ChannelGuard {
    tables: Arc<GuardTables>,
    limit: u32,
    whole: Guard,
    strings: Option<Strings>,
    /// With strings: the text that has not been let go.
    held: String,
    /// With strings: what was found in it.
    found: Vec<Found>,
    /// With strings: what will be replaced, in order.
    waiting: Vec<Waiting>,
    /// Bytes of the text that were let go, as they are or replaced.
    released: u64,
    /// Bytes that they have become.
    given: u64,
    edits: Edits,
    /// What was found since it was asked for.
    hits: Vec<Found>,
    flagged: Vec<Hit>,
    halt: Option<GuardHalt>,
    is_finished: bool,
    has_more: bool,
    /// The decisions are carried out.
    is_enforced: bool,
}

/// A span of a text with strings that will be replaced: one match or several that overlap. It cuts no escape.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    start: u64,
    /// The byte behind it; of one that ends in an escape that is not whole, none yet.
    end: u64,
    /// The pattern of the match that starts first, of those the longest, of those the first.
    pattern: u16,
    /// Where the matches end.
    hit_end: u64,
}

impl Waiting {
    /// The span of both.
    fn joined(self, other: Self) -> Self {
        let key = |it: &Self| (it.start, core::cmp::Reverse(it.hit_end), it.pattern);
        let first = if key(&other) < key(&self) { other } else { self };
        Self { end: self.end.max(other.end), hit_end: self.hit_end.max(other.hit_end), ..first }
    }
}

/// Takes what the guard of a text without strings gives out.
struct Direct<'a> {
    tables: &'a GuardTables,
    open: Option<&'a mut String>,
    given: &'a mut u64,
    edits: &'a mut Edits,
    hits: &'a mut Vec<Found>,
}

impl Direct<'_> {
    fn give(&mut self, text: &str) {
        *self.given = self.given.saturating_add(text.len() as u64);
        if let Some(open) = &mut self.open {
            open.push_str(text);
        }
    }
}

impl GuardSink for Direct<'_> {
    fn text(&mut self, _: u64, bytes: &[u8]) {
        // Of whole characters: what is released ends at the edge of one, and so does every piece that is read.
        self.give(core::str::from_utf8(bytes).unwrap_or_default());
    }

    fn redaction(&mut self, hit: Hit) {
        let replacement = self.tables.pattern(hit.pattern).map_or("", |pattern| pattern.replacement());
        self.edits.push(hit.start, hit.end, *self.given, String::from(replacement));
        self.give(replacement);
        self.hits.push(Found { hit, action: Action::Redact });
    }

    fn flag(&mut self, hit: Hit) {
        self.hits.push(Found { hit, action: Action::Flag });
    }
}

/// Keeps what is found in a text with strings.
struct Keep<'a>(&'a mut Vec<Found>);

impl GuardSink for Keep<'_> {
    fn text(&mut self, _: u64, _: &[u8]) {}

    fn redaction(&mut self, hit: Hit) {
        self.0.push(Found { hit, action: Action::Redact });
    }

    fn flag(&mut self, hit: Hit) {
        self.0.push(Found { hit, action: Action::Flag });
    }
}

impl ChannelGuard {
    pub(super) fn new(tables: &Arc<GuardTables>, limit: u32, strings: Option<Strings>, is_enforced: bool) -> Self {
        Self {
            tables: Arc::clone(tables),
            limit,
            whole: Guard::new(Arc::clone(tables), limit),
            strings,
            held: String::new(),
            found: Vec::new(),
            waiting: Vec::new(),
            released: 0,
            given: 0,
            edits: Edits::default(),
            hits: Vec::new(),
            flagged: Vec::new(),
            halt: None,
            is_finished: false,
            has_more: false,
            is_enforced,
        }
    }

    /// Reads a piece of the text. What is let go is appended to `open`, as it leaves.
    pub(in crate::session) fn push(&mut self, text: &str, open: Option<&mut String>) {
        if text.is_empty() || self.halt.is_some() {
            return;
        }
        if self.is_finished {
            self.has_more = true;
            return;
        }
        let Self { tables, whole, strings: None, given, edits, hits, .. } = self else {
            return self.step(Some(text), open);
        };
        // Most texts come this way, and through `search` untouched.
        let mut sink = Direct { tables, open, given, edits, hits };
        if whole.search(text, &mut sink) {
            sink.give(text);
        } else {
            self.halt = whole.state().halt();
        }
        self.released = whole.released();
    }

    /// What was read is one of the texts of a message, and all of it.
    pub(in crate::session) fn end_piece(&mut self, open: Option<&mut String>) {
        let Some(strings) = &mut self.strings else { return };
        if strings.end_piece(&mut self.found) {
            self.settle(false, open);
        }
    }

    /// No more text comes.
    pub(in crate::session) fn finish(&mut self, open: Option<&mut String>) {
        if self.halt.is_none() && !self.is_finished {
            self.step(None, open);
            self.is_finished = true;
        }
    }

    /// Reads a piece of a text with strings, or the end of any.
    fn step(&mut self, text: Option<&str>, open: Option<&mut String>) {
        let Self { tables, limit, whole, strings, held, found, given, edits, hits, .. } = self;
        let Some(strings) = strings else {
            let _ = whole.finish(&mut Direct { tables, open, given, edits, hits });
            self.released = whole.released();
            self.halt = whole.state().halt();
            return;
        };
        if let Some(text) = text {
            held.push_str(text);
            whole.search(text, &mut Keep(found));
            strings.push(tables, *limit, text, found);
        } else {
            let _ = whole.finish(&mut Keep(found));
            strings.finish(found);
        }
        self.settle(text.is_none(), open);
    }

    /// The halt of the text or of a string in it: the one for which less had to be read.
    fn halt_found(&self) -> Option<HaltFound> {
        let whole = match self.whole.state() {
            GuardState::Halted(halt) => Some(HaltFound { halt, at: self.whole.read() }),
            GuardState::Open | GuardState::Finished => None,
        };
        let inner = self.strings.as_ref().and_then(|strings| strings.halt);
        match (whole, inner) {
            (Some(whole), Some(inner)) if inner.at < whole.at => Some(inner),
            (Some(whole), _) => Some(whole),
            (None, inner) => inner,
        }
    }

    /// With strings: lets go what the guards of both let go, and replaces what either has found.
    fn settle(&mut self, is_end: bool, mut open: Option<&mut String>) {
        let halt = self.halt_found();
        let Some(mut strings) = self.strings.take() else { return };
        let mut to = self.whole.released().min(strings.released());
        if is_end && halt.is_none() {
            to = self.released.saturating_add(self.held.len() as u64);
        }
        to = strings.align_down(to).max(self.released);
        self.sort_found(&strings, halt);
        let whole = self.waiting.partition_point(|span| span.end <= to);
        if let Some(next) = self.waiting.get(whole) {
            to = to.min(next.start);
        }
        self.halt = halt.map(|found| found.halt);
        let rest = self.waiting.split_off(whole);
        for span in core::mem::replace(&mut self.waiting, rest) {
            let hit = Hit { pattern: span.pattern, start: span.start, end: span.end };
            let Some(replacement) = self.replacement(&strings, hit) else {
                // What is left without it would be no JSON any more.
                self.halt = Some(GuardHalt::Pattern(hit));
                to = span.start;
                break;
            };
            self.give_held(span.start, open.as_deref_mut());
            self.edits.push(span.start, span.end, self.given, replacement.clone());
            self.given = self.given.saturating_add(replacement.len() as u64);
            if let Some(open) = open.as_deref_mut() {
                open.push_str(&replacement);
            }
            self.drop_held(span.end);
            self.hits.push(Found { hit, action: Action::Redact });
        }
        self.give_held(to, open);
        strings.forget(self.released);
        self.strings = Some(strings);
    }

    /// Takes what was found: reports the flags, and puts the redactions to those that wait.
    fn sort_found(&mut self, strings: &Strings, halt: Option<HaltFound>) {
        // One that ended in an escape that was not whole.
        if let Some(last) = self.waiting.last_mut() {
            last.end = last.end.min(strings.align_up(last.hit_end).unwrap_or(u64::MAX));
        }
        for Found { hit, action } in core::mem::take(&mut self.found) {
            if action == Action::Redact {
                let end = strings.align_up(hit.end).unwrap_or(u64::MAX);
                let start = strings.align_down(hit.start);
                self.wait(Waiting { start, end, pattern: hit.pattern, hit_end: hit.end });
            } else if halt.is_none_or(|halt| hit.end <= halt.at) && !self.flagged.contains(&hit) {
                if self.flagged.len() == MOST_REMEMBERED {
                    self.flagged.remove(0);
                }
                self.flagged.push(hit);
                self.hits.push(Found { hit, action });
            }
        }
    }

    /// Puts a span to its place. Those that overlap become one.
    fn wait(&mut self, mut span: Waiting) {
        let mut at = self.waiting.partition_point(|other| other.start < span.start);
        if self.waiting.get(at.wrapping_sub(1)).is_some_and(|before| before.end > span.start) {
            at = at.wrapping_sub(1);
        }
        while let Some(other) = self.waiting.get(at).filter(|other| other.start < span.end) {
            span = span.joined(*other);
            self.waiting.remove(at);
        }
        self.waiting.insert(at, span);
    }

    /// What a redacted span leaves as; none where nothing could without breaking the JSON around it.
    fn replacement(&self, strings: &Strings, hit: Hit) -> Option<String> {
        let replacement = self.tables.pattern(hit.pattern).map_or("", |pattern| pattern.replacement());
        if !strings.is_json() {
            return Some(String::from(replacement));
        }
        match strings.span(hit.start, hit.end) {
            Span::InString => {
                let mut escaped = Vec::new();
                escape_into(replacement, &mut escaped);
                String::from_utf8(escaped).ok()
            }
            // Of a number: a card's, say.
            Span::Outside => {
                let text = self.held.as_bytes().get(self.place(hit.start)..self.place(hit.end))?;
                let is_number = |byte: &u8| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
                text.iter().all(is_number).then(|| String::from("0"))
            }
            Span::Across => None,
        }
    }

    /// Where a byte of the text is in what is held.
    fn place(&self, at: u64) -> usize {
        usize::try_from(at.saturating_sub(self.released)).unwrap_or(usize::MAX).min(self.held.len())
    }

    /// Lets the held text go, up to a place.
    fn give_held(&mut self, to: u64, open: Option<&mut String>) {
        let text = self.held.get(..self.place(to)).unwrap_or_default();
        self.given = self.given.saturating_add(text.len() as u64);
        if let Some(open) = open {
            open.push_str(text);
        }
        self.drop_held(to);
    }

    fn drop_held(&mut self, to: u64) {
        let place = self.place(to);
        self.held.drain(..place);
        self.released = self.released.saturating_add(place as u64);
    }

    /// Bytes of the text that were let go, as they are or replaced.
    pub(in crate::session) const fn released(&self) -> u64 {
        self.released
    }

    /// Bytes that they have become.
    pub(in crate::session) const fn given(&self) -> u64 {
        self.given
    }

    /// How much of the text the first `given` bytes of what it has become stand for.
    pub(in crate::session) fn source_of(&self, given: u64) -> u64 {
        self.edits.source_of(given).min(self.released)
    }

    /// What leaves otherwise than it came, of the text from `start` on and before `end`.
    pub(in crate::session) fn edits(&self, start: u64, end: u64) -> &[Option<Edit>] {
        self.edits.within(start, if self.is_enforced { end } else { start })
    }

    /// The text up to a place has left, and is in segments as far as `given` bytes of what it has become.
    pub(in crate::session) fn forget(&mut self, source: u64, given: u64) {
        self.edits.forget(source, given);
    }

    /// Why the text was ended.
    pub(super) const fn halt(&self) -> Option<GuardHalt> {
        self.halt
    }

    /// Text came behind its end.
    pub(in crate::session) const fn has_more(&self) -> bool {
        self.has_more
    }

    /// Whether there is something to take note of.
    pub(in crate::session) const fn has_news(&self) -> bool {
        self.halt.is_some() || !self.hits.is_empty()
    }

    /// Takes what was found.
    pub(super) fn take_hits(&mut self) -> Vec<Found> {
        core::mem::take(&mut self.hits)
    }

    /// The patterns.
    pub(super) const fn tables(&self) -> &Arc<GuardTables> {
        &self.tables
    }
}
