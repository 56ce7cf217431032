// Debian packages unpacked into a folder: programs that only some commands need, and the systems of other processors.
// Nothing is installed, no root is needed, and apt's own lists stay as they are.

import { createHash } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { Problem, run, which } from "./shell.mjs";

/**
 * Downloads packages with all that they depend on, and unpacks them, unless that was done.
 *
 * Of the machine's own architecture only those are taken that the machine does not have: the programs run with its
 * libraries.
 *
 * @param {string} folder where to; made anew where its list of packages has changed
 * @param {string} architecture Debian's name of it: `amd64`, `arm64`
 * @param {string[]} packages
 * @param {string[]} [parts] the files of them that are kept; everything unless they are named
 * @returns {Promise<string>} the folder with `usr` in it
 * @throws {Problem} where there is no apt, or it fails
 */
export async function debianTree(folder, architecture, packages, parts) {
  const tree = join(folder, "tree");
  const stamp = join(folder, ".unpacked");
  const key = createHash("sha256")
    .update(JSON.stringify([1, architecture, packages, parts]))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === key) return tree;
  for (const tool of ["apt-get", "dpkg-deb", "dpkg"]) {
    if (!which(tool)) throw new Problem(`${packages.join(", ")}: there is no ${tool} here`);
  }
  rmSync(folder, { recursive: true, force: true });
  const archives = join(folder, "cache/archives");
  for (const path of [tree, join(folder, "state/lists/partial"), join(archives, "partial")])
    mkdirSync(path, { recursive: true });
  const env = { ...process.env, APT_CONFIG: writeConfiguration(folder, architecture) };
  await run("apt-get", ["-qq", "update"], { env });
  const options = ["-qq", "-y", "--no-install-recommends", "--download-only"];
  await run("apt-get", [...options, "install", ...packages], { env });
  for (const name of readdirSync(archives).filter((entry) => entry.endsWith(".deb")))
    await run("dpkg-deb", ["-x", join(archives, name), tree]);
  if (parts) keepOnly(tree, parts);
  for (const rest of ["cache", "state", "apt.conf"])
    rmSync(join(folder, rest), { recursive: true, force: true });
  writeFileSync(stamp, key);
  return tree;
}

function keepOnly(tree, parts) {
  const whole = `${tree}.whole`;
  renameSync(tree, whole);
  for (const part of parts) {
    mkdirSync(dirname(join(tree, part)), { recursive: true });
    cpSync(join(whole, part), join(tree, part), { recursive: true, verbatimSymlinks: true });
  }
  rmSync(whole, { recursive: true });
}

/** Says to apt that the folder is where it keeps everything, and what is installed. */
function writeConfiguration(folder, architecture) {
  const own = { x64: "amd64", arm64: "arm64" }[process.arch] === architecture;
  const installed = own ? "/var/lib/dpkg/status" : join(folder, "state/status");
  if (!own) writeFileSync(installed, "");
  const settings = {
    "APT::Architecture": architecture,
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Dir::State": join(folder, "state"),
    "Dir::State::status": installed,
    "Dir::Cache": join(folder, "cache"),
    // Without the right to it there is no lock, and the folder is this command's own.
    "Debug::NoLocking": "true",
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} "${value}";\n`);
  const file = join(folder, "apt.conf");
  writeFileSync(file, `${lines.join("")}APT::Architectures { "${architecture}"; };\n`);
  return file;
}
