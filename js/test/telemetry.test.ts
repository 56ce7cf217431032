import assert from "node:assert/strict";
import { test } from "node:test";
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-base";
import { GuardTables, type SessionRecord, guardResponse } from "interlock-wasm";
import { redactSets } from "interlock-wasm/guard-sets";
import { type TelemetryEvent, guardTelemetry, recordAttributes } from "interlock-wasm/otel";
import { DONE, chat, event, score } from "./support.js";

const sse = { "content-type": "text/event-stream" };

function tracing(): { exporter: InMemorySpanExporter; provider: BasicTracerProvider } {
  const exporter = new InMemorySpanExporter();
  const spanProcessors = [new SimpleSpanProcessor(exporter)];
  return { exporter, provider: new BasicTracerProvider({ spanProcessors }) };
}

test("a span of OpenTelemetry's own SDK tells verdicts, the halt and the usage", async () => {
  const { exporter, provider } = tracing();
  const span = provider.getTracer("test").startSpan("chat m");
  const usage = { usage: { prompt_tokens: 4, completion_tokens: 2 } };
  const upstream = event({ content: "good" }, usage) + event({ content: " bad" }) + DONE;
  const response = guardResponse(new Response(upstream, { headers: sse }), {
    scorer: score,
    ...guardTelemetry(span),
  });
  await response.text();
  span.end();

  const [told] = exporter.getFinishedSpans();
  assert.deepEqual(
    told?.events.map(({ name, attributes }) => [name, attributes]),
    [
      [
        "gen_ai.evaluation.result",
        {
          "gen_ai.evaluation.name": "coherence",
          "gen_ai.evaluation.score.value": 0.9,
          "gen_ai.evaluation.score.label": "pass",
          "interlock.segment": 0,
          "interlock.channel.kind": "content",
          "interlock.channel.choice": 0,
          "interlock.channel.block": 0,
          "interlock.text.start": 0,
          "interlock.text.end": 4,
        },
      ],
      [
        "gen_ai.evaluation.result",
        {
          "gen_ai.evaluation.name": "coherence",
          "gen_ai.evaluation.score.value": 0.1,
          "gen_ai.evaluation.score.label": "halt",
          "gen_ai.evaluation.explanation": "hard-limit: 0.1 against 0.5",
          "interlock.segment": 1,
          "interlock.channel.kind": "content",
          "interlock.channel.choice": 0,
          "interlock.channel.block": 0,
          "interlock.text.start": 4,
          "interlock.text.end": 8,
        },
      ],
    ],
  );
  assert.deepEqual(told.attributes, {
    "gen_ai.response.finish_reasons": ["content_filter"],
    "gen_ai.usage.input_tokens": 4,
    "gen_ai.usage.output_tokens": 2,
    "interlock.dialect": "openai-chat",
    "interlock.mode": "enforce",
    "interlock.state": "halted",
    "interlock.halt.reason": "hard-limit",
    "interlock.halt.observed": 0.1,
    "interlock.halt.bound": 0.5,
    "interlock.segments": 2,
    "interlock.warnings": 0,
    "interlock.bytes.in": new TextEncoder().encode(upstream).length,
    "interlock.bytes.out": told.attributes["interlock.bytes.out"],
    "interlock.channels.scored": ["content"],
  });
});

test("matches are told without what was matched, to whoever logs events", async () => {
  const key = "AKIAIOSFODNN7EXAMPLE";
  const events: TelemetryEvent[] = [];
  const spans: object[] = [];
  const span = {
    setAttributes: (attributes: object) => spans.push(attributes),
    addEvent: () => assert.fail("the events have a place of their own"),
  };
  const response = guardResponse(new Response(chat(`key ${key}`), { headers: sse }), {
    policy: { guard: { rules: [{ sets: ["api-keys"], action: "redact" }] } },
    guardTables: new GuardTables(redactSets),
    ...guardTelemetry(span, { onEvent: (event) => events.push(event) }),
  });
  await response.text();
  assert.deepEqual(events, [
    {
      name: "interlock.guard.match",
      attributes: {
        "interlock.guard.pattern": "api-keys/aws-access-key",
        "interlock.guard.action": "redact",
        "interlock.channel.kind": "content",
        "interlock.channel.choice": 0,
        "interlock.channel.block": 0,
        "interlock.text.start": 4,
        "interlock.text.end": 24,
      },
    },
  ]);
  assert.ok(!JSON.stringify([events, spans]).includes("AKIA"));
  assert.equal((spans[0] as Record<string, unknown>)["interlock.guard.matches"], 1);
});

test("a failed stream has an error type, and usage goes by every protocol's names", async () => {
  let record: SessionRecord | undefined;
  const broken = guardResponse(new Response(event({ content: "a" }), { headers: sse }), {
    onEnd: (told) => {
      record = told;
    },
  });
  await broken.text();
  assert.ok(record);
  assert.equal(recordAttributes(record)["error.type"], "upstream_failed");
  for (const usage of [
    { prompt_tokens: 1, completion_tokens: 2 },
    { input_tokens: 1, output_tokens: 2 },
    { promptTokenCount: 1, candidatesTokenCount: 2 },
  ]) {
    const attributes = recordAttributes({ ...record, usage });
    assert.equal(attributes["gen_ai.usage.input_tokens"], 1);
    assert.equal(attributes["gen_ai.usage.output_tokens"], 2);
  }
  assert.ok(!("gen_ai.usage.input_tokens" in recordAttributes({ ...record, usage: "none" })));
});
