// Guards that hold streams to a rule of a registry.

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  type GuardOptions,
  type PolicyInput,
  type SessionRecord,
  type VerdictEvent,
  guardResponse,
  guardStream,
  guardText,
  guardedFetch,
  guardedHandler,
  honoGuard,
  modelMiddleware,
  readAnswer,
} from "interlock-wasm";
import { redactSets } from "interlock-wasm/guard-sets";
import { RuleError, RuleRegistry, policyRule } from "interlock-wasm/rules";
import { DONE, Upstream, chat, event, score, sleep, throws, utf8 } from "./support.js";

const sse = { "content-type": "text/event-stream" };

function serve(registry: RuleRegistry, version: number, policy: PolicyInput): void {
  const tables = policy.guard ? [redactSets] : [];
  registry.reload(policyRule({ ruleId: "p", version }, policy, tables), 0);
  registry.runSteps(0);
  const outcome = registry.takeOutcome();
  assert.ok(outcome?.kind === "swap" && outcome.error === undefined);
}

/** A policy that its ending tells, and what it lets pass. */
const telling = (version: number, more: PolicyInput = {}): PolicyInput => ({
  scorer: { kind: "host" },
  ending: { message: `[version ${version}]` },
  halt: { hard_limit: 0.5, soft_limit: 0.5, window_threshold: 0, trend_threshold: 1 },
  ...more,
});

function serving(more?: PolicyInput): RuleRegistry {
  const registry = new RuleRegistry();
  serve(registry, 1, telling(1, more));
  registry.setReloadPolicy("p", "adopt-at-next-segment");
  return registry;
}

const pins = (registry: RuleRegistry): (number | bigint)[][] =>
  registry.history("p").map(({ version, pinned }) => [version, pinned]);

const spans = ({ versions }: SessionRecord) =>
  versions?.map(({ fromSegment, version }) => [fromSegment, version]);

/** The ways to guard a stream, of which each gives what is read. */
const ways: Record<
  string,
  (stream: ReadableStream<Uint8Array>, options: GuardOptions) => ReadableStream<Uint8Array>
> = {
  guardStream: (stream, options) => stream.pipeThrough(guardStream(options)),
  guardResponse: (stream, options) => {
    const guarded = guardResponse(new Response(stream, { headers: sse }), options);
    assert.ok(guarded.body);
    return guarded.body;
  },
};

/** The endings of a stream: what comes, what is done to it, and how it is over. */
const endings: Record<
  string,
  {
    chunks: string[];
    error?: unknown;
    options?: (end: { stop: AbortController; left: AbortController }) => GuardOptions;
    act?: (reader: ReadableStreamDefaultReader<Uint8Array>, registry: RuleRegistry) => unknown;
    state: SessionRecord["state"];
    reason?: string;
  }
> = {
  clean: { chunks: [chat("a", "b")], state: "completed" },
  "a halt": { chunks: [event({ content: "bad" })], state: "halted", reason: "hard-limit" },
  "a client that cancels": {
    chunks: [event({ content: "a" })],
    act: (reader) => reader.cancel(),
    state: "open",
  },
  "a client that leaves": {
    chunks: [event({ content: "a" })],
    options: ({ left }) => ({
      clientSignal: left.signal,
      onVerdict: () => {
        queueMicrotask(() => {
          left.abort();
        });
      },
    }),
    state: "open",
  },
  "an upstream that dies": {
    chunks: [event({ content: "a" })],
    error: new Error("gone"),
    state: "failed",
  },
  "an upstream that breaks its protocol": { chunks: ["data: {\n\n"], state: "failed" },
  "an emergency stop of the rule": {
    chunks: [event({ content: "a" }), event({ content: "b" }), DONE],
    act: (_, registry) => registry.emergencyStop("p"),
    state: "halted",
    reason: "emergency-stop",
  },
  "a signal": {
    chunks: [event({ content: "a" })],
    options: ({ stop }) => ({
      signal: stop.signal,
      onVerdict: () => {
        queueMicrotask(() => {
          stop.abort();
        });
      },
    }),
    state: "halted",
    reason: "emergency-stop",
  },
  "a callback that throws": {
    chunks: [event({ content: "a" })],
    options: () => ({
      onVerdict: () => {
        throw new Error("no");
      },
    }),
    state: "halted",
    reason: "emergency-stop",
  },
  "a signal that was there before": {
    chunks: [event({ content: "a" })],
    options: () => ({ clientSignal: AbortSignal.abort() }),
    state: "open",
  },
};

