/**
 * What a guard decided, as attributes of OpenTelemetry. Names that start with `gen_ai.` are those of its semantic
 * conventions for generative AI (https://github.com/open-telemetry/semantic-conventions-genai, in development there); what
 * they have no name for starts with `interlock.`. No text of an answer is among them.
 *
 * @module
 */

import type { Verdict } from "../halt/verdict.js";
import type { Channel, GuardEvent, SessionRecord, VerdictEvent } from "./types.js";

/** Attributes of a span, an event or a log record: an `Attributes` of `@opentelemetry/api`. */
export type TelemetryAttributes = Record<string, string | number | boolean | string[]>;

/** Name of the event that a verdict is. */
export const EVALUATION_EVENT = "gen_ai.evaluation.result";

/**
 * A verdict, for an event `gen_ai.evaluation.result` of the span of the model's call:
 *
 * ```js
 * import { EVALUATION_EVENT, guardedFetch, recordAttributes, verdictAttributes } from "interlock-wasm";
 *
 * const options = {
 *   onVerdict: (event) => span.addEvent(EVALUATION_EVENT, verdictAttributes(event)),
 *   onEnd: (record) => span.setAttributes(recordAttributes(record)),
 * };
 * ```
 *
 * @param event - of `onVerdict`
 */
export function verdictAttributes({
  segment,
  channel,
  start,
  end,
  score,
  verdict,
}: VerdictEvent): TelemetryAttributes {
  const explanation = explain(verdict);
  return {
    "gen_ai.evaluation.name": "interlock.coherence",
    "gen_ai.evaluation.score.label": verdict.outcome,
    ...(score !== undefined && { "gen_ai.evaluation.score.value": score }),
    ...(explanation !== undefined && { "gen_ai.evaluation.explanation": explanation }),
    ...channelAttributes(channel),
    "interlock.segment.id": segment,
    "interlock.text.start": start,
    "interlock.text.end": end,
  };
}

/**
 * A match of the guard, for an event `gen_ai.evaluation.result`.
 *
 * @param event - of `onMatch`
 */
export function matchAttributes(event: GuardEvent): TelemetryAttributes {
  const { channel, pattern, action, start, length } = event;
  return {
    "gen_ai.evaluation.name": "interlock.guard",
    "gen_ai.evaluation.score.label": action,
    "gen_ai.evaluation.explanation": pattern,
    ...channelAttributes(channel),
    "interlock.guard.pattern": pattern,
    "interlock.text.start": start,
    "interlock.text.end": start + length,
  };
}

/**
 * How a stream ended, for the span of the model's call.
 *
 * @param record - of `onEnd`, or of the guard
 */
export function recordAttributes(record: SessionRecord): TelemetryAttributes {
  const { state, halt, halted_at: at, guard, covenant, timings, channels } = record;
  const isHalted = state === "halted";
  const unchecked = channels.filter(({ checked }) => checked === "unscored").map(nameOf);
  return {
    "interlock.dialect": record.dialect,
    "interlock.mode": record.mode,
    "interlock.state": state,
    "interlock.segments": record.segments,
    "interlock.warnings": record.warnings,
    // The guard gives this end to clients, each in the words of its protocol.
    ...(isHalted && { "gen_ai.response.finish_reasons": ["content_filter"] }),
    ...(state === "failed" && { "error.type": "upstream-error" }),
    ...(halt !== null && haltAttributes(halt)),
    ...(at !== null && { ...channelAttributes(at.channel), "interlock.halt.start": at.start }),
    ...(guard && {
      "interlock.guard.matches": guard.patterns.reduce((sum, { matches }) => sum + matches, 0),
      "interlock.guard.patterns": guard.patterns.map(({ pattern }) => pattern),
    }),
    ...(covenant && {
      "interlock.grant.id": covenant.grant,
      "interlock.grant.version": covenant.version,
      "interlock.calls.allowed": covenant.allowed,
      "interlock.calls.denied": covenant.denied,
    }),
    "interlock.channels.unscored": unchecked,
    ...seconds("gen_ai.response.time_to_first_chunk", timings?.first_byte_ms),
    ...seconds("interlock.time_to_first_delivered", timings?.first_delivered_ms),
    ...seconds("interlock.longest_stall", timings?.longest_stall_ms),
  };
}

function haltAttributes({ reason, observed, bound }: NonNullable<SessionRecord["halt"]>) {
  return {
    "interlock.halt.reason": reason,
    ...(typeof observed === "number" && { "interlock.halt.observed": observed }),
    ...(typeof bound === "number" && { "interlock.halt.bound": bound }),
  };
}

function channelAttributes(channel: Channel): TelemetryAttributes {
  return { "interlock.channel": channel.kind, "interlock.choice": channel.choice };
}

function nameOf({ channel }: SessionRecord["channels"][number]): string {
  return channel.kind;
}

/** The conventions measure time in seconds. */
function seconds(name: string, ms: number | null | undefined): TelemetryAttributes {
  return ms === null || ms === undefined ? {} : { [name]: ms / 1000 };
}

function explain(verdict: Verdict): string | undefined {
  if (verdict.outcome === "pass") return undefined;
  const what = verdict.outcome === "halt" ? verdict.reason : verdict.kind;
  const { observed, bound } = verdict;
  return observed === undefined ? what : `${what}: ${observed}, bound ${bound ?? "none"}`;
}
