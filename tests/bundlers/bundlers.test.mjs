// The package as users get it: packed, installed from the tarball, bundled by what they use, run where it must run. In
// each the wasm is there once.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";
import { pageOf, runInBrowser, runInNode, runInWorkerd } from "./support/hosts.mjs";
import { countWasm, makeProject } from "./support/project.mjs";

const exec = promisify(execFile);
const require = createRequire(import.meta.url);

let project;
before(async () => {
  project = await makeProject();
});
after(() => project?.remove());

/** What every host must give. */
const expected = {
  outcomes: ["pass", "warn", "halt"],
  batch: {
    consumed: 3,
    warnings: 0,
    halt: { outcome: "halt", reason: "hard-limit", observed: 0.1, bound: 0.5 },
  },
  isTransform: true,
  released: true,
  leaked: false,
  ended: true,
  reason: "hard-limit",
  cancelled: 1,
  unchanged: true,
  refused: "halt.hard_limit",
};

const inlinedOnce = { files: 0, inlined: 1 };
const fileOnce = { files: 1, inlined: 0 };

async function esbuild(options) {
  const { build } = await import("esbuild");
  await build({ bundle: true, format: "esm", logLevel: "error", ...options });
}

async function webpack(options) {
  const { default: webpack } = await import("webpack");
  const stats = await promisify(webpack)({
    mode: "production",
    context: project.folder,
    performance: { hints: false },
    ...options,
  });
  assert.ok(!stats.hasErrors() && !stats.hasWarnings(), stats.toString());
}

async function vite(out, entry) {
  const { build } = await import("vite");
  await build({
    root: project.folder,
    configFile: false,
    logLevel: "error",
    build: {
      outDir: out,
      // Bundled into data URLs, small files would not be files.
      assetsInlineLimit: 0,
      rollupOptions: { input: project.path("src", entry), output: { entryFileNames: "main.js" } },
    },
  });
}

/** Runs what lies in a folder as main.js in the browser. */
function browse(folder) {
  writeFileSync(join(folder, "index.html"), pageOf("./main.js"));
  return runInBrowser(folder, "index.html");
}

test("the tarball holds what the package needs and nothing else", () => {
  for (const file of [
    "package.json",
    "README.md",
    "LICENSE",
    "dist/index.js",
    "dist/slim.d.ts",
    "wasm/interlock_bg.wasm",
  ]) {
    assert.ok(project.files.includes(file), `${file} is missing`);
  }
  const strays = project.files.filter((file) => /test|bench|scripts|src\/|tsbuildinfo/.test(file));
  assert.deepEqual(strays, []);
});

test("Node, as it is", async () => {
  assert.deepEqual(await runInNode(project.path("src/main.js")), expected);
});

test("Node, slim with the package's file", async () => {
  assert.deepEqual(await runInNode(project.path("src/slim-node.js")), expected);
});

test("Node, bundled by esbuild", async () => {
  const out = project.output("esbuild-node");
  await esbuild({
    entryPoints: [project.path("src/main.js")],
    outfile: join(out, "main.mjs"),
    platform: "node",
  });
  assert.deepEqual(countWasm(out), inlinedOnce);
  assert.deepEqual(await runInNode(join(out, "main.mjs")), expected);
});

test("Node, bundled by webpack", async () => {
  const out = project.output("webpack-node");
  await webpack({
    entry: "./src/main.js",
    target: "node20",
    experiments: { outputModule: true },
    output: { path: out, filename: "main.mjs", module: true },
  });
  assert.deepEqual(countWasm(out), inlinedOnce);
  assert.deepEqual(await runInNode(join(out, "main.mjs")), expected);
});

test("a browser without a bundler", async () => {
  const out = project.output("plain");
  cpSync(project.path("node_modules/interlock-wasm"), join(out, "interlock-wasm"), {
    recursive: true,
  });
  for (const file of ["main.js", "app.js"]) cpSync(project.path("src", file), join(out, file));
  const imports = { "interlock-wasm": "./interlock-wasm/dist/index.js" };
  const map = `<script type="importmap">${JSON.stringify({ imports })}</script>\n`;
  writeFileSync(join(out, "index.html"), pageOf("./main.js", map));
  assert.deepEqual(await runInBrowser(out, "index.html"), expected);
});

test("a browser, bundled by esbuild", async () => {
  const out = project.output("esbuild");
  await esbuild({
    entryPoints: [project.path("src/main.js")],
    outfile: join(out, "main.js"),
    minify: true,
  });
  assert.deepEqual(countWasm(out), inlinedOnce);
  assert.deepEqual(await browse(out), expected);
});

