//! Checks the L16 controller against a file in the format of `d_l16.json`.

use interlock_core::Fidelity;
use interlock_core::physics::{
    Block, L16, L16Config, L16Input, L16Output, Locking, LoopState, PiElement, h_rec, refuses, slope,
};
use serde_json::Value;

use super::golden_numbers::{Vector, name, numbers, section};
use super::golden_report::{GoldenReport, number};

/// The name of the file.
pub(crate) const FILE: &str = "d_l16.json";

/// Sections by which a file of the format is known.
pub(crate) const SECTIONS: &[&str] = &["runs", "h_rec", "pi", "slope_refusal"];

const TOLERANCE: f64 = 1e-10;

/// Checks every section of the file; one that is missing has no vectors.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    for (index, run) in section(&mut report, file, "runs").iter().enumerate() {
        check_run(&mut report, &name("runs", index, run), run);
    }
    for (index, case) in section(&mut report, file, "h_rec").iter().enumerate() {
        let mut vector = Vector::new(&mut report, name("h_rec", index, case), case);
        check_h_rec(&mut vector, case);
        vector.finish();
    }
    for (index, case) in section(&mut report, file, "pi").iter().enumerate() {
        let mut vector = Vector::new(&mut report, name("pi", index, case), case);
        check_pi(&mut vector);
        vector.finish();
    }
    for (index, case) in section(&mut report, file, "slope_refusal").iter().enumerate() {
        let mut vector = Vector::new(&mut report, name("slope_refusal", index, case), case);
        check_slope(&mut vector, case);
        vector.finish();
    }
    report
}

fn count(value: &Value, field: &str) -> Option<u32> {
    value.get(field)?.as_u64().and_then(|count| u32::try_from(count).ok())
}

fn config(value: &Value) -> Option<L16Config> {
    let number = |field: &str| number(value.get(field)?);
    Some(L16Config {
        n: count(value, "n")?,
        plv_threshold: number("plv_threshold")?,
        plv_window: count(value, "plv_window")?,
        h_rec_window: count(value, "h_rec_window")?,
        refusal_lr_factor: number("refusal_lr_factor")?,
        refusal_d_factor: number("refusal_d_factor")?,
        refusal_tau_factor: number("refusal_tau_factor")?,
        ..L16Config::default()
    })
}

fn check_run(report: &mut GoldenReport, name: &str, run: &Value) {
    let mut vector = Vector::new(report, name, run);
    let nothing = Value::Null;
    let Some(config) = run.get("config").and_then(config) else {
        return vector.fail("config", "a configuration", run.get("config").unwrap_or(&nothing));
    };
    let Some(dt) = vector.input("dt") else { return };
    let mut l16 = match L16::new(config, Fidelity::Published) {
        Ok(l16) => l16,
        Err(error) => return vector.fail("config", "accepted", error),
    };
    let target = run.get("phi_target_colmajor_16x2").and_then(numbers).unwrap_or_default();
    let inputs = run.get("inputs").unwrap_or(&nothing);
    let mut outputs = Vec::new();
    let mut refusals = Vec::new();
    let steps = inputs.get("r_global").and_then(Value::as_array).map_or(0, Vec::len);
    for step in 0..steps {
        let list = |field: &str| inputs.get(field).and_then(|list| numbers(list.get(step)?)).unwrap_or_default();
        let mut at = |field: &str| {
            let value = inputs.get(field).and_then(|list| number(list.get(step)?));
            if value.is_none() {
                vector.fail(&format!("inputs.{field}[{step}]"), "a number", "something else");
            }
            value.unwrap_or(0.0)
        };
        let (theta, eigenvectors) = (list("theta"), list("eigvecs_colmajor_16x2"));
        let input = L16Input {
            state: LoopState {
                theta: &theta,
                eigenvectors: Block { values: &eigenvectors, columns: 2 },
                target: Block { values: &target, columns: 2 },
                r: at("r_global"),
                p_h1: at("p_h1"),
                h_frob: at("h_frob"),
            },
            locking: Locking::Value(at("plv")),
            c7: at("c7_symbolic"),
            c8: at("c8_phase"),
            c10: at("c10_boundary"),
            dt,
        };
        match l16.step(&input) {
            Ok(output) => outputs.push(output),
            Err(error) => return vector.fail(&format!("step {step}"), "accepted", error),
        }
        refusals.push(l16.refusals());
    }
    if run.get("h_rec_history_len_at_end").is_some() {
        vector.exact("h_rec_history_len_at_end", &Value::from(l16.history().len()));
    }
    let looks: Vec<f64> = l16.gate().looks().map(|[look, _]| look).collect();
    vector.list("plv_buffer_at_end", &looks, 0.0);
    vector.finish();

    let expected = run.get("outputs").unwrap_or(&nothing);
    let name = format!("{name} outputs");
    let mut vector = Vector::new(report, &name, expected);
    check_outputs(&mut vector, expected, &outputs);
    #[allow(clippy::cast_precision_loss, reason = "a few hundred at most")]
    let refusals: Vec<f64> = refusals.into_iter().map(|refusals| refusals as f64).collect();
    vector.list("refusal_count", &refusals, 0.0);
    vector.finish();
}

