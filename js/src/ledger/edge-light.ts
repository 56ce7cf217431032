/**
 * The entry point for ledgers in edge runtimes that take wasm as a module under a name of their own.
 *
 * @module
 */

import module from "../../wasm/ledger_bg.wasm?module";
import { instance } from "./instance.js";

instance.place(module);

export * from "./api.js";
