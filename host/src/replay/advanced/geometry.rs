//! The suite `geometry`: the eigensolver, decoders, the spectral bridge and the SSGF engine.

use interlock_core::geometry::{Audio, Costs, StepRecord};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::refused::Answer;
use super::super::text::{self, Bits};
use super::backend::{Advanced, Engine, Spectrum};
use super::input::{DecoderName, EigenMethodName, FidelityName, Numbers, SsgfChanges};
use super::{fields, list, physics, silent, valued};

/// An input of the suite.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
pub(crate) enum Input {
    /// Matrices for one solver: `{values, vectors}` of each, oriented.
    SymmetricEigen { n: u32, method: EigenMethodName, matrices: Vec<Numbers> },
    /// Weights of latents.
    Decode { n: u32, decoder: DecoderName, sigma: Bits, z: Numbers },
    /// A bridge.
    SpectralBridge { n: u32, fidelity: FidelityName, steps: Vec<SpectralStep> },
    /// An engine.
    Ssgf { config: SsgfChanges, omega: Numbers, coupling: Numbers, fidelity: FidelityName, steps: Vec<SsgfStep> },
}

/// Something done to a bridge.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SpectralStep {
    /// `{eigenvalues, eigenvectors, laplacian}`
    Compute(Numbers),
    SetReference(Numbers),
    Reset,
}

/// Something done to an engine.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SsgfStep {
    /// The record.
    OuterStep,
    /// The last record.
    Run(u32),
    SetPH1(Bits),
    SetProtected(Vec<bool>),
    SetTarget(Numbers),
    SetTheta(Numbers),
    Audio,
    /// Every record.
    Log,
    /// Every record, which are then gone.
    TakeLog,
}

/// What comes of an input.
pub(super) fn outcome(backend: &dyn Advanced, input: &Input) -> Answer<Value> {
    Ok(match input {
        Input::SymmetricEigen { n, method, matrices } => {
            let mut eigen = backend.symmetric_eigen(*n, (*method).into())?;
            let mut found = Vec::new();
            for matrix in matrices {
                let pairs = eigen.solve(&matrix.list()).and_then(|()| {
                    eigen.orient()?;
                    Ok(json!({ "values": list(&eigen.values()?), "vectors": list(&eigen.vectors()?) }))
                });
                found.push(valued(pairs));
            }
            Value::from(found)
        }
        Input::Decode { n, decoder, sigma, z } => list(&backend.decode(*n, (*decoder).into(), sigma.0, &z.list())?),
        Input::SpectralBridge { n, fidelity, steps } => {
            let mut bridge = backend.spectral_bridge(*n, (*fidelity).into())?;
            steps.iter().map(|step| valued(spectral_step(bridge.as_mut(), step))).collect()
        }
        Input::Ssgf { config, omega, coupling, fidelity, steps } => {
            let config = config.config();
            let mut engine = backend.ssgf(&config, &omega.list(), &coupling.list(), (*fidelity).into())?;
            let done: Vec<_> = steps.iter().map(|step| valued(ssgf_step(engine.as_mut(), step))).collect();
            json!({ "steps": done, "state": ssgf_state(engine.as_mut())? })
        }
    })
}

fn spectral_step(bridge: &mut dyn Spectrum, step: &SpectralStep) -> Answer<Value> {
    match step {
        SpectralStep::Compute(w) => {
            bridge.compute(&w.list())?;
            Ok(json!({
                "eigenvalues": list(&bridge.eigenvalues()?),
                "eigenvectors": list(&bridge.eigenvectors()?),
                "laplacian": list(&bridge.laplacian()?),
            }))
        }
        SpectralStep::SetReference(vectors) => silent(bridge.set_reference(&vectors.list())),
        SpectralStep::Reset => silent(bridge.reset()),
    }
}

