/**
 * What operads refuse.
 *
 * @module
 */

import type { InterlockError } from "../errors.js";
import type { Refusal } from "../internal/failure.js";
import { RefusalError } from "../refusal.js";

/** A term, an operation, a machine or a composition is refused; nothing changed. */
export class OperadError extends RefusalError<
  "operad-unknown-slot"
  | "operad-slot-uses"
  | "operad-wires-differ"
  | "operad-unknown-agent"
  | "operad-unknown-sort"
  | "operad-too-large"
  | "operad-not-one-tree"
  | "operad-not-a-permutation"
  | "operad-bad-table"
  | "operad-no-sample"
  | "operad-undefined"
> {
  override readonly name = "OperadError";
}

/** A text that is no term: `subject` was expected at the byte `value`. */
export class TermError extends RefusalError<
  "term-syntax"
> {
  override readonly name = "TermError";
}

/** The codes of the errors of `interlock-wasm/operad`. */
export type OperadErrorCode = (OperadError | TermError)["code"];

const CLASSES: Readonly<Record<string, new (refusal: Refusal) => InterlockError>> = {
  operad: OperadError,
  term: TermError,
};

/** The error of a refusal. */
export function ofRefusal(refusal: Refusal): InterlockError {
  const [kind = ""] = refusal.code.split("-", 1);
  const Refused = CLASSES[kind];
  if (Refused === undefined) throw new TypeError(`the refusal ${refusal.code} is not known`);
  return new Refused(refusal);
}
