/**
 * Telemetry in the words of OpenTelemetry: attributes and events, for whatever SDK you use. Nothing here depends on one, and
 * nothing tells a text of the model's.
 *
 * Names that begin with `gen_ai.` are those of the semantic conventions for generative AI (in development there, so they may
 * change); the others begin with `interlock.`.
 *
 * @module
 */

import type { Verdict } from "./halt/verdict.js";
import type { GuardOptions } from "./session/options.js";
import type { GuardEvent, SessionRecord, VerdictEvent } from "./session/types.js";

/** What an attribute may be. */
export type AttributeValue = string | number | boolean | string[];

/** Attributes of a span or an event. */
export type Attributes = Record<string, AttributeValue>;

/** Something that happened while a span was open. */
export interface TelemetryEvent {
  /** What. */
  readonly name: string;
  /** What it was like. */
  readonly attributes: Attributes;
}

/** A span, as far as it is used: that of OpenTelemetry is one. */
export interface SpanLike {
  /** Adds attributes. */
  setAttributes(attributes: Attributes): unknown;
  /** Adds an event. */
  addEvent(name: string, attributes: Attributes): unknown;
}

/** Options of {@link guardTelemetry}. */
export interface GuardTelemetryOptions {
  /**
   * What scores are called.
   * @defaultValue "coherence"
   */
  readonly evaluation?: string | undefined;
  /**
   * Takes each event instead of the span: for SDKs that log events.
   */
  readonly onEvent?: ((event: TelemetryEvent) => void) | undefined;
}

/**
 * Callbacks that tell a span of a guarded stream: each verdict and each match of the guard as an event, the record as attributes
 * when the stream is over. Hand them to a guard beside its other options; the span stays yours to end.
 *
 * ```js
 * import { guardResponse } from "interlock-wasm";
 * import { guardTelemetry } from "interlock-wasm/otel";
 *
 * const span = tracer.startSpan("chat gpt-5");
 * guardResponse(upstream, { scorer, ...guardTelemetry(span) });
 * ```
 */
export function guardTelemetry(
  span: SpanLike,
  options: GuardTelemetryOptions = {},
): Required<Pick<GuardOptions, "onVerdict" | "onMatch" | "onEnd">> {
  const tell = ({ name, attributes }: TelemetryEvent): void => {
    if (options.onEvent === undefined) span.addEvent(name, attributes);
    else options.onEvent({ name, attributes });
  };
  return {
    onVerdict: (event) => {
      tell(verdictEvent(event, options.evaluation));
    },
    onMatch: (event) => {
      tell(matchEvent(event));
    },
    onEnd: (record) => {
      span.setAttributes(recordAttributes(record));
    },
  };
}

/** A verdict as the event `gen_ai.evaluation.result`. Its label is `pass`, `warn` or `halt`. */
export function verdictEvent(event: VerdictEvent, evaluation = "coherence"): TelemetryEvent {
  const { segment, channel, start, end, score, verdict } = event;
  return {
    name: "gen_ai.evaluation.result",
    attributes: present({
      "gen_ai.evaluation.name": evaluation,
      "gen_ai.evaluation.score.value": score,
      "gen_ai.evaluation.score.label": verdict.outcome,
      "gen_ai.evaluation.explanation": explanationOf(verdict),
      "interlock.segment": segment,
      ...placeOf(channel),
      "interlock.text.start": start,
      "interlock.text.end": end,
    }),
  };
}

/** A match of the guard as the event `interlock.guard.match`: where and how long, never what. */
export function matchEvent({
  channel,
  pattern,
  action,
  start,
  length,
}: GuardEvent): TelemetryEvent {
  return {
    name: "interlock.guard.match",
    attributes: {
      "interlock.guard.pattern": pattern,
      "interlock.guard.action": action,
      ...placeOf(channel),
      "interlock.text.start": start,
      "interlock.text.end": start + length,
    },
  };
}

/**
 * The record of a stream as attributes of its span: state, halt, usage, and which kinds of text left without a check. A halted
 * response has the finish reason `content_filter`, one that failed an `error.type`.
 */
export function recordAttributes(record: SessionRecord): Attributes {
  const { halt, guard, covenant, state } = record;
  const kinds = (checked: string): string[] | undefined => {
    const found = record.channels.filter((entry) => entry.checked === checked);
    const names = [...new Set(found.map(({ channel }) => channel.kind))];
    return names.length > 0 ? names : undefined;
  };
  const matches = guard?.patterns.reduce((sum, pattern) => sum + pattern.matches, 0);
  return present({
    "gen_ai.response.finish_reasons": state === "halted" ? ["content_filter"] : undefined,
    "gen_ai.usage.input_tokens": tokensOf(record.usage, INPUT),
    "gen_ai.usage.output_tokens": tokensOf(record.usage, OUTPUT),
    "error.type": state === "failed" ? "upstream_failed" : undefined,
    "interlock.dialect": record.dialect,
    "interlock.mode": record.mode,
    "interlock.state": state,
    "interlock.halt.reason": halt?.reason,
    "interlock.halt.observed": halt?.observed ?? undefined,
    "interlock.halt.bound": halt?.bound ?? undefined,
    "interlock.segments": record.segments,
    "interlock.warnings": record.warnings,
    "interlock.bytes.in": record.bytes_in,
    "interlock.bytes.out": record.bytes_out,
    "interlock.channels.scored": kinds("scored"),
    "interlock.channels.unscored": kinds("unscored"),
    "interlock.channels.withheld": kinds("withheld"),
    "interlock.guard.halted_by": guard?.halted_by ?? undefined,
    "interlock.guard.matches": matches,
    "interlock.covenant.grant": covenant?.grant,
    "interlock.covenant.version": covenant?.version,
    "interlock.covenant.allowed": covenant?.allowed,
    "interlock.covenant.denied": covenant?.denied,
    "interlock.covenant.reviewed": covenant?.reviewed,
  });
}

/** What the protocols call the tokens that were read, and those that were written. */
const INPUT = ["prompt_tokens", "input_tokens", "promptTokenCount"];
const OUTPUT = ["completion_tokens", "output_tokens", "candidatesTokenCount"];

function tokensOf(usage: unknown, names: readonly string[]): number | undefined {
  if (typeof usage !== "object" || usage === null) return undefined;
  const counts = names.map((name) => (usage as Record<string, unknown>)[name]);
  return counts.find((count): count is number => typeof count === "number");
}

function explanationOf(verdict: Verdict): string | undefined {
  if (verdict.outcome === "pass") return undefined;
  const { observed, bound } = verdict;
  const why = verdict.outcome === "warn" ? verdict.kind : verdict.reason;
  return observed === undefined || bound === undefined
    ? why
    : `${why}: ${observed} against ${bound}`;
}

function placeOf({ choice, kind, block }: VerdictEvent["channel"]): Attributes {
  return {
    "interlock.channel.kind": kind,
    "interlock.channel.choice": choice,
    "interlock.channel.block": block,
  };
}

/** Without those that are not there; a number that is none is no attribute. */
function present(attributes: Record<string, AttributeValue | undefined>): Attributes {
  const entries = Object.entries(attributes).filter(
    ([, value]) => value !== undefined && !(typeof value === "number" && Number.isNaN(value)),
  );
  return Object.fromEntries(entries) as Attributes;
}
