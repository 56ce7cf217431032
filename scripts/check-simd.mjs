// `npm run check:simd`: the module of the advanced runtime, built without vector instructions, gives the same bits. Replays
// the fixtures in Node with it in the package's place.

import { readFile } from "node:fs/promises";
import { replay } from "../tests/conformance/replay.mjs";
import { Problem, inRoot, run, runMain } from "./lib/shell.mjs";

const SUITES = ["physics", "observers", "geometry"];
const OUT = "target/scalar";

const read = (file) => readFile(inRoot(file));
/** 0xfd begins every vector instruction, and is rare elsewhere. */
const hasVectors = (wasm) => wasm.filter((byte) => byte === 0xfd).length / wasm.length > 0.01;

await runMain(async () => {
  const options = ["--module", "physics", "--scalar", "--out", OUT];
  await run("cargo", ["run", "-q", "-p", "xtask", "--", "bindgen", ...options]);
  const [fast, scalar] = [
    await read("js/wasm/physics_bg.wasm"),
    await read(`${OUT}/physics_bg.wasm`),
  ];
  if (!hasVectors(fast)) throw new Problem("the package's module has no vector instructions");
  if (hasVectors(scalar)) throw new Problem("the module without vectors has some");
  if (!(await read("js/wasm/physics.js")).equals(await read(`${OUT}/physics.js`))) {
    throw new Problem("the modules differ in what they export: their glue is not the same");
  }

  const physics = await import("../js/dist/physics-slim.js");
  physics.initSync(scalar);
  const files = await Promise.all(
    SUITES.map(async (suite) => ({
      name: suite,
      fixture: JSON.parse(await read(`tests/fixtures/${suite}.json`)),
    })),
  );
  const { suites, failures } = await replay({ physics }, files);
  for (const { case: name, expected, got } of failures.slice(0, 5)) {
    console.error(`${name}: expected ${expected.slice(0, 300)}, got ${got.slice(0, 300)}`);
  }
  for (const [suite, { cases, holds, digest }] of Object.entries(suites)) {
    console.log(`${suite} without vectors: ${holds} of ${cases} cases, ${digest.slice(0, 12)}`);
  }
  return failures.length === 0 && Object.keys(suites).length === SUITES.length ? 0 : 1;
});
