import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ArgumentError,
  CallbackError,
  SessionEndedError,
  type SessionRecord,
  StreamHaltedError,
  guardResponse,
} from "interlock-wasm";
import { chat, event, read, throws } from "./support.js";

const score = ({ text }: { text: string }): number => (text.includes("bad") ? 0.1 : 0.9);
const sse = { "content-type": "text/event-stream; charset=utf-8" };

test("status and headers stay, but for length and encoding", async () => {
  const response = new Response(chat("a"), {
    status: 201,
    statusText: "Made",
    headers: { ...sse, "content-length": "7", "content-encoding": "gzip", "x-request-id": "r1" },
  });
  const guarded = guardResponse(response, { scorer: score });
  assert.equal(guarded.status, 201);
  assert.equal(guarded.statusText, "Made");
  assert.deepEqual(Object.fromEntries(guarded.headers), {
    "content-type": "text/event-stream; charset=utf-8",
    "x-request-id": "r1",
  });
  assert.equal(await guarded.text(), chat("a"));
});

test("the dialect follows from the content type", async () => {
  const halted = guardResponse(new Response(event({ content: "bad" }), { headers: sse }), {
    scorer: score,
    annotate: () => "note",
  });
  const output = await halted.text();
  assert.ok(output.startsWith(": note\n\n"));
  assert.equal(read(output).finish, "content_filter");

  const body = { choices: [{ index: 0, message: { content: "bad" }, finish_reason: "stop" }] };
  for (const type of [
    "application/json",
    "Application/JSON; charset=utf-8",
    "application/problem+json",
  ]) {
    const ends: SessionRecord[] = [];
    const json = guardResponse(
      new Response(JSON.stringify(body), { headers: { "content-type": type } }),
      {
        scorer: score,
        annotate: () => "note",
        onEnd: (record) => ends.push(record),
      },
    );
    assert.match(await json.text(), /content_filter/);
    assert.equal(ends[0]?.dialect, "openai-chat-body");
  }
  const plain = guardResponse(new Response("bad", { headers: { "content-type": "text/plain" } }), {
    scorer: score,
  });
  assert.ok(!(await plain.text()).includes("bad"));
  const named = guardResponse(new Response("ok"), { dialect: "text", scorer: score });
  assert.equal(await named.text(), "ok");
});

test("errors and empty bodies pass as they are", () => {
  for (const response of [
    new Response("bad", { status: 400 }),
    new Response("bad", { status: 503, headers: sse }),
    new Response(null, { status: 204 }),
  ]) {
    assert.equal(guardResponse(response, { scorer: score }), response);
  }
});

test("what cannot be read is not given out unread", async () => {
  throws(ArgumentError, () =>
    guardResponse(new Response("x", { headers: { "content-type": "text/html" } })),
  );
  throws(ArgumentError, () => guardResponse(new Response(new Uint8Array(3))));
  throws(ArgumentError, () => guardResponse({} as never), { argument: "response" });
  const used = new Response("x", { headers: sse });
  await used.text();
  throws(ArgumentError, () => guardResponse(used), { argument: "response" });
});

/** A body of chunks that counts what is asked of it and how often it is cancelled. */
function upstream(chunks: (string | Error)[], ends = true) {
  const seen = { read: 0, cancelled: [] as unknown[] };
  const rest = chunks[Symbol.iterator]();
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const { done, value } = rest.next();
        if (done) {
          if (ends) controller.close();
          return;
        }
        seen.read += 1;
        if (typeof value === "string") controller.enqueue(new TextEncoder().encode(value));
        else controller.error(value);
      },
      cancel(reason) {
        seen.cancelled.push(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return { seen, response: new Response(body, { headers: sse }) };
}

test("a halt ends the response and cancels the upstream once", async () => {
  const { seen, response } = upstream(
    ["a", "bad", "c"].map((content) => event({ content })),
    false,
  );
  const records: SessionRecord[] = [];
  const onEnd = (record: SessionRecord): number => records.push(record);
  const output = await guardResponse(response, { scorer: score, onEnd }).text();
  assert.ok(read(output).content.startsWith("a["), output);
  assert.equal(read(output).finish, "content_filter");
  assert.equal(seen.read, 2);
  assert.equal(seen.cancelled.length, 1);
  assert.ok(seen.cancelled[0] instanceof StreamHaltedError);
  assert.equal(records.length, 1);
});

test("a reader that goes away cancels the upstream once, with its reason", async () => {
  const { seen, response } = upstream(
    Array.from({ length: 10 }, () => event({ content: "a" })),
    false,
  );
  const ended = new Promise<SessionRecord>((resolve) => {
    const { body } = guardResponse(response, { scorer: score, onEnd: resolve });
    const reader = (body ?? new ReadableStream()).getReader();
    void reader.read().then(() => reader.cancel("gone"));
  });
  assert.equal((await ended).state, "open");
  assert.deepEqual(seen.cancelled, ["gone"]);
  // No more is read ahead than the reader takes and one chunk.
  assert.ok(seen.read <= 3, String(seen.read));
});

test("an upstream that fails ends the response with the protocol's error", async () => {
  const { seen, response } = upstream([event({ content: "a" }), new TypeError("secret")]);
  const output = await guardResponse(response, { scorer: score }).text();
  assert.equal(read(output).content, "a");
  assert.match(output, /the connection to the upstream was lost \(TypeError\)/);
  assert.ok(!output.includes("secret"));
  assert.deepEqual(seen.cancelled, []);
});

test("an upstream that stays open after the end of the protocol is cancelled", async () => {
  const { seen, response } = upstream([chat("a")], false);
  assert.equal(await guardResponse(response, { scorer: score }).text(), chat("a"));
  assert.equal(seen.cancelled.length, 1);
  assert.ok(seen.cancelled[0] instanceof SessionEndedError);
});

test("a callback that throws breaks the response off", async () => {
  const { seen, response } = upstream([event({ content: "a" })], false);
  const guarded = guardResponse(response, {
    scorer: () => {
      throw new Error("mine");
    },
    onVerdict: () => {
      throw new Error("mine, too");
    },
  });
  await assert.rejects(guarded.text(), CallbackError);
  assert.equal(seen.cancelled.length, 1);
});

test("waits for scores that are out before it reads on", async () => {
  const { seen, response } = upstream([chat("a", "b", "c", "d")]);
  const answers: (() => void)[] = [];
  const scorer = (): Promise<number> =>
    new Promise((resolve) =>
      answers.push(() => {
        resolve(0.9);
      }),
    );
  const text = guardResponse(response, {
    scorer,
    maxInFlight: 1,
    policy: { halt: { deadline_ms: 60_000 } },
  }).text();
  const answering = setInterval(() => {
    for (const answer of answers.splice(0)) answer();
  }, 1);
  assert.equal(await text, chat("a", "b", "c", "d"));
  clearInterval(answering);
  assert.equal(seen.read, 1);
});
