/**
 * What a guarded stream is made of.
 *
 * @module
 */

import type { Halt, Summary, Verdict } from "../halt/verdict.js";
import type { Whole } from "../internal/wire.js";
import type { ChannelAction, ChannelKind, GuardAction, Mode } from "../policy.js";

/**
 * A wire protocol:
 *
 * - `openai-chat`: OpenAI chat completions, streamed as server-sent events
 * - `openai-responses`: OpenAI responses
 * - `anthropic`: Anthropic messages
 * - `gemini`: Google Gemini, `streamGenerateContent` with `alt=sse`
 * - `ui-message`: the UI message stream of the AI SDK
 * - with `-body`: the one JSON document of a response that is not streamed
 * - `text`: plain UTF-8 text
 */
export type Dialect =
  | "openai-chat"
  | "openai-chat-body"
  | "openai-responses"
  | "openai-responses-body"
  | "anthropic"
  | "anthropic-body"
  | "gemini"
  | "gemini-body"
  | "ui-message"
  | "text";

/** One text of a response: it grows from its start to its end, piece by piece. */
export interface Channel {
  /** Which of the alternative answers it belongs to, from 0. */
  readonly choice: number;
  /** What it is. */
  readonly kind: ChannelKind;
  /** Which of several of that kind: the index of the tool call or content block where the protocol has one, else 0. */
  readonly block: number;
}

/** A piece of text that wants one score. */
export interface Segment {
  /** Its number, from 0, in the order in which segments are judged. */
  readonly id: number;
  /** Its channel. */
  readonly channel: Channel;
  /** Byte of the channel's text, in UTF-8, at which it starts. */
  readonly start: number;
  /** Its text. */
  readonly text: string;
  /**
   * The largest entropy of the next-token distributions in it, in bits, where the upstream sent
   * log-probabilities.
   */
  readonly logitEntropy: number | undefined;
}

/** A verdict on a segment. */
export interface VerdictEvent {
  /** The segment. */
  readonly segment: number;
  /** Its channel. */
  readonly channel: Channel;
  /** Byte of the channel's text, in UTF-8, at which it starts. */
  readonly start: number;
  /** `start` and the bytes of `text`, in UTF-8. Where the guard has replaced something in it, it ends elsewhere in what came. */
  readonly end: number;
  /** Its text. */
  readonly text: string;
  /** Its score as recorded, in [0, 1]; none when it was skipped. */
  readonly score: number | undefined;
  /** The verdict. */
  readonly verdict: Verdict;
  /** Bytes given out before this verdict: what it released stands there in the output. */
  readonly position: number;
  /** The version of the rule that judged, of a stream under one. */
  readonly version?: Whole | undefined;
}

/** Segments of a stream that were judged by one version of a rule. */
export interface VersionSpan {
  /** The first of them. They reach up to the first of the next span. */
  readonly fromSegment: number;
  /** The version. */
  readonly version: Whole;
  /** Hash of its content. */
  readonly contentHash: Uint8Array;
}

/** Something that the ledger of a stream should keep. It has no text of the model's in it. */
export interface LedgerEvent {
  /** `covenant.decision`, `session.guard`, `session.halt` or `session.end`. */
  readonly kind: string;
  /**
   * What it comes to: the outcome of a decision, the action of a match, the reason of a halt; of an end `completed`,
   * `halted` or `failed`, or `abandoned` when the client has left before.
   */
  readonly tag: string;
  /** One JSON object; what is the same is always the same bytes. */
  readonly payload: Uint8Array<ArrayBuffer>;
}

/**
 * Where a stream is in its life:
 *
 * - `open`: bytes are taken
 * - `ending`: the input is over; scores are still out
 * - `completed`: over, everything has left
 * - `halted`: over, a check failed and the protocol was ended
 * - `failed`: over, the upstream broke
 */
export type SessionState = "open" | "ending" | "completed" | "halted" | "failed";

/** The account of a guarded stream, with the fields of its JSON. */
export interface SessionRecord {
  /** The protocol. */
  readonly dialect: Dialect;
  /** Whether decisions were carried out. Under `observe` a `halt` is one that would have been. */
  readonly mode: Mode;
  /** Where the stream is in its life. `open` or `ending` in a final record: it was cut off by the client. */
  readonly state: SessionState;
  /** The halt. */
  readonly halt: Halt | null;
  /** The text it fell on; none when it fell on none. */
  readonly halted_at: {
    /** The segment. */
    readonly segment: number;
    /** Its channel. */
    readonly channel: Channel;
    /** Byte of the channel's text at which the segment starts; nothing from there on has left. */
    readonly start: number;
  } | null;
  /** What was wrong with the upstream. */
  readonly error: {
    /** What is wrong. */
    readonly message: string;
    /** Byte of the input at which it was found. */
    readonly offset: number;
  } | null;
  /** Bytes of the wire taken in. */
  readonly bytes_in: number;
  /** Bytes of the wire given out. */
  readonly bytes_out: number;
  /** Messages taken in, comments and empty ones included. */
  readonly events_in: number;
  /** Segments cut. */
  readonly segments: number;
  /** Segments that passed with a warning. */
  readonly warnings: number;
  /** The upstream's last account of usage, as it wrote it; of a halted stream the last before the halt. */
  readonly usage: unknown;
  /** Every choice that was scored, in order of appearance. */
  readonly choices: readonly {
    /** The choice. */
    readonly choice: number;
    /** Its scores. */
    readonly summary: Summary;
  }[];
  /** Every channel that had text, in order of appearance. */
  readonly channels: readonly {
    /** The channel. */
    readonly channel: Channel;
    /** What the policy asked for. */
    readonly action: ChannelAction;
    /** What was done: nothing else may be claimed. `withheld` also when the stream ended before it was the text's turn. */
    readonly checked: "scored" | "unscored" | "withheld";
    /** Whether its text was searched for the policy's patterns before it left. */
    readonly guarded: boolean;
    /** Bytes of text that came. */
    readonly bytes: number;
    /** Bytes of text that left. */
    readonly released: number;
  }[];
  /** What was decided about tool calls and what was spent; nothing without a covenant. */
  readonly covenant?: CovenantRecord | undefined;
  /** Which patterns matched; nothing without a guard, when no text was searched. */
  readonly guard?: GuardRecord | undefined;
  /** How long what took; of streams only, and of a {@link Session} by itself not: it has no clock. */
  readonly timings?: StreamTimings | undefined;
  /** The versions of the rule that judged the segments, in their order; of streams that a guard holds to a rule only. */
  readonly versions?: readonly VersionSpan[] | undefined;
}

