// Rust, its wasm target, and its linters.

import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { installDebian } from "./debian.mjs";
import { buildSysroot, sysrootIsFresh } from "./debian-sysroot.mjs";
import { atLeast, pins } from "./pins.mjs";
import { Problem, exitCode, output, which } from "./shell.mjs";

const TARGET = "wasm32-unknown-unknown";

/** Checks the version of the running Node. */
export function checkNode(report) {
  const version = process.versions.node;
  if (!atLeast(version, pins.node))
    throw new Problem(`Node ${version} is older than ${pins.node}: update Node`);
  report.has(`Node ${version}`);
}

/** Checks that there is a Rust that is new enough, and the C compiler that it links with. */
export async function checkRust(report) {
  if (!which("cargo") || !which("rustc")) {
    report.doing("Rust is missing: Debian's rustc-web and cargo-web, by apt-get");
    await installDebian(["rustc-web", "cargo-web"], "Rust (https://rustup.rs is the usual way)");
  }
  const version = /^rustc (\d+\.\d+\.\d+)/.exec(output("rustc", ["--version"]) ?? "")?.[1];
  if (!version) throw new Problem("`rustc --version` fails: repair the Rust installation");
  if (!atLeast(version, pins.rust)) {
    const how = which("rustup")
      ? "`rustup update stable`"
      : "https://rustup.rs, or Debian's rustc-web and cargo-web";
    throw new Problem(`Rust ${version} is older than ${pins.rust}: ${how}`);
  }
  if (!which("cc"))
    throw new Problem("Rust needs a C compiler to link with: `apt-get install gcc libc6-dev`");
  report.has(`Rust ${version}`);
}

/** Adds the wasm target: by rustup where there is one, else Debian's compiler and a standard library built here. */
export async function addWasmTarget(report) {
  if (hasTarget()) {
    report.has(TARGET);
    return;
  }
  if (sysrootIsFresh()) {
    report.has(`${TARGET} built here`);
    return;
  }
  if (which("rustup")) {
    report.doing(`${TARGET}: rustup target add`);
    if ((await exitCode("rustup", ["target", "add", TARGET])) === 0 && hasTarget()) {
      report.has(TARGET);
      return;
    }
    report.doing(
      `${TARGET}: rustup could not add it; building the standard library from Debian's sources instead`,
    );
  } else {
    report.doing(
      `${TARGET}: no rustup here; building the standard library from Debian's sources, about 2 minutes`,
    );
  }
  await buildSysroot(report);
  report.has(`${TARGET} built here`);
}

/** Whether the compiler on the PATH brings the target's standard library. */
function hasTarget() {
  const sysroot = output("rustc", ["--print", "sysroot"]);
  if (!sysroot) return false;
  const folder = join(sysroot, "lib/rustlib", TARGET, "lib");
  return existsSync(folder) && readdirSync(folder).some((name) => /^libstd-.*\.rlib$/.test(name));
}

/** Adds rustfmt and clippy where the Rust installation came without. */
export async function addLinters(report) {
  for (const [tool, component, debian] of [
    ["fmt", "rustfmt", "rustfmt-web"],
    ["clippy", "clippy", "rust-web-clippy"],
  ]) {
    const present = () => output("cargo", [tool, "--version"]) !== undefined;
    if (!present()) {
      if (which("rustup")) {
        report.doing(`${component}: rustup component add`);
        await exitCode("rustup", ["component", "add", component]);
      } else {
        report.doing(`${component}: Debian's ${debian}, by apt-get`);
        await installDebian([debian], component);
      }
      if (!present())
        throw new Problem(`\`cargo ${tool}\` is not there after installing ${component}`);
    }
    report.has(component);
  }
}
