// `npm run size`: what a page downloads, gzipped, against its goals. Writes target/size.json.

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { atMost, rowsAsTable, writeRows } from "./bench-rows.mjs";
import { Problem, inRoot, run, runMain } from "./lib/shell.mjs";
import { table } from "./lib/test-report.mjs";

const KB = 1024;

const SESSION = ["StreamMonitor", "StreamingKernel", "CoherenceScorer", "Session"];

/** A module of some of the default one's features. */
function subset(name, kilobytes) {
  const file = `target/size/${name}/interlock_bg.wasm`;
  return { name: `size/${name}`, file, exports: SESSION, goal: kilobytes * KB };
}

const modules = [
  {
    name: "size/halt-and-score",
    file: "target/size/halt-and-score/interlock_bg.wasm",
    exports: ["StreamMonitor", "StreamingKernel", "CoherenceScorer"],
    goal: 35 * KB,
  },
  // A stream under guard, and what is added to it: one protocol and the scores, tool calls that wait until they are
  // allowed, patterns in the text, and at last every protocol, responses that are not streamed, and policies that change.
  subset("guarded-streams", 60),
  subset("with-covenant", 75),
  subset("with-guard", 95),
  {
    name: "size/npm-default",
    file: "js/wasm/interlock_bg.wasm",
    exports: SESSION,
    goal: 120 * KB,
  },
  {
    name: "size/npm-covenant",
    file: "js/wasm/covenant_bg.wasm",
    exports: ["Budget", "Enforcer", "Grant", "GrantRegistry"],
    goal: 54 * KB,
  },
  {
    name: "size/npm-ledger",
    file: "js/wasm/ledger_bg.wasm",
    exports: ["TraceLedger", "FileReader", "FileWriter", "Note", "verifyInclusion"],
    goal: 80 * KB,
  },
  {
    name: "size/npm-operad",
    file: "js/wasm/operad_bg.wasm",
    exports: ["AgentOperad", "Operation", "Signature", "readTerm"],
    goal: 36 * KB,
  },
  {
    name: "size/npm-rules",
    file: "js/wasm/rules_bg.wasm",
    exports: ["CompiledRule", "Envelope", "TrustedKeys", "RuleRegistry", "PolicyArtifact"],
    goal: 128 * KB,
  },
  {
    name: "size/npm-signals",
    file: "js/wasm/signals_bg.wasm",
    exports: ["entityOverlap", "sanitize", "Bm25"],
    goal: 30 * KB,
  },
  {
    name: "size/npm-physics",
    file: "js/wasm/physics_bg.wasm",
    exports: ["Upde", "Sec", "L16", "Tcbo", "Pgbo", "SsgfEngine"],
    goal: 100 * KB,
  },
];

/** What makes the files: the package's modules, and those of feature subsets. */
const builds = [
  [],
  ...Object.entries({
    "halt-and-score": "score",
    "guarded-streams": "session",
    "with-covenant": "session-covenant",
    "with-guard": "session-covenant,session-guard",
  }).map(([name, features]) => [
    "--out",
    `target/size/${name}`,
    "--no-default-features",
    "--features",
    features,
  ]),
];

/** Bytes of a gzipped file: by gzip itself, since Node's zlib packs a percent worse; by that where there is no gzip. */
function gzipped(bytes) {
  const { status, stdout } = spawnSync("gzip", ["-9", "-c"], { input: bytes, maxBuffer: 2 ** 26 });
  return status === 0 ? stdout.length : gzipSync(bytes, { level: 9 }).length;
}

await runMain(async () => {
  const rows = [];
  for (const options of builds) {
    await run("cargo", ["run", "-q", "-p", "xtask", "--", "bindgen", ...options]);
  }
  for (const { name, file, exports, goal } of modules) {
    const wasm = readFileSync(inRoot(file));
    // A module with nothing in it would reach every goal.
    const glue = readFileSync(inRoot(file.replace("_bg.wasm", ".js")), "utf8");
    const names = [...glue.matchAll(/^export (?:class|function) (\w+)/gm)].map(([, name]) => name);
    const lacks = exports.filter((name) => !names.includes(name));
    if (lacks.length > 0) throw new Problem(`${file} lacks ${lacks.join(" and ")}`);
    if (WebAssembly.Module.exports(new WebAssembly.Module(wasm)).length < names.length) {
      throw new Problem(`${file} exports less than its glue`);
    }
    rows.push(atMost(name, gzipped(wasm), "bytes gzipped", goal));
  }
  writeRows(rows, "size");
  console.log(rowsAsTable(rows, table));
  return rows.every(({ holds }) => holds) ? 0 : 1;
});
