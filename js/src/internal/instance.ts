/**
 * The one wasm instance of the package, and views of its memory.
 *
 * Entry points place the wasm; everything else comes here. A trap leaves the instance in a state that
 * nobody knows, so it is remembered, and no call reaches the instance again.
 *
 * @module
 */

import { Failure, detailsAddress, initSync } from "../../wasm/interlock.js";
import { FreedError, NotInitialisedError, TrapError } from "../errors.js";
import { fromFailure } from "./failure.js";

let memory: WebAssembly.Memory | undefined;
let detailsAt = 0;
let details = new Float64Array(0);
let bytes = new Uint8Array(0);

/** The first trap. An object, so that the check on the way to every call is one load. */
const health: { trap: unknown; trapped: boolean } = { trap: undefined, trapped: false };

/** Places the wasm. A second call changes nothing: there is one instance. */
export function place(module: WebAssembly.Module): void {
  if (memory !== undefined) return;
  const exports = initSync({ module });
  detailsAt = detailsAddress();
  memory = exports.memory;
}

/** Whether the wasm was placed. */
export function isPlaced(): boolean {
  return memory !== undefined;
}

/**
 * Throws unless the instance can be used.
 *
 * @throws {NotInitialisedError} before the wasm was placed
 * @throws {TrapError} after a trap
 */
export function requireInstance(): void {
  if (memory === undefined) throw new NotInitialisedError();
  if (health.trapped) throw new TrapError(health.trap);
}

/** The raw object, unless it was freed or the instance cannot be used. */
export function live<Raw>(raw: Raw | undefined): Raw {
  if (raw === undefined) throw new FreedError();
  if (health.trapped) throw new TrapError(health.trap);
  return raw;
}

/**
 * The error to throw for what a call of the instance threw: a failure of the core as its class, and
 * anything else is a trap.
 */
export function thrown(error: unknown): Error {
  if (error instanceof Failure) return fromFailure(error);
  if (!health.trapped) {
    health.trapped = true;
    health.trap = error;
  }
  return new TrapError(error);
}

/** Calls the instance where speed does not matter. */
export function call<Result>(work: () => Result): Result {
  requireInstance();
  try {
    return work();
  } catch (error) {
    throw thrown(error);
  }
}

/** A number that goes with the last answer; NaN for none. */
export function slot(index: number): number {
  // Memory that grows detaches its views.
  if (details.length === 0) refresh();
  return details[index] ?? NaN;
}

/** The instance's memory. The view is good until the next call of the instance. */
export function heap(): Uint8Array {
  if (bytes.length === 0) refresh();
  return bytes;
}

function refresh(): void {
  if (memory === undefined) throw new NotInitialisedError();
  const { buffer } = memory;
  // As many as there are in wasm/npm/src/details.rs.
  details = new Float64Array(buffer, detailsAt, 16);
  bytes = new Uint8Array(buffer);
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** Reads text out of the instance's memory. */
export function textAt(address: number, length: number): string {
  return decoder.decode(heap().subarray(address, address + length));
}
