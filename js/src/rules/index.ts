/**
 * The entry point for rules in Node, browsers and bundlers. The wasm is in the JavaScript and compiled when this is
 * imported: nothing has to be fetched, awaited or configured.
 *
 * @module
 */

import { wasmBytes } from "../../wasm/rules_inline.js";
import { instance } from "./instance.js";

if (!instance.isPlaced()) instance.place(new WebAssembly.Module(wasmBytes()));

export * from "./api.js";
