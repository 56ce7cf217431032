/**
 * The entry point for Cloudflare Workers, which take wasm as a module of its own and never compile bytes.
 *
 * @module
 */

import module from "../wasm/interlock_bg.wasm";
import { instance } from "./instance.js";

instance.place(module);

export * from "./api.js";
