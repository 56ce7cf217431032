/**
 * Latents, weights, and eigenpairs of graphs.
 *
 * @module
 */

import {
  SpectralBridge as Raw,
  decode as rawDecode,
  latents as rawLatents,
} from "../../wasm/physics.js";
import { requireCount, requireNumber } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { type Fidelity, type Numbers, isPublished, numbers, requireOneOf } from "./arguments.js";
import { call, instance, made } from "./instance.js";

/**
 * How latents become weights: each pair of nodes has a latent z of its own and the weight ln(1 + e^z); or each node has
 * coordinates, and weights fall with the distance.
 */
export type Decoder = "gram-softplus" | "rbf";

const DECODERS: readonly Decoder[] = ["gram-softplus", "rbf"];

/** How many latents an engine of `n` nodes draws for a decoder. */
export function latents(decoder: Decoder, n: number, fidelity?: Fidelity): number {
  requireOneOf("decoder", decoder, DECODERS);
  requireCount("n", n);
  const published = isPublished(fidelity);
  return call(() => rawLatents(decoder === "rbf", n, published));
}

/**
 * Weights of latents, row by row. Under softplus there is a latent for each pair of nodes, in the order (0,1), (0,2), ...
 * (1,2), ...; under the radial decoder the coordinates of the first node, of the second and so on.
 *
 * @param n - nodes, in [1, 256]
 * @param sigma - width of the radial decoder, in [1e-6, 1e6]
 * @throws {ArgumentError} when a number is out of its range, or there is a wrong number of latents
 */
export function decode(n: number, decoder: Decoder, sigma: number, z: Numbers): Float64Array {
  requireCount("n", n);
  requireOneOf("decoder", decoder, DECODERS);
  requireNumber("rbf_sigma", sigma);
  const latents = numbers("z", z);
  return call(() => rawDecode(n, decoder === "rbf", sigma, latents));
}

/**
 * Eigenpairs of the normalised Laplacian of a graph, call after call, with signs that do not jump: the first call makes the
 * largest entry of each vector positive, later ones let each vector point the way it did.
 */
export class SpectralBridge extends Owned<Raw> {
  /** @throws {ArgumentError} when `n` is 0 or above 1024 */
  constructor(n: number, fidelity?: Fidelity) {
    requireCount("n", n);
    const published = isPublished(fidelity);
    super(
      instance,
      made(() => Raw.create(n, published)),
    );
  }

  /**
   * Finds the eigenpairs for weights, row by row.
   *
   * @throws {ArgumentError} when there are not n x n finite numbers, or they are not symmetric; the last eigenpairs are
   *   kept
   */
  compute(w: Numbers): void {
    const weights = numbers("w", w);
    const { raw } = this;
    call(() => {
      raw.compute(weights);
    });
  }

  /**
   * Sets the vectors that the next call's point the way of: orthonormal, one after the other.
   *
   * @throws {ArgumentError} when there are not n x n finite numbers
   */
  setReference(vectors: Numbers): void {
    const list = numbers("vectors", vectors);
    const { raw } = this;
    call(() => {
      raw.setReference(list);
    });
  }

  /** Forgets the last vectors: the next call is a first one. */
  reset(): void {
    const { raw } = this;
    call(() => {
      raw.reset();
    });
  }

  /** The normalised Laplacian of the last weights, row by row. */
  get laplacian(): Float64Array {
    const { raw } = this;
    return call(() => raw.laplacian());
  }

  /** Eigenvalues, ascending, none below 0. */
  get eigenvalues(): Float64Array {
    const { raw } = this;
    return call(() => raw.eigenvalues());
  }

  /** Eigenvectors, one after the other in the order of their values. */
  get eigenvectors(): Float64Array {
    const { raw } = this;
    return call(() => raw.eigenvectors());
  }
}
