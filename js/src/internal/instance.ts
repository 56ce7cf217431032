/**
 * A wasm instance, and views of its memory.
 *
 * Every entry point with a wasm of its own has one, in the `instance.ts` of its folder: its entry files place the
 * wasm there, and everything else of it comes there. A trap leaves an instance in a state that nobody knows, so it
 * is remembered, and no call reaches that instance again.
 *
 * @module
 */

import { FreedError, NotInitialisedError, TrapError } from "../errors.js";
import { type Failure, type FailureKinds, fromFailure } from "./failure.js";

/** What every module that wasm-bindgen generates from `wasm/npm` has. */
export interface Generated {
  readonly initSync: (options: { module: WebAssembly.Module }) => {
    readonly memory: WebAssembly.Memory;
  };
  readonly detailsAddress: () => number;
  readonly FailureKind: FailureKinds;
  /** Whether what was thrown is the module's own `Failure`. */
  readonly isFailure: (error: unknown) => error is Failure;
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
   * @throws {NotInitialisedError} before the wasm was placed
   * @throws {TrapError} after a trap
   */
  readonly call: <Result>(work: () => Result) => Result;

  /**
   * The error to throw for what a call of the instance threw: a failure of the core as its class, and
   * anything else is a trap.
   */
  readonly thrown: (error: unknown) => Error;

  /** A number that goes with the last answer; NaN for none. */
  readonly slot: (index: number) => number;

  /** The instance's memory. The view is good until the next call of the instance. */
  readonly heap: () => Uint8Array<ArrayBuffer>;

  /** Reads text out of the instance's memory. */
  readonly textAt: (address: number, length: number) => string;
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** An instance of a generated module, once its wasm is placed. */
export function instanceOf(generated: Generated): Instance {
  let memory: WebAssembly.Memory | undefined;
  let detailsAt = 0;
  let details = new Float64Array(0);
  let bytes = new Uint8Array(0);

  /** The first trap. An object, so that the check on the way to every call is one load. */
  const health: { trap: unknown; trapped: boolean } = { trap: undefined, trapped: false };

  function refresh(): void {
    if (memory === undefined) throw new NotInitialisedError();
    const { buffer } = memory;
    // As many as there are in wasm/npm/src/details.rs.
    details = new Float64Array(buffer, detailsAt, 16);
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
      try {
        return work();
      } catch (error) {
        throw instance.thrown(error);
      }
    },
    thrown(error) {
      if (generated.isFailure(error)) return fromFailure(error, generated.FailureKind);
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
