/**
 * One guarded stream without I/O.
 *
 * @module
 */

import { Session as Raw } from "../../wasm/interlock.js";
import {
  ArgumentError,
  ReviewStateError,
  SessionEndedError,
  UnknownSegmentError,
} from "../errors.js";
import { haltArguments, optional, optionalNumber, verdictFrom } from "../halt/codes.js";
import type { HaltInput, Observation } from "../halt/verdict.js";
import { call, heap, instance, made, slot, textAt, thrown } from "../instance.js";
import { isBytes, notBytes, requireNumber, requireText } from "../internal/arguments.js";
import { Owned } from "../internal/owned.js";
import { decode } from "../internal/tree.js";
import type { ChannelKind, PolicyInput } from "../policy.js";
import { requireTables, requireTime, withPolicy } from "./arguments.js";
import { type GuardTables, withTables } from "./guard-tables.js";
import type {
  Channel,
  Dialect,
  GuardEvent,
  LedgerEvent,
  ReviewAnswer,
  ReviewRequest,
  Segment,
  SessionDecision,
  SessionRecord,
  SessionState,
  TopUpRequest,
  VerdictEvent,
} from "./types.js";

// A status is a state and flags, as in wasm/npm/src/session.rs.
const STATES: readonly SessionState[] = ["open", "ending", "completed", "halted", "failed"];
const STATE = 7;
const WANTS_INPUT = 8;
const REFUSED = 16;
const UNKNOWN_SEGMENT = 32;
const SAME = 64;
const AWAITS_TOP_UP = 128;

const KINDS: readonly ChannelKind[] = [
  "content",
  "reasoning",
  "refusal",
  "tool-name",
  "tool-arguments",
  "other",
];

const NOTHING = new Uint8Array(0);

// In the order of wasm/npm/src/session.rs.
const OUTCOMES = ["allow", "deny", "review"] as const;

/**
 * A state machine for one guarded stream, for hosts that move the bytes themselves; {@link guardStream}
 * is built on it. Feed bytes, answer the segments, take what may leave:
 *
 * ```js
 * import { Session } from "interlock-wasm";
 *
 * using session = new Session({ scorer: { kind: "host" } }, "text");
 * session.feed(new TextEncoder().encode("The sky is green."));
 * for (let segment; (segment = session.nextSegment()); ) {
 *   session.answer(segment.id, { score: segment.text.includes("green") ? 0.1 : 0.9 });
 * }
 * session.state; // "halted"
 * session.takeOutput(); // the policy's ending message
 * ```
 */
export class Session extends Owned<Raw> {
  #status = WANTS_INPUT;

  /**
   * A session for one stream.
   *
   * @param policy - missing fields take their defaults
   * @param dialect - the protocol of the bytes
   * @param guardTables - the compiled patterns of the policy's guard, where it has one
   * @throws {PolicyError} when a field is unknown, of a wrong type or out of bounds, or the tables lack a set
   * @throws {ArgumentError} when there is no such dialect
   */
  constructor(
    policy: PolicyInput = {},
    dialect: Dialect = "openai-chat",
    guardTables?: GuardTables,
  ) {
    if (typeof (dialect as unknown) !== "string") {
      throw new ArgumentError("dialect", { value: dialect, bound: "the name of a dialect" });
    }
    requireTables(guardTables);
    super(
      instance,
      withTables(guardTables, (tables) =>
        withPolicy(policy, (tree) => made(() => Raw.create(tree, dialect, tables))),
      ),
    );
  }

  /**
   * Takes bytes of the wire, cut anywhere. What is wrong with them is no error of the call: the session
   * ends as `failed` once everything before it has been judged.
   *
   * Feed what the network gives, up to some 64 KiB at a time, and answer segments in between: what waits
   * for its score counts towards `limits.held_bytes`.
   *
   * @throws {SessionEndedError} when the stream or its input is over
   * @throws {ArgumentError} when it is no `Uint8Array`; nothing was taken
   */
  feed(bytes: Uint8Array): void {
    if (!isBytes(bytes)) throw notBytes("bytes", bytes);
    const { raw } = this;
    let status: number;
    try {
      status = raw.feed(bytes);
    } catch (error) {
      throw thrown(error);
    }
    this.#apply(status);
  }

