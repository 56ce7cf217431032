/**
 * What grants, budgets and enforcers refuse.
 *
 * @module
 */

import type { InterlockError } from "../errors.js";
import type { Refusal } from "../internal/failure.js";
import { RefusalError } from "../refusal.js";

/** What a budget refuses; nothing changed. `budget-exhausted`: of the counter `subject`, `value` units were asked for and `bound` are free. */
export class BudgetError extends RefusalError<
  "budget-name"
  | "budget-too-many"
  | "budget-unknown-counter"
  | "budget-twice"
  | "budget-exhausted"
  | "budget-more-than-reserved"
  | "budget-unknown-reservation"
  | "budget-unknown-lease"
  | "budget-lease-time"
  | "budget-ceiling"
  | "budget-state"
> {
  override readonly name = "BudgetError";
}

/** What a grant refuses; nothing changed. `grant-widens`: a derived grant would have more of what `subject` names. */
export class GrantError extends RefusalError<
  "grant-state"
  | "grant-clock"
  | "grant-over"
  | "grant-not-over"
  | "grant-name"
  | "grant-twice"
  | "grant-terms"
  | "grant-widens"
  | "grant-derived"
  | "grant-inactive"
  | "grant-versions"
  | "grant-unknown"
  | "grant-exists"
  | "gate-value"
  | "gate-approvers"
> {
  override readonly name = "GrantError";
}

/** What is refused about a review; nothing changed. */
export class ReviewError extends RefusalError<
  "review-unknown"
  | "review-closed"
  | "review-not-an-approver"
  | "review-same-approver"
> {
  override readonly name = "ReviewError";
}

/** A capability that is none; `value` is the byte at which that was found. */
export class PermissionError extends RefusalError<
  "permission-capability"
> {
  override readonly name = "PermissionError";
}

/** A text that is no pattern or no resource; `value` is the byte at which that was found, or the length. */
export class PatternError extends RefusalError<
  "pattern-length"
  | "pattern-control"
  | "pattern-dot-segment"
  | "pattern-stars"
> {
  override readonly name = "PatternError";
}

/** The codes of the errors of `interlock-wasm/covenant`. */
export type CovenantErrorCode = (BudgetError | GrantError | ReviewError | PermissionError | PatternError)["code"];

const CLASSES: Readonly<Record<string, new (refusal: Refusal) => InterlockError>> = {
  budget: BudgetError,
  grant: GrantError,
  gate: GrantError,
  review: ReviewError,
  permission: PermissionError,
  pattern: PatternError,
};

/** The error of a refusal. */
export function ofRefusal(refusal: Refusal): InterlockError {
  const [kind = ""] = refusal.code.split("-", 1);
  const Refused = CLASSES[kind];
  if (Refused === undefined) throw new TypeError(`the refusal ${refusal.code} is not known`);
  return new Refused(refusal);
}
