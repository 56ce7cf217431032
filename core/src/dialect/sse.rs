//! Server-sent events: finding their ends, reading their data, writing them.
//!
//! Lines end in LF, CRLF or CR, an empty line ends an event. Comments and fields other than `data` are
//! passed through unread.

use alloc::vec::Vec;
use core::ops::Range;

/// Finds the ends of events in bytes that come in pieces, looking at every byte once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Boundary {
    /// The line that is open has bytes.
    in_line: bool,
    /// The last line ended in CRLF, so the LF of the next will follow its CR.
    crlf: bool,
    last: Last,
    /// Lines of the open event, as far as it matters.
    lines: Lines,
    /// Lines of the event that ended last.
    ended: Lines,
}

/// How many lines of an event have bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Lines {
    #[default]
    None,
    One,
    More,
}

/// What the last byte of the bytes before was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Last {
    #[default]
    Other,
    /// A CR: an LF that follows belongs to it.
    Cr,
    /// A CR that ended an event, which waits for its LF.
    EventCr,
}

impl Boundary {
    /// Whether the event whose end was found last is one line, and the empty one.
    #[must_use]
    pub fn was_one_line(&self) -> bool {
        self.ended == Lines::One
    }

    /// Looks at the next bytes. Gives the position after the first event's end, or none when all bytes
    /// were looked at and the event goes on. Look again from that position. It is 0 when the event ended
    /// with the bytes before.
    ///
    /// In a stream whose lines end in CRLF an event is held for its last LF: what is written after an event
    /// must not stand between the two. Where the line before ended in CR alone, the event ends with its CR, and an LF
    /// that follows all the same is the first byte of the next one. So no event depends on how the bytes are cut.
    pub fn find(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut at = 0_usize;
        while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
            let last = core::mem::take(&mut self.last);
            if last != Last::Other {
                let is_lf = rest.first() == Some(&b'\n');
                self.crlf = is_lf;
                at = at.saturating_add(usize::from(is_lf));
                if last == Last::EventCr {
                    self.ended = core::mem::take(&mut self.lines);
                    return Some(at);
                }
                if is_lf {
                    continue;
                }
            }
            let Some(length) = memchr::memchr2(b'\n', b'\r', rest) else {
                self.in_line = true;
                return None;
            };
            let empty = length == 0 && !self.in_line;
            self.in_line = false;
            if !empty {
                self.lines = if self.lines == Lines::None { Lines::One } else { Lines::More };
            }
            at = at.saturating_add(length).saturating_add(1);
            if rest.get(length) == Some(&b'\r') {
                match bytes.get(at) {
                    // Whether an LF follows may not be known yet: where none is expected it belongs to the next event.
                    _ if empty && !self.crlf => self.last = Last::Cr,
                    Some(b'\n') => {
                        self.crlf = true;
                        at = at.saturating_add(1);
                    }
                    Some(_) => self.crlf = false,
                    None if empty => {
                        self.last = Last::EventCr;
                        return None;
                    }
                    None => self.last = Last::Cr,
                }
            } else {
                self.crlf = false;
            }
            if empty {
                self.ended = core::mem::take(&mut self.lines);
                return Some(at);
            }
        }
        None
    }
}

/// The data of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// There is none: a comment, or fields that are not data.
    None,
    /// One `data` line: its range in the event.
    Line(Range<usize>),
    /// Several, joined by line feeds as the format says.
    Joined(Vec<u8>),
}

/// The fields that the format knows. An empty name is a comment.
const FIELDS: [&[u8]; 5] = [b"", b"data", b"event", b"id", b"retry"];

/// Whether a stream that starts with these bytes is an event stream, if they tell: it is when its first line
/// that is not empty is a comment or a field of the format.
#[must_use]
pub fn starts_stream(bytes: &[u8]) -> Option<bool> {
    if bytes.len() < BOM.len() && BOM.starts_with(bytes) {
        return None;
    }
    let (_, line) = split_bom(bytes);
    let start = line.iter().position(|byte| !matches!(byte, b'\n' | b'\r'))?;
    let line = line.get(start..).unwrap_or_default();
    match line.iter().position(|byte| matches!(byte, b':' | b'\n' | b'\r')) {
        Some(end) => Some(FIELDS.contains(&line.get(..end).unwrap_or_default())),
        None if FIELDS.iter().any(|field| field.starts_with(line)) => None,
        None => Some(false),
    }
}

/// The byte order mark, which a stream may start with.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The byte order mark that a stream starts with, if it does, and what follows. Anywhere else it is part of a line.
#[must_use]
pub fn split_bom(bytes: &[u8]) -> (&[u8], &[u8]) {
    bytes.split_at_checked(if bytes.starts_with(BOM) { BOM.len() } else { 0 }).unwrap_or_default()
}

