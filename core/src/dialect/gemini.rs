//! Google Gemini, `streamGenerateContent` and `generateContent`: a stream of chunks, or one document.
//!
//! A chunk has pieces of the candidates. The calls of a candidate have no numbers: they are counted.

use alloc::vec::Vec;

use super::reader::{Field, Level, Position, Reader};
use super::write::{put, put_json, put_number, put_text};
use super::{Dialect, Ending, Found, Framing, Mark, Step};
use crate::dialect::ChannelKind::{Content, Other, ToolName};
use crate::json::{JsonError, names};

static CHUNK: Level = Level {
    names: names![
        "candidates",
        "usageMetadata",
        "modelVersion",
        "responseId",
        "error",
        "promptFeedback",
        "createTime",
        "modelStatus",
    ],
    fields: &[
        Field::List(Position::Choice, &CANDIDATE),
        Field::Usage,
        Field::Member,
        Field::Member,
        Field::Error,
        Field::Object(&FEEDBACK),
        Field::Skip,
        Field::Skip,
    ],
    rest: Field::Text(Other),
};

static FEEDBACK: Level = Level {
    names: names!["blockReason", "safetyRatings"],
    fields: &[Field::Finish("\"SAFETY\""), Field::Skip],
    rest: Field::Text(Other),
};

static CANDIDATE: Level = Level {
    names: names!["content", "finishReason", "index", "safetyRatings", "logprobsResult"],
    fields: &[Field::Object(&CONTENT), Field::Finish("\"SAFETY\""), Field::Choice, Field::Skip, Field::Logprobs],
    rest: Field::Text(Other),
};

static CONTENT: Level =
    Level { names: names!["parts"], fields: &[Field::List(Position::Piece, &PART)], rest: Field::Text(Other) };

static PART: Level = Level {
    names: names!["text", "thought", "functionCall", "thoughtSignature"],
    fields: &[Field::Text(Content), Field::Thought, Field::Call(&CALL), Field::Skip],
    rest: Field::Text(Other),
};

static CALL: Level = Level {
    names: names!["name", "args", "partialArgs"],
    fields: &[Field::Text(ToolName), Field::Arguments, Field::Odd],
    rest: Field::Text(Other),
};

/// The dialect, for both of its forms.
#[derive(Clone, Debug)]
pub(super) struct Gemini {
    framing: Framing,
    /// A candidate has finished, or none will come.
    ended: bool,
    /// How many calls have been read.
    calls: u32,
    /// Members beside the candidates have been read, and of the first message that has any, once it has left, which.
    named: bool,
    members: Vec<u8>,
}

impl Gemini {
    pub(super) const fn new(framing: Framing) -> Self {
        Self { framing, ended: false, calls: 0, named: false, members: Vec::new() }
    }
}

impl Dialect for Gemini {
    fn framing(&self) -> Framing {
        self.framing
    }

    fn read(&mut self, message: &[u8], found: &mut Found) -> Result<(), JsonError> {
        let mut reader = Reader::new(message, found)?;
        reader.calls = self.calls;
        reader.wants_members = !self.named;
        reader.message(&CHUNK, self.framing == Framing::Body)?;
        self.calls = reader.calls;
        let data = reader.members;
        if !data.is_empty() && !core::mem::replace(&mut self.named, true) {
            found.marks.push(Mark { step: Step::Begin, block: 0, data });
        }
        self.ended |= !found.finished.is_empty();
        Ok(())
    }

    fn left(&mut self, marks: &[Mark]) {
        for mark in marks {
            self.members.clone_from(&mark.data);
        }
    }

    fn notice(&self) -> Option<[&'static str; 2]> {
        Some(["{\"text\":\"", "\"}"])
    }

    fn end(&self, ending: &Ending<'_>, out: &mut Vec<u8>) {
        if self.framing == Framing::Body {
            return self.fail(ending.message, 0, out);
        }
        let mut before = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":";
        for choice in ending.open_choices {
            put_text(before, ending.message, out);
            put_number("}],\"role\":\"model\"},\"finishReason\":\"SAFETY\",\"index\":", *choice, out);
            before = "},{\"content\":{\"parts\":[{\"text\":";
        }
        put(&["}]"], out);
        if ending.usage.is_some() {
            put_json(",\"usageMetadata\":", ending.usage, "", out);
        }
        if !self.members.is_empty() {
            put_json(",", Some(&self.members), "", out);
        }
        put(&["}\n\n"], out);
    }

    fn fail(&self, message: &str, _next_count: u32, out: &mut Vec<u8>) {
        let is_event = self.framing == Framing::Sse;
        let before = if is_event { "data: " } else { "" };
        put(&[before, "{\"error\":{\"code\":502,\"status\":\"UNAVAILABLE\""], out);
        put_text(",\"message\":", message, out);
        put(&[if is_event { "}}\n\n" } else { "}}" }], out);
    }

    fn is_truncated(&self) -> bool {
        self.framing == Framing::Sse && !self.ended
    }
}
