// Real clients of every protocol against the Worker and its demo models, clean, halted and with a tool.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createAnthropic } from "@ai-sdk/anthropic";
import Anthropic from "@anthropic-ai/sdk";
import { GoogleGenAI } from "@google/genai";
import { streamText } from "ai";
import OpenAI from "openai";
import { importExample, startWorker } from "./support/worker.mjs";

const { transcripts } = await importExample("src/demo/transcripts.ts");
const { policyFor } = await importExample("src/policy.ts");
const { message } = policyFor("", "delta").ending;
const question = "How do I charge the battery?";

let worker;
before(async () => {
  worker = await startWorker();
});
after(() => worker?.stop());

/** What a client makes of an answer: its text, its tool calls and its end. */
const clients = {
  chat: {
    ends: { clean: "stop", halted: "content_filter", tool: "tool_calls" },
    async ask(model) {
      const client = new OpenAI({ baseURL: worker.base, apiKey: "none", maxRetries: 0 });
      const messages = [{ role: "user", content: question }];
      const stream = client.chat.completions.stream({ model, messages });
      return readCompletion(await stream.finalChatCompletion());
    },
    async whole(model) {
      const client = new OpenAI({ baseURL: worker.base, apiKey: "none", maxRetries: 0 });
      const messages = [{ role: "user", content: question }];
      return readCompletion(await client.chat.completions.create({ model, messages }));
    },
  },
  responses: {
    ends: { clean: "completed", halted: "content_filter", tool: "completed" },
    async ask(model) {
      const client = new OpenAI({ baseURL: worker.base, apiKey: "none", maxRetries: 0 });
      const stream = await client.responses.create({ model, input: question, stream: true });
      let response;
      for await (const event of stream) {
        assert.equal(response, undefined, "nothing follows the end");
        if (["response.completed", "response.incomplete"].includes(event.type)) {
          response = event.response;
        }
      }
      const parts = response.output.flatMap(({ content = [] }) => content);
      return {
        text: parts.map(({ text }) => text).join(""),
        calls: response.output
          .filter(({ type }) => type === "function_call")
          .map(({ name }) => name),
        finish: response.incomplete_details?.reason ?? response.status,
      };
    },
    async whole(model) {
      const client = new OpenAI({ baseURL: worker.base, apiKey: "none", maxRetries: 0 });
      const response = await client.responses.create({ model, input: question });
      return {
        text: response.output_text,
        calls: response.output
          .filter(({ type }) => type === "function_call")
          .map(({ name }) => name),
        finish: response.incomplete_details?.reason ?? response.status,
      };
    },
  },
  anthropic: {
    ends: { clean: "end_turn", halted: "refusal", tool: "tool_use" },
    async ask(model) {
      const stream = anthropic().messages.stream(conversation(model));
      return readMessage(await stream.finalMessage());
    },
    async whole(model) {
      return readMessage(await anthropic().messages.create(conversation(model)));
    },
  },
  gemini: {
    ends: { clean: "STOP", halted: "SAFETY", tool: "STOP" },
    async ask(model) {
      const stream = await gemini().models.generateContentStream({ model, contents: question });
      const answer = { text: "", calls: [], finish: undefined };
      for await (const chunk of stream) {
        assert.equal(answer.finish, undefined, "nothing follows the end");
        const parts = chunk.candidates?.[0]?.content?.parts ?? [];
        answer.text += parts.map(({ text = "" }) => text).join("");
        answer.calls.push(...(chunk.functionCalls ?? []).map(({ name }) => name));
        answer.finish = chunk.candidates?.[0]?.finishReason;
      }
      return answer;
    },
    async whole(model) {
      const answer = await gemini().models.generateContent({ model, contents: question });
      const calls = (answer.functionCalls ?? []).map(({ name }) => name);
      return { text: answer.text, calls, finish: answer.candidates[0].finishReason };
    },
  },
  "ai, anthropic": {
    ends: { clean: "stop", halted: "content-filter", tool: "tool-calls" },
    async ask(model) {
      const provider = createAnthropic({ baseURL: worker.base, apiKey: "none" });
      const errors = [];
      const result = streamText({
        model: provider(model),
        prompt: question,
        maxOutputTokens: 500,
        maxRetries: 0,
        onError: ({ error }) => void errors.push(error),
      });
      const [text, calls, finish] = [
        await result.text,
        await result.toolCalls,
        await result.finishReason,
      ];
      assert.deepEqual(errors, []);
      return { text, calls: calls.map(({ toolName }) => toolName), finish };
    },
  },
};

const anthropic = () => new Anthropic({ baseURL: worker.origin, apiKey: "none", maxRetries: 0 });
const gemini = () => new GoogleGenAI({ apiKey: "none", httpOptions: { baseUrl: worker.origin } });
const conversation = (model) => ({
  model,
  max_tokens: 500,
  messages: [{ role: "user", content: question }],
});

function readCompletion({ choices: [{ message, finish_reason: finish }] }) {
  const calls = (message.tool_calls ?? []).map((call) => call.function.name);
  return { text: message.content, calls, finish };
}

