import assert from "node:assert/strict";
import { test } from "node:test";
import { CallbackError, guardStream } from "interlock-wasm";
import {
  Upstream,
  assertError,
  chat,
  drain,
  event,
  read,
  score,
  sleep,
  text,
  through,
  utf8,
} from "./support.js";

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
