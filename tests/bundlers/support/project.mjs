// A project of a user's: an empty folder with the packed package installed in it, from the tarball and without network.

import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const exec = promisify(execFile);
const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Packs js/ as `npm publish` would, and installs the tarball. */
export async function makeProject() {
  const folder = mkdtempSync(join(tmpdir(), "interlock-bundlers-"));
  const npm = (cwd, ...args) =>
    exec("npm", args, { cwd, env: { ...process.env, npm_config_loglevel: "error" } });
  const { stdout } = await npm(join(root, "js"), "pack", "--json", "--pack-destination", folder);
  const [{ filename, files }] = JSON.parse(stdout);
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({ name: "user", version: "1.0.0", private: true, type: "module" }),
  );
  await npm(
    folder,
    "install",
    "--offline",
    "--no-audit",
    "--no-fund",
    "--ignore-scripts",
    `./${filename}`,
  );
  cpSync(fileURLToPath(new URL("../apps", import.meta.url)), join(folder, "src"), {
    recursive: true,
  });
  return {
    folder,
    /** What the tarball holds. */
    files: files.map(({ path }) => path),
    path: (...parts) => join(folder, ...parts),
    /** An empty folder for the output of a bundler. */
    output(name) {
      const out = join(folder, "out", name);
      mkdirSync(out, { recursive: true });
      return out;
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** How often the wasm is in the files of a folder: as a file, and in base64 inside JavaScript. */
export function countWasm(folder) {
  const count = { files: 0, inlined: 0 };
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    if (entry.name.endsWith(".wasm")) count.files += 1;
    // "\0asm", the first bytes of every wasm module.
    else
      count.inlined +=
        readFileSync(join(entry.parentPath, entry.name), "latin1").split("AGFzbQ").length - 1;
  }
  return count;
}
