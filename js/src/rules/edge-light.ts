/**
 * The entry point for rules in edge runtimes that take wasm as a module under a name of their own.
 *
 * @module
 */

import module from "../../wasm/rules_bg.wasm?module";
import { instance } from "./instance.js";

instance.place(module);

export * from "./api.js";
