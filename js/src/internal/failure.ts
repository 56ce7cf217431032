/**
 * Errors of the core as classes of the package.
 *
 * @module
 */

import type { FailureKind } from "../../wasm/interlock.js";
import {
  ArgumentError,
  ConfigError,
  type InterlockError,
  KernelStateError,
  PolicyError,
  ReviewStateError,
} from "../errors.js";

/** An error of the core, as every generated module has it. */
export interface Failure {
  readonly kind: number;
  readonly path: string;
  readonly value: number | undefined;
  readonly bound: string;
  readonly message: string;
  free(): void;
}

/** The names of a generated module's `FailureKind` by number. */
export type FailureKinds = Readonly<Record<number, string>>;

/** The error for a failure, which is freed. */
export function fromFailure(failure: Failure, kinds: FailureKinds): InterlockError {
  const { kind, path, value, bound, message } = failure;
  failure.free();
  const wrong = { value, bound: bound === "" ? undefined : bound, message };
  // All generated modules have the same names.
  const name = kinds[kind] as keyof typeof FailureKind;
  switch (name) {
    case "Config":
      return new ConfigError(path, wrong);
    case "Policy":
      return new PolicyError(path, wrong);
    case "Argument":
      return new ArgumentError(path, wrong);
    case "Review":
      return new ReviewStateError(message);
    case "Kernel":
      return new KernelStateError(path as KernelStateError["state"], message);
  }
}
