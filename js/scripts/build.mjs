// Builds dist/ from src/ and wasm/: the JavaScript, one file for what the entry points share; the declarations; the
// policy's schema; and the wasm as a JavaScript module. wasm/ comes from `cargo run -p xtask -- bindgen`.

import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

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

// Beside dist/, which is replaced when everything is there: who is running from it is not left with half of it.
const next = mkdtempSync(join(root, "dist."));
process.on("exit", () => rmSync(next, { recursive: true, force: true }));

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
run(tsc, "-p", root, "--emitDeclarationOnly", "--outDir", next);

const entries = ["index", "slim", "workerd", "edge-light"];
await build({
  absWorkingDir: root,
  entryPoints: entries.map((entry) => `src/${entry}.ts`),
  outdir: next,
  bundle: true,
  splitting: true,
  chunkNames: "interlock",
  format: "esm",
  target: "es2022",
  charset: "utf8",
  // The module and its glue stay files of their own.
  external: [join(root, "wasm/*")],
  logLevel: "warning",
});
copyFileSync(join(root, "../policy.schema.json"), join(next, "policy.schema.json"));

// A temporary folder is its owner's alone; a package is not.
chmodSync(next, 0o755);
rmSync(join(root, "dist"), { recursive: true, force: true });
renameSync(next, join(root, "dist"));