for (const [way, guarded] of Object.entries(ways)) {
  for (const [name, { chunks, error, options, act, state, reason }] of Object.entries(endings)) {
    test(`${way}: the version is given back after ${name}`, async () => {
      const registry = serving();
      const upstream = new Upstream(chunks, {
        close: error === undefined && act === undefined,
        error,
      });
      const ends: SessionRecord[] = [];
      const controllers = { stop: new AbortController(), left: new AbortController() };
      const reader = guarded(upstream.stream, {
        rule: { registry, ruleId: "p" },
        scorer: score,
        onEnd: (record) => ends.push(record),
        ...options?.(controllers),
      }).getReader();
      assert.equal(pins(registry)[0]?.[1], ends.length === 0 ? 1 : 0);
      try {
        for (let first = true; !(await reader.read()).done; first = false) {
          if (first) await act?.(reader, registry);
        }
      } catch {
        // It errors where nothing may be written any more.
      }
      for (let turn = 0; ends.length === 0 && turn < 50; turn += 1) await sleep(2);
      const [record] = ends;
      assert.ok(record);
      assert.deepEqual([record.state, record.halt?.reason], [state, reason]);
      assert.deepEqual(spans(record), [[0, 1]]);
      assert.deepEqual(pins(registry), [[1, 0]]);
    });
  }
}

test("a stream that is thrown away before it begins gives its version back", () => {
  const registry = serving();
  {
    using guard = guardStream({ rule: { registry, ruleId: "p" }, scorer: score });
    guard.record.catch(() => undefined);
    assert.deepEqual(pins(registry), [[1, 1]]);
  }
  assert.deepEqual(pins(registry), [[1, 0]]);
});

test("a newer version is adopted between two segments, and every verdict names its own", async () => {
  const registry = serving();
  const events: VerdictEvent[] = [];
  const guard = guardStream({
    rule: { registry, ruleId: "p" },
    scorer: ({ text }) => Number(text),
    onVerdict: (verdict) => events.push(verdict),
  });
  const writer = guard.writable.getWriter();
  const output = new Response(guard.readable).text();
  await writer.write(utf8(event({ content: "0.6" }) + event({ content: "0.7" })));
  serve(registry, 2, telling(2, { halt: { hard_limit: 0.65, soft_limit: 0.65 } }));
  assert.deepEqual(pins(registry), [
    [1, 1],
    [2, 0],
  ]);
  await writer.write(utf8(event({ content: "0.8" })));
  assert.deepEqual(pins(registry), [
    [1, 0],
    [2, 1],
  ]);
  await writer.write(utf8(event({ content: "0.6" }))).catch(() => undefined);
  assert.match(await output, /\[version 2\]/);
  const record = await guard.record;
  assert.equal(record.halt?.reason, "hard-limit");
  assert.deepEqual(
    events.map(({ text, version, verdict }) => [text, version, verdict.outcome]),
    [
      ["0.6", 1, "pass"],
      ["0.7", 1, "pass"],
      ["0.8", 2, "pass"],
      ["0.6", 2, "halt"],
    ],
  );
  assert.deepEqual(spans(record), [
    [0, 1],
    [2, 2],
  ]);
  assert.deepEqual(pins(registry), [
    [1, 0],
    [2, 0],
  ]);
});

