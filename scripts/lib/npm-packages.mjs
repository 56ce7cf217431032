// The npm packages of the lock file.

import { existsSync, readFileSync } from "node:fs";
import { inRoot, run } from "./shell.mjs";

/** Runs `npm ci` unless node_modules is what package-lock.json says. */
export async function addPackages(report) {
  const missing = firstDifference();
  if (missing) {
    report.doing(`npm packages: npm ci, since ${missing}`);
    // No package here needs its install script: the binaries of workerd and esbuild are packages of their own.
    await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]);
  }
  report.has("npm packages");
}

/**
 * What npm would change, in words, or undefined. npm records what it has installed in node_modules/.package-lock.json,
 * so this is right for packages that were installed by hand too.
 */
function firstDifference() {
  const record = inRoot("node_modules/.package-lock.json");
  if (!existsSync(record)) return "node_modules is not there";
  const installed = JSON.parse(readFileSync(record, "utf8")).packages;
  const locked = JSON.parse(readFileSync(inRoot("package-lock.json"), "utf8")).packages;
  for (const [path, wanted] of Object.entries(locked)) {
    if (!path.includes("node_modules/")) continue;
    const present = installed[path];
    // Packages for other platforms are optional and left out.
    if (!present && (wanted.optional || wanted.peer)) continue;
    if (
      present?.version !== wanted.version ||
      present?.link !== wanted.link ||
      !existsSync(inRoot(path))
    ) {
      return `${path.replace(/^node_modules\//, "")} is ${present ? "another version" : "not there"}`;
    }
  }
  const extra = Object.keys(installed).find(
    (path) => path.includes("node_modules/") && !locked[path],
  );
  return extra && `${extra.replace(/^node_modules\//, "")} is no longer wanted`;
}
