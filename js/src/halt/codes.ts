/**
 * Answers as small integers, the other side of `wasm/npm/src/code.rs`.
 *
 * @module
 */

import { ArgumentError, StreamEndedError } from "../errors.js";
import { slot } from "../instance.js";
import { requireNumber } from "../internal/arguments.js";
import type {
  Halt,
  HaltInput,
  HaltReason,
  HaltVerdict,
  PassVerdict,
  Verdict,
  WarningKind,
} from "./verdict.js";

const WARN = 1;
const HALT = 8;
const ENDED_HALTED = 64;

/** The answer to every token that passes. */
export const PASS: PassVerdict = Object.freeze({ outcome: "pass" });

const WARNING_KINDS: readonly WarningKind[] = ["soft-limit", "missing-score"];

/** In the order of their codes; a test of the Rust crate compares them with the core's. */
export const HALT_REASONS: readonly HaltReason[] = [
  "hard-limit",
  "window-average",
  "downward-trend",
  "logit-entropy",
  "deadline",
  "non-finite-score",
  "inactive",
  "pattern",
  "held-limit",
  "denied",
  "review-pending",
  "budget",
  "policy-unverified",
  "emergency-stop",
  "upstream-error",
  "trap",
];

/** NaN in a slot stands for "none". */
export function optional(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : value;
}

/** Objects of one shape each, since most verdicts have both values. */
function measured<Head extends object>(
  head: Head,
  observed: number,
  bound: number,
): Head & Measured {
  const values: { observed?: number; bound?: number } = {};
  if (!Number.isNaN(observed)) values.observed = observed;
  if (!Number.isNaN(bound)) values.bound = bound;
  return { ...head, ...values };
}

interface Measured {
  readonly observed?: number;
  readonly bound?: number;
}

/** The verdict with a code that is not 0, from the slots. */
export function verdictOf(code: number): Verdict {
  return verdictFrom(code, slot(0), slot(1));
}

/** The verdict with a code. */
export function verdictFrom(code: number, observed: number, bound: number): Verdict {
  if (code >= HALT) return haltFrom(code, observed, bound);
  if (code < WARN) return PASS;
  const kind = WARNING_KINDS[code - WARN] ?? "missing-score";
  if (observed === observed && bound === bound) return { outcome: "warn", kind, observed, bound };
  return measured({ outcome: "warn", kind }, observed, bound);
}

function haltFrom(code: number, observed: number, bound: number): HaltVerdict {
  return measured({ outcome: "halt", reason: reasonOf(code) }, observed, bound);
}

/** The halt with a code, from the slots. */
export function haltOf(code: number): HaltVerdict {
  return haltFrom(code, slot(0), slot(1));
}

/** The reason with a halt's code. No code turns a halt into something else. */
export function reasonOf(code: number): HaltReason {
  return HALT_REASONS[code - HALT] ?? "emergency-stop";
}

/** The halt of a record, from a halt's code and slots; none for 0. */
export function recordedHalt(code: number, observed: number, bound: number): Halt | null {
  if (code < HALT) return null;
  return {
    reason: reasonOf(code),
    observed: optional(observed) ?? null,
    bound: optional(bound) ?? null,
  };
}

/** Throws if the code says that the stream was over before the call. */
export function refuseEnded(code: number): void {
  if (code >= ENDED_HALTED) {
    throw new StreamEndedError(code === ENDED_HALTED ? "halted" : "finished");
  }
}

/** A halt as the arguments of a call. */
export function haltArguments(
  halt: HaltInput,
): [reason: number, observed: number | undefined, bound: number | undefined] {
  const reason = HALT_REASONS.indexOf(halt.reason);
  if (reason < 0) {
    throw new ArgumentError("halt.reason", { value: halt.reason, bound: "a halt reason" });
  }
  return [
    reason,
    optionalNumber("halt.observed", halt.observed ?? undefined),
    optionalNumber("halt.bound", halt.bound ?? undefined),
  ];
}

/** The value, if it is a number or undefined. A string would be turned into a number on its way. */
export function optionalNumber(name: string, value: number | undefined): number | undefined {
  if (value !== undefined) requireNumber(name, value);
  return value;
}
