/**
 * Errors of the core as classes of the package.
 *
 * @module
 */

import type { FailureKind as Kind } from "../../wasm/interlock.js";
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
  readonly kind: Kind;
  readonly path: string;
  readonly value: number | undefined;
  readonly bound: string;
  readonly message: string;
  free(): void;
}

/** The kinds of error, as every generated module has them. */
export type FailureKind = typeof Kind;

/** The error for a failure, which is freed. */
export function fromFailure(failure: Failure, Kind: FailureKind): InterlockError {
  const { kind, path, value, bound, message } = failure;
  failure.free();
  const wrong = { value, bound: bound === "" ? undefined : bound, message };
  switch (kind) {
    case Kind.Config:
      return new ConfigError(path, wrong);
    case Kind.Policy:
      return new PolicyError(path, wrong);
    case Kind.Argument:
      return new ArgumentError(path, wrong);
    case Kind.Review:
      return new ReviewStateError(message);
    case Kind.Kernel:
      return new KernelStateError(path as KernelStateError["state"], message);
  }
}
