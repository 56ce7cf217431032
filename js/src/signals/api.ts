/**
 * Everything of `interlock-wasm/signals` but the wasm.
 *
 * @module
 */

export {
  ArgumentError,
  type ErrorCode,
  FreedError,
  InterlockError,
  NotInitialisedError,
  TrapError,
} from "../errors.js";
export type { Context, Knowledge } from "../score/knowledge.js";
export { Bm25, type Bm25Hit, type Bm25Options } from "./bm25.js";
export * from "./lexical.js";
