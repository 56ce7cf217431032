import assert from "node:assert/strict";
import { test } from "node:test";
import { ArgumentError, PolicyError, readAnswer } from "interlock-wasm";
import { Upstream, chat, score, utf8 } from "./support.js";
import { streams } from "./protocols.js";

/** Documents of each protocol that say a text, by the end of the path that they are asked for at. */
const bodies: Record<string, (text: string) => object> = {
  "/chat/completions": (content) => ({
    choices: [
      { index: 1, message: { content: "another" }, finish_reason: "stop" },
      { index: 0, message: { content }, finish_reason: "stop" },
    ],
  }),
  "/responses": (text) => ({
    output: [
      { type: "reasoning", summary: [{ type: "summary_text", text: "hm" }] },
      { type: "message", content: [{ type: "output_text", text }] },
    ],
  }),
  "/messages": (text) => ({
    content: [
      { type: "thinking", thinking: "hm" },
      { type: "text", text },
    ],
    stop_reason: "end_turn",
  }),
  ":generateContent": (text) => ({
    candidates: [{ content: { parts: [{ text: "hm", thought: true }, { text }] }, index: 0 }],
  }),
};

const sse = { "content-type": "text/event-stream" };

async function all(answer: AsyncIterable<string>): Promise<string[]> {
  const pieces: string[] = [];
  for await (const piece of answer) pieces.push(piece);
  return pieces;
}

/** A response that comes in chunks of so many bytes. */
function cut(text: string, size: number, headers: Record<string, string>): Response {
  const bytes = utf8(text);
  const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
    bytes.subarray(at * size, (at + 1) * size),
  );
  return new Response(new Upstream(chunks).stream, { headers });
}

test("in every protocol the text of the answer comes out, whatever the cut", async () => {
  const pieces = ["The sky ", "is \u{1f535} ", "blue."];
  for (const [path, stream] of Object.entries(streams)) {
    for (const size of [1, 7, 100_000]) {
      for (const lines of ["\n", "\r\n", "\r"]) {
        const wire = stream(pieces).replaceAll("\n", lines);
        const headers =
          path === "/api/chat" ? { ...sse, "x-vercel-ai-ui-message-stream": "v1" } : sse;
        const answer = readAnswer(cut(wire, size, headers), { url: `https://api.test/v1${path}` });
        assert.equal((await all(answer)).join(""), pieces.join(""), `${path} ${size}`);
        assert.equal((await answer.record).state, "completed");
      }
    }
  }
});

test("documents and plain text are read, too", async () => {
  for (const [path, body] of Object.entries(bodies)) {
    const json = cut(JSON.stringify(body("Blue.")), 9, { "content-type": "application/json" });
    const answer = readAnswer(json, { url: `https://api.test/v1${path}` });
    assert.deepEqual(await all(answer), ["Blue."], path);
  }
  const plain = cut("gr\u00fcn", 3, { "content-type": "text/plain" });
  assert.equal((await all(readAnswer(plain))).join(""), "gr\u00fcn");
});

test("a halt ends it with the policy's message, and the record says why", async () => {
  const policy = { ending: { message: " [stopped]" } };
  const answer = readAnswer(
    Promise.resolve(new Response(chat("good", " bad", " more"), { headers: sse })),
    {
      scorer: score,
      policy,
    },
  );
  assert.equal((await all(answer)).join(""), "good [stopped]");
  const { state, halt } = await answer.record;
  assert.deepEqual([state, halt?.reason], ["halted", "hard-limit"]);
});

test("who leaves the loop cancels the upstream", async () => {
  const upstream = new Upstream([chat("one", "two").slice(0, -20)], { close: false });
  const answer = readAnswer(new Response(upstream.stream, { headers: sse }));
  for await (const piece of answer) {
    assert.equal(piece, "onetwo");
    break;
  }
  assert.equal(upstream.cancelled.length, 1);
  assert.equal((await answer.record).state, "open");
});

test("what cannot be guarded is an error of the loop and of the record", async () => {
  for (const [given, error] of [
    [new Response("no", { status: 500, headers: sse }), ArgumentError],
    [new Response(null, { status: 204 }), ArgumentError],
    [new Response("x", { headers: { "content-type": "image/png" } }), ArgumentError],
    [Promise.reject(new TypeError("no network")), TypeError],
  ] as const) {
    const answer = readAnswer(given);
    await assert.rejects(all(answer), error);
    await assert.rejects(answer.record, error);
  }
  const refused = readAnswer(new Response("x", { headers: sse }), {
    policy: { halt: { hard_limit: 2 } },
  });
  await assert.rejects(all(refused), PolicyError);
});

test("it is read once", async () => {
  const answer = readAnswer(new Response(chat("a"), { headers: sse }));
  await all(answer);
  await assert.rejects(all(answer), /it is read already/);
});
