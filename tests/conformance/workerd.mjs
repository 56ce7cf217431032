// The npm package in workerd: a module Worker, the wasm a module of its own, as it is deployed.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { Miniflare } from "miniflare";

const here = dirname(fileURLToPath(import.meta.url));

/** Replays `[{ name, fixture }]`: `{ suites, failures }`. */
export async function replayInWorkerd(files) {
  const work = await mkdtemp(join(tmpdir(), "interlock-workerd-"));
  let worker;
  try {
    await build({
      entryPoints: [join(here, "worker.mjs")],
      outdir: work,
      bundle: true,
      format: "esm",
      // The condition under which the package gives its entry point for Workers.
      conditions: ["workerd"],
      loader: { ".wasm": "copy" },
      logLevel: "warning",
    });
    worker = new Miniflare({
      modules: true,
      modulesRoot: work,
      modulesRules: [
        { type: "ESModule", include: ["**/*.js"] },
        { type: "CompiledWasm", include: ["**/*.wasm"] },
      ],
      scriptPath: join(work, "worker.js"),
      compatibilityDate: "2025-06-01",
    });
    const response = await worker.dispatchFetch("http://localhost/", {
      method: "POST",
      body: JSON.stringify(files),
    });
    const { result, error } = await response.json();
    if (error !== undefined) throw new Error(error);
    return result;
  } finally {
    await worker?.dispose();
    await rm(work, { recursive: true, force: true });
  }
}
