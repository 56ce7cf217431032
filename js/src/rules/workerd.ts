/**
 * The entry point for rules in Cloudflare Workers, which take wasm as a module of its own and never compile bytes.
 *
 * @module
 */

import module from "../../wasm/rules_bg.wasm";
import { instance } from "./instance.js";

instance.place(module);

export * from "./api.js";
