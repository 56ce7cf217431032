// Turns a wasm module into an ES module that carries it, for hosts that have no way of their own to load one:
//
//   node scripts/inline-wasm.mjs IN.wasm OUT.js
//
// OUT.js exports `wasmBytes()`, which decodes the bytes anew at each call; OUT.d.ts is written beside it.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { Problem, runMain } from "./lib/shell.mjs";

/** The text of the ES module for a wasm module. */
export function inlined(bytes, name) {
  // `atob` is everywhere; the others take a tenth of its time.
  return `// ${name}, ${bytes.length} bytes, by scripts/inline-wasm.mjs
const base64 =
  "${bytes.toString("base64")}";

export function wasmBytes() {
  if (typeof Uint8Array.fromBase64 === "function") return Uint8Array.fromBase64(base64);
  if (typeof globalThis.Buffer === "function") return globalThis.Buffer.from(base64, "base64");
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}
`;
}

const types = `/** The bytes of the wasm module, decoded anew at each call. */
export declare function wasmBytes(): Uint8Array<ArrayBuffer>;
`;

function writeIfChanged(path, text) {
  if (existsSync(path) && readFileSync(path, "utf8") === text) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

if (import.meta.filename === process.argv[1]) {
  await runMain(() => {
    const [from, to] = process.argv.slice(2);
    if (!from || !to?.endsWith(".js"))
      throw new Problem("usage: node scripts/inline-wasm.mjs IN.wasm OUT.js");
    const bytes = readFileSync(from);
    if (!WebAssembly.validate(bytes)) throw new Problem(`${from} is not a valid wasm module`);
    writeIfChanged(to, inlined(bytes, basename(from)));
    writeIfChanged(to.replace(/\.js$/, ".d.ts"), types);
  });
}
