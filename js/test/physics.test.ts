import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  FreedError,
  L16,
  PiElement,
  Pgbo,
  Rips,
  Sec,
  SpectralBridge,
  SsgfEngine,
  type SsgfOptions,
  SymmetricEigen,
  Tcbo,
  TcboController,
  Upde,
  Xorshift64,
  audioOf,
  criticalCoupling,
  decode,
  difference,
  embed,
  expAll,
  hRec,
  latents,
  layers,
  lnAll,
  orderParameter,
  pgboOfGradient,
  refuses,
  s0For,
  sinCosAll,
  slope,
  squash,
  wrap,
  wrapDifference,
} from "interlock-wasm/physics";
import { throws } from "./support.js";
import { N, input, spread, upde } from "./systems.js";

const { PI } = Math;

/** The equation as it is written, with a sine for each pair. */
function straightforward(theta: Float64Array, steps: number, dt: number, field: number): number[] {
  const omega = layers.omega();
  const coupling = layers.coupling();
  let now = [...theta];
  for (let step = 0; step < steps; step += 1) {
    now = now.map((own, n) => {
      let drift = (omega[n] ?? 0) + field * Math.cos(own);
      now.forEach((other, m) => {
        drift += (coupling[n * N + m] ?? 0) * Math.sin(other - own);
      });
      return own + drift * dt;
    });
  }
  return now;
}

test("the phase equation is integrated", () => {
  using quiet = upde({ config: { noise_amplitude: 0, dt: 0.001 } });
  quiet.run(50);
  straightforward(spread, 50, 0.001, 0.1).forEach((phase, n) => {
    assert.ok(Math.abs(difference(quiet.theta[n] ?? NaN, phase)) < 1e-10, `phase ${n}`);
  });
  assert.equal(quiet.steps, 50);
  assert.ok(Math.abs(quiet.time - 0.05) < 1e-15);
  assert.equal(quiet.oscillators, N);
  assert.equal(quiet.r, orderParameter(quiet.theta));
  const { sines, cosines } = sinCosAll(quiet.theta);
  assert.deepEqual(
    [quiet.sines, quiet.cosines].map((list) => list.slice()),
    [sines, cosines],
  );
});

test("steps one by one and many at once are the same, and a seed is a seed", () => {
  using one = upde({ seed: 42 });
  using many = upde({ seed: 42n });
  using other = upde({ seed: 43 });
  for (let step = 0; step < 30; step += 1) one.step();
  many.run(30);
  other.run(30);
  assert.deepEqual(one.theta, many.theta);
  assert.deepEqual(one.velocity, many.velocity);
  assert.equal(one.noiseState, many.noiseState);
  assert.notDeepEqual(one.theta, other.theta);
  using noise = Xorshift64.fromState(one.noiseState);
  assert.equal(noise.state, one.noiseState);
});

test("another drive, coupling and place", () => {
  using system = upde({ config: { noise_amplitude: 0 } });
  assert.deepEqual(system.config, { dt: 0.01, field_pressure: 0.1, noise_amplitude: 0 });
  system.setConfig({ field_pressure: 3, dt: undefined });
  assert.deepEqual(system.config, { dt: 0.01, field_pressure: 3, noise_amplitude: 0 });
  system.setCoupling(new Float64Array(N * N));
  system.setTheta(new Float64Array(N).fill(PI / 2));
  assert.equal(system.r, 1);
  system.step();
  // Neither coupling nor field pull here.
  layers.omega().forEach((omega, n) => {
    assert.ok(Math.abs((system.velocity[n] ?? NaN) - omega) < 1e-12);
  });
  using two = new Upde({ omega: [1, 2], coupling: [0, 1, 1, 0], theta: [0, 1] });
  assert.equal(two.theta.length, 2);
  using published = upde({ fidelity: "published", seed: 1 });
  using corrected = upde({ seed: 1 });
  published.run(5);
  corrected.run(5);
  assert.notDeepEqual(published.theta, corrected.theta);
});

