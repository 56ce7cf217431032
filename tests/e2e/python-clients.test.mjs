// Real clients from PyPI against the Worker: `openai` (chat completions and responses), `anthropic` and `google-genai`, clean,
// halted, refused, with a tool and in one piece.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { addEnvironment, findPython } from "../../scripts/lib/python.mjs";
import { importExample, startWorker } from "./support/worker.mjs";

const { SECRET, transcripts } = await importExample("src/demo/transcripts.ts");
const { policyFor } = await importExample("src/policy.ts");
const { message } = policyFor("", "delta").ending;

/** The words of each protocol for its ends. */
const ends = {
  chat: { clean: "stop", halted: "content_filter", tool: "tool_calls", refused: "BadRequestError" },
  responses: {
    clean: "completed",
    halted: "content_filter",
    tool: "completed",
    refused: "BadRequestError",
  },
  messages: {
    clean: "end_turn",
    halted: "refusal",
    tool: "tool_use",
    refused: "BadRequestError",
  },
  gemini: { clean: "STOP", halted: "SAFETY", tool: "STOP", refused: "ClientError" },
};

const isThere = findPython() !== undefined;
if (!isThere) console.log("skipped: clients from PyPI, for there is no Python 3.11 or newer");

describe("clients from PyPI", { skip: !isThere }, () => {
  let worker;
  let python;
  let lines;
  before(async () => {
    const program = fileURLToPath(new URL("support/clients.py", import.meta.url));
    worker = await startWorker();
    python = spawn(await addEnvironment("clients"), [program, worker.origin], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, PYTHONDONTWRITEBYTECODE: "1" },
    });
    lines = createInterface(python.stdout)[Symbol.asyncIterator]();
  });
  after(async () => {
    python?.stdin.end();
    await worker?.stop();
  });

  /** What a client makes of an answer. */
  async function ask(
    client,
    model,
    { prompt = "How do I charge the battery?", stream = true } = {},
  ) {
    python.stdin.write(`${JSON.stringify({ client, model, prompt, stream })}\n`);
    const { value, done } = await lines.next();
    assert.ok(!done, "the program has ended");
    return JSON.parse(value);
  }

  for (const [client, words] of Object.entries(ends)) {
    test(client, async () => {
      for (const stream of [true, false]) {
        const clean = await ask(client, "clean", { stream });
        const { text } = transcripts.clean;
        assert.deepEqual(clean, { text, finish: words.clean, calls: [] });

        for (const model of ["drop", "secret"]) {
          const halted = await ask(client, model, { stream });
          assert.equal(halted.finish, words.halted, JSON.stringify(halted));
          assert.ok(halted.text.endsWith(message), halted.text);
          assert.ok(!/knife|AKIA/.test(halted.text), halted.text);
          const said = halted.text.slice(0, -message.length);
          assert.ok(said.length > 50 && transcripts[model].text.startsWith(said), said);
        }

        const redacted = await ask(client, "contact", { stream });
        assert.equal(redacted.finish, words.clean);
        assert.match(
          redacted.text,
          /at \[redacted:phone\/international\], or write to \[redacted:e/,
        );

        const tool = await ask(client, "agent", { stream });
        const { text: before } = transcripts.agent;
        assert.deepEqual(tool, { text: before, finish: words.tool, calls: ["read_manual"] });
        const denied = await ask(client, "agent-denied", { stream });
        assert.deepEqual([denied.finish, denied.calls], [words.halted, []]);
        assert.ok(denied.text.endsWith(message), denied.text);

        const refused = await ask(client, "clean", { prompt: `Keep ${SECRET}.`, stream });
        assert.equal(refused.error, words.refused, JSON.stringify(refused));
        assert.equal(refused.status, 400);
        assert.match(refused.message, /api-keys\/aws-access-key in \w+/);
        assert.ok(!refused.message.includes(SECRET));
      }
    });
  }
});
