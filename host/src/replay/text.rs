//! How fixtures write numbers and small records: as short texts, every `f64` as the 16 hexadecimal
//! digits of its bits, so that nothing is lost and nothing depends on how a language prints a number.

use std::fmt::Write as _;

use interlock_core::halt::{BatchVerdict, Halt, Observation, Summary, Verdict};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An `f64` as 16 hexadecimal digits. Every NaN is written as `7ff8000000000000`: hosts need not keep
/// its payload.
pub(crate) fn bits(value: f64) -> String {
    if value.is_nan() { String::from("7ff8000000000000") } else { format!("{:016x}", value.to_bits()) }
}

/// An optional `f64`: its bits, or `-`.
pub(crate) fn optional_bits(value: Option<f64>) -> String {
    value.map_or_else(|| String::from("-"), bits)
}

/// Reads 16 hexadecimal digits.
pub(crate) fn read_bits(text: &str) -> Result<f64, String> {
    let hexadecimal = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match u64::from_str_radix(text, 16) {
        Ok(bits) if hexadecimal => Ok(f64::from_bits(bits)),
        _ => Err(format!("{text:?} is not the 16 hexadecimal digits of a double")),
    }
}

/// Reads 16 hexadecimal digits or `-`.
fn read_optional_bits(text: &str) -> Result<Option<f64>, String> {
    if text == "-" { Ok(None) } else { read_bits(text).map(Some) }
}

/// A double in an input.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bits(pub(crate) f64);

impl Serialize for Bits {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Inputs keep the payload of a NaN: what a host does with it must not matter.
        serializer.serialize_str(&format!("{:016x}", self.0.to_bits()))
    }
}

impl<'de> Deserialize<'de> for Bits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        read_bits(&String::deserialize(deserializer)?).map(Self).map_err(D::Error::custom)
    }
}

/// A list of doubles in an input: their bits with a space between.
#[derive(Clone, Debug, Default)]
pub(crate) struct BitsList(pub(crate) Vec<f64>);

impl Serialize for BitsList {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let words: Vec<_> = self.0.iter().map(|value| format!("{:016x}", value.to_bits())).collect();
        serializer.serialize_str(&words.join(" "))
    }
}

impl<'de> Deserialize<'de> for BitsList {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.split_ascii_whitespace().map(read_bits).collect::<Result<_, _>>().map(Self).map_err(D::Error::custom)
    }
}

/// What is known of a token in an input: bits of score, elapsed milliseconds and entropy, or `-`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen(pub(crate) Observation);

impl Serialize for Seen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = |value: Option<f64>| value.map_or_else(|| String::from("-"), |v| format!("{:016x}", v.to_bits()));
        let Observation { score, elapsed_ms, logit_entropy } = self.0;
        serializer.serialize_str(&[score, elapsed_ms, logit_entropy].map(raw).join(" "))
    }
}

impl<'de> Deserialize<'de> for Seen {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let words: Result<Vec<_>, _> = text.split_ascii_whitespace().map(read_optional_bits).collect();
        match words.map_err(D::Error::custom)?.as_slice() {
            [score, elapsed_ms, logit_entropy] => {
                let (score, elapsed_ms, logit_entropy) = (*score, *elapsed_ms, *logit_entropy);
                Ok(Self(Observation { score, elapsed_ms, logit_entropy }))
            }
            _ => Err(D::Error::custom(format!("{text:?} is not a score, a time and an entropy"))),
        }
    }
}

/// A halt in an input: its reason, and bits of what was observed and of the bound, or `-`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HaltText(pub(crate) Halt);

impl Serialize for HaltText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&halt(self.0))
    }
}

impl<'de> Deserialize<'de> for HaltText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let words: Vec<_> = text.split_ascii_whitespace().collect();
        let [reason, observed, bound] = words.as_slice() else {
            return Err(D::Error::custom(format!("{text:?} is not a reason, an observed value and a bound")));
        };
        let reason = reason.parse().map_err(|_| D::Error::custom(format!("{reason:?} is no halt reason")))?;
        let observed = read_optional_bits(observed).map_err(D::Error::custom)?;
        let bound = read_optional_bits(bound).map_err(D::Error::custom)?;
        Ok(Self(Halt { reason, observed, bound }))
    }
}

/// A halt: `reason observed bound`.
pub(crate) fn halt(halt: Halt) -> String {
    format!("{} {} {}", halt.reason, optional_bits(halt.observed), optional_bits(halt.bound))
}

/// A halt, or `-`.
pub(crate) fn optional_halt(value: Option<Halt>) -> String {
    value.map_or_else(|| String::from("-"), halt)
}

/// A verdict: `pass`, `warn kind observed bound` or `halt reason observed bound`.
pub(crate) fn verdict(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Pass => String::from("pass"),
        Verdict::Warn(warning) => format!(
            "warn {} {} {}",
            warning.kind.as_str(),
            optional_bits(warning.observed),
            optional_bits(warning.bound)
        ),
        Verdict::Halt(value) => format!("halt {}", halt(*value)),
    }
}

/// The answer to a batch: `consumed warnings halt`.
pub(crate) fn batch(batch: &BatchVerdict) -> String {
    format!("{} {} {}", batch.consumed, batch.warnings, optional_halt(batch.halt))
}

/// A summary: `tokens scores warnings average minimum halt-index halt`.
pub(crate) fn summary(summary: &Summary) -> String {
    let index = summary.halt_index.map_or_else(|| String::from("-"), |index| index.to_string());
    let [average, minimum] = [summary.average, summary.minimum].map(bits);
    let Summary { tokens, scores, warnings, .. } = summary;
    format!("{tokens} {scores} {warnings} {average} {minimum} {index} {}", optional_halt(summary.halt))
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a text cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads bytes from hexadecimal digits.
pub(crate) fn read_hex(text: &str) -> Result<Vec<u8>, String> {
    let wrong = || String::from("not an even number of hexadecimal digits");
    let byte = |pair: &[u8]| {
        let text = std::str::from_utf8(pair).map_err(|_| wrong())?;
        if !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return Err(wrong());
        }
        u8::from_str_radix(text, 16).map_err(|_| wrong())
    };
    let pairs = text.as_bytes().chunks_exact(2);
    if pairs.remainder().is_empty() { pairs.map(byte).collect() } else { Err(wrong()) }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn bits_there_and_back() {
        for value in [0.0, -0.0, 0.1, f64::MAX, f64::from_bits(1), f64::INFINITY] {
            assert_eq!(read_bits(&bits(value)).unwrap().to_bits(), value.to_bits());
        }
        assert_eq!(bits(f64::from_bits(0xfff0_0000_0000_0001)), "7ff8000000000000");
        for wrong in ["", "3fe", "+fe0000000000000", "3fe00000000000000", "0.5", "3fe000000000000g"] {
            assert!(read_bits(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn hexadecimal_bytes() {
        assert_eq!(read_hex(&hex(&[0, 127, 255])).unwrap(), [0, 127, 255]);
        assert!(read_hex("abc").is_err() && read_hex("zz").is_err() && read_hex("+1").is_err());
    }
}
