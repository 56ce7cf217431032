//! Checks decoders and gradients against a file in the format of `f_decoder.json`, under the published definition.

use interlock_core::Fidelity;
use interlock_core::geometry::{
    Corrections, CostWeights, Decoder, Gradient, GradientMethod, GradientState, NodeSpace, SpectralBridge, nodes,
};
use serde_json::Value;

use super::golden_fields::{Fields, numbers, section};
use super::golden_report::{GoldenReport, number};

/// The name of the file.
#[allow(dead_code, reason = "for those who look a file's check up")]
pub(crate) const FILE: &str = "f_decoder.json";
/// Sections by which a file of any other name is known.
#[allow(dead_code, reason = "for those who do not know the file by its name")]
pub(crate) const SECTIONS: &[&str] = &["softplus"];

const TOLERANCE: f64 = 1e-11;
/// Of finite differences.
const ROUGH: f64 = 1e-8;

/// Checks every section of the file; one that cannot be read is a failure.
pub(crate) fn check(file: &Value) -> GoldenReport {
    let mut report = GoldenReport::new(FILE);
    for (name, row) in section(file, "softplus") {
        judged(&mut report, &name, row, |fields, row| {
            let [x, value, slope] = numbers(Some(row))?.try_into().ok()?;
            fields.real("value", value, nodes::softplus(x));
            fields.real("slope", slope, nodes::softplus_slope(x));
            Some(())
        });
    }
    for (name, case) in section(file, "cases") {
        for (index, result) in case.get("results").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let name = format!("{name}/{index}");
            judged(&mut report, &name, result, |fields, result| decoder(fields, case, result));
        }
    }
    report
}

/// Counts one vector; one that cannot be read is a failure.
pub(crate) fn judged(
    report: &mut GoldenReport,
    name: &str,
    vector: &Value,
    judge: impl FnOnce(&mut Fields<'_>, &Value) -> Option<()>,
) {
    let before = report.failures.len();
    let mut fields = Fields { report, name, tolerance: TOLERANCE };
    if judge(&mut fields, vector).is_none() && report.failures.len() == before {
        report.fail(name, "inputs", "numbers of the format", vector);
    }
    if report.failures.len() == before {
        report.hold();
    }
}

/// A decoder by its published name.
pub(crate) fn decoder_named(value: &Value) -> Option<Decoder> {
    Some(if value.as_str()? == "rbf" { Decoder::Rbf } else { Decoder::GramSoftplus })
}

/// What the gradients of a case are taken at.
pub(crate) struct At {
    pub(crate) n: u32,
    pub(crate) space: NodeSpace,
    sines: Vec<f64>,
    cosines: Vec<f64>,
    target: Vec<f64>,
    protected: Vec<bool>,
    p_h1: f64,
    eps: f64,
}

impl At {
    pub(crate) fn read(case: &Value, result: &Value) -> Option<Self> {
        let n = u32::try_from(case.get("n")?.as_u64()?).ok()?;
        let theta = numbers(case.get("theta"))?;
        let decoder = decoder_named(result.get("decoder")?)?;
        let space = NodeSpace::new(n, decoder, number(result.get("sigma")?)?, &numbers(case.get("z"))?).ok()?;
        let protected: Option<_> = case.get("protected_mask")?.as_array()?.iter().map(Value::as_bool).collect();
        let (sines, cosines): (Vec<_>, Vec<_>) = theta.iter().map(|x| interlock_core::numeric::sin_cos(*x)).unzip();
        // The target is the identity.
        let mut target = vec![0.0; theta.len()];
        *target.get_mut(1)? = 1.0;
        let (p_h1, eps) = (number(case.get("p_h1")?)?, number(case.get("fd_eps")?)?);
        Some(Self { n, space, sines, cosines, target, protected: protected?, p_h1, eps })
    }

    pub(crate) fn gradient(
        &self,
        method: GradientMethod,
        weights: &CostWeights,
        corrections: Corrections,
        eigenvectors: &[f64],
    ) -> Option<Vec<f64>> {
        let state = GradientState {
            sines: &self.sines,
            cosines: &self.cosines,
            target: &self.target,
            protected: &self.protected,
            p_h1: self.p_h1,
            eigenvectors,
        };
        let mut gradient = Gradient::new(&self.space, corrections).ok()?;
        Some(gradient.find(method, &self.space, &state, weights, self.eps).ok()?.to_vec())
    }
}

fn decoder(fields: &mut Fields<'_>, case: &Value, result: &Value) -> Option<()> {
    let at = At::read(case, result)?;
    fields.matrix("w", result.get("w"), at.space.w(), at.n as usize);
    let mut bridge = SpectralBridge::new(at.n, Fidelity::Published).ok()?;
    bridge.compute(at.space.w()).ok()?;
    let all = CostWeights::default();
    let weights = [
        ("default_weights", all),
        ("default_weights_but_c7_0", CostWeights { c7: 0.0, ..all }),
        ("c9_only_weight_1", CostWeights { c9: 1.0, ..CostWeights::NONE }),
        ("c10_only_weight_0.4", CostWeights { c10: 0.4, ..CostWeights::NONE }),
    ];
    for (prefix, method, tolerance) in
        [("analytic", GradientMethod::Analytic, TOLERANCE), ("fd", GradientMethod::FiniteDifference, ROUGH)]
    {
        fields.tolerance = tolerance;
        for (suffix, weights) in &weights {
            let key = format!("{prefix}_{suffix}");
            if let Some(expected) = result.get(&key) {
                let got = at.gradient(method, weights, Corrections::NONE, bridge.eigenvectors())?;
                fields.list(&key, Some(expected), &got);
            }
        }
    }
    Some(())
}
