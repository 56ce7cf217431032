//! Checks the seeded generator against a file in the format of `a_rng.json`.

use interlock_core::Fidelity;
use interlock_core::numeric::Xorshift64;
use serde_json::Value;

use super::golden_numbers::{Vector, name, section};
use super::golden_report::GoldenReport;

/// The name of the file.
pub(crate) const FILE: &str = "a_rng.json";

/// Sections by which a file of the format is known.
pub(crate) const SECTIONS: &[&str] = &["cases"];

/// Checks every case; seeds are taken as published, without mixing.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    for (index, case) in section(&mut report, file, "cases").iter().enumerate() {
        let mut vector = Vector::new(&mut report, name("cases", index, case), case);
        let Some(seed) = word(case.get("seed")) else {
            vector.fail("seed", "0x and hexadecimal digits", case.get("seed").unwrap_or(&Value::Null));
            continue;
        };
        let generator = Xorshift64::new(seed, Fidelity::Published);
        let mut words = generator.clone();
        let expected = case.get("u64").and_then(Value::as_array);
        for (index, expected) in expected.into_iter().flatten().enumerate() {
            let got = words.next_u64();
            if word(Some(expected)) != Some(got) {
                vector.fail(&format!("u64[{index}]"), expected, format!("{got:#018x}"));
            }
        }
        if expected.is_none() {
            vector.fail("u64", "a list", "nothing");
        }
        let mut uniforms = generator.clone();
        let count = |field: &str| case.get(field).and_then(Value::as_array).map_or(0, Vec::len);
        let got: Vec<f64> = (0..count("uniform")).map(|_| uniforms.uniform()).collect();
        vector.list("uniform", &got, 0.0);
        let mut got = vec![0.0; count("normal")];
        generator.clone().normals(&mut got);
        vector.list("normal", &got, 1e-13);
        let mut later = generator;
        for _ in 0..1000 {
            later.next_u64();
        }
        // The word drawn after a thousand of them.
        let expected = word(case.get("u64_after_1000"));
        let got = later.next_u64();
        if expected != Some(got) {
            vector.fail("u64_after_1000", format!("{expected:?}"), format!("{got:#018x}"));
        }
        vector.finish();
    }
    report
}

fn word(value: Option<&Value>) -> Option<u64> {
    u64::from_str_radix(value?.as_str()?.strip_prefix("0x")?, 16).ok()
}
