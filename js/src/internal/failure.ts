/**
 * Errors of the core as classes of the package.
 *
 * @module
 */

import {
  AdoptError,
  ArgumentError,
  ConfigError,
  type InterlockError,
  KernelStateError,
  PolicyError,
  ReviewStateError,
} from "../errors.js";
import { decode } from "./tree.js";

/** What a call that fails leaves in the module; see `wasm/npm/src/failure.rs`. */
interface Failure {
  readonly kind: "config" | "policy" | "argument" | "kernel" | "review" | "adopt";
  readonly path: string;
  readonly value: number | null;
  readonly bound: string;
  readonly message: string;
}

/** A refusal of ledger, covenant or operad, as such a call leaves it; see `wasm/npm/src/refusal.rs`. */
export interface Refusal {
  readonly kind: "refusal";
  readonly code: string;
  readonly subject: string;
  readonly value: number | bigint | null;
  readonly bound: number | bigint | null;
  readonly message: string;
}

/** The error for a failure. What a refusal becomes is for its entry point to say. */
export function fromFailure(
  bytes: Uint8Array,
  ofRefusal?: (refusal: Refusal) => InterlockError,
): InterlockError {
  const failure = decode(bytes) as unknown as Failure | Refusal;
  if (failure.kind === "refusal") {
    if (ofRefusal === undefined) throw new TypeError(failure.message);
    return ofRefusal(failure);
  }
  const { kind, path, value, bound, message } = failure;
  const wrong = { value: value ?? undefined, bound: bound === "" ? undefined : bound, message };
  switch (kind) {
    case "config":
      return new ConfigError(path, wrong);
    case "policy":
      return new PolicyError(path, wrong);
    case "argument":
      return new ArgumentError(path, wrong);
    case "review":
      return new ReviewStateError(message);
    case "adopt":
      return new AdoptError(path);
    case "kernel":
      return new KernelStateError(path as KernelStateError["state"], message);
  }
}
