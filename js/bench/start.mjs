// What it takes until the package can be used, each time in a process of its own.

import { execFileSync } from "node:child_process";
import { atMost, takeTurns } from "../../scripts/bench-rows.mjs";

const module = JSON.stringify(import.meta.resolve("interlock-wasm/interlock.wasm"));

/** Runs a script in a fresh process and reads the milliseconds that it prints. */
const fresh = (script) =>
  Number(
    execFileSync(process.execPath, ["--input-type=module", "-e", script], {
      cwd: import.meta.dirname,
    }),
  );

const instantiate = `
  import { readFileSync } from "node:fs";
  import { StreamMonitor, initSync } from "interlock-wasm/slim";
  const module = new WebAssembly.Module(readFileSync(new URL(${module})));
  const started = performance.now();
  initSync(module);
  new StreamMonitor().push(0.9);
  console.log(performance.now() - started);
`;

const load = `
  const started = performance.now();
  const { StreamMonitor } = await import("interlock-wasm");
  new StreamMonitor().push(0.9);
  console.log(performance.now() - started);
`;

export async function startRows() {
  const best = await takeTurns({ instantiate: () => fresh(instantiate), load: () => fresh(load) });
  return [
    atMost("js/instantiation and the first verdict", best.instantiate.scaled, "ms", 2),
    atMost("js/import, compilation included", best.load.scaled, "ms", 40),
  ];
}
