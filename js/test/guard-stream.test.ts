import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  CallbackError,
  type GuardOptions,
  PolicyError,
  SessionEndedError,
  StreamHaltedError,
  type VerdictEvent,
  guardStream,
} from "interlock-wasm";
import {
  DONE,
  Upstream,
  assertError,
  chat,
  cutAtRandom,
  drain,
  event,
  random,
  read,
  sleep,
  text,
  through,
  throws,
  utf8,
} from "./support.js";

/** A score of 0.1 for text with "bad" in it. */
const score = ({ text }: { text: string }): number => (text.includes("bad") ? 0.1 : 0.9);

test("a TransformStream that changes nothing when nothing is withheld", async () => {
  const guard = guardStream();
  assert.ok(guard instanceof TransformStream);
  const stream = chat("Hello", " world");
  const { output, record, upstream } = await through(guard, stream);
  assert.equal(output, stream);
  assert.equal(record.state, "completed");
  assert.equal(record.channels[0]?.checked, "unscored");
  assert.deepEqual(upstream.cancelled, []);
});

test("a chunk that may leave unchanged leaves as it is", async () => {
  const guard = guardStream();
  const writer = guard.writable.getWriter();
  const reader = guard.readable.getReader();
  const whole = utf8(event({ content: "a" }) + event({ content: "b" }));
  const [start, rest] = [whole.subarray(0, 100), whole.subarray(100)];
  void writer.write(whole);
  assert.equal((await reader.read()).value, whole);
  void writer.write(start);
  void writer.write(rest);
  let again = "";
  while (again.length < whole.length) again += text((await reader.read()).value ?? assert.fail());
  assert.equal(again, text(whole));
  void writer.close();
  assert.match(text((await reader.read()).value ?? assert.fail()), /error/, "there was no [DONE]");
  assert.ok((await reader.read()).done);
});

test("a halt: the ending leaves, the upstream is cancelled once", async () => {
  const verdicts: VerdictEvent[] = [];
  const ends: string[] = [];
  const guard = guardStream({
    scorer: score,
    onVerdict: (verdict) => verdicts.push(verdict),
    onEnd: ({ state }) => ends.push(state),
  });
  const chunks = ["good", " bad", " more"].map((content) => event({ content }));
  const { output, record, upstream } = await through(guard, ...chunks, DONE);
  assert.ok(output.startsWith(event({ content: "good" })));
  const { content, finish, done } = read(output);
  assert.equal(content, "good[This response was stopped by a safety policy.]");
  assert.equal(finish, "content_filter");
  assert.ok(done);
  assert.deepEqual(record.halt, { reason: "hard-limit", observed: 0.1, bound: 0.5 });
  assert.deepEqual(
    verdicts.map(({ text, verdict }) => [text, verdict.outcome]),
    [
      ["good", "pass"],
      [" bad", "halt"],
    ],
  );
  assert.deepEqual(ends, ["halted"]);
  await sleep(1);
  assert.equal(upstream.cancelled.length, 1);
  assertError(upstream.cancelled[0], StreamHaltedError, { reason: "hard-limit" });
});

test("a halt in the last chunk of an upstream that has closed", async () => {
  const { record, upstream } = await through(
    guardStream({ scorer: score }),
    event({ content: "bad" }),
  );
  assert.equal(record.state, "halted");
  await sleep(1);
  assert.ok(upstream.cancelled.length <= 1);
});

test("chunks change nothing, with every kind of scorer", async () => {
  const next = random(5);
  const deltas = ["One. ", "Two is ", "longer. Three", " 😀 ends. ", "bad. ", "never"];
  const stream = utf8(chat(...deltas));
  const scorers: GuardOptions["scorer"][] = [
    score,
    (segment) => Promise.resolve(score(segment)),
    async (segment) => {
      await sleep(Math.floor(next() * 3));
      return { score: score(segment) };
    },
  ];
  for (const unit of ["delta", "sentence"] as const) {
    const outputs = new Set<string>();
    for (let round = 0; round < 60; round += 1) {
      const guard = guardStream({
        scorer: scorers[round % 3],
        policy: { segments: { unit }, halt: { deadline_ms: 10_000 } },
        maxInFlight: 1 + Math.floor(next() * 9),
      });
      const { output, record } = await through(guard, ...cutAtRandom(stream, next));
      assert.equal(record.halt?.reason, "hard-limit");
      outputs.add(read(output).content);
    }
    const passed =
      unit === "delta"
        ? "One. Two is longer. Three 😀 ends. "
        : "One. Two is longer. Three 😀 ends.";
    assert.deepEqual([...outputs], [`${passed}[This response was stopped by a safety policy.]`]);
  }
});

