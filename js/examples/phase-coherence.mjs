// A stream monitor that judges the coherence of coupled oscillators.
//
// How sure a model is of each token becomes a score with a memory: every token kicks sixteen oscillators, the harder the
// less sure it is, and their coupling pulls them together again. One unsure token passes; several in a row drive them apart.
//
//   node js/examples/phase-coherence.mjs

import { StreamMonitor } from "interlock-wasm";
import { Sec, Upde, layers } from "interlock-wasm/physics";

/** Steps of the phase equation for a token, and the length of one in seconds. */
const STEPS = 20;
const DT = 0.01;
/** How hard the least sure token kicks, in rad/sqrt(s), and how strongly the layers' coupling pulls. */
const KICK = 1.15;
const PULL = 0.3;

/** A score in [0, 1] for each token, from the probability that the model gave it. The same bits on every host. */
export class PhaseCoherence {
  #upde;
  #sec;

  constructor(seed = 1n) {
    // Alike in frequency, and at first in phase.
    const still = new Float64Array(layers.COUNT);
    const coupling = layers.coupling().map((strength) => PULL * strength);
    const config = { dt: DT, field_pressure: 0 };
    this.#upde = new Upde({ omega: still, coupling, theta: still, config, seed });
    this.#sec = new Sec({ omega: still, coupling });
  }

  /** The score after one more token. */
  score(probability) {
    this.#upde.setConfig({ noise_amplitude: KICK * (1 - probability) });
    this.#upde.run(STEPS);
    return this.#sec.evaluate(this.#upde.theta, "unknown", STEPS * DT).coherence_score;
  }

  free() {
    this.#upde.free();
    this.#sec.free();
  }
}

/** Judges the tokens of one stream: where it halted and why, or nothing. */
export function judge(probabilities, config) {
  const coherence = new PhaseCoherence();
  const monitor = new StreamMonitor(config);
  try {
    for (const [index, probability] of probabilities.entries()) {
      const score = coherence.score(probability);
      const verdict = monitor.push(score);
      if (verdict.outcome === "halt") return { index, score, reason: verdict.reason };
    }
    return undefined;
  } finally {
    coherence.free();
    monitor.free();
  }
}

if (import.meta.filename === process.argv[1]) {
  const sure = new Array(20).fill(0.9);
  console.log("sure, with one doubt:", judge([...sure, 0.2, ...sure]));
  console.log("ever less sure:", judge([...sure, ...new Array(40).fill(0.2)]));
}
