/**
 * The entry point for signals in Cloudflare Workers, which take wasm as a module of its own and never compile bytes.
 *
 * @module
 */

import module from "../../wasm/signals_bg.wasm";
import { instance } from "./instance.js";

instance.place(module);

export * from "./api.js";