test("no segment is cut under one version and judged under another", async () => {
  const registry = serving({ segments: { unit: "bytes", max_bytes: 16 } });
  let answer!: (score: number) => void;
  const judged: (number | bigint | undefined)[] = [];
  const guard = guardStream({
    dialect: "text",
    rule: { registry, ruleId: "p" },
    scorer: () => new Promise<number>((resolve) => (answer = resolve)),
    onVerdict: ({ version }) => judged.push(version),
  });
  const writer = guard.writable.getWriter();
  const output = new Response(guard.readable).text();
  const write = (text: string): Promise<void> => writer.write(utf8(text));
  const isKept = (): void => {
    assert.deepEqual(pins(registry)[0], [1, 1]);
  };
  await write("One ");
  serve(registry, 2, telling(2, { segments: { unit: "bytes", max_bytes: 20 } }));
  await write("is 12 bytes.");
  isKept();
  await write("");
  isKept();
  answer(0.9);
  await sleep(1);
  await write("And twenty of them..");
  assert.deepEqual(pins(registry), [
    [1, 0],
    [2, 1],
  ]);
  const closed = writer.close();
  answer(0.9);
  await closed;
  assert.equal(await output, "One is 12 bytes.And twenty of them..");
  assert.deepEqual(judged, [1, 2]);
  assert.deepEqual(spans(await guard.record), [
    [0, 1],
    [1, 2],
  ]);
});

test("the deadline of scores is that of the version", async () => {
  const deadline = (deadline_ms: number): PolicyInput => ({
    halt: { deadline_ms, hard_limit: 0, window_threshold: 0, trend_threshold: 1 },
  });
  const registry = new RuleRegistry();
  serve(registry, 1, telling(1, deadline(60_000)));
  registry.setReloadPolicy("p", "adopt-at-next-segment");
  let isSlow = false;
  const guard = guardStream({
    dialect: "text",
    rule: { registry, ruleId: "p" },
    scorer: () => (isSlow ? new Promise<number>(() => undefined) : 0.9),
  });
  const writer = guard.writable.getWriter();
  const output = new Response(guard.readable).text();
  await writer.write(utf8("One. "));
  serve(registry, 2, telling(2, deadline(5)));
  isSlow = true;
  await writer.write(utf8("Two. ")).catch(() => undefined);
  assert.equal(await output, "One. [version 2]");
  assert.equal((await guard.record).halt?.reason, "deadline");
});

test("a version that does not go with the stream is not adopted", async () => {
  const registry = serving({ covenant: { budgets: [{ counter: "tokens", ceiling: 100 }] } });
  const guard = guardStream({
    dialect: "text",
    rule: { registry, ruleId: "p" },
    scorer: score,
    lease: { amounts: { tokens: 50 }, expiresAtMs: Date.now() + 60_000 },
  });
  const writer = guard.writable.getWriter();
  const output = new Response(guard.readable).text();
  // Neither one without a covenant for the lease, nor one that scores by itself.
  serve(registry, 2, telling(2));
  await writer.write(utf8("One. "));
  serve(registry, 3, telling(3, { scorer: { kind: "builtin" } }));
  await writer.write(utf8("Two. "));
  serve(registry, 4, telling(4, { mode: "observe" }));
  await writer.write(utf8("Three. "));
  await writer.close();
  assert.equal(await output, "One. Two. Three. ");
  const record = await guard.record;
  assert.deepEqual([record.state, spans(record)], ["completed", [[0, 1]]]);
  assert.deepEqual(
    pins(registry).map(([, pinned]) => pinned),
    [0, 0, 0, 0],
  );
});

test("the patterns of the rule are the stream's", async () => {
  const registry = serving({ guard: { rules: [{ sets: ["email"], action: "redact" }] } });
  const rule = { registry, ruleId: "p" };
  const { text, record } = await guardText("to ada@example.org", { rule, scorer: () => 1 });
  assert.deepEqual([text, spans(record)], ["to [redacted:email]", [[0, 1]]]);
  assert.deepEqual(pins(registry), [[1, 0]]);
});

