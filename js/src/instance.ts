/**
 * The instance of the main entry point's wasm.
 *
 * @module
 */

import { Failure, FailureKind, detailsAddress, initSync } from "../wasm/interlock.js";
import { instanceOf } from "./internal/instance.js";

export const instance = instanceOf({
  initSync,
  detailsAddress,
  FailureKind,
  isFailure: (error) => error instanceof Failure,
});

export const { call, heap, slot, textAt, thrown } = instance;
