// The published crates against those of the last release: `npm run check:semver [-- --baseline REVISION]`.
//
// Without a baseline it is the last release's tag. What cargo-semver-checks finds to break must have a version that may
// break. It is compiled once, which takes minutes, so this is no step of `npm test`.

import { delimiter } from "node:path";
import { addSemverChecks, cargoToolsBin } from "./lib/cargo-tools.mjs";
import { crates } from "./lib/packages.mjs";
import { Problem, output, run, runMain } from "./lib/shell.mjs";

/** The tag of the last release before this commit. */
function lastRelease() {
  const lines = (args) => output("git", args)?.split("\n").filter(Boolean) ?? [];
  const own = lines(["tag", "--points-at", "HEAD"]);
  const sorted = ["tag", "--merged", "HEAD", "--list", "v[0-9]*", "--sort=-v:refname"];
  return lines(sorted).find((tag) => /^v\d+\.\d+\.\d+$/.test(tag) && !own.includes(tag));
}

await runMain(async () => {
  const at = process.argv.indexOf("--baseline");
  const baseline = at < 0 ? lastRelease() : process.argv[at + 1];
  if (baseline === undefined) {
    if (at >= 0) throw new Problem("--baseline wants a revision");
    console.log("skipped: the comparison of crates, for nothing is published yet");
    return 0;
  }
  await addSemverChecks({ doing: console.log, has: () => {} });
  const env = { ...process.env, PATH: [cargoToolsBin, process.env.PATH].join(delimiter) };
  const names = crates.flatMap((name) => ["-p", name]);
  const args = ["semver-checks", "check-release", "--baseline-rev", baseline, ...names];
  await run("cargo", [...args, "--all-features"], { env });
  return 0;
});
