/**
 * What errors of ledger, covenant and operad have in common.
 *
 * @module
 */

import { type ErrorCode, InterlockError } from "./errors.js";
import type { Refusal } from "./internal/failure.js";

/** An operation was refused, and changed nothing. `code` says why; what it is about is beside it. */
export abstract class RefusalError<Code extends ErrorCode> extends InterlockError {
  /** Why it was refused. */
  declare readonly code: Code;
  /** What it is about: an id, the name of a counter, a state; empty where the code says it all. */
  readonly subject: string;
  /** The refused value, or the byte at which a text or file is wrong. A `bigint` only above 2^53 - 1. */
  readonly value: number | bigint | undefined;
  /** What the value had to keep to. */
  readonly bound: number | bigint | undefined;

  /** @internal */
  constructor({ code, subject, value, bound, message }: Refusal) {
    super(code as ErrorCode, message);
    this.subject = subject;
    this.value = value ?? undefined;
    this.bound = bound ?? undefined;
  }
}
