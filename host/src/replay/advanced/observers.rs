//! The suite `observers`: persistent homology, TCBO and PGBO.

use interlock_core::observers::{Bar, TcboControl, TcboReading};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::refused::Answer;
use super::super::text::{self, Bits};
use super::backend::{Advanced, Control, Observer, Pgbo};
use super::input::{FidelityName, Numbers, PgboChanges, TcboChanges, TcboControllerChanges};
use super::{fields, list, silent, valued};

/// An input of the suite.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Input {
    /// Clouds, one after the other: `{bars, joins, diameter, longest}` of each.
    Rips { clouds: Vec<(Numbers, u32)> },
    /// Points of a signal's delay embedding.
    Embed { samples: Numbers, channels: u32, embed_dim: u32, tau_delay: u32 },
    /// `squash(s, s0, beta)` for every s.
    Squash { s: Numbers, s0: Bits, beta: Bits },
    /// `s0_for(s_tau, p, beta)` for every p.
    S0For { s_tau: Bits, p: Numbers, beta: Bits },
    /// An observer.
    Tcbo { phases: u32, config: TcboChanges, fidelity: FidelityName, steps: Vec<TcboStep> },
    /// A controller.
    TcboController { config: TcboControllerChanges, fidelity: FidelityName, steps: Vec<ControllerStep> },
    /// An engine.
    Pgbo { dimension: u32, config: PgboChanges, fidelity: FidelityName, steps: Vec<PgboStep> },
    /// `{reading, u}`
    PgboOfGradient { config: PgboChanges, fidelity: FidelityName, gradient: Numbers, potential: Numbers },
}

/// Something done to an observer. A reading is `p_h1 s_h1 lifetime diameter h1_error is_conscious`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum TcboStep {
    Push(Numbers),
    /// Samples of all phases, one call each; the last reading or the first refusal.
    Observe(Vec<Numbers>),
    /// Whether it is forced.
    Compute(bool),
    /// `birth death` of each.
    Bars,
    Reset,
}

/// Something done to a controller.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ControllerStep {
    /// The probability, the gain, the time: `kappa error`
    Step(Bits, Bits, Bits),
    IsGateOpen(Option<Bits>),
    Reset,
}

/// Something done to an engine. A reading is `u_norm h_trace h_frob`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum PgboStep {
    /// The phases and the time.
    Compute(Numbers, Bits),
    SetPotential(Numbers),
    ScaleKappa(Bits),
    /// The tensor times this.
    Multiply(Numbers),
    /// `{u, potential, kappa, tensor}`
    State,
    Reset,
}

/// What comes of an input.
pub(super) fn outcome(backend: &dyn Advanced, input: &Input) -> Answer<Value> {
    Ok(match input {
        Input::Rips { clouds } => {
            let mut rips = backend.rips()?;
            let mut found = Vec::new();
            for (points, dimension) in clouds {
                let points = points.list();
                let bars = rips.bars(&points, *dimension).and_then(|bars| {
                    let (joins, diameter) = (rips.joins()?, rips.diameter()?);
                    let longest = rips.longest(&points, *dimension)?;
                    let bar = longest.bar.map_or_else(|| String::from("-"), bar);
                    let longest = format!("{bar} {} {}", text::bits(longest.lifetime), text::bits(longest.diameter));
                    let [bars, joins] = [bars_list(&bars), list(&joins)];
                    Ok(json!({ "bars": bars, "joins": joins, "diameter": text::bits(diameter), "longest": longest }))
                });
                found.push(valued(bars));
            }
            Value::from(found)
        }
        Input::Embed { samples, channels, embed_dim, tau_delay } => {
            list(&backend.embed(&samples.list(), *channels, *embed_dim, *tau_delay)?)
        }
        Input::Squash { s, s0, beta } => {
            let squashed = s.list().into_iter().map(|s| backend.squash(s, s0.0, beta.0));
            list(&squashed.collect::<Answer<Vec<_>>>()?)
        }
        Input::S0For { s_tau, p, beta } => {
            let middles = p.list().into_iter().map(|p| backend.s0_for(s_tau.0, p, beta.0));
            list(&middles.collect::<Answer<Vec<_>>>()?)
        }
        Input::Tcbo { phases, config, fidelity, steps } => {
            let mut tcbo = backend.tcbo(*phases, &config.config(), (*fidelity).into())?;
            let done: Vec<_> = steps.iter().map(|step| valued(tcbo_step(tcbo.as_mut(), step))).collect();
            let (kept, buffered, s0) = (reading(&tcbo.reading()?), tcbo.buffered()?, text::bits(tcbo.s0()?));
            json!({ "steps": done, "reading": kept, "buffered": buffered, "s0": s0 })
        }
        Input::TcboController { config, fidelity, steps } => {
            let mut controller = backend.tcbo_controller(&config.config(), (*fidelity).into())?;
            let done: Vec<_> = steps.iter().map(|step| valued(controller_step(controller.as_mut(), step))).collect();
            let history: Vec<_> = controller
                .history()?
                .iter()
                .map(|TcboControl { p_h1, kappa, error }| fields([*p_h1, *kappa, *error], &[]))
                .collect();
            json!({ "steps": done, "integral": text::bits(controller.integral()?), "history": history })
        }
        Input::Pgbo { dimension, config, fidelity, steps } => {
            let mut pgbo = backend.pgbo(*dimension, &config.config(), (*fidelity).into())?;
            let done: Vec<_> = steps.iter().map(|step| valued(pgbo_step(pgbo.as_mut(), step))).collect();
            json!({ "steps": done, "state": pgbo_state(pgbo.as_mut())? })
        }
        Input::PgboOfGradient { config, fidelity, gradient, potential } => {
            let (reading, u) =
                backend.pgbo_of_gradient(&config.config(), (*fidelity).into(), &gradient.list(), &potential.list())?;
            json!({ "reading": fields(reading, &[]), "u": list(&u) })
        }
    })
}

