import assert from "node:assert/strict";
import { test } from "node:test";
import { NotPlain, isWellFormed, toTree, valueAt } from "#internal/plain.js";
import { decode } from "#internal/tree.js";

/** A string in a tree. */
function text(value: string): number[] {
  const utf8 = new TextEncoder().encode(value);
  return [4, utf8.length, 0, 0, 0, ...utf8];
}

function number(value: number): number[] {
  return [3, ...new Uint8Array(Float64Array.of(value).buffer)];
}

test("trees", () => {
  const tree = [
    ...[6, ...text("sevench"), ...number(-0), ...text("list"), 5, 0, 1, 2, ...text("é😀"), 7],
    ...[...text("usage"), 8, ...text('{"__proto__": 1e400}').slice(1), ...text("none"), 6, 7, 7],
  ];
  const value = decode(Uint8Array.from(tree)) as Record<string, unknown>;
  assert.deepEqual(Object.keys(value), ["sevench", "list", "usage", "none"]);
  assert.ok(Object.is(value.sevench, -0));
  assert.deepEqual(value.list, [null, false, true, "é😀"]);
  assert.deepEqual(value.usage, JSON.parse('{"__proto__": 1e400}'));
  assert.deepEqual(value.none, {});
  assert.deepEqual(decode(Uint8Array.from([5, ...number(0.1), ...number(NaN), 7])), [0.1, NaN]);
  for (let end = 0; end < tree.length; end += 1) {
    assert.throws(() => decode(Uint8Array.from(tree.slice(0, end))), RangeError);
  }
  assert.throws(() => decode(Uint8Array.from([9])), RangeError);
});

test("what is no plain value says where it is", () => {
  const refused: [value: unknown, path: string][] = [
    [{ a: [0, { b: 1n }] }, "a[1].b"],
    [{ a: () => 0 }, "a"],
    [{ a: { b: () => 0 } }, "a.b"],
    [[undefined], "[0]"],
    [{ a: new Date() }, "a"],
    [{ a: new Map() }, "a"],
    [{ a: "x\ud800" }, "a"],
    [{ "a\ud800": 1 }, "a\ud800"],
    [{ a: Symbol("x") }, "a"],
    [undefined, ""],
  ];
  for (const [value, path] of refused) {
    assert.throws(
      () => toTree(value),
      (error) => error instanceof NotPlain && error.path === path,
    );
  }
  const loop: { loop?: unknown } = {};
  loop.loop = loop;
  assert.throws(() => toTree(loop), NotPlain);
  const plain = { b: [1, "x", null, true, false, -0, NaN, 1e300, {}], long: "é😀".repeat(1000) };
  assert.deepEqual(decode(toTree({ a: undefined, ...plain })), plain);
});

test("values by path", () => {
  assert.equal(valueAt({ a: { b: 3 } }, "a.b"), 3);
  assert.equal(valueAt({ a: [1, { b: 3 }] }, "a[1].b"), 3);
  assert.equal(valueAt({ a: [] }, "a[1].b"), undefined);
  assert.equal(valueAt({ a: null }, "a.b"), undefined);
  assert.equal(valueAt(7, ""), 7);
});

test("half a surrogate pair", () => {
  assert.ok(isWellFormed("a😀é"));
  for (const text of ["\ud83d", "a\ude00", "\ude00\ud83d"]) assert.ok(!isWellFormed(text));
});
