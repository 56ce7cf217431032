// Builds dist/ from src/ and wasm/: the wasm as a JavaScript module, then the TypeScript.
// wasm/ comes from `cargo run -p xtask -- bindgen`.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const wasmFile = join(root, "wasm/interlock_bg.wasm");

if (!existsSync(wasmFile)) {
  console.error("js/wasm is missing: run `cargo run -q -p xtask -- bindgen` first");
  process.exit(1);
}

const write = (name, text) => {
  const file = join(root, name);
  if (existsSync(file) && readFileSync(file, "utf8") === text) return;
  writeFileSync(file, text);
};

write(
  "wasm/inline.js",
  `// interlock_bg.wasm in base64.
const base64 =
  "${readFileSync(wasmFile).toString("base64")}";

/** The bytes of the wasm module. */
export function wasm() {
  if (typeof Uint8Array.fromBase64 === "function") return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}
`,
);
write(
  "wasm/inline.d.ts",
  `/** The bytes of the wasm module. */
export function wasm(): Uint8Array<ArrayBuffer>;
`,
);

rmSync(join(root, "dist"), { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
execFileSync(process.execPath, [tsc, "-p", root], { stdio: "inherit" });