fn bar(Bar { birth, death }: Bar) -> String {
    format!("{} {}", text::bits(birth), text::bits(death))
}

/// Births and deaths, one list.
fn bars_list(bars: &[Bar]) -> Value {
    list(&bars.iter().flat_map(|bar| [bar.birth, bar.death]).collect::<Vec<_>>())
}

fn reading(reading: &TcboReading) -> Value {
    let TcboReading { p_h1, s_h1, lifetime, diameter, is_conscious, h1_error } = *reading;
    fields([p_h1, s_h1, lifetime, diameter, h1_error], &[is_conscious])
}

fn tcbo_step(tcbo: &mut dyn Observer, step: &TcboStep) -> Answer<Value> {
    match step {
        TcboStep::Push(theta) => silent(tcbo.push(&theta.list())),
        TcboStep::Observe(samples) => {
            let mut last = Value::Null;
            for theta in samples {
                last = reading(&tcbo.observe(&theta.list())?);
            }
            Ok(last)
        }
        TcboStep::Compute(force) => Ok(reading(&tcbo.compute(*force)?)),
        TcboStep::Bars => Ok(bars_list(&tcbo.bars()?)),
        TcboStep::Reset => silent(tcbo.reset()),
    }
}

fn controller_step(controller: &mut dyn Control, step: &ControllerStep) -> Answer<Value> {
    match step {
        ControllerStep::Step(p_h1, kappa, dt) => {
            let TcboControl { kappa, error, .. } = controller.step(p_h1.0, kappa.0, dt.0)?;
            Ok(fields([kappa, error], &[]))
        }
        ControllerStep::IsGateOpen(p_h1) => Ok(json!(controller.is_gate_open(p_h1.map(|bits| bits.0))?)),
        ControllerStep::Reset => silent(controller.reset()),
    }
}

fn pgbo_step(pgbo: &mut dyn Pgbo, step: &PgboStep) -> Answer<Value> {
    match step {
        PgboStep::Compute(theta, dt) => Ok(fields(pgbo.compute(&theta.list(), dt.0)?, &[])),
        PgboStep::SetPotential(potential) => silent(pgbo.set_potential(&potential.list())),
        PgboStep::ScaleKappa(factor) => silent(pgbo.scale_kappa(factor.0)),
        PgboStep::Multiply(x) => Ok(list(&pgbo.multiply(&x.list())?)),
        PgboStep::State => pgbo_state(pgbo),
        PgboStep::Reset => silent(pgbo.reset()),
    }
}

fn pgbo_state(pgbo: &mut dyn Pgbo) -> Answer<Value> {
    Ok(json!({
        "u": list(&pgbo.u()?),
        "potential": list(&pgbo.potential()?),
        "kappa": text::bits(pgbo.kappa()?),
        "tensor": list(&pgbo.tensor()?),
    }))
}
