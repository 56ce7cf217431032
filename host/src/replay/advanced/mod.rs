//! The suites `physics`, `observers` and `geometry`: the advanced runtime.
//!
//! # Inputs
//!
//! An input is an object with a `kind`; its other members are the arguments of the core's constructor or function,
//! under the core's names:
//!
//! - a double is a text of 16 hexadecimal digits, as in every suite; a word of 64 bits (`seed`), too;
//! - a list of doubles is such texts with a space between, or `{"cycle": "…", "count": n}`, a list of `n` numbers that
//!   begins with those given and begins again when they are used up;
//! - a configuration (`config`, `weights`) has the fields that are not at their default;
//! - `fidelity` is `corrected` or `published`; other names are written as in WIT (`finite-difference`);
//! - `steps` are done one after the other, each `"name"` or `{"name": argument}`.
//!
//! # Results
//!
//! Names are the core's. A double is its bits, a word its 16 digits, other counts are numbers. A list of up to 128
//! doubles is their bits with a space between, a longer one `#count checksum`, where the checksum starts at
//! `cbf29ce484222325` and takes in each number's bits `x` as `h = (h ^ x) * 100000001b3` modulo 2^64 (FNV-1a over
//! words). What a step does that answers nothing is `null`; where a call is refused, the answer is
//! `{"refused": "input WHAT VALUE"}` with the error's `what`, its index where it has one (`theta[3]`), and
//! the bits of the value.
//!
//! This folder hangs on the core and on [`refused`](super::refused) and [`text`](super::text) alone: the core's own
//! tests replay the fixtures with it in another profile.

pub(crate) mod backend;
pub(crate) mod geometry;
pub(crate) mod input;
mod native;
pub(crate) mod observers;
pub(crate) mod physics;

pub(crate) use backend::Advanced;
pub(crate) use native::NativeAdvanced;

use interlock_core::error::InputError;
use serde_json::{Value, json};

use super::refused::{Answer, Refused};
use super::text::bits;

/// What comes of an input of one of the three suites; none of another.
///
/// # Errors
/// The input is not one of the suite.
pub(crate) fn run(backend: &dyn Advanced, suite: &str, input: &Value) -> Option<Result<Value, String>> {
    fn read<T: serde::de::DeserializeOwned>(input: &Value) -> Result<T, String> {
        serde_json::from_value(input.clone()).map_err(|error| format!("is not an input of the suite: {error}"))
    }
    Some(match suite {
        "physics" => read(input).map(|input| valued(physics::outcome(backend, &input))),
        "observers" => read(input).map(|input| valued(observers::outcome(backend, &input))),
        "geometry" => read(input).map(|input| valued(geometry::outcome(backend, &input))),
        _ => return None,
    })
}

/// The canonical text of a refused number.
pub(crate) fn refused(what: &str, index: Option<u32>, value: f64) -> Refused {
    let index = index.map_or_else(String::new, |index| format!("[{index}]"));
    Refused(format!("input {what}{index} {}", bits(value)))
}

/// The answer of a call of the core.
fn numbers<T>(answer: Result<T, InputError>) -> Answer<T> {
    answer.map_err(|error| refused(error.what, error.index, error.value))
}

/// What a call gives, or how it was refused.
fn valued(answer: Answer<Value>) -> Value {
    answer.unwrap_or_else(|Refused(error)| json!({ "refused": error }))
}

/// The answer of a call that says nothing.
fn silent(answer: Answer<()>) -> Answer<Value> {
    answer.map(|()| Value::Null)
}

/// A list, in full or as its checksum.
fn list(values: &[f64]) -> Value {
    if values.len() <= 128 {
        return Value::from(values.iter().map(|value| bits(*value)).collect::<Vec<_>>().join(" "));
    }
    let word = |value: f64| if value.is_nan() { 0x7ff8_0000_0000_0000 } else { value.to_bits() };
    let checksum = values
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, value| (hash ^ word(*value)).wrapping_mul(0x0100_0000_01b3));
    Value::from(format!("#{} {checksum:016x}", values.len()))
}

/// 64 bits.
fn word(word: u64) -> Value {
    Value::from(format!("{word:016x}"))
}

/// Numbers and truths of a record, in the order of its fields: bits, `true`, `false`.
fn fields<const N: usize>(numbers: [f64; N], truths: &[bool]) -> Value {
    let texts = numbers.iter().map(|number| bits(*number)).chain(truths.iter().map(ToString::to_string));
    Value::from(texts.collect::<Vec<_>>().join(" "))
}