function readMessage({ content, stop_reason: finish }) {
  const of = (type) => content.filter((block) => block.type === type);
  return {
    text: of("text")
      .map(({ text }) => text)
      .join(""),
    calls: of("tool_use").map(({ name }) => name),
    finish,
  };
}

for (const [name, { ask, whole, ends }] of Object.entries(clients)) {
  describe(name, () => {
    test("a sound answer streams in full", async () => {
      const { text } = transcripts.clean;
      assert.deepEqual(await ask("clean"), { text, calls: [], finish: ends.clean });
    });

    test("a false one ends where the halt falls, with the reason of the protocol", async () => {
      const { text, calls, finish } = await ask("drop");
      assert.equal(finish, ends.halted);
      assert.deepEqual(calls, []);
      assert.ok(text.endsWith(message), text);
      const said = text.slice(0, -message.length);
      assert.ok(said.length > 100 && transcripts.drop.text.startsWith(said), said);
      assert.ok(!said.includes("knife"));
    });

    test("a tool call leaves whole when the grant allows it, and else not at all", async () => {
      const allowed = await ask("agent");
      assert.deepEqual(allowed, {
        text: transcripts.agent.text,
        calls: ["read_manual"],
        finish: ends.tool,
      });
      const denied = await ask("agent-denied");
      assert.deepEqual(denied.calls, []);
      assert.equal(denied.finish, ends.halted);
    });

    if (whole === undefined) return;
    test("of an answer in one piece a denied call is cut out", async () => {
      const allowed = await whole("agent");
      const { text } = transcripts.agent;
      assert.deepEqual(allowed, { text, calls: ["read_manual"], finish: ends.tool });
      const denied = await whole("agent-denied");
      const said = transcripts["agent-denied"].text + message;
      assert.deepEqual(denied, { text: said, calls: [], finish: ends.halted });
    });

    test("an answer in one piece is guarded as well", async () => {
      const { text } = transcripts.clean;
      assert.deepEqual(await whole("clean"), { text, calls: [], finish: ends.clean });
      const halted = await whole("drop");
      assert.equal(halted.finish, ends.halted);
      assert.ok(halted.text.endsWith(message) && !halted.text.includes("knife"), halted.text);
    });
  });
}

test("an error in place of an answer in one piece has the shape of its protocol", async () => {
  const messages = [{ role: "user", content: question }];
  const type = "invalid_request_error";
  const code = "insufficient_quota";
  for (const [path, body, error] of [
    ["/v1/chat/completions", { messages, max_tokens: 2 }, { type, param: null, code }],
    ["/v1/responses", { input: question, max_output_tokens: 2 }, { type, param: null, code }],
    ["/v1/messages", { messages, max_tokens: 2 }, { type: "rate_limit_error" }],
    [
      "/v1beta/models/clean:generateContent",
      { contents: [{ parts: [{ text: question }] }], generationConfig: { maxOutputTokens: 2 } },
      {
        code: 429,
        status: "RESOURCE_EXHAUSTED",
        details: [
          {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            reason: "INSUFFICIENT_QUOTA",
            domain: "interlock",
          },
        ],
      },
    ],
  ]) {
    const response = await fetch(`${worker.origin}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "clean", ...body }),
    });
    assert.equal(response.status, 429, path);
    assert.match(response.headers.get("content-type"), /^application\/json/);
    assert.match(response.headers.get("x-interlock-stream"), /^[\da-f-]{36}$/);
    const answer = await response.json();
    assert.equal(answer.type, path === "/v1/messages" ? "error" : undefined);
    assert.deepEqual(answer.error, { message, ...error });
  }
});

test("what is wrong with a request is said by the name of the protocol's field", async () => {
  const post = (path, body) =>
    fetch(`${worker.origin}${path}`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  for (const [path, body, param, shape] of [
    ["/v1/responses", { model: "clean", input: [] }, "input", ["type", "param", "code"]],
    ["/v1/messages", { model: "clean", messages: "q" }, "messages", ["type"]],
    [
      "/v1beta/models/clean:generateContent",
      { contents: 7 },
      "contents",
      ["code", "status", "details"],
    ],
  ]) {
    const response = await post(path, body);
    assert.equal(response.status, 400, path);
    const { error } = await response.json();
    assert.ok(error.message.startsWith(`${param} must be`), error.message);
    assert.deepEqual(Object.keys(error).sort(), [...shape, "message"].sort());
  }
  assert.equal((await fetch(`${worker.origin}/v1/messages`)).status, 405);
  assert.equal((await post("/v1beta/models/clean:countTokens", {})).status, 404);
});

test("a stream of Gemini that is no event stream is one guarded list", async () => {
  const url = `${worker.origin}/v1beta/models/drop:streamGenerateContent`;
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ contents: [{ parts: [{ text: question }] }] }),
  });
  const text = await response.text();
  const chunks = JSON.parse(text);
  assert.equal(chunks.at(-1).candidates[0].finishReason, "SAFETY");
  assert.ok(!text.includes("knife"));
});
