/**
 * The controller that closes the loop.
 *
 * @module
 */

import { L16 as Raw, hRec as rawHRec } from "../../wasm/physics.js";
import { requireCount, requireNumber } from "../internal/arguments.js";
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

/** Settings of the controller. */
export interface L16Config {
  /**
   * Most rows of a block that count.
   * @defaultValue 16
   */
  readonly n: number;
  /**
   * The gate opens above this locking value.
   * @defaultValue 0.6
   */
  readonly plv_threshold: number;
  /**
   * Looks that the locking value is taken over, 1 to 65536.
   * @defaultValue 10
   */
  readonly plv_window: number;
  /**
   * Changes of H_rec that refusal and values that the slope look at, 2 to 99.
   * @defaultValue 5
   */
  readonly h_rec_window: number;
  /**
   * Factor on the learning rate of the latents while refusing.
   * @defaultValue 0.5
   */
  readonly refusal_lr_factor: number;
  /**
   * Factor on the diffusion of the phases while refusing.
   * @defaultValue 0.5
   */
  readonly refusal_d_factor: number;
  /**
   * Factor on the delay while refusing.
   * @defaultValue 1.5
   */
  readonly refusal_tau_factor: number;
  /**
   * The observer's threshold, from which `p_h1` is no longer a deficit.
   * @defaultValue 0.72
   */
  readonly tau_h1: number;
}

/** A matrix as numbers column after column. */
export interface Block {
  /** The numbers. */
  readonly values: Numbers;
  /** How many columns they make. */
  readonly columns: number;
}

/** What H_rec is made of. */
export interface LoopState {
  /** Phases, rad; without any their variance is left out. */
  readonly theta: Numbers;
  /** Eigenvectors of the geometry. */
  readonly eigenvectors?: Block | undefined;
  /** Where they should be. Without either block the short form is taken. */
  readonly target?: Block | undefined;
  /** Order parameter R. */
  readonly r: number;
  /** Probability of the TCBO observer. */
  readonly p_h1: number;
  /** Frobenius norm of the boundary tensor. */
  readonly h_frob: number;
}

/** One look at how two phases lie to one another: their difference, rad, or a locking value in [0, 1]. */
export type Locking = { readonly difference: number } | { readonly value: number };

/** What the controller sees in a step. */
export interface L16Input {
  /** What H_rec is made of. */
  readonly state: LoopState;
  /** How two phases lie to one another. */
  readonly locking: Locking;
  /** The symbolic cost C7. */
  readonly c7: number;
  /** The phase cost C8. */
  readonly c8: number;
  /** The boundary cost C10. */
  readonly c10: number;
  /** Time since the last step, s; above 0. */
  readonly dt: number;
}

/** What the controller says in a step. */
export interface L16Output {
  /** Weight for C7, in [0.01, 10]; it rises with the cost. */
  readonly lambda7: number;
  /** Weight for C8. */
  readonly lambda8: number;
  /** Weight for C10. */
  readonly lambda10: number;
  /** Drive towards R = 0.5, in [0.01, 10]. */
  readonly nu_star: number;
  /** Whether the phases are locked. */
  readonly gate_open: boolean;
  /** Whether the loop refuses, because H_rec has only risen. */
  readonly refusal: boolean;
  /** H_rec, the Lyapunov candidate, 0 or more. */
  readonly h_rec: number;
  /** Its slope over the window, 1/s. */
  readonly dh_rec_dt: number;
  /** Whether the slope is 0 or less. */
  readonly lyapunov_stable: boolean;
  /** The locking value over its window. */
  readonly avg_plv: number;
  /** Factor on the learning rate of the latents. */
  readonly lr_z_scale: number;
  /** Factor on the diffusion of the phases. */
  readonly d_theta_scale: number;
  /** Factor on the delay. */
  readonly tau_d_scale: number;
}

/** The gate that opens while two phases are locked. */
export interface PlvGate {
  /** Whether it is open. */
  readonly is_open: boolean;
  /** The locking value over the window; 0 without a look. */
  readonly average: number;
  /** The looks in the window, oldest first: points (cosine, sine), or locking values with a 0. */
  readonly looks: readonly (readonly [number, number])[];
}

/** Options of {@link L16}. */
export interface L16Options {
  /** Settings that are not at their default. */
  readonly config?: Settings<L16Config> | undefined;
  /** @defaultValue "corrected" */
  readonly fidelity?: Fidelity | undefined;
}