test("views show the last call, harm nothing and outlive everything", () => {
  const system = upde({ seed: 5 });
  using control = upde({ seed: 5 });
  const view = system.theta;
  assert.equal(system.theta, view, "the same view each time");
  const before = view.slice();
  system.step();
  assert.notDeepEqual(view, before, "a view shows what is now");
  view.fill(NaN);
  system.velocity.fill(NaN);
  system.step();
  control.run(2);
  assert.deepEqual(system.theta, control.theta, "what is written into a view reaches nothing");

  // A view of the module's memory as an argument, the memory growing on the way.
  const memory = view.buffer;
  const held: Upde[] = [];
  while (system.theta.buffer === memory) {
    const n = 400;
    const omega = new Float64Array(n);
    held.push(new Upde({ omega, coupling: new Float64Array(n * n), theta: omega }));
  }
  assert.equal(view.length, 0, "memory that grows detaches its views");
  assert.deepEqual(system.theta, control.theta, "and there is a new one");
  throws(
    ArgumentError,
    () => {
      system.setTheta(view);
    },
    { argument: "theta.length", value: 0 },
  );
  for (const { free } of held.map((one) => ({
    free: () => {
      one.free();
    },
  })))
    free();

  const last = system.theta;
  const kept = last.slice();
  system.free();
  system.free();
  throws(FreedError, () => system.theta);
  throws(FreedError, () => system.r);
  throws(FreedError, () => {
    system.step();
  });
  const others = Array.from({ length: 50 }, () => upde({ theta: new Float64Array(N) }));
  for (const other of others) other.run(3);
  assert.deepEqual(last, kept, "the view of a freed object keeps what was last in it");
  const thetas = others.map((other) => other.theta.slice());
  last.fill(7);
  assert.deepEqual(
    others.map((other) => other.theta.slice()),
    thetas,
    "and is nobody else's",
  );
});

