//! Decimal text to double and back, exactly, without tables.
//!
//! The language's own conversions carry some 25 KB of code and tables into a wasm module. These are for
//! limits in a policy and figures in a record, so they are small instead of fast: a double is compared
//! with its text in whole numbers of any size.

use alloc::string::String;
use alloc::vec;
use alloc::vec::Vec;
use core::cmp::Ordering;
use core::fmt;

/// Significant digits that can decide a rounding: a double's halfway points have at most 767. Digits beyond
/// only say that there is something beyond.
const DIGITS: usize = 800;

/// A whole number of any size, lowest 32 bits first, without leading zeros.
#[derive(Clone, Debug)]
struct Natural(Vec<u32>);

impl Natural {
    fn from_u64(value: u64) -> Self {
        let mut number = Self(vec![low(value), low(value >> 32)]);
        number.trim();
        number
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// Times `factor` plus `term`.
    fn scale(&mut self, factor: u32, term: u32) {
        let mut carry = u64::from(term);
        for limb in &mut self.0 {
            let value = u64::from(*limb).wrapping_mul(u64::from(factor)).wrapping_add(carry);
            *limb = low(value);
            carry = value >> 32;
        }
        if carry > 0 {
            self.0.push(low(carry));
        }
    }

    /// Divided by `divisor`, and whether there is a remainder.
    fn divide(&mut self, divisor: u32) -> bool {
        let mut rest = 0_u64;
        for limb in self.0.iter_mut().rev() {
            let value = rest << 32 | u64::from(*limb);
            let quotient = value.checked_div(u64::from(divisor)).unwrap_or(0);
            rest = value.wrapping_sub(quotient.wrapping_mul(u64::from(divisor)));
            *limb = low(quotient);
        }
        self.trim();
        rest > 0
    }

    /// Times two to the power 32 x `limbs`.
    fn raise(&mut self, limbs: u32) {
        let mut raised = vec![0; usize::try_from(limbs).unwrap_or(0)];
        raised.extend_from_slice(&self.0);
        self.0 = raised;
    }

    /// Times two to the power `bits`.
    fn shift(&mut self, bits: u32) {
        if self.is_zero() {
            return;
        }
        self.scale(1_u32.wrapping_shl(bits % 32), 0);
        self.raise(bits / 32);
    }

    /// The bit that stands for two to the power `place`.
    fn bit(&self, place: u32) -> bool {
        let limb = usize::try_from(place / 32).ok().and_then(|limb| self.0.get(limb));
        limb.is_some_and(|limb| limb.wrapping_shr(place % 32) & 1 == 1)
    }

    fn bits(&self) -> u32 {
        let whole = u32::try_from(self.0.len()).unwrap_or(u32::MAX).saturating_mul(32);
        whole.saturating_sub(self.0.last().map_or(0, |limb| limb.leading_zeros()))
    }

    fn compare(&self, other: &Self) -> Ordering {
        let by_length = self.0.len().cmp(&other.0.len());
        by_length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    /// Minus `other`, which is not larger.
    fn subtract(&mut self, other: &Self) {
        let mut borrow = false;
        let mut others = other.0.iter();
        for limb in &mut self.0 {
            let (value, first) = limb.overflowing_sub(others.next().copied().unwrap_or(0));
            let (value, second) = value.overflowing_sub(u32::from(borrow));
            *limb = value;
            borrow = first || second;
        }
        self.trim();
    }
}

#[allow(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
const fn low(value: u64) -> u32 {
    value as u32
}

/// The double nearest to a number written as JSON writes it (`-1.5e3`), ties to even. None when the text is
/// no such number or beyond the range of finite doubles.
///
/// ```
/// use interlock_core::numeric::parse_decimal;
/// assert_eq!(parse_decimal("0.30000000000000004"), Some(0.1 + 0.2));
/// assert_eq!(parse_decimal("1e999"), None);
/// ```
#[must_use]
pub fn parse_decimal(text: &str) -> Option<f64> {
    let (sign, unsigned) = match text.as_bytes() {
        [b'-', rest @ ..] => (-1.0, rest),
        all => (1.0, all),
    };
    let mut number = Natural(Vec::new());
    let mut ten = 0_i32;
    let mut kept = 0_usize;
    let (mut has_digit, mut has_point, mut has_more) = (false, false, false);
    let mut rest = unsigned.iter();
    while let Some(byte) = rest.next() {
        match byte {
            b'0'..=b'9' => {
                has_digit = true;
                ten = ten.saturating_sub(i32::from(has_point));
                let digit = byte & 15;
                if kept < DIGITS {
                    number.scale(10, u32::from(digit));
                    kept = kept.wrapping_add(usize::from(!number.is_zero()));
                } else {
                    ten = ten.saturating_add(1);
                    has_more |= digit > 0;
                }
            }
            b'.' if has_digit && !has_point => has_point = true,
            b'e' | b'E' if has_digit => {
                ten = ten.saturating_add(exponent(rest.as_slice())?);
                break;
            }
            _ => return None,
        }
    }
    if !has_digit {
        return None;
    }
    Some(sign * nearest(number, ten, has_more)?)
}

/// The number behind the `e`. One that does not fit is far out of range in either direction.
fn exponent(text: &[u8]) -> Option<i32> {
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    if digits.is_empty() {
        return None;
    }
    let mut value = 0_i32;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        value = value.saturating_mul(10).saturating_add(i32::from(digit & 15));
    }
    Some(value.saturating_mul(sign))
}

/// The double nearest to `number` x 10^`ten`, and to a little more than that where the number `has_more` digits; none
/// beyond the finite ones. The number has at most [`DIGITS`] digits.
fn nearest(mut number: Natural, ten: i32, mut has_more: bool) -> Option<f64> {
    let power = ten.unsigned_abs();
    if number.is_zero() || ten < -1200 {
        return Some(0.0);
    }
    if number.bits() <= 53 && power <= 22 {
        // Both are exact, as all powers below are, so one rounding is left.
        let exact: u64 = number.0.iter().rev().fold(0, |so_far, limb| so_far << 32 | u64::from(*limb));
        #[allow(clippy::cast_precision_loss, reason = "at most 53 bits")]
        let exact = exact as f64;
        let power = (0..power).fold(1.0, |power, _| power * 10.0);
        return Some(if ten < 0 { exact / power } else { exact * power });
    }
    if ten > 310 {
        return None;
    }
    // Of a quotient at least 65 bits are left: four for each power of ten, and three limbs.
    let limbs = if ten < 0 { power / 8 } else { 0 }.saturating_add(3);
    number.raise(limbs);
    let mut left = power;
    while left > 0 {
        // Nine at a time.
        let step = left.min(9);
        left = left.wrapping_sub(step);
        let factor = 10_u32.wrapping_pow(step);
        if ten < 0 {
            has_more |= number.divide(factor);
        } else {
            number.scale(factor, 0);
        }
    }
    // 1 <= number x 2^-two < 2
    let bits = number.bits();
    let two = i64::from(bits).saturating_sub(i64::from(limbs).saturating_mul(32)).saturating_sub(1);
    if two > 1023 {
        // The exponent would run into the sign.
        return None;
    }
    // 53 bits of the quotient, fewer for subnormals, and none of what is smaller than a half of the least.
    let Ok(wanted) = u32::try_from(two.saturating_add(1075).min(53)) else { return Some(0.0) };
    let dropped = bits.saturating_sub(wanted);
    let mantissa = (dropped..bits).rev().fold(0_u64, |so_far, place| so_far << 1 | u64::from(number.bit(place)));
    // What is left is compared with a half of the last bit.
    let half = dropped.saturating_sub(1);
    let up = number.bit(half) && (mantissa & 1 == 1 || has_more || (0..half).any(|place| number.bit(place)));
    // The implied bit adds one to the exponent; a carry out of the mantissa does the right thing, too.
    let exponent = u64::try_from(two.saturating_add(1022)).unwrap_or(0);
    let bits = (exponent << 52).wrapping_add(mantissa).wrapping_add(u64::from(up));
    Some(f64::from_bits(bits)).filter(|value| value.is_finite())
}

/// A whole number in decimal digits.
///
/// ```
/// use interlock_core::numeric::digits;
///
/// assert_eq!([0, 9, 10, 1080, u64::MAX].map(digits), ["0", "9", "10", "1080", "18446744073709551615"]);
/// ```
#[must_use]
pub fn digits(mut number: u64) -> String {
    let mut reversed = Vec::new();
    loop {
        let digit = u8::try_from(number % 10).unwrap_or(0);
        reversed.push(char::from(b'0'.wrapping_add(digit)));
        number /= 10;
        if number == 0 {
            break;
        }
    }
    reversed.iter().rev().collect()
}

/// Writes a finite double as the shortest decimal that reads back as it, the way JavaScript writes numbers:
/// `0.1`, `1e-7`, `5`. Another one is written as `NaN` or `Infinity`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decimal(pub f64);

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(value) = *self;
        if value.is_nan() {
            return f.write_str("NaN");
        }
        if value.is_sign_negative() {
            f.write_str("-")?;
        }
        if value.is_infinite() {
            return f.write_str("Infinity");
        }
        if value == 0.0 {
            return f.write_str("0");
        }
        let (digits, ten) = shortest(value.abs());
        let text = core::str::from_utf8(&digits).unwrap_or_default();
        let count = i32::try_from(digits.len()).unwrap_or(0);
        match ten {
            -5..=0 => {
                f.write_str("0.")?;
                zeros(f, ten.unsigned_abs())?;
                f.write_str(text)
            }
            1..=21 if ten >= count => {
                f.write_str(text)?;
                zeros(f, ten.abs_diff(count))
            }
            1..=21 => {
                let (whole, fraction) = text.split_at_checked(usize::try_from(ten).unwrap_or(0)).unwrap_or((text, ""));
                write!(f, "{whole}.{fraction}")
            }
            _ => {
                let (first, rest) = text.split_at_checked(1).unwrap_or((text, ""));
                f.write_str(first)?;
                if !rest.is_empty() {
                    write!(f, ".{rest}")?;
                }
                let exponent = ten.saturating_sub(1);
                write!(f, "e{}{}", if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs())
            }
        }
    }
}

