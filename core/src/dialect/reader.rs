//! Reads messages of typed JSON objects by tables.
//!
//! A dialect says with [`Level`]s which fields an object may have and what each [`Field`] means; the [`Reader`] walks
//! the message once and notes where its texts stand. Every string in a field that is not known is text, unless the table
//! says that such fields are beside the response.

use alloc::vec::Vec;
use core::ops::Range;

use super::members::{METADATA, list_entropy};
use super::{CallForm, Channel, ChannelKind, Finish, Found, FoundCall, FoundText, Message, TextForm};
use crate::json::{Broken, JsonError, Kind, Names, OTHER, Scanner};

/// What a field means.
#[derive(Clone, Copy)]
pub(super) enum Field {
    /// Its strings are no text for a client.
    Skip,
    /// Every string in it is text.
    Text(ChannelKind),
    /// Text that may have come before, piece by piece.
    Again(ChannelKind),
    /// A JSON value that is the arguments of a tool as it is written, and may have come before.
    Arguments,
    /// Arguments in a way that is not read.
    Odd,
    /// An object with known fields.
    Object(&'static Level),
    /// A tool call that is numbered by its order in the stream.
    Call(&'static Level),
    /// A list of objects, and what the position in it is.
    List(Position, &'static Level),
    /// The place of a choice.
    Choice,
    /// The place of a block.
    Block,
    /// The place within a block.
    Part,
    /// A number that counts messages.
    Count,
    /// What the object is.
    Type,
    /// What the object is called by.
    Id,
    /// A member that the dialect wants as it is written.
    Member,
    /// A reason for the end, and what it is when a filter ended the response.
    Finish(&'static str),
    /// The account of usage.
    Usage,
    /// An error, unless it is null.
    Error,
    /// Log-probabilities: they leave with their text.
    Logprobs,
    /// A flag: what stands beside it is reasoning.
    Thought,
}

/// What the position in a list is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Position {
    Choice,
    Block,
    Part,
    /// Its objects are pieces of one block.
    Piece,
    Nothing,
}

/// An object with known fields.
pub(super) struct Level {
    pub(super) names: Names,
    pub(super) fields: &'static [Field],
    /// What a field is that is not among them.
    pub(super) rest: Field,
}

/// What an object says of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Head {
    /// Where its type stands; empty when it has none.
    pub(super) name: Range<usize>,
    /// Where its id stands.
    pub(super) id: Range<usize>,
    choice: Option<u32>,
    block: Option<u32>,
    part: Option<u32>,
    is_thought: bool,
}

impl Head {
    /// The block that it is about.
    pub(super) fn block(&self) -> u32 {
        block_of(self.block.unwrap_or(0), self.part.unwrap_or(0))
    }
}

/// A message that is being read.
pub(super) struct Reader<'f, 'a> {
    pub(super) json: Scanner<'a>,
    pub(super) found: &'f mut Found,
    choice: u32,
    block: u32,
    /// How many calls there have been in the stream.
    pub(super) calls: u32,
    /// Members that the dialect wants: `"id":"x","model":"y"`.
    pub(super) members: Vec<u8>,
    pub(super) wants_members: bool,
    /// What the last object within said of itself.
    pub(super) inner: Head,
    /// Where log-probabilities start.
    logprobs: Vec<usize>,
}

/// How much had been found at some time.
struct Lengths {
    texts: usize,
    calls: usize,
    finished: usize,
}

/// The block of a place and a place within it.
pub(super) const fn block_of(block: u32, part: u32) -> u32 {
    block | (part << 16)
}

/// Places beyond are refused.
const MOST_BLOCKS: u32 = 1 << 16;
const MOST_PARTS: u32 = 1 << 15;

impl<'f, 'a> Reader<'f, 'a> {
    pub(super) fn new(message: &'a [u8], found: &'f mut Found) -> Result<Self, JsonError> {
        let json = Scanner::new(message)?;
        let (members, logprobs, inner) = (Vec::new(), Vec::new(), Head::default());
        Ok(Self { json, found, choice: 0, block: 0, calls: 0, members, wants_members: true, inner, logprobs })
    }

    /// Reads the whole message: an object, or where the protocol has them a list of such.
    pub(super) fn message(&mut self, level: &'static Level, may_be_list: bool) -> Result<Head, JsonError> {
        self.whole(level, may_be_list).map_err(|Broken| self.json.error())
    }

    fn whole(&mut self, level: &'static Level, may_be_list: bool) -> Result<Head, Broken> {
        let mut head = Head::default();
        match self.json.kind()? {
            Kind::Object => head = self.object(level)?,
            Kind::Array if may_be_list => self.list(Position::Nothing, level)?,
            _ => {
                let start = self.json.position();
                return Err(self.json.fail_at(start, "expected a JSON object"));
            }
        }
        self.json.finish()?;
        // Log-probabilities spell text out. Beside their text they leave with it; alone they are text.
        if self.found.texts.is_empty() {
            for start in core::mem::take(&mut self.logprobs) {
                self.found.trailing.retain(|range| range.start != start);
                self.json = self.json.rewound(start);
                self.texts(ChannelKind::Other, false)?;
            }
        }
        Ok(head)
    }

    /// Reads an object.
    fn object(&mut self, level: &'static Level) -> Result<Head, Broken> {
        let from = self.lengths();
        let mut head = Head::default();
        let mut walk = self.json.object()?;
        while let Some(position) = self.json.next_field(&mut walk, level.names)? {
            let field = match level.fields.get(position) {
                Some(field) => *field,
                None if METADATA.position(&self.json.key()).is_some() => Field::Skip,
                None => level.rest,
            };
            self.field(field, position, level, &mut head)?;
        }
        self.place(&from, &head);
        Ok(head)
    }

    fn field(&mut self, field: Field, position: usize, level: &'static Level, head: &mut Head) -> Result<(), Broken> {
        if let Field::Skip = field {
            let range = self.json.value()?;
            self.found.skipped.push(range);
            return Ok(());
        }
        let kind = self.json.kind()?;
        match (field, kind) {
            (Field::Text(text), _) => return self.text_field(text, false, kind),
            (Field::Again(text), _) => return self.text_field(text, true, kind),
            (Field::Object(inner), Kind::Object) => {
                self.inner = self.object(inner)?;
                return Ok(());
            }
            (Field::Call(inner), Kind::Object) => {
                let block = core::mem::replace(&mut self.block, self.calls);
                if self.calls >= MOST_BLOCKS {
                    return Err(self.too_many());
                }
                self.calls = self.calls.saturating_add(1);
                self.call(CallForm::Listed);
                self.object(inner)?;
                self.block = block;
                return Ok(());
            }
            (Field::List(position, inner), Kind::Array) => return self.list(position, inner),
            (Field::Call(_), Kind::Array | Kind::String) | (Field::Odd, _) => {
                self.call(CallForm::Odd);
                return self.texts(ChannelKind::ToolArguments, false);
            }
            (Field::Object(_) | Field::List(..) | Field::Call(_), _) => return self.texts(ChannelKind::Other, false),
            (Field::Choice, _) => return self.place_of(&mut head.choice, MOST_BLOCKS),
            (Field::Block, _) => return self.place_of(&mut head.block, MOST_BLOCKS),
            (Field::Part, _) => return self.place_of(&mut head.part, MOST_PARTS),
            (Field::Count, _) => {
                let start = self.json.position();
                self.found.count = self.json.unsigned()?;
                self.found.count_at = self.found.count.map(|_| start..self.json.end_of_last());
                return Ok(());
            }
            (Field::Type, Kind::String) => return self.name(&mut head.name),
            (Field::Id, Kind::String) => return self.name(&mut head.id),
            _ => {}
        }
        let range = self.json.value()?;
        let is_null = kind == Kind::Null;
        match field {
            Field::Arguments if !is_null && self.json.slice(range.clone()) != "{}" => {
                self.push(ChannelKind::ToolArguments, range, TextForm { repeats: true, is_value: true });
            }
            Field::Member if self.wants_members => {
                if let Some(name) = level.names.get(position) {
                    let comma = if self.members.is_empty() { "\"" } else { ",\"" };
                    super::write::put(&[comma, name, "\":", self.json.slice(range)], &mut self.members);
                }
            }
            Field::Finish(filtered) if !is_null || filtered.starts_with('{') => {
                self.found.trailing.push(range.clone());
                self.found.finished.push(Finish { choice: self.choice, range, filtered });
            }
            Field::Usage if !is_null => {
                self.found.trailing.push(range.clone());
                self.found.usage = Some(range);
            }
            Field::Error if !is_null => self.found.message = Message::Error,
            Field::Logprobs if !is_null => {
                self.logprobs.push(range.start);
                self.found.trailing.push(range.clone());
                if kind == Kind::Array {
                    self.entropy(&range);
                }
            }
            Field::Thought => head.is_thought = kind == Kind::Bool && self.json.slice(range) == "true",
            _ => {}
        }
        Ok(())
    }

    /// The name of an object, which it has once: clients may read another one in it else.
    fn name(&mut self, name: &mut Range<usize>) -> Result<(), Broken> {
        let range = self.json.string()?;
        if name.end > name.start {
            return Err(self.json.fail_at(range.start, "a type or an id stands twice"));
        }
        *name = range;
        Ok(())
    }

    fn place_of(&mut self, place: &mut Option<u32>, most: u32) -> Result<(), Broken> {
        let start = self.json.position();
        let is_null = self.json.kind()? == Kind::Null;
        let number = self.json.unsigned()?.filter(|number| *number < most);
        if number.is_none() && !is_null {
            return Err(self.json.fail_at(start, "expected an index"));
        }
        *place = number;
        Ok(())
    }

    fn too_many(&mut self) -> Broken {
        let at = self.json.position();
        self.json.fail_at(at, "too many blocks")
    }

    /// Reads a list of objects.
    fn list(&mut self, position: Position, level: &'static Level) -> Result<(), Broken> {
        let (choice, block) = (self.choice, self.block);
        let mut walk = self.json.array()?;
        let mut at = 0_u32;
        while self.json.next_item(&mut walk)? {
            match position {
                Position::Choice => self.choice = at,
                Position::Block if at < MOST_BLOCKS => self.block = at,
                Position::Part if at < MOST_PARTS => self.block = block_of(block, at),
                Position::Piece | Position::Nothing => {}
                Position::Block | Position::Part => return Err(self.too_many()),
            }
            if self.json.kind()? == Kind::Object {
                let (from, start) = (self.lengths(), self.json.position());
                let head = self.object(level)?;
                if matches!(position, Position::Block | Position::Piece) {
                    self.element(&from, &head, start..self.json.end_of_last());
                }
            } else {
                self.texts(ChannelKind::Other, false)?;
            }
            at = at.saturating_add(1);
        }
        (self.choice, self.block) = (choice, block);
        Ok(())
    }

    /// Notes that an element of a list is a call, if it is: its type says so, or what was found in it.
    fn element(&mut self, from: &Lengths, head: &Head, range: Range<usize>) {
        let calls = self.found.calls.get_mut(from.calls..).unwrap_or_default();
        let is_listed = !calls.is_empty();
        for call in calls {
            call.range = range.clone();
        }
        let is_named =
            |text: &FoundText| matches!(text.channel.kind, ChannelKind::ToolName | ChannelKind::ToolArguments);
        let mut texts = self.found.texts.iter().skip(from.texts);
        if !is_listed && (texts.any(is_named) || is_call(&self.json.plain(head.name.clone()))) {
            self.found.calls.push(FoundCall { choice: self.choice, block: self.block, form: CallForm::Listed, range });
        }
    }

    const fn lengths(&self) -> Lengths {
        Lengths { texts: self.found.texts.len(), calls: self.found.calls.len(), finished: self.found.finished.len() }
    }

    /// What an object said of itself holds for everything that was found in it, also before it was said.
    fn place(&mut self, from: &Lengths, head: &Head) {
        let Head { choice, block, part, .. } = *head;
        let name = || self.json.plain(head.name.clone());
        let is_reasoning =
            head.is_thought || (may_be_reasoning(self.json.slice(head.name.clone())) && is_reasoning(&name()));
        let moved = |old: u32| block_of(block.unwrap_or(old & 0xffff), part.unwrap_or(old >> 16));
        if !is_reasoning && choice.is_none() && block.is_none() && part.is_none() {
            return;
        }
        for FoundText { channel, .. } in self.found.texts.iter_mut().skip(from.texts) {
            channel.choice = choice.unwrap_or(channel.choice);
            channel.block = moved(channel.block);
            if is_reasoning && channel.kind == ChannelKind::Content {
                channel.kind = ChannelKind::Reasoning;
            }
        }
        for call in self.found.calls.iter_mut().skip(from.calls) {
            call.choice = choice.unwrap_or(call.choice);
            call.block = moved(call.block);
        }
        for finish in self.found.finished.iter_mut().skip(from.finished) {
            finish.choice = choice.unwrap_or(finish.choice);
        }
    }

    /// Notes a part of a call.
    pub(super) fn call(&mut self, form: CallForm) {
        self.found.calls.push(FoundCall { choice: self.choice, block: self.block, form, range: 0..0 });
    }

    fn push(&mut self, kind: ChannelKind, range: Range<usize>, form: TextForm) {
        let channel = Channel { choice: self.choice, kind, block: self.block };
        self.found.texts.push(FoundText { channel, range, form });
    }

    fn text_field(&mut self, text: ChannelKind, repeats: bool, kind: Kind) -> Result<(), Broken> {
        let is_call = matches!(text, ChannelKind::ToolName | ChannelKind::ToolArguments);
        if is_call && !matches!(kind, Kind::String | Kind::Null) {
            self.call(CallForm::Odd);
        }
        self.texts(text, repeats)
    }

    /// Every string of a value is text of `kind`, metadata excepted.
    fn texts(&mut self, kind: ChannelKind, repeats: bool) -> Result<(), Broken> {
        match self.json.kind()? {
            Kind::String => {
                let range = self.json.string()?;
                self.push(kind, range, TextForm { repeats, is_value: false });
                Ok(())
            }
            Kind::Array => {
                let mut walk = self.json.array()?;
                while self.json.next_item(&mut walk)? {
                    self.texts(kind, repeats)?;
                }
                Ok(())
            }
            Kind::Object => {
                let mut walk = self.json.object()?;
                while let Some(position) = self.json.next_field(&mut walk, METADATA)? {
                    if position == OTHER {
                        self.texts(kind, repeats)?;
                    } else {
                        self.json.skip()?;
                    }
                }
                Ok(())
            }
            Kind::Number | Kind::Bool | Kind::Null => self.json.skip(),
        }
    }

    /// Notes the largest entropy of the tokens in a list of log-probabilities.
    fn entropy(&mut self, range: &Range<usize>) {
        let mut json = self.json.rewound(range.start);
        // The list has been walked once: it is well-formed.
        if let Ok(Some(bits)) = list_entropy(&mut json) {
            self.found.entropies.push((self.choice, bits));
        }
    }
}

/// Calls that the provider carries out itself, as the request has told it to.
const OF_THE_PROVIDER: [&str; 4] =
    ["web_search_call", "file_search_call", "code_interpreter_call", "image_generation_call"];

/// Whether a type says that the object is a call of a tool that somebody is to be asked about.
pub(super) fn is_call(name: &str) -> bool {
    name.ends_with("tool_use") || (name.ends_with("_call") && !OF_THE_PROVIDER.contains(&name))
}

/// Whether the first byte of a type, as it is written, may be that of one whose text is reasoning.
fn may_be_reasoning(written: &str) -> bool {
    matches!(written.as_bytes().first(), Some(b'r' | b's' | b'\\'))
}

/// Whether a type says that its text is reasoning.
fn is_reasoning(name: &str) -> bool {
    let name = name.strip_prefix("response.").unwrap_or(name);
    name.starts_with("reasoning") || name == "summary_text"
}
