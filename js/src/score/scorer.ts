/**
 * The dual-entropy coherence scorer.
 *
 * @module
 */

import { CoherenceScorer as Raw, type Review as RawReview } from "../../wasm/interlock.js";
import { ArgumentError } from "../errors.js";
import { withConfig } from "../halt/config.js";
import { call, instance, slot } from "../instance.js";
import { requireNumber, requireText } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import type { Fact, HaltConfigInput } from "../policy.js";
import type { Context, Knowledge } from "./knowledge.js";

/** How coherent a text is with what it answers and with what is known. */
export interface CoherenceScore {
  /** Coherence in [0, 1]; 1 is best. */
  readonly score: number;
  /** Logical divergence in [0, 1]: how likely the text contradicts its premise. */
  readonly h_logical: number;
  /** Factual divergence in [0, 1]: how far the text is from what is known; 0.5 where nothing is. */
  readonly h_factual: number;
  /** Whether the score reaches the coherence threshold. */
  readonly approved: boolean;
  /** Whether it is approved and below the soft limit. */
  readonly warning: boolean;
}

/**
 * A judge of contradiction: how likely the hypothesis contradicts the premise, in [0, 1]. The premise is
 * the prompt, then, on lines of its own, what is known. An answer that is not finite counts as 0.5. It may
 * take its time. `partial`: the text may still grow, so that its last word may be incomplete.
 */
export type Nli = (
  premise: string,
  hypothesis: string,
  partial: boolean,
) => number | PromiseLike<number>;

/** Options of {@link CoherenceScorer}. */
export interface CoherenceScorerOptions {
  /** Weights, threshold, soft limit and history of a halt configuration; the other fields are not used. */
  readonly config?: HaltConfigInput | undefined;
  /** Facts of the built-in knowledge. */
  readonly facts?: readonly Fact[] | undefined;
  /** What is asked in place of the built-in knowledge. */
  readonly knowledge?: Knowledge | undefined;
  /** Who is asked in place of the built-in judge. */
  readonly nli?: Nli | undefined;
}

/** Options of a review. */
export interface ReviewOptions {
  /**
   * The text is still being written: its last word may be incomplete, and it does not enter the history.
   * @defaultValue false
   */
  readonly partial?: boolean | undefined;
}

/** What a {@link Review} needs next. */
export type ReviewStep =
  | {
      /** What is known that bears on the query: answer with {@link Review.provideContext}. */
      readonly need: "context";
      readonly query: string;
    }
  | {
      /** How likely the hypothesis contradicts the premise: answer with {@link Review.provideNli}. */
      readonly need: "nli";
      readonly premise: string;
      readonly hypothesis: string;
      readonly partial: boolean;
    }
  | {
      /** Nothing: this is the result. */
      readonly need: "nothing";
      readonly score: CoherenceScore;
    };

/** The review of one text, step by step: says what it needs, is given it, and ends with a score. */
export class Review extends Owned<RawReview> {
  /** @internal */
  get handle(): RawReview {
    return this.raw;
  }

  /** What is needed next. Asking changes nothing. */
  step(): ReviewStep {
    const { raw } = this;
    return call((): ReviewStep => {
      const step = raw.step();
      switch (step) {
        case 0:
          return { need: "context", query: raw.question() };
        case 3:
          return { need: "nothing", score: told() };
        default:
          return {
            need: "nli",
            premise: raw.question(),
            hypothesis: raw.text(),
            partial: step === 2,
          };
      }
    });
  }

  /**
   * Answers what is known; nothing or a blank text if nothing is.
   *
   * @throws {ReviewStateError} unless it was asked for
   */
  provideContext(context: Context): void {
    if (context !== undefined && context !== null) requireText("context", context);
    const { raw } = this;
    call(() => {
      raw.provideContext(context ?? undefined);
    });
  }

  /**
   * Answers how likely the text contradicts the premise, in [0, 1].
   *
   * @throws {ReviewStateError} unless it was asked for
   */
  provideNli(contradiction: number): void {
    requireNumber("contradiction", contradiction);
    const { raw } = this;
    call(() => {
      raw.provideNli(contradiction);
    });
  }
}

/**
 * Scores texts by two divergences: a logical one, from a judge of contradiction, and a factual one, from
 * what is known. Equal inputs give equal bits on every host. Both sources can be one's own, and may take
 * their time:
 *
 * ```js
 * import { CoherenceScorer } from "interlock-wasm";
 *
 * using scorer = new CoherenceScorer({
 *   facts: [{ key: "tower height", value: "The tower is 330 metres tall." }],
 *   nli: async (premise, hypothesis) => (await model.classify(premise, hypothesis)).contradiction,
 * });
 * const { score, approved } = await scorer.review("Tell me about the tower.", "It is 330 metres tall.");
 * ```
 */
export class CoherenceScorer extends Owned<Raw> {
  readonly #knowledge: Knowledge | undefined;
  readonly #nli: Nli | undefined;

  /**
   * @throws {ConfigError} when the configuration is refused
   * @throws {ArgumentError} when a source or a fact is none
   */
  constructor({ config = {}, facts = [], knowledge, nli }: CoherenceScorerOptions = {}) {
    if (nli !== undefined && typeof nli !== "function") {
      throw new ArgumentError("nli", { value: nli, bound: "a function" });
    }
    if (
      knowledge !== undefined &&
      typeof (knowledge as Partial<Knowledge>).context !== "function"
    ) {
      throw new ArgumentError("knowledge", { value: knowledge, bound: "an object with context()" });
    }
    super(
      instance,
      withConfig(config, (tree) => Raw.create(tree)),
    );
    this.#knowledge = knowledge;
    this.#nli = nli;
    for (const { key, value } of facts) {
      requireText("facts.key", key);
      requireText("facts.value", value);
      const { raw } = this;
      call(() => {
        raw.insertFact(key, value);
      });
    }
  }