/** How long what took in a guarded stream, in ms on the host's clock, from the moment the guard was made. */
export interface StreamTimings {
  /** Until the first bytes of the upstream came; none when none did. */
  readonly first_byte_ms: number | null;
  /** Until the first text of the answer left, for which a reader waits; the ending of a halted stream is none. */
  readonly first_delivered_ms: number | null;
  /**
   * The longest time from one delivery of text to the next: the longest that a reader waited behind the first text. Waits of
   * less than a second are those between any two writes. None when no text left.
   */
  readonly longest_stall_ms: number | null;
  /** Until the stream was over. */
  readonly duration_ms: number;
}

/** The account of a guard. */
export interface GuardRecord {
  /** The pattern whose match ended the response, or would have. */
  readonly halted_by: string | null;
  /** Every pattern that matched, in the order of the first match. */
  readonly patterns: readonly {
    /** Its id. */
    readonly pattern: string;
    /** What happened where it matched, or would have. */
    readonly action: GuardAction;
    /** How often. */
    readonly matches: number;
  }[];
}

/** A match of the guard. Where and how long, never what was matched. */
export interface GuardEvent {
  /** Its channel. */
  readonly channel: Channel;
  /** Id of the pattern. */
  readonly pattern: string;
  /** What happened, or would have. */
  readonly action: GuardAction;
  /** Byte of the channel's text, in UTF-8, at which it starts. */
  readonly start: number;
  /** Bytes of it. */
  readonly length: number;
  /** Bytes given out before it was found: what it replaced stands there in the output, or behind. */
  readonly position: number;
}

/** The account of a covenant. */
export interface CovenantRecord {
  /** The grant. */
  readonly grant: string;
  /** Its version. */
  readonly version: number;
  /** Tool calls that were allowed. */
  readonly allowed: number;
  /** Tool calls that were denied. */
  readonly denied: number;
  /** Tool calls that waited for a review. */
  readonly reviewed: number;
  /** Every counter. */
  readonly counters: readonly {
    /** Its name. */
    readonly counter: string;
    /** How much there was. */
    readonly ceiling: number;
    /** How much is spent. */
    readonly spent: number;
    /** How much is set aside for what has not been settled. */
    readonly reserved: number;
  }[];
}

/** A tool call that waits for somebody to look at it. Everything about it is the model's word. */
export interface ReviewRequest {
  /** Its number, by which it is answered. */
  readonly review: number;
  /** Name of the gate that holds it. */
  readonly gate: string;
  /** The choice that it belongs to. */
  readonly choice: number;
  /** Which of the choice's calls it is. */
  readonly block: number;
  /** Name of the tool. */
  readonly tool: string;
  /** Its arguments as they would reach the client. */
  readonly arguments: string;
  /** What was checked: the name, and the value of the argument that the policy names. */
  readonly resource: string;
  /** How many different people must approve. */
  readonly approvals: number;
  /** When the gate's fallback applies, in ms on the clock of the session. */
  readonly deadlineMs: number;
}

/** A counter of a lease runs out, and may get more. */
export interface TopUpRequest {
  /** Its name. */
  readonly counter: string;
  /** How many units are missing, at least, for what is held; 0 when nothing is: the lease runs low. */
  readonly missing: number;
  /** How many units are left. */
  readonly free: number;
  /** How many more units the policy's ceiling allows. What is given beyond is not taken. */
  readonly most: number;
}

/** What somebody says about a tool call. */
export interface ReviewAnswer {
  /** Who. */
  readonly approver: string;
  /** Whether it may be done. */
  readonly approves: boolean;
}

/** What a reviewer is given beside the request. */
export interface ReviewContext {
  /** Is aborted when the stream is over: the answer is no longer wanted. */
  readonly signal: AbortSignal;
}

/** A decision on a tool call. */
export interface SessionDecision {
  /** The choice that the call belongs to. */
  readonly choice: number;
  /** Which of the choice's calls it is. */
  readonly block: number;
  /** What becomes of it. */
  readonly outcome: "allow" | "deny" | "review";
  /** When, in ms on the clock of the session. */
  readonly atMs: number;
  /** The decision as the ledger keeps it, under the kind `covenant.decision`: JSON, always the same bytes. */
  readonly record: string;
}
