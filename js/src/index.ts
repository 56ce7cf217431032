/**
 * The entry point for Node, browsers and bundlers. The wasm is in the JavaScript and compiled when this is
 * imported: nothing has to be fetched, awaited or configured.
 *
 * @module
 */

import { wasmBytes } from "../wasm/inline.js";
import { isPlaced, place } from "./internal/instance.js";

if (!isPlaced()) place(new WebAssembly.Module(wasmBytes()));

export * from "./api.js";
