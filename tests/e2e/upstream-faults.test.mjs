// Upstreams that misbehave, and clients that go away: nothing unchecked leaves, the client is told in its
// own protocol, and the upstream is cancelled exactly once.

import assert from "node:assert/strict";
import { after, afterEach, before, describe, test } from "node:test";
import OpenAI from "openai";
import { chunk, event, sleep, startUpstream, stream, until } from "./support/upstream.mjs";
import { ask, contentOf, importExample, parseEvents, startWorker } from "./support/worker.mjs";

const { transcripts } = await importExample("src/demo/transcripts.ts");
const { tokenize } = await importExample("src/demo/upstream.ts");
const tokens = tokenize(transcripts.clean.text);

let answer = () => {};
let upstream;
let worker;
before(async () => {
  upstream = await startUpstream((...request) => answer(...request));
  worker = await startWorker({ vars: { UPSTREAM_URL: upstream.url } });
});
after(async () => {
  await worker?.stop();
  await upstream?.stop();
});
afterEach(() => Object.assign(upstream.counts, { opened: 0, cancelled: 0, finished: 0 }));

/** Reads the whole answer of the Worker, whose upstream does `script`. */
async function through(script, body) {
  answer = script;
  const response = await ask(worker.base, body);
  return { response, text: await response.text() };
}

/** Checks that a stream ended with one error event, after this content. */
function assertFailed(text, content, says) {
  const { data } = parseEvents(text);
  assert.ok(data.length > 0, "the stream is empty");
  const { error } = JSON.parse(data.at(-1));
  assert.ok(error, `the last event is ${data.at(-1)}`);
  assert.match(error.message, says);
  assert.equal(contentOf(data.slice(0, -1)), content);
  assert.equal(data.filter((line) => line.includes('"error"')).length, 1);
}

describe("a sound upstream", () => {
  test("passes word by word, however it is cut", async () => {
    const frames = (text) => {
      const { data } = parseEvents(text);
      return [contentOf(data), ...new Set(data.map((it) => it.replace(/"content":"[^"]*"/, "")))];
    };
    const bytes = Buffer.from(stream(tokens));
    for (const size of [bytes.length, 1000, 7]) {
      const { text } = await through(async (response) => {
        for (let at = 0; at < bytes.length; at += size) {
          response.write(bytes.subarray(at, at + size));
          if (at % 700 === 0) await sleep(0);
        }
        response.end();
      });
      // A word that may be part of an address is held, and leaves in an event of its own.
      assert.deepEqual(frames(text), frames(bytes.toString()), `${size} bytes at a time`);
    }
  });

  test("is given the body and the key, and only those", async () => {
    let seen;
    await through((response, body, request) => {
      seen = { body, headers: request.headers, url: request.url };
      response.end(stream(tokens));
    });
    assert.equal(seen.url, "/v1/chat/completions");
    assert.equal(seen.body.model, "clean");
    assert.equal(seen.headers["content-type"], "application/json");
    assert.equal(seen.headers["authorization"], undefined);
    assert.equal(seen.headers["x-interlock-trace"], undefined);
    const client = new OpenAI({ baseURL: worker.base, apiKey: "k-1", maxRetries: 0 });
    answer = (response, body, request) => {
      seen = { headers: request.headers };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ object: "list", data: [] }));
    };
    await client.models.list();
    assert.equal(seen.headers["authorization"], "Bearer k-1");
  });

  test("gets no trace and no observing for headers of the demo", async () => {
    answer = (response) => response.end(stream(tokenize(transcripts.drop.text)));
    const headers = { "x-interlock-trace": "1", "x-interlock-mode": "observe" };
    const response = await ask(worker.base, {}, { headers });
    const { data, comments } = parseEvents(await response.text());
    assert.deepEqual(comments, []);
    assert.equal(JSON.parse(data.at(-2)).choices[0].finish_reason, "content_filter");
  });
});

