/**
 * Numbers with the same bits on every host.
 *
 * @module
 */

import * as raw from "../../wasm/physics.js";
import { requireCount } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import {
  type Fidelity,
  type Numbers,
  type Seed,
  isPublished,
  numbers,
  requireOneOf,
  word,
} from "./arguments.js";
import { call, instance, made } from "./instance.js";

/** Sines and cosines of numbers. */
export function sinCosAll(x: Numbers): { sines: Float64Array; cosines: Float64Array } {
  const list = numbers("x", x);
  const both = call(() => raw.sinCosAll(list));
  return { sines: both.subarray(0, list.length), cosines: both.subarray(list.length) };
}

/** Exponentials of numbers. */
export function expAll(x: Numbers): Float64Array {
  const list = numbers("x", x);
  return call(() => raw.expAll(list));
}

/** Natural logarithms of numbers. */
export function lnAll(x: Numbers): Float64Array {
  const list = numbers("x", x);
  return call(() => raw.lnAll(list));
}

/**
 * Marsaglia's xorshift generator with one word of state and the shifts 13, 7, 17; its period is 2^64 - 1. For
 * simulations, not for secrets.
 */
export class Xorshift64 extends Owned<raw.Xorshift64> {
  /** @param seed - any; `corrected` mixes it, `published` takes it as the state */
  constructor(seed: Seed, fidelity?: Fidelity) {
    const start = word("seed", seed);
    const published = isPublished(fidelity);
    super(
      instance,
      call(() => raw.Xorshift64.create(start, published)),
    );
  }

  /** Continues from a {@link Xorshift64.state}. */
  static fromState(state: bigint): Xorshift64 {
    // `published` takes the seed as the state.
    return new Xorshift64(state, "published");
  }

  /** Where the generator is; never 0. */
  get state(): bigint {
    const { raw } = this;
    return call(() => raw.state());
  }

  /** The next word, any but 0. */
  nextU64(): bigint {
    const { raw } = this;
    return call(() => raw.nextU64());
  }

  /** Numbers in [0, 1), multiples of 2^-53; a draw each. */
  uniforms(count: number): Float64Array {
    requireCount("count", count);
    const { raw } = this;
    return call(() => raw.uniforms(count));
  }

  /** Numbers of the standard normal distribution, after Box and Muller; two draws each. */
  normals(count: number): Float64Array {
    requireCount("count", count);
    const { raw } = this;
    return call(() => raw.normals(count));
  }

  /** Leaves out as many normals, as if they had been drawn. */
  skipNormals(count: number): void {
    requireCount("count", count);
    const { raw } = this;
    call(() => {
      raw.skipNormals(count);
    });
  }
}

/** How eigenpairs are found. */
export type EigenMethod = "tridiagonal" | "jacobi";

/** Eigenpairs of symmetric matrices of one size, in ascending order of the values. */
export class SymmetricEigen extends Owned<raw.SymmetricEigen> {
  /** @throws {ArgumentError} when `n` is out of its range */
  constructor(n: number, method: EigenMethod = "tridiagonal") {
    requireCount("n", n);
    requireOneOf("method", method, ["tridiagonal", "jacobi"]);
    super(
      instance,
      made(() => raw.SymmetricEigen.create(n, method === "jacobi")),
    );
  }

  /**
   * Solves a matrix, row by row.
   *
   * @throws {ArgumentError} when it has not n x n finite numbers, or is not symmetric; the last eigenpairs are kept
   */
  solve(matrix: Numbers): void {
    const rows = numbers("matrix", matrix);
    const { raw } = this;
    call(() => {
      raw.solve(rows);
    });
  }

  /** Makes the largest entry of each vector positive. */
  orient(): void {
    const { raw } = this;
    call(() => {
      raw.orient();
    });
  }

  /**
   * Lets each vector point the way that the vectors of a reference do, one after the other.
   *
   * @throws {ArgumentError} when the reference has not n x n finite numbers
   */
  orientTo(reference: Numbers): void {
    const vectors = numbers("reference", reference);
    const { raw } = this;
    call(() => {
      raw.orientTo(vectors);
    });
  }

  /** Eigenvalues, ascending. */
  get values(): Float64Array {
    const { raw } = this;
    return call(() => raw.values());
  }

  /** Eigenvectors, one after the other in the order of their values. */
  get vectors(): Float64Array {
    const { raw } = this;
    return call(() => raw.vectors());
  }
}
