// Compiles test/ against dist/ and runs it. Arguments go to `node --test`: `npm test --workspace js -- --test-name-pattern=…`.

import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const tests = join(root, "dist/test");
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");

const run = (...args) => {
  const { status } = spawnSync(process.execPath, args, { stdio: "inherit", cwd: root });
  if (status !== 0) process.exit(status ?? 1);
};

rmSync(tests, { recursive: true, force: true });
run(tsc, "-p", join(root, "test"));
// What is tested from inside is not reached through the package.
await build({
  absWorkingDir: root,
  entryPoints: ["plain", "tree"].map((name) => `src/internal/${name}.ts`),
  outdir: join(tests, "internal"),
  target: "es2022",
});
const files = readdirSync(tests).filter((file) => file.endsWith(".test.js"));
// The leak tests want the collector.
run("--expose-gc", "--test", ...process.argv.slice(2), ...files.map((file) => join(tests, file)));
