// What `npm test` does. A step is a command; nothing about it is decided at run time. They start in this order, two at a
// time where there are two cores.
//
//   name      what `npm test -- NAME…` selects and the summary prints
//   run       the command and its arguments
//   needs     steps that must have passed before, because this one uses what they make
//   lane      steps of one lane never run beside each other: they would wait for the same build, or answer for the same time
//   counts    the command runs test cases and says how many; a run of none is a failure
//   env       added to the environment
//   show      its output is printed when it passes, too: it is a result, not only a check
//   seconds   how long it may take before it is ended as hanging; default 1200
//
// A step that cannot do a part of its work on this machine says so in a line that starts with "skipped:", which the
// summary repeats.

import { existsSync, readdirSync } from "node:fs";
import { inRoot } from "./lib/shell.mjs";

const words = (command) => command.split(" ");

/** Every `*.test.mjs` of a folder, one file at a time: several of them start servers and browsers. */
function nodeTests(folder) {
  const files = existsSync(inRoot(folder)) ? readdirSync(inRoot(folder)).sort() : [];
  const tests = files.filter((file) => file.endsWith(".test.mjs"));
  // A folder without tests is named, so that Node says what is missing.
  const paths = (tests.length > 0 ? tests : ["*.test.mjs"]).map((file) => `${folder}/${file}`);
  return ["node", "--test", "--test-concurrency=1", ...paths];
}

export const steps = [
  // The wasmtime build comes first: it is most of a cold run.
  { name: "component", lane: "cargo", run: words("cargo run -q -p xtask -- component") },
  {
    name: "host-build",
    lane: "cargo",
    run: words("cargo test --release --locked -p interlock-host --all-targets --no-run"),
    needs: ["component"],
    seconds: 2700,
  },
  // What runs beside the rest needs these.
  { name: "wasm", lane: "cargo", run: words("cargo run -q -p xtask -- bindgen") },
  { name: "js-build", run: words("npm run --silent build --workspace js"), needs: ["wasm"] },

  // Form.
  { name: "rustfmt", run: words("cargo fmt --all --check -- --color=never") },
  {
    name: "clippy",
    lane: "cargo",
    run: words(
      "cargo clippy --locked --workspace --exclude interlock-host --all-targets --all-features -- -D warnings",
    ),
  },
  {
    // In release, where wasmtime's build scripts and macros are compiled already.
    name: "clippy-host",
    lane: "cargo",
    run: words("cargo clippy --release --locked -p interlock-host --all-targets -- -D warnings"),
    needs: ["host-build"],
  },
  { name: "features", lane: "cargo", run: words("node scripts/check-features.mjs") },
  {
    name: "rustdoc",
    lane: "cargo",
    run: words("cargo doc --locked --no-deps --all-features -p interlock-core"),
    env: { RUSTDOCFLAGS: "-Dwarnings" },
  },
  { name: "licences", run: words("node scripts/licences.mjs") },
  { name: "advisories", run: words("node scripts/advisories.mjs") },

  // What a release is held to.
  { name: "versions", lane: "cargo", run: words("cargo run -q -p xtask -- versions") },
  { name: "wit", lane: "cargo", run: words("cargo run -q -p xtask -- wit") },
  { name: "workflows", run: words("node scripts/check-workflows.mjs") },
  { name: "packages", run: words("node scripts/check-packages.mjs"), needs: ["js-build"] },

  // The core, and whatever the thin crates and the build tool test about themselves.
  {
    name: "core",
    lane: "cargo",
    run: words("cargo test --locked --workspace --exclude interlock-host --all-features"),
    // The same random cases every time; `npm run soak` looks for others.
    env: { PROPTEST_RNG_SEED: "1" },
    counts: true,
  },

  {
    // With optimisation, where every split can be tried.
    name: "recordings",
    lane: "cargo",
    run: words("cargo test --release --locked -p interlock-core --test recordings -- --nocapture"),
    counts: true,
  },

  // The proofs, and the core against the programs extracted from them.
  { name: "formal", lane: "cargo", run: ["formal/check"], show: true },

  // The npm package.
  {
    name: "size",
    lane: "cargo",
    run: words("node scripts/size.mjs"),
    needs: ["wasm"],
    show: true,
  },
  {
    name: "tsc",
    run: words("npm run --silent check --workspaces --if-present"),
    needs: ["js-build"],
  },
  {
    name: "eslint",
    run: words("npx --no-install eslint --max-warnings 0 ."),
    needs: ["js-build"],
  },
  { name: "prettier", run: words("npx --no-install prettier --log-level warn --check .") },
  { name: "scripts", run: nodeTests("scripts/test"), counts: true },
  {
    name: "js",
    run: words("npm run --silent test --workspace js"),
    needs: ["js-build"],
    counts: true,
  },
  { name: "bundlers", run: nodeTests("tests/bundlers"), needs: ["js-build"], counts: true },

  // The Python packages. Without a Python they say that they are skipped.
  {
    name: "python-clippy",
    lane: "python",
    run: words(
      "cargo clippy --locked --manifest-path python/Cargo.toml --target-dir target/python/cargo -- -D warnings",
    ),
  },
  {
    name: "python-fmt",
    run: words("cargo fmt --manifest-path python/Cargo.toml --check -- --color=never"),
  },
  {
    name: "python-build",
    lane: "python",
    run: words("node scripts/python.mjs build"),
    needs: ["component"],
  },
  {
    name: "python",
    run: words("node scripts/python.mjs test"),
    needs: ["python-build"],
  },
  {
    name: "python-sdist",
    lane: "python",
    run: words("node scripts/python.mjs sdist"),
  },
  { name: "python-types", run: words("node scripts/python.mjs types"), needs: ["python-build"] },
  {
    name: "python-size",
    run: words("node scripts/python.mjs size"),
    needs: ["python-build"],
    show: true,
  },
  {
    name: "python-differential",
    run: words("node scripts/python.mjs differential"),
    needs: ["python-build"],
    show: true,
  },
  {
    name: "python-contract",
    run: words("node scripts/python.mjs contract"),
    needs: ["python-build"],
    show: true,
  },

  // The hosts.
  {
    name: "host",
    lane: "cargo",
    run: words("cargo test --release --locked -p interlock-host"),
    env: { PROPTEST_RNG_SEED: "1" },
    needs: ["host-build"],
    counts: true,
  },
  {
    name: "conformance",
    lane: "servers",
    run: words("node tests/conformance/run.mjs"),
    needs: ["js-build", "host-build"],
    show: true,
  },
  { name: "e2e", lane: "servers", run: nodeTests("tests/e2e"), needs: ["js-build"], counts: true },
  {
    // A thousand streams at once want a core for themselves.
    name: "load",
    lane: "cargo",
    run: nodeTests("tests/load"),
    needs: ["js-build"],
    counts: true,
  },
  {
    name: "readme",
    lane: "servers",
    run: nodeTests("tests/readme"),
    needs: ["js-build", "host-build"],
    counts: true,
  },
];