/** The L16 controller: H_rec and its slope, the gate, refusal and four PI elements. */
export class L16 extends Owned<Raw> {
  /** @throws {ArgumentError} when a setting is unknown or out of its range */
  constructor({ config = {}, fidelity }: L16Options = {}) {
    const published = isPublished(fidelity);
    super(
      instance,
      settle(config, (tree) => Raw.create(tree, published)),
    );
  }

  /**
   * Makes a step: H_rec, gate, refusal, slope, then the PI elements.
   *
   * @throws {ArgumentError} when a number is not finite or out of its range, or blocks do not fit together; nothing has
   *   changed. `published`: never
   */
  step({ state, locking, c7, c8, c10, dt }: L16Input): L16Output {
    const [theta, own, columns, target, targetColumns, r, p, h] = stateOf(state);
    requireObject("locking", locking);
    const isDifference = "difference" in locking;
    const look = isDifference ? locking.difference : locking.value;
    requireNumber("locking", look);
    for (const [name, value] of Object.entries({ c7, c8, c10, dt })) requireNumber(name, value);
    const { raw } = this;
    call(() => {
      raw.step(
        ...([theta, own, columns, target, targetColumns, r, p, h] as const),
        ...([isDifference, look, c7, c8, c10, dt] as const),
      );
    });
    return l16Output();
  }

  /** The last values of H_rec, at most 100, oldest first. */
  get history(): Float64Array {
    const { raw } = this;
    return call(() => raw.history());
  }

  /** The gate, as the last step left it. */
  get gate(): PlvGate {
    const { raw } = this;
    const looks = call(() => raw.looks());
    this.#state();
    return {
      is_open: slot(0) === 1,
      average: slot(1),
      looks: Array.from({ length: looks.length / 2 }, (_, at) => [
        looks[2 * at] ?? 0,
        looks[2 * at + 1] ?? 0,
      ]),
    };
  }

  /** Whether the loop refuses. */
  get refusal(): boolean {
    this.#state();
    return slot(2) === 1;
  }

  /** Steps that ended in refusal. */
  get refusals(): number {
    this.#state();
    return slot(3);
  }

  /** The factors on learning rate, diffusion and delay: 1, or the configured ones while refusing. */
  get scales(): [lr_z: number, d_theta: number, tau_d: number] {
    this.#state();
    return [slot(4), slot(5), slot(6)];
  }

  #state(): void {
    const { raw } = this;
    call(() => {
      raw.state();
    });
  }
}

/** What the controller said, from the slots. */
export function l16Output(): L16Output {
  return {
    lambda7: slot(0),
    lambda8: slot(1),
    lambda10: slot(2),
    nu_star: slot(3),
    gate_open: slot(4) === 1,
    refusal: slot(5) === 1,
    h_rec: slot(6),
    dh_rec_dt: slot(7),
    lyapunov_stable: slot(8) === 1,
    avg_plv: slot(9),
    lr_z_scale: slot(10),
    d_theta_scale: slot(11),
    tau_d_scale: slot(12),
  };
}

/**
 * H_rec of a state with at most `n` rows in its blocks: the squared distance of the blocks + (1 - R) + the variance of
 * exp(i theta) + max(tau_h1 - p_h1, 0) + 0.01 h_frob; without blocks (1 - R) + max(tau_h1 - p_h1, 0).
 */
export function hRec(state: LoopState, n = 16, tauH1 = 0.72): number {
  requireCount("n", n);
  requireNumber("tau_h1", tauH1);
  const parts = stateOf(state);
  return call(() => rawHRec(...parts, n, tauH1));
}

const NOTHING: Block = { values: new Float64Array(0), columns: 0 };

type Parts = [
  theta: Float64Array,
  eigenvectors: Float64Array,
  columns: number,
  target: Float64Array,
  targetColumns: number,
  r: number,
  pH1: number,
  hFrob: number,
];

function stateOf(state: LoopState): Parts {
  requireObject("state", state);
  const { theta, eigenvectors = NOTHING, target = NOTHING, r, p_h1: pH1, h_frob: hFrob } = state;
  requireCount("eigenvectors.columns", eigenvectors.columns);
  requireCount("target.columns", target.columns);
  requireNumber("r", r);
  requireNumber("p_h1", pH1);
  requireNumber("h_frob", hFrob);
  return [
    numbers("theta", theta),
    numbers("eigenvectors", eigenvectors.values),
    eigenvectors.columns,
    numbers("target", target.values),
    target.columns,
    r,
    pH1,
    hFrob,
  ];
}
