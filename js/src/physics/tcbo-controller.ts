/**
 * The controller that moves a coupling gain until the TCBO observer's gate opens.
 *
 * @module
 */

import { TcboController as Raw } from "../../wasm/physics.js";
import { requireNumber } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { type Fidelity, type Settings, isPublished, settle } from "./arguments.js";
import { call, instance, slot } from "./instance.js";

/** Settings of a TCBO controller. */
export interface TcboControllerConfig {
  /**
   * The probability that is wanted, in [0, 1].
   * @defaultValue 0.72
   */
  readonly tau_h1: number;
  /**
   * Gain of the error.
   * @defaultValue 0.8
   */
  readonly kp: number;
  /**
   * Gain of its integral over time, 1/s.
   * @defaultValue 0.2
   */
  readonly ki: number;
  /**
   * Lower end of the integral, s.
   * @defaultValue -5
   */
  readonly integral_min: number;
  /**
   * Upper end of the integral, s.
   * @defaultValue 5
   */
  readonly integral_max: number;
  /**
   * Lower end of kappa.
   * @defaultValue 0
   */
  readonly kappa_min: number;
  /**
   * Upper end of kappa.
   * @defaultValue 5
   */
  readonly kappa_max: number;
  /**
   * How many steps are remembered.
   * @defaultValue 100
   */
  readonly history_len: number;
}

/** Options of {@link TcboController}. */
export interface TcboControllerOptions {
  /** Settings that are not at their default. */
  readonly config?: Settings<TcboControllerConfig> | undefined;
  /** @defaultValue "corrected" */
  readonly fidelity?: Fidelity | undefined;
}

/** One step of a controller. */
export interface TcboControl {
  /** The probability that was measured. */
  readonly p_h1: number;
  /** The new gain. */
  readonly kappa: number;
  /** What the probability lacks to `tau_h1`, negative above it; `published`: never negative. */
  readonly error: number;
}

/** A PI controller in incremental form: `kappa + kp e + ki I`, kept in its range. */
export class TcboController extends Owned<Raw> {
  /** @throws {ArgumentError} when a setting is unknown or out of its range */
  constructor({ config = {}, fidelity }: TcboControllerOptions = {}) {
    const published = isPublished(fidelity);
    super(
      instance,
      settle(config, (tree) => Raw.create(tree, published)),
    );
  }

  /**
   * Takes the probability that was measured and the present gain; `dt` is the time since the last step, s.
   *
   * @throws {ArgumentError} when the probability is not in [0, 1], the gain not finite or the time not above 0; nothing
   *   has changed
   */
  step(pH1: number, kappa: number, dt: number): TcboControl {
    requireNumber("p_h1", pH1);
    requireNumber("kappa", kappa);
    requireNumber("dt", dt);
    const { raw } = this;
    call(() => {
      raw.step(pH1, kappa, dt);
    });
    return { p_h1: slot(0), kappa: slot(1), error: slot(2) };
  }

  /** Whether a probability is above `tau_h1`: the given one, or that of the last step, or 0. */
  isGateOpen(pH1?: number): boolean {
    if (pH1 !== undefined) requireNumber("p_h1", pH1);
    const { raw } = this;
    return call(() => raw.isGateOpen(pH1));
  }

  /** The last steps, oldest first, as many as are remembered. */
  get history(): TcboControl[] {
    const { raw } = this;
    const flat = call(() => raw.history());
    return Array.from({ length: flat.length / 3 }, (_, at) => ({
      p_h1: flat[3 * at] ?? 0,
      kappa: flat[3 * at + 1] ?? 0,
      error: flat[3 * at + 2] ?? 0,
    }));
  }

  /** The integral of the error over time, s. */
  get integral(): number {
    const { raw } = this;
    return call(() => raw.integral());
  }

  /** As after construction. */
  reset(): void {
    const { raw } = this;
    call(() => {
      raw.reset();
    });
  }
}
