/**
 * What the monitor answers.
 *
 * @module
 */

/**
 * Why a stream was halted. One closed list for every part of the system:
 *
 * - `hard-limit`: the score was below `hard_limit`
 * - `window-average`: the average of a full window was below `window_threshold`
 * - `downward-trend`: the score fell by more than `trend_threshold` over the trend window
 * - `logit-entropy`: the entropy of the next-token distribution was above `logit_entropy_limit`
 * - `deadline`: the score was late or never came
 * - `non-finite-score`: the score was NaN or infinite, or the scorer failed
 * - `inactive`: the kernel was inactive after an earlier halt
 * - `pattern`: a pattern of the text guard matched
 * - `held-limit`: more text would have to be held back than the policy allows
 * - `denied`: the covenant denies the operation
 * - `review-pending`: a review is pending
 * - `budget`: the budget is spent
 * - `policy-unverified`: the policy could not be verified
 * - `emergency-stop`: somebody pulled the emergency stop
 * - `upstream-error`: the upstream failed or broke its protocol
 * - `trap`: the instance that judged the stream trapped
 */
export type HaltReason =
  | "hard-limit"
  | "window-average"
  | "downward-trend"
  | "logit-entropy"
  | "deadline"
  | "non-finite-score"
  | "inactive"
  | "pattern"
  | "held-limit"
  | "denied"
  | "review-pending"
  | "budget"
  | "policy-unverified"
  | "emergency-stop"
  | "upstream-error"
  | "trap";

/**
 * What a warning is about: `soft-limit`, a score that passed every check and is below `soft_limit`, or
 * `missing-score`, one that was late or missing under a policy that skips such scores.
 */
export type WarningKind = "soft-limit" | "missing-score";

/** The token may leave. */
export interface PassVerdict {
  readonly outcome: "pass";
}

/** The token may leave, with a warning. */
export interface WarnVerdict {
  readonly outcome: "warn";
  /** What it is about. */
  readonly kind: WarningKind;
  /** The score, or the milliseconds of a late one. */
  readonly observed?: number;
  /** `soft_limit`, or `deadline_ms`. */
  readonly bound?: number;
}

/** The token may not leave, and the stream is over. */
export interface HaltVerdict {
  readonly outcome: "halt";
  /** Why. */
  readonly reason: HaltReason;
  /** The value that broke the bound: a score, an average, a drop, bits or milliseconds. */
  readonly observed?: number;
  /** The bound, in the unit of `observed`. */
  readonly bound?: number;
}

/** The answer to one token. `outcome` says which it is. */
export type Verdict = PassVerdict | WarnVerdict | HaltVerdict;

/** A halt as records hold it, with the fields of its JSON. */
export interface Halt {
  /** Why. */
  readonly reason: HaltReason;
  /** The value that broke the bound, if one was measured. */
  readonly observed: number | null;
  /** The bound, in the unit of `observed`. */
  readonly bound: number | null;
}

/** A halt put together by the host. */
export interface HaltInput {
  /** Why. */
  readonly reason: HaltReason;
  /** The value that broke the bound, if one was measured. */
  readonly observed?: number | null | undefined;
  /** The bound, in the unit of `observed`. */
  readonly bound?: number | null | undefined;
}

/** The answer to a batch of scores. */
export interface BatchVerdict {
  /** Scores judged, the halting one included. Less than the batch only after a halt. */
  readonly consumed: number;
  /** How many of them passed with a warning. */
  readonly warnings: number;
  /** The halt, at score `consumed - 1` of the batch. */
  readonly halt?: HaltVerdict;
}

/** What is known of one token. */
export interface Observation {
  /**
   * The coherence score. A finite one outside [0, 1] is clamped; one that is not finite halts; none means
   * that it never came.
   */
  readonly score?: number | undefined;
  /** How long the score took in milliseconds. None: not timed, no deadline. */
  readonly elapsedMs?: number | undefined;
  /** Entropy of the next-token distribution in bits. None: not known, not checked. */
  readonly logitEntropy?: number | undefined;
}

/** The constant-size account of a stream, with the fields of its JSON. */
export interface Summary {
  /** Tokens judged, the halting one and skipped ones included. */
  readonly tokens: number;
  /** Scores recorded, skipped ones not included. */
  readonly scores: number;
  /** Tokens that passed with a warning. */
  readonly warnings: number;
  /** Mean of the recorded scores in [0, 1], rounded once; 0 when there are none. */
  readonly average: number;
  /** Smallest recorded score in [0, 1]; 0 when there are none. */
  readonly minimum: number;
  /** Position of the token that halted the stream, from 0. */
  readonly halt_index: number | null;
  /** The halt. */
  readonly halt: Halt | null;
}

/** A verdict as records hold it, with the fields of its JSON. */
export type RecordedVerdict =
  | PassVerdict
  | {
      readonly outcome: "warn";
      readonly kind: WarningKind;
      readonly observed: number | null;
      readonly bound: number | null;
    }
  | ({ readonly outcome: "halt" } & Halt);

/** One judged token of a {@link StreamRecord}. */
export interface RecordedToken {
  /** Its text. */
  readonly text: string;
  /** Its score as recorded: clamped to [0, 1], 0 when it was not finite, late or missing; none when skipped. */
  readonly score: number | null;
  /** The answer. */
  readonly verdict: RecordedVerdict;
}

/** The full account of a stream: it grows with the stream. */
export interface StreamRecord {
  /** Every judged token in order; the one that halted is the last. */
  readonly tokens: readonly RecordedToken[];
  /** The constant-size account. */
  readonly summary: Summary;
}