fn ssgf_step(engine: &mut dyn Engine, step: &SsgfStep) -> Answer<Value> {
    match step {
        SsgfStep::OuterStep => Ok(record(&engine.outer_step()?)),
        SsgfStep::Run(steps) => Ok(engine.run(*steps)?.as_ref().map_or(Value::Null, record)),
        SsgfStep::SetPH1(p_h1) => silent(engine.set_p_h1(p_h1.0)),
        SsgfStep::SetProtected(protected) => silent(engine.set_protected(protected)),
        SsgfStep::SetTarget(target) => silent(engine.set_target(&target.list())),
        SsgfStep::SetTheta(theta) => silent(engine.set_theta(&theta.list())),
        SsgfStep::Audio => Ok(audio(&engine.audio()?)),
        SsgfStep::Log => Ok(engine.log()?.iter().map(record).collect()),
        SsgfStep::TakeLog => Ok(engine.take_log()?.iter().map(record).collect()),
    }
}

fn ssgf_state(engine: &mut dyn Engine) -> Answer<Value> {
    Ok(json!({
        "z": list(&engine.z()?),
        "w": list(&engine.w()?),
        "theta": list(&engine.theta()?),
        "r": text::bits(engine.r()?),
        "eigenvalues": list(&engine.eigenvalues()?),
        "eigenvectors": list(&engine.eigenvectors()?),
        "steps": engine.steps()?,
        "controller": engine.controller()?.as_ref().map_or(Value::Null, physics::l16_output),
    }))
}

/// `[step, numbers and truths]`: c_micro c7_symbolic c8_phase c9_memory c10_boundary r_graph c4_tcbo c_pgbo u_total
/// r_global fiedler_value spectral_gap h_rec pgbo_u_norm pgbo_h_frob tcbo_p_h1 gate_open refusal w_valid
/// eigval_ordered tcbo_gate_open
fn record(record: &StepRecord) -> Value {
    let StepRecord { step, costs, r_global, fiedler_value, spectral_gap, h_rec, gate_open, refusal, .. } = *record;
    let StepRecord { w_valid, eigval_ordered, pgbo_u_norm, pgbo_h_frob, tcbo_p_h1, tcbo_gate_open, .. } = *record;
    let Costs { c_micro, c7_symbolic, c8_phase, c9_memory, c10_boundary, r_graph, c4_tcbo, c_pgbo, u_total } = costs;
    let costs = [c_micro, c7_symbolic, c8_phase, c9_memory, c10_boundary, r_graph, c4_tcbo, c_pgbo, u_total];
    let others = [r_global, fiedler_value, spectral_gap, h_rec, pgbo_u_norm, pgbo_h_frob, tcbo_p_h1];
    let truths = fields(others, &[gate_open, refusal, w_valid, eigval_ordered, tcbo_gate_open]);
    json!([step, fields(costs, &[]), truths])
}

/// The band's name, then: r_global entrainment_intensity beat_hz pulse_hz spatial_angle_deg fiedler_stability
/// spectral_gap geometry_density tcbo_p_h1 pgbo_u_norm pgbo_h_frob healing_acceleration l16_gate_open l16_refusal
/// tcbo_gate_open theurgic_mode
fn audio(audio: &Audio) -> Value {
    let Audio { r_global, entrainment_intensity, beat_hz, pulse_hz, spatial_angle_deg, band, .. } = *audio;
    let Audio { fiedler_stability, spectral_gap, geometry_density, l16_gate_open, l16_refusal, .. } = *audio;
    let Audio { tcbo_p_h1, tcbo_gate_open, pgbo_u_norm, pgbo_h_frob, theurgic_mode, healing_acceleration, .. } = *audio;
    let numbers = [
        r_global,
        entrainment_intensity,
        beat_hz,
        pulse_hz,
        spatial_angle_deg,
        fiedler_stability,
        spectral_gap,
        geometry_density,
        tcbo_p_h1,
        pgbo_u_norm,
        pgbo_h_frob,
        healing_acceleration,
    ];
    json!([band.name(), fields(numbers, &[l16_gate_open, l16_refusal, tcbo_gate_open, theurgic_mode])])
}