test("a browser, bundled by webpack", async () => {
  const out = project.output("webpack");
  await webpack({ entry: "./src/main.js", output: { path: out, filename: "main.js" } });
  assert.deepEqual(countWasm(out), inlinedOnce);
  assert.deepEqual(await browse(out), expected);
});

test("a browser, bundled by Vite", async () => {
  const out = project.output("vite");
  await vite(out, "main.js");
  assert.deepEqual(countWasm(out), inlinedOnce);
  assert.deepEqual(await browse(out), expected);
});

test("slim in a browser, the wasm an asset of Vite's", async () => {
  const out = project.output("vite-slim");
  await vite(out, "slim-vite.js");
  assert.deepEqual(countWasm(out), fileOnce);
  assert.deepEqual(await browse(out), expected);
});

test("slim in a browser, the wasm an asset of webpack's", async () => {
  const out = project.output("webpack-slim");
  await webpack({
    entry: "./src/slim-asset.js",
    output: { path: out, filename: "main.js", publicPath: "./" },
    module: { rules: [{ test: /\.wasm$/, type: "asset/resource" }] },
  });
  assert.deepEqual(countWasm(out), fileOnce);
  assert.deepEqual(await browse(out), expected);
});

test("slim in a browser, the wasm an asset of esbuild's", async () => {
  const out = project.output("esbuild-slim");
  await esbuild({
    entryPoints: [project.path("src/slim-asset.js")],
    outfile: join(out, "main.js"),
    loader: { ".wasm": "file" },
  });
  assert.deepEqual(countWasm(out), fileOnce);
  assert.deepEqual(await browse(out), expected);
});

test("an application and a library share one wasm and one implementation", async () => {
  for (const bundle of [
    (out) => vite(out, "with-library.js"),
    (out) =>
      webpack({ entry: "./src/with-library.js", output: { path: out, filename: "main.js" } }),
    (out) =>
      esbuild({
        entryPoints: [project.path("src/with-library.js")],
        outfile: join(out, "main.js"),
      }),
  ]) {
    const out = project.output(`shared-${bundle.length}-${Math.random()}`);
    await bundle(out);
    assert.deepEqual(countWasm(out), inlinedOnce);
    assert.deepEqual(await browse(out), expected);
  }
});

test("workerd: the wasm is a module of its own, nothing is compiled from bytes", async () => {
  const out = project.output("workerd");
  await esbuild({
    entryPoints: [project.path("src/worker.js")],
    outfile: join(out, "worker.js"),
    conditions: ["workerd", "worker", "browser"],
    // As wrangler does it: the file is copied and stays an import.
    loader: { ".wasm": "copy" },
  });
  assert.deepEqual(countWasm(out), fileOnce);
  assert.doesNotMatch(readFileSync(join(out, "worker.js"), "utf8"), /atob|fromBase64/);
  assert.deepEqual(await runInWorkerd(out, "worker.js"), expected);
});

test("edge runtimes import the wasm under their own name", async () => {
  const out = project.output("edge");
  await esbuild({
    entryPoints: [project.path("src/worker.js")],
    outfile: join(out, "worker.js"),
    conditions: ["edge-light"],
    external: ["*.wasm?module"],
  });
  assert.deepEqual(countWasm(out), { files: 0, inlined: 0 });
  assert.match(
    readFileSync(join(out, "worker.js"), "utf8"),
    /from"?\s*"[^"]*interlock_bg\.wasm\?module"/,
  );
});

test("what is not used is not in the bundle", async () => {
  const out = project.output("shaken");
  await esbuild({
    stdin: {
      contents:
        'import { StreamMonitor } from "interlock-wasm/slim"; export const name = "nothing";',
      resolveDir: project.folder,
    },
    outfile: join(out, "main.js"),
    minify: true,
  });
  const size = readFileSync(join(out, "main.js")).length;
  assert.ok(size < 200, `${size} bytes of a package of which nothing is used`);
});

for (const [module, moduleResolution] of [
  ["esnext", "bundler"],
  ["nodenext", "nodenext"],
]) {
  test(`types, resolved as ${moduleResolution}`, async () => {
    const compilerOptions = {
      ...{
        module,
        moduleResolution,
        target: "es2022",
        types: [],
        noEmit: true,
        skipLibCheck: false,
      },
      ...{ strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
      lib: ["es2022", "dom", "dom.iterable", "dom.asynciterable", "esnext.disposable"],
    };
    const config = project.path(`tsconfig.${moduleResolution}.json`);
    writeFileSync(config, JSON.stringify({ compilerOptions, files: ["src/types.ts"] }));
    const tsc = require.resolve("typescript/bin/tsc");
    await exec(process.execPath, [tsc, "-p", config]).catch(({ stdout }) => assert.fail(stdout));
  });
}
