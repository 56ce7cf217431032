// Compiles the core with every set of features that somebody may choose, for wasm: that it needs no std is only true if
// it compiles where a feature does not bring one in by chance.

import { run, runMain, output } from "./lib/shell.mjs";
import { sysrootEnv } from "./lib/debian-sysroot.mjs";

await runMain(async () => {
  const metadata = JSON.parse(
    output("cargo", ["metadata", "--format-version", "1", "--no-deps", "--locked"]),
  );
  const core = metadata.packages.find(({ name }) => name === "interlock-core");
  const features = Object.keys(core.features).filter((name) => name !== "default");
  const sets = [[], ...features.map((name) => [name]), features];
  const env = { ...process.env, RUSTFLAGS: "-Dwarnings", ...sysrootEnv() };
  for (const set of sets) {
    console.log(`features: ${set.join(" ") || "(none)"}`);
    const args = [
      "check",
      "-q",
      "--locked",
      "-p",
      "interlock-core",
      "--target",
      "wasm32-unknown-unknown",
    ];
    await run("cargo", [...args, "--no-default-features", "--features", set.join(",")], { env });
  }
});
