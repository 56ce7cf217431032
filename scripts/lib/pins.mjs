// The versions of tools that no manifest pins. Crates are pinned by Cargo.toml and Cargo.lock, npm packages (wasm-opt
// among them) by package.json and package-lock.json.

import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { inRoot } from "./shell.mjs";

const cargo = readFileSync(inRoot("Cargo.toml"), "utf8");
const find = (pattern) => {
  const match = pattern.exec(cargo);
  if (!match) throw new Error(`Cargo.toml does not match ${String(pattern)}`);
  return match[1];
};

export const pins = {
  /** The oldest Node that the npm tools admit. */
  node: "20.19.0",
  /** The oldest Rust, from Cargo.toml. */
  rust: find(/^rust-version = "([\d.]+)"/m),
  /** wasm-bindgen's command line for `npm run check:wasm-pack`: the version of the crate. */
  wasmBindgen: find(/^wasm-bindgen = \{ version = "=([\d.]+)"/m),
  wasmPack: "0.15.1",
  semverChecks: "0.51.0",
};

/** Where tools that take minutes to compile are kept, so that a fresh clone finds them again. */
export const cacheDir = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "interlock");

/** Whether version `a` is at least `b`. */
export function atLeast(a, b) {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/).map(Number));
  for (let i = 0; i < right.length; i += 1) {
    const difference = (left[i] || 0) - (right[i] || 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
