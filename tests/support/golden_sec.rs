//! Checks the SEC functional against files in the format of `c_sec.json`, and its part of `k_better.json`.

use interlock_core::Fidelity;
use interlock_core::physics::{Coupling, Motion, Sec, SecConfig, SecResult, critical_coupling};
use serde_json::Value;

use super::golden_numbers::{Vector, name, numbers, section};
use super::golden_report::{GoldenReport, number};
use super::golden_upde::coupling;

/// The name of the file.
pub(crate) const FILE: &str = "c_sec.json";

/// Sections by which a file of the format is known.
pub(crate) const SECTIONS: &[&str] = &["sequences", "entropy"];

/// The section of `k_better.json` that [`check_better`] reads.
#[allow(dead_code, reason = "for whoever puts the parts of that file together")]
pub(crate) const BETTER_SECTION: &str = "sec_wrapped_difference";

const TOLERANCE: f64 = 1e-10;
/// The published entropy comes from a Bessel function with seven digits.
const ENTROPY_TOLERANCE: f64 = 1e-7;
const BETTER_TOLERANCE: f64 = 1e-9;

/// Checks every section of the file; one that is missing has no vectors.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    for (index, sequence) in section(&mut report, file, "sequences").iter().enumerate() {
        check_sequence(&mut report, &name("sequences", index, sequence), sequence);
    }
    for (index, case) in section(&mut report, file, "entropy").iter().enumerate() {
        let mut vector = Vector::new(&mut report, name("entropy", index, case), case);
        if let Some(theta) = vector.inputs("theta") {
            let got = entropy(&theta);
            vector.value("entropy_term_lambda_1", got.unwrap_or(f64::NAN), ENTROPY_TOLERANCE);
        }
        vector.finish();
    }
    report
}

/// The entropy term with a weight of 1; the coupling does not matter to it.
fn entropy(theta: &[f64]) -> Option<f64> {
    let none = Coupling::new(1, &[0.0]).ok()?;
    let config = SecConfig { frequency_weight: 0.0, entropy_weight: 1.0 };
    let mut sec = Sec::new(&[0.0], none, config, Fidelity::Published).ok()?;
    Some(sec.evaluate(theta, Motion::Unknown, 1.0).ok()?.v_entropy)
}

/// What a sequence's functional is made of.
struct Setup {
    omega: Vec<f64>,
    coupling: Coupling,
    config: SecConfig,
}

fn setup(vector: &mut Vector<'_>, sequence: &Value) -> Option<Setup> {
    let omega = vector.inputs("omega")?;
    let [frequency_weight, entropy_weight] = ["lambda_omega", "lambda_entropy"].map(|field| vector.input(field));
    let Some(coupling) = coupling(sequence.get("knm")) else {
        vector.fail("knm", "a square matrix", sequence.get("knm").unwrap_or(&Value::Null));
        return None;
    };
    let config = SecConfig { frequency_weight: frequency_weight?, entropy_weight: entropy_weight? };
    Some(Setup { omega, coupling, config })
}

fn check_sequence(report: &mut GoldenReport, name: &str, sequence: &Value) {
    let mut vector = Vector::new(report, name, sequence);
    let Some(Setup { omega, coupling, config }) = setup(&mut vector, sequence) else { return };
    vector.value("critical_coupling", critical_coupling(&omega), TOLERANCE);
    let mut sec = match Sec::new(&omega, coupling.clone(), config, Fidelity::Published) {
        Ok(sec) => sec,
        Err(error) => return vector.fail("sequence", "accepted", error),
    };
    vector.finish();
    for (index, evaluation) in section(report, sequence, "evaluations").iter().enumerate() {
        let name = format!("{name} evaluations[{index}]");
        let mut vector = Vector::new(report, &name, evaluation);
        if let Some(factor) = evaluation.get("coupling_scaled_before_this").and_then(number) {
            let scaled = scaled(&coupling, factor).and_then(|coupling| sec.set_coupling(coupling).ok());
            if scaled.is_none() {
                vector.fail("coupling_scaled_before_this", "accepted", factor);
            }
        }
        let (Some(theta), Some(dt)) = (vector.inputs("theta"), vector.input("dt")) else { continue };
        let before = evaluation.get("theta_prev").and_then(numbers);
        let motion = before.as_deref().map_or(Motion::Unknown, Motion::Previous);
        let result = evaluation.get("result").unwrap_or(&Value::Null);
        match sec.evaluate(&theta, motion, dt) {
            Ok(got) => check_result(&mut Vector::new(report, &name, result), result, &got),
            Err(error) => {
                let mut vector = Vector::new(report, &name, result);
                let kind = if error.what == "theta" { "theta_non_finite" } else { "theta_prev_non_finite" };
                vector.exact("error", &Value::from(kind));
                vector.finish();
                continue;
            }
        }
        if report.failures.iter().all(|failure| failure.vector != name) {
            report.hold();
        }
    }
}

