/**
 * What an entry point without wasm gives, so that it can be placed.
 *
 * @module
 */

import type { Instance } from "./instance.js";

/** Where a wasm is: its URL, the response to a request for it, or the compiled module. */
export type WasmSource =
  URL | string | Response | WebAssembly.Module | Promise<Response | WebAssembly.Module>;

/** Places the wasm. */
export async function placeFrom(instance: Instance, source: WasmSource): Promise<void> {
  if (instance.isPlaced()) return;
  const found = await source;
  if (found instanceof WebAssembly.Module) {
    instance.place(found);
    return;
  }
  const response = found instanceof Response ? found : await fetch(found);
  if (!response.ok) throw new TypeError(`the wasm cannot be fetched: status ${response.status}`);
  // Compiled from its bytes, not while it streams: that wants a content type that many servers do not send.
  instance.place(await WebAssembly.compile(await response.arrayBuffer()));
}

/** Places the wasm at once. */
export function placeSync(instance: Instance, source: WebAssembly.Module | BufferSource): void {
  if (instance.isPlaced()) return;
  instance.place(source instanceof WebAssembly.Module ? source : new WebAssembly.Module(source));
}
