//! Checks the stepper against a file in the format of `b_upde.json`.

use interlock_core::Fidelity;
use interlock_core::error::InputError;
use interlock_core::physics::{Coupling, Upde, UpdeConfig, layers, order};
use serde_json::Value;

use super::golden_numbers::{Vector, name, numbers, section};
use super::golden_report::GoldenReport;

/// The name of the file.
pub(crate) const FILE: &str = "b_upde.json";

/// Sections by which a file of the format is known.
pub(crate) const SECTIONS: &[&str] = &["runs", "errors", "order_parameter"];

const TOLERANCE: f64 = 1e-10;

/// Checks every section of the file; one that is missing has no vectors.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    for (index, run) in section(&mut report, file, "runs").iter().enumerate() {
        check_run(&mut report, &name("runs", index, run), run);
    }
    for (index, error) in section(&mut report, file, "errors").iter().enumerate() {
        let mut vector = Vector::new(&mut report, name("errors", index, error), error);
        if let Some(theta) = vector.inputs("theta") {
            let refused = Upde::layers(&theta, UpdeConfig::default(), 1, Fidelity::Published).err();
            vector.exact("error", &Value::from(refused.as_ref().map(kind)));
        }
        vector.finish();
    }
    for (index, case) in section(&mut report, file, "order_parameter").iter().enumerate() {
        let mut vector = Vector::new(&mut report, name("order_parameter", index, case), case);
        if let Some(theta) = vector.inputs("theta") {
            vector.value("r", order::parameter(&theta), TOLERANCE);
        }
        vector.finish();
    }
    report
}

/// The coupling of an entry: `"default"`, or rows.
pub(crate) fn coupling(value: Option<&Value>) -> Option<Coupling> {
    if value.is_some_and(|value| value == "default") {
        return Some(layers::coupling(Fidelity::Published));
    }
    let order = value?.as_array()?.len();
    Coupling::new(order, &numbers(value?)?).ok()
}

fn kind(error: &InputError) -> &'static str {
    if error.what.ends_with(".length") { "length" } else { "non_finite" }
}

fn check_run(report: &mut GoldenReport, name: &str, run: &Value) {
    let mut vector = Vector::new(report, name, run);
    let Some(coupling) = coupling(run.get("knm")) else {
        return vector.fail("knm", "a square matrix", run.get("knm").unwrap_or(&Value::Null));
    };
    let (Some(omega), Some(theta)) = (vector.inputs("omega"), vector.inputs("theta0")) else { return };
    let numbers = ["dt", "field_pressure", "noise_amplitude"].map(|field| vector.input(field));
    let [Some(dt), Some(field_pressure), Some(noise_amplitude)] = numbers else { return };
    let config = UpdeConfig { dt, field_pressure, noise_amplitude };
    let mut upde = match Upde::new(&omega, coupling, &theta, config, 1, Fidelity::Published) {
        Ok(upde) => upde,
        Err(error) => return vector.fail("run", "accepted", error),
    };
    vector.value("r_global0", upde.r(), TOLERANCE);
    vector.finish();
    for (index, state) in section(report, run, "states").iter().enumerate() {
        let mut vector = Vector::new(report, format!("{name} states[{index}]"), state);
        let Some(steps) = state.get("step_count").and_then(Value::as_u64) else {
            vector.fail("step_count", "a number of steps", state.get("step_count").unwrap_or(&Value::Null));
            continue;
        };
        let more = steps.checked_sub(upde.steps()).and_then(|more| u32::try_from(more).ok());
        let Some(more) = more else {
            vector.fail("step_count", format!("{} or a few more", upde.steps()), steps);
            continue;
        };
        upde.run(more);
        vector.value("t", upde.time(), TOLERANCE);
        vector.angles("theta", upde.theta(), TOLERANCE);
        vector.list("dtheta_dt", upde.velocity(), TOLERANCE);
        vector.value("r_global", upde.r(), TOLERANCE);
        vector.finish();
    }
}
