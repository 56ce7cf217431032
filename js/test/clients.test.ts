import assert from "node:assert/strict";
import { test } from "node:test";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import {
  DefaultChatTransport,
  type LanguageModel,
  generateText,
  readUIMessageStream,
  streamText,
  wrapLanguageModel,
} from "ai";
import { Hono } from "hono";
import {
  ArgumentError,
  type GuardOptions,
  type SessionRecord,
  guardedFetch,
  guardedHandler,
  honoGuard,
  modelMiddleware,
} from "interlock-wasm";
import OpenAI from "openai";
import { streams, upstream } from "./protocols.js";
import { score, throws } from "./support.js";

const GOOD = ["The sky ", "is blue. ", "So it is."];
const BAD = ["The sky ", "is bad. ", "So it is."];
const policy = { ending: { message: "[stop]" } } as const;

interface Answer {
  text: string;
  finish: unknown;
}

/** What each client library makes of the answer of an upstream, through a `fetch` that guards it. */
const clients: Record<
  string,
  { ask: (fetch: typeof globalThis.fetch) => Promise<Answer>; ends: unknown[] }
> = {
  "openai, chat": {
    ends: ["stop", "content_filter"],
    async ask(fetch) {
      const client = new OpenAI({
        apiKey: "k",
        baseURL: "http://model.test/v1",
        fetch,
        maxRetries: 0,
      });
      const stream = client.chat.completions.stream({ model: "m", messages: [] });
      const choice = (await stream.finalChatCompletion()).choices[0];
      return { text: choice?.message.content ?? "", finish: choice?.finish_reason };
    },
  },
  "openai, responses": {
    ends: ["completed", "content_filter"],
    async ask(fetch) {
      const client = new OpenAI({
        apiKey: "k",
        baseURL: "http://model.test/v1",
        fetch,
        maxRetries: 0,
      });
      const stream = await client.responses.create({ model: "m", input: "q", stream: true });
      const answer: Answer = { text: "", finish: undefined };
      let said = "";
      for await (const event of stream) {
        assert.equal(answer.finish, undefined, "nothing follows the end");
        if (event.type === "response.output_text.delta") said += event.delta;
        if (event.type === "response.completed" || event.type === "response.incomplete") {
          const { output, status, incomplete_details: details } = event.response;
          for (const item of output) {
            if (item.type !== "message") continue;
            answer.text += item.content.map((part) => ("text" in part ? part.text : "")).join("");
          }
          answer.finish = details?.reason ?? status;
        }
      }
      assert.equal(said, answer.text);
      return answer;
    },
  },
  anthropic: {
    ends: ["end_turn", "refusal"],
    async ask(fetch) {
      const client = new Anthropic({
        apiKey: "k",
        baseURL: "http://model.test",
        fetch,
        maxRetries: 0,
      });
      const stream = client.messages.stream({ model: "m", max_tokens: 9, messages: [] });
      const message = await stream.finalMessage();
      const text = message.content
        .map((block) => (block.type === "text" ? block.text : ""))
        .join("");
      return { text, finish: message.stop_reason };
    },
  },
  "google genai": {
    ends: ["STOP", "SAFETY"],
    async ask(fetch) {
      const before = globalThis.fetch;
      // It takes no `fetch`: what it calls is the global one.
      globalThis.fetch = fetch;
      try {
        const client = new GoogleGenAI({
          apiKey: "k",
          httpOptions: { baseUrl: "http://model.test" },
        });
        const stream = await client.models.generateContentStream({ model: "m", contents: "q" });
        const answer: Answer = { text: "", finish: undefined };
        for await (const chunk of stream) {
          answer.text += chunk.text ?? "";
          answer.finish = chunk.candidates?.[0]?.finishReason ?? answer.finish;
        }
        return answer;
      } finally {
        globalThis.fetch = before;
      }
    },
  },
  "ai, openai-compatible": {
    ends: ["stop", "content-filter"],
    ask: (fetch) => askSdk(compatible(fetch)),
  },
  "ai, openai responses": {
    ends: ["stop", "content-filter"],
    ask: (fetch) =>
      askSdk(createOpenAI({ apiKey: "k", baseURL: "http://model.test/v1", fetch })("m")),
  },
  "ai, anthropic": {
    ends: ["stop", "content-filter"],
    ask: (fetch) =>
      askSdk(createAnthropic({ apiKey: "k", baseURL: "http://model.test/v1", fetch })("m")),
  },
  "ai, ui messages": {
    ends: ["stop", "content-filter"],
    async ask(fetch) {
      const transport = new DefaultChatTransport({ api: "http://app.test/api/chat", fetch });
      const stream = await transport.sendMessages({
        chatId: "c",
        messages: [],
        trigger: "submit-message",
        messageId: undefined,
        abortSignal: undefined,
      });
      const answer: Answer = { text: "", finish: undefined };
      const [parts, messages] = stream.tee();
      for await (const message of readUIMessageStream({ stream: messages })) {
        answer.text = message.parts.map((part) => (part.type === "text" ? part.text : "")).join("");
      }
      for await (const part of parts) {
        if (part.type === "finish") answer.finish = part.finishReason;
      }
      return answer;
    },
  },
};

