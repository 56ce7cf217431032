//! Checks the geometry's corrected forms against their sections of a file in the format of `k_better.json`.
//!
//! Each section has one correction alone beside the published numbers. Two of them refer to vectors of other files,
//! which are asked for by name.

use interlock_core::Fidelity;
use interlock_core::geometry::{Corrections, CostWeights, GradientMethod, SpectralBridge};
use serde_json::Value;

use super::golden_decoder::{At, judged};
use super::golden_fields::{Fields, numbers, rows, section};
use super::golden_micro::{angles, cycle};
use super::golden_report::GoldenReport;
use super::golden_spectral::{square, transposed};
use super::golden_ssgf::{engine, recorded};

const TOLERANCE: f64 = 1e-9;
/// Of finite differences, and of runs along them.
const ROUGH: f64 = 1e-8;

/// Checks the four sections that are geometry's. `other` gives another file of the folder by its name.
pub(crate) fn check(file: &Value, other: &dyn Fn(&str) -> Option<Value>) -> GoldenReport {
    let mut report = GoldenReport::new("k_better.json");
    for (name, case) in section(file, "gradients") {
        for (index, result) in case.get("results").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let name = format!("{name}/{index}");
            judged(&mut report, &name, result, |fields, result| gradients(fields, case, result));
        }
    }
    for (name, vector) in section(file, "engine_runs_fd_signs_aligned") {
        judged(&mut report, &name, vector, run);
    }
    for (name, vector) in section(file, "micro_noise") {
        let inputs = || {
            let index = usize::try_from(vector.get("f_micro_case_index")?.as_u64()?).ok()?;
            other("f_micro.json")?.get("cases")?.get(index).cloned()
        };
        with_inputs(&mut report, &name, vector, inputs(), noise);
    }
    for (name, vector) in section(file, "spectral_sign_ties") {
        let inputs = || {
            let name = vector.get("name")?;
            let file = other("f_spectral.json")?;
            file.get("cases")?.as_array()?.iter().find(|case| case.get("name") == Some(name)).cloned()
        };
        with_inputs(&mut report, &name, vector, inputs(), ties);
    }
    report
}

/// Judges a vector whose inputs are in another file; where that is not at hand, it is noted and not counted.
fn with_inputs(
    report: &mut GoldenReport,
    name: &str,
    vector: &Value,
    inputs: Option<Value>,
    judge: fn(&mut Fields<'_>, &Value, &Value) -> Option<()>,
) {
    match inputs {
        Some(inputs) => judged(report, name, vector, |fields, vector| {
            fields.tolerance = TOLERANCE;
            judge(fields, vector, &inputs)
        }),
        None => report.note(name, "not checked: its inputs are in a file that is not at hand"),
    }
}

fn gradients(fields: &mut Fields<'_>, case: &Value, result: &Value) -> Option<()> {
    let at = At::read(case, result)?;
    let (n, base) = square(result.get("eigvecs_base"))?;
    let base = transposed(&base, n);
    let weights = CostWeights::default();
    for corrections in [Corrections::ALL, Corrections { signs: false, ..Corrections::ALL }] {
        let key = "fd_default_weights_signs_aligned_to_base";
        fields.tolerance = ROUGH;
        let got = at.gradient(GradientMethod::FiniteDifference, &weights, corrections, &base)?;
        fields.list(key, result.get(key), &got);
        let key = "analytic_default_weights_c9_counted_once";
        fields.tolerance = TOLERANCE;
        let got = at.gradient(GradientMethod::Analytic, &weights, corrections, &base)?;
        fields.list(key, result.get(key), &got);
    }
    let mut bridge = SpectralBridge::new(n, Fidelity::Corrected).ok()?;
    bridge.compute(at.space.w()).ok()?;
    fields.matrix("eigvecs_base", result.get("eigvecs_base"), &transposed(bridge.eigenvectors(), n), n as usize);
    Some(())
}

fn run(fields: &mut Fields<'_>, vector: &Value) -> Option<()> {
    let config = vector.get("config")?;
    // The faster solver makes the same run.
    for signs in [false, true] {
        let corrections = Corrections { difference_signs: true, signs, ..Corrections::NONE };
        let mut engine = engine(config, vector.get("network"), corrections)?;
        fields.tolerance = ROUGH;
        for step in 0..usize::try_from(vector.get("steps")?.as_u64()?).ok()? {
            let record = engine.outer_step().ok()?;
            recorded(fields, vector.get("log")?, step, &record)?;
        }
        fields.list("z_at_end", vector.get("z_at_end"), engine.z());
        angles(fields, "theta_at_end", &numbers(vector.get("theta_at_end"))?, engine.theta())?;
    }
    Some(())
}

fn noise(fields: &mut Fields<'_>, vector: &Value, inputs: &Value) -> Option<()> {
    let mut cycle = cycle(inputs, Corrections { noise: true, ..Corrections::NONE })?;
    for (step, theta) in rows(vector.get("theta_after_each_step_noise_times_sqrt_dt_only"))?.iter().enumerate() {
        cycle.step();
        angles(fields, &format!("theta[{step}]"), theta, cycle.theta())?;
    }
    Some(())
}

fn ties(fields: &mut Fields<'_>, vector: &Value, inputs: &Value) -> Option<()> {
    let (n, w) = square(inputs.get("w"))?;
    let mut bridge = SpectralBridge::new(n, Fidelity::Corrected).ok()?;
    bridge.compute(&w).ok()?;
    let got = transposed(bridge.eigenvectors(), n);
    let key = "eigvecs_first_call_smallest_index_among_ties";
    fields.matrix(key, vector.get(key), &got, n as usize);
    Some(())
}
