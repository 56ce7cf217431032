/**
 * The entry point for edge runtimes that take wasm as a module under a name of their own.
 *
 * @module
 */

import module from "../wasm/interlock_bg.wasm?module";
import { instance } from "./instance.js";

instance.place(module);

export * from "./api.js";
