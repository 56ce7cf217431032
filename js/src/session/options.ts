/**
 * What a guard is told.
 *
 * @module
 */

import { ArgumentError, PolicyError } from "../errors.js";
import type { PolicyInput } from "../policy.js";
import type { RuleRegistry } from "../rules/registry.js";
import { type Reviewer, type StreamLease, withLease } from "./covenant.js";
import { isEventDialect } from "./dialect-of.js";
import type { GuardTables } from "./guard-tables.js";
import type {
  Dialect,
  GuardEvent,
  LedgerEvent,
  Segment,
  SessionDecision,
  SessionRecord,
  VerdictEvent,
} from "./types.js";

/** What a scorer is given beside the segment. */
export interface ScorerContext {
  /**
   * The text of the segment's channel so far, the segment included: its last 65,536 UTF-16 units when it is
   * longer. It is kept for scorers that take a second parameter (those that declare exactly one do
   * not); for others reading it throws.
   */
  readonly soFar: string;
  /**
   * Is aborted when the answer is no longer wanted: it missed its deadline, or the stream is over. Hand
   * it to `fetch`.
   */
  readonly signal: AbortSignal;
}

/**
 * A coherence score in [0, 1], or one with the entropy in bits of the next-token distribution, which goes
 * before what the upstream's log-probabilities say.
 */
export type ScorerAnswer =
  number | { readonly score: number; readonly logitEntropy?: number | undefined };

/**
 * Scores a segment. A scorer that throws, rejects or gives anything but a score has given none: the stream
 * halts with the reason `non-finite-score`.
 *
 * The time of an asynchronous one is measured: beyond the policy's `halt.deadline_ms` its answer is late,
 * and ignored. A synchronous one has no deadline: nothing could interrupt it, and in deployed Workers the
 * clock stands still while it runs.
 */
export type Scorer = (
  segment: Segment,
  context: ScorerContext,
) => ScorerAnswer | PromiseLike<ScorerAnswer>;

/** A rule by whose policies streams are guarded. */
export interface GuardRule {
  /** A registry of `interlock-wasm/rules`. */
  readonly registry: RuleRegistry;
  /** The rule. */
  readonly ruleId: string;
}

/** Options of a guard. */
export interface GuardOptions {
  /**
   * The protocol of the stream.
   * @defaultValue "openai-chat"
   */
  readonly dialect?: Dialect | undefined;
  /** Limits, channels, segments, how a halted stream ends. Missing fields take their defaults. */
  readonly policy?: PolicyInput | undefined;
  /**
   * A rule of a registry, in place of `policy` and `guardTables`. A stream begins under the version that is active then, and
   * pins it until it is over, however that comes; whoever makes a guard and never uses it keeps the version pinned. Where the rule's
   * reload policy is `adopt-at-next-segment`, it takes the active version when it stands between two segments. An emergency
   * stop halts it with the next piece of input or the next answer. Verdicts name the `version` that judged, the record the
   * `versions`. Where there is a `scorer`, the rule's policies say `scorer.kind = "host"`. A stream does not begin where there
   * is nothing to pin: a {@link RuleError} says so.
   *
   * ```js
   * guardResponse(upstream, { rule: { registry, ruleId: "answers" }, scorer });
   * ```
   */
  readonly rule?: GuardRule | undefined;
  /**
   * Scores segments, and makes the policy's scorer kind `host`. Without it the policy says who scores:
   * nobody, or, with the kind `builtin`, the scorer in the module.
   */
  readonly scorer?: Scorer | undefined;
  /** The compiled patterns of the policy's guard: a policy with one needs it. Make it once, for all streams. */
  readonly guardTables?: GuardTables | undefined;
  /**
   * Is told each match of the guard as it is found: of a redaction, before its replacement leaves. If it throws, as
   * `onVerdict`.
   */
  readonly onMatch?: ((event: GuardEvent) => void) | undefined;
  /**
   * Is told each verdict as it falls. If it throws, the stream is stopped: nothing more leaves, the
   * readable side errors with a {@link CallbackError}.
   */
  readonly onVerdict?: ((event: VerdictEvent) => void) | undefined;
  /**
   * Is asked about each tool call that a gate of the policy's covenant holds, and answers who says what, or several when
   * the gate wants several; nothing for nobody. The stream waits for it until the gate's time-out; without this option
   * nobody answers. If it throws or rejects, or answers for somebody who is not asked, the stream is stopped as by
   * `onVerdict`.
   */
  readonly onReview?: Reviewer | undefined;
  /**
   * Is told each decision on a tool call before anything of it leaves; `record` is what the ledger keeps of it. If it
   * throws, as `onVerdict`.
   */
  readonly onDecision?: ((decision: SessionDecision) => void) | undefined;
  /**
   * Units of a budget that this stream may spend, and until when: a lease of `interlock-wasm/covenant`. For every counter
   * the lower of it and the policy's ceiling holds; `spentOf(record)` is what to settle it with. With a function
   * {@link StreamLease.topUp} it may be small, and grow as the stream does.
   *
   * ```js
   * lease: { ...lease, topUp: ({ counter, most }) => tenant.lease(counter, Math.min(500, most)) },
   * ```
   */
  readonly lease?: StreamLease | undefined;
  /**
   * Text to write into the stream as a comment (`: text`) just before what this verdict released, or in
   * place of what it withheld: clients of server-sent events ignore comments, a page of yours need not. Line
   * breaks in it are written as `\n`. For dialects that come as events. If it throws, as `onVerdict`.
   */
  readonly annotate?: ((event: VerdictEvent) => string | undefined) | undefined;
  /** As `annotate`, for each match of the guard. */
  readonly annotateMatch?: ((event: GuardEvent) => string | undefined) | undefined;
  /**
   * Is given each event for the ledger, in order: decisions on tool calls, matches, the halt, the summary at the end. A
   * halt's ending leaves when what this gave for it has resolved, and not before; nothing else is waited for. If it
   * throws or rejects, as `onVerdict`: what cannot be recorded does not go on.
   *
   * ```js
   * ledger: ({ kind, tag, payload }) => append({ kind, tags: [tag], payload, origin, timestamp: Date.now() }),
   * ```
   */
  readonly ledger?: ((event: LedgerEvent) => unknown) | undefined;
  /**
   * Is given the record when the stream is over, however it ended. What it throws is reported to the
   * host's error handler, and changes nothing.
   */
  readonly onEnd?: ((record: SessionRecord) => void) | undefined;
  /**
   * Scores that may be out at once.
   * @defaultValue 8
   */
  readonly maxInFlight?: number | undefined;
  /** When it is aborted the stream halts with the reason `emergency-stop`. */
  readonly signal?: AbortSignal | undefined;
  /**
   * When it is aborted the client is gone, as when it cancels what it reads: nothing is written any more, the upstream is
   * cancelled, and the ledger is told that the stream was abandoned. In a Worker `request.signal`.
   */
  readonly clientSignal?: AbortSignal | undefined;
}