test("scores are asked for several at a time, and applied in the order of the text", async () => {
  let out = 0;
  let most = 0;
  const order: number[] = [];
  const guard = guardStream({
    maxInFlight: 3,
    policy: { halt: { deadline_ms: 5000 } },
    scorer: async ({ id }) => {
      out += 1;
      most = Math.max(most, out);
      await sleep(12 - id);
      out -= 1;
      return 0.9;
    },
    onVerdict: ({ segment }) => order.push(segment),
  });
  const deltas = Array.from({ length: 10 }, (_, index) => `d${index}`);
  const { output, record } = await through(guard, chat(...deltas));
  assert.equal(record.state, "completed");
  assert.equal(output, chat(...deltas));
  assert.equal(most, 3);
  assert.deepEqual(
    order,
    [...order].sort((a, b) => a - b),
  );
});

test("a scorer that misses its deadline: halt, its signal aborted, its answer ignored", async () => {
  let aborted = false;
  const guard = guardStream({
    policy: { halt: { deadline_ms: 15 } },
    scorer: (_, { signal }) =>
      new Promise((resolve) => {
        signal.addEventListener("abort", () => {
          aborted = true;
          resolve(0.9);
        });
      }),
  });
  const { output, record } = await through(guard, chat("slow"));
  assert.equal(record.halt?.reason, "deadline");
  assert.equal(record.halt.bound, 15);
  assert.ok((record.halt.observed ?? 0) >= 14);
  assert.ok(aborted);
  assert.ok(!output.includes("slow"));
});

test("missing_score skip lets late text pass with a warning", async () => {
  const kinds: string[] = [];
  const guard = guardStream({
    policy: { halt: { deadline_ms: 5, missing_score: "skip" } },
    scorer: () => new Promise(() => undefined),
    onVerdict: ({ verdict, score }) => {
      if (verdict.outcome === "warn") kinds.push(verdict.kind);
      assert.equal(score, undefined);
    },
  });
  const { output } = await through(guard, chat("late"));
  assert.equal(output, chat("late"));
  assert.deepEqual(kinds, ["missing-score"]);
});

test("a deadline beyond the longest timer is none that is over at once", async () => {
  const guard = guardStream({
    policy: { halt: { deadline_ms: 4_294_967_295 } },
    scorer: () => sleep(5).then(() => 0.9),
  });
  assert.equal((await through(guard, chat("a"))).record.state, "completed");
});

test("a scorer that fails has given no score", async () => {
  const failing: GuardOptions["scorer"][] = [
    () => NaN,
    () => "0.9" as never,
    () => undefined as never,
    () => ({ score: "0.9" }) as never,
    () => ({ score: 0.9, logitEntropy: "x" }) as never,
    () => {
      throw new Error("broken");
    },
    () => Promise.reject(new Error("broken")),
    () => Promise.resolve(null as never),
  ];
  for (const scorer of failing) {
    const { record, output } = await through(guardStream({ scorer }), chat("text"));
    assert.equal(record.halt?.reason, "non-finite-score");
    assert.ok(!read(output).content.includes("text"));
  }
});

test("an answer's entropy is judged", async () => {
  const { record } = await through(
    guardStream({
      policy: { halt: { logit_entropy_limit: 1 } },
      scorer: () => ({ score: 0.9, logitEntropy: 2 }),
    }),
    chat("a"),
  );
  assert.equal(record.halt?.reason, "logit-entropy");
});

test("the context: text so far of the channel", async () => {
  const seen: string[] = [];
  const guard = guardStream({
    scorer: (_, context) => {
      seen.push(context.soFar);
      return 0.9;
    },
  });
  const chunks = [
    event({ content: "a" }),
    event({ reasoning_content: "R" }),
    event({ content: "b" }),
  ];
  await through(guard, ...chunks, DONE);
  assert.deepEqual(seen, ["a", "R", "ab"]);

  const lengths: number[] = [];
  const bounded = guardStream({
    scorer: (...args) => {
      lengths.push(args[1].soFar.length);
      return 0.9;
    },
  });
  const long = "x".repeat(30_000);
  await through(bounded, chat(...Array.from({ length: 8 }, () => long)));
  assert.deepEqual(lengths.slice(0, 4), [30_000, 60_000, 65_536, 65_536]);
  assert.ok(lengths.every((length) => length <= 65_536));
});