test("frames come back", async () => {
  const { gc } = globalThis;
  assert.ok(gc, "run with --expose-gc");
  const round = (): void => {
    for (let count = 0; count < 300; count += 1) {
      const n = 64;
      const omega = new Float64Array(n);
      using system = new Upde({ omega, coupling: new Float64Array(n * n), theta: omega });
      assert.equal(system.theta.length, n);
    }
  };
  const settle = async (): Promise<void> => {
    for (let time = 0; time < 6; time += 1) {
      gc();
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  };
  for (let warm = 0; warm < 3; warm += 1) {
    round();
    await settle();
  }
  using witness = upde();
  const size = witness.theta.buffer.byteLength;
  for (let again = 0; again < 10; again += 1) {
    round();
    await settle();
  }
  assert.equal(witness.theta.buffer.byteLength, size, "the module's memory has grown");
});

test("a state is scored", () => {
  using sec = new Sec();
  using other = new Sec({ config: { frequency_weight: 0, entropy_weight: 0 } });
  const together = new Float64Array(N);
  const { coherence_score: full, v, dv_dt: change } = sec.evaluate(together, "unknown", 0.01);
  assert.ok(full > 0.99 && full <= 1);
  assert.equal(change, 0);
  assert.equal(sec.previous, v);
  const { v_coupling: coupled, v_entropy: entropy } = other.evaluate(spread, "unknown", 0.01);
  let sum = 0;
  const coupling = layers.coupling();
  spread.forEach((a, i) => {
    spread.forEach((b, j) => (sum += (coupling[i * N + j] ?? 0) * (1 - Math.cos(a - b))));
  });
  assert.ok(Math.abs(coupled - sum) < 1e-12);
  assert.equal(entropy, 0);
  assert.ok(Math.abs(sec.vMax - 2 * coupling.reduce((a, b) => a + b)) < 1e-12);

  // A phase that passes 2 pi has moved a little, not a turn.
  const before = new Float64Array(N).fill(2 * PI - 0.001);
  const after = new Float64Array(N).fill(0.001);
  const moved = (score: Sec): number =>
    score.evaluate(after, { previous: before }, 0.01).v_frequency;
  using published = new Sec({ fidelity: "published" });
  assert.ok(moved(sec) < moved(published) / 2);
  const velocity = layers.omega();
  assert.equal(sec.evaluate(after, { velocity }, 0.01).v_frequency, 0);
  sec.setCoupling(layers.coupling("published"));
  assert.equal(sec.previous, undefined, "another coupling is not compared with");
  sec.evaluate(after, "unknown", 1);
  sec.reset();
  assert.equal(sec.previous, undefined);
});

test("the controller", () => {
  using l16 = new L16({ config: { plv_window: 3, h_rec_window: 2 } });
  let said = l16.step(input());
  assert.equal(said.gate_open, false, "a gate waits for its window");
  for (const r of [0.4, 0.3, 0.2]) {
    said = l16.step(input({ state: { theta: spread, r, p_h1: 0.2, h_frob: 1 } }));
  }
  assert.equal(said.gate_open, true);
  assert.equal(said.refusal, true, "H_rec has only risen");
  assert.equal(said.lyapunov_stable, false);
  assert.deepEqual([said.lr_z_scale, said.d_theta_scale, said.tau_d_scale], [0.5, 0.5, 1.5]);
  assert.deepEqual(l16.scales, [0.5, 0.5, 1.5]);
  assert.ok(l16.refusal && l16.refusals >= 1);
  assert.deepEqual(l16.history, Float64Array.of(1.02, 1.12, 1.22, 1.32));
  assert.equal(said.h_rec, hRec({ theta: spread, r: 0.2, p_h1: 0.2, h_frob: 1 }));
  assert.equal(l16.gate.looks.length, 3);
  assert.ok(l16.gate.is_open && Math.abs(l16.gate.average - 1) < 1e-12);
  const block = { values: [1, 0, 0, 1], columns: 2 };
  const state = { theta: [0, 0], r: 1, p_h1: 1, h_frob: 0, eigenvectors: block, target: block };
  assert.equal(hRec(state, 2), 0);
  assert.ok(Math.abs(slope([1, 2, 3], 3, 0.5) - 2) < 1e-12);
  assert.equal(refuses([1, 2, 3], 2), true);
  assert.equal(refuses([3, 2, 3], 2), false);
  assert.equal(refuses([2, 3], 2), undefined);

  using element = new PiElement({ setpoint: 1, kp: 2, ki: 1, output_bounds: [-1, 5] });
  assert.equal(element.step(0.5, 1), 1.5);
  assert.deepEqual([element.setpoint, element.integral, element.lastError], [1, 0.5, 0.5]);
  element.reset();
  assert.equal(element.integral, 0);
});

test("loops are found", () => {
  using rips = new Rips();
  const square = [0, 0, 1, 0, 1, 1, 0, 1];
  assert.deepEqual(rips.bars(square, 2), [{ birth: 1, death: Math.SQRT2 }]);
  assert.deepEqual(rips.joins, Float64Array.of(1, 1, 1));
  assert.equal(rips.diameter, Math.SQRT2);
  const { bar, lifetime, diameter } = rips.longest(square, 2);
  assert.deepEqual(
    [bar, lifetime, diameter],
    [{ birth: 1, death: Math.SQRT2 }, Math.SQRT2 - 1, Math.SQRT2],
  );
  assert.deepEqual(rips.longest([0, 0, 1, 0], 2).bar, undefined);
  assert.deepEqual(rips.bars([], 3), []);
  assert.deepEqual(
    embed([1, 2, 3, 4], 1, { embed_dim: 2, tau_delay: 1 }),
    Float64Array.of(2, 1, 3, 2, 4, 3),
  );
});

test("an observer knows phases that go round together", () => {
  using tcbo = new Tcbo(2);
  assert.deepEqual(Object.values(tcbo.reading), [0, 0, 0, 0, false, 0.72]);
  for (let step = 0; step < 60; step += 1) tcbo.observe([0.15 * step, 0.15 * step + 1]);
  const { is_conscious: conscious, p_h1: p, lifetime, diameter, s_h1: share } = tcbo.reading;
  assert.ok(conscious && p > 0.72);
  assert.equal(share, lifetime / diameter);
  assert.equal(tcbo.buffered, 60);
  const [longest] = tcbo.bars();
  assert.equal((longest?.death ?? NaN) - (longest?.birth ?? NaN), lifetime);
  assert.deepEqual(tcbo.compute(true), tcbo.reading);
  assert.ok(Math.abs(squash(0.5, tcbo.s0, 8) - 0.72) < 1e-12);
  assert.equal(tcbo.s0, s0For(0.5, 0.72, 8));
  tcbo.reset();
  assert.deepEqual([tcbo.buffered, tcbo.reading.p_h1, tcbo.bars()], [0, 0, []]);
  using estimate = new Tcbo(2, { config: { estimator: "spread" } });
  for (let step = 0; step < 60; step += 1) estimate.observe([0.15 * step, 0.15 * step + 1]);
  assert.notEqual(estimate.reading.p_h1, p);

  using controller = new TcboController({ config: { history_len: 1 } });
  assert.ok(controller.step(0.2, 1, 0.01).kappa > 1);
  const control = controller.step(0.9, 1, 0.01);
  assert.ok(control.kappa < 1);
  assert.deepEqual(controller.history, [control]);
  assert.ok(controller.isGateOpen() && !controller.isGateOpen(0.5));
  assert.ok(controller.integral > 0);
  controller.reset();
  assert.deepEqual(controller.history, []);
});

test("motion becomes a tensor", () => {
  using pgbo = new Pgbo(2);
  pgbo.compute([0, 0], 0.01);
  const reading = pgbo.compute([0.03, 0.04], 0.01);
  assert.ok(Math.abs(reading.u_norm - 5 / 1.5) < 1e-12);
  assert.deepEqual(pgbo.reading, reading);
  const { u, tensor } = pgbo;
  assert.deepEqual(
    tensor,
    Float64Array.from([0, 1, 2, 3], (at) => 0.3 * (u[at >> 1] ?? 0) * (u[at & 1] ?? 0)),
  );
  assert.deepEqual(
    pgbo.multiply([1, 0]).map((x) => +x.toFixed(12)),
    tensor.slice(0, 2).map((x) => +x.toFixed(12)),
  );
  assert.deepEqual({ ...pgboOfGradient([3, 4], [0, 0]), u: 0 }, { ...reading, u: 0 });
  pgbo.scaleKappa(100);
  assert.equal(pgbo.kappa, 5);
  pgbo.setPotential([1]);
  assert.deepEqual(pgbo.potential, Float64Array.of(1, 0));
  pgbo.reset();
  assert.deepEqual([[...pgbo.potential], [...pgbo.u], pgbo.kappa], [[0, 0], [0, 0], 5]);
});

test("the geometry engine", () => {
  using engine = new SsgfEngine({ config: { log_capacity: 3 } });
  assert.deepEqual([engine.controller, engine.log], [undefined, []]);
  assert.equal(engine.run(0), undefined);
  const first = engine.outerStep();
  assert.deepEqual([first.step, first.w_valid, first.eigval_ordered], [0, true, true]);
  const last = engine.run(9);
  assert.deepEqual(
    engine.log.map(({ step }) => step),
    [7, 8, 9],
  );
  assert.deepEqual(engine.log.at(-1), last);
  assert.equal(engine.takeLog().length, 3);
  assert.deepEqual(engine.log, []);
  assert.equal(engine.steps, 10);
  assert.equal(engine.r, last?.r_global);
  assert.equal(engine.controller?.h_rec, last?.h_rec);
  assert.equal(engine.z.length, (N * (N - 1)) / 2);
  assert.deepEqual(
    [engine.w, engine.eigenvectors].map(({ length }) => length),
    [N * N, N * N],
  );
  assert.equal(engine.eigenvalues[1], last?.fiedler_value);

  using bridge = new SpectralBridge(N);
  bridge.compute(engine.w);
  assert.deepEqual(bridge.eigenvalues, engine.eigenvalues.slice());

  const { audio } = engine;
  assert.deepEqual(
    audio,
    audioOf({
      theta: engine.theta,
      w: engine.w,
      eigenvalues: engine.eigenvalues,
      p_h1: 0,
      gate_open: engine.controller?.gate_open ?? false,
      refusal: engine.controller?.refusal ?? false,
      pgbo_u_norm: last?.pgbo_u_norm ?? NaN,
      pgbo_h_frob: last?.pgbo_h_frob ?? NaN,
    }),
  );
  assert.ok(["delta", "theta", "alpha", "beta", "gamma"].includes(audio.band));

  engine.setPH1(0.9);
  engine.setProtected(Array.from({ length: N }, (_, n) => n < 4));
  engine.setTarget(bridge.eigenvectors);
  engine.setTheta(spread);
  const { tcbo_gate_open: open, costs } = engine.outerStep();
  assert.ok(open && costs.c10_boundary > 0 && costs.c4_tcbo === 0);

  const phases = (options: SsgfOptions): Float64Array => {
    using other = new SsgfEngine(options);
    other.run(3);
    return other.theta.slice();
  };
  assert.deepEqual(phases({}), phases({ config: { seed: 42n } }), "the core's own seed");
  assert.notDeepEqual(phases({}), phases({ config: { seed: 43 } }));
  assert.notDeepEqual(phases({}), phases({ fidelity: "published" }));
  assert.notDeepEqual(phases({}), phases({ corrections: { seed: false } }));
  assert.equal(phases({ config: { n: 2 }, omega: [1, 2], coupling: [0, 1, 1, 0] }).length, 2);
  using radial = new SsgfEngine({ config: { decoder: "rbf", weights: { c7: 0 } } });
  assert.equal(radial.outerStep().w_valid, true);
});

test("graphs, eigenpairs, numbers", () => {
  assert.deepEqual(decode(2, "gram-softplus", 1, [30]), Float64Array.of(0, 30, 30, 0));
  assert.equal(latents("gram-softplus", 16), 120);
  assert.equal(latents("rbf", 4), latents("rbf", 4, "published") - 2);
  using eigen = new SymmetricEigen(2);
  eigen.solve([2, 1, 1, 2]);
  eigen.orient();
  assert.ok(Math.abs((eigen.values[0] ?? NaN) - 1) < 1e-12);
  eigen.orientTo(eigen.vectors.map((x) => -x));
  assert.ok((eigen.vectors[2] ?? NaN) < 0);
  using jacobi = new SymmetricEigen(2, "jacobi");
  jacobi.solve([2, 1, 1, 2]);
  assert.ok(Math.abs((jacobi.values[1] ?? NaN) - 3) < 1e-12);
  using bridge = new SpectralBridge(2);
  bridge.compute([0, 1, 1, 0]);
  assert.deepEqual(bridge.laplacian, Float64Array.of(1, -1, -1, 1));
  bridge.setReference(bridge.eigenvectors);
  bridge.reset();

  using chance = new Xorshift64(7);
  using again = new Xorshift64(7);
  assert.ok(chance.uniforms(100).every((x) => x >= 0 && x < 1));
  again.uniforms(100);
  chance.skipNormals(3);
  again.normals(3);
  assert.equal(chance.nextU64(), again.nextU64());

  assert.deepEqual(expAll([0, -Infinity]), Float64Array.of(1, 0));
  assert.deepEqual(lnAll([1, 0]), Float64Array.of(0, -Infinity));
  assert.equal(wrap(-1e-17), 0);
  assert.equal(wrap(-1e-17, "published"), 2 * PI);
  assert.equal(wrapDifference(2 * PI), 0);
  assert.ok(criticalCoupling(layers.omega()) > 90);
  assert.equal(layers.names().length, N);
  assert.equal(layers.names()[15], "The Director");
  assert.notDeepEqual(layers.coupling(), layers.coupling("published"));
});
