// The suite `geometry` on the npm package.

import { config, fields, list, numbers, outcome, stepsOf, valued } from "./advanced.mjs";
import { l16Output } from "./physics.mjs";
import { bits, real } from "./text.mjs";

/** What comes of an input. */
export function run(physics, input) {
  const kinds = {
    "symmetric-eigen": ({ n, method, matrices }) => {
      const eigen = new physics.SymmetricEigen(n, method);
      return matrices.map((matrix) =>
        valued(() => {
          eigen.solve(numbers(matrix));
          eigen.orient();
          return { values: list(eigen.values), vectors: list(eigen.vectors) };
        }),
      );
    },
    decode: ({ n, decoder, sigma, z }) => list(physics.decode(n, decoder, real(sigma), numbers(z))),
    "spectral-bridge": (input) => spectralBridge(physics, input),
    ssgf: (input) => ssgf(physics, input),
  };
  return outcome(kinds, input);
}

function spectralBridge(physics, { n, fidelity, steps }) {
  const bridge = new physics.SpectralBridge(n, fidelity);
  return stepsOf(steps, {
    compute: (w) => {
      bridge.compute(numbers(w));
      return {
        eigenvalues: list(bridge.eigenvalues),
        eigenvectors: list(bridge.eigenvectors),
        laplacian: list(bridge.laplacian),
      };
    },
    "set-reference": (vectors) => bridge.setReference(numbers(vectors)),
    reset: () => bridge.reset(),
  });
}

function ssgf(physics, { config: changes, omega, coupling, fidelity, steps }) {
  const engine = new physics.SsgfEngine({
    config: config(changes),
    omega: numbers(omega),
    coupling: numbers(coupling),
    fidelity,
  });
  const done = stepsOf(steps, {
    "outer-step": () => record(engine.outerStep()),
    run: (steps) => {
      const last = engine.run(steps);
      return last === undefined ? null : record(last);
    },
    "set-p-h1": (p) => engine.setPH1(real(p)),
    "set-protected": (marks) => engine.setProtected(marks),
    "set-target": (target) => engine.setTarget(numbers(target)),
    "set-theta": (theta) => engine.setTheta(numbers(theta)),
    audio: () => audio(engine.audio),
    log: () => engine.log.map(record),
    "take-log": () => engine.takeLog().map(record),
  });
  const state = {
    ...{ z: list(engine.z), w: list(engine.w), theta: list(engine.theta), r: bits(engine.r) },
    eigenvalues: list(engine.eigenvalues),
    eigenvectors: list(engine.eigenvectors),
    steps: engine.steps,
    controller: engine.controller === undefined ? null : l16Output(engine.controller),
  };
  return { steps: done, state };
}

const COSTS = [
  ...["c_micro", "c7_symbolic", "c8_phase", "c9_memory", "c10_boundary"],
  ...["r_graph", "c4_tcbo", "c_pgbo", "u_total"],
];
const NUMBERS = [
  ...["r_global", "fiedler_value", "spectral_gap", "h_rec"],
  ...["pgbo_u_norm", "pgbo_h_frob", "tcbo_p_h1"],
];
const TRUTHS = ["gate_open", "refusal", "w_valid", "eigval_ordered", "tcbo_gate_open"];

const of = (object, names) => names.map((name) => object[name]);

function record(record) {
  return [
    record.step,
    fields(of(record.costs, COSTS)),
    fields(of(record, NUMBERS), of(record, TRUTHS)),
  ];
}

const SOUND = [
  ...["r_global", "entrainment_intensity", "beat_hz", "pulse_hz", "spatial_angle_deg"],
  ...["fiedler_stability", "spectral_gap", "geometry_density", "tcbo_p_h1"],
  ...["pgbo_u_norm", "pgbo_h_frob", "healing_acceleration"],
];
const MODES = ["l16_gate_open", "l16_refusal", "tcbo_gate_open", "theurgic_mode"];

const audio = (audio) => [audio.band, fields(of(audio, SOUND), of(audio, MODES))];
