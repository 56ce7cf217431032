// The simulation that the page shows: sixteen oscillators, what scores them and what looks for loops among them.

import { Sec, Tcbo, Upde, Xorshift64, init, layers } from "interlock-wasm/physics/slim";

await init(new URL("vendor/wasm/physics_bg.wasm", import.meta.url));

/** How many oscillators there are. */
export const N = layers.COUNT;
/** Names of the oscillators. */
export const names = layers.names();

/** Frames a second that the simulation is made for. */
const RATE = 60;
/** Steps of the equation in a frame. */
const STEPS = 8;
/** Frames from one sample of the observer to the next: 50 of them see more than a turn. */
const SAMPLE = 4;

/**
 * @typedef {"near" | "layers"} Population
 * @typedef {{ coupling: number, noise: number, field: number }} Drive
 * @typedef {{ birth: number, death: number }} Bar
 */

/** @param {Population} population */
function frequencies(population) {
  if (population === "layers") return layers.omega();
  // Half a turn a second, give or take a third.
  const chance = new Xorshift64(4);
  const omega = chance.uniforms(N).map((x) => Math.PI * (1 + 0.66 * (x - 0.5)));
  chance.free();
  return omega;
}

/** @param {bigint} seed */
function scattered(seed) {
  const chance = new Xorshift64(seed);
  const theta = chance.uniforms(N).map((x) => 2 * Math.PI * x);
  chance.free();
  return theta;
}

/**
 * @param {Population} population
 * @param {Drive} drive
 */
export function createEngine(population, drive) {
  const strengths = layers.coupling();
  const omega = frequencies(population);
  const coupling = strengths.map((k) => k * drive.coupling);
  const config = {
    dt: 1 / (RATE * STEPS),
    noise_amplitude: drive.noise,
    field_pressure: drive.field,
  };
  let seed = 1n;
  const upde = new Upde({ omega, coupling, theta: scattered(seed), config, seed });
  const sec = new Sec({ omega, coupling });
  const tcbo = new Tcbo(N);
  let frames = 0;
  /** @type {Bar[]} */
  let bars = [];
  let score = 0;

  const engine = {
    /** What acts on whom, row by row. */
    coupling,
    /** The phases, rad; good until the next call. */
    get theta() {
      return upde.theta;
    },
    get r() {
      return upde.r;
    },
    /** The coherence score of the last frame, in [0, 1]. */
    get score() {
      return score;
    },
    /** The probability that the phases go round a loop together; NaN until there are enough samples. */
    get loop() {
      const { p_h1: loop, diameter } = tcbo.reading;
      return diameter > 0 ? loop : NaN;
    },
    /** The largest distance in the observer's cloud. */
    get diameter() {
      return tcbo.reading.diameter;
    },
    /** The loops of the last sample, longest first. */
    get bars() {
      return bars;
    },

    /** Goes on by a frame. */
    frame() {
      upde.run(STEPS);
      const { theta, velocity } = upde;
      // Velocities, not differences of phases: nothing happens when one passes a full turn.
      score = sec.evaluate(theta, { velocity }, 1 / RATE).coherence_score;
      frames += 1;
      if (frames % SAMPLE === 0) {
        tcbo.observe(theta);
        bars = tcbo.bars();
      }
    },

    /** @param {Drive} drive */
    drive({ coupling: strength, noise, field }) {
      upde.setConfig({ noise_amplitude: noise, field_pressure: field });
      coupling.set(strengths.map((k) => k * strength));
      upde.setCoupling(coupling);
      sec.setCoupling(coupling);
    },

    /** Puts the phases anywhere. */
    scatter() {
      seed += 1n;
      upde.setTheta(scattered(seed));
      tcbo.reset();
      sec.reset();
      bars = [];
    },

    free() {
      for (const part of [upde, sec, tcbo]) part.free();
    },
  };
  return engine;
}
