// The AI SDK's chat clients against the Worker: what they ask reaches the upstream as a chat completion, and what it answers
// reaches them as parts of a UI message, or as text.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { DefaultChatTransport, TextStreamChatTransport, readUIMessageStream } from "ai";
import { chunk, event, sleep, startUpstream, stream as streamOf } from "./support/upstream.mjs";
import { importExample, startWorker } from "./support/worker.mjs";

const { transcripts } = await importExample("src/demo/transcripts.ts");
const { policyFor } = await importExample("src/policy.ts");
const { message } = policyFor("", "delta").ending;

let answer = () => {};
let upstream;
let worker;
let demo;
before(async () => {
  upstream = await startUpstream((...request) => answer(...request));
  worker = await startWorker({ vars: { UPSTREAM_URL: upstream.url } });
  demo = await startWorker();
});
after(async () => {
  await worker?.stop();
  await demo?.stop();
  await upstream?.stop();
});

const question = [
  { id: "q", role: "user", parts: [{ type: "text", text: "How do I charge it?" }] },
];

/** What a chat client asks, and the chunks that it is given. */
async function ask(
  origin,
  { model = "clean", messages = question, Transport = DefaultChatTransport, headers } = {},
) {
  const transport = new Transport({ api: `${origin}/api/chat`, body: { model }, headers });
  const send = { trigger: "submit-message", chatId: "c", messageId: undefined, messages };
  return transport.sendMessages({ ...send, abortSignal: undefined });
}

/** The message that a chat shows in the end, and why it ended. */
async function read(chunks) {
  const [parts, rest] = chunks.tee();
  const errors = [];
  let shown;
  for await (const it of readUIMessageStream({
    stream: parts,
    onError: (error) => errors.push(error),
  }))
    shown = it;
  let finish;
  for await (const it of rest) {
    assert.equal(finish, undefined, "nothing follows the end");
    if (it.type === "finish") finish = it.finishReason;
  }
  const of = (type) => shown.parts.filter((part) => part.type === type);
  const said = (type) =>
    of(type)
      .map(({ text }) => text)
      .join("");
  const tools = shown.parts.filter(({ type }) => type.startsWith("tool-"));
  const state = errors.length === 0 ? "done" : "streaming";
  for (const part of [...of("text"), ...of("reasoning")]) assert.equal(part.state, state);
  return {
    text: said("text"),
    reasoning: said("reasoning"),
    calls: tools.map(({ type, state, input }) => [type, state, input]),
    finish,
    errors: errors.map((error) => error.message),
  };
}

describe("the demo models", () => {
  test("a sound answer streams in full", async () => {
    const { text } = transcripts.clean;
    const whole = { text, reasoning: "", calls: [], finish: "stop", errors: [] };
    assert.deepEqual(await read(await ask(demo.origin)), whole);
  });

  test("a false one ends where the halt falls, with its parts closed", async () => {
    const { text, finish, errors } = await read(await ask(demo.origin, { model: "drop" }));
    assert.deepEqual([finish, errors], ["content-filter", []]);
    const said = text.slice(0, -message.length);
    assert.ok(text.endsWith(message) && said.length > 100, text);
    assert.ok(transcripts.drop.text.startsWith(said) && !said.includes("knife"), said);
  });

  test("a tool call leaves whole when the grant allows it, and else not at all", async () => {
    const allowed = await read(await ask(demo.origin, { model: "agent" }));
    const { name, arguments: input } = transcripts.agent.call;
    assert.deepEqual(allowed.calls, [[`tool-${name}`, "input-available", input]]);
    assert.equal(allowed.finish, "tool-calls");
    const denied = await read(await ask(demo.origin, { model: "agent-denied" }));
    assert.deepEqual([denied.calls, denied.finish], [[], "content-filter"]);
  });

  test("a client of text streams gets the text alone", async () => {
    const headers = { accept: "text/plain" };
    const of = async (model) =>
      read(await ask(demo.origin, { model, Transport: TextStreamChatTransport, headers }));
    assert.equal((await of("clean")).text, transcripts.clean.text);
    const { text } = await of("drop");
    assert.ok(text.endsWith(message) && !text.includes("knife"), text);
  });
});

