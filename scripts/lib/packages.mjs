// What is published; and what a list of packed files holds that it should not, and lacks that it should have.

import { posix } from "node:path";

/** The crates that are published, each after those that it uses. */
export const crates = ["interlock-vector", "interlock-core"];

/** A line for each path that fits none of the patterns, or is of tests. */
export function strays(paths, patterns) {
  const isTest = (path) => /(^|[./-])(test|tests|spec)[./]/.test(path);
  return paths
    .filter((path) => isTest(path) || !patterns.some((pattern) => pattern.test(path)))
    .map((path) => `${path} is packed`);
}

/**
 * A line for each import of a packed file that is not packed.
 *
 * @param {string[]} paths
 * @param {(path: string) => string[]} imports relative specifiers of a file
 */
export function referencesOutside(paths, imports) {
  const packed = new Set(paths);
  const problems = [];
  for (const path of paths) {
    for (const specifier of imports(path)) {
      // An edge bundler is told by a query how to take a module.
      const target = posix.join(posix.dirname(path), specifier.split("?")[0]);
      // The types of a module stand beside it.
      const types = target.replace(/(\.js)?$/, ".d.ts");
      const found = path.endsWith(".d.ts")
        ? packed.has(types) || packed.has(target)
        : packed.has(target);
      if (!found) problems.push(`${path} imports ${specifier}, which is not packed`);
    }
  }
  return problems;
}
