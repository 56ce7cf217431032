import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  type GuardOptions,
  PolicyError,
  SessionEndedError,
  StreamHaltedError,
  type VerdictEvent,
  guardStream,
} from "interlock-wasm";
import {
  DONE,
  assertError,
  chat,
  cutAtRandom,
  drain,
  event,
  random,
  read,
  score,
  sleep,
  text,
  through,
  throws,
  utf8,
} from "./support.js";

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