  /**
   * Feeds a chunk and takes what may leave: {@link Session.feed} and {@link Session.takeOutput} in one. What may leave is
   * mostly the chunk as it came, and then it is the chunk itself, uncopied: change no chunk that was fed in this way before
   * what was given back for it has been sent. What waits for a score leaves later, with another chunk or by
   * {@link Session.takeOutput}.
   *
   * ```js
   * for await (const chunk of upstream.body) response.write(session.transform(chunk));
   * ```
   *
   * @throws {SessionEndedError} when the stream or its input is over
   * @throws {ArgumentError} when it is no `Uint8Array`; nothing was taken
   */
  transform(chunk: Uint8Array): Uint8Array<ArrayBuffer> {
    if (!isBytes(chunk)) throw notBytes("chunk", chunk);
    return this.feedThrough(chunk) ? (chunk as Uint8Array<ArrayBuffer>) : this.takeOutput();
  }

  /**
   * As {@link Session.feed}: says whether what may leave is these bytes, which are then no longer in the output. Shared
   * memory may have changed since it was read, so never that.
   *
   * @internal
   */
  feedThrough(chunk: Uint8Array): boolean {
    const { raw } = this;
    // What a callback has transferred meanwhile cannot be read.
    const bytes = chunk.length === 0 ? NOTHING : chunk;
    let status: number;
    try {
      status = bytes.buffer instanceof ArrayBuffer ? raw.feedThrough(bytes) : raw.feed(bytes);
    } catch (error) {
      throw thrown(error);
    }
    this.#apply(status);
    return (status & SAME) !== 0;
  }

  /**
   * The upstream came to a clean end.
   *
   * @throws {SessionEndedError} when the stream or its input is over
   */
  end(): void {
    const { raw } = this;
    this.#apply(call(() => raw.end()));
  }

  /**
   * The upstream failed in a way that its bytes do not show: a connection was lost.
   *
   * @param message - what happened; the client is told
   * @throws {SessionEndedError} when the stream or its input is over
   */
  fail(message: string): void {
    requireText("message", message);
    const { raw } = this;
    this.#apply(call(() => raw.fail(message)));
  }

  /**
   * Answers a segment. Answers may come in any order; they are applied in the order of the text. The
   * answer's own entropy goes before the segment's.
   *
   * @throws {UnknownSegmentError} when the segment does not wait for an answer
   * @throws {SessionEndedError} when the stream is over
   */
  answer(segment: number, answer: Observation): void {
    const score = optionalNumber("score", answer.score);
    const elapsed = optionalNumber("elapsedMs", answer.elapsedMs);
    const entropy = optionalNumber("logitEntropy", answer.logitEntropy);
    requireNumber("segment", segment);
    const { raw } = this;
    let status: number;
    try {
      status = raw.answer(segment, score, elapsed, entropy);
    } catch (error) {
      throw thrown(error);
    }
    if ((status & UNKNOWN_SEGMENT) !== 0) throw new UnknownSegmentError(segment);
    this.#apply(status);
  }

  /**
   * Halts the stream now, whatever waits.
   *
   * @throws {SessionEndedError} when the stream is over
   */
  emergencyStop(): void {
    this.stop({ reason: "emergency-stop" });
  }

  /**
   * Halts the stream now, for a reason that the session cannot see: a denied operation, a spent budget.
   * Also under `observe`.
   *
   * @throws {SessionEndedError} when the stream is over
   */
  stop(halt: HaltInput): void {
    const [reason, observed, bound] = haltArguments(halt);
    const { raw } = this;
    this.#apply(call(() => raw.stop(reason, observed, bound)));
  }

