import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  type BatchVerdict,
  ConfigError,
  FreedError,
  type HaltConfigInput,
  type HaltVerdict,
  StreamEndedError,
  StreamMonitor,
  logitEntropy,
} from "interlock-wasm";
import { random, throws } from "./support.js";

test("verdicts: pass, warn and halt, then nothing more", () => {
  const monitor = new StreamMonitor();
  const pass = monitor.push(0.875);
  assert.deepEqual(pass, { outcome: "pass" });
  assert.equal(monitor.push(0.75), pass, "one frozen object for every pass");
  assert.ok(Object.isFrozen(pass));
  assert.deepEqual(monitor.push(0.625), {
    outcome: "warn",
    kind: "soft-limit",
    observed: 0.625,
    bound: 0.7,
  });
  assert.equal(monitor.state, "open");
  assert.deepEqual(monitor.push(0.25), {
    outcome: "halt",
    reason: "hard-limit",
    observed: 0.25,
    bound: 0.5,
  });
  assert.equal(monitor.state, "halted");
  throws(StreamEndedError, () => monitor.push(0.9), { state: "halted", code: "stream-ended" });
  throws(StreamEndedError, () => monitor.pushMany([0.9]), { state: "halted" });
  throws(StreamEndedError, () => monitor.pushMany([]), { state: "halted" });
  throws(StreamEndedError, () => monitor.pushObservation({ score: 1 }), { state: "halted" });
  throws(StreamEndedError, () => monitor.stop({ reason: "denied" }), { state: "halted" });
  const summary = {
    tokens: 4,
    scores: 4,
    warnings: 1,
    average: 0.625,
    minimum: 0.25,
    halt_index: 3,
    halt: { reason: "hard-limit", observed: 0.25, bound: 0.5 },
  };
  assert.deepEqual(monitor.summary(), summary);
  assert.deepEqual(monitor.finish(), summary);
  assert.equal(monitor.state, "halted", "a halted stream stays halted");
});

test("an empty stream", () => {
  const monitor = new StreamMonitor();
  assert.deepEqual(monitor.pushMany([]), { consumed: 0, warnings: 0 });
  const transferred = Float64Array.of(0.1);
  structuredClone(transferred, { transfer: [transferred.buffer] });
  assert.deepEqual(monitor.pushMany(transferred), { consumed: 0, warnings: 0 });
  assert.deepEqual(monitor.finish(), {
    tokens: 0,
    scores: 0,
    warnings: 0,
    average: 0,
    minimum: 0,
    halt_index: null,
    halt: null,
  });
  throws(StreamEndedError, () => monitor.push(0.9), { state: "finished" });
  throws(StreamEndedError, () => monitor.finish(), { state: "finished" });
  assert.equal(monitor.state, "finished");
});

test("a score that is no number is refused and changes nothing", () => {
  const monitor = new StreamMonitor();
  for (const score of ["0.9", null, undefined, 1n, [0.9], {}, true, Symbol("0.9")]) {
    throws(ArgumentError, () => monitor.push(score as never), { argument: "score", value: score });
  }
  throws(ArgumentError, () => monitor.pushMany([0.9, "0.9" as never]), { argument: "scores[1]" });
  throws(ArgumentError, () => monitor.pushMany([0.9, null as never]), { argument: "scores[1]" });
  throws(ArgumentError, () => monitor.pushMany("99" as never), { argument: "scores" });
  throws(ArgumentError, () => monitor.pushMany(new Float32Array(2) as never), {
    argument: "scores",
  });
  throws(ArgumentError, () => monitor.pushObservation({ score: "1" as never }), {
    argument: "score",
  });
  throws(ArgumentError, () => monitor.stop({ reason: "tired" as never }), {
    argument: "halt.reason",
  });
  assert.equal(monitor.summary().tokens, 0);
  assert.equal(monitor.state, "open");
});

test("a number that is not finite halts", () => {
  for (const score of [NaN, Infinity, -Infinity]) {
    const monitor = new StreamMonitor();
    assert.deepEqual(monitor.push(score), { outcome: "halt", reason: "non-finite-score" });
    assert.deepEqual(monitor.summary().halt, {
      reason: "non-finite-score",
      observed: null,
      bound: null,
    });
  }
});

test("observations: deadline, missing score, entropy", () => {
  const late = new StreamMonitor({ deadline_ms: 20 });
  assert.deepEqual(late.pushObservation({ score: 0.9, elapsedMs: 20 }), { outcome: "pass" });
  assert.deepEqual(late.pushObservation({ score: 0.9, elapsedMs: 21 }), {
    outcome: "halt",
    reason: "deadline",
    observed: 21,
    bound: 20,
  });
  const skipping = new StreamMonitor({ missing_score: "skip" });
  assert.deepEqual(skipping.pushObservation({}), {
    outcome: "warn",
    kind: "missing-score",
    bound: 50,
  });
  assert.equal(skipping.summary().scores, 0);
  const entropy = new StreamMonitor({ logit_entropy_limit: 1 });
  assert.deepEqual(entropy.pushObservation({ score: 0.9, logitEntropy: 1.5 }), {
    outcome: "halt",
    reason: "logit-entropy",
    observed: 1.5,
    bound: 1,
  });
});

