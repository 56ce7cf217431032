//! Checks the micro-cycle against a file in the format of `f_micro.json`.

use interlock_core::geometry::{Corrections, MicroConfig, MicroCycle};
use serde_json::Value;

use super::golden_decoder::judged;
use super::golden_fields::{Fields, numbers, rows, section};
use super::golden_report::{GoldenReport, number};
use super::golden_spectral::square;

/// The name of the file.
#[allow(dead_code, reason = "for those who look a file's check up")]
pub(crate) const FILE: &str = "f_micro.json";
/// Fields by which a vector of a file of any other name is known.
#[allow(dead_code, reason = "for those who do not know the file by its name")]
pub(crate) const FIELDS: &[&str] = &["dt_micro", "theta_after_each_step"];

/// Checks every section of the file; one that cannot be read is a failure.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    for (name, vector) in section(file, "cases") {
        judged(&mut report, &name, vector, |fields, vector| {
            let mut cycle = cycle(vector, Corrections::NONE)?;
            let last = u32::try_from(cycle.theta().len().checked_sub(1)?).ok()?;
            let (r, plv) = (numbers(vector.get("r_after_each_step"))?, numbers(vector.get("plv_first_last"))?);
            let thetas = rows(vector.get("theta_after_each_step"))?;
            if r.len() != thetas.len() || plv.len() != thetas.len() {
                return None;
            }
            for (step, (theta, (r, plv))) in thetas.iter().zip(r.iter().zip(plv)).enumerate() {
                cycle.step();
                angles(fields, &format!("theta[{step}]"), theta, cycle.theta())?;
                fields.real(&format!("r[{step}]"), *r, cycle.r());
                fields.real(&format!("plv[{step}]"), plv, cycle.plv(0, last));
            }
            Some(())
        });
    }
    report
}

/// Compares angles, with their difference wrapped.
pub(crate) fn angles(fields: &mut Fields<'_>, field: &str, expected: &[f64], got: &[f64]) -> Option<()> {
    if expected.len() != got.len() {
        return None;
    }
    for (index, (&expected, &got)) in expected.iter().zip(got).enumerate() {
        let turns = ((got - expected) / core::f64::consts::TAU).round();
        fields.real(&format!("{field}[{index}]"), expected, got - turns * core::f64::consts::TAU);
    }
    Some(())
}

/// A micro-cycle from the inputs of a vector.
pub(crate) fn cycle(vector: &Value, corrections: Corrections) -> Option<MicroCycle> {
    let real = |key: &str| vector.get(key).and_then(number);
    let config = MicroConfig {
        dt: real("dt_micro")?,
        sigma_g: real("sigma_g")?,
        noise_amp: real("noise_amp")?,
        field_pressure: real("field_pressure")?,
        pgbo_weight: real("pgbo_weight")?,
    };
    let (_, k) = square(vector.get("k"))?;
    let (_, w) = square(vector.get("w"))?;
    let h = match vector.get("h_munu") {
        None | Some(Value::Null) => None,
        h => Some(square(h)?.1),
    };
    let seed = vector.get("rng_seed")?.as_u64()?;
    let (omega, theta) = (numbers(vector.get("omega"))?, numbers(vector.get("theta0"))?);
    let mut cycle = MicroCycle::new(config, &omega, &k, &theta, seed, corrections).ok()?;
    cycle.couple(Some(&w), h.as_deref()).ok()?;
    Some(cycle)
}
