//! A tree that JavaScript made, as a source of configurations.

use alloc::borrow::Cow;
use alloc::string::String;

use interlock_core::json::{Broken, Kind, Names, OTHER};
use interlock_core::read::Source;

use super::{END, FALSE, LIST, NULL, NUMBER, OBJECT, TEXT, TRUE};

/// A tree while it is read. Its bytes are not trusted: what is no tree is refused.
pub(crate) struct TreeSource<'a> {
    rest: &'a [u8],
    key: &'a str,
    /// What is wrong.
    what: &'static str,
}

impl<'a> TreeSource<'a> {
    pub(crate) const fn new(tree: &'a [u8]) -> Self {
        Self { rest: tree, key: "", what: "" }
    }

    #[inline(never)]
    fn tag(&self) -> u8 {
        self.rest.first().copied().unwrap_or(END)
    }

    /// Consumes this many bytes.
    #[inline(never)]
    fn take(&mut self, length: usize) -> Result<&'a [u8], Broken> {
        match self.rest.split_at_checked(length) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(self.fail_at(0, "a tree that is cut off")),
        }
    }

    /// Consumes a tag.
    #[inline(never)]
    fn expect(&mut self, tag: u8, what: &'static str) -> Result<(), Broken> {
        if self.tag() == tag { self.take(1).map(|_| ()) } else { Err(self.fail_at(0, what)) }
    }

    /// Whether the innermost list or object goes on; its end is consumed.
    fn goes_on(&mut self) -> Result<bool, Broken> {
        if self.tag() != END {
            return Ok(true);
        }
        self.take(1).map(|_| false)
    }

    /// Consumes true or false.
    #[cfg(any(feature = "physics", feature = "covenant", feature = "rules"))]
    pub(crate) fn flag(&mut self) -> Result<bool, Broken> {
        let is_true = self.tag() == TRUE;
        self.expect(if is_true { TRUE } else { FALSE }, "expected true or false")?;
        Ok(is_true)
    }

    pub(crate) fn string(&mut self) -> Result<&'a str, Broken> {
        self.expect(TEXT, "expected a string")?;
        let length = self.take(4)?.try_into().map_or(u32::MAX, u32::from_le_bytes);
        let bytes = self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
        core::str::from_utf8(bytes).map_err(|_| self.fail_at(0, "invalid UTF-8"))
    }

    /// Consumes bytes.
    #[cfg(any(feature = "ledger", feature = "rules"))]
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], Broken> {
        self.expect(super::BYTES, "expected bytes")?;
        let length = self.take(4)?.try_into().map_or(u32::MAX, u32::from_le_bytes);
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    /// Consumes a whole number of 64 bits.
    #[cfg(any(feature = "covenant", feature = "ledger", feature = "operad", feature = "rules"))]
    pub(crate) fn whole(&mut self) -> Result<u64, Broken> {
        if self.tag() == super::WHOLE {
            self.take(1)?;
            return Ok(self.take(8)?.try_into().map_or(0, u64::from_le_bytes));
        }
        self.count()?.ok_or_else(|| self.fail_at(0, "expected a whole number"))
    }

    /// A whole number of 32 bits.
    #[cfg(any(feature = "covenant", feature = "ledger", feature = "operad", feature = "rules"))]
    pub(crate) fn small(&mut self) -> Result<u32, Broken> {
        u32::try_from(self.whole()?).map_err(|_| self.fail_at(0, "expected a whole number below 2^32"))
    }

    /// Consumes null, if that comes next.
    #[cfg(any(feature = "covenant", feature = "ledger", feature = "operad", feature = "rules"))]
    pub(crate) fn is_null(&mut self) -> Result<bool, Broken> {
        if self.tag() == NULL { self.take(1).map(|_| true) } else { Ok(false) }
    }

    /// Consumes a list, item by item.
    #[cfg(any(feature = "covenant", feature = "ledger", feature = "operad", feature = "rules"))]
    pub(crate) fn each<E: From<Broken>>(&mut self, mut item: impl FnMut(&mut Self) -> Result<(), E>) -> Result<(), E> {
        self.begin_list()?;
        while self.next_item()? {
            item(self)?;
        }
        Ok(())
    }
}

/// The largest double below which every whole number is one.
const MOST: f64 = 9_007_199_254_740_992.0;

impl Source for TreeSource<'_> {
    fn kind(&mut self) -> Result<Kind, Broken> {
        match self.tag() {
            NULL => Ok(Kind::Null),
            FALSE | TRUE => Ok(Kind::Bool),
            NUMBER => Ok(Kind::Number),
            TEXT => Ok(Kind::String),
            LIST => Ok(Kind::Array),
            OBJECT => Ok(Kind::Object),
            _ => Err(self.fail_at(0, "expected a value")),
        }
    }

    fn begin_object(&mut self) -> Result<(), Broken> {
        self.expect(OBJECT, "expected an object")
    }

    fn next_field(&mut self, names: Names) -> Result<Option<usize>, Broken> {
        if !self.goes_on()? {
            return Ok(None);
        }
        self.key = self.string()?;
        Ok(Some(names.position(self.key).unwrap_or(OTHER)))
    }

    fn key(&self) -> String {
        self.key.into()
    }

    fn begin_list(&mut self) -> Result<(), Broken> {
        self.expect(LIST, "expected an array")
    }

    fn next_item(&mut self) -> Result<bool, Broken> {
        self.goes_on()
    }

    fn null(&mut self) -> Result<(), Broken> {
        self.expect(NULL, "expected null")
    }

    fn number(&mut self) -> Result<Option<f64>, Broken> {
        self.expect(NUMBER, "expected a number")?;
        Ok(self.take(8)?.try_into().map(f64::from_le_bytes).ok())
    }

    fn count(&mut self) -> Result<Option<u64>, Broken> {
        if self.tag() != NUMBER {
            return Ok(None);
        }
        // A language with one type of numbers writes 5 and 5.0 alike.
        let number = self.number()?.filter(|number| (0.0..=MOST).contains(number) && number % 1.0 == 0.0);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole and in range")]
        Ok(number.map(|number| number as u64))
    }

    fn text(&mut self) -> Result<Cow<'_, str>, Broken> {
        self.string().map(Cow::Borrowed)
    }

    fn finish(&mut self) -> Result<(), Broken> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.fail_at(0, "something follows the tree")) }
    }

    fn position(&mut self) -> usize {
        0
    }

    #[cold]
    #[inline(never)]
    fn fail_at(&mut self, _: usize, what: &'static str) -> Broken {
        self.what = what;
        Broken
    }

    fn message(&self) -> String {
        self.what.into()
    }
}
