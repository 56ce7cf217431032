// The slim entry point in Node, with the file of the package.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import * as interlock from "interlock-wasm/slim";
import { first, run } from "./app.js";

let early;
try {
  first(interlock);
} catch (error) {
  early = error.code;
}
if (early !== "not-initialised") throw new Error(`before it was placed: ${early}`);

const file = fileURLToPath(import.meta.resolve("interlock-wasm/interlock.wasm"));
interlock.initSync(readFileSync(file));
console.log(JSON.stringify(await run(interlock)));
