import assert from "node:assert/strict";
import { test } from "node:test";
import { NotATree, decode, encode, isWellFormed } from "#internal/wire.js";
import { random } from "./support.js";

test("what goes in comes out", () => {
  const next = random(3);
  const strings = [
    "",
    "ab",
    "sevench",
    "\u0000",
    "é",
    "😀".repeat(200),
    "__proto__",
    "constructor",
  ];
  const value = (depth: number): unknown => {
    switch (Math.floor(next() * (depth > 4 ? 4 : 6))) {
      case 0:
        return null;
      case 1:
        return next() < 0.5;
      case 2:
        return [0, -0, 1e-310, -1.5, Infinity, -Infinity, NaN, 2 ** 53][Math.floor(next() * 8)];
      case 3:
        return strings[Math.floor(next() * strings.length)];
      case 4:
        return Array.from({ length: Math.floor(next() * 5) }, () => value(depth + 1));
      default:
        return Object.fromEntries(
          Array.from({ length: Math.floor(next() * 5) }, () => [
            strings[Math.floor(next() * strings.length)],
            value(depth + 1),
          ]),
        );
    }
  };
  for (let round = 0; round < 2000; round += 1) {
    const tree = value(0);
    assert.deepStrictEqual(decode(encode(tree)), tree);
  }
});

test("what no tree can hold says where it is", () => {
  const refused: [value: unknown, path: string][] = [
    [{ a: [0, { b: 1n }] }, "a[1].b"],
    [{ a: () => 0 }, "a"],
    [[undefined], "[0]"],
    [{ a: new Date() }, "a"],
    [{ a: "x\ud800" }, "a"],
    [{ a: Symbol("x") }, "a"],
    [undefined, ""],
  ];
  for (const [value, path] of refused) {
    assert.throws(
      () => encode(value),
      (error) => error instanceof NotATree && error.path === path,
    );
  }
  const loop: { loop?: unknown } = {};
  loop.loop = loop;
  assert.throws(() => encode(loop), NotATree);
  assert.deepEqual(decode(encode({ a: undefined, b: 1 })), { b: 1 });
});

test("half a surrogate pair", () => {
  assert.ok(isWellFormed("a😀é"));
  for (const text of ["\ud83d", "a\ude00", "\ude00\ud83d"]) assert.ok(!isWellFormed(text));
});
