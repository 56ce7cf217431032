// Brings everything that the project's commands need and that is not there yet:
//
//   node scripts/setup.mjs --for start        Rust's wasm target and the npm packages
//   node scripts/setup.mjs --for bench        the same
//   node scripts/setup.mjs --for test         the same, rustfmt, clippy, a browser, Rocq and Python's packages
//   node scripts/setup.mjs --for wasm-pack    the same as start, wasm-pack and wasm-bindgen's command line
//
// Every step first looks whether it has anything to do, so that a second run does nothing.

import { addBrowser } from "./lib/browser.mjs";
import { addCommandLines } from "./lib/cargo-tools.mjs";
import { addPackages } from "./lib/npm-packages.mjs";
import { addPython } from "./lib/python.mjs";
import { addRocq } from "./lib/rocq.mjs";
import { checkNode, checkRust, addLinters, addWasmTarget } from "./lib/rust.mjs";
import { Problem, runMain } from "./lib/shell.mjs";

const wasm = [checkNode, checkRust, addWasmTarget, addPackages];
const modes = {
  start: wasm,
  bench: wasm,
  test: [...wasm, addLinters, addBrowser, addRocq, addPython],
  "wasm-pack": [...wasm, addCommandLines],
};

await runMain(async () => {
  const at = process.argv.indexOf("--for");
  const mode = process.argv[at + 1];
  if (at < 0 || !Object.hasOwn(modes, mode)) {
    throw new Problem(`usage: node scripts/setup.mjs --for ${Object.keys(modes).join("|")}`);
  }
  let changed = false;
  const found = [];
  const report = {
    /** Says what is about to be done. */
    doing(text) {
      changed = true;
      console.log(`setup: ${text}`);
    },
    /** Remembers what is there. */
    has(text) {
      found.push(text);
    },
  };
  for (const step of modes[mode]) await step(report);
  console.log(`setup: ${changed ? "done" : "nothing to do"} (${found.join(", ")})`);
});
