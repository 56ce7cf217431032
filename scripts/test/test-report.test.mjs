import assert from "node:assert/strict";
import { test } from "node:test";
import { readCounts, select, summary } from "../lib/test-report.mjs";

const steps = [
  { name: "a" },
  { name: "b", needs: ["a"] },
  { name: "c", needs: ["b"] },
  { name: "d" },
];
const names = (chosen) => chosen.map(({ name }) => name);

test("no name chooses every step", () => {
  assert.deepEqual(names(select(steps, [])), ["a", "b", "c", "d"]);
});

test("a name brings what its step needs, in the order of the list", () => {
  assert.deepEqual(names(select(steps, ["d", "c"])), ["a", "b", "c", "d"]);
  assert.deepEqual(names(select(steps, ["b"])), ["a", "b"]);
});

test("an unknown name is refused", () => {
  assert.throws(() => select(steps, ["nope"]), /no step is called nope/);
});

test("Cargo's tests are counted over all binaries", () => {
  const log = [
    "test result: ok. 12 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.10s",
    "test result: FAILED. 3 passed; 2 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s",
  ].join("\n");
  assert.deepEqual(readCounts(log), { ran: 17, skipped: ["1 tests marked as skipped or ignored"] });
});

test("Node's tests are counted in both of its formats", () => {
  assert.equal(readCounts("# tests 5\n# pass 4\n# fail 1\n# skipped 0").ran, 5);
  assert.equal(readCounts("ℹ tests 7\nℹ pass 7\nℹ fail 0\nℹ skipped 0").ran, 7);
});

test("what a step says it skipped is kept, once", () => {
  const log = "skipped: no network\n# skipped: no network\nskipped: no recordings";
  assert.deepEqual(readCounts(log).skipped, ["no network", "no recordings"]);
});

test("the summary names failures and what was skipped", () => {
  const text = summary([
    { name: "core", ms: 1500, ran: 10, skipped: [] },
    { name: "host", ms: 61_000, ran: 0, skipped: ["no recordings"], problem: "exit code 101" },
  ]);
  assert.match(text, /^core +ok +1\.5 s +10$/m);
  assert.match(text, /^host +FAILED +1 min 01 s +exit code 101$/m);
  assert.match(text, /^skipped in host: no recordings$/m);
});