/// Splits an event into its lines: each one's range without, and the end with, its line end.
pub fn lines(event: &[u8]) -> impl Iterator<Item = (Range<usize>, usize)> + '_ {
    let mut at = 0_usize;
    core::iter::from_fn(move || {
        let rest = event.get(at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
        let start = at;
        let end = at.saturating_add(length);
        let breaks = match (rest.get(length), rest.get(length.saturating_add(1))) {
            (Some(b'\r'), Some(b'\n')) => 2,
            (Some(_), _) => 1,
            (None, _) => 0,
        };
        at = end.saturating_add(breaks);
        Some((start..end, at))
    })
}

/// The range of a `data` line's value within the line, none if it is another line.
fn data_value(line: &[u8]) -> Option<usize> {
    let rest = line.strip_prefix(b"data")?;
    match rest.first() {
        None => Some(4),
        Some(b':') if rest.get(1) == Some(&b' ') => Some(6),
        Some(b':') => Some(5),
        Some(_) => None,
    }
}

/// Reads the data of an event that is one line, and the empty one: the line is not searched for its end again.
#[must_use]
pub fn data_of_line(event: &[u8]) -> Data {
    let mut line = event;
    while let [rest @ .., b'\n' | b'\r'] = line {
        line = rest;
    }
    let end = line.len();
    // The LF of a CR that ended the event before, and the chunk.
    let line = line.strip_prefix(b"\n").unwrap_or(line);
    match data_value(line) {
        Some(from) => Data::Line(end.saturating_sub(line.len()).saturating_add(from)..end),
        None => Data::None,
    }
}

/// Reads the data of an event.
#[must_use]
pub fn data(event: &[u8]) -> Data {
    let mut found = Data::None;
    for (line, _) in lines(event) {
        let Some(from) = event.get(line.clone()).and_then(data_value) else { continue };
        let value = line.start.saturating_add(from)..line.end;
        found = match found {
            Data::None => Data::Line(value),
            Data::Line(first) => {
                let mut joined = event.get(first).unwrap_or_default().to_vec();
                joined.push(b'\n');
                joined.extend_from_slice(event.get(value).unwrap_or_default());
                Data::Joined(joined)
            }
            Data::Joined(mut joined) => {
                joined.push(b'\n');
                joined.extend_from_slice(event.get(value).unwrap_or_default());
                Data::Joined(joined)
            }
        };
    }
    found
}

/// An event without its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shell<'e> {
    /// The lines before the data, and the name of its field.
    pub before: Vec<u8>,
    /// The end of a data line.
    pub ending: &'e [u8],
    /// The end of the last data line, and what follows it.
    pub after: Vec<u8>,
}

/// Takes the data out of an event: the other lines stay. Each line of what is put in its place needs a `data` line
/// of its own.
#[must_use]
pub fn shell(event: &[u8]) -> Shell<'_> {
    let mut shell = Shell { before: Vec::new(), ending: b"\n", after: Vec::new() };
    let mut has_data = false;
    let mut ends_with_empty_line = false;
    for (line, end) in lines(event) {
        ends_with_empty_line = line.is_empty() && end > line.end;
        if event.get(line.clone()).and_then(data_value).is_none() {
            let whole = event.get(line.start..end).unwrap_or_default();
            if has_data { &mut shell.after } else { &mut shell.before }.extend_from_slice(whole);
        } else if !has_data {
            has_data = true;
            shell.ending = event.get(line.end..end).filter(|ending| !ending.is_empty()).unwrap_or(b"\n");
            shell.before.extend_from_slice(DATA);
            shell.after.extend_from_slice(shell.ending);
        }
    }
    // An event that lacked its empty line at the end of the input gets one.
    if !ends_with_empty_line {
        shell.after.extend_from_slice(shell.ending);
    }
    shell
}

