/**
 * Views of what calls leave behind.
 *
 * @module
 */

import { Frame as Raw } from "../../wasm/physics.js";
import { heap, made } from "./instance.js";

/** Frames of which there may be views, and those of them that can be used again, by their length. */
const lent = new Set<Raw>();
const unused = new Map<number, Raw[]>();

/** Which frame a view is of: as long as there is the view, there is the frame. */
const owners = new WeakMap<Float64Array, Frame>();

// Not every host has it; there, frames with views are kept.
const collected =
  typeof FinalizationRegistry === "undefined"
    ? undefined
    : new FinalizationRegistry<{ raw: Raw; length: number }>(({ raw, length }) => {
        const others = unused.get(length);
        if (others === undefined) unused.set(length, [raw]);
        else others.push(raw);
      });

/**
 * A list in the module's memory that calls write and views show. It holds copies, so nothing written through a view
 * reaches the state of an object. Its memory lasts as long as a view of it, whatever becomes of the object, and is
 * only ever used for frames: what a forgotten `subarray` still shows, or overwrites, is such a copy, too.
 */
export class Frame {
  /** For the calls that write it. */
  readonly raw: Raw;
  readonly #address: number;
  readonly #length: number;
  readonly #views = new Map<number, Float64Array>();
  #released = false;
  #all: Float64Array = new Float64Array(0);

  constructor(length: number) {
    this.#length = length;
    const raw = unused.get(length)?.pop();
    this.raw = raw ?? made(() => Raw.create(length));
    this.#address = this.raw.address();
    // It may still be in views.
    if (raw !== undefined) collected?.register(this, { raw, length });
  }

  /** A number of it. */
  at(index: number): number {
    // Memory that grows detaches its views.
    if (this.#all.length === 0) this.#all = this.#place(0, this.#length);
    return this.#all[index] ?? NaN;
  }

  /** A part of it. The same view each time, until the memory grows. */
  view(start: number, length: number): Float64Array {
    let view = this.#views.get(start);
    if (view === undefined || view.length === 0) {
      view = this.#place(start, length);
      this.#views.set(start, view);
      owners.set(view, this);
      if (!lent.has(this.raw)) {
        lent.add(this.raw);
        collected?.register(this, { raw: this.raw, length: this.#length });
      }
    }
    return view;
  }

  #place(start: number, length: number): Float64Array {
    return new Float64Array(heap().buffer, this.#address + 8 * start, length);
  }

  /** Frees it at once if there never was a view of it. Nothing is done the second time. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    if (!lent.has(this.raw)) this.raw.free();
  }
}
