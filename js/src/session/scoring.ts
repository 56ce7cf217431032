/**
 * Asking a scorer: at once or by promise, several at a time, each against its deadline.
 *
 * @module
 */

import { ArgumentError } from "../errors.js";
import type { Observation } from "../halt/verdict.js";
import type { Scorer, ScorerContext } from "./options.js";
import type { Segment } from "./types.js";

/** UTF-16 units of a channel's text that a scorer is given. */
const SO_FAR = 65_536;

/** The longest delay that a timer can have. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** A scorer that failed: not a number, so the stream halts. */
const FAILED: Observation = { score: NaN };

/** Who gets the answers. */
export type Answered = (segment: number, answer: Observation) => void;

/** A score that is out. */
class Out {
  settled = false;
  timer: ReturnType<typeof setTimeout> | undefined;
  controller: AbortController | undefined;

  /** Is done with: nothing of it is left. */
  settle(abort: boolean): void {
    this.settled = true;
    clearTimeout(this.timer);
    if (abort) this.controller?.abort();
  }
}

class Context implements ScorerContext {
  readonly #soFar: string | undefined;
  readonly #out: Out;

  constructor(soFar: string | undefined, out: Out) {
    this.#soFar = soFar;
    this.#out = out;
  }

  get soFar(): string {
    if (this.#soFar === undefined) {
      throw new ArgumentError("soFar", {
        message: "kept only for scorers that do not declare exactly one parameter",
      });
    }
    return this.#soFar;
  }

  get signal(): AbortSignal {
    const out = this.#out;
    if (out.controller === undefined) {
      out.controller = new AbortController();
      if (out.settled) out.controller.abort();
    }
    return out.controller.signal;
  }
}

/** Asks one scorer for the segments of one stream. */
export class Scoring {
  readonly #scorer: Scorer;
  #deadlineMs: number;
  readonly #answered: Answered;
  readonly #texts: Map<string, string> | undefined;
  readonly #out = new Set<Out>();

  constructor(scorer: Scorer, deadlineMs: number, answered: Answered) {
    this.#scorer = scorer;
    this.#deadlineMs = deadlineMs;
    this.#answered = answered;
    this.#texts = scorer.length === 1 ? undefined : new Map<string, string>();
  }

  /** After so many milliseconds those that are asked for from now on are late. */
  set deadlineMs(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  /** How many scores are out. */
  get inFlight(): number {
    return this.#out.size;
  }

  /** Asks for the score of a segment. The answer may come before this returns. */
  ask(segment: Segment): void {
    const out = new Out();
    const context = new Context(this.#soFar(segment), out);
    let answer: unknown;
    const asked = performance.now();
    try {
      answer = this.#scorer(segment, context);
    } catch {
      out.settle(false);
      this.#answered(segment.id, FAILED);
      return;
    }
    if (!isThenable(answer)) {
      out.settle(false);
      this.#answered(segment.id, observationOf(answer, undefined));
      return;
    }
    this.#out.add(out);
    out.timer = setTimeout(
      () => {
        this.#finish(out, true);
        // It never came: late by the clock, even where timers run ahead of it.
        this.#answered(segment.id, { elapsedMs: performance.now() - asked });
      },
      Math.min(this.#deadlineMs, LONGEST_TIMER),
    );
    const settle = (answer: () => Observation): void => {
      if (out.settled) return;
      this.#finish(out, false);
      this.#answered(segment.id, answer());
    };
    answer.then(
      (value) => {
        settle(() => observationOf(value, performance.now() - asked));
      },
      () => {
        settle(() => FAILED);
      },
    );
  }

  #finish(out: Out, abort: boolean): void {
    out.settle(abort);
    this.#out.delete(out);
  }

  /** Nothing that is out is wanted any more. */
  cancel(): void {
    for (const out of this.#out) out.settle(true);
    this.#out.clear();
    this.#texts?.clear();
  }

  /** The text of the segment's channel up to its end. Strings share their parts: this copies nothing. */
  #soFar({ channel, text }: Segment): string | undefined {
    if (this.#texts === undefined) return undefined;
    const key = `${channel.choice}/${channel.kind}/${channel.block}`;
    let soFar = (this.#texts.get(key) ?? "") + text;
    // Cut when twice too long, so that a cut costs nothing per token.
    if (soFar.length > 2 * SO_FAR) soFar = soFar.slice(-SO_FAR);
    this.#texts.set(key, soFar);
    return soFar.length > SO_FAR ? soFar.slice(-SO_FAR) : soFar;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === "object" &&
    value !== null &&
    typeof (value as { then?: unknown }).then === "function"
  );
}

function observationOf(answer: unknown, elapsedMs: number | undefined): Observation {
  if (typeof answer === "number") return { score: answer, elapsedMs };
  if (typeof answer !== "object" || answer === null) return FAILED;
  const { score, logitEntropy } = answer as { score?: unknown; logitEntropy?: unknown };
  if (typeof score !== "number") return FAILED;
  if (logitEntropy !== undefined && typeof logitEntropy !== "number") return FAILED;
  return { score, elapsedMs, logitEntropy };
}
