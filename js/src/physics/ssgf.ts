/**
 * The SSGF engine: a weighted graph over the oscillators that follows a cost downhill while they move.
 *
 * @module
 */

import { SsgfEngine as Raw } from "../../wasm/physics.js";
import { ArgumentError } from "../errors.js";
import { requireCount, requireNumber } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { toTree } from "../internal/plain.js";
import {
  type Fidelity,
  type Numbers,
  type Settings,
  isPublished,
  numbers,
  requireFlag,
  requireObject,
  settle,
  word,
} from "./arguments.js";
import { type Audio, audioFrom } from "./audio.js";
import { Frame } from "./frame.js";
import { call, instance } from "./instance.js";
import { type L16Output, l16Output } from "./l16.js";
import * as layers from "./layers.js";
import {
  type Corrections,
  RECORD,
  type SsgfConfig,
  type StepRecord,
  stepRecord,
} from "./ssgf-types.js";

/** Options of {@link SsgfEngine}. */
export interface SsgfOptions {
  /** Settings that are not at their default. */
  readonly config?: Settings<SsgfConfig> | undefined;
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
  /** @defaultValue "corrected" */
  readonly fidelity?: Fidelity | undefined;
  /** Corrections that are made or not, other than the fidelity says. */
  readonly corrections?: Settings<Corrections> | undefined;
}

// What lies where in the frame.
const R = 0;
const STEPS = 1;
const LAST = 2;
const LISTS = LAST + RECORD;

const NONE = new Uint8Array(0);

/**
 * A graph over oscillators that follows a cost downhill while the oscillators move on it.
 *
 * ```js
 * import { SsgfEngine } from "interlock-wasm/physics";
 *
 * using engine = new SsgfEngine({ config: { seed: 7 } });
 * const { costs, r_global } = engine.run(100);
 * ```
 *
 * Its lists are views of the module's memory, as those of `Upde` are.
 */
export class SsgfEngine extends Owned<Raw> {
  readonly #frame: Frame;
  readonly #n: number;
  readonly #latents: number;

