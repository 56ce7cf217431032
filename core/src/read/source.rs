//! Where the values of a configuration come from.

use alloc::borrow::Cow;
use alloc::string::String;

use crate::json::{Broken, Kind, Names};

/// A document, walked from its start to its end.
///
/// Every method but [`Source::key`] and [`Source::message`] may say that the document is [`Broken`]: that it is not
/// well-formed, or that the next value is of another kind. After that only `message` is of use.
pub trait Source {
    /// What kind of value comes next.
    ///
    /// # Errors
    /// None does.
    fn kind(&mut self) -> Result<Kind, Broken>;

    /// Begins an object.
    ///
    /// # Errors
    /// The next value is none.
    fn begin_object(&mut self) -> Result<(), Broken>;

    /// The next field of the innermost object, by its position among `names`: [`OTHER`](crate::json::OTHER) for another
    /// name, none at the end of the object. Its value must be consumed then.
    ///
    /// # Errors
    /// The object is not well-formed.
    fn next_field(&mut self, names: Names) -> Result<Option<usize>, Broken>;

    /// The name of the field that was given last.
    fn key(&self) -> String;

    /// Begins a list.
    ///
    /// # Errors
    /// The next value is none.
    fn begin_list(&mut self) -> Result<(), Broken>;

    /// Whether the innermost list has another item, which must be consumed then.
    ///
    /// # Errors
    /// The list is not well-formed.
    fn next_item(&mut self) -> Result<bool, Broken>;

    /// Consumes null.
    ///
    /// # Errors
    /// The next value is not null.
    fn null(&mut self) -> Result<(), Broken>;

    /// Consumes a number; none for one that no double holds.
    ///
    /// # Errors
    /// The next value is no number.
    fn number(&mut self) -> Result<Option<f64>, Broken>;

    /// Consumes a value; none unless it is a whole number of 64 bits. Sources whose numbers are doubles give no number
    /// above 2^53.
    ///
    /// # Errors
    /// The next value is not well-formed.
    fn count(&mut self) -> Result<Option<u64>, Broken>;

    /// Consumes a text.
    ///
    /// # Errors
    /// The next value is none.
    fn text(&mut self) -> Result<Cow<'_, str>, Broken>;

    /// Checks that nothing follows.
    ///
    /// # Errors
    /// Something does.
    fn finish(&mut self) -> Result<(), Broken>;

    /// Where the next value starts.
    fn position(&mut self) -> usize;

    /// Says what is wrong at a position that this source gave out.
    fn fail_at(&mut self, position: usize, what: &'static str) -> Broken;

    /// What was wrong, once something was, in words.
    fn message(&self) -> String;
}
