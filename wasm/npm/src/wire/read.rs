//! Objects in.

use serde::de::value::{BorrowedStrDeserializer, StrDeserializer};
use serde::de::{self, Deserialize, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::error::WireError;
use super::{END, FALSE, LIST, NULL, NUMBER, OBJECT, TEXT, TRUE};

/// Nesting beyond this is refused: reading recurses.
const MAX_DEPTH: u32 = 32;

/// Reads a `T` from a tree.
///
/// # Errors
/// The tree is not a `T`: where, and what was found there.
pub(crate) fn read<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, WireError> {
    let mut reader = Reader { rest: bytes, depth: 0 };
    let value = T::deserialize(&mut reader)?;
    if reader.rest.is_empty() { Ok(value) } else { Err(WireError::new(BROKEN)) }
}

const BROKEN: &str = "not a tree of values";

struct Reader<'de> {
    rest: &'de [u8],
    depth: u32,
}

impl<'de> Reader<'de> {
    fn take(&mut self, length: usize) -> Result<&'de [u8], WireError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or_else(|| WireError::new(BROKEN))?;
        self.rest = rest;
        Ok(taken)
    }

    fn peek(&self) -> Result<u8, WireError> {
        self.rest.first().copied().ok_or_else(|| WireError::new(BROKEN))
    }

    fn tag(&mut self, tag: u8, expected: &'static str) -> Result<(), WireError> {
        let found = self.peek()?;
        if found != tag {
            let mut error = WireError::expected(&expected, kind_of(found));
            error.value = self.number().ok();
            return Err(error);
        }
        self.take(1).map(|_| ())
    }

    fn text(&mut self) -> Result<&'de str, WireError> {
        let (length, rest) = self.rest.split_first_chunk::<4>().ok_or_else(|| WireError::new(BROKEN))?;
        self.rest = rest;
        let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| WireError::new(BROKEN))?;
        core::str::from_utf8(self.take(length)?).map_err(|_| WireError::new("not UTF-8"))
    }

    fn number(&mut self) -> Result<f64, WireError> {
        if self.peek()? == NUMBER {
            self.take(1)?;
            let (bytes, rest) = self.rest.split_first_chunk::<8>().ok_or_else(|| WireError::new(BROKEN))?;
            self.rest = rest;
            return Ok(f64::from_le_bytes(*bytes));
        }
        Err(WireError::expected(&"a number", kind_of(self.peek()?)))
    }

    /// A whole number of at most `most`, which is below 2^53.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "in 0..=most and whole")]
    fn whole(&mut self, most: f64) -> Result<u64, WireError> {
        let value = self.number()?;
        let whole = value as u64;
        #[allow(clippy::cast_precision_loss, reason = "compared with what it came from")]
        if (0.0..=most).contains(&value) && whole as f64 == value {
            return Ok(whole);
        }
        let mut error = WireError::expected(&"a whole number", "another number");
        error.value = Some(value);
        Err(error)
    }

    fn enter(&mut self) -> Result<(), WireError> {
        self.depth = self.depth.saturating_add(1);
        if self.depth > MAX_DEPTH { Err(WireError::new("nested too deeply")) } else { Ok(()) }
    }

    /// Whether the list or object goes on; its end is taken.
    fn more(&mut self) -> Result<bool, WireError> {
        if self.peek()? != END {
            return Ok(true);
        }
        self.depth = self.depth.saturating_sub(1);
        self.take(1).map(|_| false)
    }
}

impl<'de> de::Deserializer<'de> for &mut Reader<'de> {
    type Error = WireError;

    // Each expected kind is read by itself: a value that names what it wants needs no dispatch on what
    // is there, which would be compiled once for every type.
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        match self.peek()? {
            TEXT => self.deserialize_str(visitor),
            NUMBER => visitor.visit_f64(self.number()?),
            found => Err(WireError::expected(&visitor, kind_of(found))),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        match self.peek()? {
            tag @ (FALSE | TRUE) => {
                self.take(1)?;
                visitor.visit_bool(tag == TRUE)
            }
            found => Err(WireError::expected(&"a boolean", kind_of(found))),
        }
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        visitor.visit_u64(self.whole(f64::from(u8::MAX))?)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        visitor.visit_u64(self.whole(f64::from(u32::MAX))?)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        visitor.visit_u64(self.whole(9_007_199_254_740_991.0)?)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        visitor.visit_f64(self.number()?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        self.tag(TEXT, "a string")?;
        visitor.visit_borrowed_str(self.text()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        if self.peek()? == NULL {
            self.take(1)?;
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        self.tag(LIST, "a list")?;
        self.enter()?;
        visitor.visit_seq(Items { reader: self, index: 0 })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, WireError> {
        self.tag(OBJECT, "an object")?;
        self.enter()?;
        visitor.visit_map(Fields { reader: self, key: "" })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, WireError> {
        self.deserialize_map(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, WireError> {
        self.tag(TEXT, "a string")?;
        visitor.visit_enum(Name(self.text()?))
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 u16 f32 char bytes byte_buf unit unit_struct newtype_struct tuple tuple_struct
        identifier ignored_any
    }
}

/// The items of a list.
struct Items<'r, 'de> {
    reader: &'r mut Reader<'de>,
    index: u32,
}

impl<'de> SeqAccess<'de> for Items<'_, 'de> {
    type Error = WireError;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, WireError> {
        if !self.reader.more()? {
            return Ok(None);
        }
        let index = self.index;
        self.index = index.saturating_add(1);
        let item = seed.deserialize(&mut *self.reader);
        item.map(Some).map_err(|error| error.inside(&["[", &index.to_string(), "]"].concat()))
    }
}

/// The fields of an object.
struct Fields<'r, 'de> {
    reader: &'r mut Reader<'de>,
    key: &'de str,
}

impl<'de> MapAccess<'de> for Fields<'_, 'de> {
    type Error = WireError;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, WireError> {
        if !self.reader.more()? {
            return Ok(None);
        }
        self.reader.tag(TEXT, "a name")?;
        self.key = self.reader.text()?;
        seed.deserialize(BorrowedStrDeserializer::new(self.key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, WireError> {
        seed.deserialize(&mut *self.reader).map_err(|error| error.inside(self.key))
    }
}

/// The name of a variant without content.
struct Name<'de>(&'de str);

impl<'de> EnumAccess<'de> for Name<'de> {
    type Error = WireError;
    type Variant = NoContent;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, NoContent), WireError> {
        seed.deserialize(StrDeserializer::new(self.0)).map(|name| (name, NoContent))
    }
}

struct NoContent;

impl<'de> de::VariantAccess<'de> for NoContent {
    type Error = WireError;

    fn unit_variant(self) -> Result<(), WireError> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, _seed: T) -> Result<T::Value, WireError> {
        Err(WireError::new("a name cannot hold a value"))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _length: usize, _visitor: V) -> Result<V::Value, WireError> {
        Err(WireError::new("a name cannot hold a value"))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, WireError> {
        Err(WireError::new("a name cannot hold a value"))
    }
}

fn kind_of(tag: u8) -> &'static str {
    match tag {
        NULL => "null",
        FALSE | TRUE => "a boolean",
        NUMBER => "a number",
        TEXT => "a string",
        LIST => "a list",
        OBJECT => "an object",
        _ => "nothing",
    }
}
