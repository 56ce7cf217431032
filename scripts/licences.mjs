// Checks the licence of every dependency, Cargo's and npm's, against what the project accepts. Needs no network.
//
// What is shipped (the crates in the wasm modules and the command line) must be permissive. What only builds and tests may
// be more, since nothing of it reaches a user.

import { readFileSync } from "node:fs";
import { inRoot, output, runMain } from "./lib/shell.mjs";
import { accepts } from "./lib/spdx.mjs";

const permissive = [
  ...[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "MIT-0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
  ],
  ...["0BSD", "CC0-1.0", "ISC", "Unicode-3.0", "Unlicense", "Zlib"],
];
const tools = [
  ...permissive,
  "BlueOak-1.0.0",
  "CC-BY-4.0",
  "LGPL-3.0-or-later",
  "MPL-2.0",
  "Python-2.0",
];

/** The platforms whose dependencies count: those that the project builds for. */
const platforms = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "wasm32-unknown-unknown",
];

/** The crates of the workspace that only build. */
const buildTools = new Set(["xtask"]);

/** The manifests of the workspaces whose crates are shipped. */
const manifests = ["Cargo.toml", "python/Cargo.toml"];

function crates(manifest) {
  const found = new Map();
  for (const platform of platforms) {
    const text = output("cargo", [
      "metadata",
      "--format-version",
      "1",
      "--locked",
      "--manifest-path",
      inRoot(manifest),
      "--filter-platform",
      platform,
    ]);
    if (text === undefined) throw new Error(`cargo metadata for ${platform} failed`);
    const metadata = JSON.parse(text);
    const packages = new Map(metadata.packages.map((entry) => [entry.id, entry]));
    const nodes = new Map(metadata.resolve.nodes.map((node) => [node.id, node]));
    const shipped = new Set();
    const walk = (id) => {
      if (shipped.has(id)) return;
      shipped.add(id);
      for (const { pkg, dep_kinds: kinds } of nodes.get(id).deps) {
        if (kinds.some(({ kind }) => kind === null)) walk(pkg);
      }
    };
    for (const id of metadata.workspace_members)
      if (!buildTools.has(packages.get(id).name)) walk(id);
    for (const id of nodes.keys()) {
      const { name, version, license, source } = packages.get(id);
      const before = found.get(id)?.shipped ?? false;
      found.set(id, {
        name,
        version,
        license,
        own: source === null,
        shipped: before || shipped.has(id),
      });
    }
  }
  return [...found.values()];
}

function npmPackages() {
  const lock = JSON.parse(readFileSync(inRoot("package-lock.json"), "utf8")).packages;
  return Object.entries(lock)
    .filter(([, entry]) => !entry.link)
    .map(([path, { version, license, dev, optional, peer }]) => ({
      name: path.split("node_modules/").pop() || "(root)",
      version,
      license,
      own: !path.includes("node_modules/"),
      shipped: !dev && !optional && !peer,
    }));
}

await runMain(() => {
  let bad = 0;
  for (const [kind, list] of [
    ...manifests.map((manifest) => [`crates of ${manifest}`, crates(manifest)]),
    ["npm packages", npmPackages()],
  ]) {
    for (const { name, version, license, own, shipped } of list) {
      const accepted = own ? ["Apache-2.0"] : shipped ? permissive : tools;
      if (license && accepts(license, accepted)) continue;
      bad += 1;
      console.log(
        `${name} ${version}: ${license ?? "no licence"} is not accepted for what ${shipped ? "is shipped" : "builds and tests"}`,
      );
    }
    const shippedCount = list.filter(({ shipped, own }) => shipped && !own).length;
    console.log(`licences: ${list.length} ${kind}, ${shippedCount} of them shipped dependencies`);
  }
  return bad === 0 ? 0 : 1;
});
