// Builds dist/ from src/ and wasm/: the JavaScript, with files of its own for what entry points share; the declarations;
// the policy's schema; and each wasm as a JavaScript module. wasm/ comes from `cargo run -p xtask -- bindgen`.

import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** The wasm modules, as xtask/src/bindgen.rs names them, and the folders of their entry points in src/. */
const modules = {
  interlock: ".",
  covenant: "covenant",
  ledger: "ledger",
  operad: "operad",
  rules: "rules",
  signals: "signals",
  physics: "physics",
};
/** The files of an entry point: one for each way to come to the wasm. */
const hosts = ["index", "slim", "workerd", "edge-light"];

const run = (...args) => {
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
};

for (const name of Object.keys(modules)) {
  const wasm = join(root, `wasm/${name}_bg.wasm`);
  if (!existsSync(wasm)) {
    console.error(`${wasm} is missing: run \`cargo run -q -p xtask -- bindgen\` first`);
    process.exit(1);
  }
  run(join(root, "../scripts/inline-wasm.mjs"), wasm, join(root, `wasm/${name}_inline.js`));
}
run(join(root, "scripts/guard-sets.mjs"));
// What is left of modules that there are no more would be packed with the rest.
for (const file of readdirSync(join(root, "wasm"))) {
  const isWanted = (name) => new RegExp(`^${name}(_bg|_inline|-redact|-halt)?\\.`).test(file);
  if (![...Object.keys(modules), "guard-sets"].some(isWanted)) {
    rmSync(join(root, "wasm", file));
  }
}

// Beside dist/, which is replaced when everything is there: who is running from it is not left with half of it.
const next = mkdtempSync(join(root, "dist."));
process.on("exit", () => rmSync(next, { recursive: true, force: true }));

const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
run(tsc, "-p", root, "--emitDeclarationOnly", "--outDir", next);

await build({
  absWorkingDir: root,
  // All in dist/ itself: esbuild writes the paths of what is external as they are from there.
  entryPoints: [
    ...Object.values(modules).flatMap((folder) =>
      hosts.map((host) => ({
        in: `src/${folder}/${host}.ts`,
        out: folder === "." ? host : `${folder}-${host}`,
      })),
    ),
    // Without wasm.
    ...["guard-sets", "otel", "react"].map((name) => ({ in: `src/${name}.ts`, out: name })),
  ],
  outdir: next,
  bundle: true,
  splitting: true,
  chunkNames: "shared-[hash]",
  format: "esm",
  target: "es2022",
  charset: "utf8",
  // The modules and their glue stay files of their own, and React is the user's.
  external: [join(root, "wasm/*"), "react"],
  logLevel: "warning",
});
// Files that are imported for no name of theirs have no effects, as package.json says; bundlers would warn of them.
for (const file of readdirSync(next).filter((name) => name.endsWith(".js"))) {
  const code = readFileSync(join(next, file), "utf8");
  writeFileSync(join(next, file), code.replace(/^import "\.\/shared-\w+\.js";\n/gm, ""));
}
copyFileSync(join(root, "../policy.schema.json"), join(next, "policy.schema.json"));

// A temporary folder is its owner's alone; a package is not.
chmodSync(next, 0o755);
rmSync(join(root, "dist"), { recursive: true, force: true });
renameSync(next, join(root, "dist"));
