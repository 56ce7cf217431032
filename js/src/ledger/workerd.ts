/**
 * The entry point for ledgers in Cloudflare Workers, which take wasm as a module of its own and never compile bytes.
 *
 * @module
 */

import module from "../../wasm/ledger_bg.wasm";
import { instance } from "./instance.js";

instance.place(module);

export * from "./api.js";
