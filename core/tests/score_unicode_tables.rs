//! The Unicode tables of `score/text/tables.rs` are generated here from the ICU4X crates pinned in
//! Cargo.lock, and compared with them: `BLESS=1 cargo test -p interlock-core --test score_unicode_tables`
//! rewrites the file after an update of those crates.
//!
//! The tables exist because the ICU4X crates themselves cost 17.5 KB gzipped in a wasm module; the same
//! facts in the form below cost 3 KB. That every lookup agrees with ICU4X for every code point is a unit
//! test beside the lookups.
#![cfg(feature = "score")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects)]
#![allow(clippy::cast_possible_truncation, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use icu_casemap::CaseMapper;
use icu_properties::props::{
    Alphabetic, CaseIgnorable, Cased, GeneralCategory, GeneralCategoryGroup, JoinControl, Uppercase,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// The flag of a record whose runs take turns with the next record, see `text/unicode.rs`.
const PAIRS: i32 = 32;
const DISTANCE: u32 = 8;
const LAST: u32 = 0x10_FFFF;

/// What is stored for one code point: the flags in the order of `text/unicode.rs`, and the distance to its
/// simple lower case.
fn record(code: u32) -> i32 {
    let Some(c) = char::from_u32(code) else { return 0 };
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let within = |group: GeneralCategoryGroup| group.contains(category);
    let alphabetic = CodePointSetData::new::<Alphabetic>().contains(c);
    let word = within(GeneralCategoryGroup::Mark)
        || matches!(category, GeneralCategory::DecimalNumber | GeneralCategory::ConnectorPunctuation)
        || CodePointSetData::new::<JoinControl>().contains(c);
    let flags = [
        alphabetic || within(GeneralCategoryGroup::Number),
        alphabetic || word,
        CodePointSetData::new::<Uppercase>().contains(c),
        CodePointSetData::new::<Cased>().contains(c),
        CodePointSetData::new::<CaseIgnorable>().contains(c),
    ];
    let bits: i32 = flags.iter().enumerate().map(|(bit, &set)| i32::from(set) << bit).sum();
    let lower = CaseMapper::new().simple_lowercase(c) as i64;
    bits | i32::try_from(lower - i64::from(code)).unwrap() << DISTANCE
}

fn is_hidden(code: u32) -> bool {
    let category = char::from_u32(code).map(|c| CodePointMapData::<GeneralCategory>::new().get(c));
    category.is_some_and(|category| {
        matches!(
            category,
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::PrivateUse
                | GeneralCategory::Unassigned
        )
    })
}

/// Runs of code points of one record, with their lengths.
fn runs(record: impl Fn(u32) -> i32) -> Vec<(i32, u32)> {
    let mut runs: Vec<(i32, u32)> = Vec::new();
    for code in 0..=LAST {
        match runs.last_mut() {
            Some((last, len)) if *last == record(code) => *len += 1,
            _ => runs.push((record(code), 1)),
        }
    }
    runs
}

/// The same where runs of `upper` and `lower` that take turns are one run.
fn paired(runs: &[(i32, u32)], upper: i32, lower: i32) -> Vec<(i32, u32)> {
    let mut out: Vec<(i32, u32)> = Vec::new();
    for &(record, mut len) in runs {
        let turns = match out.last() {
            Some((last, said)) if *last == upper | PAIRS => record == if said % 2 == 0 { upper } else { lower },
            _ => false,
        };
        if let Some((_, said)) = out.last_mut()
            && turns
        {
            *said += 1;
            len -= 1;
        }
        if len > 0 {
            let first_upper = record == upper && len == 1;
            out.push((if first_upper { upper | PAIRS } else { record }, len));
        }
    }
    out
}

/// Packs runs as `text/unicode.rs` unpacks them.
fn pack(runs: &[(usize, u32)]) -> Vec<u8> {
    let mut out = Vec::new();
    for &(record, len) in runs {
        let values = [u32::try_from(record).unwrap(), len - 1];
        out.push((values[0].min(15) << 4 | values[1].min(15)) as u8);
        for value in values.into_iter().filter(|value| *value >= 15) {
            let mut rest = value - 15;
            while rest >= 128 {
                out.push((rest & 127 | 128) as u8);
                rest >>= 7;
            }
            out.push(rest as u8);
        }
    }
    out
}

fn numbers<T: std::fmt::Display>(out: &mut String, name: &str, kind: &str, values: &[T]) {
    write!(out, "pub(super) static {name}: [{kind}; {}] = [", values.len()).unwrap();
    let mut width = usize::MAX;
    for value in values {
        let text = format!("{value},");
        if width.saturating_add(text.len()) > 116 {
            out.push_str("\n    ");
            width = 0;
        }
        width += text.len();
        out.push_str(&text);
    }
    out.push_str("\n];\n\n");
}

fn generate() -> String {
    let (upper, lower) = (record('Ā' as u32), record('ā' as u32));
    let letters = paired(&runs(record), upper, lower);
    // Records by number: the most frequent first, and that of pairs before what takes turns with it.
    let mut counts: BTreeMap<i32, u32> = BTreeMap::new();
    for (record, _) in &letters {
        *counts.entry(*record).or_default() += 1;
    }
    let mut order: Vec<i32> = counts.keys().copied().filter(|record| *record != upper | PAIRS).collect();
    order.sort_by_key(|record| std::cmp::Reverse(counts[record]));
    let place = order.iter().position(|record| *record == lower).unwrap();
    order.insert(place, upper | PAIRS);
    let number = |record: &i32| order.iter().position(|other| other == record).unwrap();
    let letters: Vec<(usize, u32)> = letters.iter().map(|(record, len)| (number(record), *len)).collect();
    let hidden: Vec<(usize, u32)> =
        runs(|code| i32::from(is_hidden(code))).iter().map(|(hidden, len)| (usize::from(*hidden == 1), *len)).collect();
    let mut out = String::from(
        "// Generated from the pinned ICU4X crates by core/tests/score_unicode_tables.rs; do not edit.\n\n",
    );
    out.push_str("/// Distinct flags, and above them the distance to the simple lower case.\n");
    numbers(&mut out, "RECORDS", "i32", &order);
    writeln!(out, "/// How many runs [`LETTERS`] has.\npub(super) const LETTER_RUNS: usize = {};", letters.len())
        .unwrap();
    out.push_str("/// Runs of code points with their places in [`RECORDS`], packed.\n");
    numbers(&mut out, "LETTERS", "u8", &pack(&letters));
    writeln!(out, "/// How many runs [`HIDDEN`] has.\npub(super) const HIDDEN_RUNS: usize = {};", hidden.len())
        .unwrap();
    out.push_str("/// Runs of code points that show (0) and that do not (1), packed.\n");
    numbers(&mut out, "HIDDEN", "u8", &pack(&hidden));
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

#[test]
fn tables_are_those_of_the_pinned_icu4x() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/score/text/tables.rs");
    let generated = generate();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &generated).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap();
    assert!(written == generated, "tables.rs is not what the pinned ICU4X crates give; run this test with BLESS=1");
}