  #apply(status: number): void {
    this.#status = status;
    if ((status & REFUSED) !== 0) {
      const { state } = this;
      throw new SessionEndedError(state === "open" ? "ending" : state);
    }
  }

  /** The next segment that wants a score, in the order of the text. With the scorer kind `host` only. */
  nextSegment(): Segment | undefined {
    const { raw } = this;
    if (!call(() => raw.nextSegment())) return undefined;
    return {
      id: slot(0),
      channel: channelAt(1),
      start: slot(4),
      text: textAt(slot(6), slot(7)),
      logitEntropy: optional(slot(5)),
    };
  }

  /** The next verdict. Take them as they fall: they are kept until they are taken. */
  nextEvent(): VerdictEvent | undefined {
    const { raw } = this;
    if (!call(() => raw.nextEvent())) return undefined;
    const start = slot(7);
    const length = slot(11);
    return {
      segment: slot(3),
      channel: channelAt(4),
      start,
      end: start + length,
      text: textAt(slot(10), length),
      score: optional(slot(8)),
      verdict: verdictFrom(slot(2), slot(0), slot(1)),
      position: slot(9),
    };
  }

  /**
   * The next event for the ledger: a decision on a tool call, the halt, and when the stream is over its summary.
   * Of a halt it is there before the protocol's ending has been taken. Needs not be asked for; `nextEvent` and this do
   * not take from each other.
   */
  nextLedgerEvent(): LedgerEvent | undefined {
    const { raw } = this;
    if (!call(() => raw.nextLedgerEvent())) return undefined;
    const payload = heap().slice(slot(4), slot(4) + slot(5));
    return { kind: textAt(slot(0), slot(1)), tag: textAt(slot(2), slot(3)), payload };
  }

  /** The client is gone: the ledger's last event says so, with the tag `abandoned`, and how far the stream came. */
  abandon(): void {
    const { raw } = this;
    call(() => {
      raw.abandon();
    });
  }

  /** Drops the verdicts that wait. */
  clearEvents(): void {
    const { raw } = this;
    call(() => {
      raw.clearEvents();
    });
  }

  /**
   * Notes the time, in whole ms on a clock of the host's choice that does not run backwards; one that does stands still.
   * Under a covenant, time is paid for from the counter `wall-time`, and reviews whose time is over take the fallback of
   * their gates.
   *
   * @throws {SessionEndedError} when the stream is over
   */
  advance(nowMs: number): void {
    requireTime(nowMs);
    const { raw } = this;
    this.#apply(call(() => raw.advance(nowMs)));
  }

  /** When the next review takes its gate's fallback, for a host that sets a timer. */
  get nextDeadlineMs(): number | undefined {
    const { raw } = this;
    return call(() => raw.nextDeadlineMs());
  }

  /**
   * The next tool call that waits for somebody to look at it: handed out once, answered by {@link Session.answerReview}.
   * Nothing behind the call leaves until then, or until the gate's fallback applies.
   */
  nextReview(): ReviewRequest | undefined {
    const { raw } = this;
    const request = call(() => raw.nextReview());
    return request.length === 0 ? undefined : (decode(request) as unknown as ReviewRequest);
  }

  /**
   * Somebody approves or rejects a tool call that waits. Where the gate wants more approvals, it goes on waiting.
   *
   * @throws {ReviewStateError} when there is no such review, as when the stream is over, it has been decided, or it is not
   *   theirs to decide
   */
  answerReview(review: number, { approver, approves }: ReviewAnswer, nowMs: number): void {
    requireNumber("review", review);
    requireText("approver", approver);
    if (typeof (approves as unknown) !== "boolean") {
      throw new ArgumentError("approves", { value: approves, bound: "true or false" });
    }
    requireTime(nowMs);
    const { raw } = this;
    try {
      this.#apply(call(() => raw.answerReview(review, approver, approves, nowMs)));
    } catch (error) {
      // Of a review whose time was over meanwhile the gate's fallback has applied.
      if (error instanceof ReviewStateError) this.#apply(raw.status());
      throw error;
    }
  }

  /** The next decision on a tool call, for the ledger. Take them as they fall: they are kept until they are taken. */
  nextDecision(): SessionDecision | undefined {
    const { raw } = this;
    const record = call(() => raw.nextDecision());
    if (record === "") return undefined;
    const outcome = OUTCOMES[slot(2)] ?? "deny";
    return { choice: slot(0), block: slot(1), outcome, atMs: slot(3), record };
  }

  /** The next match of the guard. Take them as they fall: they are kept until they are taken, at most 4096 of them. */
  nextGuardEvent(): GuardEvent | undefined {
    const { raw } = this;
    const event = call(() => raw.nextGuardEvent());
    return event.length === 0 ? undefined : (decode(event) as unknown as GuardEvent);
  }

  /**
   * The next counter of a lease that runs out: handed out once, answered by {@link Session.topUp}. What cannot be paid for
   * is held until then.
   */
  nextTopUp(): TopUpRequest | undefined {
    const { raw } = this;
    const counter = call(() => raw.nextTopUp());
    return counter === "" ? undefined : { counter, missing: slot(0), free: slot(1), most: slot(2) };
  }

  /**
   * Tops a lease up, asked or not, with so many units. With 0 it is refused for good: the session asks no more, and what
   * cannot be paid for halts the stream. Beyond the policy's ceiling nothing is taken.
   *
   * @throws {SessionEndedError} when the stream is over
   * @throws {ArgumentError} when the policy has no lease of the counter, or it is no whole number of units
   */
  topUp(counter: string, units: number): void {
    requireText("counter", counter);
    if (!Number.isSafeInteger(units) || units < 0) {
      throw new ArgumentError("units", { value: units, bound: "a whole number from 0" });
    }
    const { raw } = this;
    this.#apply(call(() => raw.topUp(counter, units)));
  }

  /** Whether something that was read waits for units: a host need not read on meanwhile. */
  get awaitsTopUp(): boolean {
    return (this.#status & AWAITS_TOP_UP) !== 0;
  }

  /** Whether every text that came is in a segment, and every segment has its verdict: where a policy may be adopted. */
  get isBetweenSegments(): boolean {
    const { raw } = this;
    return call(() => raw.isBetweenSegments());
  }

  /**
   * Whether {@link Session.adopt} would succeed: throws its errors, and changes nothing.
   */
  checkAdopt(policy: PolicyInput, guardTables?: GuardTables): void {
    this.#adopt(policy, guardTables, true);
  }

  /**
   * Keeps to another policy from the next segment on: to its limits, its knowledge, its segments, its ending. The windows
   * of monitors keep the scores that they have. What is refused changes nothing.
   *
   * @param policy - missing fields take their defaults
   * @param guardTables - the compiled patterns of the policy's guard, where it has one
   * @throws {AdoptError} when the stream is not between two segments, or what it keeps to its end is another
   * @throws {PolicyError} when the policy is not valid, or the tables lack a set
   * @throws {SessionEndedError} when the stream is over
   */
  adopt(policy: PolicyInput, guardTables?: GuardTables): void {
    this.#adopt(policy, guardTables, false);
  }

  #adopt(policy: PolicyInput, guardTables: GuardTables | undefined, onlyChecks: boolean): void {
    requireTables(guardTables);
    const { raw } = this;
    const status = withTables(guardTables, (tables) =>
      withPolicy(policy, (tree) => call(() => raw.adopt(tree, tables, onlyChecks))),
    );
    this.#apply(status);
  }

  /** Takes the bytes that may leave: a copy. */
  takeOutput(): Uint8Array<ArrayBuffer> {
    const { raw } = this;
    try {
      const length = raw.output();
      if (length === 0) return NOTHING;
      const at = slot(0);
      const output = heap().slice(at, at + length);
      raw.clearOutput();
      return output;
    } catch (error) {
      throw thrown(error);
    }
  }

  /** Where the stream is in its life. */
  get state(): SessionState {
    return STATES[this.#status & STATE] ?? "failed";
  }

  /** Whether the stream is over. */
  get isOver(): boolean {
    return (this.#status & STATE) >= 2;
  }

  /**
   * Whether more bytes of the wire can change anything. False after the protocol's own end: the host may
   * stop reading, and calls {@link Session.end}.
   */
  get wantsInput(): boolean {
    return (this.#status & WANTS_INPUT) !== 0;
  }

  /** Milliseconds after which a score is late, by the policy. */
  get deadlineMs(): number {
    const { raw } = this;
    return call(() => raw.deadlineMs());
  }

  /** The account so far. */
  record(): SessionRecord {
    const { raw } = this;
    return decode(call(() => raw.record())) as unknown as SessionRecord;
  }
}

/** The channel in three slots. */
function channelAt(index: number): Channel {
  return { choice: slot(index), kind: KINDS[slot(index + 1)] ?? "other", block: slot(index + 2) };
}