fn zeros(f: &mut fmt::Formatter<'_>, count: u32) -> fmt::Result {
    for _ in 0..count {
        f.write_str("0")?;
    }
    Ok(())
}

/// The digits d and the power p such that 0.d x 10^p reads back as `value`, with the fewest digits that
/// rounding to nearest gives.
fn shortest(value: f64) -> (Vec<u8>, i32) {
    let (exact, ten) = seventeen_digits(value);
    for count in 1..17 {
        let (digits, carried) = rounded(&exact, count);
        let power = ten.saturating_add(i32::from(carried));
        let mut number = Natural(Vec::new());
        for digit in &digits {
            number.scale(10, u32::from(digit.wrapping_sub(b'0')));
        }
        let scale = power.saturating_sub(i32::try_from(digits.len()).unwrap_or(0));
        if nearest(number, scale, false) == Some(value) {
            return (digits, power);
        }
    }
    let (digits, carried) = rounded(&exact, 17);
    (digits, ten.saturating_add(i32::from(carried)))
}

/// The first digits of `value`, one more than any double needs and a mark of what follows, and the power p of
/// 0.d x 10^p.
fn seventeen_digits(value: f64) -> (Vec<u8>, i32) {
    let bits = value.to_bits();
    let exponent = i32::try_from(bits >> 52).unwrap_or(0);
    let fraction = bits & ((1 << 52) - 1);
    let (mantissa, two) =
        if exponent == 0 { (fraction, -1074) } else { (fraction | 1 << 52, exponent.wrapping_sub(1075)) };
    let mut numerator = Natural::from_u64(mantissa);
    let mut denominator = Natural::from_u64(1);
    if two < 0 {
        denominator.shift(two.unsigned_abs());
    } else {
        numerator.shift(two.unsigned_abs());
    }
    let mut ten = 0_i32;
    while numerator.compare(&denominator) != Ordering::Less {
        denominator.scale(10, 0);
        ten = ten.wrapping_add(1);
    }
    let mut digits = Vec::with_capacity(19);
    while digits.len() < 18 {
        numerator.scale(10, 0);
        let mut digit = b'0';
        while numerator.compare(&denominator) != Ordering::Less {
            numerator.subtract(&denominator);
            digit = digit.wrapping_add(1);
        }
        if digits.is_empty() && digit == b'0' {
            ten = ten.wrapping_sub(1);
        } else {
            digits.push(digit);
        }
    }
    digits.push(if numerator.is_zero() { b'0' } else { b'1' });
    (digits, ten)
}

