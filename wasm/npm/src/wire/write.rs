//! Objects out.

use serde::ser::{self, Impossible, Serialize};

use super::error::WireError;
use super::{END, FALSE, JSON, LIST, NULL, NUMBER, OBJECT, TEXT, TRUE};

/// The tree of a value.
///
/// # Errors
/// The value holds something that a JSON document cannot: bytes, a map whose keys are not text.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, WireError> {
    let mut writer = Writer(Vec::new());
    value.serialize(&mut writer)?;
    Ok(writer.0)
}

struct Writer(Vec<u8>);

impl Writer {
    fn string(&mut self, text: &str) -> Result<(), WireError> {
        let length = u32::try_from(text.len()).map_err(|_| WireError::new("a text of more than 4 GiB"))?;
        self.0.extend_from_slice(&length.to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), WireError> {
        self.0.push(TEXT);
        self.string(text)
    }

    fn number(&mut self, value: f64) {
        self.0.push(NUMBER);
        self.0.extend_from_slice(&value.to_le_bytes());
    }
}

/// Counts beyond 2^53 are rounded, as JavaScript does with the number of a JSON text.
#[allow(clippy::cast_precision_loss, reason = "the rounding the comment names")]
const fn rounded(value: u64) -> f64 {
    value as f64
}

#[allow(clippy::cast_precision_loss, reason = "as rounded")]
const fn rounded_signed(value: i64) -> f64 {
    value as f64
}

impl<'w> ser::Serializer for &'w mut Writer {
    type Ok = ();
    type Error = WireError;
    type SerializeSeq = Open<'w>;
    type SerializeTuple = Open<'w>;
    type SerializeTupleStruct = Impossible<(), WireError>;
    type SerializeTupleVariant = Impossible<(), WireError>;
    type SerializeMap = Open<'w>;
    type SerializeStruct = Open<'w>;
    type SerializeStructVariant = Impossible<(), WireError>;

    fn serialize_bool(self, value: bool) -> Result<(), WireError> {
        self.0.push(if value { TRUE } else { FALSE });
        Ok(())
    }

    fn serialize_i8(self, value: i8) -> Result<(), WireError> {
        self.serialize_i64(i64::from(value))
    }

    fn serialize_i16(self, value: i16) -> Result<(), WireError> {
        self.serialize_i64(i64::from(value))
    }

    fn serialize_i32(self, value: i32) -> Result<(), WireError> {
        self.serialize_i64(i64::from(value))
    }

    fn serialize_i64(self, value: i64) -> Result<(), WireError> {
        self.number(rounded_signed(value));
        Ok(())
    }

    fn serialize_u8(self, value: u8) -> Result<(), WireError> {
        self.serialize_u64(u64::from(value))
    }

    fn serialize_u16(self, value: u16) -> Result<(), WireError> {
        self.serialize_u64(u64::from(value))
    }

    fn serialize_u32(self, value: u32) -> Result<(), WireError> {
        self.serialize_u64(u64::from(value))
    }

    fn serialize_u64(self, value: u64) -> Result<(), WireError> {
        self.number(rounded(value));
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), WireError> {
        self.serialize_f64(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<(), WireError> {
        self.number(value);
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), WireError> {
        self.text(value.encode_utf8(&mut [0; 4]))
    }

    fn serialize_str(self, value: &str) -> Result<(), WireError> {
        self.text(value)
    }

    fn serialize_bytes(self, _value: &[u8]) -> Result<(), WireError> {
        Err(WireError::new("bytes in a tree"))
    }

    fn serialize_none(self) -> Result<(), WireError> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), WireError> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), WireError> {
        self.0.push(NULL);
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<(), WireError> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<(), WireError> {
        self.text(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<(), WireError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), WireError> {
        self.0.push(OBJECT);
        self.text(variant)?;
        value.serialize(&mut *self)?;
        self.0.push(END);
        Ok(())
    }

    fn serialize_seq(self, _length: Option<usize>) -> Result<Open<'w>, WireError> {
        self.0.push(LIST);
        Ok(Open { writer: self, raw: false })
    }

    fn serialize_tuple(self, length: usize) -> Result<Open<'w>, WireError> {
        self.serialize_seq(Some(length))
    }

    fn serialize_tuple_struct(
        self,
        _name: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleStruct, WireError> {
        Err(WireError::new("a tuple struct in a tree"))
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeTupleVariant, WireError> {
        Err(WireError::new("a tuple variant in a tree"))
    }

    fn serialize_map(self, _length: Option<usize>) -> Result<Open<'w>, WireError> {
        self.0.push(OBJECT);
        Ok(Open { writer: self, raw: false })
    }

    fn serialize_struct(self, name: &'static str, _length: usize) -> Result<Open<'w>, WireError> {
        if name == RAW_JSON {
            return Ok(Open { writer: self, raw: true });
        }
        self.0.push(OBJECT);
        Ok(Open { writer: self, raw: false })
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        _variant: &'static str,
        _length: usize,
    ) -> Result<Self::SerializeStructVariant, WireError> {
        Err(WireError::new("a struct variant in a tree"))
    }
}

/// How serde_json names a struct that is JSON text, and its only field.
const RAW_JSON: &str = "$serde_json::private::RawValue";

/// A list or object that is being written, or JSON text.
struct Open<'w> {
    writer: &'w mut Writer,
    raw: bool,
}

impl Open<'_> {
    fn close(self) {
        if self.raw {
            return;
        }
        self.writer.0.push(END);
    }
}

impl ser::SerializeSeq for Open<'_> {
    type Ok = ();
    type Error = WireError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WireError> {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), WireError> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeTuple for Open<'_> {
    type Ok = ();
    type Error = WireError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WireError> {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), WireError> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeMap for Open<'_> {
    type Ok = ();
    type Error = WireError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), WireError> {
        let before = self.writer.0.len();
        key.serialize(&mut *self.writer)?;
        if self.writer.0.get(before) != Some(&TEXT) {
            return Err(WireError::new("a key that is not text"));
        }
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), WireError> {
        value.serialize(&mut *self.writer)
    }

    fn end(self) -> Result<(), WireError> {
        self.close();
        Ok(())
    }
}

impl ser::SerializeStruct for Open<'_> {
    type Ok = ();
    type Error = WireError;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), WireError> {
        let start = self.writer.0.len();
        if !self.raw {
            self.writer.text(key)?;
        }
        value.serialize(&mut *self.writer)?;
        // The text of JSON text is a string; only its tag is another.
        if let (true, Some(tag)) = (self.raw, self.writer.0.get_mut(start)) {
            *tag = JSON;
        }
        Ok(())
    }

    fn end(self) -> Result<(), WireError> {
        self.close();
        Ok(())
    }
}
