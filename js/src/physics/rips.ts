/**
 * Loops of a cloud of points, over all scales.
 *
 * @module
 */

import { Rips as Raw } from "../../wasm/physics.js";
import { requireCount } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { type Numbers, numbers } from "./arguments.js";
import { call, instance, slot } from "./instance.js";

/** A loop: the length at which it opens and the one at which it is filled, in the unit of the coordinates. */
export interface Bar {
  /** An edge's length. */
  readonly birth: number;
  /** A triangle's longest edge, above `birth`. */
  readonly death: number;
}

/** The longest loop of a cloud. */
export interface Longest {
  /** One of the longest bars; none where no loop ever opens. */
  readonly bar: Bar | undefined;
  /** Its lifetime; 0 without one. */
  readonly lifetime: number;
  /** The largest distance between two points of the cloud. */
  readonly diameter: number;
}

/**
 * Vietoris-Rips persistent homology in degree 1 over Z/2, exact: a point enters at 0, an edge at its length, a triangle
 * at its longest edge.
 *
 * ```js
 * import { Rips } from "interlock-wasm/physics";
 *
 * using rips = new Rips();
 * rips.bars([0, 0, 1, 0, 1, 1, 0, 1], 2); // [{ birth: 1, death: 1.4142135623730951 }]
 * ```
 */
export class Rips extends Owned<Raw> {
  constructor() {
    super(
      instance,
      call(() => new Raw()),
    );
  }

  /**
   * All bars of a cloud, longest first. Bars of length zero are none.
   *
   * @param coordinates - one point after the other, at most 4,096 points
   * @param dimension - coordinates of a point
   * @throws {ArgumentError} when a coordinate is not finite, or they are no whole number of points
   */
  bars(coordinates: Numbers, dimension: number): Bar[] {
    requireCount("dimension", dimension);
    const list = numbers("coordinates", coordinates);
    const { raw } = this;
    return barsOf(call(() => raw.bars(list, dimension)));
  }

  /**
   * The longest bar of a cloud, found sooner than all of them.
   *
   * @throws {ArgumentError} as {@link Rips.bars}
   */
  longest(coordinates: Numbers, dimension: number): Longest {
    requireCount("dimension", dimension);
    const list = numbers("coordinates", coordinates);
    const { raw } = this;
    call(() => {
      raw.longest(list, dimension);
    });
    const [birth, death] = [slot(0), slot(1)];
    return {
      bar: Number.isNaN(birth) ? undefined : { birth, death },
      lifetime: slot(2),
      diameter: slot(3),
    };
  }

  /**
   * The lengths at which components of the last cloud that was given to {@link Rips.bars} join, ascending: the finite
   * bars of degree 0.
   */
  get joins(): Float64Array {
    const { raw } = this;
    return call(() => raw.joins());
  }

  /** The largest distance between two points of the last cloud; 0 before the first one. */
  get diameter(): number {
    const { raw } = this;
    return call(() => raw.diameter());
  }
}

/** Bars of births and deaths. */
export function barsOf(pairs: Float64Array): Bar[] {
  return Array.from({ length: pairs.length / 2 }, (_, at) => ({
    birth: pairs[2 * at] ?? 0,
    death: pairs[2 * at + 1] ?? 0,
  }));
}
