/**
 * The two kernels: the one-shot safety kernel and the long-lived streaming kernel.
 *
 * @module
 */

import {
  SafetyKernel as RawSafety,
  StreamingKernel as RawStreaming,
} from "../../wasm/interlock.js";
import { call, instance, made } from "../instance.js";
import { requireNumber, requireText } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import type { HaltConfigInput } from "../policy.js";
import { PASS, haltOf, optionalNumber, verdictOf } from "./codes.js";
import { withConfig } from "./config.js";
import type { HaltVerdict, Observation, StreamRecord, Verdict } from "./verdict.js";

/** What a run of the safety kernel gives: all of the text, or none of it. */
export type SafetyOutcome =
  | {
      /** Every token passed. */
      readonly outcome: "passed";
      /** Their text, joined. */
      readonly text: string;
    }
  | {
      /** A token failed, or the kernel was inactive. */
      readonly outcome: "interrupted";
      /** Position of the token that failed, from 0. */
      readonly index: number;
      /** Why. */
      readonly halt: HaltVerdict;
    };

/**
 * Runs tokens against a hard limit and gives all of their text or none of it. A halt leaves it inactive
 * until {@link SafetyKernel.reactivate}.
 */
export class SafetyKernel extends Owned<RawSafety> {
  /**
   * An active kernel.
   *
   * @param hardLimit - a score below this fails, in [0, 1]
   * @throws {ConfigError} when the limit is not a number in [0, 1]
   */
  constructor(hardLimit: number) {
    requireNumber("hardLimit", hardLimit);
    super(
      instance,
      made(() => RawSafety.create(hardLimit)),
    );
  }

  /**
   * Asks for the score of each token in turn. A score equal to the limit passes; one that is not a finite
   * number never does, and a scorer that throws has given none. An inactive kernel asks nothing and gives
   * nothing out.
   */
  run(tokens: Iterable<string>, score: (token: string) => number): SafetyOutcome {
    let text = "";
    let index = 0;
    for (const token of tokens) {
      const code = this.#check(this.isActive ? ask(score, token) : NaN);
      if (code !== 0) return { outcome: "interrupted", index, halt: haltOf(code) };
      text += token;
      index += 1;
    }
    return { outcome: "passed", text };
  }

  #check(score: number): number {
    const { raw } = this;
    return call(() => raw.check(score));
  }

  /** Whether it takes tokens. */
  get isActive(): boolean {
    const { raw } = this;
    return call(() => raw.isActive());
  }

  /** Makes it refuse every token until it is reactivated. */
  emergencyStop(): void {
    const { raw } = this;
    call(() => {
      raw.emergencyStop();
    });
  }

  /** Makes it take tokens again. */
  reactivate(): void {
    const { raw } = this;
    call(() => {
      raw.reactivate();
    });
  }
}

const STATES = ["idle", "streaming", "halted"] as const;

/**
 * Runs one stream after the other. Every halt leaves it inactive, and it refuses every token until
 * {@link StreamingKernel.reactivate}. It keeps the full record of the running stream; who wants constant
 * memory takes a {@link StreamMonitor}.
 */
export class StreamingKernel extends Owned<RawStreaming> {
  /**
   * An active kernel.
   *
   * @param config - limits; missing fields take their defaults
   * @throws {ConfigError} when a field is unknown, of a wrong type or out of bounds
   */
  constructor(config: HaltConfigInput = {}) {
    super(
      instance,
      withConfig(config, (tree) => RawStreaming.create(tree)),
    );
  }

  /**
   * Begins a stream. An inactive kernel begins one too: it halts at its first token.
   *
   * @throws {KernelStateError} when one is running
   */
  begin(): void {
    const { raw } = this;
    call(() => {
      raw.begin();
    });
  }

  /**
   * Judges the next token of the running stream. On an inactive kernel that is a halt, and the token is
   * not recorded.
   *
   * @throws {KernelStateError} when no stream is running or it has halted
   */
  push(token: string, score: number | Observation): Verdict {
    requireText("token", token);
    const observation = typeof score === "object" ? score : { score };
    const value = optionalNumber("score", observation.score);
    const elapsed = optionalNumber("elapsedMs", observation.elapsedMs);
    const entropy = optionalNumber("logitEntropy", observation.logitEntropy);
    const { raw } = this;
    const code = call(() => raw.push(token, value, elapsed, entropy));
    return code === 0 ? PASS : verdictOf(code);
  }

  /**
   * Ends the running stream and gives its record.
   *
   * @throws {KernelStateError} when none is running
   */
  end(): StreamRecord {
    const { raw } = this;
    return decode(call(() => raw.end())) as unknown as StreamRecord;
  }

  /**
   * Runs a whole stream. The score of a token is asked for only when it is that token's turn; none is
   * asked for after a halt. A scorer that throws has given none: the stream halts with
   * `non-finite-score`.
   *
   * @throws {KernelStateError} when a stream is running
   */
  run(tokens: Iterable<string>, score: (token: string) => number): StreamRecord {
    this.begin();
    try {
      for (const token of tokens) {
        const verdict = this.push(token, this.isActive ? ask(score, token) : NaN);
        if (verdict.outcome === "halt") break;
      }
    } catch (error) {
      // A token that is none, or tokens that cannot be read: no stream is left open.
      this.end();
      throw error;
    }
    return this.end();
  }

  /** Whether it takes tokens. */
  get isActive(): boolean {
    const { raw } = this;
    return call(() => raw.isActive());
  }

  /** Where it is in its life. */
  get state(): "idle" | "streaming" | "halted" {
    const { raw } = this;
    return STATES[call(() => raw.state())] ?? "halted";
  }

  /**
   * Makes it refuse every token until it is reactivated. A running stream halts at its next token with
   * the reason `emergency-stop`.
   */
  emergencyStop(): void {
    const { raw } = this;
    call(() => {
      raw.emergencyStop();
    });
  }

  /** Makes it take tokens again. A stream that has halted stays halted. */
  reactivate(): void {
    const { raw } = this;
    call(() => {
      raw.reactivate();
    });
  }
}

/** The text that may leave of a record: every token before the halt. */
export function outputOf(record: StreamRecord): string {
  let text = "";
  for (const token of record.tokens) {
    if (token.verdict.outcome === "halt") break;
    text += token.text;
  }
  return text;
}

/** A scorer that fails has given no finite score. */
function ask(score: (token: string) => number, token: string): number {
  try {
    const value: unknown = score(token);
    return typeof value === "number" ? value : NaN;
  } catch {
    return NaN;
  }
}
