//! The suite `physics`: elementary functions, seeded generators and phase dynamics.

use interlock_core::physics::{Block, L16Input, L16Output, Locking, LoopState, Motion, SecResult};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::super::refused::Answer;
use super::super::text::{self, Bits};
use super::backend::{Advanced, Mediator, PhaseEquation, Score};
use super::input::{FidelityName, L16Changes, Numbers, SecChanges, UpdeChanges, Word};
use super::{fields, list, silent, valued, word};

/// An input of the suite.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub(crate) enum Input {
    /// `[sines, cosines]`
    SinCosAll {
        x: Numbers,
    },
    ExpAll {
        x: Numbers,
    },
    LnAll {
        x: Numbers,
    },
    /// A generator and what is drawn from it: `[each draw, state]`
    Xorshift64 {
        seed: Word,
        fidelity: FidelityName,
        draws: Vec<Draw>,
    },
    /// `{omega, coupling}`
    Layers {
        fidelity: FidelityName,
    },
    OrderParameter {
        theta: Numbers,
    },
    /// Of each number.
    Wrap {
        x: Numbers,
        fidelity: FidelityName,
    },
    /// Of each number to each: `difference(a, b)` for every a and, within, every b.
    Difference {
        x: Numbers,
    },
    CriticalCoupling {
        omega: Numbers,
    },
    Slope {
        history: Numbers,
        window: u32,
        dt: Bits,
    },
    Refuses {
        history: Numbers,
        window: u32,
        fidelity: FidelityName,
    },
    /// A stepper. Without frequencies and coupling: that of the sixteen layers.
    Upde {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        omega: Option<Numbers>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        coupling: Option<Numbers>,
        theta: Numbers,
        config: UpdeChanges,
        seed: Word,
        fidelity: FidelityName,
        steps: Vec<UpdeStep>,
    },
    /// A functional.
    Sec {
        omega: Numbers,
        coupling: Numbers,
        config: SecChanges,
        fidelity: FidelityName,
        steps: Vec<SecStep>,
    },
    /// A controller.
    L16 {
        config: L16Changes,
        fidelity: FidelityName,
        steps: Vec<L16Step>,
    },
    /// An element with its gains, and its bounds where they are not the usual ones: the integral's, then the output's.
    PiElement {
        setpoint: Bits,
        kp: Bits,
        ki: Bits,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        bounds: Option<[[Bits; 2]; 2]>,
        fidelity: FidelityName,
        /// What was measured, and after which time.
        steps: Vec<[Bits; 2]>,
    },
}

/// Something drawn from a generator.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Draw {
    Uniforms(u32),
    Normals(u32),
    SkipNormals(u32),
}

/// Something done to a stepper.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum UpdeStep {
    Step,
    Run(u32),
    SetConfig(UpdeChanges),
    SetCoupling(Numbers),
    SetTheta(Numbers),
    /// `{theta, velocity, r, time, steps, noise_state}`
    State,
}

/// Something done to a functional.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum SecStep {
    /// `v v_normalised r dv_dt coherence_score v_coupling v_frequency v_entropy`
    Evaluate {
        theta: Numbers,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        motion: Option<MotionInput>,
        interval: Bits,
    },
    SetCoupling(Numbers),
    Reset,
}

/// What is known of the phases' motion.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum MotionInput {
    Previous(Numbers),
    Velocity(Numbers),
}

/// What a controller sees in a step.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct L16Step {
    pub(crate) theta: Numbers,
    pub(crate) eigenvectors: Numbers,
    pub(crate) target: Numbers,
    /// Of both blocks.
    pub(crate) columns: u32,
    pub(crate) r: Bits,
    pub(crate) p_h1: Bits,
    pub(crate) h_frob: Bits,
    /// The difference of two phases, or, with `locking_is_value`, a locking value.
    pub(crate) locking: Bits,
    #[serde(default)]
    pub(crate) locking_is_value: bool,
    pub(crate) c7: Bits,
    pub(crate) c8: Bits,
    pub(crate) c10: Bits,
    pub(crate) dt: Bits,
}

