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
const apps = fileURLToPath(new URL("../apps", import.meta.url));

/** The entry points that have a wasm of their own: its name, and what they are imported as. */
export const entries = {
  covenant: "interlock-wasm/covenant",
  interlock: "interlock-wasm",
  ledger: "interlock-wasm/ledger",
  operad: "interlock-wasm/operad",
  physics: "interlock-wasm/physics",
  rules: "interlock-wasm/rules",
  signals: "interlock-wasm/signals",
};

/** Packs js/ as `npm publish` would, and installs the tarball. */
export async function makeProject() {
  const folder = mkdtempSync(join(tmpdir(), "interlock-bundlers-"));
  const path = (...parts) => join(folder, ...parts);
  const npm = (cwd, ...args) =>
    exec("npm", args, { cwd, env: { ...process.env, npm_config_loglevel: "error" } });
  const { stdout } = await npm(join(root, "js"), "pack", "--json", "--pack-destination", folder);
  const [{ filename, files }] = JSON.parse(stdout);
  writeFileSync(
    path("package.json"),
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
  cpSync(apps, path("src"), { recursive: true });
  for (const [name, entry] of Object.entries(entries)) {
    // What a host wants is the same for every entry point.
    for (const file of readdirSync(join(apps, "hosts"))) {
      const code = readFileSync(join(apps, "hosts", file), "utf8")
        .replaceAll('"interlock-wasm"', `"${entry}"`)
        .replaceAll("interlock-wasm/slim", `${entry}/slim`)
        .replaceAll("interlock-wasm/interlock.wasm", `interlock-wasm/${name}.wasm`);
      writeFileSync(path("src", name, file), code);
    }
  }
  const modules = Object.keys(entries).map((name) => {
    const bytes = readFileSync(path(`node_modules/interlock-wasm/wasm/${name}_bg.wasm`));
    return { name, bytes, base64: bytes.toString("base64") };
  });
  return {
    folder,
    /** What the tarball holds. */
    files: files.map(({ path }) => path),
    path,
    /** An empty folder for the output of a bundler. */
    output(name) {
      const out = path("out", name);
      mkdirSync(out, { recursive: true });
      return out;
    },
    /** Which wasm is in the files of a folder, as often as it is: as a file, and in base64 inside JavaScript. */
    wasmIn(folder) {
      const found = { files: [], inlined: [] };
      const nameOf = (is) => modules.find(is)?.name ?? "unknown";
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const content = readFileSync(join(entry.parentPath, entry.name));
        if (entry.name.endsWith(".wasm")) {
          found.files.push(nameOf(({ bytes }) => bytes.equals(content)));
          continue;
        }
        const text = content.toString("latin1");
        // "\0asm", the first bytes of every wasm module.
        for (const { index } of text.matchAll(/AGFzbQ/g)) {
          found.inlined.push(nameOf(({ base64 }) => text.startsWith(base64, index)));
        }
      }
      return { files: found.files.sort(), inlined: found.inlined.sort() };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
