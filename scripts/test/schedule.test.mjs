import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "node:test";
import { runSteps } from "../lib/schedule.mjs";

/** Runs steps that take the given milliseconds, and says when each started and ended, and who ran beside it. */
async function trace(steps, atOnce) {
  const running = new Set();
  const order = [];
  const beside = new Map();
  const results = await runSteps(steps, atOnce, async ({ name, ms = 5, fails }, lacks) => {
    if (lacks.length > 0) return { problem: `needs ${lacks.join()}` };
    beside.set(name, new Set(running));
    for (const other of running) beside.get(other)?.add(name);
    running.add(name);
    order.push(name);
    await sleep(ms);
    running.delete(name);
    return fails ? { problem: "failed" } : {};
  });
  return { order, beside, results };
}

test("one at a time they run in their order", async () => {
  const { order } = await trace([{ name: "a" }, { name: "b" }, { name: "c" }], 1);
  assert.deepEqual(order, ["a", "b", "c"]);
});

test("a step waits for what it needs and lets a later one pass", async () => {
  const steps = [{ name: "a", ms: 40 }, { name: "b", needs: ["a"] }, { name: "c" }];
  const { order, beside } = await trace(steps, 2);
  assert.deepEqual(order, ["a", "c", "b"]);
  assert.ok(beside.get("c").has("a") && !beside.get("b").has("a"));
});

test("two of a lane never run at once, nor more than are allowed", async () => {
  const steps = ["x", "x", "x", "y", undefined, undefined].map((lane, at) => ({
    name: String(at),
    lane,
  }));
  const { beside, results } = await trace(steps, 3);
  for (const a of steps) {
    for (const b of steps) {
      if (a.lane === "x" && b.lane === "x") assert.ok(!beside.get(a.name).has(b.name));
    }
  }
  assert.deepEqual([...results.keys()], ["0", "1", "2", "3", "4", "5"]);
});

test("what needs a step that failed is told so, and the rest goes on", async () => {
  const steps = [
    { name: "a", fails: true },
    { name: "b", needs: ["a"] },
    { name: "c", needs: ["b"] },
    { name: "d" },
  ];
  const { order, results } = await trace(steps, 2);
  assert.deepEqual(order, ["a", "d"]);
  assert.equal(results.get("b").problem, "needs a");
  assert.equal(results.get("c").problem, "needs b");
  assert.equal(results.get("d").problem, undefined);
});

test("a step whose need was not chosen runs", async () => {
  const { order } = await trace([{ name: "b", needs: ["a"] }], 2);
  assert.deepEqual(order, ["b"]);
});

test("steps that need each other are an error", async () => {
  const steps = [
    { name: "a", needs: ["b"] },
    { name: "b", needs: ["a"] },
  ];
  await assert.rejects(trace(steps, 2), /need each other/);
});