test("the built-in scorer needs no scorer", async () => {
  const guard = guardStream({
    policy: {
      scorer: {
        kind: "builtin",
        prompt: "Tell me about the tower.",
        facts: [{ key: "tower", value: "The tower was finished in 1889." }],
      },
      segments: { unit: "sentence" },
    },
  });
  const { record, output } = await through(
    guard,
    chat("The tower was finished in 1889. ", "The tower was finished in 1925. ", "The end."),
  );
  assert.equal(record.state, "halted");
  assert.ok(read(output).content.startsWith("The tower was finished in 1889."));
  assert.ok(!output.includes("1925"));
});

test("observed only: nothing is withheld, the halt is recorded", async () => {
  const stream = chat("good", "bad", "more");
  for (const scorer of [
    score,
    (segment: { text: string }) => sleep(2).then(() => score(segment)),
  ]) {
    const guard = guardStream({ policy: { mode: "observe" }, scorer });
    const { output, record } = await through(guard, stream);
    assert.equal(output, stream);
    assert.equal(record.state, "completed");
    assert.equal(record.halt?.reason, "hard-limit");
  }
});

test("annotations stand before what they are about", async () => {
  const guard = guardStream({
    scorer: score,
    annotate: ({ text, score, verdict }) =>
      text === "skip" ? undefined : `${verdict.outcome} ${score ?? ""}\r\nline\n`,
  });
  const chunks = [event({ content: "a" }), event({ content: "skip" }), event({ content: "bad" })];
  const { output } = await through(guard, ...chunks);
  const note = (outcome: string): string => `: ${outcome}\\nline\\n\n\n`;
  assert.ok(
    output.startsWith(
      note("pass 0.9") + event({ content: "a" }) + event({ content: "skip" }) + note("halt 0.1"),
    ),
    output,
  );
  assert.ok(output.endsWith(DONE));
});

test("annotations of the built-in scorer, several verdicts in a chunk", async () => {
  const guard = guardStream({
    policy: { scorer: { kind: "builtin" } },
    annotate: ({ text }) => text,
  });
  const { output } = await through(guard, event({ content: "a" }) + event({ content: "b" }) + DONE);
  assert.equal(output, `: a\n\n${event({ content: "a" })}: b\n\n${event({ content: "b" })}${DONE}`);
});

