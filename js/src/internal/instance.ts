/**
 * A wasm instance, and views of its memory.
 *
 * Every entry point with a wasm of its own has one, in the `instance.ts` of its folder: its entry files place the
 * wasm there, and everything else of it comes there. A trap leaves an instance in a state that nobody knows, so it
 * is remembered, and no call reaches that instance again.
 *
 * @module
 */

import {
  FreedError,
  type InterlockError,
  NotInitialisedError,
  TrapError,
} from "../errors.js";
import { type Refusal, fromFailure } from "./failure.js";

/** What every module that wasm-bindgen generates from `wasm/npm` has. */
export interface Generated {
  readonly initSync: (options: { module: WebAssembly.Module }) => {
    readonly memory: WebAssembly.Memory;
  };
  readonly detailsAddress: () => number;
  readonly takeFailure: () => Uint8Array;
}

/** A wasm instance. Its functions can be taken off it. */
export interface Instance {
  /** Places the wasm. A second call changes nothing: there is one instance. */
  readonly place: (module: WebAssembly.Module) => void;

  /** Whether the wasm was placed. */
  readonly isPlaced: () => boolean;

  /** The raw object, unless it was freed or the instance cannot be used. */
  readonly live: <Raw>(raw: Raw | undefined) => Raw;

  /**
   * Calls the instance where speed does not matter.
   *
   * @throws {InterlockError} the error that the call left
   * @throws {NotInitialisedError} before the wasm was placed
   * @throws {TrapError} after a trap
   */
  readonly call: <Result>(work: () => Result) => Result;

  /** Makes an object of the instance, under the same terms. */
  readonly made: <Raw>(work: () => Raw | undefined) => Raw;

  /** The error to throw for what a call of the instance threw: it trapped. */
  readonly thrown: (error: unknown) => Error;

  /** A number that goes with the last answer; NaN for none. */
  readonly slot: (index: number) => number;

  /** The instance's memory. The view is good until the next call of the instance. */
  readonly heap: () => Uint8Array<ArrayBuffer>;

  /** Reads text out of the instance's memory. */
  readonly textAt: (address: number, length: number) => string;
}

/** Slots beside an answer, as many as there are in `wasm/npm/src/details.rs`. */
const SLOTS = 16;

/** The slot that is 1 when the last call left a failure. */
const FAILED = SLOTS - 1;

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** An instance of a generated module, once its wasm is placed. */
export function instanceOf(
  generated: Generated,
  ofRefusal?: (refusal: Refusal) => InterlockError,
): Instance {
  let memory: WebAssembly.Memory | undefined;
  let detailsAt = 0;
  let details = new Float64Array(0);
  let bytes = new Uint8Array(0);

  /** The first trap. An object, so that the check on the way to every call is one load. */
  const health: { trap: unknown; trapped: boolean } = { trap: undefined, trapped: false };

  function refresh(): void {
    if (memory === undefined) throw new NotInitialisedError();
    const { buffer } = memory;
    details = new Float64Array(buffer, detailsAt, SLOTS);
    bytes = new Uint8Array(buffer);
  }

  const instance: Instance = {
    place(module) {
      if (memory !== undefined) return;
      const exports = generated.initSync({ module });
      detailsAt = generated.detailsAddress();
      memory = exports.memory;
    },
    isPlaced: () => memory !== undefined,
    live(raw) {
      if (raw === undefined) throw new FreedError();
      if (health.trapped) throw new TrapError(health.trap);
      return raw;
    },
    call(work) {
      if (memory === undefined) throw new NotInitialisedError();
      if (health.trapped) throw new TrapError(health.trap);
      let result;
      try {
        result = work();
      } catch (error) {
        throw instance.thrown(error);
      }
      if (instance.slot(FAILED) === 1) throw fromFailure(generated.takeFailure(), ofRefusal);
      return result;
    },
    made<Raw>(work: () => Raw | undefined) {
      // Where nothing was made, the call has left a failure.
      return instance.call(work) as Raw;
    },
    thrown(error) {
      if (!health.trapped) {
        health.trapped = true;
        health.trap = error;
      }
      return new TrapError(error);
    },
    slot(index) {
      // Memory that grows detaches its views.
      if (details.length === 0) refresh();
      return details[index] ?? NaN;
    },
    heap() {
      if (bytes.length === 0) refresh();
      return bytes;
    },
    textAt(address, length) {
      return decoder.decode(instance.heap().subarray(address, address + length));
    },
  };
  return instance;
}
