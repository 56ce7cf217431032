/**
 * The phase equation, integrated.
 *
 * @module
 */

import { Upde as Raw } from "../../wasm/physics.js";
import { requireCount } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import {
  type Fidelity,
  type Numbers,
  type Seed,
  type Settings,
  isPublished,
  numbers,
  settle,
  word,
} from "./arguments.js";
import { Frame } from "./frame.js";
import { call, instance, slot } from "./instance.js";
import * as layers from "./layers.js";

/** How the phases are driven and integrated. */
export interface UpdeConfig {
  /**
   * Length of a step, s; above 0, at most 1e15.
   * @defaultValue 0.01
   */
  readonly dt: number;
  /**
   * Pressure F of the external field, rad/s.
   * @defaultValue 0.1
   */
  readonly field_pressure: number;
  /**
   * Noise sigma, rad/sqrt(s); 0 or more.
   * @defaultValue 0.05
   */
  readonly noise_amplitude: number;
}

/** Options of {@link Upde}. */
export interface UpdeOptions {
  /** The first phases, rad: any finite numbers, one for each oscillator. */
  readonly theta: Numbers;
  /**
   * Natural frequencies, rad/s.
   * @defaultValue those of the sixteen layers
   */
  readonly omega?: Numbers | undefined;
  /**
   * The coupling, row by row; row n acts on oscillator n. It need not be symmetric.
   * @defaultValue that of the sixteen layers
   */
  readonly coupling?: Numbers | undefined;
  /** Settings that are not at their default. */
  readonly config?: Settings<UpdeConfig> | undefined;
  /**
   * Seed of the noise.
   * @defaultValue 0
   */
  readonly seed?: Seed | undefined;
  /** @defaultValue "corrected" */
  readonly fidelity?: Fidelity | undefined;
}

// What lies where in the frame.
const R = 0;
const TIME = 1;
const STEPS = 2;
const LISTS = 3;

/**
 * Coupled phase oscillators with a field and noise, advanced by the Euler-Maruyama method:
 *
 * d_n = omega_n + sum over m of K_nm sin(theta_m - theta_n) + F cos(theta_n),
 * theta_n' = (theta_n + d_n dt + sigma sqrt(dt) xi_n) mod 2 pi.
 *
 * ```js
 * import { Upde } from "interlock-wasm/physics";
 *
 * using upde = new Upde({ theta: new Float64Array(16), seed: 42 });
 * upde.run(1000); // one call of the module, whatever the number of steps
 * console.log(upde.r, upde.theta);
 * ```
 *
 * {@link theta} and its like are views of the module's memory, where every call leaves the state: reading them
 * copies nothing. A view shows the state after the last call. When the memory grows it is detached (its length is 0), and
 * the property gives another; so take it from the property each time, and `slice()` what is to be kept. Writing
 * into a view changes nothing but the view, and one that outlives its object shows the object's last state. Its `buffer` is
 * the module's whole memory: leave that alone, and send a `slice()` to workers, not the view.
 */
export class Upde extends Owned<Raw> {
  readonly #frame: Frame;
  readonly #n: number;

  /**
   * @throws {ArgumentError} when lists do not fit together, a number is not finite or out of its range, or something
   *   would move further than 1e15 rad in a step
   */
  constructor({ theta, omega, coupling, config = {}, seed = 0, fidelity }: UpdeOptions) {
    const published = isPublished(fidelity);
    const frequencies = omega === undefined ? layers.omega() : numbers("omega", omega);
    const rows = coupling === undefined ? layers.coupling(fidelity) : numbers("coupling", coupling);
    const first = numbers("theta", theta);
    const start = word("seed", seed);
    const raw = settle(config, (tree) =>
      Raw.create(frequencies, rows, first, tree, start, published),
    );
    super(instance, raw);
    this.#n = frequencies.length;
    const frame = new Frame(LISTS + 4 * this.#n);
    this.#frame = frame;
    call(() => {
      raw.publish(frame.raw);
    });
  }

  /** Makes a step. */
  step(): void {
    const { raw } = this;
    call(() => {
      raw.step(this.#frame.raw);
    });
  }

  /** Makes `steps` steps, the same as one after the other. */
  run(steps: number): void {
    requireCount("steps", steps);
    const { raw } = this;
    call(() => {
      raw.run(steps, this.#frame.raw);
    });
  }

  /** How many oscillators there are. */
  get oscillators(): number {
    return this.#n;
  }

  /** The phases, rad: as given until the first step, then in [0, 2 pi). `published` may give 2 pi itself. */
  get theta(): Float64Array {
    return this.#list(0);
  }

  /** The drift of the last step, without noise, rad/s; zeros before the first one. */
  get velocity(): Float64Array {
    return this.#list(1);
  }

  /** Sines of the phases. */
  get sines(): Float64Array {
    return this.#list(2);
  }

  /** Cosines of the phases. */
  get cosines(): Float64Array {
    return this.#list(3);
  }

  /** The order parameter R of the phases, in [0, 1]: 1 when all are equal. */
  get r(): number {
    return this.#number(R);
  }

  /** Time that has passed, s. */
  get time(): number {
    return this.#number(TIME);
  }

  /** Steps that were made. */
  get steps(): number {
    return this.#number(STEPS);
  }

  /** Where the noise is: `Xorshift64.fromState` continues from here. */
  get noiseState(): bigint {
    const { raw } = this;
    return call(() => raw.noiseState());
  }

  /** How the phases are driven and integrated. */
  get config(): UpdeConfig {
    const { raw } = this;
    call(() => {
      raw.config();
    });
    return { dt: slot(0), field_pressure: slot(1), noise_amplitude: slot(2) };
  }

  /**
   * Drives the oscillators otherwise from now on. What is left out stays as it is.
   *
   * @throws {ArgumentError} as the constructor; nothing has changed
   */
  setConfig(config: Settings<UpdeConfig>): void {
    const { raw } = this;
    settle(config, (tree) => {
      raw.setConfig(tree);
    });
  }

  /**
   * Couples the oscillators otherwise from now on.
   *
   * @throws {ArgumentError} as the constructor; nothing has changed
   */
  setCoupling(coupling: Numbers): void {
    const rows = numbers("coupling", coupling);
    const { raw } = this;
    call(() => {
      raw.setCoupling(rows);
    });
  }

  /**
   * Puts the oscillators elsewhere; time, steps and noise go on.
   *
   * @throws {ArgumentError} as the constructor; nothing has changed
   */
  setTheta(theta: Numbers): void {
    const phases = numbers("theta", theta);
    const { raw } = this;
    call(() => {
      raw.setTheta(phases, this.#frame.raw);
    });
  }

  override free(): void {
    super.free();
    this.#frame.release();
  }

  #number(index: number): number {
    return this.#live().at(index);
  }

  #list(index: number): Float64Array {
    return this.#live().view(LISTS + index * this.#n, this.#n);
  }

  /** The frame, unless the object was freed. */
  #live(): Frame {
    instance.live(this.raw);
    return this.#frame;
  }
}
