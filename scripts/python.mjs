// The Python packages: `node scripts/python.mjs WHAT`.
//
//   build          the wheel and the package `interlock`, installed into target/python/ours
//   sdist          the source distribution, and what is built from it without network
//   test           their tests
//   types          the stubs against the modules
//   differential   random calls, ours against the published wheel; --calls N a class
//   contract       director-ai with the wheel absent, installed, too old, too new and broken, and its own tests
//   bench          rows of `npm run bench`, ours against the published wheel; all, or those whose names follow
//   cross          wheels for every platform that can be built for here, into target/python/cross-wheels; checks all, runs what runs
//                  here; --only TARGET
//   size           the wheel and what an import takes, as rows of target/size.json
//
// Where there is no Python a line says what is skipped, and nothing fails.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { delimiter, dirname } from "node:path";
import { atMost, mergeRows, rowsAsTable } from "./bench-rows.mjs";
import { crossWheels } from "./lib/cross-wheels.mjs";
import { addEnvironment, findPython, interpreter, pythonTarget } from "./lib/python.mjs";
import { Problem, inRoot, run, runMain } from "./lib/shell.mjs";
import { table } from "./lib/test-report.mjs";

const wheels = pythonTarget("wheels");
const env = { ...process.env, CARGO_TARGET_DIR: pythonTarget("cargo") };

/** Runs a Python program of ours; throws when it fails. */
const python = (...args) => run(interpreter("ours"), args.flat());

function onlyWheel(start) {
  const found = existsSync(wheels)
    ? readdirSync(wheels).filter((name) => name.startsWith(start) && name.endsWith(".whl"))
    : [];
  if (found.length !== 1) throw new Problem(`not one ${start} wheel in ${wheels}: build it first`);
  return `${wheels}/${found[0]}`;
}

async function build() {
  await addEnvironment("ours");
  rmSync(wheels, { recursive: true, force: true });
  const manifest = ["-m", inRoot("python/Cargo.toml")];
  await run(
    interpreter("ours"),
    [
      "-m",
      "maturin",
      "build",
      "-q",
      "--release",
      "--locked",
      ...manifest,
      "-o",
      wheels,
      "-i",
      interpreter("ours"),
    ],
    { env },
  );
  // The component lies beside the modules of the package while it is built.
  const beside = inRoot("python/interlock/src/interlock");
  const copies = ["interlock", "interlock-advanced"].map((name) => `${name}.component.wasm`);
  for (const name of copies) copyFileSync(inRoot("target/component", name), `${beside}/${name}`);
  const pip = ["-m", "pip", "-q", "--disable-pip-version-check"];
  try {
    const options = ["--no-deps", "--no-build-isolation", "-w", wheels];
    await python(pip, "wheel", options, inRoot("python/interlock"));
  } finally {
    for (const name of copies) rmSync(`${beside}/${name}`, { force: true });
    for (const name of ["build", "src/interlock.egg-info"]) {
      rmSync(inRoot("python/interlock", name), { recursive: true, force: true });
    }
  }
  for (const start of ["backfire_kernel", "interlock"]) {
    await python(pip, "install", "--no-deps", "--force-reinstall", onlyWheel(start));
  }
}

/**
 * The source distribution, and a wheel built from it alone, without network, whose tests pass. What was so built is not
 * built again.
 */
async function sdist() {
  const environment = await addEnvironment("source");
  const folder = pythonTarget("sdist");
  rmSync(folder, { recursive: true, force: true });
  const manifest = ["-m", inRoot("python/Cargo.toml"), "-o", folder];
  await run(environment, ["-m", "maturin", "sdist", ...manifest]);
  const [name] = readdirSync(folder);
  const file = `${folder}/${name}`;
  await run(environment, [inRoot("python/wheels/source.py"), file]);
  const stamp = pythonTarget("sdist.built");
  const key = createHash("sha256").update(readFileSync(file)).digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === key) {
    console.log(`sdist: ${name} was built from itself`);
    return;
  }
  // A folder whose files are as new as this: Cargo goes by their times.
  const unpacked = pythonTarget("sdist-source");
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked);
  await run("tar", ["-xzmf", file, "-C", unpacked, "--strip-components=1"]);
  const built = pythonTarget("sdist-wheel");
  rmSync(built, { recursive: true, force: true });
  const pip = ["-m", "pip", "-q", "--disable-pip-version-check"];
  const alone = ["--no-deps", "--no-index", "--no-build-isolation", "-w", built];
  await run(environment, [...pip, "wheel", ...alone, unpacked], {
    env: {
      ...env,
      CARGO_NET_OFFLINE: "true",
      PATH: [dirname(environment), process.env.PATH].join(delimiter),
    },
  });
  const wheel = `${built}/${readdirSync(built)[0]}`;
  await run(environment, [...pip, "install", "--no-deps", "--force-reinstall", wheel]);
  const options = ["-q", "-p", "no:cacheprovider", "--tb=short"];
  await run(environment, ["-m", "pytest", ...options, inRoot("python/tests")]);
  writeFileSync(stamp, key);
}

