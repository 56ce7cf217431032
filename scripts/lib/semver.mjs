// What the crates are compared with before they are published.

import { spawnSync } from "node:child_process";
import { Problem, output, root } from "./shell.mjs";

/** The tag of the last release before this commit. */
export function lastRelease() {
  const lines = (args) => output("git", args)?.split("\n").filter(Boolean) ?? [];
  const own = lines(["tag", "--points-at", "HEAD"]);
  const sorted = ["tag", "--merged", "HEAD", "--list", "v[0-9]*", "--sort=-v:refname"];
  return lines(sorted).find((tag) => /^v\d+\.\d+\.\d+$/.test(tag) && !own.includes(tag));
}

/**
 * Whether crates.io has a crate.
 *
 * @throws {Problem} where it cannot be asked: what is not known must not count as unpublished
 */
export function isPublished(crate) {
  const done = spawnSync("cargo", ["info", "-q", "--registry", "crates-io", crate], {
    cwd: root,
    encoding: "utf8",
  });
  if (done.status === 0) return true;
  if (done.stderr?.includes(`could not find \`${crate}\` in registry`)) return false;
  throw new Problem(`crates.io cannot be asked for ${crate}: ${done.stderr?.trim() ?? done.error}`);
}

/**
 * The baseline of each crate: a revision if one is named, or else the last release's tag, or else what the registry has.
 *
 * @param {{ named?: string, tag?: string, crates: string[], isPublished: (crate: string) => boolean }} known
 * @returns {{ crates: string[], args: string[], from: string }} the crates that have one, and how cargo-semver-checks is told
 */
export function baseline({ named, tag, crates, isPublished }) {
  const revision = named ?? tag;
  if (revision !== undefined) return { crates, args: ["--baseline-rev", revision], from: revision };
  return { crates: crates.filter((crate) => isPublished(crate)), args: [], from: "crates.io" };
}
