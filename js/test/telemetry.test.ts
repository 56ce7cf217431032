import assert from "node:assert/strict";
import { test } from "node:test";
import type { Attributes, Span } from "@opentelemetry/api";
import {
  EVALUATION_EVENT,
  GuardTables,
  type GuardOptions,
  guardStream,
  guardText,
  matchAttributes,
  recordAttributes,
  verdictAttributes,
} from "interlock-wasm";
import { redactSets } from "interlock-wasm/guard-sets";
import { chat, event, score, through } from "./support.js";

/** What of a span is used, with the types of the API. */
class Recorder implements Pick<Span, "addEvent" | "setAttributes"> {
  readonly events: [name: string, attributes: unknown][] = [];
  attributes: Attributes = {};

  addEvent(name: string, attributes?: unknown): Span {
    this.events.push([name, attributes]);
    return this as unknown as Span;
  }

  setAttributes(attributes: Attributes): Span {
    this.attributes = { ...this.attributes, ...attributes };
    return this as unknown as Span;
  }
}

const traced = (span: Recorder): GuardOptions => ({
  onVerdict: (it) => void span.addEvent(EVALUATION_EVENT, verdictAttributes(it)),
  onMatch: (it) => void span.addEvent(EVALUATION_EVENT, matchAttributes(it)),
  onEnd: (it) => void span.setAttributes(recordAttributes(it)),
});

test("verdicts are evaluations, and a halt is the reason of the end", async () => {
  const span = new Recorder();
  await through(guardStream({ scorer: score, ...traced(span) }), chat("good", " bad", " more"));
  assert.deepEqual(span.events, [
    [
      "gen_ai.evaluation.result",
      {
        "gen_ai.evaluation.name": "interlock.coherence",
        "gen_ai.evaluation.score.label": "pass",
        "gen_ai.evaluation.score.value": 0.9,
        "interlock.channel": "content",
        "interlock.choice": 0,
        "interlock.segment.id": 0,
        "interlock.text.start": 0,
        "interlock.text.end": 4,
      },
    ],
    [
      "gen_ai.evaluation.result",
      {
        "gen_ai.evaluation.name": "interlock.coherence",
        "gen_ai.evaluation.score.label": "halt",
        "gen_ai.evaluation.score.value": 0.1,
        "gen_ai.evaluation.explanation": "hard-limit: 0.1, bound 0.5",
        "interlock.channel": "content",
        "interlock.choice": 0,
        "interlock.segment.id": 1,
        "interlock.text.start": 4,
        "interlock.text.end": 8,
      },
    ],
  ]);
  const {
    "gen_ai.response.time_to_first_chunk": byte,
    "interlock.time_to_first_delivered": text,
    "interlock.longest_stall": stall,
    ...others
  } = span.attributes;
  for (const time of [byte, text, stall]) {
    assert.ok(typeof time === "number" && time >= 0 && time < 60);
  }
  assert.deepEqual(others, {
    "interlock.dialect": "openai-chat",
    "interlock.mode": "enforce",
    "interlock.state": "halted",
    "interlock.segments": 2,
    "interlock.warnings": 0,
    "gen_ai.response.finish_reasons": ["content_filter"],
    "interlock.halt.reason": "hard-limit",
    "interlock.halt.observed": 0.1,
    "interlock.halt.bound": 0.5,
    "interlock.channel": "content",
    "interlock.choice": 0,
    "interlock.halt.start": 4,
    "interlock.channels.unscored": [],
  });
});

test("matches tell the pattern and the place, and nothing tells the text", async () => {
  const span = new Recorder();
  const guardTables = new GuardTables(redactSets);
  const policy = { guard: { rules: [{ sets: ["email"], action: "redact" }] } } as const;
  const options = { policy, guardTables, ...traced(span) };
  await through(guardStream(options), chat("Write to ada@exam", "ple.org, please"));
  assert.deepEqual(span.events, [
    [
      "gen_ai.evaluation.result",
      {
        "gen_ai.evaluation.name": "interlock.guard",
        "gen_ai.evaluation.score.label": "redact",
        "gen_ai.evaluation.explanation": "email",
        "interlock.channel": "content",
        "interlock.choice": 0,
        "interlock.guard.pattern": "email",
        "interlock.text.start": 9,
        "interlock.text.end": 24,
      },
    ],
  ]);
  assert.equal(span.attributes["interlock.guard.matches"], 1);
  assert.deepEqual(span.attributes["interlock.guard.patterns"], ["email"]);
  assert.deepEqual(span.attributes["interlock.channels.unscored"], ["content"]);
  assert.ok(!JSON.stringify(span).includes("ada"));
});

test("an upstream that fails, a grant, and a text without times", async () => {
  const span = new Recorder();
  await through(guardStream(traced(span)), event({ content: "a" }), "data: {no json}\n\n");
  assert.equal(span.attributes["interlock.state"], "failed");
  assert.equal(span.attributes["error.type"], "upstream-error");
  assert.equal(span.attributes["gen_ai.response.finish_reasons"], undefined);

  const covenant = { grant: "reader", version: 3, permissions: [{ resource: "search" }] };
  const { record } = await guardText("a", { policy: { covenant } });
  const attributes = recordAttributes(record);
  assert.equal(attributes["interlock.grant.id"], "reader");
  assert.equal(attributes["interlock.grant.version"], 3);
  assert.ok(!("interlock.time_to_first_delivered" in attributes));
});
