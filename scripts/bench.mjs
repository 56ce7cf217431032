// `npm run bench`, or `npm run bench -- NAME…` for some of benches.mjs: measures, prints the rows and writes them to
// target/bench.json. Ends with 1 if a goal is missed.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { mergeRows, rowsAsTable, writeRows } from "./bench-rows.mjs";
import { benches } from "./benches.mjs";
import { Problem, root, run, runMain } from "./lib/shell.mjs";
import { table } from "./lib/test-report.mjs";

/** Runs one bench and resolves to its rows. */
async function measure({ name, run: [command, ...args] }) {
  const child = spawn(command, args, { cwd: root, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((done, fail) => {
    child.once("error", fail);
    child.once("close", (code, signal) => done(code ?? signal));
  });
  const rows = [];
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith("{")) rows.push(JSON.parse(line));
    else console.log(line);
  }
  const code = await ended;
  if (code !== 0) throw new Problem(`bench ${name} failed (${code})`);
  if (rows.length === 0) throw new Problem(`bench ${name} gave no rows`);
  return rows;
}

await runMain(async () => {
  const names = process.argv.slice(2);
  const unknown = names.find((name) => !benches.some((bench) => bench.name === name));
  if (unknown)
    throw new Problem(
      `no bench is called ${unknown}; there are ${benches.map(({ name }) => name).join(", ")}`,
    );
  await run("node", ["scripts/setup.mjs", "--for", "bench"]);
  for (const verb of ["component", "bindgen"])
    await run("cargo", ["run", "-q", "-p", "xtask", "--", verb]);
  await run("npm", ["run", "--silent", "build", "--workspace", "js"]);
  if (names.length === 0) writeRows([]);
  const rows = [];
  for (const bench of benches) {
    if (names.length > 0 && !names.includes(bench.name)) continue;
    console.log(`bench: ${bench.name}`);
    const measured = await measure(bench);
    mergeRows(measured);
    rows.push(...measured);
  }
  console.log(rowsAsTable(rows, table));
  const missed = rows.filter(({ holds }) => holds === false).length;
  console.log(`${rows.filter(({ holds }) => holds).length} goals hold, ${missed} missed`);
  return missed === 0 ? 0 : 1;
});
