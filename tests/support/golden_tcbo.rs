//! Checks the TCBO observer and controller against a file in the format of `g_tcbo.json`, under the published
//! definition.

use interlock_core::Fidelity;
use interlock_core::observers::{
    Embedding, Estimator, Tcbo, TcboConfig, TcboController, TcboControllerConfig, s0_for, squash,
};
use serde_json::Value;

use super::golden_fields::{Fields, numbers, rows, section};
use super::golden_report::{GoldenReport, number};

/// The name of the file.
pub(crate) const FILE: &str = "g_tcbo.json";
/// Sections by which a file of any other name is known.
#[allow(dead_code, reason = "for those who do not know the file by its name")]
pub(crate) const SECTIONS: &[&str] = &["observer_spread", "squash", "s0_for_threshold", "embed", "embed_multi"];

const TOLERANCE: f64 = 1e-12;

/// Judges one vector of a file; none when it cannot be read.
type Judge = fn(&mut Fields<'_>, &Value, &Value) -> Option<()>;

/// Checks every section of the file; a section that is missing has no vectors, one that cannot be read is a
/// failure.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    for (key, judge) in [
        ("squash", squashed as Judge),
        ("s0_for_threshold", threshold),
        ("embed", embed),
        ("embed_multi", embed_multi),
        ("observer_spread", observer),
        ("controller", controller),
    ] {
        for (name, vector) in section(file, key) {
            let before = report.failures.len();
            let mut fields = Fields { report: &mut report, name: &name, tolerance: TOLERANCE };
            if judge(&mut fields, file, vector).is_none() && report.failures.len() == before {
                report.fail(&name, "inputs", "numbers of the format", vector);
            }
            if report.failures.len() == before {
                report.hold();
            }
        }
    }
    report
}

/// `[s, s0, beta, p]`.
fn squashed(fields: &mut Fields<'_>, _: &Value, vector: &Value) -> Option<()> {
    let [s, s0, beta, expected] = <[f64; 4]>::try_from(numbers(Some(vector))?).ok()?;
    let got = squash(s, s0, beta);
    fields.real("p", expected, got);
    // Probabilities far below the tolerance are compared by their own size.
    if (expected - got).abs() > TOLERANCE * expected.abs() {
        fields.report.fail(fields.name, "p, relative", expected, got);
    }
    Some(())
}

/// `[s_tau, p, beta, s0, p again]`.
fn threshold(fields: &mut Fields<'_>, _: &Value, vector: &Value) -> Option<()> {
    let [s_tau, p, beta, expected, back] = <[f64; 5]>::try_from(numbers(Some(vector))?).ok()?;
    let s0 = s0_for(s_tau, p, beta);
    fields.real("s0", expected, s0);
    fields.real("p again", back, squash(s_tau, s0, beta));
    Some(())
}

fn count(vector: &Value, key: &str) -> Option<u32> {
    u32::try_from(vector.get(key)?.as_u64()?).ok()
}

/// Embeds samples and compares the rows; that there is none is a refusal.
fn embedded(fields: &mut Fields<'_>, vector: &Value, samples: &[f64], channels: u32) -> Option<()> {
    let (dimension, delay) = (count(vector, "m")?, count(vector, "tau")?);
    let mut points = Vec::new();
    let embedding = Embedding::new(dimension, delay).ok()?;
    let found = embedding.embed(samples, channels, &mut points).unwrap_or(0);
    let expected = vector.get("rows")?.as_array()?.len();
    fields.exact("rows.length", Some(&Value::from(expected)), found);
    let columns = usize::try_from(channels.checked_mul(dimension)?).ok()?;
    fields.matrix("rows", vector.get("rows"), &points, columns);
    Some(())
}

fn embed(fields: &mut Fields<'_>, file: &Value, vector: &Value) -> Option<()> {
    let signal = numbers(vector.get("signal").or_else(|| file.get("embed_signal")))?;
    embedded(fields, vector, &signal, 1)
}

