/**
 * Every error of the package is an {@link InterlockError}; `code` tells them apart where `instanceof`
 * cannot (across realms, after serialisation). No message has to be parsed: what was wrong is in fields.
 *
 * @module
 */

import type { CovenantErrorCode } from "./covenant/errors.js";
import type { LedgerErrorCode } from "./ledger/errors.js";
import type { OperadErrorCode } from "./operad/errors.js";
import type { RulesErrorCode } from "./rules/errors.js";

/** What kind of error it is. */
export type ErrorCode =
  | "config"
  | "policy"
  | "argument"
  | "stream-ended"
  | "session-ended"
  | "unknown-segment"
  | "session-in-segment"
  | "session-fixed"
  | "kernel-state"
  | "review-state"
  | "halted"
  | "callback"
  | "not-initialised"
  | "freed"
  | "trap"
  | CovenantErrorCode
  | LedgerErrorCode
  | OperadErrorCode
  | RulesErrorCode;

/** The base of every error of the package. */
export class InterlockError extends Error {
  // Not the class's own name: minifiers change that.
  override readonly name: string = "InterlockError";
  /** What kind of error it is. */
  readonly code: ErrorCode;

  /** @internal */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What is wrong with a value. */
interface Wrong {
  readonly value?: unknown;
  readonly bound?: string | undefined;
  readonly message?: string | undefined;
}

function describe(path: string, wrong: Wrong): string {
  const { value, bound, message } = wrong;
  const what =
    message !== undefined && message !== ""
      ? message
      : `${show(value)} is not ${bound ?? "allowed"}`;
  return path === "" ? what : `${path}: ${what}`;
}

function show(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  }
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object" && value !== null) return "an object";
  if (typeof value === "function" || typeof value === "symbol") return `a ${typeof value}`;
  return String(value);
}

/** A value was refused. */
abstract class RefusedError extends InterlockError {
  /** The refused value, where it is known. */
  readonly value: unknown;
  /** What the value must be, where that is more than its type. */
  readonly bound: string | undefined;

  /** @internal */
  constructor(code: ErrorCode, path: string, wrong: Wrong) {
    super(code, describe(path, wrong));
    this.value = wrong.value;
    this.bound = wrong.bound;
  }
}

/** A halt configuration was refused. Nothing was made. For weights that do not sum to one, the value is the sum. */
export class ConfigError extends RefusedError {
  override readonly name = "ConfigError";
  /** Name of the field; empty when the configuration as a whole is not one. */
  readonly field: string;

  /** @internal */
  constructor(field: string, wrong: Wrong) {
    super("config", field, wrong);
    this.field = field;
  }
}

/** A policy was refused. Nothing was made. */
export class PolicyError extends RefusedError {
  override readonly name = "PolicyError";
  /** Path of the field, such as `halt.hard_limit`; empty when the policy as a whole is not one. */
  readonly path: string;

  /** @internal */
  constructor(path: string, wrong: Wrong) {
    super("policy", path, wrong);
    this.path = path;
  }
}

/** An argument of a call is not what it must be. The call changed nothing. */
export class ArgumentError extends RefusedError {
  override readonly name = "ArgumentError";
  /** Name of the argument. */
  readonly argument: string;

  /** @internal */
  constructor(argument: string, wrong: Wrong) {
    super("argument", argument, wrong);
    this.argument = argument;
  }
}

/** A token was pushed into a stream that has halted or was finished. Nothing was judged. */
export class StreamEndedError extends InterlockError {
  override readonly name = "StreamEndedError";
  /** How the stream ended. */
  readonly state: "halted" | "finished";

  /** @internal */
  constructor(state: "halted" | "finished") {
    super(
      "stream-ended",
      state === "halted" ? "the stream has halted" : "the stream has been finished",
    );
    this.state = state;
  }
}