/// What a line of data starts with.
pub const DATA: &[u8] = b"data: ";

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use alloc::string::String;
    use alloc::vec;
    use proptest::prelude::*;

    /// The events of chunks and what is left; that one line is read as several are is checked on the way.
    fn events(chunks: &[&[u8]]) -> (Vec<Vec<u8>>, Vec<u8>) {
        let mut boundary = Boundary::default();
        let mut held = Vec::new();
        let mut found = Vec::new();
        for chunk in chunks {
            let mut rest = *chunk;
            while let Some(end) = boundary.find(rest) {
                held.extend_from_slice(&rest[..end]);
                let lines = lines(&held).filter(|(line, _)| !line.is_empty()).count();
                assert_eq!(lines == 1, boundary.was_one_line(), "{held:?}");
                if boundary.was_one_line() {
                    assert_eq!(data_of_line(&held), data(&held), "{held:?}");
                }
                found.push(core::mem::take(&mut held));
                rest = &rest[end..];
            }
            held.extend_from_slice(rest);
        }
        (found, held)
    }

    #[test]
    fn every_line_end_ends_events() {
        for end in ["\n", "\r\n", "\r"] {
            let text = alloc::format!("data: a{end}{end}data: b{end}{end}");
            let (found, rest) = events(&[text.as_bytes()]);
            assert_eq!(found.len(), 2, "{end:?}");
            assert!(rest.is_empty());
            assert_eq!(data(&found[1]), Data::Line(6..7));
        }
    }

    #[test]
    fn joins_data_lines() {
        assert_eq!(data(b"data: a\nid: 1\ndata:b\ndata\n\n"), Data::Joined(b"a\nb\n".to_vec()));
        assert_eq!(data(b": ping\n\n"), Data::None);
        assert_eq!(data(b"database: x\n\n"), Data::None);
    }

    #[test]
    fn knows_what_is_no_stream() {
        for good in ["data: x", ": c", "\n\ndata:", "event: x\n", "\u{feff}data: 1", "\u{feff}\r\n\ndata\n", "retry: 1"]
        {
            assert_eq!(starts_stream(good.as_bytes()), Some(true), "{good}");
        }
        for bad in ["{\"a\": 1}", "<html>", "datax: 1", "hello\n", "{", "\n\r\n[", "\u{feff}\u{feff}", "da\n"] {
            assert_eq!(starts_stream(bad.as_bytes()), Some(false), "{bad}");
        }
        for open in ["", "da", "data", "\n\r", "\u{feff}", "\u{feff}\n", "\nretr"] {
            assert_eq!(starts_stream(open.as_bytes()), None, "{open}");
        }
        assert_eq!(
            [&b"\xef"[..], b"\xef\xbb", b"\xef{", b"\xef\xbb{"].map(starts_stream),
            [None, None, Some(false), Some(false)]
        );
    }

    #[test]
    fn what_is_known_of_the_start_stays_known() {
        for text in ["\u{feff}\n\nevent: x", "\r\n{", "\u{feff}: ping", "dat: 1"] {
            let known: Vec<_> = (0..=text.len()).filter_map(|end| starts_stream(&text.as_bytes()[..end])).collect();
            assert!(!known.is_empty() && known.iter().all(|it| *it == known[0]), "{text:?}");
        }
    }

    #[test]
    fn a_byte_order_mark_within_the_stream_is_part_of_a_line() {
        for event in ["\u{feff}data: x\n\n", "\u{feff}data: x\nid: 1\n\n"] {
            assert_eq!(data(event.as_bytes()), Data::None, "{event:?}");
        }
        assert_eq!(data_of_line("\u{feff}data: x\n\n".as_bytes()), Data::None);
        assert_eq!(split_bom("\u{feff}\u{feff}a".as_bytes()), ("\u{feff}".as_bytes(), "\u{feff}a".as_bytes()));
        assert_eq!(split_bom(b"\xef\xbb"), (&b""[..], &b"\xef\xbb"[..]));
    }

    #[test]
    fn takes_only_the_data_out() {
        let parts = |event: &'static str| {
            let Shell { before, ending, after } = shell(event.as_bytes());
            [&before, ending, &after].map(|part| String::from_utf8(part.to_vec()).unwrap())
        };
        let event = "event: x\r\ndata: old\r\ndata: older\r\nid: 7\r\n\r\n";
        assert_eq!(parts(event), ["event: x\r\ndata: ", "\r\n", "\r\nid: 7\r\n\r\n"]);
        assert_eq!(parts("data: x"), ["data: ", "\n", "\n\n"]);
        assert_eq!(parts("data: x\n"), ["data: ", "\n", "\n\n"]);
        assert_eq!(parts(": only\r\r"), [": only\r\r", "\n", ""]);
    }

    proptest! {
        #[test]
        fn the_cut_into_chunks_changes_no_event(
            has_bom in any::<bool>(),
            parts in prop::collection::vec(prop::sample::select(vec!["data: a", "data", "data:", ": c", "\n", "\r\n", "\r", "id: 1", "\n\n"]), 0..24),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let text = [if has_bom { "\u{feff}" } else { "" }, &parts.concat()].concat();
            let bytes = text.as_bytes();
            let mut positions: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            positions.sort_unstable();
            let mut chunks = Vec::new();
            let mut from = 0;
            for position in positions { chunks.push(&bytes[from..position]); from = position; }
            chunks.push(&bytes[from..]);
            let (whole, whole_rest) = events(&[bytes]);
            let (cut, cut_rest) = events(&chunks);
            let flat = |events: &[Vec<u8>], rest: &[u8]| [events.concat(), rest.to_vec()].concat();
            prop_assert_eq!(flat(&whole, &whole_rest), bytes.to_vec());
            prop_assert_eq!(flat(&cut, &cut_rest), bytes.to_vec());
            prop_assert_eq!((&whole, &whole_rest), (&cut, &cut_rest));
        }
    }
}
