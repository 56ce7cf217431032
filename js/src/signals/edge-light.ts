/**
 * The entry point for signals in edge runtimes that take wasm as a module under a name of their own.
 *
 * @module
 */

import module from "../../wasm/signals_bg.wasm?module";
import { instance } from "./instance.js";

instance.place(module);

export * from "./api.js";