describe("a client that disconnects", () => {
  test("has the upstream cancelled exactly once", async () => {
    let written = 0;
    answer = async (response) => {
      while (!response.destroyed) {
        response.write(event(chunk(tokens[written++ % tokens.length])));
        await sleep(5);
      }
    };
    const client = new OpenAI({ baseURL: worker.base, apiKey: "none", maxRetries: 0 });
    const messages = [{ role: "user", content: "Hello" }];
    const response = await client.chat.completions.create({ model: "any", messages, stream: true });
    let seen = 0;
    for await (const _ of response) if (++seen === 10) break;
    await until(() => upstream.counts.cancelled > 0, "the upstream is cancelled");
    const stopped = written;
    await sleep(200);
    assert.deepEqual(upstream.counts, { opened: 1, cancelled: 1, finished: 0 });
    assert.equal(written, stopped);
  });
});

test("a halt cancels the upstream exactly once", async () => {
  const drop = tokenize(transcripts.drop.text);
  const { text } = await through(async (response) => {
    // It would go on for ever.
    for (let i = 0; !response.destroyed; i += 1) {
      response.write(event(chunk(drop[i % drop.length])));
      await sleep(1);
    }
  });
  const { data } = parseEvents(text);
  assert.equal(data.at(-1), "[DONE]");
  assert.equal(JSON.parse(data.at(-2)).choices[0].finish_reason, "content_filter");
  await until(() => upstream.counts.cancelled > 0, "the upstream is cancelled");
  await sleep(100);
  assert.deepEqual(upstream.counts, { opened: 1, cancelled: 1, finished: 0 });
});

describe("an upstream that dies", () => {
  const ten = tokens.slice(0, 10);
  const start = ten.map((token) => event(chunk(token))).join("");

  test("in the middle ends the stream with an error event", async () => {
    const { text } = await through(async (response) => {
      response.write(start);
      await sleep(50);
      response.destroy();
    });
    assertFailed(text, ten.join(""), /./);
  });

  test("reads as an error in the official client", async () => {
    answer = async (response) => {
      response.write(start);
      await sleep(50);
      response.destroy();
    };
    const client = new OpenAI({ baseURL: worker.base, apiKey: "none", maxRetries: 0 });
    const messages = [{ role: "user", content: "Hello" }];
    const response = await client.chat.completions.create({ model: "any", messages, stream: true });
    let text = "";
    await assert.rejects(async () => {
      for await (const part of response) text += part.choices[0].delta.content;
    }, OpenAI.APIError);
    assert.equal(text, ten.join(""));
  });

  test("that ends without its end marker is an error too", async () => {
    const { text } = await through((response) => response.end(start));
    assertFailed(text, ten.join(""), /./);
  });

  test("in the middle of an event gives out nothing of it", async () => {
    const { text } = await through((response) =>
      response.end(`${start}data: {"choices":[{"delta":{"content":"half`),
    );
    assertFailed(text, ten.join(""), /./);
  });
});

describe("an upstream that breaks the protocol", () => {
  const good = event(chunk(tokens[0]));
  for (const [name, bytes] of [
    ["JSON that is none", "data: {not json}\n\n"],
    ["an array", "data: [1, 2]\n\n"],
    ["a string", 'data: "hello"\n\n'],
    ["an event that was cut off", 'data: {"choices":[{"index":0,\n\n'],
    [
      "invalid UTF-8",
      Buffer.concat([
        Buffer.from('data: {"choices":[{"index":0,"delta":{"content":"'),
        Buffer.from([0xc3, 0x28]),
        Buffer.from('"}}]}\n\n'),
      ]),
    ],
  ]) {
    test(`with ${name}`, async () => {
      const { text } = await through((response) => {
        response.write(good);
        response.write(bytes);
        response.end(event(chunk("UNCHECKED")) + event("[DONE]"));
      });
      assertFailed(text, tokens[0], /./);
      assert.ok(!text.includes("UNCHECKED"));
    });
  }

  test("its own error event reaches the client, and nothing after it", async () => {
    const { text } = await through((response) => {
      response.end(
        good +
          event({ error: { message: "overloaded", type: "server_error" } }) +
          event(chunk("UNCHECKED")),
      );
    });
    assertFailed(text, tokens[0], /overloaded/);
    assert.ok(!text.includes("UNCHECKED"));
  });
});

