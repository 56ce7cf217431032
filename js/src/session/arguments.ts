/**
 * What a session asks of its arguments before they cross.
 *
 * @module
 */

import { ArgumentError, PolicyError } from "../errors.js";
import { NotPlain, toTree, valueAt } from "../internal/plain.js";
import type { PolicyInput } from "../policy.js";
import { GuardTables } from "./guard-tables.js";

/** A time that crosses as it is. */
export function requireTime(value: unknown): void {
  if (Number.isSafeInteger(value) && (value as number) >= 0) return;
  throw new ArgumentError("nowMs", { value, bound: "a whole number of ms from 0" });
}

export function requireTables(value: GuardTables | undefined): void {
  if (value === undefined || value instanceof GuardTables) return;
  throw new ArgumentError("guardTables", { value, bound: "a GuardTables" });
}

/** Does something with a policy. Whether it is a valid one is for the core to say. */
export function withPolicy<Given>(policy: PolicyInput, work: (tree: Uint8Array) => Given): Given {
  try {
    return work(toTree(policy));
  } catch (error) {
    if (error instanceof NotPlain) throw new PolicyError(error.path, error);
    if (error instanceof PolicyError && error.value === undefined) {
      Object.assign(error, { value: valueAt(policy, error.path) });
    }
    throw error;
  }
}
