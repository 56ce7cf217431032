// The official client against the Worker and its demo models.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import OpenAI from "openai";
import { ask, contentOf, importExample, parseEvents, startWorker } from "./support/worker.mjs";

const { transcripts } = await importExample("src/demo/transcripts.ts");
const { tokenize } = await importExample("src/demo/upstream.ts");
const { policyFor } = await importExample("src/policy.ts");
const { message } = policyFor("", "delta").ending;
const messages = [{ role: "user", content: "How do I charge the battery?" }];

let worker;
let client;
before(async () => {
  worker = await startWorker();
  client = new OpenAI({ baseURL: worker.base, apiKey: "none", maxRetries: 0 });
});
after(() => worker?.stop());

/** Other questions for the same answers: what was asked must not decide between a sound answer and a false one. */
const questions = [
  "How do I charge the battery?",
  "Hello",
  "Which charger, contacts, temperature, frozen, swollen, service?",
  "Is it all right to open a swollen battery?",
  "Wie lade ich den Akku \u{1f50b}?",
];

/** Reads a stream with the client. */
async function read(model, options = {}) {
  const stream = await client.chat.completions.create({
    model,
    messages,
    stream: true,
    ...options,
  });
  const result = { text: "", finish: [], usage: undefined, afterFinish: 0 };
  for await (const { choices, usage } of stream) {
    const choice = choices[0];
    if (usage) result.usage = usage;
    if (!choice) continue;
    if (result.finish.length > 0) result.afterFinish += 1;
    result.text += choice.delta.content ?? "";
    if (choice.finish_reason) result.finish.push(choice.finish_reason);
  }
  return result;
}

test("the transcripts are what the page promises", () => {
  assert.deepEqual(Object.keys(transcripts), [
    "clean",
    "drift",
    "drop",
    "slow",
    "contact",
    "secret",
    "agent",
    "agent-denied",
  ]);
  for (const [model, { text, call }] of Object.entries(transcripts)) {
    const tokens = tokenize(text);
    assert.equal(tokens.join(""), text, model);
    if (call !== undefined) continue;
    assert.ok(tokens.length >= 60 && tokens.length <= 150, `${model} has ${tokens.length} tokens`);
  }
});

test("the models are listed", async () => {
  const { data } = await client.models.list();
  assert.deepEqual(
    data.map(({ id }) => id),
    Object.keys(transcripts),
  );
});

for (const model of ["clean", "slow"]) {
  describe(model, () => {
    test("streams in full", async () => {
      const { text, finish } = await read(model);
      assert.equal(text, transcripts[model].text);
      assert.deepEqual(finish, ["stop"]);
    });

    test("streams in full whatever was asked", async () => {
      for (const content of questions) {
        const { text } = await read(model, { messages: [{ role: "user", content }] });
        assert.equal(text, transcripts[model].text, content);
      }
    });

    test("comes in one piece", async () => {
      const answer = await client.chat.completions.create({ model, messages });
      assert.equal(answer.choices[0].message.content, transcripts[model].text);
      assert.equal(answer.choices[0].finish_reason, "stop");
      assert.equal(
        answer.usage.total_tokens,
        answer.usage.prompt_tokens + answer.usage.completion_tokens,
      );
    });
  });
}

test("usage reaches the client when it asks for it", async () => {
  const { usage } = await read("clean", { stream_options: { include_usage: true } });
  assert.equal(usage.completion_tokens, tokenize(transcripts.clean.text).length);
});

for (const [model, reasons] of [
  ["drift", ["downward-trend", "window-average"]],
  ["drop", ["hard-limit"]],
]) {
  describe(model, () => {
    test("is halted while it streams", async () => {
      const { text, finish, afterFinish } = await read(model);
      assert.deepEqual(finish, ["content_filter"]);
      assert.equal(afterFinish, 0);
      assert.ok(text.endsWith(message), text);
      const said = text.slice(0, -message.length);
      assert.ok(transcripts[model].text.startsWith(said), said);
      assert.ok(tokenize(said).length >= 30, `only ${said}`);
      assert.ok(said.length < transcripts[model].text.length * 0.9, `as much as ${said}`);
    });

    test("is halted whatever was asked", async () => {
      for (const content of questions) {
        const { finish } = await read(model, { messages: [{ role: "user", content }] });
        assert.deepEqual(finish, ["content_filter"], content);
      }
    });

    test("is halted in one piece", async () => {
      const answer = await client.chat.completions.create({ model, messages });
      const { finish_reason: finish, message: said } = answer.choices[0];
      assert.equal(finish, "content_filter");
      assert.ok(said.content.endsWith(message), said.content);
      assert.ok(transcripts[model].text.startsWith(said.content.slice(0, -message.length)));
    });

    test("is halted for its own reason, and the wire ends there", async () => {
      const response = await ask(worker.base, { model }, { headers: { "x-interlock-trace": "1" } });
      assert.match(response.headers.get("content-type"), /^text\/event-stream/);
      const { data, comments } = parseEvents(await response.text());
      const verdicts = comments.map((comment) => JSON.parse(comment.replace(/^interlock /, "")));
      const halts = verdicts.filter(({ verdict }) => verdict.outcome === "halt");
      assert.equal(halts.length, 1);
      assert.equal(verdicts.at(-1), halts[0]);
      assert.ok(reasons.includes(halts[0].verdict.reason), halts[0].verdict.reason);
      // What was released and what was withheld is the transcript up to there, each byte once.
      const said = contentOf(data).slice(0, -message.length);
      assert.ok(transcripts[model].text.startsWith(said + halts[0].text));
      assert.equal(halts[0].start, Buffer.byteLength(said));
      assert.equal(data.at(-1), "[DONE]");
      assert.equal(JSON.parse(data.at(-2)).choices[0].finish_reason, "content_filter");
    });

    test("passes in full when the guard only observes", async () => {
      const headers = { "x-interlock-trace": "1", "x-interlock-mode": "observe" };
      const response = await ask(worker.base, { model }, { headers });
      const { data, comments } = parseEvents(await response.text());
      assert.equal(contentOf(data), transcripts[model].text);
      assert.equal(comments.filter((comment) => comment.includes('"halt"')).length, 1);
    });
  });
}

test("by sentence, nothing of the dangerous sentence leaves", async () => {
  const response = await ask(
    worker.base,
    { model: "drop" },
    { headers: { "x-interlock-unit": "sentence" } },
  );
  const said = contentOf(parseEvents(await response.text()).data);
  const [sound] = transcripts.drop.text.split(" If it has been damaged");
  assert.equal(said, sound + message);
});

test("nobody gets a trace who did not ask for one", async () => {
  const response = await ask(worker.base, { model: "drop" });
  assert.deepEqual(parseEvents(await response.text()).comments, []);
});

test("errors are the client's own classes", async () => {
  await assert.rejects(client.chat.completions.create({ model: "gpt-0", messages }), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.equal(error.code, "model_not_found");
    assert.match(error.message, /"gpt-0" does not exist; there are clean, drift, drop, slow/);
    return true;
  });
  await assert.rejects(
    client.chat.completions.create({ model: "clean", messages: [] }),
    OpenAI.BadRequestError,
  );
});
