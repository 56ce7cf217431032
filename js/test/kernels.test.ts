import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  ConfigError,
  KernelStateError,
  SafetyKernel,
  StreamingKernel,
  outputOf,
} from "interlock-wasm";
import { throws } from "./support.js";

test("the safety kernel gives all or nothing", () => {
  using kernel = new SafetyKernel(0.5);
  assert.deepEqual(
    kernel.run(["Hello ", "world"], () => 0.5),
    { outcome: "passed", text: "Hello world" },
  );
  const asked: string[] = [];
  const interrupted = kernel.run(["a", "b", "c"], (token) => {
    asked.push(token);
    return token === "b" ? 0.1 : 0.9;
  });
  assert.deepEqual(interrupted, {
    outcome: "interrupted",
    index: 1,
    halt: { outcome: "halt", reason: "hard-limit", observed: 0.1, bound: 0.5 },
  });
  assert.deepEqual(asked, ["a", "b"]);
  assert.equal(kernel.isActive, false);
  const refused = kernel.run(["a"], () => assert.fail("an inactive kernel asks nothing"));
  assert.equal(refused.outcome === "interrupted" && refused.halt.reason, "inactive");
  kernel.reactivate();
  assert.equal(kernel.run(["a"], () => 0.9).outcome, "passed");
});

test("a scorer that fails has given no score", () => {
  using safety = new SafetyKernel(0);
  using streaming = new StreamingKernel({ hard_limit: 0, window_threshold: 0 });
  const failing: (() => number)[] = [
    () => NaN,
    () => "0.9" as never,
    () => undefined as never,
    () => {
      throw new Error("no");
    },
  ];
  for (const score of failing) {
    const outcome = safety.run(["a"], score);
    assert.equal(outcome.outcome === "interrupted" && outcome.halt.reason, "non-finite-score");
    safety.reactivate();
    assert.equal(streaming.run(["a"], score).summary.halt?.reason, "non-finite-score");
    streaming.reactivate();
  }
});

test("a callback may stop the kernel that asks it", () => {
  using kernel = new SafetyKernel(0.5);
  const outcome = kernel.run(["a", "b"], () => {
    kernel.emergencyStop();
    return 0.9;
  });
  assert.deepEqual(outcome, {
    outcome: "interrupted",
    index: 0,
    halt: { outcome: "halt", reason: "inactive" },
  });
});

test("the streaming kernel runs stream after stream", () => {
  using kernel = new StreamingKernel();
  const record = kernel.run(["The ", "sky ", "is ", "green"], (token) =>
    token === "green" ? 0.1 : 0.9,
  );
  assert.equal(outputOf(record), "The sky is ");
  assert.equal(record.summary.halt_index, 3);
  assert.deepEqual(record.tokens[0], { text: "The ", score: 0.9, verdict: { outcome: "pass" } });
  assert.deepEqual(record.tokens[3]?.verdict, {
    outcome: "halt",
    reason: "hard-limit",
    observed: 0.1,
    bound: 0.5,
  });
  assert.equal(kernel.isActive, false);
  assert.equal(kernel.run(["More"], () => 0.9).summary.halt?.reason, "inactive");
  kernel.reactivate();
  assert.equal(outputOf(kernel.run(["More"], () => 0.9)), "More");
});

test("operations in the wrong state are refused", () => {
  using kernel = new StreamingKernel();
  assert.equal(kernel.state, "idle");
  throws(KernelStateError, () => kernel.push("a", 0.9), { state: "idle", code: "kernel-state" });
  throws(KernelStateError, () => kernel.end(), { state: "idle" });
  kernel.begin();
  assert.equal(kernel.state, "streaming");
  throws(
    KernelStateError,
    () => {
      kernel.begin();
    },
    { state: "streaming" },
  );
  assert.equal(kernel.push("a", { score: 0.9, elapsedMs: 99 }).outcome, "halt");
  assert.equal(kernel.state, "halted");
  throws(KernelStateError, () => kernel.push("b", 0.9), { state: "halted" });
  assert.equal(kernel.end().tokens.length, 1);
});

test("a token that is none leaves no stream open", () => {
  using kernel = new StreamingKernel();
  throws(ArgumentError, () => kernel.run(["a", "\ud83d"], () => 0.9), { argument: "token" });
  assert.equal(kernel.state, "idle");
});

test("limits are refused as they are in a configuration", () => {
  throws(ConfigError, () => new SafetyKernel(1.5), { field: "hard_limit", value: 1.5 });
  throws(ConfigError, () => new SafetyKernel(NaN), { field: "hard_limit", value: NaN });
  throws(ArgumentError, () => new SafetyKernel("0.5" as never), { argument: "hardLimit" });
  throws(ConfigError, () => new StreamingKernel({ window_size: 0 }), { field: "window_size" });
});
