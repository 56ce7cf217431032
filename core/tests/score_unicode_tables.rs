//! The Unicode tables of `score/text/tables.rs` are generated here from the ICU4X crates pinned in
//! Cargo.lock, and compared with them: `BLESS=1 cargo test -p interlock-core --test score_unicode_tables`
//! rewrites the file after an update of those crates.
//!
//! The tables exist because the ICU4X crates themselves cost 17.5 KB gzipped in a wasm module; the same
//! facts in the form below cost 4 KB. That every lookup agrees with ICU4X for every code point is a unit
//! test beside the lookups.
#![cfg(feature = "score")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::arithmetic_side_effects)]
#![allow(clippy::cast_possible_truncation, clippy::indexing_slicing)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use icu_casemap::CaseMapper;
use icu_properties::props::{
    Alphabetic, CaseIgnorable, Cased, GeneralCategory, GeneralCategoryGroup, JoinControl, Lowercase, Uppercase,
};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Code points below this are looked up in blocks, the rest in a list of runs.
const BLOCK_LIMIT: u32 = 0x2_0000;
const BLOCK: u32 = 128;

/// What is stored for one code point: the flags in the order of `text/unicode.rs`, and the distance to its
/// simple lower case.
fn record(code: u32) -> (u8, i32) {
    let Some(c) = char::from_u32(code) else { return (0, 0) };
    let category = CodePointMapData::<GeneralCategory>::new().get(c);
    let within = |group: GeneralCategoryGroup| group.contains(category);
    let hidden = matches!(
        category,
        GeneralCategory::Control | GeneralCategory::Format | GeneralCategory::PrivateUse | GeneralCategory::Unassigned
    );
    let word = within(GeneralCategoryGroup::Mark)
        || matches!(category, GeneralCategory::DecimalNumber | GeneralCategory::ConnectorPunctuation)
        || CodePointSetData::new::<JoinControl>().contains(c);
    let flags = [
        CodePointSetData::new::<Alphabetic>().contains(c),
        within(GeneralCategoryGroup::Number),
        word,
        CodePointSetData::new::<Uppercase>().contains(c),
        CodePointSetData::new::<Lowercase>().contains(c),
        CodePointSetData::new::<Cased>().contains(c),
        CodePointSetData::new::<CaseIgnorable>().contains(c),
        hidden,
    ];
    let bits = flags.iter().enumerate().map(|(bit, &set)| u8::from(set) << bit).sum();
    let lower = CaseMapper::new().simple_lowercase(c) as i64;
    (bits, i32::try_from(lower - i64::from(code)).unwrap())
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
    let mut records: BTreeMap<(u8, i32), u8> = BTreeMap::new();
    let mut order: Vec<(u8, i32)> = Vec::new();
    let mut id = |code: u32| {
        let record = record(code);
        *records.entry(record).or_insert_with(|| {
            order.push(record);
            u8::try_from(order.len() - 1).unwrap()
        })
    };
    let mut blocks: Vec<u8> = Vec::new();
    let mut known: BTreeMap<Vec<u8>, u8> = BTreeMap::new();
    let mut index: Vec<u8> = Vec::new();
    for start in (0..BLOCK_LIMIT).step_by(BLOCK as usize) {
        let block: Vec<u8> = (start..start + BLOCK).map(&mut id).collect();
        let next = known.len();
        index.push(*known.entry(block.clone()).or_insert_with(|| {
            blocks.extend(&block);
            u8::try_from(next).unwrap()
        }));
    }
    let mut runs: Vec<String> = Vec::new();
    let mut last = None;
    for code in BLOCK_LIMIT..=0x10_FFFF {
        let value = id(code);
        if last != Some(value) {
            runs.push(format!("(0x{code:x}, {value})"));
            last = Some(value);
        }
    }
    let mut out = String::from(
        "// Generated from the pinned ICU4X crates by core/tests/score_unicode_tables.rs; do not edit.\n\n",
    );
    out.push_str("/// Distinct (flags, distance to the simple lower case).\n");
    let pairs: Vec<String> = order.iter().map(|(flags, delta)| format!("({flags}, {delta})")).collect();
    numbers(&mut out, "RECORDS", "(u8, i32)", &pairs);
    out.push_str("/// For each block of 128 code points below U+20000: its place in `BLOCKS`.\n");
    numbers(&mut out, "BLOCK_OF", "u8", &index);
    out.push_str("/// Runs of code points from U+20000 on: the first of the run and its record.\n");
    numbers(&mut out, "RUNS", "(u32, u8)", &runs);
    out.push_str("/// Distinct blocks, one record number a code point.\n");
    numbers(&mut out, "BLOCKS", "u8", &blocks);
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