fn check_outputs(vector: &mut Vector<'_>, expected: &Value, outputs: &[L16Output]) {
    type Field = (&'static str, fn(&L16Output) -> f64);
    type Answer = (&'static str, fn(&L16Output) -> bool);
    const FIELDS: [Field; 10] = [
        ("lambda7", |output| output.lambda7),
        ("lambda8", |output| output.lambda8),
        ("lambda10", |output| output.lambda10),
        ("nu_star", |output| output.nu_star),
        ("h_rec", |output| output.h_rec),
        ("dh_rec_dt", |output| output.dh_rec_dt),
        ("avg_plv", |output| output.avg_plv),
        ("lr_z_scale", |output| output.lr_z_scale),
        ("d_theta_scale", |output| output.d_theta_scale),
        ("tau_d_scale", |output| output.tau_d_scale),
    ];
    const ANSWERS: [Answer; 3] = [
        ("gate_open", |output| output.gate_open),
        ("refusal", |output| output.refusal),
        ("lyapunov_stable", |output| output.lyapunov_stable),
    ];
    for (field, got) in FIELDS {
        vector.list(field, &outputs.iter().map(got).collect::<Vec<_>>(), TOLERANCE);
    }
    for (field, got) in ANSWERS {
        let Some(answers) = expected.get(field).and_then(Value::as_array) else {
            vector.fail(field, "a list", expected.get(field).unwrap_or(&Value::Null));
            continue;
        };
        if answers.len() != outputs.len() {
            vector.fail(field, format!("{} answers", answers.len()), outputs.len());
        }
        for (index, (answer, output)) in answers.iter().zip(outputs).enumerate() {
            // The sign of what may be rounding alone says nothing.
            let undecided = field == "lyapunov_stable" && output.dh_rec_dt.abs() <= 1e-9;
            if !undecided && *answer != Value::Bool(got(output)) {
                vector.fail(&format!("{field}[{index}]"), answer, got(output));
            }
        }
    }
}

fn check_h_rec(vector: &mut Vector<'_>, case: &Value) {
    let [Some(theta), Some(eigenvectors), Some(target)] =
        ["theta", "eigvecs", "phi_target"].map(|field| vector.inputs(field))
    else {
        return;
    };
    let [Some(r), Some(p_h1), Some(h_frob)] = ["r_global", "p_h1", "h_frob"].map(|field| vector.input(field)) else {
        return;
    };
    let [Some(own), Some(wanted)] = ["eigvecs_cols", "phi_cols"].map(|field| count(case, field)) else {
        return vector.fail("eigvecs_cols, phi_cols", "numbers of columns", "something else");
    };
    let eigenvectors = Block { values: &eigenvectors, columns: own };
    let target = Block { values: &target, columns: wanted };
    let state = LoopState { theta: &theta, eigenvectors, target, r, p_h1, h_frob };
    let L16Config { n, tau_h1, .. } = L16Config::default();
    vector.value("h_rec", h_rec(&state, n, tau_h1), TOLERANCE);
}

fn check_pi(vector: &mut Vector<'_>) {
    let [Some(setpoint), Some(kp), Some(ki), Some(dt)] =
        ["setpoint", "kp", "ki", "dt"].map(|field| vector.input(field))
    else {
        return;
    };
    let Some(measured) = vector.inputs("measured") else { return };
    let mut element = match PiElement::new(setpoint, kp, ki) {
        Ok(element) => element,
        Err(error) => return vector.fail("setpoint", "accepted", error),
    };
    let (mut outputs, mut integrals, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for measured in measured {
        outputs.push(element.step(measured, dt, Fidelity::Published).unwrap_or(f64::NAN));
        integrals.push(element.integral());
        errors.push(element.last_error());
    }
    vector.list("output", &outputs, TOLERANCE);
    vector.list("integral", &integrals, TOLERANCE);
    vector.list("last_error", &errors, TOLERANCE);
}

fn check_slope(vector: &mut Vector<'_>, case: &Value) {
    let Some(window) = count(case, "h_rec_window") else {
        return vector.fail("h_rec_window", "a number", case.get("h_rec_window").unwrap_or(&Value::Null));
    };
    let (Some(history), Some(dt)) = (vector.inputs("history"), vector.input("dt")) else { return };
    vector.value("slope_per_s", slope(&history, window, dt), TOLERANCE);
    let refusal = refuses(&history, window, Fidelity::Published).unwrap_or(false);
    vector.exact("refusal", &Value::Bool(refusal));
    let config = L16Config::default();
    for (field, factor) in [
        ("lr_z_scale", config.refusal_lr_factor),
        ("d_theta_scale", config.refusal_d_factor),
        ("tau_d_scale", config.refusal_tau_factor),
    ] {
        vector.value(field, if refusal { factor } else { 1.0 }, TOLERANCE);
    }
}
