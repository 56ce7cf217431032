/**
 * Objects that lie in the wasm module's memory.
 *
 * @module
 */

import type { Instance } from "./instance.js";

/**
 * An object in the wasm module's memory. It is freed by {@link Owned.free}, by `using`, or, some time
 * after nothing refers to it any more, by the garbage collector. After it was freed every call throws a
 * {@link FreedError}.
 */
export abstract class Owned<Raw extends { free(): void }> {
  readonly #instance: Instance;
  #raw: Raw | undefined;

  /** Frees it, at the end of a block that declared it with `using`. */
  declare readonly [Symbol.dispose]: () => void;

  static {
    // Not every host has the symbol.
    if ("dispose" in Symbol) {
      Object.defineProperty(this.prototype, Symbol.dispose, {
        value(this: Owned<{ free(): void }>) {
          this.free();
        },
        configurable: true,
        writable: true,
      });
    }
  }

  /** @internal */
  constructor(instance: Instance, raw: Raw) {
    this.#instance = instance;
    this.#raw = raw;
  }

  /** @internal */
  protected get raw(): Raw {
    return this.#instance.live(this.#raw);
  }

  /** Frees its memory now. Does nothing the second time. */
  free(): void {
    const raw = this.#raw;
    this.#raw = undefined;
    raw?.free();
  }
}
