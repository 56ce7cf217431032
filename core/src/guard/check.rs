//! Check digits.

use serde::{Deserialize, Serialize};

/// Bytes of the longest match that a pattern with a check may have.
pub const MAX_CHECKED_BYTES: usize = 255;

/// What the bytes of a match must satisfy besides the pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "GuardCheck"))]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Check {
    /// Nothing.
    #[default]
    None = 0,
    /// The digits among them satisfy the formula of Luhn (ISO/IEC 7812-1, annex B), as those of payment cards do.
    Luhn = 1,
    /// Its letters and digits are congruent to 1 modulo 97 (ISO 7064 MOD 97-10 as ISO 13616 uses it: the first four
    /// moved to the end, a letter counting as 10 to 35), as those of an IBAN are.
    Iban = 2,
}

impl Check {
    /// Whether the bytes of a match pass. Bytes that are no letters or digits do not count.
    ///
    /// ```
    /// use interlock_core::guard::Check;
    /// assert!(Check::Luhn.passes(b"4111 1111 1111 1111"));
    /// assert!(!Check::Luhn.passes(b"4111 1111 1111 1112"));
    /// assert!(Check::Iban.passes(b"GB82 WEST 1234 5698 7654 32"));
    /// ```
    #[must_use]
    pub fn passes(self, text: &[u8]) -> bool {
        match self {
            Self::None => true,
            Self::Luhn => luhn(text),
            Self::Iban => iban(text),
        }
    }
}

/// Every second digit from the right is doubled, of two-digit results the digits are added; the sum ends in 0, and is
/// not 0.
fn luhn(text: &[u8]) -> bool {
    let mut sum = 0_u32;
    let mut times = 1_u32;
    for byte in text.iter().rev() {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        if digit > 9 {
            continue;
        }
        let value = digit.wrapping_mul(times);
        sum = sum.wrapping_add(if value > 9 { value.wrapping_sub(9) } else { value });
        times ^= 3;
    }
    sum > 0 && sum.is_multiple_of(10)
}

fn iban(text: &[u8]) -> bool {
    let mut rest = 0_u32;
    // Those behind the fourth, and then the first four.
    for moved in [false, true] {
        let mut place = 0_u32;
        for byte in text {
            let (value, scale) = match byte {
                b'0'..=b'9' => (byte.wrapping_sub(b'0'), 10),
                b'A'..=b'Z' => (byte.wrapping_sub(b'A').wrapping_add(10), 100),
                b'a'..=b'z' => (byte.wrapping_sub(b'a').wrapping_add(10), 100),
                _ => continue,
            };
            if (place < 4) == moved {
                rest = rest.wrapping_mul(scale).wrapping_add(u32::from(value)) % 97;
            }
            place = place.wrapping_add(1);
        }
    }
    rest == 1
}

#[cfg(test)]
#[allow(clippy::indexing_slicing)]
mod tests {
    use super::*;

    #[test]
    fn luhn_of_known_numbers() {
        // Test numbers that card processors publish.
        for card in ["4242424242424242", "378282246310005", "5555-5555-5555-4444", "6011 1111 1111 1117"] {
            assert!(Check::Luhn.passes(card.as_bytes()), "{card}");
        }
        for card in ["4242424242424241", "378282246310006", "", "x"] {
            assert!(!Check::Luhn.passes(card.as_bytes()), "{card}");
        }
    }

    #[test]
    fn one_digit_off_is_caught() {
        let valid = b"DE89370400440532013000";
        assert!(Check::Iban.passes(valid));
        for at in 2..valid.len() {
            for digit in b'0'..=b'9' {
                let mut changed = *valid;
                changed[at] = digit;
                assert_eq!(Check::Iban.passes(&changed), changed == *valid);
            }
        }
    }

    #[test]
    fn examples_of_the_iban_registry() {
        for iban in ["NO9386011117947", "MT84MALT011000012345MTLCAST001S", "FR14 2004 1010 0505 0001 3M02 606"] {
            assert!(Check::Iban.passes(iban.as_bytes()), "{iban}");
        }
        assert!(!Check::Iban.passes(b""));
        assert!(!Check::Iban.passes(b"XX"));
    }
}
