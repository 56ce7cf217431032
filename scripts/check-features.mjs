// Compiles the core with every set of features that somebody may choose, for wasm: that it needs no std is only true if
// it compiles where a feature does not bring one in by chance. And the npm crate with each of its features, of which the
// package's modules are made.

import { run, runMain, output } from "./lib/shell.mjs";
import { sysrootEnv } from "./lib/debian-sysroot.mjs";

await runMain(async () => {
  const metadata = JSON.parse(
    output("cargo", ["metadata", "--format-version", "1", "--no-deps", "--locked"]),
  );
  const featuresOf = (crate) => {
    const { features } = metadata.packages.find(({ name }) => name === crate);
    return Object.keys(features).filter((name) => name !== "default");
  };
  const core = featuresOf("interlock-core");
  const sets = [
    ["interlock-core", []],
    ...core.map((name) => ["interlock-core", [name]]),
    ["interlock-core", core],
    // Without any there is nothing in it.
    ...featuresOf("interlock-bindgen").map((name) => ["interlock-bindgen", [name]]),
  ];
  const env = { ...process.env, RUSTFLAGS: "-Dwarnings", ...sysrootEnv() };
  for (const [crate, set] of sets) {
    console.log(`features: ${crate}: ${set.join(" ") || "(none)"}`);
    const args = ["check", "-q", "--locked", "-p", crate, "--target", "wasm32-unknown-unknown"];
    await run("cargo", [...args, "--no-default-features", "--features", set.join(",")], { env });
  }
});
