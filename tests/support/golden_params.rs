//! Checks the layers' parameters against a file in the format of `a_params.json`.

use interlock_core::Fidelity;
use interlock_core::physics::{Sec, SecConfig, layers};
use serde_json::Value;

use super::golden_numbers::Vector;
use super::golden_report::GoldenReport;

/// The name of the file.
pub(crate) const FILE: &str = "a_params.json";

/// Sections by which a file of the format is known.
pub(crate) const SECTIONS: &[&str] = &["row_sums", "v_max"];

const TOLERANCE: f64 = 1e-15;

/// Checks every section of the file; one that is missing has no vectors.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    let rows = layers::coupling_rows(Fidelity::Published);
    let sums: Vec<f64> = rows.iter().map(|row| row.iter().sum()).collect();
    let coupling = layers::coupling(Fidelity::Published);
    let total = coupling.total();
    let sec = Sec::new(&layers::OMEGA, coupling, SecConfig::default(), Fidelity::Published);
    let v_max = sec.map_or(f64::NAN, |sec| sec.v_max());
    for (section, got, tolerance) in [
        ("omega", layers::OMEGA.to_vec(), 0.0),
        ("knm", rows.as_flattened().to_vec(), TOLERANCE),
        ("row_sums", sums, TOLERANCE * 16.0),
        ("total", vec![total], TOLERANCE * 16.0),
        ("v_max", vec![v_max], TOLERANCE * 16.0),
    ] {
        if file.get(section).is_some() {
            let mut vector = Vector::new(&mut report, section, file);
            vector.list(section, &got, tolerance);
            vector.finish();
        }
    }
    report
}
