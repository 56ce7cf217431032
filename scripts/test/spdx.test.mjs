import assert from "node:assert/strict";
import { test } from "node:test";
import { accepts } from "../lib/spdx.mjs";

const ok = ["MIT", "Apache-2.0 WITH LLVM-exception"];

test("OR takes one, AND takes all", () => {
  assert.equal(accepts("MIT OR GPL-3.0", ok), true);
  assert.equal(accepts("MIT AND GPL-3.0", ok), false);
  assert.equal(accepts("GPL-3.0 OR MIT AND MIT", ok), true);
  assert.equal(accepts("(GPL-3.0 OR MIT) AND ISC", ok), false);
  assert.equal(accepts("GPL-3.0/MIT", ok), true);
});

test("an exception is accepted by name or with its licence", () => {
  assert.equal(accepts("Apache-2.0 WITH LLVM-exception", ok), true);
  assert.equal(accepts("Apache-2.0", ok), false);
  assert.equal(accepts("MIT WITH Whatever", ok), true);
});

test("what is no expression is refused", () => {
  for (const text of ["", "MIT OR", "(MIT", "MIT MIT", "AND MIT"]) {
    assert.throws(() => accepts(text, ok), SyntaxError, text);
  }
});
