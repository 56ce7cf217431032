/**
 * Everything of `interlock-wasm/covenant` but the wasm.
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
export type { Amounts } from "./amounts.js";
export * from "./budget.js";
export * from "./enforcer.js";
export {
  BudgetError,
  type CovenantErrorCode,
  GrantError,
  PatternError,
  PermissionError,
  ReviewError,
} from "./errors.js";
export * from "./grant.js";
export * from "./grant-registry.js";
export * from "./pattern.js";
export type { Ceiling, Fallback, Permission, ReviewGate, Terms, TermsInput } from "./terms.js";
