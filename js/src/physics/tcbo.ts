/**
 * TCBO: whether the phases go round a loop together.
 *
 * @module
 */

import { Tcbo as Raw } from "../../wasm/physics.js";
import { requireCount } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import {
  type Fidelity,
  type Numbers,
  type Settings,
  isPublished,
  numbers,
  requireFlag,
  settle,
} from "./arguments.js";
import { call, instance, slot } from "./instance.js";
import { type Bar, barsOf } from "./rips.js";

/**
 * How the lifetime of a cloud is found: the longest bar of degree 1 of its Vietoris-Rips filtration, which is the
 * definition; or the spread of the radii, which the published implementation takes instead and which is no measure of
 * loops.
 */
export type Estimator = "rips" | "spread";

/** Settings of a TCBO observer. */
export interface TcboConfig {
  /**
   * Samples of a channel that make a point, at least 1.
   * @defaultValue 3
   */
  readonly embed_dim: number;
  /**
   * Samples between them, at least 1.
   * @defaultValue 1
   */
  readonly tau_delay: number;
  /**
   * Points of the cloud, 4 to 4096, and more than `(embed_dim - 1) * tau_delay`.
   * @defaultValue 50
   */
  readonly window_size: number;
  /**
   * The probability above which the gate is open, in [0, 1].
   * @defaultValue 0.72
   */
  readonly tau_h1: number;
  /**
   * Steepness of the logistic function, in [1e-6, 1e6].
   * @defaultValue 8
   */
  readonly beta: number;
  /**
   * `published`: the lifetime at which the probability is a half. Not used otherwise.
   * @defaultValue 0
   */
  readonly s0: number;
  /**
   * `corrected`: the lifetime, as a share of the cloud's diameter, at which the probability is `tau_h1`, in [0, 1].
   * @defaultValue 0.5
   */
  readonly s_tau: number;
  /**
   * Lifetimes up to this one count as 0: a share of the diameter; `published`: in the unit of the cloud.
   * @defaultValue 0.05
   */
  readonly persistence_threshold: number;
  /**
   * Every how many calls something is computed; 0 and 1 for each.
   * @defaultValue 1
   */
  readonly compute_every_n: number;
  /**
   * How lifetimes are found.
   * @defaultValue "rips"
   */
  readonly estimator: Estimator;
}

/** Options of {@link Tcbo}. */
export interface TcboOptions {
  /** Settings that are not at their default. */
  readonly config?: Settings<TcboConfig> | undefined;
  /** @defaultValue "corrected" */
  readonly fidelity?: Fidelity | undefined;
}

/** What an observer knows. Calls that compute nothing leave it as it was. */
export interface TcboReading {
  /** The probability, in [0, 1]; 0 before the first computation. */
  readonly p_h1: number;
  /** The lifetime that it was made from: a share of the cloud's diameter; `published`: in the unit of the cloud. */
  readonly s_h1: number;
  /** The lifetime as it was found, in the unit of the cloud. */
  readonly lifetime: number;
  /** The largest distance in the cloud. */
  readonly diameter: number;
  /** Whether `p_h1` is above `tau_h1`. */
  readonly is_conscious: boolean;
  /** What `p_h1` lacks to `tau_h1`, at least 0. */
  readonly h1_error: number;
}

/**
 * An observer of a number of phases. The last samples are embedded with a delay, each phase as its cosine and sine, and
 * the longest loop of that cloud over all scales is squashed to a probability.
 *
 * ```js
 * import { Tcbo, Upde } from "interlock-wasm/physics";
 *
 * using upde = new Upde({ theta: new Float64Array(16) });
 * using tcbo = new Tcbo(16);
 * for (let i = 0; i < 60; i += 1) {
 *   upde.step();
 *   tcbo.observe(upde.theta);
 * }
 * const { p_h1 } = tcbo.reading;
 * ```
 */
export class Tcbo extends Owned<Raw> {
  /** @throws {ArgumentError} when there are no phases or too many, or a setting is unknown or out of its range */
  constructor(phases: number, { config = {}, fidelity }: TcboOptions = {}) {
    requireCount("phases", phases);
    const published = isPublished(fidelity);
    super(
      instance,
      settle(config, (tree) => Raw.create(phases, tree, published)),
    );
  }

  /**
   * Takes the phases of a sample.
   *
   * @throws {ArgumentError} when there is a wrong number of them, or one is not finite; nothing has changed
   */
  push(theta: Numbers): void {
    const phases = numbers("theta", theta);
    const { raw } = this;
    call(() => {
      raw.push(phases);
    });
  }

  /**
   * Computes the reading if it is time to, or if `force` is set, and if there are enough samples: `window_size` and the
   * span of the embedding. Every call counts.
   */
  compute(force = false): TcboReading {
    requireFlag("force", force);
    const { raw } = this;
    call(() => {
      raw.compute(force);
    });
    return reading();
  }

  /**
   * {@link Tcbo.push}, then {@link Tcbo.compute} if it is time to.
   *
   * @throws {ArgumentError} as {@link Tcbo.push}
   */
  observe(theta: Numbers): TcboReading {
    const phases = numbers("theta", theta);
    const { raw } = this;
    call(() => {
      raw.observe(phases);
    });
    return reading();
  }

  /** What the last computation found. */
  get reading(): TcboReading {
    const { raw } = this;
    call(() => {
      raw.reading();
    });
    return reading();
  }

  /** All bars of the present cloud, longest first, in its unit; none as long as there are too few samples. */
  bars(): Bar[] {
    const { raw } = this;
    return barsOf(call(() => raw.bars()));
  }

  /** Samples that are kept. */
  get buffered(): number {
    const { raw } = this;
    return call(() => raw.buffered());
  }

  /** The lifetime at which the probability is a half. */
  get s0(): number {
    const { raw } = this;
    return call(() => raw.s0());
  }

  /** As after construction. */
  reset(): void {
    const { raw } = this;
    call(() => {
      raw.reset();
    });
  }
}

/** The reading in the slots. */
function reading(): TcboReading {
  return {
    p_h1: slot(0),
    s_h1: slot(1),
    lifetime: slot(2),
    diameter: slot(3),
    is_conscious: slot(4) === 1,
    h1_error: slot(5),
  };
}
