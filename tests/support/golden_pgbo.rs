//! Checks the PGBO engine against a file in the format of `e_pgbo.json`, under the published definition.

use interlock_core::Fidelity;
use interlock_core::observers::{Pgbo, PgboConfig, pgbo_of_gradient, wrap_difference};
use serde_json::Value;

use super::golden_fields::{Fields, numbers, section};
use super::golden_report::{GoldenReport, number};

/// The name of the file.
pub(crate) const FILE: &str = "e_pgbo.json";
/// Sections by which a file of any other name is known.
#[allow(dead_code, reason = "for those who do not know the file by its name")]
pub(crate) const SECTIONS: &[&str] = &["wrap_dt1_nocap", "standalone"];

const TOLERANCE: f64 = 1e-11;

/// Judges one vector; none when it cannot be read.
type Judge = fn(&mut Fields<'_>, &Value) -> Option<()>;

/// Checks every section of the file; a section that is missing has no vectors, one that cannot be read is a
/// failure.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    for (key, judge) in [("runs", run as Judge), ("wrap_dt1_nocap", wrap), ("standalone", standalone)] {
        for (name, vector) in section(file, key) {
            let before = report.failures.len();
            let mut fields = Fields { report: &mut report, name: &name, tolerance: TOLERANCE };
            if judge(&mut fields, vector).is_none() && report.failures.len() == before {
                report.fail(&name, "inputs", "numbers of the format", vector);
            }
            if report.failures.len() == before {
                report.hold();
            }
        }
    }
    report
}

fn config(vector: &Value) -> Option<PgboConfig> {
    let real = |key: &str| vector.get(key).and_then(number);
    Some(PgboConfig {
        alpha: real("alpha")?,
        kappa: real("kappa")?,
        u_cap: real("u_cap")?,
        traceless: vector.get("traceless")?.as_bool()?,
    })
}

/// Steps in order on one engine.
fn run(fields: &mut Fields<'_>, vector: &Value) -> Option<()> {
    let dimension = u32::try_from(vector.get("d")?.as_u64()?).ok()?;
    let dt = number(vector.get("dt")?)?;
    let mut engine = Pgbo::new(dimension, config(vector)?, Fidelity::Published).ok()?;
    let size = engine.u().len();
    for (index, step) in vector.get("steps")?.as_array()?.iter().enumerate() {
        let potential = vector.get("a_mu_set_before_step_5").filter(|potential| !potential.is_null());
        if let (5, Some(potential)) = (index, potential) {
            engine.set_potential(&numbers(Some(potential))?).ok()?;
        }
        let reading = engine.compute(&numbers(step.get("theta"))?, dt).ok()?;
        let at = |field: &str| format!("steps[{index}].{field}");
        fields.list(&at("u_mu"), step.get("u_mu"), engine.u());
        for (field, got) in [("u_norm", reading.u_norm), ("h_trace", reading.h_trace), ("h_frob", reading.h_frob)] {
            match step.get(field).and_then(number) {
                Some(expected) => fields.real(&at(field), expected, got),
                None => fields.report.fail(fields.name, &at(field), "a number", step),
            }
        }
        // The matrix is given where it is not too large.
        if let Some(expected) = step.get("h_munu").filter(|matrix| !matrix.is_null()) {
            let mut matrix = vec![0.0; size.checked_mul(size)?];
            engine.tensor().write(&mut matrix).ok()?;
            fields.matrix(&at("h_munu"), Some(expected), &matrix, size);
        }
    }
    Some(())
}

/// One difference through an engine that changes nothing else about it.
fn wrap(fields: &mut Fields<'_>, vector: &Value) -> Option<()> {
    let difference = number(vector.get("diff")?)?;
    let config = PgboConfig { alpha: 0.0, u_cap: f64::INFINITY, ..PgboConfig::default() };
    let mut engine = Pgbo::new(1, config, Fidelity::Published).ok()?;
    engine.compute(&[0.0], 1.0).ok()?;
    engine.compute(&[difference], 1.0).ok()?;
    fields.stated("wrapped", vector, *engine.u().first()?);
    fields.stated("wrapped", vector, wrap_difference(difference, Fidelity::Published));
    Some(())
}

/// The computation without an engine.
fn standalone(fields: &mut Fields<'_>, vector: &Value) -> Option<()> {
    let gradient = numbers(vector.get("dphi"))?;
    let potential = numbers(vector.get("a_mu"))?;
    let mut u = vec![0.0; gradient.len()];
    let reading = pgbo_of_gradient(&config(vector)?, Fidelity::Published, &gradient, &potential, &mut u).ok()?;
    fields.list("u_mu", vector.get("u_mu"), &u);
    let mut matrix = vec![0.0; u.len().checked_mul(u.len())?];
    reading.tensor(&u).write(&mut matrix).ok()?;
    fields.matrix("h_munu", vector.get("h_munu"), &matrix, u.len());
    Some(())
}
