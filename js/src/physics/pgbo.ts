/**
 * PGBO: from the motion of the phases to a symmetric tensor over the nodes.
 *
 * @module
 */

import { Pgbo as Raw, pgboOfGradient as rawOfGradient } from "../../wasm/physics.js";
import { requireCount, requireNumber } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import {
  type Fidelity,
  type Numbers,
  type Settings,
  isPublished,
  numbers,
  settle,
} from "./arguments.js";
import { Frame } from "./frame.js";
import { call, instance, slot } from "./instance.js";

/** Settings of a PGBO engine. */
export interface PgboConfig {
  /**
   * Weight of the boundary potential, in [0, 5].
   * @defaultValue 0.5
   */
  readonly alpha: number;
  /**
   * Gain of the tensor, in [0, 5].
   * @defaultValue 0.3
   */
  readonly kappa: number;
  /**
   * What the length of `u` stays below, rad/s, above 0; infinite for no cap.
   * @defaultValue 10
   */
  readonly u_cap: number;
  /**
   * Whether the trace is taken off the diagonal.
   * @defaultValue false
   */
  readonly traceless: boolean;
}

/** Options of {@link Pgbo}. */
export interface PgboOptions {
  /** Settings that are not at their default. */
  readonly config?: Settings<PgboConfig> | undefined;
  /** @defaultValue "corrected" */
  readonly fidelity?: Fidelity | undefined;
}

/** What one call found. All are 0 before the first one. */
export interface PgboReading {
  /** Length of `u` after the cap, rad/s, below `u_cap`. */
  readonly u_norm: number;
  /** Trace of `h`; 0 where it is traceless. */
  readonly h_trace: number;
  /** Frobenius norm of `h`. */
  readonly h_frob: number;
}

/**
 * A PGBO engine for a fixed number of nodes: the phase velocity since the last call, less a boundary potential and held
 * below a cap, is a vector `u`, and the tensor is h = kappa u uᵀ.
 */
export class Pgbo extends Owned<Raw> {
  readonly #frame: Frame;
  readonly #dimension: number;

  /** @throws {ArgumentError} when the number of nodes or a setting is out of its range */
  constructor(dimension: number, { config = {}, fidelity }: PgboOptions = {}) {
    requireCount("dimension", dimension);
    const published = isPublished(fidelity);
    super(
      instance,
      settle(config, (tree) => Raw.create(dimension, tree, published)),
    );
    this.#dimension = dimension;
    this.#frame = new Frame(dimension);
    // One that is used again is not empty.
    this.reset();
  }

  /**
   * Takes the phases at the end of a time `dt`, s; the first call only remembers them.
   *
   * @throws {ArgumentError} when there is a wrong number of phases, one is not finite, or the time is not above 0; nothing
   *   has changed
   */
  compute(theta: Numbers, dt: number): PgboReading {
    const phases = numbers("theta", theta);
    requireNumber("dt", dt);
    const { raw } = this;
    call(() => {
      raw.compute(phases, dt, this.#frame.raw);
    });
    return reading();
  }

  /** What the last call found. */
  get reading(): PgboReading {
    const { raw } = this;
    call(() => {
      raw.reading();
    });
    return reading();
  }

  /** The vector of the last call, rad/s: a view, as those of `Upde` are. */
  get u(): Float64Array {
    instance.live(this.raw);
    return this.#frame.view(0, this.#dimension);
  }

  /** The tensor of the last call, row by row. */
  get tensor(): Float64Array {
    const { raw } = this;
    return call(() => raw.tensor());
  }

  /**
   * The tensor times a vector, in O(D).
   *
   * @throws {ArgumentError} when the vector has another length
   */
  multiply(x: Numbers): Float64Array {
    const vector = numbers("x", x);
    const { raw } = this;
    return call(() => raw.multiply(vector));
  }

  /** The boundary potential, rad/s. */
  get potential(): Float64Array {
    const { raw } = this;
    return call(() => raw.potential());
  }

  /**
   * Overwrites as many entries of the boundary potential as are given, from the first on, rad/s.
   *
   * @throws {ArgumentError} when there are more than nodes, or one is not finite or beyond 1e100; nothing has changed
   */
  setPotential(potential: Numbers): void {
    const list = numbers("potential", potential);
    const { raw } = this;
    call(() => {
      raw.setPotential(list);
    });
  }

  /** The gain for the next call. */
  get kappa(): number {
    const { raw } = this;
    return call(() => raw.kappa());
  }

  /** Multiplies the gain for the next calls and keeps it in [0, 5]. A factor that is no number changes nothing. */
  scaleKappa(factor: number): void {
    requireNumber("factor", factor);
    const { raw } = this;
    call(() => {
      raw.scaleKappa(factor);
    });
  }

  /** As after construction, with the potential at 0; the gain stays. */
  reset(): void {
    const { raw } = this;
    call(() => {
      raw.reset(this.#frame.raw);
    });
  }

  override free(): void {
    super.free();
    this.#frame.release();
  }
}

/**
 * The tensor's vector for a gradient of the phases and a potential that are given, both in rad/s: the whole computation
 * without the memory of an engine.
 *
 * @throws {ArgumentError} when the lists differ in length, a number is not finite or beyond 1e100, or a setting is out of
 *   its range
 */
export function pgboOfGradient(
  gradient: Numbers,
  potential: Numbers,
  { config = {}, fidelity }: PgboOptions = {},
): PgboReading & { readonly u: Float64Array } {
  const motion = numbers("gradient", gradient);
  const boundary = numbers("potential", potential);
  const published = isPublished(fidelity);
  const u = settle(config, (tree) => rawOfGradient(tree, motion, boundary, published));
  return { ...reading(), u };
}

/** The reading in the slots. */
function reading(): PgboReading {
  return { u_norm: slot(0), h_trace: slot(1), h_frob: slot(2) };
}
