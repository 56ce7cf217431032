// The wheel for every platform that can be built for from here, checked, and run where this machine can run it.
//
// zig from PyPI links for Linux, against the C library of manylinux2014, and for macOS; Debian's mingw for Windows. An
// ARM64 wheel runs in QEMU, in a Debian of that processor that is unpacked, not installed. Everything lands in
// target/python, and what is there is used again.

import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { debianTree } from "./debian-tree.mjs";
import { addEnvironment, interpreter, pythonTarget } from "./python.mjs";
import { Problem, inRoot, output, run, which } from "./shell.mjs";
import { table } from "./test-report.mjs";

const LARGEST = 1.5e6;
const linux = ["--zig", "--compatibility", "manylinux2014"];
const tree = (name) => pythonTarget("debian", name);

/**
 * The platforms of the release. `tag` is what a wheel's name says of it; `runs` gives a Python of the platform that has
 * the wheel and pytest, where there can be one on this machine.
 */
const platforms = [
  {
    target: "x86_64-unknown-linux-gnu",
    tag: /manylinux.*x86_64/,
    options: linux,
    prepare: () => unwinder("x64"),
    runs: ownPython("x64"),
  },
  {
    target: "aarch64-unknown-linux-gnu",
    tag: /manylinux.*aarch64/,
    options: linux,
    prepare: () => unwinder("arm64"),
    runs: process.arch === "arm64" ? ownPython("arm64") : armPython,
  },
  { target: "x86_64-pc-windows-gnu", tag: /win_amd64/, options: [], prepare: mingw },
  { target: "x86_64-apple-darwin", tag: /macosx.*x86_64/, options: ["--zig"] },
  { target: "aarch64-apple-darwin", tag: /macosx.*arm64/, options: ["--zig"] },
];

/**
 * Builds, checks, runs, and prints a table of it.
 *
 * @param {string} [only] the target that is built for, and must be; all that can be unless it is given
 * @returns {Promise<number>} 1 if a wheel is wrong
 */
export async function crossWheels(only) {
  const python = await addEnvironment("cross");
  const folder = pythonTarget("cross-wheels");
  const chosen = platforms.filter(({ target }) => only === undefined || target === only);
  if (chosen.length === 0) throw new Problem(`${only} is none of the wheel's platforms`);
  const old = existsSync(folder) ? readdirSync(folder) : [];
  for (const name of old.filter((each) => chosen.some(({ tag }) => tag.test(each))))
    rmSync(join(folder, name));
  const rows = [];
  for (const platform of chosen) {
    const row = { platform: platform.target, built: "no", size: "", audit: "", ran: "" };
    rows.push(row);
    try {
      await build(python, platform, folder);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      console.log(`skipped: a wheel for ${platform.target}: ${error.message}`);
      continue;
    }
    const found = readdirSync(folder).filter((name) => platform.tag.test(name));
    if (found.length !== 1) throw new Problem(`${platform.target} made ${found.length} wheels`);
    const [name] = found;
    const bytes = statSync(join(folder, name)).size;
    Object.assign(row, { built: "yes", size: `${bytes}${bytes > LARGEST ? ", too large" : ""}` });
    row.audit = audit(python, join(folder, name));
    row.ran = platform.runs ? await runTests(platform, join(folder, name)) : "cannot here";
  }
  const wheels = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  if (wheels.length > 0) await run(python, [inRoot("python/wheels/check.py"), ...wheels]);
  const head = ["platform", "built", "bytes", "audit", "tests"];
  console.log(
    table(
      head,
      rows.map((row) => Object.values(row)),
    ),
  );
  const wrong = ({ size, audit: checked, ran }) =>
    size.includes("too large") || checked.includes("FAILED") || ran.includes("FAILED");
  const lacking = ({ built }) => only !== undefined && built === "no";
  return rows.some((row) => wrong(row) || lacking(row)) ? 1 : 0;
}

async function build(python, { target, options, prepare }, folder) {
  const has = () =>
    output("rustup", ["target", "list", "--installed"])?.split("\n").includes(target);
  if (!has() && output("rustup", ["target", "add", target]) === undefined)
    throw new Problem("there is no standard library for it, and no rustup to add it");
  const path = [dirname(python), process.env.PATH].join(delimiter);
  const env = { ...process.env, CARGO_TARGET_DIR: pythonTarget("cargo"), PATH: path };
  const { env: more, rustc } = (await prepare?.(path)) ?? {};
  const what = ["-m", inRoot("python/Cargo.toml"), "--target", target, "-o", folder, ...options];
  const last = rustc ? ["--", ...rustc] : [];
  await run(python, ["-m", "maturin", "build", "-q", "--release", "--locked", ...what, ...last], {
    env: { ...env, ...more },
  });
}

/**
 * Has zig link with the system's unwinder. Of itself it puts one of its own into the module, and that one cannot read what
 * the system's hands it when Python ends a thread that waits in native code: the program would crash as it ends.
 */
