/**
 * The entry point for rules without wasm, for libraries and hosts that place the wasm themselves. The same classes and
 * functions; before the first is used, {@link init} or {@link initSync} is called with the package's
 * `interlock-wasm/rules.wasm`. The wasm is placed once, whoever comes first.
 *
 * @module
 */

import { type WasmSource, placeFrom, placeSync } from "../internal/placing.js";
import { instance } from "./instance.js";

export * from "./api.js";

/** Whether the wasm was placed. */
export function isInitialised(): boolean {
  return instance.isPlaced();
}

/**
 * Places the wasm at once. Does nothing if it was placed before.
 *
 * @param source - the compiled module, or its bytes, which are compiled here: not in Workers, and in browsers
 *   better not on the main thread
 * @throws {WebAssembly.CompileError} when the bytes are no module
 */
export function initSync(source: WebAssembly.Module | BufferSource): void {
  placeSync(instance, source);
}

/**
 * Places the wasm. Does nothing if it was placed before.
 *
 * @param source - where it is: the URL of the file, the response to a request for it, or the compiled module
 * @throws {TypeError} when it cannot be fetched
 * @throws {WebAssembly.CompileError} when it is no module
 */
export async function init(source: WasmSource): Promise<void> {
  await placeFrom(instance, source);
}