/// The first `count` digits, rounded to nearest, ties to even, without zeros at the end, and whether a digit was
/// carried in front.
fn rounded(exact: &[u8], count: usize) -> (Vec<u8>, bool) {
    let (head, tail) = exact.split_at_checked(count).unwrap_or((exact, &[]));
    let mut digits = head.to_vec();
    let beyond = tail.iter().skip(1).any(|digit| *digit != b'0');
    let odd = head.last().is_some_and(|digit| digit % 2 == 1);
    let up = match tail.first() {
        Some(b'5') => beyond || odd,
        Some(digit) => *digit > b'5',
        None => false,
    };
    let mut carried = false;
    if up {
        while digits.last() == Some(&b'9') {
            digits.pop();
        }
        if let Some(last) = digits.last_mut() {
            *last = last.wrapping_add(1);
        } else {
            digits.push(b'1');
            carried = true;
        }
    }
    while digits.len() > 1 && digits.last() == Some(&b'0') {
        digits.pop();
    }
    (digits, carried)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::arithmetic_side_effects)]
mod tests {
    use super::*;
    use alloc::format;
    use alloc::string::{String, ToString};
    use proptest::prelude::*;

    #[test]
    fn known_hard_cases() {
        for text in [
            "2.2250738585072011e-308",
            "2.2250738585072014e-308",
            "4.9e-324",
            "2.4703282292062327208e-324",
            "2.4703282292062328e-324",
            "1.7976931348623157e308",
            "9007199254740993",
            "9007199254740992.999999999999999999999999",
            "0.500000000000000166533453693773481063544750213623046875",
            "3.518437208883201171875e13",
            "1e23",
            "0.000e999",
            "0e-5",
            "00012.50",
        ] {
            assert_eq!(parse_decimal(text), Some(text.parse::<f64>().unwrap()), "{text}");
        }
        let halfway = format!("1.{}5{}1", "0".repeat(15), "0".repeat(900));
        assert_eq!(parse_decimal(&halfway), Some(halfway.parse::<f64>().unwrap()));
        for text in ["", "-", ".5", "1e", "1e+", "0x1", "NaN", "inf", "+1", "1_0", "1.7976931348623159e308", "1e400"] {
            assert_eq!(parse_decimal(text), None, "{text}");
        }
    }

