// The package as users get it: packed, installed from the tarball, bundled by what they use, run where it must run. In
// each the wasm of the entry points that are used is there once, and no other.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { pageOf, runInBrowser, runInNode, runInWorkerd } from "./support/hosts.mjs";
import { entries, makeProject } from "./support/project.mjs";

const exec = promisify(execFile);
const require = createRequire(import.meta.url);

let project;
before(async () => {
  project = await makeProject();
});
after(() => project?.remove());

async function esbuild(options) {
  const { build } = await import("esbuild");
  return build({ bundle: true, format: "esm", logLevel: "error", ...options });
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

async function vite(out, ...input) {
  const { build } = await import("vite");
  await build({
    root: project.folder,
    configFile: false,
    logLevel: "error",
    build: {
      outDir: out,
      // Bundled into data URLs, small files would not be files.
      assetsInlineLimit: 0,
      rollupOptions: {
        input: project.path("src", ...input),
        output: { entryFileNames: "main.js" },
      },
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
    "dist/covenant/slim.d.ts",
    "dist/ledger/slim.d.ts",
    "dist/operad/slim.d.ts",
    "dist/rules/slim.d.ts",
    "dist/signals/slim.d.ts",
    "dist/physics/slim.d.ts",
    "dist/guard-sets.d.ts",
    "dist/otel.d.ts",
    "dist/react.d.ts",
  ]) {
    assert.ok(project.files.includes(file), `${file} is missing`);
  }
  const strays = project.files.filter((file) => /test|bench|scripts|src\/|tsbuildinfo/.test(file));
  assert.deepEqual(strays, []);
  const wasm = project.files.filter((file) => file.endsWith(".wasm"));
  assert.deepEqual(
    wasm,
    Object.keys(entries).map((name) => `wasm/${name}_bg.wasm`),
  );
});

for (const [name, entry] of Object.entries(entries)) {
  const inlinedOnce = { files: [], inlined: [name] };
  const fileOnce = { files: [name], inlined: [] };
  const { expected } = await import(`./apps/${name}/app.js`);

  test(`${name}: Node, as it is`, async () => {
    assert.deepEqual(await runInNode(project.path("src", name, "main.js")), expected);
  });

  test(`${name}: Node, slim with the package's file`, async () => {
    assert.deepEqual(await runInNode(project.path("src", name, "slim-node.js")), expected);
  });

  test(`${name}: Node, bundled by esbuild`, async () => {
    const out = project.output(`${name}-esbuild-node`);
    await esbuild({
      entryPoints: [project.path("src", name, "main.js")],
      outfile: join(out, "main.mjs"),
      platform: "node",
    });
    assert.deepEqual(project.wasmIn(out), inlinedOnce);
    assert.deepEqual(await runInNode(join(out, "main.mjs")), expected);
  });

  test(`${name}: nothing of another module is imported`, async () => {
    const { metafile } = await esbuild({
      entryPoints: [project.path("src", name, "main.js")],
      write: false,
      metafile: true,
    });
    const imported = Object.keys(metafile.inputs).filter((file) => file.includes("/wasm/"));
    assert.deepEqual(imported.map((file) => file.split("/").at(-1)).sort(), [
      `${name}.js`,
      `${name}_inline.js`,
    ]);
  });

  test(`${name}: Node, bundled by webpack`, async () => {
    const out = project.output(`${name}-webpack-node`);
    await webpack({
      entry: `./src/${name}/main.js`,
      target: "node20",
      experiments: { outputModule: true },
      output: { path: out, filename: "main.mjs", module: true },
    });
    assert.deepEqual(project.wasmIn(out), inlinedOnce);
    assert.deepEqual(await runInNode(join(out, "main.mjs")), expected);
  });

  test(`${name}: a browser without a bundler`, async () => {
    const out = project.output(`${name}-plain`);
    cpSync(project.path("node_modules/interlock-wasm"), join(out, "interlock-wasm"), {
      recursive: true,
    });
    for (const file of ["main.js", "app.js"])
      cpSync(project.path("src", name, file), join(out, file));
    const { exports } = JSON.parse(readFileSync(join(out, "interlock-wasm/package.json"), "utf8"));
    const file = exports[entry.replace("interlock-wasm", ".")].default;
    const imports = { [entry]: join("/interlock-wasm", file) };
    const map = `<script type="importmap">${JSON.stringify({ imports })}</script>\n`;
    writeFileSync(join(out, "index.html"), pageOf("./main.js", map));
    assert.deepEqual(await runInBrowser(out, "index.html"), expected);
  });

  test(`${name}: a browser, bundled by esbuild`, async () => {
    const out = project.output(`${name}-esbuild`);
    await esbuild({
      entryPoints: [project.path("src", name, "main.js")],
      outfile: join(out, "main.js"),
      minify: true,
    });
    assert.deepEqual(project.wasmIn(out), inlinedOnce);
    assert.deepEqual(await browse(out), expected);
  });

  test(`${name}: a browser, bundled by webpack`, async () => {
    const out = project.output(`${name}-webpack`);
    await webpack({ entry: `./src/${name}/main.js`, output: { path: out, filename: "main.js" } });
    assert.deepEqual(project.wasmIn(out), inlinedOnce);
    assert.deepEqual(await browse(out), expected);
  });

  test(`${name}: a browser, bundled by Vite`, async () => {
    const out = project.output(`${name}-vite`);
    await vite(out, name, "main.js");
    assert.deepEqual(project.wasmIn(out), inlinedOnce);
    assert.deepEqual(await browse(out), expected);
  });

  test(`${name}: slim in a browser, the wasm an asset of Vite's`, async () => {
    const out = project.output(`${name}-vite-slim`);
    await vite(out, name, "slim-vite.js");
    assert.deepEqual(project.wasmIn(out), fileOnce);
    assert.deepEqual(await browse(out), expected);
  });

  test(`${name}: slim in a browser, the wasm an asset of webpack's`, async () => {
    const out = project.output(`${name}-webpack-slim`);
    await webpack({
      entry: `./src/${name}/slim-asset.js`,
      output: { path: out, filename: "main.js", publicPath: "./" },
      module: { rules: [{ test: /\.wasm$/, type: "asset/resource" }] },
    });
    assert.deepEqual(project.wasmIn(out), fileOnce);
    assert.deepEqual(await browse(out), expected);
  });

  test(`${name}: slim in a browser, the wasm an asset of esbuild's`, async () => {
    const out = project.output(`${name}-esbuild-slim`);
    await esbuild({
      entryPoints: [project.path("src", name, "slim-asset.js")],
      outfile: join(out, "main.js"),
      loader: { ".wasm": "file" },
    });
    assert.deepEqual(project.wasmIn(out), fileOnce);
    assert.deepEqual(await browse(out), expected);
  });

  test(`${name}: an application and a library share one wasm and one implementation`, async () => {
    for (const bundle of [
      (out) => vite(out, name, "with-library.js"),
      (out) =>
        webpack({
          entry: `./src/${name}/with-library.js`,
          output: { path: out, filename: "main.js" },
        }),
      (out) =>
        esbuild({
          entryPoints: [project.path("src", name, "with-library.js")],
          outfile: join(out, "main.js"),
        }),
    ]) {
      const out = project.output(`${name}-shared-${bundle.length}-${Math.random()}`);
      await bundle(out);
      assert.deepEqual(project.wasmIn(out), inlinedOnce);
      assert.deepEqual(await browse(out), expected);
    }
  });

  test(`${name}: workerd: the wasm is a module of its own, nothing is compiled from bytes`, async () => {
    const out = project.output(`${name}-workerd`);
    await esbuild({
      entryPoints: [project.path("src", name, "worker.js")],
      outfile: join(out, "worker.js"),
      conditions: ["workerd", "worker", "browser"],
      // As wrangler does it: the file is copied and stays an import.
      loader: { ".wasm": "copy" },
    });
    assert.deepEqual(project.wasmIn(out), fileOnce);
    assert.doesNotMatch(readFileSync(join(out, "worker.js"), "utf8"), /atob|fromBase64/);
    assert.deepEqual(await runInWorkerd(out, "worker.js"), expected);
  });

  test(`${name}: edge runtimes import the wasm under their own name`, async () => {
    const out = project.output(`${name}-edge`);
    await esbuild({
      entryPoints: [project.path("src", name, "worker.js")],
      outfile: join(out, "worker.js"),
      conditions: ["edge-light"],
      external: ["*.wasm?module"],
    });
    assert.deepEqual(project.wasmIn(out), { files: [], inlined: [] });
    assert.match(
      readFileSync(join(out, "worker.js"), "utf8"),
      new RegExp(`from"?\\s*"[^"]*${name}_bg\\.wasm\\?module"`),
    );
  });
}

/** What src/all.js gives. */
const all = { approved: [true, false], outcomes: ["pass", "halt"], sameErrors: true };

test("all entry points in Node, bundled by esbuild", async () => {
  const out = project.output("all-node");
  await esbuild({
    entryPoints: [project.path("src/all.js")],
    outfile: join(out, "main.mjs"),
    platform: "node",
  });
  assert.deepEqual(project.wasmIn(out), { files: [], inlined: Object.keys(entries) });
  assert.deepEqual(await runInNode(join(out, "main.mjs")), all);
});

test("all entry points in a browser, bundled by Vite", async () => {
  const out = project.output("all-vite");
  await vite(out, "all.js");
  assert.deepEqual(project.wasmIn(out), { files: [], inlined: Object.keys(entries) });
  assert.deepEqual(await browse(out), all);
});

test("all entry points in workerd", async () => {
  const out = project.output("all-workerd");
  await esbuild({
    entryPoints: [project.path("src/all-worker.js")],
    outfile: join(out, "worker.js"),
    conditions: ["workerd", "worker", "browser"],
    loader: { ".wasm": "copy" },
  });
  assert.deepEqual(project.wasmIn(out), { files: Object.keys(entries), inlined: [] });
  assert.deepEqual(await runInWorkerd(out, "worker.js"), all);
});

test("the React hook in a browser: an answer grows, halts, is replaced, stopped and left", async () => {
  const out = project.output("react");
  await esbuild({
    entryPoints: [project.path("src/react/main.jsx")],
    outfile: join(out, "main.js"),
    // React is the user's: here it is the one that the tests install.
    nodePaths: [fileURLToPath(new URL("../../node_modules", import.meta.url))],
    define: { "process.env.NODE_ENV": '"development"' },
  });
  assert.deepEqual(project.wasmIn(out), { files: [], inlined: ["interlock"] });
  const { halted, ...rest } = await browse(out);
  assert.deepEqual(rest, {
    clean: { text: "The sky.", state: "completed" },
    stopped: "two",
    failed: "TypeError: nothing to ask",
    cancelled: ["replaced", "stopped", "gone"],
    stable: true,
    neverShown: true,
    grew: true,
  });
  assert.equal(halted.reason, "hard-limit");
  assert.match(halted.text, /^Good, \[This response was stopped/);
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
