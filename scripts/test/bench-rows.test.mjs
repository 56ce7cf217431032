import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import {
  atMost,
  mergeRows,
  readRows,
  rowsAsTable,
  takeTurns,
  timesFaster,
} from "../bench-rows.mjs";

const before = process.env.CARGO_TARGET_DIR;

beforeEach(() => {
  process.env.CARGO_TARGET_DIR = mkdtempSync(join(tmpdir(), "bench-rows-"));
});

afterEach(() => {
  rmSync(process.env.CARGO_TARGET_DIR, { recursive: true });
  if (before === undefined) delete process.env.CARGO_TARGET_DIR;
  else process.env.CARGO_TARGET_DIR = before;
});

test("a row holds up to its goal and not above", () => {
  assert.equal(atMost("x", 30, "ns", 30).holds, true);
  assert.equal(atMost("x", 30.1, "ns", 30).holds, false);
});

test("a compared row is judged by its ratio", () => {
  assert.deepEqual(timesFaster("x", 2, "µs", 5, 2), {
    ...{ name: "x", value: 2, unit: "µs", goal: 2, holds: true },
    ...{ baseline: 5, ratio: 2.5 },
  });
  assert.equal(timesFaster("x", 2, "µs", 3.9, 2).holds, false);
});

test("a measurement that is no number is refused", () => {
  assert.throws(() => atMost("x", Number.NaN, "ns", 30), RangeError);
  assert.throws(() => timesFaster("x", 0, "ns", 1, 2), RangeError);
});

test("rows replace those of the same name and keep the others", () => {
  assert.deepEqual(readRows(), []);
  mergeRows([atMost("a", 1, "ns", 2), atMost("b", 1, "ns", 2)]);
  mergeRows([atMost("b", 3, "ns", 2)]);
  assert.deepEqual(
    readRows().map(({ name, value, holds }) => [name, value, holds]),
    [
      ["a", 1, true],
      ["b", 3, false],
    ],
  );
  assert.throws(() => mergeRows([{ name: "c" }]), TypeError);
});

test("a row without a goal is there to be known, and judged by nobody", () => {
  mergeRows([{ name: "d", value: 4, unit: "ns" }]);
  const rows = readRows().filter(({ name }) => name === "d");
  assert.equal("holds" in rows[0], false);
  assert.doesNotMatch(
    rowsAsTable(rows, (_, cells) => cells.join()),
    /undefined|holds|MISSED/,
  );
  const row = { name: "e", value: 4, unit: "ns" };
  for (const half of [{ goal: 5 }, { holds: true }])
    assert.throws(() => mergeRows([{ ...row, ...half }]), TypeError);
});

test("things take turns, and each gets the least of its rounds", async () => {
  const order = [];
  const thing = (name, values) => () => {
    order.push(name);
    return values.shift();
  };
  const results = await takeTurns({
    a: thing("a", [9, 8, 7, 3, 7, 8, 9]),
    b: thing("b", [5, 5, 5, 5, 5, 5, 4]),
  });
  assert.equal(order.join(""), "ab".repeat(7));
  assert.equal(results.a.min, 3);
  assert.equal(results.b.min, 4);
  assert.ok(results.a.scaled > 0);
  await assert.rejects(takeTurns({ a: () => 1 }, { rounds: 6 }), RangeError);
});
