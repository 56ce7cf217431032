// The standard library for wasm32-unknown-unknown, built from Debian's sources, for machines without rustup.
//
// Debian ships a recent compiler (rustc-web) and its sources (rust-web-src), but no wasm standard library for it. Building
// one takes nightly flags; so it is built once into a folder that looks like a compiler's sysroot, and everything
// else uses that with a wrapper around rustc and no flags at all. Nothing is installed and no root is needed: the packages
// are downloaded and unpacked under target/.

import { createHash } from "node:crypto";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { Problem, inRoot, output, run, which } from "./shell.mjs";

const TARGET = "wasm32-unknown-unknown";
const folder = inRoot("target/wasm-sysroot");
const keyFile = join(folder, "key");

/** The compiler that the sysroot is for: Debian's, even where a rustup that was refused stands before it on the PATH. */
function compiler() {
  for (const rustc of ["/usr/bin/rustc", which("rustc")]) {
    const version = rustc && existsSync(rustc) && output(rustc, ["-vV"], { env: withoutRustup() });
    if (version) return { rustc, version };
  }
  throw new Problem("no rustc found");
}

const withoutRustup = () => {
  const env = { ...process.env };
  delete env.RUSTUP_TOOLCHAIN;
  return env;
};

/** The wrapper has its folder in it, so a sysroot belongs to a compiler and a place. */
const keyOf = (version) =>
  createHash("sha256").update(`format 1\n${folder}\n${version}`).digest("hex");

/** Whether the sysroot exists and belongs to the compiler of this machine. */
export function sysrootIsFresh() {
  if (!existsSync(keyFile)) return false;
  return readFileSync(keyFile, "utf8") === keyOf(compiler().version);
}