describe("another upstream", () => {
  const cut = (wire, size) => async (response) => {
    const bytes = Buffer.from(wire);
    for (let at = 0; at < bytes.length; at += size) {
      response.write(bytes.subarray(at, at + size));
      if (at % 200 === 0) await sleep(0);
    }
    response.end();
  };
  const delta = (it, finish = null) =>
    event({ ...chunk(null), choices: [{ index: 0, delta: it, finish_reason: finish }] });

  test("is asked with the conversation as a chat completion", async () => {
    let seen;
    answer = (response, body) => {
      seen = body;
      response.end(streamOf(["Charge it indoors."]));
    };
    const url = "data:image/png;base64,AAAA";
    const call = { toolCallId: "t1", state: "output-available", input: { page: "a" } };
    const messages = [
      { id: "1", role: "system", parts: [{ type: "text", text: "Be brief." }] },
      {
        ...{ id: "2", role: "user" },
        parts: [
          { type: "text", text: "What is this?" },
          { type: "file", mediaType: "image/png", url },
          { type: "file", mediaType: "application/pdf", filename: "a.pdf", url: "data:," },
        ],
      },
      {
        ...{ id: "3", role: "assistant" },
        parts: [
          { type: "step-start" },
          { type: "reasoning", text: "Hm." },
          { type: "text", text: "I look." },
          { type: "tool-read_manual", ...call, output: { text: "b" } },
          { ...call, type: "dynamic-tool", toolName: "x", toolCallId: "t2", output: "c" },
          { type: "tool-y", ...call, state: "output-error", toolCallId: "t3", errorText: "no" },
          { type: "tool-z", ...call, state: "input-available", toolCallId: "t4" },
          { type: "step-start" },
          { type: "text", text: "A battery." },
          { type: "data-note", data: {} },
        ],
      },
      ...question,
    ];
    await read(await ask(worker.origin, { model: "m", messages }));
    const tool = (id, name) => ({
      ...{ id, type: "function" },
      function: { name, arguments: '{"page":"a"}' },
    });
    assert.deepEqual(seen, {
      model: "m",
      stream: true,
      max_completion_tokens: 1000,
      messages: [
        { role: "system", content: "Be brief." },
        {
          role: "user",
          content: [
            { type: "text", text: "What is this?" },
            { type: "image_url", image_url: { url } },
            { type: "file", file: { filename: "a.pdf", file_data: "data:," } },
          ],
        },
        {
          ...{ role: "assistant", content: "I look." },
          tool_calls: [tool("t1", "read_manual"), tool("t2", "x"), tool("t3", "y")],
        },
        { role: "tool", tool_call_id: "t1", content: '{"text":"b"}' },
        { role: "tool", tool_call_id: "t2", content: "c" },
        { role: "tool", tool_call_id: "t3", content: "no" },
        { role: "assistant", content: "A battery." },
        { role: "user", content: "How do I charge it?" },
      ],
    });
  });

  test("is read wherever its bytes are cut", async () => {
    const input = { page: "battery/charging" };
    const text = JSON.stringify(input);
    const call = (more) => delta({ tool_calls: [{ index: 0, ...more }] });
    const wire = [
      ": ping\n\n",
      delta({ role: "assistant", content: "" }),
      delta({ reasoning_content: "The manual " }),
      delta({ reasoning_content: "says it." }),
      delta({ content: "Charge the battery indoors" }),
      delta({ content: " \u{1f50b}, at 35 degrees at most." }),
      call({ id: "t", type: "function", function: { name: "read_manual", arguments: "" } }),
      call({ function: { arguments: text.slice(0, 9) } }),
      call({ function: { arguments: text.slice(9) } }),
      delta({}, "tool_calls"),
      event("[DONE]"),
    ].join("");
    const expected = {
      text: "Charge the battery indoors \u{1f50b}, at 35 degrees at most.",
      reasoning: "The manual says it.",
      calls: [["tool-read_manual", "input-available", input]],
      ...{ finish: "tool-calls", errors: [] },
    };
    for (const lines of ["\n", "\r\n", "\r"]) {
      for (const size of [wire.length * 2, 100, 7]) {
        answer = cut(wire.replaceAll("\n", lines), size);
        assert.deepEqual(await read(await ask(worker.origin, { model: "m" })), expected);
      }
    }
  });

  test("that breaks is told of, once, behind what came before", async () => {
    const good = delta({ content: "Charge the battery indoors, at 35 degrees at most." });
    for (const [rest, says] of [
      ["", /ended before/],
      ["data: {\n\n", /no chat completion/],
      ["data: 7\n\ndata: [DONE]\n\n", /no chat completion/],
      [event({ error: { message: "Overloaded." } }), /Overloaded/],
      [event("[DONE]"), /ended before/],
      [event(chunk(null)) + "data: ", /ended before/],
    ]) {
      answer = (response) => response.end(good + rest);
      const { errors, finish } = await read(await ask(worker.origin, { model: "m" }));
      assert.equal(errors.length, 1, rest);
      assert.match(errors[0], says);
      assert.equal(finish, undefined);
    }
    // A line without an end is not kept for ever.
    answer = (response) => response.end(good + `data: ${"x".repeat(3 << 20)}`);
    const { errors } = await read(await ask(worker.origin, { model: "m" }));
    assert.equal(errors.length, 1);
  });
});

test("what is wrong with a request is said by the field", async () => {
  const post = (body) =>
    fetch(`${demo.origin}/api/chat`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  for (const [body, param] of [
    [{ messages: question }, "model"],
    [{ model: "clean" }, "messages"],
    [{ model: "clean", messages: [] }, "messages"],
    [{ model: "clean", messages: [7] }, "messages"],
    [{ model: "clean", messages: [{ role: "tool", parts: [] }] }, "messages[0].role"],
    [{ model: "clean", messages: [...question, { role: "user" }] }, "messages[1].parts"],
    [{ model: "clean", messages: [{ role: "user", parts: [{}] }] }, "messages[0].parts"],
  ]) {
    const response = await post(body);
    assert.equal(response.status, 400, param);
    const { error } = await response.json();
    assert.equal(error.param, param);
    assert.ok(error.message.startsWith(param), error.message);
  }
  assert.equal((await fetch(`${demo.origin}/api/chat`)).status, 405);
  assert.equal((await fetch(`${demo.origin}/api/other`)).status, 404);
});