const OPTIONS: readonly string[] = [
  "dialect",
  "policy",
  "rule",
  "scorer",
  "guardTables",
  "onMatch",
  "onVerdict",
  "onReview",
  "onDecision",
  "lease",
  "annotate",
  "annotateMatch",
  "ledger",
  "onEnd",
  "maxInFlight",
  "signal",
  "clientSignal",
] satisfies (keyof GuardOptions)[];

/** Refuses what is no set of options; a misspelt scorer must not mean that nothing is scored. */
export function checkOptions(options: GuardOptions): void {
  if (typeof (options as unknown) !== "object") {
    throw new ArgumentError("options", { value: options, bound: "an object" });
  }
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name)) {
      throw new ArgumentError(name, { message: "unknown option" });
    }
  }
  for (const name of [
    ...([
      "scorer",
      "onMatch",
      "onVerdict",
      "onReview",
      "onDecision",
      "annotate",
      "annotateMatch",
      "ledger",
      "onEnd",
    ] as const),
  ]) {
    const value: unknown = options[name];
    if (value !== undefined && typeof value !== "function") {
      throw new ArgumentError(name, { value, bound: "a function" });
    }
  }
  const { maxInFlight = 8, dialect = "openai-chat", rule } = options;
  if (rule !== undefined) {
    if (typeof rule !== "object" || (rule as unknown) === null) {
      throw new ArgumentError("rule", { value: rule, bound: "a registry and the id of a rule" });
    }
    for (const name of ["policy", "guardTables"] as const) {
      if (options[name] === undefined) continue;
      throw new ArgumentError(name, { message: "the rule has its own" });
    }
  }
  if (!Number.isInteger(maxInFlight) || maxInFlight < 1) {
    throw new ArgumentError("maxInFlight", {
      value: maxInFlight,
      bound: "a whole number of at least 1",
    });
  }
  for (const name of ["signal", "clientSignal"] as const) {
    const { [name]: signal } = options;
    const { aborted, addEventListener } = (signal ?? {}) as Partial<AbortSignal>;
    const isSignal = typeof aborted === "boolean" && typeof addEventListener === "function";
    if (signal !== undefined && !isSignal) {
      throw new ArgumentError(name, { value: signal, bound: "an AbortSignal" });
    }
  }
  for (const name of ["annotate", "annotateMatch"] as const) {
    if (options[name] === undefined || isEventDialect(dialect)) continue;
    throw new ArgumentError(name, { message: `the dialect ${dialect} has no comments` });
  }
}

/** The policy with the scorer that the options ask for. */
export function policyOf({ policy: given, scorer, lease }: GuardOptions): PolicyInput {
  const policy = lease === undefined ? given : withLease(given ?? {}, lease);
  const kind = policy?.scorer?.kind;
  if (scorer === undefined) {
    if (kind === "host") {
      throw new ArgumentError("scorer", { message: "missing: the policy's scorer kind is host" });
    }
    return policy ?? {};
  }
  if (kind !== undefined && kind !== "host") {
    throw new PolicyError("scorer.kind", {
      value: kind,
      message: `${kind}, but the option scorer asks for host`,
    });
  }
  return { ...policy, scorer: { ...policy?.scorer, kind: "host" } };
}
