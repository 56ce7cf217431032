/**
 * The functional that scores a state of the phases.
 *
 * @module
 */

import { Sec as Raw } from "../../wasm/physics.js";
import { requireNumber } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import {
  type Fidelity,
  type Numbers,
  type Settings,
  isPublished,
  numbers,
  requireObject,
  settle,
} from "./arguments.js";
import { call, instance, slot } from "./instance.js";
import * as layers from "./layers.js";

/** Weights of the terms beside the coupling. */
export interface SecConfig {
  /**
   * Weight of the frequency term, s^2; 0 or more.
   * @defaultValue 0.1
   */
  readonly frequency_weight: number;
  /**
   * Weight of the entropy term; 0 or more.
   * @defaultValue 0.01
   */
  readonly entropy_weight: number;
}

/** Options of {@link Sec}. */
export interface SecOptions {
  /**
   * Natural frequencies, rad/s.
   * @defaultValue those of the sixteen layers
   */
  readonly omega?: Numbers | undefined;
  /**
   * The coupling, row by row.
   * @defaultValue that of the sixteen layers
   */
  readonly coupling?: Numbers | undefined;
  /** Settings that are not at their default. */
  readonly config?: Settings<SecConfig> | undefined;
  /** @defaultValue "corrected" */
  readonly fidelity?: Fidelity | undefined;
}

/**
 * What is known of the phases' motion: nothing, and the frequency term is 0; the phases one interval ago, each
 * difference taken on the shorter way round (`published`: as it stands); or the velocities, as `Upde.velocity`.
 */
export type Motion = "unknown" | { readonly previous: Numbers } | { readonly velocity: Numbers };

/** The functional's value and its terms. */
export interface SecResult {
  /** V, the sum of the three terms. */
  readonly v: number;
  /** V over its scale, in [0, 1]. */
  readonly v_normalised: number;
  /** Order parameter R of the phases, in [0, 1]. */
  readonly r: number;
  /** Change of V since the last evaluation by time, 1/s; 0 when there is none to compare with. */
  readonly dv_dt: number;
  /** 1 - V over its scale, in [0, 1]: 1 is full coherence. */
  readonly coherence_score: number;
  /** Sum over ordered pairs of K_ij (1 - cos(theta_i - theta_j)). */
  readonly v_coupling: number;
  /** How far velocities are from natural frequencies: weight x sum of squares. */
  readonly v_frequency: number;
  /** How far the phases' smoothed density is from an even one: weight x (ln M - H). */
  readonly v_entropy: number;
}

/**
 * The SEC functional V = V_coupling + V_frequency + V_entropy and the coherence score 1 - V/V_max, a score in [0, 1] that
 * a `StreamMonitor` can judge.
 *
 * V_max = 2 sum of K is a scale and no bound. V is no Lyapunov function of the phase equation, which natural
 * frequencies and field drive.
 *
 * ```js
 * import { Sec, Upde } from "interlock-wasm/physics";
 *
 * using upde = new Upde({ theta: new Float64Array(16) });
 * using sec = new Sec();
 * upde.run(100);
 * const { coherence_score } = sec.evaluate(upde.theta, { velocity: upde.velocity }, 1);
 * ```
 */
export class Sec extends Owned<Raw> {
  /** @throws {ArgumentError} when lists do not fit together, or a number is not finite or out of its range */
  constructor({ omega, coupling, config = {}, fidelity }: SecOptions = {}) {
    const published = isPublished(fidelity);
    const frequencies = omega === undefined ? layers.omega() : numbers("omega", omega);
    const rows = coupling === undefined ? layers.coupling(fidelity) : numbers("coupling", coupling);
    super(
      instance,
      settle(config, (tree) => Raw.create(frequencies, rows, tree, published)),
    );
  }

  /**
   * Scores a state.
   *
   * @param theta - the phases, rad
   * @param motion - what is known of their motion
   * @param interval - time since the last evaluation, and since `previous`, s; above 0
   * @throws {ArgumentError} when a list has not one number for each oscillator, or a number is not finite; the memory of
   *   the last evaluation is as it was
   */
  evaluate(theta: Numbers, motion: Motion, interval: number): SecResult {
    const phases = numbers("theta", theta);
    requireNumber("interval", interval);
    const [kind, other] = motionOf(motion);
    const { raw } = this;
    call(() => {
      raw.evaluate(phases, kind, other, interval);
    });
    return {
      v: slot(0),
      v_normalised: slot(1),
      r: slot(2),
      dv_dt: slot(3),
      coherence_score: slot(4),
      v_coupling: slot(5),
      v_frequency: slot(6),
      v_entropy: slot(7),
    };
  }

  /**
   * Couples otherwise from now on. The last V is forgotten, which the new coupling makes incomparable; `published`
   * keeps it.
   *
   * @throws {ArgumentError} when the matrix is refused; nothing has changed
   */
  setCoupling(coupling: Numbers): void {
    const rows = numbers("coupling", coupling);
    const { raw } = this;
    call(() => {
      raw.setCoupling(rows);
    });
  }

  /** The scale of V: twice the sum of the coupling, at least 1e-12. */
  get vMax(): number {
    const { raw } = this;
    return call(() => raw.vMax());
  }

  /** V of the last evaluation. */
  get previous(): number | undefined {
    const { raw } = this;
    const previous = call(() => raw.previous());
    return Number.isNaN(previous) ? undefined : previous;
  }

  /** Forgets the last evaluation. */
  reset(): void {
    const { raw } = this;
    call(() => {
      raw.reset();
    });
  }
}

const NOTHING = new Float64Array(0);

function motionOf(motion: Motion): [kind: number, list: Float64Array] {
  if (motion === "unknown") return [0, NOTHING];
  requireObject("motion", motion);
  const { previous, velocity } = motion as { previous?: Numbers; velocity: Numbers };
  if (previous !== undefined) return [1, numbers("previous", previous)];
  return [2, numbers("velocity", velocity)];
}
