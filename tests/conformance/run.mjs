// Replays every fixture in every host and compares the digests: `npm run conformance`.
//
// Hosts: the native build and the components in wasmtime (both by the command `interlock`), the npm package in Node,
// Chromium and workerd, and the components in Python where there is one. A digest is of what a host did, so equal digests mean equal bits. Fails when two differ, when a
// case does not hold or when a host is missing.

import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { execFile } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { replayInChromium } from "./chromium.mjs";
import { replayInWorkerd } from "./workerd.mjs";
import { replay } from "./replay.mjs";
import { addEnvironment, findPython } from "../../scripts/lib/python.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const fixtures = join(root, "tests/fixtures");
const target = join(root, "target");
const interlock = join(target, "release/interlock");
const component = (name) => ["--component", join(target, `component/${name}.component.wasm`)];

const names = (await readdir(fixtures)).filter((name) => name.endsWith(".json")).sort();
if (names.length === 0) throw new Error(`no fixtures in ${fixtures}`);
const files = await Promise.all(
  names.map(async (name) => ({
    name,
    fixture: JSON.parse(await readFile(join(fixtures, name), "utf8")),
  })),
);

/** Replays with the command line: `{ suites, failures }`. */
async function command(...options) {
  for (const file of [interlock, ...options.filter((option) => option.endsWith(".wasm"))]) {
    if (!existsSync(file)) {
      throw new Error(`${file} is missing: build it with \`npm run conformance\` or \`npm test\``);
    }
  }
  const paths = names.map((name) => join(fixtures, name));
  const run = promisify(execFile)(interlock, ["replay", "--json", ...options, ...paths], {
    env: { ...process.env, BLESS: "" },
    maxBuffer: 1 << 28,
  });
  // Code 1: cases do not hold, and the digests are there all the same.
  const { stdout, stderr } = await run.catch((error) => {
    if (error.code !== 1) throw error;
    return error;
  });
  const failures = stderr === "" ? [] : [{ case: stderr.trim() }];
  return { suites: JSON.parse(stdout).suites, failures };
}

/** Replays with the package `interlock`, from its sources: `{ suites, failures }`. */
async function python() {
  const program = join(root, "tests/conformance/python/replay.py");
  const paths = names.map((name) => join(fixtures, name));
  const { stdout } = await promisify(execFile)(
    await addEnvironment("ours"),
    [program, join(target, "component"), ...paths],
    {
      env: {
        ...process.env,
        PYTHONPATH: join(root, "python/interlock/src"),
        PYTHONDONTWRITEBYTECODE: "1",
      },
      maxBuffer: 1 << 28,
    },
  );
  return JSON.parse(stdout);
}

const hosts = {
  native: () => command(),
  wasmtime: () => command(...component("interlock"), ...component("interlock-advanced")),
  // The advanced runtime compiled without vectors.
  "wasmtime, scalar": () =>
    command(...component("interlock"), ...component("interlock-advanced-scalar")),
  node: async () => {
    const entries = { interlock: await import("interlock-wasm") };
    for (const name of ["covenant", "ledger", "operad", "physics", "rules", "signals"]) {
      entries[name] = await import(`interlock-wasm/${name}`);
    }
    return replay(entries, files);
  },
  chromium: () => replayInChromium(root, names),
  workerd: () => replayInWorkerd(files),
};
if (findPython() === undefined) {
  console.log("skipped: the host python, for there is no Python 3.11 or newer");
} else {
  hosts.python = python;
}

const results = {};
const problems = [];
for (const [host, run] of Object.entries(hosts)) {
  const start = Date.now();
  try {
    const { suites, failures } = await run();
    results[host] = suites;
    for (const failure of failures.slice(0, 5)) {
      const { expected, got } = failure;
      const where = got === undefined ? "" : `: ${difference(expected, got)}`;
      problems.push(`${host}: ${failure.case}${where}`);
    }
    if (failures.length > 5) problems.push(`${host}: and ${failures.length - 5} more`);
  } catch (error) {
    problems.push(`${host} is missing: ${error.stack ?? error}`);
  }
  console.log(`replayed in ${host}, ${((Date.now() - start) / 1000).toFixed(1)} s`);
}

const suites = [...new Set(files.map(({ fixture }) => fixture.suite))].sort();
const digests = Object.fromEntries(
  suites.map((suite) => [
    suite,
    Object.fromEntries(
      Object.keys(hosts).map((host) => [host, results[host]?.[suite]?.digest ?? null]),
    ),
  ]),
);
for (const [suite, row] of Object.entries(digests)) {
  const missing = Object.keys(hosts).filter((host) => row[host] === null);
  const different = new Set(Object.values(row).filter((digest) => digest !== null));
  if (missing.length > 0) problems.push(`${suite}: no digest from ${missing.join(", ")}`);
  if (different.size > 1) problems.push(`${suite}: the digests differ`);
}

print(digests);
await mkdir(target, { recursive: true });
await writeFile(join(target, "conformance.json"), `${JSON.stringify(digests, null, 2)}\n`);
for (const problem of problems) console.error(`error: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Where two texts part, with a little around it. */
function difference(expected, got) {
  let at = 0;
  while (at < expected.length && expected[at] === got[at]) at += 1;
  const around = (text) => text.slice(Math.max(0, at - 40), at + 60);
  return `expected …${around(expected)}…, got …${around(got)}…`;
}

/** Suite by host, the first twelve digits of each digest. */
function print(table) {
  const columns = Object.keys(hosts);
  const counts = (suite) => files.filter(({ fixture }) => fixture.suite === suite);
  const cases = (suite) =>
    counts(suite).reduce((sum, { fixture }) => sum + fixture.cases.length, 0);
  const rows = [["suite", "cases", ...columns]];
  for (const [suite, row] of Object.entries(table)) {
    const short = (host) => row[host]?.slice(0, 12) ?? "missing";
    rows.push([suite, String(cases(suite)), ...columns.map(short)]);
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  console.log();
  for (const row of rows) {
    console.log(
      row
        .map((text, column) => text.padEnd(widths[column]))
        .join("  ")
        .trimEnd(),
    );
  }
  console.log();
}
