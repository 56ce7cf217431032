// What `npm test` does, in this order. A step is a command; nothing about it is decided at run time.
//
//   name      what `npm test -- NAME…` selects and the summary prints
//   run       the command and its arguments
//   needs     steps that must have passed before, because this one uses what they make
//   counts    the command runs test cases and says how many; a run of none is a failure
//   env       added to the environment
//   show      its output is printed when it passes, too: it is a result, not only a check
//   seconds   how long it may take before it is ended as hanging; default 1200
//
// A step that cannot do a part of its work on this machine says so in a line that starts with "skipped:", which the
// summary repeats.

import { readdirSync } from "node:fs";
import { inRoot } from "./lib/shell.mjs";

const cargo = (...args) => ["cargo", ...args];
const npm = (script, workspace) => ["npm", "run", "--silent", script, "--workspace", workspace];
const script = (name, ...args) => ["node", `scripts/${name}.mjs`, ...args];

const ownTests = readdirSync(inRoot("scripts/test")).map((file) => `scripts/test/${file}`);

export const steps = [
  // The wasmtime build comes first: it takes most of a cold run, and a failure later must not wait for it twice.
  {
    name: "component",
    run: cargo("run", "-q", "-p", "xtask", "--", "component"),
  },
  {
    name: "host-build",
    run: cargo(
      "test",
      "--release",
      "--locked",
      "-p",
      "interlock-host",
      "--all-targets",
      "--no-run",
    ),
    needs: ["component"],
    seconds: 2700,
  },

  // Form.
  { name: "rustfmt", run: cargo("fmt", "--all", "--check", "--", "--color=never") },
  {
    name: "clippy",
    run: cargo(
      ...[
        "clippy",
        "--locked",
        "--workspace",
        "--exclude",
        "interlock-host",
        "--all-targets",
        "--all-features",
      ],
      ...["--", "-D", "warnings"],
    ),
  },
  {
    // In release, where wasmtime's build scripts and macros are compiled already.
    name: "clippy-host",
    run: cargo(
      "clippy",
      "--release",
      "--locked",
      "-p",
      "interlock-host",
      "--all-targets",
      "--",
      "-D",
      "warnings",
    ),
    needs: ["host-build"],
  },
  { name: "features", run: script("check-features") },
  {
    name: "rustdoc",
    run: cargo("doc", "--locked", "--no-deps", "--all-features", "-p", "interlock-core"),
    env: { RUSTDOCFLAGS: "-Dwarnings" },
  },
  { name: "licences", run: script("licences") },
  { name: "advisories", run: script("advisories") },

  // The core, and whatever the thin crates and the build tool test about themselves.
  {
    name: "core",
    run: cargo("test", "--locked", "--workspace", "--exclude", "interlock-host", "--all-features"),
    counts: true,
  },

  // The npm package.
  { name: "wasm", run: cargo("run", "-q", "-p", "xtask", "--", "bindgen") },
  { name: "js-build", run: npm("build", "js"), needs: ["wasm"] },
  { name: "size", run: script("size"), needs: ["wasm"], show: true },
  {
    name: "tsc",
    run: ["npm", "run", "--silent", "check", "--workspaces", "--if-present"],
    needs: ["js-build"],
  },
  {
    name: "eslint",
    run: ["npx", "--no-install", "eslint", "--max-warnings", "0", "."],
    needs: ["js-build"],
  },
  {
    name: "prettier",
    run: ["npx", "--no-install", "prettier", "--log-level", "warn", "--check", "."],
  },
  { name: "scripts", run: ["node", "--test", ...ownTests], counts: true },
  { name: "js", run: npm("test", "js"), needs: ["js-build"], counts: true },
  { name: "bundlers", run: npm("bundlers", "tests"), needs: ["js-build"], counts: true },

  // The hosts.
  {
    name: "host",
    run: cargo("test", "--release", "--locked", "-p", "interlock-host"),
    needs: ["host-build"],
    counts: true,
  },
  {
    name: "conformance",
    run: npm("conformance", "tests"),
    needs: ["js-build", "host-build"],
    show: true,
  },
  { name: "e2e", run: npm("e2e", "tests"), needs: ["js-build"], counts: true },
  { name: "readme", run: npm("readme", "tests"), needs: ["js-build", "host-build"], counts: true },
];
