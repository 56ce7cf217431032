//! Numbers as they are written in texts, compared by value.

/// How a number is written, which decides what it can be compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A decimal number.
    Plain,
    /// Four digits from 1000 to 2999, without separator: perhaps a year.
    Year,
    /// A time of day, a version, a date: compared as written.
    Literal,
}

/// How a text hedges a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hedge {
    /// Not at all.
    Exact,
    /// "About": within a tenth.
    About,
    /// "Over": this or more.
    AtLeast,
    /// "Under": this or less.
    AtMost,
}

/// Two values closer than this, relative to their size, are the same: decimal fractions and scale words
/// leave roundings behind.
const ROUNDING: f64 = 1e-12;
/// A number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quantity {
    pub(super) form: Form,
    /// The value of a decimal number, exact up to 15 digits; a code of the characters of a literal.
    value: f64,
}

impl Quantity {
    /// What a token says that has no number.
    pub(super) const NONE: Self = Self { form: Form::Literal, value: 0.0 };

    /// Reads digits with `,` between groups of three, `.` or `:` inside.
    pub(super) fn read(text: &str, negative: bool) -> Self {
        let (mut value, mut code, mut fraction) = (0.0, 0.0, 1.0);
        // Digits since the last comma, or since the beginning.
        let mut group = 0_u32;
        let (mut commas, mut point, mut plain) = (false, false, true);
        for byte in text.bytes() {
            code = code * 16.0 + f64::from(byte & 15) + 1.0;
            match byte {
                b',' => {
                    plain &= !point && if commas { group == 3 } else { (1..=3).contains(&group) };
                    (commas, group) = (true, 0);
                }
                b'.' => {
                    plain &= !point && (!commas || group == 3);
                    point = true;
                }
                b'0'..=b'9' => {
                    value = value * 10.0 + f64::from(byte & 15);
                    fraction *= if point { 10.0 } else { 1.0 };
                    group = group.saturating_add(u32::from(!point));
                }
                _ => plain = false,
            }
        }
        plain &= !commas || group == 3;
        if !plain {
            // Beyond 13 characters codes get inexact, and different literals may pass for the same.
            return Self { form: Form::Literal, value: if code.is_finite() { code } else { 0.0 } };
        }
        let year = !commas && !point && !negative && group == 4 && (1000.0..3000.0).contains(&value);
        // A number beyond the range of a double is some very large number.
        let value = if fraction < f64::MAX { (value / fraction).min(f64::MAX) } else { 0.0 };
        let form = if year { Form::Year } else { Form::Plain };
        Self { form, value: if negative { -value } else { value } }
    }

    /// A whole number.
    pub(super) fn of(value: u8) -> Self {
        Self { form: Form::Plain, value: f64::from(value) }
    }

    /// Appends zeros.
    pub(super) fn scale(&mut self, zeros: u8) {
        if self.form != Form::Literal {
            self.form = Form::Plain;
            self.value = (self.value * ten_to(zeros)).clamp(-f64::MAX, f64::MAX);
        }
    }

    /// Whether both are numbers of the same kind. A year is also a plain number.
    pub(super) fn is_like(self, other: Self) -> bool {
        (self.form == Form::Literal) == (other.form == Form::Literal)
    }

    /// Whether both have the same value.
    #[inline(never)]
    pub(super) fn is_same(self, other: Self) -> bool {
        let size = self.value.abs().max(other.value.abs());
        self.is_like(other) && (self.value - other.value).abs() <= ROUNDING * size
    }

    /// Whether more digits could still make this number `other`. A number that has a point already is given
    /// the benefit of the doubt.
    pub(super) fn may_become(self, other: Self) -> bool {
        if self.form == Form::Literal || libm::floor(self.value) != self.value {
            return true;
        }
        let (said, mut longer) = (self.value.abs(), other.value.abs());
        while longer >= said {
            if libm::floor(longer) == said {
                return true;
            }
            longer /= 10.0;
        }
        false
    }

    /// Whether a scale word, from "hundred" on, could still make this number `other`.
    pub(super) fn may_scale_to(self, other: Self) -> bool {
        let factor = other.value / self.value;
        factor >= 100.0 * (1.0 - ROUNDING)
    }

    /// Whether saying this number with `hedge` agrees with `fact`.
    pub(super) fn agrees(self, hedge: Hedge, fact: Self) -> bool {
        self.is_same(fact)
            || match hedge {
                Hedge::Exact => false,
                Hedge::About => (self.value - fact.value).abs() <= 0.1 * fact.value.abs(),
                Hedge::AtLeast => fact.value >= self.value,
                Hedge::AtMost => fact.value <= self.value,
            }
    }
}

#[inline(never)]
fn ten_to(zeros: u8) -> f64 {
    let mut power = 1.0;
    for _ in 0..zeros {
        power *= 10.0;
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Quantity {
        Quantity::read(text, false)
    }

    #[test]
    fn values_not_spellings() {
        assert!(read("1,000.50").is_same(read("1000.5")));
        assert!(read("007").is_same(read("7")));
        assert!(read("0.0").is_same(Quantity::read("0", true)));
        assert!(!read("330").is_same(read("33")));
        assert!(!read("5").is_same(Quantity::read("5", true)));
        let mut seven = read("7");
        seven.scale(6);
        assert!(seven.is_same(read("7,000,000")));
        assert!(!read("9:40").is_like(read("9")));
        assert!(read("9:40").is_same(read("9:40")) && !read("9:40").is_same(read("9:45")));
        let forms = ["1889", "3889", "889", "1,5", "1,889", "12,345,678.9", "1234,567", "1.2.3", "2024.5"];
        let (year, plain, literal) = (Form::Year, Form::Plain, Form::Literal);
        let expected = [year, plain, plain, literal, plain, plain, literal, literal, plain];
        assert_eq!(forms.map(|text| read(text).form), expected);
        assert!(Quantity::of(90).is_same(read("90.0")));
    }

    #[test]
    fn beginnings() {
        for (short, long, may) in [
            ("18", "1889", true),
            ("1889", "1889", true),
            ("19", "1889", false),
            ("2", "2.5", true),
            ("2.5", "2.53", true),
            ("33", "330", true),
            ("34", "330", false),
            ("0.1", "0.15", true),
            ("1889", "18", false),
            ("99", "99.9", true),
            ("99.9", "99.9", true),
        ] {
            assert_eq!(read(short).may_become(read(long)), may, "{short} {long}");
        }
    }

    #[test]
    fn hedges() {
        assert!(read("300").agrees(Hedge::About, read("330")));
        assert!(!read("200").agrees(Hedge::About, read("330")));
        assert!(read("300").agrees(Hedge::AtLeast, read("330")));
        assert!(!read("400").agrees(Hedge::AtLeast, read("330")));
        assert!(read("400").agrees(Hedge::AtMost, read("330")));
        assert!(!read("300").agrees(Hedge::Exact, read("330")));
    }

    #[test]
    fn extremes_stay_numbers() {
        let texts = ["9".repeat(1000), "0".repeat(1000), alloc::format!("0.{}", "1".repeat(1000)), "1:".repeat(1000)];
        for text in &texts {
            let mut number = read(text);
            number.scale(255);
            assert!(number.value.is_finite(), "{number:?}");
            assert!(number.is_same(number) && number.may_become(number));
        }
    }
}