/// Several channels; samples that are too short count as 0 there.
fn embed_multi(fields: &mut Fields<'_>, _: &Value, vector: &Value) -> Option<()> {
    let channels = count(vector, "channels")?;
    let wide = usize::try_from(channels).ok()?;
    let mut samples = Vec::new();
    for row in rows(vector.get("data"))? {
        samples.extend(row.into_iter().chain(std::iter::repeat(0.0)).take(wide));
    }
    embedded(fields, vector, &samples, channels)
}

/// Samples in order, each observed, and one forced computation at the end.
fn observer(fields: &mut Fields<'_>, _: &Value, vector: &Value) -> Option<()> {
    let config = vector.get("config")?;
    let real = |key: &str| config.get(key).and_then(number);
    let settings = TcboConfig {
        embed_dim: count(config, "embed_dim")?,
        tau_delay: count(config, "tau_delay")?,
        window_size: count(config, "window_size")?,
        tau_h1: real("tau_h1")?,
        beta: real("beta")?,
        s0: real("s0")?,
        persistence_threshold: real("persistence_threshold")?,
        compute_every_n: count(config, "compute_every_n")?,
        estimator: Estimator::Spread,
        ..TcboConfig::default()
    };
    let mut tcbo = Tcbo::new(count(vector, "n")?, settings, Fidelity::Published).ok()?;
    let mut readings = Vec::new();
    let mut buffered = Vec::new();
    for theta in rows(vector.get("theta"))? {
        readings.push(tcbo.observe(&theta).ok()?);
        buffered.push(f64::from(tcbo.buffered()));
    }
    let each = |of: fn(&interlock_core::observers::TcboReading) -> f64| readings.iter().map(of).collect::<Vec<_>>();
    fields.list("p_h1", vector.get("p_h1"), &each(|reading| reading.p_h1));
    fields.list("s_h1_spread_fallback", vector.get("s_h1_spread_fallback"), &each(|reading| reading.s_h1));
    fields.list("h1_error", vector.get("h1_error"), &each(|reading| reading.h1_error));
    fields.list("buffer_size", vector.get("buffer_size"), &buffered);
    let conscious: Vec<bool> = readings.iter().map(|reading| reading.is_conscious).collect();
    fields.exact("is_conscious", vector.get("is_conscious"), conscious);
    if vector.get("forced_compute_at_end").is_some() {
        fields.stated("forced_compute_at_end", vector, tcbo.compute(true).p_h1);
    }
    Some(())
}

/// Steps with the gain fed back; after every seventh it is halved first.
fn controller(fields: &mut Fields<'_>, _: &Value, vector: &Value) -> Option<()> {
    let config = vector.get("config")?;
    let real = |key: &str| config.get(key).and_then(number);
    let settings = TcboControllerConfig {
        tau_h1: real("tau_h1")?,
        kp: real("kp")?,
        ki: real("ki")?,
        integral_min: real("integral_min")?,
        integral_max: real("integral_max")?,
        kappa_min: real("kappa_min")?,
        kappa_max: real("kappa_max")?,
        history_len: count(config, "history_len")?,
    };
    let mut controller = TcboController::new(settings, Fidelity::Published).ok()?;
    let dt = number(vector.get("dt")?)?;
    let mut kappa = number(vector.get("kappa_start")?)?;
    let (mut gains, mut gates) = (Vec::new(), Vec::new());
    for (index, p) in numbers(vector.get("p_h1"))?.into_iter().enumerate() {
        kappa = controller.step(p, kappa, dt).ok()?.kappa;
        if index % 7 == 6 {
            kappa *= 0.5;
        }
        gains.push(kappa);
        gates.push(controller.is_gate_open(Some(p)));
    }
    fields.list("kappa", vector.get("kappa"), &gains);
    fields.exact("gate_open", vector.get("gate_open"), gates);
    Some(())
}
