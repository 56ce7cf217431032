// One token check, one at a time and in batches.

import { StreamMonitor } from "interlock-wasm";
import { atMost, nsPerCall, takeTurns, timesFaster } from "../../scripts/bench-rows.mjs";

const PUSHES = 400_000;
const BATCH = 1000;

/**
 * Tokens of the stream whose memory is measured, in millions. What the engine keeps of the code that it compiles meanwhile,
 * some 100 KB in one run and none in the next, is shared among them; what a token leaves behind is not.
 */
const MILLIONS = 10;

/** Something that no compiler can leave out. */
let seen = 0;
const see = (verdict) => {
  if (verdict.outcome !== "pass") seen += 1;
};

/** Nanoseconds a push, on a stream that is this long already. */
function pushes(score, before, count) {
  const monitor = new StreamMonitor();
  for (let i = 0; i < before; i += 1) see(monitor.push(score));
  const ns = nsPerCall(() => see(monitor.push(score)), count);
  monitor.free();
  return ns;
}

/** The mean over many streams of this length: what a token costs at the start. */
function startOfStreams(streams, length) {
  let ns = 0;
  for (let i = 0; i < streams; i += 1) ns += pushes(0.9, 0, length);
  return ns / streams;
}

/** Bytes in use behind the collector, the modules' memories among them. */
function used() {
  // Finalisers have their turn between the two.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

/** By how many bytes memory grows while one stream has so many tokens. */
function grownBy(tokens) {
  const monitor = new StreamMonitor();
  const before = used();
  for (let i = 0; i < tokens; i += 1) see(monitor.push(0.9));
  const grown = used() - before;
  if (monitor.summary().tokens !== tokens) throw new Error("nothing was measured");
  monitor.free();
  return grown;
}

export async function monitorRows() {
  const scores = new Float64Array(BATCH).fill(0.9);
  const batched = (work) => nsPerCall(work, 2000) / BATCH;
  const things = {
    push: () => pushes(0.9, 0, PUSHES),
    warning: () => pushes(0.6, 0, PUSHES),
    many: () => {
      const monitor = new StreamMonitor();
      const ns = batched(() => monitor.pushMany(scores));
      monitor.free();
      return ns;
    },
    early: () => startOfStreams(200, 1000),
    late: () => pushes(0.9, 100_000, 200_000),
  };
  for (const work of Object.values(things)) work();
  const best = await takeTurns(things);

  const grown = Math.max(0, grownBy(MILLIONS * 1_000_000) / MILLIONS);
  if (seen === 0) throw new Error("nothing was measured");

  return [
    atMost("js/push", best.push.scaled, "ns", 30),
    atMost("js/push with a warning", best.warning.scaled, "ns", 60),
    atMost("js/pushMany", best.many.scaled, "ns a score", 5),
    // At least nine tenths as fast: the same, with room for the noise of two measurements.
    timesFaster("js/push at token 100,000", best.late.min, "ns", best.early.min, 0.9),
    atMost("js/memory of a million tokens", grown, "bytes", 100_000),
  ];
}
