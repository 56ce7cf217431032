// `npm run size`: what a page downloads, gzipped, against its goals. Writes target/size.json.

import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { atMost, rowsAsTable, writeRows } from "./bench-rows.mjs";
import { Problem, inRoot, run, runMain } from "./lib/shell.mjs";
import { table } from "./lib/test-report.mjs";

const KB = 1024;

const modules = [
  {
    name: "size/halt-and-score",
    file: "target/size/halt-and-score/interlock_bg.wasm",
    exports: [/monitor/i, /scorer/i],
    goal: 35 * KB,
  },
  {
    name: "size/npm-default",
    file: "js/wasm/interlock_bg.wasm",
    exports: [/monitor/i, /scorer/i, /session/i],
    goal: 60 * KB,
  },
  {
    name: "size/npm-signals",
    file: "js/wasm/signals_bg.wasm",
    exports: [/overlap/i, /sanitize/i, /bm25/i],
    goal: 30 * KB,
  },
];

/** What makes the files: the package's modules, and one of a feature subset. */
const builds = [
  [],
  ["--out", "target/size/halt-and-score", "--no-default-features", "--features", "score"],
];

await runMain(async () => {
  const rows = [];
  for (const options of builds) {
    await run("cargo", ["run", "-q", "-p", "xtask", "--", "bindgen", ...options]);
  }
  for (const { name, file, exports, goal } of modules) {
    const wasm = readFileSync(inRoot(file));
    // A module with nothing in it would reach every goal.
    const names = WebAssembly.Module.exports(new WebAssembly.Module(wasm)).map(({ name }) => name);
    const lacks = exports.filter((pattern) => !names.some((name) => pattern.test(name)));
    if (lacks.length > 0) {
      throw new Problem(`${file} exports nothing like ${lacks.join(" or ")}`);
    }
    rows.push(atMost(name, gzipSync(wasm, { level: 9 }).length, "bytes gzipped", goal));
  }
  writeRows(rows, "size");
  console.log(rowsAsTable(rows, table));
  return rows.every(({ holds }) => holds) ? 0 : 1;
});
