//! Character classes and lower case, from tables generated from the pinned ICU4X crates.
//!
//! Nothing here comes from the platform or from `std`, so every host and every compiler agrees. The tables
//! are kept small, for they are downloaded with the wasm module: they hold runs of code points, which are
//! unpacked when the first character beyond ASCII is looked up. The unit test below compares every code point.

use core::slice::Iter;
use core::sync::atomic::{AtomicU16, AtomicU32, Ordering};

#[path = "tables.rs"]
#[rustfmt::skip]
#[allow(clippy::unreadable_literal)]
mod tables;

use tables::{HIDDEN, HIDDEN_RUNS, LETTER_RUNS, LETTERS, RECORDS};

/// Alphabetic or a number of any kind.
const ALPHANUMERIC: i32 = 1;
/// Alphabetic, mark, decimal digit, connector punctuation or join control.
const WORD: i32 = 2;
const UPPER: i32 = 4;
const CASED: i32 = 8;
const CASE_IGNORABLE: i32 = 16;
/// Every second code point of the run is of the next record: upper and lower case take turns.
const PAIRS: i32 = 32;
/// How far above the flags the distance to the simple lower case begins.
const DISTANCE: u32 = 8;

/// How many code points share an entry of [`Table::blocks`], as a power of two.
const BLOCK: u32 = 7;
const BLOCKS: usize = 0x11_0000 >> BLOCK;

/// A map from code points to records by number.
struct Table {
    /// The runs of code points of one record, in order: the record in the high half of a byte, the length less
    /// one in the low half. What is 15 goes on after the byte, seven bits at a time, the lowest first.
    packed: &'static [u8],
    /// The same unpacked: the first code point of each run, and the record in the low byte.
    runs: &'static [AtomicU32],
    /// For each block of code points: the place of the run that has the first of them.
    blocks: &'static [AtomicU16],
}

/// Letters, digits and marks, with their places in [`RECORDS`].
static LETTER: Table = Table { packed: &LETTERS, runs: &LETTER_RUN, blocks: &LETTER_BLOCK };
static LETTER_RUN: [AtomicU32; LETTER_RUNS] = [const { AtomicU32::new(0) }; LETTER_RUNS];
static LETTER_BLOCK: [AtomicU16; BLOCKS] = [const { AtomicU16::new(0) }; BLOCKS];

/// 1 for what does not show. In a table of its own, so that it is only in modules that need it.
static INVISIBLE: Table = Table { packed: &HIDDEN, runs: &HIDDEN_RUN, blocks: &HIDDEN_BLOCK };
static HIDDEN_RUN: [AtomicU32; HIDDEN_RUNS] = [const { AtomicU32::new(0) }; HIDDEN_RUNS];
static HIDDEN_BLOCK: [AtomicU16; BLOCKS] = [const { AtomicU16::new(0) }; BLOCKS];

impl Table {
    /// The record of a code point, and how far into its run it stands.
    #[inline(never)]
    fn find(&self, code: u32) -> (u8, u32) {
        if self.runs.last().is_some_and(|last| last.load(Ordering::Acquire) == 0) {
            self.unpack();
        }
        let block = usize::try_from(code >> BLOCK).unwrap_or(BLOCKS);
        let mut place = self.blocks.get(block).map_or(0, |place| place.load(Ordering::Relaxed));
        let mut found = 0;
        while let Some(run) = self.runs.get(usize::from(place)) {
            let run = run.load(Ordering::Relaxed);
            if run >> 8 > code {
                break;
            }
            found = run;
            place = place.wrapping_add(1);
        }
        (found.to_le_bytes()[0], code.saturating_sub(found >> 8))
    }

    /// Fills `runs`, the last one last, and `blocks`. Threads that do so at the same time write the same.
    #[inline(never)]
    fn unpack(&self) {
        let mut packed = self.packed.iter();
        let mut blocks = self.blocks.iter();
        let (mut start, mut next_block) = (0_u32, 0_u32);
        let mut place = 0_u16;
        for run in self.runs {
            let byte = packed.next().copied().unwrap_or(0);
            let packed_run = start << 8 | rest(byte >> 4, &mut packed);
            start = start.wrapping_add(rest(byte & 15, &mut packed)).wrapping_add(1);
            while next_block < start {
                if let Some(block) = blocks.next() {
                    block.store(place, Ordering::Relaxed);
                }
                next_block = next_block.wrapping_add(1 << BLOCK);
            }
            run.store(packed_run, Ordering::Release);
            place = place.wrapping_add(1);
        }
    }
}

/// A value of which half a byte has been read.
#[inline(never)]
fn rest(half: u8, packed: &mut Iter<'_, u8>) -> u32 {
    let mut value = u32::from(half);
    let mut shift = 0;
    while half == 15
        && let Some(&byte) = packed.next()
    {
        value = value.wrapping_add(u32::from(byte & 127) << shift);
        shift = 7_u32.wrapping_add(shift) & 31;
        if byte < 128 {
            break;
        }
    }
    value
}

/// Flags and distance to the simple lower case of a character.
#[inline(never)]
fn record(c: char) -> i32 {
    let (place, offset) = LETTER.find(u32::from(c));
    let mut records = RECORDS.iter().skip(usize::from(place));
    let record = records.next().copied().unwrap_or(0);
    if record & PAIRS != 0 && offset & 1 == 1 { records.next().copied().unwrap_or(0) } else { record }
}

fn flag(c: char, mask: i32) -> bool {
    record(c) & mask != 0
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
    if c.is_ascii() { c.is_ascii_alphanumeric() } else { flag(c, ALPHANUMERIC) }
}

/// Word character: Alphabetic, Mark, decimal digit, connector punctuation, join control.
pub(crate) fn is_word(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_alphanumeric() || c == '_' } else { flag(c, WORD) }
}

/// Uppercase.
pub(crate) fn is_upper(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_uppercase() } else { flag(c, UPPER) }
}

/// Lowercase: what is cased, is not upper case, and has no other lower case, as title case has.
pub(crate) fn is_lower(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_lowercase() } else { record(c) & !(ALPHANUMERIC | WORD | CASE_IGNORABLE) == CASED }
}

/// Control, format, private use or unassigned.
pub(crate) fn is_hidden(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_control() } else { INVISIBLE.find(u32::from(c)).0 == 1 }
}

pub(super) fn is_cased(c: char) -> bool {
    flag(c, CASED)
}

/// What may stand between a letter and those that decide its lower case.
pub(crate) fn is_case_ignorable(c: char) -> bool {
    flag(c, CASE_IGNORABLE)
}

/// Simple lower case: one character for one character.
pub(super) fn simple_lower(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_lowercase();
    }
    u32::from(c).checked_add_signed(record(c) >> DISTANCE).and_then(char::from_u32).unwrap_or(c)
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
            assert!(is_alphanumeric(c) || !is_cased(c), "what is no letter decides no lower case: {c:?}");
            assert_eq!(is_case_ignorable(c), CodePointSetData::new::<CaseIgnorable>().contains(c), "{c:?}");
            assert_eq!(simple_lower(c), CaseMapper::new().simple_lowercase(c), "{c:?}");
        }
    }
}
