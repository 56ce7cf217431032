/**
 * The monitor of one stream, for those who score tokens themselves: numbers only.
 *
 * @module
 */

import {
  ScoreBuffer,
  StreamMonitor as Raw,
  logitEntropy as rawLogitEntropy,
} from "../../wasm/interlock.js";
import { call, heap, instance, slot, thrown } from "../instance.js";
import { float64, requireNumber, requireNumbers } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import type { HaltConfigInput } from "../policy.js";
import {
  PASS,
  haltArguments,
  haltOf,
  optional,
  optionalNumber,
  recordedHalt,
  refuseEnded,
  verdictOf,
} from "./codes.js";
import { withConfig } from "./config.js";
import type {
  BatchVerdict,
  HaltInput,
  HaltVerdict,
  Observation,
  Summary,
  Verdict,
} from "./verdict.js";

const STATES = ["open", "halted", "finished"] as const;

/** Scores that cross at once. A batch of any length takes this much memory of the module, once. */
const BATCH = 4096;

/** Where batches cross. One for all monitors: a call is over before the next begins. */
let batches: { raw: ScoreBuffer; address: number; view: Float64Array } | undefined;

function batchBuffer(): { raw: ScoreBuffer; view: Float64Array } {
  batches ??= call(() => {
    const raw = new ScoreBuffer(BATCH);
    return { raw, address: raw.address(), view: new Float64Array(0) };
  });
  // Memory that grows detaches its views.
  if (batches.view.length === 0) {
    batches.view = new Float64Array(heap().buffer, batches.address, BATCH);
  }
  return batches;
}

/**
 * Judges the tokens of one stream by their scores, in constant time and memory per token.
 *
 * ```js
 * import { StreamMonitor } from "interlock-wasm";
 *
 * using monitor = new StreamMonitor({ hard_limit: 0.4 });
 * for (const score of [0.9, 0.8, 0.3]) {
 *   const verdict = monitor.push(score);
 *   if (verdict.outcome === "halt") break; // { outcome: "halt", reason: "hard-limit", observed: 0.3, bound: 0.4 }
 * }
 * ```
 *
 * A halt is final: after it every push throws a {@link StreamEndedError}.
 */
export class StreamMonitor extends Owned<Raw> {
  /**
   * A monitor for a fresh stream.
   *
   * @param config - limits; missing fields take their defaults
   * @throws {ConfigError} when a field is unknown, of a wrong type or out of bounds
   */
  constructor(config: HaltConfigInput = {}) {
    super(
      instance,
      withConfig(config, (tree) => Raw.create(tree)),
    );
  }

  /**
   * Judges a token by its score alone. A finite score outside [0, 1] is clamped; one that is not finite
   * halts with the reason `non-finite-score`.
   *
   * @throws {StreamEndedError} after a halt or {@link StreamMonitor.finish}
   * @throws {ArgumentError} when the score is not a number; nothing was judged
   */
  push(score: number): Verdict {
    requireNumber("score", score);
    const { raw } = this;
    let code: number;
    try {
      code = raw.push(score);
    } catch (error) {
      throw thrown(error);
    }
    if (code === 0) return PASS;
    refuseEnded(code);
    return verdictOf(code);
  }

  /**
   * Judges a token by everything that is known of it.
   *
   * @throws {StreamEndedError} after a halt or {@link StreamMonitor.finish}
   * @throws {ArgumentError} when a value is not a number; nothing was judged
   */
  pushObservation(observation: Observation): Verdict {
    const score = optionalNumber("score", observation.score);
    const elapsed = optionalNumber("elapsedMs", observation.elapsedMs);
    const entropy = optionalNumber("logitEntropy", observation.logitEntropy);
    const { raw } = this;
    let code: number;
    try {
      code = raw.pushObservation(score, elapsed, entropy);
    } catch (error) {
      throw thrown(error);
    }
    if (code === 0) return PASS;
    refuseEnded(code);
    return verdictOf(code);
  }

  /**
   * Judges scores in order and stops at the first halt: the same verdicts as one call a score, for a few
   * nanoseconds each. A `Float64Array` is the fastest.
   *
   * @throws {StreamEndedError} after a halt or {@link StreamMonitor.finish}
   * @throws {ArgumentError} when a score is not a number; nothing was judged
   */
  pushMany(scores: Float64Array | readonly number[]): BatchVerdict {
    requireNumbers("scores", scores);
    let consumed = 0;
    let warnings = 0;
    let halt: HaltVerdict | undefined;
    do {
      const part = Math.min(BATCH, scores.length - consumed);
      const code = this.#pushPart(scores, consumed, part);
      consumed += slot(2);
      warnings += slot(3);
      if (code !== 0) halt = haltOf(code);
    } while (halt === undefined && consumed < scores.length);
    return halt === undefined ? { consumed, warnings } : { consumed, warnings, halt };
  }

  #pushPart(scores: Float64Array | readonly number[], start: number, length: number): number {
    const { raw } = this;
    const buffer = batchBuffer();
    if (start === 0 && length === scores.length) {
      // An empty one may be one whose memory was transferred, which cannot even be read.
      if (length > 0) buffer.view.set(scores);
    } else {
      buffer.view.set(
        Array.isArray(scores)
          ? scores.slice(start, start + length)
          : (scores as Float64Array).subarray(start, start + length),
      );
    }
    let code: number;
    try {
      code = raw.pushMany(buffer.raw, length);
    } catch (error) {
      throw thrown(error);
    }
    refuseEnded(code);
    return code;
  }

  /**
   * Halts the stream where it stands, for a reason that is not in a score.
   *
   * @throws {StreamEndedError} after a halt or {@link StreamMonitor.finish}
   */
  stop(halt: HaltInput): HaltVerdict {
    const [reason, observed, bound] = haltArguments(halt);
    const { raw } = this;
    const code = call(() => raw.stop(reason, observed, bound));
    refuseEnded(code);
    return haltOf(code);
  }

  /**
   * Ends the stream and gives its account. A halted stream stays halted.
   *
   * @throws {StreamEndedError} when it was finished before
   */
  finish(): Summary {
    const { raw } = this;
    refuseEnded(call(() => raw.finish()));
    return this.summary();
  }

  /** Where the stream is in its life. */
  get state(): "open" | "halted" | "finished" {
    const { raw } = this;
    return STATES[call(() => raw.state())] ?? "halted";
  }

  /** The account so far. */
  summary(): Summary {
    const { raw } = this;
    const code = call(() => raw.summary());
    return {
      tokens: slot(2),
      scores: slot(3),
      warnings: slot(4),
      average: slot(5),
      minimum: slot(6),
      halt_index: optional(slot(7)) ?? null,
      halt: recordedHalt(code, slot(0), slot(1)),
    };
  }
}

/**
 * Entropy in bits of the next-token distribution given by natural-log top-k probabilities, with the mass
 * that they leave over counted as one more outcome: what {@link Observation.logitEntropy} wants.
 *
 * @throws {ArgumentError} when there are none, or one is not a log-probability
 */
export function logitEntropy(logProbabilities: Float64Array | readonly number[]): number {
  const values = float64("logProbabilities", logProbabilities);
  return call(() => rawLogitEntropy(values));
}