test("helpers begin each stream under what is active then", async () => {
  const registry = serving();
  const options = { rule: { registry, ruleId: "p" }, scorer: score };
  const answer = (): Response => new Response(chat("bad"), { headers: sse });
  const url = "http://model.test/v1/chat/completions";
  const fetched = guardedFetch({ ...options, fetch: () => Promise.resolve(answer()) });
  const handled = guardedHandler(answer, options);
  const hono = async (): Promise<Response> => {
    const context: { req: { raw: Request }; res: Response } = {
      req: { raw: new Request(url) },
      res: answer(),
    };
    await honoGuard(options)(context, () => Promise.resolve());
    return context.res;
  };
  const middleware = modelMiddleware(options);
  const model = async (): Promise<Response> => {
    const generated = {
      content: [{ type: "text", text: "bad" }],
      finishReason: "stop",
      usage: undefined,
    };
    const { content } = await middleware.wrapGenerate({
      doGenerate: () => Promise.resolve(generated),
      model: { specificationVersion: "v3" },
    });
    return Response.json(content);
  };
  const read = async (): Promise<Response> => {
    let text = "";
    for await (const piece of readAnswer(answer(), options)) text += piece;
    return new Response(text);
  };
  for (const version of [1, 2]) {
    if (version === 2) serve(registry, 2, telling(2));
    for (const ask of [() => fetched(url), () => handled(new Request(url)), hono, model, read]) {
      const text = await (await ask()).text();
      assert.ok(text.includes(`[version ${version}]`) && !text.includes("bad"), text);
    }
  }
  const raw = await fetched(url);
  assert.deepEqual(pins(registry)[1], [2, 1]);
  await raw.body?.cancel();
  assert.deepEqual(pins(registry), [
    [1, 0],
    [2, 0],
  ]);
});

test("what cannot begin pins nothing", async () => {
  const registry = serving();
  const rule = { registry, ruleId: "p" };
  const wrong: [string, GuardOptions][] = [
    ["rule", { rule: null as never }],
    ["rule", { rule: "p" as never }],
    ["registry", { rule: { registry: {} as never, ruleId: "p" } }],
    ["ruleId", { rule: { registry, id: "p" } as never }],
    ["policy", { rule, policy: {} }],
    ["guardTables", { rule, guardTables: {} as never }],
    ["dialect", { rule, scorer: score, dialect: "morse" as never }],
    ["scorer", { rule }],
    ["lease", { rule, scorer: score, lease: { amounts: {}, expiresAtMs: 1 } }],
  ];
  for (const [argument, options] of wrong) {
    throws(ArgumentError, () => guardStream(options), { argument });
  }
  const response = new Response("", { headers: { "content-type": "text/html" } });
  throws(ArgumentError, () => guardResponse(response, { rule, scorer: score }));
  throws(RuleError, () => guardStream({ rule: { registry, ruleId: "q" } }), {
    code: "rule-not-found",
  });
  assert.deepEqual(pins(registry), [[1, 0]]);
  registry.emergencyStop("p");
  throws(RuleError, () => guardStream({ rule, scorer: score }), { code: "rule-emergency-stopped" });
  await assert.rejects(guardText("a", { rule, scorer: score }), RuleError);
  assert.deepEqual(pins(registry), [[1, 0]]);
});

test("a registry that is freed ends its streams: nothing more leaves", async () => {
  const registry = serving();
  const guard = guardStream({ dialect: "text", rule: { registry, ruleId: "p" }, scorer: score });
  const writer = guard.writable.getWriter();
  const output = new Response(guard.readable).text();
  registry.free();
  writer.write(utf8("One. ")).catch(() => undefined);
  await assert.rejects(output);
  assert.equal((await guard.record).halt?.reason, "emergency-stop");
});
