// Writes wasm/guard-sets.js, the compiled sets of patterns as a JavaScript module, from wasm/guard-sets-*.bin, which
// `cargo run -p xtask -- bindgen` writes.

import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const folder = new URL("../wasm/", import.meta.url);

const functions = ["redact", "halt"].map((name) => {
  const file = new URL(`guard-sets-${name}.bin`, folder);
  if (!existsSync(file)) {
    console.error(`${file.pathname} is missing: run \`cargo run -q -p xtask -- bindgen\` first`);
    process.exit(1);
  }
  const bytes = readFileSync(file);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return `export function ${name}() {
  return { bytes: decoded("${bytes.toString("base64")}"), sha256: "${sha256}" };
}
`;
});

const text = `// By js/scripts/guard-sets.mjs.
function decoded(base64) {
  if (typeof Uint8Array.fromBase64 === "function") return Uint8Array.fromBase64(base64);
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}

${functions.join("\n")}`;

const types = `interface Artifact {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly sha256: string;
}
/** The sets, compiled to be redacted. */
export declare function redact(): Artifact;
/** The sets, compiled to halt and to be flagged. */
export declare function halt(): Artifact;
`;

for (const [name, content] of [
  ["guard-sets.js", text],
  ["guard-sets.d.ts", types],
]) {
  const file = new URL(name, folder);
  if (!existsSync(file) || readFileSync(file, "utf8") !== content) writeFileSync(file, content);
}
