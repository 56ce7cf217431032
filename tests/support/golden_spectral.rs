//! Checks the spectral bridge against a file in the format of `f_spectral.json`, under the published definition.

use interlock_core::Fidelity;
use interlock_core::geometry::{SpectralBridge, spectral};
use interlock_core::numeric::{EigenMethod, SymmetricEigen};
use serde_json::Value;

use super::golden_decoder::judged;
use super::golden_fields::{Fields, rows, section};
use super::golden_report::GoldenReport;

/// The name of the file.
#[allow(dead_code, reason = "for those who look a file's check up")]
pub(crate) const FILE: &str = "f_spectral.json";
/// Sections by which a file of any other name is known.
#[allow(dead_code, reason = "for those who do not know the file by its name")]
pub(crate) const SECTIONS: &[&str] = &["gauge_sequence"];

/// Checks every section of the file; one that cannot be read is a failure.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    for (name, vector) in section(file, "cases") {
        judged(&mut report, &name, vector, case);
    }
    let sequence = section(file, "gauge_sequence");
    let size = sequence.first().and_then(|(_, call)| rows(call.get("w"))).map_or(0, |w| w.len());
    let bridge = u32::try_from(size).ok().map(|n| SpectralBridge::new(n, Fidelity::Published));
    let mut bridge = bridge.and_then(Result::ok);
    for (name, vector) in &sequence {
        judged(&mut report, name, vector, |fields, call| gauge(fields, bridge.as_mut()?, call));
    }
    report
}

/// A matrix row by row and the number of its rows.
pub(crate) fn square(value: Option<&Value>) -> Option<(u32, Vec<f64>)> {
    let list = rows(value)?;
    let n = list.len();
    let flat = list.concat();
    (flat.len() == n.checked_mul(n)?).then_some((u32::try_from(n).ok()?, flat))
}

/// Rows become columns.
pub(crate) fn transposed(matrix: &[f64], n: u32) -> Vec<f64> {
    let n = n as usize;
    (0..n).flat_map(|column| matrix.iter().skip(column).step_by(n.max(1)).copied()).collect()
}

fn case(fields: &mut Fields<'_>, vector: &Value) -> Option<()> {
    let (n, w) = square(vector.get("w"))?;
    let mut bridge = SpectralBridge::new(n, Fidelity::Published).ok()?;
    bridge.compute(&w).ok()?;
    fields.matrix("laplacian", vector.get("laplacian"), bridge.laplacian(), n as usize);
    fields.list("eigvals", vector.get("eigvals"), bridge.eigenvalues());
    fields.stated("fiedler_value", vector, spectral::fiedler_value(bridge.eigenvalues()));
    fields.stated("spectral_gap", vector, spectral::spectral_gap(bridge.eigenvalues()));
    let first = transposed(bridge.eigenvectors(), n);
    fields.matrix("eigvecs_first_call", vector.get("eigvecs_first_call"), &first, n as usize);
    let mut eigen = SymmetricEigen::new(n, EigenMethod::Jacobi).ok()?;
    eigen.solve(bridge.laplacian()).ok()?;
    if vector.get("eigvecs_determined_up_to_sign")?.as_bool()? {
        let raw = transposed(eigen.vectors(), n);
        fields.matrix("eigvecs_without_any_sign_fix", vector.get("eigvecs_without_any_sign_fix"), &raw, n as usize);
    }
    Some(())
}

/// One call of a sequence on one bridge.
fn gauge(fields: &mut Fields<'_>, bridge: &mut SpectralBridge, call: &Value) -> Option<()> {
    let (n, w) = square(call.get("w"))?;
    bridge.compute(&w).ok()?;
    fields.list("eigvals", call.get("eigvals"), bridge.eigenvalues());
    fields.matrix("eigvecs", call.get("eigvecs"), &transposed(bridge.eigenvectors(), n), n as usize);
    Some(())
}