test("an upstream that dies: what passed has left, the client is told", async () => {
  const upstream = new Upstream([event({ content: "good" })], {
    error: new TypeError("secret host 10.0.0.1"),
  });
  const guard = guardStream({ scorer: score });
  const output = await drain(upstream.stream.pipeThrough(guard));
  assert.equal(read(output.split('data: {"error"')[0] ?? "").content, "good");
  assert.match(output, /data: \{"error"/);
  assert.ok(!output.includes("10.0.0.1"));
  const record = await guard.record;
  assert.equal(record.state, "failed");
  assert.match(record.error?.message ?? "", /TypeError/);
});

test("an upstream that dies while scores are out", async () => {
  const upstream = new Upstream([event({ content: "good" })], { error: new Error("gone") });
  const guard = guardStream({ scorer: () => sleep(10).then(() => 0.9) });
  const output = await drain(upstream.stream.pipeThrough(guard));
  assert.ok(output.startsWith(event({ content: "good" })));
  assert.equal((await guard.record).state, "failed");
});

test("a truncated stream, malformed events, and what is no event stream", async () => {
  for (const chunk of [
    event({ content: "a" }),
    "data: {not json}\n\n",
    "data: []\n\n",
    "<html>no</html>\n\n",
  ]) {
    const { output, record } = await through(guardStream({ scorer: score }), chunk);
    assert.equal(record.state, "failed", chunk);
    assert.match(output, /data: \{"error"/);
  }
});

test("a client that leaves: the upstream is cancelled once, the record tells how far it came", async () => {
  const upstream = new Upstream([event({ content: "a" })], { close: false });
  let aborted = false;
  const guard = guardStream({
    policy: { halt: { deadline_ms: 60_000 } },
    scorer: (_, { signal }) =>
      new Promise(() => {
        signal.addEventListener("abort", () => (aborted = true));
      }),
  });
  const reader = upstream.stream.pipeThrough(guard).getReader();
  const pending = reader.read();
  await sleep(5);
  const reason = new Error("left");
  await reader.cancel(reason);
  assert.deepEqual(await pending, { done: true, value: undefined });
  const record = await guard.record;
  assert.equal(record.state, "open");
  assert.equal(record.bytes_in, utf8(event({ content: "a" })).length);
  assert.ok(aborted);
  await sleep(1);
  assert.deepEqual(upstream.cancelled, [reason]);
});

test("an emergency stop by signal", async () => {
  const controller = new AbortController();
  const upstream = new Upstream([event({ content: "a" }), event({ content: "b" })], {
    close: false,
  });
  const guard = guardStream({
    signal: controller.signal,
    onVerdict: ({ text }) => {
      if (text === "b") controller.abort();
    },
    scorer: score,
  });
  const output = await drain(upstream.stream.pipeThrough(guard));
  assert.equal((await guard.record).halt?.reason, "emergency-stop");
  assert.equal(read(output).finish, "content_filter");
  assert.equal(upstream.cancelled.length, 1);

  const before = guardStream({ signal: AbortSignal.abort() });
  const stopped = await through(before, chat("a"));
  assert.equal(stopped.record.halt?.reason, "emergency-stop");
  assert.ok(!stopped.output.includes('"a"'));
});

test("a callback that throws stops the stream", async () => {
  for (const name of ["onVerdict", "annotate"] as const) {
    const upstream = new Upstream([event({ content: "a" }), event({ content: "b" })]);
    const cause = new Error("broken");
    const guard = guardStream({
      scorer: score,
      [name]: () => {
        throw cause;
      },
    });
    await assert.rejects(drain(upstream.stream.pipeThrough(guard)), (error) => {
      assertError(error, CallbackError, { callback: name, cause });
      return true;
    });
    const record = await guard.record;
    assert.equal(record.halt?.reason, "emergency-stop");
    await sleep(1);
    assert.equal(upstream.cancelled.length, 1);
  }
});

test("onEnd that throws is reported and changes nothing", async (t) => {
  const reported: unknown[] = [];
  t.mock.method(console, "error", (error: unknown) => {
    reported.push(error);
  });
  const error = new Error("broken");
  const { output, record } = await through(
    guardStream({
      onEnd: () => {
        throw error;
      },
    }),
    chat("a"),
  );
  assert.equal(output, chat("a"));
  assert.equal(record.state, "completed");
  assert.deepEqual(reported, [error]);
});

test("chunks that are no bytes fail the stream", async () => {
  for (const chunk of [
    "text",
    new ArrayBuffer(2),
    { a: 1 },
    null,
    new DataView(new ArrayBuffer(2)),
  ]) {
    const source = new ReadableStream({
      start(controller) {
        controller.enqueue(utf8(event({ content: "a" })));
        controller.enqueue(chunk);
      },
    });
    const guard = guardStream();
    await assert.rejects(drain(source.pipeThrough(guard)), (error) => {
      assertError(error, ArgumentError, { argument: "chunk" });
      return true;
    });
    await guard.record;
  }
});

test("options are refused when the guard is made", () => {
  throws(ArgumentError, () => guardStream({ scorr: score } as never), { argument: "scorr" });
  throws(ArgumentError, () => guardStream({ scorer: 0.9 as never }), { argument: "scorer" });
  throws(ArgumentError, () => guardStream({ maxInFlight: 0 }), { argument: "maxInFlight" });
  throws(ArgumentError, () => guardStream({ maxInFlight: 1.5 }), { argument: "maxInFlight" });
  throws(ArgumentError, () => guardStream({ signal: {} as never }), { argument: "signal" });
  throws(ArgumentError, () => guardStream({ dialect: "x" as never }), { argument: "dialect" });
  throws(ArgumentError, () => guardStream({ annotate: () => "", dialect: "text" }), {
    argument: "annotate",
  });
  throws(ArgumentError, () => guardStream({ policy: { scorer: { kind: "host" } } }), {
    argument: "scorer",
  });
  throws(
    PolicyError,
    () => guardStream({ scorer: score, policy: { scorer: { kind: "builtin" } } }),
    {
      path: "scorer.kind",
    },
  );
  throws(PolicyError, () => guardStream({ policy: { halt: { hard_limit: 2 } } }), {
    path: "halt.hard_limit",
    value: 2,
  });
  throws(ArgumentError, () => guardStream(3 as never));
});

test("backpressure: the upstream is not read ahead of the client", async () => {
  let pulled = 0;
  const source = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulled += 1;
        controller.enqueue(utf8(event({ content: `d${pulled}` })));
      },
    },
    { highWaterMark: 0 },
  );
  const reader = source.pipeThrough(guardStream()).getReader();
  await sleep(10);
  assert.ok(pulled <= 3, `${pulled} chunks were taken before anybody read`);
  for (let count = 1; count <= 50; count += 1) {
    assert.equal(
      text((await reader.read()).value ?? new Uint8Array()),
      event({ content: `d${count}` }),
    );
    assert.ok(pulled <= count + 3);
  }
  await reader.cancel();
});