async function unwinder(architecture) {
  const name = "libgcc_s.so.1";
  const own = process.arch === architecture && output("cc", [`-print-file-name=${name}`]);
  if (!own && architecture !== "arm64") throw new Problem(`there is no ${name} for it`);
  const library = own || join(await armSystem(), "lib/aarch64-linux-gnu", name);
  return { rustc: ["-C", `link-arg=${library}`] };
}

/** A Debian for ARM64 with its Python. */
const armSystem = () => debianTree(tree("arm64"), "arm64", ["python3"]);

/** A linker for Windows: the installed one, or one unpacked here. */
async function mingw(path) {
  const variable = "CARGO_TARGET_X86_64_PC_WINDOWS_GNU_LINKER";
  const installed = which("x86_64-w64-mingw32-gcc");
  if (installed) return { env: { [variable]: installed } };
  const unpacked = await debianTree(tree("mingw"), "amd64", ["gcc-mingw-w64-x86-64-win32"]);
  const bin = join(unpacked, "usr/bin");
  const linker = join(bin, "x86_64-w64-mingw32-gcc-win32");
  return { env: { [variable]: linker, PATH: [bin, path].join(delimiter) } };
}

/** auditwheel for Linux, abi3audit for all: the symbols that the wheel takes are of the C library and the ABI it names. */
function audit(python, wheel) {
  const checks = [["abi3audit", "--strict", wheel]];
  if (wheel.includes("manylinux")) checks.push(["auditwheel", "show", wheel]);
  const results = checks.map(([tool, ...args]) => {
    const done = spawnSync(python, ["-m", tool, ...args], { encoding: "utf8" });
    const consistent =
      tool !== "auditwheel" || /consistent\s+with the following platform\s+tag/.test(done.stdout);
    if (done.status === 0 && consistent) return `${tool} ok`;
    console.log(`${done.stdout}${done.stderr}`);
    return `${tool} FAILED`;
  });
  return results.join(", ");
}

async function runTests({ target, runs }, wheel) {
  let python;
  try {
    python = await runs(wheel);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    console.log(`skipped: the tests on ${target}: ${error.message}`);
    return "no";
  }
  const options = ["-q", "-p", "no:cacheprovider", "--tb=short", inRoot("python/tests")];
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: "1" };
  const done = spawnSync(python, ["-m", "pytest", ...options], { encoding: "utf8", env });
  const counted = done.stdout.trim().split("\n").pop() ?? "";
  if (done.status === 0) return counted;
  console.log(`${done.stdout}${done.stderr}`);
  return `FAILED: ${counted}`;
}

/** This machine's Python with the wheel in it. */
function ownPython(architecture) {
  return async (wheel) => {
    if (process.arch !== architecture || process.platform !== "linux")
      throw new Problem("this machine is another platform");
    const python = interpreter("cross");
    const pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"];
    await run(python, [...pip, "--force-reinstall", wheel]);
    return python;
  };
}

/** Debian's Python for ARM64, run by QEMU, with the wheel beside it. */
async function armPython(wheel) {
  if (process.arch !== "x64" || process.platform !== "linux")
    throw new Problem("QEMU is set up on Linux on x86-64 alone");
  const emulator = "usr/bin/qemu-aarch64-static";
  const qemu =
    which("qemu-aarch64-static") ??
    join(await debianTree(tree("qemu"), "amd64", ["qemu-user-static"], [emulator]), emulator);
  const system = await armSystem();
  const packages = pythonTarget("debian/arm64/packages");
  rmSync(packages, { recursive: true, force: true });
  const pip = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"];
  const platform = ["--platform", "manylinux2014_aarch64", "--only-binary", ":all:"];
  // What is pure of the same environment, and the wheel itself as pip on that processor would take it.
  const pure = ["iniconfig", "packaging", "pluggy", "Pygments", "pytest"];
  const versions = output(interpreter("cross"), ["-m", "pip", "freeze"]).split("\n");
  const pinned = versions.filter((line) => pure.includes(line.split("==")[0]));
  const into = [...platform, "--implementation", "cp", "--python-version", "3.11", "-t", packages];
  await run(interpreter("cross"), [...pip, ...into, wheel, ...pinned]);
  // A program that starts its own interpreter again finds this one.
  const python = join(dirname(packages), "python");
  const quoted = [qemu, system, join(system, "usr/bin/python3"), packages];
  const [emulate, root, program, path] = quoted.map((text) => `'${text.replaceAll("'", `'\\''`)}'`);
  const command = `exec ${emulate} -0 "$0" -L ${root} -E PYTHONPATH=${path} ${program} "$@"\n`;
  writeFileSync(python, `#!/bin/sh\nPYTHONHOME=${root}/usr; export PYTHONHOME\n${command}`);
  chmodSync(python, 0o755);
  return python;
}