  /**
   * Reviews a text. What a source throws or rejects with is what this rejects with; nothing is recorded
   * then.
   *
   * @throws {ArgumentError} when prompt or text is not a string of whole characters
   */
  async review(prompt: string, text: string, options: ReviewOptions = {}): Promise<CoherenceScore> {
    if (this.#isBuiltin) return this.#reviewBuiltin(prompt, text, options);
    const review = this.beginReview(prompt, text, options);
    try {
      for (;;) {
        const step = review.step();
        if (step.need === "nothing") return this.record(review);
        if (step.need === "context") review.provideContext(await this.#context(step.query));
        else review.provideNli(numberOf(await this.#contradiction(step)));
      }
    } finally {
      review.free();
    }
  }

  /**
   * Reviews a text at once.
   *
   * @throws {ArgumentError} when a source answers with a promise, or prompt or text is not a string of whole
   *   characters
   */
  reviewSync(prompt: string, text: string, options: ReviewOptions = {}): CoherenceScore {
    if (this.#isBuiltin) return this.#reviewBuiltin(prompt, text, options);
    const review = this.beginReview(prompt, text, options);
    try {
      for (;;) {
        const step = review.step();
        if (step.need === "nothing") return this.record(review);
        if (step.need === "context") {
          const context = this.#context(step.query);
          if (isThenable(context)) throw promised("knowledge");
          review.provideContext(context);
        } else {
          const contradiction = this.#contradiction(step);
          if (isThenable(contradiction)) throw promised("nli");
          review.provideNli(numberOf(contradiction));
        }
      }
    } finally {
      review.free();
    }
  }

  /** Begins a review whose questions the caller answers. Any number may be under way. */
  beginReview(prompt: string, text: string, { partial = false }: ReviewOptions = {}): Review {
    requireText("prompt", prompt);
    requireText("text", text);
    const { raw } = this;
    return new Review(
      instance,
      call(() => raw.beginReview(prompt, text, partial)),
    );
  }

  /**
   * Takes the score of a review that is done: a finished text that was approved enters the history.
   *
   * @throws {ReviewStateError} when the review is not done, or was recorded before
   */
  record(review: Review): CoherenceScore {
    const { raw } = this;
    const { handle } = review;
    return call(() => {
      raw.record(handle);
      return told();
    });
  }

  /** The weighted divergence of a finished text, in [0, 1], by the built-in sources. */
  computeDivergence(prompt: string, text: string): number {
    requireText("prompt", prompt);
    requireText("text", text);
    const { raw } = this;
    return call(() => raw.computeDivergence(prompt, text));
  }

  /**
   * Sets the score from which a text is approved, in [0, 1]. Reviews that have begun keep theirs.
   *
   * @throws {ArgumentError} when it is out of bounds
   */
  setCoherenceThreshold(threshold: number): void {
    requireNumber("coherence_threshold", threshold);
    const { raw } = this;
    call(() => {
      raw.setCoherenceThreshold(threshold);
    });
  }

  /**
   * Sets the score below which an approved text has a warning, in [0, 1]. Reviews that have begun keep
   * theirs.
   *
   * @throws {ArgumentError} when it is out of bounds
   */
  setSoftLimit(limit: number): void {
    requireNumber("soft_limit", limit);
    const { raw } = this;
    call(() => {
      raw.setSoftLimit(limit);
    });
  }

  /** The approved texts that are remembered, oldest first. */
  get history(): readonly string[] {
    const { raw } = this;
    return decode(call(() => raw.history())) as string[];
  }

  get #isBuiltin(): boolean {
    return this.#knowledge === undefined && this.#nli === undefined;
  }

  #reviewBuiltin(prompt: string, text: string, { partial = false }: ReviewOptions): CoherenceScore {
    requireText("prompt", prompt);
    requireText("text", text);
    const { raw } = this;
    return call(() => {
      raw.review(prompt, text, partial);
      return told();
    });
  }

  #context(query: string): Context | PromiseLike<Context> {
    if (this.#knowledge !== undefined) return this.#knowledge.context(query);
    const { raw } = this;
    return call(() => raw.context(query));
  }

  #contradiction(step: ReviewStep & { need: "nli" }): number | PromiseLike<number> {
    const { premise, hypothesis, partial } = step;
    if (this.#nli !== undefined) return this.#nli(premise, hypothesis, partial);
    const { raw } = this;
    return call(() => raw.contradiction(premise, hypothesis, partial));
  }
}

/** The score in the slots. */
function told(): CoherenceScore {
  return {
    score: slot(0),
    h_logical: slot(1),
    h_factual: slot(2),
    approved: slot(3) === 1,
    warning: slot(4) === 1,
  };
}

/** A judge that gives no number has given no finite one. */
function numberOf(value: unknown): number {
  return typeof value === "number" ? value : NaN;
}

function isThenable<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

function promised(name: string): ArgumentError {
  return new ArgumentError(name, { message: "answered with a promise: use review()" });
}
