/**
 * Drives a session: bytes in, scores asked for, verdicts reported, bytes out. What moves the bytes, a web
 * stream or a loop, is somebody else's part.
 *
 * @module
 */

import { CallbackError, SessionEndedError, UnknownSegmentError } from "../errors.js";
import type { Observation } from "../halt/verdict.js";
import { Annotations } from "./annotate.js";
import { StreamCovenant } from "./covenant.js";
import type { PolicyInput } from "../policy.js";
import { type GuardOptions, checkOptions, policyOf } from "./options.js";
import type { Bytes } from "./outlet.js";
import { PinnedSession } from "./pinned-session.js";
import { Scoring } from "./scoring.js";
import { Session } from "./session.js";
import { StreamClock } from "./stream-clock.js";
import type { SessionRecord, VerdictEvent } from "./types.js";

/** Fed at once: what the core recommends, so that answers come in between. */
const PART = 65_536;

/** Who moves the bytes. None of these may throw. */
export interface Sink {
  /** Bytes that may leave. */
  write(bytes: Uint8Array<ArrayBuffer>): void;
  /** The stream is over, by its own end or a halt; everything was written. */
  end(record: SessionRecord): void;
  /** The stream broke off: a callback threw, or the instance trapped. Nothing more may leave. */
  fail(error: Error): void;
}

/** One stream under guard. */
export class Guard {
  /** Settles when the stream is over, however it ends; rejects only when the instance trapped. */
  readonly record: Promise<SessionRecord>;

  readonly #session: Session;
  readonly #pinned: PinnedSession | undefined;
  readonly #options: GuardOptions;
  readonly #sink: Sink;
  readonly #scoring: Scoring | undefined;
  readonly #annotations: Annotations | undefined;
  readonly #covenant: StreamCovenant | undefined;
  readonly #clock: StreamClock | undefined;
  readonly #maxInFlight: number;
  readonly #judges: boolean;
  readonly #reports: boolean;
  readonly #matches: boolean;
  readonly #part: number;
  #settle!: { resolve: (record: SessionRecord) => void; reject: (error: unknown) => void };
  #room: (() => void) | undefined;
  /** The halt is being recorded: its ending waits. */
  #recording: Promise<void> | undefined;
  #over = false;
  /** A call is on its way through the session; what it sets off is done when it is through. */
  #busy = false;
  #asking = false;

