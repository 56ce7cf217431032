//! The lexical signals and the scorer against the published vectors, where they are at hand.
#![cfg(feature = "score")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs
)]

use serde_json::{Value, json};

#[path = "../../tests/support/golden_i_text.rs"]
mod golden_i_text;
#[path = "../../tests/support/golden_report.rs"]
#[allow(dead_code)]
mod golden_report;

use golden_i_text::check;
use golden_report::GoldenReport;

fn file(name: &str) -> Option<Value> {
    let path = format!("{}/../../shared/golden/{name}", env!("CARGO_MANIFEST_DIR"));
    let Ok(text) = std::fs::read_to_string(&path) else {
        println!("skipped: ../shared/golden/{name} is not there");
        return None;
    };
    Some(serde_json::from_str(&text).expect("a golden file is JSON"))
}

fn assert_explained(report: &GoldenReport) {
    for failure in &report.failures {
        println!("{}: {}: expected {}, got {}", failure.vector, failure.field, failure.expected, failure.got);
    }
    assert!(report.failures.is_empty(), "{} vectors are neither reproduced nor explained", report.failures.len());
}

#[test]
fn every_vector_holds_or_deviates_by_a_rule() {
    let Some(file) = file("i_text.json") else { return };
    let report = check(&file);
    assert_explained(&report);
    println!(
        "{} hold, {} deviate, largest deviation {:e}",
        report.holds,
        report.deviates.len(),
        report.largest_deviation
    );
    assert!(report.largest_deviation < 1e-13, "{}", report.largest_deviation);
    // Signals that nothing is wrong with deviate nowhere.
    for field in ["word_overlap", "entity_overlap", "numerical_consistency", "trend_drop", "bm25"] {
        let deviating = report.deviates.iter().filter(|deviation| deviation.vector.contains(field));
        assert_eq!(deviating.count(), 0, "{field}");
    }
}

/// The list of deviations that the project keeps is the one that the rules find: none is missing and none is
/// out of date. `BLESS=1` rewrites it.
#[test]
fn the_list_of_deviations_is_complete() {
    let Some(file) = file("i_text.json") else { return };
    let found: Vec<Value> = check(&file)
        .deviates
        .iter()
        .map(|deviation| {
            let parts = deviation.vector.splitn(3, '/').collect::<Vec<_>>();
            let field = parts.get(2).copied().unwrap_or("");
            json!({"vector": parts[..2].join("/"), "field": field, "reason": deviation.reason})
        })
        .collect();
    let path = format!("{}/../tests/fixtures/deviations/i_text.json", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("BLESS").is_some() {
        let rows: Vec<String> = found.iter().map(ToString::to_string).collect();
        std::fs::create_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();
        std::fs::write(&path, format!("[\n  {}\n]\n", rows.join(",\n  "))).unwrap();
    }
    let listed: Vec<Value> = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    for deviation in &found {
        assert!(listed.contains(deviation), "not listed: {deviation}");
    }
    for deviation in &listed {
        assert!(found.contains(deviation), "listed, but does not deviate: {deviation}");
    }
}

/// A checker that accepts anything checks nothing: every changed value must be found.
#[test]
fn a_wrong_value_is_a_failure() {
    let Some(good) = file("i_text.json") else { return };
    let mut missed = Vec::new();
    for (section, vectors) in good.as_object().unwrap() {
        let vectors: Vec<Value> = match vectors {
            Value::Array(vectors) => vectors.iter().map(|vector| json!([vector])).collect(),
            Value::Object(_) => vec![vectors.clone()],
            _ => continue,
        };
        for vector in vectors {
            let before = check(&json!({ section: vector }));
            for pointer in leaves(&vector) {
                // What goes in may be changed without harm to what comes out.
                let inputs = ["/0/in/", "/0/a", "/0/b", "/corpus", "/0/values", "/0/logits", "/0/cols"];
                let queries = ["/query", "/n_results", "/tie_among_matches"];
                if inputs.iter().any(|input| pointer.starts_with(input))
                    || queries.iter().any(|input| pointer.ends_with(input))
                {
                    continue;
                }
                let mut changed = vector.clone();
                let value = changed.pointer_mut(&pointer).unwrap();
                *value = match value.clone() {
                    Value::Bool(flag) => json!(!flag),
                    Value::Number(number) if number.is_u64() => json!(number.as_u64().unwrap() + 1),
                    Value::Number(number) => json!(number.as_f64().unwrap() + 1e-9),
                    Value::String(text) => json!(format!("{text}x")),
                    _ => json!(true),
                };
                // A changed flag may be what Interlock gives where it deviates.
                let after = check(&json!({ section: changed }));
                if after.failures.len() <= before.failures.len() && after.holds <= before.holds {
                    missed.push(format!("{section}{pointer} of {vector}"));
                }
            }
        }
    }
    assert_eq!(missed, Vec::<String>::new());
}

fn leaves(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items
            .iter()
            .enumerate()
            .flat_map(|(index, item)| leaves(item).into_iter().map(move |leaf| format!("/{index}{leaf}")))
            .collect(),
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, item)| {
                let key = key.replace('~', "~0").replace('/', "~1");
                leaves(item).into_iter().map(move |leaf| format!("/{key}{leaf}"))
            })
            .collect(),
        _ => vec![String::new()],
    }
}
