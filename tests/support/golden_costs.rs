//! Checks the cost terms against a file in the format of `f_costs.json`.

use interlock_core::geometry::costs::c9_with_probes;
use interlock_core::geometry::{CostInputs, CostWeights, Costs};
use serde_json::Value;

use super::golden_decoder::judged;
use super::golden_fields::{Fields, numbers, section};
use super::golden_report::{GoldenReport, number};
use super::golden_spectral::{square, transposed};

/// The name of the file.
#[allow(dead_code, reason = "for those who look a file's check up")]
pub(crate) const FILE: &str = "f_costs.json";
/// Sections by which a file of any other name is known.
#[allow(dead_code, reason = "for those who do not know the file by its name")]
pub(crate) const SECTIONS: &[&str] = &["c9_with_probes"];

/// Checks every section of the file; one that cannot be read is a failure.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    for (name, vector) in section(file, "cases") {
        judged(&mut report, &name, vector, case);
    }
    if let Some(vector) = file.get("c9_with_probes") {
        judged(&mut report, "c9_with_probes", vector, |fields, vector| {
            let got = c9_with_probes(&numbers(vector.get("w"))?, &numbers(vector.get("probes"))?);
            fields.stated("c9", vector, got);
            Some(())
        });
    }
    report
}

/// Weights of the cost terms.
pub(crate) fn weights(value: &Value) -> Option<CostWeights> {
    let real = |key: &str| value.get(key).and_then(number);
    Some(CostWeights {
        micro: real("micro")?,
        c7: real("c7")?,
        c8: real("c8")?,
        c9: real("c9")?,
        c10: real("c10")?,
        reg: real("reg")?,
        c4_tcbo: real("c4_tcbo")?,
        pgbo: real("pgbo")?,
    })
}

/// The terms by their published names.
pub(crate) const fn terms(costs: &Costs) -> [(&'static str, f64); 9] {
    [
        ("c_micro", costs.c_micro),
        ("c7_symbolic", costs.c7_symbolic),
        ("c8_phase", costs.c8_phase),
        ("c9_memory", costs.c9_memory),
        ("c10_boundary", costs.c10_boundary),
        ("r_graph", costs.r_graph),
        ("c4_tcbo", costs.c4_tcbo),
        ("c_pgbo", costs.c_pgbo),
        ("u_total", costs.u_total),
    ]
}

fn case(fields: &mut Fields<'_>, vector: &Value) -> Option<()> {
    let theta = numbers(vector.get("theta"))?;
    let (sines, cosines): (Vec<_>, Vec<_>) = theta.iter().map(|x| interlock_core::numeric::sin_cos(*x)).unzip();
    let (n, w) = square(vector.get("w"))?;
    // The second column of a matrix.
    let column = |key: &str| {
        let (n, matrix) = square(vector.get(key))?;
        let columns = transposed(&matrix, n);
        Some(columns.chunks((n as usize).max(1)).nth(1).unwrap_or_default().to_vec())
    };
    let protected: Option<Vec<bool>> = match vector.get("protected_mask") {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(mask) => mask.as_array()?.iter().map(Value::as_bool).collect(),
    };
    let h_square = match vector.get("h_munu") {
        None | Some(Value::Null) => 0.0,
        h => square(h).filter(|(rows, _)| *rows == n)?.1.iter().fold(0.0, |sum, x| sum + x * x),
    };
    let inputs = CostInputs {
        sines: &sines,
        cosines: &cosines,
        w: &w,
        eigenvalues: &numbers(vector.get("eigvals"))?,
        fiedler: &column("eigvecs")?,
        target: &column("phi_target")?,
        protected: &protected?,
        p_h1: number(vector.get("p_h1")?)?,
        h_square,
    };
    let costs = Costs::of(&inputs, &weights(vector.get("weights")?)?).ok()?;
    for (name, got) in terms(&costs) {
        fields.stated(name, vector.get("costs")?, got);
    }
    Some(())
}
