import assert from "node:assert/strict";
import { test } from "node:test";
import { ArgumentError, type SessionRecord, guardResponse } from "interlock-wasm";
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
