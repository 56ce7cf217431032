// The suite `observers` on the npm package.

import { config, fields, list, numbers, outcome, stepsOf, valued } from "./advanced.mjs";
import { bits, real } from "./text.mjs";

/** What comes of an input. */
export function run(physics, input) {
  const kinds = {
    rips: ({ clouds }) => rips(physics, clouds),
    embed: ({ samples, channels, embed_dim, tau_delay }) =>
      list(physics.embed(numbers(samples), channels, { embed_dim, tau_delay })),
    squash: ({ s, s0, beta }) =>
      list(numbers(s).map((s) => physics.squash(s, real(s0), real(beta)))),
    "s0-for": ({ s_tau: s, p, beta }) =>
      list(numbers(p).map((p) => physics.s0For(real(s), p, real(beta)))),
    tcbo: (input) => tcbo(physics, input),
    "tcbo-controller": (input) => controller(physics, input),
    pgbo: (input) => pgbo(physics, input),
    "pgbo-of-gradient": ({ config: changes, fidelity, gradient, potential }) => {
      const options = { config: config(changes), fidelity };
      const found = physics.pgboOfGradient(numbers(gradient), numbers(potential), options);
      return { reading: pgboReading(found), u: list(found.u) };
    },
  };
  return outcome(kinds, input);
}

const barsList = (bars) => list(bars.flatMap(({ birth, death }) => [birth, death]));

function rips(physics, clouds) {
  const rips = new physics.Rips();
  return clouds.map(([points, dimension]) =>
    valued(() => {
      const coordinates = numbers(points);
      const bars = barsList(rips.bars(coordinates, dimension));
      const { joins, diameter } = rips;
      const { bar, ...longest } = rips.longest(coordinates, dimension);
      const text = bar === undefined ? "-" : fields([bar.birth, bar.death]);
      return {
        ...{ bars, joins: list(joins), diameter: bits(diameter) },
        longest: `${text} ${fields([longest.lifetime, longest.diameter])}`,
      };
    }),
  );
}

function tcboReading({ p_h1: p, s_h1: s, lifetime, diameter, is_conscious: is, h1_error: error }) {
  return fields([p, s, lifetime, diameter, error], [is]);
}

function tcbo(physics, { phases, config: changes, fidelity, steps }) {
  const tcbo = new physics.Tcbo(phases, { config: config(changes), fidelity });
  const done = stepsOf(steps, {
    push: (theta) => tcbo.push(numbers(theta)),
    observe: (samples) => {
      let last = null;
      for (const theta of samples) last = tcboReading(tcbo.observe(numbers(theta)));
      return last;
    },
    compute: (force) => tcboReading(tcbo.compute(force)),
    bars: () => barsList(tcbo.bars()),
    reset: () => tcbo.reset(),
  });
  const { reading, buffered, s0 } = tcbo;
  return { steps: done, reading: tcboReading(reading), buffered, s0: bits(s0) };
}

function controller(physics, { config: changes, fidelity, steps }) {
  const controller = new physics.TcboController({ config: config(changes), fidelity });
  const done = stepsOf(steps, {
    step: (step) => {
      const { kappa, error } = controller.step(...step.map(real));
      return fields([kappa, error]);
    },
    "is-gate-open": (p) => controller.isGateOpen(p === null ? undefined : real(p)),
    reset: () => controller.reset(),
  });
  const history = controller.history.map(({ p_h1: p, kappa, error }) => fields([p, kappa, error]));
  return { steps: done, integral: bits(controller.integral), history };
}

const pgboReading = ({ u_norm: u, h_trace: trace, h_frob: size }) => fields([u, trace, size]);

function pgbo(physics, { dimension, config: changes, fidelity, steps }) {
  const pgbo = new physics.Pgbo(dimension, { config: config(changes), fidelity });
  const state = () => ({
    u: list(pgbo.u),
    potential: list(pgbo.potential),
    kappa: bits(pgbo.kappa),
    tensor: list(pgbo.tensor),
  });
  const done = stepsOf(steps, {
    compute: ([theta, dt]) => pgboReading(pgbo.compute(numbers(theta), real(dt))),
    "set-potential": (potential) => pgbo.setPotential(numbers(potential)),
    "scale-kappa": (factor) => pgbo.scaleKappa(real(factor)),
    multiply: (x) => list(pgbo.multiply(numbers(x))),
    state,
    reset: () => pgbo.reset(),
  });
  return { steps: done, state: state() };
}
