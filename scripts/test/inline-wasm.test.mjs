import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { inRoot } from "../lib/shell.mjs";

// (module (func (export "one") (result i32) i32.const 1))
const module = Buffer.from(
  "0061736d010000000105016000017f03020100070701036f6e6500000a0601040041010b",
  "hex",
);

test("the inlined module is the same module", async () => {
  const folder = mkdtempSync(join(tmpdir(), "inline-wasm-"));
  try {
    writeFileSync(join(folder, "in.wasm"), module);
    const out = join(folder, "deep/out.js");
    execFileSync("node", [inRoot("scripts/inline-wasm.mjs"), join(folder, "in.wasm"), out]);
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    const { wasmBytes } = await import(pathToFileURL(out));
    assert.deepEqual(Buffer.from(wasmBytes()), module);
    const { instance } = await WebAssembly.instantiate(wasmBytes());
    assert.equal(instance.exports.one(), 1);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what is no wasm module is refused", () => {
  const done = spawnSync(
    "node",
    [inRoot("scripts/inline-wasm.mjs"), inRoot("package.json"), "x.js"],
    {
      encoding: "utf8",
    },
  );
  assert.equal(done.status, 1);
  assert.match(done.stderr, /not a valid wasm module/);
});