  /** @throws {ArgumentError} when a setting is unknown or out of its range, or lists do not fit it */
  constructor({ config = {}, omega, coupling, fidelity, corrections }: SsgfOptions = {}) {
    const published = isPublished(fidelity);
    const frequencies = omega === undefined ? layers.omega() : numbers("omega", omega);
    const rows = coupling === undefined ? layers.coupling(fidelity) : numbers("coupling", coupling);
    requireObject("config", config);
    const { seed, ...rest } = config;
    const start = seed === undefined ? undefined : word("seed", seed);
    const others = corrections === undefined ? NONE : flags(corrections);
    const raw = settle(rest, (tree) =>
      Raw.create(tree, start, frequencies, rows, published, others),
    );
    super(instance, raw);
    this.#n = frequencies.length;
    this.#latents = call(() => raw.latents());
    const frame = new Frame(LISTS + 2 * this.#n + 2 * this.#n ** 2 + this.#latents);
    this.#frame = frame;
    call(() => {
      raw.publish(frame.raw);
    });
  }

  /**
   * One outer step; the record goes into the log, too.
   *
   * @throws {ArgumentError} when a latent has run away beyond 1e6; nothing has changed
   */
  outerStep(): StepRecord {
    this.#advance(1);
    return this.#last();
  }

  /**
   * Several outer steps; the record of the last one, none for no steps.
   *
   * @throws {ArgumentError} as {@link SsgfEngine.outerStep}; the steps before it are made
   */
  run(steps: number): StepRecord | undefined {
    requireCount("steps", steps);
    this.#advance(steps);
    return steps === 0 ? undefined : this.#last();
  }

  #advance(steps: number): void {
    const { raw } = this;
    call(() => {
      raw.run(steps, this.#frame.raw);
    });
  }

  #last(): StepRecord {
    return stepRecord((index) => this.#frame.at(LAST + index));
  }

  /**
   * Sets TCBO's probability for the next steps.
   *
   * @throws {ArgumentError} when it is not in [0, 1]
   */
  setPH1(pH1: number): void {
    requireNumber("p_h1", pH1);
    const { raw } = this;
    call(() => {
      raw.setPH1(pH1);
    });
  }

  /**
   * Sets which nodes are protected.
   *
   * @throws {ArgumentError} when there is not one mark for each node
   */
  setProtected(marks: readonly boolean[]): void {
    if (!Array.isArray(marks)) {
      throw new ArgumentError("protected", { value: marks, bound: "a list of true or false" });
    }
    marks.forEach((mark, index) => {
      requireFlag(`protected[${index}]`, mark);
    });
    const { raw } = this;
    call(() => {
      raw.setProtected(Uint8Array.from(marks, Number));
    });
  }

  /**
   * Sets what the eigenvectors are compared with: n vectors of n numbers, one after the other.
   *
   * @throws {ArgumentError} when there are not n x n numbers, or one is not finite
   */
  setTarget(target: Numbers): void {
    const vectors = numbers("target", target);
    const { raw } = this;
    call(() => {
      raw.setTarget(vectors);
    });
  }

  /**
   * Replaces the phases.
   *
   * @throws {ArgumentError} when there is a wrong number of them, or one is not finite
   */
  setTheta(theta: Numbers): void {
    const phases = numbers("theta", theta);
    const { raw } = this;
    call(() => {
      raw.setTheta(phases, this.#frame.raw);
    });
  }

  /** The order parameter. */
  get r(): number {
    return this.#live().at(R);
  }

  /** Outer steps made. */
  get steps(): number {
    return this.#live().at(STEPS);
  }

  /** Phases. */
  get theta(): Float64Array {
    return this.#live().view(LISTS, this.#n);
  }

  /** Eigenvalues of the weights' normalised Laplacian, ascending. */
  get eigenvalues(): Float64Array {
    return this.#live().view(LISTS + this.#n, this.#n);
  }

  /** Weights, row by row: those of the latents before the last step changed them. */
  get w(): Float64Array {
    return this.#live().view(LISTS + 2 * this.#n, this.#n ** 2);
  }

  /** Eigenvectors, one after the other in the order of their values. */
  get eigenvectors(): Float64Array {
    return this.#live().view(LISTS + 2 * this.#n + this.#n ** 2, this.#n ** 2);
  }

  /** Latents, as the last step left them. */
  get z(): Float64Array {
    return this.#live().view(LISTS + 2 * this.#n + 2 * this.#n ** 2, this.#latents);
  }

  /** What the L16 controller said in the last step; nothing before the first one. */
  get controller(): L16Output | undefined {
    const { raw } = this;
    return call(() => raw.controller()) ? l16Output() : undefined;
  }

  /** The state as parameters of sound. */
  get audio(): Audio {
    const { raw } = this;
    return audioFrom(call(() => raw.audio()));
  }

  /** The last records, oldest first, at most `log_capacity`. */
  get log(): StepRecord[] {
    const { raw } = this;
    return records(call(() => raw.log()));
  }

  /** Hands the log out and starts an empty one. */
  takeLog(): StepRecord[] {
    const { raw } = this;
    return records(call(() => raw.takeLog()));
  }

  override free(): void {
    super.free();
    this.#frame.release();
  }

  /** The frame, unless the object was freed. */
  #live(): Frame {
    instance.live(this.raw);
    return this.#frame;
  }
}

function records(list: Float64Array): StepRecord[] {
  return Array.from({ length: list.length / RECORD }, (_, record) =>
    stepRecord((index) => list[record * RECORD + index] ?? NaN),
  );
}

/** Corrections as they cross; whether there is such a one is for the module to say. */
function flags(corrections: Settings<Corrections>): Uint8Array {
  requireObject("corrections", corrections);
  for (const [name, value] of Object.entries(corrections)) {
    if (value !== undefined) requireFlag(name, value);
  }
  return toTree(corrections);
}