fn check_result(vector: &mut Vector<'_>, result: &Value, got: &SecResult) {
    for (field, got, tolerance) in [
        ("v_coupling", got.v_coupling, TOLERANCE),
        ("v_frequency", got.v_frequency, TOLERANCE),
        ("v_entropy", got.v_entropy, ENTROPY_TOLERANCE),
        ("v", got.v, TOLERANCE),
        ("v_normalised", got.v_normalised, TOLERANCE),
        ("coherence_score", got.coherence_score, TOLERANCE),
        ("r_global", got.r, TOLERANCE),
        ("dv_dt", got.dv_dt, TOLERANCE),
    ] {
        vector.value(field, got, tolerance);
    }
    for (field, tolerance) in [("stable_tol_0", 0.0), ("stable_tol_1", 1.0)] {
        if result.get(field).is_some() {
            vector.exact(field, &Value::Bool(got.is_stable(tolerance)));
        }
    }
}

fn scaled(coupling: &Coupling, factor: f64) -> Option<Coupling> {
    let n = coupling.order();
    let entries = (0..n).flat_map(|on| (0..n).filter_map(move |from| coupling.get(on, from)));
    let rows: Vec<f64> = entries.map(|entry| entry * factor).collect();
    Coupling::new(n, &rows).ok()
}

/// Checks the frequency term with differences on the shorter way round; the evaluations are those of a file in the
/// format of `c_sec.json`.
#[allow(dead_code, reason = "for whoever puts the parts of that file together")]
pub(crate) fn check_better(report: &mut GoldenReport, better: &Value, published: &Value) {
    for (index, case) in section(report, better, BETTER_SECTION).iter().enumerate() {
        let mut vector = Vector::new(report, name(BETTER_SECTION, index, case), case);
        let wanted = case.get("sequence").and_then(Value::as_str).unwrap_or_default();
        let sequences = published.get("sequences").and_then(Value::as_array);
        let sequence =
            sequences.into_iter().flatten().find(|sequence| sequence.get("name").is_some_and(|name| name == wanted));
        let evaluation = case.get("evaluation").and_then(Value::as_u64).and_then(|at| usize::try_from(at).ok());
        let evaluation = sequence.zip(evaluation).and_then(|(s, at)| s.get("evaluations")?.get(at));
        match sequence.zip(evaluation).and_then(|(sequence, evaluation)| frequency_terms(sequence, evaluation)) {
            Some([original, wrapped]) => {
                vector.value("v_frequency_original", original, TOLERANCE);
                vector.value("v_frequency_wrapped_difference", wrapped, BETTER_TOLERANCE);
            }
            None => vector.fail("evaluation", "one of c_sec.json that is accepted", wanted),
        }
        vector.finish();
    }
}

/// The frequency term of an evaluation in both fidelities.
fn frequency_terms(sequence: &Value, evaluation: &Value) -> Option<[f64; 2]> {
    let mut report = GoldenReport::default();
    let Setup { omega, coupling, config } = setup(&mut Vector::new(&mut report, "", sequence), sequence)?;
    let theta = numbers(evaluation.get("theta")?)?;
    let before = numbers(evaluation.get("theta_prev")?)?;
    let dt = number(evaluation.get("dt")?)?;
    let term = |fidelity| {
        let mut sec = Sec::new(&omega, coupling.clone(), config, fidelity).ok()?;
        Some(sec.evaluate(&theta, Motion::Previous(&before), dt).ok()?.v_frequency)
    };
    Some([term(Fidelity::Published)?, term(Fidelity::Corrected)?])
}
