// Known vulnerabilities of the dependencies, where something on this machine knows them: npm's registry for npm packages,
// cargo-audit (if it is installed) for crates. What cannot be asked is said in a line.

import { spawnSync } from "node:child_process";
import { output, root, run, runMain } from "./lib/shell.mjs";

/** What npm's registry says, or undefined if it says nothing. */
function npmAudit() {
  const done = spawnSync("npm", ["audit", "--json"], {
    cwd: root,
    encoding: "utf8",
    maxBuffer: 1 << 26,
    timeout: 60_000,
  });
  try {
    const report = JSON.parse(done.stdout);
    return report.vulnerabilities ? report : undefined;
  } catch {
    return undefined;
  }
}

await runMain(async () => {
  let code = 0;
  const report = npmAudit();
  if (!report) {
    console.log("skipped: npm advisories, since the registry does not answer `npm audit`");
  } else {
    // Nothing that is shipped depends on an npm package; what only builds and tests is for the reader to judge.
    const lock = JSON.parse(output("npm", ["ls", "--omit=dev", "--all", "--json"]) ?? "{}");
    const shipped = new Set();
    const walk = (node) =>
      Object.entries(node.dependencies ?? {}).forEach(([name, inner]) => {
        shipped.add(name);
        walk(inner);
      });
    walk(lock);
    for (const { name, severity, range } of Object.values(report.vulnerabilities)) {
      const isShipped = shipped.has(name);
      if (isShipped) code = 1;
      console.log(`${isShipped ? "SHIPPED" : "development only"}: ${name} ${range}: ${severity}`);
    }
    console.log(
      `npm advisories: ${Object.keys(report.vulnerabilities).length}, ${code ? "some" : "none"} in what is shipped`,
    );
  }
  if (output("cargo", ["audit", "--version"]))
    await run("cargo", ["audit", "--no-fetch", "--stale"]);
  else
    console.log("skipped: crate advisories, since cargo-audit and its database are not installed");
  return code;
});
