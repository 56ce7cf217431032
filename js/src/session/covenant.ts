/**
 * The covenant of a guarded stream: reviews are asked for, decisions reported, time is kept.
 *
 * @module
 */

import { ArgumentError, CallbackError, ReviewStateError } from "../errors.js";
import type { PolicyInput } from "../policy.js";
import type { Session } from "./session.js";
import type {
  ReviewAnswer,
  ReviewContext,
  ReviewRequest,
  SessionDecision,
  SessionRecord,
  TopUpRequest,
} from "./types.js";

/** A refusal. */
const NONE: TopUp = { units: 0 };

/** The longest delay that a timer can have. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Answers a review: see `GuardOptions.onReview`. */
export type Reviewer = (
  request: ReviewRequest,
  context: ReviewContext,
) => Answers | PromiseLike<Answers>;

type Answers = ReviewAnswer | readonly ReviewAnswer[] | null | undefined;

/** Units of a counter that a lease is topped up with, and until when all of it holds. */
export interface TopUp {
  /** How many units more. 0 is a refusal. */
  readonly units: number | bigint;
  /** When the lease ends now, in ms since the epoch; as before when it is not given. */
  readonly expiresAtMs?: number | bigint | undefined;
}

/** Tops a lease up: see {@link StreamLease.topUp}. */
export type TopUpCallback = (
  request: TopUpRequest,
  context: ReviewContext,
) => TopUps | PromiseLike<TopUps>;

type TopUps = TopUp | number | bigint | null | undefined;

/** Units of a budget that a stream may spend for a while: a `Lease` of `interlock-wasm/covenant` is one. */
export interface StreamLease {
  /** How much of each counter. */
  readonly amounts: Readonly<Record<string, number | bigint>>;
  /** When it ends, in ms since the epoch: the stream halts then with the reason `budget`. */
  readonly expiresAtMs: number | bigint;
  /**
   * Is asked for more of a counter when the lease runs low, and answers with units; with 0 or nothing it refuses, and is not
   * asked again. Meanwhile the stream goes on with what is left; what cannot be paid for is held, and no more is read.
   * After a refusal what cannot be paid for halts the stream with the reason `budget`, as it does without this function.
   * The policy's ceilings hold for all of it. If it throws or rejects, the stream is stopped as by `onVerdict`.
   */
  readonly topUp?: TopUpCallback | undefined;
  /**
   * How many units of each counter are left when more is asked for.
   * @defaultValue a quarter of what the lease holds
   */
  readonly lowWater?: Readonly<Record<string, number | bigint>> | undefined;
}

/** The policy under which no more is spent than a lease holds, or may be topped up to. */
export function withLease(policy: PolicyInput, lease: StreamLease): PolicyInput {
  const { covenant } = policy;
  if (covenant === undefined || covenant === null) {
    throw new ArgumentError("lease", { message: "the policy has no covenant to spend it under" });
  }
  const { amounts, expiresAtMs, topUp, lowWater = {} } = lease as Partial<StreamLease>;
  if (
    typeof amounts !== "object" ||
    expiresAtMs === undefined ||
    Number.isNaN(Number(expiresAtMs))
  ) {
    throw new ArgumentError("lease", { value: lease, bound: "amounts and when it ends" });
  }
  if (topUp !== undefined && typeof topUp !== "function") {
    throw new ArgumentError("lease.topUp", { value: topUp, bound: "a function" });
  }
  const own = new Map((covenant.budgets ?? []).map((budget) => [budget.counter ?? "", budget]));
  for (const [counter, units] of Object.entries(amounts)) {
    const ceiling = own.get(counter)?.ceiling ?? Number.MAX_SAFE_INTEGER;
    const held = Math.min(Number(units), ceiling);
    const low = Number(lowWater[counter] ?? Math.ceil(held / 4));
    const budget = { counter, ceiling, lease: held, low_water: low };
    own.set(counter, topUp === undefined ? { counter, ceiling: held } : budget);
  }
  return { ...policy, covenant: { ...covenant, budgets: [...own.values()] } };
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
  readonly #topUp: TopUpCallback | undefined;
  readonly #host: CovenantHost;
  #endsAt: number;
  readonly #controller = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What the timer waits for; `Infinity` where there is none. */
  #wakesAt = Infinity;

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
    this.#topUp = options.lease?.topUp;
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

  /** Has leases topped up, reports decisions, asks for reviews, and sets the timer anew. */
  pass(): void {
    for (let request; (request = this.#session.nextTopUp()) !== undefined;)
      this.#askForMore(request);
    for (let decision; (decision = this.#session.nextDecision()) !== undefined;) {
      try {
        this.#onDecision?.(decision);
      } catch (error) {
        throw new CallbackError("onDecision", error);
      }
    }
    for (let request; (request = this.#session.nextReview()) !== undefined;) this.#ask(request);
    const { isOver } = this.#session;
    this.#wakeAt(
      isOver ? Infinity : Math.min(this.#session.nextDeadlineMs ?? Infinity, this.#endsAt),
    );
  }

  /** Sets the timer, unless it is set for that time: a stream passes here with every read. */
  #wakeAt(time: number): void {
    if (time === this.#wakesAt) return;
    clearTimeout(this.#timer);
    this.#wakesAt = time;
    if (time === Infinity) return;
    const delay = Math.max(0, Math.min(time - Date.now(), LONGEST_TIMER));
    // Every step tells the session the time, and sets the timer anew where it woke too early.
    this.#timer = setTimeout(() => {
      this.#wakesAt = Infinity;
      this.#host.run(() => undefined);
    }, delay);
  }

  /** Asks a callback, and applies what it answers in a step of its own, also when that is there at once. */
  #consult<Answer>(
    name: string,
    ask: (context: ReviewContext) => Answer | PromiseLike<Answer>,
    apply: (answer: Answer) => void,
  ): void {
    let answer;
    try {
      answer = ask({ signal: this.#controller.signal });
    } catch (error) {
      throw new CallbackError(name, error);
    }
    Promise.resolve(answer).then(
      (answer) => {
        this.#host.run(() => {
          if (!this.#session.isOver) apply(answer);
        });
      },
      (error: unknown) => {
        this.#host.broke(new CallbackError(name, error));
      },
    );
  }

  #ask(request: ReviewRequest): void {
    const onReview = this.#onReview;
    if (onReview === undefined) return;
    const ask = (context: ReviewContext) => onReview(request, context);
    this.#consult("onReview", ask, (answers) => {
      this.#answer(request, answers);
    });
  }

  #askForMore(request: TopUpRequest): void {
    const topUp = this.#topUp;
    if (topUp === undefined) {
      this.#session.topUp(request.counter, 0);
      return;
    }
    const ask = (context: ReviewContext) => topUp(request, context);
    this.#consult("lease.topUp", ask, (given) => {
      this.#take(request, given);
    });
  }

  #take({ counter }: TopUpRequest, given: TopUps): void {
    const { units, expiresAtMs } = typeof given === "object" ? (given ?? NONE) : { units: given };
    try {
      this.#session.topUp(counter, Number(units ?? 0));
    } catch (error) {
      throw new CallbackError("lease.topUp", error);
    }
    if (expiresAtMs !== undefined) this.#endsAt = Number(expiresAtMs);
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
