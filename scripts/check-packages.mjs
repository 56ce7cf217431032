// What would be published is complete and holds nothing else: the npm package and the crates.
//
//   node scripts/check-packages.mjs            the lists of files, and that what they refer to is in them
//   node scripts/check-packages.mjs --build    also builds the crates from their packages, alone
//
// Nothing is uploaded. `node scripts/python.mjs sdist` does the same for the source distribution of the wheel.

import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import ts from "typescript";
import { crates, referencesOutside, strays } from "./lib/packages.mjs";
import { Problem, inRoot, output, run, runMain } from "./lib/shell.mjs";

const folders = { "interlock-vector": "vector", "interlock-core": "core" };

const licence = readFileSync(inRoot("LICENSE"), "utf8");

function checkNpm() {
  const text = output("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: inRoot("js"),
  });
  if (text === undefined) throw new Problem("`npm pack --dry-run` failed in js/");
  const [{ files }] = JSON.parse(text);
  const paths = files.map(({ path }) => path);
  const manifest = JSON.parse(readFileSync(inRoot("js/package.json"), "utf8"));
  const problems = [
    ...strays(paths, [
      /^(LICENSE|README\.md|package\.json)$/,
      /^dist\/[\w./-]+\.(js|d\.ts)$/,
      /^dist\/policy\.schema\.json$/,
      /^wasm\/[\w.-]+\.(js|d\.ts|wasm|json|bin)$/,
    ]),
    ...exported(manifest.exports)
      .filter((path) => !paths.includes(posix.normalize(path)))
      .map((path) => `package.json exports ${path}, which is not packed`),
    ...referencesOutside(paths, (path) => imports(inRoot("js", path))),
  ];
  if (readFileSync(inRoot("js/LICENSE"), "utf8") !== licence) problems.push("js/LICENSE differs");
  return report("interlock-wasm", paths, problems);
}

/** The targets of an `exports` map, however deep its conditions are. */
function exported(value) {
  if (typeof value === "string") return [value];
  return value === null ? [] : Object.values(value).flatMap(exported);
}

/** What a module or its types import, as TypeScript reads it. */
function imports(file) {
  if (!/\.(js|d\.ts)$/.test(file)) return [];
  const { importedFiles, referencedFiles } = ts.preProcessFile(
    readFileSync(file, "utf8"),
    true,
    true,
  );
  return [
    ...importedFiles.map(({ fileName }) => fileName).filter((name) => name.startsWith(".")),
    ...referencedFiles.map(({ fileName }) => `./${fileName}`),
  ];
}

function checkCrate(name) {
  const folder = folders[name];
  const list = output("cargo", ["package", "--list", "--allow-dirty", "--locked", "-p", name]);
  if (list === undefined) throw new Problem(`\`cargo package --list -p ${name}\` failed`);
  const paths = list.split("\n").map((path) => path.replaceAll("\\", "/"));
  const made = ["Cargo.lock", "Cargo.toml.orig", ".cargo_vcs_info.json"];
  const problems = [
    ...strays(paths, [
      /^(Cargo\.toml|LICENSE|README\.md|Cargo\.lock|Cargo\.toml\.orig|\.cargo_vcs_info\.json)$/,
      /^src\/[\w/-]+\.(rs|txt|json|bin)$/,
    ]),
    ...["Cargo.toml", "LICENSE", "README.md", "src/lib.rs"]
      .filter((path) => !paths.includes(path))
      .map((path) => `${path} is not packed`),
    ...paths
      .filter((path) => !made.includes(path) && !existsSync(inRoot(folder, path)))
      .map((path) => `${path} is not there`),
  ];
  const own = inRoot(folder, "LICENSE");
  if (!existsSync(own) || readFileSync(own, "utf8") !== licence)
    problems.push(`${folder}/LICENSE differs`);
  return report(name, paths, problems);
}

function report(name, paths, problems) {
  for (const problem of problems) console.log(`${name}: ${problem}`);
  console.log(`packages: ${name} of ${paths.length} files`);
  return problems.length;
}

/** Cargo builds each crate from its package, with the packages of those before it. */
async function buildCrates() {
  const names = crates.flatMap((name) => ["-p", name]);
  const folder = inRoot("target/packages");
  mkdirSync(dirname(folder), { recursive: true });
  rmSync(join(folder, "package"), { recursive: true, force: true });
  await run("cargo", ["package", "--locked", "--allow-dirty", "--target-dir", folder, ...names]);
}

await runMain(async () => {
  const problems = checkNpm() + crates.reduce((sum, name) => sum + checkCrate(name), 0);
  if (problems > 0) return 1;
  if (process.argv.includes("--build")) await buildCrates();
  return 0;
});
