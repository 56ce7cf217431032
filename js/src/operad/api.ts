/**
 * Everything of `interlock-wasm/operad` but the wasm.
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
export type { Whole } from "../internal/wire.js";
export type { RefusalError } from "../refusal.js";
export * from "./agents.js";
export { OperadError, type OperadErrorCode, TermError } from "./errors.js";
export type { Interface, Wires } from "./interface.js";
export * from "./signature.js";
export * from "./term.js";
