// `npm run check:wasm-pack`: the npm crate builds with wasm-pack for those who expect that, and its Node modules work.

import { mkdirSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter } from "node:path";
import { cargoToolsBin } from "./lib/cargo-tools.mjs";
import { sysrootEnv } from "./lib/debian-sysroot.mjs";
import { Problem, inRoot, run, runMain } from "./lib/shell.mjs";

await runMain(async () => {
  await run("node", ["scripts/setup.mjs", "--for", "wasm-pack"]);
  const out = (target) => inRoot("target/wasm-pack", target);
  // wasm-pack takes wasm-bindgen and wasm-opt from the PATH rather than downloading them.
  const path = [cargoToolsBin, inRoot("node_modules/.bin"), process.env.PATH].join(delimiter);
  const sysroot = sysrootEnv();
  // It looks for the target where rustup keeps it, which a standard library built from source is not.
  const mode = Object.keys(sysroot).length > 0 ? ["--mode", "force"] : ["--mode", "no-install"];
  const builds = [
    ["web", "web"],
    ["bundler", "bundler"],
    ["nodejs", "nodejs"],
    ["signals", "nodejs", "--no-default-features", "--features", "signals"],
  ];
  for (const [folder, target, ...options] of builds) {
    console.log(`check:wasm-pack: wasm-pack build --target ${target} ${options.join(" ")}`);
    rmSync(out(folder), { recursive: true, force: true });
    mkdirSync(out(folder), { recursive: true });
    const args = ["build", "wasm/npm", ...mode, "--target", target, "--out-dir", out(folder)];
    await run("wasm-pack", [...args, ...options], {
      env: { ...process.env, ...sysroot, PATH: path },
    });
  }

  const require = createRequire(import.meta.url);
  const module = require(out("nodejs"));
  // A configuration crosses as JSON: this one leaves everything at its default.
  const monitor = module.StreamMonitor.create(Uint8Array.of(6, 7));
  const codes = [0.9, Number.NaN].map((score) => monitor.push(score));
  if (codes[0] !== 0 || codes[1] === 0) {
    throw new Problem(`the Node module judges 0.9 and NaN as ${codes.join(" and ")}`);
  }
  const overlap = require(out("signals")).wordOverlap("The sky is blue", "the sky is GREY");
  if (overlap !== 0.6)
    throw new Problem(`the Node module of signals finds an overlap of ${overlap}`);
  console.log("check:wasm-pack: web, bundler and nodejs build, and the Node modules judge");
});
