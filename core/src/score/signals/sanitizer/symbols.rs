//! Patterns made of characters.

use crate::score::text::words;

/// Shortest run of Base64 digits that is a payload.
const PAYLOAD: u32 = 60;
/// Fewest `\uXXXX` escapes in a row that hide something.
const ESCAPES: u32 = 4;

const TEMPLATE_MARKERS: &str = "<|im_start|> <|endoftext|> [inst] [/inst] <<sys>> <</sys>>";
const LOADER_TAGS: &str = "!!python/ !!binary !!map __import__ yaml.unsafe_load";

pub(super) fn has_template_marker(folded: &str) -> bool {
    has_any(folded, TEMPLATE_MARKERS)
}

pub(super) fn has_loader_tag(folded: &str) -> bool {
    has_any(folded, LOADER_TAGS)
}

/// Whether a text has one of some short marks; trying each at every place is linear in the text.
#[inline(never)]
fn has_any(text: &str, marks: &str) -> bool {
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        // What the marks begin with.
        if matches!(first, b'<' | b'[' | b'!' | b'_' | b'y') {
            for mark in words(marks) {
                if rest.starts_with(mark.as_bytes()) {
                    return true;
                }
            }
        }
        rest = tail;
    }
    false
}

pub(super) fn has_base64(text: &str) -> bool {
    let mut run = 0_u32;
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => run = run.saturating_add(1),
            b'=' if run >= PAYLOAD => return true,
            _ => run = 0,
        }
    }
    false
}

pub(super) fn has_escape_run(text: &str) -> bool {
    let mut run = 0_u32;
    let mut rest = text.as_bytes();
    loop {
        match rest {
            [b'\\', b'u', a, b, c, d, tail @ ..] if [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit()) => {
                run = run.saturating_add(1);
                if run == ESCAPES {
                    return true;
                }
                rest = tail;
            }
            [_, tail @ ..] => {
                run = 0;
                rest = tail;
            }
            [] => return false,
        }
    }
}

pub(super) fn has_control(text: &str) -> bool {
    text.bytes().any(|byte| matches!(byte, 0xb | 0xc | 0x1b | 0x7f))
}

pub(super) fn has_bidi(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

pub(super) fn has_traversal(text: &str) -> bool {
    let mut rest = text.as_bytes();
    loop {
        match rest {
            [b'.', b'.', b'/' | b'\\', ..] | [b'.', b'.', b'%', b'2', b'f' | b'F', ..] => return true,
            [_, tail @ ..] => rest = tail,
            [] => return false,
        }
    }
}
