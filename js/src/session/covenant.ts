/**
 * The covenant of a guarded stream: reviews are asked for, decisions reported, time is kept.
 *
 * @module
 */

import { ArgumentError, CallbackError, ReviewStateError } from "../errors.js";
import type { BudgetPolicy, PolicyInput } from "../policy.js";
import type { Session } from "./session.js";
import type {
  ReviewAnswer,
  ReviewContext,
  ReviewRequest,
  SessionDecision,
  SessionRecord,
} from "./types.js";

/** The longest delay that a timer can have. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Answers a review: see `GuardOptions.onReview`. */
export type Reviewer = (
  request: ReviewRequest,
  context: ReviewContext,
) => Answers | PromiseLike<Answers>;

type Answers = ReviewAnswer | readonly ReviewAnswer[] | null | undefined;

/** Units of a budget that a stream may spend for a while: a `Lease` of `interlock-wasm/covenant` is one. */
export interface StreamLease {
  /** How much of each counter. */
  readonly amounts: Readonly<Record<string, number | bigint>>;
  /** When it ends, in ms since the epoch: the stream halts then with the reason `budget`. */
  readonly expiresAtMs: number | bigint;
}

/** The policy under which no more is spent than a lease holds. */
export function withLease(policy: PolicyInput, lease: StreamLease): PolicyInput {
  const { covenant } = policy;
  if (covenant === undefined || covenant === null) {
    throw new ArgumentError("lease", { message: "the policy has no covenant to spend it under" });
  }
  const { amounts, expiresAtMs } = lease as Partial<StreamLease>;
  if (typeof amounts !== "object" || expiresAtMs === undefined || Number.isNaN(Number(expiresAtMs))) {
    throw new ArgumentError("lease", { value: lease, bound: "amounts and when it ends" });
  }
  const own = new Map((covenant.budgets ?? []).map(({ counter = "", ceiling = 0 }) => [counter, ceiling]));
  for (const [counter, units] of Object.entries(amounts)) {
    const held = Number(units);
    own.set(counter, Math.min(held, own.get(counter) ?? held));
  }
  const budgets = Array.from(own, ([counter, ceiling]): BudgetPolicy => ({ counter, ceiling }));
  return { ...policy, covenant: { ...covenant, budgets } };
}

/**
 * What a stream has spent, for `Budget.settle`: by counter, what was set aside and never settled included.
 *
 * @param record - of a stream whose policy has a covenant
 */
export function spentOf(record: SessionRecord): Record<string, number> {
  const counters = record.covenant?.counters ?? [];
  return Object.fromEntries(
    counters.map(({ counter, spent, reserved }) => [counter, spent + reserved]),
  );
}

/** What the covenant of a stream needs of its guard. */
export interface CovenantHost {
  /** Runs a step of the session, and passes on what it sets off. */
  run(step: () => void): void;
  /** The stream breaks off. */
  broke(error: Error): void;
}

/** Drives the covenant of one session. */
export class StreamCovenant {
  readonly #session: Session;
  readonly #onReview: Reviewer | undefined;
  readonly #onDecision: ((decision: SessionDecision) => void) | undefined;
  readonly #host: CovenantHost;
  readonly #endsAt: number;
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    session: Session,
    options: {
      readonly onReview?: Reviewer | undefined;
      readonly onDecision?: ((decision: SessionDecision) => void) | undefined;
      readonly lease?: StreamLease | undefined;
    },
    host: CovenantHost,
  ) {
    this.#session = session;
    this.#onReview = options.onReview;
    this.#onDecision = options.onDecision;
    this.#host = host;
    this.#endsAt = options.lease === undefined ? Infinity : Number(options.lease.expiresAtMs);
  }

  /** Tells the session the time. */
  advance(): void {
    const now = Date.now();
    if (this.#session.isOver) return;
    if (now >= this.#endsAt) this.#session.stop({ reason: "budget" });
    else this.#session.advance(now);
  }

  /** Reports decisions, asks for reviews, and sets the timer anew. */
  pass(): void {
    for (let decision; (decision = this.#session.nextDecision()) !== undefined;) {
      try {
        this.#onDecision?.(decision);
      } catch (error) {
        throw new CallbackError("onDecision", error);
      }
    }
    for (let request; (request = this.#session.nextReview()) !== undefined;) this.#ask(request);
    clearTimeout(this.#timer);
    if (this.#session.isOver) return;
    const next = Math.min(this.#session.nextDeadlineMs ?? Infinity, this.#endsAt);
    if (next === Infinity) return;
    const delay = Math.max(0, Math.min(next - Date.now(), LONGEST_TIMER));
    // Every step tells the session the time.
    this.#timer = setTimeout(() => {
      this.#host.run(() => undefined);
    }, delay);
  }

  #ask(request: ReviewRequest): void {
    if (this.#onReview === undefined) return;
    const failed = (error: unknown): void => {
      this.#host.broke(new CallbackError("onReview", error));
    };
    let answers;
    try {
      answers = this.#onReview(request, { signal: this.#controller.signal });
    } catch (error) {
      throw new CallbackError("onReview", error);
    }
    // Also an answer that is there at once is applied in a step of its own.
    Promise.resolve(answers).then((answers) => {
      this.#host.run(() => {
        this.#answer(request, answers);
      });
    }, failed);
  }

  #answer(request: ReviewRequest, answers: Answers): void {
    const all = Array.isArray(answers) ? (answers as readonly ReviewAnswer[]) : [answers];
    for (const answer of all as (ReviewAnswer | null | undefined)[]) {
      if (answer === null || answer === undefined || this.#session.isOver) return;
      try {
        this.#session.answerReview(request.review, answer, Date.now());
      } catch (error) {
        // Too late: the gate's fallback has applied.
        if (error instanceof ReviewStateError && Date.now() >= request.deadlineMs) return;
        throw new CallbackError("onReview", error);
      }
    }
  }

  /** The stream is over: nothing of it is left. */
  close(): void {
    clearTimeout(this.#timer);
    this.#controller.abort();
  }
}
