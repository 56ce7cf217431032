//! Pieces of the OpenAI chat protocol, as providers write them.

use serde_json::{Value, json};

/// A stream as it is put together.
#[derive(Clone, Debug, Default)]
pub(super) struct Wire {
    pub(super) text: String,
    /// What ends a line.
    line: &'static str,
}

impl Wire {
    pub(super) const fn new() -> Self {
        Self { text: String::new(), line: "\n" }
    }

    /// With lines that end otherwise.
    pub(super) const fn with_lines(line: &'static str) -> Self {
        Self { text: String::new(), line }
    }

    /// An event with these data.
    pub(super) fn data(mut self, data: &str) -> Self {
        self.text.push_str("data: ");
        self.text.push_str(data);
        self.raw_end()
    }

    /// Anything at all.
    pub(super) fn raw(mut self, text: &str) -> Self {
        self.text.push_str(text);
        self
    }

    fn raw_end(mut self) -> Self {
        self.text.push_str(self.line);
        self.text.push_str(self.line);
        self
    }

    /// A chunk with one choice.
    pub(super) fn delta(self, choice: u32, delta: &Value) -> Self {
        self.choice(&json!({ "index": choice, "delta": delta, "finish_reason": null }))
    }

    /// A chunk with the choice as given.
    pub(super) fn choice(self, choice: &Value) -> Self {
        self.chunk(&json!([choice]), None)
    }

    /// A chunk with these choices.
    pub(super) fn chunk(self, choices: &Value, usage: Option<&Value>) -> Self {
        let mut chunk = String::from(r#"{"id":"c1","model":"m","choices":"#);
        chunk.push_str(&choices.to_string());
        if let Some(usage) = usage {
            chunk.push_str(",\"usage\":");
            chunk.push_str(&usage.to_string());
        }
        chunk.push('}');
        self.data(&chunk)
    }

    /// A chunk with content of the first choice.
    pub(super) fn content(self, text: &str) -> Self {
        self.delta(0, &json!({ "content": text }))
    }

    /// Chunks with content of the first choice.
    pub(super) fn contents(self, texts: &[&str]) -> Self {
        texts.iter().fold(self, |wire, text| wire.content(text))
    }

    /// A chunk whose content is written as given between the quotes.
    pub(super) fn escaped(self, text: &str) -> Self {
        let data =
            format!(r#"{{"id":"c1","choices":[{{"index":0,"delta":{{"content":"{text}"}},"finish_reason":null}}]}}"#);
        self.data(&data)
    }

    /// The chunk that finishes a choice.
    pub(super) fn finish(self, choice: u32, reason: &str) -> Self {
        self.choice(&json!({ "index": choice, "delta": {}, "finish_reason": reason }))
    }

    /// The end of the protocol.
    pub(super) fn done(self) -> Self {
        self.data("[DONE]")
    }

    /// Finish, usage and end.
    pub(super) fn close(self) -> Self {
        let usage = json!({ "prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21 });
        self.finish(0, "stop").chunk(&json!([]), Some(&usage)).done()
    }
}