/** What the environment of a wasm build needs: nothing unless the sysroot is in use. */
export function sysrootEnv() {
  const file = join(folder, "env");
  if (!existsSync(file)) return {};
  return Object.fromEntries(
    readFileSync(file, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}

/** Builds the sysroot. */
export async function buildSysroot(report) {
  const { rustc, version } = compiler();
  const release = /^release: (\S+)/m.exec(version)?.[1];
  const llvm = /^LLVM version: (\d+)/m.exec(version)?.[1];
  const host = /^host: (\S+)/m.exec(version)?.[1];
  const own = output(rustc, ["--print", "sysroot"], { env: withoutRustup() });
  if (!release || !llvm || !host || !own)
    throw new Problem(`${rustc} -vV says too little:\n${version}`);

  // A target folder that has seen another standard library would keep its artifacts.
  rmSync(folder, { recursive: true, force: true });
  rmSync(inRoot("target", TARGET), { recursive: true, force: true });
  const debs = join(folder, "debian");
  mkdirSync(debs, { recursive: true });

  const source = await findSource(report, own, release, debs);
  const linker = await findLinker(report, llvm, debs);

  // First a sysroot that has the sources where Cargo looks for them, to build with.
  const first = join(folder, "build");
  link(join(own, "lib/rustlib", host), join(first, "lib/rustlib", host));
  link(source, join(first, "lib/rustlib/src/rust"));
  const firstRustc = wrapper(join(first, "bin/rustc"), rustc, first);

  report.doing(`standard library of Rust ${release} for ${TARGET}: cargo build`);
  const cargoHome = process.env.CARGO_HOME || join(homedir(), ".cargo");
  const crate = join(folder, "empty");
  mkdirSync(join(crate, "src"), { recursive: true });
  const manifest =
    '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n\n[workspace]\n';
  writeFileSync(join(crate, "Cargo.toml"), manifest);
  writeFileSync(join(crate, "src/lib.rs"), "#![no_std]\n");
  const cargo = existsSync("/usr/bin/cargo") ? "/usr/bin/cargo" : "cargo";
  await run(
    cargo,
    [
      "build",
      "--release",
      "--target",
      TARGET,
      "-Zbuild-std=std,panic_abort,test",
      "-Zbuild-std-features=",
      "--target-dir",
      join(folder, "out"),
    ],
    {
      cwd: crate,
      env: {
        ...withoutRustup(),
        RUSTC: firstRustc,
        RUSTC_BOOTSTRAP: "1",
        // Without bitcode there is no link-time optimisation across the standard library.
        CARGO_ENCODED_RUSTFLAGS: [
          "-Cembed-bitcode=yes",
          // As the published standard library does: no panic message tells where it was built.
          `--remap-path-prefix=${join(first, "lib/rustlib/src/rust")}=/rustc/${release}`,
          `--remap-path-prefix=${join(cargoHome, "registry/src")}=/rust/deps`,
        ].join("\x1f"),
        CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linker,
      },
    },
  );

  // Then the sysroot that everything is built with.
  const libraries = join(folder, "sysroot/lib/rustlib", TARGET, "lib");
  mkdirSync(libraries, { recursive: true });
  const built = join(folder, "out", TARGET, "release/deps");
  for (const file of readdirSync(built)) {
    if (file.endsWith(".rlib") && !file.startsWith("libempty-"))
      cpSync(join(built, file), join(libraries, file));
  }
  link(join(own, "lib/rustlib", host), join(folder, "sysroot/lib/rustlib", host));
  const env = {
    RUSTC: wrapper(join(folder, "bin/rustc"), rustc, join(folder, "sysroot")),
    CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER: linker,
  };
  writeFileSync(
    join(folder, "env"),
    Object.entries(env)
      .map((pair) => `${pair.join("=")}\n`)
      .join(""),
  );
  for (const rest of ["out", "build", "empty", "debian/usr/src"])
    rmSync(join(folder, rest), { recursive: true, force: true });
  writeFileSync(keyFile, keyOf(version));
}

/** The sources of exactly this compiler: sources of one version do not build with a compiler of another. */
async function findSource(report, own, release, debs) {
  const places = [join(own, "lib/rustlib/src/rust"), `/usr/src/rustc-${release}`];
  const installed = places.find((place) => existsSync(join(place, "library/std/Cargo.toml")));
  const version = installed && readVersion(installed);
  if (installed && (version === undefined || version === release)) return installed;
  await unpack(report, "rust-web-src", debs, ["./usr/src/*/library", "./usr/src/*/version"]);
  const unpacked = join(debs, "usr/src", `rustc-${release}`);
  if (existsSync(join(unpacked, "library"))) return unpacked;
  throw new Problem(
    `the compiler is Rust ${release}, Debian's sources (${readdirSync(join(debs, "usr/src")).join(", ")}) are not: ` +
      "bring both to one version (`apt-get install rustc-web cargo-web`), or take Rust from https://rustup.rs",
  );
}

function readVersion(source) {
  const file = join(source, "version");
  return existsSync(file) ? readFileSync(file, "utf8").split(/\s/)[0] : undefined;
}

/** LLVM's wasm linker in the compiler's version. */
async function findLinker(report, llvm, debs) {
  const installed = which(`wasm-ld-${llvm}`) ?? which("wasm-ld");
  if (installed) return installed;
  await unpack(report, `lld-${llvm}`, debs, ["./usr/lib"]);
  const linker = join(debs, `usr/lib/llvm-${llvm}/bin/wasm-ld`);
  if (output(linker, ["--version"]) === undefined) throw new Problem(`${linker} does not run`);
  return linker;
}

/** Downloads a Debian package and unpacks a part of it. */
async function unpack(report, name, into, parts) {
  if (!which("apt-get") || !which("dpkg-deb")) {
    throw new Problem(
      `the wasm target needs rustup (https://rustup.rs), or Debian's ${name}; this is no Debian`,
    );
  }
  report.doing(`Debian's ${name}: apt-get download`);
  const isRoot = process.getuid?.() === 0;
  const known = /Candidate: \d/.test(output("apt-cache", ["policy", name]) ?? "");
  if (!known && isRoot) await run("apt-get", ["-q", "update"]);
  else if (!known) throw new Problem(`apt does not know ${name}: run \`sudo apt-get update\` once`);
  await run("apt-get", ["-q", "download", "-o", "APT::Sandbox::User=root", name], { cwd: into });
  const file = readdirSync(into).find((entry) => entry.startsWith(`${name}_`));
  if (!file) throw new Problem(`apt-get download ${name} left no file`);
  await run("sh", [
    "-c",
    'dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --wildcards "$3" ${4:+"$4"}',
    "sh",
    join(into, file),
    into,
    ...parts,
  ]);
  rmSync(join(into, basename(file)));
}

function link(target, path) {
  mkdirSync(join(path, ".."), { recursive: true });
  symlinkSync(target, path);
}

/** Writes a rustc that is the given one with another sysroot. */
function wrapper(path, rustc, sysroot) {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `#!/bin/sh\nexec '${rustc}' --sysroot '${sysroot}' "$@"\n`);
  chmodSync(path, 0o755);
  return path;
}
