import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import {
  GuardTables,
  type GuardOptions,
  type StreamTimings,
  guardResponse,
  guardStream,
  guardText,
} from "interlock-wasm";
import { redactSets } from "interlock-wasm/guard-sets";
import { DONE, event, read, score, through, utf8 } from "./support.js";

let now = 0;
beforeEach(() => {
  now = 5000;
  mock.method(performance, "now", () => now);
});
afterEach(() => {
  mock.restoreAll();
});

const PING = ": ping\n\n";

/** Sends chunks, each so many ms after the one before, and gives the times. */
async function timed(
  options: GuardOptions,
  ...chunks: (readonly [wait: number, text: string])[]
): Promise<StreamTimings | undefined> {
  const guard = guardStream(options);
  const output = new Response(guard.readable).text();
  const writer = guard.writable.getWriter();
  for (const [wait, chunk] of chunks) {
    now += wait;
    await writer.write(utf8(chunk)).catch(() => undefined);
  }
  now += 1;
  await writer.close().catch(() => undefined);
  await output;
  return (await guard.record).timings;
}

const role = event({ role: "assistant", content: "" });
const say = (content: string): string => event({ content });

test("the first text that left, not the first byte that came", async () => {
  const times = await timed(
    {},
    [200, role],
    [50, PING],
    [150, say("a")],
    [30, say("b")],
    [5, DONE],
  );
  assert.deepEqual(times, {
    first_byte_ms: 200,
    first_delivered_ms: 400,
    longest_stall_ms: 30,
    duration_ms: 436,
  });
});

test("what the guard holds has not been delivered", async () => {
  const guardTables = new GuardTables(redactSets);
  const policy = { guard: { rules: [{ sets: ["email"], action: "redact" }] } } as const;
  const times = await timed(
    { policy, guardTables },
    [10, say("ada")],
    [20, say("@example")],
    [30, say(".org ")],
    [40, say("wrote. ")],
    [1, DONE],
  );
  assert.equal(times?.first_byte_ms, 10);
  assert.equal(times.first_delivered_ms, 60);
  assert.equal(times.longest_stall_ms, 40);
});

test("pings end no stall, however many come", async () => {
  const pings = Array.from({ length: 40 }, () => [1500, PING] as const);
  const short = Array.from({ length: 5 }, () => [1500, PING] as const);
  const times = await timed(
    {},
    [10, say("a")],
    ...short,
    [1500, say("b")],
    [10, say("c")],
    ...pings,
    [1500, say("d")],
    [1, DONE],
  );
  assert.equal(times?.first_delivered_ms, 10);
  assert.equal(times.longest_stall_ms, 41 * 1500);
});

test("nothing left, so there is no first text and no stall", async () => {
  const times = await timed({ scorer: score }, [7, role], [3, say("bad")]);
  assert.deepEqual(times, {
    first_byte_ms: 7,
    first_delivered_ms: null,
    longest_stall_ms: null,
    duration_ms: 10,
  });
  assert.deepEqual(await timed({}), {
    first_byte_ms: null,
    first_delivered_ms: null,
    longest_stall_ms: null,
    duration_ms: 1,
  });
});

test("a guarded response has them, a client that leaves gets them, a text has none", async () => {
  const body = new Response(say("a") + DONE, { headers: { "content-type": "text/event-stream" } });
  let times: StreamTimings | undefined;
  const onEnd: GuardOptions["onEnd"] = ({ timings }) => {
    times = timings;
  };
  await guardResponse(body, { onEnd }).text();
  assert.equal(times?.first_delivered_ms, 0);

  const guard = guardStream();
  const reader = guard.readable.getReader();
  const writer = guard.writable.getWriter();
  now += 9;
  void writer.write(utf8(say("a"))).catch(() => undefined);
  await reader.read();
  now += 4;
  await reader.cancel();
  const { timings } = await guard.record;
  assert.deepEqual([timings?.first_delivered_ms, timings?.duration_ms], [9, 13]);

  assert.equal((await guardText("a")).record.timings, undefined);
});

test("a match is told where its replacement stands", async () => {
  const guardTables = new GuardTables(redactSets);
  const policy = { guard: { rules: [{ sets: ["email"], action: "redact" }] } } as const;
  const guard = guardStream({
    policy,
    guardTables,
    annotate: ({ text }) => `verdict ${text}`,
    annotateMatch: ({ pattern, length }) => `match ${pattern} ${length}`,
    scorer: score,
  });
  const { output } = await through(guard, say("Hello "), say("ada@example"), say(".org, "), DONE);
  assert.equal(read(output).content, "Hello [redacted:email], ");
  const [first, second, third, fourth] = output.split("\n\n");
  assert.equal(first, ": verdict Hello ");
  assert.match(second ?? "", /Hello/);
  assert.deepEqual([third, fourth], [": verdict [redacted:email], ", ": match email 15"]);
  assert.throws(() => guardStream({ annotateMatch: () => "", dialect: "text" }), {
    code: "argument",
  });
});
