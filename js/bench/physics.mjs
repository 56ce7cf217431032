// The advanced runtime in wasm, beside a stepper that takes a sine for every pair of oscillators.

import {
  Pgbo,
  Rips,
  Sec,
  SsgfEngine,
  Tcbo,
  Upde,
  Xorshift64,
  layers,
} from "interlock-wasm/physics";
import { atMost, nsPerCall, takeTurns, timesFaster } from "../../scripts/bench-rows.mjs";

const N = layers.COUNT;
const BATCH = 1000;

const spread = Float64Array.from({ length: N }, (_, n) => 0.4 * n);

/** Standard normal numbers, as they are usually made. */
const normal = () =>
  Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());

/** The equation as it is written: N^2 sines a step. */
function straightforward(noise) {
  const omega = [...layers.omega()];
  const coupling = [...layers.coupling()];
  const [dt, field] = [0.01, 0.1];
  const kick = noise * Math.sqrt(dt);
  let theta = [...spread];
  let next = [...spread];
  return () => {
    for (let n = 0; n < N; n += 1) {
      let drift = omega[n] + field * Math.cos(theta[n]);
      for (let m = 0; m < N; m += 1) drift += coupling[n * N + m] * Math.sin(theta[m] - theta[n]);
      const moved = theta[n] + drift * dt + (noise > 0 ? kick * normal() : 0);
      next[n] = ((moved % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI);
    }
    [theta, next] = [next, theta];
    if (!(theta[0] >= 0)) throw new Error("nothing was measured");
  };
}

/** Nanoseconds a step, many of them in a call. */
function stepsOf(noise) {
  const upde = new Upde({ theta: spread, config: { noise_amplitude: noise } });
  return () => nsPerCall(() => upde.run(BATCH), 20) / BATCH;
}

/** Fifty samples of sixteen phases that go round, as the observer embeds them: 48 dimensions. */
function cloud() {
  const noise = new Xorshift64(3).normals(50 * 48);
  return noise.map((x, at) => {
    const [point, column] = [Math.floor(at / 48), at % 48];
    return Math.cos(0.2 * point + 0.3 * column) + 0.05 * x;
  });
}

export async function physicsRows() {
  const [quiet, noisy] = [stepsOf(0), stepsOf(0.05)];
  const [slowQuiet, slowNoisy] = [straightforward(0), straightforward(0.05)];
  const single = new Upde({ theta: spread, config: { noise_amplitude: 0 } });
  const rips = new Rips();
  const points = cloud();
  const tcbo = new Tcbo(N);
  const chance = new Xorshift64(9);
  for (let sample = 0; sample < 60; sample += 1) tcbo.push(chance.normals(N));
  const engine = new SsgfEngine();
  const pgbo = new Pgbo(N);
  const sec = new Sec();
  const things = {
    quiet,
    slowQuiet: () => nsPerCall(slowQuiet, 4000),
    noisy,
    slowNoisy: () => nsPerCall(slowNoisy, 4000),
    single: () => nsPerCall(() => single.step(), 20_000),
    rips: () => nsPerCall(() => rips.longest(points, 48), 20) / 1e6,
    tcbo: () => nsPerCall(() => tcbo.compute(true), 20) / 1e6,
    ssgf: () => nsPerCall(() => engine.run(10), 20) / 10,
    pgbo: () => nsPerCall(() => pgbo.compute(spread, 0.01), 20_000),
    sec: () => nsPerCall(() => sec.evaluate(spread, "unknown", 0.01), 2000),
  };
  for (const work of Object.values(things)) work();
  const best = await takeTurns(things, { rounds: 15 });
  if (!(rips.longest(points, 48).lifetime > 1)) throw new Error("the cloud has no loop");
  return [
    atMost("js/UPDE step, no noise", best.quiet.scaled, "ns", 350),
    timesFaster(
      ...["js/UPDE step, no noise, against a sine a pair", best.quiet.min, "ns"],
      ...[best.slowQuiet.min, 8],
    ),
    atMost("js/UPDE step, noise", best.noisy.scaled, "ns", 1200),
    timesFaster(
      ...["js/UPDE step, noise, against a sine a pair", best.noisy.min, "ns"],
      ...[best.slowNoisy.min, 5],
    ),
    timesFaster(
      ...["js/UPDE step, a call each, against a sine a pair", best.single.min, "ns"],
      ...[best.slowQuiet.min, 6],
    ),
    atMost("js/H1 of 50 points in 48 dimensions", best.rips.scaled, "ms", 4),
    atMost("js/TCBO reading, 16 phases without order", best.tcbo.scaled, "ms", 4),
    atMost("js/SSGF outer step", best.ssgf.scaled, "ns", 40_000),
    atMost("js/PGBO", best.pgbo.scaled, "ns", 600),
    atMost("js/SEC score", best.sec.scaled, "ns", 2000),
  ];
}