function compatible(fetch: typeof globalThis.fetch) {
  return createOpenAICompatible({ name: "own", baseURL: "http://model.test/v1", fetch })("m");
}

async function askSdk(model: LanguageModel): Promise<Answer> {
  const errors: unknown[] = [];
  const { text, finishReason } = streamText({
    model,
    prompt: "q",
    maxRetries: 0,
    onError: ({ error }) => {
      errors.push(error);
    },
  });
  const answer = { text: await text, finish: await finishReason };
  assert.deepEqual(errors, []);
  return answer;
}

for (const [name, { ask, ends }] of Object.entries(clients)) {
  test(`${name}: clean and halted`, async () => {
    const records: SessionRecord[] = [];
    const options: GuardOptions = {
      scorer: score,
      policy,
      onEnd: (record) => records.push(record),
    };
    const clean = await ask(guardedFetch({ ...options, fetch: upstream(...GOOD) }));
    assert.deepEqual(clean, { text: GOOD.join(""), finish: ends[0] });
    const halted = await ask(guardedFetch({ ...options, fetch: upstream(...BAD) }));
    assert.deepEqual(halted, { text: "The sky [stop]", finish: ends[1] });
    assert.deepEqual(
      records.map(({ state }) => state),
      ["completed", "halted"],
    );
  });
}

test("the middleware of the AI SDK guards streams and answers in one piece", async () => {
  for (const [pieces, expected] of [
    [GOOD, { text: GOOD.join(""), finish: "stop" }],
    [BAD, { text: "The sky [stop]", finish: "content-filter" }],
  ] as const) {
    const model = wrapLanguageModel({
      model: compatible(upstream(...pieces)),
      middleware: modelMiddleware({ scorer: score, policy }),
    });
    assert.deepEqual(await askSdk(model), expected);
  }
  const body =
    (content: string): typeof fetch =>
    () =>
      Promise.resolve(
        Response.json({
          id: "c",
          model: "m",
          choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
        }),
      );
  for (const [content, expected] of [
    ["All is well.", { text: "All is well.", finish: "stop" }],
    ["All is bad.", { text: "[stop]", finish: "content-filter" }],
  ] as const) {
    const model = wrapLanguageModel({
      model: compatible(body(content)),
      middleware: modelMiddleware({ scorer: score, policy }),
    });
    const { text, finishReason } = await generateText({ model, prompt: "q", maxRetries: 0 });
    assert.deepEqual({ text, finish: finishReason }, expected);
  }
});

test("Hono and plain handlers guard what they answer", async () => {
  const options = { scorer: score, policy };
  const app = new Hono();
  app.use("/v1/*", honoGuard(options));
  app.post("/v1/messages", (context) => {
    context.header("content-length", "7");
    return upstream(...BAD)(context.req.raw);
  });
  const plain = guardedHandler((request: Request) => upstream(...BAD)(request), options);
  const request = () => new Request("http://app.test/v1/messages", { method: "POST" });
  for (const response of [await app.fetch(request()), await plain(request())]) {
    assert.equal(response.headers.get("content-length"), null);
    const text = await response.text();
    assert.match(text, /"stop_reason":"refusal"/);
    assert.ok(text.includes("[stop]") && !text.includes("bad"), text);
  }
});

test("what is no answer of a model comes as it is", async () => {
  const models = new Response("[]", { headers: { "content-type": "application/json" } });
  const guarded = guardedFetch({ scorer: score, fetch: () => Promise.resolve(models) });
  assert.equal(await guarded("http://model.test/v1/models"), models);
  const errors = guardedFetch({ scorer: score, fetch: upstream() });
  assert.equal((await errors("http://model.test/v1/else")).status, 404);
  throws(ArgumentError, () => guardedFetch({ fetch: 7 as never }), { argument: "fetch" });
  const html = new Response("<html>", { headers: { "content-type": "text/html" } });
  const wrong = guardedFetch({ scorer: score, fetch: () => Promise.resolve(html) });
  await assert.rejects(wrong("http://model.test/v1/messages"), ArgumentError);
});

test("nothing withheld, every protocol passes byte for byte", async () => {
  for (const [path, stream] of Object.entries(streams)) {
    const guarded = guardedFetch({ scorer: score, fetch: upstream(...GOOD) });
    const response = await guarded(`http://model.test${path.startsWith(":") ? "/m" : ""}${path}`);
    assert.equal(await response.text(), stream(GOOD), path);
  }
});
