import assert from "node:assert/strict";
import { test } from "node:test";
import { referencesOutside, strays } from "../lib/packages.mjs";

test("what no pattern names, and what is of tests, is a stray", () => {
  const patterns = [/^dist\/[\w./-]+\.js$/, /^LICENSE$/];
  const paths = ["LICENSE", "dist/a.js", "dist/a/b.js", "dist/a.ts", ".env", "dist/test/a.js"];
  const more = ["dist/a.test.js", "dist/latest.js", "dist/attest/a.js"];
  assert.deepEqual(strays([...paths, ...more], patterns), [
    "dist/a.ts is packed",
    ".env is packed",
    "dist/test/a.js is packed",
    "dist/a.test.js is packed",
  ]);
});

test("an import of what is not packed is found", () => {
  const files = {
    "a.js": ["./b/c.js"],
    "b/c.js": ["../a.js", "./gone.js"],
    "a.d.ts": ["./b/c.js", "./b/d.js"],
    "b/c.d.ts": [],
  };
  assert.deepEqual(
    referencesOutside(Object.keys(files), (path) => files[path]),
    [
      "b/c.js imports ./gone.js, which is not packed",
      "a.d.ts imports ./b/d.js, which is not packed",
    ],
  );
});
