// Builds dist/ from src/ and wasm/: the wasm as a JavaScript module, the TypeScript, the policy's schema.
// wasm/ comes from `cargo run -p xtask -- bindgen`.

import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const wasmFile = join(root, "wasm/interlock_bg.wasm");

if (!existsSync(wasmFile)) {
  console.error("js/wasm is missing: run `cargo run -q -p xtask -- bindgen` first");
  process.exit(1);
}

const run = (...args) => {
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
};

run(join(root, "../scripts/inline-wasm.mjs"), wasmFile, join(root, "wasm/inline.js"));

rmSync(join(root, "dist"), { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
run(tsc, "-p", root);
copyFileSync(join(root, "../policy.schema.json"), join(root, "dist/policy.schema.json"));
