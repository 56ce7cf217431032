/**
 * The entry point without wasm, for libraries and hosts that place the wasm themselves. The same classes and
 * functions; before the first is used, {@link init} or {@link initSync} is called with the package's
 * `interlock-wasm/interlock.wasm`. The wasm is placed once, whoever comes first.
 *
 * @module
 */

import { isPlaced, place } from "./internal/instance.js";

export * from "./api.js";

/** Whether the wasm was placed. */
export { isPlaced as isInitialised } from "./internal/instance.js";

/**
 * Places the wasm at once. Does nothing if it was placed before.
 *
 * @param source - the compiled module, or its bytes, which are compiled here: not in Workers, and in browsers
 *   better not on the main thread
 * @throws {WebAssembly.CompileError} when the bytes are no module
 */
export function initSync(source: WebAssembly.Module | BufferSource): void {
  if (isPlaced()) return;
  place(source instanceof WebAssembly.Module ? source : new WebAssembly.Module(source));
}

/**
 * Places the wasm. Does nothing if it was placed before.
 *
 * @param source - where it is: the URL of the file, the response to a request for it, or the compiled module
 * @throws {TypeError} when it cannot be fetched
 * @throws {WebAssembly.CompileError} when it is no module
 */
export async function init(
  source: URL | string | Response | WebAssembly.Module | Promise<Response | WebAssembly.Module>,
): Promise<void> {
  if (isPlaced()) return;
  const found = await source;
  if (found instanceof WebAssembly.Module) {
    place(found);
    return;
  }
  const response = found instanceof Response ? found : await fetch(found);
  if (!response.ok) throw new TypeError(`the wasm cannot be fetched: status ${response.status}`);
  // Compiled from its bytes, not while it streams: that wants a content type that many servers do not send.
  place(await WebAssembly.compile(await response.arrayBuffer()));
}