/// What comes of an input.
pub(super) fn outcome(backend: &dyn Advanced, input: &Input) -> Answer<Value> {
    Ok(match input {
        Input::SinCosAll { x } => {
            let (sines, cosines) = backend.sin_cos_all(&x.list())?;
            json!([list(&sines), list(&cosines)])
        }
        Input::ExpAll { x } => list(&backend.exp_all(&x.list())?),
        Input::LnAll { x } => list(&backend.ln_all(&x.list())?),
        Input::Xorshift64 { seed, fidelity, draws } => {
            let mut noise = backend.xorshift64(seed.0, (*fidelity).into())?;
            let mut drawn = Vec::new();
            for draw in draws {
                drawn.push(match draw {
                    Draw::Uniforms(count) => list(&noise.uniforms(*count)?),
                    Draw::Normals(count) => list(&noise.normals(*count)?),
                    Draw::SkipNormals(count) => silent(noise.skip_normals(*count))?,
                });
            }
            json!([drawn, word(noise.state()?)])
        }
        Input::Layers { fidelity } => {
            let (omega, coupling) = backend.layers((*fidelity).into())?;
            json!({ "omega": list(&omega), "coupling": list(&coupling) })
        }
        Input::OrderParameter { theta } => Value::from(text::bits(backend.order_parameter(&theta.list())?)),
        Input::Wrap { x, fidelity } => {
            let wrapped = x.list().into_iter().map(|x| backend.wrap(x, (*fidelity).into()));
            list(&wrapped.collect::<Answer<Vec<_>>>()?)
        }
        Input::Difference { x } => {
            let x = x.list();
            let pairs = x.iter().flat_map(|a| x.iter().map(move |b| (*a, *b)));
            list(&pairs.map(|(a, b)| backend.difference(a, b)).collect::<Answer<Vec<_>>>()?)
        }
        Input::CriticalCoupling { omega } => Value::from(text::bits(backend.critical_coupling(&omega.list())?)),
        Input::Slope { history, window, dt } => {
            Value::from(text::bits(backend.slope(&history.list(), *window, dt.0)?))
        }
        Input::Refuses { history, window, fidelity } => {
            json!(backend.refuses(&history.list(), *window, (*fidelity).into())?)
        }
        Input::Upde { omega, coupling, theta, config, seed, fidelity, steps } => {
            let (theta, config) = (theta.list(), config.config());
            let mut upde = match (omega, coupling) {
                (None, None) => backend.upde_layers(&theta, &config, seed.0, (*fidelity).into())?,
                (omega, coupling) => {
                    let list = |list: &Option<Numbers>| list.as_ref().map(Numbers::list).unwrap_or_default();
                    backend.upde(&list(omega), &list(coupling), &theta, &config, seed.0, (*fidelity).into())?
                }
            };
            let done: Vec<_> = steps.iter().map(|step| valued(upde_step(upde.as_mut(), step))).collect();
            json!({ "steps": done, "state": upde_state(upde.as_mut())? })
        }
        Input::Sec { omega, coupling, config, fidelity, steps } => {
            let mut sec = backend.sec(&omega.list(), &coupling.list(), &config.config(), (*fidelity).into())?;
            let done: Vec<_> = steps.iter().map(|step| valued(sec_step(sec.as_mut(), step))).collect();
            let previous = text::optional_bits(sec.previous()?);
            json!({ "steps": done, "v_max": text::bits(sec.v_max()?), "previous": previous })
        }
        Input::L16 { config, fidelity, steps } => {
            let mut l16 = backend.l16(&config.config(), (*fidelity).into())?;
            let done: Vec<_> = steps.iter().map(|step| valued(l16_step(l16.as_mut(), step))).collect();
            json!({ "steps": done, "history": list(&l16.history()?), "refusals": l16.refusals()? })
        }
        Input::PiElement { setpoint, kp, ki, bounds, fidelity, steps } => {
            let bounds = bounds.map(|bounds| bounds.map(|pair| pair.map(|bits| bits.0)));
            let mut element = backend.pi_element(setpoint.0, kp.0, ki.0, bounds)?;
            let mut done = Vec::new();
            for [measured, dt] in steps {
                let output = element.step(measured.0, dt.0, (*fidelity).into());
                done.push(valued(output.map(|output| Value::from(text::bits(output)))));
            }
            let kept = fields([element.integral()?, element.last_error()?], &[]);
            element.reset()?;
            json!({ "steps": done, "kept": kept, "reset": fields([element.integral()?, element.last_error()?], &[]) })
        }
    })
}

