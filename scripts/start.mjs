// `npm start`: the example Worker on http://127.0.0.1:8787 (PORT=… for another port), with all of its own set-up.

import { spawn } from "node:child_process";
import { inRoot, run, runMain } from "./lib/shell.mjs";

await runMain(async () => {
  await run("node", ["scripts/setup.mjs", "--for", "start"]);
  console.log("start: building the wasm module and the npm package");
  await run("cargo", ["run", "-q", "-p", "xtask", "--", "bindgen"]);
  await run("npm", ["run", "--silent", "build", "--workspace", "js"]);
  console.log("start: starting the Worker");
  const worker = spawn("node", ["start.mjs"], { cwd: inRoot("worker-example"), stdio: "inherit" });
  // A terminal's Ctrl+C reaches the Worker by itself; the other ways to end this process must too.
  process.on("SIGINT", () => {});
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => worker.kill(signal));
  return new Promise((done, fail) => {
    worker.once("error", fail);
    worker.once("close", (code) => done(code ?? 1));
  });
});
