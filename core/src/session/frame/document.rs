//! How a response that is one document ends before its end.
//!
//! Nothing of it has left, so it is written once, as far as it may leave: every text up to where it has passed, the
//! reason of a filter for the end, and the ending's message behind the last of the content. With the covenant a tool call
//! leaves whole or not at all: one that is denied, or whose texts have not all passed, is cut out.

use alloc::vec::Vec;
use core::ops::Range;

use super::{Frame, Piece, Trailing};
use crate::dialect::{FoundCall, Framing};
use crate::json::escape_into;
use crate::session::channel::ChannelState;

/// What is known of a document beside its texts.
#[derive(Debug, Default)]
pub(in crate::session) struct Document {
    /// The parts of calls in it.
    pub(in crate::session) calls: Vec<FoundCall>,
    /// A `null` that stands where the first choice would have its text.
    pub(in crate::session) blank: Option<Range<usize>>,
    /// What is cut out or replaced, in the order of the document, and what stands there instead.
    pub(in crate::session) edits: Vec<(Range<usize>, Vec<u8>)>,
}

impl Frame {
    /// Where calls stand that may not leave: of those that are not `allowed` all parts, and each part of a call with a
    /// text that has not passed. None where it is not known of such a call where it stands.
    pub(in crate::session) fn denied_parts(
        &self,
        channels: &[ChannelState],
        is_allowed: impl Fn(&FoundCall) -> bool,
    ) -> Option<Vec<Range<usize>>> {
        let mut parts = Vec::new();
        for call in self.document.iter().flat_map(|document| &document.calls) {
            // Pieces are in the order of the document.
            let first = self.pieces.partition_point(|piece| piece.range.start < call.range.start);
            let mut within = self.pieces.iter().skip(first).take_while(|piece| piece.range.end <= call.range.end);
            let has_passed = within.all(|piece| {
                let channel = channels.get(piece.channel);
                channel.is_some_and(|channel| piece.is_released(channel))
            });
            if !has_passed || !is_allowed(call) {
                if call.range.is_empty() {
                    return None;
                }
                parts.push(call.range.clone());
            }
        }
        Some(parts)
    }

    /// Appends the document of a halted response, without `parts`. Where no content is left that the ending's message could
    /// follow, it stands in place of the first part that is an element of a list, between the two texts of `notice`, or
    /// where the first choice would have its text.
    pub(in crate::session) fn write_halted(
        &mut self,
        channels: &mut [ChannelState],
        message: &str,
        notice: Option<[&str; 2]>,
        parts: Vec<Range<usize>>,
        framing: Framing,
        out: &mut Vec<u8>,
    ) {
        if cfg!(feature = "covenant") {
            self.cut_out(channels, message, notice, parts);
        }
        let mould = self.mould(Trailing::Filter, framing);
        self.fill(&mould, channels, message, out);
    }

    /// Notes what is cut out or replaced, and leaves the texts in it out.
    fn cut_out(
        &mut self,
        channels: &[ChannelState],
        message: &str,
        notice: Option<[&str; 2]>,
        parts: Vec<Range<usize>>,
    ) {
        let runs = runs(self.payload(), parts);
        let mut cut = Cursor::default();
        for piece in &mut self.pieces {
            if let Some(run) = cut.at(&runs, piece.range.start) {
                // It is of no channel any more, and nothing of it leaves.
                (piece.channel, piece.range, piece.is_value) = (usize::MAX, run.start..run.start, false);
            }
        }
        let is_content = |piece: &Piece| channels.get(piece.channel).is_some_and(ChannelState::is_content);
        let wants_notice = !message.is_empty() && !self.pieces.iter().any(is_content);
        let mut notice = notice.filter(|_| wants_notice);
        let mut document = self.document.take().unwrap_or_default();
        let mut blank = document.blank.take().filter(|_| wants_notice);
        if blank.is_some() {
            notice = None;
        }
        let payload = self.payload();
        let mut values = self.trailing.iter().peekable();
        let mut trailing = Vec::new();
        let mut edit = |range: Range<usize>, instead| {
            while let Some(value) = values.next_if(|value| value.start < range.end) {
                if value.start < range.start {
                    trailing.push(value.clone());
                }
            }
            trailing.push(range.clone());
            document.edits.push((range, instead));
        };
        for (range, is_element) in runs {
            if let Some(blank) = blank.take_if(|blank| blank.start < range.start) {
                edit(blank, quoted(["\"", "\""], message));
            }
            match notice.take_if(|_| is_element) {
                Some(notice) => edit(range, quoted(notice, message)),
                None if is_element => edit(with_comma(payload, range), Vec::new()),
                None => edit(range, Vec::from(b"null")),
            }
        }
        if let Some(blank) = blank {
            edit(blank, quoted(["\"", "\""], message));
        }
        trailing.extend(values.cloned());
        self.trailing = trailing;
        self.document = Some(document);
    }
}

/// A place in a document that only moves on.
#[derive(Default)]
struct Cursor(usize);