fn upde_step(upde: &mut dyn PhaseEquation, step: &UpdeStep) -> Answer<Value> {
    match step {
        UpdeStep::Step => silent(upde.step()),
        UpdeStep::Run(steps) => silent(upde.run(*steps)),
        UpdeStep::SetConfig(config) => silent(upde.set_config(&config.config())),
        UpdeStep::SetCoupling(coupling) => silent(upde.set_coupling(&coupling.list())),
        UpdeStep::SetTheta(theta) => silent(upde.set_theta(&theta.list())),
        UpdeStep::State => upde_state(upde),
    }
}

fn upde_state(upde: &mut dyn PhaseEquation) -> Answer<Value> {
    Ok(json!({
        "theta": list(&upde.theta()?),
        "velocity": list(&upde.velocity()?),
        "r": text::bits(upde.r()?),
        "time": text::bits(upde.time()?),
        "steps": upde.steps()?,
        "noise_state": word(upde.noise_state()?),
    }))
}

fn sec_step(sec: &mut dyn Score, step: &SecStep) -> Answer<Value> {
    match step {
        SecStep::Evaluate { theta, motion, interval } => {
            let (theta, other) = (theta.list(), motion.as_ref().map(MotionInput::list));
            let motion = match (motion, &other) {
                (Some(MotionInput::Previous(_)), Some(before)) => Motion::Previous(before),
                (Some(MotionInput::Velocity(_)), Some(velocity)) => Motion::Velocity(velocity),
                _ => Motion::Unknown,
            };
            let SecResult { v, v_normalised, r, dv_dt, coherence_score, v_coupling, v_frequency, v_entropy } =
                sec.evaluate(&theta, motion, interval.0)?;
            let numbers = [v, v_normalised, r, dv_dt, coherence_score, v_coupling, v_frequency, v_entropy];
            Ok(fields(numbers, &[]))
        }
        SecStep::SetCoupling(coupling) => silent(sec.set_coupling(&coupling.list())),
        SecStep::Reset => silent(sec.reset()),
    }
}

impl MotionInput {
    fn list(&self) -> Vec<f64> {
        match self {
            Self::Previous(numbers) | Self::Velocity(numbers) => numbers.list(),
        }
    }
}

fn l16_step(l16: &mut dyn Mediator, step: &L16Step) -> Answer<Value> {
    let (theta, eigenvectors, target) = (step.theta.list(), step.eigenvectors.list(), step.target.list());
    let output = l16.step(&L16Input {
        state: LoopState {
            theta: &theta,
            eigenvectors: Block { values: &eigenvectors, columns: step.columns },
            target: Block { values: &target, columns: step.columns },
            r: step.r.0,
            p_h1: step.p_h1.0,
            h_frob: step.h_frob.0,
        },
        locking: if step.locking_is_value {
            Locking::Value(step.locking.0)
        } else {
            Locking::Difference(step.locking.0)
        },
        c7: step.c7.0,
        c8: step.c8.0,
        c10: step.c10.0,
        dt: step.dt.0,
    })?;
    Ok(l16_output(&output))
}

/// `lambda7 lambda8 lambda10 nu_star h_rec dh_rec_dt avg_plv lr_z_scale d_theta_scale tau_d_scale gate_open refusal
/// lyapunov_stable`
pub(super) fn l16_output(output: &L16Output) -> Value {
    let L16Output { lambda7, lambda8, lambda10, nu_star, gate_open, refusal, h_rec, dh_rec_dt, .. } = *output;
    let L16Output { lyapunov_stable, avg_plv, lr_z_scale, d_theta_scale, tau_d_scale, .. } = *output;
    let numbers =
        [lambda7, lambda8, lambda10, nu_star, h_rec, dh_rec_dt, avg_plv, lr_z_scale, d_theta_scale, tau_d_scale];
    fields(numbers, &[gate_open, refusal, lyapunov_stable])
}
