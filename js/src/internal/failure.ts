/**
 * Errors of the core as classes of the package.
 *
 * @module
 */

import { type Failure, FailureKind } from "../../wasm/interlock.js";
import {
  ArgumentError,
  ConfigError,
  type InterlockError,
  KernelStateError,
  PolicyError,
  ReviewStateError,
} from "../errors.js";

/** The error for a failure, which is freed. */
export function fromFailure(failure: Failure): InterlockError {
  const { kind, path, value, bound, message } = failure;
  failure.free();
  const wrong = { value, bound: bound === "" ? undefined : bound, message };
  switch (kind) {
    case FailureKind.Config:
      return new ConfigError(path, wrong);
    case FailureKind.Policy:
      return new PolicyError(path, wrong);
    case FailureKind.Argument:
      return new ArgumentError(path, wrong);
    case FailureKind.Review:
      return new ReviewStateError(message);
    case FailureKind.Kernel:
      return new KernelStateError(path as KernelStateError["state"], message);
  }
}
