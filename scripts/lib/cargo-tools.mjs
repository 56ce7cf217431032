// Command lines of crates that only some commands need. They compile for minutes, so they are kept in the cache.

import { join } from "node:path";
import { cacheDir, pins } from "./pins.mjs";
import { output, run } from "./shell.mjs";

/** The folder to put on the PATH for them. */
export const cargoToolsBin = join(cacheDir, "cargo-tools", "bin");

const wasmPack = [
  // Its own lock file names a version that is not published, hence none.
  { crate: "wasm-bindgen-cli", binary: "wasm-bindgen", version: pins.wasmBindgen, flags: [] },
  { crate: "wasm-pack", binary: "wasm-pack", version: pins.wasmPack, flags: ["--locked"] },
];

const semverChecks = {
  crate: "cargo-semver-checks",
  binary: "cargo-semver-checks",
  version: pins.semverChecks,
  flags: ["--locked"],
};

/** Compiles wasm-pack and wasm-bindgen-cli unless the cache has them. */
export async function addCommandLines(report) {
  for (const tool of wasmPack) await addTool(tool, report);
}

/** Compiles cargo-semver-checks unless the cache has it. */
export const addSemverChecks = (report) => addTool(semverChecks, report);

async function addTool({ crate, binary, version, flags }, report) {
  const present = output(join(cargoToolsBin, binary), ["--version"]);
  if (!present?.split(/\s+/).includes(version)) {
    report.doing(`${crate} ${version}: compiling it, which takes some minutes, into ${cacheDir}`);
    const root = ["--root", join(cacheDir, "cargo-tools")];
    await run("cargo", ["install", crate, "--version", version, ...flags, ...root]);
  }
  report.has(`${crate} ${version}`);
}