  /**
   * @throws {PolicyError} {@link ArgumentError} when the options are refused
   * @throws {RuleError} {@link PolicyArtifactError} when the rule has nothing to begin under
   */
  constructor(options: GuardOptions, sink: Sink, wholeText = false) {
    checkOptions(options);
    this.#options = options;
    this.#sink = sink;
    this.#maxInFlight = options.maxInFlight ?? 8;
    const { rule, dialect, guardTables } = options;
    const { scorer, annotate, annotateMatch, onMatch, onVerdict, signal, clientSignal } = options;
    // Last of all that can be refused: what it pins is given back when the stream is over.
    const adapt = (given: PolicyInput) => policyOf({ ...options, policy: given });
    this.#pinned = rule && PinnedSession.adapted(rule.registry, rule.ruleId, dialect, adapt);
    const policy = this.#pinned ? adapt(this.#pinned.artifact.policy) : policyOf(options);
    this.#session = this.#pinned?.session ?? new Session(policy, dialect, guardTables);
    if (annotate !== undefined || annotateMatch !== undefined) {
      this.#annotations = new Annotations();
    }
    if (!wholeText) this.#clock = new StreamClock(() => releasedOf(this.#session.record()));
    this.#judges = (policy.scorer?.kind ?? "none") !== "none";
    this.#reports = onVerdict !== undefined || annotate !== undefined;
    this.#matches =
      (onMatch !== undefined || annotateMatch !== undefined) && policy.guard !== undefined;
    this.#part = wholeText ? Infinity : PART;
    if (scorer !== undefined) {
      this.#scoring = new Scoring(scorer, this.#session.deadlineMs, (segment, answer) => {
        this.#answered(segment, answer);
      });
    }
    if (policy.covenant !== undefined && policy.covenant !== null) {
      this.#covenant = new StreamCovenant(this.#session, options, {
        run: (step) => {
          this.#run(step);
        },
        broke: (error) => {
          this.#broke(error);
        },
      });
    }
    this.record = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    // Whoever does not ask for the record is not told that it could not be made.
    this.record.catch(() => undefined);
    signal?.addEventListener("abort", this.#stop);
    clientSignal?.addEventListener("abort", this.#leave);
  }

  /** Begins: a signal that was aborted before has its effect now, when the sink is ready for it. */
  start(): void {
    if (this.#options.signal?.aborted === true) this.#stop();
    if (this.#options.clientSignal?.aborted === true) this.#leave();
  }

  /** Whether the stream is over. */
  get isOver(): boolean {
    return this.#over;
  }

  /** Whether more bytes can change anything. */
  get wantsInput(): boolean {
    return !this.#over && this.#session.wantsInput;
  }

  /**
   * Takes bytes of the wire, for good: they may be what leaves. Scores may be out when this returns, see
   * {@link Guard.room}.
   */
  feed(bytes: Uint8Array<ArrayBuffer>): void {
    this.#clock?.came();
    this.#run(() => {
      // A callback may transfer what is left of them.
      const { length } = bytes;
      for (let at = 0; at < length && this.#takes(); at += this.#part) {
        const part = length <= this.#part ? bytes : partOf(bytes, at, length, this.#part);
        const same = this.#session.feedThrough(part);
        this.#ask();
        // What is asked for leaves with the rest; bytes that leave as they are leave before it.
        if (same) this.#pass(part);
        else if (at + this.#part < length) this.#pass();
      }
    });
  }

  /** The upstream came to a clean end. */
  end(): void {
    this.#run(() => {
      if (this.#takes()) this.#session.end();
      this.#ask();
    });
  }

  /** The upstream failed. */
  fail(message: string): void {
    this.#run(() => {
      if (this.#takes()) this.#session.fail(message);
      this.#ask();
    });
  }

  /** The client is gone: nothing is written any more, and the record tells how far it came. */
  abandon(): void {
    if (this.#over) return;
    try {
      const record = this.#record();
      this.#session.abandon();
      void this.#recordEvents();
      this.#close(record);
    } catch (error) {
      this.#broke(error);
    }
  }

  /** Resolves when another chunk may come, none for at once. */
  room(): Promise<void> | undefined {
    if (this.#recording !== undefined && !this.#over) return this.#recording;
    if (this.#over || !this.#isFull()) return undefined;
    return new Promise((resolve) => {
      this.#room = resolve;
    });
  }

  /** Whether what was read waits: for scores, as many as may be out, or for units to pay for it. */
  #isFull(): boolean {
    return (this.#scoring?.inFlight ?? 0) >= this.#maxInFlight || this.#session.awaitsTopUp;
  }

  readonly #leave = (): void => {
    if (this.#over) return;
    const reason: unknown = this.#options.clientSignal?.reason;
    this.abandon();
    this.#sink.fail(reason instanceof Error ? reason : new SessionEndedError("failed"));
  };

  readonly #stop = (): void => {
    this.#run(() => {
      if (!this.#session.isOver) this.#session.emergencyStop();
    });
  };

  /** A callback may have ended the stream since it was asked last. */
  #isOver(): boolean {
    return this.#over;
  }

  #takes(): boolean {
    const { state } = this.#session;
    return !this.#over && state === "open";
  }

  #answered(segment: number, answer: Observation): void {
    this.#run(() => {
      if (this.#session.isOver) return;
      try {
        this.#session.answer(segment, answer);
      } catch (error) {
        // Observed only: after the halt that would have been, nothing is judged any more.
        if (!(error instanceof UnknownSegmentError)) throw error;
      }
      this.#ask();
    });
  }

  /** Asks for scores, as many as may be out. */
  #ask(): void {
    const scoring = this.#scoring;
    // A scorer that answers at once comes back here while it is being asked.
    if (scoring === undefined || this.#asking) return;
    this.#asking = true;
    try {
      while (!this.#over && scoring.inFlight < this.#maxInFlight) {
        const segment = this.#session.nextSegment();
        if (segment === undefined) return;
        scoring.ask(segment);
      }
    } finally {
      this.#asking = false;
    }
  }

  /** Runs a step and then passes on what it set off. Steps within steps are parts of the outer one. */
  #run(step: () => void): void {
    if (this.#over) return;
    const outer = !this.#busy;
    this.#busy = true;
    try {
      if (outer) {
        this.#clock?.before();
        this.#covenant?.advance();
        this.#refresh();
      }
      step();
      if (outer && !this.#isOver()) this.#pass();
    } catch (error) {
      this.#broke(error);
    } finally {
      if (outer) this.#busy = false;
    }
  }

  /** Keeps to the rule: to a version that is to be adopted, and to a stop. */
  #refresh(): void {
    if (this.#pinned === undefined || this.#session.isOver) return;
    const { kind } = this.#pinned.refresh();
    if (kind === "adopted" && this.#scoring) this.#scoring.deadlineMs = this.#session.deadlineMs;
  }

  /** Passes on verdicts and bytes, those that left as they are first, and the end. */
  #pass(same?: Uint8Array<ArrayBuffer>): void {
    if (this.#recording !== undefined) return;
    if (this.#judges) this.#report();
    if (this.#matches) this.#reportMatches();
    this.#covenant?.pass();
    if (this.#isOver()) return;
    if (same !== undefined) this.#write(same);
    const recorded = this.#recordEvents();
    if (recorded !== undefined) {
      this.#recording = recorded.then(() => {
        this.#recording = undefined;
        this.#run(() => undefined);
      });
      return;
    }
    this.#write(this.#session.takeOutput());
    if (this.#session.isOver) {
      const record = this.#record();
      this.#close(record);
      this.#sink.end(record);
    } else {
      this.#makeRoom();
    }
  }

  /** Gives the ledger what there is for it. What a halt's ending must wait for. */
  #recordEvents(): Promise<void> | undefined {
    const { ledger } = this.#options;
    if (ledger === undefined) return undefined;
    let halt: Promise<void> | undefined;
    for (let event; (event = this.#session.nextLedgerEvent()) !== undefined;) {
      let recorded: unknown;
      try {
        recorded = ledger(event);
      } catch (error) {
        throw new CallbackError("ledger", error);
      }
      if (typeof (recorded as PromiseLike<unknown> | undefined)?.then !== "function") continue;
      const settled = Promise.resolve(recorded).then(
        () => undefined,
        (error: unknown) => {
          const failure = new CallbackError("ledger", error);
          if (this.#over) reportError(failure);
          else this.#broke(failure);
        },
      );
      if (event.kind === "session.halt" && this.#session.state === "halted") halt = settled;
    }
    return halt;
  }

  #write(bytes: Uint8Array<ArrayBuffer>): void {
    const output = this.#annotations?.weave(bytes) ?? bytes;
    if (output.length === 0) return;
    this.#sink.write(output);
    this.#clock?.wrote();
  }

  /** The account, with what the host's clock says. */
  #record(): SessionRecord {
    const record = this.#session.record();
    const timings = this.#clock && { timings: this.#clock.timings() };
    const versions = this.#pinned && { versions: this.#pinned.versions };
    return { ...record, ...timings, ...versions };
  }

  #report(): void {
    if (!this.#reports) {
      this.#session.clearEvents();
      return;
    }
    const { annotate, onVerdict } = this.#options;
    for (let next; !this.#over && (next = this.#session.nextEvent()) !== undefined;) {
      const event = this.#versioned(next);
      this.#callback("onVerdict", onVerdict, event);
      this.#annotate("annotate", annotate, event);
    }
  }

  #versioned(event: VerdictEvent): VerdictEvent {
    const pinned = this.#pinned;
    return pinned === undefined ? event : { ...event, version: pinned.versionOf(event.segment) };
  }

  #reportMatches(): void {
    const { annotateMatch, onMatch } = this.#options;
    for (let event; !this.#over && (event = this.#session.nextGuardEvent()) !== undefined;) {
      this.#callback("onMatch", onMatch, event);
      this.#annotate("annotateMatch", annotateMatch, event);
    }
  }

  #annotate<Event extends { readonly position: number }>(
    name: string,
    annotate: ((event: Event) => string | undefined) | undefined,
    event: Event,
  ): void {
    if (annotate === undefined) return;
    const note = (it: Event) => this.#annotations?.note(it.position, annotate(it));
    this.#callback(name, note, event);
  }

  #callback<Event>(
    name: string,
    callback: ((event: Event) => void) | undefined,
    event: Event,
  ): void {
    if (this.#over) return;
    try {
      callback?.(event);
    } catch (error) {
      throw new CallbackError(name, error);
    }
  }

  #makeRoom(): void {
    const room = this.#room;
    if (room === undefined || this.#isFull()) return;
    this.#room = undefined;
    room();
  }

  /** The stream broke off: fail closed. */
  #broke(error: unknown): void {
    if (this.#over) return;
    const reason = error instanceof Error ? error : new Error(String(error));
    let record: SessionRecord | undefined;
    try {
      if (!this.#session.isOver) this.#session.emergencyStop();
      record = this.#record();
      const ledgerFailed = error instanceof CallbackError && error.callback === "ledger";
      if (!ledgerFailed) void this.#recordEvents();
    } catch {
      // The instance trapped: there is no record. Or the ledger cannot keep this either.
    }
    this.#close(record, reason);
    this.#sink.fail(reason);
  }

  /** Nothing of the stream is left: no timer, no listener, no memory of the module. */
  #close(record: SessionRecord | undefined, error?: Error): void {
    this.#over = true;
    this.#options.signal?.removeEventListener("abort", this.#stop);
    this.#options.clientSignal?.removeEventListener("abort", this.#leave);
    this.#scoring?.cancel();
    this.#covenant?.close();
    this.#room?.();
    this.#room = undefined;
    for (const leave of [() => this.#pinned?.end(), this.#session.free.bind(this.#session)]) {
      try {
        leave();
      } catch {
        // Memory of an instance that trapped.
      }
    }
    if (record === undefined) {
      this.#settle.reject(error);
      return;
    }
    this.#settle.resolve(record);
    try {
      this.#options.onEnd?.(record);
    } catch (thrown) {
      reportError(thrown);
    }
  }
}

/** A view of some bytes. Theirs could be of a class of somebody's own. */
function partOf(bytes: Bytes, at: number, length: number, most: number): Bytes {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + at, Math.min(most, length - at));
}

/** Bytes of text that have left. */
function releasedOf({ channels }: SessionRecord): number {
  return channels.reduce((sum, { released }) => sum + released, 0);
}

/** As an error that nobody catches, in hosts that can be told; it must not end the process. */
function reportError(error: unknown): void {
  const host = globalThis as { reportError?: (error: unknown) => void };
  if (typeof host.reportError === "function") host.reportError(error);
  else console.error(error);
}
