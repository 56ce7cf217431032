/**
 * The instance of the wasm of `interlock-wasm/signals`.
 *
 * @module
 */

import { Failure, FailureKind, detailsAddress, initSync } from "../../wasm/signals.js";
import { instanceOf } from "../internal/instance.js";

export const instance = instanceOf({
  initSync,
  detailsAddress,
  FailureKind,
  isFailure: (error) => error instanceof Failure,
});

export const { call, slot } = instance;