/** Says what pytest counted the way other runners do. */
async function test() {
  const files = ["python/tests", "python/interlock/tests"].map((folder) => inRoot(folder));
  const options = ["-q", "-p", "no:cacheprovider", "--tb=short"];
  const done = spawnSync(interpreter("ours"), ["-m", "pytest", ...options, ...files], {
    encoding: "utf8",
    env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
  });
  process.stdout.write(done.stdout);
  process.stderr.write(done.stderr);
  const count = (word) => Number(new RegExp(`(\\d+) ${word}`).exec(done.stdout)?.[1] ?? 0);
  const [passed, failed, skipped] = ["passed", "failed", "skipped"].map(count);
  const word = done.status === 0 ? "ok" : "FAILED";
  console.log(`test result: ${word}. ${passed} passed; ${failed} failed; ${skipped} ignored`);
  return done.status ?? 1;
}

function types() {
  const known = ["--allowlist", inRoot("python/stubtest-allow.txt")];
  return python("-m", "mypy.stubtest", "--concise", known, "backfire_kernel", "kgents_core");
}

async function differential() {
  await addEnvironment("published");
  const at = process.argv.indexOf("--calls");
  const calls = at < 0 ? [] : [process.argv[at + 1]];
  const folder = pythonTarget("differential");
  mkdirSync(folder, { recursive: true });
  await python(
    inRoot("python/differential/run.py"),
    interpreter("published"),
    interpreter("ours"),
    folder,
    calls,
  );
}

async function contract() {
  await addEnvironment("plain");
  await addEnvironment("published");
  await python(inRoot("python/contract/run.py"), interpreter("plain"), interpreter("ours"));
  const folder = pythonTarget("director-ai");
  const source = `${folder}/director_ai-3.21.0`;
  if (!existsSync(`${source}/tests`)) {
    mkdirSync(folder, { recursive: true });
    const options = ["--no-deps", "--no-binary", ":all:", "--no-build-isolation", "-d", folder];
    await python("-m", "pip", "-q", "download", options, "director-ai==3.21.0");
    await run("tar", ["-xzf", `${source}.tar.gz`, "-C", folder]);
  }
  const program = inRoot("python/contract/director_tests.py");
  await python(program, `${source}/tests`, interpreter("published"), interpreter("ours"));
}

/** All platforms, or the one that `--only` names: then it must be built. */
function cross() {
  const at = process.argv.indexOf("--only");
  return crossWheels(at < 0 ? undefined : process.argv[at + 1]);
}

async function bench() {
  await build();
  await addEnvironment("published");
  const rows = process.argv.slice(3);
  await python(
    inRoot("python/bench/bench.py"),
    interpreter("published"),
    interpreter("ours"),
    rows,
  );
}

/** Milliseconds that an import of the module adds to the interpreter's start. */
function importMs() {
  const program =
    "import time; t = time.perf_counter(); import backfire_kernel; print((time.perf_counter() - t) * 1e3)";
  const once = () =>
    Number(spawnSync(interpreter("ours"), ["-c", program], { encoding: "utf8" }).stdout);
  return Math.min(...Array.from({ length: 9 }, once));
}

function size() {
  const rows = [
    atMost("size/python-wheel", statSync(onlyWheel("backfire_kernel")).size, "bytes", 1.5e6),
    atMost("python/import", importMs(), "ms", 5),
  ];
  mergeRows(rows, "size");
  console.log(rowsAsTable(rows, table));
  return rows.every(({ holds }) => holds) ? 0 : 1;
}

await runMain(async () => {
  const does = {
    build,
    sdist,
    test,
    types,
    differential,
    contract,
    bench,
    cross,
    size,
  };
  const [, , name] = process.argv;
  if (!Object.hasOwn(does, name)) {
    throw new Problem(`usage: node scripts/python.mjs ${Object.keys(does).join("|")}`);
  }
  if (findPython() === undefined) {
    console.log(`skipped: ${name} of the Python packages, for there is no Python 3.11 or newer`);
    return 0;
  }
  return await does[name]();
});