test("a stop from outside", () => {
  const monitor = new StreamMonitor();
  monitor.push(0.9);
  assert.deepEqual(monitor.stop({ reason: "budget", observed: 11, bound: 10 }), {
    outcome: "halt",
    reason: "budget",
    observed: 11,
    bound: 10,
  });
  assert.equal(monitor.summary().halt_index, 1);
});

test("a batch gives what single pushes give, whatever its length", () => {
  const next = random(7);
  for (let round = 0; round < 60; round += 1) {
    const config: HaltConfigInput = {
      hard_limit: 0.001,
      window_threshold: next() * 0.49,
      window_size: 1 + Math.floor(next() * 4096),
      trend_threshold: 0.9 + next() * 0.2,
      trend_window: 2 + Math.floor(next() * 40),
    };
    const scores = Array.from({ length: Math.floor(next() ** 2 * 20_000) }, next);
    const one = new StreamMonitor(config);
    let consumed = 0;
    let halt: HaltVerdict | undefined;
    for (const score of scores) {
      consumed += 1;
      const verdict = one.push(score);
      if (verdict.outcome === "halt") {
        halt = verdict;
        break;
      }
    }
    const { warnings } = one.summary();
    const expected: BatchVerdict = { consumed, warnings, ...(halt && { halt }) };
    for (const batch of [scores, Float64Array.from(scores)]) {
      using many = new StreamMonitor(config);
      assert.deepEqual(many.pushMany(batch), expected);
      assert.deepEqual(many.summary(), one.summary());
    }
  }
});

test("configurations are refused with field, value and bound", () => {
  const refused: [config: unknown, field: string, value?: unknown][] = [
    [{ hard_limit: 1.5 }, "hard_limit", 1.5],
    [{ hard_limit: NaN }, "hard_limit", NaN],
    [{ hard_limit: Infinity }, "hard_limit", Infinity],
    [{ hard_limit: "0.5" }, "hard_limit"],
    [{ hard_limit: null }, "hard_limit"],
    [{ hard_limit: 1n }, "hard_limit", 1n],
    [{ w_logic: 0.5 }, "w_logic", 0.9],
    [{ window_size: 0 }, "window_size", 0],
    [{ window_size: 4097 }, "window_size", 4097],
    [{ window_size: 2.5 }, "window_size", 2.5],
    [{ window_size: -1 }, "window_size", -1],
    [{ window_size: 2 ** 60 }, "window_size", 2 ** 60],
    [{ trend_window: 1 }, "trend_window", 1],
    [{ trend_threshold: 0 }, "trend_threshold", 0],
    [{ deadline_ms: 0 }, "deadline_ms", 0],
    [{ logit_entropy_limit: -1 }, "logit_entropy_limit", -1],
    [{ missing_score: "ignore" }, "missing_score"],
    [{ hardLimit: 0.5 }, "hardLimit"],
    [{ "hard_limit\ud800": 0.5 }, "hard_limit\ud800"],
    [[], ""],
    ["{}", ""],
    [null, ""],
    [new Map([["hard_limit", 0.9]]), ""],
    [new Date(0), ""],
  ];
  for (const [config, field, value] of refused) {
    const fields = value === undefined ? { field } : { field, value };
    throws(ConfigError, () => new StreamMonitor(config as HaltConfigInput), fields);
  }
  assert.equal(new StreamMonitor({ hard_limit: undefined }).push(0.5).outcome, "warn");
  assert.equal(new StreamMonitor({ logit_entropy_limit: null }).push(0.9).outcome, "pass");
  const bare = Object.assign(Object.create(null) as HaltConfigInput, { hard_limit: 0.95 });
  assert.equal(new StreamMonitor(bare).push(0.9).outcome, "halt");
});

test("free, using, and calls after", () => {
  const monitor = new StreamMonitor();
  monitor.free();
  monitor.free();
  throws(FreedError, () => monitor.push(0.9), { code: "freed" });
  throws(FreedError, () => monitor.pushMany([]));
  throws(FreedError, () => monitor.summary());
  throws(FreedError, () => monitor.state);
  let kept: StreamMonitor;
  {
    using scoped = new StreamMonitor();
    kept = scoped;
    scoped.push(0.9);
  }
  throws(FreedError, () => kept.push(0.9));
});

test("entropy of log-probabilities", () => {
  assert.ok(Math.abs(logitEntropy([Math.log(0.5), Math.log(0.5)]) - 1) < 1e-12);
  assert.equal(logitEntropy(new Float64Array([0])), 0);
  throws(ArgumentError, () => logitEntropy([]), { argument: "logProbabilities" });
  throws(ArgumentError, () => logitEntropy([-1, 0.5]), {
    argument: "logProbabilities[1]",
    value: 0.5,
  });
  throws(ArgumentError, () => logitEntropy([-1, NaN]), {
    argument: "logProbabilities[1]",
    value: NaN,
  });
});
