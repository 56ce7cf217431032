// Puts the parts of the package that the pages run on beside them, so that the folder `public` can be served as it is, by
// the Worker or by any static server.
//
//   node vendor.mjs

import { copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

/** Which entry point each page uses. */
const PAGES = { "public/vendor/": "ledger", "public/physics/vendor/": "physics" };

/** Copies the files; others that were there go. None is missing meanwhile. */
export async function vendor() {
  for (const [folder, name] of Object.entries(PAGES)) {
    const slim = fileURLToPath(import.meta.resolve(`interlock-wasm/${name}/slim`));
    await copy(fileURLToPath(new URL(folder, import.meta.url)), dirname(slim), name);
  }
}

async function copy(to, dist, name) {
  const shared = (await readdir(dist)).filter((file) => file.startsWith("shared-"));
  const files = [
    ...[`${name}-slim.js`, ...shared].map((file) => [dist, "dist", file]),
    ...[`${name}.js`, `${name}_bg.wasm`].map((file) => [join(dist, "../wasm"), "wasm", file]),
  ];
  for (const [from, folder, file] of files) {
    await mkdir(join(to, folder), { recursive: true });
    await copyFile(join(from, file), join(to, folder, file));
  }
  for (const folder of ["dist", "wasm"]) {
    for (const file of await readdir(join(to, folder))) {
      const stays = files.some((it) => it[1] === folder && it[2] === file);
      if (!stays) await rm(join(to, folder, file));
    }
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await vendor();
