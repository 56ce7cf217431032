//! Checks whole runs of the engine against files in the format of `f_ssgf_seed_*.json`, under the published
//! definition.

use interlock_core::Fidelity;
use interlock_core::geometry::{Corrections, GradientMethod, SsgfConfig, SsgfEngine, StepRecord};
use interlock_core::physics::layers;
use serde_json::Value;

use super::golden_audio::compare;
use super::golden_costs::{terms, weights};
use super::golden_decoder::{decoder_named, judged};
use super::golden_fields::{Fields, numbers, section};
use super::golden_micro::angles;
use super::golden_report::{GoldenReport, number};
use super::golden_spectral::{square, transposed};

/// What the names of the files start with.
#[allow(dead_code, reason = "for those who look a file's check up")]
pub(crate) const FILE: &str = "f_ssgf.json";

/// With the analytic gradient, and with differences.
const TOLERANCES: [f64; 2] = [1e-9, 1e-6];

/// Checks every run of the file; one that cannot be read is a failure.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    for (name, vector) in section(file, "runs") {
        judged(&mut report, &name, vector, |fields, vector| run(fields, vector, Corrections::NONE));
    }
    report
}

/// Frequencies and couplings of the sixteen layers.
fn layers() -> (Vec<f64>, Vec<f64>) {
    (layers::OMEGA.to_vec(), layers::coupling_rows(Fidelity::Published).concat())
}

/// An engine from a published configuration.
pub(crate) fn engine(value: &Value, network: Option<&Value>, corrections: Corrections) -> Option<SsgfEngine> {
    let real = |key: &str| value.get(key).and_then(number);
    let count = |key: &str| value.get(key).and_then(Value::as_u64).and_then(|count| u32::try_from(count).ok());
    let flag = |key: &str| value.get(key).and_then(Value::as_bool);
    let config = SsgfConfig {
        n: count("n")?,
        decoder: decoder_named(value.get("decoder")?)?,
        rbf_sigma: real("rbf_sigma")?,
        n_micro: count("n_micro")?,
        dt_micro: real("dt_micro")?,
        dt_outer: real("dt_outer")?,
        lr_z: real("lr_z")?,
        sigma_g: real("sigma_g")?,
        noise_amp: real("noise_amp")?,
        field_pressure: real("field_pressure")?,
        weights: weights(value.get("cost_weights")?)?,
        plv_threshold: real("plv_threshold")?,
        plv_window: count("plv_window")?,
        h_rec_window: count("h_rec_window")?,
        fd_eps: real("fd_eps")?,
        gradient: match value.get("gradient_method")?.as_str()? {
            "Analytic" => GradientMethod::Analytic,
            "FiniteDifference" => GradientMethod::FiniteDifference,
            _ => return None,
        },
        seed: value.get("seed")?.as_u64()?,
        pgbo_enabled: flag("pgbo_enabled")?,
        pgbo_alpha: real("pgbo_alpha")?,
        pgbo_kappa: real("pgbo_kappa")?,
        pgbo_weight: real("pgbo_weight")?,
        pgbo_u_cap: real("pgbo_u_cap")?,
        pgbo_traceless: flag("pgbo_traceless")?,
        log_capacity: 1000,
    };
    let (omega, k) = match network {
        Some(network) if network.is_object() => (numbers(network.get("omega"))?, matrix(network.get("k"))?),
        None | Some(_) => layers(),
    };
    SsgfEngine::new(config, &omega, &k, corrections).ok()
}

/// A matrix by rows, or already one after the other.
fn matrix(value: Option<&Value>) -> Option<Vec<f64>> {
    square(value).map(|(_, flat)| flat).or_else(|| numbers(value))
}

/// Compares the record of a step with the log's columns.
pub(crate) fn recorded(fields: &mut Fields<'_>, log: &Value, at: usize, record: &StepRecord) -> Option<()> {
    let reals = [
        ("r_global", record.r_global),
        ("fiedler_value", record.fiedler_value),
        ("spectral_gap", record.spectral_gap),
        ("h_rec", record.h_rec),
        ("pgbo_u_norm", record.pgbo_u_norm),
        ("pgbo_h_frob", record.pgbo_h_frob),
        ("tcbo_p_h1", record.tcbo_p_h1),
    ];
    for (name, got) in terms(&record.costs).into_iter().chain(reals) {
        let expected = number(log.get(name)?.get(at)?)?;
        fields.real(&format!("log.{name}[{at}]"), expected, got);
    }
    for (name, got) in [
        ("gate_open", record.gate_open),
        ("refusal", record.refusal),
        ("w_valid", record.w_valid),
        ("eigval_ordered", record.eigval_ordered),
        ("tcbo_gate_open", record.tcbo_gate_open),
    ] {
        if let Some(column) = log.get(name) {
            fields.exact(&format!("log.{name}[{at}]"), column.get(at), got);
        }
    }
    fields.exact(&format!("log.step[{at}]"), log.get("step")?.get(at), record.step);
    Some(())
}

fn run(fields: &mut Fields<'_>, vector: &Value, corrections: Corrections) -> Option<()> {
    let mut engine = engine(vector.get("config")?, vector.get("network"), corrections)?;
    let differences = engine.config().gradient == GradientMethod::FiniteDifference;
    fields.tolerance = if differences { TOLERANCES[1] } else { TOLERANCES[0] };
    if let Some(mask) = vector.get("protected_mask").and_then(Value::as_array) {
        let mask: Option<Vec<bool>> = mask.iter().map(Value::as_bool).collect();
        engine.set_protected(&mask?).ok()?;
    }
    let p_h1 = match vector.get("tcbo_p_h1_set_before_each_step") {
        None | Some(Value::Null) => Vec::new(),
        list => numbers(list)?,
    };
    let steps = usize::try_from(vector.get("steps")?.as_u64()?).ok()?;
    let snapshots = vector.get("snapshots")?.as_array()?;
    for step in 0..=steps {
        if step > 0 {
            let at = step.checked_sub(1)?;
            if let Some(p_h1) = p_h1.get(at) {
                engine.set_p_h1(*p_h1).ok()?;
            }
            let record = engine.outer_step().ok()?;
            recorded(fields, vector.get("log")?, at, &record)?;
        }
        for snapshot in snapshots {
            if snapshot.get("after_steps")?.as_u64() == u64::try_from(step).ok() {
                state(fields, snapshot, &engine)?;
            }
        }
    }
    Some(())
}

fn state(fields: &mut Fields<'_>, snapshot: &Value, engine: &SsgfEngine) -> Option<()> {
    let n = engine.config().n;
    fields.list("z", snapshot.get("z"), engine.z());
    angles(fields, "theta", &numbers(snapshot.get("theta"))?, engine.theta())?;
    fields.list("eigvals", snapshot.get("eigvals"), engine.eigenvalues());
    compare(fields, snapshot.get("audio")?, &engine.audio());
    if let w @ Some(_) = snapshot.get("w") {
        fields.matrix("w", w, engine.w(), n as usize);
    }
    if let vectors @ Some(_) = snapshot.get("eigvecs_columns_are_vectors") {
        fields.matrix("eigvecs", vectors, &transposed(engine.eigenvectors(), n), n as usize);
    }
    Some(())
}
