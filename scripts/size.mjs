// `npm run size`: what a page downloads, gzipped, against its goals. Writes target/size.json.

import { mkdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { atMost, rowsAsTable, writeRows } from "./bench-rows.mjs";
import { Problem, inRoot, run, runMain } from "./lib/shell.mjs";
import { table } from "./lib/test-report.mjs";

const KB = 1024;

const modules = [
  {
    name: "size/halt-and-score",
    folder: "target/size/halt-and-score",
    options: ["--no-default-features", "--features", "score"],
    exports: [/monitor/i, /scorer/i],
    goal: 35 * KB,
  },
  {
    name: "size/npm-default",
    folder: "js/wasm",
    options: [],
    exports: [/monitor/i, /scorer/i, /session/i],
    goal: 60 * KB,
  },
];

await runMain(async () => {
  const rows = [];
  for (const { name, folder, options, exports, goal } of modules) {
    mkdirSync(inRoot(folder), { recursive: true });
    await run("cargo", ["run", "-q", "-p", "xtask", "--", "bindgen", "--out", folder, ...options]);
    const wasm = readFileSync(inRoot(folder, "interlock_bg.wasm"));
    // A module with nothing in it would reach every goal.
    const names = WebAssembly.Module.exports(new WebAssembly.Module(wasm)).map(({ name }) => name);
    const lacks = exports.filter((pattern) => !names.some((name) => pattern.test(name)));
    if (lacks.length > 0) {
      throw new Problem(`${folder}/interlock_bg.wasm exports nothing like ${lacks.join(" or ")}`);
    }
    rows.push(atMost(name, gzipSync(wasm, { level: 9 }).length, "bytes gzipped", goal));
  }
  writeRows(rows, "size");
  console.log(rowsAsTable(rows, table));
  return rows.every(({ holds }) => holds) ? 0 : 1;
});