impl Cursor {
    /// The run that a place lies in.
    fn at<'r>(&mut self, runs: &'r [(Range<usize>, bool)], place: usize) -> Option<&'r Range<usize>> {
        while runs.get(self.0).is_some_and(|(run, _)| run.end <= place) {
            self.0 = self.0.saturating_add(1);
        }
        runs.get(self.0).map(|(run, _)| run).filter(|run| run.start <= place)
    }
}

impl Document {
    /// What stands in place of a value that is cut out or replaced.
    pub(super) fn instead_of(&self, value: &Range<usize>) -> Option<&[u8]> {
        let place = self.edits.binary_search_by_key(&value.start, |(range, _)| range.start).ok()?;
        self.edits.get(place).map(|(_, instead)| instead.as_slice())
    }
}

/// A text between what stands before and behind it.
fn quoted([before, after]: [&str; 2], text: &str) -> Vec<u8> {
    let mut out = Vec::from(before.as_bytes());
    escape_into(text, &mut out);
    out.extend_from_slice(after.as_bytes());
    out
}

/// The byte before a place that is no white space, and where it is.
fn before(payload: &[u8], place: usize) -> (Option<u8>, usize) {
    let rest = payload.get(..place).unwrap_or_default().trim_ascii_end();
    (rest.last().copied(), rest.len().saturating_sub(1))
}

/// The byte behind a place that is no white space, and where the one behind it is.
fn behind(payload: &[u8], place: usize) -> (Option<u8>, usize) {
    let rest = payload.get(place..).unwrap_or_default().trim_ascii_start();
    (rest.first().copied(), payload.len().saturating_sub(rest.len()).saturating_add(1))
}

/// Values as they stand side by side, and whether they are elements of a list. Else each is a member's.
fn runs(payload: &[u8], values: Vec<Range<usize>>) -> Vec<(Range<usize>, bool)> {
    let mut runs: Vec<(Range<usize>, bool)> = Vec::new();
    for value in values {
        let (sign, at) = before(payload, value.start);
        match runs.last_mut() {
            // Parts of one call. They come in the order of the document.
            Some((last, _)) if value.start < last.end => {
                *last = last.start.min(value.start)..last.end.max(value.end);
            }
            Some((last, true)) if behind(payload, last.end) == (Some(b','), at.saturating_add(1)) => {
                last.end = value.end;
            }
            _ => runs.push((value, sign != Some(b':'))),
        }
    }
    runs
}

/// Elements of a list with the comma between them and what stays of it.
fn with_comma(payload: &[u8], Range { start, end }: Range<usize>) -> Range<usize> {
    match (behind(payload, end), before(payload, start)) {
        ((Some(b','), after), _) => start..after,
        (_, (Some(b','), comma)) => comma..end,
        _ => start..end,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// The document without parts of it.
    fn without(document: &str, parts: Vec<Range<usize>>) -> String {
        let mut out = String::new();
        let mut at = 0;
        for (range, is_element) in runs(document.as_bytes(), parts) {
            let range = if is_element { with_comma(document.as_bytes(), range) } else { range };
            out.push_str(document.get(at..range.start).unwrap_or_default());
            out.push_str(if is_element { "" } else { "null" });
            at = range.end;
        }
        out.push_str(document.get(at..).unwrap_or_default());
        out
    }

    proptest! {
        #[test]
        fn what_is_cut_out_leaves_a_document(
            lists in prop::collection::vec(prop::collection::vec(any::<bool>(), 0..6), 1..4),
            member in any::<bool>(),
            space in prop::sample::select(alloc::vec!["", " ", "\n\t"]),
            again in any::<bool>(),
        ) {
            // Elements that are cut are negative, with a comma and a bracket in a string beside them.
            let mut document = String::from("{");
            let mut parts = Vec::new();
            let mut expected = Vec::new();
            for (at, list) in lists.iter().enumerate() {
                document.extend(["\"l", &at.to_string(), "\"", space, ":", space, "["]);
                let mut stay = Vec::new();
                for (place, is_cut) in list.iter().enumerate() {
                    let comma = if place > 0 { "," } else { "" };
                    document.extend([space, comma, space]);
                    let element = alloc::format!("[\"],[\",{place}]");
                    let start = document.len();
                    document.push_str(&element);
                    if *is_cut {
                        parts.push(start..document.len());
                        if again {
                            parts.push(start.saturating_add(1)..document.len().saturating_sub(1));
                        }
                    } else {
                        stay.push(json!(["],[", place]));
                    }
                }
                document.extend([space, "],"]);
                expected.push(Value::from(stay));
            }
            document.extend(["\"m\":", space]);
            let start = document.len();
            document.push_str("{\"a\":[1]}");
            if member {
                parts.push(start..document.len());
            }
            document.push('}');
            let value: Value = serde_json::from_str(&without(&document, parts)).unwrap();
            for (at, list) in expected.iter().enumerate() {
                prop_assert_eq!(&value[alloc::format!("l{at}")], list);
            }
            prop_assert_eq!(value["m"].is_null(), member);
        }
    }
}