/** An operation on a session that is over, or whose input is. Nothing changed. */
export class SessionEndedError extends InterlockError {
  override readonly name = "SessionEndedError";
  /** Where the session is in its life. */
  readonly state: "ending" | "completed" | "halted" | "failed";

  /** @internal */
  constructor(state: "ending" | "completed" | "halted" | "failed") {
    super("session-ended", `the session takes no more: it is ${state}`);
    this.state = state;
  }
}

/** An answer for a segment that does not wait for one. Nothing changed. */
export class UnknownSegmentError extends InterlockError {
  override readonly name = "UnknownSegmentError";
  /** The segment. */
  readonly segment: number;

  /** @internal */
  constructor(segment: number) {
    super("unknown-segment", `segment ${segment} does not wait for an answer`);
    this.segment = segment;
  }
}

/** A policy that a session does not adopt where it stands. It keeps the one that it has. */
export class AdoptError extends InterlockError {
  override readonly name = "AdoptError";
  /**
   * `session-in-segment`: text waits for the end of its segment, or a segment for its verdict. `session-fixed`: what a
   * stream keeps to its end is another.
   */
  declare readonly code: "session-in-segment" | "session-fixed";
  /** What is another: `mode`, `channels`, `scorer.kind`, `covenant` or `guard`; empty for `session-in-segment`. */
  readonly path: string;

  /** @internal */
  constructor(path: string) {
    if (path === "") super("session-in-segment", "the stream is not between two segments");
    else super("session-fixed", `${path} is another, and a stream keeps its own to its end`);
    this.path = path;
  }
}

/** An operation that the kernel's state does not allow. Nothing changed. */
export class KernelStateError extends InterlockError {
  override readonly name = "KernelStateError";
  /** Where the kernel is in its life. */
  readonly state: "idle" | "streaming" | "halted";

  /** @internal */
  constructor(state: "idle" | "streaming" | "halted", message: string) {
    super("kernel-state", message);
    this.state = state;
  }
}

/** An answer that the review does not wait for, or a score that it does not have. Nothing changed. */
export class ReviewStateError extends InterlockError {
  override readonly name = "ReviewStateError";
  /** @internal */
  constructor(message: string) {
    super("review-state", message);
  }
}

/** A guarded stream takes no more: it was halted, and what the upstream still sends is not wanted. */
export class StreamHaltedError extends InterlockError {
  override readonly name = "StreamHaltedError";
  /** Why it was halted. */
  readonly reason: string;

  /** @internal */
  constructor(reason: string) {
    super("halted", `the guarded stream was halted: ${reason}`);
    this.reason = reason;
  }
}

/** A callback of a guard threw. The stream was stopped; `cause` is what was thrown. */
export class CallbackError extends InterlockError {
  override readonly name = "CallbackError";
  /** Which callback. */
  readonly callback: string;

  /** @internal */
  constructor(callback: string, cause: unknown) {
    super("callback", `${callback} threw: the stream was stopped`, { cause });
    this.callback = callback;
  }
}

/** The wasm of a slim entry point was not placed yet: call its `init` or `initSync` first. */
export class NotInitialisedError extends InterlockError {
  override readonly name = "NotInitialisedError";
  /** @internal */
  constructor() {
    super("not-initialised", "the wasm module was not placed yet: call init() or initSync() first");
  }
}

/** A call on an object after its `free`. */
export class FreedError extends InterlockError {
  override readonly name = "FreedError";
  /** @internal */
  constructor() {
    super("freed", "the object has been freed");
  }
}

/**
 * The wasm instance of an entry point trapped: out of memory, or a defect. Its memory cannot be trusted any more, so
 * from then on every call of that entry point throws this error, and streams that are running fail closed. `cause`
 * is the trap. Only a fresh copy of the module (a new process, isolate, worker or page) helps.
 */
export class TrapError extends InterlockError {
  override readonly name = "TrapError";
  /** @internal */
  constructor(cause: unknown) {
    super("trap", "the wasm instance trapped and cannot be used any more", { cause });
  }
}
