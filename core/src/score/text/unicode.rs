//! Character classes and lower case, from tables generated from the pinned ICU4X crates.
//!
//! Nothing here comes from the platform or from `std`, so every host and every compiler agrees. The
//! tables are a tenth of the crates' size in wasm; the unit test below compares every code point.

#[path = "tables.rs"]
#[rustfmt::skip]
mod tables;

use tables::{BLOCK_OF, BLOCKS, RECORDS, RUNS};

const ALPHABETIC: u8 = 1;
const NUMERIC: u8 = 2;
/// Mark, decimal digit, connector punctuation or join control.
const WORD: u8 = 4;
const UPPER: u8 = 8;
const LOWER: u8 = 16;
const CASED: u8 = 32;
const CASE_IGNORABLE: u8 = 64;
const HIDDEN: u8 = 128;

/// Flags and distance to the simple lower case of a character.
#[inline(never)]
fn record(c: char) -> (u8, i32) {
    let code = c as usize;
    let id = match BLOCK_OF.get(code >> 7) {
        Some(&block) => BLOCKS.get((usize::from(block) << 7) | (code & 127)),
        None => {
            let after = RUNS.partition_point(|&(start, _)| start <= c as u32);
            RUNS.get(after.wrapping_sub(1)).map(|(_, id)| id)
        }
    };
    id.and_then(|&id| RECORDS.get(usize::from(id))).copied().unwrap_or((0, 0))
}

fn flag(c: char, mask: u8) -> bool {
    record(c).0 & mask != 0
}

/// White_Space.
pub(crate) fn is_white_space(c: char) -> bool {
    matches!(
        c,
        '\t'..='\r' | ' ' | '\u{85}' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{2028}' | '\u{2029}'
            | '\u{202f}' | '\u{205f}' | '\u{3000}'
    )
}

/// Alphabetic or a number of any kind (general category Nd, Nl or No).
pub(crate) fn is_alphanumeric(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { flag(c, ALPHABETIC | NUMERIC) }
}

/// Word character: Alphabetic, Mark, decimal digit, connector punctuation, join control.
pub(crate) fn is_word(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() || c == '_' } else { flag(c, ALPHABETIC | WORD) }
}

/// Uppercase.
pub(crate) fn is_upper(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_uppercase() } else { flag(c, UPPER) }
}

/// Lowercase.
pub(crate) fn is_lower(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_lowercase() } else { flag(c, LOWER) }
}

/// Control, format, private use or unassigned.
pub(crate) fn is_hidden(c: char) -> bool {
    flag(c, HIDDEN)
}

pub(super) fn is_cased(c: char) -> bool {
    flag(c, CASED)
}

pub(super) fn is_case_ignorable(c: char) -> bool {
    flag(c, CASE_IGNORABLE)
}

/// Simple lower case: one character for one character.
pub(super) fn simple_lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    (c as u32).checked_add_signed(record(c).1).and_then(char::from_u32).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;
    use icu_casemap::CaseMapper;
    use icu_properties::props::{
        Alphabetic, CaseIgnorable, Cased, GeneralCategory, GeneralCategoryGroup, JoinControl, Lowercase, Uppercase,
        WhiteSpace,
    };
    use icu_properties::{CodePointMapData, CodePointSetData};

    #[test]
    fn every_code_point_agrees_with_icu4x() {
        let category = CodePointMapData::<GeneralCategory>::new();
        let alphabetic = CodePointSetData::new::<Alphabetic>();
        for c in '\0'..=char::MAX {
            let within = |group: GeneralCategoryGroup| group.contains(category.get(c));
            let number = within(GeneralCategoryGroup::Number);
            let word = alphabetic.contains(c)
                || within(GeneralCategoryGroup::Mark)
                || within(GeneralCategoryGroup::DecimalNumber)
                || within(GeneralCategoryGroup::ConnectorPunctuation)
                || CodePointSetData::new::<JoinControl>().contains(c);
            let hidden = within(GeneralCategoryGroup::Control)
                || within(GeneralCategoryGroup::Format)
                || within(GeneralCategoryGroup::PrivateUse)
                || within(GeneralCategoryGroup::Unassigned);
            assert_eq!(is_alphanumeric(c), alphabetic.contains(c) || number, "{c:?}");
            assert_eq!(is_word(c), word, "{c:?}");
            assert_eq!(is_hidden(c), hidden, "{c:?}");
            assert_eq!(is_white_space(c), CodePointSetData::new::<WhiteSpace>().contains(c), "{c:?}");
            assert_eq!(is_upper(c), CodePointSetData::new::<Uppercase>().contains(c), "{c:?}");
            assert_eq!(is_lower(c), CodePointSetData::new::<Lowercase>().contains(c), "{c:?}");
            assert_eq!(is_cased(c), CodePointSetData::new::<Cased>().contains(c), "{c:?}");
            assert_eq!(is_case_ignorable(c), CodePointSetData::new::<CaseIgnorable>().contains(c), "{c:?}");
            assert_eq!(simple_lower(c), CaseMapper::new().simple_lowercase(c), "{c:?}");
        }
    }
}