test("backpressure: the upstream is not read ahead of the scorer", async () => {
  let pulled = 0;
  const source = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulled += 1;
        controller.enqueue(utf8(event({ content: `d${pulled}` })));
      },
    },
    { highWaterMark: 0 },
  );
  const guard = guardStream({
    maxInFlight: 2,
    scorer: () => new Promise(() => undefined),
    policy: { halt: { deadline_ms: 60_000 } },
  });
  const reader = source.pipeThrough(guard).getReader();
  void reader.read();
  await sleep(20);
  assert.ok(pulled <= 5, `${pulled} chunks were taken with two scores out`);
  await reader.cancel();
});

test("an upstream that does not close after its end is cancelled", async () => {
  const stream = chat("a");
  const upstream = new Upstream([stream], { close: false });
  const guard = guardStream();
  assert.equal(await drain(upstream.stream.pipeThrough(guard)), stream);
  assert.equal((await guard.record).state, "completed");
  await sleep(1);
  assert.equal(upstream.cancelled.length, 1);
});

test("a writer by hand", async () => {
  const guard = guardStream({ scorer: score });
  const writer = guard.writable.getWriter();
  const output = drain(guard.readable);
  await writer.write(utf8(event({ content: "a" })));
  await writer.write(utf8(event({ content: "bad" })));
  await assert.rejects(writer.write(utf8(event({ content: "b" }))), StreamHaltedError);
  await assert.rejects(writer.closed, StreamHaltedError);
  assert.equal(read(await output).finish, "content_filter");
});

test("using cuts the stream off", async () => {
  let record;
  let readable;
  {
    using guard = guardStream();
    ({ record, readable } = guard);
  }
  assert.equal((await record).state, "open");
  await assert.rejects(drain(readable), SessionEndedError);
});

test("no timer is left, and nothing is unhandled", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => {
    unhandled.push(error);
  };
  process.on("unhandledRejection", note);
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  await sleep(0);
  const before = timers();
  const slow = (): Promise<number> => new Promise(() => undefined);
  const policy = { halt: { deadline_ms: 60_000 } };

  // Halted while scores are out, cancelled while scores are out, stopped, failed, lingering.
  const halted = guardStream({ policy, scorer: ({ text }) => (text === "bad" ? 0.1 : slow()) });
  const controller = new AbortController();
  const stopped = guardStream({ policy, scorer: slow, signal: controller.signal });
  void drain(new Upstream([event({ content: "a" })], { close: false }).stream.pipeThrough(stopped));
  const left = guardStream({ policy, scorer: slow });
  const reader = new Upstream([event({ content: "a" })], { close: false }).stream
    .pipeThrough(left)
    .getReader();
  void reader.read();
  const lingering = guardStream();
  const lingerer = new Upstream([chat("a")], { close: false }).stream
    .pipeThrough(lingering)
    .getReader();
  await lingerer.read();
  await sleep(5);
  assert.ok(timers() > before);
  controller.abort();
  await reader.cancel();
  await lingerer.cancel();
  await through(halted, event({ content: "bad" }));
  await Promise.all([halted.record, stopped.record, left.record, lingering.record]);
  assert.equal(timers(), before);
  await sleep(5);
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, []);
});

test("the body of a response that is not streamed", async () => {
  const body = JSON.stringify({
    choices: [
      { index: 0, message: { role: "assistant", content: "bad text" }, finish_reason: "stop" },
    ],
  });
  const passed = await through(guardStream({ dialect: "openai-chat-body" }), body);
  assert.equal(passed.output, body);
  const { output, record } = await through(
    guardStream({ dialect: "openai-chat-body", scorer: score }),
    body,
  );
  assert.equal(record.state, "halted");
  const { choices } = JSON.parse(output) as {
    choices: { message: { content: string }; finish_reason: string }[];
  };
  assert.equal(choices[0]?.finish_reason, "content_filter");
  assert.ok(!choices[0].message.content.includes("bad"));
});
