// A guarded OpenAI chat stream with nothing withheld and no scorer, against what people write: a parser of server-sent
// events, JSON.parse to look at each, JSON.stringify to send it on.

import { createParser } from "eventsource-parser";
import { Session, guardResponse, guardStream } from "interlock-wasm";
import { atMost, takeTurns, timesFaster } from "../../scripts/bench-rows.mjs";

const EVENTS = 4000;
const CHUNK = 16_384;

const encoder = new TextEncoder();

/** A stream as a provider sends it, some 330 bytes an event. */
function stream() {
  const head = {
    id: "chatcmpl-Q1r7Zl0bq2Yp8nUeT5kXw3VaM9cD4",
    object: "chat.completion.chunk",
    created: 1_793_000_000,
    model: "model-2026-10-01",
    service_tier: "default",
    system_fingerprint: "fp_0123456789",
  };
  const events = Array.from({ length: EVENTS - 1 }, (_, i) => {
    const delta = { content: ` word${i}${i % 7 === 0 ? ' "quoted" \n' : ""}` };
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: null }];
    return `data: ${JSON.stringify({ ...head, choices, usage: null, obfuscation: "a8Jk2LpQ" })}\n\n`;
  });
  return [...events, "data: [DONE]\n\n"].map((event) => encoder.encode(event));
}

const eachAlone = stream();

/** The same bytes as a fast connection delivers them. */
const inChunks = (() => {
  const all = Buffer.concat(eachAlone);
  const chunks = [];
  for (let at = 0; at < all.length; at += CHUNK)
    chunks.push(new Uint8Array(all.subarray(at, at + CHUNK)));
  return chunks;
})();

/** The parser's way, as a function of chunks. */
function reserialiser() {
  const decoder = new TextDecoder();
  let out = "";
  const parser = createParser({
    onEvent({ data }) {
      out += `data: ${data === "[DONE]" ? data : JSON.stringify(JSON.parse(data))}\n\n`;
    },
  });
  return (chunk) => {
    parser.feed(decoder.decode(chunk, { stream: true }));
    const bytes = encoder.encode(out);
    out = "";
    return bytes;
  };
}

function reserialisingStream() {
  const convert = reserialiser();
  return new TransformStream({
    transform(chunk, controller) {
      const bytes = convert(chunk);
      if (bytes.length > 0) controller.enqueue(bytes);
    },
  });
}

const total = eachAlone.reduce((sum, { length }) => sum + length, 0);

const headers = { "content-type": "text/event-stream" };

/** Through a transform. */
const through = (transform) => (source) => source.pipeThrough(transform);

/** As the body of a response. */
const ofResponse = (source) => guardResponse(new Response(source, { headers })).body;

/** Microseconds an event, through streams. */
async function piped(chunks, connect) {
  let next = 0;
  const source = new ReadableStream(
    {
      pull(controller) {
        if (next < chunks.length) controller.enqueue(chunks[next++]);
        else controller.close();
      },
    },
    { highWaterMark: 0 },
  );
  const reader = connect(source).getReader();
  const started = performance.now();
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    bytes += value.length;
  }
  const us = ((performance.now() - started) * 1000) / EVENTS;
  if (bytes !== total) throw new Error(`${bytes} bytes came out, not ${total}`);
  return us;
}

/** Microseconds an event, without a stream. */
function called(chunks, convert) {
  const started = performance.now();
  let bytes = 0;
  for (const chunk of chunks) bytes += convert(chunk).length;
  const us = ((performance.now() - started) * 1000) / EVENTS;
  if (bytes !== total) throw new Error(`${bytes} bytes came out, not ${total}`);
  return us;
}

function guarded(chunks) {
  const session = new Session();
  const us = called(chunks, (chunk) => {
    session.feed(chunk);
    return session.takeOutput();
  });
  session.free();
  return us;
}

export async function guardRows() {
  const best = await takeTurns(
    {
      guard: () => piped(inChunks, through(guardStream())),
      parser: () => piped(inChunks, through(reserialisingStream())),
      session: () => guarded(eachAlone),
      function: () => called(eachAlone, reserialiser()),
      guardAlone: () => piped(eachAlone, through(guardStream())),
      responseAlone: () => piped(eachAlone, ofResponse),
      parserAlone: () => piped(eachAlone, through(reserialisingStream())),
    },
    { rounds: 15 },
  );
  return [
    atMost("js/guardStream", best.guard.scaled, "us an event", 2),
    timesFaster(
      "js/guardStream, against a parser",
      best.guard.min,
      "us an event",
      best.parser.min,
      2,
    ),
    atMost("js/Session, an event a call", best.session.scaled, "us an event", 2),
    timesFaster(
      ...["js/Session, an event a call, against a parser", best.session.min, "us an event"],
      ...[best.function.min, 2],
    ),
    timesFaster(
      ...["js/guardResponse, an event a chunk, against a parser", best.responseAlone.min],
      ...["us an event", best.parserAlone.min, 2],
    ),
    // Two thirds of this is the web streams themselves, which both pay.
    timesFaster(
      ...["js/guardStream, an event a chunk, against a parser", best.guardAlone.min, "us an event"],
      ...[best.parserAlone.min, 1.5],
    ),
  ];
}
