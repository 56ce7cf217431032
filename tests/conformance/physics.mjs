// The suite `physics` on the npm package.

import {
  config,
  fields,
  list,
  numbers,
  outcome,
  stepsOf,
  valued,
  word,
  wordOf,
} from "./advanced.mjs";
import { bits, optionalBits, real } from "./text.mjs";

/** What comes of an input. */
export function run(physics, input) {
  const kinds = {
    "sin-cos-all": ({ x }) => {
      const { sines, cosines } = physics.sinCosAll(numbers(x));
      return [list(sines), list(cosines)];
    },
    "exp-all": ({ x }) => list(physics.expAll(numbers(x))),
    "ln-all": ({ x }) => list(physics.lnAll(numbers(x))),
    xorshift64: ({ seed, fidelity, draws }) => {
      const noise = new physics.Xorshift64(wordOf(seed), fidelity);
      const drawn = stepsOf(draws, {
        uniforms: (count) => list(noise.uniforms(count)),
        normals: (count) => list(noise.normals(count)),
        "skip-normals": (count) => noise.skipNormals(count),
      });
      return [drawn, word(noise.state)];
    },
    layers: ({ fidelity }) => ({
      omega: list(physics.layers.omega()),
      coupling: list(physics.layers.coupling(fidelity)),
    }),
    "order-parameter": ({ theta }) => bits(physics.orderParameter(numbers(theta))),
    wrap: ({ x, fidelity }) => list(numbers(x).map((x) => physics.wrap(x, fidelity))),
    difference: ({ x }) => {
      const all = [...numbers(x)];
      return list(all.flatMap((a) => all.map((b) => physics.difference(a, b))));
    },
    "critical-coupling": ({ omega }) => bits(physics.criticalCoupling(numbers(omega))),
    slope: ({ history, window, dt }) => bits(physics.slope(numbers(history), window, real(dt))),
    refuses: ({ history, window, fidelity }) =>
      physics.refuses(numbers(history), window, fidelity) ?? null,
    upde: (input) => upde(physics, input),
    sec: (input) => sec(physics, input),
    l16: (input) => l16(physics, input),
    "pi-element": (input) => piElement(physics, input),
  };
  return outcome(kinds, input);
}

/** The settings of a stepper, which are set all at once. */
const DRIVE = { dt: 0.01, field_pressure: 0.1, noise_amplitude: 0.05 };

function upde(physics, { omega, coupling, theta, config: changes, seed, fidelity, steps }) {
  const isOfLayers = omega === undefined && coupling === undefined;
  const lists = isOfLayers
    ? {}
    : { omega: numbers(omega ?? ""), coupling: numbers(coupling ?? "") };
  const upde = new physics.Upde({
    ...lists,
    theta: numbers(theta),
    config: config(changes),
    seed: wordOf(seed),
    fidelity,
  });
  const state = () => ({
    theta: list(upde.theta),
    velocity: list(upde.velocity),
    r: bits(upde.r),
    time: bits(upde.time),
    steps: upde.steps,
    noise_state: word(upde.noiseState),
  });
  const done = stepsOf(steps, {
    step: () => upde.step(),
    run: (steps) => upde.run(steps),
    "set-config": (changes) => upde.setConfig({ ...DRIVE, ...config(changes) }),
    "set-coupling": (coupling) => upde.setCoupling(numbers(coupling)),
    "set-theta": (theta) => upde.setTheta(numbers(theta)),
    state,
  });
  return { steps: done, state: state() };
}

function sec(physics, { omega, coupling, config: changes, fidelity, steps }) {
  const sec = new physics.Sec({
    omega: numbers(omega),
    coupling: numbers(coupling),
    config: config(changes),
    fidelity,
  });
  const done = stepsOf(steps, {
    evaluate: ({ theta, motion, interval }) => {
      const [kind, other] = Object.entries(motion ?? {})[0] ?? [];
      const known = kind === undefined ? "unknown" : { [kind]: numbers(other) };
      const result = sec.evaluate(numbers(theta), known, real(interval));
      const { v, v_normalised: normalised, r, dv_dt: change, coherence_score: score } = result;
      const { v_coupling: coupling, v_frequency: frequency, v_entropy: entropy } = result;
      return fields([v, normalised, r, change, score, coupling, frequency, entropy]);
    },
    "set-coupling": (coupling) => sec.setCoupling(numbers(coupling)),
    reset: () => sec.reset(),
  });
  return { steps: done, v_max: bits(sec.vMax), previous: optionalBits(sec.previous) };
}

function l16(physics, { config: changes, fidelity, steps }) {
  const l16 = new physics.L16({ config: config(changes), fidelity });
  const done = steps.map((step) => {
    const block = (values) => ({ values: numbers(values), columns: step.columns });
    const look = real(step.locking);
    const [r, p, h, c7, c8, c10, dt] = ["r", "p_h1", "h_frob", "c7", "c8", "c10", "dt"].map(
      (name) => real(step[name]),
    );
    return valued(() =>
      l16Output(
        l16.step({
          state: {
            theta: numbers(step.theta),
            eigenvectors: block(step.eigenvectors),
            target: block(step.target),
            ...{ r, p_h1: p, h_frob: h },
          },
          locking: step.locking_is_value === true ? { value: look } : { difference: look },
          ...{ c7, c8, c10, dt },
        }),
      ),
    );
  });
  return { steps: done, history: list(l16.history), refusals: l16.refusals };
}

export function l16Output(said) {
  const { lambda7, lambda8, lambda10, nu_star: nu, gate_open: open, refusal, h_rec: h } = said;
  const { dh_rec_dt: slope, lyapunov_stable: stable, avg_plv: locking } = said;
  const { lr_z_scale: z, d_theta_scale: d, tau_d_scale: tau } = said;
  const numbers = [lambda7, lambda8, lambda10, nu, h, slope, locking, z, d, tau];
  return fields(numbers, [open, refusal, stable]);
}

function piElement(physics, { setpoint, kp, ki, bounds, fidelity, steps }) {
  const [integral, output] = (bounds ?? []).map((pair) => pair.map(real));
  const element = new physics.PiElement({
    ...{ setpoint: real(setpoint), kp: real(kp), ki: real(ki) },
    ...(bounds && { integral_bounds: integral, output_bounds: output }),
  });
  const done = steps.map((step) => valued(() => bits(element.step(...step.map(real), fidelity))));
  const kept = () => fields([element.integral, element.lastError]);
  const before = kept();
  element.reset();
  return { steps: done, kept: before, reset: kept() };
}
