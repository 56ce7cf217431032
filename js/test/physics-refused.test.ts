// What the physics refuses, and that nothing has changed by it.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  L16,
  PiElement,
  Pgbo,
  Rips,
  Sec,
  SpectralBridge,
  SsgfEngine,
  SymmetricEigen,
  Tcbo,
  TcboController,
  Xorshift64,
  embed,
  pgboOfGradient,
} from "interlock-wasm/physics";
import { throws } from "./support.js";
import { N, input, spread, upde } from "./systems.js";

const list = (length: number, value = 0): Float64Array => new Float64Array(length).fill(value);
// What is refused: the call, the argument, its value, what it must be.
const refused: [
  what: string,
  call: () => unknown,
  argument: string,
  value: unknown,
  bound: RegExp,
][] = [
  ["NaN phase", () => upde({ theta: [...list(15), NaN] }), "theta[15]", NaN, /finite/],
  ["no phases", () => upde({ theta: [] }), "theta.length", 0, /oscillators/],
  ["one phase", () => upde({ theta: [1] }), "theta.length", 1, /oscillators/],
  ["two phases", () => upde({ theta: [1, 2] }), "theta.length", 2, /oscillators/],
  ["text", () => upde({ theta: "no" as never }), "theta", "no", /list of numbers/],
  ["text in it", () => upde({ theta: ["1"] as never }), "theta[0]", "1", /number/],
  ["infinite frequency", () => upde({ omega: list(N, Infinity) }), "omega[0]", Infinity, /finite/],
  [
    "no oscillators",
    () => upde({ omega: [], coupling: [], theta: [] }),
    "oscillators",
    0,
    /from 1/,
  ],
  ["short coupling", () => upde({ coupling: [1, 2] }), "coupling.length", 2, /square/],
  ["NaN coupling", () => upde({ coupling: list(N * N, NaN) }), "coupling[0]", NaN, /finite/],
  ["step 0", () => upde({ config: { dt: 0 } }), "dt", 0, /above 0/],
  ["step -1", () => upde({ config: { dt: -1 } }), "dt", -1, /above 0/],
  ["noise -1", () => upde({ config: { noise_amplitude: -1 } }), "noise_amplitude", -1, /0 or more/],
  ["a setting as text", () => upde({ config: { dt: "1" as never } }), "dt", "1", /number/],
  ["a list as settings", () => upde({ config: new Map() as never }), "", undefined, /$/],
  ["seed -1", () => upde({ seed: -1 }), "seed", -1, /whole/],
  ["seed 2^64", () => upde({ seed: 1n << 64n }), "seed", 1n << 64n, /2\^64/],
  ["fidelity", () => upde({ fidelity: "best" as never }), "fidelity", "best", /corrected/],
  [
    "steps 1.5",
    () => {
      upde().run(1.5);
    },
    "steps",
    1.5,
    /whole/,
  ],
  ["interval 0", () => new Sec().evaluate(spread, "unknown", 0), "interval", 0, /above 0/],
  [
    "short motion",
    () => new Sec().evaluate(spread, { velocity: [1] }, 1),
    "motion.length",
    1,
    /osc/,
  ],
  ["no motion", () => new Sec().evaluate(spread, null as never, 1), "motion", null, /object/],
  ["window 0", () => new L16({ config: { plv_window: 0 } }), "plv_window", 0, /1 to 65536/],
  ["window 1.5", () => new L16({ config: { plv_window: 1.5 } }), "plv_window", 1.5, /whole/],
  ["NaN cost", () => new L16().step(input({ c7: NaN })), "c7", NaN, /finite/],
  ["locking 2", () => new L16().step(input({ locking: { value: 2 } })), "locking", 2, /\[0, 1\]/],
  [
    "no locking",
    () => new L16().step(input({ locking: null as never })),
    "locking",
    null,
    /object/,
  ],
  ["gain", () => new PiElement({ kp: Infinity }), "kp", Infinity, /finite/],
  ["bounds", () => new PiElement({ output_bounds: [1, 0] }), "output_bounds", 1, /upper/],
  ["half a point", () => new Rips().bars([1, 2, 3], 2), "coordinates.length", 3, /multiple/],
  ["dimension 0", () => new Rips().longest([], 0), "dimension", 0, /in \[1/],
  ["window 3", () => new Tcbo(16, { config: { window_size: 3 } }), "window_size", 3, /at least 4/],
  [
    "window in span",
    () => new Tcbo(1, { config: { window_size: 8, tau_delay: 4 } }),
    "window_size",
    8,
    /tau_delay/,
  ],
  [
    "estimator",
    () => new Tcbo(1, { config: { estimator: "guess" as never } }),
    "estimator",
    "guess",
    /rips/,
  ],
  ["no channels", () => new Tcbo(0), "channels", 0, /in \[1/],
  ["p_h1 2", () => new TcboController().step(2, 1, 1), "p_h1", 2, /\[0, 1\]/],
  [
    "kappa_max",
    () => new TcboController({ config: { kappa_max: -1 } }),
    "kappa_max",
    -1,
    /kappa_min/,
  ],
  ["no nodes", () => new Pgbo(0), "dimension", 0, /in \[1/],
  ["time 0", () => new Pgbo(1).compute([0], 0), "dt", 0, /above 0/],
  ["cap 0", () => new Pgbo(1, { config: { u_cap: 0 } }), "u_cap", 0, /above 0/],
  [
    "flag",
    () => new Pgbo(1, { config: { traceless: 1 as never } }),
    "traceless",
    1,
    /true or false/,
  ],
  ["other lengths", () => pgboOfGradient([1, 2], [1]), "potential.length", 1, /gradient/],
  ["n 0", () => new SsgfEngine({ config: { n: 0 } }), "n", 0, /1, 256/],
  ["n for 16", () => new SsgfEngine({ config: { n: 3 } }), "omega.length", 16, /n numbers/],
  [
    "weight",
    () => new SsgfEngine({ config: { weights: { c7: NaN } } }),
    "weights.c7",
    NaN,
    /finite/,
  ],
  [
    "weight as text",
    () => new SsgfEngine({ config: { weights: { c7: "" as never } } }),
    "weights.c7",
    "",
    /number/,
  ],
  ["decoder", () => new SsgfEngine({ config: { decoder: "x" as never } }), "decoder", "x", /rbf/],
  ["correction", () => new SsgfEngine({ corrections: { seed: 1 as never } }), "seed", 1, /true/],
  [
    "asymmetric",
    () => {
      new SpectralBridge(2).compute([0, 1, 2, 0]);
    },
    "w[2]",
    2,
    /symmetric|mirror/,
  ],
  [
    "asymmetric",
    () => {
      new SymmetricEigen(2).solve([0, 1, 2, 0]);
    },
    "matrix[2]",
    2,
    /symmetric|mirror/,
  ],
  [
    "marks",
    () => {
      new SsgfEngine().setProtected([true]);
    },
    "protected.length",
    1,
    /n long/,
  ],
  ["count 2^32", () => new Xorshift64(1).normals(2 ** 32 - 1), "count", 2 ** 32 - 1, /memory/],
  ["h too large", () => new Pgbo(100_000).tensor, "h.length", 2 ** 32 - 1, /memory/],
  [
    "embedding too large",
    () => embed(list(100_000), 1, { embed_dim: 50_000, tau_delay: 1 }),
    "points.length",
    2_500_050_000,
    /memory/,
  ],
  ["count -1", () => new Xorshift64(1).normals(-1), "count", -1, /whole/],
];

for (const [what, call, argument, value, bound] of refused) {
  test(`refused: ${what}: ${argument}`, () => {
    assert.throws(call, (error) => {
      assert.ok(error instanceof ArgumentError, String(error));
      assert.deepEqual(
        [error.argument, error.value],
        argument === "" ? ["", error.value] : [argument, value],
      );
      assert.match(error.bound ?? "", bound);
      return true;
    });
  });
}

test("what is refused has changed nothing", () => {
  using system = upde({ seed: 3 });
  using control = upde({ seed: 3 });
  system.run(7);
  control.run(7);
  const bad = [
    (): void => {
      system.setTheta([1]);
    },
    (): void => {
      system.setTheta(list(N, NaN));
    },
    (): void => {
      system.setConfig({ dt: 0 });
    },
    (): void => {
      system.setConfig({ dt: 0.5, noise_amplitude: NaN });
    },
    (): void => {
      system.setConfig({ dt: 0.5, none: 1 } as never);
    },
    (): void => {
      system.setCoupling([0]);
    },
    (): void => {
      system.run(-1);
    },
  ];
  for (const call of bad) {
    throws(ArgumentError, call);
    assert.deepEqual(system.theta, control.theta);
  }
  assert.deepEqual(system.config, control.config);
  system.run(20);
  control.run(20);
  assert.deepEqual(system.theta, control.theta);

  using tcbo = new Tcbo(1);
  for (let step = 0; step < 55; step += 1) tcbo.observe([step / 5]);
  const { reading } = tcbo;
  throws(ArgumentError, () => tcbo.observe([NaN]), { argument: "theta[0]" });
  throws(ArgumentError, () => tcbo.observe([1, 2]), { value: 2 });
  assert.deepEqual([tcbo.reading, tcbo.buffered], [reading, 55]);
});