describe("a line of 10 MB", () => {
  for (const [name, line] of [
    ["of content", event(chunk("x".repeat(10 << 20)))],
    ["of a comment", `: ${"x".repeat(10 << 20)}\n\n`],
    ["that never ends", `data: ${"x".repeat(10 << 20)}`],
  ]) {
    test(`${name} is more than may be held`, async () => {
      const before = worker.residentBytes();
      const { text } = await through(async (response) => {
        response.write(event(chunk(tokens[0])));
        response.end(line);
      });
      const { data } = parseEvents(text);
      assert.equal(data.at(-1), "[DONE]");
      const ending = JSON.parse(data.at(-2));
      assert.equal(ending.choices[0].finish_reason, "content_filter");
      assert.ok(text.length < 4096, `${text.length} bytes left`);
      const grown = (worker.residentBytes() - before) / 2 ** 20;
      assert.ok(grown < 40, `workerd grew by ${grown.toFixed(1)} MB`);
    });
  }
});

describe("an upstream that is not a stream", () => {
  for (const [name, type, body] of [
    ["a web page", "text/html", "<h1>UNCHECKED</h1>"],
    [
      "one JSON document",
      "application/json",
      JSON.stringify({ choices: [{ message: { content: "UNCHECKED" } }] }),
    ],
    ["plain text", "text/plain", "UNCHECKED"],
  ]) {
    test(`but ${name} is a bad gateway`, async () => {
      const { response, text } = await through((response) => {
        response.setHeader("content-type", type);
        response.end(body);
      });
      assert.equal(response.status, 502);
      const { error } = JSON.parse(text);
      assert.equal(error.type, "upstream_error");
      assert.equal(error.code, "upstream_wrong_type");
      assert.ok(error.message.includes(type), error.message);
      assert.ok(!text.includes("UNCHECKED"));
    });
  }

  test("but a stream where JSON was asked for is one too", async () => {
    const { response } = await through((response) => response.end(stream(tokens)), {
      stream: false,
    });
    assert.equal(response.status, 502);
  });

  test("but claims to be one passes nothing", async () => {
    const { text } = await through((response) => response.end("<h1>UNCHECKED</h1>"));
    assertFailed(text, "", /./);
    assert.ok(!text.includes("UNCHECKED"));
  });

  test("but JSON which is no completion passes nothing", async () => {
    for (const body of ["[1]", "{", '"UNCHECKED"', ""]) {
      const { response, text } = await through(
        (response) => {
          response.setHeader("content-type", "application/json");
          response.end(body);
        },
        { stream: false },
      );
      assert.equal(response.headers.get("content-type"), "application/json");
      assert.equal(response.status, 502);
      assert.equal(JSON.parse(text).error.code, "upstream_failed", text);
      assert.ok(!text.includes("UNCHECKED"));
    }
  });
});

describe("an upstream that refuses", () => {
  for (const status of [401, 429, 500, 503]) {
    test(`with ${status} says so`, async () => {
      const { response, text } = await through((response) => {
        response.writeHead(status, { "content-type": "application/json", "retry-after": "7" });
        response.end(JSON.stringify({ error: { message: "No.", code: "because" } }));
      });
      assert.equal(response.status, status);
      assert.equal(response.headers.get("retry-after"), "7");
      const { error } = JSON.parse(text);
      assert.equal(error.message, `The upstream answered with status ${status}: No.`);
      assert.equal(error.code, "because");
    });
  }

  test("with a redirect is a bad gateway: a key goes only where it was sent to", async () => {
    const { response } = await through((response) => {
      response.writeHead(302, { location: "https://example.com/" });
      response.end();
    });
    assert.equal(response.status, 502);
  });
});

test("an upstream that is down is a bad gateway", async () => {
  const gone = await startUpstream(() => {});
  await gone.stop();
  const other = await startWorker({ vars: { UPSTREAM_URL: gone.url } });
  try {
    const response = await ask(other.base, {});
    assert.equal(response.status, 502);
    assert.equal((await response.json()).error.code, "upstream_unreachable");
  } finally {
    await other.stop();
  }
});
