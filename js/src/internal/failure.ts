/**
 * Errors of the core as classes of the package.
 *
 * @module
 */

import {
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
  readonly kind: "config" | "policy" | "argument" | "kernel" | "review";
  readonly path: string;
  readonly value: number | null;
  readonly bound: string;
  readonly message: string;
}

/** The error for a failure. */
export function fromFailure(bytes: Uint8Array): InterlockError {
  const { kind, path, value, bound, message } = decode(bytes) as unknown as Failure;
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
    case "kernel":
      return new KernelStateError(path as KernelStateError["state"], message);
  }
}
