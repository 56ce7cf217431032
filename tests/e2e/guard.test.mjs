// The text guard at work: what must not leave reaches neither the client nor the upstream, in any protocol.

import assert from "node:assert/strict";
import { after, before, beforeEach, describe, test } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { ApiError, GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { event, startUpstream } from "./support/upstream.mjs";
import { ask, contentOf, importExample, parseEvents, startWorker } from "./support/worker.mjs";

const { SECRET, transcripts } = await importExample("src/demo/transcripts.ts");
const { say } = await importExample("src/demo/speech.ts");
const ADDRESS = "ada.lovelace@example.org";
const PEM = ["-----BEGIN PRIVATE KEY-----", "MIIEvQIBADANBgkq", "-----END PRIVATE KEY-----"];

/** What the upstream was sent, as text. */
let sent;
/** The pieces of its next answer. */
let pieces;
let upstream;
let worker;
before(async () => {
  upstream = await startUpstream((response, body, request) => {
    sent.push(`${request.url} ${JSON.stringify(body)}`);
    const protocol = protocolOf(request.url);
    const speech = { id: "1", created: 1, model: "m", pieces, calls: [], includeUsage: false };
    const said = say(protocol, { ...speech, usage: { input: 1, output: 1 } });
    const isEvents = body.stream === true || request.url.includes("alt=sse");
    if (!isEvents) response.setHeader("content-type", "application/json");
    if (!isEvents) return response.end(JSON.stringify(said.whole));
    for (const it of [...said.before, ...said.pieces, ...said.after]) {
      const name = it.type === undefined ? "" : `event: ${it.type}\n`;
      response.write(name + event(it));
    }
    return response.end();
  });
  worker = await startWorker({ vars: { UPSTREAM_URL: upstream.url } });
});
after(async () => {
  await worker?.stop();
  await upstream?.stop();
});
beforeEach(() => {
  sent = [];
  pieces = ["Charge ", "it ", "indoors."];
});

const protocolOf = (url) =>
  [
    ["/responses", "responses"],
    ["/messages", "messages"],
    ["enerateContent", "gemini"],
  ].find(([part]) => url.includes(part))?.[1] ?? "chat";

const routes = {
  chat: "/v1/chat/completions",
  responses: "/v1/responses",
  messages: "/v1/messages",
  gemini: "/v1beta/models/m:streamGenerateContent?alt=sse",
};

/** Posts a body to the route of a protocol. */
const post = (protocol, body, headers = {}) =>
  fetch(worker.origin + routes[protocol], {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

/** The least request of each protocol that says `text`. */
const asking = {
  chat: (text) => ({ model: "m", stream: true, messages: [{ role: "user", content: text }] }),
  responses: (text) => ({ model: "m", stream: true, input: text }),
  messages: (text) => ({
    model: "m",
    stream: true,
    max_tokens: 50,
    messages: [{ role: "user", content: text }],
  }),
  gemini: (text) => ({ contents: [{ role: "user", parts: [{ text }] }] }),
};

/** The text in the events of an answer, whatever the protocol. */
function textIn(wire) {
  const { data } = parseEvents(
    wire
      .split("\n")
      .filter((line) => !line.startsWith("event:"))
      .join("\n"),
  );
  return data
    .filter((line) => line !== "[DONE]")
    .map((line) => {
      const it = JSON.parse(line);
      const part = it.candidates?.[0].content?.parts?.[0];
      const delta = typeof it.delta === "string" ? it.delta : it.delta?.text;
      return it.choices?.[0].delta.content ?? part?.text ?? delta ?? "";
    })
    .join("");
}

const nodesOf = async (response) => {
  const stream = response.headers.get("x-interlock-stream");
  for (;;) {
    const { nodes } = await (await fetch(`${worker.base}/ledger?stream=${stream}`)).json();
    const isOver = ({ kind }) => kind === "session.end" || kind === "request.refused";
    if (nodes.some(isOver)) return nodes.reverse();
  }
};

for (const protocol of Object.keys(routes)) {
  describe(`answers, ${protocol}`, () => {
    test("a secret over many tiny chunks never reaches the client", async () => {
      pieces = ["The key ", ...SECRET, ...PEM.join("\n"), " opens it."];
      const response = await post(protocol, asking[protocol]("Which key?"));
      const wire = await response.text();
      const text = textIn(wire);
      assert.ok(text.startsWith("The key "), text);
      // Not even its beginning.
      assert.ok(!/A.?K.?I.?A|BEGIN/s.test(text), text);
      assert.ok(!wire.includes("EXAMPLE"));
      assert.deepEqual(
        (await nodesOf(response)).map(({ kind, tags }) => `${kind} ${tags}`),
        ["session.halt pattern", "session.end halted"],
      );
    });

    test("an address and a number are replaced, and the ledger says where", async () => {
      pieces = ["Write to ", ...ADDRESS, ", or call ", ..."+1 212 555 0147", "."];
      const response = await post(protocol, asking[protocol]("How do I reach you?"));
      const wire = await response.text();
      assert.equal(
        textIn(wire),
        "Write to [redacted:email], or call [redacted:phone/international].",
      );
      const nodes = await nodesOf(response);
      assert.deepEqual(
        nodes.map(({ kind, tags }) => `${kind} ${tags}`),
        ["session.guard redact", "session.guard redact", "session.end completed"],
      );
      const { pattern, start, length } = JSON.parse(nodes[0].payload);
      assert.deepEqual([pattern, start, length], ["email", 9, ADDRESS.length]);
      assert.ok(!JSON.stringify(nodes).includes("lovelace"));
      const { timings } = JSON.parse(nodes.at(-1).payload);
      assert.ok(timings.first_delivered_ms >= timings.first_byte_ms, JSON.stringify(timings));
    });
  });
}

/** Where a text can stand in a request, by protocol. */
const places = {
  chat: {
    "the system prompt": (text) => ({
      messages: [
        { role: "system", content: text },
        { role: "user", content: "q" },
      ],
    }),
    "a part of a message": (text) => ({
      messages: [{ role: "user", content: [{ type: "text", text }] }],
    }),
    "an earlier answer": (text) => ({
      messages: [
        { role: "assistant", content: text },
        { role: "user", content: "q" },
      ],
    }),
    "the arguments of a call, with escapes": (text) => ({
      messages: [
        { role: "assistant", content: null, tool_calls: [callOf(text)] },
        { role: "tool", tool_call_id: "c", content: "done" },
      ],
    }),
    "a tool's result": (text) => ({
      messages: [{ role: "tool", tool_call_id: "c", content: `{"found":"${text}"}` }],
    }),
    "a tool's description": (text) => ({
      messages: [{ role: "user", content: "q" }],
      tools: [{ type: "function", function: { name: "f", description: text } }],
    }),
    "the name of the user": (text) => ({ messages: [{ role: "user", content: "q" }], user: text }),
    "a field that nobody knows": (text) => ({
      messages: [{ role: "user", content: "q", news: { of: [{ tomorrow: text }] } }],
    }),
  },
  responses: {
    instructions: (text) => ({ input: "q", instructions: text }),
    "a part of an item": (text) => ({
      input: [{ role: "user", content: [{ type: "input_text", text }] }],
    }),
    "a tool's result": (text) => ({
      input: [{ type: "function_call_output", call_id: "c", output: text }],
    }),
  },
  messages: {
    "the system prompt": (text) => ({ ...plainMessages, system: text }),
    "blocks of the system prompt": (text) => ({
      ...plainMessages,
      system: [{ type: "text", text }],
    }),
    "a block of a tool's result": (text) => ({
      max_tokens: 50,
      messages: [
        {
          role: "user",
          content: [{ type: "tool_result", tool_use_id: "t", content: [{ type: "text", text }] }],
        },
      ],
    }),
    "a tool's input": (text) => ({
      max_tokens: 50,
      messages: [
        { role: "assistant", content: [{ type: "tool_use", id: "t", name: "f", input: { text } }] },
      ],
    }),
    "a document of text": (text) => ({
      max_tokens: 50,
      messages: [
        {
          role: "user",
          content: [
            { type: "document", source: { type: "text", media_type: "text/plain", data: text } },
          ],
        },
      ],
    }),
  },
  gemini: {
    "the system instruction": (text) => ({
      ...asking.gemini("q"),
      systemInstruction: { parts: [{ text }] },
    }),
    "a function's response": (text) => ({
      contents: [{ parts: [{ functionResponse: { name: "f", response: { deep: [text] } } }] }],
    }),
  },
};
const plainMessages = { max_tokens: 50, messages: [{ role: "user", content: "q" }] };
const escaped = (text) =>
  Array.from(text, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
const callOf = (text) => ({
  id: "c",
  type: "function",
  function: { name: "f", arguments: `{"to":"${escaped(text)}"}` },
});

for (const [protocol, ways] of Object.entries(places)) {
  describe(`requests, ${protocol}`, () => {
    const all = { "the prompt": (text) => asking[protocol](text), ...ways };
    for (const [name, say] of Object.entries(all)) {
      test(`${name}: a secret does not go upstream, an address goes as its replacement`, async () => {
        const request = (text) => ({ model: "m", stream: true, ...say(text) });
        const refused = await post(protocol, request(`key ${SECRET} and`));
        const answer = await refused.text();
        assert.equal(refused.status, 400, answer);
        assert.ok(!answer.includes(SECRET));
        assert.ok(answer.includes("api-keys/aws-access-key"), answer);
        assert.deepEqual(sent, []);
        const nodes = await nodesOf(refused);
        assert.deepEqual(
          nodes.map(({ kind, tags }) => `${kind} ${tags}`),
          ["request.guard halt", "request.refused content_policy_violation"],
        );
        assert.ok(!JSON.stringify(nodes).includes(SECRET));

        const passed = await post(protocol, request(`mail ${ADDRESS} now`));
        await passed.text();
        assert.equal(passed.status, 200);
        assert.equal(sent.length, 1);
        assert.ok(sent[0].includes("mail [redacted:email] now"), sent[0]);
        assert.ok(!sent[0].includes("lovelace"), sent[0]);
        const [found] = await nodesOf(passed);
        assert.equal(`${found.kind} ${found.tags}`, "request.guard redact");
        assert.ok(!found.payload.includes("lovelace"));
      });
    }
  });
}

describe("what a request may do", () => {
  test("what has no match goes as it is: files, signatures and numbers, too", async () => {
    const file = Buffer.from(new Uint8Array(4000).map((_, i) => (i * 7919) % 251)).toString(
      "base64",
    );
    const body = {
      ...asking.chat("q"),
      temperature: 0.25,
      seed: 9007199254740991,
      messages: [
        {
          role: "user",
          content: [
            // Digits that would be a number on paper.
            { type: "image_url", image_url: { url: `data:image/png;base64,+12125550147/${file}` } },
            { type: "input_audio", input_audio: { data: `${file}+12125550147/`, format: "wav" } },
            { type: "text", text: '  {"a": "\\u0041 b"} \u{1f600}' },
          ],
        },
      ],
    };
    assert.equal((await post("chat", body)).status, 200);
    assert.equal(sent[0], `/v1/chat/completions ${JSON.stringify(body)}`);
  });

  test("a key that stands where a file does is none", async () => {
    const content = [{ type: "file", file: { file_data: `sk-proj-${"aB3_".repeat(30)}` } }];
    const refused = await post("chat", { model: "m", messages: [{ role: "user", content }] });
    assert.equal(refused.status, 400);
    assert.deepEqual(sent, []);
  });

  test("a field that is there twice goes once, and the name of a field is searched", async () => {
    const twice = `{"model":"m","stream":true,"messages":[{"role":"user","content":"${SECRET}","content":"q"}]}`;
    assert.equal((await post("chat", twice)).status, 200);
    assert.equal(sent.length, 1);
    assert.ok(!sent[0].includes(SECRET));
    const named = { ...asking.chat("q"), metadata: { [SECRET]: "x" } };
    assert.equal((await post("chat", named)).status, 400);
    const addressed = { ...asking.chat("q"), metadata: { [ADDRESS]: "x" } };
    assert.equal((await post("chat", addressed)).status, 400);
    assert.equal(sent.length, 1);
  });

  test("a body that is too deep or has too many texts is refused", async () => {
    const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
    const body = `{"model":"m","messages":[{"role":"user","content":${deep}}]}`;
    const refused = await post("chat", body);
    assert.equal(refused.status, 400);
    assert.match((await refused.json()).error.message, /more than 64 levels/);
    const many = Array.from({ length: 9000 }, (_, i) => ({ role: "user", content: `text ${i}` }));
    const flood = await post("chat", { model: "m", messages: many });
    assert.equal(flood.status, 400);
    assert.match((await flood.json()).error.message, /more than 8192 different texts/);
    assert.deepEqual(sent, []);
  });
});

describe("the clients' own errors", () => {
  test("OpenAI", async () => {
    const client = new OpenAI({ baseURL: worker.base, apiKey: "none", maxRetries: 0 });
    for (const asked of [
      client.chat.completions.create({ ...asking.chat(SECRET), stream: false }),
      client.responses.create({ model: "m", input: SECRET }),
    ]) {
      await assert.rejects(asked, (error) => {
        assert.ok(error instanceof OpenAI.BadRequestError);
        assert.equal(error.code, "content_policy_violation");
        assert.match(error.param, /^(messages\[0\]\.content|input)$/);
        return true;
      });
    }
  });

  test("Anthropic", async () => {
    const client = new Anthropic({ baseURL: worker.origin, apiKey: "none", maxRetries: 0 });
    await assert.rejects(client.messages.create(asking.messages(SECRET)), (error) => {
      assert.ok(error instanceof Anthropic.BadRequestError);
      assert.equal(error.error.type, "error");
      assert.equal(error.error.error.type, "invalid_request_error");
      assert.match(error.message, /messages\[0\]\.content must not leave/);
      return true;
    });
  });

  test("Google", async () => {
    const client = new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: worker.origin } });
    await assert.rejects(
      client.models.generateContent({ model: "m", contents: SECRET }),
      (error) => {
        assert.ok(error instanceof ApiError);
        assert.equal(error.status, 400);
        const { status, details } = JSON.parse(error.message).error;
        assert.equal(status, "INVALID_ARGUMENT");
        assert.equal(details[0].reason, "CONTENT_POLICY_VIOLATION");
        assert.equal(details[1].fieldViolations[0].field, "contents[0].parts[0].text");
        return true;
      },
    );
  });
});

describe("the demo", () => {
  test("gives away no key, and no address", async () => {
    const demo = await startWorker();
    try {
      for (const unit of ["delta", "sentence"]) {
        const read = async (model) => {
          const headers = { "x-interlock-unit": unit, "x-interlock-trace": "1" };
          return (await ask(demo.base, { model }, { headers })).text();
        };
        const secret = await read("secret");
        assert.ok(!/AKIA|EXAMPLE/.test(secret));
        assert.match(secret, /"match":\{"pattern":"api-keys\/aws-access-key","action":"halt"/);
        const contact = await read("contact");
        const wanted = transcripts.contact.text
          .replace(/\+1[ \d]+\d/, "[redacted:phone/international]")
          .replace(/[\w.]+@[\w.]+\w/, "[redacted:email]");
        assert.equal(contentOf(parseEvents(contact).data), wanted);
        assert.ok(!/0147|bikes/.test(contact));
      }
    } finally {
      await demo.stop();
    }
  });
});
