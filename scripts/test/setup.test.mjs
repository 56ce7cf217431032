import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { atLeast, pins } from "../lib/pins.mjs";
import { inRoot } from "../lib/shell.mjs";

test("versions are compared by number", () => {
  assert.equal(atLeast("20.19.0", "20.19.0"), true);
  assert.equal(atLeast("20.9.9", "20.19.0"), false);
  assert.equal(atLeast("24.0.0", "20.19.0"), true);
  assert.equal(atLeast("1.95.0", "1.95"), true);
  assert.equal(atLeast("1.94.1", "1.95"), false);
  assert.equal(atLeast("1.96.0-nightly", "1.95"), true);
});

test("pins are read from the manifests", () => {
  assert.match(pins.rust, /^\d+\.\d+/);
  assert.match(pins.wasmBindgen, /^\d+\.\d+\.\d+$/);
});

test("set-up that is done does nothing and says so in a line", () => {
  const done = spawnSync("node", ["scripts/setup.mjs", "--for", "start"], {
    cwd: inRoot(),
    encoding: "utf8",
  });
  assert.equal(done.status, 0, done.stderr);
  assert.match(done.stdout, /^setup: nothing to do \(.*\)\n$/);
});

test("an unknown mode is refused", () => {
  const done = spawnSync("node", ["scripts/setup.mjs", "--for", "tea"], {
    cwd: inRoot(),
    encoding: "utf8",
  });
  assert.equal(done.status, 1);
  assert.match(done.stderr, /usage: /);
});
