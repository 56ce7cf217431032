// Command lines that only `npm run check:wasm-pack` needs. They compile for minutes, so they are kept in the cache.

import { join } from "node:path";
import { cacheDir, pins } from "./pins.mjs";
import { output, run } from "./shell.mjs";

/** The folder to put on the PATH for them. */
export const cargoToolsBin = join(cacheDir, "cargo-tools", "bin");

const tools = [
  // Its own lock file names a version that is not published, hence none.
  { crate: "wasm-bindgen-cli", binary: "wasm-bindgen", version: pins.wasmBindgen, flags: [] },
  { crate: "wasm-pack", binary: "wasm-pack", version: pins.wasmPack, flags: ["--locked"] },
];

/** Compiles wasm-pack and wasm-bindgen-cli unless the cache has them. */
export async function addCommandLines(report) {
  for (const { crate, binary, version, flags } of tools) {
    const present = output(join(cargoToolsBin, binary), ["--version"]);
    if (!present?.split(/\s+/).includes(version)) {
      report.doing(`${crate} ${version}: compiling it, which takes some minutes, into ${cacheDir}`);
      await run("cargo", [
        "install",
        crate,
        "--version",
        version,
        ...flags,
        "--root",
        join(cacheDir, "cargo-tools"),
      ]);
    }
    report.has(`${crate} ${version}`);
  }
}
