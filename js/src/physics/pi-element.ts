/**
 * A proportional-integral element.
 *
 * @module
 */

import { PiElement as Raw } from "../../wasm/physics.js";
import { requireNumber } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { type Fidelity, isPublished } from "./arguments.js";
import { call, instance, made } from "./instance.js";

/** Options of {@link PiElement}. */
export interface PiElementOptions {
  /**
   * The wanted value.
   * @defaultValue 0
   */
  readonly setpoint?: number | undefined;
  /**
   * Gain of the error.
   * @defaultValue 0.5
   */
  readonly kp?: number | undefined;
  /**
   * Gain of its integral, 1/s.
   * @defaultValue 0.05
   */
  readonly ki?: number | undefined;
  /**
   * Bounds of the integral, the lower one first.
   * @defaultValue [-10, 10]
   */
  readonly integral_bounds?: readonly [number, number] | undefined;
  /**
   * Bounds of the output, the lower one first.
   * @defaultValue [0.01, 10]
   */
  readonly output_bounds?: readonly [number, number] | undefined;
}

/** A PI element: e = setpoint - measured, integral += e dt, output = kp e + ki integral, both within bounds. */
export class PiElement extends Owned<Raw> {
  /** @throws {ArgumentError} when a number is not finite, or a lower bound is above the upper one */
  constructor({
    setpoint = 0,
    kp = 0.5,
    ki = 0.05,
    integral_bounds: [integralMin, integralMax] = [-10, 10],
    output_bounds: [outputMin, outputMax] = [0.01, 10],
  }: PiElementOptions = {}) {
    requireNumber("setpoint", setpoint);
    requireNumber("kp", kp);
    requireNumber("ki", ki);
    for (const bound of [integralMin, integralMax]) requireNumber("integral_bounds", bound);
    for (const bound of [outputMin, outputMax]) requireNumber("output_bounds", bound);
    super(
      instance,
      made(() => Raw.create(setpoint, kp, ki, integralMin, integralMax, outputMin, outputMax)),
    );
  }

  /**
   * Takes a measurement and the time since the last one, s; gives the output.
   *
   * @throws {ArgumentError} when the measurement is not finite or the time is negative or not finite, unless
   *   `published`; nothing has changed
   */
  step(measured: number, dt: number, fidelity?: Fidelity): number {
    requireNumber("measured", measured);
    requireNumber("dt", dt);
    const published = isPublished(fidelity);
    const { raw } = this;
    return call(() => raw.step(measured, dt, published));
  }

  /** The wanted value. */
  get setpoint(): number {
    const { raw } = this;
    return call(() => raw.setpoint());
  }

  /** Sum of error x time so far, within its bounds. */
  get integral(): number {
    const { raw } = this;
    return call(() => raw.integral());
  }

  /** Error of the last step; 0 before the first. */
  get lastError(): number {
    const { raw } = this;
    return call(() => raw.lastError());
  }

  /** Forgets what was measured. */
  reset(): void {
    const { raw } = this;
    call(() => {
      raw.reset();
    });
  }
}
