// The published crates against those of the last release: `npm run check:semver [-- --baseline REVISION]`.
//
// Without a baseline it is the last release's tag, or, where there is none, as in a clone without tags, the newest of the
// registry. What cargo-semver-checks finds to break must have a version that may break. It is compiled once, which takes
// minutes, so this is no step of `npm test`.

import { delimiter } from "node:path";
import { addSemverChecks, cargoToolsBin } from "./lib/cargo-tools.mjs";
import { crates } from "./lib/packages.mjs";
import { baseline, isPublished, lastRelease } from "./lib/semver.mjs";
import { Problem, run, runMain } from "./lib/shell.mjs";

await runMain(async () => {
  const at = process.argv.indexOf("--baseline");
  const named = at < 0 ? undefined : process.argv[at + 1];
  if (at >= 0 && !named) throw new Problem("--baseline wants a revision");
  const found = baseline({ named, tag: lastRelease(), crates, isPublished });
  const without = crates.filter((name) => !found.crates.includes(name));
  if (without.length > 0) {
    console.log(
      `skipped: ${without.join(", ")}, for there is no tag of a release and crates.io has none of the name`,
    );
  }
  if (found.crates.length === 0) return 0;
  await addSemverChecks({ doing: console.log, has: () => {} });
  console.log(`comparing ${found.crates.join(", ")} with ${found.from}`);
  const env = { ...process.env, PATH: [cargoToolsBin, process.env.PATH].join(delimiter) };
  const names = found.crates.flatMap((name) => ["-p", name]);
  const args = ["semver-checks", "check-release", ...found.args, ...names, "--all-features"];
  await run("cargo", args, { env });
  return 0;
});
