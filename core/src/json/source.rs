//! JSON as a source of configurations.

use alloc::borrow::Cow;
use alloc::string::String;
use alloc::vec::Vec;

use super::names::Names;
use super::scanner::{Broken, Kind, Scanner, Walk};
use crate::read::Source;

/// A JSON document while it is read.
pub(crate) struct JsonSource<'a> {
    json: Scanner<'a>,
    /// The objects and arrays that are open, the innermost last.
    open: Vec<Walk>,
}

impl<'a> JsonSource<'a> {
    pub(crate) const fn new(document: &'a str) -> Self {
        Self { json: Scanner::of(document), open: Vec::new() }
    }

    fn ended(&mut self, ended: bool) {
        if ended {
            self.open.pop();
        }
    }
}

impl Source for JsonSource<'_> {
    fn kind(&mut self) -> Result<Kind, Broken> {
        self.json.kind()
    }

    fn begin_object(&mut self) -> Result<(), Broken> {
        self.open.push(self.json.object()?);
        Ok(())
    }

    fn next_field(&mut self, names: Names) -> Result<Option<usize>, Broken> {
        let Some(walk) = self.open.last_mut() else { return Ok(None) };
        let field = self.json.next_field(walk, names)?;
        self.ended(field.is_none());
        Ok(field)
    }

    fn key(&self) -> String {
        self.json.key().into_owned()
    }

    fn begin_list(&mut self) -> Result<(), Broken> {
        self.open.push(self.json.array()?);
        Ok(())
    }

    fn next_item(&mut self) -> Result<bool, Broken> {
        let Some(walk) = self.open.last_mut() else { return Ok(false) };
        let more = self.json.next_item(walk)?;
        self.ended(!more);
        Ok(more)
    }

    fn null(&mut self) -> Result<(), Broken> {
        self.json.skip()
    }

    fn number(&mut self) -> Result<Option<f64>, Broken> {
        self.json.double()
    }

    fn count(&mut self) -> Result<Option<u64>, Broken> {
        self.json.whole()
    }

    fn text(&mut self) -> Result<Cow<'_, str>, Broken> {
        let range = self.json.string()?;
        Ok(self.json.plain(range))
    }

    fn finish(&mut self) -> Result<(), Broken> {
        self.json.finish()
    }

    fn position(&mut self) -> usize {
        self.json.position()
    }

    fn fail_at(&mut self, position: usize, what: &'static str) -> Broken {
        self.json.fail_at(position, what)
    }

    fn message(&self) -> String {
        self.json.error().message()
    }
}
