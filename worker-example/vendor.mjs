// Puts the part of the package that the page at /physics runs on beside it, so that the folder `public` can be served as it
// is, by the Worker or by any static server.
//
//   node vendor.mjs

import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const FOLDER = fileURLToPath(new URL("public/physics/vendor/", import.meta.url));

/** Copies the files; those that were there go. */
export async function vendor() {
  const slim = fileURLToPath(import.meta.resolve("interlock-wasm/physics/slim"));
  const dist = dirname(slim);
  const shared = (await readdir(dist)).filter((name) => name.startsWith("shared-"));
  const files = [
    ...["physics-slim.js", ...shared].map((name) => [dist, "dist", name]),
    ...["physics.js", "physics_bg.wasm"].map((name) => [join(dist, "../wasm"), "wasm", name]),
  ];
  await rm(FOLDER, { recursive: true, force: true });
  for (const [from, folder, name] of files) {
    await mkdir(join(FOLDER, folder), { recursive: true });
    await copyFile(join(from, name), join(FOLDER, folder, name));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await vendor();