    #[test]
    fn writes_as_javascript_does() {
        let cases = [
            (0.1, "0.1"),
            (1.0, "1"),
            (-2.5, "-2.5"),
            (1e21, "1e+21"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (1e-6, "0.000001"),
            (1e-7, "1e-7"),
            (1.5e-7, "1.5e-7"),
            (0.1 + 0.2, "0.30000000000000004"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::from_bits(1), "5e-324"),
            (9.5, "9.5"),
            (0.0, "0"),
        ];
        for (value, text) in cases {
            assert_eq!(Decimal(value).to_string(), text);
        }
    }

    proptest! {
        // The oracle is the language's own conversion.
        #[test]
        fn reads_as_the_language_does(text in "-?[0-9]{1,25}(\\.[0-9]{0,30})?([eE][+-]?[0-9]{1,3})?") {
            let theirs = text.parse::<f64>().ok().filter(|value| value.is_finite());
            prop_assert_eq!(parse_decimal(&text).map(f64::to_bits), theirs.map(f64::to_bits));
        }

        #[test]
        fn reads_the_edge_of_the_range_as_the_language_does(text in "-?[1-9][0-9]{0,17}") {
            for exponent in 280..312 {
                let text = format!("{text}e{exponent}");
                let theirs = text.parse::<f64>().ok().filter(|value| value.is_finite());
                prop_assert_eq!(parse_decimal(&text), theirs, "{}", text);
            }
        }

        #[test]
        fn reads_back_what_was_written(bits in any::<u64>()) {
            let value = f64::from_bits(bits);
            prop_assume!(value.is_finite());
            let text = Decimal(value).to_string();
            prop_assert_eq!(parse_decimal(&text.replace("e+", "e")).map(f64::to_bits), Some(bits), "{}", text);
            // As short as the language's own shortest, or one digit longer at a power of two.
            let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
            let theirs = format!("{value:e}");
            let mantissa: String = text.split('e').next().unwrap().to_string();
            let significant = mantissa.trim_start_matches(['-', '0', '.']).replace('.', "");
            let significant = significant.trim_end_matches('0');
            let shortest = digits(theirs.split('e').next().unwrap().trim_end_matches(".0"));
            prop_assert!(significant.len() <= shortest + usize::from(bits & ((1 << 52) - 1) == 0), "{} {}", text, theirs);
        }

        #[test]
        fn halfway_points_round_to_even(mantissa in (1_u64 << 52)..(1 << 53), shift in 0_u32..40) {
            // Between two neighbours, exactly, in whole numbers.
            let middle = (u128::from(mantissa) * 2 + 1) << shift;
            for text in [format!("{middle}"), format!("{}", middle - 1), format!("{}", middle + 1)] {
                prop_assert_eq!(parse_decimal(&text), text.parse::<f64>().ok());
            }
        }
    }
}
